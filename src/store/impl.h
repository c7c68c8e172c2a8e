// What the parts of Store share: the connection with its tables, what is kept in memory of them, and transactions.
// Private to this room.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/file_tally.h"
#include "store/journal.h"
#include "store/mirror.h"
#include "store/queue_index.h"
#include "store/queue_table.h"
#include "store/record_table.h"
#include "store/schema.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace ct::store {

/// Returns the error of `expression` from the surrounding function, unless it is well.
#define CT_TRY(expression)                                                 \
    do {                                                                   \
        if (auto tried = (expression); !tried) return fail(tried.error()); \
    } while (false)

template <class T>
[[nodiscard]] Result<void> to_void(const Result<T>& result) {
    if (!result) return fail(result.error());
    return {};
}

/// The row of the index for an operation at that place.
[[nodiscard]] QueueEntry entry_of(const sync::QueuedOperation& queued, Position position);

/// When somebody waits for the record; 0: never.
[[nodiscard]] UnixMs due_of(const crm::Record& record);

/// The visible values that an operation replaces.
[[nodiscard]] crm::Changes before_of(const crm::Record& current, const sync::Operation& operation);

/// Those whose Attachment::unsent holds.
[[nodiscard]] Result<std::vector<Attachment>> read_unsent_attachments(sqlite::Connection& connection);

/// The tables of one connection; made anew when that is.
struct Tables {
    /// `foreign`: rows of a later version, whose checksums are over more than is known here.
    Tables(sqlite::Connection& connection, Journal& journal, bool foreign);
    std::vector<RecordTable> records, shadows;  ///< by model
    QueueTable queue;
};

/// The server's code for the company of a spoilt operation.
inline constexpr std::string_view kGroupFailed = "GROUP_FAILED";

struct Store::Impl {
    Impl(std::string file_name, const Clock& a_clock, Random& random, Disk& a_disk)
        : file(std::move(file_name)),
          clock(a_clock),
          ids(a_clock, random),
          disk(a_disk),
          journal(a_disk, journal_beside(file)) {}

    // ---- connection and transactions (store.cpp)
    [[nodiscard]] Result<void> connect();
    /// Connects again when the connection was lost; what is in memory is then what the disk holds.
    [[nodiscard]] Result<void> ready() { return connection ? Result<void>() : connect(); }
    [[nodiscard]] Failure no_connection() const;
    /// Runs `work` as one transaction. When anything fails, nothing happened: memory is read from the disk again, and
    /// after an I/O error the connection is a new one (one that failed to write or flush knows nothing for sure).
    [[nodiscard]] Result<void> transaction(const std::function<Result<void>()>& work);
    [[nodiscard]] Result<void> reload();
    [[nodiscard]] Result<void> stamp_as(const std::string& device_id);  ///< what was never sent
    /// What differs from `state`; then it is `state`.
    [[nodiscard]] Result<void> write_state(SyncState next);
    [[nodiscard]] Result<void> forget_bases();
    /// What is in flight is queued again: unaltered, but it takes its place in the order anew.
    [[nodiscard]] Result<void> recall_sent();
    /// The clock is at that stamp now, at least. A row of the queue has it: it need not be written before that goes.
    void observe(const std::string& stamp);
    /// Somebody changed something then: the clock is past it. To be written with the state.
    void hear_of(UnixMs changed_at);

    // ---- the side journal, and what is made of it (recovery.cpp)
    [[nodiscard]] static std::string journal_beside(const std::string& database);
    /// The journal anew, from the tables.
    [[nodiscard]] Result<void> renew_journal();
    /// After the database was opened: what only the journal has comes back.
    [[nodiscard]] Result<void> recover();
    /// A new database in place of one that is damaged.
    [[nodiscard]] Result<void> rebuild(const Error& why);
    [[nodiscard]] Result<void> restore(JournalContent content, const std::string& damaged_file);
    [[nodiscard]] Result<void> catch_up(const JournalContent& content);
    [[nodiscard]] Result<bool> same_as(const JournalGlance& glance);
    [[nodiscard]] Result<void> salvage(const std::string& damaged_file);
    /// Puts an operation made elsewhere, or before a disaster, into the queue as it is; it is never altered again.
    /// `server`: what the server said of its record, where that has to be known from before.
    [[nodiscard]] Result<void> adopt(sync::QueuedOperation queued, Position position, Visible& visible,
                                     std::optional<crm::Record> server = {});
    [[nodiscard]] Result<void> write_attachment(const Attachment& attachment);
    [[nodiscard]] Result<void> freeze_unsent();

