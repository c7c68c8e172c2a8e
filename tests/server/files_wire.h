// A server that keeps attachments, behind real sockets, with a manager who asks it in whatever words a test wants.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "base/digest.h"
#include "server/kit.h"
#include "unit/net_support.h"

namespace ct::server::test {

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
        http.max_body = 200'000;
        http.read_timeout_ms = 1'000;
        http.threads_max = 2;
        start();
    }
    ~Wire() {
        server.reset();
        std::filesystem::remove_all(directory);
    }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    /// With the options as they are now, also in the place of one that runs.
    void start() {
        server.reset();
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

    /// Uploads it; its address.
    [[nodiscard]] std::string keep(const std::string& content) const {
        const std::string address = begin(content), said = patch(address, 0, content);
        REQUIRE_MESSAGE(status(said) == 204, said);
        return address;
    }
    /// Where a content lies that is complete.
    [[nodiscard]] std::string place_of(const std::string& content) const {
        const std::string hash = to_hex(bytes_of(sha256(content)));
        return directory + "/1/" + hash.substr(0, 2) + "/" + hash;
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

    net::HttpServerOptions http;
    std::string directory, lead;
    std::unique_ptr<Site> site;
    std::unique_ptr<Laptop> asha;
    std::unique_ptr<RunningServer> server;
};

}  // namespace ct::server::test
