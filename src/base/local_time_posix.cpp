#include <cstdio>
#include <ctime>

#include "base/local_time.h"

namespace ct {

namespace {

template <class... Parts>
std::string print(const char* format, Parts... parts) {
    char text[32];
    const int length = std::snprintf(text, sizeof text, format, parts...);
    return std::string(text, static_cast<std::size_t>(length < 0 ? 0 : length));
}

}  // namespace

LocalTime to_local(UnixMs at) {
    const std::time_t seconds = static_cast<std::time_t>(at < 0 && at % 1'000 != 0 ? at / 1'000 - 1 : at / 1'000);
    std::tm parts{};
    if (localtime_r(&seconds, &parts) == nullptr) return {};
    return {parts.tm_year + 1'900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
            parts.tm_min,          parts.tm_sec,     parts.tm_wday};
}

UnixMs from_local(const LocalTime& local) {
    std::tm parts{};
    parts.tm_year = local.year - 1'900;
    parts.tm_mon = local.month - 1;
    parts.tm_mday = local.day;
    parts.tm_hour = local.hour;
    parts.tm_min = local.minute;
    parts.tm_sec = local.second;
    parts.tm_isdst = -1;
    return static_cast<UnixMs>(std::mktime(&parts)) * 1'000;
}

std::string format_local_time(UnixMs at) {
    const LocalTime local = to_local(at);
    return print("%02d:%02d", local.hour, local.minute);
}

std::string format_local_date(UnixMs at) {
    const LocalTime local = to_local(at);
    return print("%04d-%02d-%02d", local.year, local.month, local.day);
}

}  // namespace ct
