#include "net/http_refusal.h"

#include <boost/beast/http/status.hpp>
#include <ostream>  // first: what follows needs it and does not say so

namespace ct::net {

std::string reason_phrase(int status) {
    namespace beast = boost::beast::http;
    const auto phrase = beast::obsolete_reason(beast::int_to_status(static_cast<unsigned>(status)));
    return {phrase.data(), phrase.size()};
}

http::Response problem(const Refusal& refusal) {
    http::Response out;
    out.status = refusal.status;
    out.headers = {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}};
    // All of it is our own text, without a character that JSON escapes.
    out.body = R"({"type":"about:blank","title":")" + reason_phrase(refusal.status) + R"(","status":)" +
               std::to_string(refusal.status) + R"(,"code":")" + refusal.code + R"(","detail":")" + refusal.detail +
               "\"}";
    return out;
}

}  // namespace ct::net
