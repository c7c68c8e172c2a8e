// How far devices have pulled, and the end of tombstones that all have seen.
#include "crm/tables.h"
#include "server/storage/sqlite/schema.h"
#include "server/storage/sqlite/sqlite_storage.h"

namespace ct::server::sqlite {

namespace {

/// ?1 workspace, ?2 up to, ?3 received before. A merged lead stays: its id is another name of the survivor for ever.
std::string where(crm::Model model) {
    return " WHERE workspace_id = ?1 AND deleted = 1 AND feed <= ?2" +
           std::string(model == crm::Model::lead ? " AND mergedInto IS NULL" : "") +
           " AND NOT EXISTS(SELECT 1 FROM operation_log o WHERE o.workspace_id = ?1 AND o.record_id = " + table(model) +
           ".id AND o.received_at > ?3)";
}

struct Found {
    std::int64_t count = 0, newest = 0;
};

Result<Found> look(Connection& connection, WorkspaceKey workspace, std::int64_t up_to, UnixMs received_before) {
    Found all;
    for (const crm::ModelDef& model : crm::models()) {
        auto use = connection.prepare("SELECT count(*), coalesce(max(feed), 0) FROM " + table(model.model) +
                                      where(model.model));
        if (!use) return fail(use.error());
        const auto row = use->integer(workspace).integer(up_to).integer(received_before).step();
        if (!row) return fail(row.error());
        all.count += use->column_integer(0);
        all.newest = std::max(all.newest, use->column_integer(1));
    }
    return all;
}

}  // namespace

Result<void> SqliteStorage::note_pulled(WorkspaceKey workspace, std::string_view device, std::int64_t version,
                                        UnixMs now) {
    std::unique_lock free(write_mutex_, std::try_to_lock);
    if (!free.owns_lock()) return fail(ErrorKind::busy, "BUSY", "a push is under way");
    free.unlock();
    return write([&](Connection& connection) -> Result<void> {
        auto use = connection.prepare("REPLACE INTO pulled(workspace_id, device_id, version, seen_at) VALUES(?,?,?,?)");
        if (!use) return fail(use.error());
        return use->integer(workspace).text(device).integer(version).integer(now).run();
    });
}

Result<std::vector<PulledTo>> SqliteStorage::pulled(WorkspaceKey workspace) {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use = (*loan)->prepare(
        "SELECT d.id, coalesce(p.version, 0), max(d.seen_at, coalesce(p.seen_at, 0)) FROM device d"
        " LEFT JOIN pulled p ON p.workspace_id = d.workspace_id AND p.device_id = d.id WHERE d.workspace_id = ?");
    if (!use) return fail(use.error());
    use->integer(workspace);
    std::vector<PulledTo> all;
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return all;
        all.push_back({use->column_string(0), use->column_integer(1), use->column_integer(2)});
    }
}

Result<std::int64_t> SqliteStorage::purge(WorkspaceKey workspace, std::int64_t up_to, UnixMs received_before) {
    {
        auto loan = reader();  // nearly always there is nothing, and nobody has to wait for that to be found out
        if (!loan) return fail(loan.error());
        const auto found = look(**loan, workspace, up_to, received_before);
        if (!found) return fail(found.error());
        if (found->count == 0) return 0;
    }
    Found gone;
    const auto done = write([&](Connection& connection) -> Result<void> {
        const auto found = look(connection, workspace, up_to, received_before);
        if (!found) return fail(found.error());
        gone = *found;
        for (const crm::ModelDef& model : crm::models()) {
            auto use = connection.prepare("DELETE FROM " + table(model.model) + where(model.model));
            if (!use) return fail(use.error());
            auto deleted = use->integer(workspace).integer(up_to).integer(received_before).run();
            if (!deleted) return deleted;
        }
        auto floor =
            connection.prepare("UPDATE workspace SET purge_floor = ?2 WHERE workspace_id = ?1 AND purge_floor < ?2");
        if (!floor) return fail(floor.error());
        return floor->integer(workspace).integer(gone.newest).run();
    });
    if (!done) return fail(done.error());
    return gone.count;
}

}  // namespace ct::server::sqlite
