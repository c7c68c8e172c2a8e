#include "server/bell.h"

namespace ct::server {

void Bells::ring(WorkspaceKey workspace) {
    {
        const std::lock_guard lock(mutex_);
        ++counts_[workspace];
    }
    rang_.notify_all();
}

void Bells::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    rang_.notify_all();
}

bool Bells::stopped() const {
    const std::lock_guard lock(mutex_);
    return stopped_;
}

std::int64_t Bells::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
}

std::int64_t Bells::count(WorkspaceKey workspace) const {
    const std::lock_guard lock(mutex_);
    const auto at = counts_.find(workspace);
    return at == counts_.end() ? 0 : at->second;
}

void Bells::wait(WorkspaceKey workspace, std::int64_t seen, std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    ++waiting_;
    rang_.wait_for(lock, at_most, [&] {
        const auto at = counts_.find(workspace);
        return stopped_ || (at != counts_.end() && at->second > seen);
    });
    --waiting_;
}

}  // namespace ct::server
