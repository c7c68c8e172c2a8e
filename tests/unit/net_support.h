// A server and a client of bare sockets: they say exactly what a test wants said, right or wrong.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/digest.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace ct::net::test {

inline sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// One connection, blocking, with a limit on every wait so that a broken test ends.
class RawConnection {
  public:
    explicit RawConnection(int socket) : socket_(socket) {
        const timeval limit{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }
    static RawConnection to(int port) {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopback(port);
        if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            ::shutdown(socket, SHUT_RDWR);
        return RawConnection(socket);
    }
    RawConnection(RawConnection&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), ahead_(std::move(other.ahead_)) {}
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;
    ~RawConnection() { close(); }

    void say(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    /// A message with its body by Content-Length; shorter when the peer closed.
    std::string hear() {
        std::size_t head = std::string::npos;
        while ((head = ahead_.find("\r\n\r\n")) == std::string::npos) {
            if (!more()) return std::exchange(ahead_, {});
        }
        std::size_t length = 0;
        if (const std::size_t at = ahead_.find("Content-Length: "); at < head)
            length = std::stoul(ahead_.substr(at + 16));
        while (ahead_.size() < head + 4 + length && more()) {
        }
        std::string message = ahead_.substr(0, head + 4 + length);
        ahead_.erase(0, message.size());
        return message;
    }
    /// Until the peer closes or resets.
    std::string hear_all() {
        while (more()) {
        }
        return std::exchange(ahead_, {});
    }
    void finish() const { ::shutdown(socket_, SHUT_WR); }  // the peer is told that nothing more comes
    void reset() {                                         // the peer gets RST instead of FIN
        const linger hard{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }
    /// True when the peer closes or speaks within that time.
    [[nodiscard]] bool stirs_within(std::chrono::milliseconds time) const {
        pollfd set{socket_, POLLIN, 0};
        return ::poll(&set, 1, static_cast<int>(time.count())) == 1;
    }

  private:
    bool more() {
        char buffer[16'384];
        const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
        if (got <= 0) return false;
        ahead_.append(buffer, static_cast<std::size_t>(got));
        return true;
    }
    int socket_;
    std::string ahead_;
};

/// Listens on a free port; each connection runs `script` (its number from 0) on a thread of its own, then is closed.
class RawServer {
  public:
    using Script = std::function<void(RawConnection&, int)>;
    explicit RawServer(Script script)
        : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
        ::listen(listener_, 64);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { accept_all(); });
    }
    ~RawServer() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        for (std::thread& connection : connections_) connection.join();
        ::close(listener_);
    }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] int accepted() const { return accepted_; }

  private:
    void accept_all() {
        for (;;) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) return;
            connections_.emplace_back([this, socket, number = accepted_++] {
                RawConnection connection(socket);
                script_(connection, number);
            });
        }
    }
    Script script_;
    int listener_;
    int port_ = 0;
    std::atomic<int> accepted_{0};
    std::list<std::thread> connections_;  // used by thread_ until it is joined
    std::thread thread_;
};

/// The real server, running.
class RunningServer {
  public:
    explicit RunningServer(Handler handler, HttpServerOptions options = {})
        : server_(with_free_port(std::move(options)), std::move(handler)) {
        const auto bound = server_.bind();
        port_ = bound ? *bound : 0;
        thread_ = std::thread([this] { server_.run(); });
    }
    ~RunningServer() { stop(); }
    void stop() {
        server_.stop();
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  private:
    static HttpServerOptions with_free_port(HttpServerOptions options) {
        options.port = 0;
        return options;
    }
    HttpServer server_;
    int port_ = 0;
    std::thread thread_;
};

inline http::Request get(std::string path) {
    http::Request request;
    request.method = "GET";
    request.path = std::move(path);
    return request;
}

inline http::Request post(std::string path, std::string body) {
    http::Request request;
    request.method = "POST";
    request.path = std::move(path);
    request.headers = {{"Content-Type", "application/json"}};
    request.body = std::move(body);
    return request;
}

inline http::Response answer(std::string body) {
    http::Response response;
    response.status = 200;
    response.headers = {{"Content-Type", "application/json"}};
    response.body = std::move(body);
    return response;
}

/// "HTTP/1.1 200 OK" with the body's length and digest, and `more` headers ("X: y\r\n").
inline std::string well_formed(std::string_view body, std::string_view more = {}) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nContent-Digest: " + content_digest(body) + "\r\n" + std::string(more) + "\r\n" + std::string(body);
}

/// Text that compresses, but not to nothing.
inline std::string sample_text(std::size_t size) {
    std::string out;
    std::uint32_t state = 12'345;
    while (out.size() < size) {
        state = state * 1'664'525U + 1'013'904'223U;
        out += "row " + std::to_string(state >> 12) + " says something, ";
    }
    out.resize(size);
    return out;
}

/// Opens once; everyone who waits goes on.
class Gate {
  public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        news_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        news_.wait(lock, [&] { return open_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable news_;
    bool open_ = false;
};

class Stopwatch {
  public:
    [[nodiscard]] std::int64_t ms() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace ct::net::test
