// The address of a MariaDB or MySQL database, taken apart.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ct::server::mysql {

struct Address {
    std::string user, password, host = "localhost", database;
    unsigned port = 0;   ///< 0: the usual one
    std::string socket;  ///< of Unix; not empty: instead of host and port
    bool tls = false, verify = false;
    std::string ca;  ///< file of certificates to verify with

    [[nodiscard]] std::string place() const;  ///< for messages, without the password
};

/// "mysql://user:password@host:port/database" or "mariadb://…", parts percent-encoded, with ?socket=/path,
/// ?ssl-mode=REQUIRED|VERIFY_IDENTITY, ?ssl-ca=FILE. Error BAD_DATABASE_URL, which does not quote it.
[[nodiscard]] Result<Address> parse_url(std::string_view url);

}  // namespace ct::server::mysql
