// What nobody means well sends: each of it is refused with an answer, or the connection is closed where none can be
// given; the server goes on, and its memory stays bounded.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/digest.h"
#include "net/encoding.h"
#include "server.h"
#include "unit/net_support.h"

namespace e2e {
namespace {

using ct::net::Encoding;
using ct::net::test::RawConnection;

constexpr std::size_t kMiB = 1'048'576;

std::string digest_of(std::string_view body) { return "Content-Digest: " + ct::content_digest(body) + "\r\n"; }

/// A head with these lines, each with its CRLF.
std::string head(const std::string& line, const std::string& lines) {
    return line + "\r\nHost: x\r\n" + lines + "\r\n";
}
std::string get(const std::string& lines, const std::string& target = "/api/health") {
    return head("GET " + target + " HTTP/1.1", lines);
}
const std::string kPost = "POST /api/sync/push HTTP/1.1";
/// A POST of a body whose lines about its length are given.
std::string post(const std::string& lines, const std::string& body) { return head(kPost, lines) + body; }
std::string length(std::size_t bytes) { return "Content-Length: " + std::to_string(bytes) + "\r\n"; }
std::string chunked(const std::string& body) {
    return post("Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n" + digest_of("{}"), body);
}
std::string packed(const std::string& bytes, const std::string& encoding, std::string_view plain) {
    return post("Authorization: Bearer x\r\n" + length(bytes.size()) + "Content-Encoding: " + encoding + "\r\n" +
                    digest_of(plain),
                bytes);
}

struct Row {
    std::string what, said;
    int status;  ///< 0: closed without a word will do, too
    std::string code = "MALFORMED";
    bool finish = false;  ///< and that is all that will come
};

std::vector<Row> framing_rows() {
    const std::string nul(1, '\0');
    return {
        {"a length that is too short", post(length(3) + digest_of("hello"), "hello"), 400},
        {"a length that is too long", post(length(9) + digest_of("hello"), "hello"), 400, "INCOMPLETE", true},
        {"a negative length", post("Content-Length: -5\r\n", "hello"), 400},
        {"a length with a plus", post("Content-Length: +5\r\n", "hello"), 400},
        {"a length in hex", post("Content-Length: 0x5\r\n", "hello"), 400},
        {"a length that is none", post("Content-Length: five\r\n", "hello"), 400},
        {"an empty length", post("Content-Length:\r\n", ""), 400},
        {"a length beyond 64 bits", post("Content-Length: 99999999999999999999999\r\n", "hello"), 400},
        {"a length beyond what is taken", post("Content-Length: 9999999999\r\n", "hello"), 413, "TOO_LARGE"},
        {"a long body of nobody in particular", post(length(70'000), std::string(70'000, ' ')), 413, "TOO_LARGE"},
        {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
        {"twice the same length", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
        {"a list of lengths", post("Content-Length: 5, 5\r\n", "hello"), 400},
        {"a length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        {"chunks and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
        {"two codings", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
        {"chunked not last", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 400},
        {"chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        {"chunked twice in one", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400},
        {"a coding that is none", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400},
        {"a vertical tab before chunked", post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"), 400},
        {"a space before the colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400},
        {"a space before the length's colon", post("Content-Length : 5\r\n", "hello"), 400},
        {"a folded header", get("X-A: one\r\n two\r\n"), 400},
        {"a first header that is folded", "GET /api/health HTTP/1.1\r\n Host: x\r\n\r\n", 400},
        {"bare line feeds", "GET /api/health HTTP/1.1\nHost: x\n\n", 400},
        {"a bare line feed in the head", get("X-A: one\nX-B: two\r\n"), 400},
        {"a bare carriage return in the head", get("X-A: one\rX-B: two\r\n"), 400},
        {"NUL in a header", get("X-A: o" + nul + "ne\r\n"), 400},
        {"NUL in a name", get("X" + nul + "A: one\r\n"), 400},
        {"a name that is none", get("X(A): one\r\n"), 400},
        {"a line without a colon", get("one\r\n"), 400},
        {"no name", get(": one\r\n"), 400},
        {"a chunk size beyond 64 bits", chunked("fffffffffffffffff\r\n"), 400},
        {"a chunk that is larger than what is taken", chunked("7fffffffffff\r\n"), 413, "TOO_LARGE"},
        {"a negative chunk size", chunked("-1\r\nx\r\n0\r\n\r\n"), 400},
        {"a chunk size that is none", chunked("xyz\r\n"), 400},
        {"a chunk size in 0x", chunked("0x2\r\n{}\r\n0\r\n\r\n"), 400},
        {"a chunk without its end", chunked("2\r\n{}xx0\r\n\r\n"), 400},
        {"a chunk's bare line feed", chunked("2\n{}\n0\n\n"), 400, "INCOMPLETE", true},
        {"a chunk's extension", chunked("2;a=b\r\n{}\r\n0\r\n\r\n"), 400},
        {"a chunk's long extension", chunked("2;" + std::string(100'000, 'a') + "\r\n{}\r\n0\r\n\r\n"), 0, {}},
        {"chunks that stop", chunked("2\r\n{"), 400, "INCOMPLETE", true},
        {"HTTP/1.0 with chunks", head("POST /api/sync/push HTTP/1.0", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n",
         400},
    };
}

std::vector<Row> head_rows() {
    std::string many;
    for (int i = 0; i < 5'000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
    std::vector<Row> rows{
        {"too many headers", get(many), 431, "HEAD_TOO_LARGE"},
        {"a header that is too long", get("X-A: " + std::string(20'000, 'a') + "\r\n"), 431, "HEAD_TOO_LARGE"},
        {"a name that is too long", get(std::string(20'000, 'a') + ": b\r\n"), 431, "HEAD_TOO_LARGE"},
        {"an address that is too long", get("", "/" + std::string(20'000, 'a')), 431, "HEAD_TOO_LARGE"},
        {"a head without an end", "GET / HTTP/1.1\r\nX: " + std::string(1'000'000, 'a'), 0, "HEAD_TOO_LARGE"},
        {"no host", "GET /api/health HTTP/1.1\r\n\r\n", 400},
        {"a whole URL", get("", "http://x/api/health"), 400},
        {"another's URL", get("", "https://evil.example/"), 400},
        {"a tunnel", head("CONNECT x:443 HTTP/1.1", ""), 400},
        {"the asterisk", head("OPTIONS * HTTP/1.1", ""), 400},
        {"no slash", get("", "api/health"), 400},
        {"a space in the address", get("", "/api/he alth"), 400},
        {"a fragment", get("", "/api/health#a"), 400},
        {"two hosts in one", "GET /api/health HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
        {"a host that is none", "GET /api/health HTTP/1.1\r\nHost: a b/c\r\n\r\n", 400},
        {"a later HTTP/1", head("GET /api/health HTTP/1.9", ""), 400},
        {"a tab in the request line", "GET\t/api/health HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"a header folded by a tab", get("X-A: one\r\n\ttwo\r\n"), 400},
        {"NUL, escaped", get("", "/api/%00health"), 400},
        {"CR LF, escaped", get("", "/api/health%0d%0aX:y"), 400},
        {"half an escape", get("", "/api/%4"), 400},
        {"an escape that is none", get("", "/api/%zz"), 400},
        {"bytes beyond ASCII", get("", "/api/h\xc3\xa9"), 400},
        {"a way up", get("", "/api/../../etc/passwd"), 404, "NOT_FOUND"},
        {"a way up, escaped", get("", "/api/%2e%2e/%2e%2e/etc/passwd"), 404, "NOT_FOUND"},
        {"a method that is none", head("G(T /api/health HTTP/1.1", ""), 400},
        {"a method in small letters", head("get /api/health HTTP/1.1", ""), 405, "METHOD_NOT_ALLOWED"},
        {"a method nobody knows", head(std::string(2'000, 'A') + " /api/health HTTP/1.1", ""), 0, {}},
        {"HTTP/0.9", "GET /api/health\r\n\r\n", 400},
        {"HTTP/2's beginning", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        {"a version that is none", head("GET /api/health HTTP/x.y", ""), 400},
        {"a later version", head("GET /api/health HTTP/3.7", ""), 400},
        {"TLS where there is none", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + std::string(200, 'r'), 400},
        {"noise", std::string(300, '\xff'), 400},
        {"nothing but spaces", std::string(30'000, ' '), 0, {}},
        {"an expectation that is none", get("Expect: the unexpected\r\n"), 417, "EXPECTATION_FAILED"},
    };
    for (const char* name : {"Host: y", "Authorization: Bearer x", "Content-Type: a/b", "Content-Encoding: gzip",
                             "Content-Digest: sha-256=:x:", "Expect: 100-continue"}) {
        const std::string line = std::string(name) + "\r\n";
        rows.push_back({"twice " + std::string(name), get(line + line), 400});
    }
    return rows;
}

std::vector<Row> packed_rows() {
    std::string plain;  // nowhere the same: in what repeats itself a flipped bit may change nothing
    for (int i = 0; i < 30'000; ++i) plain += std::to_string(i * 7'919 % 100'003);
    std::vector<Row> rows{{"an encoding that nobody knows", packed("x", "br", "x"), 415, "UNSUPPORTED_ENCODING"},
                          {"two encodings", packed("x", "gzip, gzip", "x"), 415, "UNSUPPORTED_ENCODING"},
                          {"no digest", post(length(2) + "Content-Type: application/json\r\n", "{}"), 400},
                          {"another digest", post(length(2) + digest_of("[]"), "{}"), 400},
                          {"a digest that is none", post(length(2) + "Content-Digest: sha-256=:x:\r\n", "{}"), 400}};
    for (const auto& [name, encoding] : {std::pair{"gzip", Encoding::gzip}, std::pair{"zstd", Encoding::zstd}}) {
        const std::string whole = *ct::net::compress(encoding, plain);
        const std::string bomb = *ct::net::compress(encoding, std::string(200 * kMiB, '\0'));
        std::string flipped = whole;
        flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x55);
        const auto is = [&](const char* what) { return std::string(name) + " " + what; };
        rows.push_back({is("that swells to 200 MiB"), packed(bomb, name, ""), 413, "TOO_LARGE"});
        rows.push_back({is("cut in the middle"), packed(whole.substr(0, whole.size() / 2), name, plain), 400});
        rows.push_back({is("cut at its last byte"), packed(whole.substr(0, whole.size() - 1), name, plain), 400});
        rows.push_back({is("damaged"), packed(flipped, name, plain), 400});
        rows.push_back({is("with something behind it"), packed(whole + "more", name, plain), 400});
        rows.push_back({is("that is none"), packed("{}", name, "{}"), 400});
        rows.push_back({is("many times over"), packed(bomb + bomb + bomb, name, ""), 413, "TOO_LARGE"});
    }
    return rows;
}

/// Of somebody who is signed in: only then is the body read.
std::vector<Row> json_rows(const std::string& token) {
    const std::string begin = R"({"protocol":1,"deviceId":"d","sequence":0,"operations":[)", end = "]}";
    const auto repeated = [](const std::string& part, int times) {
        std::string all;
        for (int i = 0; i < times; ++i) all += part;
        return all;
    };
    std::vector<std::pair<std::string, std::string>> bodies{
        {"nothing", ""},
        {"a million brackets", std::string(1'000'000, '[')},
        {"objects in objects", repeated("{\"a\":", 100'000)},
        {"depth in a member that nobody knows",
         R"({"x":)" + std::string(100, '[') + std::string(100, ']') + "," + (begin + end).substr(1)},
        {"a member twice", R"({"protocol":1,)" + (begin + end).substr(1)},
        {"a member twice, one of them escaped", R"({"\u0070rotocol":1,)" + (begin + end).substr(1)},
        {"half a surrogate", R"({"x":"\ud800",)" + (begin + end).substr(1)},
        {"surrogates in the wrong order", R"({"x":"\udc00\ud800",)" + (begin + end).substr(1)},
        {"a number beyond all", R"({"x":1e999,)" + (begin + end).substr(1)},
        {"a sequence beyond 64 bits",
         R"({"protocol":1,"deviceId":"d","sequence":18446744073709551616,"operations":[]})"},
        {"a sequence with an exponent", R"({"protocol":1,"deviceId":"d","sequence":1e3,"operations":[]})"},
        {"a negative sequence", R"({"protocol":1,"deviceId":"d","sequence":-1,"operations":[]})"},
        {"bytes that are no UTF-8", "{\"x\":\"\xc3\x28\"," + (begin + end).substr(1)},
        {"a surrogate in UTF-8", "{\"x\":\"\xed\xa0\x80\"," + (begin + end).substr(1)},
        {"an overlong slash", "{\"x\":\"\xc0\xaf\"," + (begin + end).substr(1)},
        {"NaN", R"({"x":NaN,)" + (begin + end).substr(1)},
        {"Infinity", R"({"x":-Infinity,)" + (begin + end).substr(1)},
        {"a leading zero", R"({"x":01,)" + (begin + end).substr(1)},
        {"a comment", "/* x */" + begin + end},
        {"a comma too many", begin + "{}," + end},
        {"single quotes", "{'protocol':1}"},
        {"something behind it", begin + end + "x"},
        {"a second document behind it", begin + end + begin + end},
        {"NUL behind it", begin + end + std::string(1, '\0') + "x"},
        {"a control character in a text", "{\"x\":\"a\nb\"," + (begin + end).substr(1)},
        {"an array", "[1]"},
        {"null", "null"},
        {"an operation that is none", begin + "7" + end},
        {"an operation without an id", begin + "{}" + end},
        {"an id that is none", begin + R"({"id":"1"})" + end},
        {"cut", begin},
    };
    std::vector<Row> rows;
    for (const auto& [what, body] : bodies) {
        const std::string lines = length(body.size()) + digest_of(body) + "Content-Type: application/json\r\n" +
                                  "Authorization: Bearer " + token + "\r\n";
        rows.push_back({"JSON: " + what, post(lines, body), 400});
    }
    return rows;
}

int status_of(const std::string& said) {
    return said.size() < 12 || !said.starts_with("HTTP/1.1 ") ? 0 : std::atoi(said.c_str() + 9);
}

void check_row(const Server& server, const Row& row) {
    CAPTURE(row.what);
    RawConnection connection = RawConnection::to(server.port());
    connection.say(row.said);
    if (row.finish) connection.finish();
    const std::string said = connection.hear();
    const int status = status_of(said);
    CAPTURE(said.substr(0, 600));
    if (row.status == 0 && said.empty()) return;
    if (row.status == 0)
        CHECK(status >= 400);
    else
        CHECK(status == row.status);
    CHECK(status < 500);
    CHECK(said.find("Content-Type: application/problem+json") != std::string::npos);
    CHECK(said.find("X-Request-Id: ") != std::string::npos);
    if (!row.code.empty()) CHECK(said.find("\"code\":\"" + row.code + "\"") != std::string::npos);
}

std::size_t resident_most(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string word; status >> word;) {
        if (word != "VmHWM:") continue;
        std::size_t kilobytes = 0;
        status >> kilobytes;
        return kilobytes * 1'024;
    }
    return 0;
}

bool healthy(const Server& server) {
    RawConnection connection = RawConnection::to(server.port());
    connection.say(get("Connection: close\r\n"));
    return status_of(connection.hear()) == 200;
}

std::string sign_in(const Server& server) {
    const std::string body =
        nlohmann::json{{"email", kEmail}, {"password", kPassword}, {"device", {{"id", "d"}}}}.dump();
    RawConnection connection = RawConnection::to(server.port());
    connection.say(head("POST /api/auth/login HTTP/1.1",
                        length(body.size()) + digest_of(body) + "Content-Type: application/json\r\n") +
                   body);
    const std::string said = connection.hear();
    REQUIRE(status_of(said) == 200);
    return nlohmann::json::parse(said.substr(said.find("\r\n\r\n") + 4))["token"];
}

}  // namespace

TEST_CASE("evil input: every wrong request is refused, the server goes on, and its memory stays bounded") {
    Server server;
    server.start();
    const std::string token = sign_in(server);
    const std::size_t before = resident_most(server.pid());
    REQUIRE(before > 0);
    for (const std::vector<Row>& rows : {framing_rows(), head_rows(), packed_rows(), json_rows(token)}) {
        for (const Row& row : rows) check_row(server, row);
        CHECK(healthy(server));
    }
    // The largest body that is taken, its text, and what each thread's arena keeps: far from what the bombs are.
    const std::size_t grown = resident_most(server.pid()) - before;
    CAPTURE(grown);
    CHECK(grown < 160 * kMiB);
    server.stop();
}

TEST_CASE("evil input: a row of requests in one piece is answered in order, up to the first that is wrong") {
    Server server;
    server.start();
    RawConnection connection = RawConnection::to(server.port());
    connection.say(get("X-Request-Id: one\r\n") + get("X-Request-Id: two\r\n", "/nowhere") +
                   get("X-Request-Id: three\r\n") + "nonsense\r\n\r\n" + get("X-Request-Id: five\r\n"));
    for (const auto& [id, status] : {std::pair{"one", 200}, std::pair{"two", 404}, std::pair{"three", 200}}) {
        const std::string said = connection.hear();
        CHECK(status_of(said) == status);
        CHECK(said.find("X-Request-Id: " + std::string(id)) != std::string::npos);
    }
    const std::string rest = connection.hear_all();
    CHECK(status_of(rest) == 400);
    CHECK(rest.find("Connection: close") != std::string::npos);
    CHECK(rest.find("five") == std::string::npos);

    RawConnection old = RawConnection::to(server.port());
    old.say("GET /api/health HTTP/1.0\r\n\r\n");
    CHECK(status_of(old.hear_all()) == 200);  // and is closed
    server.stop();
}

TEST_CASE("evil input: a thousand connections that drip leave the others' requests quick") {
    constexpr int kDripping = 1'000, kGood = 300;
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4'096);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    Server server;
    server.start();
    std::vector<RawConnection> dripping;
    for (int i = 0; i < kDripping; ++i) {
        dripping.push_back(RawConnection::to(server.port()));
        dripping.back().say(i % 2 == 0 ? "GET /api/he" : head(kPost, length(1'000) + digest_of("")) + "{");
    }
    std::vector<double> took;
    for (int i = 0; i < kGood; ++i) {
        for (int k = 0; k < 10; ++k) dripping[static_cast<std::size_t>(i * 10 + k) % kDripping].say("x");
        const auto begin = std::chrono::steady_clock::now();
        CHECK(healthy(server));
        took.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    std::sort(took.begin(), took.end());
    const double p99 = took[took.size() * 99 / 100];
    MESSAGE("p99 of good requests beside ", kDripping, " dripping connections: ", p99 * 1'000, " ms");
    CHECK(p99 < 2.0);
    server.stop();
}

}  // namespace e2e
