// What the store's tests share: a desk with one store on a real file, and a disk that fails when it is told to.
#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <list>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "calm_disk.h"
#include "crm/tables.h"
#include "store/sqlite/connection.h"
#include "store/store.h"
#include "sync/stamp.h"

namespace ct::store::test {

using crm::Model;
using sync::Operation;
using sync::OperationKind;
using sync::OperationResult;
using sync::PullPage;
using sync::PullRow;
using sync::QueueState;
using sync::Verdict;

class TempDirectory {
  public:
    TempDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "ct-store-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TempDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;
    [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

inline std::string bytes_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}
inline void write_bytes(const std::string& file, std::string_view bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
}

struct HandClock final : Clock {
    UnixMs wall = 1'795'000'000'000;
    SteadyMs monotonic = 1'000;
    [[nodiscard]] UnixMs now() const override { return wall; }
    [[nodiscard]] SteadyMs steady() const override { return monotonic; }
};

inline Uuid id_of(std::uint64_t number) {
    Uuid id;
    for (std::size_t i = 0; i < 8; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}
inline std::uint64_t number_of(const Uuid& id) {
    std::uint64_t number = 0;
    for (std::size_t i = 8; i < 16; ++i) number = number << 8 | id.bytes[i];
    return number;
}

inline crm::Changes text_changes(Model model,
                                 std::initializer_list<std::pair<std::string_view, std::string_view>> texts) {
    crm::Changes changes;
    for (const auto& [name, text] : texts) {
        const auto field = crm::tables::find(crm::def(model).fields, name);
        REQUIRE(field.has_value());
        changes.set(*field, text.empty() ? crm::Value{} : crm::Value{std::string(text)});
    }
    return changes;
}
using Texts = std::initializer_list<std::pair<std::string_view, std::string_view>>;

inline std::string text_of(const crm::Record& record, std::string_view field) {
    const auto id = crm::tables::find(crm::def(record.model).fields, field);
    REQUIRE(id.has_value());
    return std::string(record.fields.text(*id));
}

/// SQLite's own files under a layer that fails the writes and flushes that it is told to. Flushes are counted and
/// otherwise left out: nobody pulls the plug of a test, and they would be nearly all of its time. While one of these
/// lives, all new connections go through it; they must be closed before it.
class FaultyDisk {
  public:
    enum class Call : std::uint8_t { write, sync };

    FaultyDisk() {
        counts() = {};
        if (users_++ > 0) return;
        real_ = sqlite3_vfs_find(nullptr);
        REQUIRE(real_ != nullptr);
        mine_ = *real_;
        mine_.zName = "ct-faulty";
        mine_.xOpen = &FaultyDisk::open;
        sqlite3_vfs_register(&mine_, 1);
    }
    ~FaultyDisk() {
        if (--users_ > 0) return;
        sqlite3_vfs_register(real_, 1);
        sqlite3_vfs_unregister(&mine_);
    }
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    /// The `nth` call from now (0: the next) fails with that code of SQLite; with `for_ever` all after it too.
    static void arm(Call call, int nth, int code, bool for_ever) { counts().fault = {call, nth, code, for_ever, true}; }
    static void disarm() { counts().fault.armed = false; }
    [[nodiscard]] static bool armed() { return counts().fault.armed; }
    [[nodiscard]] static int syncs() { return counts().syncs; }

  private:
    struct Fault {
        Call call = Call::write;
        int left = 0;
        int code = 0;
        bool for_ever = false, armed = false;
    };
    struct Counts {
        int syncs = 0;
        Fault fault;
    };
    struct Methods {
        sqlite3_io_methods mine;  // first: a file's pMethods points here
        const sqlite3_io_methods* real;
    };
    static Counts& counts() {
        static Counts all;
        return all;
    }
    /// The code to fail with, or SQLITE_OK.
    static int due(Call call) {
        Fault& fault = counts().fault;
        if (!fault.armed || fault.call != call) return SQLITE_OK;
        if (fault.left-- > 0) return SQLITE_OK;
        fault.left = 0;
        fault.armed = fault.for_ever;
        return fault.code;
    }
    static const sqlite3_io_methods* real_of(sqlite3_file* file) {
        return reinterpret_cast<const Methods*>(file->pMethods)->real;
    }
    static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
        if (const int code = due(Call::write); code != SQLITE_OK) return code;
        return real_of(file)->xWrite(file, data, size, at);
    }
    static int sync(sqlite3_file*, int) {
        ++counts().syncs;
        return due(Call::sync);
    }
    static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
        const int code = real_->xOpen(real_, name, file, flags, out);
        if (code != SQLITE_OK || file->pMethods == nullptr) return code;
        static std::list<Methods> kinds;
        const sqlite3_io_methods* real = file->pMethods;
        auto at = std::find_if(kinds.begin(), kinds.end(), [real](const Methods& one) { return one.real == real; });
        if (at == kinds.end()) {
            at = kinds.insert(kinds.end(), Methods{*real, real});
            at->mine.xWrite = &FaultyDisk::write;
            at->mine.xSync = &FaultyDisk::sync;
        }
        file->pMethods = &at->mine;
        return code;
    }

