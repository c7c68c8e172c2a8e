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
    int port = 8787;                        ///< 0: any free one
    std::string tls_cert, tls_key;          ///< PEM files; both or neither
    std::size_t max_body = 16 * 1'048'576;  ///< compressed and decompressed, each
    std::size_t compress_above = 512;  ///< answers over this are compressed as the client accepts (zstd, then gzip)
    int threads_max = 256;             ///< keep-alive connections served at once; as many more may queue
    std::int64_t read_timeout_ms = 15'000;   ///< for a whole request head; for a silence within a body
    std::int64_t write_timeout_ms = 30'000;  ///< for a silence while writing the answer
    std::int64_t keep_alive_ms = 30'000;     ///< an idle connection is closed after this (sooner when others queue)
    http::Headers headers;                   ///< put on every answer that does not carry them, refusals included
};

/// Sees every method and path (routing is its own matter), with the body decompressed and without Content-Encoding,
/// Content-Length, Transfer-Encoding and Connection. Runs on any of the server's threads; what it throws becomes a 500.
using Handler = std::function<http::Response(const http::Request&)>;

/// Refuses by itself, before the handler and with problem+json: a body over the limit (413 TOO_LARGE), an unknown
/// Content-Encoding (415 UNSUPPORTED_ENCODING), undecodable or truncated compression (400 MALFORMED), a POST body
/// whose Content-Digest is missing or does not match (400 MALFORMED; other methods may leave it out), what is no HTTP
/// (400 MALFORMED). Adds Content-Digest to every answer with a body. An answer that cannot be sent as it is (control
/// characters in a header, a status that is none) becomes 500 INTERNAL. A handler that sets Content-Encoding itself
/// has encoded the body and is left alone.
class HttpServer {
  public:
    HttpServer(HttpServerOptions options, Handler handler);
    ~HttpServer();

    [[nodiscard]] Result<int> bind();  ///< the port; errors ADDRESS_IN_USE, ADDRESS_FORBIDDEN, BAD_ADDRESS, TLS_FILES
    void run();                        ///< after bind(); until stop(), and until the handlers under way have answered
    void stop();  ///< any thread, before, during or after run(), even in a signal handler; for good

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ct::net
