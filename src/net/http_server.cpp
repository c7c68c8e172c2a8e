#include "net/http_server.h"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "base/digest.h"
#include "base/log.h"
#include "net/connection_threads.h"
#include "net/encoding.h"
#include "net/header_rules.h"
#include "net/socket.h"
#include "net/tls.h"
#include "net/wire.h"

namespace ct::net {
namespace {

// How often an idle connection looks whether others queue for its thread.
constexpr Milliseconds kLookAround{500};
// A body must come at least this fast on the whole (beside read_timeout_ms per silence): a thread hangs on it.
constexpr std::int64_t kSlowestUploadBytesPerSecond = 1'024;
// After a refusal the client may still be sending; closing at once would reset the connection and lose our answer.
constexpr Milliseconds kLinger{2'000};
// After stop(), how long an answer under way may take to be written.
constexpr Milliseconds kLastWords{2'000};
// No file descriptors left: wait for connections to end instead of spinning.
constexpr Milliseconds kAcceptPause{50};

[[nodiscard]] SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

// ---- problem+json

struct Refusal {
    int status;
    const char* code;
    std::string detail;
};

[[nodiscard]] std::string json_text(std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else if (byte < 0x80) {
            out += c;
        } else {
            out += '?';  // our own sentences are ASCII; what a client sent in may be no UTF-8
        }
    }
    return out + '"';
}

[[nodiscard]] http::Response problem(const Refusal& refusal) {
    http::Response out;
    out.status = refusal.status;
    out.headers = {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}};
    out.body = R"({"type":"about:blank","title":)" + json_text(httplib::status_message(refusal.status)) +
               R"(,"status":)" + std::to_string(refusal.status) + R"(,"code":)" + json_text(refusal.code) +
               R"(,"detail":)" + json_text(refusal.detail) + "}";
    return out;
}

// ---- one request

/// What the hooks of cpp-httplib share about the request under way. They get the library's own objects only, all of
/// them run on the connection's thread: hence the thread-local pointer.
struct Exchange {
    http::Request request;
    std::string content_encoding;
    std::string accept_encoding;
    std::int64_t length_told = -1;  // Content-Length
    Wire* wire = nullptr;
    bool strange_framing = false;  // a Transfer-Encoding that we cannot undo: where the body ends is unknown
    bool answered = false;         // by us, handler or refusal; else the library refuses
    bool body_unread = false;      // in part or whole
    bool close = false;            // after this answer
};

thread_local Exchange* current = nullptr;

[[nodiscard]] bool is_about_transfer(std::string_view header) {
    for (const std::string_view name :
         {"Content-Encoding", "Content-Length", "Transfer-Encoding", "Connection", "Expect"}) {
        if (same_name(header, name)) return true;
    }
    return false;
}

[[nodiscard]] bool has_header(const http::Headers& headers, std::string_view name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& header) { return same_name(header.first, name); });
}

[[nodiscard]] bool can_be_sent(const http::Response& response) {
    return response.status >= 200 && response.status <= 599 &&
           std::all_of(response.headers.begin(), response.headers.end(),
                       [](const auto& header) { return is_token(header.first) && is_header_value(header.second); });
}

