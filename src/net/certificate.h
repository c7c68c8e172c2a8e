// A certificate of one's own making, for trials and offices without a certificate authority: clients trust it when they
// are given its file. The library behind it is in certificate_<library>.cpp.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace ct::net {

struct SelfSigned {
    std::string certificate, key;  ///< PEM; the key has no password
    std::string fingerprint;       ///< SHA-256 of the certificate, "AB:CD:…", as browsers show it
};

/// EC P-256, its own authority, good from yesterday (clocks differ) for so many days. `hosts`: names and addresses by
/// which clients call the server, at least one. Errors BAD_HOST (kind invalid), TLS (internal).
[[nodiscard]] Result<SelfSigned> make_self_signed(const std::vector<std::string>& hosts, int days);

}  // namespace ct::net
