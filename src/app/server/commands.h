// colortouchd's command line. Exit codes: 0 done, 1 it could not be done (one line on stderr says why), 2 usage.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/server/settings.h"
#include "base/result.h"
#include "server/storage/storage.h"

namespace ct::app {

/// The whole program. Never throws.
int run_server_program(int argc, char** argv);

struct ListenAddress {
    std::string host;
    int port = 0;
};
/// Error BAD_ADDRESS.
[[nodiscard]] Result<ListenAddress> parse_listen(const std::string& text);

/// Serves until SIGINT or SIGTERM. Prints "listening on HOST:PORT" when it is ready.
[[nodiscard]] Result<void> serve(server::Storage& storage, const Settings& settings);

/// Makes the sample workspace, unless it is there already. Data go in by the same pushes that clients send.
[[nodiscard]] Result<void> make_demo(server::Storage& storage);

/// Writes cert.pem and key.pem (0600) there, and prints how they are used. Errors FILE_EXISTS, BAD_HOST, CANNOT_WRITE.
[[nodiscard]] Result<void> make_certificate(const std::string& directory, const std::vector<std::string>& hosts);

}  // namespace ct::app
