#include "base/clock.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace ct {
namespace {

constexpr std::int64_t kMsPerDay = 86'400'000;

// Days since 1970-01-01 of a date in the proleptic Gregorian calendar, and back: Howard Hinnant's
// `days_from_civil` and `civil_from_days`, which count in 400-year eras that begin on 1 March.
struct Date {
    std::int64_t year;
    unsigned month, day;
};

constexpr std::int64_t days_from_civil(Date date) {
    const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto year_of_era = static_cast<unsigned>(year - era * 400);
    const unsigned day_of_year = (153 * (date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5 + date.day - 1;
    const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

constexpr Date civil_from_days(std::int64_t days) {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
    const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned shifted_month = (5 * day_of_year + 2) / 153;
    const unsigned day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

constexpr bool leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr unsigned days_in_month(std::int64_t year, unsigned month) {
    constexpr std::array<std::uint8_t, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && leap(year) ? 29U : kDays[month - 1];
}

static_assert(days_from_civil({1970, 1, 1}) == 0);
static_assert(days_from_civil({0, 1, 1}) * kMsPerDay == kRfc3339Min);
static_assert((days_from_civil({9999, 12, 31}) + 1) * kMsPerDay - 1 == kRfc3339Max);

void put_digits(char* out, std::uint64_t value, int count) {
    for (int i = count - 1; i >= 0; --i) {
        out[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

/// Eats digits from the front of a text; every step fails for good once one has failed.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : text_(text) {}

    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] bool at_end() const { return text_.empty(); }
    [[nodiscard]] char peek() const { return text_.empty() ? '\0' : text_.front(); }

    [[nodiscard]] unsigned number(int digits) {
        unsigned value = 0;
        for (int i = 0; i < digits; ++i) value = value * 10 + digit();
        return value;
    }
    unsigned digit() {
        if (text_.empty() || text_.front() < '0' || text_.front() > '9') {
            good_ = false;
            return 0;
        }
        const auto value = static_cast<unsigned>(text_.front() - '0');
        text_.remove_prefix(1);
        return value;
    }
    bool take(std::string_view any_of) {
        if (text_.empty() || any_of.find(text_.front()) == std::string_view::npos) return false;
        text_.remove_prefix(1);
        return true;
    }
    void expect(std::string_view any_of) {
        if (!take(any_of)) good_ = false;
    }

  private:
    std::string_view text_;
    bool good_ = true;
};

[[nodiscard]] Failure not_a_time(std::string_view text) {
    return fail(ErrorKind::invalid, "INVALID_TIME",
                quote(text) + " is not a time such as 2026-11-23T17:11:28Z or 2026-11-23");
}

}  // namespace

void append_rfc3339(std::string& out, UnixMs at) {
    at = std::clamp(at, kRfc3339Min, kRfc3339Max);
    const std::int64_t days = (at >= 0 ? at : at - (kMsPerDay - 1)) / kMsPerDay;
    const auto ms = static_cast<std::uint64_t>(at - days * kMsPerDay);
    const Date date = civil_from_days(days);
    char text[] = "0000-00-00T00:00:00.000Z";
    put_digits(text, static_cast<std::uint64_t>(date.year), 4);
    put_digits(text + 5, date.month, 2);
    put_digits(text + 8, date.day, 2);
    put_digits(text + 11, ms / 3'600'000, 2);
    put_digits(text + 14, ms / 60'000 % 60, 2);
    put_digits(text + 17, ms / 1000 % 60, 2);
    put_digits(text + 20, ms % 1000, 3);
    out.append(text, sizeof text - 1);
}

std::string format_rfc3339(UnixMs at) {
    std::string text;
    append_rfc3339(text, at);
    return text;
}

Result<UnixMs> parse_rfc3339(std::string_view text) {
    Cursor in(text);
    const std::int64_t year = in.number(4);
    in.expect("-");
    const unsigned month = in.number(2);
    in.expect("-");
    const unsigned day = in.number(2);
    if (!in.good() || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return not_a_time(text);
    const UnixMs midnight = days_from_civil({year, month, day}) * kMsPerDay;
    if (in.at_end()) return midnight;

    in.expect("Tt ");  // RFC 3339, 5.6: a space is allowed for readability
    const unsigned hour = in.number(2);
    in.expect(":");
    const unsigned minute = in.number(2);
    in.expect(":");
    const unsigned second = in.number(2);
    unsigned ms = 0;
    if (in.take(".")) {
        unsigned weight = 100;
        int digits = 0;
        do {
            ms += in.digit() * weight;
            weight /= 10;
            ++digits;
        } while (in.good() && digits < 9 && in.peek() >= '0' && in.peek() <= '9');
    }
    std::int64_t offset_minutes = 0;
    if (!in.take("Zz")) {
        const bool west = in.peek() == '-';
        in.expect("+-");
        const unsigned offset_hour = in.number(2);
        in.expect(":");
        const unsigned offset_minute = in.number(2);
        if (offset_hour > 23 || offset_minute > 59) return not_a_time(text);
        offset_minutes = static_cast<std::int64_t>(offset_hour) * 60 + offset_minute;
        if (west) offset_minutes = -offset_minutes;
    }
    if (!in.good() || !in.at_end() || hour > 23 || minute > 59 || second > 60) return not_a_time(text);

    const UnixMs minute_start = midnight + (static_cast<std::int64_t>(hour) * 60 + minute - offset_minutes) * 60'000;
    // A leap second exists only at the end of a UTC day; UnixMs has no room for it, so it is the next day's first.
    if (second == 60 && (minute_start - kRfc3339Min) % kMsPerDay != kMsPerDay - 60'000) return not_a_time(text);
    const UnixMs at = minute_start + static_cast<std::int64_t>(second) * 1000 + ms;
    if (at < kRfc3339Min || at > kRfc3339Max) return not_a_time(text);
    return at;
}

}  // namespace ct
