// What the server counts, as Prometheus reads it. Counting takes a few relaxed atomic additions.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/storage/storage.h"
#include "sync/wire.h"

namespace ct::server {

/// A route's address as it is labelled.
struct RouteName {
    std::string_view method, path;
};

/// What is looked up at the moment of asking, and not counted.
struct Gauges {
    static constexpr std::size_t kAges = 5;
    /// Signed-in devices by the age of their last sync: at most an hour, a day, a week, a month; older.
    std::array<std::int64_t, kAges> devices{};
    /// Signed-in devices that said that edits wait on them, by the age of the oldest.
    std::array<std::int64_t, kAges> delayed{};
    std::int64_t queued = 0;     ///< operations that wait on them
    std::int64_t oldest_s = 0;   ///< age of the oldest of all
    bool devices_known = false;  ///< the above could be found out
    std::int64_t waiting = 0;    ///< long polls
    PoolState pool;

    void add(const Device& device, UnixMs now);
};
/// The place in Gauges::devices of a device that synced so long ago.
[[nodiscard]] std::size_t age_class(std::int64_t age_ms);

/// Any thread.
class Metrics {
  public:
    static constexpr std::size_t kRoutesMax = 31;  ///< requests to no route count as route kRoutesMax

    void request(std::size_t route, int status, std::chrono::microseconds took, std::size_t bytes_in,
                 std::size_t bytes_out);
    void operation(sync::Verdict verdict) { add(operations_.at(static_cast<std::size_t>(verdict)), 1); }
    void replica_page() { add(replica_pages_, 1); }
    void sign_in_failed() { add(sign_ins_failed_, 1); }

    /// In Prometheus' text format 0.0.4. `routes` are named in the order of their numbers.
    [[nodiscard]] std::string text(std::span<const RouteName> routes, const Gauges& gauges) const;

  private:
    using Count = std::atomic<std::uint64_t>;
    static constexpr std::array<int, 20> kStatuses{200, 201, 204, 206, 304, 400, 401, 403, 404, 405,
                                                   409, 412, 413, 415, 416, 426, 429, 460, 500, 503};
    static constexpr std::array<std::int64_t, 11> kBucketsUs{1'000,   2'500,   5'000,     10'000,    25'000,    50'000,
                                                             100'000, 250'000, 1'000'000, 5'000'000, 30'000'000};
    struct RouteCounts {
        std::array<Count, kStatuses.size() + 1> statuses{};  // the last: all others
        std::array<Count, kBucketsUs.size() + 1> buckets{};  // each by itself; the last: above all
        Count took_us{0};
    };
    static void add(Count& count, std::uint64_t by) { count.fetch_add(by, std::memory_order_relaxed); }
    void write_requests(std::string& out, std::span<const RouteName> routes) const;
    void write_latencies(std::string& out, std::span<const RouteName> routes) const;

    std::array<RouteCounts, kRoutesMax + 1> routes_{};
    std::array<Count, 5> operations_{};  // by Verdict
    Count sign_ins_failed_{0}, replica_pages_{0}, bytes_in_{0}, bytes_out_{0};
};

}  // namespace ct::server
