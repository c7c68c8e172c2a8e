// What colortouchctl needs of the world, passed in by main: tests put strings and seeds in its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <ostream>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace ct::cli {

struct Surroundings {
    std::ostream& out;                            ///< results
    std::ostream& err;                            ///< messages for people
    std::function<Result<std::string>()> secret;  ///< one line of standard input, without echo where somebody types it
    std::function<void(std::int64_t)> sleep_ms;
    std::size_t width = 0;  ///< columns of the terminal; 0: no terminal, nothing is cut
    const Clock& clock;
    Random& random;
    std::filesystem::path program;  ///< where the executable lies: a profile may lie beside it
    std::string version;
    /// From now on an interrupt by the user (Ctrl+C) calls `stop`, once, on another thread, instead of ending the
    /// program; an empty `stop`: it calls nothing any more, and no call is under way when this returns. Without the
    /// function an interrupt ends the program.
    std::function<void(std::function<void()> stop)> on_interrupt = {};
};

}  // namespace ct::cli
