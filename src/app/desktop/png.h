// Writes a picture as PNG: what --screenshot needs, and nothing more.
#pragma once

#include <string>

#include "app/desktop/window.h"

namespace ct::app {

[[nodiscard]] Result<std::string> png_bytes(const Picture& picture);

}  // namespace ct::app
