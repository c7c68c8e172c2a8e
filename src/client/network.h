// The client's way to the server, one exchange at a time: a job goes in, an answer that is already decoded comes out.
// Used by the network thread of Client and, in line, by Session.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <variant>

#include "base/clock.h"
#include "base/http_message.h"
#include "client/net_job.h"
#include "client/page_ahead.h"
#include "client/request_seen.h"
#include "client/route.h"
#include "net/http_client.h"
#include "net/link_simulator.h"
#include "sync/reply.h"

namespace ct::client {

struct NetAnswer {
    NetJob::Kind kind = NetJob::Kind::probe;
    std::uint64_t id = 0;
    /// For sign-in the answer or an error that says why not; for files and people the exchange as it was; for the rest
    /// what the engine takes.
    std::variant<sync::Reply, Result<sync::LoginAnswer>, net::HttpOutcome> reply;
    http::Traffic traffic;
    std::shared_ptr<RequestSeen> seen;  ///< for the inspector's list; read_answer leaves it empty
    UnixMs wall_at_answer = 0;          ///< our wall clock when the answer was complete, for the clock offset
};

/// One thread calls `run`; `cancel` and `close` may come from any other.
class Network {
  public:
    /// `simulator` may be null; else it outlives this.
    explicit Network(const Clock& clock, net::LinkSimulator* simulator = nullptr)
        : clock_(clock), route_(simulator), ahead_(clock, simulator) {}
    [[nodiscard]] NetAnswer run(const NetJob& job);
    void cancel();
    /// Like `cancel`, and every later `run` ends at once: for the end of the program.
    void close();
    /// Whether the beginnings of bodies are remembered with what is `seen`. Any thread.
    void keep_bodies(bool on) { keep_bodies_ = on; }

  private:
    const Clock& clock_;
    Route route_;
    PageAhead ahead_;
    std::atomic<bool> keep_bodies_{false};
};

/// How long an exchange of that kind may take.
[[nodiscard]] net::Deadlines deadlines_of(NetJob::Kind kind);
[[nodiscard]] sync::Unreachable unreachable(const net::HttpOutcome& outcome);
/// What an exchange came to, decoded. Pure; `wall_at_answer` is left for the caller to fill in.
[[nodiscard]] NetAnswer read_answer(const NetJob& job, const net::HttpOutcome& outcome);

}  // namespace ct::client