/// cpp-httplib's server without its sockets: it parses requests and writes answers.
class Codec final : public httplib::Server {
  public:
    /// All of them outlive it.
    Codec(const HttpServerOptions& options, const net::Handler& handler, const std::atomic<bool>& stopping,
          const Wake& wake)
        : options_(options), handler_(handler), stopping_(stopping), wake_(wake) {
        set_payload_max_length(options.max_body);
        set_expect_100_continue_handler(
            [this](const httplib::Request&, httplib::Response& out) { return may_send_body(out); });
        set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& out) {
            if (request.method == "POST") return HandlerResponse::Unhandled;  // has a body: see take_over
            answer_request(out);
            return HandlerResponse::Handled;
        });
        Post("/", [this](const httplib::Request&, httplib::Response& out, const httplib::ContentReader& read) {
            if (read_body(out, read)) answer_request(out);
        });
        set_error_handler([this](const httplib::Request&, httplib::Response& out) {
            if (!current->answered) {
                current->close = true;
                out.headers.clear();
                refuse(library_refusal(out.status), out);
            }
            return HandlerResponse::Handled;  // that is: the library adds Content-Length
        });
        set_post_routing_handler([this](const httplib::Request&, httplib::Response& out) { finish_head(out); });
    }

    /// Reads one request and writes its answer. False when the connection is at its end.
    [[nodiscard]] bool process(Wire& wire, const std::string& remote) {
        Exchange exchange;
        exchange.wire = &wire;
        exchange.request.remote = remote;
        current = &exchange;
        bool closed = false;
        const bool good = process_request(wire, remote, 0, std::string(), 0, false, closed,
                                          [this](httplib::Request& request) { take_over(request); });
        current = nullptr;
        const bool sent = wire.flush();
        if (sent && exchange.body_unread) linger(wire);
        return good && sent && !closed && !exchange.close && !exchange.body_unread;
    }

    /// Of a connection at rest, or whose answer is being worked out.
    [[nodiscard]] Wire::Limits limits() const {
        Wire::Limits out;
        out.read_silence = Milliseconds(options_.read_timeout_ms);
        out.write_silence = Milliseconds(options_.write_timeout_ms);
        out.wake = &wake_;
        out.write_on_after_wake = kLastWords;
        return out;
    }

  private:
    /// Moves the request out of the library's hands, and leaves it only what it needs to read the body: it would
    /// decompress, cut ranges, parse forms and match patterns, all of which is ours or nobody's.
    void take_over(httplib::Request& request) const {
        http::Request& ours = current->request;
        ours.method = request.method;
        ours.path = std::move(request.path);
        const std::size_t question = request.target.find('?');
        if (question != std::string::npos) ours.query = request.target.substr(question + 1);
        bool has_body =
            ours.method == "POST" || ours.method == "PUT" || ours.method == "PATCH" || ours.method == "DELETE";
        int codings = 0;
        for (const auto& [key, value] : request.headers) {
            if (same_name(key, "Content-Encoding"))
                current->content_encoding += (current->content_encoding.empty() ? "" : ", ") + value;
            if (same_name(key, "Accept-Encoding"))
                current->accept_encoding += (current->accept_encoding.empty() ? "" : ", ") + value;
            if (same_name(key, "Connection") && same_name(value, "close")) current->close = true;
            if (same_name(key, "Transfer-Encoding")) {
                has_body = true;
                if (!same_name(value, "chunked") || ++codings > 1) current->strange_framing = true;
            }
            if (!is_about_transfer(key)) ours.headers.emplace_back(key, value);
        }
        if (request.has_header("Content-Length")) {
            current->length_told = static_cast<std::int64_t>(std::min<std::uint64_t>(
                request.get_header_value_u64("Content-Length"), std::numeric_limits<std::int64_t>::max()));
            has_body =
                has_body || request.get_header_value("Content-Length") != "0";  // nonsense too: it is refused there
        }
        if (request.version != "HTTP/1.1") current->close = true;
        std::erase_if(request.headers, [](const auto& header) {
            return !same_name(header.first, "Content-Length") && !same_name(header.first, "Transfer-Encoding") &&
                   !same_name(header.first, "Expect");
        });
        request.ranges.clear();
        request.params.clear();
        request.path = "/";
        if (has_body) request.method = "POST";
        current->wire->set_limits(body_limits());
    }

    [[nodiscard]] Wire::Limits body_limits() const {
        Wire::Limits out = limits();
        const std::int64_t size =
            current->length_told >= 0 ? current->length_told : static_cast<std::int64_t>(options_.max_body);
        out.total = steady_now() + Milliseconds(2 * options_.read_timeout_ms) +
                    std::chrono::seconds(std::min(size, static_cast<std::int64_t>(options_.max_body)) /
                                         kSlowestUploadBytesPerSecond);
        return out;
    }

    [[nodiscard]] bool length_is_too_large() const {
        return current->length_told >= 0 && static_cast<std::uint64_t>(current->length_told) > options_.max_body;
    }

    [[nodiscard]] Refusal too_large() const {
        return {413, "TOO_LARGE", "the body is over " + std::to_string(options_.max_body) + " bytes"};
    }

    /// Why a request did not come to its end.
    [[nodiscard]] static Refusal incomplete(const char* otherwise) {
        switch (current->wire->trouble()) {
            case Wire::Trouble::woken: return {503, "UNAVAILABLE", "the server is stopping"};
            case Wire::Trouble::timeout: return {408, "TIMEOUT", "the request did not arrive in time"};
            default: return {400, "MALFORMED", otherwise};
        }
    }

    /// What the library refuses by itself, in our words.
    [[nodiscard]] Refusal library_refusal(int status) const {
        switch (status) {
            case 400: return incomplete("this is no HTTP/1.1 request");
            case 413: return too_large();
            case 414: return {414, "URI_TOO_LONG", "the address is too long"};
            case 416: return {416, "BAD_RANGE", "the Range header makes no sense"};
            default: return {status, status >= 500 ? "INTERNAL" : "REFUSED", httplib::status_message(status)};
        }
    }

    [[nodiscard]] int may_send_body(httplib::Response& out) const {
        if (!length_is_too_large()) return httplib::StatusCode::Continue_100;
        current->body_unread = true;
        refuse(too_large(), out);
        return out.status;
    }

    /// Into the request, decompressed and checked. False when it was refused instead.
    [[nodiscard]] bool read_body(httplib::Response& out, const httplib::ContentReader& read) const {
        if (length_is_too_large() || current->strange_framing) {
            current->body_unread = true;
            refuse(
                current->strange_framing ? Refusal{400, "MALFORMED", "Transfer-Encoding must be chunked"} : too_large(),
                out);
            return false;
        }
        const std::optional<Encoding> encoding = parse_content_encoding(current->content_encoding);
        if (!encoding) {
            current->body_unread = true;
            refuse({415, "UNSUPPORTED_ENCODING", "Content-Encoding must be zstd, gzip or identity"}, out);
            return false;
        }
        std::string& body = current->request.body;
        // Memory is taken as bytes arrive, not as they are announced.
        if (current->length_told > 0)
            body.reserve(std::min<std::size_t>(static_cast<std::size_t>(current->length_told), 1 << 20));
        const bool whole = read([&](const char* bytes, std::size_t size) {
            body.append(bytes, size);
            return true;
        });
        if (!whole) {
            current->body_unread = true;
            current->wire->stop_reading();  // the library would try to read the rest, from the middle
            // After a 413 of its reader the library drops whatever answer is there, and asks the error handler for one.
            if (out.status != httplib::StatusCode::PayloadTooLarge_413)
                refuse(incomplete("the body is incomplete"), out);
            return false;
        }
        if (body.empty()) return true;
        if (*encoding != Encoding::identity) {
            Result<std::string> plain = decompress(*encoding, body, options_.max_body);
            if (!plain) {
                const bool large = plain.error().code == "TOO_LARGE";
                refuse(large ? too_large() : Refusal{400, "MALFORMED", plain.error().message}, out);
                return false;
            }
            body = std::move(*plain);
        }
        const std::string_view digest = http::find_header(current->request.headers, "Content-Digest");
        if (digest.empty() && current->request.method == "POST") {
            refuse({400, "MALFORMED", "Content-Digest is missing"}, out);
            return false;
        }
        if (!digest.empty() && !content_digest_matches(digest, body)) {
            refuse({400, "MALFORMED", "the body does not match its Content-Digest"}, out);
            return false;
        }
        return true;
    }

    void refuse(const Refusal& refusal, httplib::Response& out) const { put(problem(refusal), out); }

    void answer_request(httplib::Response& out) const {
        // The work itself has no deadline here, and its answer gets the time that answers get.
        current->wire->set_limits(limits());
        http::Response response;
        try {
            response = handler_(current->request);
        } catch (const std::exception& failure) {
            log::error(std::string("http: the handler threw: ") + failure.what());
            response = problem({500, "INTERNAL", "the server made a mistake"});
        } catch (...) {
            log::error("http: the handler threw something");
            response = problem({500, "INTERNAL", "the server made a mistake"});
        }
        if (!can_be_sent(response)) {
            log::error("http: an answer of status " + std::to_string(response.status) + " cannot be sent as it is");
            response = problem({500, "INTERNAL", "the server made a mistake"});
        }
        put(std::move(response), out);
    }

    /// Hands an answer to the library: digest, compression, common headers.
    void put(http::Response response, httplib::Response& out) const {
        current->answered = true;
        for (const auto& [key, value] : options_.headers) {
            if (!has_header(response.headers, key)) response.headers.emplace_back(key, value);
        }
        if (response.status == 204 || response.status == 304) response.body.clear();
        if (!response.body.empty() && !has_header(response.headers, "Content-Encoding")) {
            if (!has_header(response.headers, "Content-Digest")) {
                response.headers.emplace_back("Content-Digest", content_digest(response.body));
            }
            compress_body(response);
        }
        out.status = response.status;
        for (const auto& [key, value] : response.headers) {
            if (!same_name(key, "Content-Length") && !same_name(key, "Connection")) out.headers.emplace(key, value);
        }
        out.body = std::move(response.body);
    }

    void compress_body(http::Response& response) const {
        if (response.body.size() <= options_.compress_above) return;
        response.headers.emplace_back("Vary", "Accept-Encoding");
        const Encoding encoding = choose_encoding(current->accept_encoding);
        if (encoding == Encoding::identity) return;
        Result<std::string> smaller = compress(encoding, response.body);
        if (!smaller || smaller->size() >= response.body.size()) return;  // as it is, then
        response.body = std::move(*smaller);
        response.headers.emplace_back("Content-Encoding", name(encoding));
    }

    /// The last word on the head. The library closes after every answer from 400 up; ours leave the connection in
    /// order, and a client that is told 409 goes on at once.
    void finish_head(httplib::Response& out) const {
        if (current->body_unread || stopping_) current->close = true;
        for (const char* const header : {"Connection", "Keep-Alive", "Accept-Ranges"}) out.headers.erase(header);
        if (current->close) {
            out.headers.emplace("Connection", "close");
        } else {
            out.headers.emplace("Keep-Alive", "timeout=" + std::to_string(options_.keep_alive_ms / 1'000));
        }
        if (out.status == 204) out.headers.erase("Content-Length");
    }

    void linger(Wire& wire) const {
        shutdown_sending(wire.socket());
        wire.drain(steady_now() + kLinger);
    }

    const HttpServerOptions& options_;
    const net::Handler& handler_;
    const std::atomic<bool>& stopping_;
    const Wake& wake_;
};

}  // namespace

