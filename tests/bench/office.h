// A server on a loopback socket and laptops that sign in to it, all in this process.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <thread>

#include "bench.h"
#include "client/session.h"
#include "net/http_server.h"
#include "server/service.h"
#include "sync/wire.h"

namespace ct::bench {

class Office {
  public:
    explicit Office(const std::string& url);
    ~Office();

    /// Pushes creates straight into the handlers, without a socket.
    void fill(std::vector<sync::Operation> creates);
    /// A device that signed in.
    struct Device {
        std::string id, token, epoch;
        std::int64_t sequence = 0;
    };
    [[nodiscard]] Device device();
    [[nodiscard]] sync::PushRequest next_push(Device& device, std::span<const sync::Operation> operations) const;
    void push(Device& device, std::span<const sync::Operation> operations);  ///< without a socket
    [[nodiscard]] std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] server::Storage& storage() { return *storage_; }
    [[nodiscard]] std::unique_ptr<client::Session> laptop(const std::string& profile,
                                                          const client::Config& config = {});
    [[nodiscard]] int port() const { return port_; }
    /// For requests straight into the handlers: signs in a device of its own.
    [[nodiscard]] sync::LoginAnswer sign_in(const std::string& device);
    [[nodiscard]] server::Service& service() { return *service_; }

  private:
    std::unique_ptr<server::Storage> storage_;
    std::unique_ptr<server::Service> service_;
    std::unique_ptr<net::HttpServer> server_;
    std::thread thread_;
    int port_ = 0;
};

/// One round that must go through.
[[nodiscard]] client::SyncReport sync(client::Session& session, client::SyncMode mode);

}  // namespace ct::bench
