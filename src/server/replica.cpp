#include "server/replica.h"

#include "base/log.h"

namespace ct::server {

namespace {

constexpr SteadyMs kLeaveAloneMs = 30'000;

}  // namespace

std::unique_ptr<ReadTransaction> Replica::begin_read(WorkspaceKey workspace, std::int64_t at_least,
                                                     const std::string& epoch) {
    if (storage_ == nullptr || storage_->epoch() != epoch || clock_.steady() < again_at_) return nullptr;
    auto transaction = storage_->begin_read(workspace);
    if (transaction) return (*transaction)->version() >= at_least ? std::move(*transaction) : nullptr;
    if (transaction.error().kind != ErrorKind::not_found) {  // that is: it does not know the workspace yet
        log::warn("the replica is left alone for half a minute: " + transaction.error().message);
        again_at_ = clock_.steady() + kLeaveAloneMs;
    }
    return nullptr;
}

}  // namespace ct::server
