#include "cli/run.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>

#include "base/utf8.h"
#include "cli/context.h"
#include "cli/names.h"
#include "cli/output.h"

namespace ct::cli {
namespace {

void declare(CLI::App& app, Options& options, Arg arg) {
    switch (arg) {
        case Arg::model: app.add_option("MODEL", options.model, "lead, note, payment or reminder")->required(); return;
        case Arg::id:
            app.add_option("ID", options.id, "id of the record, or 6 characters or more of its beginning or end")
                ->required();
            return;
        case Arg::assignments:
            app.add_option("FIELD=VALUE", options.assignments,
                           "fields to set; money in minor units, people by name, e-mail, id or 'me'")
                ->required();
            return;
        case Arg::where:
            app.add_option("--where", options.where,
                           "only records whose field has this value: field=value; may be repeated")
                ->allow_extra_args(false);
            return;
        case Arg::search:
            app.add_option("--search", options.search, "only records with all of these words somewhere");
            return;
        case Arg::sort:
            app.add_option("--sort", options.sort, "sort by this field; --sort=-field: the largest first");
            return;
        case Arg::limit:
            app.add_option("--limit", options.limit, "at most so many")->check(CLI::NonNegativeNumber);
            return;
        case Arg::server:
            app.add_option("--server", options.server, "address, such as https://crm.example.com");
            return;
        case Arg::email: app.add_option("--email", options.email, "who signs in"); return;
        case Arg::workspace:
            app.add_option("--workspace", options.workspace, "which one, for users of several");
            return;
        case Arg::push_only: app.add_flag("--push-only", options.push_only, "send, and fetch nothing"); return;
        case Arg::pull_only: app.add_flag("--pull-only", options.pull_only, "fetch, and send nothing"); return;
        case Arg::watch:
            app.add_flag("--watch", options.watch,
                         "go on syncing, and hear of others' edits as they are made, until Ctrl+C");
            return;
        case Arg::operations: app.add_option("OPERATION", options.operations, "ids of operations in the queue"); return;
        case Arg::conflict:
            app.add_option("ID", options.id, "id of the edit, or of its record, or the end of either")->required();
            return;
        case Arg::survivor: app.add_option("LEAD", options.id, "id of a lead, or the end of it")->required(); return;
        case Arg::other:
            app.add_option("OTHER", options.other, "the lead that goes into it; its values fill gaps")->required();
            return;
        case Arg::mine: app.add_flag("--mine", options.mine, "keep this laptop's values"); return;
        case Arg::theirs: app.add_flag("--theirs", options.theirs, "keep the server's values"); return;
        case Arg::choices:
            app.add_option("--set", options.choices, "one field: FIELD=mine, FIELD=theirs, or FIELD==VALUE")
                ->allow_extra_args(false);
            return;
        case Arg::attachment:
            app.add_option("ATTACHMENT", options.id, "id of an attachment, or the end of it")->required();
            return;
        case Arg::file_in: app.add_option("FILE", options.file, "the file to attach")->required(); return;
        case Arg::file_out: app.add_option("FILE", options.file, "where to save it")->required(); return;
        case Arg::allow_deletes:
            app.add_flag("--allow-deletes", options.allow_deletes,
                         "also when receiving removes very many records (else it stops and says so)");
            return;
        case Arg::attachments_now:
            app.add_flag("--attachments", options.attachments_now, "send files also over a slow or metered link");
            return;
        case Arg::archive: app.add_option("FILE", options.file, "the copy")->required(); return;
        case Arg::passphrase_file:
            app.add_option("--passphrase-file", options.passphrase_file, "file whose first line is the passphrase");
            return;
        case Arg::discard_unsent:
            app.add_flag("--discard-unsent", options.discard_unsent, "also when work that was not sent is lost by it");
            return;
        case Arg::repair: app.add_flag("--repair", options.repair, "fetch again what differs"); return;
        case Arg::export_to:
            app.add_option("--export", options.export_file,
                           "write recorder, log, queue and settings to this file, names and numbers as hashes");
            return;
        case Arg::link:
            app.add_option("--link", options.link,
                           "try it on a worse network than there is: latency=400,rate=64k,cut=20k,loss=5, offline, "
                           "portal, clock=-3h");
            return;
        case Arg::csv_in:
            app.add_option("FILE", options.file,
                           "CSV (comma, semicolon or tab); the first line names the columns by the fields' names or "
                           "labels; money as 1,50,000.50, dates as 2026-11-23 or 23/11/2026, times in UTC")
                ->required();
            return;
        case Arg::csv_out: app.add_option("FILE", options.file, "the CSV file to write")->required(); return;
        case Arg::map:
            app.add_option("--map", options.map, "COLUMN=FIELD: what a column is; COLUMN= leaves it out")
                ->allow_extra_args(false);
            return;
        case Arg::on_duplicate:
            app.add_option("--on-duplicate", options.on_duplicate,
                           "skip (default), update (cells that are not blank) or create: for a row whose id, or for "
                           "leads phone, e-mail, or name and company, is known");
            return;
        case Arg::dry_run: app.add_flag("--dry-run", options.dry_run, "tell what would happen, save nothing"); return;
        case Arg::queue_file: app.add_option("FILE", options.file, "the file to write")->required(); return;
        case Arg::mended:
            app.add_option("OPERATION", options.operations,
                           "ids of operations in the queue; behind one id, FIELD=VALUE in place of what was refused");
            return;
        case Arg::all: app.add_flag("--all", options.all, "every operation to which it applies"); return;
    }
}

/// The app with a subcommand for every line of the table; `queue list` is `list` below `queue`.
void declare_commands(CLI::App& app, Options& options) {
    for (const Command& command : commands()) {
        const std::size_t space = command.path.find(' ');
        CLI::App* parent = &app;
        if (space != std::string_view::npos) {
            const std::string group(command.path.substr(0, space));
            const auto known = app.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == group; });
            const char* help = group == "queue"    ? "Look after the edits that are not settled"
                               : group == "rescue" ? "Carry unsent work to another profile, in one sealed file"
                                                   : "Decide where two laptops changed the same";
            parent = known.empty() ? app.add_subcommand(group, help) : known.front();
            parent->require_subcommand(1)->fallthrough();
        }
        const std::string last(space == std::string_view::npos ? command.path : command.path.substr(space + 1));
        CLI::App* const sub = parent->add_subcommand(last, std::string(command.summary));
        sub->fallthrough();
        sub->footer("Example: colortouchctl " + std::string(command.example));
        for (const Arg arg : command.args) declare(*sub, options, arg);
    }
}

