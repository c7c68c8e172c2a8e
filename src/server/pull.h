// POST /api/sync/pull: one page of what changed, computed in one look at the database.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "server/answer.h"
#include "server/bell.h"
#include "server/cursor.h"
#include "server/metrics.h"
#include "server/replica.h"
#include "server/storage/storage.h"
#include "server/watch.h"
#include "sync/wire.h"

namespace ct::server {

struct PullLimits {
    std::int64_t rows_max = 10'000;
    std::size_t bytes_max = 8u << 20;  ///< of JSON; a page is cut there, whatever the limit in rows
    std::int64_t wait_max_s = 25;
};

/// The cursor, if it is one that this session can go on from; RESYNC_REQUIRED or MALFORMED if not.
[[nodiscard]] tl::expected<Cursor, Refusal> checked_cursor(const std::string& text, const ReadTransaction& transaction,
                                                           const Session& session);

class Pull {
  public:
    /// `replica` may be null.
    Pull(Storage& storage, Storage* replica, const Clock& clock, Bells& bells, Watch& watch, Metrics& metrics,
         PullLimits limits)
        : storage_(storage),
          replica_(replica, clock),
          clock_(clock),
          bells_(bells),
          watch_(watch),
          metrics_(metrics),
          limits_(limits) {}

    /// The JSON of the page; a pause when there is nothing to send and the client wants to wait longer than it has
    /// (`waited_ms`). Any thread.
    [[nodiscard]] Answer run(const Session& session, const sync::PullRequest& request, std::int64_t waited_ms = 0);

  private:
    [[nodiscard]] Answer look(const Session& session, const sync::PullRequest& request, std::int64_t waited_ms,
                              std::optional<Cursor>& from);
    [[nodiscard]] http::Pause pause(WorkspaceKey workspace, std::int64_t rung, std::int64_t version,
                                    std::int64_t left_ms);
    void note(const Session& session, const Cursor& cursor);

    [[nodiscard]] std::optional<std::string> from_replica(const Session& session, const sync::PullRequest& request,
                                                          std::int64_t limit, const std::string& epoch);

    Storage& storage_;
    Replica replica_;
    const Clock& clock_;
    Bells& bells_;
    Watch& watch_;
    Metrics& metrics_;
    const PullLimits limits_;
    std::mutex noted_mutex_;
    std::map<std::pair<WorkspaceKey, std::string>, UnixMs> noted_;  // guarded by noted_mutex_
};

}  // namespace ct::server
