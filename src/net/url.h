// The address of a server, taken apart.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ct::net {

struct BaseUrl {
    bool https = false;
    std::string host;    ///< lower case, without brackets
    int port = 0;        ///< the scheme's own when not given
    std::string prefix;  ///< "" or "/path", without '/' at the end

    /// As the Host header wants it: brackets around IPv6, the port only where it is not the scheme's own.
    [[nodiscard]] std::string authority() const;
};

/// "http://127.0.0.1:8787", "https://crm.example.com[:port][/prefix]". Error BAD_URL.
[[nodiscard]] Result<BaseUrl> parse_base_url(std::string_view text);

/// "localhost", 127.0.0.0/8, ::1: what is sent there does not leave the machine.
[[nodiscard]] bool is_loopback(std::string_view host);

}  // namespace ct::net
