#include "net/connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "base/log.h"

namespace ct::net {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::descriptor_base;

// Of one connection before the others have their turn.
constexpr std::size_t kReadBurst = 256 * 1'024;
// What may come in behind a request that is still being answered; more stays in the socket.
constexpr std::size_t kAheadMax = 64 * 1'024;
// A body must come at least this fast on the whole, and an answer be taken: they hold memory.
constexpr std::size_t kSlowestBytesPerSecond = 1'024;
// A body up to this is taken even when those of all requests together are over their limit.
constexpr std::size_t kSmallBody = 64 * 1'024;
// What came of a body that is taken piece by piece and is not taken yet; then the client waits.
constexpr std::size_t kStreamHeld = 256 * 1'024;
// An answer that is not held in one piece is asked for in pieces of this size.
constexpr std::size_t kAnswerPiece = 256 * 1'024;
// After a refusal the client may still be sending; closing at once would reset the connection and lose our answer.
constexpr Milliseconds kLinger{2'000};
// After stop(), how long an answer may take to be written.
constexpr Milliseconds kLastWords{2'000};

[[nodiscard]] SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

[[nodiscard]] std::size_t body_max(const HttpServerOptions& options, const http::Request& head) {
    return options.max_body_of ? std::min(options.max_body_of(head), options.max_body) : options.max_body;
}

[[nodiscard]] std::chrono::seconds slowest(std::size_t bytes) {
    constexpr std::size_t kLongestS = 366 * 86'400;  // whatever a client announces, the sum stays a time
    return std::chrono::seconds(std::min(bytes / kSlowestBytesPerSecond, kLongestS));
}

/// Nothing where it cannot be had. Never throws.
[[nodiscard]] std::string next_of(http::BodySource& source, std::size_t most) {
    try {
        Result<std::string> piece = source.next(most);
        if (piece) return std::move(*piece);
        log::error("http: an answer ends early: " + piece.error().message);
    } catch (const std::exception& failure) {
        log::error(std::string("http: an answer ends early: ") + failure.what());
    }
    return {};
}

}  // namespace

Connection::Connection(Switchboard& board, Socket socket, std::string remote)
    : board_(board),
      socket_(board.loop->get_executor(), socket.release()),
      timer_(board.loop->get_executor()),
      remote_(std::move(remote)),
      since_(steady_now()),
      held_(board.bodies) {}

Connection::~Connection() = default;

void Connection::start() {
    if (board_.tls != nullptr) {
        session_ = board_.tls->make_session(socket_.native_handle(), std::string());
        if (!session_) return close();
        enter(State::handshake, steady_now() + Milliseconds(board_.options->read_timeout_ms));
        return shake_hands();
    }
    enter(State::idle, steady_now() + Milliseconds(board_.options->keep_alive_ms));
    read();
}

void Connection::turn_away(const Refusal& refusal) {
    if (board_.tls != nullptr) return close();
    unread_ = true;
    refuse(refusal);
}

void Connection::server_stops() {
    switch (state_) {
        case State::handshake:
        case State::idle:
        case State::lingering: return close();
        case State::head:
        case State::body: unread_ = true; return refuse({503, "UNAVAILABLE", "the server is stopping"});
        case State::paused: return ask_again();
        case State::writing:
            // What is given piece by piece may be long, and whoever reads it can go on from where it was.
            if (out_.source) write_total_ = std::min(write_total_, steady_now() + kLastWords);
            deadline_ = std::min(deadline_, steady_now() + kLastWords);
            return arm_timer();
        case State::working:
        case State::closed: return;
    }
}

void Connection::close() {
    if (state_ == State::closed) return;
    const auto self = shared_from_this();  // forget() may drop the last other owner
    if (session_) session_->close();
    enter(State::closed, SteadyTime::max());
    arrangement_ = nullptr;
    cut_stream();
    held_.set(0);
    boost::system::error_code ignored;
    timer_.cancel(ignored);
    socket_.close(ignored);
    board_.forget(*this);
}

void Connection::enter(State state, SteadyTime deadline) {
    state_ = state;
    since_ = steady_now();
    deadline_ = deadline;
    arm_timer();
}

// ---- reading

void Connection::await(Descriptor::wait_type what, void (Connection::*then)()) {
    if (what == Descriptor::wait_read) {
        if (reading_) return;
        reading_ = true;
    }
    socket_.async_wait(what, [self = shared_from_this(), what, then](const boost::system::error_code& error) {
        if (what == Descriptor::wait_read) self->reading_ = false;
        if (error || self->state_ == State::closed) return;
        (self.get()->*then)();
    });
}

void Connection::shake_hands() {
    if (state_ != State::handshake) return;
    switch (session_->handshake().kind) {
        case IoStep::Kind::done:
            enter(State::idle, steady_now() + Milliseconds(board_.options->keep_alive_ms));
            return read();
        case IoStep::Kind::want_read: return await(Descriptor::wait_read, &Connection::shake_hands);
        case IoStep::Kind::want_write: return await(Descriptor::wait_write, &Connection::shake_hands);
        case IoStep::Kind::closed:
        case IoStep::Kind::failed: return close();
    }
}

IoStep Connection::receive() {
    std::vector<char>& into = board_.scratch;
    return session_ ? session_->receive(into.data(), into.size())
                    : receive_some(socket_.native_handle(), into.data(), into.size());
}

/// Also while a request is answered: that is how we learn that nobody waits for the answer any more.
bool Connection::wants_input() const {
    return state_ != State::closed && !ended_ && ahead_.size() < kAheadMax && !stream_is_full();
}

void Connection::read() {
    if (reading_) return;
    for (std::size_t taken = 0; wants_input();) {
        const IoStep step = receive();
        switch (step.kind) {
            case IoStep::Kind::done:
                taken += step.bytes;
                on_input({board_.scratch.data(), step.bytes});
                if (taken >= kReadBurst) return read_later();
                break;
            case IoStep::Kind::want_read:
                await(Descriptor::wait_read, &Connection::read);
                if (std::exchange(write_waits_, false)) write_on();
                return;
            case IoStep::Kind::want_write: return await(Descriptor::wait_write, &Connection::read);
            case IoStep::Kind::closed:
            case IoStep::Kind::failed: return on_end();
        }
    }
}

/// Others have their turn first.
void Connection::read_later() {
    asio::post(*board_.loop, [self = shared_from_this()] { self->read(); });
}

void Connection::on_end() {
    ended_ = true;
    switch (state_) {
        case State::working:  // it may have closed its half only
        case State::writing: return;
        case State::paused:  // what came of a body counts
            if (body_follows()) return;
            return close();
        case State::head:
        case State::body: return refuse({400, "INCOMPLETE", "the request is incomplete"});
        default: return close();
    }
}

void Connection::on_input(std::string_view bytes) {
    if (state_ == State::lingering) return;
    if (!ahead_.empty()) {
        ahead_.append(bytes);
        return parse_ahead();
    }
    parse(bytes);
    if (state_ != State::lingering && state_ != State::closed) ahead_.assign(bytes);
}

void Connection::parse_ahead() {
    std::string taken;
    taken.swap(ahead_);
    std::string_view bytes = taken;
    parse(bytes);
    if (bytes.empty() || state_ == State::lingering || state_ == State::closed) return;
    taken.erase(0, taken.size() - bytes.size());
    ahead_.swap(taken);
}

/// Takes off the front what belongs to the request under way, and dispatches it when it is complete.
void Connection::parse(std::string_view& bytes) {
    if (state_ == State::idle && !bytes.empty()) {
        const auto& options = *board_.options;
        parser_ = std::make_unique<RequestParser>(
            [&options](const http::Request& head) { return body_max(options, head); }, options.streams);
        enter(State::head, steady_now() + Milliseconds(options.read_timeout_ms));
    }
    while (state_ == State::head || state_ == State::body) {
        const RequestParser::Stage before = parser_->stage();
        bytes.remove_prefix(parser_->feed(bytes));
        switch (parser_->stage()) {
            case RequestParser::Stage::refused: unread_ = true; return refuse(parser_->refusal());
            case RequestParser::Stage::complete: return dispatch();
            case RequestParser::Stage::head: return;
            case RequestParser::Stage::body: break;
        }
        if (before == RequestParser::Stage::head) {
            head_is_complete();
            continue;
        }
        if (stream_) return feed_stream();
        held_.set(parser_->body_held());
        if (memory_is_short() && held_.mine() > kSmallBody) {
            unread_ = true;
            return refuse({503, "UNAVAILABLE", "too many large requests at once"});
        }
        deadline_ = body_deadline();
        return arm_timer();
    }
}

void Connection::head_is_complete() {
    if (parser_->streamed()) return dispatch_head();
    const std::size_t announced = parser_->body_announced();
    const std::size_t size = announced > 0 ? announced : board_.options->max_body;
    body_total_ = steady_now() + Milliseconds(2 * board_.options->read_timeout_ms) + slowest(size);
    enter(State::body, body_deadline());
    if (parser_->wants_continue()) say_continue();
}

void Connection::say_continue() {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const IoStep step = session_ ? session_->send(kContinue.data(), kContinue.size())
                                 : send_some(socket_.native_handle(), kContinue.data(), kContinue.size());
    // A socket that takes no 25 bytes after a whole silent head is not worth more.
    if (step.kind != IoStep::Kind::done || step.bytes != kContinue.size()) close();
}

SteadyTime Connection::body_deadline() const {
    return std::min(body_total_, steady_now() + Milliseconds(board_.options->read_timeout_ms));
}

// ---- answering

void Connection::dispatch() {
    if (stream_) {
        feed_stream();
        parser_ = nullptr;
        enter(State::working, SteadyTime::max());
        return stream_->end();
    }
    held_.set(parser_->body_held());
    received_ = std::make_shared<Received>(parser_->take());
    parser_ = nullptr;
    received_->request.remote = remote_;
    if (received_->request.id.empty()) received_->request.id = board_.new_request_id();
    first_asked_ = steady_now();
    work();
}

void Connection::work() {
    enter(State::working, SteadyTime::max());
    const bool taken = board_.workers->run([self = shared_from_this(), received = received_]() mutable {
        Switchboard& board = self->board_;
        // The worker keeps nothing: the connection must end on the listener's thread.
        auto outcome = std::make_shared<Switchboard::Outcome>(board.work(*received));
        received = nullptr;
        asio::post(*board.loop, [self = std::move(self), outcome] { self->worked(std::move(*outcome)); });
    });
    if (taken) return;
    unread_ = body_follows();
    refuse({503, "UNAVAILABLE", "the server is overloaded"});
}

void Connection::worked(Switchboard::Outcome outcome) {
    if (state_ != State::working) return;
    if (outcome.taker) return stream(std::move(*outcome.taker));
    if (!outcome.pause) return write(std::move(outcome.bytes));
    if (asked_last_) {
        unread_ = body_follows();
        return refuse({503, "UNAVAILABLE", "the server is stopping"});
    }
    pause(std::move(*outcome.pause));
}

void Connection::pause(http::Pause pause) {
    if (ended_ && !body_follows()) return close();  // nobody waits for it
    enter(State::paused, steady_now() + Milliseconds(std::max<std::int64_t>(pause.at_most_ms, 1)));
    arrangement_ = pause.arrange([loop = board_.loop, weak = weak_from_this()] {
        asio::post(*loop, [weak] {
            if (const auto self = weak.lock()) self->ask_again();
        });
    });
    if (board_.stopping) ask_again();
}

void Connection::ask_again() {
    if (state_ != State::paused) return;
    arrangement_ = nullptr;
    asked_last_ = board_.stopping;
    const auto waited = std::chrono::duration_cast<Milliseconds>(steady_now() - first_asked_).count();
    // Of a server that stops, whoever waits has waited for long enough.
    received_->request.waited_ms = asked_last_ ? INT64_MAX : waited;
    work();
}

void Connection::refuse(const Refusal& refusal) {
    Received about;
    if (received_) {
        about.accept_encoding = received_->accept_encoding;
        about.close = received_->close;
        about.head_only = received_->head_only;
        about.unpacked = true;
    }
    if (received_ || parser_) about.request.path = received_ ? received_->request.path : parser_->path();
    about.request.id = received_ ? received_->request.id : parser_ ? parser_->request_id() : std::string();
    if (about.request.id.empty()) about.request.id = board_.new_request_id();
    if (board_.options->on_refusal) board_.options->on_refusal(refusal.status, refusal.code, about.request.id);
    http::Response response = problem(refusal);
    if (refusal.status == 503 || refusal.status == 429) response.headers.emplace_back("Retry-After", "5");
    cut_stream();
    parser_ = nullptr;
    write(format_answer(std::move(response), about, true, board_.rules));
}

// ---- a body that is taken piece by piece

/// The handler decides by the head; what comes in meanwhile waits unread.
void Connection::dispatch_head() {
    received_ = std::make_shared<Received>(parser_->take_head());
    received_->request.remote = remote_;
    if (received_->request.id.empty()) received_->request.id = board_.new_request_id();
    first_asked_ = steady_now();
    work();
}

bool Connection::body_follows() const { return parser_ && parser_->streamed(); }

void Connection::stream(BodyStream::Taker taker) {
    if (board_.stopping) {
        unread_ = true;
        return refuse({503, "UNAVAILABLE", "the server is stopping"});
    }
    const auto& options = *board_.options;
    const std::size_t announced = parser_->body_announced(), expected = announced > 0 ? announced : options.max_body;
    const bool expects = parser_->wants_continue();
    const bool to_the_end = !expects && announced > 0 && announced <= body_max(options, received_->request);
    if (taker.refused && !to_the_end) {
        unread_ = true;
        parser_ = nullptr;
        return write(format_answer(std::move(*taker.refused), *received_, true, board_.rules));
    }
    auto news = [loop = board_.loop, weak = weak_from_this()] {
        asio::post(*loop, [weak] {
            if (const auto self = weak.lock()) self->stream_moves();
        });
    };
    stream_ = std::make_shared<BodyStream>(StreamHouse{options, board_.rules, *board_.workers, board_.bodies},
                                           received_, std::move(taker), to_the_end, std::move(news));
    body_total_ = steady_now() + Milliseconds(2 * options.read_timeout_ms) + slowest(expected);
    enter(State::body, body_deadline());
    if (expects) say_continue();
    if (!ahead_.empty()) parse_ahead();
    if (ended_ && state_ == State::body) return on_end();
    read();
}

void Connection::feed_stream() {
    stream_->give(parser_->take_body());
    deadline_ = stream_is_full() ? SteadyTime::max() : body_deadline();  // then it is we who are slow
    arm_timer();
}

/// Where memory is short, a stream does with less.
bool Connection::stream_is_full() const {
    if (!stream_ || state_ != State::body) return false;
    return stream_->held() >= (memory_is_short() ? kSmallBody : kStreamHeld);
}

void Connection::stream_moves() {
    if (!stream_ || state_ == State::closed) return;
    if (std::optional<AnswerBytes> answer = stream_->take_answer()) {
        unread_ = state_ == State::body;
        parser_ = nullptr;
        return write(std::move(*answer));
    }
    if (state_ != State::body || stream_is_full()) return;
    if (deadline_ == SteadyTime::max()) {
        deadline_ = body_deadline();
        arm_timer();
    }
    read();
}

/// What came is taken all the same, and kept.
void Connection::cut_stream() {
    if (stream_) stream_->cut();
    stream_ = nullptr;
}

// ---- writing

void Connection::write(AnswerBytes bytes) {
    received_ = nullptr;
    stream_ = nullptr;
    held_.set(0);
    out_ = std::move(bytes);
    out_.close = out_.close || board_.stopping;
    sent_ = 0;
    enter(State::writing, SteadyTime::max());
    const std::size_t size = out_.head.size() + out_.body.size() + out_.to_come;
    write_total_ = since_ + 2 * Milliseconds(board_.options->write_timeout_ms) + slowest(size);
    if (out_.source && board_.stopping) write_total_ = std::min(write_total_, since_ + kLastWords);
    write_on();
}

void Connection::write_on() {
    if (state_ != State::writing || fetching_) return;
    const std::size_t size = out_.head.size() + out_.body.size();
    while (sent_ < size) {
        const bool in_head = sent_ < out_.head.size();
        const std::string_view part = in_head ? std::string_view(out_.head).substr(sent_)
                                              : std::string_view(out_.body).substr(sent_ - out_.head.size());
        const IoStep step = session_ ? session_->send(part.data(), part.size())
                                     : send_some(socket_.native_handle(), part.data(), part.size());
        switch (step.kind) {
            case IoStep::Kind::done: sent_ += step.bytes; break;
            case IoStep::Kind::want_read:
            case IoStep::Kind::want_write: return await_writing(step.kind);
            case IoStep::Kind::closed:
            case IoStep::Kind::failed: return close();
        }
    }
    if (out_.to_come > 0) return fetch();
    answer_is_out();
}

void Connection::await_writing(IoStep::Kind what) {
    const auto silence = Milliseconds(board_.options->write_timeout_ms);
    deadline_ = std::min(write_total_, steady_now() + (board_.stopping ? std::min(kLastWords, silence) : silence));
    arm_timer();
    if (what == IoStep::Kind::want_write) return await(Descriptor::wait_write, &Connection::write_on);
    write_waits_ = true;
    read();
}

/// The next piece of the answer. Whoever gives it may wait for a disk, so it is not asked here.
void Connection::fetch() {
    out_.head.clear();
    out_.body.clear();
    sent_ = 0;
    deadline_ = write_total_;
    arm_timer();
    fetching_ = true;
    const std::size_t most = std::min(kAnswerPiece, out_.to_come);
    board_.workers->run_surely([self = shared_from_this(), source = out_.source, most]() mutable {
        // The worker keeps nothing: the connection must end on the listener's thread.
        auto piece = std::make_shared<std::string>(next_of(*source, most));
        source = nullptr;
        Switchboard& board = self->board_;
        asio::post(*board.loop, [self = std::move(self), piece] { self->fetched(std::move(*piece)); });
    });
}

/// Without a piece the answer cannot be brought to its end, and its reader must not take what came for all of it.
void Connection::fetched(std::string piece) {
    fetching_ = false;
    if (state_ != State::writing) return;
    if (piece.empty() || piece.size() > out_.to_come) return close();
    out_.to_come -= piece.size();
    out_.body = std::move(piece);
    write_on();
}

void Connection::answer_is_out() {
    const bool last = out_.close || ended_;
    out_ = {};
    if (unread_ && !ended_) return linger();
    if (last) return close();
    enter(State::idle, steady_now() + Milliseconds(board_.options->keep_alive_ms));
    // Not from here: an endless row of requests in one piece would be an endless recursion.
    asio::post(*board_.loop, [self = shared_from_this()] {
        if (self->state_ != State::idle) return;
        self->parse_ahead();
        self->read();
    });
}

void Connection::linger() {
    if (session_) session_->close();
    shutdown_sending(socket_.native_handle());
    ahead_.clear();
    enter(State::lingering, steady_now() + kLinger);
    read();
}

// ---- time

void Connection::arm_timer() {
    if (deadline_ >= armed_ || deadline_ == SteadyTime::max()) return;  // it goes off before, and looks again
    armed_ = deadline_;
    timer_.expires_at(deadline_);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self || self->state_ == State::closed) return;
        self->armed_ = SteadyTime::max();
        if (steady_now() < self->deadline_) return self->arm_timer();
        self->on_deadline();
    });
}

void Connection::on_deadline() {
    switch (state_) {
        case State::head:
        case State::body: unread_ = true; return refuse({408, "TIMEOUT", "the request did not arrive in time"});
        case State::paused: return ask_again();
        case State::working:
        case State::closed: return;
        default: return close();
    }
}

}  // namespace ct::net
