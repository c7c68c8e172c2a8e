// The table of attachments: small, read when somebody looks at a record and when the lane looks for work.
#include <array>

#include "store/attachment.h"
#include "store/impl.h"

namespace ct::store {

namespace {

constexpr std::array<std::string_view, 6> kStates{"queued", "done", "remote", "wanted", "failed", "removing"};
constexpr const char* kColumns =
    "id, model, recordId, name, type, size, sha256, state, sent, error, errorMessage, createdAt, userId";

/// Nothing for a row of a model or state that this version does not know.
std::optional<Attachment> read_row(const sqlite::Use& use) {
    const auto model = crm::find_model(use.column_text(1));
    const auto state = find_attachment_state(use.column_text(7));
    if (!model || !state) return std::nullopt;
    Attachment attachment;
    attachment.id = use.column_uuid(0);
    attachment.model = *model;
    attachment.record = use.column_uuid(2);
    attachment.name = use.column_string(3);
    attachment.type = use.column_string(4);
    attachment.size = use.column_integer(5);
    attachment.sha256 = use.column_string(6);
    attachment.state = *state;
    attachment.offset = use.column_integer(8);
    attachment.error = use.column_string(9);
    attachment.error_message = use.column_string(10);
    attachment.created_at = use.column_integer(11);
    attachment.user = use.column_string(12);
    return attachment;
}

Result<std::vector<Attachment>> read_rows(sqlite::Use& use) {
    std::vector<Attachment> found;
    for (;;) {
        const auto row = use.step();
        if (!row) return fail(row.error());
        if (!*row) return found;
        if (auto attachment = read_row(use)) found.push_back(std::move(*attachment));
    }
}

std::string rows_of(std::string_view rest) {
    return std::string("SELECT ") + kColumns + " FROM attachment " + std::string(rest);
}

}  // namespace

std::string_view name(AttachmentState state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<AttachmentState> find_attachment_state(std::string_view name) {
    for (std::size_t state = 0; state < kStates.size(); ++state) {
        if (kStates[state] == name) return static_cast<AttachmentState>(state);
    }
    return std::nullopt;
}

namespace {

Result<void> write_row(sqlite::Connection& connection, const Attachment& attachment, std::string_view verb) {
    auto use =
        connection.prepare(std::string(verb) + " INTO attachment(" + kColumns + ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)");
    if (!use) return fail(use.error());
    use->uuid(attachment.id).text(crm::name(attachment.model)).uuid(attachment.record).text(attachment.name);
    use->text(attachment.type).integer(attachment.size).text(attachment.sha256).text(name(attachment.state));
    use->integer(attachment.offset).text(attachment.error).text(attachment.error_message);
    return use->integer(attachment.created_at).text(attachment.user).run();
}

}  // namespace

Result<std::vector<Attachment>> read_unsent_attachments(sqlite::Connection& connection) {
    auto use = connection.prepare(rows_of("WHERE state IN ('queued','failed','removing') ORDER BY id"));
    if (!use) return fail(use.error());
    return read_rows(*use);
}

/// Unless there is a row: that one knows more.
Result<void> Store::Impl::write_attachment(const Attachment& attachment) {
    CT_TRY(write_row(*connection, attachment, "INSERT OR IGNORE"));
    if (connection->changed() == 0) return {};
    journal.note(attachment);
    files.note(attachment);
    return {};
}

Result<void> Store::save_attachment(const Attachment& attachment) {
    return impl_->transaction([&]() -> Result<void> {
        CT_TRY(write_row(*impl_->connection, attachment, "INSERT OR REPLACE"));
        impl_->journal.note(attachment);
        impl_->files.note(attachment);
        return {};
    });
}

Result<void> Store::drop_attachment(const Uuid& id) {
    return impl_->transaction([&]() -> Result<void> {
        auto use = impl_->connection->prepare("DELETE FROM attachment WHERE id=?");
        if (!use) return fail(use.error());
        CT_TRY(use->uuid(id).run());
        impl_->journal.note_gone(id);
        impl_->files.gone(id);
        return {};
    });
}

const UnsentFiles& Store::unsent_files() const { return impl_->files.sum(); }

Result<std::vector<Attachment>> Store::unsent_attachments() const {
    if (!impl_->connection) return impl_->no_connection();
    return read_unsent_attachments(*impl_->connection);
}

Result<std::optional<Attachment>> Store::attachment(const Uuid& id) const {
    if (!impl_->connection) return impl_->no_connection();
    auto use = impl_->connection->prepare(rows_of("WHERE id=?"));
    if (!use) return fail(use.error());
    auto rows = read_rows(use->uuid(id));
    if (!rows) return fail(rows.error());
    return rows->empty() ? std::nullopt : std::optional(std::move(rows->front()));
}

Result<std::vector<Attachment>> Store::attachments(const Uuid& record) const {
    if (!impl_->connection) return impl_->no_connection();
    auto use = impl_->connection->prepare(rows_of("WHERE recordId=? ORDER BY createdAt DESC, id DESC"));
    if (!use) return fail(use.error());
    return read_rows(use->uuid(record));
}

Result<std::vector<Uuid>> Store::attachment_ids() const {
    if (!impl_->connection) return impl_->no_connection();
    auto use = impl_->connection->prepare("SELECT id FROM attachment WHERE state<>'removing'");
    if (!use) return fail(use.error());
    std::vector<Uuid> ids;
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return ids;
        ids.push_back(use->column_uuid(0));
    }
}

Result<std::vector<Attachment>> Store::transfers() const {
    if (!impl_->connection) return impl_->no_connection();
    auto use =
        impl_->connection->prepare(rows_of("WHERE state IN ('removing','wanted','queued')"
                                           " ORDER BY state='queued', state='wanted', createdAt, id"));
    if (!use) return fail(use.error());
    return read_rows(*use);
}

Result<std::vector<Attachment>> Store::attachments_with(const std::string& sha256) const {
    if (!impl_->connection) return impl_->no_connection();
    auto use = impl_->connection->prepare(rows_of("WHERE sha256=?"));
    if (!use) return fail(use.error());
    return read_rows(use->text(sha256));
}

}  // namespace ct::store
