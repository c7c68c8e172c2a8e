#include "sync/stamp.h"

#include <algorithm>
#include <array>

namespace ct::sync {

namespace {

constexpr std::size_t kMsDigits = 12;
constexpr std::size_t kCounterDigits = 4;
constexpr std::size_t kDeviceAt = kMsDigits + 1 + kCounterDigits + 1;
constexpr std::size_t kDeviceMax = 64;
constexpr UnixMs kMsMax = (UnixMs{1} << (4 * kMsDigits)) - 1;

void write_hex(char* out, std::size_t digits, std::uint64_t value) {
    for (std::size_t i = digits; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 0xf];
}

/// Lower case only: the text form is compared as text, so there must be one way to write a stamp.
std::optional<std::uint64_t> read_hex(std::string_view digits) {
    std::uint64_t value = 0;
    for (const char c : digits) {
        const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) return std::nullopt;
        value = value << 4 | static_cast<std::uint64_t>(digit);
    }
    return value;
}

}  // namespace

std::string format_stamp(UnixMs ms, std::uint16_t counter, std::string_view device) {
    std::string text(kDeviceAt, '-');
    write_hex(text.data(), kMsDigits, static_cast<std::uint64_t>(std::clamp<UnixMs>(ms, 0, kMsMax)));
    write_hex(text.data() + kMsDigits + 1, kCounterDigits, counter);
    text.append(device);
    return text;
}

std::optional<StampParts> parse_stamp(std::string_view text) {
    if (text.size() <= kDeviceAt || text.size() > kDeviceAt + kDeviceMax) return std::nullopt;
    if (text[kMsDigits] != '-' || text[kDeviceAt - 1] != '-') return std::nullopt;
    const auto ms = read_hex(text.substr(0, kMsDigits));
    const auto counter = read_hex(text.substr(kMsDigits + 1, kCounterDigits));
    const std::string_view device = text.substr(kDeviceAt);
    const bool printable = std::all_of(device.begin(), device.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!ms || !counter || !printable) return std::nullopt;
    return StampParts{static_cast<UnixMs>(*ms), static_cast<std::uint16_t>(*counter), std::string(device)};
}

std::string_view stamp_device(std::string_view stamp) {
    return stamp.size() > kDeviceAt ? stamp.substr(kDeviceAt) : std::string_view{};
}

UnixMs stamp_ms(std::string_view stamp) {
    const auto ms = read_hex(stamp.substr(0, kMsDigits));
    return ms ? static_cast<UnixMs>(*ms) : 0;
}

std::string clamp_stamp(const std::string& stamp, UnixMs server_time) {
    if (stamp_ms(stamp) <= server_time + kStampAheadMaxMs) return stamp;
    const auto parts = parse_stamp(stamp);
    return parts ? format_stamp(server_time, parts->counter, parts->device) : stamp;
}

std::string later_stamp(const std::string& stamp, std::string_view other) {
    if (stamp > other) return stamp;
    const auto parts = parse_stamp(other);
    if (!parts) return stamp;
    const bool carry = parts->counter == 0xffff;
    return format_stamp(parts->ms + (carry ? 1 : 0), static_cast<std::uint16_t>(parts->counter + 1),
                        stamp_device(stamp));
}

std::string HybridClock::next(UnixMs wall) {
    if (wall > ms_) {
        ms_ = wall;
        counter_ = 0;
    } else if (counter_ == 0xffff) {
        ++ms_;  // 65,536 stamps in one ms, or a clock that was set back: borrow from the future
        counter_ = 0;
    } else {
        ++counter_;
    }
    return format_stamp(ms_, counter_, device_);
}

void HybridClock::observe(UnixMs ms, std::uint16_t counter) {
    if (ms > ms_) {
        ms_ = std::min(ms, kMsMax - 1);
        counter_ = counter;
    } else if (ms == ms_) {
        counter_ = std::max(counter_, counter);
    }
}

}  // namespace ct::sync
