// Stands between a server of ours and its database, and cuts the line where it is told to.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "database/database.h"

namespace ct::test {

enum class Cut { never, before_commit, after_commit };  ///< after: the database has committed, and nobody hears of it

/// For databases on Cluster::shared().
class Proxy {
  public:
    Proxy();
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    [[nodiscard]] std::string url(const Database& database) const { return database.url_by(address_); }
    void cut(Cut when) { cut_ = when; }  ///< the next COMMIT; later ones pass
    [[nodiscard]] int cuts() const { return cuts_; }

  private:
    void accept_all();
    void relay(int client);
    std::string directory_, address_;
    int listener_ = -1;
    std::atomic<Cut> cut_{Cut::never};
    std::atomic<int> cuts_{0};
    std::atomic<bool> over_{false};
    std::thread acceptor_;
    std::vector<std::thread> relays_;  // the acceptor's
};

}  // namespace ct::test
