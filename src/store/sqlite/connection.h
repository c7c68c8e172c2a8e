// SQLite's C API as two small types, for the client's mirror and the server's embedded database alike. Everything about
// result codes, binding and resetting is decided here, once.
//
// Error codes: DISK_FULL, DISK_ERROR, CANNOT_OPEN (kind disk), DATABASE_BUSY (busy), DATABASE_DAMAGED, NOT_A_DATABASE
// (corrupt), DATABASE (internal).
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "base/uuid.h"
#include "crm/value.h"

namespace ct::sqlite {

class Connection;

/// A prepared statement in use: bound and stepped here, reset when this goes out of scope, so that no read lock and
/// no bound view outlives its user. The statement itself stays with its connection.
class Use {
  public:
    Use(Connection& connection, sqlite3_stmt* statement) : connection_(connection), statement_(statement) {}
    ~Use() { again(); }
    Use(Use&& other) noexcept : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    Use& operator=(Use&&) = delete;

    /// Bound text is not copied: it must live until the statement was stepped for the last time.
    Use& text(std::string_view value);
    Use& text_or_null(std::string_view value) { return value.empty() ? null() : text(value); }
    Use& integer(std::int64_t value);
    Use& blob(std::string_view value);
    Use& uuid(const Uuid& value);  ///< as 16 bytes; must live as a text does
    Use& uuid_or_null(const Uuid& value) { return value.nil() ? null() : uuid(value); }
    Use& null();
    Use& value(const crm::ValueView& value);

    [[nodiscard]] Result<bool> step();  ///< true: there is a row
    [[nodiscard]] Result<void> run();   ///< to the end, rows ignored
    void again();                       ///< ready to be bound and stepped anew

    [[nodiscard]] std::string_view column_text(int column) const;  ///< lives until the next step; "" for NULL
    [[nodiscard]] std::string column_string(int column) const { return std::string(column_text(column)); }
    [[nodiscard]] std::int64_t column_integer(int column) const { return sqlite3_column_int64(statement_, column); }
    [[nodiscard]] bool column_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
    [[nodiscard]] Uuid column_uuid(int column) const;  ///< nil for anything but 16 bytes
    /// As the table has it: flags come back as integers.
    [[nodiscard]] crm::ValueView column_value(int column) const;

  private:
    Connection& connection_;
    sqlite3_stmt* statement_;
    int bound_ = 0;
};

/// One connection; one thread at a time.
class Connection {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const std::string& path, bool read_only);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Prepared once per connection and text.
    [[nodiscard]] Result<Use> prepare(const std::string& sql);
    /// One statement without parameters and rows that is run often: prepared once, as BEGIN and COMMIT should be.
    [[nodiscard]] Result<void> run(const std::string& sql);
    /// One or more statements without parameters.
    [[nodiscard]] Result<void> execute(const std::string& sql);
    [[nodiscard]] Result<std::int64_t> integer(const std::string& sql);
    /// The whole database, as this connection sees it, in place of what `target` holds; others may go on writing.
    [[nodiscard]] Result<void> copy_to(Connection& target);
    [[nodiscard]] std::int64_t changed() const { return sqlite3_changes64(database_); }
    [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }
    /// The error of the last call. After an I/O error what the connection holds is in doubt: it must be replaced.
    [[nodiscard]] Error last_error();
    [[nodiscard]] bool doubtful() const { return doubtful_; }

  private:
    Connection(sqlite3* database, std::string path) : database_(database), path_(std::move(path)) {}
    sqlite3* database_;
    const std::string path_;
    std::unordered_map<std::string, sqlite3_stmt*> statements_;
    bool doubtful_ = false;
};

}  // namespace ct::sqlite
