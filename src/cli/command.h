// One table of commands: what each is called, what it takes and who carries it out. Parsing and help come from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/exit_code.h"

namespace ct::cli {

class Context;

/// Everything that can be given on the command line, of all commands together.
struct Options {
    std::string profile;
    bool json = false;

    std::string model, id, other;
    std::vector<std::string> assignments;
    std::vector<std::string> where;
    std::string search, sort;
    std::int64_t limit = -1;  ///< -1: all
    std::string server, email, workspace;
    bool push_only = false, pull_only = false, watch = false;
    std::vector<std::string> operations;
    bool all = false;
    bool mine = false, theirs = false;
    std::vector<std::string> choices;
    std::string file;
    bool attachments_now = false;
    bool allow_deletes = false;
    std::string passphrase_file;
    bool discard_unsent = false;
    std::vector<std::string> map;
    std::string on_duplicate;
    bool dry_run = false;
    bool repair = false;
    std::string export_file;
    std::string link;
};

enum class Arg : std::uint8_t {
    model,
    id,
    assignments,
    where,
    search,
    sort,
    limit,
    server,
    email,
    workspace,
    push_only,
    pull_only,
    watch,
    operations,
    all,
    conflict,
    mine,
    theirs,
    choices,
    survivor,
    other,
    attachment,
    file_in,
    file_out,
    attachments_now,
    allow_deletes,
    archive,
    passphrase_file,
    discard_unsent,
    csv_in,
    csv_out,
    map,
    on_duplicate,
    dry_run,
    queue_file,
    mended,
    repair,
    export_to,
    link,
};

using Outcome = Result<ExitCode>;

struct Command {
    std::string_view path;  ///< "list", "queue retry"
    std::string_view summary;
    std::span<const Arg> args;
    Outcome (*run)(Context&);
    std::string_view example;  ///< for --help, without the program's name
};

[[nodiscard]] std::span<const Command> commands();

// One function per command; each file is one group.
[[nodiscard]] Outcome run_login(Context& context);  // account.cpp
[[nodiscard]] Outcome run_logout(Context& context);
[[nodiscard]] Outcome run_status(Context& context);
[[nodiscard]] Outcome run_add(Context& context);  // edits.cpp
[[nodiscard]] Outcome run_set(Context& context);
[[nodiscard]] Outcome run_rm(Context& context);
[[nodiscard]] Outcome run_get(Context& context);  // reading.cpp
[[nodiscard]] Outcome run_list(Context& context);
[[nodiscard]] Outcome run_people(Context& context);      // people.cpp
[[nodiscard]] Outcome run_sync(Context& context);        // sync.cpp
[[nodiscard]] Outcome run_queue_list(Context& context);  // queue.cpp
[[nodiscard]] Outcome run_queue_retry(Context& context);
[[nodiscard]] Outcome run_queue_discard(Context& context);
[[nodiscard]] Outcome run_queue_export(Context& context);
[[nodiscard]] Outcome run_conflict_list(Context& context);  // conflict.cpp
[[nodiscard]] Outcome run_conflict_show(Context& context);
[[nodiscard]] Outcome run_conflict_resolve(Context& context);
[[nodiscard]] Outcome run_conflict_decided(Context& context);
[[nodiscard]] Outcome run_conflict_undo(Context& context);
[[nodiscard]] Outcome run_history(Context& context);
[[nodiscard]] Outcome run_merge(Context& context);  // merge.cpp
[[nodiscard]] Outcome run_unmerge(Context& context);

[[nodiscard]] Outcome run_attach(Context& context);  // attachments.cpp
[[nodiscard]] Outcome run_attachments(Context& context);
[[nodiscard]] Outcome run_detach(Context& context);
[[nodiscard]] Outcome run_fetch(Context& context);

[[nodiscard]] Outcome run_rescue_save(Context& context);  // rescue.cpp
[[nodiscard]] Outcome run_rescue_replay(Context& context);
[[nodiscard]] Outcome run_backup(Context& context);
[[nodiscard]] Outcome run_restore(Context& context);

[[nodiscard]] Outcome run_import(Context& context);  // import.cpp
[[nodiscard]] Outcome run_export(Context& context);

[[nodiscard]] Outcome run_doctor(Context& context);  // doctor.cpp
[[nodiscard]] Outcome run_verify(Context& context);  // sync.cpp
[[nodiscard]] Outcome run_inspect(Context& context);

[[nodiscard]] Outcome report_inspection(Context& context);  // inspect_report.cpp: `inspect` without an export

}  // namespace ct::cli
