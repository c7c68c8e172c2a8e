// attach, attachments, detach, fetch: files on records.
#include "cli/context.h"
#include "cli/names.h"
#include "cli/output.h"

namespace ct::cli {
namespace {

using store::Attachment;
using store::AttachmentState;

[[nodiscard]] std::int64_t percent(const Attachment& attachment) {
    return attachment.size == 0 ? 0 : attachment.offset * 100 / attachment.size;
}

[[nodiscard]] Json to_json(const Attachment& attachment) {
    Json json{{"id", attachment.id.str()},
              {"model", crm::name(attachment.model)},
              {"recordId", attachment.record.str()},
              {"name", attachment.name},
              {"type", attachment.type},
              {"size", attachment.size},
              {"sha256", attachment.sha256},
              {"state", store::name(attachment.state)},
              {"percent", attachment.state == AttachmentState::done ? 100 : percent(attachment)},
              {"at", format_rfc3339(attachment.created_at)}};
    if (!attachment.error.empty()) {
        json["error"] = {{"code", attachment.error}, {"message", attachment.error_message}};
    }
    return json;
}

/// "queued, 37 %", "failed: the file is too large".
[[nodiscard]] std::string shown_state(const Attachment& attachment) {
    std::string text(store::name(attachment.state));
    const bool moving = attachment.state == AttachmentState::queued || attachment.state == AttachmentState::wanted;
    if (moving && attachment.offset > 0) text += ", " + std::to_string(percent(attachment)) + " %";
    if (!attachment.error.empty()) {
        text += ": " + (attachment.error_message.empty() ? attachment.error : attachment.error_message);
    }
    return text;
}

[[nodiscard]] Result<Uuid> named_attachment(client::Session& session, std::string_view typed) {
    const auto ids = session.store().attachment_ids();
    if (!ids) return fail(ids.error());
    auto id = choose_id(*ids, typed, "attachment", "NO_SUCH_ATTACHMENT");
    if (!id && id.error().code == "NO_SUCH_ATTACHMENT") {
        return fail(ErrorKind::not_found, "NO_SUCH_ATTACHMENT",
                    id.error().message + "; `attachments MODEL ID` asks the server for those of a record");
    }
    return id;
}

}  // namespace

Outcome run_attach(Context& context) {
    const auto model = known_model(context.options().model);
    if (!model) return fail(model.error());
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto record = find_id((*session)->store(), *model, context.options().id);
    if (!record) return fail(record.error());
    auto attached = (*session)->attach(*model, *record, context.options().file);
    if (!attached) {
        Error error = attached.error();  // the named file is the caller's matter, and not this laptop's disk
        const bool theirs = error.code == "CANNOT_READ" || error.code == "FILE_NOT_FOUND";
        if (theirs) error.kind = ErrorKind::invalid;
        return fail(std::move(error));
    }
    if (context.json()) {
        print_json(context.out(), to_json(*attached));
    } else {
        context.out() << attached->id.str() << '\n';
    }
    return ExitCode::done;
}

Outcome run_attachments(Context& context) {
    const auto model = known_model(context.options().model);
    if (!model) return fail(model.error());
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto record = find_id((*session)->store(), *model, context.options().id);
    if (!record) return fail(record.error());
    const auto list = (*session)->attachments(*model, *record, (*session)->signed_in());
    if (!list) return fail(list.error());
    if (list->not_asked) {
        context.surroundings().err << "as known on this laptop; the server was not reached: "
                                   << list->not_asked->message << '\n';
    }
    if (context.json()) {
        Json all = Json::array();
        for (const Attachment& attachment : list->attachments) all.push_back(to_json(attachment));
        print_json(context.out(), all);
        return ExitCode::done;
    }
    TextTable table;
    table.add_column("id");
    table.add_column("name");
    table.add_column("size", TextTable::Align::right);
    table.add_column("added");
    table.add_column("state");
    for (const Attachment& attachment : list->attachments) {
        table.add_row({short_id(attachment.id), attachment.name, shown_bytes(attachment.size),
                       shown_time(attachment.created_at), shown_state(attachment)});
    }
    table.print(context.out(), context.surroundings().width);
    return ExitCode::done;
}

Outcome run_detach(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto id = named_attachment(**session, context.options().id);
    if (!id) return fail(id.error());
    if (auto done = (*session)->detach(*id); !done) return fail(done.error());
    if (context.json()) print_json(context.out(), Json{{"id", id->str()}});
    return ExitCode::done;
}

Outcome run_fetch(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto id = named_attachment(**session, context.options().id);
    if (!id) return fail(id.error());
    const auto fetched = (*session)->fetch(*id, context.options().file);
    if (!fetched) return fail(fetched.error());
    if (context.json()) {
        print_json(context.out(), to_json(*fetched));
    } else {
        context.out() << fetched->name << ", " << shown_bytes(fetched->size) << '\n';
    }
    return ExitCode::done;
}

}  // namespace ct::cli
