// login, logout, status: whose profile this is, and how it stands with its server.
#include "cli/context.h"
#include "cli/output.h"
#include "net/url.h"

namespace ct::cli {
namespace {

using client::Indicator;

/// Asks the server whether it is there. A session by itself knows only what its own rounds met.
[[nodiscard]] Indicator probe(Context& context, const client::SyncView& view) {
    const client::NetAnswer answer = context.ask(view.server_url, client::NetJob::Kind::probe, sync::probe_request());
    const auto& reply = std::get<sync::Reply>(answer.reply);
    if (std::holds_alternative<sync::Health>(reply)) return view.indicator;
    if (const auto* const unreachable = std::get_if<sync::Unreachable>(&reply)) {
        using Kind = sync::Unreachable::Kind;
        if (unreachable->kind == Kind::no_route) return Indicator::offline;
        if (unreachable->kind == Kind::login_page) return Indicator::login_page;
    }
    return Indicator::server_away;
}

[[nodiscard]] std::string_view state_name(Indicator indicator) {
    switch (indicator) {
        case Indicator::synced:
        case Indicator::needs_you:
        case Indicator::pending: return "online";
        case Indicator::syncing: return "syncing";
        case Indicator::signed_out:
        case Indicator::local_only: return "signedOut";
        case Indicator::offline:
        case Indicator::server_away:
        case Indicator::login_page:
        case Indicator::update_needed:
        case Indicator::local_trouble: break;
    }
    return "offline";
}

[[nodiscard]] std::int64_t oldest_seconds(const client::SyncView& view, UnixMs now) {
    const UnixMs oldest = view.queue.oldest_created_at;
    return oldest == 0 ? 0 : std::max<std::int64_t>(0, (now - oldest) / 1'000);
}

[[nodiscard]] Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

[[nodiscard]] Json status_json(const client::SyncView& view, UnixMs now) {
    return {{"state", state_name(view.indicator)},
            {"pending", view.queue.records},
            {"conflicts", view.queue.conflicts},
            {"errors", view.queue.errors},
            {"filesPending", view.files.waiting()},
            {"filesPendingBytes", view.files.bytes},
            {"filesFailed", view.files.failed},
            {"oldestPendingSeconds", oldest_seconds(view, now)},
            {"reason", text_or_null(view.reason)},
            {"lastSyncAt", view.last_sync_at == 0 ? Json() : Json(format_rfc3339(view.last_sync_at))},
            {"cursor", text_or_null(view.cursor)},
            {"epoch", text_or_null(view.epoch)},
            {"leftOut", view.left_out},
            {"catchingUp", view.catching_up},
            {"deviceId", view.device_id}};
}

void print_status(Context& context, const client::SyncView& view, UnixMs now) {
    context.out() << client::headline(view, now) << '\n';
    const auto line = [&](const char* name, const std::string& value) {
        if (!value.empty()) context.out() << "  " << name << value << '\n';
    };
    line("server     ", view.server_url);
    line("workspace  ", view.workspace_name);
    line("user       ", view.user_email);
    line("last sync  ", shown_time(view.last_sync_at));
    line("it waits   ", view.reason);
    line("files      ", client::files_line(view));
    if (view.files.failed > 0) line("refused    ", std::to_string(view.files.failed) + " of the files");
    line("left out   ", joined(view.left_out));
    line("to fetch   ", joined(view.catching_up));
    line("device     ", view.device_id);
    for (const crm::ModelDef& model : crm::models()) {
        const std::int64_t waiting = view.queue.records_by_model[static_cast<std::size_t>(model.model)];
        if (waiting > 0) context.out() << "  " << model.plural << " waiting: " << waiting << '\n';
    }
}

}  // namespace

Outcome run_login(Context& context) {
    const Options& options = context.options();
    if (!options.server.empty()) {
        if (const auto url = net::parse_base_url(options.server); !url) return fail(url.error());
    }
    auto session = context.session();
    if (!session) return fail(session.error());
    // Signing in again needs no more than the password.
    const store::SyncState& known = (*session)->store().state();
    const std::string server = options.server.empty() ? known.server_url : options.server;
    const std::string email = options.email.empty() ? known.user.email : options.email;
    if (server.empty())
        return fail(ErrorKind::invalid, "USAGE", "--server is required: this profile knows no server yet");
    if (email.empty()) return fail(ErrorKind::invalid, "USAGE", "--email is required: this profile knows no user yet");
    const auto password = context.surroundings().secret();
    if (!password) return fail(password.error());

    const auto answer = (*session)->login(server, email, *password, options.workspace, options.discard_unsent);
    if (!answer) return fail(answer.error());
    if (context.json()) {
        const sync::UserInfo& user = answer->user;
        print_json(context.out(),
                   {{"user", {{"id", user.id}, {"name", user.name}, {"email", user.email}, {"role", user.role}}},
                    {"workspace", {{"id", answer->workspace_id}, {"name", answer->workspace_name}}}});
    } else {
        context.out() << "Signed in to " << answer->workspace_name << " as " << answer->user.name << '\n';
    }
    return ExitCode::done;
}

Outcome run_logout(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    if (auto done = (*session)->logout(); !done) return fail(done.error());
    const std::int64_t waiting = (*session)->view().queue.records;
    if (context.json()) {
        print_json(context.out(), {{"pending", waiting}});
    } else {
        context.out() << "Signed out";
        if (waiting > 0)
            context.out() << "; " << waiting << (waiting == 1 ? " record waits" : " records wait")
                          << " here (rescue save FILE makes a copy to carry elsewhere)";
        context.out() << '\n';
    }
    return ExitCode::done;
}

Outcome run_status(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    client::SyncView view = (*session)->view();
    view.next_try_at = 0;  // nobody tries: this program ends now
    if (view.indicator == Indicator::synced || view.indicator == Indicator::pending ||
        view.indicator == Indicator::needs_you)
        view.indicator = probe(context, view);
    const UnixMs now = context.surroundings().clock.now();
    if (context.json()) {
        print_json(context.out(), status_json(view, now));
    } else {
        print_status(context, view, now);
    }
    return ExitCode::done;
}

}  // namespace ct::cli
