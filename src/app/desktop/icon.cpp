#include "app/desktop/icon.h"

#include <algorithm>
#include <cmath>

namespace ct::app {
namespace {

struct Color {
    float red, green, blue;
};

/// 1 inside, 0 outside, and between on the pixel of the edge. `distance`: in pixels, negative inside.
float cover(float distance) { return std::clamp(0.5F - distance, 0.0F, 1.0F); }

void blend(Color& onto, const Color& color, float part) {
    onto.red += (color.red - onto.red) * part;
    onto.green += (color.green - onto.green) * part;
    onto.blue += (color.blue - onto.blue) * part;
}

}  // namespace

std::vector<std::uint8_t> icon_pixels(int side) {
    const auto size = static_cast<float>(side);
    const float corner = size * 0.28F;
    const float ring = size * 0.25F;
    const float line = size * 0.055F;
    std::vector<std::uint8_t> pixels;
    pixels.reserve(static_cast<std::size_t>(side) * static_cast<std::size_t>(side) * 4);
    for (int row = 0; row < side; ++row) {
        for (int column = 0; column < side; ++column) {
            const float x = static_cast<float>(column) + 0.5F - size / 2;
            const float y = static_cast<float>(row) + 0.5F - size / 2;
            const float outside_x = std::max(std::abs(x) - size / 2 + corner, 0.0F);
            const float outside_y = std::max(std::abs(y) - size / 2 + corner, 0.0F);
            const float opacity = cover(std::hypot(outside_x, outside_y) - corner);
            Color color{61, 87, 219};
            const float from_ring = std::abs(std::hypot(x, y) - ring) - line;
            const bool gap = x > 0 && std::abs(std::atan2(y, x)) < 0.7F;
            if (!gap) blend(color, {255, 255, 255}, cover(from_ring));
            blend(color, {255, 190, 92}, cover(std::hypot(x - ring, y) - size * 0.085F));
            for (const float channel : {color.red, color.green, color.blue, opacity * 255}) {
                pixels.push_back(static_cast<std::uint8_t>(std::lround(channel)));
            }
        }
    }
    return pixels;
}

}  // namespace ct::app
