// What crosses the channel between the UI thread and the worker: commands one way, events the other. Plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "client/diagnostics.h"
#include "client/import_types.h"
#include "client/inspect.h"
#include "client/people_list.h"
#include "client/rescue.h"
#include "net/link_weather.h"
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
    bool discard_unsent = false;  ///< another user's work, that waits on this profile
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
struct ListHistory {};
struct ListActivity {
    store::ActivityQuery query;
};
struct ListTrail {  ///< what became of a record and of those that hang on it; ends with TrailListed
    Uuid record;
    std::vector<Uuid> children;
};
struct ListStorage {};  ///< what the profile takes on the disk
struct BackUp {         ///< all of the profile in one file (client/backup.h)
    std::string file, passphrase;
};
struct IntervalChanged {
    std::int64_t seconds = 300;
};
struct AddAttachment {
    crm::Model model = crm::Model::lead;
    Uuid record;
    std::string file;
};
struct RemoveAttachment {  ///< to be taken back by KeepAttachment for a little while
    Uuid id;
};
struct KeepAttachment {  ///< after all; it is again as it was
    Uuid id;
};
struct OpenAttachment {  ///< a copy to look at; ends with AttachmentReady or AttachmentFailed
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
struct SaveAttachment {  ///< a copy of its bytes at that path; ends with FileWritten
    Uuid id;
    std::string file;
};
struct SendAttachmentsNow {};  ///< also over a slow or metered link
struct MeteredChanged {
    bool on = false;
};
struct LiveUpdatesChanged {  ///< hear of others' edits as they are made, or only with the rounds
    bool on = true;
};
struct LeaveOut {  ///< what is not pulled any more; what is wanted again is fetched
    sync::Parts parts;
};
struct SaveRescue {  ///< all unsent work in one sealed file (client/rescue.h)
    std::string file, passphrase;
};
struct ReplayRescue {
    std::string file, passphrase;
};
/// A worse network than there is, until the program ends or this comes again with none (parse_link_weather). What is
/// under way is cut; SyncView::simulated_link says so as long as it is on.
struct SimulateLink {
    net::LinkWeather weather;
};
struct ExportDiagnostics {  ///< ends with DiagnosticsDone or DiagnosticsFailed; nothing waits for it
    std::string file;
};
struct ReadFile {  ///< ends with FileRead
    std::string file;
};
struct WriteFile {  ///< ends with FileWritten
    std::string file, bytes;
};
struct StartImport {  ///< one at a time; ImportProgress, then ImportEnded. `text`: the whole file
    std::uint64_t ticket = 0;
    std::shared_ptr<const std::string> text;
    ImportOptions options;
};
struct CancelImport {};  ///< what is saved by then stays, and can be undone
struct ReverseImport {   ///< takes all of it back, or having done so, does all of it again; ends with ImportEnded
    std::uint64_t ticket = 0;
};
struct AskPeople {};  ///< somebody looks at who there is, or at an id that nobody has; a list that is fresh stays
struct KeepDraft {    ///< what is typed and not saved, to be there after a crash; empty: nothing is
    std::string text;
};
using Command =
    std::variant<std::monostate, Commit, SyncNow, VerifyNow, DecideRemovals, WorkOffline, WindowFocused, SignIn,
                 SignOut, ListQueue, RetryOperation, DiscardOperation, ListConflicts, ResolveConflict, ListDecisions,
                 ListHistory, ListActivity, ListStorage, BackUp, IntervalChanged, AddAttachment, RemoveAttachment,
                 KeepAttachment, OpenAttachment, FetchAttachment, RetryAttachment, ListAttachments, SaveAttachment,
                 ListTrail, SendAttachmentsNow, MeteredChanged, LiveUpdatesChanged, LeaveOut, SaveRescue, ReplayRescue,
                 SimulateLink, ExportDiagnostics, inspect::Question, ReadFile, WriteFile, StartImport, CancelImport,
                 ReverseImport, AskPeople, KeepDraft>;

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
    needs_you,      ///< all else is sent: what is left waits for a person
    update_needed,  ///< the server takes nothing from this version of the program
};

