// Files attached to records, as this laptop knows them. The bytes lie beside the database, by their hash
// (client/attachments.h); a row says what is to be done with them and how far that came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/uuid.h"
#include "crm/model.h"

namespace ct::store {

enum class AttachmentState : std::uint8_t {
    queued,    ///< the bytes are here and have to reach the server; `offset` of them are known to be there
    done,      ///< the server has it, and the bytes are here
    remote,    ///< the server has it; the bytes are not here
    wanted,    ///< to be fetched; `offset` bytes are here
    failed,    ///< the server will not take it, for `error`; the bytes are here
    removing,  ///< taken away here; the server has to hear of it
};
[[nodiscard]] std::string_view name(AttachmentState state);  ///< "queued"
[[nodiscard]] std::optional<AttachmentState> find_attachment_state(std::string_view name);

struct Attachment {
    Uuid id;
    crm::Model model = crm::Model::lead;
    Uuid record;
    std::string name, type;  ///< file name (cleaned), media type
    std::int64_t size = 0;   ///< bytes
    std::string sha256;      ///< of the content, 64 hex digits: the name of its file
    AttachmentState state = AttachmentState::queued;
    std::int64_t offset = 0;
    std::string error, error_message;  ///< why the last attempt failed for good; a fetch that did is `remote` again
    UnixMs created_at = 0;
    std::string user;  ///< id of who attached it

    /// All of its bytes are on this laptop's disk.
    [[nodiscard]] bool here() const {
        return state == AttachmentState::queued || state == AttachmentState::done || state == AttachmentState::failed;
    }
    /// The server does not know yet what was done here: lost with this laptop, it is lost.
    [[nodiscard]] bool unsent() const {
        return state == AttachmentState::queued || state == AttachmentState::failed ||
               state == AttachmentState::removing;
    }
    bool operator==(const Attachment&) const = default;
};

/// What the server does not have, or not heard, of files: the sum over those that are Attachment::unsent.
struct UnsentFiles {
    std::int64_t sending = 0;   ///< whose bytes have to reach the server …
    std::int64_t bytes = 0;     ///< … and how many of them it is not known to have
    std::int64_t removing = 0;  ///< taken away here, of which it has to hear
    std::int64_t failed = 0;    ///< that it will not take: they wait for a person
    crm::Model failed_model = crm::Model::lead;
    Uuid failed_record;  ///< of one of those; nil: none has failed

    /// Go by themselves as soon as they can.
    [[nodiscard]] std::int64_t waiting() const { return sending + removing; }
    bool operator==(const UnsentFiles&) const = default;
};

}  // namespace ct::store
