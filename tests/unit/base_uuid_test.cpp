#include <doctest/doctest.h>

#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/uuid.h"

namespace ct {
namespace {

class TestClock final : public Clock {
  public:
    UnixMs at = 1'700'000'000'000;
    [[nodiscard]] UnixMs now() const override { return at; }
    [[nodiscard]] SteadyMs steady() const override { return at; }
};

/// Gives always the same byte.
class ConstantRandom final : public Random {
  public:
    explicit ConstantRandom(std::uint8_t byte) : byte_(byte) {}
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& byte : out) byte = byte_;
    }

  private:
    std::uint8_t byte_;
};

bool well_formed_v7(const Uuid& id) { return id.bytes[6] >> 4 == 7 && id.bytes[8] >> 6 == 2; }

TEST_CASE("UUID: text form, both ways") {
    const Uuid id{{0x01, 0x92, 0xf3, 0xc4, 0xa5, 0xb6, 0x7d, 0xef, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67}};
    CHECK(id.str() == "0192f3c4-a5b6-7def-89ab-cdef01234567");
    CHECK(Uuid::parse("0192f3c4-a5b6-7def-89ab-cdef01234567") == id);
    CHECK(Uuid::parse("0192F3C4-A5B6-7DEF-89AB-CDEF01234567") == id);
    CHECK(id.timestamp() == 0x0192f3c4a5b6);
    CHECK_FALSE(id.nil());
    CHECK(Uuid{}.nil());
    CHECK(Uuid{}.str() == "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("UUID: only the canonical form is read") {
    for (const char* const text : {"", "0192f3c4a5b67def89abcdef01234567", "{0192f3c4-a5b6-7def-89ab-cdef01234567}",
                                   "0192f3c4-a5b6-7def-89ab-cdef0123456", "0192f3c4-a5b6-7def-89ab-cdef012345678",
                                   "0192f3c4-a5b6-7def-89abc-def01234567", "0192f3c4-a5b6-7def-89ab-cdef0123456g",
                                   "0192f3c4+a5b6-7def-89ab-cdef01234567", "0192f3c4-a5b6-7def-89ab-cdef0123456 ",
                                   "-192f3c4-a5b6-7def-89ab-cdef01234567"}) {
        CAPTURE(text);
        CHECK_FALSE(Uuid::parse(text).has_value());
    }
}

TEST_CASE("UUID: text and bytes sort alike, and random ids survive the round trip") {
    SeededRandom random(7);
    Uuid last;
    for (int i = 0; i < 5000; ++i) {
        Uuid id;
        random.fill(id.bytes);
        REQUIRE(Uuid::parse(id.str()) == id);
        REQUIRE((last < id) == (last.str() < id.str()));
        last = id;
    }
}

TEST_CASE("UUIDv7: ids grow strictly, whatever the clock does") {
    TestClock clock;
    SeededRandom random(42), moves(43);
    UuidGenerator generator(clock, random);
    Uuid last;
    for (int i = 0; i < 100'000; ++i) {
        switch (moves.below(6)) {
            case 0: clock.at += 1; break;
            case 1: clock.at += static_cast<UnixMs>(moves.below(100)); break;
            case 2: clock.at -= static_cast<UnixMs>(moves.below(1000)); break;
            case 3:
                if (moves.below(100) == 0) clock.at -= 3'600'000;
                break;
            default: break;  // stands still
        }
        const Uuid id = generator.next();
        REQUIRE(well_formed_v7(id));
        REQUIRE(last < id);
        last = id;
    }
}

TEST_CASE("UUIDv7: the time is the clock's when it goes forward") {
    TestClock clock;
    SeededRandom random(3);
    UuidGenerator generator(clock, random);
    for (const UnixMs step : {UnixMs{0}, UnixMs{1}, UnixMs{49}, UnixMs{50}, UnixMs{86'400'000}}) {
        clock.at += step;
        CHECK(generator.next().timestamp() == clock.at);
    }
    const UnixMs latest = clock.at;
    clock.at -= 10'000;
    CHECK(generator.next().timestamp() == latest);
}

TEST_CASE("UUIDv7: neighbours share their random tail, strangers do not") {
    TestClock clock;
    SeededRandom random(5);
    UuidGenerator generator(clock, random);
    const auto middle = [](const Uuid& id) {
        return std::vector<std::uint8_t>(id.bytes.begin() + 6, id.bytes.begin() + 13);
    };

    const Uuid first = generator.next();
    clock.at += 49;
    const Uuid neighbour = generator.next();
    CHECK(middle(neighbour) == middle(first));
    CHECK(neighbour.bytes != first.bytes);
    clock.at += 50;
    CHECK(middle(generator.next()) != middle(neighbour));
}

TEST_CASE("UUIDv7: an overflowing random part moves on to the next millisecond") {
    TestClock clock;
    ConstantRandom random(0xff);  // all 74 bits set: the next step overflows
    UuidGenerator generator(clock, random);
    const Uuid first = generator.next();
    const Uuid second = generator.next();
    CHECK(first.timestamp() == clock.at);
    CHECK(second.timestamp() == clock.at + 1);
    CHECK(first < second);
    CHECK(well_formed_v7(second));
}

TEST_CASE("UUIDv7: a carry crosses from the low to the high random bits") {
    TestClock clock;
    // A tail of rand_a = 0x0ff and rand_b = all ones, then steps of one.
    class Scripted final : public Random {
      public:
        void fill(std::span<std::uint8_t> out) override {
            const bool tail = out.size() == 10;  // else the steps
            for (std::uint8_t& byte : out) byte = tail ? 0xff : 0;
            if (tail) out[0] = 0x00;  // high nibble of rand_a: room for the carry
        }
    } random;
    UuidGenerator generator(clock, random);
    const Uuid first = generator.next();
    const Uuid second = generator.next();
    CHECK(first.str().substr(14) == "70ff-bfff-ffffffffffff");
    CHECK(second.str().substr(14) == "7100-8000-000000000000");
    CHECK(second.timestamp() == first.timestamp());
}

TEST_CASE("UUIDv7: clocks outside the 48 bits are clamped") {
    TestClock clock;
    SeededRandom random(9);
    clock.at = -5;
    UuidGenerator before_1970(clock, random);
    CHECK(before_1970.next().timestamp() == 0);
    clock.at = INT64_MAX;
    UuidGenerator far(clock, random);
    CHECK(far.next().timestamp() == (UnixMs{1} << 48) - 1);
}

TEST_CASE("UUIDv7: two generators with the same clock make different ids") {
    TestClock clock;
    UuidGenerator a(clock, system_random()), b(clock, system_random());
    std::set<Uuid> all;
    for (int i = 0; i < 1000; ++i) {
        all.insert(a.next());
        all.insert(b.next());
    }
    CHECK(all.size() == 2000);
}

TEST_CASE("UUID hash: neighbours spread over the low bits that a hash table uses") {
    TestClock clock;
    SeededRandom random(11);
    UuidGenerator generator(clock, random);
    std::vector<int> buckets(1024);
    constexpr int kIds = 64 * 1024;
    for (int i = 0; i < kIds; ++i) ++buckets[std::hash<Uuid>{}(generator.next()) % buckets.size()];
    // 64 on average, standard deviation 8: 6 deviations either way.
    for (const int count : buckets) {
        REQUIRE(count > 16);
        REQUIRE(count < 112);
    }
    // Ids that differ in nothing but the time must not fall together either.
    std::unordered_set<std::size_t> hashes;
    Uuid id = generator.next();
    for (int i = 0; i < 256; ++i) {
        id.bytes[5] = static_cast<std::uint8_t>(i);
        hashes.insert(std::hash<Uuid>{}(id));
    }
    CHECK(hashes.size() == 256);
}

}  // namespace
}  // namespace ct
