// How far devices have pulled, and the end of tombstones that all have seen.
#include "crm/tables.h"
#include "server/storage/sql/sql_storage.h"
#include "server/storage/sql/texts.h"

namespace ct::server::sql {

namespace {

constexpr std::size_t kPurgedAtOnce = 1'000;

/// $1 workspace, $2 up to, $3 received before. A merged lead stays: its id is another name of the survivor for ever.
std::string where(crm::Model model) {
    return " WHERE workspace_id = $1 AND deleted AND feed <= $2" +
           std::string(model == crm::Model::lead ? R"( AND "mergedInto" IS NULL)" : "") +
           " AND NOT EXISTS(SELECT 1 FROM operation_log o WHERE o.workspace_id = $1 AND o.record_id = " + table(model) +
           ".id AND o.received_at > $3)";
}

constexpr const char* kPulled =
    "SELECT d.id, coalesce(p.version, 0), greatest(d.seen_at, coalesce(p.seen_at, 0)) FROM device d"
    " LEFT JOIN pulled p ON p.workspace_id = d.workspace_id AND p.device_id = d.id WHERE d.workspace_id = $1";
constexpr const char* kRaiseFloor =
    "UPDATE workspace SET purge_floor = $2 WHERE workspace_id = $1 AND purge_floor < $2";

}  // namespace

Result<void> SqlStorage::note_pulled(WorkspaceKey workspace, std::string_view device, std::int64_t version,
                                     UnixMs now) {
    const std::string text = backend_->insert({.table = "pulled",
                                               .columns = {"workspace_id", "device_id", "version", "seen_at"},
                                               .fixed = 4,
                                               .key = {"workspace_id", "device_id"},
                                               .update = {"version", "seen_at"},
                                               .may_exist = true});
    return write([&](Connection& connection) { return done(connection.run(text, {workspace, device, version, now})); });
}

Result<void> SqlStorage::note_waiting(WorkspaceKey workspace, std::string_view device, std::int64_t operations,
                                      UnixMs since, UnixMs now) {
    const std::string text =
        backend_->insert({.table = "waiting",
                          .columns = {"workspace_id", "device_id", "operations", "since", "told_at"},
                          .fixed = 5,
                          .key = {"workspace_id", "device_id"},
                          .update = {"operations", "since", "told_at"},
                          .may_exist = true});
    return write([&](Connection& connection) {
        return done(connection.run(text, {workspace, device, operations, since, now}));
    });
}

Result<std::vector<PulledTo>> SqlStorage::pulled(WorkspaceKey workspace) {
    auto rows = look(kPulled, {workspace});
    if (!rows) return fail(rows.error());
    std::vector<PulledTo> all;
    while ((*rows)->next()) all.push_back({(*rows)->string(0), (*rows)->integer(1), (*rows)->integer(2)});
    return all;
}

/// Looks without a lock, oldest first, and takes away by id what is still as it was seen.
Result<std::int64_t> SqlStorage::purge(WorkspaceKey workspace, std::int64_t up_to, UnixMs received_before) {
    std::int64_t purged = 0;
    for (const crm::ModelDef& model : crm::models()) {
        for (;;) {
            auto rows = look("SELECT id, feed FROM " + table(model.model) + where(model.model) +
                                 " ORDER BY feed LIMIT " + std::to_string(kPurgedAtOnce),
                             {workspace, up_to, received_before});
            if (!rows) return fail(rows.error());
            Column ids(ColumnType::text);
            std::int64_t newest = 0;
            while ((*rows)->next()) {
                ids.text((*rows)->text(0));
                newest = (*rows)->integer(1);
            }
            rows->reset();
            if (ids.size() == 0) break;
            const std::string by_id =
                "DELETE FROM " + table(model.model) + where(model.model) + " AND " + backend_->among("id", 4);
            std::int64_t gone = 0;
            const auto written = write([&](Connection& connection) -> Result<void> {
                const auto deleted = connection.run(by_id, {workspace, newest, received_before, &ids});
                if (!deleted) return fail(deleted.error());
                gone = *deleted;
                return done(connection.run(kRaiseFloor, {workspace, newest}));
            });
            if (!written) return fail(written.error());
            purged += gone;
            if (gone == 0 || ids.size() < kPurgedAtOnce) break;  // what came back to life meanwhile is looked at again
        }
    }
    return purged;
}

}  // namespace ct::server::sql
