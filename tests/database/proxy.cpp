#include "database/proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace ct::test {

namespace {

constexpr int kTickMs = 20;

std::string socket_in(const std::string& directory) {
    return directory + (kind() == Kind::postgres ? "/.s.PGSQL.5432" : "/socket");
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
}

bool send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

/// The statement alone: "READ COMMITTED" is none.
bool commits(std::string_view bytes) {
    using namespace std::string_view_literals;
    return kind() == Kind::postgres ? bytes.find("COMMIT\0"sv) != bytes.npos : bytes.ends_with("COMMIT");
}

/// False when the other side has closed.
bool read_some(int from, std::string& bytes) {
    std::array<char, 65'536> buffer{};
    const ssize_t got = ::recv(from, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    bytes.assign(buffer.data(), static_cast<std::size_t>(got));
    return true;
}

}  // namespace

Proxy::Proxy() {
    std::string pattern = "/tmp/ct-proxy-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("test proxy: no directory");
    directory_ = pattern;
    address_ = kind() == Kind::postgres ? directory_ : socket_in(directory_);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(socket_in(directory_));
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 16) != 0)
        throw std::runtime_error("test proxy: no socket");
    acceptor_ = std::thread([this] { accept_all(); });
}

Proxy::~Proxy() {
    over_ = true;
    acceptor_.join();
    ::close(listener_);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void Proxy::accept_all() {
    while (!over_) {
        pollfd waiting{listener_, POLLIN, 0};
        if (::poll(&waiting, 1, kTickMs) <= 0) continue;
        const int client = ::accept(listener_, nullptr, nullptr);
        if (client >= 0) relays_.emplace_back([this, client] { relay(client); });
    }
    for (std::thread& relay : relays_) relay.join();
}

void Proxy::relay(int client) {
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(socket_in(Cluster::shared().directory()));
    bool open = ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    bool deaf = false;  // the database's next answer is the last, and nobody hears it
    std::string bytes;
    while (open && !over_) {
        std::array<pollfd, 2> waiting{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
        if (::poll(waiting.data(), 2, kTickMs) <= 0) continue;
        if (waiting[1].revents != 0) open = read_some(server, bytes) && !deaf && send_all(client, bytes);
        if (!open || waiting[0].revents == 0) continue;
        if (!read_some(client, bytes)) break;
        const Cut when = cut_;
        if (when != Cut::never && commits(bytes)) {
            cut_ = Cut::never;
            ++cuts_;
            if (when == Cut::before_commit) break;
            deaf = true;
        }
        open = send_all(server, bytes);
    }
    ::close(server);
    ::close(client);
}

}  // namespace ct::test
