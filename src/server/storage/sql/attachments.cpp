// What is known of files attached to records.
#include "crm/tables.h"
#include "server/storage/sql/sql_storage.h"
#include "server/storage/sql/texts.h"

namespace ct::server::sql {

namespace {

Attachment read_attachment(const Rows& rows) {
    Attachment attachment;
    attachment.id = rows.string(0);
    attachment.model = rows.string(1);
    attachment.record_id = rows.string(2);
    attachment.name = rows.string(3);
    attachment.type = rows.string(4);
    attachment.size = rows.integer(5);
    attachment.sha256 = rows.string(6);
    attachment.user_id = rows.string(7);
    attachment.device_id = rows.string(8);
    attachment.created_at = rows.integer(9);
    attachment.completed_at = rows.integer(10);
    return attachment;
}

Result<std::int64_t> count(Connection& connection, const std::string& text,
                           std::initializer_list<Parameter> parameters) {
    auto rows = connection.query(text, parameters);
    if (!rows) return fail(rows.error());
    return (*rows)->next() ? (*rows)->integer(0) : 0;
}

}  // namespace

Result<bool> SqlStorage::sees_record(WorkspaceKey workspace, std::string_view model, std::string_view record,
                                     std::string_view owner) {
    const auto known = crm::find_model(model);
    if (!known) return false;
    auto rows = look(sees(*known), {workspace, record, owner});
    if (!rows) return fail(rows.error());
    return (*rows)->next();
}

Result<Attachments::Added> SqlStorage::add_attachment(WorkspaceKey workspace, const Attachment& attachment,
                                                      std::int64_t open_max) {
    auto added = Added::added;
    const std::string_view id = attachment.id, device = attachment.device_id;
    const auto written = write([&](Connection& connection) -> Result<void> {
        // One at a time per device, or two of them could both be the last that it may have.
        if (auto locked = connection.query(text::kLockDevice, {workspace, device}); !locked) {
            return fail(locked.error());
        }
        const auto under_way = count(connection, text::kUnderWay, {workspace, device});
        if (!under_way) return fail(under_way.error());
        if (*under_way >= open_max) {
            auto there = connection.query(text::kAttachment, {workspace, id});
            if (!there) return fail(there.error());
            added = (*there)->next() ? Added::exists : Added::too_many;
            return {};
        }
        const auto made =
            connection.run(backend_->insert(insert_attachment()),
                           {workspace, id, std::string_view(attachment.model), std::string_view(attachment.record_id),
                            std::string_view(attachment.name), std::string_view(attachment.type), attachment.size,
                            std::string_view(attachment.sha256), std::string_view(attachment.user_id), device,
                            attachment.created_at, attachment.completed_at});
        if (!made) return fail(made.error());
        if (*made == 0) {
            added = Added::exists;
            return {};
        }
        if (auto forgot = done(connection.run(text::kForgetMetadata, {workspace, id})); !forgot) return forgot;
        return done(connection.run(text::kKeepMetadata, {workspace, id, std::string_view(attachment.metadata)}));
    });
    if (!written) return fail(written.error());
    return added;
}

Result<std::optional<Attachment>> SqlStorage::attachment(WorkspaceKey workspace, std::string_view id) {
    auto rows = look(text::kAttachment, {workspace, id});
    if (!rows) return fail(rows.error());
    if (!(*rows)->next()) return std::optional<Attachment>();
    Attachment found = read_attachment(**rows);
    found.metadata = (*rows)->string(11);
    return std::optional(std::move(found));
}

Result<std::vector<Attachment>> SqlStorage::attachments_of(WorkspaceKey workspace, std::string_view model,
                                                           std::string_view record) {
    auto rows = look(text::kAttachmentsOf, {workspace, record, model});
    if (!rows) return fail(rows.error());
    std::vector<Attachment> found;
    while ((*rows)->next()) found.push_back(read_attachment(**rows));
    return found;
}

Result<void> SqlStorage::complete_attachment(WorkspaceKey workspace, std::string_view id, UnixMs now) {
    return write([&](Connection& connection) {
        return done(connection.run(text::kCompleteAttachment, {workspace, id, now}));
    });
}

Result<std::int64_t> SqlStorage::remove_attachment(WorkspaceKey workspace, const Attachment& attachment) {
    std::int64_t left = 0;
    const auto removed = write([&](Connection& connection) -> Result<void> {
        auto gone = done(connection.run(text::kRemoveAttachment, {workspace, std::string_view(attachment.id)}));
        if (!gone) return gone;
        gone = done(connection.run(text::kForgetMetadata, {workspace, std::string_view(attachment.id)}));
        if (!gone) return gone;
        const auto same = count(connection, text::kSameContent, {workspace, std::string_view(attachment.sha256)});
        if (!same) return fail(same.error());
        left = *same;
        return {};
    });
    if (!removed) return fail(removed.error());
    return left;
}

}  // namespace ct::server::sql
