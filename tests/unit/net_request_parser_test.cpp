// The parser of requests fed in pieces: what a connection's own tests cannot cut where they like.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "net/request_parser.h"

using namespace ct;

namespace {

/// Offers the bytes in pieces of one size, as a connection does: what is not taken again with more behind it.
net::RequestParser::Stage fed(net::RequestParser& parser, std::string_view bytes, std::size_t piece) {
    std::string ahead;
    for (std::size_t from = 0; from < bytes.size(); from += piece) {
        ahead.append(bytes.substr(from, piece));
        for (std::size_t taken = 1; taken > 0 && !ahead.empty();) {
            taken = parser.feed(ahead);
            ahead.erase(0, taken);
        }
    }
    return parser.stage();
}

}  // namespace

TEST_CASE("a request is the same in whatever pieces it comes, down to single bytes") {
    struct Row {
        const char* about;
        std::string framing, sent, body;
    };
    const std::vector<Row> rows{
        {"a length", "Content-Length: 5\r\n", "hello", "hello"},
        {"no body", "", "", ""},
        {"chunks", "Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello"},
        {"a chunk of one byte", "Transfer-Encoding: chunked\r\n", "1\r\nh\r\n0\r\n\r\n", "h"},
        {"nothing but the last chunk", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n", ""},
        {"a long last chunk", "Transfer-Encoding: chunked\r\n", "3\r\nhey\r\n0000\r\n\r\n", "hey"},
        {"a trailer", "Transfer-Encoding: chunked\r\n", "0\r\nX-A: b\r\n\r\n", ""},
    };
    for (const Row& row : rows) {
        const std::string bytes = "POST /api/x HTTP/1.1\r\nHost: x\r\n" + row.framing + "\r\n" + row.sent;
        for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
            CAPTURE(row.about);
            CAPTURE(piece);
            net::RequestParser parser([](const http::Request&) { return std::size_t{1'000}; });
            REQUIRE(fed(parser, bytes, piece) == net::RequestParser::Stage::complete);
            CHECK(parser.take().request.body == row.body);
        }
    }
}
