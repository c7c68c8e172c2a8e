// The log: spdlog behind four functions, so that nothing else includes it. Never pass personal data, tokens or
// passwords. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace ct::log {

enum class Level { debug, info, warn, error, off };  ///< off: for tests in which everything breaks

void debug(std::string_view message);
void info(std::string_view message);
void warn(std::string_view message);
void error(std::string_view message);

/// Where it goes: stderr by default; a rotating file (5 MiB, 3 kept) when a path is given. Call from main only.
void to_file(const std::string& path);
void set_level(Level level);

}  // namespace ct::log
