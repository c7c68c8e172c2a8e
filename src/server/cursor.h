// Where a client's pull stands, as the opaque text that travels. Three stretches follow one another:
//
//   snapshot  everything as of version `since`, phase by phase, newest first
//   whole     what changed while the snapshot was under way, whole
//   changes   from then on: the fields that changed after `base`
//
// A run of pages that catches up keeps the `base` it began with: a record that changed twice stands once in the feed,
// at its later place, and what changed first must not be taken as known when the pages before that place are through.
//
// A cursor also holds who it was made for: another user on the same device, or one whose rights changed, has seen
// other rows and must start anew (RESYNC_REQUIRED).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/storage/storage.h"

namespace ct::server {

struct Cursor {
    enum class Stretch : std::uint8_t { snapshot, whole, changes };
    Stretch stretch = Stretch::snapshot;
    std::int64_t since = 0;           ///< place in the feed: all before it was sent
    std::int64_t base = 0;            ///< whole, changes: what the client knew when this run of pages began
    Phase phase = Phase::open_leads;  ///< snapshot: the phase that goes on
    std::string below;                ///< snapshot: the last id sent of that phase, or empty
    std::int64_t remaining = 0;       ///< snapshot: rows still to come, as counted at its beginning
    std::string view;                 ///< of `view_tag`
};

[[nodiscard]] std::string view_tag(const Viewer& viewer);
[[nodiscard]] std::string format_cursor(const Cursor& cursor);
/// Strict: nothing but what format_cursor writes.
[[nodiscard]] std::optional<Cursor> parse_cursor(std::string_view text);

}  // namespace ct::server
