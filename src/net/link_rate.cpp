#include "net/link_rate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace ct::net {

namespace {

// Less than this fits what is under way at once on any link, and tells of the round trip and not of the rate.
constexpr std::int64_t kTellingBytes = 16'384;
constexpr double kMostMbit = 1'000;
constexpr double kLeastMbit = 0.001;

}  // namespace

void LinkRate::received(std::int64_t bytes, std::int64_t microseconds) {
    if (bytes < kTellingBytes || microseconds < 0) return;
    const double seen = static_cast<double>(bytes) * 8 / static_cast<double>(std::max<std::int64_t>(microseconds, 1));
    const double rate = std::clamp(seen, kLeastMbit, kMostMbit);
    // The mean of the times, not of the rates: a body that was there before anybody looked says next to nothing.
    mbit_per_s_ = mbit_per_s_ == 0 ? rate : 2 / (1 / mbit_per_s_ + 1 / rate);
}

std::string LinkRate::header() const {
    if (mbit_per_s_ == 0) return {};
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), mbit_per_s_, std::chars_format::fixed, 3);
    return {text.data(), end.ptr};
}

double parse_downlink(std::string_view value) {
    double mbit = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), mbit, std::chars_format::fixed);
    const bool sound =
        read.ec == std::errc{} && read.ptr == value.data() + value.size() && std::isfinite(mbit) && mbit > 0;
    return sound ? std::min(mbit, kMostMbit) : 0;
}

}  // namespace ct::net