struct HttpServer::Impl {
    Impl(HttpServerOptions given, Handler handle)
        : options(std::move(given)), handler(std::move(handle)), codec(options, handler, stopping, wake) {}

    [[nodiscard]] Result<int> bind();
    void run();
    void serve(Socket socket, const std::string& remote, const ConnectionThreads& threads);
    [[nodiscard]] bool next_request(Wire& wire, const ConnectionThreads& threads) const;

    const HttpServerOptions options;
    const Handler handler;
    std::atomic<bool> stopping{false};
    Wake wake;  // set with `stopping`
    Codec codec;
    std::unique_ptr<TlsContext> tls;
    Socket listener;
};

Result<int> HttpServer::Impl::bind() {
    if (options.tls_cert.empty() != options.tls_key.empty()) {
        return fail(ErrorKind::invalid, "TLS_FILES", "TLS needs both a certificate and a key file");
    }
    if (!options.tls_cert.empty()) {
        Result<std::unique_ptr<TlsContext>> made = make_server_tls(options.tls_cert, options.tls_key);
        if (!made) return fail(std::move(made.error()));
        tls = std::move(*made);
    }
    Result<Listening> listening = listen_on(options.host, options.port);
    if (!listening) return fail(std::move(listening.error()));
    listener = std::move(listening->socket);
    return listening->port;
}

