#include "net/body_stream.h"

#include <exception>
#include <utility>

#include "base/log.h"

namespace ct::net {

BodyStream::BodyStream(StreamHouse house, std::shared_ptr<const Received> head, Taker taker, bool to_the_end,
                       std::function<void()> news)
    : house_(std::move(house)),
      head_(std::move(head)),
      to_the_end_(to_the_end),
      news_(std::move(news)),
      taker_(std::move(taker)),
      digest_(http::find_header(head_->request.headers, "Content-Digest")),
      held_(house_.bodies) {}

BodyStream::~BodyStream() = default;

void BodyStream::give(std::string bytes) {
    if (bytes.empty()) return;
    std::unique_lock lock(mutex_);
    if (pending_.empty())
        pending_ = std::move(bytes);
    else
        pending_.append(bytes);
    held_.set(pending_.size() + under_work_);
    start(std::move(lock));
}

void BodyStream::end() { set_ending(Ending::whole); }
void BodyStream::cut() { set_ending(Ending::cut); }

void BodyStream::set_ending(Ending ending) {
    std::unique_lock lock(mutex_);
    if (ending_ != Ending::none) return;
    ending_ = ending;
    start(std::move(lock));
}

void BodyStream::start(std::unique_lock<std::mutex> lock) {
    if (working_) return;
    working_ = true;
    lock.unlock();
    hand_over();
}

/// However much waits for a worker: nothing of it may be lost, and there is one such job per stream.
void BodyStream::hand_over() {
    house_.workers.run_surely([self = shared_from_this()] { self->work(); });
}

std::size_t BodyStream::held() const {
    const std::lock_guard lock(mutex_);
    return held_.mine();
}

std::optional<AnswerBytes> BodyStream::take_answer() {
    const std::lock_guard lock(mutex_);
    return std::exchange(answer_, std::nullopt);
}

// ---- on a worker's thread

void BodyStream::work() {
    std::string piece;
    Ending ending = Ending::none;
    {
        const std::lock_guard lock(mutex_);
        piece.swap(pending_);
        under_work_ = piece.size();
        if (piece.empty()) ending = ending_;
        if (piece.empty() && ending == Ending::none) {
            working_ = false;
            return;
        }
    }
    if (piece.empty()) return settle(ending);  // it stays "working": nothing comes after
    hand_on(piece);
    piece = {};
    {
        const std::lock_guard lock(mutex_);
        under_work_ = 0;
        held_.set(pending_.size());
    }
    news_();
    hand_over();  // other requests have their turn between two pieces
}

void BodyStream::hand_on(std::string_view bytes) {
    if (!taker_.sink) return;
    try {
        if (!digest_.empty()) hash_.add(bytes);
        taker_.refused = taker_.sink->take(bytes);
    } catch (const std::exception& failure) {
        log::error(std::string("http: taking a body failed: ") + failure.what());
        taker_.refused = problem({500, "INTERNAL", "the server made a mistake"});
    }
    if (!taker_.refused) return;
    taker_.sink = nullptr;
    if (!to_the_end_) answer(*std::exchange(taker_.refused, std::nullopt), true);
}

void BodyStream::settle(Ending ending) {
    std::optional<http::Response> last;
    try {
        last = last_of(ending);
    } catch (const std::exception& failure) {
        log::error(std::string("http: ending a body failed: ") + failure.what());
        last = problem({500, "INTERNAL", "the server made a mistake"});
    }
    taker_.sink = nullptr;
    if (last && ending == Ending::whole) answer(std::move(*last), false);
}

std::optional<http::Response> BodyStream::last_of(Ending ending) {
    if (!taker_.sink) return std::exchange(taker_.refused, std::nullopt);
    if (ending == Ending::cut) {
        taker_.sink->cut();
        return std::nullopt;
    }
    if (digest_.empty() || content_digest_matches(digest_, hash_.end())) return taker_.sink->end();
    taker_.sink->undo();
    const Refusal refusal{400, "MALFORMED", "the body does not match its Content-Digest"};
    if (house_.options.on_refusal) house_.options.on_refusal(refusal.status, refusal.code, head_->request.id);
    return problem(refusal);
}

void BodyStream::answer(http::Response response, bool close) {
    AnswerBytes bytes = format_answer(std::move(response), *head_, close, house_.rules);
    {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(bytes);
    }
    news_();
}

}  // namespace ct::net
