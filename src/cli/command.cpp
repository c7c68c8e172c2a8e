#include "cli/command.h"

namespace ct::cli {
namespace {

constexpr Arg kLogin[] = {Arg::server, Arg::email, Arg::workspace};
constexpr Arg kAdd[] = {Arg::model, Arg::assignments};
constexpr Arg kSet[] = {Arg::model, Arg::id, Arg::assignments};
constexpr Arg kOne[] = {Arg::model, Arg::id};
constexpr Arg kList[] = {Arg::model, Arg::where, Arg::search, Arg::sort, Arg::limit};
constexpr Arg kSync[] = {Arg::push_only, Arg::pull_only, Arg::watch, Arg::attachments_now, Arg::allow_deletes};
constexpr Arg kQueue[] = {Arg::operations, Arg::all};

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
    {"login", "Bind the profile to a server; the password is read from standard input", kLogin, run_login},
    {"logout", "Forget the server's token; records and queue stay", {}, run_logout},
    {"add", "Add a record and print its id", kAdd, run_add},
    {"set", "Change fields of a record; 'field=' clears one", kSet, run_set},
    {"rm", "Move a record to the trash", kOne, run_rm},
    {"get", "Show one record", kOne, run_get},
    {"list", "List records, newest first", kList, run_list},
    {"sync", "Send what waits and fetch what is new", kSync, run_sync},
    {"status", "Tell what waits, and whether the server answers", {}, run_status},
    {"queue list", "List the edits that are not settled", {}, run_queue_list},
    {"queue retry", "Send refused edits again", kQueue, run_queue_retry},
    {"queue discard", "Drop edits and show the server's state again", kQueue, run_queue_discard},
    {"conflict list", "List the edits that met others' and wait for a decision", {}, run_conflict_list},
    {"conflict show", "Show one: as it was, mine, theirs", kConflict, run_conflict_show},
    {"conflict resolve", "Decide one", kResolve, run_conflict_resolve},
    {"conflict decided", "List the values that lost without a question", kDecided, run_conflict_decided},
    {"conflict undo", "Bring a value that lost back, as a new edit", kConflict, run_conflict_undo},
    {"merge", "Make two leads one; the second one's id stays as an alias", kMerge, run_merge},
    {"unmerge", "Make a merged lead one of its own again", kUnmerge, run_unmerge},
    {"attach", "Attach a copy of a file to a record and print its id; the next sync sends it", kAttach, run_attach},
    {"attachments", "List the files of a record", kOne, run_attachments},
    {"detach", "Take a file off its record", kDetach, run_detach},
    {"fetch", "Save an attached file, from the server if it is not here", kFetch, run_fetch},
    {"rescue save", "Put all unsent work into one sealed file; the passphrase is read from standard input", kSealed,
     run_rescue_save},
    {"rescue replay", "Take the work in such a file over; operations keep their ids: nothing is sent twice", kSealed,
     run_rescue_replay},
    {"backup", "Put the whole profile into one file; sealed with --passphrase-file", kSealed, run_backup},
    {"restore", "Put a backup in the profile's place; what was there is kept aside", kRestore, run_restore},
    {"history", "Tell what became of a record on this laptop", kOne, run_history},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace ct::cli
