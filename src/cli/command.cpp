#include "cli/command.h"

namespace ct::cli {
namespace {

constexpr Arg kLogin[] = {Arg::server, Arg::email, Arg::workspace, Arg::discard_unsent};
constexpr Arg kAdd[] = {Arg::model, Arg::assignments};
constexpr Arg kSet[] = {Arg::model, Arg::id, Arg::assignments};
constexpr Arg kOne[] = {Arg::model, Arg::id};
constexpr Arg kList[] = {Arg::model, Arg::where, Arg::search, Arg::sort, Arg::limit};
constexpr Arg kSync[] = {Arg::push_only,       Arg::pull_only,     Arg::watch,
                         Arg::attachments_now, Arg::allow_deletes, Arg::link};
constexpr Arg kInspect[] = {Arg::export_to};
constexpr Arg kRetry[] = {Arg::mended, Arg::all};
constexpr Arg kVerify[] = {Arg::repair};
constexpr Arg kQueue[] = {Arg::operations, Arg::all};
constexpr Arg kQueueExport[] = {Arg::queue_file};
constexpr Arg kImport[] = {Arg::model, Arg::csv_in, Arg::map, Arg::on_duplicate, Arg::dry_run};
constexpr Arg kExport[] = {Arg::model, Arg::csv_out};

constexpr Arg kConflict[] = {Arg::conflict};
constexpr Arg kResolve[] = {Arg::conflict, Arg::mine, Arg::theirs, Arg::choices};
constexpr Arg kMerge[] = {Arg::survivor, Arg::other};
constexpr Arg kUnmerge[] = {Arg::survivor};
constexpr Arg kDecided[] = {Arg::limit};

constexpr Arg kAttach[] = {Arg::model, Arg::id, Arg::file_in};
constexpr Arg kDetach[] = {Arg::attachment};
constexpr Arg kFetch[] = {Arg::attachment, Arg::file_out};

constexpr Arg kSealed[] = {Arg::archive, Arg::passphrase_file};
constexpr Arg kRestore[] = {Arg::archive, Arg::passphrase_file, Arg::discard_unsent};

constexpr Command kCommands[] = {
    {"login", "Bind the profile to a server; the password is read from standard input", kLogin, run_login,
     "login --server https://crm.example.com --email asha@example.com < password.txt"},
    {"logout", "Forget the server's token; records and queue stay", {}, run_logout, "logout"},
    {"add", "Add a record and print its id", kAdd, run_add,
     "add Lead name='Asha Rao' phone='98765 43210' city=Pune amount=150000"},
    {"set", "Change fields of a record; 'field=' clears one", kSet, run_set,
     "set Lead 1a2b3c status=FOLLOW_UP lostReason="},
    {"rm", "Move a record to the trash", kOne, run_rm, "rm Reminder 1a2b3c"},
    {"get", "Show one record", kOne, run_get, "get Lead 1a2b3c --json"},
    {"list", "List records, newest first", kList, run_list,
     "list Lead --where city=Pune --where status=PENDING --sort=-amount --limit 20"},
    {"people", "List who is in the workspace: 'set Lead ID ownerId=NAME' hands a lead over", {}, run_people, "people"},
    {"sync", "Send what waits and fetch what is new", kSync, run_sync, "sync --json"},
    {"status", "Tell what waits, and whether the server answers", {}, run_status, "status --json"},
    {"queue list", "List the edits that are not settled", {}, run_queue_list, "queue list"},
    {"queue retry", "Send refused edits again; with field=value, mended", kRetry, run_queue_retry,
     "queue retry 1a2b3c amount=17500"},
    {"queue discard", "Drop edits and show the server's state again", kQueue, run_queue_discard,
     "queue discard 1a2b3c"},
    {"queue export", "Write the queue to a file, a line of JSON per edit with its values and those before",
     kQueueExport, run_queue_export, "queue export unsent.jsonl"},
    {"conflict list",
     "List the edits that met others' and wait for a decision",
     {},
     run_conflict_list,
     "conflict list"},
    {"conflict show", "Show one: as it was, mine, theirs", kConflict, run_conflict_show, "conflict show 1a2b3c"},
    {"conflict resolve", "Decide one", kResolve, run_conflict_resolve,
     "conflict resolve 1a2b3c --set amount==17500 --set status=theirs"},
    {"conflict decided", "List the values that lost without a question", kDecided, run_conflict_decided,
     "conflict decided --limit 20"},
    {"conflict undo", "Bring a value that lost back, as a new edit", kConflict, run_conflict_undo,
     "conflict undo 1a2b3c"},
    {"merge", "Make two leads one; the second one's id stays as an alias", kMerge, run_merge, "merge 1a2b3c 4d5e6f"},
    {"unmerge", "Make a merged lead one of its own again", kUnmerge, run_unmerge, "unmerge 4d5e6f"},
    {"attach", "Attach a copy of a file to a record and print its id; the next sync sends it", kAttach, run_attach,
     "attach Lead 1a2b3c quotation.pdf"},
    {"attachments", "List the files of a record", kOne, run_attachments, "attachments Lead 1a2b3c"},
    {"detach", "Take a file off its record", kDetach, run_detach, "detach 7a8b9c"},
    {"fetch", "Save an attached file, from the server if it is not here", kFetch, run_fetch,
     "fetch 7a8b9c quotation.pdf"},
    {"import", "Add records from a CSV file; rows that are refused are listed, the rest go in", kImport, run_import,
     "import Lead customers.csv --map 'Mobile no=phone' --on-duplicate update --dry-run"},
    {"export", "Write all records of a model to a CSV file, which `import` reads back", kExport, run_export,
     "export Lead leads.csv"},
    {"doctor",
     "Look at the profile, the database, the queue and the way to the server, and say what to do",
     {},
     run_doctor,
     "doctor --json"},
    {"verify", "Compare this copy with the server; with --repair fetch again what differs", kVerify, run_verify,
     "verify --repair"},
    {"inspect", "Tell why this profile does not sync; or put what is known, without its customers, into a file",
     kInspect, run_inspect, "inspect --export diagnostics.jsonl.zst"},
    {"rescue save", "Put all unsent work into one sealed file; the passphrase is read from standard input", kSealed,
     run_rescue_save, "rescue save unsent.rescue < passphrase.txt"},
    {"rescue replay", "Take the work in such a file over; operations keep their ids: nothing is sent twice", kSealed,
     run_rescue_replay, "rescue replay unsent.rescue < passphrase.txt"},
    {"backup", "Put the whole profile into one file; sealed with --passphrase-file", kSealed, run_backup,
     "backup profile.backup"},
    {"restore", "Put a backup in the profile's place; what was there is kept aside", kRestore, run_restore,
     "restore profile.backup"},
    {"history", "Tell what became of a record on this laptop", kOne, run_history, "history Lead 1a2b3c"},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace ct::cli
