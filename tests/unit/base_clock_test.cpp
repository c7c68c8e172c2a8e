#include <doctest/doctest.h>

#include <cstdio>
#include <string>

#include "base/clock.h"
#include "base/random.h"

namespace ct {
namespace {

UnixMs parsed(std::string_view text) {
    const Result<UnixMs> at = parse_rfc3339(text);
    REQUIRE_MESSAGE(at.has_value(), text);
    return *at;
}

TEST_CASE("RFC 3339: known times are written") {
    CHECK(format_rfc3339(0) == "1970-01-01T00:00:00.000Z");
    CHECK(format_rfc3339(-1) == "1969-12-31T23:59:59.999Z");
    CHECK(format_rfc3339(951'782'400'000) == "2000-02-29T00:00:00.000Z");
    CHECK(format_rfc3339(1'795'453'888'042) == "2026-11-23T17:11:28.042Z");
    CHECK(format_rfc3339(kRfc3339Min) == "0000-01-01T00:00:00.000Z");
    CHECK(format_rfc3339(kRfc3339Max) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("RFC 3339: times that cannot be written are clamped") {
    CHECK(format_rfc3339(INT64_MIN) == "0000-01-01T00:00:00.000Z");
    CHECK(format_rfc3339(kRfc3339Min - 1) == "0000-01-01T00:00:00.000Z");
    CHECK(format_rfc3339(INT64_MAX) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("RFC 3339: every form that it has is read") {
    const UnixMs at = 1'795'453'888'000;
    CHECK(parsed("2026-11-23T17:11:28Z") == at);
    CHECK(parsed("2026-11-23t17:11:28z") == at);
    CHECK(parsed("2026-11-23 17:11:28Z") == at);
    CHECK(parsed("2026-11-23T17:11:28.0Z") == at);
    CHECK(parsed("2026-11-23T17:11:28.042Z") == at + 42);
    CHECK(parsed("2026-11-23T17:11:28.5Z") == at + 500);
    CHECK(parsed("2026-11-23T17:11:28.042999999Z") == at + 42);
    CHECK(parsed("2026-11-23T22:41:28+05:30") == at);
    CHECK(parsed("2026-11-23T09:11:28-08:00") == at);
    CHECK(parsed("2026-11-24T17:10:28+23:59") == at);
    CHECK(parsed("2026-11-23T17:11:28-00:00") == at);
    CHECK(parsed("2026-11-23") == 1'795'392'000'000);
    CHECK(parsed("0000-01-01") == kRfc3339Min);
    CHECK(parsed("9999-12-31T23:59:59.999Z") == kRfc3339Max);
    CHECK(parsed("2016-12-31T23:59:60Z") == parsed("2017-01-01T00:00:00Z"));
    CHECK(parsed("2017-01-01T05:29:60+05:30") == parsed("2017-01-01T00:00:00Z"));
    CHECK(parsed("1900-02-28") + 86'400'000 == parsed("1900-03-01"));
    CHECK(parsed("2000-02-29") + 86'400'000 == parsed("2000-03-01"));
}

TEST_CASE("RFC 3339: all else is refused") {
    for (const char* const text : {"",
                                   "x",
                                   "2026",
                                   "2026-11",
                                   "2026-1-23",
                                   "26-11-23",
                                   "2026-00-01",
                                   "2026-13-01",
                                   "2026-02-29",
                                   "1900-02-29",
                                   "2026-04-31",
                                   "2026-11-00",
                                   "2026-11-32",
                                   "2026-11-23T",
                                   "2026-11-23Z",
                                   "2026-11-23T17:11",
                                   "2026-11-23T17:11Z",
                                   "2026-11-23T17:11:28",
                                   "2026-11-23T24:00:00Z",
                                   "2026-11-23T17:60:00Z",
                                   "2026-11-23T17:11:61Z",
                                   "2026-11-23T17:11:60Z",
                                   "2026-11-23T17:11:28.Z",
                                   "2026-11-23T17:11:28.1234567890Z",
                                   "2026-11-23T17:11:28+0530",
                                   "2026-11-23T17:11:28+5:30",
                                   "2026-11-23T17:11:28+24:00",
                                   "2026-11-23T17:11:28+05:60",
                                   "2026-11-23T17:11:28Zx",
                                   "2026-11-23T17:11:28Z ",
                                   " 2026-11-23",
                                   "-2026-11-23",
                                   "+2026-11-23",
                                   "0000-01-01T00:00:00+00:01",
                                   "9999-12-31T23:59:59-00:01",
                                   "2026-11-23T17:11:28,5Z",
                                   "２026-11-23"}) {
        CAPTURE(text);
        const Result<UnixMs> at = parse_rfc3339(text);
        REQUIRE_FALSE(at.has_value());
        CHECK(at.error().code == "INVALID_TIME");
        CHECK(at.error().kind == ErrorKind::invalid);
    }
}

TEST_CASE("RFC 3339: what is written is read back, over the whole range") {
    SeededRandom random(1);
    const auto range = static_cast<std::uint64_t>(kRfc3339Max - kRfc3339Min) + 1;
    std::string previous_text;
    for (int i = 0; i < 20'000; ++i) {
        const UnixMs at = kRfc3339Min + static_cast<UnixMs>(random.below(range));
        const std::string text = format_rfc3339(at);
        REQUIRE(text.size() == 24);
        REQUIRE(parsed(text) == at);
        // The text sorts as the time does.
        if (!previous_text.empty()) REQUIRE((previous_text < text) == (parsed(previous_text) < at));
        previous_text = text;
    }
}

TEST_CASE("RFC 3339: every day of 800 years follows the day before it") {
    constexpr UnixMs kDay = 86'400'000;
    UnixMs at = parsed("1600-01-01");
    unsigned year = 1600, month = 1, day = 1;
    const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    while (year < 2400) {
        char text[48];
        std::snprintf(text, sizeof text, "%04u-%02u-%02uT00:00:00.000Z", year, month, day);
        REQUIRE(format_rfc3339(at) == text);
        at += kDay;
        const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        if (++day > lengths[month - 1] + (month == 2 && leap ? 1 : 0)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                ++year;
            }
        }
    }
}

TEST_CASE("the machine's clocks run") {
    const Clock& clock = system_clock();
    CHECK(clock.now() > 1'700'000'000'000);  // this program was written after 2023
    const SteadyMs before = clock.steady();
    CHECK(clock.steady() >= before);
}

}  // namespace
}  // namespace ct
