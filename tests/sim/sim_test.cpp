// Runs from seeds, scenario by scenario, for a bounded time. CT_SIM_SECONDS: for how long in all (20; where CI is true,
// 240); CT_SIM_RUNS: how many runs in all at most (10,000).
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>

#include "sim/run.h"

namespace ct::sim {

namespace {

/// Known to hold: this is the net under every change. tools/sim goes further, and what fails there is an open fault.
constexpr std::uint64_t kRunsThatHold = 10'000;

std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
    const char* text = std::getenv(variable);
    return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

bool in_ci() {
    const char* text = std::getenv("CI");
    return text != nullptr && std::string(text) == "true";
}

}  // namespace

TEST_CASE("whatever breaks in between, the rules hold") {
    quiet();
    using clock = std::chrono::steady_clock;
    const auto scenarios_count = static_cast<std::uint64_t>(scenarios().size());
    const std::uint64_t runs_max = std::max<std::uint64_t>(number_from("CT_SIM_RUNS", kRunsThatHold), scenarios_count);
    const auto end = clock::now() + std::chrono::seconds(number_from("CT_SIM_SECONDS", in_ci() ? 240 : 20));
    std::uint64_t runs = 0;
    // Every scenario once, however slow this build is; then until the time is up.
    for (std::uint64_t seed = 1; runs < runs_max && (runs < scenarios_count || clock::now() < end); ++seed, ++runs) {
        const Plan plan = make_plan(seed, nullptr);
        const Outcome outcome = run(plan);
        REQUIRE_MESSAGE(!outcome.failed(), outcome.broken << "\n  " << command_line(plan) << " --trace");
    }
    MESSAGE(runs << " runs");
}

TEST_CASE("a run is the same each time that it is run") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Plan plan = make_plan(seed, nullptr);
        CHECK(run(plan, true).story == run(plan, true).story);
    }
}

TEST_CASE("a plan can be thinned, and said on a command line") {
    Plan plan = make_plan(7, find_scenario("storm"));
    const std::size_t all = plan.steps.size();
    REQUIRE(all >= 12);
    CHECK(keep_steps(plan, "0,3-5,9"));
    CHECK(plan.steps.size() == 5);
    CHECK(calm(plan, "late,error"));
    CHECK(plan.faults.late == 0);
    CHECK(command_line(plan) == "tools/sim --scenario storm --seed 7 --keep 0,3-5,9 --calm late,error");
    CHECK_FALSE(keep_steps(plan, "3-"));
    CHECK_FALSE(calm(plan, "sunshine"));
}

}  // namespace ct::sim
