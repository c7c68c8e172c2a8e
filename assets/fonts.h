// The fonts inside the executable, so that it looks the same on every machine.
#pragma once

#include <span>

namespace ct::assets {

[[nodiscard]] std::span<const unsigned char> inter_regular();
[[nodiscard]] std::span<const unsigned char> inter_semibold();
[[nodiscard]] std::span<const unsigned char> icon_font();

}  // namespace ct::assets
