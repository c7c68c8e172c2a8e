// Text is valid UTF-8, everywhere inside. These are the checks at the doors and the folding for search and sort.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ct {

/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, no code point above U+10FFFF.
[[nodiscard]] bool valid_utf8(std::string_view text);

/// Byte offset of the first fault, or npos.
[[nodiscard]] std::size_t utf8_fault(std::string_view text);

/// Number of code points of valid text.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// For comparing as people do: case folded, accents removed, compatibility forms unified (NFKD + casefold,
/// utf8proc). ASCII takes a fast path. Input must be valid UTF-8.
[[nodiscard]] std::string fold(std::string_view text);

/// For messages: in double quotes, cut after 40 code points, control characters and bytes that are not UTF-8 shown as
/// "?". Takes any bytes, and always returns one line of valid UTF-8.
[[nodiscard]] std::string quote(std::string_view text);

/// Leading and trailing white space (Unicode) removed.
[[nodiscard]] std::string_view trim(std::string_view text);

}  // namespace ct
