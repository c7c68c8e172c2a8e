// The one interface between the server and a database. Thin, and shaped by what a transaction needs: whole sets go
// in and out, so that a database behind a network costs a few round trips per request and never one per row.
//
// Every method may fail with kind disk, busy, corrupt or newer (the caller answers 503) and leaves nothing half done.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"
#include "crm/record.h"
#include "crm/value.h"
#include "server/storage/account.h"
#include "server/storage/attachment.h"
#include "sync/merge.h"

namespace ct::server {

struct RecordKey {
    crm::Model model = crm::Model::lead;
    Uuid id;
    auto operator<=>(const RecordKey&) const = default;
};

/// A user who once saw the record through ownership of its lead, and the version at which that ended.
struct FormerOwner {
    std::string user;
    std::int64_t until = 0;
};

/// A record with what the server alone knows about it.
struct StoredRecord {
    sync::ServerRecord server;
    bool stored = false;    ///< there is a row of it
    std::int64_t feed = 0;  ///< place in the order of pulls: its version, or later, when only who sees it changed
    std::string owner;      ///< the user whom an EMPLOYEE must be to see it; empty: none
    std::int64_t owner_version = 0;  ///< feed at which the owner changed last; 0: the same since its creation
    std::vector<FormerOwner> former_owners;
    std::map<std::int64_t, std::string> pushers;  ///< by version found in the origins: the device that pushed it
};

/// What an operation did, kept for ever: the receipt that makes it happen once, and the audit trail.
struct LogEntry {
    const sync::Operation* operation = nullptr;
    std::string_view data;      ///< its changes as JSON
    std::uint64_t content = 0;  ///< checksum of everything it said
    std::string_view user, device;
    std::int64_t sequence = 0;
    sync::Verdict verdict = sync::Verdict::applied;
    std::int64_t version = 0;  ///< of the record, as answered
    std::string result;        ///< the answer's element as JSON; empty: `applied` with nothing but the version
    std::string lost;          ///< values that lost, as JSON, or empty
    bool again = false;        ///< replaces the entry of an earlier attempt that was rejected
};

/// What is on record of an operation seen before.
struct Receipt {
    std::uint64_t content = 0;
    sync::Verdict verdict = sync::Verdict::applied;
    std::int64_t version = 0;
    std::string result;  ///< as in LogEntry
};

/// A version of a record, and the device that made it.
struct Made {
    std::string record, device;  ///< ids
    std::int64_t version = 0;
};

/// An accepted edit of a record, from the log.
struct PastEdit {
    bool creates = false;
    std::string device;
    std::int64_t version = 0;
    std::string data, result;  ///< as in LogEntry
};

/// One push: holds the workspace's version counter from begin to end, so that commit order is version order.
/// Not committed means rolled back.
class WriteTransaction {
  public:
    virtual ~WriteTransaction() = default;

    [[nodiscard]] virtual std::int64_t version() const = 0;  ///< the counter as it stands
    [[nodiscard]] virtual Result<std::int64_t> next_sequence(std::string_view device) = 0;

    /// The ids recorded at the device's sequence numbers [from, to), in order.
    [[nodiscard]] virtual Result<std::vector<Uuid>> sent(std::string_view device, std::int64_t from,
                                                         std::int64_t to) = 0;
    [[nodiscard]] virtual Result<std::map<Uuid, Receipt>> receipts(std::span<const Uuid> operations) = 0;
    /// Edits of the record that were accepted, deletions left out, newest first.
    [[nodiscard]] virtual Result<std::vector<PastEdit>> past_edits(const RecordKey& record) = 0;
    [[nodiscard]] virtual Result<std::vector<std::string>> authors(std::span<const Made> made) = 0;  ///< as below
    /// One per key, in order; `stored` is false where there is none.
    [[nodiscard]] virtual Result<std::vector<StoredRecord>> load(std::span<const RecordKey> keys) = 0;
    /// All notes, payments and reminders of these leads.
    [[nodiscard]] virtual Result<std::vector<RecordKey>> children(std::span<const Uuid> leads) = 0;

