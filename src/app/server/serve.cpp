#include <atomic>
#include <charconv>
#include <csignal>
#include <iostream>
#include <thread>

#include "app/server/commands.h"
#include "base/log.h"
#include "net/http_server.h"
#include "server/service.h"
#include "sync/wire.h"

namespace ct::app {

namespace {

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
        over_ = true;
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
        });
    }

  private:
    sigset_t set_{};
    std::atomic<bool> over_{false};
    std::thread waiter_;
};

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

Result<void> serve(server::Storage& storage, const ServeOptions& options) {
    const auto address = parse_listen(options.listen);
    if (!address) return fail(address.error());
    StopSignals signals;
    server::ServiceOptions service_options;
    service_options.version = COLORTOUCH_VERSION;
    service_options.files.directory = options.files;
    server::Service service(storage, system_clock(), system_random(), service_options);
    net::HttpServerOptions http;
    http.host = address->host;
    http.port = address->port;
    http.tls_cert = options.tls_cert;
    http.tls_key = options.tls_key;
    http.headers = {{std::string(sync::kProtocolHeader), std::to_string(sync::kProtocol)},
                    {"Cache-Control", "no-store"}};
    net::HttpServer server(http, [&service](const http::Request& request) { return service.handle(request); });
    const auto port = server.bind();
    if (!port) return fail(port.error());
    signals.on_signal([&] {
        service.stop();
        server.stop();
    });
    std::cout << "listening on " << address->host << ':' << *port << std::endl;  // flushed: scripts wait for it
    server.run();
    signals.finish();  // before what it stops is gone
    return {};
}

}  // namespace ct::app