    RecordTable& records(crm::Model model) { return tables->records[static_cast<std::size_t>(model)]; }
    RecordTable& shadows(crm::Model model) { return tables->shadows[static_cast<std::size_t>(model)]; }

    // ---- commit (commit.cpp)
    [[nodiscard]] Result<void> commit_one(const sync::Operation& operation, const std::string& user,
                                          Committed& committed);
    [[nodiscard]] Result<void> enqueue(const sync::QueuedOperation& queued, UnixMs due_at, Committed& committed);
    /// Whether `later` was joined with the last operation of its record, or cancelled it.
    [[nodiscard]] Result<sync::Compaction> join(const sync::QueuedOperation& later, UnixMs due_at,
                                                Committed& committed);
    /// `other`: see AuditRow.
    [[nodiscard]] Result<void> audit(const sync::QueuedOperation& queued, std::string_view what,
                                     const std::string& user, const std::string& other = {});
    /// Of an edit of `current`, as it is made.
    [[nodiscard]] Result<void> audit_edit(const sync::QueuedOperation& queued, const crm::Record& current,
                                          std::string_view what, const std::string& user);

    // ---- rebase (rebase.cpp)
    /// The server's record as last known; version 0 and `deleted` when it has none.
    [[nodiscard]] Result<crm::Record> server_record(crm::Model model, const Uuid& id);
    [[nodiscard]] Result<std::vector<sync::QueuedOperation>> unsettled(const Uuid& record);
    /// Shows the server's record with the unsettled operations on top, and keeps it as the shadow while there are any.
    [[nodiscard]] Result<void> show(crm::Model model, crm::Record server, Visible& visible);
    /// Takes a row out of the queue (its record is not touched).
    [[nodiscard]] Result<void> drop(Position position);
    [[nodiscard]] Result<void> set_state(Position position, sync::QueueState next);
    /// Parks what is obstructed, frees what is not any more, around these records; records whose look changed are
    /// added to `touched`.
    [[nodiscard]] Result<void> park_and_free(std::set<Uuid> around, std::map<Uuid, crm::Model>& touched);
    [[nodiscard]] bool mirror_incomplete() const;
    /// What the server refused for want of this record can go again; `park_and_free` around it is to follow.
    void parent_came(const Uuid& record);
    /// At the end of a pull: frees what was refused for want of its parent. `moved`: the pull brought something.
    [[nodiscard]] Result<void> ask_again_for_parents(bool moved, Visible& visible);
    /// Records whose operations changed: another stamp is another time of change.
    [[nodiscard]] Result<void> show_again(const std::map<Uuid, crm::Model>& records_changed, Visible& visible);
    [[nodiscard]] Result<void> refresh(const std::map<Uuid, crm::Model>& touched, Visible& visible);

    // ---- offer (offer.cpp)
    /// False: the server lacks nothing of it.
    [[nodiscard]] Result<bool> offer_back(const crm::Record& local, const crm::Record& server);
    [[nodiscard]] Result<void> offer_missing(crm::Model model, const Uuid& id, Visible& visible);

    // ---- resolve (resolve.cpp)
    [[nodiscard]] Result<void> decide_anew(const QueueEntry& entry, const Conflict& conflict, crm::Changes changes,
                                           const Uuid& new_id, const std::string& new_stamp, bool by_rule);
    [[nodiscard]] crm::Changes said_by_deleted(const AuditRow& row);  ///< empty: it is not deleted here
    [[nodiscard]] Result<void> tell_decision(const sync::QueuedOperation& queued, const crm::Record& server,
                                             const sync::OperationResult& result);
    [[nodiscard]] Result<void> name_other(Conflict& conflict) const;
    [[nodiscard]] Result<void> audit_rule(const Conflict& conflict, const crm::Changes* taken);
    /// Of a group, those that were refused for its company's sake; none where a member is in dispute for a reason of
    /// its own.
    [[nodiscard]] Result<std::vector<Position>> failed_for_company(const Uuid& group);
    [[nodiscard]] Result<void> free_group(const Uuid& group, const std::string& new_stamp, std::set<Uuid>& around);
    [[nodiscard]] Result<void> after_decision(const QueueEntry& entry, crm::Record server, const std::string& new_stamp,
                                              Visible& visible);

