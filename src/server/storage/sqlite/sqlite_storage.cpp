#include "server/storage/sqlite/sqlite_storage.h"

#include "server/storage/epoch.h"
#include "server/storage/sqlite/schema.h"

namespace ct::server::sqlite {

namespace {

constexpr int kReadersMax = 16;  // more only wait for the same two cores and the same disk

bool memory_path(const std::string& path) { return path == ":memory:"; }

/// FULL: what is answered is on the disk. An edit of some old record touches a page of its table and one each of two
/// indexes, and among millions of records every one of them is another page, which goes into the log whole and from
/// there to its place. So pages are small (half a dozen records; files of earlier versions keep their 8 KiB), and go to
/// their places only when there are 64 MiB of them, a page that was touched again meanwhile once.
constexpr const char* kWriterSettings =
    "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
    "PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF";
constexpr const char* kReaderSettings =
    "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF";

Result<std::unique_ptr<Connection>> open_writer(const std::string& path) {
    auto connection = Connection::open(path, false);
    if (!connection) return connection;
    // Look before touching: a file of another program must stay as it is.
    if (auto looked = (*connection)->integer("PRAGMA application_id"); !looked) return fail(looked.error());
    if (auto set = (*connection)->execute(kWriterSettings); !set) return fail(set.error());
    return connection;
}

Error with_path(Error error, const std::string& path) {
    if (error.message.find(path) == std::string::npos) error.message = path + ": " + error.message;
    return error;
}

}  // namespace

Loan::Loan(SqliteStorage& storage, std::unique_ptr<Connection> reader)
    : storage_(&storage), reader_(std::move(reader)) {}
Loan::Loan(std::unique_lock<std::mutex> lock, Connection& shared) : lock_(std::move(lock)), shared_(&shared) {}
Loan::~Loan() {
    if (reader_) storage_->give_back(std::move(reader_));
}

SqliteStorage::SqliteStorage(std::string path, std::unique_ptr<Connection> writer)
    : path_(std::move(path)), in_memory_(memory_path(path_)), writer_(std::move(writer)) {}

Result<std::unique_ptr<Storage>> SqliteStorage::open(const std::string& path, Random& random) {
    auto connection = open_writer(path);
    if (!connection) return fail(with_path(connection.error(), path));
    if (auto migrated = migrate(**connection, random); !migrated) return fail(with_path(migrated.error(), path));
    std::unique_ptr<SqliteStorage> storage(new SqliteStorage(path, std::move(*connection)));

    auto use = storage->writer_->prepare("SELECT value FROM meta WHERE key = 'epoch'");
    if (!use) return fail(with_path(use.error(), path));
    const auto row = use->step();
    if (!row) return fail(with_path(row.error(), path));
    if (!*row) return fail(ErrorKind::corrupt, "DATABASE", path + ": the database has no epoch");
    storage->epoch_ = use->column_string(0);
    return std::unique_ptr<Storage>(std::move(storage));
}

Result<Loan> SqliteStorage::reader() {
    if (in_memory_) {
        std::unique_lock lock(write_mutex_);
        return Loan(std::move(lock), *writer_);
    }
    {
        std::unique_lock lock(pool_mutex_);
        ++readers_waiting_;
        reader_free_.wait(lock, [&] { return !idle_.empty() || readers_ < kReadersMax; });
        --readers_waiting_;
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return Loan(*this, std::move(connection));
        }
        ++readers_;
    }
    auto connection = Connection::open(path_, true);
    if (connection) {
        if (auto set = (*connection)->execute(kReaderSettings); set)
            return Loan(*this, std::move(*connection));
        else
            connection = fail(set.error());
    }
    give_back(nullptr);
    return fail(connection.error());
}

void SqliteStorage::give_back(std::unique_ptr<Connection> reader) {
    {
        const std::lock_guard lock(pool_mutex_);
        if (reader && !reader->doubtful())
            idle_.push_back(std::move(reader));
        else
            --readers_;
    }
    reader_free_.notify_one();
}

Result<Connection*> SqliteStorage::writer(std::unique_lock<std::mutex>& lock) {
    lock = std::unique_lock(write_mutex_);
    if (!in_memory_ && writer_ && writer_->doubtful()) writer_.reset();
    if (!writer_) {
        auto connection = open_writer(path_);
        if (!connection) return fail(connection.error());
        writer_ = std::move(*connection);
    }
    return writer_.get();
}

