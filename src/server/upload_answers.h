// What uploads and downloads answer with, beside JSON.
#pragma once

#include <string>
#include <string_view>

#include "server/answer.h"
#include "sync/wire.h"

namespace ct::server {

inline constexpr std::string_view kFilesPath = "/api/files";
inline constexpr std::string_view kTusVersion = "1.0.0";
inline constexpr int kChecksumMismatch = 460;  // tus, "Checksum"

[[nodiscard]] inline tl::unexpected<Refusal> no_such_upload() {
    return refuse(404, "NO_FILE", "there is no such file");
}

/// Without a body, or before it has one.
[[nodiscard]] inline http::Response upload_answer(int status) {
    http::Response response;
    response.status = status;
    response.headers = {{std::string(sync::kProtocolHeader), std::to_string(sync::kProtocol)},
                        {"Cache-Control", "no-store"}};
    return response;
}

}  // namespace ct::server