    static inline int users_ = 0;
    static inline sqlite3_vfs* real_ = nullptr;
    static inline sqlite3_vfs mine_{};
};

/// Every row of every table of the file, as another connection reads it.
inline std::string dump(const std::string& file) {
    auto connection = sqlite::Connection::open(file, true);
    REQUIRE(connection.has_value());
    std::vector<std::string> tables;
    {
        auto use = (*connection)->prepare("SELECT name FROM sqlite_schema WHERE type='table' ORDER BY name");
        REQUIRE(use.has_value());
        while (*use->step()) tables.push_back(use->column_string(0));
    }
    std::string out;
    for (const std::string& table : tables) {
        int columns = 0;
        {
            auto use = (*connection)->prepare("SELECT * FROM pragma_table_info('" + table + "')");
            REQUIRE(use.has_value());
            while (*use->step()) ++columns;
        }
        std::vector<std::string> rows;
        auto use = (*connection)->prepare("SELECT * FROM \"" + table + "\"");
        REQUIRE(use.has_value());
        while (*use->step()) {
            std::string row = table + ":";
            for (int i = 0; i < columns; ++i) row += use->column_string(i) + "|";
            rows.push_back(std::move(row));
        }
        std::sort(rows.begin(), rows.end());
        for (const std::string& row : rows) out += row + "\n";
    }
    return out;
}

/// One number that SQL gives, as another connection sees it.
inline std::int64_t ask(const std::string& file, const std::string& sql) {
    auto connection = sqlite::Connection::open(file, true);
    REQUIRE(connection.has_value());
    const auto answer = (*connection)->integer(sql);
    REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().message));
    return *answer;
}

/// A store on a file, and a hand that edits. Records have small numbers; operations are numbered from 1001.
struct Desk {
    FaultyDisk disk;
    ct::test::CalmDisk calm;
    TempDirectory directory;
    HandClock clock;
    SeededRandom random{1};
    std::string file = directory.file("colortouch.db");
    std::unique_ptr<Store> store = open();
    std::uint64_t operations = 1'000;

