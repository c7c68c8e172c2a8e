#include "server/remote.h"

#include <algorithm>

#include "base/utf8.h"

namespace ct::server {

namespace {

bool trusted(std::string_view address, std::span<const std::string> proxies) {
    return std::find(proxies.begin(), proxies.end(), address) != proxies.end();
}

/// All lines of the header as one: HTTP allows to split it.
std::string joined(const http::Headers& headers, std::string_view wanted) {
    std::string all;
    for (const auto& header : headers) {
        const http::Headers one{header};
        const std::string_view value = http::find_header(one, wanted);
        if (!value.empty()) all.append(all.empty() ? "" : ",").append(value);
    }
    return all;
}

/// What an address may consist of; the header is text that somebody sent.
bool address_like(std::string_view text) {
    return !text.empty() && text.size() <= 45 &&
           text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
}

}  // namespace

std::string client_address(const http::Request& request, std::span<const std::string> trusted_proxies) {
    std::string address = request.remote;
    if (!trusted(address, trusted_proxies)) return address;
    const std::string chain = joined(request.headers, "X-Forwarded-For");
    std::string_view left = chain;
    while (!left.empty() && trusted(address, trusted_proxies)) {
        const auto comma = left.rfind(',');
        const std::string_view last = trim(comma == std::string_view::npos ? left : left.substr(comma + 1));
        left = comma == std::string_view::npos ? std::string_view() : left.substr(0, comma);
        if (!address_like(last)) break;
        address = last;
    }
    return address;
}

std::string network_of(std::string_view address) {
    if (address.find(':') == std::string_view::npos || address.find('.') != std::string_view::npos) {
        return std::string(address);
    }
    std::string network;
    int groups = 0;
    while (groups < 4) {
        const auto colon = std::min(address.find(':'), address.size());
        if (colon == 0) break;  // "::": all that follows up to the host's part is taken as nought
        network.append(address.substr(0, colon)).append(":");
        address.remove_prefix(std::min(colon + 1, address.size()));
        ++groups;
    }
    return network + "/64";
}

bool is_local(const http::Request& request) {
    const bool loopback =
        request.remote.starts_with("127.") || request.remote == "::1" || request.remote.starts_with("::ffff:127.");
    return loopback && http::find_header(request.headers, "X-Forwarded-For").empty() &&
           http::find_header(request.headers, "Forwarded").empty();
}

}  // namespace ct::server
