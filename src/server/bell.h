// Long polls wait here for a push to their workspace.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

#include "server/storage/account.h"

namespace ct::server {

/// Any thread.
class Bells {
  public:
    void ring(WorkspaceKey workspace);
    /// Ends all waiting, now and from now on.
    void stop();
    [[nodiscard]] bool stopped() const;

    /// How often it rang: read it before looking, so that no ring is missed between looking and waiting.
    [[nodiscard]] std::int64_t count(WorkspaceKey workspace) const;
    /// Until it rang more often than `seen`, the time is over, or all is stopped.
    void wait(WorkspaceKey workspace, std::int64_t seen, std::chrono::milliseconds at_most);
    [[nodiscard]] std::int64_t waiting() const;  ///< how many wait now

  private:
    mutable std::mutex mutex_;
    std::condition_variable rang_;                 // one for all: a push wakes the waiters of other workspaces too
    std::map<WorkspaceKey, std::int64_t> counts_;  // guarded by mutex_
    bool stopped_ = false;                         // guarded by mutex_
    std::int64_t waiting_ = 0;                     // guarded by mutex_
};

}  // namespace ct::server
