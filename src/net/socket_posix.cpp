#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "net/socket.h"

namespace ct::net {
namespace {

// RFC 8305: how long one address may stay silent before the next is tried beside it.
constexpr Milliseconds kNextAddressAfter{250};
// A burst of clients after an outage must not find the queue full (dropped SYNs cost them a second each).
constexpr int kListenBacklog = 1'024;

struct Address {
    sockaddr_storage bytes{};
    socklen_t size = 0;
};

[[nodiscard]] const sockaddr* generic(const Address& address) {
    return reinterpret_cast<const sockaddr*>(&address.bytes);
}

[[nodiscard]] std::string text_of(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    } else if (address.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
        } else {
            ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
        }
    }
    return text;
}

[[nodiscard]] std::string with_port(const std::string& host, int port) {
    const bool bare_v6 = host.find(':') != std::string::npos;
    return (bare_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

/// Rounded up, so that a wait never ends just before its deadline and spins.
[[nodiscard]] int poll_timeout(SteadyTime deadline) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 24LL * 60 * 60 * 1'000));
}

/// poll(2) that does not end early: signals and rounding are waited out. 0: the deadline passed.
[[nodiscard]] int poll_until(std::span<pollfd> set, SteadyTime deadline) {
    for (;;) {
        const int ready = ::poll(set.data(), set.size(), poll_timeout(deadline));
        if (ready > 0) return ready;
        if (ready < 0 && errno != EINTR) return ready;
        if (std::chrono::steady_clock::now() >= deadline) return 0;
    }
}

void tune(Handle socket) {
    const int on = 1;
    // Requests are written whole: waiting for more to send only adds latency.
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

// ---- name look-up

struct Lookup {
    std::string host;
    std::string service;
    Wake finished;                   // tells when; what comes over by the mutex, as descriptors order no memory
    std::mutex mutex;                // guards the two below
    int error = 0;                   // of getaddrinfo; valid once finished
    std::vector<Address> addresses;  // likewise
};

[[nodiscard]] int look_up(const std::string& host, const std::string& service, int flags,
                          std::vector<Address>& addresses) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), service.c_str(), &hints, &found);
    if (error != 0) return error;
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        if (at->ai_addrlen > sizeof(sockaddr_storage)) continue;
        Address address;
        std::memcpy(&address.bytes, at->ai_addr, at->ai_addrlen);
        address.size = at->ai_addrlen;
        addresses.push_back(address);
    }
    ::freeaddrinfo(found);
    return addresses.empty() ? EAI_NONAME : 0;
}

struct Resolved {
    std::vector<Address> addresses;
    NetFailure failure = NetFailure::none;
    std::string detail;
    bool was_name = false;
};

[[nodiscard]] Resolved resolve(const std::string& host, int port, SteadyTime deadline, const Wake* wake) {
    Resolved out;
    const std::string service = std::to_string(port);
    if (look_up(host, service, AI_NUMERICHOST | AI_NUMERICSERV, out.addresses) == 0) return out;

    out.was_name = true;
    // getaddrinfo has no deadline and cannot be cancelled: it gets a thread, which a hanging one keeps until it
    // returns.
    auto lookup = std::make_shared<Lookup>();
    lookup->host = host;
    lookup->service = service;
    try {
        std::thread([lookup] {
            std::vector<Address> addresses;
            const int error = look_up(lookup->host, lookup->service, AI_NUMERICSERV | AI_ADDRCONFIG, addresses);
            {
                const std::lock_guard lock(lookup->mutex);
                lookup->error = error;
                lookup->addresses = std::move(addresses);
            }
            lookup->finished.set();
        }).detach();
    } catch (const std::system_error&) {
        out.failure = NetFailure::no_route;
        out.detail = "look up " + host + ": no thread to be had";
        return out;
    }
    const Readiness readiness = wait_for(lookup->finished.handle(), Wait::to_read, deadline, wake);
    if (readiness == Readiness::woken) {
        out.failure = NetFailure::cancelled;
        out.detail = "look up " + host + ": cancelled";
    } else if (readiness != Readiness::ready) {
        out.failure = NetFailure::timeout;
        out.detail = "look up " + host + ": no answer in time";
    } else {
        const std::lock_guard lock(lookup->mutex);
        if (lookup->error != 0) {
            out.failure = NetFailure::no_route;
            out.detail = "look up " + host + ": " + ::gai_strerror(lookup->error);
        }
        out.addresses = lookup->addresses;
    }
    return out;
}

/// The first address of each family in turns (RFC 8305, section 4), in the order of the resolver.
[[nodiscard]] std::vector<Address> interleaved(const std::vector<Address>& addresses) {
    std::vector<Address> first;
    std::vector<Address> second;
    for (const Address& address : addresses) {
        (address.bytes.ss_family == addresses.front().bytes.ss_family ? first : second).push_back(address);
    }
    std::vector<Address> out;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) out.push_back(first[i]);
        if (i < second.size()) out.push_back(second[i]);
    }
    return out;
}

