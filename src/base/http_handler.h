// How the handler of a server answers: at once, when there is something to say, or after taking a body that it does not
// want in one piece; and with a body that it does not hold in one piece. No thread waits meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/http_message.h"
#include "base/result.h"

namespace ct::http {

/// "Ask me again later with the same request", whose `waited_ms` tells by then how long that took.
struct Pause {
    std::int64_t at_most_ms = 0;  ///< ask again after this, whatever happens
    /// Called once. Arranges that `wake` is called when it is worth asking sooner: from any thread, also at once, also
    /// more than once. The arrangement lasts as long as what this returns.
    std::function<std::shared_ptr<void>(std::function<void()> wake)> arrange;
};

/// Takes the body of one request as it arrives, when the handler was asked by the head alone (Request::body_follows).
/// Calls come one after the other, from any thread but a listener's, and none holds a thread while the client is slow.
/// After the last of them (an answer, undo(), cut(), or whatever throws) it is destroyed; without any of them, on any
/// thread, where the connection was gone or the server stopped before the body could begin.
class BodySink {
  public:
    virtual ~BodySink() = default;
    /// The next bytes, never none. An answer: no more of them is wanted.
    [[nodiscard]] virtual std::optional<Response> take(std::string_view bytes) = 0;
    /// All has been taken, and it matches its Content-Digest if it had one.
    [[nodiscard]] virtual Response end() = 0;
    /// All has been taken and it is not what Content-Digest says: none of it counts. The caller answers.
    virtual void undo() = 0;
    /// No more comes: the connection broke, was too slow, what came was no HTTP, or the server stops. Whoever is still
    /// there hears of it from the listener.
    virtual void cut() = 0;
};

/// Gives the body of one answer as its reader takes it. Calls come one after the other, from any thread but a
/// listener's, and none while the reader is slow. It is destroyed, on any thread, when all was given, when the reader
/// has gone, and where the answer goes without its body (HEAD); then it may not have been asked at all.
class BodySource {
  public:
    virtual ~BodySource() = default;
    [[nodiscard]] virtual std::int64_t size() const = 0;  ///< bytes of all of it; never changes
    /// The next bytes: at least one and at most `most`, and never more than size() in all. An error: the rest cannot be
    /// had, and the connection ends so that nobody takes what came for the whole.
    [[nodiscard]] virtual Result<std::string> next(std::size_t most) = 0;
};

/// An answer, a pause before it, or somebody who takes the body first.
struct Answered {
    Answered(Response answer) : response(std::move(answer)) {}                  // NOLINT: most handlers answer at once
    Answered(Pause until) : pause(std::move(until)) {}                          // NOLINT
    Answered(std::unique_ptr<BodySink> taker) : body_sink(std::move(taker)) {}  // NOLINT
    Answered(Response head, std::unique_ptr<BodySource> body)
        : response(std::move(head)), body_source(std::move(body)) {}
    Response response;                    ///< means nothing with a pause or a sink
    std::optional<Pause> pause;           ///< set: there is no answer yet
    std::unique_ptr<BodySink> body_sink;  ///< set: answers at the end of the body; only when the body follows
    /// Set: gives the response's body, which is empty there; never when a body follows. It goes out as it is: a digest,
    /// and a Content-Encoding that it has, are the response's own headers.
    std::unique_ptr<BodySource> body_source;
};

using Handler = std::function<Answered(const Request&)>;

/// The answer, waiting for it on this thread where the handler pauses, with all of its body. Where that cannot be had,
/// the status is 0.
[[nodiscard]] Response answer_of(const Handler& handler, const Request& request);

}  // namespace ct::http
