// /api/files over real sockets: bodies that break off, connections that are dead, and what is said before a body.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <thread>

#include "base/digest.h"
#include "server/kit.h"
#include "unit/net_support.h"

namespace ct::server::test {
namespace {

using net::test::RawConnection;
using net::test::RunningServer;

struct Wire {
    Wire() {
        char name[] = "/tmp/ct-wire-XXXXXX";
        directory = ::mkdtemp(name);
        ServiceOptions options;
        options.files.directory = directory;
        site = std::make_unique<Site>(std::string(), options);
        site->add_user("asha@example.org", Role::manager);
        asha = std::make_unique<Laptop>(*site, "asha@example.org");
        lead = asha->add_lead("Meera");
        start();
    }
    ~Wire() {
        server.reset();
        std::filesystem::remove_all(directory);
    }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    void start() {
        net::HttpServerOptions http;
        http.max_body = 200'000;
        http.read_timeout_ms = 1'000;
        http.threads_max = 2;
        http.max_body_of = Service::body_max;
        http.streams = Service::streams;
        http.headers_at = Service::headers_at;
        server = std::make_unique<RunningServer>(
            [this](const http::Request& request) { return site->service->answer(request); }, http);
    }
    std::string request(const std::string& method, const std::string& path, const std::string& more) const {
        return method + " " + path + " HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nAuthorization: Bearer " +
               asha->token + "\r\n" + more + "\r\n";
    }
    [[nodiscard]] std::string ask(const std::string& method, const std::string& path,
                                  const std::string& more = {}) const {
        RawConnection connection = RawConnection::to(server->port());
        connection.say(request(method, path, more + "Connection: close\r\n"));
        return connection.hear_all();
    }
    static std::string header(const std::string& said, const std::string& name) {
        const std::size_t at = said.find("\r\n" + name + ": ");
        if (at == std::string::npos) return {};
        const std::size_t from = at + name.size() + 4;
        return said.substr(from, said.find("\r\n", from) - from);
    }
    static int status(const std::string& said) { return said.size() < 12 ? 0 : std::stoi(said.substr(9, 3)); }
    [[nodiscard]] std::string metadata(const std::string& content) const {
        return "extra,filename " + to_base64("plan.pdf") + ",model " + to_base64("Lead") + ",recordId " +
               to_base64(lead) + ",sha256 " + to_base64(to_hex(bytes_of(sha256(content))));
    }
    [[nodiscard]] std::string post(const std::string& content, const std::string& more = {}) const {
        return ask("POST", "/api/files",
                   "Upload-Length: " + std::to_string(content.size()) + "\r\nUpload-Metadata: " + metadata(content) +
                       more + "\r\n");
    }
    std::string begin(const std::string& content) const {
        const std::string said = post(content);
        REQUIRE_MESSAGE(status(said) == 201, said);
        return header(said, "Location");
    }
    /// A PATCH whose end is still open.
    [[nodiscard]] RawConnection patch_openly(const std::string& address, const std::string& bytes,
                                             const std::string& more = {}) const {
        RawConnection connection = RawConnection::to(server->port());
        connection.say(request("PATCH", address,
                               "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
                               "Transfer-Encoding: chunked\r\n" +
                                   more) +
                       chunk(bytes));
        wait_for(address, bytes.size());
        return connection;
    }
    static std::string chunk(const std::string& bytes) {
        char size[32];
        std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
        return size + bytes + "\r\n";
    }
    static std::string patching(std::size_t offset, std::size_t length, const std::string& more = {}) {
        return "Content-Type: application/offset+octet-stream\r\nUpload-Offset: " + std::to_string(offset) +
               "\r\nContent-Length: " + std::to_string(length) + "\r\n" + more;
    }
    [[nodiscard]] std::string patch(const std::string& address, std::size_t offset, const std::string& bytes,
                                    const std::string& more = {}) const {
        RawConnection connection = RawConnection::to(server->port());
        connection.say(request("PATCH", address, patching(offset, bytes.size(), more)) + bytes);
        return connection.hear();
    }
    [[nodiscard]] std::string offset(const std::string& address) const {
        return header(ask("HEAD", address), "Upload-Offset");
    }

