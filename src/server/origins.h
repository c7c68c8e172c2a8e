// Where each field of a record comes from, as one compact text in its row:
//
//     <version> <stamp> <device or "="> <field> <field> …\n
//
// One line per operation that still shows; "=" stands for the stamp's own device, "deleted" for the record's last
// delete or revival (no field can have that name). A record as it was created takes one line.
#pragma once

#include <string>
#include <string_view>

#include "server/storage/storage.h"

namespace ct::server {

[[nodiscard]] std::string pack_origins(const StoredRecord& record);
void unpack_origins(std::string_view packed, StoredRecord& record);

[[nodiscard]] std::string pack_former_owners(const std::vector<FormerOwner>& owners);
[[nodiscard]] std::vector<FormerOwner> unpack_former_owners(std::string_view packed);

inline constexpr std::string_view kDeletion = "deleted";

struct OriginLine {
    std::int64_t version = 0;
    std::string_view stamp, device, fields;  ///< fields: still packed
};

/// Cuts the next word off; words end at a space.
[[nodiscard]] std::string_view next_word(std::string_view& text);
/// Cuts the next line off; false at the end.
[[nodiscard]] bool next_origin(std::string_view& packed, OriginLine& line);
/// A field name from its packed form (names of unknown fields may hold anything).
[[nodiscard]] std::string unpack_name(std::string_view word);

}  // namespace ct::server
