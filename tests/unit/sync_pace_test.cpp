#include <doctest/doctest.h>

#include <cmath>

#include "base/random.h"
#include "sync/pace.h"

namespace ct::sync {

namespace {

constexpr SteadyMs kLongest = 15'000;

/// A link of so many units a millisecond, with so long a round trip, that breaks after so many milliseconds on it.
struct Wire {
    double rate;
    SteadyMs round_trip;
    double between_ms;  // breaks, on average; 0: never
    SeededRandom random{3};

    [[nodiscard]] SteadyMs takes(std::size_t amount) const {
        return round_trip + static_cast<SteadyMs>(static_cast<double>(amount) / rate);
    }
    /// When the next break comes, from now on (exponential: it does not remember).
    [[nodiscard]] double next_break() {
        if (between_ms == 0) return 1e18;
        const double chance = (static_cast<double>(random.below(1'000'000)) + 1) / 1'000'001;
        return -std::log(chance) * between_ms;
    }
};

/// Milliseconds until `total` went through.
double carry(Wire& wire, Pace& pace, Portion& portion, std::size_t total) {
    double clock = 0;
    int in_a_row = 0;
    for (std::size_t left = total; left > 0;) {
        const std::size_t amount = std::min(left, portion.size());
        const SteadyMs takes = wire.takes(amount);
        const double breaks = wire.next_break();
        if (breaks < static_cast<double>(takes)) {
            clock += breaks + static_cast<double>(wire.round_trip);  // and a new connection
            pace.broke(static_cast<SteadyMs>(breaks));
            portion.broke(pace, ++in_a_row);
            continue;
        }
        clock += static_cast<double>(takes);
        in_a_row = 0;
        pace.through(takes);
        portion.through(pace, amount, takes);
        left -= amount;
    }
    return clock;
}

}  // namespace

TEST_CASE("pace: on a fast link a portion is as large as it may be at once") {
    Pace pace(kLongest);
    Portion rows(500, 2'000);
    pace.through(1);
    pace.through(8);
    rows.through(pace, 500, 8);
    CHECK(rows.size() == 2'000);
}

TEST_CASE("pace: on a slow link an exchange takes no longer than the longest") {
    Pace pace(kLongest);
    Portion bytes(1'000, 1'000'000);
    Wire wire{8, 400, 0};  // 64 kbit/s
    pace.through(wire.takes(0));
    carry(wire, pace, bytes, 300'000);
    CHECK(wire.takes(bytes.size()) <= kLongest + 100);
    CHECK(wire.takes(bytes.size()) >= kLongest * 9 / 10);
}

TEST_CASE("pace: each break in a row halves it, down to one unit, and what goes through doubles it at most") {
    Pace pace(kLongest);
    Portion portion(64, 1'000);
    std::size_t size = 64;
    for (int in_a_row = 1; in_a_row < 10; ++in_a_row) {
        pace.broke(1'000);
        portion.broke(pace, in_a_row);
        size = std::max<std::size_t>(size / 2, 1);
        REQUIRE(portion.size() == size);
    }
    pace.through(1);
    portion.through(pace, 1, 1);
    CHECK(portion.size() == 2);
}

TEST_CASE("pace: what was little of a portion does not shrink it") {
    Pace pace(kLongest);
    Portion portion(100'000, 1'000'000);
    pace.through(10);
    pace.through(9'000);  // one operation, and a server that was busy
    portion.through(pace, 200, 9'000);
    CHECK(portion.size() == 100'000);
    portion.through(pace, 0, 25'000);
    CHECK(portion.size() == 100'000);
}

TEST_CASE("pace: another link is another matter") {
    Pace pace(kLongest);
    pace.through(400);
    pace.broke(2'000);
    CHECK(pace.target_ms() < kLongest);
    pace.forget();
    CHECK(pace.target_ms() == kLongest);
    CHECK(pace.overhead_ms() == 0);
}

TEST_CASE("pace: a link that breaks all the time is used nearly as well as it can be") {
    struct Case {
        double rate, between_ms;
    };
    for (const Case& link : {Case{16, 4'000}, Case{8, 2'500}, Case{100, 10'000}}) {
        CAPTURE(link.rate);
        constexpr std::size_t kTotal = 3'000'000;
        Wire wire{link.rate, 400, link.between_ms};
        Pace pace(kLongest);
        Portion portion(256 * 1'024, 2 * 1'024 * 1'024);
        pace.through(400);
        const double ours = carry(wire, pace, portion, kTotal);
        // Against the best of all fixed sizes, found by trying.
        double best = 1e18;
        for (double size = 1'000; size < 200'000; size *= 1.3) {
            const double takes = 400 + size / link.rate, per = std::exp(takes / link.between_ms);
            best = std::min(best, static_cast<double>(kTotal) / size * (link.between_ms + 400) * (per - 1));
        }
        CHECK(ours < best * 1.25);
    }
}

}  // namespace ct::sync