    [[nodiscard]] virtual Result<void> save(std::span<const StoredRecord* const> records) = 0;
    [[nodiscard]] virtual Result<void> log(std::span<const LogEntry> entries, UnixMs at) = 0;
    [[nodiscard]] virtual Result<void> mark_sent(std::string_view device, std::int64_t from,
                                                 std::span<const Uuid> operations) = 0;
    /// Sets the counter and the device's next sequence number, and makes everything durable.
    [[nodiscard]] virtual Result<void> commit(std::int64_t version, std::string_view device, std::int64_t next_sequence,
                                              UnixMs now) = 0;
};

/// Who looks: everything of the workspace, or only what hangs on the leads that `user` owns.
struct Viewer {
    std::string user;
    bool all = true;
};

/// A row as the database hands it over; views live until the visitor returns.
struct RowView {
    crm::Model model = crm::Model::lead;
    std::string_view id;
    std::int64_t version = 0, feed = 0, owner_version = 0;
    UnixMs created_at = 0, updated_at = 0;
    bool deleted = false;
    std::string_view owner, former_owners, origins, extra;
    std::span<const crm::ValueView> values;  ///< by field id
};
using RowVisitor = std::function<bool(const RowView&)>;  ///< false: enough

/// The order of a first pull: the urgent before the rest, and parents always before their children.
enum class Phase : std::uint8_t { open_leads, open_reminders, other_leads, other_reminders, payments, notes };
inline constexpr std::size_t kPhaseCount = 6;
[[nodiscard]] constexpr crm::Model model_of(Phase phase) {
    switch (phase) {
        case Phase::open_leads:
        case Phase::other_leads: return crm::Model::lead;
        case Phase::open_reminders:
        case Phase::other_reminders: return crm::Model::reminder;
        case Phase::payments: return crm::Model::payment;
        case Phase::notes: return crm::Model::note;
    }
    return crm::Model::lead;
}

/// One consistent look at a workspace.
class ReadTransaction {
  public:
    virtual ~ReadTransaction() = default;

    [[nodiscard]] virtual std::int64_t version() const = 0;
    [[nodiscard]] virtual std::int64_t purge_floor() const = 0;
    /// Operations that the device ever sent; 0 for one that is not known.
    [[nodiscard]] virtual Result<std::int64_t> next_sequence(std::string_view device) = 0;

    /// Living rows of a phase that the viewer sees, newest id first, below `below` (empty: from the newest).
    /// `as_of` is the version at which this first pull began: rows that changed since are left out (they follow
    /// among the changes), and a reminder counts as one of an open lead only while that lead did not change since,
    /// so that what changes between two pages is sent twice rather than never.
    [[nodiscard]] virtual Result<void> snapshot(Phase phase, std::int64_t as_of, std::string_view below,
                                                const Viewer& viewer, const RowVisitor& visit) = 0;
    /// Rows with a feed after `after`, of all these models in one order of rising feed. A viewer who does not see
    /// everything also gets the rows that they have lost.
    [[nodiscard]] virtual Result<void> changes(std::int64_t after, std::span<const crm::Model> models,
                                               const Viewer& viewer, const RowVisitor& visit) = 0;
    /// Those of the records whose feed is after `after`, whoever may see them.
    [[nodiscard]] virtual Result<void> records(crm::Model model, std::span<const std::string> ids, std::int64_t after,
                                               const RowVisitor& visit) = 0;
    /// Who made these, one id of a user each, in order; empty where that is not on record (what was made under the id
    /// of a lead that is merged by now). A device may have had other users since: the log says whose each edit was.
    [[nodiscard]] virtual Result<std::vector<std::string>> authors(std::span<const Made> made) = 0;
    /// About how many rows a first pull of these models has.
    [[nodiscard]] virtual Result<std::int64_t> count(std::span<const crm::Model> models, const Viewer& viewer) = 0;
    /// Ids, versions and feeds of all living rows that the viewer sees (the other members of the view stay empty).
    [[nodiscard]] virtual Result<void> versions(crm::Model model, const Viewer& viewer, const RowVisitor& visit) = 0;
};

/// How far a device has pulled, as far as that is on record.
struct PulledTo {
    std::string device;
    std::int64_t version = 0;  ///< it has all that came before; 0: nothing is known of it
    UnixMs seen_at = 0;
};

/// An operation that was refused or came into conflict, as the log has it.
struct Trouble {
    UnixMs at = 0;
    std::string verdict, operation, model, record_id, user, device;  ///< the last two by name
    std::string result;                                              ///< as in LogEntry
};

/// Which operations an audit is about; empty members leave everything in.
struct AuditQuery {
    std::string record, user, device;  ///< ids
    int most = 100;
};

/// Who did what from which device, as the log has it.
struct AuditEntry {
    std::string operation_id, operation, model, record_id, verdict;
    std::string user, user_name, device, device_name;  ///< names are those of today; empty when there is none
    std::string data, lost;  ///< what it set and what of it lost against others, as JSON; or empty
    std::int64_t version = 0;
    UnixMs received_at = 0;
};

/// Connections to the database.
struct PoolState {
    std::int64_t open = 0, idle = 0, most = 0;
    std::int64_t waiting = 0;  ///< requests that wait for one
};

/// What other processes commit, as it happens. One thread.
class Changes {
  public:
    virtual ~Changes() = default;
    struct Change {
        WorkspaceKey workspace = 0;
        std::int64_t version = 0;
    };
    /// What came within that time at most; nothing, when nothing did. After an error something may have been missed.
    [[nodiscard]] virtual Result<std::vector<Change>> wait(std::chrono::milliseconds at_most) = 0;
};

/// A database. Any thread may call anything here; transactions belong to the thread that began them.
class Storage : public Accounts {
  public:
    /// The id of this incarnation of the database.
    [[nodiscard]] virtual std::string epoch() const = 0;
    /// Gives the database a new one: it has been restored from a backup that this program did not make. Other
    /// processes on it must be stopped.
    [[nodiscard]] virtual Result<std::string> renew_epoch(Random& random) = 0;
    [[nodiscard]] virtual Result<void> ready() = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<WriteTransaction>> begin_write(WorkspaceKey workspace) = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<ReadTransaction>> begin_read(WorkspaceKey workspace) = 0;

