// Downloads over real sockets: larger than anybody holds at once, by readers that are slow, many, or stop reading, and
// from a disk that changes its mind.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "server/files_wire.h"

namespace ct::server::test {
namespace {

constexpr std::size_t kLarge = 20 << 20;  // no socket's buffers hold so much
constexpr const char* kDigest = "Content-Digest";

const std::string& large() {
    static const std::string bytes = net::test::sample_text(kLarge);
    return bytes;
}

std::string body_of(const std::string& said) {
    const std::size_t end = said.find("\r\n\r\n");
    return end == std::string::npos ? std::string() : said.substr(end + 4);
}

/// A GET whose answer has begun to come, of which nothing is read yet.
RawConnection begin_reading(const Wire& wire, const std::string& address) {
    RawConnection reader = RawConnection::to(wire.server->port());
    reader.say(wire.request("GET", address, {}));
    REQUIRE(reader.stirs_within(std::chrono::seconds(10)));
    return reader;
}

}  // namespace

TEST_CASE_FIXTURE(Wire, "downloads on the wire: a whole file of any size, and what is known of it") {
    const std::string address = keep(large());
    RawConnection connection = RawConnection::to(server->port());
    for (int i = 0; i < 2; ++i) {  // the connection stays good
        connection.say(request("GET", address, {}));
        const std::string said = connection.hear();
        CHECK(status(said) == 200);
        CHECK(header(said, "Content-Length") == std::to_string(kLarge));
        CHECK(header(said, kDigest) == content_digest(large()));
        CHECK(header(said, "ETag") == "\"" + to_hex(bytes_of(sha256(large()))) + "\"");
        CHECK(header(said, "Tus-Resumable") == "1.0.0");
        CHECK((body_of(said) == large()));
    }
    RawConnection plain = RawConnection::to(server->port());
    plain.say("HEAD " + address + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + asha->token +
              "\r\n\r\n");
    const std::string head = plain.hear_all();
    CHECK(status(head) == 200);
    CHECK(header(head, "Content-Length") == std::to_string(kLarge));
    CHECK(header(head, kDigest) == content_digest(large()));
    CHECK(body_of(head).empty());
}

TEST_CASE_FIXTURE(Wire, "downloads on the wire: what was given is counted, also of an answer without its body") {
    const std::string content = net::test::sample_text(700'000), address = keep(content);
    const auto sent = [this] {
        const std::string name = "\ncolortouchd_sent_bytes_total ", said = ask("GET", "/metrics");
        const std::size_t at = said.find(name);
        REQUIRE(at != std::string::npos);
        return std::stoull(said.substr(at + name.size()));
    };
    const auto before = sent();
    REQUIRE(body_of(ask("HEAD", address)).empty());
    REQUIRE(body_of(ask("GET", address)).size() == content.size());
    REQUIRE(body_of(ask("GET", address, "Range: bytes=0-99999\r\n")).size() == 100'000);
    const auto metrics = sent() - before;
    CHECK(metrics >= 800'000);
    CHECK(metrics < 850'000);  // with the text of the metrics themselves
}

TEST_CASE_FIXTURE(Wire, "downloads on the wire: ranges of any size") {
    const std::string address = keep(large());
    const struct {
        std::size_t from, to;
        bool digest;
    } rows[] = {
        {1'000, 12'000'000, false},      // so large that it is not read twice
        {7, kLarge - 1, false},          // all but its beginning
        {0, kLarge - 1, true},           // all of it
        {5'000'000, 5'300'000, true},    // of two pieces
        {kLarge - 1, kLarge - 1, true},  // the last byte
    };
    for (const auto& row : rows) {
        CAPTURE(row.from);
        const std::string range = std::to_string(row.from) + "-" + std::to_string(row.to);
        const std::string said = ask("GET", address, "Range: bytes=" + range + "\r\n"), body = body_of(said);
        CHECK(status(said) == 206);
        CHECK(header(said, "Content-Range") == "bytes " + range + "/" + std::to_string(kLarge));
        CHECK((body == large().substr(row.from, row.to - row.from + 1)));
        CHECK(header(said, kDigest) == (row.digest ? content_digest(body) : ""));
    }
}

TEST_CASE_FIXTURE(Wire, "downloads on the wire: many readers at once on few threads") {
    const std::string address = keep(large());
    std::vector<std::string> said(6);
    std::vector<std::thread> readers;
    for (std::string& answer : said) readers.emplace_back([&] { answer = ask("GET", address); });
    for (std::thread& reader : readers) reader.join();
    for (const std::string& answer : said) CHECK((body_of(answer) == large()));
}

TEST_CASE_FIXTURE(Wire, "downloads on the wire: who stops reading holds nobody up, and is let go") {
    http.write_timeout_ms = 1'000;
    start();
    const std::string address = keep(large());
    std::vector<RawConnection> stuck;
    for (int i = 0; i < 5; ++i) stuck.push_back(begin_reading(*this, address));  // more than there are threads
    const net::test::Stopwatch watch;
    CHECK((body_of(ask("GET", address, "Range: bytes=0-99999\r\n")) == large().substr(0, 100'000)));
    CHECK(watch.ms() < 900);
    std::this_thread::sleep_for(std::chrono::milliseconds(1'500));
    for (RawConnection& reader : stuck) CHECK(body_of(reader.hear_all()).size() < kLarge);
}

TEST_CASE_FIXTURE(Wire, "downloads on the wire: who reads slowly gets all of it") {
    const std::string address = keep(large());
    RawConnection slow = begin_reading(*this, address);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    CHECK((body_of(slow.hear()) == large()));
}

TEST_CASE_FIXTURE(Wire, "downloads on the wire: what is cut or goes meanwhile is never taken for the whole") {
    const struct {
        const char* what;
        void (*change)(const std::string& path);
    } rows[] = {
        {"cut", [](const std::string& path) { std::filesystem::resize_file(path, 1'000'000); }},
        {"gone", [](const std::string& path) { std::filesystem::remove(path); }},
        {"other bytes",
         [](const std::string& path) {
             std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
             file.seekp(static_cast<std::streamoff>(kLarge) - 5);
             file.put('\0');
         }},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        const std::string address = keep(large());
        RawConnection reader = begin_reading(*this, address);
        row.change(place_of(large()));
        const std::string said = reader.hear_all();
        CHECK(status(said) == 200);
        CHECK(body_of(said).size() < kLarge);
        std::filesystem::remove(place_of(large()));  // or the next one would not be kept
    }
}

TEST_CASE_FIXTURE(Wire, "downloads on the wire: the server's end waits for no reader of a large file") {
    const std::string address = keep(large());
    const RawConnection reader = begin_reading(*this, address);
    const net::test::Stopwatch watch;
    server->stop();
    CHECK(watch.ms() < 5'000);
}

}  // namespace ct::server::test
