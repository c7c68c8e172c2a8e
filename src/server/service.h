// colortouchd without sockets: a request goes in, an answer comes out. Routes, authentication, limits, the sync
// handlers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/http_handler.h"
#include "base/http_message.h"
#include "base/random.h"
#include "server/files.h"
#include "server/metrics.h"
#include "server/passwords.h"
#include "server/storage/storage.h"

namespace ct::server {

struct ServiceOptions {
    std::int64_t operations_max = 5'000;   ///< per push; more: 413 TOO_LARGE
    std::int64_t pull_limit_max = 10'000;  ///< rows per page
    std::int64_t token_days = 90;          ///< sliding
    std::int64_t wait_max_s = 25;          ///< longest long poll
    std::string version = "0.1.0";
    std::size_t pull_bytes_max = 8u << 20;  ///< of JSON per page, whatever the limit in rows
    PasswordCost password_cost{};           ///< tests choose a cheap one
    FileOptions files{};                    ///< attachments; none without a directory
    std::string metrics_token;  ///< bearer that GET /metrics asks for; empty: it answers peers on this computer only
    std::vector<std::string> trusted_proxies{};  ///< addresses whose X-Forwarded-For is believed
    std::string_view openapi{};                  ///< the text of GET /api/openapi.json
    bool tls = false;                            ///< browsers reach this process itself by https
    Storage* replica = nullptr;                  ///< for long pulls; may be behind the storage
    bool log_requests = false;                   ///< a line per request: id, route, status, time, sizes
};

/// Any number of threads may call at once. Never throws; failures of the database become 503.
class Service {
  public:
    Service(Storage& storage, const Clock& clock, Random& random, ServiceOptions options = {});
    ~Service();
    /// At once; a long poll pauses until its workspace changes.
    [[nodiscard]] http::Answered answer(const http::Request& request);
    /// The same, waiting for it on this thread.
    [[nodiscard]] http::Response handle(const http::Request& request);
    /// Ends long polls, now and from now on, so that the server can stop.
    void stop();

    /// The largest body that is worth taking after this head: only batches and files are large, and only those of
    /// somebody who says to be signed in.
    [[nodiscard]] static std::size_t body_max(const http::Request& head);

    /// The requests whose bodies are taken as they come.
    [[nodiscard]] static bool streams(const http::Request& head) { return Files::streams(head); }
    /// What every answer at this address carries, whoever makes it.
    [[nodiscard]] static http::Headers headers_at(std::string_view path);

    /// All addresses that are answered, in the order of the metrics' routes.
    [[nodiscard]] static std::vector<RouteName> routes();

    struct Impl;  // named by the table of routes

  private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace ct::server