    /// Until so much of it lies on the disk.
    void wait_for(const std::string& address, std::uintmax_t bytes) const {
        const std::filesystem::path file = directory + "/1/open/" + address.substr(std::string("/api/files/").size());
        for (int i = 0; i < 1'000; ++i) {
            std::error_code missing;
            if (const auto size = std::filesystem::file_size(file, missing); !missing && size >= bytes) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    std::string directory, lead;
    std::unique_ptr<Site> site;
    std::unique_ptr<Laptop> asha;
    std::unique_ptr<RunningServer> server;
};

std::string content(std::size_t size) {
    std::string bytes = net::test::sample_text(size);
    return bytes;
}

}  // namespace

TEST_CASE_FIXTURE(Wire, "files on the wire: one PATCH may be larger than any other body") {
    const std::string all = content(3'000'000), address = begin(all);
    const std::string said = patch(address, 0, all, "Content-Digest: " + content_digest(all) + "\r\n");
    CHECK(status(said) == 204);
    CHECK(header(said, "Upload-Offset") == "3000000");
    CHECK(header(ask("HEAD", address), "Upload-Metadata") == metadata(all));
    CHECK(header(ask("GET", address, "Range: bytes=0-9\r\n"), "Content-Range") == "bytes 0-9/3000000");
}

TEST_CASE_FIXTURE(Wire, "files on the wire: what arrived before a body broke off is kept, however it broke") {
    const std::string all = content(900'000);
    enum class Break { reset, close, finish, silence, stop };
    for (const Break how : {Break::close, Break::reset, Break::finish, Break::silence, Break::stop}) {
        CAPTURE(static_cast<int>(how));
        const std::string address = begin(all);
        RawConnection connection = RawConnection::to(server->port());
        const std::string checksum = "Upload-Checksum: sha256 " + to_base64(bytes_of(sha256(all))) + "\r\n";
        connection.say(request("PATCH", address, patching(0, all.size(), checksum)) + all.substr(0, 500'000));
        wait_for(address, 500'000);  // or HEAD might be there before the PATCH is
        if (how == Break::reset) connection.reset();
        if (how == Break::close) connection.close();
        if (how == Break::finish) connection.finish();
        if (how == Break::stop) {
            server->stop();
            CHECK(status(connection.hear()) == 503);
            start();
        }
        if (how == Break::silence) CHECK(status(connection.hear()) == 408);
        CHECK(offset(address) == "500000");
        CHECK(status(patch(address, 500'000, all.substr(500'000))) == 204);
        CHECK(offset(address) == "900000");
        CHECK(status(ask("GET", address, "Range: bytes=0-9\r\n")) == 206);
    }
}

TEST_CASE_FIXTURE(Wire, "files on the wire: a connection that is dead keeps nobody waiting") {
    const std::string all = content(600'000), address = begin(all);
    RawConnection dead = RawConnection::to(server->port());
    dead.say(request("PATCH", address, patching(0, all.size())) + all.substr(0, 100'000));
    wait_for(address, 100'000);
    CHECK(status(patch(address, 5, "x")) == 409);  // who does not know where it stands ends nothing
    const net::test::Stopwatch watch;
    CHECK(offset(address) == "100000");
    CHECK(watch.ms() < 900);
    CHECK(status(patch(address, 100'000, all.substr(100'000, 1'000))) == 204);
    dead.say(all.substr(100'000, 200'000));  // it lives after all: too late
    const std::string said = dead.hear();
    CHECK(status(said) == 409);
    CHECK(said.find("TAKEN_OVER") != std::string::npos);
    CHECK(offset(address) == "101000");
}

TEST_CASE_FIXTURE(Wire, "files on the wire: who says all and closes that half gets the turn and the answer") {
    const std::string all = content(110'000), address = begin(all);
    RawConnection dead = RawConnection::to(server->port());
    dead.say(request("PATCH", address, patching(0, all.size())) + all.substr(0, 100'000));
    wait_for(address, 100'000);
    RawConnection next = RawConnection::to(server->port());
    next.say(request("PATCH", address, patching(100'000, 10'000)) + all.substr(100'000));
    next.finish();
    CHECK(status(next.hear()) == 204);
    CHECK(offset(address) == "110000");
}

TEST_CASE_FIXTURE(Wire, "files on the wire: a length that no body has is refused") {
    const std::string address = begin("hello");
    for (const char* length : {"9223372036854775808", "18446744073709551615", "9223372036854775807"}) {
        CAPTURE(length);
        RawConnection connection = RawConnection::to(server->port());
        connection.say(request("PATCH", address,
                               "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nContent-Length: " +
                                   std::string(length) + "\r\n") +
                       "hel");
        CHECK(status(connection.hear()) == (std::string(length).ends_with("807") ? 413 : 400));
    }
    CHECK(offset(address) == "0");
}

TEST_CASE_FIXTURE(Wire, "files on the wire: a whole body that is not what it says leaves nothing") {
    const std::string all = content(700'000), address = begin(all);
    CHECK(status(patch(address, 0, all.substr(0, 1'000))) == 204);
    const std::string part = all.substr(1'000, 600'000), other = "sha256 " + to_base64(bytes_of(sha256("x")));
    CHECK(status(patch(address, 1'000, part, "Upload-Checksum: " + other + "\r\n")) == 460);
    CHECK(offset(address) == "1000");
    CHECK(status(patch(address, 1'000, part, "Content-Digest: " + content_digest("x") + "\r\n")) == 400);
    CHECK(offset(address) == "1000");
    CHECK(status(patch(address, 1'000, std::string(699'000, 'x'))) == 460);  // all of a file that is another one
    CHECK(status(ask("HEAD", address)) == 404);
}

TEST_CASE_FIXTURE(Wire, "files on the wire: refused by the head, before a byte of the body") {
    const std::string all = content(700'000), address = begin(all);
    const struct {
        std::string head;
        int status;
    } rows[] = {
        {"PATCH " + address + " HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n" + patching(0, 700'000) + "\r\n", 401},
        {request("PATCH", address, patching(7, 600'000)), 409},
        {request("PATCH", address, patching(0, 700'001)), 413},
        {request("PATCH", address, "Content-Type: text/plain\r\nUpload-Offset: 0\r\nContent-Length: 500000\r\n"), 415},
        {request("PATCH", "/api/files/" + asha->new_id(), patching(0, 500'000)), 404},
        {request("PATCH", address, patching(7, 10, "Expect: 100-continue\r\n")), 409},
    };
    for (const auto& row : rows) {
        CAPTURE(row.head);
        RawConnection connection = RawConnection::to(server->port());
        connection.say(row.head);
        const std::string said = connection.hear();
        CHECK(status(said) == row.status);
        CHECK(header(said, "Tus-Resumable") == "1.0.0");
    }
    // A small body is heard to its end, so that a client that does not listen meanwhile gets the answer and goes on.
    RawConnection connection = RawConnection::to(server->port());
    for (int i = 0; i < 2; ++i) {
        connection.say(request("PATCH", address, patching(7, 100'000)) + std::string(100'000, 'x'));
        CHECK(status(connection.hear()) == 409);
    }
    connection.say(request("PATCH", address, patching(0, 3, "Expect: 100-continue\r\n")));
    CHECK(status(connection.hear()) == 100);
    connection.say(all.substr(0, 3));
    CHECK(status(connection.hear()) == 204);
    CHECK(offset(address) == "3");
}

TEST_CASE_FIXTURE(Wire, "files on the wire: chunks, and more of them than was announced") {
    const std::string all = content(10'000), address = begin(all);
    const auto send = [&](std::size_t at, const std::string& bytes, bool last) {
        RawConnection connection = RawConnection::to(server->port());
        connection.say(request("PATCH", address,
                               "Content-Type: application/offset+octet-stream\r\nUpload-Offset: " + std::to_string(at) +
                                   "\r\nTransfer-Encoding: chunked\r\n") +
                       chunk(bytes) + (last ? "0\r\n\r\n" : ""));
        if (!last) connection.finish();
        return status(connection.hear());
    };
    CHECK(send(0, all.substr(0, 4'000), true) == 204);
    CHECK(send(4'000, std::string(6'001, 'x'), true) == 413);
    CHECK(offset(address) == "4000");
    CHECK(send(4'000, all.substr(4'000), false) == 400);  // all of the file, and not the end of the body
    CHECK(offset(address) == "10000");
    CHECK(status(ask("GET", address)) == 200);
}

TEST_CASE_FIXTURE(Wire, "files on the wire: a request whose upload another one completed cuts nothing of it") {
    const std::string wrong = "Upload-Checksum: sha256 " + to_base64(bytes_of(sha256("x"))) + "\r\n";
    const struct {
        std::string head, rest;
    } rows[] = {
        {"", chunk("x") + "0\r\n\r\n"},  // one too many
        {wrong, "0\r\n\r\n"},
        {"Content-Digest: " + content_digest("x") + "\r\n", "0\r\n\r\n"},
        {"", "0\r\n\r\n"},
    };
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        CAPTURE(i);
        const std::string all = content(5'000 + i), id = asha->new_id(), with_id = ",id " + to_base64(id);
        const std::string address = "/api/files/" + id;
        REQUIRE(status(post(all, with_id)) == 201);
        RawConnection slow = patch_openly(address, all, rows[i].head);
        const std::string again = post(all, with_id);
        CHECK(status(again) == 201);
        CHECK(header(again, "Upload-Offset") == std::to_string(all.size()));
        slow.say(rows[i].rest);
        CHECK(status(slow.hear()) >= 400);
        CHECK(ask("GET", address).ends_with("\r\n\r\n" + all));
    }
}

TEST_CASE_FIXTURE(Wire, "files on the wire: a damaged content is not given out, and mended by who brings it again") {
    const std::string all = content(5'000), address = begin(all);
    REQUIRE(status(patch(address, 0, all)) == 204);
    const std::string hash = to_hex(bytes_of(sha256(all)));
    std::filesystem::resize_file(directory + "/1/" + hash.substr(0, 2) + "/" + hash, 100);
    CHECK(status(ask("GET", address)) == 503);
    REQUIRE(status(patch(begin(all), 0, all)) == 204);
    CHECK(ask("GET", address).ends_with("\r\n\r\n" + all));
}

TEST_CASE_FIXTURE(Wire, "files on the wire: what the listener refuses says the version of tus as well") {
    const std::string said = ask("POST", "/api/files", "Content-Length: 99999999\r\n");
    CHECK(status(said) == 413);
    CHECK(header(said, "Tus-Resumable") == "1.0.0");
    CHECK(header(ask("GET", "/api/health"), "Tus-Resumable").empty());
    const std::string head = ask("HEAD", "/api/health");
    CHECK(status(head) == 200);
    CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE_FIXTURE(Wire, "files on the wire: many uploads at once on few threads") {
    const std::string all = content(400'000);
    std::vector<std::string> addresses;
    for (int i = 0; i < 8; ++i) addresses.push_back(begin(all));
    std::vector<std::thread> clients;
    for (const std::string& address : addresses) {
        clients.emplace_back([&, address] {
            RawConnection connection = RawConnection::to(server->port());
            connection.say(request("PATCH", address, patching(0, all.size())) + all);
            (void)connection.hear();
        });
    }
    for (std::thread& client : clients) client.join();
    for (const std::string& address : addresses) CHECK(offset(address) == "400000");
}

}  // namespace ct::server::test
