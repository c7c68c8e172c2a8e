#include "net/answer_format.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/log.h"
#include "net/encoding.h"
#include "net/header_rules.h"

namespace ct::net {
namespace {

[[nodiscard]] bool has_header(const http::Headers& headers, std::string_view name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& header) { return same_name(header.first, name); });
}

[[nodiscard]] bool can_be_sent(const http::Response& response) {
    return response.status >= 200 && response.status <= 599 &&
           std::all_of(response.headers.begin(), response.headers.end(),
                       [](const auto& header) { return is_token(header.first) && is_header_value(header.second); });
}

void add_missing(http::Headers& headers, const http::Headers& wanted) {
    for (const auto& [key, value] : wanted) {
        if (!has_header(headers, key)) headers.emplace_back(key, value);
    }
}

void compress_body(http::Response& response, const Received& received, std::size_t above) {
    if (response.body.size() <= above) return;
    response.headers.emplace_back("Vary", "Accept-Encoding, Downlink");
    const Encoding encoding = choose_encoding(received.accept_encoding);
    if (encoding == Encoding::identity) return;
    Result<std::string> smaller = compress(encoding, response.body, effort_for(received.downlink));
    if (!smaller || smaller->size() >= response.body.size()) return;  // as it is, then
    response.body = std::move(*smaller);
    response.headers.emplace_back("Content-Encoding", name(encoding));
}

[[nodiscard]] bool has_no_body(int status) { return status == 204 || status == 304; }

/// False: it became another answer.
bool make_sendable(http::Response& response) {
    if (can_be_sent(response)) return true;
    log::error("http: an answer of status " + std::to_string(response.status) + " cannot be sent as it is");
    response = problem({500, "INTERNAL", "the server made a mistake"});
    return false;
}

void add_common(http::Response& response, const Received& received, const AnswerRules& rules) {
    add_missing(response.headers, rules.headers);
    if (rules.headers_at) add_missing(response.headers, rules.headers_at(received.request.path));
    if (!received.request.id.empty()) response.headers.emplace_back("X-Request-Id", received.request.id);
}

[[nodiscard]] std::string head_of(const http::Response& response, std::size_t body_size, bool close,
                                  const AnswerRules& rules) {
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " + reason_phrase(response.status) + "\r\n";
    for (const auto& [key, value] : response.headers) {
        if (same_name(key, "Content-Length") || same_name(key, "Connection") || same_name(key, "Keep-Alive")) continue;
        head.append(key).append(": ").append(value).append("\r\n");
    }
    head +=
        close ? "Connection: close\r\n" : "Keep-Alive: timeout=" + std::to_string(rules.keep_alive_ms / 1'000) + "\r\n";
    if (!has_no_body(response.status)) head += "Content-Length: " + std::to_string(body_size) + "\r\n";
    return head + "\r\n";
}

}  // namespace

AnswerBytes format_answer(http::Response response, const Received& received, bool close, const AnswerRules& rules) {
    make_sendable(response);
    add_common(response, received, rules);
    if (has_no_body(response.status)) response.body.clear();
    if (!response.body.empty() && !has_header(response.headers, "Content-Encoding")) {
        if (!has_header(response.headers, "Content-Digest"))
            response.headers.emplace_back("Content-Digest", content_digest(response.body));
        compress_body(response, received, rules.compress_above);
    }
    AnswerBytes out;
    out.close = close || received.close;
    out.head = head_of(response, response.body.size(), out.close, rules);
    if (!received.head_only) out.body = std::move(response.body);
    return out;
}

AnswerBytes format_answer(http::Response response, std::unique_ptr<http::BodySource> source, const Received& received,
                          const AnswerRules& rules) {
    if (!make_sendable(response) || has_no_body(response.status) || source->size() <= 0)
        return format_answer(std::move(response), received, false, rules);
    add_common(response, received, rules);
    AnswerBytes out;
    out.close = received.close;
    const auto size = static_cast<std::size_t>(source->size());
    out.head = head_of(response, size, out.close, rules);
    if (received.head_only) return out;
    out.source = std::move(source);
    out.to_come = size;
    return out;
}

}  // namespace ct::net