    // ---- settle and apply (settle.cpp, apply.cpp)
    [[nodiscard]] Result<void> wait_together(const Uuid& group, Settled& settled);
    [[nodiscard]] Result<void> settle_one(const sync::OperationResult& result, Settled& settled,
                                          std::map<Uuid, crm::Model>& touched);
    /// What came from elsewhere goes into the audit trail; not so the first pull, and comparisons with the server.
    [[nodiscard]] Result<void> note_pulled(const crm::Record& before, const crm::Record& after,
                                           const std::string& author);
    [[nodiscard]] Result<void> take_later(const crm::Record& record, Visible& visible);
    [[nodiscard]] Result<void> accept(const QueueEntry& entry, const sync::OperationResult& result, Settled& settled);
    void note_lost(const QueueEntry& entry, Settled& settled);
    [[nodiscard]] Result<void> keep(const QueueEntry& entry, const sync::OperationResult& result, sync::QueueState next,
                                    std::string_view code, std::string_view message);
    /// The operation with those of its group; OPERATION_IN_FLIGHT when one of them was sent.
    [[nodiscard]] Result<std::vector<Position>> decidable(const Uuid& operation) const;
    [[nodiscard]] Result<void> discard_one(Position position);

    // ---- stamps (restamp.cpp)
    [[nodiscard]] Result<UnixMs> last_change(UnixMs latest);
    [[nodiscard]] bool stands_before_sent(const QueueEntry& entry) const;
    [[nodiscard]] Result<std::string> stamp_made_on(const QueueEntry& entry, const sync::QueuedOperation& queued,
                                                    UnixMs latest);

    // ---- retry (retry.cpp)
    /// Back to `queued` under a new id and stamp, by whom has seen what the server holds.
    [[nodiscard]] Result<void> queue_again(Position position, const Uuid& new_id, const std::string& new_stamp,
                                           const crm::Changes& mended = {});
    /// What an operation was made on: the server's record with this device's earlier unsettled edits on top.
    [[nodiscard]] Result<crm::Record> before_operation(const QueueEntry& entry, crm::Record server);
    /// The row at its old place, as one that was never sent, with `new_stamp` where its place allows that.
    [[nodiscard]] Result<void> put_again(Position position, sync::QueuedOperation queued, const std::string& new_stamp);
    [[nodiscard]] Result<std::string> stamp_again(const QueueEntry& entry, const std::string& own,
                                                  const std::string& wanted);
    /// Never sent operations of the record that were made after this one get stamps after `stamp`.
    [[nodiscard]] Result<void> stamp_behind(const QueueEntry& entry, std::string stamp);
    /// The models that a pull is about.
    using Of = std::function<bool(crm::Model)>;
    /// What the page would take away by itself, and whether that is to be asked about (brake.cpp). `ends`: it is the
    /// last one of its pull.
    using Removals = std::array<std::int64_t, crm::kModelCount>;
    [[nodiscard]] Result<Removals> removals_of(const sync::PullPage& page, bool ends, const Of& of);
    [[nodiscard]] HeldRemovals too_many(const Removals& removals, const Removals& before) const;
    /// All rows, and what follows from them for the queue.
    [[nodiscard]] Result<void> apply_rows(const sync::PullPage& page, PageApplied& applied);
    [[nodiscard]] Result<void> apply_row(const sync::PullRow& row, PageApplied& applied);
    /// A pull from the start mentions what there is, not what is gone: what it leaves out at its end goes. Records are
    /// never removed first, and not at all while the server is another incarnation that may lack them by accident.
    [[nodiscard]] Result<void> begin_snapshot(const Of& of);
    [[nodiscard]] Result<void> confirm(const Uuid& record);
    [[nodiscard]] Result<void> end_snapshot(const Of& of, Visible& visible);
    [[nodiscard]] Result<void> drop_unconfirmed(const Of& of);
    [[nodiscard]] Result<void> apply_revoked(const sync::PullRow& row, PageApplied& applied);
    /// What waits for a record that is in sight again goes on.
    [[nodiscard]] Result<void> revive(const Uuid& record, Visible& visible);
    /// The operation with those of its group.
    [[nodiscard]] std::vector<Position> unit_of(Position position) const;
    [[nodiscard]] Result<void> mark(Position position, sync::QueueState next, std::string_view code,
                                    std::string_view message, Visible& visible);
    [[nodiscard]] Result<bool> parent_is_there(const QueueEntry& entry);

