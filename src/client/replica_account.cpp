// Who the profile belongs to: signing in and out, and what a sign-in binds.
#include <utility>

#include "base/log.h"
#include "client/replica.h"

namespace ct::client {

Result<void> Replica::sign_in(const SignIn& request) {
    if (const auto& newer = store_.read_only()) return fail(*newer);
    if (!net::transport_is_safe(request.server_url)) {
        return fail(ErrorKind::invalid, "INSECURE_SERVER",
                    request.server_url + ": use https; plain http is for this computer's own addresses only", "server");
    }
    signing_in_ = request;
    while (!signing_in_->server_url.empty() && signing_in_->server_url.back() == '/')
        signing_in_->server_url.pop_back();
    const sync::LoginRequest login{request.email, request.password, request.workspace, store_.state().device_id,
                                   options_.device_name};
    NetJob job;
    job.kind = NetJob::Kind::login;
    job.base_url = signing_in_->server_url;
    job.ca_file = options_.ca_file;
    job.request = sync::api_request("/api/auth/login", sync::encode(login), {});
    job.deadlines = deadlines_of(job.kind);
    ports_.send(std::move(job));
    return {};
}

Result<void> Replica::bind(const sync::LoginAnswer& answer) {
    store::SyncState state = store_.state();
    if (!state.workspace_id.empty() && state.workspace_id != answer.workspace_id) {
        return fail(ErrorKind::invalid, "OTHER_WORKSPACE",
                    "this profile holds the data of workspace \"" + state.workspace_name +
                        "\"; use another profile for \"" + answer.workspace_name +
                        "\" (colortouchctl rescue save FILE makes a copy of what is unsent)");
    }
    const std::int64_t waiting = store_.queue().operations;
    const bool others = waiting > 0 && !state.user.id.empty() && state.user.id != answer.user.id;
    if (others && !signing_in_->discard_unsent) {
        return fail(ErrorKind::invalid, "UNSENT_WORK",
                    std::to_string(waiting) + " unsent edits of " + state.user.email +
                        " wait on this profile, and would be sent in the name of " + answer.user.email +
                        ": sign in as " + state.user.email +
                        " and sync, or put them in a rescue copy (colortouchctl rescue save FILE), and sign in with " +
                        "--discard-unsent");
    }
    if (others) {
        auto discarded = store_.discard_all();
        if (!discarded) return fail(discarded.error());
        log::warn(std::to_string(waiting) + " unsent edits of " + state.user.email + " were discarded, as asked for");
        show(std::move(*discarded));
        queue_changed(false);
        state.cursor.reset();
    }
    if (state.epoch != answer.epoch) state.cursor.reset();
    state.epoch = answer.epoch;
    state.server_url = signing_in_->server_url;
    state.workspace_id = answer.workspace_id;
    state.workspace_name = answer.workspace_name;
    state.user = answer.user;
    if (auto saved = store_.save_state(state); !saved) return saved;
    return secrets_.save_token(answer.token);
}

void Replica::on_login(const Result<sync::LoginAnswer>& answer) {
    if (!signing_in_) return;
    Result<void> bound = answer ? bind(*answer) : Result<void>(fail(answer.error()));
    signing_in_.reset();
    if (!bound) {
        ports_.emit(SignInFailed{bound.error()});
        return;
    }
    token_ = answer->token;
    ports_.emit(SignedIn{answer->user});
    tell(account());
}

Result<void> Replica::sign_out() {
    if (token_.empty()) return {};
    if (auto forgotten = secrets_.save_token({}); !forgotten) return forgotten;
    send(NetJob::Kind::logout, 0, sync::api_request("/api/auth/logout", "{}", token_));  // as well as it goes
    token_.clear();
    tell(account());
    return {};
}

}  // namespace ct::client
