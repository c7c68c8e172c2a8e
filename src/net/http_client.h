// The client side of HTTP: one request in, one answer out, with deadlines. cpp-httplib lives behind this.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/http_handler.h"
#include "base/http_message.h"

namespace ct::net {

class LinkSimulator;

/// Why no usable answer came. Only what a caller treats differently.
enum class NetFailure : std::uint8_t {
    none,
    no_route,   ///< name not found, network unreachable, no interface up: "No connection"
    refused,    ///< the host answered that nobody listens, or reset the connection at once: "server away"
    timeout,    ///< connect, read, write or total deadline passed
    tls,        ///< certificate or handshake
    cut,        ///< the connection broke after it stood
    bad_body,   ///< not HTTP, undecodable compression, Content-Digest missing or not matching, or over the size limit
    cancelled,  ///< cancel() or close() was called
    bad_url,    ///< the base URL, the path or a header cannot be sent as it is (control characters); nothing was sent
};
[[nodiscard]] const char* name(NetFailure failure);

struct Deadlines {
    std::int64_t connect_ms = 8'000;
    std::int64_t read_ms = 30'000;    ///< longest silence while reading
    std::int64_t write_ms = 30'000;   ///< longest silence while writing
    std::int64_t total_ms = 120'000;  ///< the whole exchange
};

struct HttpOutcome {
    NetFailure failure = NetFailure::none;
    std::string detail;       ///< one line for the log: "connect to 10.0.0.2:8787: Connection refused"
    http::Response response;  ///< meaningful when failure is none; traffic is always filled in. With bad_body, status
                              ///< and headers are what came (a login page, say), and the body is empty
};

struct HttpClientOptions {
    std::string base_url;                   ///< "http://127.0.0.1:8787" or "https://crm.example.com[:port][/prefix]"
    std::string ca_file;                    ///< extra CA bundle (PEM); empty: the system's
    std::size_t compress_above = 1'024;     ///< request bodies over this go zstd
    std::size_t max_body = 64 * 1'048'576;  ///< longest answer accepted, after decompression
    LinkSimulator* simulator = nullptr;     ///< a worse network than there is; must outlive the client. Null: none
};

/// A keep-alive connection to one server. One thread at a time calls `send`; `cancel` and `close` may come from any
/// other. Adds Host, Content-Length, Content-Digest, Content-Encoding and Accept-Encoding ("zstd, gzip"); the caller's
/// own headers of the first two names and of Connection, Transfer-Encoding, Expect and Accept-Encoding are left out. A
/// digest in the answer must match; when the body is not empty and `require_digest` was asked, it must be there. The
/// answer's body comes decompressed and its headers without Content-Encoding, Content-Length and Transfer-Encoding.
/// Redirects are not followed (a login page uses them). Nothing is tried twice, that is the caller's decision; but a
/// GET or HEAD over a kept connection that ends before a byte of the answer goes once more over a new one. A connection
/// that was idle for longer than the server keeps one (Keep-Alive: timeout) is replaced before the send.
class HttpClient {
  public:
    explicit HttpClient(HttpClientOptions options);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// `body`, if not null, gives the body of the request, which has none of its own. It goes as it is given, neither
    /// compressed nor with a digest but the caller's own; where it ends early the exchange is `cut`.
    [[nodiscard]] HttpOutcome send(const http::Request& request, const Deadlines& deadlines, bool require_digest = true,
                                   http::BodySource* body = nullptr);
    /// Ends a `send` under way (it returns `cancelled`, within milliseconds, whatever it waits for) and makes later
    /// ones start afresh. Without a `send` under way it does nothing.
    void cancel();
    /// Like `cancel`, and every later `send` returns `cancelled` at once: for the end of the program.
    void close();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// True when plain http to this URL stays on the machine (loopback host), or the scheme is https.
[[nodiscard]] bool transport_is_safe(const std::string& base_url);

}  // namespace ct::net
