// The client's SQLite mirror: every record, the durable queue, what the server last said of records with unsettled
// edits (shadows), the audit trail, conflicts and the history of syncs. One file, one connection, one thread (the
// worker's).
//
// Every public function that changes something is ONE transaction (WAL, synchronous=FULL): when it returns a value, it
// is durable; when it returns an error, nothing happened (but for a disk that takes writes and flushes none any more:
// what it holds is in doubt, and a later start may find the change, whole). Error kinds: disk, corrupt, newer, busy,
// invalid, not_found.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "crm/record.h"
#include "store/attachment.h"
#include "sync/mirror.h"
#include "sync/operation.h"
#include "sync/selection.h"
#include "sync/wire.h"

namespace ct::store {

/// What the client knows of itself and of its server. One row; kept by `save_state` and by the calls that say so.
struct SyncState {
    std::string device_id;   ///< UUIDv7, made at the first open
    std::string server_url;  ///< empty: offline only
    std::string workspace_id, workspace_name;
    sync::UserInfo user;  ///< empty id: not signed in
    std::string epoch;    ///< of the server's database; empty: never seen
    std::optional<std::string> cursor;
    sync::Selection selection;       ///< what of the workspace is kept up to date (kept by select, apply, catch_up)
    std::int64_t next_sequence = 0;  ///< operations ever sent (kept by take_batch)
    UnixMs stamp_ms = 0;             ///< the hybrid clock's last reading (kept by commit)
    std::uint16_t stamp_counter = 0;
    std::int64_t clock_offset_ms = 0;  ///< server's clock minus ours
    UnixMs last_sync_at = 0;           ///< end of the last complete round
};

/// What became visible through a change of the store: the UI's memory applies exactly this.
struct Visible {
    std::vector<crm::Record> changed;                  ///< whole records as they are to be shown, tombstones included
    std::vector<std::pair<crm::Model, Uuid>> removed;  ///< gone from this device altogether
};

struct Committed {
    Visible visible;
    std::vector<Uuid> operations;  ///< ids of the queue rows that now carry the edits (compaction may join)
};

struct BatchLimits {
    std::size_t bytes_max = 256 * 1024;
    std::size_t operations_max = 1'000;
};
struct Batch {
    std::int64_t sequence = 0;
    std::vector<sync::Operation> operations;  ///< empty: nothing to send
    std::size_t bytes = 0;                    ///< in a push body, about
};

struct Settled {
    Visible visible;
    std::int64_t applied = 0, merged = 0, superseded = 0, conflicts = 0, rejected = 0, parked = 0;
    UnixMs newest_stamp_ms = 0;  ///< largest updated_at that the answer tells of, for the hybrid clock
    bool lost = false;           ///< a change went through of a record that the disk has lost: pulls start anew
};

/// Records that a page would take away: so many that somebody should be asked first. By model.
struct HeldRemovals {
    std::array<std::int64_t, crm::kModelCount> removed{};  ///< that would go
    std::array<std::int64_t, crm::kModelCount> of{};       ///< that there are; both 0 for models that are in no danger

    [[nodiscard]] bool any() const {
        return std::any_of(removed.begin(), removed.end(), [](std::int64_t count) { return count > 0; });
    }
    bool operator==(const HeldRemovals&) const = default;
};

struct PageApplied {
    Visible visible;
    std::int64_t rows = 0;       ///< rows that were applied
    bool ignored = false;        ///< the page did not start at our cursor: nothing was done
    HeldRemovals held;           ///< any: it would take too much away, and nothing was done (see allow_removals)
    bool parts_missing = false;  ///< something that is wanted again has to be caught up with: see `catch_up`
    bool lost = false;           ///< a part came of a record that the disk has lost: its pull is at its start again
    UnixMs newest_stamp_ms = 0;  ///< largest updated_at in the page, for the hybrid clock
};

/// What a comparison of the mirror with the server came to.
struct Comparison {
    bool usable = false;  ///< false: the answer is of another moment than ours; nothing was compared
    std::int64_t compared = 0, differing = 0;  ///< records
    std::optional<sync::VerifyRequest> next;   ///< where it differs, to be asked in more detail (cursor to be added)
    sync::IdsByModel fetch;                    ///< records that are not alike on both sides
};

struct QueueSummary {
    std::int64_t operations = 0;  ///< all rows
    std::int64_t sendable = 0;    ///< queued + sent
    std::int64_t in_flight = 0;   ///< sent, verdict unknown
    std::int64_t parked = 0, errors = 0, conflicts = 0;
    std::int64_t records = 0;       ///< distinct records with any unsettled operation
    std::int64_t records_held = 0;  ///< … of which one needs a person, and none can go by itself
    std::int64_t records_by_model[crm::kModelCount] = {};
    UnixMs oldest_created_at = 0;    ///< of sendable rows; 0: none
    UnixMs oldest_unsettled_at = 0;  ///< of all rows; 0: none
    std::int64_t bytes = 0;          ///< of sendable rows, as they go into a push body, about

