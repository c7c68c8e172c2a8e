// The simulator sees bugs: each of base/mutant.h is caught within 2,000 seeds, and without any of them nothing is.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/mutant.h"
#include "sim/run.h"

namespace ct::sim {

namespace {

using mutant::Bug;

struct Mutant {
    Bug bug;
    std::string_view name;
    std::string_view scenario;  ///< where it shows soonest
};

constexpr std::array<Mutant, static_cast<std::size_t>(Bug::count_) - 1> kMutants{{
    {Bug::ack_before_commit, "ack before commit", "fair"},
    {Bug::drop_operation, "drop an operation", "fair"},
    {Bug::ignore_receipts, "ignore receipts", "network"},
    {Bug::cursor_gap, "cursor gap", "fair"},
    {Bug::skip_rebase, "skip rebase", "network"},
    {Bug::compact_sent, "compaction past a sent operation", "network"},
    {Bug::page_without_cursor, "page without cursor", "fair"},
    {Bug::cursor_without_page, "cursor without page", "fair"},
    {Bug::never_settled, "never settled", "fair"},
    {Bug::half_group, "half a group", "people"},
    {Bug::wrong_stamp_order, "wrong stamp order", "fair"},
    {Bug::foreign_echo, "others' edits taken for an echo", "fair"},
    {Bug::sequence_after_renew, "sequence goes on after renew", "copies"},
    {Bug::crossed_workspaces, "crossed workspaces", "strangers"},
    {Bug::unsynced_commit, "unsynced commit", "crashes"},
    {Bug::saved_when_refused, "saved when refused", "disks"},
    {Bug::silent_deletes, "silent deletes", "fair"},
    {Bug::parked_for_ever, "parked for ever", "refused"},
}};

constexpr std::uint64_t kSeedsMax = 2'000;

}  // namespace

TEST_CASE("every seeded bug is caught") {
    log::set_level(log::Level::off);
    for (const Mutant& mutant : kMutants) {
        mutant::active = mutant.bug;
        std::uint64_t seed = 1;
        Outcome outcome;
        for (; seed <= kSeedsMax; ++seed) {
            outcome = run(make_plan(seed, find_scenario(mutant.scenario)));
            if (outcome.failed()) break;
        }
        mutant::active = Bug::none;
        CHECK_MESSAGE(outcome.failed(), mutant.name << " is not caught");
        MESSAGE(mutant.name << ": seed " << seed << ", " << outcome.broken.substr(0, 100));
    }
}

TEST_CASE("without them there is nothing to catch") {
    log::set_level(log::Level::off);
    for (std::uint64_t seed = 1; seed <= scenarios().size(); ++seed) {
        const Outcome outcome = run(make_plan(seed, nullptr));
        CHECK_MESSAGE(!outcome.failed(), outcome.broken);
    }
}

}  // namespace ct::sim
