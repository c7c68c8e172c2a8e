#include <doctest/doctest.h>

#include <array>
#include <set>
#include <vector>

#include "base/random.h"

namespace ct {
namespace {

TEST_CASE("SeededRandom: is xoshiro256** seeded by splitmix64") {
    // State 1, 2, 3, 4 is not reachable by a seed, so the reference is the published algorithm written out again.
    const auto rotate = [](std::uint64_t x, int k) { return x << k | x >> (64 - k); };
    std::uint64_t seed = 12345, s[4];
    for (std::uint64_t& word : s) {
        std::uint64_t z = (seed += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        word = z ^ (z >> 31);
    }
    SeededRandom random(12345);
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t expected = rotate(s[1] * 5, 7) * 9;
        const std::uint64_t t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = rotate(s[3], 45);
        REQUIRE(random.next() == expected);
    }
}

TEST_CASE("SeededRandom: a seed replays, another seed does not") {
    SeededRandom a(1), b(1), c(2);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t value = a.next();
        REQUIRE(value == b.next());
        differs = differs || value != c.next();
    }
    CHECK(differs);
}

TEST_CASE("SeededRandom: fills any length, to the last byte") {
    for (std::size_t size = 0; size < 40; ++size) {
        SeededRandom random(size);
        std::vector<std::uint8_t> bytes(size + 1, 0);
        std::vector<bool> touched(size, false);
        for (int round = 0; round < 20; ++round) {
            random.fill(std::span(bytes).first(size));
            for (std::size_t i = 0; i < size; ++i) {
                if (bytes[i] != 0) touched[i] = true;
            }
        }
        for (std::size_t i = 0; i < size; ++i) CHECK(touched[i]);
        CHECK(bytes[size] == 0);
    }
}

TEST_CASE("Random::below: stays below, reaches everything, favours nothing") {
    SeededRandom random(99);
    CHECK(random.below(0) == 0);
    CHECK(random.below(1) == 0);
    std::array<int, 7> counts{};
    constexpr int kDraws = 70'000;
    for (int i = 0; i < kDraws; ++i) {
        const std::uint64_t value = random.below(counts.size());
        REQUIRE(value < counts.size());
        ++counts[value];
    }
    for (const int count : counts) {  // 10,000 each, standard deviation 93
        CHECK(count > 9'500);
        CHECK(count < 10'500);
    }
}

TEST_CASE("Random::below: no bias with a bound just above half the range") {
    // Taking the remainder instead would give the lower third twice as often.
    constexpr std::uint64_t kBound = (std::uint64_t{1} << 63) + (std::uint64_t{1} << 62);
    SeededRandom random(5);
    int low = 0;
    constexpr int kDraws = 30'000;
    for (int i = 0; i < kDraws; ++i) {
        const std::uint64_t value = random.below(kBound);
        REQUIRE(value < kBound);
        if (value < kBound / 3) ++low;
    }
    CHECK(low > 9'500);
    CHECK(low < 10'500);
    CHECK(random.below(UINT64_MAX) < UINT64_MAX);
}

TEST_CASE("system_random: gives different values") {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 100; ++i) seen.insert(system_random().next());
    CHECK(seen.size() == 100);
}

}  // namespace
}  // namespace ct