    bool operator==(const QueueSummary&) const = default;
};

struct SyncHistoryRow {
    UnixMs started_at = 0;
    std::int64_t duration_ms = 0;
    std::int64_t pushed = 0, merged = 0, superseded = 0, conflicts = 0, failed = 0, pulled = 0;
    std::int64_t requests = 0, bytes_sent = 0, bytes_received = 0;
    std::string outcome;  ///< "done", or an error code
    std::string reason;   ///< in words: why it did not go through; empty when it did
};

struct AuditRow {
    UnixMs at = 0;
    crm::Model model = crm::Model::lead;
    Uuid record, operation;
    std::string user, what;  ///< what: CREATE, UPDATE, DELETE, RESTORE, PULLED, SUPERSEDED, REJECTED, DISCARDED …
    crm::Changes before, after;
    std::string other;   ///< of what the policies decided: whose change ours met, a user's id, or empty
    crm::Changes whole;  ///< all that the record said, where it is deleted here by now
};

/// Of what the policies decided (SUPERSEDED, OVERRODE): whether the record's deletion won over the values in `before`,
/// or lost to those in `after`.
[[nodiscard]] bool deletion_won(const AuditRow& decision);
[[nodiscard]] bool deletion_lost(const AuditRow& decision);

/// Whose doings: what was edited here, what came from elsewhere (PULLED, PULLED_CREATE, PULLED_DELETE; `user` is who
/// made it, or empty where that was not told), what the policies made of edits (MERGED, SUPERSEDED, OVERRODE, CONFLICT,
/// REJECTED); or, by whomever, what was deleted.
enum class Whose : std::uint8_t { all, ours, others, policies, deleted };
/// A place in the audit trail, between a row and the next older one.
struct AuditPosition {
    UnixMs at = 0;
    Uuid record, operation;
    std::string what;

    bool operator==(const AuditPosition&) const = default;
};
struct ActivityQuery {
    std::optional<AuditPosition> older_than;  ///< none: from the newest
    Whose whose = Whose::all;
    std::optional<crm::Model> model;
    std::size_t limit = 100;

