// Where a request comes from, seen through the proxies that the operator trusts.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/http_message.h"

namespace ct::server {

/// The peer's address; behind a trusted proxy the last address of X-Forwarded-For that is no trusted proxy itself.
/// Anybody can write that header: from other peers it means nothing.
[[nodiscard]] std::string client_address(const http::Request& request, std::span<const std::string> trusted_proxies);

/// What one guesser has to themselves: an IPv4 address, or the /64 network of an IPv6 address.
[[nodiscard]] std::string network_of(std::string_view address);

/// True for a peer on this computer whose request no proxy passed on.
[[nodiscard]] bool is_local(const http::Request& request);

}  // namespace ct::server
