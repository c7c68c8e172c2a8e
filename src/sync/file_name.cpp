#include "sync/file_name.h"

#include <array>

#include "base/utf8.h"

namespace ct::sync {

namespace {

constexpr std::size_t kExtensionMax = 16;

[[nodiscard]] bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Bytes of the character at the front that must not be shown: controls (C0, DEL, C1) and what turns the direction of
/// writing, so that "gpj.exe" can be made to look like "exe.jpg". 0: it may.
[[nodiscard]] std::size_t unwanted(std::string_view at) {
    const auto first = static_cast<unsigned char>(at[0]);
    if (first < 0x20 || first == 0x7f) return 1;
    const auto second = at.size() > 1 ? static_cast<unsigned char>(at[1]) : 0U;
    if (first == 0xc2 && second < 0xa0) return 2;
    constexpr std::array<std::string_view, 14> kTurning{"\u200b", "\u200e", "\u200f", "\u202a", "\u202b",
                                                        "\u202c", "\u202d", "\u202e", "\u2066", "\u2067",
                                                        "\u2068", "\u2069", "\u2028", "\ufeff"};
    for (const std::string_view turning : kTurning) {
        if (at.starts_with(turning)) return turning.size();
    }
    return 0;
}

[[nodiscard]] std::string shortened(std::string name) {
    if (name.size() <= kFileNameMax) return name;
    const std::size_t dot = name.rfind('.');
    std::string extension;
    if (dot != std::string::npos && name.size() - dot <= kExtensionMax) extension = name.substr(dot);
    std::size_t keep = kFileNameMax - extension.size();
    while (keep > 0 && continues(name[keep])) --keep;
    return name.substr(0, keep) + extension;
}

}  // namespace

std::string clean_file_name(std::string_view name) {
    if (const std::size_t slash = name.find_last_of("/\\"); slash != std::string_view::npos) {
        name.remove_prefix(slash + 1);
    }
    constexpr std::string_view kForbidden = "<>:\"|?*";
    std::string clean;
    if (valid_utf8(name)) {
        while (!name.empty()) {
            if (const std::size_t skip = unwanted(name); skip > 0) {
                name.remove_prefix(skip);
                continue;
            }
            clean += kForbidden.find(name[0]) == std::string_view::npos ? name[0] : '_';
            name.remove_prefix(1);
        }
    } else {  // some old encoding: what is ASCII stays
        for (const char c : name) {
            const bool plain = c >= 0x20 && c < 0x7f && kForbidden.find(c) == std::string_view::npos;
            clean += plain ? c : '_';
        }
    }
    const auto trimmed = [](std::string_view text) {
        while (!text.empty() && (text.front() == '.' || text.front() == ' ')) text.remove_prefix(1);
        while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.remove_suffix(1);
        return text;
    };
    clean = shortened(std::string(trimmed(clean)));
    return clean.empty() ? "file" : clean;
}

}  // namespace ct::sync