    bool operator==(const ActivityQuery&) const = default;
};
struct ActivityPage {
    std::vector<AuditRow> rows;          ///< newest first; of a delete, `before` is all that the record said
    std::optional<AuditPosition> older;  ///< where to go on, also when a part that was looked through had nothing
};

/// One field of an edit in conflict: as it was when the edit was made, what the edit made of it, what others did.
struct ConflictField {
    crm::FieldId field = 0;
    crm::Value base, mine, theirs;
    bool clashes = false;  ///< others changed it too, to something else
};
/// An edit that waits for a person. `theirs` is the server's record as last heard of; a later pull moves it on.
struct Conflict {
    sync::QueuedOperation queued;
    crm::Record theirs;
    std::string other;                  ///< who made it theirs, a user's id; empty: it is not told
    std::vector<ConflictField> fields;  ///< all that the edit changes; none for a delete
};

enum class Side : std::uint8_t { mine, theirs };
struct FieldChoice {
    crm::FieldId field = 0;
    std::variant<Side, crm::Value> decision;  ///< a value: neither, but this
};
/// A person's decision. For a delete, and for fields without a choice of their own, `otherwise` counts.
struct Resolution {
    Side otherwise = Side::mine;
    std::vector<FieldChoice> fields;
    bool by_rule = false;  ///< nobody was asked: what it gives up is listed among `decisions`, to be taken back
};

/// A database that was damaged or gone, and has been made anew.
struct Rebuilt {
    std::string set_aside;        ///< where the damaged file is now; empty: there was none
    std::string why;              ///< one line
    std::int64_t operations = 0;  ///< unsent, that came back from the side journal
    std::int64_t records = 0;     ///< that could still be read; the rest comes with the next pull
};

/// An error that says so of the database itself: what calls for `Store::rebuild`.
[[nodiscard]] bool is_damage(const Error& error);

/// Work that is nowhere but on this laptop, for the rescue copy.
struct Unsent {
    std::vector<sync::QueuedOperation> operations;  ///< of any state, in the order in which they were made
    std::vector<Attachment> attachments;
};
struct Adopted {
    Visible visible;
    std::int64_t operations = 0;  ///< taken
    std::int64_t known = 0;       ///< that were in the queue already
    std::int64_t attachments = 0;
};

class Store {
  public:
    /// Opens or creates `file` (":memory:" for tests). Codes: NOT_A_DATABASE, NOT_OUR_DATABASE, DATABASE_NEWER (where
    /// it cannot even be read, see `read_only`), JOURNAL_NEWER, DATABASE_DAMAGED, CANNOT_OPEN. A migration copies the
    /// file first ("….before-v2") and is one transaction. All unsent work stands in a side journal too
    /// ("colortouch.queue" beside "colortouch.db"): where that is, a database that is damaged is set aside and one that
    /// is gone is made anew, see `rebuilt`.
    [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::string& file, const Clock& clock,
                                                             Random& random, Disk& disk = system_disk());
    /// What happened to the database since it was opened; nothing, when nothing did.
    [[nodiscard]] const std::optional<Rebuilt>& rebuilt() const;
    /// DATABASE_NEWER: a later version of this program wrote the file. What this one knows of it can be read; whatever
    /// would change it is refused with this error.
    [[nodiscard]] const std::optional<Error>& read_only() const;
    /// To be called after an error that `is_damage`: sets the database aside ("….damaged-2026-11-26T101500Z"), makes a
    /// new one with the same identity but a new device id, takes over the records that can still be read, and brings
    /// all unsent work back from the journal; the rest comes with the next pull. Fails with `why` without a journal.
    [[nodiscard]] Result<Rebuilt> rebuild(const Error& why);
    /// Grows whenever the file was opened anew after a write that failed: it may hold what was refused, and whoever
    /// shows records loads them again.
    [[nodiscard]] std::int64_t openings() const;
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // ---- reading
    /// Records that are not deleted, in no particular order, in chunks of at most `chunk` (moved out to the visitor).
    /// Rows that were damaged are left out; at the end ROW_DAMAGED tells of them.
    [[nodiscard]] Result<void> load(crm::Model model, std::size_t chunk,
                                    const std::function<void(std::vector<crm::Record>&&)>& visit) const;
    /// The same in parts, between which others may read and write: those that were stored last come first. A record
    /// that is stored meanwhile may be left out: whoever stores knows it.
    struct Part {
        std::vector<crm::Record> records;
        std::int64_t damaged = 0;          ///< rows that were left out
        std::optional<std::int64_t> next;  ///< `before` of the next part; nothing: this was the last
    };
    [[nodiscard]] Result<Part> load_part(crm::Model model, std::optional<std::int64_t> before, std::size_t count) const;
    /// While everything is read once, from one end to the other, little of the file is kept in memory: what is read
    /// then stays, and between it there would be gaps where the file's pages were.
    void read_once(bool on);
    [[nodiscard]] Result<std::optional<crm::Record>> get(crm::Model model, const Uuid& id) const;  ///< tombstones too
    [[nodiscard]] Result<std::int64_t> count(crm::Model model) const;                              ///< not deleted

    /// Reads the whole file: SQLite's structure and every row's checksum. Takes a second for some 100,000 records.
    struct Check {
        std::int64_t records = 0;         ///< that are well
        std::vector<std::string> faults;  ///< a sentence each
    };
    [[nodiscard]] Result<Check> check() const;
    /// Reads the side journal: how many unsent operations are in it. JOURNAL_DAMAGED where not all of it can be read,
    /// or it has not what the queue has; JOURNAL_NEWER.
    [[nodiscard]] Result<std::int64_t> check_journal() const;

    // ---- editing
    /// Writes records, queue rows and audit rows of all operations in one transaction. `base` and the queue's
    /// `before` are filled in here; id, stamp, user's intent (kind, changes, policy, group) come from the caller.
    /// Creating what is deleted restores it. Refused whole when one is wrong: NO_SUCH_RECORD (update of an unknown
    /// record, delete of an unknown or deleted one), RECORD_EXISTS.
    [[nodiscard]] Result<Committed> commit(std::span<const sync::Operation> operations, const std::string& user);

    // ---- sending
    /// The next operations to send, marked as sent (durably) with their sequence numbers before this returns. Those
    /// already in flight come again first, in their old order, and alone while there are any. New ones: due
    /// today first, then last touched first, deletes of what others hang on last; but parents before children, the
    /// order within one record kept, groups whole, nothing behind an operation of the same record that is parked, in
    /// error or in conflict.
    [[nodiscard]] Result<Batch> take_batch(const BatchLimits& limits);

