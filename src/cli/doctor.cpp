// doctor: what a person at the telephone would ask, one line each: is it well, and if not, what to do.
#include <filesystem>

#include "cli/context.h"
#include "cli/output.h"
#include "client/secrets.h"
#include "store/attachment.h"

namespace ct::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kSpaceWarn = 500'000'000;  // bytes: a year's growth of a busy book
constexpr std::uintmax_t kSpaceFail = 20'000'000;
constexpr std::int64_t kClockWarnMs = 5 * 60'000;  // what the server clamps stamps to (protocol.md)
constexpr std::int64_t kOldMs = 24 * 3'600'000;    // the age at which the window's indicator warns, too
constexpr std::size_t kFaultsShown = 3;

enum class State : std::uint8_t { ok, warn, fail };
constexpr std::string_view kStateNames[] = {"ok", "warn", "fail"};

struct Finding {
    std::string_view check;
    State state = State::ok;
    std::string message, action;
    ExitCode code = ExitCode::done;  ///< of the program, when it fails
};

using Findings = std::vector<Finding>;

[[nodiscard]] std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
    return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

/// The customers are nobody else's business on a computer that several use. What lies in a closed directory is closed.
void check_permissions(const client::Profile& profile, Findings& out) {
    constexpr auto kOthers = fs::perms::group_all | fs::perms::others_all;
    for (const fs::path& path : {profile.data_dir, profile.token_file()}) {
        std::error_code problem;
        const fs::file_status status = fs::status(path, problem);
        if (problem || (status.permissions() & kOthers) == fs::perms::none) continue;
        out.push_back({"permissions", State::warn, path.string() + " is open to other users of this computer",
                       "chmod go= '" + path.string() + "'"});
        return;
    }
    out.push_back({"permissions", State::ok, profile.data_dir.string() + " is yours alone", {}});
}

void check_space(const client::Profile& profile, Findings& out) {
    std::error_code problem;
    const fs::space_info space = fs::space(profile.data_dir, problem);
    if (problem) {
        out.push_back({"disk space", State::warn, "the system does not tell: " + problem.message(), {}});
        return;
    }
    Finding finding{"disk space", State::ok, shown_bytes(static_cast<std::int64_t>(space.available)) + " free", {}};
    if (space.available < kSpaceWarn) {
        const bool none = space.available < kSpaceFail;
        finding.state = none ? State::fail : State::warn;
        finding.code = ExitCode::local;
        finding.action = "free some space: edits cannot be saved on a full disk";
    }
    out.push_back(std::move(finding));
}

void check_database(client::Session& session, Findings& out) {
    const auto checked = session.store().check();
    constexpr std::string_view kAction = "save a copy of the profile's directory, then sign in on a new profile";
    if (!checked) {
        out.push_back({"database", State::fail, checked.error().message, std::string(kAction), ExitCode::local});
        return;
    }
    if (checked->faults.empty()) {
        out.push_back({"database", State::ok, counted(checked->records, "record is", "records are") + " whole", {}});
        return;
    }
    std::string message = counted(static_cast<std::int64_t>(checked->faults.size()), "fault", "faults");
    for (std::size_t i = 0; i < std::min(kFaultsShown, checked->faults.size()); ++i)
        message += (i == 0 ? ": " : "; ") + checked->faults[i];
    out.push_back({"database", State::fail, std::move(message), std::string(kAction), ExitCode::local});
}

void check_journal(client::Session& session, Findings& out) {
    const auto held = session.store().check_journal();
    if (held) {
        out.push_back({"side journal",
                       State::ok,
                       *held == 0 ? "nothing is unsent" : counted(*held, "edit is", "edits are") + " there once more",
                       {}});
        return;
    }
    out.push_back({"side journal", State::fail, held.error().message,
                   "colortouchctl rescue save FILE, and sync: it is written anew with the next edit", ExitCode::local});
}

/// What this laptop does without, by its owner's choice.
void check_selection(client::Session& session, Findings& out) {
    const client::SyncView view = session.view();
    if (!view.left_out.empty()) {
        out.push_back(
            {"left out", State::ok, joined(view.left_out) + ": not kept up to date here, as config.json says", {}});
    }
    if (!view.catching_up.empty()) {
        out.push_back(
            {"left out", State::ok, joined(view.catching_up) + ": wanted again, and fetched by the next sync", {}});
    }
}

