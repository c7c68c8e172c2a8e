// The server side of HTTP: sockets, TLS, compression, limits and digests; the handler is a plain function.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/http_message.h"
#include "base/result.h"

namespace ct::net {

struct HttpServerOptions {
    std::string host = "127.0.0.1";
    int port = 8787;                              ///< 0: any free one
    std::string tls_cert, tls_key;                ///< PEM files; both or neither
    std::size_t max_body = 16 * 1'048'576;        ///< compressed and decompressed, each
    std::size_t compress_above = 512;             ///< answers over this are compressed as the client accepts (zstd, then gzip)
    int threads_max = 256;                        ///< keep-alive connections served at once
    std::int64_t read_timeout_ms = 15'000;
    std::int64_t keep_alive_ms = 30'000;
};

/// Runs on any of the server's threads; must not throw.
using Handler = std::function<http::Response(const http::Request&)>;

/// Refuses by itself, before the handler and with problem+json: a body over the limit (413 TOO_LARGE), an unknown
/// Content-Encoding (415 UNSUPPORTED_ENCODING), undecodable or truncated compression (400 MALFORMED), a POST body
/// whose Content-Digest is missing or does not match (400 MALFORMED). Adds Content-Digest to every answer with a body.
class HttpServer {
  public:
    HttpServer(HttpServerOptions options, Handler handler);
    ~HttpServer();

    [[nodiscard]] Result<int> bind();  ///< the port; error ADDRESS_IN_USE, TLS_FILES …
    void run();                        ///< until stop()
    void stop();                       ///< any thread; also safe to trigger from a signal-watching thread

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ct::net
