#include "net/http_client.h"

#include <httplib.h>

#include <charconv>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/digest.h"
#include "net/encoding.h"
#include "net/header_rules.h"
#include "net/link_rate.h"
#include "net/link_simulator.h"
#include "net/socket.h"
#include "net/tls.h"
#include "net/url.h"
#include "net/wire.h"

namespace ct::net {
namespace {

// A server closes an idle connection on its own clock; ours stops using it this much earlier.
constexpr Milliseconds kKeepAliveMargin{2'000};
// Where the server does not say how long it keeps an idle connection: what most proxies do.
constexpr Milliseconds kKeepAliveUntold{15'000};

[[nodiscard]] SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

[[nodiscard]] std::int64_t microseconds(SteadyTime from, SteadyTime to) {
    return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

/// Set by the transport; a caller's own would contradict what is sent.
[[nodiscard]] bool is_ours(std::string_view header) {
    for (const std::string_view name : {"Host", "Content-Length", "Connection", "Keep-Alive", "Transfer-Encoding", "TE",
                                        "Trailer", "Upgrade", "Expect", "Accept-Encoding"}) {
        if (same_name(header, name)) return true;
    }
    return false;
}

/// True of the body as it travelled, not of the one handed on.
[[nodiscard]] bool is_about_transfer(std::string_view header) {
    for (const std::string_view name : {"Content-Encoding", "Content-Length", "Transfer-Encoding"}) {
        if (same_name(header, name)) return true;
    }
    return false;
}

/// "timeout=30, max=100" -> 30 s.
[[nodiscard]] Milliseconds keep_alive_told(std::string_view header) {
    constexpr std::string_view kKey = "timeout=";
    const std::size_t at = header.find(kKey);
    if (at == std::string_view::npos) return kKeepAliveUntold;
    const std::string_view digits = header.substr(at + kKey.size());
    long seconds = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    return error == std::errc{} && seconds >= 0 && seconds < 86'400 ? Milliseconds(seconds * 1'000) : kKeepAliveUntold;
}

/// What one `send` may do and what became of it; lives on the sending thread's stack.
struct Exchange {
    Deadlines deadlines;
    SteadyTime total;  // when all must be over
    const Wake* wake = nullptr;
    std::string_view body;               // as it travels
    http::BodySource* source = nullptr;  // gives it instead
    NetFailure failure = NetFailure::none;
    std::string detail;
    std::int64_t sent = 0;
    std::int64_t received = 0;
    bool reused = false;     // went over a connection that had carried an exchange before
    http::Traffic measured;  // the parts; sums are made at the end

    void fail(NetFailure why, std::string text) {
        if (failure != NetFailure::none) return;
        failure = why;
        detail = std::move(text);
    }
};

/// cpp-httplib's client, on our sockets: it writes the request's head and reads the answer; connecting, TLS, waiting,
/// counting and cancelling are ours (its own connect holds a lock that its stop() waits for, its look-up of names has
/// no end, and its errors do not tell a deadline from a reset).
class Link final : public httplib::ClientImpl {
  public:
    Link(BaseUrl url, std::string ca_file, LinkSimulator* simulator)
        : httplib::ClientImpl(url.host, url.port),
          url_(std::move(url)),
          ca_file_(std::move(ca_file)),
          weather_(simulator) {
        set_keep_alive(true);
        set_follow_location(false);
        set_decompress(false);
        set_path_encode(false);
    }
    ~Link() override { stop(); }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    [[nodiscard]] bool exchange(httplib::Request& request, httplib::Response& response, Exchange& exchange) {
        if (is_socket_open() != 0 && !fit_for_use()) stop();
        exchange.reused = is_socket_open() != 0;
        if (once(request, response, exchange)) return true;
        // The server closed the connection while our request was on its way, as it may at any moment: that says nothing
        // about the server, and such a request may be asked again (RFC 9112, section 9.3.1).
        const bool unheard = exchange.reused && exchange.failure == NetFailure::cut && exchange.received == 0;
        if (!unheard || (request.method != "GET" && request.method != "HEAD")) return false;
        stop();
        exchange.reused = false;
        const std::int64_t body_sent = exchange.measured.body_sent;
        exchange.measured = {};
        exchange.measured.body_sent = body_sent;
        exchange.measured.sent_twice = true;
        exchange.failure = NetFailure::none;
        exchange.detail.clear();
        response = {};
        return once(request, response, exchange);
    }

    void disconnect() { stop(); }
    /// To be called before `exchange`.
    SimulatedConnection& weather() { return weather_; }

  private:
    [[nodiscard]] bool once(httplib::Request& request, httplib::Response& response, Exchange& exchange) {
        exchange_ = &exchange;
        httplib::Error error = httplib::Error::Success;
        const bool good = send(request, response, error);
        exchange_ = nullptr;
        if (!good && exchange.failure == NetFailure::none) {
            exchange.fail(NetFailure::bad_body, "not an HTTP answer (" + httplib::to_string(error) + ")");
        }
        const auto kept = response.headers.find("Keep-Alive");
        const Milliseconds told = kept == response.headers.end() ? kKeepAliveUntold : keep_alive_told(kept->second);
        idle_until_ms_ = system_clock().steady() + (told - kKeepAliveMargin).count();
        return good;
    }

    /// Idle connections die unseen, and what arrives without a question is no answer to the next one.
    [[nodiscard]] bool fit_for_use() const {
        if (spoiled_ || system_clock().steady() >= idle_until_ms_) return false;
        if (!tls_) return !has_news(socket_.sock);
        // TLS 1.3 servers send session tickets behind the handshake; only a decrypted byte or an end is bad news.
        char byte = 0;
        return tls_->receive(&byte, 1).kind == IoStep::Kind::want_read;
    }

    [[nodiscard]] Wire::Limits limits(SteadyTime total) const {
        Wire::Limits out;
        out.total = total;
        out.read_silence = Milliseconds(exchange_->deadlines.read_ms);
        out.write_silence = Milliseconds(exchange_->deadlines.write_ms);
        out.wake = exchange_->wake;
        return out;
    }

    bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
        error = httplib::Error::Connection;
        spoiled_ = false;
        const SteadyTime deadline =
            std::min(exchange_->total, steady_now() + Milliseconds(exchange_->deadlines.connect_ms));
        if (url_.https && !context_) {
            Result<std::unique_ptr<TlsContext>> context = make_client_tls(ca_file_);
            if (!context) {
                exchange_->fail(NetFailure::tls, context.error().message);
                return false;
            }
            context_ = std::move(*context);
        }
        const SteadyTime begun = steady_now();
        Connected connected = connect_to(url_.host, url_.port, deadline, exchange_->wake);
        http::Traffic& measured = exchange_->measured;
        if (connected.name_looked_up) measured.look_up_us = microseconds(begun, connected.looked_up);
        const SteadyTime stands = steady_now();
        if (connected.tried) measured.connect_us = microseconds(connected.looked_up, stands);
        if (connected.failure != NetFailure::none) {
            exchange_->fail(connected.failure, std::move(connected.detail));
            return false;
        }
        if (!rest(weather_.connected(), deadline)) return false;
        const bool secured = !url_.https || start_tls(connected.socket.handle(), deadline);
        if (url_.https) measured.tls_us = microseconds(stands, steady_now());
        if (!secured) return false;
        socket.sock = connected.socket.release();
        error = httplib::Error::Success;
        return true;
    }

    /// What the simulated link adds to connecting.
    [[nodiscard]] bool rest(std::int64_t ms, SteadyTime deadline) {
        if (ms == 0) return true;
        const SteadyTime until = std::min(deadline, steady_now() + Milliseconds(ms));
        const std::string where = "connect to " + url_.authority() + ": ";
        if (wait_for(kNoHandle, Wait::to_read, until, exchange_->wake) == Readiness::woken) {
            exchange_->fail(NetFailure::cancelled, where + "cancelled");
        } else if (until == deadline) {
            exchange_->fail(NetFailure::timeout, where + "no answer before the deadline");
        } else {
            return true;
        }
        return false;
    }

    [[nodiscard]] bool start_tls(Handle socket, SteadyTime deadline) {
        const std::string where = "TLS with " + url_.authority() + ": ";
        tls_ = context_->make_session(socket, url_.host);
        if (!tls_) {
            exchange_->fail(NetFailure::tls, where + "no session to be had");
            return false;
        }
        Wire wire(socket, tls_.get());
        wire.set_limits(limits(deadline));
        wire.set_weather(&weather_);
        if (wire.handshake()) return true;
        switch (wire.trouble()) {
            case Wire::Trouble::woken: exchange_->fail(NetFailure::cancelled, where + "cancelled"); break;
            case Wire::Trouble::timeout:
                exchange_->fail(NetFailure::timeout, where + "no progress before the deadline");
                break;
            default: exchange_->fail(NetFailure::tls, where + tls_->error()); break;
        }
        tls_.reset();
        return false;
    }

    void shutdown_ssl(Socket& /*socket*/, bool /*gracefully*/) override {
        if (tls_) tls_->close();
        tls_.reset();
    }

    bool process_socket(const Socket& socket, std::chrono::time_point<std::chrono::steady_clock> /*start*/,
                        std::function<bool(httplib::Stream&)> callback) override {
        Wire wire(socket.sock, tls_.get());
        wire.set_limits(limits(exchange_->total));
        wire.set_weather(&weather_);
        if (exchange_->source != nullptr)
            wire.append_on_flush(*exchange_->source);
        else
            wire.append_on_flush(exchange_->body);
        const SteadyTime begun = steady_now();
        const bool good = callback(wire);
        note_parts(wire, begun);
        exchange_->sent += wire.bytes_sent();
        exchange_->received += wire.bytes_received();
        spoiled_ = wire.has_leftover() || !wire.fully_sent() || wire.trouble() != Wire::Trouble::none;
        if (!good) explain(wire);
        return good;
    }

    void note_parts(const Wire& wire, SteadyTime begun) {
        http::Traffic& measured = exchange_->measured;
        const SteadyTime end = steady_now();
        const bool sent = wire.last_sent() != SteadyTime{};
        const bool answered = wire.first_received() != SteadyTime{};
        measured.send_us = microseconds(begun, sent ? wire.last_sent() : end);
        if (sent) measured.wait_us = microseconds(wire.last_sent(), answered ? wire.first_received() : end);
        if (answered) measured.receive_us = microseconds(wire.first_received(), end);
    }

    void explain(const Wire& wire) {
        const std::string where = url_.authority() + ": ";
        switch (wire.trouble()) {
            case Wire::Trouble::none: return;  // the connection is well, what came over it is not
            case Wire::Trouble::timeout: exchange_->fail(NetFailure::timeout, where + wire.trouble_text()); return;
            case Wire::Trouble::woken: exchange_->fail(NetFailure::cancelled, where + wire.trouble_text()); return;
            case Wire::Trouble::reset:
                if (!exchange_->reused && wire.bytes_received() == 0) {
                    exchange_->fail(NetFailure::refused, where + wire.trouble_text());
                    return;
                }
                break;
            case Wire::Trouble::closed:
            case Wire::Trouble::failed: break;
        }
        exchange_->fail(NetFailure::cut, where + wire.trouble_text() + " after " +
                                             std::to_string(wire.bytes_received()) + " bytes of the answer");
    }

    BaseUrl url_;
    std::string ca_file_;
    std::unique_ptr<TlsContext> context_;
    std::unique_ptr<TlsSession> tls_;  // of the connection that stands
    Exchange* exchange_ = nullptr;     // under way
    SteadyMs idle_until_ms_ = 0;       // after this the server may close at any moment; counts while the laptop sleeps
    bool spoiled_ = false;             // what is left in the connection is no clean start
    SimulatedConnection weather_;
};

}  // namespace

const char* name(NetFailure failure) {
    switch (failure) {
        case NetFailure::none: return "none";
        case NetFailure::no_route: return "no route";
        case NetFailure::refused: return "refused";
        case NetFailure::timeout: return "timeout";
        case NetFailure::tls: return "tls";
        case NetFailure::cut: return "cut";
        case NetFailure::bad_body: return "bad body";
        case NetFailure::cancelled: return "cancelled";
        case NetFailure::bad_url: return "bad url";
    }
    return "unknown";
}

struct HttpClient::Impl {
    explicit Impl(HttpClientOptions given) : options(std::move(given)), url(parse_base_url(options.base_url)) {
        if (url) link.emplace(*url, options.ca_file, options.simulator);
    }

