#include "base/utf8.h"

#include <utf8proc.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace ct {
namespace {

[[nodiscard]] constexpr std::uint8_t byte_at(std::string_view text, std::size_t at) {
    return static_cast<std::uint8_t>(text[at]);
}

/// Length of the plain ASCII run at the front of the text from `at` on.
[[nodiscard]] std::size_t skip_ascii(std::string_view text, std::size_t at) {
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + at, sizeof word);
        if ((word & 0x8080808080808080U) != 0) break;
    }
    while (at < text.size() && byte_at(text, at) < 0x80) ++at;
    return at;
}

/// Bytes of the well-formed sequence that begins at `at`, or 0 (Unicode, table 3-7).
[[nodiscard]] std::size_t sequence_length(std::string_view text, std::size_t at) {
    const std::uint8_t lead = byte_at(text, at);
    if (lead < 0x80) return 1;
    std::size_t length = 0;
    std::uint8_t low = 0x80, high = 0xbf;  // what the second byte may be
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        length = 3;
        if (lead == 0xe0) low = 0xa0;   // else overlong
        if (lead == 0xed) high = 0x9f;  // else a surrogate
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
        if (lead == 0xf0) low = 0x90;   // else overlong
        if (lead == 0xf4) high = 0x8f;  // else above U+10FFFF
    } else {
        return 0;
    }
    if (text.size() - at < length) return 0;
    if (byte_at(text, at + 1) < low || byte_at(text, at + 1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte_at(text, at + i) & 0xc0) != 0x80) return 0;
    }
    return length;
}

/// The code point of a valid sequence.
[[nodiscard]] char32_t decode(std::string_view sequence) {
    const std::uint8_t lead = byte_at(sequence, 0);
    if (lead < 0x80) return lead;
    char32_t point = lead & (sequence.size() == 2 ? 0x1fU : sequence.size() == 3 ? 0x0fU : 0x07U);
    for (std::size_t i = 1; i < sequence.size(); ++i) point = point << 6 | (byte_at(sequence, i) & 0x3fU);
    return point;
}

void encode(std::string& out, char32_t point) {
    std::array<utf8proc_uint8_t, 4> bytes;
    const auto count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(point), bytes.data());
    out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(count));
}

/// Marks that people leave out when they search: accents, Hebrew points, Arabic vowel signs, the Indic nukta. The
/// vowel signs of Indic scripts and the voicing marks of kana are letters to their readers, and stay.
[[nodiscard]] constexpr bool accent(char32_t c) {
    return (c >= 0x0300 && c <= 0x036f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x1dc0 && c <= 0x1dff) ||
           (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe20 && c <= 0xfe2f) ||  // combining diacritics
           (c >= 0x0591 && c <= 0x05bd) || c == 0x05bf || c == 0x05c1 || c == 0x05c2 || c == 0x05c4 || c == 0x05c5 ||
           c == 0x05c7 ||                                                                           // Hebrew
           c == 0x0640 || (c >= 0x064b && c <= 0x065f) || c == 0x0670 ||                            // Arabic
           c == 0x093c || c == 0x09bc || c == 0x0a3c || c == 0x0abc || c == 0x0b3c || c == 0x0cbc;  // nukta
}

/// Letters whose stroke Unicode does not take for an accent, but people do.
[[nodiscard]] constexpr std::string_view stroked(char32_t c) {
    switch (c) {
        case U'ø': return "o";
        case U'ł': return "l";
        case U'đ': return "d";
        case U'ħ': return "h";
        case U'ŧ': return "t";
        case U'ı': return "i";
        case U'æ': return "ae";
        case U'œ': return "oe";
        default: return {};
    }
}

/// The property White_Space, and the two invisible characters that pasted text drags along.
[[nodiscard]] constexpr bool white(char32_t c) {
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200b) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000 ||
           c == 0xfeff;
}

[[nodiscard]] std::string fold_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

}  // namespace

std::size_t utf8_fault(std::string_view text) {
    for (std::size_t at = skip_ascii(text, 0); at < text.size();) {
        const std::size_t length = sequence_length(text, at);
        if (length == 0) return at;
        at += length;
        if (at < text.size() && byte_at(text, at) < 0x80) at = skip_ascii(text, at);
    }
    return std::string_view::npos;
}

bool valid_utf8(std::string_view text) { return utf8_fault(text) == std::string_view::npos; }

std::size_t utf8_length(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<std::uint8_t>(c) & 0xc0) != 0x80 ? 1 : 0;
    return count;
}

std::string fold(std::string_view text) {
    if (skip_ascii(text, 0) == text.size()) return fold_ascii(text);

    constexpr auto kOptions =
        static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    const auto* const bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const auto size = static_cast<utf8proc_ssize_t>(text.size());
    std::vector<utf8proc_int32_t> points(text.size() + 16);
    utf8proc_ssize_t count =
        utf8proc_decompose(bytes, size, points.data(), static_cast<utf8proc_ssize_t>(points.size()), kOptions);
    if (count > static_cast<utf8proc_ssize_t>(points.size())) {  // one character can become eighteen
        points.resize(static_cast<std::size_t>(count));
        count = utf8proc_decompose(bytes, size, points.data(), count, kOptions);
    }
    if (count < 0) return std::string(text);  // not UTF-8: the caller broke the rule; compare it as it is

    std::string out;
    out.reserve(text.size());
    for (utf8proc_ssize_t i = 0; i < count; ++i) {
        const auto point = static_cast<char32_t>(points[static_cast<std::size_t>(i)]);
        if (accent(point)) continue;
        if (const std::string_view plain = stroked(point); !plain.empty()) {
            out += plain;
        } else {
            encode(out, point);
        }
    }
    return out;
}

std::string quote(std::string_view text) {
    constexpr int kPointsMax = 40;
    std::string out = "\"";
    std::size_t at = 0;
    for (int points = 0; at < text.size() && points < kPointsMax; ++points) {
        const std::size_t length = sequence_length(text, at);
        const bool control = byte_at(text, at) < 0x20 || byte_at(text, at) == 0x7f;
        out += length == 0 || control ? std::string_view("?") : text.substr(at, length);
        at += length == 0 ? 1 : length;
    }
    out += at < text.size() ? "…\"" : "\"";
    return out;
}

std::string_view trim(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = sequence_length(text, 0);
        if (length == 0 || !white(decode(text.substr(0, length)))) break;
        text.remove_prefix(length);
    }
    while (!text.empty()) {
        std::size_t start = text.size() - 1;
        while (start > 0 && text.size() - start < 4 && (byte_at(text, start) & 0xc0) == 0x80) --start;
        const std::string_view last = text.substr(start);
        if (sequence_length(text, start) != last.size() || !white(decode(last))) break;
        text.remove_suffix(last.size());
    }
    return text;
}

}  // namespace ct
