#include "server/watch.h"

#include <chrono>
#include <utility>

namespace ct::server {
namespace {

constexpr std::chrono::seconds kLookAgain{1};

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
    while (!stops_.wait_for(lock, kLookAgain, [this] { return stopped_; })) {
        lock.unlock();
        look();
        lock.lock();
    }
}

/// A database that does not answer is the matter of the requests, which say so.
void Watch::look() {
    for (const WorkspaceKey workspace : bells_.workspaces()) {
        const auto transaction = storage_.begin_read(workspace);
        if (transaction) bells_.reached(workspace, (*transaction)->version());
    }
}

}  // namespace ct::server
