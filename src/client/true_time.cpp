#include "client/true_time.h"

#include <cstdlib>

namespace ct::client {

TrueTime::TrueTime(const Clock& clock, std::int64_t offset_ms, UnixMs not_before)
    : clock_(clock), at_(clock.now() + offset_ms), steady_at_(clock.steady()) {
    const UnixMs wall = clock.now();
    if (at_ + kClockJumpMs < not_before && wall > at_) at_ = wall;
}

std::int64_t TrueTime::learn(UnixMs server_now, std::int64_t doubt_ms) {
    const std::int64_t behind = server_now - now();
    if (std::abs(behind) <= kClockNoiseMs + doubt_ms) return 0;
    at_ = server_now;
    steady_at_ = clock_.steady();
    return behind;
}

}  // namespace ct::client
