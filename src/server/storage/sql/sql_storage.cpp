#include "server/storage/sql/sql_storage.h"

#include "server/storage/epoch.h"
#include "server/storage/sql/texts.h"

namespace ct::server::sql {

Result<std::unique_ptr<Storage>> SqlStorage::open(std::unique_ptr<Backend> backend, Random& random, IfMissing missing) {
    std::unique_ptr<SqlStorage> storage(new SqlStorage(std::move(backend)));
    const auto migrated = storage->pool_.take(
        [&](Connection& connection) { return migrate(*storage->backend_, connection, random, missing); });
    if (!migrated) return fail(migrated.error());
    if (auto known = storage->read_epoch(); !known) return fail(known.error());
    return std::unique_ptr<Storage>(std::move(storage));
}

Result<std::unique_ptr<Storage>> SqlStorage::open_as_it_is(std::unique_ptr<Backend> backend) {
    std::unique_ptr<SqlStorage> storage(new SqlStorage(std::move(backend)));
    if (auto known = storage->read_epoch(); !known) return fail(known.error());
    return std::unique_ptr<Storage>(std::move(storage));
}

Result<void> SqlStorage::read_epoch() {
    auto rows = look(text::kEpoch, {});
    if (!rows) return fail(rows.error());
    if (!(*rows)->next()) {
        return fail(ErrorKind::corrupt, "DATABASE", backend_->place() + ": the database has no epoch");
    }
    epoch_ = (*rows)->string(0);
    return {};
}

Result<std::unique_ptr<Rows>> SqlStorage::look(const std::string& text, std::initializer_list<Parameter> parameters) {
    std::unique_ptr<Rows> found;
    const auto lease = pool_.take([&](Connection& connection) -> Result<void> {
        auto rows = connection.query(text, parameters);
        if (!rows) return fail(rows.error());
        found = std::move(*rows);
        return {};
    });
    if (!lease) return fail(lease.error());
    return found;
}

Result<std::string> SqlStorage::renew_epoch(Random& random) {
    const std::string epoch = new_epoch(random);
    const auto renewed =
        write([&](Connection& connection) { return done(connection.run(text::kSetEpoch, {std::string_view(epoch)})); });
    if (!renewed) return fail(renewed.error());
    epoch_ = epoch;
    return epoch;
}

Result<void> SqlStorage::ready() {
    const auto rows = look(text::kReady, {});
    if (!rows) return fail(rows.error());
    return {};
}

Result<std::vector<Trouble>> SqlStorage::troubles(WorkspaceKey workspace, int most) {
    auto rows = look(sql::troubles(most), {workspace});
    if (!rows) return fail(rows.error());
    std::vector<Trouble> found;
    while ((*rows)->next()) {
        found.push_back({(*rows)->integer(0), (*rows)->string(1), (*rows)->string(2), (*rows)->string(3),
                         (*rows)->string(4), (*rows)->string(5), (*rows)->string(6), (*rows)->string(7)});
    }
    return found;
}

Result<std::vector<AuditEntry>> SqlStorage::audit(WorkspaceKey workspace, const AuditQuery& query) {
    const std::string_view record = query.record, user = query.user, device = query.device;
    auto rows = look(sql::audit(query.most), {workspace, record, user, device});
    if (!rows) return fail(rows.error());
    std::vector<AuditEntry> found;
    while ((*rows)->next()) {
        const Rows& row = **rows;
        found.push_back({row.string(0), row.string(1), row.string(2), row.string(3), row.string(4), row.string(5),
                         row.string(6), row.string(7), row.string(8), row.string(9), row.string(10), row.integer(11),
                         row.integer(12)});
    }
    return found;
}

Result<std::unique_ptr<WriteTransaction>> SqlStorage::begin_write(WorkspaceKey workspace) {
    return begin_write_transaction(pool_, *backend_, workspace);
}

Result<std::unique_ptr<ReadTransaction>> SqlStorage::begin_read(WorkspaceKey workspace) {
    return begin_read_transaction(pool_, *backend_, workspace);
}

}  // namespace ct::server::sql
