// Tells when the machine's links or addresses change (Linux: rtnetlink). One background thread of its own.
#pragma once

#include <functional>
#include <memory>

namespace ct::net {

class LinkMonitor {
  public:
    /// `changed(up)` is called from the monitor's thread: once at the start, then after each change (bursts are
    /// joined within 300 ms). `up`: some interface beside loopback is up, running and has an address.
    /// Where the system gives no such news (no rtnetlink), `changed(true)` once and then silence.
    explicit LinkMonitor(std::function<void(bool up)> changed);
    ~LinkMonitor();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ct::net
