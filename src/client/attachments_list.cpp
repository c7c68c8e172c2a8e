// What the server says of a record's files, booked beside what is known here.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/file.h"
#include "client/attachments.h"
#include "crm/json_codec.h"
#include "sync/file_name.h"

namespace ct::client {

namespace {

using store::Attachment;
using store::AttachmentState;

/// One element of the server's list; nothing when it is not usable.
std::optional<Attachment> listed(crm::Model model, const Uuid& record, const nlohmann::json& entry) {
    if (!entry.is_object()) return std::nullopt;
    const auto text = [&entry](const char* name) {
        const auto at = entry.find(name);
        return at != entry.end() && at->is_string() ? at->get<std::string>() : std::string();
    };
    const auto id = Uuid::parse(text("id"));
    const auto size = entry.find("size");
    Attachment attachment;
    attachment.sha256 = text("sha256");
    if (!id || !sha256_from_hex(attachment.sha256) || size == entry.end() || !size->is_number_integer() || *size < 0) {
        return std::nullopt;
    }
    attachment.id = *id;
    attachment.model = model;
    attachment.record = record;
    attachment.name = sync::clean_file_name(text("name"));
    attachment.type = text("type");
    attachment.size = size->get<std::int64_t>();
    attachment.user = text("by");
    attachment.created_at = parse_rfc3339(text("at")).value_or(0);
    return attachment;
}

}  // namespace

void Attachments::on_list(const Listing& listing, const sync::LaneReply& reply, const std::string& body) {
    refresh_error_.reset();
    if (const auto* unreached = std::get_if<sync::LaneUnreached>(&reply)) {
        refresh_error_ = Error{ErrorKind::offline, "OFFLINE", unreached->detail, {}};
    } else if (const auto* refused = std::get_if<sync::LaneRefused>(&reply)) {
        // A record that the server does not know yet has no files there.
        if (refused->status != 404) refresh_error_ = Error{ErrorKind::protocol, refused->code, refused->detail, {}};
    } else if (auto done = book_list(listing.model, listing.record, body); !done) {
        refresh_error_ = done.error();
    }
    changed(listing.record);
}

Result<void> Attachments::book_list(crm::Model model, const Uuid& record, const std::string& body) {
    const auto document = crm::parse_json(body);
    if (!document || !document->is_object() || !document->contains("attachments") ||
        !(*document)["attachments"].is_array()) {
        return fail(ErrorKind::protocol, "MALFORMED", "the server's list of attachments cannot be read");
    }
    const auto known = store_.attachments(record);
    if (!known) return fail(known.error());
    std::vector<Uuid> there;
    for (const auto& entry : (*document)["attachments"]) {
        auto attachment = listed(model, record, entry);
        if (!attachment) continue;
        there.push_back(attachment->id);
        const auto old =
            std::find_if(known->begin(), known->end(), [&](const Attachment& a) { return a.id == attachment->id; });
        const bool have = path_exists(path_of(*attachment));
        attachment->state = have ? AttachmentState::done : AttachmentState::remote;
        if (old != known->end()) {
            const bool sent = old->state == AttachmentState::queued || old->state == AttachmentState::failed;
            if (!sent) continue;  // nothing new: what it holds never changes
        }
        attachment->offset = have ? attachment->size : 0;
        if (auto saved = store_.save_attachment(*attachment); !saved) return saved;
    }
    for (const Attachment& old : *known) {
        const bool was_there = old.state == AttachmentState::done || old.state == AttachmentState::remote ||
                               old.state == AttachmentState::wanted;
        if (!was_there || std::find(there.begin(), there.end(), old.id) != there.end()) continue;
        if (auto dropped = store_.drop_attachment(old.id); !dropped) return dropped;  // taken away by somebody else
        drop_content(old.sha256);
    }
    return {};
}

}  // namespace ct::client
