// One connection of the server: reads a request, has it answered, writes the answer, and again. All of it on the
// listener's thread and without ever blocking there; only the work itself is done by others.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/answer_format.h"
#include "net/body_stream.h"
#include "net/held_bytes.h"
#include "net/http_server.h"
#include "net/request_parser.h"
#include "net/socket.h"
#include "net/tls.h"
#include "net/worker_threads.h"

namespace ct::net {

class Connection;

/// What all connections of a server share. Of the listener's thread, but for what workers call.
class Switchboard {
  public:
    virtual ~Switchboard() = default;
    virtual void forget(Connection& connection) = 0;  ///< it is closed
    [[nodiscard]] virtual std::string new_request_id() = 0;

    /// What came of a request.
    struct Outcome {
        AnswerBytes bytes;
        std::optional<http::Pause> pause;             ///< instead
        std::optional<BodyStream::Taker> taker = {};  ///< instead, of a body that is still to come
    };
    /// On a worker's thread. Never throws.
    [[nodiscard]] virtual Outcome work(Received& received) const = 0;

    using Loop = boost::asio::io_context;
    const HttpServerOptions* options = nullptr;
    AnswerRules rules;
    std::shared_ptr<Loop> loop;  ///< shared with whoever wakes: that may be later than all this
    WorkerThreads* workers = nullptr;
    TlsContext* tls = nullptr;  ///< null: plain
    std::vector<char> scratch;  ///< what was just read
    /// Bytes of bodies that arrive, wait or are being taken.
    const std::shared_ptr<HeldBytes::Sum> bodies = std::make_shared<HeldBytes::Sum>(0);
    bool stopping = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    /// Takes the socket over. Before anything else: start() or turn_away().
    Connection(Switchboard& board, Socket socket, std::string remote);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start();
    /// Says why there is no service (where that needs no handshake first), and closes.
    void turn_away(const Refusal& refusal);
    /// Ends what is idle or incomplete; lets what is answered be answered.
    void server_stops();
    void close();

    [[nodiscard]] const std::string& remote() const { return remote_; }
    [[nodiscard]] bool idle() const { return state_ == State::idle || state_ == State::handshake; }
    [[nodiscard]] bool reads_head() const { return state_ == State::head; }
    [[nodiscard]] SteadyTime since() const { return since_; }  ///< of the state

  private:
    enum class State : std::uint8_t {
        handshake,  // TLS
        idle,       // nothing of a request has come
        head,
        body,
        working,  // a worker has it, or it waits for one
        paused,   // the handler wants to be asked again
        writing,
        lingering,  // all is said; reads what still comes, so that the peer can read our answer
        closed,
    };
    void enter(State state, SteadyTime deadline);

    // reading
    void shake_hands();
    void await(boost::asio::posix::descriptor_base::wait_type what, void (Connection::*then)());
    void read();
    void read_later();
    [[nodiscard]] bool wants_input() const;
    [[nodiscard]] IoStep receive();
    void on_input(std::string_view bytes);
    void on_end();
    void parse_ahead();
    void parse(std::string_view& bytes);
    void head_is_complete();
    void say_continue();
    [[nodiscard]] SteadyTime body_deadline() const;
    [[nodiscard]] bool memory_is_short() const { return *board_.bodies > board_.options->bodies_max; }

    // answering
    void dispatch();
    void work();
    void worked(Switchboard::Outcome outcome);
    void pause(http::Pause pause);
    void ask_again();
    void refuse(const Refusal& refusal);

    // a body that is taken piece by piece
    void dispatch_head();
    [[nodiscard]] bool body_follows() const;  ///< the handler has its head alone
    void stream(BodyStream::Taker taker);
    void feed_stream();
    [[nodiscard]] bool stream_is_full() const;
    void stream_moves();
    void cut_stream();

    // writing
    void write(AnswerBytes bytes);
    void write_on();
    void await_writing(IoStep::Kind what);
    void fetch();
    void fetched(std::string piece);
    void answer_is_out();
    void linger();

    // time
    void arm_timer();
    void on_deadline();

    using Executor = boost::asio::io_context::executor_type;
    Switchboard& board_;
    boost::asio::posix::basic_stream_descriptor<Executor> socket_;
    std::unique_ptr<TlsSession> session_;
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                      Executor>
        timer_;
    const std::string remote_;

    State state_ = State::idle;
    SteadyTime since_;                         // of the state
    SteadyTime deadline_ = SteadyTime::max();  // of the state
    SteadyTime armed_ = SteadyTime::max();     // when the timer goes off
    bool reading_ = false;                     // a wait for input is under way
    bool ended_ = false;                       // the peer sends no more
    bool unread_ = false;                      // of a request that was refused
    bool write_waits_ = false;                 // for input (TLS may want that)
    std::string ahead_;                        // came in, and is not taken yet

    std::unique_ptr<RequestParser> parser_;
    HeldBytes held_;                      // of a body that arrives or waits; a stream has its own
    SteadyTime body_total_;               // when the body must be there
    std::shared_ptr<Received> received_;  // shared with the worker that has it
    std::shared_ptr<void> arrangement_;   // of the pause
    std::shared_ptr<BodyStream> stream_;  // set: the body goes there
    SteadyTime first_asked_;
    bool asked_last_ = false;  // the server stops: there is no further pause

    AnswerBytes out_;
    std::size_t sent_ = 0;    // of head and body together
    SteadyTime write_total_;  // when the answer must have been taken
    bool fetching_ = false;   // a worker has the answer's source
};

}  // namespace ct::net
