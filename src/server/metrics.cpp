#include "server/metrics.h"

#include <algorithm>
#include <cstdio>

namespace ct::server {

namespace {

constexpr std::array<std::int64_t, Gauges::kAges - 1> kAgesS{3'600, 86'400, 7 * 86'400, 30 * 86'400};
constexpr RouteName kNoRoute{"other", "other"};

void describe(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
    out.append(name).append(" ").append(type).append("\n");
}

void sample(std::string& out, std::string_view name, const std::string& labels, const std::string& value) {
    out.append(name);
    if (!labels.empty()) out.append("{").append(labels).append("}");
    out.append(" ").append(value).append("\n");
}

std::string label(std::string_view name, std::string_view value) {
    return std::string(name) + "=\"" + std::string(value) + "\"";
}

std::string labels_of(const RouteName& route) {
    return label("method", route.method) + "," + label("route", route.path);
}

std::string seconds(std::uint64_t us) {
    std::array<char, 40> text{};
    const int size = std::snprintf(text.data(), text.size(), "%.6g", static_cast<double>(us) / 1e6);
    return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

std::uint64_t value_of(const std::atomic<std::uint64_t>& count) { return count.load(std::memory_order_relaxed); }

RouteName name_of(std::span<const RouteName> routes, std::size_t number) {
    return number < routes.size() ? routes[number] : kNoRoute;
}

}  // namespace

std::size_t age_class(std::int64_t age_ms) {
    const auto at = std::find_if(kAgesS.begin(), kAgesS.end(), [&](std::int64_t s) { return age_ms <= s * 1'000; });
    return static_cast<std::size_t>(at - kAgesS.begin());
}

void Gauges::add(const Device& device, UnixMs now) {
    ++devices.at(age_class(now - device.seen_at));
    if (device.waiting_told_at == 0 || device.waiting == 0) return;
    ++delayed.at(age_class(now - device.waiting_since));
    queued += device.waiting;
    oldest_s = std::max(oldest_s, (now - device.waiting_since) / 1'000);
}

void Metrics::request(std::size_t route, int status, std::chrono::microseconds took, std::size_t bytes_in,
                      std::size_t bytes_out) {
    RouteCounts& counts = routes_[std::min(route, kRoutesMax)];
    const auto at = std::find(kStatuses.begin(), kStatuses.end(), status);
    add(counts.statuses[static_cast<std::size_t>(at - kStatuses.begin())], 1);
    const auto bucket = std::lower_bound(kBucketsUs.begin(), kBucketsUs.end(), took.count());
    add(counts.buckets[static_cast<std::size_t>(bucket - kBucketsUs.begin())], 1);
    add(counts.took_us, static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)));
    add(bytes_in_, bytes_in);
    add(bytes_out_, bytes_out);
}

void Metrics::write_requests(std::string& out, std::span<const RouteName> routes) const {
    constexpr std::string_view kName = "colortouchd_requests_total";
    describe(out, kName, "counter", "Requests answered, by route and status.");
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        for (std::size_t j = 0; j < routes_[i].statuses.size(); ++j) {
            const std::uint64_t count = value_of(routes_[i].statuses[j]);
            if (count == 0) continue;
            const std::string status = j < kStatuses.size() ? std::to_string(kStatuses[j]) : "other";
            sample(out, kName, labels_of(name_of(routes, i)) + "," + label("status", status), std::to_string(count));
        }
    }
}

void Metrics::write_latencies(std::string& out, std::span<const RouteName> routes) const {
    constexpr std::string_view kName = "colortouchd_request_seconds";
    describe(out, kName, "histogram", "Time from a request's arrival to its answer, long polls' waiting included.");
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        const RouteCounts& counts = routes_[i];
        const std::string labels = labels_of(name_of(routes, i));
        std::string lines;
        std::uint64_t sum = 0;
        for (std::size_t j = 0; j < counts.buckets.size(); ++j) {
            sum += value_of(counts.buckets[j]);
            const std::string bound =
                j < kBucketsUs.size() ? seconds(static_cast<std::uint64_t>(kBucketsUs[j])) : "+Inf";
            sample(lines, std::string(kName) + "_bucket", labels + "," + label("le", bound), std::to_string(sum));
        }
        if (sum == 0) continue;
        out += lines;
        sample(out, std::string(kName) + "_sum", labels, seconds(value_of(counts.took_us)));
        sample(out, std::string(kName) + "_count", labels, std::to_string(sum));
    }
}

std::string Metrics::text(std::span<const RouteName> routes, const Gauges& gauges) const {
    std::string out;
    write_requests(out, routes);
    write_latencies(out, routes);
    describe(out, "colortouchd_operations_total", "counter", "Operations of pushes, by their verdict.");
    for (std::size_t i = 0; i < operations_.size(); ++i) {
        sample(out, "colortouchd_operations_total", label("status", name(static_cast<sync::Verdict>(i))),
               std::to_string(value_of(operations_[i])));
    }
    const auto single = [&](std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
        describe(out, name, type, help);
        sample(out, name, {}, std::to_string(value));
    };
    single("colortouchd_replica_pages_total", "counter", "Pages of pulls that the replica gave.",
           value_of(replica_pages_));
    single("colortouchd_sign_ins_failed_total", "counter", "Sign-ins refused.", value_of(sign_ins_failed_));
    single("colortouchd_received_bytes_total", "counter", "Bodies of requests, decompressed.", value_of(bytes_in_));
    single("colortouchd_sent_bytes_total", "counter", "Bodies of answers, before compression.", value_of(bytes_out_));
    single("colortouchd_waiting_pulls", "gauge", "Long polls that wait now.",
           static_cast<std::uint64_t>(gauges.waiting));
    describe(out, "colortouchd_database_connections", "gauge", "Open connections to the database, by use.");
    sample(out, "colortouchd_database_connections", label("state", "idle"), std::to_string(gauges.pool.idle));
    sample(out, "colortouchd_database_connections", label("state", "busy"),
           std::to_string(gauges.pool.open - gauges.pool.idle));
    single("colortouchd_database_connections_max", "gauge", "As many connections there may be.",
           static_cast<std::uint64_t>(gauges.pool.most));
    single("colortouchd_database_waiting", "gauge", "Requests that wait for a connection to the database.",
           static_cast<std::uint64_t>(gauges.pool.waiting));
    if (!gauges.devices_known) return out;
    const auto by_age = [&](std::string_view name, std::string_view help, const auto& counts) {
        describe(out, name, "gauge", help);
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const std::string age = i < kAgesS.size() ? std::to_string(kAgesS[i]) : "+Inf";
            sample(out, name, label("age_up_to_seconds", age), std::to_string(counts[i]));
        }
    };
    by_age("colortouchd_devices", "Signed-in devices by the age of their last sync, right to the hour.",
           gauges.devices);
    by_age("colortouchd_devices_delayed", "Signed-in devices on which edits wait, by the age of the oldest edit.",
           gauges.delayed);
    single("colortouchd_waiting_operations", "gauge", "Edits that wait on signed-in devices, as these said.",
           static_cast<std::uint64_t>(gauges.queued));
    single("colortouchd_oldest_waiting_seconds", "gauge", "Age of the oldest of these; 0: none waits.",
           static_cast<std::uint64_t>(gauges.oldest_s));
    return out;
}

}  // namespace ct::server
