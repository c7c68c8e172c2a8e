#include "crm/digits.h"

#include <cstdint>

namespace ct::crm {
namespace {

// Where the ten digits of a script begin.
constexpr char32_t kZeros[] = {
    0x0660,  // Arabic
    0x06f0,  // Persian, Urdu
    0x0966,  // Devanagari
    0x09e6,  // Bengali
    0x0a66,  // Gurmukhi
    0x0ae6,  // Gujarati
    0x0b66,  // Odia
    0x0be6,  // Tamil
    0x0c66,  // Telugu
    0x0ce6,  // Kannada
    0x0d66,  // Malayalam
    0x0e50,  // Thai
    0xff10,  // full width
};

/// The ASCII character that stands for the code point; 0: leave it out; -1: there is none.
[[nodiscard]] int plain(char32_t c) {
    for (const char32_t zero : kZeros) {
        if (c >= zero && c < zero + 10) return static_cast<int>('0' + (c - zero));
    }
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe63 || c == 0xff0d) return '-';
    if (c == 0xff0b) return '+';
    if (c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x3000) return ' ';
    if ((c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff) {
        return 0;
    }
    return -1;
}

}  // namespace

std::string plain_digits(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<std::uint8_t>(text[at]);
        if (lead < 0x80) {
            out += text[at++];
            continue;
        }
        const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        const std::string_view sequence = text.substr(at, length);
        char32_t point = lead & (length == 2 ? 0x1fU : length == 3 ? 0x0fU : 0x07U);
        for (const char c : sequence.substr(1)) point = point << 6 | (static_cast<std::uint8_t>(c) & 0x3fU);
        const int ascii = plain(point);
        if (ascii > 0) out += static_cast<char>(ascii);
        if (ascii < 0) out += sequence;
        at += sequence.size();
    }
    return out;
}

}  // namespace ct::crm
