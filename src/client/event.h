// What crosses the channel between the UI thread and the worker: commands one way, events the other. Plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "client/inspect.h"
#include "client/rescue.h"
#include "store/store.h"
#include "sync/operation.h"

namespace ct::client {

/// One change that a user made. Its id, stamp and base are given by the worker.
struct Edit {
    sync::OperationKind kind = sync::OperationKind::update;
    crm::Model model = crm::Model::lead;
    Uuid record;
    crm::Changes changes;  ///< validated
};

// ---- UI -> worker
struct Commit {
    std::uint64_t ticket = 0;  ///< given by the UI, comes back in Saved or SaveFailed
    std::vector<Edit> edits;   ///< one save of the user; more than one: a group, all or none
};
struct SyncNow {};
/// A round, and behind it the whole mirror compared with the server, every row read; ends with SyncFinished.
struct VerifyNow {
    bool repair = true;  ///< fetch again what differs
};
/// Whether a pull may take away what SyncView::removals says. Refused, everything stays, edits are sent, and with a
/// later round the pull is looked at again.
struct DecideRemovals {
    bool allowed = false;
};
struct WorkOffline {
    bool on = false;
};
struct WindowFocused {};
struct SignIn {
    std::string server_url, email, password, workspace;
};
struct SignOut {};
struct ListQueue {};
struct RetryOperation {
    Uuid operation;
    crm::Changes mended = {};  ///< values in place of the refused ones; none: as it was
};
struct DiscardOperation {
    Uuid operation;
};
struct ListConflicts {};
struct ResolveConflict {
    Uuid operation;
    store::Resolution resolution;
};
struct ListDecisions {};  ///< what the policies decided without asking
struct TakeBack {         ///< writes the value that lost again, as a new edit
    store::AuditRow decision;
};
struct ListHistory {};
struct IntervalChanged {
    std::int64_t seconds = 300;
};
struct AddAttachment {
    crm::Model model = crm::Model::lead;
    Uuid record;
    std::string file;
};
struct RemoveAttachment {
    Uuid id;
};
struct FetchAttachment {  ///< its bytes are wanted here
    Uuid id;
};
struct RetryAttachment {
    Uuid id;
};
struct ListAttachments {  ///< as known here, at once; and again when the server has said what it has
    crm::Model model = crm::Model::lead;
    Uuid record;
};
struct SendAttachmentsNow {};  ///< also over a slow or metered link
struct MeteredChanged {
    bool on = false;
};
struct LiveUpdatesChanged {  ///< hear of others' edits as they are made, or only with the rounds
    bool on = true;
};
struct SaveRescue {  ///< all unsent work in one sealed file (client/rescue.h)
    std::string file, passphrase;
};
struct ReplayRescue {
    std::string file, passphrase;
};
using Command = std::variant<std::monostate, Commit, SyncNow, VerifyNow, DecideRemovals, WorkOffline, WindowFocused,
                             SignIn, SignOut, ListQueue, RetryOperation, DiscardOperation, ListConflicts,
                             ResolveConflict, ListDecisions, TakeBack, ListHistory, IntervalChanged, AddAttachment,
                             RemoveAttachment, FetchAttachment, RetryAttachment, ListAttachments, SendAttachmentsNow,
                             MeteredChanged, LiveUpdatesChanged, SaveRescue, ReplayRescue, inspect::Question>;

// ---- worker -> UI
/// The states of product.md's table, in the order in which they are decided.
enum class Indicator : std::uint8_t {
    synced,
    pending,
    syncing,
    offline,
    server_away,
    login_page,
    signed_out,
    local_trouble,
    local_only,
};

/// All that the indicator, its popover and `status` show. Posted whenever any of it changes; a snapshot.
struct SyncView {
    Indicator indicator = Indicator::local_only;
    store::QueueSummary queue;                             ///< records, operations, by model, oldest
    std::int64_t needs_you = 0;                            ///< conflicts + errors
    std::int64_t sending_done = 0, sending_total = 0;      ///< operations of this round
    std::int64_t receiving_done = 0, receiving_total = 0;  ///< rows of this round; total as estimated by the server
    std::int64_t bytes_sent = 0, bytes_received = 0;       ///< of this round
    UnixMs next_try_at = 0;  ///< 0: nothing is scheduled (offline by choice, signed out, or busy)
    UnixMs last_sync_at = 0;
    UnixMs oldest_unsent_at = 0;  ///< when the oldest edit was made that the server has not settled; 0: none
    /// In words: why something in the queue is not settled yet, also what waits for a person; empty when it is empty.
    std::string reason;
    std::int64_t attempts_in_vain = 0;  ///< rounds in a row that sent nothing of it although the link is up
    std::int64_t deferred_rows = 0;     ///< older records that a metered link leaves at the server until *Sync now*
    bool listening = false;             ///< others' edits arrive as they are made
    std::string last_error_code;        ///< of the last failed attempt; empty after a success
    bool working_offline = false;       ///< by the user's choice
    store::HeldRemovals removals;       ///< any: a pull waits for DecideRemovals, and nothing of it is done
    std::string removals_reason;        ///< in words: what would go; empty when nothing is held
    bool removals_refused = false;
    std::string server_url, user_name, user_email, workspace_name, device_id, epoch;
    std::string cursor;
    std::int64_t clock_offset_ms = 0;

