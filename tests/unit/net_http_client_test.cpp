// The client against servers that misbehave.
#include <doctest/doctest.h>

#include "net/encoding.h"
#include "net_support.h"

using namespace ct;
using namespace ct::net;
using namespace ct::net::test;

namespace {

HttpOutcome send_once(const std::string& url, const http::Request& request = get("/"),
                      const Deadlines& deadlines = {}) {
    HttpClient client({url, "", 1'024, 1'000'000});
    return client.send(request, deadlines);
}

/// A server that reads the request, says this, and closes.
HttpOutcome outcome_of(const std::string& said) {
    RawServer server([&](RawConnection& connection, int) {
        (void)connection.hear();
        connection.say(said);
    });
    return send_once(server.url());
}

/// A port on which nobody listens.
int dead_port() {
    const RawServer server([](RawConnection&, int) {});
    return server.port();
}

}  // namespace

TEST_CASE("answers that are no answer are told apart") {
    const std::string digest = "Content-Digest: " + content_digest("hello") + "\r\n";
    struct Row {
        const char* what;
        std::string said;
        NetFailure failure;
    };
    const Row rows[] = {
        {"well formed", well_formed("hello"), NetFailure::none},
        {"no body needs no digest", "HTTP/1.1 204 No Content\r\n\r\n", NetFailure::none},
        {"chunked",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + digest + "\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
         NetFailure::none},
        {"closed before a word", "", NetFailure::cut},
        {"cut in the head", "HTTP/1.1 200 OK\r\nContent-Le", NetFailure::cut},
        {"cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" + digest + "\r\nhel", NetFailure::cut},
        {"cut in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + digest + "\r\n5\r\nhel",
         NetFailure::cut},
        {"cut between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + digest + "\r\n5\r\nhello\r\n",
         NetFailure::cut},
        {"no length: the digest tells that it was cut", "HTTP/1.1 200 OK\r\n" + digest + "\r\nhel",
         NetFailure::bad_body},
        {"no digest", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", NetFailure::bad_body},
        {"another body's digest", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" + digest + "\r\nhallo",
         NetFailure::bad_body},
        {"a digest that is none", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Digest: sha-256=:xx:\r\n\r\nhello",
         NetFailure::bad_body},
        {"an encoding not asked for", well_formed("hello", "Content-Encoding: br\r\n"), NetFailure::bad_body},
        {"not compressed as said", well_formed("hello", "Content-Encoding: gzip\r\n"), NetFailure::bad_body},
        {"no HTTP at all", "SSH-2.0-OpenSSH_9.2\r\n", NetFailure::bad_body},
        {"a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello", NetFailure::bad_body},
        {"announced too large", "HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n", NetFailure::bad_body},
        {"too large without a word", "HTTP/1.1 200 OK\r\n\r\n" + std::string(1'000'001, 'x'), NetFailure::bad_body},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const HttpOutcome outcome = outcome_of(row.said);
        CAPTURE(outcome.detail);
        CHECK(name(outcome.failure) == std::string(name(row.failure)));
        CHECK((outcome.failure == NetFailure::none || !outcome.detail.empty()));
        CHECK((outcome.failure == NetFailure::none || outcome.response.body.empty()));
    }
}

TEST_CASE("a body that is given piece by piece goes out as it is, and never shorter than it says") {
    struct Given final : http::BodySource {
        Given(std::int64_t size, std::string all) : size_(size), all_(std::move(all)) {}
        std::int64_t size() const override { return size_; }
        Result<std::string> next(std::size_t most) override {
            if (at_ == all_.size()) return fail(ErrorKind::disk, "CANNOT_READ", "the disk is gone");
            const std::string piece = all_.substr(at_, std::min<std::size_t>(most, 50'000));
            at_ += piece.size();
            return piece;
        }
        std::int64_t size_;
        std::string all_;
        std::size_t at_ = 0;
    };
    const std::string all = sample_text(700'000);
    std::string came;
    RunningServer server([&](const http::Request& request) {
        if (http::find_header(request.headers, "X-Kind") == "given") came = request.body;
        return answer("thanks");
    });
    HttpClient client({server.url(), "", 1'024, 1'000'000});
    http::Request request = get("/");
    request.method = "PUT";
    request.headers = {{"X-Kind", "given"}};
    Given whole(700'000, all), broken(700'001, all), long_one(699'999, all);
    const HttpOutcome sent = client.send(request, {}, true, &whole);
    CAPTURE(sent.detail);
    CHECK(sent.failure == NetFailure::none);
    CHECK(sent.response.body == "thanks");
    CHECK(sent.response.traffic.body_sent == 700'000);
    CHECK((came == all));
    came.clear();
    const HttpOutcome cut = client.send(request, {}, true, &broken);
    CHECK(cut.failure == NetFailure::cut);
    CHECK(cut.detail.find("the disk is gone") != std::string::npos);
    CHECK(client.send(request, {}, true, &long_one).failure == NetFailure::cut);
    CHECK(client.send(post("/", "more"), {}).response.body == "thanks");  // over another connection
    CHECK(came.empty());
}

TEST_CASE("a login page in the way is told with its status and headers, without its body") {
    const HttpOutcome outcome = outcome_of(
        "HTTP/1.1 302 Found\r\nLocation: http://portal/\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<ht>");
    CHECK(outcome.failure == NetFailure::bad_body);
    CHECK(outcome.response.status == 302);
    CHECK(http::find_header(outcome.response.headers, "location") == "http://portal/");
    CHECK(outcome.response.body.empty());
}

TEST_CASE("a compressed answer that was cut is an error though its length is right") {
    const std::string text = sample_text(50'000);
    for (const Encoding encoding : {Encoding::zstd, Encoding::gzip}) {
        std::string packed = *compress(encoding, text);
        packed.resize(packed.size() / 2);
        const std::string head = "HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string(name(encoding)) +
                                 "\r\nContent-Digest: " + content_digest(text) +
                                 "\r\nContent-Length: " + std::to_string(packed.size()) + "\r\n\r\n";
        CHECK(outcome_of(head + packed).failure == NetFailure::bad_body);
    }
}

TEST_CASE("refused and reset are told from cut") {
    CHECK(send_once("http://127.0.0.1:" + std::to_string(dead_port())).failure == NetFailure::refused);
    CHECK(send_once("http://name.invalid").failure == NetFailure::no_route);
    RawServer resets([](RawConnection& connection, int) {
        (void)connection.hear();
        connection.reset();
    });
    CHECK(send_once(resets.url()).failure == NetFailure::refused);
}

TEST_CASE("every wait has its deadline") {
    SUBCASE("a silent server") {
        RawServer server([](RawConnection& connection, int) { (void)connection.hear_all(); });
        Deadlines deadlines;
        deadlines.read_ms = 150;
        const Stopwatch watch;
        CHECK(send_once(server.url(), get("/"), deadlines).failure == NetFailure::timeout);
        CHECK(watch.ms() >= 150);
        CHECK(watch.ms() < 1'500);
    }
    SUBCASE("a server that always has another byte") {
        RawServer server([](RawConnection& connection, int) {
            (void)connection.hear();
            connection.say("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            while (!connection.stirs_within(std::chrono::milliseconds(10))) connection.say("x");
        });
        Deadlines deadlines;
        deadlines.total_ms = 300;
        const Stopwatch watch;
        CHECK(send_once(server.url(), get("/"), deadlines).failure == NetFailure::timeout);
        CHECK(watch.ms() >= 300);
        CHECK(watch.ms() < 1'500);
    }
    SUBCASE("a server that does not read") {
        RawServer server([](RawConnection& connection, int) {
            while (!connection.stirs_within(std::chrono::milliseconds(10))) {
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(600));
        });
        Deadlines deadlines;
        deadlines.write_ms = 200;
        HttpClient client({server.url(), "", 1'000'000'000, 1'000'000});
        const Stopwatch watch;
        CHECK(client.send(post("/", std::string(30'000'000, 'x')), deadlines).failure == NetFailure::timeout);
        CHECK(watch.ms() < 2'000);
    }
    SUBCASE("a listener that takes no more connections") {
        // Nobody accepts, and the line is full: the kernel leaves further ones unanswered.
        const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        ::bind(listener, reinterpret_cast<const sockaddr*>(&address), size);
        ::listen(listener, 0);
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
        std::vector<int> fill;
        for (int i = 0; i < 4; ++i) {
            fill.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            (void)::connect(fill.back(), reinterpret_cast<const sockaddr*>(&address), size);
        }
        Deadlines deadlines;
        deadlines.connect_ms = 200;
        const Stopwatch watch;
        CHECK(send_once("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)), get("/"), deadlines).failure ==
              NetFailure::timeout);
        CHECK(watch.ms() < 1'500);
        for (const int socket : fill) ::close(socket);
        ::close(listener);
    }
}

TEST_CASE("cancel from another thread ends a send within milliseconds") {
    RawServer server([](RawConnection& connection, int) { (void)connection.hear_all(); });
    HttpClient client({server.url(), "", 1'024, 1'000'000});
    for (int i = 0; i < 5; ++i) {
        const int before = server.accepted();
        std::int64_t cancelled_after = 0;
        HttpOutcome outcome;
        std::thread sender([&] { outcome = client.send(get("/"), {}); });
        while (server.accepted() == before) std::this_thread::yield();
        const Stopwatch watch;
        client.cancel();
        sender.join();
        cancelled_after = watch.ms();
        CHECK(outcome.failure == NetFailure::cancelled);
        CHECK(cancelled_after < 500);
    }
    client.cancel();  // without a send under way: nothing
    std::thread closer([&] { client.close(); });
    closer.join();
    CHECK(client.send(get("/"), {}).failure == NetFailure::cancelled);
}

TEST_CASE("a kept connection is used again, and a stale one is replaced") {
    SUBCASE("used again") {
        RawServer server([](RawConnection& connection, int) {
            while (!connection.hear().empty()) connection.say(well_formed("hello"));
        });
        HttpClient client({server.url(), "", 1'024, 1'000'000});
        for (int i = 0; i < 5; ++i) CHECK(client.send(post("/", "x"), {}).failure == NetFailure::none);
        CHECK(server.accepted() == 1);
    }
    SUBCASE("closed while idle: seen before anything is sent") {
        RawServer server([](RawConnection& connection, int) {
            (void)connection.hear();
            connection.say(well_formed("hello"));
        });
        HttpClient client({server.url(), "", 1'024, 1'000'000});
        for (int i = 0; i < 3; ++i) {
            CHECK(client.send(post("/", "x"), {}).failure == NetFailure::none);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the server's goodbye arrives
        }
        CHECK(server.accepted() == 3);
    }
    SUBCASE("the server's patience is over by its own word") {
        RawServer server([](RawConnection& connection, int) {
            while (!connection.hear().empty()) connection.say(well_formed("hello", "Keep-Alive: timeout=1\r\n"));
        });
        HttpClient client({server.url(), "", 1'024, 1'000'000});
        CHECK(client.send(get("/"), {}).failure == NetFailure::none);
        CHECK(client.send(get("/"), {}).failure == NetFailure::none);
        CHECK(server.accepted() == 2);
    }
    SUBCASE("what came without a question is no answer to the next") {
        RawServer server([](RawConnection& connection, int number) {
            while (!connection.hear().empty())
                connection.say(well_formed("hello") + (number == 0 ? well_formed("stray") : ""));
        });
        HttpClient client({server.url(), "", 1'024, 1'000'000});
        CHECK(client.send(get("/"), {}).response.body == "hello");
        CHECK(client.send(get("/"), {}).response.body == "hello");
        CHECK(server.accepted() == 2);
    }
    SUBCASE("closed at the very moment of the next request: asked once more only when asking twice is harmless") {
        for (const bool harmless : {true, false}) {
            RawServer server([](RawConnection& connection, int number) {
                (void)connection.hear();
                connection.say(well_formed("hello"));
                (void)connection.hear();  // the second one is read and never answered
                if (number > 0) connection.say(well_formed("hello"));
            });
            HttpClient client({server.url(), "", 1'024, 1'000'000});
            CHECK(client.send(get("/"), {}).failure == NetFailure::none);
            const HttpOutcome second = client.send(harmless ? get("/") : post("/", "x"), {});
            CHECK(name(second.failure) == std::string(harmless ? "none" : "cut"));
            CHECK(server.accepted() == (harmless ? 2 : 1));
        }
    }
    SUBCASE("a fresh connection that is cut is not tried again") {
        RawServer server([](RawConnection& connection, int) { (void)connection.hear(); });
        CHECK(send_once(server.url()).failure == NetFailure::cut);
        CHECK(server.accepted() == 1);
    }
}

TEST_CASE("what cannot be sent as it is, is not sent") {
    RawServer server([](RawConnection& connection, int) { (void)connection.hear(); });
    http::Request bad_method = get("/");
    bad_method.method = "GE T";
    http::Request bad_header = get("/");
    bad_header.headers = {{"X-Name", "a\r\nX-Other: b"}};
    for (const http::Request& request :
         {bad_method, bad_header, get("no-slash"), get("/a b"), get("/a\r\n"), get("/a?b"), get("/\xC3\xB6")}) {
        CHECK(send_once(server.url(), request).failure == NetFailure::bad_url);
    }
    CHECK(server.accepted() == 0);
}

TEST_CASE("the request says what the contract wants, and traffic is what went over the wire") {
    std::string heard;
    const std::string said = well_formed("hello");
    {
        RawServer server([&](RawConnection& connection, int) {
            heard = connection.hear();
            connection.say(said);
        });
        http::Request request = post("/x", sample_text(5'000));
        request.query = "a=1";
        request.headers.emplace_back("Accept-Encoding", "br");
        const HttpOutcome outcome = send_once(server.url() + "/base", request);
        CHECK(outcome.failure == NetFailure::none);
        CHECK(outcome.response.traffic.bytes_received == static_cast<std::int64_t>(said.size()));
        CHECK(outcome.response.traffic.bytes_sent > 0);
        CHECK(outcome.response.traffic.bytes_sent < 5'000);
        CHECK(http::find_header(outcome.response.headers, "Content-Length").empty());
    }
    CHECK(heard.starts_with("POST /base/x?a=1 HTTP/1.1\r\n"));
    CHECK(heard.find("Content-Encoding: zstd\r\n") != std::string::npos);
    CHECK(heard.find("Accept-Encoding: zstd, gzip\r\n") != std::string::npos);
    CHECK(heard.find("br") == std::string::npos);
    CHECK(heard.find("Content-Digest: " + content_digest(sample_text(5'000))) != std::string::npos);
    CHECK(heard.find("Expect") == std::string::npos);
}
