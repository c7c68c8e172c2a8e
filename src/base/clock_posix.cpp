#include <time.h>

#include "base/clock.h"

namespace ct {
namespace {

[[nodiscard]] std::int64_t read_ms(clockid_t which) {
    timespec at{};
    ::clock_gettime(which, &at);
    return static_cast<std::int64_t>(at.tv_sec) * 1000 + at.tv_nsec / 1'000'000;
}

class SystemClock final : public Clock {
  public:
    [[nodiscard]] UnixMs now() const override { return read_ms(CLOCK_REALTIME); }
    [[nodiscard]] SteadyMs steady() const override {
#ifdef CLOCK_BOOTTIME
        return read_ms(CLOCK_BOOTTIME);  // goes on while the laptop sleeps, so a timer is due when it wakes
#else
        return read_ms(CLOCK_MONOTONIC);
#endif
    }
};

}  // namespace

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

}  // namespace ct
