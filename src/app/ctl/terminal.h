// What colortouchctl asks the operating system for: the terminal's width, a line without echo, its own place.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace ct::app {

/// Columns of the terminal that standard output is; 0 when it is none.
[[nodiscard]] std::size_t terminal_width();
/// One line of standard input without its end. When somebody types it: asked for by `prompt` on standard error, and
/// not shown. NO_PASSWORD when there is none.
[[nodiscard]] Result<std::string> read_secret_line(const std::string& prompt);
/// The executable that runs; empty when the system does not tell.
[[nodiscard]] std::filesystem::path program_path();

}  // namespace ct::app
