#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "sync/stamp.h"

namespace ct::sync {
namespace {

constexpr UnixMs kLast = (UnixMs{1} << 48) - 1;

TEST_CASE("stamp: the text form is fixed, and what is read is what was written") {
    CHECK(format_stamp(0x0192f3c4a5b6, 1, "dev") == "0192f3c4a5b6-0001-dev");
    CHECK(format_stamp(0, 0xffff, "d-e") == "000000000000-ffff-d-e");
    SeededRandom random(4);
    for (int i = 0; i < 2'000; ++i) {
        const auto ms = static_cast<UnixMs>(random.next() >> (16 + random.below(40)));
        const auto counter = static_cast<std::uint16_t>(random.next());
        std::string device(1 + random.below(64), 'x');
        for (char& c : device) c = static_cast<char>('!' + random.below(94));
        const std::string text = format_stamp(ms, counter, device);
        const auto parts = parse_stamp(text);
        REQUIRE(parts.has_value());
        REQUIRE(parts->ms == ms);
        REQUIRE(parts->counter == counter);
        REQUIRE(parts->device == device);
        REQUIRE(stamp_ms(text) == ms);
        REQUIRE(stamp_device(text) == device);
    }
}

TEST_CASE("stamp: as text they are in the order of time, then counter, then device") {
    SeededRandom random(9);
    std::vector<std::tuple<UnixMs, std::uint16_t, std::string>> all;
    for (int i = 0; i < 500; ++i) {
        all.emplace_back(static_cast<UnixMs>(random.below(4) << (8 * random.below(6))),
                         static_cast<std::uint16_t>(random.below(3) << (4 * random.below(4))),
                         std::string(1, static_cast<char>('a' + random.below(3))));
    }
    std::vector<std::string> texts;
    for (const auto& [ms, counter, device] : all) texts.push_back(format_stamp(ms, counter, device));
    std::sort(all.begin(), all.end());
    std::sort(texts.begin(), texts.end());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& [ms, counter, device] = all[i];
        REQUIRE(texts[i] == format_stamp(ms, counter, device));
    }
}

TEST_CASE("stamp: times that do not fit are clamped to those that do") {
    CHECK(stamp_ms(format_stamp(-5, 0, "d")) == 0);
    CHECK(stamp_ms(format_stamp(INT64_MAX, 0, "d")) == kLast);
}

TEST_CASE("stamp: any other text is none") {
    const std::string good = "0192f3c4a5b6-0001-device";
    REQUIRE(parse_stamp(good).has_value());
    const std::vector<std::string> bad{
        "",
        "0192f3c4a5b6-0001-",
        "0192f3c4a5b6-0001",
        "0192F3c4a5b6-0001-device",  // one way to write a stamp, or comparing as text would not do
        "0192f3c4a5b6-000A-device",
        "0192f3c4a5b6_0001-device",
        "0192f3c4a5b6-0001_device",
        "0192f3c4a5bg-0001-device",
        " 192f3c4a5b6-0001-device",
        "+192f3c4a5b6-0001-device",
        "0192f3c4a5b6-0001-dev ice",
        "0192f3c4a5b6-0001-dev\x7f",
        "0192f3c4a5b6-0001-d\xc3\xa9",
        std::string("0192f3c4a5b6-0001-de\0v", 22),
        "0192f3c4a5b6-0001-" + std::string(65, 'x'),
    };
    for (const std::string& text : bad) {
        CAPTURE(text);
        CHECK_FALSE(parse_stamp(text).has_value());
    }
    for (std::size_t length = 0; length <= 18; ++length) CHECK_FALSE(parse_stamp(good.substr(0, length)).has_value());
    CHECK(stamp_ms("nonsense") == 0);
    CHECK(stamp_device("short").empty());
}

TEST_CASE("hybrid clock: readings grow strictly, whatever the wall clock does") {
    SeededRandom random(17);
    HybridClock clock("d", 1'000, 7);
    std::string last = format_stamp(1'000, 7, "d");
    UnixMs wall = 1'000;
    for (int i = 0; i < 300'000; ++i) {
        switch (random.below(100)) {
            case 0: wall -= static_cast<UnixMs>(random.below(10'000)); break;
            case 1: wall += static_cast<UnixMs>(random.below(10'000)); break;
            case 2: clock.observe(wall + static_cast<UnixMs>(random.below(20'000)) - 10'000); break;
            default: break;
        }
        std::string next = clock.next(wall);
        REQUIRE(parse_stamp(next).has_value());
        REQUIRE(next > last);
        last = std::move(next);
    }
}

TEST_CASE("hybrid clock: it follows the wall clock when that is ahead, and counts when it is not") {
    HybridClock clock("d", 0, 0);
    CHECK(clock.next(5'000) == format_stamp(5'000, 0, "d"));
    CHECK(clock.next(5'000) == format_stamp(5'000, 1, "d"));
    CHECK(clock.next(4'000) == format_stamp(5'000, 2, "d"));
    CHECK(clock.next(5'001) == format_stamp(5'001, 0, "d"));
    HybridClock full("d", 5'000, 0xffff);
    CHECK(full.next(5'000) == format_stamp(5'001, 0, "d"));  // borrowed from the future
    CHECK(full.last_ms() == 5'001);
    CHECK(full.last_counter() == 0);
}

TEST_CASE("hybrid clock: what was seen lies before all that follows") {
    HybridClock clock("a", 0, 0);
    clock.observe(9'000, 3);
    CHECK(clock.next(5'000) > format_stamp(9'000, 3, "z"));
    clock.observe(9'000, 2);  // nothing new
    CHECK(clock.next(5'000) == format_stamp(9'000, 5, "a"));
    clock.observe(9'000);  // of that ms, counter unknown
    CHECK(clock.next(5'000) == format_stamp(9'001, 0, "a"));
    clock.observe(INT64_MAX);  // nonsense from outside does not end time
    const std::string last = clock.next(0);
    CHECK(last == format_stamp(kLast, 0, "a"));
}

}  // namespace
}  // namespace ct::sync