[[nodiscard]] const Command* chosen(const CLI::App& app) {
    std::string path;
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
        at = at->get_subcommands().front();
        path += (path.empty() ? "" : " ") + at->get_name();
    }
    const auto found =
        std::find_if(commands().begin(), commands().end(), [&](const Command& c) { return c.path == path; });
    return found == commands().end() ? nullptr : &*found;
}

/// CLI11 says only that a word was not expected; when it is the command itself, we know more.
[[nodiscard]] Error usage_error(const CLI::ParseError& problem, std::span<const std::string> arguments) {
    std::vector<std::string_view> names;
    for (const Command& command : commands()) {
        const std::string_view name = command.path.substr(0, command.path.find(' '));
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (word == "--profile") ++i;
        if (word.starts_with("-")) continue;
        if (std::find(names.begin(), names.end(), word) != names.end()) break;
        return {
            ErrorKind::invalid,
            "USAGE",
            "there is no command " + quote(word) + did_you_mean(word, names) + "; the commands are " + listed(names),
            {}};
    }
    std::string message = problem.what();
    message.resize(std::min(message.find('\n'), message.size()));
    return {ErrorKind::invalid, "USAGE", message + "; see --help", {}};
}

[[nodiscard]] std::string one_line(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    return text;
}

[[nodiscard]] ExitCode report(Surroundings& surroundings, bool json, const Error& error) {
    if (json) print_json(surroundings.out, {{"error", {{"code", error.code}, {"message", error.message}}}});
    surroundings.err << "colortouchctl: " << one_line(error.message) << " (" << error.code << ")\n";
    return exit_code(error);
}

[[nodiscard]] ExitCode print_text(Surroundings& surroundings, bool json, const char* name, const std::string& text) {
    if (json) {
        print_json(surroundings.out, {{name, text}});
    } else {
        surroundings.out << text << (text.ends_with('\n') ? "" : "\n");
    }
    return ExitCode::done;
}

[[nodiscard]] ExitCode parse_and_run(std::span<const std::string> arguments, bool json, Surroundings& surroundings) {
    Options options;
    CLI::App app(
        "ColorTouch CRM from the command line. Exit codes: 0 done, 2 usage, 3 offline (kept in the queue), "
        "4 done with items to look at, 5 sign in again, 6 local database problem",
        "colortouchctl");
    app.add_option("--profile", options.profile, "directory of the profile");
    app.add_flag("--json", options.json, "print one JSON value and nothing else");
    app.set_version_flag("--version", surroundings.version);
    app.require_subcommand(1);
    declare_commands(app, options);
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 wants them backwards
    } catch (const CLI::CallForHelp&) {
        return print_text(surroundings, json, "help", app.help());
    } catch (const CLI::CallForVersion&) {
        const std::string name = json ? "" : app.get_name() + " ";
        return print_text(surroundings, json, "version", name + surroundings.version);
    } catch (const CLI::ParseError& problem) {
        return report(surroundings, json, usage_error(problem, arguments));
    }
    const Command* const command = chosen(app);
    if (command == nullptr)
        return report(surroundings, json, {ErrorKind::invalid, "USAGE", "no command was given", {}});
    Context context(surroundings, std::move(options));
    const Outcome outcome = command->run(context);
    if (!outcome) context.heal(outcome.error());
    return outcome ? *outcome : report(surroundings, json, outcome.error());
}

}  // namespace

ExitCode run(std::span<const std::string> arguments, Surroundings& surroundings) {
    // Known before anything is parsed: what cannot be parsed is told in JSON too.
    const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
    try {
        const ExitCode code = parse_and_run(arguments, json, surroundings);
        surroundings.out.flush();
        return code;
    } catch (const std::exception& problem) {  // out of memory, most likely
        return report(surroundings, json, {ErrorKind::internal, "INTERNAL", problem.what(), {}});
    }
}

}  // namespace ct::cli
