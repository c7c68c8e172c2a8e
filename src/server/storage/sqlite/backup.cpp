#include "server/storage/backup.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/part_file.h"
#include "server/storage/epoch.h"
#include "server/storage/sqlite/schema.h"

namespace ct::server {

namespace {

using sqlite::Connection;

/// Removed again unless it is kept: half a copy must not be taken for one.
class PartFile {
  public:
    explicit PartFile(std::string path) : path_(std::move(path)) {}
    ~PartFile() {
        if (!kept_) discard();
    }
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }
    void discard() const {
        for (const char* ending : {"", "-journal", "-wal", "-shm"}) (void)remove_file(path_ + ending);
    }
    [[nodiscard]] Result<void> keep_as(const std::string& name) {
        auto moved = move_file(path_, name);
        kept_ = moved.has_value();
        return moved;
    }

  private:
    const std::string path_;
    bool kept_ = false;
};

Result<std::string> path_of(const std::string& url) {
    std::string path = url.starts_with("file:") ? url.substr(5) : url;
    if (path.empty() || path == ":memory:" || path.find("://") != std::string::npos) {
        return fail(ErrorKind::invalid, "UNSUPPORTED_DATABASE",
                    "this is for database files; a database server has its own tools (pg_dump, mariadb-dump)");
    }
    return path;
}

/// Opened for reading, and looked at before anything is done with it.
Result<std::unique_ptr<Connection>> open_ours(const std::string& path) {
    if (!path_exists(path)) return fail(ErrorKind::not_found, "NO_DATABASE", "there is no database " + path);
    auto connection = Connection::open(path, true);
    if (!connection) return connection;
    const auto application = (*connection)->integer("PRAGMA application_id");
    const auto version = (*connection)->integer("PRAGMA user_version");
    if (!application) return fail(application.error());
    if (!version) return fail(version.error());
    if (*application != sqlite::kApplicationId) {
        return fail(ErrorKind::corrupt, "NOT_OURS", path + " is no database of colortouchd");
    }
    if (*version > sqlite::schema_version()) {
        return fail(ErrorKind::newer, "NEWER_DATABASE", path + " was made by a newer version of this program");
    }
    return connection;
}

Result<std::vector<std::int64_t>> count_rows(Connection& connection) {
    std::vector<std::string> tables;
    {
        auto use = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
        if (!use) return fail(use.error());
        for (;;) {
            const auto row = use->step();
            if (!row) return fail(row.error());
            if (!*row) break;
            tables.push_back(use->column_string(0));
        }
    }
    std::vector<std::int64_t> counts;
    for (const std::string& table : tables) {
        const auto count = connection.integer("SELECT count(*) FROM " + sqlite::quoted(table));
        if (!count) return fail(count.error());
        counts.push_back(*count);
    }
    return counts;
}

Result<void> check_whole(Connection& connection) {
    const auto damaged = [](const std::string& why) {
        return fail(ErrorKind::corrupt, "BACKUP_DAMAGED", "the copy is damaged: " + why);
    };
    auto use = connection.prepare("PRAGMA integrity_check(1)");
    if (!use) return damaged(use.error().message);
    const auto row = use->step();
    if (!row) return damaged(row.error().message);
    if (const std::string said = use->column_string(0); said != "ok") return damaged(said);
    return {};
}

/// One moment of `source` into a new file, read back and compared.
Result<Copied> copy_checked(Connection& source, const std::string& path) {
    if (auto begun = source.execute("BEGIN"); !begun) return fail(begun.error());
    const auto wanted = count_rows(source);  // from the first read on, it is this moment until the end
    if (!wanted) return fail(wanted.error());
    {
        auto target = Connection::open(path, false);
        if (!target) return fail(target.error());
        if (auto copied = source.copy_to(**target); !copied) return fail(copied.error());
        // One file, without a log beside it that could be left behind.
        if (auto set = (*target)->execute("PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE"); !set)
            return fail(set.error());
    }
    (void)source.execute("COMMIT");
    auto copy = Connection::open(path, true);  // from the disk, not from what was just in memory
    if (!copy) return fail(copy.error());
    if (auto whole = check_whole(**copy); !whole) return fail(whole.error());
    const auto found = count_rows(**copy);
    if (!found) return fail(found.error());
    if (*found != *wanted)
        return fail(ErrorKind::corrupt, "BACKUP_DAMAGED", "the copy has other rows than the original");
    Copied copied;
    copied.tables = static_cast<std::int64_t>(found->size());
    for (const std::int64_t count : *found) copied.rows += count;
    return copied;
}

Result<std::string> set_new_epoch(const std::string& path, Random& random) {
    auto connection = Connection::open(path, false);
    if (!connection) return fail(connection.error());
    const std::string text = new_epoch(random);
    auto use = (*connection)->prepare("UPDATE meta SET value = ? WHERE key = 'epoch'");
    if (!use) return fail(use.error());
    if (auto done = use->text(text).run(); !done) return fail(done.error());
    if ((*connection)->changed() != 1) return fail(ErrorKind::corrupt, "BACKUP_DAMAGED", "the backup has no epoch");
    return text;
}

/// The database for us alone. Leaving WAL takes that nobody else has it open, and brings all of its log into the file;
/// the transaction then keeps others out until the connection is closed.
Result<std::unique_ptr<Connection>> open_alone(const std::string& path) {
    auto connection = Connection::open(path, false);
    if (!connection) return connection;
    auto alone = (*connection)->execute("PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    if (!alone && alone.error().kind == ErrorKind::busy) {
        return fail(ErrorKind::busy, "DATABASE_IN_USE",
                    path + " is in use: stop the server (and other commands on it) first");
    }
    // A file too damaged for that is what restoring is for. It has no log worth keeping, or keeps it beside it.
    return connection;
}

Result<void> set_aside(const std::string& path, const std::string& name) {
    for (const char* ending : {"-wal", "-shm", "-journal"}) {
        if (!path_exists(path + ending)) continue;
        if (auto moved = move_file(path + ending, name + ending); !moved) return moved;
    }
    std::error_code failed;  // a second name, so that there is a database at every moment; not all file systems can
    std::filesystem::create_hard_link(path, name, failed);
    return failed ? move_file(path, name) : Result<void>();
}

std::string unused_name(const std::string& path, UnixMs now) {
    const std::string name = path + ".before-restore-" + std::to_string(now / 1'000);
    std::string free = name;
    for (int i = 2; path_exists(free); ++i) free = name + "-" + std::to_string(i);
    return free;
}

}  // namespace

Result<Copied> back_up(const std::string& url, const std::string& target) {
    const auto path = path_of(url);
    if (!path) return fail(path.error());
    if (path_exists(target)) return fail(ErrorKind::invalid, "FILE_EXISTS", target + " exists already");
    auto source = open_ours(*path);
    if (!source) return fail(source.error());
    PartFile part(target + ".part");
    part.discard();  // of a backup that was cut off
    auto copied = copy_checked(**source, part.path());
    if (!copied) return copied;
    if (auto kept = part.keep_as(target); !kept) return fail(kept.error());
    return copied;
}

Result<Copied> restore(const std::string& url, const std::string& source_path, const Clock& clock, Random& random) {
    const auto path = path_of(url);
    if (!path) return fail(path.error());
    auto source = open_ours(source_path);
    if (!source) return fail(source.error());
    if (auto whole = check_whole(**source); !whole) return fail(whole.error());
    std::unique_ptr<Connection> alone;
    if (path_exists(*path)) {
        auto opened = open_alone(*path);
        if (!opened) return fail(opened.error());
        alone = std::move(*opened);
    }
    PartFile part(*path + ".restoring");
    part.discard();
    auto copied = copy_checked(**source, part.path());
    if (!copied) return copied;
    auto epoch = set_new_epoch(part.path(), random);
    if (!epoch) return fail(epoch.error());
    copied->epoch = std::move(*epoch);
    if (alone) {
        copied->set_aside = unused_name(*path, clock.now());
        if (auto moved = set_aside(*path, copied->set_aside); !moved) return fail(moved.error());
    }
    if (auto kept = part.keep_as(*path); !kept) return fail(kept.error());
    return copied;
}

}  // namespace ct::server