    /// Books the server's verdicts (a whole answer). Accepted operations leave the queue and move the shadow on;
    /// MISSING_PARENT parks until the parent comes or a pull brought something; other rejections go to `error`,
    /// conflicts to `conflict`; parked ones whose obstacle is gone are queued again.
    [[nodiscard]] Result<Settled> settle(const sync::PushAnswer& answer);

    // ---- receiving
    /// Applies one page together with its cursor; rows with unsettled operations are rebased. While the server is
    /// another incarnation of itself (a restored backup), what it has lost is queued to be offered back.
    [[nodiscard]] Result<PageApplied> apply(const sync::PullPage& page);
    /// A pull that would take away more than 30 % of a model, and more than 50 records of it, is held back unless this
    /// says that it may. Counted over the pages of one pull, whatever takes them: tombstones, records out of sight, and
    /// the end of a pull from the start. Not remembered over a start.
    void allow_removals(bool allowed);

    // ---- what is left out (sync/selection.h)
    /// What is wanted from now on; to be called when no page is on its way. What is left out stays as it is here.
    [[nodiscard]] Result<void> select(const sync::Parts& left_out);
    /// Applies one page of the catch-up, together with its cursor. The version of a record of which only fields were
    /// fetched stays: the main pull may have more of it to tell.
    [[nodiscard]] Result<PageApplied> catch_up(const sync::PullPage& page);
    [[nodiscard]] Result<void> restart_catch_up();  ///< its cursor is too old

    // ---- verify: is the mirror what the server has? (sync/mirror.h)
    /// The sums of what the server last said of this model's records; kept up with every change.
    [[nodiscard]] std::vector<sync::Bucket> mirror(crm::Model model, std::size_t buckets = sync::kBuckets) const;
    /// Sums everything up from the rows, checksums included; the number of buckets whose sums had been wrong.
    [[nodiscard]] Result<std::int64_t> recount_mirror();
    /// What the server's answer to `asked` says of our mirror, and what to ask next.
    [[nodiscard]] Result<Comparison> compare(const sync::VerifyRequest& asked, const sync::VerifyAnswer& answer);
    /// Takes over a page of records that `compare` found to differ; unsettled edits stay on top.
    [[nodiscard]] Result<PageApplied> repair(const sync::PullPage& page);

