// The inspector's SQL: one statement that can only read, with an end.
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <string_view>

#include "crm/tables.h"
#include "store/examine.h"
#include "store/reader.h"
#include "store/schema.h"

namespace ct::store {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// Between two looks at the clock SQLite does so many of its steps: some 50 microseconds' worth.
constexpr int kStepsPerLook = 1'000;
// No single value, and no text on the way to one, is longer: a query must not take the laptop's memory.
constexpr int kValueBytesMax = 16 * 1'024 * 1'024;
constexpr int kBusyMs = 500;

// PRAGMAs that only tell, and only by name or with a table's name.
constexpr std::array<std::string_view, 12> kTelling{
    "table_info",   "table_xinfo", "table_list",   "index_list", "index_info",     "foreign_key_list",
    "user_version", "page_count",  "journal_mode", "page_size",  "freelist_count", "compile_options"};
constexpr std::array<std::string_view, 5> kTakesName{"table_info", "table_xinfo", "index_list", "index_info",
                                                     "foreign_key_list"};

struct Guard {
    SteadyTime end;
    const std::atomic<bool>* stop;
    bool refused = false;
    bool personal = false;  // of a column that may hold what people typed
    bool too_late = false;
};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& names, const char* name) {
    return name != nullptr && std::find(names.begin(), names.end(), std::string_view(name)) != names.end();
}

/// Of a record's own columns. What is not listed counts as personal: `extra` is, and `checksum` is of all fields.
constexpr std::array<std::string_view, 7> kImpersonalOfRecords{"id",      "version",    "createdAt",   "updatedAt",
                                                               "deleted", "syncStatus", "lastSyncedAt"};
constexpr std::array<std::string_view, 7> kImpersonalTables{
    "sync_queue", "sync_state", "sync_history", "unconfirmed", "mirror", "sqlite_master", "sqlite_schema"};
constexpr std::array<std::string_view, 3> kPersonalOfQueue{"data", "before", "errorMessage"};

/// Whether reading it may tell what people typed; tables that are not known here may.
bool is_personal_column(const char* table, const char* column) {
    if (table == nullptr || column == nullptr) return true;
    const std::string_view of(table);
    if (*column == '\0') return false;  // rows are counted, no value is read
    if (of == "sync_queue" && among(kPersonalOfQueue, column)) return true;
    if (among(kImpersonalTables, table) || of.starts_with("pragma_")) return false;
    for (const crm::ModelDef& model : crm::models()) {
        if (of != record_table_name(model.model, false) && of != record_table_name(model.model, true)) continue;
        if (among(kImpersonalOfRecords, column)) return false;
        const auto field = crm::find_field(model.model, column);
        return !field || is_personal(crm::def(model.model, *field));
    }
    return true;
}

/// sqlite3_set_authorizer: asked for everything that a statement would do, while it is prepared.
int authorize(void* context, int what, const char* first, const char* second, const char*, const char*) {
    auto& guard = *static_cast<Guard*>(context);
    switch (what) {
        case SQLITE_READ: guard.personal = guard.personal || is_personal_column(first, second); return SQLITE_OK;
        case SQLITE_SELECT:
        case SQLITE_RECURSIVE: return SQLITE_OK;
        case SQLITE_FUNCTION:
            if (second != nullptr && std::string_view(second) != "load_extension") return SQLITE_OK;
            break;
        case SQLITE_PRAGMA:
            if (among(kTelling, first) && (second == nullptr || among(kTakesName, first))) return SQLITE_OK;
            break;
        default: break;
    }
    guard.refused = true;
    return SQLITE_DENY;
}

/// sqlite3_progress_handler: anything but 0 ends the statement.
int look_at_clock(void* context) {
    auto& guard = *static_cast<Guard*>(context);
    if (guard.stop->load(std::memory_order_relaxed)) return 1;
    guard.too_late = std::chrono::steady_clock::now() >= guard.end;
    return guard.too_late ? 1 : 0;
}

void make_uuid(sqlite3_context* context, int, sqlite3_value** values) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
    const auto id = text == nullptr ? std::nullopt : Uuid::parse(text);
    if (!id) return sqlite3_result_null(context);
    sqlite3_result_blob(context, id->bytes.data(), static_cast<int>(id->bytes.size()), SQLITE_TRANSIENT);
}

struct Database {
    ~Database() {
        sqlite3_finalize(statement);
        sqlite3_close(handle);
    }
    sqlite3* handle = nullptr;
    sqlite3_stmt* statement = nullptr;
};

