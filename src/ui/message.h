// The whole window as one message, for when the program cannot start.
#pragma once

#include <string>

#include "ui/theme.h"

namespace ct::ui {

/// True when it was read ("Close", Enter or Esc).
[[nodiscard]] bool message_screen(const Theme& theme, const char* title, const std::string& words);

}  // namespace ct::ui
