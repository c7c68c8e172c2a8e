// The machine's clock, wrong by as much as somebody asks for: for trying what the program does then (LinkWeather).
#pragma once

#include <atomic>

#include "base/clock.h"

namespace ct::client {

/// Any thread.
class ShiftedClock final : public Clock {
  public:
    explicit ShiftedClock(const Clock& true_clock) : true_clock_(true_clock) {}
    [[nodiscard]] UnixMs now() const override { return true_clock_.now() + shift_ms_.load(std::memory_order_relaxed); }
    [[nodiscard]] SteadyMs steady() const override { return true_clock_.steady(); }
    void shift(std::int64_t ms) { shift_ms_.store(ms, std::memory_order_relaxed); }

  private:
    const Clock& true_clock_;
    std::atomic<std::int64_t> shift_ms_{0};
};

}  // namespace ct::client
