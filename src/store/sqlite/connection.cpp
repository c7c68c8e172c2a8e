#include "store/sqlite/connection.h"

#include <array>
#include <cstring>

namespace ct::sqlite {

namespace {

struct Meaning {
    int code;  // primary result code of SQLite
    ErrorKind kind;
    std::string_view name;
};

constexpr std::array<Meaning, 10> kMeanings{{
    {SQLITE_BUSY, ErrorKind::busy, "DATABASE_BUSY"},
    {SQLITE_LOCKED, ErrorKind::busy, "DATABASE_BUSY"},
    {SQLITE_CORRUPT, ErrorKind::corrupt, "DATABASE_DAMAGED"},
    {SQLITE_NOTADB, ErrorKind::corrupt, "NOT_A_DATABASE"},
    {SQLITE_FULL, ErrorKind::disk, "DISK_FULL"},
    {SQLITE_IOERR, ErrorKind::disk, "DISK_ERROR"},
    {SQLITE_READONLY, ErrorKind::disk, "DISK_ERROR"},
    {SQLITE_PERM, ErrorKind::disk, "DISK_ERROR"},
    {SQLITE_CANTOPEN, ErrorKind::disk, "CANNOT_OPEN"},
    {SQLITE_AUTH, ErrorKind::disk, "DISK_ERROR"},
}};

Meaning meaning_of(int code) {
    for (const Meaning& meaning : kMeanings) {
        if (meaning.code == (code & 0xff)) return meaning;
    }
    return {code, ErrorKind::internal, "DATABASE"};
}

constexpr int kBusyTimeoutMs = 5'000;  // another process (user add) holds the file for milliseconds

}  // namespace

Error Connection::last_error() {
    const int code = sqlite3_extended_errcode(database_);
    if ((code & 0xff) == SQLITE_IOERR) doubtful_ = true;
    const Meaning meaning = meaning_of(code);
    return {meaning.kind, std::string(meaning.name), path_ + ": " + sqlite3_errmsg(database_), {}};
}

Use& Use::text(std::string_view value) {
    const char* data = value.data() == nullptr ? "" : value.data();  // a null pointer would bind NULL
    sqlite3_bind_text64(statement_, ++bound_, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
}

Use& Use::integer(std::int64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
}

Use& Use::blob(std::string_view value) {
    sqlite3_bind_blob64(statement_, ++bound_, value.data(), value.size(), SQLITE_STATIC);
    return *this;
}

Use& Use::uuid(const Uuid& value) {
    return blob({reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
}

Use& Use::null() {
    sqlite3_bind_null(statement_, ++bound_);
    return *this;
}

Use& Use::value(const crm::ValueView& value) {
    if (const auto* words = std::get_if<std::string_view>(&value)) return text(*words);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return integer(*number);
    if (const auto* flag = std::get_if<bool>(&value)) return integer(*flag ? 1 : 0);
    return null();
}

Result<bool> Use::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return fail(connection_.last_error());
}

Result<void> Use::run() {
    for (;;) {
        const auto row = step();
        if (!row) return fail(row.error());
        if (!*row) break;
    }
    again();
    return {};
}

void Use::again() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    bound_ = 0;
}

std::string_view Use::column_text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (text == nullptr) return {};
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Uuid Use::column_uuid(int column) const {
    Uuid id;
    const void* bytes = sqlite3_column_blob(statement_, column);
    if (bytes == nullptr || sqlite3_column_bytes(statement_, column) != static_cast<int>(id.bytes.size())) return {};
    std::memcpy(id.bytes.data(), bytes, id.bytes.size());
    return id;
}

crm::ValueView Use::column_value(int column) const {
    switch (sqlite3_column_type(statement_, column)) {
        case SQLITE_NULL: return {};
        case SQLITE_INTEGER: return column_integer(column);
        default: return column_text(column);
    }
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, bool read_only) {
    sqlite3* database = nullptr;
    const int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
    std::unique_ptr<Connection> connection(new Connection(database, path));
    if (code != SQLITE_OK) {
        const Meaning meaning = meaning_of(code);
        return fail(meaning.kind, meaning.name, "cannot open the database " + path + ": " + sqlite3_errstr(code));
    }
    sqlite3_busy_timeout(database, kBusyTimeoutMs);
    return connection;
}

Connection::~Connection() {
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close(database_);
}

Result<Use> Connection::prepare(const std::string& sql) {
    if (const auto at = statements_.find(sql); at != statements_.end()) return Use(*this, at->second);
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement, nullptr);
    if (code != SQLITE_OK) return fail(last_error());
    statements_.emplace(sql, statement);
    return Use(*this, statement);
}

Result<void> Connection::run(const std::string& sql) {
    auto use = prepare(sql);
    if (!use) return fail(use.error());
    return use->run();
}

Result<void> Connection::execute(const std::string& sql) {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return fail(last_error());
    return {};
}

Result<void> Connection::copy_to(Connection& target) {
    sqlite3_backup* backup = sqlite3_backup_init(target.database_, "main", database_, "main");
    if (backup == nullptr) return fail(target.last_error());
    (void)sqlite3_backup_step(backup, -1);
    const int code = sqlite3_backup_finish(backup);  // tells what went wrong in any step
    if (code == SQLITE_OK) return {};
    const Meaning meaning = meaning_of(code);
    return fail(meaning.kind, meaning.name, target.path_ + ": cannot copy " + path_ + ": " + sqlite3_errstr(code));
}

Result<std::int64_t> Connection::integer(const std::string& sql) {
    auto use = prepare(sql);
    if (!use) return fail(use.error());
    const auto row = use->step();
    if (!row) return fail(row.error());
    return *row ? use->column_integer(0) : 0;
}

}  // namespace ct::sqlite
