#include "client/request_log.h"

#include <algorithm>

namespace ct::client {

namespace {

/// A token is as good as the password.
http::Headers without_secrets(http::Headers headers) {
    for (auto& [key, value] : headers) {
        const bool secret = !http::find_header({{key, value}}, "Authorization").empty() ||
                            !http::find_header({{key, value}}, "Set-Cookie").empty() ||
                            !http::find_header({{key, value}}, "Cookie").empty();
        if (secret) value = "(not shown)";
    }
    return headers;
}

std::string beginning(const std::string& body) { return body.substr(0, kBodyKept); }

}  // namespace

const char* name_of(NetJob::Kind kind) {
    switch (kind) {
        case NetJob::Kind::probe: return "probe";
        case NetJob::Kind::push: return "push";
        case NetJob::Kind::pull: return "pull";
        case NetJob::Kind::listen: return "listen";
        case NetJob::Kind::verify: return "verify";
        case NetJob::Kind::login: return "sign in";
        case NetJob::Kind::logout: return "sign out";
        case NetJob::Kind::file: return "file";
        case NetJob::Kind::people: return "people";
    }
    return "";
}

const char* name(Lane lane) {
    switch (lane) {
        case Lane::records: return "records";
        case Lane::news: return "news";
        case Lane::files: return "files";
        case Lane::inspector: return "inspector";
    }
    return "";
}

std::shared_ptr<RequestSeen> request_seen(const NetJob& job, const net::HttpOutcome& outcome, UnixMs wall_at_answer,
                                          bool keep_bodies) {
    auto seen = std::make_shared<RequestSeen>();
    seen->what = name_of(job.kind);
    seen->method = job.request.method;
    seen->path = job.request.path;
    seen->traffic = outcome.response.traffic;
    seen->began_at = wall_at_answer - seen->traffic.total_ms;
    seen->request_bytes = job.body ? job.body->length : static_cast<std::int64_t>(job.request.body.size());
    seen->response_bytes = static_cast<std::int64_t>(outcome.response.body.size());
    seen->status = outcome.response.status;
    if (outcome.failure != net::NetFailure::none) seen->failure = net::name(outcome.failure);
    seen->detail = outcome.detail;
    if (seen->detail.empty() && seen->status >= 400) {
        if (const auto problem = sync::read_problem(outcome.response))
            seen->detail = problem->code + (problem->detail.empty() ? "" : ": " + problem->detail);
    }
    if (!keep_bodies) return seen;
    seen->with_bodies = true;
    seen->request_headers = without_secrets(job.request.headers);
    seen->response_headers = without_secrets(outcome.response.headers);
    const bool secret = job.kind == NetJob::Kind::login || job.kind == NetJob::Kind::logout;
    if (secret || job.kind == NetJob::Kind::file) return seen;  // a file's bytes are nothing to read
    seen->request_body = beginning(job.request.body);
    seen->response_body = beginning(outcome.response.body);
    const bool page = job.kind == NetJob::Kind::pull || job.kind == NetJob::Kind::listen;
    if (page && !seen->failed()) seen->page = std::make_shared<const std::string>(outcome.response.body);
    return seen;
}

void RequestLog::add(Lane lane, std::shared_ptr<RequestSeen> seen) {
    if (!seen) return;
    seen->lane = lane;
    seen->number = ++count_;
    const auto before = std::find_if(seen_.rbegin(), seen_.rend(),
                                     [&](const auto& one) { return one->lane == lane && one->what == seen->what; });
    if (before != seen_.rend() && (*before)->failed()) seen->attempt = (*before)->attempt + 1;
    Totals& totals = totals_[static_cast<std::size_t>(lane)];
    ++totals.requests;
    totals.bytes_sent += seen->traffic.bytes_sent;
    totals.bytes_received += seen->traffic.bytes_received;
    totals.busy_us += seen->traffic.total_us;
    held_ += seen->held();
    seen_.push_back(std::move(seen));
    trim(seen_, held_);
}

void trim(RequestList& seen, std::size_t& held) {
    while (seen.size() > kRequestsKept) {
        held -= seen.front()->held();
        seen.pop_front();
    }
    for (auto& one : seen) {
        if (held <= kBodiesKept) return;
        if (one->held() == 0) continue;
        held -= one->held();
        auto bare = std::make_shared<RequestSeen>(*one);
        bare->request_body.clear();
        bare->response_body.clear();
        bare->page.reset();
        one = std::move(bare);  // whoever has the old one reads on
    }
}

inspect::Requests RequestLog::news() {
    inspect::Requests news;
    const auto first =
        std::find_if(seen_.begin(), seen_.end(), [this](const auto& seen) { return seen->number > told_; });
    news.seen.assign(first, seen_.end());
    told_ = count_;
    return news;
}

void RequestLog::forget_bodies() {
    for (auto& seen : seen_) {
        if (!seen->with_bodies) continue;
        auto bare = std::make_shared<RequestSeen>(*seen);
        bare->with_bodies = false;
        bare->request_headers.clear();
        bare->response_headers.clear();
        bare->request_body.clear();
        bare->response_body.clear();
        bare->page.reset();
        seen = std::move(bare);
    }
    held_ = 0;
}

}  // namespace ct::client
