// How far devices have pulled, and the end of tombstones that all have seen.
#include "crm/tables.h"
#include "server/storage/sql/sql_storage.h"
#include "server/storage/sql/texts.h"

namespace ct::server::sql {

namespace {

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

Result<std::vector<PulledTo>> SqlStorage::pulled(WorkspaceKey workspace) {
    auto rows = look(kPulled, {workspace});
    if (!rows) return fail(rows.error());
    std::vector<PulledTo> all;
    while ((*rows)->next()) all.push_back({(*rows)->string(0), (*rows)->integer(1), (*rows)->integer(2)});
    return all;
}

Result<std::int64_t> SqlStorage::purge(WorkspaceKey workspace, std::int64_t up_to, UnixMs received_before) {
    std::int64_t purged = 0;
    const auto written = write([&](Connection& connection) -> Result<void> {
        purged = 0;
        std::int64_t newest = 0;
        for (const crm::ModelDef& model : crm::models()) {
            auto rows =
                connection.query("SELECT coalesce(max(feed), 0) FROM " + table(model.model) + where(model.model),
                                 {workspace, up_to, received_before});
            if (!rows) return fail(rows.error());
            const std::int64_t found = (*rows)->next() ? (*rows)->integer(0) : 0;
            if (found == 0) continue;
            newest = std::max(newest, found);
            rows->reset();
            const auto gone = connection.run("DELETE FROM " + table(model.model) + where(model.model),
                                             {workspace, up_to, received_before});
            if (!gone) return fail(gone.error());
            purged += *gone;
        }
        return newest == 0 ? Result<void>() : done(connection.run(kRaiseFloor, {workspace, newest}));
    });
    if (!written) return fail(written.error());
    return purged;
}

}  // namespace ct::server::sql