// ---- connecting

[[nodiscard]] NetFailure failure_of_connect(int error) {
    switch (error) {
        case ECONNREFUSED:
        case ECONNRESET: return NetFailure::refused;
        case ETIMEDOUT: return NetFailure::timeout;
        default: return NetFailure::no_route;
    }
}

/// Which of several failures to report: a host that refused says more than a family without a route.
[[nodiscard]] int weight(NetFailure failure) {
    switch (failure) {
        case NetFailure::refused: return 3;
        case NetFailure::timeout: return 2;
        case NetFailure::no_route: return 1;
        default: return 0;
    }
}

/// Attempts at several addresses, of which the first to succeed wins.
class Race {
  public:
    Race(std::vector<Address> addresses, int port) : addresses_(std::move(addresses)), port_(port) {}

    [[nodiscard]] bool more() const { return next_ < addresses_.size(); }
    [[nodiscard]] bool running() const { return !attempts_.empty(); }

    /// True when it connected at once.
    bool start_next() {
        const Address& address = addresses_[next_++];
        Socket socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!socket.valid()) {
            failed(address, errno);
            return false;
        }
        tune(socket.handle());
        if (::connect(socket.handle(), generic(address), address.size) == 0) {
            winner_ = std::move(socket);
            return true;
        }
        if (errno == EINPROGRESS || errno == EINTR) {
            attempts_.push_back({std::move(socket), address});
        } else {
            failed(address, errno);
        }
        return false;
    }

    void watch(std::vector<pollfd>& set) const {
        for (const Attempt& attempt : attempts_) set.push_back({attempt.socket.handle(), POLLOUT, 0});
    }

    /// Looks at the sockets that poll found ready; `set` is the wake, then what `watch` added. True when one is
    /// connected.
    bool settle(const std::vector<pollfd>& set) {
        for (std::size_t i = attempts_.size(); i-- > 0;) {
            if (set[i + 1].revents == 0) continue;
            int error = 0;
            socklen_t size = sizeof error;
            if (::getsockopt(attempts_[i].socket.handle(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
            if (error == 0) {
                winner_ = std::move(attempts_[i].socket);
                return true;
            }
            failed(attempts_[i].address, error);
            attempts_.erase(attempts_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        return false;
    }

    void out_of_time() {
        for (const Attempt& attempt : attempts_) note(NetFailure::timeout, attempt.address, "no answer in time");
        attempts_.clear();
    }

    [[nodiscard]] Socket take_winner() { return std::move(winner_); }
    [[nodiscard]] NetFailure failure() const { return failure_; }
    [[nodiscard]] const std::string& detail() const { return detail_; }

  private:
    struct Attempt {
        Socket socket;
        Address address;
    };

    void failed(const Address& address, int error) { note(failure_of_connect(error), address, system_message(error)); }

    void note(NetFailure failure, const Address& address, const std::string& why) {
        if (weight(failure) <= weight(failure_)) return;
        failure_ = failure;
        detail_ = "connect to " + with_port(text_of(address.bytes), port_) + ": " + why;
    }

    std::vector<Address> addresses_;
    int port_;
    std::size_t next_ = 0;
    std::vector<Attempt> attempts_;
    Socket winner_;
    NetFailure failure_ = NetFailure::none;
    std::string detail_;
};

}  // namespace

// ---- Wake

Wake::Wake() : handle_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Wake::~Wake() {
    if (handle_ != kNoHandle) ::close(handle_);
}

void Wake::set() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(handle_, &one, sizeof one);  // a full counter is set already
}

void Wake::clear() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(handle_, &count, sizeof count);  // nothing to read: it was clear
}

// ---- waiting, reading, writing

Readiness wait_for(Handle socket, Wait what, SteadyTime deadline, const Wake* wake) {
    // poll(2) ignores the entries whose descriptor is -1.
    std::array<pollfd, 2> set{{{socket, static_cast<short>(what == Wait::to_read ? POLLIN : POLLOUT), 0},
                               {wake == nullptr ? kNoHandle : wake->handle(), POLLIN, 0}}};
    const int ready = poll_until(set, deadline);
    if (ready < 0) return Readiness::failed;
    if (set[1].revents != 0) return Readiness::woken;
    return ready == 0 ? Readiness::timeout : Readiness::ready;
}

IoStep receive_some(Handle socket, char* into, std::size_t room) {
    for (;;) {
        const ssize_t got = ::recv(socket, into, room, 0);
        if (got > 0) return {IoStep::Kind::done, static_cast<std::size_t>(got), 0};
        if (got == 0) return {IoStep::Kind::closed, 0, 0};
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoStep::Kind::want_read, 0, 0};
        return {IoStep::Kind::failed, 0, errno};
    }
}

