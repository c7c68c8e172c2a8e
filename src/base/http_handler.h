// How the handler of a server answers: at once, when there is something to say, or after taking a body that it does not
// want in one piece. No thread waits meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/http_message.h"

namespace ct::http {

/// "Ask me again later with the same request", whose `waited_ms` tells by then how long that took.
struct Pause {
    std::int64_t at_most_ms = 0;  ///< ask again after this, whatever happens
    /// Called once. Arranges that `wake` is called when it is worth asking sooner: from any thread, also at once, also
    /// more than once. The arrangement lasts as long as what this returns.
    std::function<std::shared_ptr<void>(std::function<void()> wake)> arrange;
};

/// Takes the body of one request as it arrives, when the handler was asked by the head alone (Request::body_follows).
/// Calls come one after the other, from any thread, and none holds a thread while the client is slow. After the last
/// of them (an answer, or cut()) it is destroyed.
class BodySink {
  public:
    virtual ~BodySink() = default;
    /// The next bytes, never none. An answer: no more of them is wanted.
    [[nodiscard]] virtual std::optional<Response> take(std::string_view bytes) = 0;
    /// All has been taken, and it matches its Content-Digest if it had one.
    [[nodiscard]] virtual Response end() = 0;
    /// All has been taken and it is not what Content-Digest says: none of it counts. The caller answers.
    virtual void undo() = 0;
    /// No more comes: the connection broke, was too slow, or the server stops. Nobody hears an answer.
    virtual void cut() = 0;
};

/// An answer, a pause before it, or somebody who takes the body first.
struct Answered {
    Answered(Response answer) : response(std::move(answer)) {}                  // NOLINT: most handlers answer at once
    Answered(Pause until) : pause(std::move(until)) {}                          // NOLINT
    Answered(std::unique_ptr<BodySink> taker) : body_sink(std::move(taker)) {}  // NOLINT
    Response response;                    ///< means nothing with one of the others
    std::optional<Pause> pause;           ///< set: there is no answer yet
    std::unique_ptr<BodySink> body_sink;  ///< set: answers at the end of the body; only when the body follows
};

using Handler = std::function<Answered(const Request&)>;

/// The answer, waiting for it on this thread where the handler pauses.
[[nodiscard]] Response answer_of(const Handler& handler, const Request& request);

}  // namespace ct::http
