#include "client/page_ahead.h"

#include <chrono>
#include <system_error>
#include <utility>

#include "sync/wire.h"

namespace ct::client {

namespace {

// A guess that nobody asked for this long says too little of how things are now.
constexpr SteadyMs kStaleMs = 5'000;

/// Of a pull what its answer depends on: not how long edits have been waiting here.
std::string asked_in(const http::Request& request) {
    auto pull = sync::decode_pull_request(request.body);
    if (!pull) return request.body;
    pull->waiting.reset();
    return sync::encode(*pull);
}

bool same_question(const NetJob& a, const NetJob& b) {
    const http::Request &x = a.request, &y = b.request;
    return a.kind == b.kind && a.base_url == b.base_url && a.ca_file == b.ca_file && x.method == y.method &&
           x.path == y.path && x.query == y.query && x.headers == y.headers && asked_in(x) == asked_in(y);
}

}  // namespace

std::optional<Exchanged> PageAhead::take(const NetJob& job) {
    if (!guessed_) return std::nullopt;
    if (!same_question(*guessed_, job) || clock_.steady() - guessed_at_ > kStaleMs) {
        drop();
        return std::nullopt;
    }
    cancelled_ = false;  // whoever was cancelled before is not who waits now
    guessed_.reset();
    Exchanged exchanged = answer_.get();
    // Asked once more when it ended at once; who has waited for long has waited for this answer.
    const bool at_once = clock_.steady() - guessed_at_ <= kStaleMs;
    if (exchanged.outcome.failure != net::NetFailure::none && !cancelled_ && at_once) return std::nullopt;
    return exchanged;
}

void PageAhead::guess(const NetJob& job, const net::HttpOutcome& outcome) {
    if (job.kind != NetJob::Kind::pull || outcome.failure != net::NetFailure::none) return;
    auto request = sync::decode_pull_request(job.request.body);
    if (!request) return;
    const bool steady = std::exchange(last_limit_, request->limit) == request->limit;
    if (!steady || outcome.response.status != 200 || outcome.response.traffic.total_ms > quick_ms_) return;
    auto next = sync::next_cursor(outcome.response.body);
    if (!next) return;
    request->cursor = std::move(*next);
    NetJob guessed = job;
    guessed.request.body = sync::encode(*request);
    guessed_at_ = clock_.steady();
    try {
        answer_ = std::async(std::launch::async, [this, guessed] {
            net::HttpOutcome answer = route_.send(guessed);
            return Exchanged{std::move(answer), clock_.now()};
        });
    } catch (const std::system_error&) {
        return;  // no thread to be had for a mere guess
    }
    guessed_ = std::move(guessed);
}

void PageAhead::cancel() {
    cancelled_ = true;
    route_.cancel();
}

void PageAhead::close() {
    cancelled_ = true;
    route_.close();
}

void PageAhead::drop() {
    if (!guessed_) return;
    guessed_.reset();
    while (answer_.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) cancel();
    (void)answer_.get();
}

}  // namespace ct::client
