// What the client asks of the server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/http_message.h"
#include "client/file_body.h"
#include "net/http_client.h"

namespace ct::client {

struct NetJob {
    enum class Kind : std::uint8_t {
        probe,
        push,
        pull,
        listen,
        verify,
        login,
        logout,
        file,
        people
    };  // listen: a pull that waits
    Kind kind = Kind::probe;
    std::uint64_t id = 0;
    std::string base_url;
    std::string ca_file;
    http::Request request;
    std::optional<FilePart> body;  ///< instead of the request's own
    net::Deadlines deadlines;
};

}  // namespace ct::client
