#include "server/cursor.h"

#include <charconv>
#include <vector>

#include "base/digest.h"

namespace ct::server {

namespace {

constexpr std::string_view kNone = "-";

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool canonical = !text.empty() && (text[0] != '0' || text.size() == 1);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 || !canonical) return std::nullopt;
    return value;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t dot = text.find('.');
        parts.push_back(text.substr(0, dot));
        if (dot == std::string_view::npos) return parts;
        text.remove_prefix(dot + 1);
    }
}

bool plausible_view(std::string_view view) {
    return view == "a" || (view.size() == 16 && view.find_first_not_of("0123456789abcdef") == std::string_view::npos);
}

}  // namespace

std::string view_tag(const Viewer& viewer) {
    if (viewer.all) return "a";
    const std::uint64_t digest = checksum64(viewer.user);
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(digest >> shift & 0xff));
    return to_hex(bytes);
}

std::string format_cursor(const Cursor& cursor) {
    const std::string since = std::to_string(cursor.since);
    const std::string catching_up = since + "." + std::to_string(cursor.base) + "." + cursor.view;
    switch (cursor.stretch) {
        case Cursor::Stretch::whole: return "w." + catching_up;
        case Cursor::Stretch::changes: return "v." + catching_up;
        case Cursor::Stretch::snapshot: break;
    }
    return "s." + since + "." + std::to_string(static_cast<int>(cursor.phase)) + "." +
           (cursor.below.empty() ? std::string(kNone) : cursor.below) + "." + std::to_string(cursor.remaining) + "." +
           cursor.view;
}

std::optional<Cursor> parse_cursor(std::string_view text) {
    if (text.size() > 200) return std::nullopt;
    const auto parts = split(text);
    const bool snapshot = parts[0] == "s";
    if (!snapshot && parts[0] != "w" && parts[0] != "v") return std::nullopt;
    if (parts.size() != (snapshot ? 6u : 4u) || !plausible_view(parts.back())) return std::nullopt;

    Cursor cursor;
    cursor.stretch = snapshot          ? Cursor::Stretch::snapshot
                     : parts[0] == "w" ? Cursor::Stretch::whole
                                       : Cursor::Stretch::changes;
    const auto since = number(parts[1]);
    if (!since) return std::nullopt;
    cursor.since = *since;
    cursor.view = parts.back();
    if (!snapshot) {
        const auto base = number(parts[2]);
        if (!base || *base > *since) return std::nullopt;
        cursor.base = *base;
        return cursor;
    }

    const auto phase = number(parts[2]);
    const auto remaining = number(parts[4]);
    const auto below = Uuid::parse(parts[3]);
    if (!phase || *phase >= static_cast<std::int64_t>(kPhaseCount) || !remaining) return std::nullopt;
    if (parts[3] != kNone && (!below || below->str() != parts[3])) return std::nullopt;
    cursor.phase = static_cast<Phase>(*phase);
    cursor.remaining = *remaining;
    if (parts[3] != kNone) cursor.below = parts[3];
    return cursor;
}

}  // namespace ct::server
