// Local time, for the screen only: storage and wire are UTC. The machine's time zone, read once by the system's
// library.
#pragma once

#include <string>

#include "base/clock.h"

namespace ct {

struct LocalTime {
    int year = 1970, month = 1, day = 1;  ///< month and day from 1
    int hour = 0, minute = 0, second = 0;
    int weekday = 4;  ///< 0: Sunday
};

[[nodiscard]] LocalTime to_local(UnixMs at);
/// The inverse; fields out of range are carried over (day 32 is the next month's), a time that a change of summer
/// time skips or repeats is taken as the system takes it.
[[nodiscard]] UnixMs from_local(const LocalTime& local);
[[nodiscard]] std::string format_local_time(UnixMs at);  ///< "14:03"
[[nodiscard]] std::string format_local_date(UnixMs at);  ///< "2026-11-23"

}  // namespace ct
