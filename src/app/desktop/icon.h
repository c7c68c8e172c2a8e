// The program's icon, drawn by arithmetic: a blue tile with an open ring and a point that touches it.
#pragma once

#include <cstdint>
#include <vector>

namespace ct::app {

/// `side` x `side` pixels, four bytes each: red, green, blue, opacity.
[[nodiscard]] std::vector<std::uint8_t> icon_pixels(int side);

}  // namespace ct::app
