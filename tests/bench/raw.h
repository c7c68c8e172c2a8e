// The reference: SQLite used directly, with the same tables, journal and durability, and nothing on top.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>

#include "bench.h"

namespace ct::bench {

class Raw {
  public:
    explicit Raw(const std::string& file) {
        must(sqlite3_open(file.c_str(), &database_));
        run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000; PRAGMA "
            "wal_autocheckpoint=2000");
    }
    ~Raw() { sqlite3_close(database_); }
    Raw(const Raw&) = delete;
    Raw& operator=(const Raw&) = delete;

    void must(int code) {
        if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
            give_up(std::string("SQLite: ") + sqlite3_errmsg(database_));
    }
    void run(const std::string& sql) { must(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr)); }
    [[nodiscard]] sqlite3_stmt* prepare(const std::string& sql) {
        sqlite3_stmt* statement = nullptr;
        must(sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr));
        return statement;
    }
    void bind(sqlite3_stmt* statement, int at, std::string_view text) {
        must(sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC));
    }
    void bind(sqlite3_stmt* statement, int at, const Uuid& id) {
        must(sqlite3_bind_blob(statement, at, id.bytes.data(), static_cast<int>(id.bytes.size()), SQLITE_STATIC));
    }
    void bind(sqlite3_stmt* statement, int at, std::int64_t value) { must(sqlite3_bind_int64(statement, at, value)); }
    void step(sqlite3_stmt* statement) {
        must(sqlite3_step(statement));
        must(sqlite3_reset(statement));
    }

  private:
    sqlite3* database_ = nullptr;
};

}  // namespace ct::bench