[[nodiscard]] Error trouble(const Database& database, const Guard& guard, const QueryLimits& limits) {
    if (guard.refused)
        return {ErrorKind::denied, "ONLY_READING", "only reading is allowed here: SELECT, and PRAGMAs that tell", {}};
    if (guard.too_late)
        return {ErrorKind::busy,
                "TOO_SLOW",
                "ended after " + std::to_string(limits.time_max_ms / 1'000) + " s; nothing was changed",
                {}};
    if (guard.stop->load(std::memory_order_relaxed)) return {ErrorKind::busy, "STOPPED", "stopped", {}};
    return {ErrorKind::invalid, "BAD_SQL", sqlite3_errmsg(database.handle), {}};
}

[[nodiscard]] Result<void> open_guarded(Database& database, const std::string& file, Guard& guard) {
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (const int code = sqlite3_open_v2(file.c_str(), &database.handle, flags, nullptr); code != SQLITE_OK) {
        return fail(ErrorKind::disk, "CANNOT_OPEN", file + ": " + sqlite3_errstr(code));
    }
    sqlite3_busy_timeout(database.handle, kBusyMs);
    sqlite3_db_config(database.handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database.handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_limit(database.handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(database.handle, SQLITE_LIMIT_LENGTH, kValueBytesMax);
    sqlite3_create_function(database.handle, "uuid", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr,
                            make_uuid, nullptr, nullptr);
    sqlite3_set_authorizer(database.handle, authorize, &guard);
    sqlite3_progress_handler(database.handle, kStepsPerLook, look_at_clock, &guard);
    return {};
}

[[nodiscard]] std::optional<std::string> cell(sqlite3_stmt* statement, int column, std::size_t most) {
    const int type = sqlite3_column_type(statement, column);
    if (type == SQLITE_NULL) return std::nullopt;
    const void* const bytes = sqlite3_column_blob(statement, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    if (type == SQLITE_BLOB) {
        Uuid id;
        if (size != id.bytes.size()) return "(" + std::to_string(size) + " bytes)";
        std::memcpy(id.bytes.data(), bytes, size);
        return id.str();
    }
    std::string text(static_cast<const char*>(bytes), std::min(size, most));
    if (size <= most) return text;
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
    return text + "…";
}

[[nodiscard]] bool only_blank(const char* rest) {
    return rest == nullptr || std::string_view(rest).find_first_not_of(" \t\r\n;") == std::string_view::npos;
}

}  // namespace

Result<QueryResult> run_query(const std::string& file, const std::string& sql, const QueryLimits& limits,
                              const std::atomic<bool>& stop) {
    const SteadyTime begun = std::chrono::steady_clock::now();
    Guard guard{begun + std::chrono::milliseconds(limits.time_max_ms), &stop};
    Database database;
    if (auto opened = open_guarded(database, file, guard); !opened) return fail(opened.error());
    const char* rest = nullptr;
    const int prepared =
        sqlite3_prepare_v2(database.handle, sql.c_str(), static_cast<int>(sql.size()), &database.statement, &rest);
    if (prepared != SQLITE_OK) return fail(trouble(database, guard, limits));
    if (database.statement == nullptr) return fail(ErrorKind::invalid, "BAD_SQL", "there is no statement in it");
    if (!only_blank(rest)) return fail(ErrorKind::invalid, "BAD_SQL", "one statement at a time");
    if (sqlite3_stmt_readonly(database.statement) == 0) {
        guard.refused = true;
        return fail(trouble(database, guard, limits));
    }
    QueryResult result;
    result.personal = guard.personal;
    const int columns = sqlite3_column_count(database.statement);
    for (int i = 0; i < columns; ++i) {
        const char* const name = sqlite3_column_name(database.statement, i);
        result.columns.emplace_back(name == nullptr ? "" : name);
    }
    result.numeric.assign(result.columns.size(), true);
    for (;;) {
        const int code = sqlite3_step(database.statement);
        if (code == SQLITE_DONE) break;
        if (code != SQLITE_ROW) return fail(trouble(database, guard, limits));
        if (result.rows.size() >= limits.rows_max) {
            result.cut = true;
            break;
        }
        auto& row = result.rows.emplace_back();
        for (int i = 0; i < columns; ++i) {
            const int type = sqlite3_column_type(database.statement, i);
            if (type == SQLITE_TEXT || type == SQLITE_BLOB) result.numeric[static_cast<std::size_t>(i)] = false;
            row.push_back(cell(database.statement, i, limits.cell_max));
        }
    }
    result.took_us =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun).count();
    return result;
}

std::int64_t schema_version() { return static_cast<std::int64_t>(migrations().size()); }
std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace ct::store
