// How far devices have pulled, and the end of tombstones that all have seen.
#include "crm/tables.h"
#include "server/storage/sqlite/schema.h"
#include "server/storage/sqlite/sqlite_storage.h"

namespace ct::server::sqlite {

namespace {

constexpr std::size_t kPurgedAtOnce = 1'000;  // a push waits for no longer

/// ?1 workspace, ?2 up to, ?3 received before. A merged lead stays: its id is another name of the survivor for ever.
std::string where(crm::Model model) {
    return " WHERE workspace_id = ?1 AND deleted = 1 AND feed <= ?2" +
           std::string(model == crm::Model::lead ? " AND mergedInto IS NULL" : "") +
           " AND NOT EXISTS(SELECT 1 FROM operation_log o WHERE o.workspace_id = ?1 AND o.record_id = " + table(model) +
           ".id AND o.received_at > ?3)";
}

/// Ids of a model that can go, oldest first; `newest` is the feed of the last.
Result<std::vector<std::string>> look(Connection& connection, crm::Model model, WorkspaceKey workspace,
                                      std::int64_t up_to, UnixMs received_before, std::int64_t& newest) {
    auto use = connection.prepare("SELECT id, feed FROM " + table(model) + where(model) + " ORDER BY feed LIMIT ?4");
    if (!use) return fail(use.error());
    use->integer(workspace).integer(up_to).integer(received_before).integer(std::int64_t{kPurgedAtOnce});
    std::vector<std::string> ids;
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return ids;
        ids.push_back(use->column_string(0));
        newest = use->column_integer(1);
    }
}

/// Of those, what is still as it was seen; how many.
Result<std::int64_t> take_away(Connection& connection, crm::Model model, const std::vector<std::string>& ids,
                               WorkspaceKey workspace, std::int64_t newest, UnixMs received_before) {
    std::int64_t gone = 0;
    for (const std::string& id : ids) {
        auto use = connection.prepare("DELETE FROM " + table(model) + where(model) + " AND id = ?4");
        if (!use) return fail(use.error());
        auto deleted = use->integer(workspace).integer(newest).integer(received_before).text(id).run();
        if (!deleted) return fail(deleted.error());
        const auto count = connection.integer("SELECT changes()");
        if (!count) return fail(count.error());
        gone += *count;
    }
    auto floor =
        connection.prepare("UPDATE workspace SET purge_floor = ?2 WHERE workspace_id = ?1 AND purge_floor < ?2");
    if (!floor) return fail(floor.error());
    auto raised = floor->integer(workspace).integer(newest).run();
    if (!raised) return fail(raised.error());
    return gone;
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

Result<void> SqliteStorage::note_waiting(WorkspaceKey workspace, std::string_view device, std::int64_t operations,
                                         UnixMs since, UnixMs now) {
    return write([&](Connection& connection) -> Result<void> {
        auto use = connection.prepare(
            "REPLACE INTO waiting(workspace_id, device_id, operations, since, told_at) VALUES(?,?,?,?,?)");
        if (!use) return fail(use.error());
        return use->integer(workspace).text(device).integer(operations).integer(since).integer(now).run();
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

/// Looks beside whoever writes, and writes only what was found.
Result<std::int64_t> SqliteStorage::purge(WorkspaceKey workspace, std::int64_t up_to, UnixMs received_before) {
    std::int64_t purged = 0;
    for (const crm::ModelDef& model : crm::models()) {
        for (std::size_t found = kPurgedAtOnce; found == kPurgedAtOnce;) {
            std::int64_t newest = 0;
            auto ids = [&]() -> Result<std::vector<std::string>> {
                auto loan = reader();
                if (!loan) return fail(loan.error());
                return look(**loan, model.model, workspace, up_to, received_before, newest);
            }();
            if (!ids) return fail(ids.error());
            found = ids->size();
            if (found == 0) break;
            std::int64_t gone = 0;
            const auto done = write([&](Connection& connection) -> Result<void> {
                const auto taken = take_away(connection, model.model, *ids, workspace, newest, received_before);
                if (!taken) return fail(taken.error());
                gone = *taken;
                return {};
            });
            if (!done) return fail(done.error());
            purged += gone;
        }
    }
    return purged;
}

}  // namespace ct::server::sqlite
