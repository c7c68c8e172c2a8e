#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "net/link_monitor.h"
#include "net/socket.h"

namespace ct::net {
namespace {

// Plugging in a cable makes a dozen messages (link, each address, duplicate detection): they are one change.
constexpr Milliseconds kJoinBursts{300};

/// What counts about the machine's network: compared to tell news from noise (routers announce themselves every few
/// minutes, and each time the kernel confirms the addresses that are there already).
struct Links {
    std::vector<std::string> usable;  ///< "eth0 <address>", sorted: up, running, beside loopback
    [[nodiscard]] bool operator==(const Links&) const = default;
};

[[nodiscard]] std::string address_text(const sockaddr* address) {
    if (address->sa_family == AF_INET) {
        const auto& v4 = *reinterpret_cast<const sockaddr_in*>(address);
        return {reinterpret_cast<const char*>(&v4.sin_addr), sizeof v4.sin_addr};
    }
    const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(address);
    return {reinterpret_cast<const char*>(&v6.sin6_addr), sizeof v6.sin6_addr};
}

/// A link-local IPv6 address is there as soon as the cable is, and reaches no server.
[[nodiscard]] bool reaches_out(const sockaddr* address) {
    if (address == nullptr) return false;
    if (address->sa_family == AF_INET) return true;
    return address->sa_family == AF_INET6 &&
           !IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

[[nodiscard]] Links look_at_links() {
    Links out;
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return out;
    for (const ifaddrs* at = all; at != nullptr; at = at->ifa_next) {
        constexpr unsigned kUsable = IFF_UP | IFF_RUNNING;
        if ((at->ifa_flags & kUsable) != kUsable || (at->ifa_flags & IFF_LOOPBACK) != 0) continue;
        if (reaches_out(at->ifa_addr))
            out.usable.push_back(std::string(at->ifa_name) + ' ' + address_text(at->ifa_addr));
    }
    ::freeifaddrs(all);
    std::sort(out.usable.begin(), out.usable.end());
    return out;
}

[[nodiscard]] Socket subscribe() {
    Socket socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket.valid()) return socket;
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (::bind(socket.handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) socket.close();
    return socket;
}

/// Reads what is there. True when a link or address went away, even if it is back by now: connections over it are dead.
[[nodiscard]] bool read_losses(Handle socket) {
    bool lost = false;
    alignas(nlmsghdr) std::array<char, 16 * 1'024> buffer;
    for (;;) {
        const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return lost || errno == ENOBUFS;  // ENOBUFS: messages were dropped, so suppose the worst
        auto left = static_cast<unsigned>(got);
        for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
             message = NLMSG_NEXT(message, left)) {
            if (message->nlmsg_type == RTM_DELLINK || message->nlmsg_type == RTM_DELADDR) lost = true;
            if (message->nlmsg_type == RTM_NEWLINK) {
                const auto* const link = static_cast<const ifinfomsg*>(NLMSG_DATA(message));
                constexpr unsigned kUsable = IFF_UP | IFF_RUNNING;
                if ((link->ifi_flags & IFF_LOOPBACK) == 0 && (link->ifi_flags & kUsable) != kUsable) lost = true;
            }
        }
    }
}

}  // namespace

struct LinkMonitor::Impl {
    explicit Impl(std::function<void(bool)> listener) : changed(std::move(listener)) {}

    void watch(Socket socket) const;

    const std::function<void(bool up)> changed;
    Wake stop;
    std::thread thread;
};

void LinkMonitor::Impl::watch(Socket socket) const {
    if (!socket.valid()) {
        changed(true);
        return;
    }
    Links known = look_at_links();
    changed(!known.usable.empty());
    for (;;) {
        const Readiness readiness = wait_for(socket.handle(), Wait::to_read, SteadyTime::max(), &stop);
        if (readiness == Readiness::woken || readiness == Readiness::failed) return;
        bool lost = read_losses(socket.handle());
        if (wait_for(kNoHandle, Wait::to_read, std::chrono::steady_clock::now() + kJoinBursts, &stop) ==
            Readiness::woken)
            return;
        lost = read_losses(socket.handle()) || lost;
        Links now = look_at_links();
        if (now == known && (!lost || now.usable.empty())) continue;
        known = std::move(now);
        changed(!known.usable.empty());
    }
}

LinkMonitor::LinkMonitor(std::function<void(bool up)> changed) : impl_(std::make_unique<Impl>(std::move(changed))) {
    // Subscribed here, so that no change between this call and the first report is missed.
    Impl* const impl = impl_.get();
    try {
        impl->thread = std::thread([impl, socket = subscribe()]() mutable { impl->watch(std::move(socket)); });
    } catch (const std::system_error&) {
        impl->changed(true);  // no thread to be had: as on a system that gives no news
    }
}

LinkMonitor::~LinkMonitor() {
    impl_->stop.set();
    if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace ct::net