    [[nodiscard]] HttpOutcome send(const http::Request& request, const Deadlines& deadlines, bool require_digest,
                                   http::BodySource* body);
    void fill_body(const http::Request& request, httplib::Request& head, Exchange& exchange, std::string& compressed);
    void carry(const http::Request& request, Exchange& exchange, bool require_digest, HttpOutcome& out);
    [[nodiscard]] bool ends_in_weather(bool require_digest, Exchange& exchange, HttpOutcome& out);
    [[nodiscard]] bool fill_head(const http::Request& request, httplib::Request& head, Exchange& exchange) const;
    void accept_answer(std::string raw, bool require_digest, Exchange& exchange, HttpOutcome& out) const;

    const HttpClientOptions options;
    const Result<BaseUrl> url;
    std::optional<Link> link;  // owned by the sending thread
    LinkRate rate;             // the same

    Wake wake;
    std::mutex mutex;
    bool sending = false;  // guarded by mutex
    bool closed = false;   // guarded by mutex
};

bool HttpClient::Impl::fill_head(const http::Request& request, httplib::Request& head, Exchange& exchange) const {
    const std::string target = url->prefix + request.path + (request.query.empty() ? "" : "?" + request.query);
    if (!is_token(request.method)) {
        exchange.fail(NetFailure::bad_url, "the method is no HTTP method");
    } else if (!request.path.starts_with('/') || !is_target_part(target) ||
               request.path.find_first_of("?#") != std::string::npos || request.query.find('#') != std::string::npos) {
        exchange.fail(NetFailure::bad_url, "the path or query has characters that cannot be sent");
    }
    for (const auto& [key, value] : request.headers) {
        if (!is_token(key) || !is_header_value(value)) {
            exchange.fail(NetFailure::bad_url, "a header has characters that cannot be sent");
            break;
        }
        if (!is_ours(key)) head.headers.emplace(key, value);
    }
    head.method = request.method;
    head.path = target;
    head.headers.emplace("Host", url->authority());
    head.headers.emplace("Accept-Encoding", "zstd, gzip");
    if (std::string told = rate.header(); !told.empty()) head.headers.emplace("Downlink", std::move(told));
    return exchange.failure == NetFailure::none;
}

void HttpClient::Impl::accept_answer(std::string raw, bool require_digest, Exchange& exchange, HttpOutcome& out) const {
    exchange.measured.body_received = static_cast<std::int64_t>(raw.size());
    http::Headers& headers = out.response.headers;
    const std::string_view encoding_told = http::find_header(headers, "Content-Encoding");
    const std::optional<Encoding> encoding = parse_content_encoding(encoding_told);
    const std::string status = "HTTP " + std::to_string(out.response.status) + ": ";
    if (raw.empty()) {
        // HEAD, 204, 304: the headers speak of a body that is not there.
    } else if (!encoding) {
        exchange.fail(NetFailure::bad_body,
                      status + "Content-Encoding " + std::string(encoding_told) + " was not asked for");
    } else if (*encoding == Encoding::identity) {
        out.response.body = std::move(raw);
    } else if (Result<std::string> body = decompress(*encoding, raw, options.max_body)) {
        out.response.body = std::move(*body);
    } else {
        exchange.fail(NetFailure::bad_body, status + body.error().message);
    }
    if (exchange.failure == NetFailure::none && !out.response.body.empty()) {
        const std::string_view digest = http::find_header(headers, "Content-Digest");
        if (digest.empty() && require_digest) {
            exchange.fail(NetFailure::bad_body,
                          status + "no Content-Digest on " + std::string(http::find_header(headers, "Content-Type")));
        } else if (!digest.empty() && !content_digest_matches(digest, out.response.body)) {
            exchange.fail(NetFailure::bad_body, status + "the body does not match its Content-Digest");
        }
    }
    if (exchange.failure != NetFailure::none) out.response.body.clear();
    std::erase_if(headers, [](const auto& header) { return is_about_transfer(header.first); });
}

/// No server is reached in a simulated network that leads nowhere, or to a hotel's page.
bool HttpClient::Impl::ends_in_weather(bool require_digest, Exchange& exchange, HttpOutcome& out) {
    link->weather().look();
    const LinkWeather& weather = link->weather().weather();
    if (!weather.offline && !weather.captive_portal) return false;
    link->disconnect();
    if (weather.offline) {
        link->weather().note(&LinkSimulator::Counts::refused);
        exchange.fail(NetFailure::no_route, "connect to " + url->authority() + ": no network (simulated)");
        return true;
    }
    link->weather().note(&LinkSimulator::Counts::portals);
    out.response.status = 200;
    out.response.headers = {{"Content-Type", "text/html; charset=utf-8"}};
    accept_answer("<!doctype html><title>Welcome</title><p>Sign in to use this network (simulated).</p>\n",
                  require_digest, exchange, out);
    return true;
}

/// `compressed` holds the body where it became smaller.
void HttpClient::Impl::fill_body(const http::Request& request, httplib::Request& head, Exchange& exchange,
                                 std::string& compressed) {
    auto size = exchange.source != nullptr ? exchange.source->size() : static_cast<std::int64_t>(request.body.size());
    if (size == 0) return;
    if (exchange.source == nullptr) {
        if (http::find_header(request.headers, "Content-Digest").empty()) {
            head.headers.emplace("Content-Digest", content_digest(request.body));
        }
        exchange.body = request.body;
        if (request.body.size() > options.compress_above &&
            http::find_header(request.headers, "Content-Encoding").empty()) {
            Result<std::string> smaller = compress(Encoding::zstd, request.body, effort_for(rate.mbit_per_s()));
            if (smaller && smaller->size() < request.body.size()) {
                compressed = std::move(*smaller);
                exchange.body = compressed;
                head.headers.emplace("Content-Encoding", name(Encoding::zstd));
            }
        }
        size = static_cast<std::int64_t>(exchange.body.size());
    }
    exchange.measured.body_sent = size;
    head.headers.emplace("Content-Length", std::to_string(size));
    // The body goes out behind the head by the Wire, uncopied. The library must believe in a body (or it would say
    // Content-Length: 0) but not in its size (or it would ask Expect: 100-continue first, a round trip per request).
    head.content_provider_ = [](std::size_t, std::size_t, httplib::DataSink&) { return true; };
}

void HttpClient::Impl::carry(const http::Request& request, Exchange& exchange, bool require_digest, HttpOutcome& out) {
    httplib::Request head;
    if (!fill_head(request, head, exchange) || ends_in_weather(require_digest, exchange, out)) return;
    std::string compressed;
    fill_body(request, head, exchange, compressed);

    std::string raw;
    const std::size_t limit = options.max_body;
    const auto too_large = [&] {
        exchange.fail(NetFailure::bad_body, "the answer is over " + std::to_string(limit) + " bytes");
        return false;
    };
    head.response_handler = [&](const httplib::Response& response) {
        // A length that is no number fails in the library; one that is too large need not be read at all.
        const std::size_t length = response.get_header_value_u64("Content-Length", 0);
        if (length > limit) return too_large();
        raw.reserve(length);
        return true;
    };
    head.content_receiver = [&](const char* bytes, std::size_t size, std::size_t, std::size_t) {
        if (size > limit - raw.size()) return too_large();
        raw.append(bytes, size);
        return true;
    };

    httplib::Response response;
    const bool good = link->exchange(head, response, exchange);
    if (response.status > 0) out.response.status = response.status;
    for (const auto& [key, value] : response.headers) out.response.headers.emplace_back(key, value);
    if (good) accept_answer(std::move(raw), require_digest, exchange, out);
}

HttpOutcome HttpClient::Impl::send(const http::Request& request, const Deadlines& deadlines, bool require_digest,
                                   http::BodySource* body) {
    HttpOutcome out;
    out.response.traffic.started_steady_ms = system_clock().steady();
    const SteadyTime start = steady_now();
    Exchange exchange;
    exchange.deadlines = deadlines;
    exchange.total = start + Milliseconds(deadlines.total_ms);
    exchange.wake = &wake;
    exchange.source = body;
    if (!url) {
        exchange.fail(NetFailure::bad_url, url.error().message);
    } else {
        try {
            carry(request, exchange, require_digest, out);
        } catch (const std::exception& problem) {
            // Out of memory, or a library's own: the connection's state is unknown.
            exchange.fail(NetFailure::bad_body, problem.what());
            link->disconnect();
        }
    }
    out.failure = exchange.failure;
    out.detail = std::move(exchange.detail);
    http::Traffic& traffic = out.response.traffic;
    const std::int64_t started = traffic.started_steady_ms;
    traffic = exchange.measured;
    traffic.started_steady_ms = started;
    traffic.bytes_sent = exchange.sent;
    traffic.bytes_received = exchange.received;
    traffic.total_us = microseconds(start, steady_now());
    traffic.total_ms = traffic.total_us / 1'000;
    traffic.reused = exchange.reused;
    if (out.failure == NetFailure::none) rate.received(traffic.body_received, traffic.receive_us);
    return out;
}

HttpClient::HttpClient(HttpClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

HttpClient::~HttpClient() = default;

HttpOutcome HttpClient::send(const http::Request& request, const Deadlines& deadlines, bool require_digest,
                             http::BodySource* body) {
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->closed) {
            HttpOutcome out;
            out.failure = NetFailure::cancelled;
            out.detail = "closed";
            out.response.traffic.started_steady_ms = system_clock().steady();
            return out;
        }
        impl_->sending = true;
        impl_->wake.clear();
    }
    HttpOutcome out = impl_->send(request, deadlines, require_digest, body);
    const std::lock_guard lock(impl_->mutex);
    impl_->sending = false;
    return out;
}

void HttpClient::cancel() {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->sending) impl_->wake.set();
}

void HttpClient::close() {
    const std::lock_guard lock(impl_->mutex);
    impl_->closed = true;
    impl_->wake.set();
}

}  // namespace ct::net
