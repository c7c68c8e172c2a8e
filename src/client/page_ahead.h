// The page behind the one that just came, asked for while that one is decoded and stored: of a long pull, server and
// client then work at the same time. Only a guess at what the engine will ask; it is told nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <optional>

#include "base/clock.h"
#include "client/net_job.h"
#include "client/route.h"

namespace ct::client {

/// An exchange, and our wall clock when it was over.
struct Exchanged {
    net::HttpOutcome outcome;
    UnixMs wall = 0;
};

/// One thread calls `take` and `guess`; `cancel` and `close` may come from any other.
class PageAhead {
  public:
    /// A page that takes longer comes over a slow link or from a busy server: neither has anything to give away.
    static constexpr std::int64_t kQuickMs = 250;

    /// `simulator` may be null; else it outlives this, as the clock does.
    explicit PageAhead(const Clock& clock, net::LinkSimulator* simulator = nullptr, std::int64_t quick_ms = kQuickMs)
        : clock_(clock), quick_ms_(quick_ms), route_(simulator) {}
    ~PageAhead() { drop(); }
    PageAhead(const PageAhead&) = delete;
    PageAhead& operator=(const PageAhead&) = delete;

    /// The answer when this was guessed a moment ago, but for how long edits have been waiting; waits for it. Nothing:
    /// it must be asked. Another guess is dropped, and so is one that ended at once without an answer, unless somebody
    /// cancelled it while this waited.
    [[nodiscard]] std::optional<Exchanged> take(const NetJob& job);
    /// What `job` came to. Asks for the next page when there is one, the link is fast enough for a wrong guess to cost
    /// next to nothing, and the pages have found their size.
    void guess(const NetJob& job, const net::HttpOutcome& outcome);
    void cancel();
    void close();

  private:
    void drop();

    const Clock& clock_;
    const std::int64_t quick_ms_;
    Route route_;
    std::optional<NetJob> guessed_;
    std::future<Exchanged> answer_;  // of guessed_
    SteadyMs guessed_at_ = 0;
    std::int64_t last_limit_ = 0;  // rows that the last pull asked for
    std::atomic<bool> cancelled_{false};
};

}  // namespace ct::client
