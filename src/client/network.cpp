#include "client/network.h"

#include "client/request_log.h"

namespace ct::client {

namespace {

Result<sync::LoginAnswer> read_login(const net::HttpOutcome& outcome) {
    if (outcome.failure != net::NetFailure::none) {
        const sync::Unreachable why = unreachable(outcome);
        const bool portal = why.kind == sync::Unreachable::Kind::login_page;
        return fail(ErrorKind::offline, portal ? "NOT_COLORTOUCH" : "OFFLINE", why.detail);
    }
    if (auto problem = sync::read_problem(outcome.response)) {
        const bool denied = problem->status == 401 || problem->status == 403;
        return fail(denied                   ? ErrorKind::denied
                    : problem->status >= 429 ? ErrorKind::offline
                                             : ErrorKind::invalid,
                    problem->code, problem->detail);
    }
    if (outcome.response.status != 200 || !sync::from_our_server(outcome.response)) {
        return fail(
            ErrorKind::offline, "NOT_COLORTOUCH",
            "what answers there is not a ColorTouch server (status " + std::to_string(outcome.response.status) + ")");
    }
    return sync::decode_login_answer(outcome.response.body);
}

sync::RequestKind request_kind(NetJob::Kind kind) {
    switch (kind) {
        case NetJob::Kind::push: return sync::RequestKind::push;
        case NetJob::Kind::pull:
        case NetJob::Kind::listen: return sync::RequestKind::pull;
        case NetJob::Kind::verify: return sync::RequestKind::verify;
        default: return sync::RequestKind::probe;
    }
}

}  // namespace

net::Deadlines deadlines_of(NetJob::Kind kind) {
    net::Deadlines deadlines;
    if (kind == NetJob::Kind::probe || kind == NetJob::Kind::logout) deadlines.total_ms = 10'000;
    if (kind == NetJob::Kind::login) deadlines.total_ms = 30'000;
    if (kind == NetJob::Kind::people) deadlines.total_ms = 10'000;  // a script's `sync` waits for it
    // The silence while it waits is what it is for.
    if (kind == NetJob::Kind::listen) deadlines.read_ms = 40'000;
    return deadlines;
}

sync::Unreachable unreachable(const net::HttpOutcome& outcome) {
    using net::NetFailure;
    using Kind = sync::Unreachable::Kind;
    switch (outcome.failure) {
        case NetFailure::no_route: return {Kind::no_route, false, outcome.detail, false};
        case NetFailure::timeout: return {Kind::server_away, true, outcome.detail, false};
        case NetFailure::cut: return {Kind::server_away, true, outcome.detail, true};
        case NetFailure::bad_body: return sync::read_unusable(outcome.response, outcome.detail);
        case NetFailure::refused: {
            // Nobody listens; or the link broke before a byte of the answer was there, which looks like a refusal.
            const bool stood = outcome.response.traffic.bytes_sent > 0;
            return {Kind::server_away, stood, outcome.detail, stood};
        }
        case NetFailure::none:
        case NetFailure::tls:
        case NetFailure::cancelled:
        case NetFailure::bad_url: break;
    }
    return {Kind::server_away, false, outcome.detail, false};
}

NetAnswer read_answer(const NetJob& job, const net::HttpOutcome& outcome) {
    NetAnswer answer;
    answer.kind = job.kind;
    answer.id = job.id;
    answer.traffic = outcome.response.traffic;
    if (job.kind == NetJob::Kind::login) {
        answer.reply = read_login(outcome);
    } else if (job.kind == NetJob::Kind::file || job.kind == NetJob::Kind::people) {
        answer.reply = outcome;
    } else if (outcome.failure != net::NetFailure::none) {
        answer.reply = sync::Reply(unreachable(outcome));
    } else {
        answer.reply = sync::read_reply(request_kind(job.kind), outcome.response);
    }
    return answer;
}

NetAnswer Network::run(const NetJob& job) {
    std::optional<Exchanged> exchanged = ahead_.take(job);
    if (!exchanged) {
        net::HttpOutcome outcome = route_.send(job);
        exchanged = Exchanged{std::move(outcome), clock_.now()};
    }
    ahead_.guess(job, exchanged->outcome);
    NetAnswer answer = read_answer(job, exchanged->outcome);
    answer.wall_at_answer = exchanged->wall;
    answer.seen = request_seen(job, exchanged->outcome, exchanged->wall, keep_bodies_);
    return answer;
}

void Network::cancel() {
    ahead_.cancel();
    route_.cancel();
}

void Network::close() {
    ahead_.close();
    route_.close();
}

}  // namespace ct::client
