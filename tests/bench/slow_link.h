// A network like those in the field, on the loopback: a TCP proxy with a rate each way, a round trip, and cuts.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "base/random.h"

namespace ct::bench {

struct LinkSpeed {
    double up_bytes_per_s = 16'000, down_bytes_per_s = 32'000;
    double round_trip_s = 0.4;
    /// Bytes, both ways together, after which a connection is cut off; 0: never. With `steady` always as many, else
    /// so many on average, and independent of what passed before (exponential).
    double cut_after = 0;
    bool steady = false;
};

/// One link for all connections to `port` on this machine. A thread of its own carries the bytes: into a queue of the
/// link at its rate, and half a round trip later out of it. A connection's first bytes wait for one round trip more, as
/// those behind a handshake do. A cut is a reset, both ways at once; what is on its way is lost.
class SlowLink {
  public:
    SlowLink(int port, const LinkSpeed& speed, std::uint64_t seed);
    ~SlowLink();
    SlowLink(const SlowLink&) = delete;
    SlowLink& operator=(const SlowLink&) = delete;

    [[nodiscard]] int port() const { return port_; }
    struct Carried {
        std::int64_t up = 0, down = 0;  ///< bytes that entered the link
        int connections = 0, cuts = 0;
    };
    [[nodiscard]] Carried carried() const { return {up_, down_, connections_, cuts_}; }

  private:
    class Carrier;
    std::atomic<std::int64_t> up_{0}, down_{0};
    std::atomic<int> connections_{0}, cuts_{0};
    std::atomic<bool> over_{false};
    int port_ = 0;
    std::unique_ptr<Carrier> carrier_;
    std::thread thread_;
};

}  // namespace ct::bench
