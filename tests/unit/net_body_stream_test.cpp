// Bodies that are taken piece by piece, by a server that has more to do than it can, and bodies that are given so.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/file.h"
#include "client/file_body.h"
#include "net/certificate.h"
#include "net_support.h"

using namespace ct;
using namespace ct::net;
using namespace ct::net::test;

namespace {

int status_of(const std::string& said) { return said.size() < 12 ? 0 : std::stoi(said.substr(9, 3)); }

std::string asked(const std::string& method, const std::string& more = {}) {
    return method + " / HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}
std::string sized(const std::string& method, std::size_t length) {
    return asked(method, "Content-Length: " + std::to_string(length) + "\r\n");
}

/// A server whose sinks wait for a gate with every piece, and which remembers what its threads were.
struct Slow {
    explicit Slow(HttpServerOptions options = {}) {
        options.streams = [this](const http::Request& head) {
            listener = std::this_thread::get_id();
            return head.method == "PATCH";
        };
        server = std::make_unique<RunningServer>([this](const http::Request& request) { return serve(request); },
                                                 std::move(options));
    }
    ~Slow() {
        gate.open();
        server.reset();
    }
    Slow(const Slow&) = delete;
    Slow& operator=(const Slow&) = delete;

    struct Sink final : http::BodySink {
        explicit Sink(Slow& of) : slow(of) {}
        std::optional<http::Response> take(std::string_view) override {
            if (std::this_thread::get_id() == slow.listener) slow.on_listener = true;
            ++slow.taking;
            slow.gate.wait();
            return std::nullopt;
        }
        http::Response end() override { return answer("taken"); }
        void undo() override {}
        void cut() override { ++slow.cut; }
        Slow& slow;
    };
    http::Answered serve(const http::Request& request) {
        if (request.method != "PATCH") return answer("here");
        ++sinks;
        return http::Answered(std::make_unique<Sink>(*this));
    }
    /// A body of which so much has come and its sink has a part.
    RawConnection begin(std::size_t bytes, std::size_t length) {
        const int before = taking;
        RawConnection connection = RawConnection::to(server->port());
        connection.say(sized("PATCH", length) + std::string(bytes, 'x'));
        while (taking == before) std::this_thread::yield();
        return connection;
    }

    Gate gate;
    std::atomic<std::thread::id> listener;
    std::atomic<bool> on_listener{false};
    std::atomic<int> sinks{0}, taking{0}, cut{0};
    std::unique_ptr<RunningServer> server;
};

/// The 503 of a busy server, with all that belongs to it.
void check_busy(const std::string& said) {
    CHECK(status_of(said) == 503);
    CHECK(said.find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(said.find("\r\nRetry-After: 5\r\n") != std::string::npos);
    CHECK(said.find("\"code\":\"UNAVAILABLE\"") != std::string::npos);
    CHECK(said.ends_with("}"));
}

}  // namespace

TEST_CASE("a server without a free thread says so while a body comes, and the listener waits for no sink") {
    HttpServerOptions options;
    options.threads_max = 1;
    options.queue_max = 1;
    Slow slow(options);
    RawConnection later = RawConnection::to(slow.server->port());
    later.say(sized("PATCH", 5));
    while (slow.sinks < 1) std::this_thread::yield();
    RawConnection first = slow.begin(1, 5);  // has the thread
    // One of these has the place in the queue, the other is turned away.
    RawConnection one = RawConnection::to(slow.server->port()), two = RawConnection::to(slow.server->port());
    one.say(asked("GET"));
    two.say(asked("GET"));
    const auto moment = std::chrono::milliseconds(1);
    while (!one.stirs_within(moment) && !two.stirs_within(moment)) {
    }
    RawConnection &waits = one.stirs_within(moment) ? two : one, &away = one.stirs_within(moment) ? one : two;
    check_busy(away.hear());

    later.say("12345");  // for a sink that no worker can be had for
    RawConnection more = RawConnection::to(slow.server->port());
    more.say(sized("PATCH", 3'000'000) + std::string(3'000'000, 'x'));  // all of it, before it listens
    check_busy(more.hear());

    slow.gate.open();
    first.say("2345");
    for (RawConnection* connection : {&first, &later, &waits}) CHECK(status_of(connection->hear()) == 200);
    CHECK_FALSE(slow.on_listener);
}

TEST_CASE("what came of a connection that is gone counts until it is taken") {
    HttpServerOptions options;
    options.bodies_max = 200'000;
    options.threads_max = 5;
    Slow slow(options);
    for (int i = 0; i < 4; ++i) {
        RawConnection gone = slow.begin(60'000, 90'000);
        gone.finish();
        CHECK(status_of(gone.hear()) == 400);  // INCOMPLETE: the server knows that nothing more comes
    }
    const auto put = [&](std::size_t size) {
        RawConnection connection = RawConnection::to(slow.server->port());
        connection.say(sized("PUT", size) + std::string(size, 'x'));
        return connection.hear();
    };
    check_busy(put(190'000));
    check_busy(put(3'000'000));  // while the rest of it comes
    CHECK(status_of(put(10)) == 200);
    slow.gate.open();
    while (slow.cut < 4) std::this_thread::yield();
    CHECK(status_of(put(190'000)) == 200);
}

TEST_CASE("a body that is given piece by piece: as long as it says or not to its end") {
    struct Given final : http::BodySource {
        Given(std::int64_t size, std::vector<Result<std::string>> pieces) : size_(size), pieces_(std::move(pieces)) {}
        std::int64_t size() const override { return size_; }
        Result<std::string> next(std::size_t) override {
            if (at_ == pieces_.size()) throw std::runtime_error("there is no more");
            return pieces_[at_++];
        }
        std::int64_t size_;
        std::vector<Result<std::string>> pieces_;
        std::size_t at_ = 0;
    };
    const Result<std::string> error = fail(ErrorKind::disk, "CANNOT_READ", "broken");
    const struct {
        const char* what;
        std::vector<Result<std::string>> pieces;
        const char* heard;
        bool whole;
    } rows[] = {
        {"in order", {"ab", "c", "def"}, "abcdef", true},
        {"an error", {"ab", error}, "ab", false},
        {"a throw", {"abc"}, "abc", false},
        {"nothing", {"ab", "", "cdef"}, "ab", false},
        {"too much", {"ab", "cdefg"}, "ab", false},
    };
    std::atomic<std::size_t> row{0};
    RunningServer server(
        [&](const http::Request&) { return http::Answered(answer({}), std::make_unique<Given>(6, rows[row].pieces)); });
    for (; row < std::size(rows); ++row) {
        CAPTURE(rows[row].what);
        RawConnection connection = RawConnection::to(server.port());
        connection.say(asked("GET"));
        const std::string said = connection.hear();
        CHECK(said.find("Content-Length: 6\r\n") != std::string::npos);
        CHECK(said.substr(said.find("\r\n\r\n") + 4) == rows[row].heard);
        CHECK(connection.stirs_within(std::chrono::milliseconds(rows[row].whole ? 0 : 5'000)) != rows[row].whole);
        if (!rows[row].whole) continue;
        connection.say(asked("HEAD", "Connection: close\r\n"));
        const std::string head = connection.hear_all();
        CHECK(head.find("Content-Length: 6\r\n") != std::string::npos);
        CHECK(head.ends_with("\r\n\r\n"));
    }
}

TEST_CASE("bodies that are given piece by piece travel both ways over TLS, out of a file") {
    char name[] = "/tmp/ct-bodies-XXXXXX";
    const std::string directory = ::mkdtemp(name), file = directory + "/file";
    const auto made = make_self_signed({"localhost"}, 1);
    REQUIRE(made);
    REQUIRE(write_file_atomically(directory + "/cert.pem", made->certificate));
    REQUIRE(write_file_atomically(directory + "/key.pem", made->key));
    const std::string all = sample_text(5'000'000), part = all.substr(1'000, 4'000'000);
    REQUIRE(write_file_atomically(file, all));
    HttpServerOptions options;
    options.tls_cert = directory + "/cert.pem";
    options.tls_key = directory + "/key.pem";
    std::atomic<bool> came{false};
    RunningServer server(
        [&](const http::Request& request) {
            if (request.method == "PUT") came = request.body == part;
            http::Response head = answer({});
            head.headers.emplace_back("Content-Digest", content_digest(all));
            return http::Answered(std::move(head),
                                  std::make_unique<client::FileBody>(client::FilePart{file, 0, 5'000'000}));
        },
        options);
    HttpClient client({"https://localhost:" + std::to_string(server.port()), directory + "/cert.pem"});
    client::FileBody body({file, 1'000, 4'000'000});
    http::Request request = get("/");
    request.method = "PUT";
    const HttpOutcome outcome = client.send(request, {}, true, &body);
    CAPTURE(outcome.detail);
    CHECK(outcome.failure == NetFailure::none);
    CHECK((outcome.response.body == all));
    CHECK(came);
    client::FileBody beyond({file, 4'000'000, 2'000'000});
    const HttpOutcome cut = client.send(request, {}, true, &beyond);
    CHECK(cut.failure == NetFailure::cut);
    CHECK(cut.detail.find("too short") != std::string::npos);
    std::filesystem::remove_all(directory);
}
