// One operation as a push carries it, for those who keep operations outside a push.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "sync/operation.h"

namespace ct::sync {

[[nodiscard]] std::string encode_operation(const Operation& operation);
/// What is read back is what was written. MALFORMED, and the other errors of a push's operation, for what cannot be
/// read as one.
[[nodiscard]] Result<Operation> decode_operation(std::string_view text);

}  // namespace ct::sync
