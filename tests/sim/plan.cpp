#include "sim/plan.h"

#include <algorithm>

#include "base/random.h"

namespace ct::sim {

namespace {

constexpr std::array<std::string_view, kActCount> kNames{"edit",
                                                         "group",
                                                         "import",
                                                         "remove",
                                                         "restore",
                                                         "merge",
                                                         "unmerge",
                                                         "hand over",
                                                         "foreign field",
                                                         "nonsense",
                                                         "decide",
                                                         "retry",
                                                         "discard",
                                                         "take back",
                                                         "sync now",
                                                         "focus",
                                                         "offline",
                                                         "online",
                                                         "sweep",
                                                         "answer",
                                                         "crash",
                                                         "power cut",
                                                         "stop at write",
                                                         "disk full",
                                                         "flushes fail",
                                                         "clock jump",
                                                         "link down",
                                                         "lose there",
                                                         "lose back",
                                                         "portal",
                                                         "clone",
                                                         "copy away",
                                                         "restore copy",
                                                         "revoke",
                                                         "damage",
                                                         "server down",
                                                         "server stop at write",
                                                         "server power cut",
                                                         "server disk full",
                                                         "server backup",
                                                         "server restore"};

constexpr std::array<Rate, 7> kRates{{{"lose-request", &Faults::lose_request},
                                      {"lose-answer", &Faults::lose_answer},
                                      {"duplicate", &Faults::duplicate},
                                      {"late", &Faults::late},
                                      {"cut-answer", &Faults::cut_answer},
                                      {"portal-page", &Faults::portal_page},
                                      {"error", &Faults::error}}};

/// What people do in all scenarios.
Faults people() {
    Faults faults;
    faults.act(Act::edit, 40).act(Act::group, 6).act(Act::import, 2).act(Act::remove, 5).act(Act::restore, 2);
    faults.act(Act::decide, 3).act(Act::sync_now, 3).act(Act::focus, 1).act(Act::foreign_field, 2);
    return faults;
}

Faults storm(Faults faults) {
    faults.lose_request = 10;
    faults.lose_answer = 12;
    faults.duplicate = 10;
    faults.late = 4;
    faults.cut_answer = 5;
    faults.portal_page = 4;
    faults.error = 5;
    faults.latency_max_ms = 3'000;
    return faults;
}

std::vector<Scenario> all_scenarios() {
    std::vector<Scenario> all;
    all.push_back({"fair", "a good network, people who edit", people(), 8, 40, 8'000, "abcA"});

    all.push_back({"network", "lost, late, doubled, cut and foreign answers", storm(people()), 10, 50, 10'000, "abAc"});
    all.back().faults.act(Act::link_down, 2).act(Act::lose_there, 2).act(Act::lose_back, 2).act(Act::portal, 1);

    all.push_back({"crashes", "programs and machines that stop at any write", people(), 10, 50, 4'000, "abAc"});
    Faults& crashes = all.back().faults;
    crashes.lose_answer = 10;
    crashes.act(Act::crash, 4).act(Act::power_cut, 4).act(Act::stop_at_write, 8).act(Act::server_down, 2);
    crashes.act(Act::server_stop_at_write, 3).act(Act::server_power_cut, 2);

    all.push_back({"disks", "disks that are full or fail to flush", people(), 10, 40, 6'000, "abA"});
    Faults& disks = all.back().faults;
    disks.act(Act::disk_full, 5).act(Act::flushes_fail, 3).act(Act::server_disk_full, 3).act(Act::stop_at_write, 3);

    all.push_back({"long-offline", "a long time without a server, then all at once", people(), 30, 90, 60'000, "abAc"});
    all.back().faults.act(Act::server_down, 1).act(Act::offline, 3).act(Act::online, 1).act(Act::crash, 1);

    all.push_back({"copies", "cloned profiles, laptops restored from old copies", people(), 10, 45, 8'000, "abA"});
    Faults& copies = all.back().faults;
    copies.lose_answer = 10;
    copies.act(Act::clone, 3).act(Act::copy_away, 4).act(Act::restore_copy, 4).act(Act::crash, 1);

    all.push_back({"restored-server", "a server restored from an old backup", people(), 10, 45, 10'000, "abA"});
    Faults& restored = all.back().faults;
    restored.lose_answer = 5;
    restored.act(Act::server_backup, 4).act(Act::server_restore, 3).act(Act::remove, 0).act(Act::crash, 1);

    all.push_back({"clocks", "clocks that jump by up to two years", people(), 10, 45, 10'000, "abAc"});
    all.back().faults.act(Act::clock_jump, 8).act(Act::crash, 2);

    all.push_back(
        {"people", "merged leads, conflicts, decisions, leads that change hands", people(), 15, 60, 8'000, "abecA"});
    Faults& team = all.back().faults;
    team.act(Act::merge, 5).act(Act::unmerge, 2).act(Act::hand_over, 6).act(Act::decide, 8).act(Act::take_back, 4);
    team.act(Act::retry, 2).act(Act::discard, 2).act(Act::offline, 2).act(Act::online, 3).act(Act::revoke, 1);

    all.push_back({"refused", "operations that the server refuses (rule 5)", people(), 8, 40, 5'000, "abA"});
    all.back().faults.act(Act::nonsense, 8).act(Act::retry, 2).act(Act::discard, 2);

    all.push_back({"strangers", "two workspaces in one server", people(), 8, 40, 5'000, "abxyA"});
    all.back().faults.lose_answer = 5;

    all.push_back({"sweeps", "most records are deleted, and every laptop asks first", people(), 6, 20, 8'000, "abA"});
    all.back().faults.act(Act::import, 8).act(Act::sweep, 8).act(Act::answer, 6).act(Act::crash, 1);

    all.push_back({"damage", "databases that are gone or damaged, with unsent work", people(), 10, 40, 8'000, "abAc"});
    all.back().faults.lose_answer = 5;
    all.back().faults.act(Act::damage, 6).act(Act::crash, 2).act(Act::offline, 2).act(Act::online, 3);

    all.push_back({"storm", "everything but copies and restores", storm(people()), 15, 70, 8'000, "abecxA"});
    Faults& worst = all.back().faults;
    worst.act(Act::merge, 3).act(Act::unmerge, 1).act(Act::hand_over, 3).act(Act::nonsense, 2).act(Act::retry, 1);
    worst.act(Act::discard, 1).act(Act::take_back, 1).act(Act::offline, 1).act(Act::online, 2).act(Act::crash, 2);
    worst.act(Act::power_cut, 2).act(Act::stop_at_write, 4).act(Act::disk_full, 1).act(Act::flushes_fail, 1);
    worst.act(Act::clock_jump, 2).act(Act::link_down, 1).act(Act::lose_there, 1).act(Act::lose_back, 1);
    worst.act(Act::portal, 1).act(Act::revoke, 1).act(Act::server_down, 2).act(Act::server_stop_at_write, 2);
    worst.act(Act::damage, 1).act(Act::server_power_cut, 1).act(Act::server_disk_full, 1);
    return all;
}

Act pick(Random& random, const Faults& faults) {
    int total = 0;
    for (const int weight : faults.weight) total += weight;
    auto left = static_cast<int>(random.below(static_cast<std::uint64_t>(total)));
    std::size_t act = 0;
    while (left >= faults.weight[act]) left -= faults.weight[act++];
    return static_cast<Act>(act);
}

}  // namespace

std::string_view name(Act act) { return kNames[static_cast<std::size_t>(act)]; }
std::span<const Rate> rates() { return kRates; }

std::span<const Scenario> scenarios() {
    static const std::vector<Scenario> all = all_scenarios();
    return all;
}

const Scenario* find_scenario(std::string_view wanted) {
    for (const Scenario& scenario : scenarios()) {
        if (scenario.name == wanted) return &scenario;
    }
    return nullptr;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    std::uint64_t z = a + 0x9e3779b97f4a7c15U * (b + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

Plan make_plan(std::uint64_t seed, const Scenario* scenario) {
    Plan plan;
    plan.seed = seed;
    std::vector<const Scenario*> chosen;
    for (const Scenario& one : scenarios()) {
        chosen.push_back(&one);
    }
    plan.scenario = scenario != nullptr ? scenario : chosen[seed % chosen.size()];
    plan.faults = plan.scenario->faults;
    SeededRandom random(mix(seed, 0));
    const std::string_view seats = plan.scenario->seats;
    plan.seats = seats.substr(0, 2);
    for (const char seat : seats.substr(2)) {
        if (random.below(2) == 0) plan.seats += seat;
    }
    const auto spread = static_cast<std::uint64_t>(plan.scenario->steps_max - plan.scenario->steps_min + 1);
    const int steps = plan.scenario->steps_min + static_cast<int>(random.below(spread));
    // Bursts of work and long breaks: both happen, and each has its own bugs.
    const std::int64_t pause_max =
        random.below(4) == 0 ? plan.scenario->pause_max_ms * 20 : plan.scenario->pause_max_ms;
    for (int i = 0; i < steps; ++i) {
        Step step;
        step.number = i;
        step.act = pick(random, plan.faults);
        step.laptop = static_cast<int>(random.below(plan.seats.size()));
        step.pause = static_cast<SteadyMs>(random.below(static_cast<std::uint64_t>(pause_max)));
        if (random.below(4) == 0) step.pause = 0;
        step.seed = random.next();
        plan.steps.push_back(step);
    }
    return plan;
}

}  // namespace ct::sim