    std::unique_ptr<Store> open() {
        auto opened = Store::open(file, clock, random, calm);
        REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message));
        return std::move(*opened);
    }
    void reopen() {
        store.reset();
        store = open();
    }

    // ---- edits
    std::string stamp() {
        ++clock.wall;
        return sync::format_stamp(clock.wall, 0, store->state().device_id);
    }
    Operation operation(OperationKind kind, Model model, std::uint64_t record, crm::Changes changes,
                        std::uint64_t group = 0) {
        Operation made;
        made.id = id_of(++operations);
        made.kind = kind;
        made.model = model;
        made.record = id_of(record);
        made.changes = std::move(changes);
        made.stamp = stamp();
        if (group != 0) made.group = id_of(group);
        return made;
    }
    Operation create(std::uint64_t record, std::string_view name = "Asha", std::uint64_t group = 0) {
        return operation(OperationKind::create, Model::lead, record, text_changes(Model::lead, {{"name", name}}),
                         group);
    }
    Operation create_note(std::uint64_t record, std::uint64_t lead, std::uint64_t group = 0) {
        return operation(OperationKind::create, Model::note, record,
                         text_changes(Model::note, {{"leadId", id_of(lead).str()}, {"text", "called"}}), group);
    }
    Operation update(std::uint64_t record, Texts texts, std::uint64_t group = 0) {
        return operation(OperationKind::update, Model::lead, record, text_changes(Model::lead, texts), group);
    }
    Operation remove(std::uint64_t record, Model model = Model::lead) {
        return operation(OperationKind::remove, model, record, {});
    }
    Result<Committed> try_commit(const std::vector<Operation>& edits) const { return store->commit(edits, "me"); }
    Committed commit(const std::vector<Operation>& edits) const {
        auto committed = try_commit(edits);
        REQUIRE_MESSAGE(committed.has_value(), (committed ? "" : committed.error().message));
        return std::move(*committed);
    }

    // ---- sync
    Batch take(BatchLimits limits = {}) const {
        auto batch = store->take_batch(limits);
        REQUIRE_MESSAGE(batch.has_value(), (batch ? "" : batch.error().message));
        return std::move(*batch);
    }
    Settled settle(std::vector<OperationResult> results, std::vector<crm::Record> later = {}) const {
        sync::PushAnswer answer;
        answer.results = std::move(results);
        answer.later = std::move(later);
        auto settled = store->settle(answer);
        REQUIRE_MESSAGE(settled.has_value(), (settled ? "" : settled.error().message));
        return std::move(*settled);
    }
    /// Takes everything that can go within the limits and has it applied, with that version.
    Settled send_all(std::int64_t version, BatchLimits limits = {}) const {
        std::vector<OperationResult> results;
        for (const Operation& each : take(limits).operations)
            results.push_back(result(each, Verdict::applied, version));
        return settle(std::move(results));
    }
    static OperationResult result(const Operation& operation, Verdict verdict, std::int64_t version = 0) {
        OperationResult made;
        made.id = operation.id;
        made.verdict = verdict;
        made.version = version;
        return made;
    }
    static OperationResult rejected(const Operation& operation, std::string code) {
        OperationResult made = result(operation, Verdict::rejected);
        made.error = {ErrorKind::invalid, std::move(code), "because", {}};
        return made;
    }
    /// A lead as the server has it.
    static crm::Record server_lead(std::uint64_t number, std::int64_t version, Texts texts) {
        crm::Record record;
        record.id = id_of(number);
        record.version = version;
        record.created_at = 1'000;
        record.updated_at = 1'000 + version;
        crm::apply(record, text_changes(Model::lead, texts));
        return record;
    }
    static PullRow row(std::uint64_t number, std::int64_t version, Texts texts, bool whole = true) {
        PullRow made;
        made.whole = whole;
        made.id = id_of(number);
        made.version = version;
        made.created_at = whole ? 1'000 : 0;
        made.updated_at = 1'000 + version;
        made.changes = text_changes(Model::lead, texts);
        return made;
    }
    static PullRow deleted_row(std::uint64_t number, std::int64_t version) {
        PullRow made;
        made.kind = sync::RowKind::deleted;
        made.id = id_of(number);
        made.version = version;
        return made;
    }
    [[nodiscard]] PullPage page(std::vector<PullRow> rows, std::string cursor, bool has_more = false) const {
        PullPage made;
        made.epoch = "epoch-1";
        made.from = store->state().cursor;
        made.cursor = std::move(cursor);
        made.has_more = has_more;
        made.rows = std::move(rows);
        return made;
    }
    PageApplied apply(const PullPage& page) const {
        auto applied = store->apply(page);
        REQUIRE_MESSAGE(applied.has_value(), (applied ? "" : applied.error().message));
        return std::move(*applied);
    }

    // ---- looking
    [[nodiscard]] std::optional<crm::Record> get(std::uint64_t number, Model model = Model::lead) const {
        auto record = store->get(model, id_of(number));
        REQUIRE_MESSAGE(record.has_value(), (record ? "" : record.error().message));
        return std::move(*record);
    }
    /// "Asha,Pune v3 PENDING", "deleted …", or "none".
    [[nodiscard]] std::string shown(std::uint64_t number) const {
        const auto record = get(number);
        if (!record) return "none";
        return (record->deleted ? "deleted " : "") + text_of(*record, "name") + "," + text_of(*record, "city") + " v" +
               std::to_string(record->version) + " " + std::string(crm::name(record->sync_status));
    }
    /// "CREATE 1 QUEUED; UPDATE 2 SENT", oldest first.
    [[nodiscard]] std::string queue() const {
        const auto list = store->list_queue();
        REQUIRE_MESSAGE(list.has_value(), (list ? "" : list.error().message));
        std::string out;
        for (const sync::QueuedOperation& each : *list) {
            if (!out.empty()) out += "; ";
            out += std::string(sync::name(each.operation.kind)) + " " +
                   std::to_string(number_of(each.operation.record)) + " " + std::string(sync::name(each.state));
        }
        return out;
    }
    /// What happened to the record, oldest first: "CREATE UPDATE".
    [[nodiscard]] std::string audit(std::uint64_t record) const {
        const auto rows = store->audit(id_of(record));
        REQUIRE(rows.has_value());
        std::string out;
        for (const AuditRow& each : *rows) out += (out.empty() ? "" : " ") + each.what;
        return out;
    }
    /// What is kept in memory is what a store that starts now reads from the disk.
    void check_memory_is_disk() {
        const std::unique_ptr<Store> other = open();
        CHECK(store->queue() == other->queue());
        const SyncState &mine = store->state(), &theirs = other->state();
        CHECK(mine.cursor == theirs.cursor);
        CHECK(mine.next_sequence == theirs.next_sequence);
        CHECK(mine.epoch == theirs.epoch);
        CHECK(mine.stamp_ms == theirs.stamp_ms);
        for (const crm::ModelDef& model : crm::models())
            CHECK(store->mirror(model.model) == other->mirror(model.model));
        CHECK(other->recount_mirror().value() == 0);
    }
};

/// Leads 1 to 3 as the server has them, with version 10.
inline void pull_three(Desk& desk) {
    desk.apply(desk.page(
        {Desk::row(1, 10, {{"name", "Asha"}}), Desk::row(2, 10, {{"name", "Bo"}}), Desk::row(3, 10, {{"name", "Cy"}})},
        "c1"));
}

/// The records of a batch, in its order: "1 2 1".
inline std::string records_of(const Batch& batch) {
    std::string out;
    for (const Operation& each : batch.operations) {
        out += (out.empty() ? "" : " ") + std::to_string(number_of(each.record));
    }
    return out;
}

inline std::string records_of(const Visible& visible) {
    std::vector<std::uint64_t> numbers;
    for (const crm::Record& each : visible.changed) numbers.push_back(number_of(each.id));
    std::sort(numbers.begin(), numbers.end());
    std::string out;
    for (const std::uint64_t number : numbers) out += (out.empty() ? "" : " ") + std::to_string(number);
    for (const auto& [model, id] : visible.removed) {
        out += (out.empty() ? "-" : " -") + std::to_string(number_of(id));
    }
    return out;
}

}  // namespace ct::store::test
