// A second look at the client's database file, for whoever examines it while the store works on it: read-only, on a
// thread and a connection of its own. WAL lets it read without holding a writer up. What it reads is what was committed
// last; two calls may see two moments.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crm/record.h"
#include "store/store.h"
#include "sync/operation.h"

namespace ct::store {

/// A row of the queue, and what it waits for.
struct QueueItem {
    sync::QueuedOperation queued;
    std::int64_t position = 0;
    std::int64_t bytes = 0;  ///< in a push, about
    UnixMs sent_at = 0;      ///< when it was last sent; 0: never
    Uuid behind;             ///< parked: the operation that must be settled first; nil: none in this queue
    Uuid behind_record;      ///< parked: the record that must exist at the server first, or whose operation `behind` is
};
struct QueueLook {
    std::vector<QueueItem> items;  ///< those in conflict, error and parked first, then the oldest
    std::int64_t total = 0;        ///< rows that there are
    QueueSummary summary;
};

/// One record as this laptop holds it.
struct RecordLook {
    std::optional<crm::Record> stored;  ///< as shown
    std::optional<crm::Record> shadow;  ///< as the server last said; only while edits of it are unsettled
    std::vector<AuditRow> audit;        ///< oldest first
    std::vector<QueueItem> queue;       ///< its operations, oldest first
};

/// An edit that the user made and that went into a queue row, before it was sent.
[[nodiscard]] std::vector<AuditRow> joined_into(const sync::QueuedOperation& queued,
                                                const std::vector<AuditRow>& audit_of_record,
                                                std::int64_t clock_offset_ms);

class Reader {
  public:
    /// Errors as Store::open's for a file that cannot be read; NO_DATABASE for one that is not there.
    [[nodiscard]] static Result<std::unique_ptr<Reader>> open(const std::string& file);
    ~Reader();

    [[nodiscard]] Result<QueueLook> queue(std::size_t limit);
    [[nodiscard]] Result<RecordLook> record(crm::Model model, const Uuid& id);
    [[nodiscard]] Result<void> each(crm::Model model, const std::function<void(crm::Record&&)>& visit);
    [[nodiscard]] Result<std::vector<SyncHistoryRow>> history(std::size_t limit);  ///< newest first
    [[nodiscard]] Result<std::vector<AuditRow>> decisions(std::size_t limit);  ///< as Store::decisions, without `whole`
    [[nodiscard]] Result<SyncState> state();
    [[nodiscard]] Result<std::optional<crm::Record>> get(crm::Model model, const Uuid& id);  ///< tombstones too
    /// By model: records that hang on one of which nothing is here, not even a tombstone.
    [[nodiscard]] Result<std::array<std::int64_t, crm::kModelCount>> orphans();
    /// From now on everything is read as it is at this moment, whatever is written later. Once, and for good.
    [[nodiscard]] Result<void> stand_still();

  private:
    struct Impl;
    explicit Reader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// The database as it was committed last, whole, as a new file. Whoever writes goes on writing. DISK_FULL and errors of
/// opening. Any thread.
[[nodiscard]] Result<void> copy_database(const std::string& file, const std::string& to);

/// What a query may cost.
struct QueryLimits {
    std::size_t rows_max = 1'000;
    std::size_t cell_max = 4'096;  ///< bytes; longer texts are cut
    std::int64_t time_max_ms = 2'000;
};
struct QueryResult {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;  ///< nothing: NULL. A blob of 16 bytes is shown as an id
    std::vector<bool> numeric;                                  ///< by column: every value in it is a number
    bool cut = false;                                           ///< there are more rows than `rows_max`
    bool personal = true;                                       ///< it read what people typed, or may have
    std::int64_t took_us = 0;
};

/// Runs one SELECT over the file, on a connection of its own that can do nothing but read: opened read-only, and an
/// authorizer refuses all but SELECT, harmless functions and PRAGMAs that only tell. `uuid('…')` makes an id of its
/// text. Codes: ONLY_READING (denied), TOO_SLOW (busy), STOPPED (busy), BAD_SQL (invalid), errors of opening. Any
/// thread; `stop` may be set from another.
[[nodiscard]] Result<QueryResult> run_query(const std::string& file, const std::string& sql, const QueryLimits& limits,
                                            const std::atomic<bool>& stop);

[[nodiscard]] std::int64_t schema_version();  ///< of a database that this program writes
[[nodiscard]] std::string sqlite_version();

}  // namespace ct::store