    /// Kind busy: it would have to wait for a push, and pulls never do.
    [[nodiscard]] virtual Result<void> note_pulled(WorkspaceKey workspace, std::string_view device,
                                                   std::int64_t version, UnixMs now) = 0;
    [[nodiscard]] virtual Result<std::vector<PulledTo>> pulled(WorkspaceKey workspace) = 0;  ///< all devices
    /// What the device says of its own queue: `operations`, the oldest made at `since` (0: none).
    [[nodiscard]] virtual Result<void> note_waiting(WorkspaceKey workspace, std::string_view device,
                                                    std::int64_t operations, UnixMs since, UnixMs now) = 0;
    /// Takes away the rows of deleted records whose feed is at most `up_to` and of which nothing was received since
    /// `received_before`, merged leads excepted, and raises the purge floor to the newest of them. How many went. In
    /// short transactions: a push never waits for a look through a table.
    [[nodiscard]] virtual Result<std::int64_t> purge(WorkspaceKey workspace, std::int64_t up_to,
                                                     UnixMs received_before) = 0;
    /// The newest first.
    [[nodiscard]] virtual Result<std::vector<Trouble>> troubles(WorkspaceKey workspace, int most) = 0;
    /// The newest first, by when they were made.
    [[nodiscard]] virtual Result<std::vector<AuditEntry>> audit(WorkspaceKey workspace, const AuditQuery& query) = 0;
    [[nodiscard]] virtual PoolState pool() = 0;
    /// Null: this database does not tell, and has to be looked at.
    [[nodiscard]] virtual Result<std::unique_ptr<Changes>> listen() { return std::unique_ptr<Changes>(); }
    [[nodiscard]] virtual Attachments& attachments() = 0;  ///< lives as long as this object
};

/// Opens what a DATABASE_URL names and brings its tables up to date: "file:PATH" (a path alone will do;
/// "file::memory:" for tests), "postgresql://user:password@host:port/database" or "mysql://…" ("mariadb://…"); on a
/// server the database must exist. Error UNSUPPORTED_DATABASE for other kinds.
enum class IfMissing { create, refuse };  ///< refuse: error NO_DATABASE
[[nodiscard]] Result<std::unique_ptr<Storage>> open_storage(const std::string& url, Random& random,
                                                            IfMissing missing = IfMissing::create);

/// A replica of a database server's: for begin_read alone, which may be behind. Nothing is written and no table made.
/// Errors as above, and UNSUPPORTED_DATABASE for what is no database server.
[[nodiscard]] Result<std::unique_ptr<Storage>> open_replica(const std::string& url);

}  // namespace ct::server
