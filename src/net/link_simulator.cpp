#include "net/link_simulator.h"

#include <algorithm>
#include <utility>

namespace ct::net {
namespace {

constexpr std::size_t kPacket = 1'400;
/// What TCP waits for an acknowledgement at least, before it sends again (RFC 6298 says 1 s; systems take 200 ms).
constexpr std::int64_t kRetransmitMs = 200;
/// So many losses of one packet in a row, and systems give a connection up.
constexpr int kRetransmissionsMax = 15;
/// The longest piece of time for which one portion of bytes may keep the link busy.
constexpr std::int64_t kPortionMs = 100;
constexpr std::int64_t kPortionMin = 64;

}  // namespace

void LinkSimulator::set(const LinkWeather& weather) {
    const std::scoped_lock lock(mutex_);
    weather_ = weather;
}

LinkWeather LinkSimulator::weather() const {
    const std::scoped_lock lock(mutex_);
    return weather_;
}

LinkSimulator::Counts LinkSimulator::counts() const {
    const std::scoped_lock lock(mutex_);
    return counts_;
}

void LinkSimulator::note(std::int64_t Counts::*which, std::int64_t by) {
    const std::scoped_lock lock(mutex_);
    counts_.*which += by;
}

std::uint64_t LinkSimulator::draw(std::uint64_t bound) {
    const std::scoped_lock lock(mutex_);
    return chance_.below(bound);
}

void SimulatedConnection::look() {
    if (simulator_ == nullptr) return;
    const LinkWeather before = std::exchange(weather_, simulator_->weather());
    if (weather_.cut_bytes != before.cut_bytes) left_ = weather_.cut_bytes == 0 ? INT64_MAX : weather_.cut_bytes;
}

std::int64_t SimulatedConnection::connected() {
    left_ = weather_.cut_bytes == 0 ? INT64_MAX : weather_.cut_bytes;
    owed_bits_ms_ = 0;
    turned_ = true;
    return weather_.latency_ms == 0 ? 0 : paused(weather_.latency_ms);
}

std::size_t SimulatedConnection::portion(std::size_t wanted) const {
    auto most = static_cast<std::int64_t>(std::min<std::size_t>(wanted, INT64_MAX));
    if (weather_.rate_bits > 0) most = std::min(most, std::max(weather_.rate_bits * kPortionMs / 8'000, kPortionMin));
    return static_cast<std::size_t>(std::min(most, left_));
}

std::int64_t SimulatedConnection::send(std::size_t bytes) {
    turned_ = false;
    return travel(bytes);
}

std::int64_t SimulatedConnection::received(std::size_t bytes) { return travel(bytes); }

std::int64_t SimulatedConnection::turn() {
    return std::exchange(turned_, true) || weather_.latency_ms == 0 ? 0 : paused(weather_.latency_ms);
}

std::int64_t SimulatedConnection::travel(std::size_t bytes) {
    if (fair()) return 0;
    const auto count = static_cast<std::int64_t>(bytes);
    if (left_ != INT64_MAX) left_ = std::max<std::int64_t>(0, left_ - count);
    std::int64_t wait = 0;
    if (weather_.rate_bits > 0) {
        owed_bits_ms_ += count * 8'000;
        wait = owed_bits_ms_ / weather_.rate_bits;
        owed_bits_ms_ %= weather_.rate_bits;
    }
    if (weather_.loss_percent == 0) return wait == 0 ? 0 : paused(wait);
    const std::size_t packets = (bytes + kPacket - 1) / kPacket;
    for (std::size_t packet = 0; packet < packets; ++packet) {
        std::int64_t again = std::max(kRetransmitMs, 2 * weather_.latency_ms);
        for (int lost = 0; simulator_->draw(100) < static_cast<std::uint64_t>(weather_.loss_percent); again *= 2) {
            simulator_->note(&LinkSimulator::Counts::lost_packets);
            if (++lost > kRetransmissionsMax) return kForever;
            wait += again;
        }
    }
    return wait == 0 ? 0 : paused(wait);
}

std::int64_t SimulatedConnection::paused(std::int64_t ms) const {
    simulator_->note(&LinkSimulator::Counts::paused_ms, ms);
    return ms;
}

}  // namespace ct::net
