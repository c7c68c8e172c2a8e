#include "sync/reply.h"

#include <algorithm>
#include <charconv>

namespace ct::sync {

namespace {

constexpr std::int64_t kRetryAfterMax = 24 * 3'600;

std::int64_t retry_after(const http::Response& response) {
    const std::string_view text = http::find_header(response.headers, "Retry-After");
    std::int64_t seconds = -1;
    std::from_chars(text.data(), text.data() + text.size(), seconds);  // the date form is rare: then it stays -1
    return std::clamp<std::int64_t>(seconds, -1, kRetryAfterMax);
}

Unreachable foreign(const http::Response& response) {
    const std::string status = std::to_string(response.status);
    // A proxy with a limit of its own: what is smaller gets through.
    if (response.status == 413) return {Unreachable::Kind::server_away, true, "something on the way answered 413"};
    // Gateways answer 5xx on behalf of a server that is away; 511 (RFC 6585) and all else is somebody else's page.
    if (response.status >= 500 && response.status <= 599 && response.status != 511) {
        return {Unreachable::Kind::server_away, response.status == 504, "a gateway answered " + status};
    }
    return {Unreachable::Kind::login_page, false, "something that is not ColorTouch answered " + status};
}

template <class Decoded>
Reply reply_of(Result<Decoded> decoded) {
    if (decoded) return std::move(*decoded);
    return Unreachable{Unreachable::Kind::server_away, false, "the answer is not usable: " + decoded.error().message,
                       false};
}

}  // namespace

bool from_our_server(const http::Response& response) {
    return http::find_header(response.headers, kProtocolHeader) == std::to_string(kProtocol) &&
           http::is_json(http::find_header(response.headers, "Content-Type"));
}

std::optional<Problem> read_problem(const http::Response& response) {
    if (response.status < 400 || !from_our_server(response)) return std::nullopt;
    auto problem = decode_problem(response.body);
    if (!problem) return std::nullopt;
    problem->status = response.status;
    problem->retry_after_s = retry_after(response);
    return std::move(*problem);
}

Reply read_reply(RequestKind kind, const http::Response& response) {
    if (auto problem = read_problem(response)) return std::move(*problem);
    if (response.status != 200 || !from_our_server(response)) return foreign(response);
    switch (kind) {
        case RequestKind::push: return reply_of(decode_push_answer(response.body));
        case RequestKind::pull: return reply_of(decode_pull_page(response.body));
        case RequestKind::verify: return reply_of(decode_verify_answer(response.body));
        case RequestKind::probe: break;
    }
    auto health = decode_health(response.body);
    if (!health || health->product != "colortouchd") return foreign(response);
    return std::move(*health);
}

Unreachable read_unusable(const http::Response& response, std::string detail) {
    if (from_our_server(response) || response.status == 0)
        return {Unreachable::Kind::server_away, false, std::move(detail)};
    return foreign(response);
}

http::Request api_request(std::string path, std::string body, const std::string& token) {
    http::Request request;
    request.method = "POST";
    request.path = std::move(path);
    request.headers = {{"Content-Type", std::string(kJson)}, {std::string(kProtocolHeader), std::to_string(kProtocol)}};
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    request.body = std::move(body);
    return request;
}

http::Request probe_request() {
    http::Request request;
    request.method = "GET";
    request.path = "/api/health";
    return request;
}

}  // namespace ct::sync
