#include "server/storage/sqlite/schema.h"

#include <array>
#include <set>

#include "server/storage/epoch.h"
#include "server/storage/migrations.h"

namespace ct::server::sqlite {

namespace {

constexpr std::array<std::string_view, kFirstField> kSystemColumns{
    "id",       "version",       "feed",          "deleted", "created_at", "updated_at",
    "owner_id", "owner_version", "former_owners", "extra",   "origins"};

std::string type_of(const crm::FieldDef& field) {
    switch (field.type) {
        case crm::FieldType::money:
        case crm::FieldType::instant:
        case crm::FieldType::flag:
        case crm::FieldType::integer: return "INTEGER";
        default: return "TEXT";
    }
}

/// A new file becomes ours.
Result<void> mark_new(Connection& connection, Random& random) {
    return connection.execute("INSERT INTO meta VALUES('epoch', '" + new_epoch(random) +
                              "'); PRAGMA application_id = " + std::to_string(kApplicationId));
}

Result<void> run_steps(Connection& connection, std::int64_t version) {
    for (const MigrationStep& step : migration_steps("sqlite")) {
        if (step.version <= version) continue;
        auto done =
            connection.execute(std::string(step.text) + "PRAGMA user_version = " + std::to_string(step.version));
        if (!done) return done;
    }
    return {};
}

Result<std::set<std::string, std::less<>>> columns_of(Connection& connection, std::string_view table) {
    auto use = connection.prepare("SELECT name FROM pragma_table_info('" + std::string(table) + "')");
    if (!use) return fail(use.error());
    std::set<std::string, std::less<>> present;
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return present;
        present.insert(use->column_string(0));
    }
}

/// A model or a field that this version has and the file has not: it is new, or a new version opened an older file.
Result<void> add_models(Connection& connection) {
    for (const crm::ModelDef& model : crm::models()) {
        const auto present = columns_of(connection, model.table);
        if (!present) return fail(present.error());
        if (present->empty()) {
            if (auto made = connection.execute(record_table("sqlite", model, type_of)); !made) return made;
            continue;
        }
        for (const crm::FieldDef& field : model.fields) {
            if (present->contains(field.name)) continue;
            auto added = connection.execute("ALTER TABLE " + quoted(model.table) + " ADD COLUMN " + quoted(field.name) +
                                            " " + type_of(field));
            if (!added) return added;
        }
    }
    return {};
}

Result<void> migrate_locked(Connection& connection, Random& random) {
    const auto application = connection.integer("PRAGMA application_id");
    const auto version = connection.integer("PRAGMA user_version");
    const auto tables = connection.integer("SELECT count(*) FROM sqlite_schema");
    if (!application) return fail(application.error());
    if (!version) return fail(version.error());
    if (!tables) return fail(tables.error());
    const bool fresh = *tables == 0 && *application == 0;
    if (!fresh && *application != kApplicationId) {
        return fail(ErrorKind::corrupt, "NOT_OURS", "the file is a database of another program");
    }
    if (*version > schema_version()) {
        return fail(ErrorKind::newer, "NEWER_DATABASE", "the file was made by a newer version of this program");
    }
    if (auto done = run_steps(connection, fresh ? 0 : *version); !done) return done;
    if (fresh) {
        if (auto marked = mark_new(connection, random); !marked) return marked;
    }
    return add_models(connection);
}

}  // namespace

std::int64_t schema_version() { return migration_steps("sqlite").back().version; }

Result<void> migrate(Connection& connection, Random& random) {
    if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) return begun;
    auto done = migrate_locked(connection, random);
    if (done) done = connection.execute("COMMIT");
    if (!done) (void)connection.execute("ROLLBACK");
    return done;
}

Result<std::int64_t> next_sequence(Connection& connection, std::int64_t workspace, std::string_view device) {
    auto use = connection.prepare("SELECT next_sequence FROM device WHERE workspace_id = ? AND id = ?");
    if (!use) return fail(use.error());
    const auto row = use->integer(workspace).text(device).step();
    if (!row) return fail(row.error());
    return *row ? use->column_integer(0) : 0;
}

Result<std::vector<std::string>> authors(Connection& connection, std::int64_t workspace, std::span<const Made> made) {
    std::vector<std::string> users;
    users.reserve(made.size());
    if (made.empty()) return users;
    // What lost later carries the same version: the first to have it made it. Left to itself and without statistics,
    // SQLite reads the workspace's whole log by its primary key.
    auto use = connection.prepare(
        "SELECT user_id FROM operation_log INDEXED BY operation_log_record"
        " WHERE workspace_id = ? AND record_id = ? AND version = ? AND device_id = ? ORDER BY received_at LIMIT 1");
    if (!use) return fail(use.error());
    for (const Made& one : made) {
        const auto row = use->integer(workspace).text(one.record).integer(one.version).text(one.device).step();
        if (!row) return fail(row.error());
        users.push_back(*row ? use->column_string(0) : std::string());
        use->again();
    }
    return users;
}

std::string quoted(std::string_view identifier) { return '"' + std::string(identifier) + '"'; }

std::string table(crm::Model model) { return quoted(crm::def(model).table); }

std::string columns(crm::Model model, const std::string& prefix) {
    std::string list;
    for (const std::string_view column : kSystemColumns) {
        list += (list.empty() ? "" : ", ") + prefix + std::string(column);
    }
    for (const crm::FieldDef& field : crm::def(model).fields) list += ", " + prefix + quoted(field.name);
    return list;
}

std::string insert_sql(crm::Model model) {
    std::string sql = "INSERT INTO " + table(model) + "(workspace_id, " + columns(model) + ") VALUES(?";
    for (std::size_t i = 0; i < kSystemColumns.size() + crm::def(model).fields.size(); ++i) sql += ", ?";
    return sql + ")";
}

std::string update_sql(crm::Model model, bool moved) {
    std::string sql = "UPDATE " + table(model) + " SET ";
    int parameter = 2;  // 1: the workspace, 2: the id
    const auto assign = [&](const std::string& column, bool leave) {
        if (parameter > 2 && !leave) sql += (parameter > 3 ? ", " : "") + column + " = ?" + std::to_string(parameter);
        ++parameter;
    };
    const crm::ModelDef& def = crm::def(model);
    for (const std::string_view column : kSystemColumns) assign(std::string(column), !moved && column == "owner_id");
    for (std::size_t id = 0; id < def.fields.size(); ++id) {
        assign(quoted(def.fields[id].name), !moved && def.parent && *def.parent == id);
    }
    return sql + " WHERE workspace_id = ?1 AND id = ?2";
}

}  // namespace ct::server::sqlite
