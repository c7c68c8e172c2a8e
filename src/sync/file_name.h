// What a file attached to a record may be called, on either side of the wire.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ct::sync {

inline constexpr std::size_t kFileNameMax = 200;  ///< bytes of UTF-8

/// A name that can be shown and saved anywhere: the last part of a path, without control and direction characters and
/// those that Windows forbids, without dots and spaces at its ends, at most kFileNameMax bytes with its extension kept.
/// "file" when nothing is left. Takes any bytes.
[[nodiscard]] std::string clean_file_name(std::string_view name);

}  // namespace ct::sync
