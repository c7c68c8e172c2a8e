#include "net/link_weather.h"

#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace ct::net {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t of;
};
constexpr Unit kTimes[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}, {"", 1}};
constexpr Unit kAmounts[] = {{"k", 1'000}, {"M", 1'000'000}, {"", 1}};
constexpr Unit kShares[] = {{"%", 1}, {"", 1}};
constexpr std::int64_t kTenYearsMs = 3'652LL * 86'400'000;

/// A part that is a number. What is 0 is not simulated; what is not 0 must be at least `least`.
struct Part {
    std::string_view name;
    std::int64_t LinkWeather::*value;
    std::span<const Unit> units;
    std::int64_t least, most;
};
constexpr Part kParts[] = {
    {"latency", &LinkWeather::latency_ms, kTimes, 1, 60'000},
    {"rate", &LinkWeather::rate_bits, kAmounts, 100, 1'000'000'000},
    {"cut", &LinkWeather::cut_bytes, kAmounts, 1, 1'000'000'000},
    {"loss", &LinkWeather::loss_percent, kShares, 1, 100},
    {"clock", &LinkWeather::clock_shift_ms, kTimes, -kTenYearsMs, kTenYearsMs},
};
struct Switch {
    std::string_view name;
    bool LinkWeather::*value;
};
constexpr Switch kSwitches[] = {{"offline", &LinkWeather::offline}, {"portal", &LinkWeather::captive_portal}};

[[nodiscard]] std::optional<std::int64_t> read_number(std::string_view text, std::span<const Unit> units) {
    if (text.starts_with('+')) text.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const Unit& known : units) {
        const std::int64_t most = kTenYearsMs / known.of;
        if (known.name == unit && number >= -most && number <= most) return number * known.of;
    }
    return std::nullopt;
}

[[nodiscard]] Failure bad(std::string_view part, const std::string& why) {
    return fail(ErrorKind::invalid, "BAD_LINK", "\"" + std::string(part) + "\": " + why, "link");
}

[[nodiscard]] Result<void> read_part(std::string_view text, LinkWeather& into) {
    for (const Switch& known : kSwitches) {
        if (text != known.name) continue;
        if (into.*known.value) return bad(text, "is there twice");
        into.*known.value = true;
        return {};
    }
    const std::size_t equals = text.find('=');
    for (const Part& part : kParts) {
        if (equals == std::string_view::npos || text.substr(0, equals) != part.name) continue;
        if (into.*part.value != 0) return bad(text, "is there twice");
        const auto number = read_number(text.substr(equals + 1), part.units);
        if (!number) return bad(text, "is no number of a size and unit that are known here");
        if (*number != 0 && (*number < part.least || *number > part.most)) {
            return bad(text, "must be 0, or from " + std::to_string(part.least) + " to " + std::to_string(part.most));
        }
        into.*part.value = *number;
        return {};
    }
    return bad(text, "is not one of offline, portal, latency=, rate=, cut=, loss=, clock=");
}

/// In the largest unit that leaves a whole number.
[[nodiscard]] std::string with_unit(std::int64_t value, std::span<const Unit> units) {
    const Unit* best = nullptr;
    for (const Unit& unit : units) {
        if (value % unit.of == 0 && (best == nullptr || unit.of > best->of)) best = &unit;
    }
    return std::to_string(value / best->of) + std::string(best->name);
}

[[nodiscard]] std::string amount(std::int64_t value, std::string_view unit) {
    const bool thousands = value >= 1'000 && value % 100 == 0;
    std::string text = std::to_string(thousands ? value / 1'000 : value);
    if (thousands && value % 1'000 != 0) text += "." + std::to_string(value % 1'000 / 100);
    return text + (thousands ? " k" : " ") + std::string(unit);
}

}  // namespace

Result<LinkWeather> parse_link_weather(std::string_view text) {
    LinkWeather weather;
    if (text.empty() || text == "none") return weather;
    for (bool more = true; more;) {
        const std::size_t comma = text.find(',');
        more = comma != std::string_view::npos;
        if (auto read = read_part(text.substr(0, comma), weather); !read) return fail(read.error());
        if (more) text.remove_prefix(comma + 1);
    }
    return weather;
}

std::string link_weather_text(const LinkWeather& weather) {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ",") + part; };
    for (const Switch& known : kSwitches) {
        if (weather.*known.value) add(std::string(known.name));
    }
    for (const Part& part : kParts) {
        const std::int64_t value = weather.*part.value;
        if (value != 0) add(std::string(part.name) + "=" + with_unit(value, part.units));
    }
    return text;
}

std::string in_words(const LinkWeather& weather) {
    std::string text;
    const auto add = [&](bool is, const std::string& part) {
        if (is) text += (text.empty() ? "" : ", ") + part;
    };
    add(weather.offline, "no network");
    add(weather.captive_portal, "a login page in place of the server");
    add(weather.latency_ms != 0, std::to_string(weather.latency_ms) + " ms more for a round trip");
    add(weather.rate_bits != 0, amount(weather.rate_bits, "bit/s"));
    add(weather.cut_bytes != 0, "cut after " + amount(weather.cut_bytes, "B"));
    add(weather.loss_percent != 0, std::to_string(weather.loss_percent) + " % of packets lost");
    const std::int64_t shift = weather.clock_shift_ms;
    add(shift != 0, "this clock " + with_unit(shift < 0 ? -shift : shift, kTimes) + (shift < 0 ? " behind" : " ahead"));
    return text;
}

}  // namespace ct::net
