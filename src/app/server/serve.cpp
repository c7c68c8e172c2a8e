#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

#include "app/server/commands.h"
#include "assets/openapi.h"
#include "base/log.h"
#include "net/http_server.h"
#include "net/url.h"
#include "server/purge.h"
#include "server/service.h"
#include "sync/wire.h"

namespace ct::app {

namespace {

constexpr std::chrono::seconds kStopWithin{10};

/// Waits for SIGINT or SIGTERM on a thread of its own, where everything may be called: a handler may do next to
/// nothing.
class StopSignals {
  public:
    /// Before any other thread is made, so that all of them leave these signals alone.
    StopSignals() {
        sigemptyset(&set_);
        sigaddset(&set_, SIGINT);
        sigaddset(&set_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    }
    ~StopSignals() { finish(); }
    /// Waits until what the signal began is through; nothing begins afterwards.
    void finish() {
        if (!waiter_.joinable()) return;
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        ended_.notify_all();
        pthread_kill(waiter_.native_handle(), SIGTERM);  // when something else ended the server
        waiter_.join();
    }
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    template <class Stop>
    void on_signal(Stop stop) {
        waiter_ = std::thread([this, stop] {
            int signal = 0;
            sigwait(&set_, &signal);
            if (!over_) stop();
            std::unique_lock lock(mutex_);
            if (ended_.wait_for(lock, kStopWithin, [this] { return over_.load(); })) return;
            // What is answered is on the disk, and what is not was promised to nobody: as good as kill -9, and as safe.
            log::error("requests did not end in time; stopping without them");
            std::_Exit(1);
        });
    }

  private:
    sigset_t set_{};
    std::atomic<bool> over_{false};
    std::mutex mutex_;
    std::condition_variable ended_;
    std::thread waiter_;
};

/// What has to be done now and then while the server runs.
class Housekeeper {
  public:
    explicit Housekeeper(server::Storage& storage) : thread_([this, &storage] { run(storage); }) {}
    ~Housekeeper() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        ended_.notify_all();
        thread_.join();
    }
    Housekeeper(const Housekeeper&) = delete;
    Housekeeper& operator=(const Housekeeper&) = delete;

  private:
    void run(server::Storage& storage) {
        std::chrono::minutes next{1};
        std::unique_lock lock(mutex_);
        while (!ended_.wait_for(lock, next, [this] { return over_; })) {
            lock.unlock();
            const auto purged = server::purge_tombstones(storage, system_clock().now());
            if (!purged) log::warn("old deletions could not be purged: " + purged.error().message);
            if (purged && *purged > 0) log::info("purged " + std::to_string(*purged) + " old deletions");
            lock.lock();
            next = std::chrono::hours(6);
        }
    }

    std::mutex mutex_;
    std::condition_variable ended_;
    bool over_ = false;  // guarded by mutex_
    std::thread thread_;
};

/// Null: there is none, or it is not of this database (any more, or yet), and pulls do without.
Result<std::unique_ptr<server::Storage>> open_replica(const server::Storage& storage, const std::string& url) {
    std::unique_ptr<server::Storage> none;
    if (url.empty()) return none;
    auto replica = server::open_replica(url);
    if (!replica && replica.error().kind == ErrorKind::invalid) return fail(replica.error());
    if (!replica) log::warn("no replica is used: " + replica.error().message);
    if (!replica) return none;
    if ((*replica)->epoch() == storage.epoch()) return std::move(*replica);
    log::warn("no replica is used: DATABASE_URL_REPLICA is another database than DATABASE_URL, or of before a restore");
    return none;
}

}  // namespace

Result<ListenAddress> parse_listen(const std::string& text) {
    const auto colon = text.rfind(':');
    ListenAddress address;
    if (colon != std::string::npos) {
        address.host = text.substr(0, colon);
        if (address.host.starts_with('[') && address.host.ends_with(']')) {
            address.host = address.host.substr(1, address.host.size() - 2);
        }
        const char* const first = text.data() + colon + 1;
        const char* const last = text.data() + text.size();
        const auto [end, error] = std::from_chars(first, last, address.port);
        const bool number = error == std::errc{} && end == last && first != last;
        if (number && !address.host.empty() && address.port >= 0 && address.port <= 65'535) return address;
    }
    return fail(ErrorKind::invalid, "BAD_ADDRESS", "give it as HOST:PORT, say 127.0.0.1:8787, not " + text);
}

Result<void> serve(server::Storage& storage, const Settings& settings) {
    const auto address = parse_listen(settings.listen);
    if (!address) return fail(address.error());
    if (settings.tls_cert.empty() && !settings.plain_http && !net::is_loopback(address->host)) {
        return fail(ErrorKind::invalid, "PLAIN_HTTP",
                    "other computers would reach " + settings.listen +
                        " in the clear: give tls-cert and tls-key, or plain-http where a proxy in front has them");
    }
    StopSignals signals;
    server::ServiceOptions service_options;
    service_options.version = COLORTOUCH_VERSION;
    service_options.files.directory = settings.files;
    service_options.metrics_token = settings.metrics_token;
    service_options.trusted_proxies = settings.trusted_proxies;
    service_options.openapi = assets::openapi();
    service_options.log_requests = settings.log_requests;
    service_options.tls = !settings.tls_cert.empty();
    const auto replica = open_replica(storage, settings.replica);
    if (!replica) return fail(replica.error());
    service_options.replica = replica->get();
    server::Service service(storage, system_clock(), system_random(), service_options);
    net::HttpServerOptions http;
    http.host = address->host;
    http.port = address->port;
    http.tls_cert = settings.tls_cert;
    http.tls_key = settings.tls_key;
    http.headers = {{std::string(sync::kProtocolHeader), std::to_string(sync::kProtocol)},
                    {"Cache-Control", "no-store"}};
    http.free_addresses = settings.trusted_proxies;
    http.headers_at = server::Service::headers_at;
    http.max_body_of = server::Service::body_max;
    http.streams = server::Service::streams;
    if (settings.log_requests) {
        http.on_refusal = [](int status, const char* code, const std::string& id) {
            const log::RequestScope scope(id);
            log::event(log::Level::info, "refused", {{"status", std::to_string(status)}, {"code", code}});
        };
    }
    net::HttpServer server(http, [&service](const http::Request& request) { return service.answer(request); });
    const auto port = server.bind();
    if (!port) return fail(port.error());
    signals.on_signal([&] {
        service.stop();
        server.stop();
    });
    const Housekeeper housekeeper(storage);
    std::cout << "listening on " << address->host << ':' << *port << std::endl;  // flushed: scripts wait for it
    server.run();
    signals.finish();  // before what it stops is gone
    return {};
}

}  // namespace ct::app
