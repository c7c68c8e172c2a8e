// The requests that the inspector lists: the last 1,000, without their bodies unless it is open. Worker thread.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <memory>

#include "client/inspect.h"
#include "client/network.h"

namespace ct::client {

[[nodiscard]] const char* name_of(NetJob::Kind kind);  ///< "push", "sign in"
/// What is to be remembered of an exchange; called where it took place. `keep_bodies`: their beginnings too.
[[nodiscard]] std::shared_ptr<RequestSeen> request_seen(const NetJob& job, const net::HttpOutcome& outcome,
                                                        UnixMs wall_at_answer, bool keep_bodies);

using RequestList = std::deque<std::shared_ptr<const RequestSeen>>;
/// Drops the oldest requests, and the oldest bodies, until what is kept is within the limits. `held`: bytes of bodies.
void trim(RequestList& seen, std::size_t& held);

class RequestLog {
  public:
    void add(Lane lane, std::shared_ptr<RequestSeen> seen);
    /// Those that `news` has not given yet; all that are kept after `from_the_start`.
    [[nodiscard]] inspect::Requests news();
    void from_the_start() { told_ = 0; }
    void forget_bodies();  ///< the inspector was closed

    struct Totals {
        std::int64_t requests = 0, bytes_sent = 0, bytes_received = 0, busy_us = 0;
    };
    [[nodiscard]] const Totals& totals(Lane lane) const { return totals_[static_cast<std::size_t>(lane)]; }
    [[nodiscard]] std::size_t held() const { return held_; }  ///< bytes of bodies

  private:
    RequestList seen_;
    std::uint64_t count_ = 0, told_ = 0;  // numbers
    std::size_t held_ = 0;
    std::array<Totals, kLaneCount> totals_{};
};

}  // namespace ct::client
