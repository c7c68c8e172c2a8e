// What handlers give back: the JSON of a 200, or a refusal that becomes problem+json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/http_handler.h"
#include "base/http_message.h"
#include "base/result.h"

namespace ct::server {

/// A whole-request refusal: nothing of the request was applied.
struct Refusal {
    int status = 500;
    std::string code;
    std::string detail;
    std::string members{};            ///< further members as JSON text, each with its leading comma
    std::int64_t retry_after_s = -1;  ///< -1: no such header
};

/// The JSON body of a 200; or, where there is nothing to say yet, when to ask again.
struct Reply {
    Reply(std::string json) : body(std::move(json)) {}     // NOLINT: most handlers just answer
    Reply(http::Pause until) : pause(std::move(until)) {}  // NOLINT
    std::string body;
    std::optional<http::Pause> pause;
};

/// What a handler has to say, or why not.
using Answer = tl::expected<Reply, Refusal>;

[[nodiscard]] tl::unexpected<Refusal> refuse(int status, std::string_view code, std::string detail,
                                             std::string members = {});
/// Errors of the database are 503 (try again later), errors of the input 400.
[[nodiscard]] tl::unexpected<Refusal> refuse(const Error& error);

[[nodiscard]] http::Response to_response(const Answer& answer);  ///< of one that does not pause

/// `,"name":"value"` for Refusal::members.
[[nodiscard]] std::string json_member(std::string_view name, std::string_view value);
[[nodiscard]] std::string json_member(std::string_view name, std::int64_t value);

}  // namespace ct::server
