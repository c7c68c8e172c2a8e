// Runs from seeds. CT_SIM_RUNS: how many (default 60); CT_SIM_SEED: only this one, to look at a failure again.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "sim/world.h"

namespace ct::sim {

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
    const char* text = std::getenv(variable);
    return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

/// Runs the scenario for each seed; a failure names the seed that brings it back.
void for_seeds(std::uint64_t runs, void (*scenario)(World&), int laptops_max) {
    const std::uint64_t only = number_from("CT_SIM_SEED", 0);
    const std::uint64_t first = only != 0 ? only : 1, count = only != 0 ? 1 : number_from("CT_SIM_RUNS", runs);
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        CAPTURE(seed);
        World world(seed, 2 + static_cast<int>(seed % static_cast<std::uint64_t>(laptops_max - 1)));
        scenario(world);
        const bool settled = world.settle();
        REQUIRE_MESSAGE(world.failure.empty(), world.failure << " (CT_SIM_SEED=" << seed << ")");
        REQUIRE_MESSAGE(settled, "something waits for ever (CT_SIM_SEED=" << seed << ")" << world.describe());
        const std::string broken = world.check();
        REQUIRE_MESSAGE(broken.empty(), broken << " (CT_SIM_SEED=" << seed << ")");
    }
}

void edit_for_a_while(World& world, int edits, std::int64_t pause_max_ms) {
    for (int i = 0; i < edits && world.failure.empty(); ++i) {
        Laptop& laptop = world.laptop(world.random().below(world.size()));
        if (!laptop.running()) laptop.start();
        laptop.edit_at_random();
        world.run_until(world.now() +
                        static_cast<SteadyMs>(world.random().below(static_cast<std::uint64_t>(pause_max_ms))));
    }
}

}  // namespace

TEST_CASE("in fair weather all laptops come to show the same") {
    for_seeds(
        20, [](World& world) { edit_for_a_while(world, 40, 5'000); }, 5);
}

TEST_CASE("lost requests, lost answers, duplicates and login pages lose and double nothing") {
    for_seeds(
        60,
        [](World& world) {
            world.weather = {.lose_request = 15,
                             .lose_answer = 15,
                             .duplicate = 15,
                             .cut_answer = 5,
                             .login_page = 5,
                             .latency_max_ms = 3'000};
            edit_for_a_while(world, 60, 10'000);
        },
        5);
}

TEST_CASE("laptops that crash and a server that comes and goes lose nothing that was saved") {
    for_seeds(
        60,
        [](World& world) {
            world.weather = {.lose_request = 5,
                             .lose_answer = 20,
                             .duplicate = 5,
                             .cut_answer = 5,
                             .login_page = 0,
                             .latency_max_ms = 1'000};
            for (int i = 0; i < 15 && world.failure.empty(); ++i) {
                edit_for_a_while(world, 5, 4'000);
                const std::uint64_t dice = world.random().below(6);
                if (dice < 3) world.laptop(world.random().below(world.size())).crash();
                if (dice == 3) world.restart_server();
                if (dice >= 4) world.server_up(dice == 4);
            }
        },
        5);
}

TEST_CASE("a long time without a server, then everything at once") {
    for_seeds(
        20,
        [](World& world) {
            world.server_up(false);
            edit_for_a_while(world, 120, 60'000);
        },
        4);
}

TEST_CASE("an operation that the server refuses delays nothing else (rule 5)") {
    for_seeds(
        20,
        [](World& world) {
            for (int i = 0; i < 4; ++i) {
                world.laptop(0).save_nonsense();
                edit_for_a_while(world, 5, 3'000);
            }
            world.run_until(world.now() + 600'000);
            const auto& queue = world.laptop(0).replica().store().queue();
            CHECK(queue.errors >= 4);
            CHECK(queue.sendable == 0);
        },
        3);
}

}  // namespace ct::sim
