#include "base/http_handler.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace ct::http {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Shared with whoever wakes: that may be later than the wait.
struct Waiting {
    std::mutex mutex;
    std::condition_variable news;
    bool woken = false;  // guarded by mutex
};

void wait_out(const Pause& pause) {
    const auto waiting = std::make_shared<Waiting>();
    const auto arrangement = pause.arrange([waiting] {
        const std::lock_guard lock(waiting->mutex);
        waiting->woken = true;
        waiting->news.notify_all();
    });
    std::unique_lock lock(waiting->mutex);
    waiting->news.wait_for(lock, std::chrono::milliseconds(pause.at_most_ms), [&] { return waiting->woken; });
}

Response whole(Answered answered) {
    Response response = std::move(answered.response);
    if (!answered.body_source) return response;
    constexpr std::size_t kPiece = 256 * 1'024;
    const auto size = static_cast<std::size_t>(answered.body_source->size());
    while (response.body.size() < size) {
        const auto piece = answered.body_source->next(kPiece);
        if (!piece) return {};
        response.body += *piece;
    }
    return response;
}

}  // namespace

Response answer_of(const Handler& handler, const Request& request) {
    Answered answered = handler(request);
    if (!answered.pause) return whole(std::move(answered));
    Request again = request;
    const auto begin = SteadyClock::now();
    do {
        wait_out(*answered.pause);
        const auto waited = SteadyClock::now() - begin;
        again.waited_ms = std::chrono::duration_cast<std::chrono::milliseconds>(waited).count();
        answered = handler(again);
    } while (answered.pause);
    return whole(std::move(answered));
}

}  // namespace ct::http
