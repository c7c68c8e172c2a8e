#include "net/http_server.h"

#include <algorithm>
#include <exception>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "net/connection.h"
#include "net/url.h"

namespace ct::net {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

// No file descriptors left: wait for connections to end instead of spinning.
constexpr Milliseconds kAcceptPause{50};
// Accepted in a row before those that are there have their turn.
constexpr int kAcceptBurst = 64;
// Input is read in pieces of this size.
constexpr std::size_t kScratch = 64 * 1'024;

[[nodiscard]] std::string hex(std::uint64_t number) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (int shift = 28; shift >= 0; shift -= 4) text.push_back(kDigits[number >> shift & 15]);
    return text;
}

[[nodiscard]] bool is_this_computer(std::string_view address) {
    return is_loopback(address.starts_with("::ffff:") ? address.substr(7) : address);
}

}  // namespace

struct HttpServer::Impl final : Switchboard {
    Impl(HttpServerOptions given, Handler handle) : own_options(std::move(given)), handler(std::move(handle)) {
        options = &own_options;
        rules = {own_options.compress_above, own_options.keep_alive_ms, own_options.headers, own_options.headers_at};
        loop = std::make_shared<Loop>(1);
    }

    [[nodiscard]] Result<int> bind();
    void run();

    void forget(Connection& connection) override;
    [[nodiscard]] std::string new_request_id() override { return id_prefix + std::to_string(++last_request); }
    [[nodiscard]] Outcome work(Received& received) const override;
    [[nodiscard]] http::Answered ask(const Received& received) const;

    void await_connections();
    void accept_some();
    void take(Accepted accepted);
    [[nodiscard]] bool is_crowd(const std::string& address) const;
    void make_room();
    void begin_stop();

    const HttpServerOptions own_options;
    const Handler handler;
    Wake wake;  // stop() was called
    std::unique_ptr<TlsContext> tls_context;
    Socket listener;
    const std::string id_prefix = hex(system_random().next()) + "-";
    std::uint64_t last_request = 0;

    // of the listener's thread
    std::unique_ptr<Descriptor> accepting;
    std::unordered_map<Connection*, std::shared_ptr<Connection>> connections;
    std::unordered_map<std::string, int> per_address;
};

Result<int> HttpServer::Impl::bind() {
    if (own_options.tls_cert.empty() != own_options.tls_key.empty()) {
        return fail(ErrorKind::invalid, "TLS_FILES", "TLS needs both a certificate and a key file");
    }
    if (!own_options.tls_cert.empty()) {
        Result<std::unique_ptr<TlsContext>> made = make_server_tls(own_options.tls_cert, own_options.tls_key);
        if (!made) return fail(std::move(made.error()));
        tls_context = std::move(*made);
        tls = tls_context.get();
    }
    Result<Listening> listening = listen_on(own_options.host, own_options.port);
    if (!listening) return fail(std::move(listening.error()));
    listener = std::move(listening->socket);
    return listening->port;
}

void HttpServer::Impl::run() {
    if (!listener.valid()) return;
    raise_descriptor_limit();
    scratch.resize(kScratch);
    const auto threads_max = static_cast<std::size_t>(std::max(1, own_options.threads_max));
    WorkerThreads threads(threads_max, own_options.queue_max);
    workers = &threads;
    Descriptor waking(loop->get_executor(), wake.handle());
    waking.async_wait(Descriptor::wait_read, [this](const boost::system::error_code&) { begin_stop(); });
    accepting = std::make_unique<Descriptor>(loop->get_executor(), listener.release());
    await_connections();
    while (!stopping || !connections.empty()) {
        try {
            loop->run_one();
        } catch (const std::exception& failure) {  // out of memory, most likely: one event is lost, its deadline is not
            log::error(std::string("http: ") + failure.what());
        }
    }
    threads.finish();
    (void)waking.release();  // it is the Wake's
    loop->poll();            // the ends of what was cancelled
    workers = nullptr;
}

void HttpServer::Impl::begin_stop() {
    stopping = true;
    accepting = nullptr;
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [key, connection] : connections) all.push_back(connection);
    for (const auto& connection : all) connection->server_stops();
}

// ---- connections

void HttpServer::Impl::await_connections() {
    accepting->async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
        if (!error && accepting) accept_some();
    });
}

