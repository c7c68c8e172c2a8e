// Pictures of the window as PNG files (RFC 2083), for --screenshot.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace ct::app {

struct Picture {
    int width = 0, height = 0;
    std::span<const std::uint8_t> rgb;  ///< three bytes a pixel, the top row first
};

/// Error CANNOT_WRITE.
[[nodiscard]] Result<void> write_png(const std::string& file, const Picture& picture);

}  // namespace ct::app
