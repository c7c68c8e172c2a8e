#include "store/schema.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/mutant.h"
#include "crm/tables.h"

namespace ct::store {

namespace {

using sqlite::Connection;

// Field names are the wire's, so that a query in the inspector reads like the protocol.
constexpr std::string_view kRecordColumns = R"(
    id BLOB PRIMARY KEY NOT NULL,             -- UUIDv7, 16 bytes
    version INTEGER NOT NULL,                 -- the server's; 0: it has not seen the record
    createdAt INTEGER NOT NULL,               -- ms since 1970
    updatedAt INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    syncStatus TEXT NOT NULL,
    lastSyncedAt INTEGER NOT NULL,
    extra TEXT,                               -- JSON of fields that this version does not know
    checksum INTEGER NOT NULL)";

constexpr std::string_view kFixedTables = R"(
CREATE TABLE sync_queue(
    position INTEGER PRIMARY KEY,             -- order in which the edits were made
    id BLOB NOT NULL,
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    recordId BLOB NOT NULL,
    parentId BLOB,                            -- the record that must exist first
    data TEXT,                                -- changed fields, JSON
    base INTEGER NOT NULL,
    before TEXT,                              -- what they replaced, JSON
    stamp TEXT NOT NULL,
    policy TEXT NOT NULL,
    groupId BLOB,
    userId TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    syncedAt INTEGER,                         -- when it was last sent
    sequence INTEGER NOT NULL DEFAULT -1,     -- the device's count of operations sent before it
    error TEXT,                               -- code of the server's last verdict against it
    errorMessage TEXT,
    retryCount INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    bytes INTEGER NOT NULL                    -- size in a push, about
);
CREATE TABLE audit(
    recordId BLOB NOT NULL,
    at INTEGER NOT NULL,
    operationId BLOB NOT NULL,
    what TEXT NOT NULL,
    model TEXT NOT NULL,
    userId TEXT NOT NULL,
    before TEXT,
    after TEXT,
    PRIMARY KEY(recordId, at, operationId, what)
) WITHOUT ROWID;
CREATE TABLE sync_state(
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE unconfirmed(                     -- of a pull from the start: what it has not mentioned yet
    recordId BLOB PRIMARY KEY NOT NULL,
    model TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sync_history(
    id INTEGER PRIMARY KEY,
    startedAt INTEGER NOT NULL,
    durationMs INTEGER NOT NULL,
    pushed INTEGER NOT NULL,
    merged INTEGER NOT NULL,
    superseded INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    pulled INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    bytesSent INTEGER NOT NULL,
    bytesReceived INTEGER NOT NULL,
    outcome TEXT NOT NULL
);
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

std::string record_ddl(const crm::ModelDef& model, bool shadow) {
    std::string sql =
        "CREATE TABLE " + quoted(record_table_name(model.model, shadow)) + "(" + std::string(kRecordColumns);
    for (const crm::FieldDef& field : model.fields) {
        sql.append(",\n    ").append(quoted(field.name)).append(" ").append(type_of(field));
    }
    return sql + "\n);\n";
}

Result<void> make_first_tables(Connection& connection) {
    std::string sql(kFixedTables);
    for (const crm::ModelDef& model : crm::models()) {
        sql += record_ddl(model, false);
        sql += record_ddl(model, true);
    }
    return connection.execute(sql);
}

/// What the policies decided without asking is looked for among all that ever happened.
Result<void> index_decisions(Connection& connection) {
    return connection.execute("CREATE INDEX audit_decisions ON audit(at) WHERE what IN ('SUPERSEDED','OVERRODE')");
}

Result<void> make_attachments(Connection& connection) {
    return connection.execute(R"(
CREATE TABLE attachment(
    id BLOB PRIMARY KEY NOT NULL,             -- UUIDv7, 16 bytes
    model TEXT NOT NULL,
    recordId BLOB NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,                     -- of the content, in hex: the name of its file
    state TEXT NOT NULL,
    sent INTEGER NOT NULL,                    -- bytes that the receiving end is known to have
    error TEXT NOT NULL,
    errorMessage TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    userId TEXT NOT NULL
);
CREATE INDEX attachment_record ON attachment(recordId);
CREATE INDEX attachment_content ON attachment(sha256);
CREATE INDEX attachment_transfers ON attachment(state) WHERE state IN ('removing','wanted','queued');
)");
}

/// Sums of what is there already come with the first recount, which a difference from the server brings about.
Result<void> make_mirror(Connection& connection) {
    return connection.execute(R"(
CREATE TABLE mirror(                          -- see store/mirror.h
    model TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    count INTEGER NOT NULL,
    digest INTEGER NOT NULL,                  -- of 64 bits
    PRIMARY KEY(model, bucket)
) WITHOUT ROWID;
)");
}

/// In words: why a round did not go through.
Result<void> give_reasons(Connection& connection) {
    return connection.execute("ALTER TABLE sync_history ADD COLUMN reason TEXT NOT NULL DEFAULT ''");
}

/// The trail of all records is read by time.
Result<void> index_activity(Connection& connection) { return connection.execute("CREATE INDEX audit_at ON audit(at)"); }

/// Whose change an edit met.
Result<void> name_others(Connection& connection) {
    return connection.execute("ALTER TABLE audit ADD COLUMN otherId TEXT NOT NULL DEFAULT ''");
}

constexpr std::array kMigrations{make_first_tables, index_decisions, make_attachments, make_mirror,
                                 give_reasons,      index_activity,  name_others};

/// WAL and FULL: what `commit` reported survives a power cut (sqlite.org/pragma.html#pragma_synchronous).
Result<void> configure(Connection& connection) {
    const std::string durable = CT_MUTANT(unsynced_commit) ? "OFF" : "FULL";
    return connection.execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=" + durable + "; PRAGMA foreign_keys=OFF; PRAGMA cache_size=-" +
        std::to_string(kCacheKiB) +
        ";"
        "PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=2000; PRAGMA journal_size_limit=16777216;");
}

/// What stands in the file's header.
struct Identity {
    std::int64_t application = 0, version = 0, tables = 0;
};

Result<Identity> identify(Connection& connection) {
    Identity found;
    const std::pair<const char*, std::int64_t*> questions[] = {{"PRAGMA application_id", &found.application},
                                                               {"PRAGMA user_version", &found.version},
                                                               {"SELECT count(*) FROM sqlite_schema", &found.tables}};
    for (const auto& [sql, into] : questions) {
        const auto answer = connection.integer(sql);
        if (!answer) return fail(answer.error());
        *into = *answer;
    }
    return found;
}

/// The copy is whole when its name is: it is made under another one. What an earlier attempt left behind goes.
Result<void> copy_aside(Connection& connection, const std::string& file, std::int64_t target) {
    if (file.empty() || file.starts_with(":memory:")) return {};
    const std::string copy = file + ".before-v" + std::to_string(target), part = copy + ".part";
    std::remove(part.c_str());  // VACUUM INTO writes no file that is there already
    auto use = connection.prepare("VACUUM INTO ?");
    if (!use) return fail(use.error());
    if (auto copied = use->text(part).run(); !copied) return copied;
    std::remove(copy.c_str());
    if (std::rename(part.c_str(), copy.c_str()) != 0)
        return fail(ErrorKind::disk, "DISK_ERROR", "cannot write " + copy + ": " + std::strerror(errno));
    return {};
}

Result<void> migrate(Connection& connection, std::span<const Migration> steps, std::int64_t from) {
    if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) return begun;
    for (std::size_t step = static_cast<std::size_t>(from); step < steps.size(); ++step) {
        if (auto done = steps[step](connection); !done) {
            if (auto undone = connection.execute("ROLLBACK"); !undone) return undone;
            return done;
        }
    }
    return connection.execute("PRAGMA application_id=" + std::to_string(kApplicationId) +
                              "; PRAGMA user_version=" + std::to_string(steps.size()) + "; COMMIT");
}

}  // namespace

std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

std::string record_table_name(crm::Model model, bool shadow) {
    return std::string(crm::def(model).table) + (shadow ? "_shadow" : "");
}

std::span<const Migration> migrations() { return kMigrations; }

Result<void> prepare_file(Connection& connection, const std::string& file, std::span<const Migration> steps) {
    const auto found = identify(connection);
    if (!found) return fail(found.error());
    const auto newest = static_cast<std::int64_t>(steps.size());
    if (found->application != kApplicationId && (found->tables > 0 || found->application != 0 || found->version != 0)) {
        return fail(ErrorKind::corrupt, "NOT_OUR_DATABASE",
                    file + " is a database of another program; it was left as it is");
    }
    if (found->version > newest) {
        return fail(ErrorKind::newer, "DATABASE_NEWER",
                    file + " was written by a newer version of this program (its format is " +
                        std::to_string(found->version) + ", this program knows " + std::to_string(newest) +
                        "): nothing in it is changed. Install the newer version to go on working");
    }
    if (auto configured = configure(connection); !configured) return configured;
    if (found->version == newest) return {};
    if (found->version > 0) {
        if (auto copied = copy_aside(connection, file, newest); !copied) return copied;
    }
    return migrate(connection, steps, found->version);
}

}  // namespace ct::store
