// The way of one body from its connection to whoever takes it piece by piece (http::BodySink): the listener's thread
// gives what came in, workers hand it on in order, one piece at a time. It goes on to its end without the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/http_handler.h"
#include "net/answer_format.h"
#include "net/held_bytes.h"
#include "net/http_server.h"
#include "net/request_parser.h"
#include "net/worker_threads.h"

namespace ct::net {

/// What a stream needs of its server; all of it outlives the workers' jobs.
struct StreamHouse {
    const HttpServerOptions& options;
    const AnswerRules& rules;
    WorkerThreads& workers;
    std::shared_ptr<HeldBytes::Sum> bodies;  ///< what is held here counts there, however long it is
};

/// Methods on the listener's thread.
class BodyStream : public std::enable_shared_from_this<BodyStream> {
  public:
    /// Who takes it, or what was answered to the head alone already; then the bytes are dropped and the answer is given
    /// at their end, when a client that does not listen before can hear it.
    struct Taker {
        std::unique_ptr<http::BodySink> sink;
        std::optional<http::Response> refused;
    };
    /// `to_the_end`: an answer that comes early waits for the end of the body. `news`, on any thread: there is room
    /// again, or an answer.
    BodyStream(StreamHouse house, std::shared_ptr<const Received> head, Taker taker, bool to_the_end,
               std::function<void()> news);
    ~BodyStream();
    BodyStream(const BodyStream&) = delete;
    BodyStream& operator=(const BodyStream&) = delete;

    void give(std::string bytes);
    void end();                              ///< that was all of the body
    void cut();                              ///< no more of it comes
    [[nodiscard]] std::size_t held() const;  ///< bytes that were given and not let go
    /// Once, when it is there. While the body still comes: no more of it is wanted.
    [[nodiscard]] std::optional<AnswerBytes> take_answer();

  private:
    enum class Ending : std::uint8_t { none, whole, cut };
    void set_ending(Ending ending);
    void start(std::unique_lock<std::mutex> lock);
    void hand_over();
    // on a worker's thread
    void work();
    void hand_on(std::string_view bytes);
    void settle(Ending ending);
    [[nodiscard]] std::optional<http::Response> last_of(Ending ending);
    void answer(http::Response response, bool close);

    const StreamHouse house_;
    const std::shared_ptr<const Received> head_;
    const bool to_the_end_;
    const std::function<void()> news_;

    // of the worker that has it
    Taker taker_;
    std::string digest_;  // Content-Digest
    Sha256Stream hash_;

    mutable std::mutex mutex_;
    // all guarded by mutex_
    std::string pending_;
    std::size_t under_work_ = 0;
    HeldBytes held_;  // both
    Ending ending_ = Ending::none;
    bool working_ = false;
    std::optional<AnswerBytes> answer_;
};

}  // namespace ct::net
