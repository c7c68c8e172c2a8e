#include "sync/pace.h"

#include <algorithm>
#include <cmath>

namespace ct::sync {

namespace {

/// Breaks that the average remembers, about.
constexpr int kRemembered = 8;
/// The clock counts whole milliseconds.
constexpr double kShortestMs = 0.5;
/// What was far less than a portion says little about how long a whole one takes.
constexpr std::size_t kTelling = 8;

}  // namespace

void Pace::through(SteadyMs took_ms) {
    unbroken_ms_ += took_ms;
    if (overhead_ms_ < 0 || took_ms < overhead_ms_) overhead_ms_ = took_ms;
}

void Pace::broke(SteadyMs took_ms) {
    breaks_ = std::min(breaks_ + 1, kRemembered);
    between_ms_ += (static_cast<double>(unbroken_ms_ + took_ms) - between_ms_) / breaks_;
    unbroken_ms_ = 0;
}

void Pace::forget() { *this = Pace(longest_ms_); }

SteadyMs Pace::target_ms() const {
    if (breaks_ == 0) return longest_ms_;
    const double between = std::max(between_ms_, static_cast<double>(unbroken_ms_));
    const double best = std::sqrt(2 * static_cast<double>(std::max<SteadyMs>(overhead_ms(), 1)) * between);
    return std::min(longest_ms_, static_cast<SteadyMs>(best));
}

double Portion::fitting(const Pace& pace) const {
    // At least as much for what is carried as for carrying it.
    const SteadyMs room = std::max({pace.target_ms() - pace.overhead_ms(), pace.overhead_ms(), SteadyMs{1}});
    return std::clamp(static_cast<double>(room) / ms_each_, 1.0, static_cast<double>(most_));
}

void Portion::through(const Pace& pace, std::size_t amount, SteadyMs took_ms) {
    if (amount == 0) return;
    ms_each_ = std::max(static_cast<double>(took_ms - pace.overhead_ms()), kShortestMs) / static_cast<double>(amount);
    const auto wanted = static_cast<std::size_t>(fitting(pace));
    if (wanted < size_ && amount < size_ / kTelling) return;
    size_ = careful_ ? std::clamp(wanted, std::max<std::size_t>(size_ / 2, 1), std::min(size_ * 2, most_)) : wanted;
}

void Portion::broke(const Pace& pace, int in_a_row) {
    if (in_a_row > 1 || ms_each_ == 0) return halve();
    careful_ = true;
    size_ = std::clamp(static_cast<std::size_t>(fitting(pace)), std::max<std::size_t>(size_ / 4, 1), size_);
}

void Portion::halve() {
    careful_ = true;
    size_ = std::max<std::size_t>(std::min(size_, most_) / 2, 1);
}

}  // namespace ct::sync
