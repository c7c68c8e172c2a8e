// The seam for time. Everything that asks what time it is gets a Clock from main; tests hand in their own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ct {

/// Milliseconds since 1970-01-01T00:00:00Z. Storage and wire arithmetic use this; the screen shows local time.
using UnixMs = std::int64_t;
/// Milliseconds of a clock that never jumps; only differences mean anything.
using SteadyMs = std::int64_t;

class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual UnixMs now() const = 0;       ///< the wall clock: may jump either way
    [[nodiscard]] virtual SteadyMs steady() const = 0;  ///< monotonic, goes on during sleep where the system can
};

/// The machine's clocks. Any thread.
[[nodiscard]] Clock& system_clock();

/// The times that RFC 3339 can write: 0000-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z.
inline constexpr UnixMs kRfc3339Min = -62'167'219'200'000;
inline constexpr UnixMs kRfc3339Max = 253'402'300'799'999;

/// "2026-11-23T17:11:28.042Z" (RFC 3339, UTC, always three digits of milliseconds). Range: years 0000 to 9999;
/// values outside are clamped to it.
[[nodiscard]] std::string format_rfc3339(UnixMs at);
/// The same, appended: no allocation per call when writing many.
void append_rfc3339(std::string& out, UnixMs at);

/// Accepts any RFC 3339 date-time (any offset, 0 to 9 fractional digits, digits past ms are cut) and a bare
/// full-date "2026-11-23" (midnight UTC). Error INVALID_TIME.
[[nodiscard]] Result<UnixMs> parse_rfc3339(std::string_view text);

}  // namespace ct
