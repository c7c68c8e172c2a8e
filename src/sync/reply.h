// What came back for a request, reduced to what the engine tells apart. Pure: runs on whichever thread has the answer.
#pragma once

#include <string>
#include <variant>

#include "base/http_message.h"
#include "sync/mirror.h"
#include "sync/wire.h"

namespace ct::sync {

/// No answer of a ColorTouch server: the queue stays as it is and nobody is at fault (rule 6).
struct Unreachable {
    enum class Kind : std::uint8_t {
        no_route,     ///< no network at all, or the name cannot be found
        server_away,  ///< the network works, the server does not answer (refused, timeout, cut, 5xx of a proxy)
        login_page,   ///< something else answers in its place: a captive portal, a cached page, an empty 200
    };
    Kind kind = Kind::server_away;
    bool timed_out = false;   ///< a smaller batch may get through
    std::string detail;       ///< one line for the log
    bool broken_off = false;  ///< a connection that stood was cut: asking again at once may well help
};

using Reply = std::variant<Unreachable, Problem, Health, PushAnswer, PullPage, VerifyAnswer>;

enum class RequestKind : std::uint8_t { probe, push, pull, verify };

/// An answer counts only with status 200, our protocol header, a JSON type and a body that decodes (the digest was
/// checked by the transport); our own problem documents count as problems. All else is Unreachable.
[[nodiscard]] Reply read_reply(RequestKind kind, const http::Response& response);

/// An answer that the transport could not accept (no digest, a broken body): whose was it?
[[nodiscard]] Unreachable read_unusable(const http::Response& response, std::string detail);

/// The headers that every API request carries.
[[nodiscard]] http::Request api_request(std::string path, std::string body, const std::string& token);
[[nodiscard]] http::Request probe_request();

/// Whether an answer is one of a ColorTouch server at all (protocol header and JSON type).
[[nodiscard]] bool from_our_server(const http::Response& response);
/// The problem in an answer that is one, with Retry-After; else nothing.
[[nodiscard]] std::optional<Problem> read_problem(const http::Response& response);

}  // namespace ct::sync