void HttpServer::Impl::accept_some() {
    for (int i = 0; i < kAcceptBurst; ++i) {
        Accepted accepted = accept_one(accepting->native_handle());
        if (accepted.socket.valid()) {
            try {
                take(std::move(accepted));
            } catch (const std::exception& failure) {
                log::warn(std::string("http: a connection was dropped: ") + failure.what());
            }
            continue;
        }
        if (accepted.error == 0) break;
        log::warn("http: cannot accept: " + system_message(accepted.error));
        make_room();
        const auto pause = std::make_shared<asio::steady_timer>(*loop, kAcceptPause);
        pause->async_wait([this, pause](const boost::system::error_code&) {
            if (accepting) await_connections();
        });
        return;
    }
    await_connections();
}

void HttpServer::Impl::take(Accepted accepted) {
    if (connections.size() >= static_cast<std::size_t>(std::max(1, own_options.connections_max))) make_room();
    auto connection = std::make_shared<Connection>(*this, std::move(accepted.socket), std::move(accepted.remote));
    connections.emplace(connection.get(), connection);
    const bool crowd = is_crowd(connection->remote());
    ++per_address[connection->remote()];
    if (crowd) return connection->turn_away({429, "TOO_MANY_CONNECTIONS", "too many connections from one address"});
    connection->start();
}

bool HttpServer::Impl::is_crowd(const std::string& address) const {
    const auto at = per_address.find(address);
    if (at == per_address.end() || at->second < own_options.connections_per_address) return false;
    const auto& free = own_options.free_addresses;
    return !is_this_computer(address) && std::find(free.begin(), free.end(), address) == free.end();
}

/// Closes the connection that has been idle for longest; where none is, the one that says its head most slowly.
void HttpServer::Impl::make_room() {
    Connection* chosen = nullptr;
    const auto rank = [](const Connection& one) { return one.idle() ? 0 : one.reads_head() ? 1 : 2; };
    for (const auto& [key, connection] : connections) {
        if (rank(*connection) == 2) continue;
        if (chosen == nullptr ||
            std::pair(rank(*connection), connection->since()) < std::pair(rank(*chosen), chosen->since()))
            chosen = connection.get();
    }
    if (chosen != nullptr) chosen->close();
}

void HttpServer::Impl::forget(Connection& connection) {
    const auto at = per_address.find(connection.remote());
    if (at != per_address.end() && --at->second == 0) per_address.erase(at);
    connections.erase(&connection);
}

// ---- work

Switchboard::Outcome HttpServer::Impl::work(Received& received) const {
    Outcome outcome;
    try {
        const auto& body_max_of = own_options.max_body_of;
        const std::size_t body_max =
            body_max_of ? std::min(body_max_of(received.request), own_options.max_body) : own_options.max_body;
        const std::optional<Refusal> refusal = unpack(received, body_max);
        if (refusal && own_options.on_refusal)
            own_options.on_refusal(refusal->status, refusal->code, received.request.id);
        http::Answered answered = refusal ? http::Answered(problem(*refusal)) : ask(received);
        if (answered.pause)
            outcome.pause = std::move(answered.pause);
        else if (answered.body_sink)
            outcome.taker = {std::move(answered.body_sink), std::nullopt};
        else if (received.request.body_follows != 0)
            outcome.taker = {nullptr, std::move(answered.response)};
        else if (answered.body_source)
            outcome.bytes =
                format_answer(std::move(answered.response), std::move(answered.body_source), received, rules);
        else
            outcome.bytes = format_answer(std::move(answered.response), received, false, rules);
    } catch (const std::exception& failure) {
        log::error(std::string("http: an answer could not be made: ") + failure.what());
        outcome.bytes.close = true;  // with nothing before it
    }
    return outcome;
}

http::Answered HttpServer::Impl::ask(const Received& received) const {
    try {
        return handler(received.request);
    } catch (const std::exception& failure) {
        log::error(std::string("http: the handler threw: ") + failure.what());
    } catch (...) {
        log::error("http: the handler threw something");
    }
    return problem({500, "INTERNAL", "the server made a mistake"});
}

HttpServer::HttpServer(HttpServerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() { stop(); }

Result<int> HttpServer::bind() { return impl_->bind(); }

void HttpServer::run() { impl_->run(); }

void HttpServer::stop() { impl_->wake.set(); }

}  // namespace ct::net