void check_attachments(const client::Profile& profile, client::Session& session, Findings& out) {
    const auto ids = session.store().attachment_ids();
    if (!ids) {
        out.push_back({"attachments", State::fail, ids.error().message, {}, ExitCode::local});
        return;
    }
    std::int64_t missing = 0;
    for (const Uuid& id : *ids) {
        const auto attachment = session.store().attachment(id);
        if (!attachment || !*attachment || !(*attachment)->here()) continue;
        std::error_code problem;
        const auto size = fs::file_size(profile.attachments() / (*attachment)->sha256, problem);
        if (problem || size != static_cast<std::uintmax_t>((*attachment)->size)) ++missing;
    }
    if (missing == 0) {
        out.push_back({"attachments", State::ok, counted(static_cast<std::int64_t>(ids->size()), "file", "files"), {}});
    } else {
        out.push_back({"attachments", State::fail,
                       counted(missing, "file is", "files are") + " missing from " + profile.attachments().string(),
                       "put them back from a backup, or attach them again", ExitCode::attention});
    }
}

/// What waits, and above all what stands still, with its reason.
void check_queue(client::Session& session, UnixMs now, Findings& out) {
    const client::SyncView view = session.view();
    const store::QueueSummary& queue = view.queue;
    if (queue.operations == 0) {
        out.push_back({"queue", State::ok, "everything is settled", {}});
        return;
    }
    const std::int64_t age = queue.oldest_created_at == 0 ? 0 : now - queue.oldest_created_at;
    const bool old = age > kOldMs;
    out.push_back({"queue", old ? State::warn : State::ok,
                   counted(queue.records, "record waits", "records wait") +
                       (age > 0 ? ", the oldest for " + counted(age / 3'600'000, "hour", "hours") : std::string()) +
                       (view.reason.empty() ? std::string() : ": " + view.reason),
                   old ? "colortouchctl sync tells why they do not go" : ""});
    if (queue.conflicts > 0) {
        out.push_back({"conflicts", State::fail,
                       counted(queue.conflicts, "edit needs", "edits need") + " your decision",
                       "colortouchctl conflict list", ExitCode::attention});
    }
    if (queue.errors + queue.parked == 0) return;
    const auto rows = session.store().list_queue(static_cast<std::size_t>(queue.operations));
    if (!rows) return;
    for (const sync::QueuedOperation& row : *rows) {
        const std::string edit = std::string(sync::name(row.operation.kind)) + " " +
                                 std::string(crm::name(row.operation.model)) + " " + row.operation.record.str();
        if (row.state == sync::QueueState::error) {
            out.push_back({"refused", State::fail, edit + ": " + row.error_message + " (" + row.error_code + ")",
                           "colortouchctl queue retry " + short_id(row.operation.id) + " field=value, or queue discard",
                           ExitCode::attention});
        } else if (row.state == sync::QueueState::parked && now - row.created_at > kOldMs) {
            out.push_back({"parked", State::warn, edit + " waits for a record that is not at the server",
                           "settle the edits of its lead first: colortouchctl queue list"});
        }
    }
}

