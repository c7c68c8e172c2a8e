// Connections on loan. One that broke is replaced; the server behind it may have been restarted at any time.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "server/storage/sql/backend.h"
#include "server/storage/storage.h"

namespace ct::server::sql {

class Pool;

class Lease {
  public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

  private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
};

/// What is done first with a connection; it must bear being done again.
using FirstStep = std::function<Result<void>(Connection&)>;

class Pool {
  public:
    explicit Pool(Backend& backend) : backend_(backend) {}
    /// A connection on which `first` has been done. When one that had been idle turns out to be cut, another takes its
    /// place: nothing was done on it yet. Waits for a free connection, though not for ever (DATABASE_BUSY).
    [[nodiscard]] Result<Lease> take(const FirstStep& first);
    [[nodiscard]] PoolState state();

  private:
    friend class Lease;
    [[nodiscard]] Result<std::unique_ptr<Connection>> idle_or_none();
    void give_back(std::unique_ptr<Connection> connection);

    Backend& backend_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<Connection>> idle_;  // guarded by mutex_
    int open_ = 0;                                   // guarded by mutex_: idle and on loan
    int waiting_ = 0;                                // guarded by mutex_
};

}  // namespace ct::server::sql
