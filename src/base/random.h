// The seam for chance: ids, jitter and secrets come from here, so that a seed replays a whole run.
#pragma once

#include <cstdint>
#include <span>

namespace ct {

class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;
    [[nodiscard]] std::uint64_t next();                      ///< 64 uniform bits
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);  ///< uniform in [0, bound); 0 when bound is 0
};

/// The operating system's generator (libsodium). Any thread.
[[nodiscard]] Random& system_random();

/// xoshiro256** (Blackman, Vigna 2018) from a seed: for simulations and samples, never for secrets.
class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed);
    void fill(std::span<std::uint8_t> out) override;

  private:
    std::uint64_t state_[4];
};

}  // namespace ct