    bool operator==(const SyncView&) const = default;
};

struct Loaded {  ///< part of the start: records of one model
    crm::Model model = crm::Model::lead;
    std::vector<crm::Record> records;
};
struct LoadDone {};  ///< everything is in memory
struct Saved {       ///< durable. `visible` are the records as stored
    std::uint64_t ticket = 0;
    store::Visible visible;
};
struct SaveFailed {  ///< nothing was stored; the UI takes the edit back and keeps the typed text
    std::uint64_t ticket = 0;
    Error error;
};
struct RecordsChanged {
    store::Visible visible;
};  ///< by a sync, a retry or a discard
struct SyncChanged {
    SyncView view;
};
struct SyncFinished {  ///< a round ended
    store::SyncHistoryRow row;
    bool asked_for = false;                    ///< by SyncNow: the UI may toast success
    std::string detail;                        ///< on failure: one sentence
    std::optional<sync::VerifyCounts> verify;  ///< when the mirror was compared with the server
};
struct SignedIn {
    sync::UserInfo user;
};
struct SignInFailed {
    Error error;
};
struct QueueListed {
    std::vector<sync::QueuedOperation> operations;
};
struct ConflictsListed {
    std::vector<store::Conflict> conflicts;
};
struct DecisionsListed {
    std::vector<store::AuditRow> decisions;
};
struct HistoryListed {
    std::vector<store::SyncHistoryRow> rows;
};
struct Trouble {
    Error error;
};                           ///< something the user must know (disk, damaged database …)
struct AttachmentsChanged {  ///< all of a record, newest first
    Uuid record;
    std::vector<store::Attachment> attachments;
};
struct AttachmentFailed {  ///< what the user just asked for: nothing was changed
    Error error;
};
struct RescueDone {
    RescueSummary summary;
    bool replayed = false;  ///< else: saved
};
struct RescueFailed {
    Error error;
};
struct DatabaseRebuilt {};  ///< forget all records: they come again, as at the start
using Event =
    std::variant<std::monostate, Loaded, LoadDone, Saved, SaveFailed, RecordsChanged, SyncChanged, SyncFinished,
                 SignedIn, SignInFailed, QueueListed, ConflictsListed, DecisionsListed, HistoryListed, Trouble,
                 AttachmentsChanged, AttachmentFailed, RescueDone, RescueFailed, DatabaseRebuilt, inspect::Answer>;

/// "120 of 200 leads and 300 of 310 notes": what a pull would take away; empty when nothing is held.
[[nodiscard]] std::string in_words(const store::HeldRemovals& removals);

/// The indicator's first line for people, as product.md words it ("3 records waiting. Sending in 2 s").
[[nodiscard]] std::string headline(const SyncView& view, UnixMs now);

}  // namespace ct::client
