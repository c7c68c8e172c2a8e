// Content-Encoding: zstd and gzip by our own hand, so that both sides know what truncated input is and where the limit
// stands. HTTP libraries hand over a cut stream as a short body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ct::net {

enum class Encoding : std::uint8_t { identity, gzip, zstd };

/// The token in the header: "identity", "gzip", "zstd".
[[nodiscard]] const char* name(Encoding encoding);

/// What a Content-Encoding header says; empty means identity. Nothing for what we cannot undo (br, deflate, two
/// codings).
[[nodiscard]] std::optional<Encoding> parse_content_encoding(std::string_view header);

/// What to answer with, given an Accept-Encoding header: zstd if it may be, then gzip, else identity. q=0 forbids,
/// "*" stands for what is not named; other weights do not change our order.
[[nodiscard]] Encoding choose_encoding(std::string_view accept_encoding);

/// How hard to try. On our JSON, against `balanced` (zstd 3): quick takes 0.6 of the time for 2 % more bytes, thorough
/// four times as long for 13 % fewer. gzip, for third-party clients only, has one way.
enum class Effort : std::uint8_t { quick, balanced, thorough };

/// What suits a link of so many Mbit/s towards whoever unpacks it: where the processor is the one that waits, quick;
/// where the link is, thorough. 0 or less: not known.
[[nodiscard]] Effort effort_for(double mbit_per_s);

/// The bytes in that encoding; identity copies. Error COMPRESSION only when memory is out.
[[nodiscard]] Result<std::string> compress(Encoding encoding, std::string_view bytes, Effort effort = Effort::balanced);

/// The bytes before compression. Several frames or members in a row are one body. Never holds much more than `limit`.
/// Errors: TOO_LARGE (more than `limit` would come out), BAD_ENCODING (not of this encoding, damaged, truncated, bytes
/// after the end, or a zstd window over 8 MiB).
[[nodiscard]] Result<std::string> decompress(Encoding encoding, std::string_view bytes, std::size_t limit);

}  // namespace ct::net
