// Waits for a descriptor of the system's: a socket that a library keeps.
#pragma once

#include <chrono>

namespace ct {

/// False when there was nothing to read in that time.
[[nodiscard]] bool wait_readable(int descriptor, std::chrono::milliseconds at_most);

}  // namespace ct
