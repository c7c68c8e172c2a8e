#include <doctest/doctest.h>

#include <string>

#include "sync/reply.h"

namespace ct::sync {
namespace {

using Kind = Unreachable::Kind;

http::Response ours(int status, std::string body, std::string_view type = kJson) {
    http::Response response;
    response.status = status;
    response.headers = {{"content-type", std::string(type)}, {"colortouch-protocol", "1"}};
    response.body = std::move(body);
    return response;
}

http::Response foreign(int status, std::string body = "<html>Welcome to the Grand Hotel</html>") {
    http::Response response;
    response.status = status;
    response.headers = {{"Content-Type", "text/html"}};
    response.body = std::move(body);
    return response;
}

Kind unreachable(const Reply& reply) {
    REQUIRE(std::holds_alternative<Unreachable>(reply));
    return std::get<Unreachable>(reply).kind;
}

const std::string kHealth = encode(Health{"colortouchd", "1.0", "e", 5});

TEST_CASE("reply: each kind of request gets its own kind of answer") {
    CHECK(std::get<Health>(read_reply(RequestKind::probe, ours(200, kHealth))).version == "1.0");
    PushAnswer push;
    push.epoch = "e";
    push.sequence = 41;
    CHECK(std::get<PushAnswer>(read_reply(RequestKind::push, ours(200, encode(push)))).sequence == 41);
    PullPage page;
    page.epoch = "e";
    page.cursor = "c7";
    CHECK(std::get<PullPage>(read_reply(RequestKind::pull, ours(200, encode(page)))).cursor == "c7");
}

TEST_CASE("reply: an answer without our protocol's header, JSON type, status 200 and body is none of ours") {
    for (const RequestKind kind : {RequestKind::probe, RequestKind::push, RequestKind::pull}) {
        CHECK(unreachable(read_reply(kind, foreign(200))) == Kind::login_page);
        CHECK(unreachable(read_reply(kind, foreign(200, ""))) == Kind::login_page);
        CHECK(unreachable(read_reply(kind, foreign(302))) == Kind::login_page);
        CHECK(unreachable(read_reply(kind, foreign(404))) == Kind::login_page);
        CHECK(unreachable(read_reply(kind, foreign(511))) == Kind::login_page);  // RFC 6585: "log in to the network"
        CHECK(unreachable(read_reply(kind, ours(204, ""))) == Kind::login_page);
        CHECK(unreachable(read_reply(kind, ours(200, kHealth, "text/html"))) == Kind::login_page);
    }
    http::Response no_header = ours(200, kHealth);
    no_header.headers.pop_back();
    CHECK(unreachable(read_reply(RequestKind::probe, no_header)) == Kind::login_page);
    http::Response other_version = ours(200, kHealth);
    other_version.headers.back().second = "2";
    CHECK(unreachable(read_reply(RequestKind::probe, other_version)) == Kind::login_page);
    const std::string other = encode(Health{"another product", "1", "e", 5});
    CHECK(unreachable(read_reply(RequestKind::probe, ours(200, other))) == Kind::login_page);
}

TEST_CASE("reply: a body of ours that cannot be read is the server's trouble, never a success") {
    for (const RequestKind kind : {RequestKind::push, RequestKind::pull}) {
        for (const char* body : {"", "{", "[]", "{}", "null", "{\"epoch\": 5}"}) {
            CAPTURE(body);
            CHECK(unreachable(read_reply(kind, ours(200, body))) == Kind::server_away);
        }
    }
}

TEST_CASE("reply: a proxy's 5xx means that the server behind it is away; 504 that it was too slow") {
    for (const int status : {500, 502, 503, 504, 521, 599}) {
        CAPTURE(status);
        const Reply reply = read_reply(RequestKind::push, foreign(status));
        CHECK(unreachable(reply) == Kind::server_away);
        CHECK(std::get<Unreachable>(reply).timed_out == (status == 504));
        CHECK_FALSE(std::get<Unreachable>(reply).detail.empty());
    }
}

TEST_CASE("reply: our problem documents, with the status and Retry-After of the transport") {
    Problem said;
    said.status = 200;  // what the document says does not count
    said.code = "TOO_MANY";
    said.detail = "slowly";
    http::Response response = ours(429, encode(said), kProblemJson);
    response.headers.emplace_back("retry-after", "17");
    const Reply reply = read_reply(RequestKind::push, response);
    REQUIRE(std::holds_alternative<Problem>(reply));
    const auto& problem = std::get<Problem>(reply);
    CHECK(problem.status == 429);
    CHECK(problem.code == "TOO_MANY");
    CHECK(problem.detail == "slowly");
    CHECK(problem.retry_after_s == 17);

    const auto retry_after = [&](std::string text) {
        response.headers.back().second = std::move(text);
        return read_problem(response)->retry_after_s;
    };
    CHECK(retry_after("0") == 0);
    CHECK(retry_after("") == -1);
    CHECK(retry_after("Wed, 21 Oct 2026 07:28:00 GMT") == -1);
    CHECK(retry_after("-7") == -1);
    CHECK(retry_after("99999999") == 86'400);  // nobody waits for years
    CHECK(retry_after("99999999999999999999999") == -1);
}

TEST_CASE("reply: a problem that is not ours, or not one, is no problem") {
    const std::string document = encode(Problem{401, "UNAUTHENTICATED", {}, -1, -1, {}});
    CHECK(read_problem(ours(401, document, kProblemJson)).has_value());
    CHECK_FALSE(read_problem(ours(200, document, kProblemJson)).has_value());
    CHECK_FALSE(read_problem(ours(401, "{}", kProblemJson)).has_value());
    http::Response portal = ours(401, document, kProblemJson);
    portal.headers.pop_back();  // a proxy that wants a password must not sign anybody out
    CHECK_FALSE(read_problem(portal).has_value());
    CHECK(unreachable(read_reply(RequestKind::push, portal)) == Kind::login_page);
}

TEST_CASE("reply: what the transport could not accept is blamed on whoever sent it") {
    CHECK(read_unusable(ours(200, "cut"), "no digest").kind == Kind::server_away);
    CHECK(read_unusable(ours(200, "cut"), "no digest").detail == "no digest");
    CHECK(read_unusable(http::Response{}, "cut").kind == Kind::server_away);
    CHECK(read_unusable(foreign(200), "no digest").kind == Kind::login_page);
}

TEST_CASE("requests carry the protocol's headers, and the token only when there is one") {
    const http::Request request = api_request("/api/sync/push", "{}", "secret");
    CHECK(request.method == "POST");
    CHECK(request.path == "/api/sync/push");
    CHECK(request.body == "{}");
    CHECK(http::find_header(request.headers, "authorization") == "Bearer secret");
    CHECK(http::find_header(request.headers, kProtocolHeader) == "1");
    CHECK(http::is_json(http::find_header(request.headers, "content-type")));
    CHECK(http::find_header(api_request("/x", "", "").headers, "Authorization").empty());
    CHECK(probe_request().method == "GET");
    CHECK(probe_request().path == "/api/health");
    CHECK(http::find_header(probe_request().headers, "Authorization").empty());  // no secret for whoever answers
}

}  // namespace
}  // namespace ct::sync