/// All that the indicator, its popover and `status` show. Posted whenever any of it changes; a snapshot.
struct SyncView {
    Indicator indicator = Indicator::local_only;
    store::QueueSummary queue;                             ///< records, operations, by model, oldest
    store::UnsentFiles files;                              ///< attached or taken away here, not at the server yet
    std::string files_wait;                                ///< in words: why those wait; empty: nothing says more
    std::int64_t needs_you = 0;                            ///< conflicts + errors + failed files
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
    std::string obstacle;               ///< in words, where `indicator` alone says too little or the wrong thing
    bool working_offline = false;       ///< by the user's choice
    store::HeldRemovals removals;       ///< any: a pull waits for DecideRemovals, and nothing of it is done
    std::string removals_reason;        ///< in words: what would go; empty when nothing is held
    bool removals_refused = false;
    std::string server_url, user_id, user_name, user_email, workspace_name, device_id, epoch;
    std::string user_role;  ///< "EMPLOYEE", as of the sign-in
    std::string cursor;
    std::vector<std::string> left_out;     ///< by the user: "Payment", "Lead.notes"
    std::vector<std::string> catching_up;  ///< wanted again, and not all here yet
    std::int64_t clock_offset_ms = 0;
    std::string simulated_link;  ///< in words: the network is made worse on purpose; empty: it is as it is

    bool operator==(const SyncView&) const = default;
};

struct Loaded {  ///< part of the start: records of one model
    crm::Model model = crm::Model::lead;
    std::vector<crm::Record> records;
    std::int64_t expected = 0;  ///< with the first part: about how many there are in all
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
struct ActivityListed {
    store::ActivityQuery query;  ///< that was asked
    store::ActivityPage page;
};
struct StorageListed {  ///< bytes on the disk
    std::int64_t database = 0, journal = 0, attachments = 0, log = 0;
    std::int64_t set_aside = 0;  ///< copies from before a new version, a repair or a restore
};
struct BackedUp {
    std::string file;
    std::int64_t bytes = 0;
};
struct BackUpFailed {
    Error error;
};
struct Trouble {
    Error error;
};                           ///< something the user must know (disk, damaged database …)
struct AttachmentsChanged {  ///< all of a record, newest first
    Uuid record;
    std::vector<store::Attachment> attachments;
};
struct TrailListed {
    Uuid record;
    std::vector<store::AuditRow> rows;  ///< newest first
};
struct AttachmentReady {  ///< to be opened: a copy that was asked for
    std::string file;
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
struct DiagnosticsDone {
    std::string file;
    DiagnosticsSummary summary;
};
struct DiagnosticsFailed {
    Error error;
};
/// The database was made anew, or opened anew after a write that failed (and may have been taken all the same): forget
/// all records, they come again as at the start.
struct DatabaseReopened {};
struct FileRead {
    std::string file;
    std::shared_ptr<const std::string> text;  ///< null: see `error`
    std::optional<Error> error;
};
struct FileWritten {
    std::string file;
    std::optional<Error> error;
};
struct ImportProgress {
    std::uint64_t ticket = 0;
    std::int64_t rows = 0, rows_total = 0;
};
struct ImportEnded {
    std::uint64_t ticket = 0;
    ImportReport report;
    bool dry_run = false, cancelled = false, reversed = false;
    std::optional<Error> error;  ///< it ended early; what the report counts is saved
};
struct PeopleChanged {  ///< who is in the workspace; at the start as it was known last
    PeopleList people;
};
struct DraftFound {  ///< what KeepDraft kept last, at the start
    std::string text;
};
using Event =
    std::variant<std::monostate, Loaded, LoadDone, Saved, SaveFailed, RecordsChanged, SyncChanged, SyncFinished,
                 SignedIn, SignInFailed, QueueListed, ConflictsListed, DecisionsListed, HistoryListed, ActivityListed,
                 StorageListed, BackedUp, BackUpFailed, Trouble, AttachmentsChanged, AttachmentReady, AttachmentFailed,
                 RescueDone, RescueFailed, DiagnosticsDone, DiagnosticsFailed, DatabaseReopened, inspect::Answer,
                 FileRead, FileWritten, ImportProgress, ImportEnded, DraftFound, TrailListed, PeopleChanged>;

/// "120 of 200 leads and 300 of 310 notes": what a pull would take away; empty when nothing is held.
[[nodiscard]] std::string in_words(const store::HeldRemovals& removals);

/// "2 files, 3.4 MB, and 1 removal": what waits to reach the server; empty when nothing does.
[[nodiscard]] std::string in_words(const store::UnsentFiles& files);
/// "2 files, 3.4 MB, wait to be sent: the link is metered"; empty when none waits.
[[nodiscard]] std::string files_line(const SyncView& view);

/// The indicator's first line for people, as product.md words it ("3 records waiting. Sending in 2 s").
[[nodiscard]] std::string headline(const SyncView& view, UnixMs now);

}  // namespace ct::client
