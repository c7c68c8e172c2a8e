#include "base/random.h"

#include <sodium.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>

namespace ct {
namespace {

class SystemRandom final : public Random {
  public:
    SystemRandom() {
        // Without a source of randomness there are no ids and no secrets: nothing sensible is left to do.
        if (sodium_init() < 0) std::abort();
    }
    void fill(std::span<std::uint8_t> out) override { randombytes_buf(out.data(), out.size()); }
};

/// splitmix64 (Steele, Lea, Flood 2014): spreads one seed over the state, as the authors of xoshiro advise.
[[nodiscard]] std::uint64_t split_mix(std::uint64_t& state) {
    std::uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

struct Product {
    std::uint64_t high, low;
};

[[nodiscard]] Product multiply(std::uint64_t a, std::uint64_t b) {
    const std::uint64_t a_low = a & 0xffffffffU, a_high = a >> 32;
    const std::uint64_t b_low = b & 0xffffffffU, b_high = b >> 32;
    const std::uint64_t low = a_low * b_low;
    const std::uint64_t middle1 = a_high * b_low + (low >> 32);
    const std::uint64_t middle2 = a_low * b_high + (middle1 & 0xffffffffU);
    return {a_high * b_high + (middle1 >> 32) + (middle2 >> 32), a * b};
}

}  // namespace

std::uint64_t Random::next() {
    std::array<std::uint8_t, 8> bytes;
    fill(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
    return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
    if (bound == 0) return 0;
    // Lemire, "Fast Random Integer Generation in an Interval" (2019): the high half of a product is uniform once
    // the few low halves that would be counted once too often are drawn again.
    Product product = multiply(next(), bound);
    if (product.low < bound) {
        const std::uint64_t surplus = (0 - bound) % bound;
        while (product.low < surplus) product = multiply(next(), bound);
    }
    return product.high;
}

Random& system_random() {
    static SystemRandom random;
    return random;
}

SeededRandom::SeededRandom(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = split_mix(seed);
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        std::uint64_t value = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);

        const std::size_t count = out.size() < 8 ? out.size() : 8;
        for (std::size_t i = 0; i < count; ++i) {
            out[i] = static_cast<std::uint8_t>(value);
            value >>= 8;
        }
        out = out.subspan(count);
    }
}

}  // namespace ct
