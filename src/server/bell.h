// Long polls are woken from here by a push to their workspace.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "server/storage/account.h"

namespace ct::server {

/// Any thread.
class Bells {
  public:
    Bells();
    ~Bells();
    Bells(const Bells&) = delete;
    Bells& operator=(const Bells&) = delete;

    /// Something changed in that workspace: wakes all who wait there.
    void ring(WorkspaceKey workspace);
    /// The workspace stands at that version, whoever brought it there: wakes who had seen less.
    void reached(WorkspaceKey workspace, std::int64_t version);
    /// Wakes everybody, now and from now on.
    void stop();
    [[nodiscard]] bool stopped() const;

    /// How often it rang: read it before looking, so that no ring is missed between looking and waiting.
    [[nodiscard]] std::int64_t count(WorkspaceKey workspace) const;
    /// Calls `wake` once: when it rings more often than `seen`, when the workspace gets past `version`, or when all is
    /// stopped; on the thread of whoever rings, or on this one when that is so already. What it returns ends the
    /// subscription with its own end, though a call under way may still come through then.
    [[nodiscard]] std::shared_ptr<void> subscribe(WorkspaceKey workspace, std::int64_t seen, std::int64_t version,
                                                  std::function<void()> wake);
    [[nodiscard]] std::int64_t waiting() const;                  ///< how many wait now
    [[nodiscard]] std::vector<WorkspaceKey> workspaces() const;  ///< where somebody waits

  private:
    struct Board;
    std::shared_ptr<Board> board_;  // subscriptions may outlive this
};

}  // namespace ct::server
