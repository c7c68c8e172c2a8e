// What time it is at the server, as well as this computer can know: the wall clock may jump by years (a flat battery, a
// hand, a faulty service), the monotonic clock does not. Between two words of the server it alone counts.
#pragma once

#include "base/clock.h"

namespace ct::client {

/// A difference smaller than this is the network's jitter or the clock's drift.
inline constexpr std::int64_t kClockNoiseMs = 250;
/// The wall clock went another way than the monotonic one by more than drift and slewing explain.
inline constexpr std::int64_t kClockJumpMs = 5'000;

/// One thread.
class TrueTime {
  public:
    /// `offset_ms`: the server's clock minus ours, as last known. `not_before`: a time that has certainly passed; an
    /// offset that leads behind it although the wall clock alone does not was the wall clock's own fault, since put
    /// right.
    TrueTime(const Clock& clock, std::int64_t offset_ms, UnixMs not_before);

    [[nodiscard]] UnixMs now() const { return at_ + (clock_.steady() - steady_at_); }
    /// What is to be added to the wall clock as it stands now.
    [[nodiscard]] std::int64_t offset_ms() const { return now() - clock_.now(); }
    /// The server said what time it is; `doubt_ms`: half the round trip. Returns by how much we were behind: 0 when
    /// that is within the doubt.
    std::int64_t learn(UnixMs server_now, std::int64_t doubt_ms);

  private:
    const Clock& clock_;
    UnixMs at_;
    SteadyMs steady_at_;
};

}  // namespace ct::client
