// POST /api/sync/pull: one page of what changed, computed in one look at the database.
#pragma once

#include "base/clock.h"
#include "server/answer.h"
#include "server/bell.h"
#include "server/storage/storage.h"
#include "sync/wire.h"

namespace ct::server {

struct PullLimits {
    std::int64_t rows_max = 10'000;
    std::size_t bytes_max = 8u << 20;  ///< of JSON; a page is cut there, whatever the limit in rows
    std::int64_t wait_max_s = 25;
};

class Pull {
  public:
    Pull(Storage& storage, const Clock& clock, Bells& bells, PullLimits limits)
        : storage_(storage), clock_(clock), bells_(bells), limits_(limits) {}

    /// The JSON of the page; waits for a change when asked to. Any thread.
    [[nodiscard]] Answer run(const Session& session, const sync::PullRequest& request);

  private:
    Storage& storage_;
    const Clock& clock_;
    Bells& bells_;
    const PullLimits limits_;
};

}  // namespace ct::server