    // ---- queue
    [[nodiscard]] const QueueSummary& queue() const;  ///< kept in memory, always equal to the table
    [[nodiscard]] Result<std::vector<sync::QueuedOperation>> list_queue(std::size_t limit = 1'000) const;
    /// Queues an operation that was refused again under a new id, with those of its group, as an edit of what is there
    /// now: labels and lines are joined with what others added since. `mended` are values that take the place of its
    /// own. Nothing goes again by itself but what waits for a parent (MISSING_PARENT, at most ten times, and not before
    /// a pull told more): every other
    /// verdict would be the same. NO_SUCH_OPERATION, OPERATION_IN_FLIGHT, IN_CONFLICT (`resolve` is for those),
    /// OUT_OF_SIGHT (its record was revoked), NOTHING_TO_MEND (a delete), NOTHING_TO_SEND (what is left is there
    /// already), errors of crm::validate.
    [[nodiscard]] Result<Visible> retry(const Uuid& operation, const Uuid& new_id, const std::string& new_stamp,
                                        const crm::Changes& mended = {});
    /// Drops an operation (state error, parked, conflict or queued; never sent) and shows the server's state again.
    /// NO_SUCH_OPERATION, OPERATION_IN_FLIGHT.
    [[nodiscard]] Result<Visible> discard(const Uuid& operation);
    /// Drops all of them, those in flight too (of which the server may have some: the next pull is one from the start).
    [[nodiscard]] Result<Visible> discard_all();

    // ---- the rescue copy (client/rescue.h)
    /// The database as it is now, whole, as a new file.
    [[nodiscard]] Result<void> copy_to(const std::string& file_name);
    /// All unsent work. From now on none of these operations is altered any more: what is in the copy and what is sent
    /// from here are the same, and the server takes each once.
    [[nodiscard]] Result<Unsent> unsent();
    /// Takes over work from another laptop, or from this one before a disaster, under its old ids; what is in the queue
    /// already is left as it is. The attachments' bytes must be in their place.
    [[nodiscard]] Result<Adopted> adopt(const Unsent& unsent);

    // ---- decisions
    /// Edits in state `conflict`, oldest first.
    [[nodiscard]] Result<std::vector<Conflict>> conflicts() const;
    /// What is kept of the edit is queued again under a new id, to apply over what the server holds (policy force);
    /// what is given up leaves the queue, and the audit trail has it. NO_CONFLICT, NOT_IN_CONFLICT, errors of
    /// crm::validate for a value of one's own.
    [[nodiscard]] Result<Visible> resolve(const Uuid& operation, const Resolution& resolution, const Uuid& new_id,
                                          const std::string& new_stamp);
    /// What the policies decided without asking, newest first: SUPERSEDED (`before` holds our values that lost) and
    /// OVERRODE (`before` holds others' values that lost against ours). `after` is what they lost to; it is empty where
    /// that was a deletion, and `before` where a deletion lost.
    [[nodiscard]] Result<std::vector<AuditRow>> decisions(std::size_t limit) const;

    // ---- attachments (the lane's matter, see client/attachments.h)
    [[nodiscard]] Result<void> save_attachment(const Attachment& attachment);  ///< new, or in place of the old row
    [[nodiscard]] Result<void> drop_attachment(const Uuid& id);                ///< one that is not there is no error
    [[nodiscard]] Result<std::optional<Attachment>> attachment(const Uuid& id) const;
    [[nodiscard]] Result<std::vector<Attachment>> attachments(const Uuid& record) const;  ///< newest first
    [[nodiscard]] Result<std::vector<Uuid>> attachment_ids() const;  ///< of all that are not being taken away
    /// What waits, in the order in which it is to go: removals, then fetches, then uploads, oldest first.
    [[nodiscard]] Result<std::vector<Attachment>> transfers() const;
    /// Those that the server does not know of, or not of their removal (Attachment::unsent).
    [[nodiscard]] Result<std::vector<Attachment>> unsent_attachments() const;
    [[nodiscard]] const UnsentFiles& unsent_files() const;  ///< kept in memory, always equal to the table
    [[nodiscard]] Result<std::vector<Attachment>> attachments_with(const std::string& sha256) const;

    // ---- identity, state, history
    [[nodiscard]] const SyncState& state() const;
    /// The server's database is another one than before, and the first pull from it is not through.
    [[nodiscard]] bool other_incarnation() const;
    [[nodiscard]] Result<void> save_state(const SyncState& state);
    /// A new identity after DEVICE_FORKED: new device id, sequence from 0, operations in flight are queued again
    /// under their old ids (the server answers those it knows with their first result). The next pull is from the
    /// start: what another did under the old identity was no news to this one.
    [[nodiscard]] Result<void> renew_device(const std::string& device_id);
    /// After SEQUENCE_GAP: the next operation has this number, and those in flight are queued again as they are. The
    /// next pull is from the start.
    [[nodiscard]] Result<void> number_from(std::int64_t sequence);
    /// Gives operations that were never sent other stamps, by `stamp_of(old stamp)`, in the order in which they were
    /// made: for when it turns out that the clock was wrong. An edit stays after what it was made on, as long as that
    /// is not itself of a time after `latest`. The hybrid clock's reading is then `reading`, or the last stamp given.
    [[nodiscard]] Result<Visible> restamp(const std::function<std::string(const std::string&)>& stamp_of,
                                          const std::function<std::pair<UnixMs, std::uint16_t>()>& reading,
                                          UnixMs latest);
    [[nodiscard]] Result<void> add_history(const SyncHistoryRow& row);  ///< the newest 1,000 are kept
    [[nodiscard]] Result<std::vector<SyncHistoryRow>> history(std::size_t limit) const;
    [[nodiscard]] Result<std::vector<AuditRow>> audit(const Uuid& record) const;
    /// A small text that is no record and is lost with the database: whoever keeps it can get it again. Empty: none.
    [[nodiscard]] Result<void> keep(std::string_view name, std::string_view text);
    [[nodiscard]] Result<std::string> kept(std::string_view name) const;
    /// A part of the audit trail. Looks at some thousand rows at most: with a filter a page may be empty and not the
    /// last.
    [[nodiscard]] Result<ActivityPage> activity(const ActivityQuery& query) const;

  private:
    struct Impl;
    explicit Store(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// ROW_DAMAGED, for whoever was to read all records and had to leave some out. `file` may be empty.
[[nodiscard]] Error rows_damaged(std::int64_t count, const std::string& file = {});

}  // namespace ct::store
