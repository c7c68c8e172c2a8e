// What happens in one run, as a list that a seed makes: what people do and what breaks, step by step. A list, so that
// a failing run can be thinned (see minimise.h): each step draws from a seed of its own and does the same when others
// are left out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace ct::sim {

/// What one step does, to its laptop or to the server.
enum class Act : std::uint8_t {
    // people
    edit,
    group,
    import,
    remove,
    restore,
    merge,
    unmerge,
    hand_over,
    foreign_field,  ///< as a newer program would write it: a field that neither this client nor the server knows
    nonsense,       ///< an operation that the server must refuse
    decide,
    retry,
    discard,
    take_back,
    sync_now,
    focus,
    offline,
    online,
    sweep,   ///< somebody deletes most of what there is
    answer,  ///< whether a pull that is held back for that may go on
    // laptops
    crash,
    power_cut,
    stop_at_write,
    disk_full,
    flushes_fail,
    clock_jump,
    link_down,
    lose_there,
    lose_back,
    portal,
    clone,
    copy_away,
    restore_copy,
    revoke,
    damage,  ///< the database is gone, cut short, no database any more, or as it was at its last checkpoint
    // the server
    server_down,
    server_stop_at_write,
    server_power_cut,
    server_disk_full,
    server_backup,
    server_restore,
};
inline constexpr std::size_t kActCount = static_cast<std::size_t>(Act::server_restore) + 1;
[[nodiscard]] std::string_view name(Act act);

/// How bad the world is. Rates of the network in percent of exchanges; acts by their weight among the steps.
struct Faults {
    int lose_request = 0;  ///< it never arrives; the client waits for its deadline
    int lose_answer = 0;   ///< done, and the client never hears of it
    int duplicate = 0;     ///< a proxy sends it twice
    int late = 0;          ///< it arrives after the client gave up and, maybe, after its next one
    int cut_answer = 0;    ///< the body ends early
    int portal_page = 0;   ///< a login page with status 200
    int error = 0;         ///< 500, 502, 503 or 429, before or after the work was done
    std::int64_t latency_max_ms = 200;
    std::array<int, kActCount> weight{};

    Faults& act(Act which, int heavy) {
        weight[static_cast<std::size_t>(which)] = heavy;
        return *this;
    }
};

/// The rates of the network by name, for `--calm` and for thinning.
struct Rate {
    std::string_view name;
    int Faults::*rate;
};
[[nodiscard]] std::span<const Rate> rates();

struct Scenario {
    std::string_view name, what;
    Faults faults;
    int steps_min = 8, steps_max = 40;
    std::int64_t pause_max_ms = 8'000;  ///< between two steps
    std::string_view seats = "ab";      ///< who may play, see world.h; the first two always do
};
[[nodiscard]] std::span<const Scenario> scenarios();
[[nodiscard]] const Scenario* find_scenario(std::string_view name);

struct Step {
    int number = 0;  ///< in the plan as it was made; thinning keeps it
    Act act = Act::edit;
    int laptop = 0;
    SteadyMs pause = 0;  ///< afterwards
    std::uint64_t seed = 0;
    SteadyMs length = 0;  ///< of what goes on for a while; 0: the seed chooses
};

struct Plan {
    std::uint64_t seed = 0;
    const Scenario* scenario = nullptr;
    Faults faults;      ///< the scenario's, unless thinned
    std::string seats;  ///< one letter per laptop
    std::vector<Step> steps;
    std::string recording{};  ///< the file that the steps are from, instead of the seed
};

/// `scenario` null: the seed chooses.
[[nodiscard]] Plan make_plan(std::uint64_t seed, const Scenario* scenario);

/// Mixes numbers into a seed (splitmix64), so that each part of a run has a stream of its own.
[[nodiscard]] std::uint64_t mix(std::uint64_t a, std::uint64_t b);

}  // namespace ct::sim