void HttpServer::Impl::run() {
    const auto threads_max = static_cast<std::size_t>(std::max(1, options.threads_max));
    ConnectionThreads threads(threads_max, threads_max);
    while (!stopping && listener.valid()) {
        if (wait_for(listener.handle(), Wait::to_read, SteadyTime::max(), &wake) != Readiness::ready) continue;
        Accepted accepted = accept_one(listener.handle());
        if (!accepted.socket.valid()) {
            if (accepted.error == 0) continue;
            log::warn("http: cannot accept: " + system_message(accepted.error));
            (void)wait_for(kNoHandle, Wait::to_read, steady_now() + kAcceptPause, &wake);
            continue;
        }
        // std::function must be copyable, a socket is not.
        auto connection = std::make_shared<Accepted>(std::move(accepted));
        const bool taken = threads.run([this, connection, &threads] {
            try {
                serve(std::move(connection->socket), connection->remote, threads);
            } catch (const std::exception& failure) {  // out of memory, most likely: this connection ends, no other
                log::error(std::string("http: a connection was dropped: ") + failure.what());
            }
        });
        if (!taken) log::warn("http: too many connections; one was turned away");
    }
    listener.close();
    threads.finish();
}

/// True when a request begins; false when the connection is to be closed.
bool HttpServer::Impl::next_request(Wire& wire, const ConnectionThreads& threads) const {
    const SteadyTime deadline = steady_now() + Milliseconds(options.keep_alive_ms);
    for (;;) {
        switch (wire.await_input(std::min(deadline, steady_now() + kLookAround))) {
            case Readiness::ready: return true;
            case Readiness::timeout:
                if (steady_now() >= deadline || threads.crowded()) return false;
                break;
            case Readiness::woken:
            case Readiness::failed: return false;
        }
    }
}

void HttpServer::Impl::serve(Socket socket, const std::string& remote, const ConnectionThreads& threads) {
    std::unique_ptr<TlsSession> session;
    if (tls) {
        session = tls->make_session(socket.handle(), std::string());
        if (!session) return;
    }
    Wire wire(socket.handle(), session.get());
    const auto head_limits = [&] {
        Wire::Limits limits = codec.limits();
        limits.total = steady_now() + Milliseconds(options.read_timeout_ms);
        return limits;
    };
    wire.set_limits(head_limits());
    if (session && !wire.handshake()) return;
    while (!stopping && next_request(wire, threads)) {
        wire.set_limits(head_limits());
        if (!codec.process(wire, remote)) break;
    }
    if (session) session->close();
}

HttpServer::HttpServer(HttpServerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() { stop(); }

Result<int> HttpServer::bind() { return impl_->bind(); }

void HttpServer::run() { impl_->run(); }

void HttpServer::stop() {
    impl_->stopping = true;
    impl_->wake.set();
}

}  // namespace ct::net
