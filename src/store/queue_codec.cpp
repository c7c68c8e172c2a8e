#include "store/queue_codec.h"

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "crm/json_codec.h"
#include "sync/wire_operation.h"

namespace ct::store {

namespace {

using nlohmann::json;

Failure malformed(std::string_view what) {
    return fail(ErrorKind::invalid, "MALFORMED", "an entry of unsent work cannot be read: " + std::string(what));
}

/// Members of an object; the first that is missing or of another type is remembered.
class Members {
  public:
    explicit Members(const json& object) : object_(object) {}
    std::string text(const char* name) {
        const auto at = object_.find(name);
        if (at != object_.end() && at->is_string()) return at->get<std::string>();
        if (wrong_.empty()) wrong_ = name;
        return {};
    }
    std::int64_t number(const char* name) {
        const auto at = object_.find(name);
        if (at != object_.end() && at->is_number_integer()) return at->get<std::int64_t>();
        if (wrong_.empty()) wrong_ = name;
        return 0;
    }
    Uuid uuid(const char* name) {
        const auto id = Uuid::parse(text(name));
        if (!id && wrong_.empty()) wrong_ = name;
        return id.value_or(Uuid{});
    }
    [[nodiscard]] const std::string& wrong() const { return wrong_; }

  private:
    const json& object_;
    std::string wrong_;
};

/// Text from outside this program (a server's message) may be no UTF-8; it is mended.
std::string dumped(const json& object) { return object.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string queued_text(const sync::QueuedOperation& queued) {
    const json rest = {{"state", name(queued.state)},    {"sequence", queued.sequence},   {"user", queued.user},
                       {"createdAt", queued.created_at}, {"retries", queued.retry_count}, {"error", queued.error_code},
                       {"message", queued.error_message}};
    std::string text = dumped(rest);
    text.pop_back();
    text.append(",\"operation\":").append(sync::encode_operation(queued.operation)).append(",\"before\":");
    crm::JsonWriter writer(text);
    crm::write_changes(writer, queued.operation.model, queued.before);
    return text + "}";
}

Result<sync::QueuedOperation> queued_from(const json& object) {
    if (!object.is_object()) return malformed("it is no object");
    const auto operation = object.find("operation"), before = object.find("before");
    if (operation == object.end() || before == object.end()) return malformed("operation or before is missing");
    Members members(object);
    sync::QueuedOperation queued;
    const auto state = sync::find_queue_state(members.text("state"));
    queued.sequence = members.number("sequence");
    queued.user = members.text("user");
    queued.created_at = members.number("createdAt");
    queued.retry_count = static_cast<int>(members.number("retries"));
    queued.error_code = members.text("error");
    queued.error_message = members.text("message");
    if (!members.wrong().empty()) return malformed(members.wrong());
    if (!state) return malformed("state");
    auto read = sync::decode_operation(dumped(*operation));
    if (!read) return fail(read.error());
    auto replaced = crm::read_changes(read->model, *before);
    if (!replaced) return fail(replaced.error());
    queued.state = *state;
    queued.operation = std::move(*read);
    queued.before = std::move(*replaced);
    queued.operation.seen = sync::merging(queued.operation.model, queued.before);
    return queued;
}

std::string attachment_text(const Attachment& attachment) {
    return dumped({{"id", attachment.id.str()},
                   {"model", crm::name(attachment.model)},
                   {"record", attachment.record.str()},
                   {"name", attachment.name},
                   {"type", attachment.type},
                   {"size", attachment.size},
                   {"sha256", attachment.sha256},
                   {"state", name(attachment.state)},
                   {"offset", attachment.offset},
                   {"error", attachment.error},
                   {"message", attachment.error_message},
                   {"createdAt", attachment.created_at},
                   {"user", attachment.user}});
}

Result<Attachment> attachment_from(const json& object) {
    if (!object.is_object()) return malformed("it is no object");
    Members members(object);
    Attachment attachment;
    attachment.id = members.uuid("id");
    const auto model = crm::find_model(members.text("model"));
    attachment.record = members.uuid("record");
    attachment.name = members.text("name");
    attachment.type = members.text("type");
    attachment.size = members.number("size");
    attachment.sha256 = members.text("sha256");
    const auto state = find_attachment_state(members.text("state"));
    attachment.offset = members.number("offset");
    attachment.error = members.text("error");
    attachment.error_message = members.text("message");
    attachment.created_at = members.number("createdAt");
    attachment.user = members.text("user");
    if (!members.wrong().empty()) return malformed(members.wrong());
    if (!model || !state) return malformed("model or state of an attachment");
    // It becomes a file's name.
    if (!sha256_from_hex(attachment.sha256)) return malformed("sha256");
    attachment.model = *model;
    attachment.state = *state;
    return attachment;
}

}  // namespace ct::store
