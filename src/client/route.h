// The connection to the server that is kept.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "client/net_job.h"
#include "net/http_client.h"
#include "net/link_simulator.h"

namespace ct::client {

/// The HTTP client of one lane to the server, made anew when a job goes elsewhere. One thread calls `send`; `cancel`
/// and `close` may come from any other and do what net::HttpClient says.
class Route {
  public:
    /// `simulator` may be null; else it outlives this.
    explicit Route(net::LinkSimulator* simulator) : simulator_(simulator) {}
    [[nodiscard]] net::HttpOutcome send(const NetJob& job);
    void cancel();
    void close();

  private:
    [[nodiscard]] std::shared_ptr<net::HttpClient> client_for(const NetJob& job);

    net::LinkSimulator* const simulator_;
    std::mutex mutex_;                         // guards the rest
    std::shared_ptr<net::HttpClient> client_;  // for the two below
    std::string base_url_, ca_file_;
    bool closed_ = false;
};

}  // namespace ct::client
