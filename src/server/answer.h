// What handlers give back: the JSON of a 200, or a refusal that becomes problem+json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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

/// The JSON body of a 200, or why not.
using Answer = tl::expected<std::string, Refusal>;

[[nodiscard]] tl::unexpected<Refusal> refuse(int status, std::string_view code, std::string detail,
                                             std::string members = {});
/// Errors of the database are 503 (try again later), errors of the input 400.
[[nodiscard]] tl::unexpected<Refusal> refuse(const Error& error);

[[nodiscard]] http::Response to_response(const Answer& answer);

/// `,"name":"value"` for Refusal::members.
[[nodiscard]] std::string json_member(std::string_view name, std::string_view value);
[[nodiscard]] std::string json_member(std::string_view name, std::int64_t value);

}  // namespace ct::server
