#include "server/storage/sqlite/schema.h"

#include <array>
#include <set>

#include "base/uuid.h"

namespace ct::server::sqlite {

namespace {

constexpr std::array<std::string_view, kFirstField> kSystemColumns{
    "id",       "version",       "feed",          "deleted", "created_at", "updated_at",
    "owner_id", "owner_version", "former_owners", "extra",   "origins"};

// `feed` is a record's place in the order of pulls. `owner_id` is the user whom an EMPLOYEE must be to see the row:
// for a lead its ownerId, for the others a copy of their lead's.
constexpr std::string_view kSystemDdl = R"(
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    feed INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    owner_id TEXT,
    owner_version INTEGER NOT NULL,
    former_owners TEXT)";

constexpr std::string_view kFixedTables = R"(
CREATE TABLE meta(
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE workspace(
    workspace_id INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    version INTEGER NOT NULL DEFAULT 0,       -- the counter that every accepted operation moves on
    purge_floor INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
);
CREATE TABLE user(
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    email TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    password TEXT NOT NULL,                   -- argon2id
    created_at INTEGER NOT NULL,
    PRIMARY KEY(workspace_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX user_email ON user(email, workspace_id);
CREATE TABLE device(
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    user_id TEXT NOT NULL,                    -- who signed in last
    session_device TEXT NOT NULL,             -- whose session it uses: its own, or that of the id it had before
    next_sequence INTEGER NOT NULL DEFAULT 0, -- operations that it ever sent
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY(workspace_id, id)
) WITHOUT ROWID;
CREATE TABLE session(
    token BLOB PRIMARY KEY,                   -- SHA-256 of the bearer token
    workspace_id INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    UNIQUE(workspace_id, device_id)
) WITHOUT ROWID;
CREATE TABLE operation_log(                   -- receipts and audit trail in one
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    record_id TEXT NOT NULL,
    base INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    policy TEXT NOT NULL,
    group_id TEXT,
    data TEXT,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    content INTEGER NOT NULL,                 -- checksum of what it said
    verdict TEXT NOT NULL,
    version INTEGER NOT NULL,
    result TEXT,                              -- the answer; NULL: applied, with the version and no more
    lost TEXT,                                -- values that lost against others
    PRIMARY KEY(workspace_id, id)
) WITHOUT ROWID;
CREATE TABLE sent(                            -- which operation stood at which number of a device's sequence
    workspace_id INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    operation_id TEXT NOT NULL,
    PRIMARY KEY(workspace_id, device_id, sequence)
) WITHOUT ROWID;
)";

// Since version 2.
constexpr std::string_view kAttachments = R"(
CREATE TABLE attachment(
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    model TEXT NOT NULL,
    record_id TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,                     -- names the content, in hex
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    completed_at INTEGER NOT NULL,            -- 0: the upload is under way
    PRIMARY KEY(workspace_id, id)
) WITHOUT ROWID;
CREATE INDEX attachment_record ON attachment(workspace_id, record_id);
CREATE INDEX attachment_content ON attachment(workspace_id, sha256);
CREATE INDEX attachment_open ON attachment(workspace_id, device_id) WHERE completed_at = 0;
)";

std::string_view type_of(const crm::FieldDef& field) {
    switch (field.type) {
        case crm::FieldType::money:
        case crm::FieldType::instant:
        case crm::FieldType::flag:
        case crm::FieldType::integer: return "INTEGER";
        default: return "TEXT";
    }
}

std::string record_ddl(const crm::ModelDef& model) {
    const std::string name = quoted(model.table);
    std::string sql = "CREATE TABLE " + name + "(" + std::string(kSystemDdl);
    for (const crm::FieldDef& field : model.fields) {
        sql += ",\n    " + quoted(field.name) + " " + std::string(type_of(field));
    }
    // Clustered by id: a first pull reads it in order. What is read seldom stands last.
    sql += ",\n    extra TEXT,\n    origins TEXT NOT NULL,\n    PRIMARY KEY(workspace_id, id)\n) WITHOUT ROWID;\n";
    const std::string prefix = "CREATE INDEX " + std::string(model.table);
    sql += prefix + "_feed ON " + name + "(workspace_id, feed);\n";
    sql += prefix + "_owner ON " + name + "(workspace_id, owner_id, id) WHERE owner_id IS NOT NULL;\n";
    if (model.parent) {
        const std::string parent = quoted(model.fields[*model.parent].name);
        sql += prefix + "_parent ON " + name + "(workspace_id, " + parent + ") WHERE " + parent + " IS NOT NULL;\n";
    }
    return sql;
}

/// Files of earlier builds of this version lack them.
Result<void> add_indexes(Connection& connection) {
    return connection.execute(
        "CREATE INDEX IF NOT EXISTS operation_log_record ON operation_log(workspace_id, record_id, version)");
}

Result<void> create(Connection& connection, Random& random) {
    std::string sql(kFixedTables);
    sql += kAttachments;
    for (const crm::ModelDef& model : crm::models()) sql += record_ddl(model);
    Uuid epoch;
    random.fill(epoch.bytes);
    epoch.bytes[6] = static_cast<std::uint8_t>((epoch.bytes[6] & 0x0f) | 0x40);  // version 4: chance alone
    epoch.bytes[8] = static_cast<std::uint8_t>((epoch.bytes[8] & 0x3f) | 0x80);
    sql += "INSERT INTO meta VALUES('epoch', '" + epoch.str() + "');\n";
    sql += "PRAGMA application_id = " + std::to_string(kApplicationId) + ";\n";
    sql += "PRAGMA user_version = " + std::to_string(kSchemaVersion) + ";\n";
    if (auto made = connection.execute(sql); !made) return made;
    return add_indexes(connection);
}

/// A field that this version has and the file's tables do not: a new version of the program opened an older file.
Result<void> add_columns(Connection& connection) {
    for (const crm::ModelDef& model : crm::models()) {
        std::set<std::string, std::less<>> present;
        auto use = connection.prepare("SELECT name FROM pragma_table_info('" + std::string(model.table) + "')");
        if (!use) return fail(use.error());
        for (;;) {
            const auto row = use->step();
            if (!row) return fail(row.error());
            if (!*row) break;
            present.insert(use->column_string(0));
        }
        for (const crm::FieldDef& field : model.fields) {
            if (present.contains(field.name)) continue;
            auto added = connection.execute("ALTER TABLE " + quoted(model.table) + " ADD COLUMN " + quoted(field.name) +
                                            " " + std::string(type_of(field)));
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
    if (*tables == 0 && *application == 0) return create(connection, random);
    if (*application != kApplicationId) {
        return fail(ErrorKind::corrupt, "NOT_OURS", "the file is a database of another program");
    }
    if (*version > kSchemaVersion) {
        return fail(ErrorKind::newer, "NEWER_DATABASE", "the file was made by a newer version of this program");
    }
    if (*version < 2) {
        auto made = connection.execute(std::string(kAttachments) + "PRAGMA user_version = 2;");
        if (!made) return made;
    }
    if (auto added = add_columns(connection); !added) return added;
    return add_indexes(connection);
}

}  // namespace

Result<void> migrate(Connection& connection, Random& random) {
    if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) return begun;
    auto done = migrate_locked(connection, random);
    if (done) done = connection.execute("COMMIT");
    if (!done) (void)connection.execute("ROLLBACK");
    return done;
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

std::string update_sql(crm::Model model) {
    std::string sql = "UPDATE " + table(model) + " SET ";
    int parameter = 2;  // 1: the workspace, 2: the id
    const auto assign = [&](const std::string& column) {
        if (parameter > 2) sql += (parameter > 3 ? ", " : "") + column + " = ?" + std::to_string(parameter);
        ++parameter;
    };
    for (const std::string_view column : kSystemColumns) assign(std::string(column));
    for (const crm::FieldDef& field : crm::def(model).fields) assign(quoted(field.name));
    return sql + " WHERE workspace_id = ?1 AND id = ?2";
}

}  // namespace ct::server::sqlite