    // ---- what is left out (selection.cpp)
    /// Not all of its values were asked for: those stay that are known.
    void keep_left_out(const crm::Record& known, crm::Record& fresh) const;
    /// A row of the catch-up: a whole record, or only the fields that were missing.
    [[nodiscard]] Result<void> apply_part(const sync::PullRow& row, PageApplied& applied);
    [[nodiscard]] Of caught_up_with() const;
    /// Whether the operation changes a value that is not kept up to date here.
    [[nodiscard]] bool edits_left_out(const sync::Operation& operation) const;
    [[nodiscard]] Result<void> save_selection(const sync::Selection& next);

    // ---- verify (mirror.cpp)
    /// How the server has each record, tombstones included.
    [[nodiscard]] Result<void> each_stand(crm::Model model, const std::function<void(const Uuid&, Stand)>& visit);
    /// Sums the model up anew, from rows that are as they were written; how many buckets had been wrong.
    [[nodiscard]] Result<std::int64_t> recount(crm::Model model);
    [[nodiscard]] Result<sync::BucketSums> comparable(crm::Model model, const sync::VerifyAnswer& answer);
    [[nodiscard]] Result<std::vector<std::size_t>> differing_buckets(const sync::VerifyModel& theirs,
                                                                     const sync::VerifyAnswer& answer);
    [[nodiscard]] Result<std::vector<Uuid>> differing_records(const sync::VerifyModel& theirs,
                                                              const sync::VerifyAnswer& answer,
                                                              const std::vector<std::size_t>& buckets);
    [[nodiscard]] Result<void> compare_sums(const sync::VerifyModel& theirs, const sync::VerifyAnswer& answer,
                                            Comparison& comparison);
    /// How the server has the record, without reading more of it.
    [[nodiscard]] Result<Stand> stand(crm::Model model, const Uuid& id);
    /// Takes the record off this device.
    [[nodiscard]] Result<void> forget(crm::Model model, const Uuid& id, Visible& visible);

    const std::string file;
    const Clock& clock;
    UuidGenerator ids;  // for what the store itself names
    Disk& disk;
    Journal journal;
    std::optional<Rebuilt> rebuilt;                  // since it was opened
    std::optional<Error> newer;                      // the file is a later version's: it is only read
    std::unique_ptr<sqlite::Connection> connection;  // null: it could not be opened again
    std::unique_ptr<Tables> tables;
    QueueIndex index;
    FileTally files;
    SyncState state;
    std::int64_t openings = 0;               // that succeeded
    std::map<Uuid, crm::Model> unconfirmed;  // as the table of that name
    bool foreign_epoch = false;              // the server's versions begin anew: smaller ones are not older
    /// What is known here of this model is of the server as it was before.
    [[nodiscard]] bool of_other_epoch(crm::Model model) const {
        return foreign_epoch || state.selection.uncompared.whole(model);
    }
    bool repairing = false;    // what comes is right, whatever its version
    bool catching_up = false;  // the page is one of the catch-up
    sync::Parts unwanted;      // left out by the user, as last told
    bool from_start = false;   // the page, of which rows are being applied, is of a pull from the start
    Mirror mirror;
    bool removals_allowed = false;
    Removals removed_in_run{};  // by the pages of the pull that is under way
    std::array<std::set<Uuid>, crm::kModelCount>
        damaged;  // rows that the last recount found so, of what the server said
};

}  // namespace ct::store
