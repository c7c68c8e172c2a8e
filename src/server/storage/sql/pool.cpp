#include "server/storage/sql/pool.h"

#include <chrono>

namespace ct::server::sql {

namespace {

constexpr int kConnectionsMax = 24;            // more only wait for the same cores and disk
constexpr std::chrono::seconds kPatience{10};  // then the client is told to come again

}  // namespace

Lease::~Lease() {
    if (connection_) pool_->give_back(std::move(connection_));
}

/// An idle connection, or leave to open one (null).
Result<std::unique_ptr<Connection>> Pool::idle_or_none() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    const bool room = freed_.wait_for(lock, kPatience, [&] { return !idle_.empty() || open_ < kConnectionsMax; });
    --waiting_;
    if (!room) return fail(ErrorKind::busy, "DATABASE_BUSY", "all connections to the database are in use");
    std::unique_ptr<Connection> connection;
    if (idle_.empty()) {
        ++open_;
    } else {
        connection = std::move(idle_.back());
        idle_.pop_back();
    }
    return connection;
}

Result<Lease> Pool::take(const FirstStep& first) {
    for (;;) {
        auto connection = idle_or_none();
        if (!connection) return fail(connection.error());
        const bool fresh = !*connection;
        if (fresh) {
            connection = backend_.connect();
            if (!connection) {
                give_back(nullptr);
                return fail(connection.error());
            }
        }
        Lease lease(*this, std::move(*connection));
        const auto done = first(*lease);
        if (done) return lease;
        if (fresh || !lease->lost()) return fail(done.error());
    }
}

PoolState Pool::state() {
    const std::lock_guard lock(mutex_);
    return {open_, static_cast<std::int64_t>(idle_.size()), kConnectionsMax, waiting_};
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
    const bool keep = connection && connection->usable();
    {
        const std::lock_guard lock(mutex_);
        if (keep)
            idle_.push_back(std::move(connection));
        else
            --open_;
    }
    freed_.notify_one();
}

}  // namespace ct::server::sql
