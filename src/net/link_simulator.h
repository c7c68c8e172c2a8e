// Makes the weather of link_weather.h within our own transport: HttpClient asks it before it connects, and its
// connections before they send and hand out bytes. A real connection is under all of it, so that what the server sees
// is real, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/random.h"
#include "net/link_weather.h"

namespace ct::net {

/// The weather as it is now, for all connections of one client; whoever has one outlives its HttpClients. Any thread.
class LinkSimulator {
  public:
    void set(const LinkWeather& weather);
    [[nodiscard]] LinkWeather weather() const;

    /// What it has done since the program started. `paused_ms` is how long the link was made to wait, as reckoned: an
    /// exchange that was cancelled meanwhile did not wait for all of it.
    struct Counts {
        std::int64_t refused = 0, portals = 0, cuts = 0, lost_packets = 0, paused_ms = 0;
        bool operator==(const Counts&) const = default;
    };
    [[nodiscard]] Counts counts() const;

    // ---- for the transport
    void note(std::int64_t Counts::*which, std::int64_t by = 1);
    [[nodiscard]] std::uint64_t draw(std::uint64_t bound);

  private:
    mutable std::mutex mutex_;  // guards all below
    LinkWeather weather_;
    Counts counts_;
    SeededRandom chance_{1};
};

/// One connection in that weather: how long to wait before bytes go on, and when it is cut. One thread.
class SimulatedConnection {
  public:
    /// `simulator` null: fair weather.
    explicit SimulatedConnection(LinkSimulator* simulator) : simulator_(simulator) {}

    /// At the beginning of an exchange: the weather that holds for it.
    void look();
    /// A connection was made anew. How long that takes beside the real one.
    [[nodiscard]] std::int64_t connected();
    [[nodiscard]] bool fair() const { return !weather_.any(); }
    [[nodiscard]] const LinkWeather& weather() const { return weather_; }
    void note(std::int64_t LinkSimulator::Counts::*which) const { simulator_->note(which); }

    /// At most so many of the bytes that are to go (or come) at once, so that no wait is long; 0: the link is cut.
    [[nodiscard]] std::size_t portion(std::size_t wanted) const;
    /// So many bytes are about to go, or have come: how long they take, in ms. kForever: they do not get through.
    [[nodiscard]] std::int64_t send(std::size_t bytes);
    [[nodiscard]] std::int64_t received(std::size_t bytes);
    /// The answer to what was sent is looked for: what is left of the round trip, once.
    [[nodiscard]] std::int64_t turn();

    static constexpr std::int64_t kForever = INT64_MAX;

  private:
    [[nodiscard]] std::int64_t travel(std::size_t bytes);
    [[nodiscard]] std::int64_t paused(std::int64_t ms) const;

    LinkSimulator* const simulator_;
    LinkWeather weather_;
    std::int64_t left_ = INT64_MAX;  // bytes until it is cut
    std::int64_t owed_bits_ms_ = 0;  // of the rate: bits times 1,000 that did not make a whole ms yet
    bool turned_ = true;
};

}  // namespace ct::net
