// What the listener refuses by itself, before any handler, as problem+json (RFC 9457).
#pragma once

#include <string>

#include "base/http_message.h"

namespace ct::net {

struct Refusal {
    int status = 400;
    const char* code = "MALFORMED";
    std::string detail;  ///< our own sentence: nothing of what the client sent
};

[[nodiscard]] http::Response problem(const Refusal& refusal);

/// "Not Found" for 404.
[[nodiscard]] std::string reason_phrase(int status);

}  // namespace ct::net
