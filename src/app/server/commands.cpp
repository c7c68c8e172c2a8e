#include "app/server/commands.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "server/accounts.h"
#include "server/storage/backup.h"

namespace ct::app {

namespace {

using server::Storage;
using Action = std::function<Result<void>(Storage&)>;

/// Beside a database that is a file: "book.db" has its attachments in "book.db.files".
std::string files_beside(const std::string& database) {
    const std::string path = database.starts_with("file:") ? database.substr(5) : database;
    const bool is_file = path.find("://") == std::string::npos && path != ":memory:";
    return is_file ? path + ".files" : std::string();
}

/// What the command line asked for.
struct Asked {
    std::vector<std::pair<std::string_view, CLI::Option*>> flags;  ///< of all commands, by the setting's name
    std::string config;
    bool print_config = false;
    Settings settings;  ///< known once all is parsed

    std::string workspace, name, email, role = "EMPLOYEE", device, record, file;
    int most = 100;
    bool accounts = false;
    std::string directory;
    std::vector<std::string> hosts;
    Action action;
    std::function<Result<void>()> file_action;  ///< on the database's file as it is; instead of `action`
    server::IfMissing missing = server::IfMissing::refuse;
};

Result<std::string> read_password() {
    std::string password;
    if (!std::getline(std::cin, password) || password.empty()) {
        return fail(ErrorKind::invalid, "NO_PASSWORD", "give the password on standard input");
    }
    if (password.back() == '\r') password.pop_back();
    return password;
}

/// The workspace by name or id; the only one when none was named.
Result<server::Workspace> workspace_of(Storage& storage, const Asked& asked) {
    if (!asked.workspace.empty()) return server::find_workspace(storage, asked.workspace);
    const auto all = storage.workspaces();
    if (!all) return fail(all.error());
    if (all->size() == 1) return all->front();
    return fail(ErrorKind::invalid, "WHICH_WORKSPACE",
                all->empty() ? "there is no workspace yet: workspace add NAME"
                             : "there are several workspaces: name one with --workspace");
}

/// What these commands change, they change for whoever may run them.
server::By operator_now() { return {{}, {}, system_clock().now()}; }

// ---- actions

Result<void> add_workspace(Storage& storage, const Asked& asked) {
    const auto made = server::create_workspace(storage, system_clock(), system_random(), asked.name);
    if (!made) return fail(made.error());
    std::cout << made->id << '\n';
    return {};
}

Result<void> list_workspaces(Storage& storage) {
    const auto all = storage.workspaces();
    if (!all) return fail(all.error());
    for (const auto& workspace : *all) std::cout << workspace.id << "  " << workspace.name << '\n';
    return {};
}

Result<void> add_user(Storage& storage, const Asked& asked) {
    const auto workspace = workspace_of(storage, asked);
    if (!workspace) return fail(workspace.error());
    auto password = read_password();
    if (!password) return fail(password.error());
    server::Passwords passwords{server::PasswordCost{}};
    const server::NewUser user{asked.email, asked.name.empty() ? asked.email : asked.name, *password,
                               server::find_role(asked.role).value_or(server::Role::employee)};
    const auto made = server::create_user(storage, system_clock(), system_random(), passwords, *workspace, user);
    if (!made) return fail(made.error());
    std::cout << made->id << '\n';
    return {};
}

Result<void> list_users(Storage& storage, const Asked& asked) {
    const auto workspace = workspace_of(storage, asked);
    if (!workspace) return fail(workspace.error());
    const auto users = storage.users(workspace->key);
    if (!users) return fail(users.error());
    for (const auto& user : *users) {
        std::cout << user.id << "  " << name(user.role) << (user.disabled ? " (disabled)" : "") << "  " << user.email
                  << "  " << user.name << '\n';
    }
    return {};
}

Result<server::User> user_of(Storage& storage, const Asked& asked) {
    const auto workspace = workspace_of(storage, asked);
    if (!workspace) return fail(workspace.error());
    return server::find_user(storage, *workspace, asked.email);
}

Result<void> set_password(Storage& storage, const Asked& asked) {
    auto user = user_of(storage, asked);
    if (!user) return fail(user.error());
    const auto password = read_password();
    if (!password) return fail(password.error());
    if (auto good = server::check_password(*password); !good) return good;
    server::Passwords passwords{server::PasswordCost{}};
    auto hash = passwords.hash(*password);
    if (!hash) return fail(hash.error());
    user->password = std::move(*hash);
    return storage.set_password(*user, {}, operator_now());
}

Result<void> set_disabled(Storage& storage, const Asked& asked, bool disabled) {
    const auto user = user_of(storage, asked);
    if (!user) return fail(user.error());
    return storage.set_disabled(*user, disabled, operator_now());
}

Result<void> set_role(Storage& storage, const Asked& asked) {
    const auto user = user_of(storage, asked);
    if (!user) return fail(user.error());
    const auto role = server::find_role(asked.role);
    if (!role || *role == user->role) return {};
    return storage.set_role(*user, *role, operator_now());
}

/// The id of the user whom --email names; empty when it names nobody.
Result<std::string> asked_user(Storage& storage, const server::Workspace& workspace, const Asked& asked) {
    if (asked.email.empty()) return std::string();
    auto user = server::find_user(storage, workspace, asked.email);
    if (!user) return fail(user.error());
    return std::move(user->id);
}

/// A name of today, or the id of what has none.
const std::string& named(const std::string& name, const std::string& id) { return name.empty() ? id : name; }

/// What the device said of its own queue.
std::string waiting_on(const server::Device& device) {
    if (device.waiting_told_at == 0) return {};
    const std::string at = " (said " + format_rfc3339(device.waiting_told_at) + ")";
    if (device.waiting == 0) return ", nothing waits there" + at;
    return ", " + std::to_string(device.waiting) + " wait there, the oldest since " +
           format_rfc3339(device.waiting_since) + at;
}

Result<void> list_devices(Storage& storage, const Asked& asked) {
    const auto workspace = workspace_of(storage, asked);
    if (!workspace) return fail(workspace.error());
    const auto devices = storage.devices(workspace->key);
    if (!devices) return fail(devices.error());
    for (const auto& device : *devices) {
        std::cout << device.id << "  " << device.user_name << "  " << device.name << "  " << device.operations
                  << " operations, last seen " << format_rfc3339(device.seen_at) << waiting_on(device)
                  << (device.signed_in ? "" : ", signed out") << '\n';
    }
    return {};
}

Result<void> revoke_device(Storage& storage, const Asked& asked) {
    const auto workspace = workspace_of(storage, asked);
    if (!workspace) return fail(workspace.error());
    const auto ended = storage.end_session(workspace->key, asked.device, operator_now());
    if (!ended) return fail(ended.error());
    if (!*ended) return fail(ErrorKind::not_found, "NO_DEVICE", "device " + asked.device + " is not signed in");
    return {};
}

/// A line per operation, newest first: when it was received, what it did, who did it and where; what it set comes as
/// JSON.
Result<void> show_audit(Storage& storage, const Asked& asked) {
    const auto workspace = workspace_of(storage, asked);
    if (!workspace) return fail(workspace.error());
    const auto user = asked_user(storage, *workspace, asked);
    if (!user) return fail(user.error());
    const auto entries = storage.audit(workspace->key, {asked.record, *user, asked.device, asked.most});
    if (!entries) return fail(entries.error());
    for (const auto& entry : *entries) {
        std::cout << format_rfc3339(entry.received_at) << "  " << entry.verdict << "  " << entry.operation << ' '
                  << entry.model << ' ' << entry.record_id << "  version " << entry.version << "  by "
                  << named(entry.user_name, entry.user) << " on "
                  << (entry.device_name.empty() ? "" : entry.device_name + " ") << '(' << entry.device << ")  "
                  << entry.data << (entry.lost.empty() ? "" : "  overridden: " + entry.lost) << '\n';
    }
    return {};
}

/// A line per change, newest first: when, what, whose account it was, and who did it where.
Result<void> show_accounts(Storage& storage, const Asked& asked) {
    const auto workspace = workspace_of(storage, asked);
    if (!workspace) return fail(workspace.error());
    const auto user = asked_user(storage, *workspace, asked);
    if (!user) return fail(user.error());
    const auto entries = storage.account_log(workspace->key, *user, asked.most);
    if (!entries) return fail(entries.error());
    for (const auto& entry : *entries) {
        std::cout << format_rfc3339(entry.at) << "  " << entry.change << "  " << named(entry.user_name, entry.user)
                  << (entry.detail.empty() ? "" : "  " + entry.detail) << "  by "
                  << (entry.by.empty() ? "the server's operator" : named(entry.by_name, entry.by))
                  << (entry.by_device.empty() ? "" : " on " + entry.device_name + " (" + entry.by_device + ")") << '\n';
    }
    return {};
}

Result<void> mark_restored(Storage& storage) {
    const auto epoch = storage.renew_epoch(system_random());
    if (!epoch) return fail(epoch.error());
    std::cout << "new epoch " << *epoch << '\n';
    return {};
}

Result<void> back_up_to(const Asked& asked) {
    const auto copied = server::back_up(asked.settings.database, asked.file);
    if (!copied) return fail(copied.error());
    std::cout << copied->rows << " rows of " << copied->tables << " tables, read back and compared\n";
    return {};
}

Result<void> restore_from(const Asked& asked) {
    const auto copied = server::restore(asked.settings.database, asked.file, system_clock(), system_random());
    if (!copied) return fail(copied.error());
    std::cout << copied->rows << " rows of " << copied->tables << " tables, read back and compared; new epoch "
              << copied->epoch << '\n';
    if (!copied->set_aside.empty()) std::cout << "what stood there before is " << copied->set_aside << '\n';
    return {};
}

// ---- the command line

/// Its value is read by settings_from, which knows what environment and file say. CLI11's own config files and
/// envname() go in another order, and are read for the options of commands that were not given, too.
void add_setting(CLI::App& to, Asked& asked, std::string_view name) {
    for (const SettingDef& setting : setting_table()) {
        if (setting.name != name) continue;
        const std::string flag = "--" + std::string(name);
        const std::string help = std::string(setting.help) + " [" + std::string(setting.variable) + "]";
        asked.flags.emplace_back(name, setting.is_switch ? to.add_flag(flag, help) : to.add_option(flag, help));
    }
}

void add_config_flags(CLI::App& to, Asked& asked) {
    to.add_option("--config", asked.config, "File of settings: name = value");
    to.add_flag("--print-config", asked.print_config, "Print the settings as they come out, and do nothing");
}

CLI::App* command(CLI::App& parent, Asked& asked, const std::string& name, const std::string& help, Action action,
                  server::IfMissing missing = server::IfMissing::refuse) {
    CLI::App* made = parent.add_subcommand(name, help);
    add_setting(*made, asked, "database-url");
    add_config_flags(*made, asked);
    if (action) {
        made->callback([&asked, action = std::move(action), missing] {
            asked.action = action;
            asked.missing = missing;
        });
    }
    return made;
}

CLI::App* family(CLI::App& parent, const std::string& name, const std::string& help) {
    CLI::App* made = parent.add_subcommand(name, help);
    made->require_subcommand(1);
    return made;
}

void add_user_commands(CLI::App& app, Asked& asked) {
    CLI::App* user = family(app, "user", "People who may sign in");
    const auto with_workspace = [&asked](CLI::App* made) {
        made->add_option("--workspace", asked.workspace, "Name or id; not needed when there is only one");
        return made;
    };
    CLI::App* add = with_workspace(command(*user, asked, "add", "Add a user; the password comes on standard input",
                                           [&asked](Storage& s) { return add_user(s, asked); }));
    add->add_option("--email", asked.email)->required();
    add->add_option("--name", asked.name);
    add->add_option("--role", asked.role)
        ->transform(CLI::IsMember({"ADMIN", "MANAGER", "EMPLOYEE"}, CLI::ignore_case))
        ->capture_default_str();
    with_workspace(command(*user, asked, "list", "List users", [&asked](Storage& s) { return list_users(s, asked); }));
    with_workspace(command(*user, asked, "password", "Set a password, from standard input",
                           [&asked](Storage& s) { return set_password(s, asked); }))
        ->add_option("--email", asked.email)
        ->required();
    CLI::App* role =
        with_workspace(command(*user, asked, "role", "Let a user see and do more or less; their laptops follow",
                               [&asked](Storage& s) { return set_role(s, asked); }));
    role->add_option("--email", asked.email)->required();
    role->add_option("--role", asked.role)
        ->transform(CLI::IsMember({"ADMIN", "MANAGER", "EMPLOYEE"}, CLI::ignore_case))
        ->required();
    with_workspace(command(*user, asked, "disable", "Keep a user from signing in, and sign them out",
                           [&asked](Storage& s) { return set_disabled(s, asked, true); }))
        ->add_option("--email", asked.email)
        ->required();
    with_workspace(command(*user, asked, "enable", "Let a disabled user sign in again",
                           [&asked](Storage& s) { return set_disabled(s, asked, false); }))
        ->add_option("--email", asked.email)
        ->required();

    CLI::App* device = family(app, "device", "Laptops that signed in");
    with_workspace(
        command(*device, asked, "list", "List devices", [&asked](Storage& s) { return list_devices(s, asked); }));
    with_workspace(command(*device, asked, "revoke", "Sign a device out",
                           [&asked](Storage& s) { return revoke_device(s, asked); }))
        ->add_option("ID", asked.device)
        ->required();
}

void add_certificate_command(CLI::App& app, Asked& asked) {
    CLI::App* made = app.add_subcommand("certificate", "Make a self-signed certificate, for trials");
    made->add_option("--out", asked.directory, "Directory for cert.pem and key.pem")->required();
    made->add_option("--host", asked.hosts,
                     "Name or address by which clients call the server; more than one may follow")
        ->required();
    made->callback(
        [&asked] { asked.file_action = [&asked] { return make_certificate(asked.directory, asked.hosts); }; });
}

void add_audit_command(CLI::App& app, Asked& asked) {
    CLI::App* audit =
        command(app, asked, "audit", "Who changed what from which device, the newest edits first",
                [&asked](Storage& s) { return asked.accounts ? show_accounts(s, asked) : show_audit(s, asked); });
    audit->add_option("--workspace", asked.workspace, "Name or id; not needed when there is only one");
    auto* accounts = audit->add_flag("--accounts", asked.accounts,
                                     "Instead of edits: who changed which account, signed in, and ended sessions");
    audit->add_option("--record", asked.record, "Of this record")->excludes(accounts);
    audit->add_option("--email", asked.email, "By this user; with --accounts, or of this user's account");
    audit->add_option("--device", asked.device, "From this device")->excludes(accounts);
    audit->add_option("--limit", asked.most, "At most so many")->check(CLI::Range(1, 1'000'000))->capture_default_str();
}

/// These work on the database's file, which may be damaged, or of an older version.
void add_file_command(CLI::App& app, Asked& asked, const std::string& name, const std::string& help,
                      Result<void> (*action)(const Asked&)) {
    CLI::App* made = command(app, asked, name, help, {});
    made->add_option("FILE", asked.file)->required();
    made->callback([&asked, action] { asked.file_action = [&asked, action] { return action(asked); }; });
}

constexpr auto kCreate = server::IfMissing::create;

void add_commands(CLI::App& app, Asked& asked) {
    app.require_subcommand(1);
    add_config_flags(app, asked);
    app.set_version_flag("--version", std::string("colortouchd ") + COLORTOUCH_VERSION);
    CLI::App* serving = command(
        app, asked, "serve", "Answer clients until told to stop",
        [&asked](Storage& s) {
            Settings settings = asked.settings;
            if (settings.files.empty()) settings.files = files_beside(settings.database);
            return serve(s, settings);
        },
        kCreate);
    for (const SettingDef& setting : setting_table()) {
        if (setting.name != "database-url") add_setting(*serving, asked, setting.name);
    }
    command(
        app, asked, "migrate", "Bring the database's tables up to date", [](Storage&) { return Result<void>(); },
        kCreate);
    command(app, asked, "restored",
            "After a database server's own restore, before `serve`: clients will compare what they have with what is "
            "there",
            mark_restored);
    command(app, asked, "demo", "Make the sample workspace \"ColorTouch Demo\"", make_demo, kCreate);
    CLI::App* workspace = family(app, "workspace", "Customers, each with data of its own");
    command(
        *workspace, asked, "add", "Add a workspace; prints its id",
        [&asked](Storage& s) { return add_workspace(s, asked); }, kCreate)
        ->add_option("NAME", asked.name)
        ->required();
    command(*workspace, asked, "list", "List workspaces", list_workspaces);
    add_user_commands(app, asked);
    add_audit_command(app, asked);
    add_certificate_command(app, asked);
    add_file_command(app, asked, "backup", "Copy the database into a new file, while it is in use, and check the copy",
                     back_up_to);
    add_file_command(app, asked, "restore", "Put a backup in the database's place; what stood there is set aside",
                     restore_from);
}

int failed(const Error& error) {
    std::cerr << "colortouchd: " << error.message << '\n';
    return 1;
}

/// The parser asks for a missing command before it complains about a word that is none.
int misused(const CLI::App& app, const CLI::ParseError& wrong) {
    const CLI::App* at = &app;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    const auto words = at->remaining();
    const bool unknown = dynamic_cast<const CLI::RequiredError*>(&wrong) != nullptr && !words.empty();
    std::cerr << "colortouchd: "
              << (unknown ? "there is no command \"" + words.front() + "\"" : std::string(wrong.what()))
              << " (see --help)\n";
    return 2;
}

/// What flags, environment and file come to.
Result<Settings> read_settings(const Asked& asked) {
    std::map<std::string, std::string> flags;
    for (const auto& [name, option] : asked.flags) {
        if (option->count() > 0) flags.emplace(name, option->results().back());
    }
    const auto environment = [](const char* variable) -> const char* { return std::getenv(variable); };
    if (asked.config.empty()) return settings_from(flags, environment, {});
    const auto text = read_file(asked.config);
    if (!text) return fail(text.error());
    return settings_from(flags, environment, *text);
}

int run(int argc, char** argv) {
    Asked asked;
    CLI::App app("The sync server of ColorTouch CRM", "colortouchd");
    add_commands(app, asked);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& wrong) {
        const bool only_command_missing = dynamic_cast<const CLI::RequiredError*>(&wrong) != nullptr &&
                                          app.get_subcommands().empty() && app.remaining().empty();
        if (!asked.print_config || !only_command_missing) return misused(app, wrong);
    }
    auto settings = read_settings(asked);
    if (!settings) {
        std::cerr << "colortouchd: " << settings.error().message << '\n';
        return 2;
    }
    asked.settings = std::move(*settings);
    if (asked.print_config) {
        std::cout << print_settings(asked.settings);
        return 0;
    }
    if (asked.file_action) {
        const auto done = asked.file_action();
        return done ? 0 : failed(done.error());
    }
    auto storage = server::open_storage(asked.settings.database, system_random(), asked.missing);
    if (!storage) return failed(storage.error());
    const auto done = asked.action(**storage);
    return done ? 0 : failed(done.error());
}

}  // namespace

int run_server_program(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "colortouchd: %s\n", error.what());
        return 1;
    }
}

}  // namespace ct::app
