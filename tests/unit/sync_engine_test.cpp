#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

#include "sync_engine_support.h"

namespace ct::sync {
namespace {

using namespace test;

TEST_CASE("engine: a round probes, pushes until nothing is left, then pulls page by page") {
    Hand hand;
    hand.edit(3);
    CHECK_FALSE(hand.engine.due().has_value());  // signed out
    CHECK(hand.engine.reason() == "No server is set, so nothing is sent");
    hand.sign_in();
    CHECK(hand.due_in() == 0);
    hand.fire();
    CHECK(hand.out.size() == 1);
    hand.answer_probe();
    CHECK(hand.need<action::PrepareBatch>().bytes_max == hand.tuning.batch_bytes_first);

    hand.answer_batch(2);
    CHECK(hand.need<action::SendPush>().sequence == 5);
    CHECK(hand.engine.transferring());
    const PushAnswer answer = verdicts(hand.need<action::SendPush>());
    hand.answer(hand.need<action::SendPush>().request, answer);
    CHECK(hand.need<action::Settle>().answer.results.size() == 2);
    hand.tell(event::QueueChanged{1, false});
    hand.tell(event::Settled{1, 1, 0, 0, 0});
    hand.answer_batch(1);
    hand.answer(hand.need<action::SendPush>().request, verdicts(hand.need<action::SendPush>()));
    hand.tell(event::QueueChanged{0, false});
    hand.tell(event::Settled{0, 0, 1, 0, 0});
    hand.answer_batch(0);

    CHECK_FALSE(hand.need<action::SendPull>().cursor.has_value());
    CHECK(hand.need<action::SendPull>().limit == hand.tuning.pull_first_limit);
    hand.answer_page(true);
    REQUIRE(hand.out.size() == 2);  // the next page is on its way while this one is written
    CHECK(std::holds_alternative<action::ApplyPage>(hand.out[0]));
    CHECK(hand.need<action::SendPull>().cursor == "c");
    CHECK(hand.need<action::SendPull>().limit == hand.tuning.pull_limit);
    const std::uint64_t second = hand.need<action::SendPull>().request;
    hand.tell(event::PageDone{500, false});
    CHECK(hand.out.empty());
    hand.answer(second, PullPage{});
    hand.now += 70;
    hand.tell(event::PageDone{20, false});
    const auto& finished = hand.need<action::RoundFinished>();
    CHECK(finished.outcome == "done");
    CHECK(finished.duration_ms == 70);
    CHECK(finished.counts.pushed == 3);
    CHECK(finished.counts.merged == 1);
    CHECK(finished.counts.superseded == 1);
    CHECK(finished.counts.pulled == 520);
    CHECK(finished.counts.requests == 5);
    CHECK_FALSE(finished.asked_for);
    CHECK(hand.engine.obstacle() == Obstacle::none);
    CHECK(hand.engine.last_error().empty());
}

TEST_CASE("engine: after a success the next round comes at the interval with its jitter, and needs no probe") {
    std::int64_t least = INT64_MAX, most = 0;
    Hand hand;
    hand.first_round();
    for (int i = 0; i < 200; ++i) {
        const std::int64_t due = hand.due_in();
        least = std::min(least, due);
        most = std::max(most, due);
        hand.fire();
        CHECK(hand.get<action::SendProbe>() == nullptr);
        hand.answer_batch(0);
        hand.answer_page();
        hand.tell(event::PageDone{});
    }
    CHECK(least >= 270'000);
    CHECK(most <= 330'000);
    CHECK(least < 280'000);  // spread, not a fixed number
    CHECK(most > 320'000);
}

TEST_CASE("engine: edits wait for a pause in the typing, but not for ever") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    CHECK(hand.due_in() == 2'000);
    const SteadyMs first = hand.now;
    for (int i = 0; i < 6; ++i) {
        hand.now += 1'500;
        hand.edit(i + 2);
    }
    CHECK(*hand.engine.due() == first + 10'000);
    CHECK(hand.engine.reason() == "Waiting a moment for more edits");
    // An edit during the round is the next round's.
    hand.fire();
    CHECK(hand.engine.reason() == "Sending now");
    const std::uint64_t push = hand.answer_batch(7);
    const PushAnswer answer = verdicts(hand.need<action::SendPush>());
    hand.now += 100;
    hand.edit(8);
    hand.answer(push, answer);
    hand.tell(event::QueueChanged{1, false});
    hand.tell(event::Settled{7, 0, 0, 0, 0});
    hand.answer_batch(0);
    hand.answer_page();
    hand.tell(event::PageDone{});
    CHECK(hand.due_in() == 2'000);
}

TEST_CASE("engine: working offline ends the round, and nothing goes until it is switched off") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    hand.fire();
    const std::uint64_t push = hand.answer_batch(1);
    const PushAnswer late = verdicts(hand.need<action::SendPush>());
    hand.tell(event::OfflineChosen{true});
    CHECK(hand.get<action::CancelRequests>() != nullptr);
    CHECK(hand.need<action::RoundFinished>().outcome == "OFFLINE_CHOSEN");
    CHECK_FALSE(hand.engine.due().has_value());
    CHECK(hand.engine.reason() == "Working offline is switched on");
    hand.answer(push, late);  // of a round that is over
    CHECK(hand.out.empty());
    hand.edit(2);
    hand.tell(event::LinkChanged{true});
    hand.tell(event::Nudged{});
    CHECK_FALSE(hand.engine.due().has_value());
    hand.tell(event::OfflineChosen{false});
    CHECK(hand.due_in() == 0);
}

TEST_CASE("engine: sync now begins at once, whatever was scheduled; during a round it asks for another") {
    Hand hand;
    hand.first_round();
    hand.now += 50;
    hand.tell(event::SyncAsked{});
    hand.answer_batch(0);
    hand.tell(event::SyncAsked{});
    CHECK(hand.out.empty());
    hand.answer(hand.engine.counts().requests == 1 ? 3 : 0, PullPage{});
    hand.tell(event::PageDone{});
    CHECK(hand.need<action::RoundFinished>().asked_for);
    CHECK(hand.due_in() == 0);
    hand.fire();
    hand.answer_batch(0);
    hand.answer_page();
    hand.tell(event::PageDone{});
    CHECK(hand.need<action::RoundFinished>().asked_for);
    CHECK(hand.due_in() > 200'000);
}

TEST_CASE("engine: sync now with one direction does that one alone, once") {
    Hand hand;
    hand.first_round();
    hand.tell(event::SyncAsked{true, false});
    hand.answer_batch(0);
    CHECK(hand.need<action::RoundFinished>().outcome == "done");
    hand.tell(event::SyncAsked{false, true});
    CHECK(hand.get<action::PrepareBatch>() == nullptr);
    hand.answer_page();
    hand.tell(event::PageDone{});
    hand.fire();
    hand.answer_batch(0);
    CHECK(hand.get<action::SendPull>() != nullptr);
}

TEST_CASE("engine: sync now says at once why nothing can happen") {
    const auto outcome = [](const Hand& hand) { return hand.need<action::RoundFinished>().outcome; };
    Hand hand;
    hand.tell(event::SyncAsked{});
    CHECK(outcome(hand) == "NO_SERVER");
    CHECK(hand.need<action::RoundFinished>().asked_for);
    hand.tell(event::Account{true, false});
    hand.tell(event::SyncAsked{});
    CHECK(outcome(hand) == "UNAUTHENTICATED");
    hand.tell(event::OfflineChosen{true});
    hand.tell(event::SyncAsked{false, true});
    CHECK(outcome(hand) == "OFFLINE_CHOSEN");
    // What was asked for then is not what the next round does.
    hand.tell(event::OfflineChosen{false});
    hand.sign_in();
    hand.fire();
    hand.answer_probe();
    CHECK(hand.get<action::PrepareBatch>() != nullptr);
}

TEST_CASE("engine: signing out ends the round") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    hand.fire();
    hand.answer_batch(1);
    hand.tell(event::Account{true, false});
    CHECK(hand.get<action::CancelRequests>() != nullptr);
    CHECK(hand.get<action::RoundFinished>() != nullptr);
    CHECK_FALSE(hand.engine.due().has_value());
}

TEST_CASE("engine: without a link it still looks now and then, however often it is told so") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    hand.tell(event::LinkChanged{false});
    const SteadyMs due = *hand.engine.due();
    CHECK(hand.due_in() == hand.tuning.link_down_retry_ms);
    CHECK(hand.engine.reason() == "No connection");
    for (int i = 0; i < 4; ++i) {
        hand.now += 60'000;
        hand.tell(event::LinkChanged{false});
        CHECK(*hand.engine.due() == due);
    }
    hand.tell(event::LinkChanged{true});
    CHECK(hand.due_in() == 0);
    hand.fire();
    CHECK(hand.get<action::SendProbe>() != nullptr);  // another network may lead elsewhere
}

TEST_CASE("engine: coming back to the window syncs, unless it just did") {
    Hand hand;
    hand.first_round();
    hand.now += 9'000;
    const std::int64_t due = hand.due_in();
    hand.tell(event::Nudged{});
    CHECK(hand.due_in() == due);
    hand.now += 1'000;
    hand.tell(event::Nudged{});
    CHECK(hand.due_in() == 0);
}

TEST_CASE("engine: what the store does not give out is no reason to run in circles") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    hand.fire();
    hand.answer_batch(0);
    hand.answer_page();
    hand.tell(event::PageDone{});
    CHECK(hand.due_in() > 200'000);
    hand.tell(event::QueueChanged{2, false});  // something was queued again
    CHECK(hand.due_in() == 0);
}

TEST_CASE("engine: an interval that the user chooses counts from now") {
    Hand hand;
    hand.first_round();
    hand.tell(event::IntervalChanged{60'000});
    CHECK(hand.due_in() <= 66'000);
    CHECK(hand.due_in() >= 54'000);
}

}  // namespace
}  // namespace ct::sync
