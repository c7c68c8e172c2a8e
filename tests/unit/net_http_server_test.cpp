// The server with its own client, with clients that misbehave, and with many at once.
#include <doctest/doctest.h>

#include "net/encoding.h"
#include "net_support.h"

using namespace ct;
using namespace ct::net;
using namespace ct::net::test;

namespace {

http::Response echo(const http::Request& request) { return answer(request.body); }

/// What the server says to this text; it may keep the connection open or not.
std::string said_to(const RunningServer& server, const std::string& text) {
    RawConnection connection = RawConnection::to(server.port());
    connection.say(text);
    return connection.hear();
}

std::string posted(std::string_view body, const std::string& more) {
    return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" +
           std::string(body);
}

std::string digest_of(std::string_view body) { return "Content-Digest: " + content_digest(body) + "\r\n"; }

int status_of(const std::string& said) { return said.size() < 12 ? 0 : std::stoi(said.substr(9, 3)); }

}  // namespace

TEST_CASE("bodies of every size travel both ways, compressed or not") {
    RunningServer server(echo);
    HttpClient client({server.url(), "", 1'024, 64 << 20});
    for (const std::size_t size : {0UL, 1UL, 511UL, 513UL, 1'025UL, 40'000UL, 5'000'000UL}) {
        CAPTURE(size);
        const std::string text = sample_text(size);
        const HttpOutcome outcome = client.send(post("/", text), {});
        CAPTURE(outcome.detail);
        REQUIRE(outcome.failure == NetFailure::none);
        CHECK(outcome.response.status == 200);
        CHECK((outcome.response.body == text));
        if (size > 10'000) CHECK(outcome.response.traffic.bytes_sent < static_cast<std::int64_t>(size / 2));
    }
}

TEST_CASE("the answer is compressed as the client accepts it") {
    const std::string text = sample_text(20'000);
    RunningServer server([&](const http::Request&) { return answer(text); });
    struct Row {
        const char* accept;
        Encoding encoding;
    };
    for (const Row& row :
         {Row{"zstd, gzip", Encoding::zstd}, Row{"gzip", Encoding::gzip}, Row{"br", Encoding::identity}}) {
        const std::string said =
            said_to(server, "GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: " + std::string(row.accept) + "\r\n\r\n");
        const std::size_t end = said.find("\r\n\r\n");
        REQUIRE(end != std::string::npos);
        const std::string head = said.substr(0, end + 2);
        CHECK((head.find("Content-Encoding: " + std::string(name(row.encoding))) != std::string::npos) ==
              (row.encoding != Encoding::identity));
        CHECK(head.find("Content-Digest: " + content_digest(text)) !=
              std::string::npos);  // of the bytes before compression
        CHECK(head.find("Vary: Accept-Encoding") != std::string::npos);
        const auto body = decompress(row.encoding, said.substr(end + 4), 100'000);
        REQUIRE(body);
        CHECK((*body == text));
    }
}

TEST_CASE("requests in every encoding arrive as they were") {
    RunningServer server(echo);
    const std::string text = sample_text(3'000);
    for (const Encoding encoding : {Encoding::identity, Encoding::gzip, Encoding::zstd}) {
        const std::string packed = *compress(encoding, text);
        const std::string said = said_to(
            server, posted(packed, "Content-Encoding: " + std::string(name(encoding)) + "\r\n" + digest_of(text)));
        CHECK(status_of(said) == 200);
        CHECK(said.ends_with(text));
    }
}

TEST_CASE("what is refused is refused before the handler, as problem+json") {
    std::atomic<int> handled{0};
    HttpServerOptions options;
    options.max_body = 10'000;
    options.read_timeout_ms = 500;
    RunningServer server(
        [&](const http::Request& request) {
            ++handled;
            return echo(request);
        },
        options);
    const std::string bomb = *compress(Encoding::zstd, std::string(10'001, 'x'));
    std::string cut = *compress(Encoding::gzip, sample_text(5'000));
    cut.resize(cut.size() - 10);
    struct Row {
        const char* what;
        std::string said;
        int status;
        const char* code;
    };
    const Row rows[] = {
        {"no digest", posted("hello", ""), 400, "MALFORMED"},
        {"wrong digest", posted("hello", digest_of("hallo")), 400, "MALFORMED"},
        {"unknown encoding", posted("hello", "Content-Encoding: br\r\n" + digest_of("hello")), 415,
         "UNSUPPORTED_ENCODING"},
        {"not compressed as said", posted("hello", "Content-Encoding: zstd\r\n" + digest_of("hello")), 400,
         "MALFORMED"},
        {"compressed and cut", posted(cut, "Content-Encoding: gzip\r\n" + digest_of(sample_text(5'000))), 400,
         "MALFORMED"},
        {"too large", posted(std::string(10'001, 'x'), digest_of("")), 413, "TOO_LARGE"},
        {"too large when decompressed", posted(bomb, "Content-Encoding: zstd\r\n" + digest_of("")), 413, "TOO_LARGE"},
        {"announced too large", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413, "TOO_LARGE"},
        {"a length that is none", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n", 400, "MALFORMED"},
        {"two ways to frame", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nabc", 400, "MALFORMED"},
        {"no HTTP", "hello?\r\n\r\n", 400, "MALFORMED"},
        {"body that stops", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", 408, "TIMEOUT"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const std::string said = said_to(server, row.said);
        CHECK(status_of(said) == row.status);
        CHECK(said.find("application/problem+json") != std::string::npos);
        CHECK(said.find("\"code\":\"" + std::string(row.code) + "\"") != std::string::npos);
    }
    CHECK(handled == 0);
    CHECK(status_of(said_to(server, posted("hello", digest_of("hello")))) == 200);  // and it is none the worse for it
}

TEST_CASE("what a handler throws or answers wrongly becomes a 500") {
    RunningServer server([](const http::Request& request) -> http::Response {
        if (request.path == "/throw") throw std::runtime_error("secret");
        http::Response response = answer("x");
        if (request.path == "/status") response.status = 42;
        if (request.path == "/header") response.headers.emplace_back("X", "a\r\nSet-Cookie: b");
        return response;
    });
    HttpClient client({server.url(), "", 1'024, 1'000'000});
    for (const char* path : {"/throw", "/status", "/header"}) {
        const HttpOutcome outcome = client.send(get(path), {});
        CHECK(outcome.failure == NetFailure::none);
        CHECK(outcome.response.status == 500);
        CHECK(outcome.response.body.find("secret") == std::string::npos);
        CHECK(http::find_header(outcome.response.headers, "Set-Cookie").empty());
    }
    CHECK(client.send(get("/"), {}).response.status == 200);
}

TEST_CASE("a slow head and an idle connection are closed") {
    HttpServerOptions options;
    options.read_timeout_ms = 200;
    options.keep_alive_ms = 300;
    RunningServer server(echo, options);
    RawConnection slow = RawConnection::to(server.port());
    slow.say("GET / HT");
    RawConnection idle = RawConnection::to(server.port());
    const Stopwatch watch;
    (void)slow.hear_all();
    CHECK(watch.ms() < 3'000);
    CHECK(idle.hear_all().empty());
    CHECK(watch.ms() < 3'000);
}

TEST_CASE("many clients at once, each on its own connection, get their own answers") {
    RunningServer server(echo);
    std::atomic<int> wrong{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 24; ++i) {
        clients.emplace_back([&, i] {
            HttpClient client({server.url(), "", 1'024, 1'000'000});
            for (int j = 0; j < 20; ++j) {
                const std::string text =
                    std::to_string(i) + ":" + std::to_string(j) + sample_text(static_cast<std::size_t>(j) * 200);
                const HttpOutcome outcome = client.send(post("/", text), {});
                if (outcome.failure != NetFailure::none || outcome.response.body != text) ++wrong;
            }
        });
    }
    for (std::thread& client : clients) client.join();
    CHECK(wrong == 0);
}

TEST_CASE("more connections than threads: those that wait get the place of the idle ones") {
    HttpServerOptions options;
    options.threads_max = 2;
    RunningServer server(echo, options);
    RawConnection first = RawConnection::to(server.port());
    RawConnection second = RawConnection::to(server.port());
    for (RawConnection* connection : {&first, &second}) {
        connection->say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(status_of(connection->hear()) == 200);
    }
    const Stopwatch watch;
    CHECK(status_of(said_to(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")) == 200);
    CHECK(watch.ms() < 3'000);
}

TEST_CASE("stop() lets the requests that run finish, and ends what is idle at once") {
    std::atomic<int> running{0};
    std::atomic<bool> go_on{false};
    auto server = std::make_unique<RunningServer>([&](const http::Request& request) {
        ++running;
        while (!go_on) std::this_thread::yield();
        return echo(request);
    });
    std::vector<std::thread> clients;
    std::atomic<int> answered{0};
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back([&] {
            HttpClient client({server->url(), "", 1'024, 1'000'000});
            if (client.send(post("/", "work"), {}).response.body == "work") ++answered;
        });
    }
    while (running < 4) std::this_thread::yield();
    RawConnection idle = RawConnection::to(server->port());
    const std::string url = server->url();
    std::thread stopper([&] { server->stop(); });
    CHECK(idle.hear_all().empty());  // closed, while the handlers still run
    go_on = true;
    stopper.join();
    for (std::thread& client : clients) client.join();
    CHECK(answered == 4);
    CHECK(HttpClient({url, "", 1'024, 1'000}).send(get("/"), {}).failure == NetFailure::refused);
}

TEST_CASE("stop() before run() ends it at once") {
    HttpServerOptions options;
    options.port = 0;
    HttpServer server(options, echo);
    REQUIRE(server.bind());
    server.stop();
    const Stopwatch watch;
    server.run();
    CHECK(watch.ms() < 500);
}

TEST_CASE("an address that cannot be had is told at once") {
    RunningServer server(echo);
    HttpServerOptions options;
    options.port = server.port();
    CHECK(HttpServer(options, echo).bind().error().code == "ADDRESS_IN_USE");
    options.host = "192.0.2.1";  // TEST-NET: not this machine's
    CHECK(HttpServer(options, echo).bind().error().code == "BAD_ADDRESS");
    options.host = "127.0.0.1";
    options.tls_cert = "/nowhere.pem";
    CHECK(HttpServer(options, echo).bind().error().code == "TLS_FILES");
    options.tls_key = "/nowhere.key";
    CHECK(HttpServer(options, echo).bind().error().code == "TLS_FILES");
}
