// What the fuzzers share. Each is a program of its own (libFuzzer, https://llvm.org/docs/LibFuzzer.html); its corpus is
// kept in corpus/NAME, and grows there by hand: `bin/fuzz_NAME -merge=1 tests/fuzz/corpus/NAME found`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/clock.h"

namespace fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// What does not hold ends the program, and libFuzzer keeps the input.
inline void require(bool holds) {
    if (!holds) std::abort();
}

class FixedClock final : public ct::Clock {
  public:
    [[nodiscard]] ct::UnixMs now() const override { return 1'790'000'000'000; }
    [[nodiscard]] ct::SteadyMs steady() const override { return 0; }
};

}  // namespace fuzz