IoStep send_some(Handle socket, const char* from, std::size_t size) {
    for (;;) {
        const ssize_t sent = ::send(socket, from, size, MSG_NOSIGNAL);
        if (sent >= 0) return {IoStep::Kind::done, static_cast<std::size_t>(sent), 0};
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoStep::Kind::want_write, 0, 0};
        return {IoStep::Kind::failed, 0, errno};
    }
}

bool has_news(Handle socket) {
    char byte = 0;
    const ssize_t got = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void shutdown_sending(Handle socket) { ::shutdown(socket, SHUT_WR); }

std::string system_message(int error) { return std::generic_category().message(error); }

bool is_reset(int error) { return error == ECONNRESET || error == EPIPE; }

// ---- Socket

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        handle_ = other.release();
    }
    return *this;
}

Handle Socket::release() { return std::exchange(handle_, kNoHandle); }

void Socket::close() {
    if (handle_ != kNoHandle) ::close(release());
}

// ---- both ends

Connected connect_to(const std::string& host, int port, SteadyTime deadline, const Wake* wake) {
    Connected out;
    Resolved resolved = resolve(host, port, deadline, wake);
    out.name_looked_up = resolved.was_name;
    out.looked_up = std::chrono::steady_clock::now();
    if (resolved.failure != NetFailure::none) {
        out.failure = resolved.failure;
        out.detail = std::move(resolved.detail);
        return out;
    }
    out.tried = true;
    Race race(interleaved(resolved.addresses), port);
    while (race.more() || race.running()) {
        if (race.more() && race.start_next()) {
            out.socket = race.take_winner();
            return out;
        }
        if (!race.running()) continue;
        std::vector<pollfd> set{{wake == nullptr ? kNoHandle : wake->handle(), POLLIN, 0}};
        race.watch(set);
        const SteadyTime next = std::chrono::steady_clock::now() + kNextAddressAfter;
        const int ready = poll_until(set, race.more() ? std::min(next, deadline) : deadline);
        if (set[0].revents != 0) {
            out.failure = NetFailure::cancelled;
            out.detail = "connect to " + with_port(host, port) + ": cancelled";
            return out;
        }
        if (ready > 0 && race.settle(set)) {
            out.socket = race.take_winner();
            return out;
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            race.out_of_time();
            break;
        }
    }
    out.failure = race.failure();
    out.detail = race.detail();
    return out;
}

Result<Listening> listen_on(const std::string& host, int port) {
    const std::string where = with_port(host.empty() ? "*" : host, port);
    std::vector<Address> addresses;
    const int unknown = look_up(host, std::to_string(port), AI_PASSIVE | AI_NUMERICSERV, addresses);
    if (unknown != 0) {
        return fail(ErrorKind::invalid, "BAD_ADDRESS", "listen on " + where + ": " + ::gai_strerror(unknown), "host");
    }
    int error = 0;
    for (const Address& address : addresses) {
        Socket socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!socket.valid()) {
            error = errno;
            continue;
        }
        const int on = 1;
        const int off = 0;
        // Not SO_REUSEPORT: two servers on one port must be an error. SO_REUSEADDR only forgives a predecessor's
        // TIME_WAIT.
        ::setsockopt(socket.handle(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (address.bytes.ss_family == AF_INET6) {
            ::setsockopt(socket.handle(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        }
        if (::bind(socket.handle(), generic(address), address.size) != 0 ||
            ::listen(socket.handle(), kListenBacklog) != 0) {
            error = errno;
            continue;
        }
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        if (::getsockname(socket.handle(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
            error = errno;
            continue;
        }
        const int bound_port = bound.ss_family == AF_INET6
                                   ? ntohs(reinterpret_cast<const sockaddr_in6&>(bound).sin6_port)
                                   : ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
        return Listening{std::move(socket), bound_port};
    }
    const std::string message = "listen on " + where + ": " + system_message(error);
    if (error == EADDRINUSE) return fail(ErrorKind::busy, "ADDRESS_IN_USE", message, "port");
    if (error == EACCES || error == EPERM) return fail(ErrorKind::denied, "ADDRESS_FORBIDDEN", message, "port");
    return fail(ErrorKind::invalid, "BAD_ADDRESS", message, "host");
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

Accepted accept_one(Handle listener) {
    Accepted out;
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int handle = ::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (handle < 0) {
        const bool nobody = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED;
        out.error = nobody ? 0 : errno;
        return out;
    }
    out.socket = Socket(handle);
    out.remote = text_of(peer);
    tune(handle);
    return out;
}

}  // namespace ct::net
