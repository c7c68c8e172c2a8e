// One exchange with the server as the inspector shows it. Never has a token or a password in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/http_message.h"

namespace ct::client {

/// Which connection it went over.
enum class Lane : std::uint8_t { records, news, files, inspector };
inline constexpr std::size_t kLaneCount = 4;
[[nodiscard]] const char* name(Lane lane);  ///< "records"

struct RequestSeen {
    std::uint64_t number = 0;  ///< counts from 1 since the program's start
    Lane lane = Lane::records;
    std::string what;  ///< "push", "pull", "probe" …
    std::string method, path;
    UnixMs began_at = 0;  ///< by this computer's clock
    http::Traffic traffic;
    std::int64_t request_bytes = 0, response_bytes = 0;  ///< bodies before compression
    int status = 0;                                      ///< 0: no answer
    std::string failure;                                 ///< net::name of what went wrong on the way; empty: nothing
    std::string detail;                                  ///< of it, one line
    int attempt = 1;                                     ///< 2: the one before it, of this kind, had failed …

    /// Only of what was exchanged while the inspector was open; of bodies the first kBodyKept bytes. What signs in or
    /// out has no bodies, and Authorization says that it was there.
    bool with_bodies = false;
    http::Headers request_headers, response_headers;
    std::string request_body, response_body;
    /// A pull's answer, whole, for trying it on a copy (client/rehearsal.h); null for all others.
    std::shared_ptr<const std::string> page;

    [[nodiscard]] bool failed() const { return !failure.empty() || status >= 400; }
    [[nodiscard]] std::size_t held() const {
        return request_body.size() + response_body.size() + (page ? page->size() : 0);
    }
};

inline constexpr std::size_t kBodyKept = 64 * 1'024;            ///< of one body
inline constexpr std::size_t kBodiesKept = 16 * 1'024 * 1'024;  ///< of all, pages included
inline constexpr std::size_t kRequestsKept = 1'000;

}  // namespace ct::client
