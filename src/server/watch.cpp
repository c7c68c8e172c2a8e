#include "server/watch.h"

#include <chrono>
#include <utility>

namespace ct::server {
namespace {

constexpr std::chrono::seconds kLookAgain{1};
constexpr std::chrono::seconds kLookAnyway{10};  // nothing depends on it, unless a notice was lost
constexpr std::chrono::milliseconds kStopWithin{250};

}  // namespace

void Watch::start() {
    const std::lock_guard lock(mutex_);
    if (!stopped_ && !thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void Watch::stop() {
    std::thread ending;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        ending = std::exchange(thread_, {});
    }
    stops_.notify_all();
    if (ending.joinable()) ending.join();
}

void Watch::run() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
        lock.unlock();
        if (!changes_) listen();
        if (changes_) hear();
        lock.lock();
        if (!changes_) (void)stops_.wait_for(lock, kLookAgain, [this] { return stopped_; });
    }
}

/// After what may have been missed before.
void Watch::listen() {
    auto changes = storage_.listen();
    if (changes) changes_ = std::move(*changes);
    look();
}

void Watch::hear() {
    const auto came = changes_->wait(kStopWithin);
    if (!came) {
        changes_.reset();
        return;
    }
    for (const Changes::Change& change : *came) bells_.reached(change.workspace, change.version);
    if (std::chrono::steady_clock::now() - looked_ > kLookAnyway) look();
}

/// A database that does not answer is the matter of the requests, which say so.
void Watch::look() {
    looked_ = std::chrono::steady_clock::now();
    for (const WorkspaceKey workspace : bells_.workspaces()) {
        const auto transaction = storage_.begin_read(workspace);
        if (transaction) bells_.reached(workspace, (*transaction)->version());
    }
}

}  // namespace ct::server
