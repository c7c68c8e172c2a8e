#include "base/uuid.h"

#include <algorithm>
#include <span>

namespace ct {
namespace {

constexpr UnixMs kTimestampMax = (UnixMs{1} << 48) - 1;

/// Ticks of the clock shorter than this keep the random tail, so that ids made in one go stay neighbours.
constexpr UnixMs kNeighbour_ms = 50;

[[nodiscard]] int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

[[nodiscard]] constexpr bool dash_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

void set_timestamp(Uuid& id, UnixMs at) {
    for (std::size_t i = 6; i-- > 0;) {
        id.bytes[i] = static_cast<std::uint8_t>(at & 0xff);
        at >>= 8;
    }
}

void set_fresh_tail(Uuid& id, Random& random) {
    random.fill(std::span(id.bytes).subspan(6));
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x70);  // version 7
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);  // RFC 9562 variant
}

/// Adds to the 74 random bits, stepping over version and variant. False when they overflowed.
[[nodiscard]] bool add_to_tail(Uuid& id, std::uint64_t step) {
    std::uint64_t low = 0;  // the 62 bits of rand_b
    for (std::size_t i = 8; i < 16; ++i) low = low << 8 | id.bytes[i];
    low = (low & 0x3fffffffffffffffU) + step;
    unsigned high = static_cast<unsigned>(id.bytes[6] & 0x0f) << 8 | id.bytes[7];  // the 12 bits of rand_a
    high += static_cast<unsigned>(low >> 62);
    for (std::size_t i = 16; i-- > 8;) {
        id.bytes[i] = static_cast<std::uint8_t>(low & 0xff);
        low >>= 8;
    }
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    id.bytes[6] = static_cast<std::uint8_t>(0x70 | (high >> 8 & 0x0f));
    id.bytes[7] = static_cast<std::uint8_t>(high & 0xff);
    return high < 0x1000;
}

}  // namespace

std::string Uuid::str() const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text(36, '-');
    std::size_t at = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (dash_before(i)) ++at;
        text[at++] = kDigits[bytes[i] >> 4];
        text[at++] = kDigits[bytes[i] & 15];
    }
    return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    Uuid id;
    std::size_t at = 0;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        if (dash_before(i) && text[at++] != '-') return std::nullopt;
        const int high = hex_value(text[at++]);
        const int low = hex_value(text[at++]);
        if (high < 0 || low < 0) return std::nullopt;
        id.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return id;
}

UnixMs Uuid::timestamp() const {
    UnixMs at = 0;
    for (std::size_t i = 0; i < 6; ++i) at = at << 8 | bytes[i];
    return at;
}

/// 1 to 256: a little chance in each step keeps an id from being the next number after its neighbour.
std::uint64_t UuidGenerator::next_step() {
    if (steps_left_ == 0) {
        random_.fill(steps_);
        steps_left_ = steps_.size();
    }
    return 1 + std::uint64_t{steps_[--steps_left_]};
}

Uuid UuidGenerator::next() {
    const UnixMs now = std::clamp<UnixMs>(clock_.now(), 0, kTimestampMax);
    const UnixMs last = last_.timestamp();
    const bool first = last_.nil();
    const bool neighbour = !first && now - last < kNeighbour_ms;  // also when the clock stood still or stepped back

    UnixMs at = first ? now : std::max(now, last);
    if (neighbour) {
        if (!add_to_tail(last_, next_step())) {
            at = std::max(at, last + 1);
            set_fresh_tail(last_, random_);
        }
    } else {
        set_fresh_tail(last_, random_);
    }
    set_timestamp(last_, at);
    return last_;
}

}  // namespace ct

std::size_t std::hash<ct::Uuid>::operator()(const ct::Uuid& id) const noexcept {
    // The first half is mostly time and alike for neighbours; the second counts up. Both enter, and the finalizer of
    // MurmurHash3 spreads one changed bit over all.
    std::uint64_t first = 0, last = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        first = first << 8 | id.bytes[i];
        last = last << 8 | id.bytes[i + 8];
    }
    std::uint64_t h = last + first * 0x9e3779b97f4a7c15U;
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdU;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53U;
    return static_cast<std::size_t>(h ^ h >> 33);
}
