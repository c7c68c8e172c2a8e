// Decimal digits as people in this trade type them: ASCII, full width, and those of the scripts around us.
// Internal to this room.
#pragma once

#include <string>
#include <string_view>

namespace ct::crm {

/// Valid text with the digits of other scripts, the full-width plus and minus-like dashes as ASCII, odd spaces as the
/// plain one, and without the invisible direction marks that pasted numbers carry.
[[nodiscard]] std::string plain_digits(std::string_view text);

}  // namespace ct::crm
