// An answer as the bytes that go out: digest, compression, head. On a worker's thread: it is work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/http_handler.h"
#include "base/http_message.h"
#include "net/request_parser.h"

namespace ct::net {

struct AnswerRules {
    std::size_t compress_above = 512;
    std::int64_t keep_alive_ms = 30'000;
    http::Headers headers;                                           ///< put on every answer that does not carry them
    std::function<http::Headers(std::string_view path)> headers_at;  ///< the same for one path; may be empty
};

/// Head and body apart, so that a large body is not copied once more.
struct AnswerBytes {
    std::string head, body;
    bool close = false;  ///< the connection is at its end with this answer
    std::shared_ptr<http::BodySource>
        source;               ///< set: gives what comes behind `body`; shared with the worker that asks
    std::size_t to_come = 0;  ///< bytes that it still gives
};

/// What cannot be sent as it is (control characters in a header, a status that is none) becomes 500 INTERNAL. `close`:
/// whatever the sender wants.
[[nodiscard]] AnswerBytes format_answer(http::Response response, const Received& received, bool close,
                                        const AnswerRules& rules);
/// The same for a body that `source` gives, which goes out as it is. Nothing of it is asked for here.
[[nodiscard]] AnswerBytes format_answer(http::Response response, std::unique_ptr<http::BodySource> source,
                                        const Received& received, const AnswerRules& rules);

}  // namespace ct::net
