// A database's incarnation.
#pragma once

#include <string>

#include "base/random.h"

namespace ct::server {

[[nodiscard]] std::string new_epoch(Random& random);  ///< a UUID of chance alone (version 4)

}  // namespace ct::server
