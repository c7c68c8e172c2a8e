// A worse network than there is, as a value: for trying what the program does on it, without a proxy or root. It is
// made within our own transport (link_simulator.h), holds until the program ends, and is never written down.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ct::net {

struct LinkWeather {
    bool offline = false;           ///< no network at all; what is under way is cut
    bool captive_portal = false;    ///< a login page answers in the server's place
    std::int64_t latency_ms = 0;    ///< a round trip takes so much longer; 0 to 60,000
    std::int64_t rate_bits = 0;     ///< bits a second, each way; 0: as fast as it goes, else 100 and more
    std::int64_t cut_bytes = 0;     ///< bytes, both ways together, after which a connection is cut; 0: never
    std::int64_t loss_percent = 0;  ///< packets that are lost, and come again after a while; 100: nothing gets through
    std::int64_t clock_shift_ms = 0;  ///< this computer's clock is so much ahead; within ten years either way

    [[nodiscard]] bool any() const { return *this != LinkWeather{}; }
    bool operator==(const LinkWeather&) const = default;
};

/// "latency=400,rate=64k,cut=20k,loss=5,clock=-3h" or "offline" or "portal"; parts in any order, each at most once.
/// latency and clock in ms, or with s, m, h, d; rate in bits and cut in bytes, k and M being thousands; "" and "none":
/// nothing. BAD_LINK (kind invalid) says which part is wrong.
[[nodiscard]] Result<LinkWeather> parse_link_weather(std::string_view text);
/// As parse_link_weather reads it; empty when nothing is simulated.
[[nodiscard]] std::string link_weather_text(const LinkWeather& weather);
/// For people: "400 ms more each way and back, 64 kbit/s, cut after 20 kB"; empty when nothing is simulated.
[[nodiscard]] std::string in_words(const LinkWeather& weather);

}  // namespace ct::net
