// colortouchctl without its main: arguments in, exit code out.
#pragma once

#include <span>
#include <string>

#include "cli/exit_code.h"
#include "cli/surroundings.h"

namespace ct::cli {

/// `arguments` without the program's name. Never throws.
[[nodiscard]] ExitCode run(std::span<const std::string> arguments, Surroundings& surroundings);

}  // namespace ct::cli
