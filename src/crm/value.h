// The value of one field. Absent (monostate) is a value of its own: it is what a cleared field has.
//
// | field type                                        | held as                                          |
// | text, multiline, phone, email, choice, currency   | std::string, valid UTF-8, never empty (absent)   |
// | reference                                         | std::string, 36-character UUID                   |
// | labels                                            | std::string: unique labels sorted, joined by \n  |
// | money, integer                                    | std::int64_t (money: minor units)                |
// | instant                                           | std::int64_t (UnixMs)                            |
// | flag                                              | bool                                             |
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace ct::crm {

using Value = std::variant<std::monostate, bool, std::int64_t, std::string>;
using ValueView = std::variant<std::monostate, bool, std::int64_t, std::string_view>;

[[nodiscard]] ValueView view(const Value& value);
[[nodiscard]] Value own(ValueView value);
[[nodiscard]] inline bool absent(const ValueView& value) { return value.index() == 0; }

}  // namespace ct::crm
