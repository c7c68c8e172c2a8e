#include "server/bell.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace ct::server {

using Wake = std::function<void()>;

struct Bells::Board {
    struct Waiter {
        std::int64_t version = 0;  // that it has seen
        Wake wake;
    };
    using Waiters = std::map<std::uint64_t, Waiter>;  // by number of subscription

    mutable std::mutex mutex;
    // all guarded by mutex
    std::map<WorkspaceKey, std::int64_t> counts;
    std::map<WorkspaceKey, std::int64_t> versions;  // that were told of
    std::map<WorkspaceKey, Waiters> waiters;        // none of them empty
    std::uint64_t last_number = 0;
    bool stopped = false;

    void remove(WorkspaceKey workspace, std::uint64_t number) {
        const std::lock_guard lock(mutex);
        const auto at = waiters.find(workspace);
        if (at == waiters.end()) return;
        at->second.erase(number);
        if (at->second.empty()) waiters.erase(at);
    }

    /// Those who have seen less than `version`, taken out. Under the mutex.
    [[nodiscard]] std::vector<Wake> take(WorkspaceKey workspace, std::int64_t version) {
        std::vector<Wake> taken;
        const auto at = waiters.find(workspace);
        if (at == waiters.end()) return taken;
        for (auto waiter = at->second.begin(); waiter != at->second.end();) {
            const bool late = waiter->second.version < version;
            if (late) taken.push_back(std::move(waiter->second.wake));
            waiter = late ? at->second.erase(waiter) : std::next(waiter);
        }
        if (at->second.empty()) waiters.erase(at);
        return taken;
    }
};

namespace {

/// Without any lock: who is woken may subscribe again at once.
void call(const std::vector<Wake>& wakes) {
    for (const Wake& wake : wakes) wake();
}

}  // namespace

Bells::Bells() : board_(std::make_shared<Board>()) {}
Bells::~Bells() = default;

void Bells::ring(WorkspaceKey workspace) {
    std::vector<Wake> woken;
    {
        const std::lock_guard lock(board_->mutex);
        ++board_->counts[workspace];
        woken = board_->take(workspace, INT64_MAX);
    }
    call(woken);
}

void Bells::reached(WorkspaceKey workspace, std::int64_t version) {
    std::vector<Wake> woken;
    {
        const std::lock_guard lock(board_->mutex);
        std::int64_t& told = board_->versions[workspace];
        told = std::max(told, version);
        woken = board_->take(workspace, version);
    }
    call(woken);
}

void Bells::stop() {
    std::vector<Wake> woken;
    {
        const std::lock_guard lock(board_->mutex);
        board_->stopped = true;
        while (!board_->waiters.empty()) {
            for (Wake& wake : board_->take(board_->waiters.begin()->first, INT64_MAX)) woken.push_back(std::move(wake));
        }
    }
    call(woken);
}

bool Bells::stopped() const {
    const std::lock_guard lock(board_->mutex);
    return board_->stopped;
}

std::int64_t Bells::count(WorkspaceKey workspace) const {
    const std::lock_guard lock(board_->mutex);
    const auto at = board_->counts.find(workspace);
    return at == board_->counts.end() ? 0 : at->second;
}

std::shared_ptr<void> Bells::subscribe(WorkspaceKey workspace, std::int64_t seen, std::int64_t version, Wake wake) {
    std::uint64_t number = 0;
    {
        const std::lock_guard lock(board_->mutex);
        const auto at = board_->counts.find(workspace);
        const auto told = board_->versions.find(workspace);
        const bool rang = (at != board_->counts.end() && at->second > seen) ||
                          (told != board_->versions.end() && told->second > version);
        if (!rang && !board_->stopped) {
            number = ++board_->last_number;
            board_->waiters[workspace].emplace(number, Board::Waiter{version, std::move(wake)});
        }
    }
    if (number == 0) {
        wake();
        return nullptr;
    }
    const auto end = [board = board_, workspace](const std::uint64_t* subscription) {
        board->remove(workspace, *subscription);
        delete subscription;
    };
    return {new std::uint64_t(number), end};
}

std::int64_t Bells::waiting() const {
    const std::lock_guard lock(board_->mutex);
    std::int64_t all = 0;
    for (const auto& [workspace, waiters] : board_->waiters) all += static_cast<std::int64_t>(waiters.size());
    return all;
}

std::vector<WorkspaceKey> Bells::workspaces() const {
    const std::lock_guard lock(board_->mutex);
    std::vector<WorkspaceKey> all;
    for (const auto& [workspace, waiters] : board_->waiters) all.push_back(workspace);
    return all;
}

}  // namespace ct::server
