// The server side of HTTP: sockets, TLS, compression, limits and digests; the handler is a plain function.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_handler.h"
#include "base/http_message.h"
#include "base/result.h"

namespace ct::net {

struct HttpServerOptions {
    std::string host = "127.0.0.1";
    int port = 8787;                        ///< 0: any free one
    std::string tls_cert, tls_key;          ///< PEM files; both or neither
    std::size_t max_body = 16 * 1'048'576;  ///< compressed and decompressed, each
    /// Less than that, for requests whose head says so; called on the listener's thread.
    std::function<std::size_t(const http::Request& head)> max_body_of;
    /// Which bodies the handler may take piece by piece, asked by the head and never for one with a Content-Encoding;
    /// called on the listener's thread. See the handler.
    std::function<bool(const http::Request& head)> streams;
    /// Bytes of all bodies that arrive, wait or are being taken, also of connections that are gone. Beyond, large ones
    /// get a 503, and those that are taken piece by piece are read more slowly.
    std::size_t bodies_max = 64 * 1'048'576;
    std::size_t compress_above = 512;   ///< answers over this are compressed as the client accepts (zstd, then gzip)
    int threads_max = 16;               ///< handlers at once
    std::size_t queue_max = 100'000;    ///< requests that wait for one of the threads; beyond: 503
    int connections_max = 8'192;        ///< beyond, the connection that has been idle for longest goes
    int connections_per_address = 512;  ///< beyond: 429; not counted for this computer and the addresses below
    std::vector<std::string> free_addresses;  ///< proxies, which speak for many
    std::int64_t read_timeout_ms = 15'000;    ///< for a whole request head; for a silence within a body
    std::int64_t write_timeout_ms = 30'000;   ///< for a silence while writing the answer
    std::int64_t keep_alive_ms = 30'000;      ///< an idle connection is closed after this
    /// Told of what the listener refuses by itself, with a request's id; on any of the server's threads.
    std::function<void(int status, const char* code, const std::string& id)> on_refusal;
    http::Headers headers;  ///< put on every answer that does not carry them, refusals included
    /// The same for the answers to one path; on any of the server's threads.
    std::function<http::Headers(std::string_view path)> headers_at;
};

/// Sees every method and path (routing is its own matter), with the body decompressed and without Content-Encoding,
/// Content-Length, Transfer-Encoding, Connection and Expect. Runs on any of the server's threads; what it throws
/// becomes a 500. A request that it pauses holds no thread; when the client goes away it is forgotten.
/// A request that `streams` says yes to comes without its body (Request::body_follows). Before the handler gave a
/// BodySink nothing of the body is taken (64 KiB may have come in) and nobody is told to go on sending (Expect). An
/// answer before the body's end, from the handler or the sink, is told at once to whoever asked by Expect, does not say
/// how long the body is (chunks) or sends more than the body's limit, and ends the connection; others are told behind
/// the body. No limit holds for what a BodySink takes: that is its own matter. Memory is a quarter of a MiB per body
/// (64 KiB above bodies_max) and what one read brings, then the client waits. A digest that is missing is none of the
/// listener's business, one that does not match is.
using Handler = http::Handler;

/// One thread waits for all sockets (Boost.Asio), so that neither slow nor idle connections take a thread from others.
/// Refuses by itself, before the handler and with problem+json: a body over the limit (413 TOO_LARGE), an unknown
/// Content-Encoding (415 UNSUPPORTED_ENCODING), undecodable or truncated compression (400 MALFORMED), a POST body
/// whose Content-Digest is missing or does not match (400 MALFORMED; other methods may leave it out), a head over
/// 16 KiB (431 HEAD_TOO_LARGE), what is no HTTP or can be read in two ways (400 MALFORMED), what does not arrive in
/// time (408 TIMEOUT). Adds Content-Digest to every answer with a body that it has whole, and the request's id as
/// X-Request-Id: the client's own, or a new one. An answer that cannot be sent as it is (control characters in a
/// header, a status that is none) becomes 500 INTERNAL. A handler that sets Content-Encoding itself has encoded the
/// body and is left alone. A body that a BodySource gives is asked for in pieces of a quarter of a MiB, one at a time,
/// by the server's threads. One that ends early, and one that is not taken within two seconds after stop(), ends its
/// connection.
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
