// Stamps: hybrid logical clock readings that order all edits of all devices (Kulkarni et al., "Logical Physical
// Clocks", 2014). Text form `%012x-%04x-<deviceId>`: ms since 1970, counter, device; compared as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ct::sync {

struct StampParts {
    UnixMs ms = 0;
    std::uint16_t counter = 0;
    std::string device;
};

[[nodiscard]] std::string format_stamp(UnixMs ms, std::uint16_t counter, std::string_view device);
/// Nothing unless the text is exactly of the form above, with a device of 1 to 64 printable ASCII characters.
[[nodiscard]] std::optional<StampParts> parse_stamp(std::string_view text);
/// The device part of a valid stamp, without allocating.
[[nodiscard]] std::string_view stamp_device(std::string_view stamp);
[[nodiscard]] UnixMs stamp_ms(std::string_view stamp);

inline constexpr UnixMs kStampAheadMaxMs = 5 * 60'000;
/// The stamp, or the server's time with its counter and device when it is more than kStampAheadMaxMs ahead of that.
[[nodiscard]] std::string clamp_stamp(const std::string& stamp, UnixMs server_time);
/// The stamp if it is after `other`, else the first one after `other` that its device can have.
[[nodiscard]] std::string later_stamp(const std::string& stamp, std::string_view other);

/// One device's hybrid clock. Its readings grow strictly, whatever the wall clock does. One thread.
class HybridClock {
  public:
    HybridClock(std::string device, UnixMs last_ms, std::uint16_t last_counter)
        : device_(std::move(device)), ms_(last_ms), counter_(last_counter) {}

    /// The next stamp, given the wall clock (corrected by the known offset to the server's).
    [[nodiscard]] std::string next(UnixMs wall);
    /// Something of that time was seen: later stamps will be larger.
    void observe(UnixMs ms, std::uint16_t counter = 0xffff);

    [[nodiscard]] UnixMs last_ms() const { return ms_; }
    [[nodiscard]] std::uint16_t last_counter() const { return counter_; }
    [[nodiscard]] const std::string& device() const { return device_; }

  private:
    std::string device_;
    UnixMs ms_;
    std::uint16_t counter_;
};

}  // namespace ct::sync