/// True when our server answered.
[[nodiscard]] bool check_server(Context& context, const std::string& url, Findings& out) {
    const client::NetAnswer answer = context.ask(url, client::NetJob::Kind::probe, sync::probe_request());
    const auto& reply = std::get<sync::Reply>(answer.reply);
    if (const auto* const away = std::get_if<sync::Unreachable>(&reply)) {
        using Kind = sync::Unreachable::Kind;
        const char* const action = away->kind == Kind::no_route     ? "connect this computer to a network"
                                   : away->kind == Kind::login_page ? "open a browser and sign in to the network"
                                                                    : "nothing is lost; ask whoever keeps the server";
        out.push_back({"server", State::fail, url + " does not answer: " + away->detail, action, ExitCode::offline});
        return false;
    }
    const auto* const health = std::get_if<sync::Health>(&reply);
    if (health == nullptr) {
        out.push_back({"server", State::fail, url + " answers with a problem", "ask whoever keeps the server",
                       ExitCode::offline});
        return false;
    }
    out.push_back({"server", State::ok, url + " answers, version " + health->version, {}});
    out.push_back({"encryption",
                   State::ok,
                   url.starts_with("https:") ? "its certificate is good" : "plain http, within this computer",
                   {}});
    const std::int64_t off = health->server_time - answer.wall_at_answer;
    Finding clock{"clock",
                  State::ok,
                  "within " + counted(std::abs(off) / 1'000 + 1, "second", "seconds") + " of the server's",
                  {}};
    if (std::abs(off) > kClockWarnMs) {
        clock.state = State::warn;
        clock.message = counted(std::abs(off) / 60'000, "minute", "minutes") + (off > 0 ? " behind" : " ahead of") +
                        " the server's";
        clock.action = "set this computer's clock; edits are stamped by the server's time meanwhile";
    }
    out.push_back(std::move(clock));
    return true;
}

void check_token(Context& context, const client::Profile& profile, const std::string& url, Findings& out) {
    constexpr std::string_view kAction = "colortouchctl login (nothing is lost)";
    const auto token = client::Secrets(profile.token_file().string()).token();
    if (!token || token->empty()) {
        out.push_back({"sign-in", State::fail, token ? "signed out" : token.error().message, std::string(kAction),
                       ExitCode::sign_in});
        return;
    }
    http::Request request = sync::api_request("/api/auth/devices", {}, *token);
    request.method = "GET";
    const client::NetAnswer answer = context.ask(url, client::NetJob::Kind::file, std::move(request));
    const auto& outcome = std::get<net::HttpOutcome>(answer.reply);
    if (outcome.failure == net::NetFailure::none && outcome.response.status == 401) {
        out.push_back({"sign-in", State::fail, "the server does not know this device any more", std::string(kAction),
                       ExitCode::sign_in});
    } else if (outcome.failure == net::NetFailure::none && outcome.response.status == 200) {
        out.push_back({"sign-in", State::ok, "the server knows this device", {}});
    } else {
        out.push_back({"sign-in", State::warn, "the server did not say", "try again"});
    }
}

/// The check that an error of opening the profile belongs to.
[[nodiscard]] std::string_view check_of(const Error& error) {
    if (error.code == "PROFILE_IN_USE" || error.code == "CANNOT_LOCK") return "profile";
    return error.code == "BAD_CONFIG" ? "settings" : "database";
}

[[nodiscard]] Result<Findings> examine(Context& context) {
    const auto profile = client::Profile::locate(context.options().profile, context.surroundings().program);
    if (!profile) return fail(profile.error());
    Findings out;
    check_permissions(*profile, out);
    check_space(*profile, out);
    auto session = context.session();
    if (!session) {
        const Error& error = session.error();
        out.push_back({check_of(error), State::fail, error.message,
                       error.code == "PROFILE_IN_USE" ? "close the other program, the window most likely" : "",
                       error.code == "BAD_CONFIG" ? exit_code(error) : ExitCode::local});
        return out;
    }
    out.push_back({"settings", State::ok, profile->config_file().string(), {}});
    out.push_back({"profile", State::ok, "no other program has it open", {}});
    if (const auto& newer = (*session)->store().read_only()) {
        out.push_back(
            {"version", State::fail, newer->message, "install the newer version of this program", ExitCode::local});
    }
    check_database(**session, out);
    check_journal(**session, out);
    check_selection(**session, out);
    check_attachments(*profile, **session, out);
    check_queue(**session, context.surroundings().clock.now(), out);
    const std::string url = (*session)->store().state().server_url;
    if (url.empty()) {
        out.push_back({"server", State::ok, "none is set: everything stays on this computer", {}});
    } else if (check_server(context, url, out)) {
        check_token(context, *profile, url, out);
    }
    return out;
}

/// The gravest: the laptop itself, then who one is, then the way, then what a person has to look at.
[[nodiscard]] ExitCode worst(const Findings& findings) {
    for (const ExitCode code :
         {ExitCode::local, ExitCode::sign_in, ExitCode::offline, ExitCode::attention, ExitCode::usage}) {
        for (const Finding& finding : findings) {
            if (finding.state == State::fail && finding.code == code) return code;
        }
    }
    return ExitCode::done;
}

}  // namespace

Outcome run_doctor(Context& context) {
    const auto findings = examine(context);
    if (!findings) return fail(findings.error());
    if (context.json()) {
        Json list = Json::array();
        for (const Finding& finding : *findings) {
            list.push_back({{"check", finding.check},
                            {"state", kStateNames[static_cast<std::size_t>(finding.state)]},
                            {"message", finding.message},
                            {"action", finding.action.empty() ? Json() : Json(finding.action)}});
        }
        print_json(context.out(), list);
        return worst(*findings);
    }
    TextTable table;
    for (const char* const title : {"State", "Check", "What", "Do"}) table.add_column(title);
    for (const Finding& finding : *findings) {
        table.add_row({std::string(kStateNames[static_cast<std::size_t>(finding.state)]), std::string(finding.check),
                       finding.message, finding.action});
    }
    table.print(context.out(), 0);  // read in full
    return worst(*findings);
}

}  // namespace ct::cli
