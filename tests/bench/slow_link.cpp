#include "slow_link.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <deque>
#include <list>
#include <string>
#include <vector>

#include "bench.h"

namespace ct::bench {

namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Span = std::chrono::duration<double>;

constexpr std::size_t kPacket = 1'400;
/// What waits before the link; beyond it the sender waits. A router's buffer, not the machine's: the system's own would
/// swallow a whole batch at once.
constexpr std::size_t kQueueMax = 8 * 1'024;

Time after(Time from, double seconds) { return from + std::chrono::duration_cast<Clock::duration>(Span(seconds)); }

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int made_socket() {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) give_up("slow link: no socket");
    return made;
}

void set(int socket, int level, int option, int value) {
    (void)::setsockopt(socket, level, option, &value, sizeof value);
}

struct Packet {
    Time leaves, arrives;
    std::string bytes;
};

/// One way of one connection.
struct Way {
    int from = -1, to = -1;
    std::deque<Packet> packets;
    std::size_t queued = 0;  // bytes that have not left yet
    bool ended = false;      // the sender said so
    bool shut = false;       // and the receiver was told
};

}  // namespace

class SlowLink::Carrier {
  public:
    Carrier(SlowLink& link, int server_port, const LinkSpeed& speed, std::uint64_t seed)
        : link_(link), server_port_(server_port), speed_(speed), random_(seed), listener_(made_socket()) {
        // Small buffers where connections end, so that what a sender has got rid of is on its way. Inherited.
        set(listener_, SOL_SOCKET, SO_RCVBUF, 4'096);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            give_up("slow link: no port");
        link_.port_ = ntohs(address.sin_port);
    }
    ~Carrier() {
        for (Connection& connection : connections_) close(connection);
        ::close(listener_);
    }
    Carrier(const Carrier&) = delete;
    Carrier& operator=(const Carrier&) = delete;

    void run() {
        while (!link_.over_) {
            wait();
            for (auto at = connections_.begin(); at != connections_.end();) {
                if (carry(*at)) {
                    ++at;
                } else {
                    close(*at);
                    at = connections_.erase(at);
                }
            }
        }
    }

  private:
    struct Connection {
        std::array<Way, 2> ways;  // up, down
        Time first_bytes;
        double left = 0;  // until it is cut
    };

    /// Until bytes come, or a packet is due.
    void wait() {
        std::vector<pollfd> sources{{listener_, POLLIN, 0}};
        Time due = after(Clock::now(), 0.02);
        for (Connection& connection : connections_) {
            for (const Way& way : connection.ways) {
                if (!way.ended && way.queued < kQueueMax) sources.push_back({way.from, POLLIN, 0});
                for (const Packet& packet : way.packets) {
                    const bool gone = packet.leaves <= Clock::now();
                    due = std::min(due, gone ? packet.arrives : packet.leaves);
                    if (!gone) break;
                }
            }
        }
        const double left = std::max(Span(due - Clock::now()).count(), 0.0);
        timespec at_most{};
        at_most.tv_nsec = static_cast<long>(left * 1e9);
        if (::ppoll(sources.data(), sources.size(), &at_most, nullptr) > 0 && sources[0].revents != 0) accept();
    }

    void accept() {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) return;
        const int server = made_socket();
        set(server, SOL_SOCKET, SO_RCVBUF, 4'096);
        const sockaddr_in address = loopback(server_port_);
        if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            give_up("slow link: the server does not answer");
        for (const int socket : {client, server}) set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
        Connection& connection = connections_.emplace_back();
        connection.ways[0].from = connection.ways[1].to = client;
        connection.ways[0].to = connection.ways[1].from = server;
        connection.first_bytes = after(Clock::now(), speed_.round_trip_s);
        connection.left = until_cut();
        ++link_.connections_;
    }

    double until_cut() {
        if (speed_.cut_after <= 0) return 1e18;
        if (speed_.steady) return speed_.cut_after;
        const double chance = (static_cast<double>(random_.below(1'000'000)) + 1) / 1'000'001;
        return -std::log(chance) * speed_.cut_after;
    }

    /// False: the connection is over.
    bool carry(Connection& connection) {
        for (std::size_t way = 0; way < 2; ++way) {
            if (!take(connection, way)) return false;
        }
        for (Way& way : connection.ways) {
            if (!give(way)) return false;
        }
        return !connection.ways[0].shut || !connection.ways[1].shut;
    }

    bool take(Connection& connection, std::size_t index) {
        Way& way = connection.ways[index];
        const Time now = Clock::now();
        if (index == 0 && now < connection.first_bytes) return true;
        way.queued = 0;
        for (const Packet& packet : way.packets) way.queued += packet.leaves > now ? packet.bytes.size() : 0;
        while (!way.ended && way.queued < kQueueMax) {
            char bytes[kPacket];
            const ssize_t got = ::recv(way.from, bytes, sizeof bytes, MSG_DONTWAIT);
            if (got < 0) return errno == EAGAIN || errno == EINTR;
            if (got == 0) {
                way.ended = true;
                break;
            }
            enter(way, index, std::string(bytes, static_cast<std::size_t>(got)));
            connection.left -= static_cast<double>(got);
            if (connection.left > 0) continue;
            ++link_.cuts_;
            return false;
        }
        return true;
    }

    void enter(Way& way, std::size_t index, std::string bytes) {
        const double rate = index == 0 ? speed_.up_bytes_per_s : speed_.down_bytes_per_s;
        (index == 0 ? link_.up_ : link_.down_) += static_cast<std::int64_t>(bytes.size());
        way.queued += bytes.size();
        Time& free = free_[index];
        free = after(std::max(free, Clock::now()), static_cast<double>(bytes.size()) / rate);
        way.packets.push_back({free, after(free, speed_.round_trip_s / 2), std::move(bytes)});
    }

    static bool give(Way& way) {
        while (!way.packets.empty() && way.packets.front().arrives <= Clock::now()) {
            std::string& bytes = way.packets.front().bytes;
            const ssize_t sent = ::send(way.to, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0) return errno == EAGAIN || errno == EINTR;
            bytes.erase(0, static_cast<std::size_t>(sent));
            if (!bytes.empty()) return true;
            way.packets.pop_front();
        }
        if (way.ended && way.packets.empty() && !way.shut) {
            (void)::shutdown(way.to, SHUT_WR);
            way.shut = true;
        }
        return true;
    }

    /// By a reset: nobody gets what is still on its way.
    static void close(Connection& connection) {
        const bool in_peace = connection.ways[0].shut && connection.ways[1].shut;
        for (const Way& way : connection.ways) {
            const linger at_once{1, 0};
            if (!in_peace) (void)::setsockopt(way.from, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            ::close(way.from);
        }
    }

    SlowLink& link_;
    const int server_port_;
    const LinkSpeed speed_;
    SeededRandom random_;
    int listener_;
    std::array<Time, 2> free_{};  // when the line is done with what it has, up and down
    std::list<Connection> connections_;
};

SlowLink::SlowLink(int port, const LinkSpeed& speed, std::uint64_t seed)
    : carrier_(std::make_unique<Carrier>(*this, port, speed, seed)), thread_([this] { carrier_->run(); }) {}

SlowLink::~SlowLink() {
    over_ = true;
    thread_.join();
}

}  // namespace ct::bench