Result<std::string> SqliteStorage::renew_epoch(Random& random) {
    std::unique_lock<std::mutex> lock;
    auto connection = writer(lock);
    if (!connection) return fail(connection.error());
    auto use = (*connection)->prepare("UPDATE meta SET value = ? WHERE key = 'epoch'");
    if (!use) return fail(use.error());
    const std::string epoch = new_epoch(random);
    if (auto done = use->text(epoch).run(); !done) return fail(done.error());
    epoch_ = epoch;
    return epoch;
}

Result<void> SqliteStorage::ready() {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    const auto found = (*loan)->integer("SELECT count(*) FROM meta");
    if (!found) return fail(found.error());
    return {};
}

Result<std::vector<Trouble>> SqliteStorage::troubles(WorkspaceKey workspace, int most) {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use = (*loan)->prepare(
        "SELECT l.received_at, l.verdict, l.operation, l.model, l.record_id, coalesce(u.name, ''), coalesce(d.name, "
        "''),"
        " l.result FROM operation_log l"
        " LEFT JOIN user u ON u.workspace_id = l.workspace_id AND u.id = l.user_id"
        " LEFT JOIN device d ON d.workspace_id = l.workspace_id AND d.id = l.device_id"
        " WHERE l.workspace_id = ? AND l.verdict IN ('conflict', 'rejected')"
        " ORDER BY l.received_at DESC, l.id DESC LIMIT ?");
    if (!use) return fail(use.error());
    use->integer(workspace).integer(most);
    std::vector<Trouble> found;
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return found;
        found.push_back({use->column_integer(0), use->column_string(1), use->column_string(2), use->column_string(3),
                         use->column_string(4), use->column_string(5), use->column_string(6), use->column_string(7)});
    }
}

/// Ids of operations are made with the time at which the edit was made: their order is that of the edits.
Result<std::vector<AuditEntry>> SqliteStorage::audit(WorkspaceKey workspace, const AuditQuery& query) {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use = (*loan)->prepare(
        "SELECT l.id, l.operation, l.model, l.record_id, l.verdict, l.user_id, coalesce(u.name, ''), l.device_id,"
        " coalesce(d.name, ''), coalesce(l.data, ''), coalesce(l.lost, ''), l.version, l.received_at"
        " FROM operation_log l"
        " LEFT JOIN user u ON u.workspace_id = l.workspace_id AND u.id = l.user_id"
        " LEFT JOIN device d ON d.workspace_id = l.workspace_id AND d.id = l.device_id"
        " WHERE l.workspace_id = ? AND " +
        std::string(query.record.empty() ? "? = ''" : "l.record_id = ?") +
        " AND ? IN ('', l.user_id) AND ? IN ('', l.device_id) ORDER BY l.id DESC LIMIT ?");
    if (!use) return fail(use.error());
    use->integer(workspace).text(query.record).text(query.user).text(query.device).integer(query.most);
    std::vector<AuditEntry> found;
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return found;
        found.push_back({use->column_string(0), use->column_string(1), use->column_string(2), use->column_string(3),
                         use->column_string(4), use->column_string(5), use->column_string(6), use->column_string(7),
                         use->column_string(8), use->column_string(9), use->column_string(10), use->column_integer(11),
                         use->column_integer(12)});
    }
}

PoolState SqliteStorage::pool() {
    const std::lock_guard lock(pool_mutex_);
    return {readers_, static_cast<std::int64_t>(idle_.size()), kReadersMax, readers_waiting_};
}

Result<std::unique_ptr<WriteTransaction>> SqliteStorage::begin_write(WorkspaceKey workspace) {
    std::unique_lock<std::mutex> lock;
    auto connection = writer(lock);
    if (!connection) return fail(connection.error());
    return begin_write_transaction(std::move(lock), **connection, workspace);
}

Result<std::unique_ptr<ReadTransaction>> SqliteStorage::begin_read(WorkspaceKey workspace) {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    return begin_read_transaction(std::move(*loan), workspace);
}

}  // namespace ct::server::sqlite
