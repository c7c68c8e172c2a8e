// /api/files over real sockets: bodies that break off, connections that are dead, and what is said before a body.
#include <doctest/doctest.h>

#include <filesystem>
#include <thread>

#include "server/files_wire.h"

namespace ct::server::test {
namespace {

std::string content(std::size_t size) { return net::test::sample_text(size); }

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
    const std::string all = content(5'000), address = keep(all);
    std::filesystem::resize_file(place_of(all), 100);
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
