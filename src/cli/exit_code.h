// The exit codes that scripts rely on (product.md, "colortouchctl").
#pragma once

#include "base/result.h"

namespace ct::cli {

enum class ExitCode : int {
    done = 0,
    usage = 2,
    offline = 3,    ///< nothing is lost: it is kept in the queue
    attention = 4,  ///< done, with conflicts or failed items to look at
    sign_in = 5,
    local = 6,  ///< the local database, the profile's directory, or another program that has it open
};

[[nodiscard]] ExitCode exit_code(const Error& error);

}  // namespace ct::cli
