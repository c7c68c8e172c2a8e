// An HTTP request and its answer as plain values: what the net room carries and the server's handlers compute.
// Bodies here are always the bytes before compression.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ct::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Case-insensitive; empty when absent.
[[nodiscard]] std::string_view find_header(const Headers& headers, std::string_view name);

/// True for "application/json" and "application/…+json", parameters ignored.
[[nodiscard]] bool is_json(std::string_view content_type);

struct Request {
    std::string method;  ///< "GET", "POST"
    std::string path;    ///< "/api/sync/push", without query
    std::string query;   ///< after '?', or empty
    Headers headers;
    std::string body;
    std::string remote;  ///< server side: the peer's address without port
    std::string id{};    ///< server side: what the logs call it; the client's own X-Request-Id, if it sent a good one
    /// Server side: bytes of a body that the handler is to take as it comes (see http_handler.h); -1: so many as come;
    /// 0: the body is here.
    std::int64_t body_follows = 0;
    std::int64_t waited_ms = 0;  ///< server side: since the handler first asked to be asked again (see http_handler.h)
};

/// What one exchange cost, measured in the net room.
struct Traffic {
    std::int64_t bytes_sent = 0;      ///< as on the wire: headers and compressed body
    std::int64_t bytes_received = 0;  ///< as on the wire
    std::int64_t started_steady_ms = 0;
    std::int64_t total_ms = 0;

    // How long each part took, in microseconds; -1: it did not happen (no name to look up, a connection that stood) or
    // was not reached. The last part that was begun has the time until the end, however it ended.
    std::int64_t look_up_us = -1;
    std::int64_t connect_us = -1;  ///< of the address that was first, beside those that lost
    std::int64_t tls_us = -1;
    std::int64_t send_us = -1;     ///< until the system had taken the last byte
    std::int64_t wait_us = -1;     ///< from there to the first byte of the answer
    std::int64_t receive_us = -1;  ///< from there to its last
    std::int64_t total_us = 0;     ///< all of it: what the parts lack is compressing, digesting, unpacking
    std::int64_t body_sent = 0, body_received = 0;  ///< bodies as they travelled
    bool reused = false;                            ///< over a connection that had carried an exchange before
    bool sent_twice = false;                        ///< the kept connection was dead: once more over a new one
};

struct Response {
    int status = 0;
    Headers headers;
    std::string body;
    Traffic traffic;
};

}  // namespace ct::http
