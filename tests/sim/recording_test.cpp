// A recording as the start of a simulation.
#include "sim/recording.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "client/recorder.h"
#include "sim/run.h"
#include "sim/world.h"

namespace ct::sim {
namespace {

/// A day of one laptop, as its recorder saw it: a lost answer, a login page, a restart, offline work.
void record_day(const std::string& directory) {
    SteadyMs now = 0;
    const VirtualClock clock(now);
    SeededRandom source(3);
    for (int start = 0; start < 2; ++start) {
        client::Recorder recorder(directory, "test", clock);
        sync::NotedRandom chance(source);
        sync::Engine engine(sync::Tuning{}, chance);
        recorder.begins(engine, now);
        std::vector<sync::Action> out;
        const auto tell = [&](sync::Event event, SteadyMs later = 1'000) {
            now += later;
            chance.forget();
            recorder.takes(event, now);
            out = engine.handle(std::move(event), now);
            recorder.gives(engine, out, chance.drawn());
        };
        const auto fails = [&](sync::Unreachable::Kind kind, bool timed_out) {
            tell(sync::event::SyncAsked{});
            const auto* probe = std::get_if<sync::action::SendProbe>(&out.front());
            REQUIRE(probe != nullptr);
            tell(sync::event::Answered{probe->request, sync::Unreachable{kind, timed_out, "in words", false}}, 30'000);
        };
        tell(sync::event::Account{true, true});
        for (int i = 0; i < 5; ++i) tell(sync::event::QueueChanged{i + 1, true});
        fails(sync::Unreachable::Kind::server_away, true);
        fails(sync::Unreachable::Kind::login_page, false);
        tell(sync::event::OfflineChosen{true});
        tell(sync::event::QueueChanged{6, true}, 3'600'000);
        tell(sync::event::OfflineChosen{false});
        tell(sync::event::LinkChanged{false});
        tell(sync::event::LinkChanged{true}, 120'000);
        now += kHour;
    }
}

}  // namespace

TEST_CASE("what a flight recorder kept becomes a plan, and the rules hold in it") {
    quiet();
    const std::string directory = directory_of_laptop(0) + "/recording";
    std::filesystem::remove_all(directory);
    record_day(directory);
    const auto plan = plan_of_recording(directory, 7);
    REQUIRE(plan.has_value());
    const auto count = [&](Act act) {
        return std::count_if(plan->steps.begin(), plan->steps.end(),
                             [act](const Step& step) { return step.act == act; });
    };
    CHECK(count(Act::edit) == 12 + 3);  // and the other laptop's
    CHECK(count(Act::sync_now) == 4);
    CHECK(count(Act::lose_back) == 2);
    CHECK(count(Act::portal) == 2);
    CHECK(count(Act::link_down) == 2);
    CHECK(count(Act::offline) == 2);
    CHECK(count(Act::online) == 2);
    CHECK(count(Act::crash) == 1);
    for (const Step& step : plan->steps) {
        if (step.act == Act::link_down) CHECK(step.length == 120'000);
        if (step.act == Act::lose_back) CHECK(step.length >= 30'000);
    }
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const auto one = plan_of_recording(directory, seed);
        REQUIRE(one.has_value());
        const Outcome outcome = run(*one);
        CHECK_MESSAGE(!outcome.failed(), outcome.broken << "\n  " << command_line(*one));
    }
    std::filesystem::remove_all(directory);
    CHECK(plan_of_recording(directory, 1).error().code == "FILE_NOT_FOUND");
    std::filesystem::create_directory(directory);
    CHECK(plan_of_recording(directory, 1).error().code == "NO_RECORDING");
}

}  // namespace ct::sim
