// Whatever comes in on a connection: requests are taken or refused, the same however the bytes are cut into pieces, and
// what is taken holds what everything behind the parser relies on.
#include <algorithm>
#include <vector>

#include "fuzz.h"
#include "net/header_rules.h"
#include "net/request_parser.h"

using namespace ct;

namespace {

constexpr std::size_t kBodyMax = 4'096;

struct Outcome {
    std::vector<std::string> requests;  // one text each
    int refused = 0;                    // the status; 0: it was not
};

bool plain(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string told(net::Received& received) {
    http::Request& request = received.request;
    fuzz::require(net::is_token(request.method));
    fuzz::require(request.path.starts_with('/') && plain(request.path) && net::is_target_part(request.query));
    fuzz::require(request.body.size() <= kBodyMax);
    std::string text = request.method + " " + request.path + "?" + request.query + "\n";
    int hosts = 0;
    for (const auto& [name, value] : request.headers) {
        fuzz::require(net::is_token(name) && net::is_header_value(value));
        fuzz::require(!net::same_name(name, "Transfer-Encoding") && !net::same_name(name, "Content-Length"));
        if (net::same_name(name, "Host")) ++hosts;
        text.append(name).append(":").append(value).append("\n");
    }
    fuzz::require(hosts <= 1);
    text += "\n" + request.body + (received.close ? "c" : "k") + received.content_encoding;
    if (const auto refusal = net::unpack(received, kBodyMax)) {
        fuzz::require(refusal->status >= 400 && refusal->status < 500 && !refusal->detail.empty());
    }
    fuzz::require(received.request.body.size() <= kBodyMax);
    return text;
}

/// Offers the bytes as a connection does: what is not taken is offered again with more behind it.
Outcome read(std::string_view bytes, std::size_t piece) {
    Outcome outcome;
    std::string ahead;
    auto parser = std::make_unique<net::RequestParser>([](const http::Request&) { return kBodyMax; });
    std::size_t offered = 0;
    for (bool more = true; more;) {
        const std::string_view part = bytes.substr(offered, piece);
        offered += part.size();
        more = offered < bytes.size();
        ahead.append(part);
        for (bool moved = true; moved && !ahead.empty();) {
            const auto before = parser->stage();
            const std::size_t taken = parser->feed(ahead);
            fuzz::require(taken <= ahead.size());
            ahead.erase(0, taken);
            moved = taken > 0 || parser->stage() != before;
            if (parser->stage() == net::RequestParser::Stage::refused) {
                outcome.refused = parser->refusal().status;
                fuzz::require(outcome.refused >= 400 && !parser->refusal().detail.empty());
                return outcome;
            }
            if (parser->stage() != net::RequestParser::Stage::complete) continue;
            auto received = parser->take();
            const bool close = received.close;
            outcome.requests.push_back(told(received));
            if (close) return outcome;
            parser = std::make_unique<net::RequestParser>([](const http::Request&) { return kBodyMax; });
            moved = true;
        }
    }
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::text(data, size);
    const Outcome whole = read(bytes, std::max<std::size_t>(size, 1));
    const Outcome pieces = read(bytes, 1 + size % 7);
    // A refusal may come sooner where more is seen at once; what was taken is the same up to there.
    const std::size_t common = std::min(whole.requests.size(), pieces.requests.size());
    for (std::size_t i = 0; i < common; ++i) fuzz::require(whole.requests[i] == pieces.requests[i]);
    fuzz::require(whole.requests.size() == pieces.requests.size());
    return 0;
}
