// What is known of files attached to records.
#include "crm/model.h"
#include "server/storage/sqlite/sqlite_storage.h"

namespace ct::server::sqlite {

namespace {

constexpr const char* kColumns =
    "id, model, record_id, name, type, size, sha256, user_id, device_id, created_at, completed_at";

Attachment read_attachment(const Use& use) {
    Attachment attachment;
    attachment.id = use.column_string(0);
    attachment.model = use.column_string(1);
    attachment.record_id = use.column_string(2);
    attachment.name = use.column_string(3);
    attachment.type = use.column_string(4);
    attachment.size = use.column_integer(5);
    attachment.sha256 = use.column_string(6);
    attachment.user_id = use.column_string(7);
    attachment.device_id = use.column_string(8);
    attachment.created_at = use.column_integer(9);
    attachment.completed_at = use.column_integer(10);
    return attachment;
}

Result<std::int64_t> count(Use& use) {
    const auto row = use.step();
    if (!row) return fail(row.error());
    return *row ? use.column_integer(0) : 0;
}

Result<void> insert(Connection& connection, WorkspaceKey workspace, const Attachment& attachment) {
    auto use = connection.prepare(std::string("INSERT INTO attachment(workspace_id, ") + kColumns +
                                  ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!use) return fail(use.error());
    use->integer(workspace).text(attachment.id).text(attachment.model).text(attachment.record_id);
    use->text(attachment.name).text(attachment.type).integer(attachment.size).text(attachment.sha256);
    use->text(attachment.user_id).text(attachment.device_id);
    if (auto added = use->integer(attachment.created_at).integer(attachment.completed_at).run(); !added) return added;
    auto told =
        connection.prepare("INSERT OR REPLACE INTO upload_metadata(workspace_id, id, metadata) VALUES(?, ?, ?)");
    if (!told) return fail(told.error());
    return told->integer(workspace).text(attachment.id).text(attachment.metadata).run();
}

/// One transaction of the writing connection around `work()`.
template <class Work>
Result<void> transaction(Connection& connection, Work&& work) {
    if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) return begun;
    Result<void> done = work();
    if (done) done = connection.execute("COMMIT");
    if (!done) (void)connection.execute("ROLLBACK");
    return done;
}

}  // namespace

Result<bool> SqliteStorage::sees_record(WorkspaceKey workspace, std::string_view model, std::string_view record,
                                        std::string_view owner) {
    const auto known = crm::find_model(model);
    if (!known) return false;
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use = (*loan)->prepare("SELECT 1 FROM " + table(*known) +
                                " WHERE workspace_id = ?1 AND id = ?2 AND deleted = 0 AND (?3 = '' OR owner_id = ?3)");
    if (!use) return fail(use.error());
    return use->integer(workspace).text(record).text(owner).step();
}

Result<Attachments::Added> SqliteStorage::add_attachment(WorkspaceKey workspace, const Attachment& attachment,
                                                         std::int64_t open_max) {
    std::unique_lock<std::mutex> lock;
    auto connection = writer(lock);
    if (!connection) return fail(connection.error());
    auto added = Added::added;
    const auto done = transaction(**connection, [&]() -> Result<void> {
        auto taken = (*connection)->prepare("SELECT count(*) FROM attachment WHERE workspace_id = ? AND id = ?");
        if (!taken) return fail(taken.error());
        const auto there = count(taken->integer(workspace).text(attachment.id));
        if (!there) return fail(there.error());
        auto open = (*connection)
                        ->prepare(
                            "SELECT count(*) FROM attachment WHERE workspace_id = ? AND device_id = ?"
                            " AND completed_at = 0");
        if (!open) return fail(open.error());
        const auto under_way = count(open->integer(workspace).text(attachment.device_id));
        if (!under_way) return fail(under_way.error());
        if (*there > 0) added = Added::exists;
        if (*there == 0 && *under_way >= open_max) added = Added::too_many;
        return added == Added::added ? insert(**connection, workspace, attachment) : Result<void>();
    });
    if (!done) return fail(done.error());
    return added;
}

Result<std::optional<Attachment>> SqliteStorage::attachment(WorkspaceKey workspace, std::string_view id) {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use = (*loan)->prepare(std::string("SELECT ") + kColumns +
                                ", (SELECT metadata FROM upload_metadata m WHERE m.workspace_id = a.workspace_id"
                                " AND m.id = a.id) FROM attachment a WHERE workspace_id = ? AND id = ?");
    if (!use) return fail(use.error());
    const auto row = use->integer(workspace).text(id).step();
    if (!row) return fail(row.error());
    if (!*row) return std::optional<Attachment>();
    Attachment found = read_attachment(*use);
    found.metadata = use->column_string(11);
    return std::optional(std::move(found));
}

Result<std::vector<Attachment>> SqliteStorage::attachments_of(WorkspaceKey workspace, std::string_view model,
                                                              std::string_view record) {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use = (*loan)->prepare(std::string("SELECT ") + kColumns +
                                " FROM attachment WHERE workspace_id = ? AND record_id = ? AND model = ?"
                                " AND completed_at <> 0 ORDER BY created_at DESC, id DESC");
    if (!use) return fail(use.error());
    use->integer(workspace).text(record).text(model);
    std::vector<Attachment> found;
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return found;
        found.push_back(read_attachment(*use));
    }
}

Result<void> SqliteStorage::complete_attachment(WorkspaceKey workspace, std::string_view id, UnixMs now) {
    std::unique_lock<std::mutex> lock;
    auto connection = writer(lock);
    if (!connection) return fail(connection.error());
    return transaction(**connection, [&]() -> Result<void> {
        auto use = (*connection)->prepare("UPDATE attachment SET completed_at = ? WHERE workspace_id = ? AND id = ?");
        if (!use) return fail(use.error());
        return use->integer(now).integer(workspace).text(id).run();
    });
}

Result<std::int64_t> SqliteStorage::remove_attachment(WorkspaceKey workspace, const Attachment& attachment) {
    std::unique_lock<std::mutex> lock;
    auto connection = writer(lock);
    if (!connection) return fail(connection.error());
    std::int64_t left = 0;
    const auto done = transaction(**connection, [&]() -> Result<void> {
        auto remove = (*connection)->prepare("DELETE FROM attachment WHERE workspace_id = ? AND id = ?");
        if (!remove) return fail(remove.error());
        if (auto removed = remove->integer(workspace).text(attachment.id).run(); !removed) return removed;
        auto forget = (*connection)->prepare("DELETE FROM upload_metadata WHERE workspace_id = ? AND id = ?");
        if (!forget) return fail(forget.error());
        if (auto gone = forget->integer(workspace).text(attachment.id).run(); !gone) return gone;
        auto use = (*connection)
                       ->prepare(
                           "SELECT count(*) FROM attachment WHERE workspace_id = ? AND sha256 = ?"
                           " AND completed_at <> 0");
        if (!use) return fail(use.error());
        const auto counted = count(use->integer(workspace).text(attachment.sha256));
        if (!counted) return fail(counted.error());
        left = *counted;
        return {};
    });
    if (!done) return fail(done.error());
    return left;
}

}  // namespace ct::server::sqlite
