// The sync engine when things go wrong: refusals, timeouts, answers that do not belong. All of it at random is in
// sync_engine_walk_test.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sync_engine_support.h"

namespace ct::sync {
namespace {

using namespace test;

TEST_CASE("engine: backoff with full jitter from 1 s to 5 min, started anew by a successful probe") {
    Hand hand;
    hand.sign_in();
    hand.edit(1);
    std::vector<std::int64_t> most(14, 0), least(14, INT64_MAX);
    for (int run = 0; run < 200; ++run) {
        for (std::size_t failure = 0; failure < most.size(); ++failure) {
            hand.fire();
            hand.answer(hand.need<action::SendProbe>().request, away());
            CHECK(hand.need<action::RoundFinished>().outcome == "SERVER_AWAY");
            most[failure] = std::max(most[failure], hand.due_in());
            least[failure] = std::min(least[failure], hand.due_in());
        }
        hand.fire();
        hand.answer_probe();
        hand.answer(hand.answer_batch(1), away());
        const bool anew = hand.due_in() <= 1'200;
        REQUIRE(anew);
        REQUIRE(hand.engine.reason() == "The server does not answer: refused");
        hand.tell(event::LinkChanged{false});
        hand.tell(event::LinkChanged{true});  // so that the next run begins at the first step again
        CHECK(hand.due_in() == 0);
    }
    for (std::size_t failure = 0; failure < most.size(); ++failure) {
        CAPTURE(failure);
        const std::int64_t ceiling = std::min<std::int64_t>(300'000, 1'000LL << failure);
        CHECK(least[failure] >= hand.tuning.backoff_floor_ms);
        CHECK(most[failure] <= ceiling + hand.tuning.backoff_floor_ms);
        CHECK(most[failure] > ceiling * 9 / 10);                              // full jitter: from (nearly) nothing …
        CHECK(least[failure] < ceiling / 10 + hand.tuning.backoff_floor_ms);  // … up to the ceiling
    }
}

TEST_CASE("engine: edits do not turn into a hammer on a server that is away") {
    Hand hand;
    hand.sign_in();
    hand.edit(1);
    for (int i = 0; i < 12; ++i) {
        hand.fire();
        hand.answer(hand.need<action::SendProbe>().request, away());
    }
    const SteadyMs due = *hand.engine.due();
    for (int i = 0; i < 20 && hand.now + 10 < due; ++i) {
        hand.now += 10;
        hand.edit(i + 2);
        CHECK(*hand.engine.due() == due);
    }
}

TEST_CASE("engine: Retry-After is kept, once") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    hand.fire();
    hand.answer(hand.answer_batch(1), problem(503, "BUSY", 90));
    CHECK(hand.need<action::RoundFinished>().outcome == "BUSY");
    CHECK(hand.due_in() == 90'000);
    CHECK(hand.engine.obstacle() == Obstacle::busy);
    hand.tell(event::Nudged{});
    CHECK(hand.due_in() == 90'000);
    hand.edit(2);
    CHECK(hand.due_in() == 90'000);
    // The next failure is another one: the server's wish is no longer known.
    hand.fire();
    hand.answer(hand.answer_batch(1), away());
    CHECK(hand.due_in() <= 2'200);
    hand.fire();
    hand.answer_probe();
    hand.answer(hand.answer_batch(1), problem(429, "TOO_MANY", 0));
    CHECK(hand.due_in() == hand.tuning.backoff_floor_ms);
}

TEST_CASE("engine: TOO_LARGE halves the batch and goes on at once, down to what cannot be smaller") {
    Hand hand;
    hand.first_round();
    hand.edit(4);
    hand.fire();
    std::size_t bytes = hand.need<action::PrepareBatch>().bytes_max;
    CHECK(bytes == hand.tuning.batch_bytes_first);
    int tries = 0;
    hand.answer(hand.answer_batch(4), problem(413, "TOO_LARGE"));
    for (; bytes > 1; ++tries) {
        CHECK(hand.need<action::PrepareBatch>().bytes_max == bytes / 2);
        bytes /= 2;
        hand.answer(hand.answer_batch(4), problem(413, "TOO_LARGE"));  // a group, say, which is not divided
    }
    CHECK(bytes == 1);
    CHECK(tries == 18);
    const PushAnswer& given_up = hand.need<action::Settle>().answer;
    CHECK(given_up.results.size() == 4);
    hand.tell(event::QueueChanged{1, false, 0, 4, 0});
    hand.tell(event::Settled{0, 0, 0, 0, 4});

    // What went through doubles it again.
    const std::uint64_t push = hand.answer_batch(1);
    hand.answer(push, verdicts(hand.need<action::SendPush>()));
    hand.tell(event::Settled{1, 0, 0, 0, 0});
    CHECK(hand.need<action::PrepareBatch>().bytes_max == 2);
}

TEST_CASE("engine: what the server cannot read is found by halving, and nothing waits behind it (rule 5)") {
    Hand hand;
    hand.first_round();
    hand.edit(2);
    hand.fire();
    const std::size_t bytes = hand.need<action::PrepareBatch>().bytes_max;
    hand.answer(hand.answer_batch(2), problem(400, "MALFORMED"));
    CHECK(hand.need<action::PrepareBatch>().bytes_max == bytes / 2);
    hand.answer(hand.answer_batch(1), problem(400, "MALFORMED"));
    const OperationResult& result = hand.need<action::Settle>().answer.results.at(0);
    CHECK(result.verdict == Verdict::rejected);
    CHECK(result.error.code == "MALFORMED");
    hand.tell(event::QueueChanged{1, false, 0, 1, 0});
    hand.tell(event::Settled{0, 0, 0, 0, 1});
    const std::uint64_t push = hand.answer_batch(1);
    hand.answer(push, verdicts(hand.need<action::SendPush>()));
    hand.tell(event::QueueChanged{0, false, 0, 1, 0});
    hand.tell(event::Settled{1, 0, 0, 0, 0});
    hand.answer_batch(0);
    (void)hand.need<action::SendPull>();
}

TEST_CASE("engine: a request that was cut on its way is no verdict on what was in it") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    hand.fire();
    hand.answer(hand.answer_batch(1), problem(400, "INCOMPLETE"));
    CHECK(hand.need<action::RoundFinished>().outcome == "INCOMPLETE");
    CHECK(hand.engine.obstacle() == Obstacle::protocol);
}

TEST_CASE("engine: a single operation that is too large is refused, and nothing waits behind it (rule 5)") {
    Hand hand;
    hand.first_round();
    hand.edit(2);
    hand.fire();
    hand.answer(hand.answer_batch(1), problem(413, "TOO_LARGE"));
    const OperationResult& result = hand.need<action::Settle>().answer.results.at(0);
    CHECK(result.verdict == Verdict::rejected);
    CHECK(result.error.code == "TOO_LARGE");
    hand.tell(event::QueueChanged{1, false, 0, 1, 0});
    hand.tell(event::Settled{0, 0, 0, 0, 1});
    // Its number is missing at the server, which says what it expects; then the rest goes.
    Problem gap = problem(409, "SEQUENCE_GAP");
    gap.expected = 5;
    hand.answer(hand.answer_batch(1), gap);
    CHECK(hand.need<action::NumberFrom>().sequence == 5);
    hand.tell(event::IdentityRenewed{"d", "e"});
    const std::uint64_t push = hand.answer_batch(1);
    hand.answer(push, verdicts(hand.need<action::SendPush>()));
    CHECK(hand.get<action::Settle>() != nullptr);
}

TEST_CASE("engine: a push that timed out is tried with half the bytes") {
    Hand hand;
    hand.first_round();
    hand.edit(9);
    hand.fire();
    hand.answer(hand.answer_batch(9), away(true));
    hand.fire();
    hand.answer_probe();
    CHECK(hand.need<action::PrepareBatch>().bytes_max == hand.tuning.batch_bytes_first / 2);
    hand.answer(hand.answer_batch(9), away(false));  // refused: no matter of size
    hand.fire();
    hand.answer_probe();
    CHECK(hand.need<action::PrepareBatch>().bytes_max == hand.tuning.batch_bytes_first / 2);
}

TEST_CASE("engine: an exchange that is cut off goes on at once, with less, and without asking who is there") {
    Hand hand;
    hand.first_round();
    hand.edit(9);
    hand.fire();
    Unreachable cut = away(true);
    cut.broken_off = true;
    std::size_t bytes = hand.need<action::PrepareBatch>().bytes_max;
    for (int i = 0; i < hand.tuning.breaks_in_a_row_max; ++i) {
        hand.answer(hand.answer_batch(9), cut);
        CHECK(hand.need<action::PrepareBatch>().bytes_max < bytes);
        bytes = hand.need<action::PrepareBatch>().bytes_max;
    }
    hand.answer(hand.answer_batch(9), cut);  // enough: it waits, and asks first
    CHECK(hand.need<action::RoundFinished>().outcome == "SERVER_AWAY");
    CHECK(hand.due_in() >= hand.tuning.backoff_floor_ms);
    hand.fire();
    hand.answer_probe();
    CHECK(hand.need<action::PrepareBatch>().bytes_max < bytes);
}

TEST_CASE("engine: a page that is cut off is asked for again, where it began and with fewer rows") {
    Hand hand;
    hand.first_round();
    hand.tell(event::SyncAsked{false, true});
    PullPage page;
    page.cursor = "c1";
    page.has_more = true;
    page.rows.resize(3);
    hand.answer(hand.need<action::SendPull>().request, page);
    Unreachable cut = away(true);
    cut.broken_off = true;
    const action::SendPull second = hand.need<action::SendPull>();
    hand.answer(second.request, cut);  // while the first is still being written
    const action::SendPull again = hand.need<action::SendPull>();
    CHECK(again.cursor == second.cursor);
    CHECK(again.limit < second.limit);
    hand.tell(event::PageDone{3, false});
    page.cursor = "c2";
    page.has_more = false;
    hand.answer(again.request, page);
    hand.tell(event::PageDone{3, false});
    CHECK(hand.need<action::RoundFinished>().outcome == "done");
    CHECK(hand.engine.counts().pulled == 6);
}

TEST_CASE("engine: a record that was lost here restarts the pull within the round, and a page on its way is no use") {
    Hand hand;
    hand.first_round();
    hand.tell(event::SyncAsked{});
    hand.answer_batch(0);
    hand.answer_page(true);
    const auto ahead = hand.need<action::SendPull>().request;
    hand.tell(event::PageDone{.rows = 2, .lost = true});
    hand.need<action::CancelRequests>();
    CHECK(!hand.need<action::SendPull>().cursor);
    const auto anew = hand.need<action::SendPull>().request;
    hand.answer(ahead, PullPage{});
    CHECK(hand.out.empty());
    PullPage page;
    page.cursor = "c";
    hand.answer(anew, page);
    hand.tell(event::PageDone{.rows = 9});
    CHECK(hand.need<action::RoundFinished>().outcome == "done");
    CHECK(hand.engine.counts().pulled == 11);
}

TEST_CASE("engine: a record that is lost again and again ends the round") {
    Hand hand;
    hand.first_round();
    hand.tell(event::SyncAsked{});
    hand.answer_batch(0);
    int pulls = 0;
    while (hand.get<action::SendPull>() != nullptr) {
        ++pulls;
        hand.answer_page();
        hand.tell(event::PageDone{.lost = true});
    }
    CHECK(pulls == 4);
    CHECK(hand.need<action::RoundFinished>().outcome == "PROTOCOL");
    CHECK(hand.engine.due());
}

TEST_CASE("engine: batches grow up to the limit") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    hand.fire();
    for (int i = 0; i < 6; ++i) {
        const std::uint64_t push = hand.answer_batch(1);
        hand.answer(push, verdicts(hand.need<action::SendPush>()));
        hand.tell(event::Settled{});
    }
    CHECK(hand.need<action::PrepareBatch>().bytes_max == hand.tuning.batch_bytes_max);
}

TEST_CASE("engine: a token that is refused is dropped; the queue waits for the next sign-in") {
    Hand hand;
    hand.first_round();
    hand.edit(2);
    hand.fire();
    hand.answer(hand.answer_batch(2), problem(401, "UNAUTHENTICATED"));
    CHECK(hand.get<action::DropToken>() != nullptr);
    CHECK(hand.need<action::RoundFinished>().outcome == "UNAUTHENTICATED");
    CHECK_FALSE(hand.engine.due().has_value());
    CHECK(hand.engine.reason() == "Waiting for you to sign in again");
    hand.tell(event::Account{true, false});
    hand.sign_in();
    CHECK(hand.due_in() == 0);
    CHECK(hand.engine.obstacle() == Obstacle::none);
}

TEST_CASE("engine: a forked device takes a new identity and sends again; a new epoch pulls from the start") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    hand.fire();
    for (const char* code : {"DEVICE_FORKED", "SEQUENCE_GAP"}) {
        hand.answer(hand.answer_batch(1), problem(409, code));
        CHECK(hand.out.size() == 1);
        CHECK(hand.get<action::RenewDevice>() != nullptr);
        hand.tell(event::IdentityRenewed{"d", ""});
    }
    Problem changed = problem(409, "EPOCH_CHANGED");
    changed.epoch = "e2";
    hand.answer(hand.answer_batch(1), changed);
    CHECK(hand.need<action::RestartPull>().epoch == "e2");
    CHECK(hand.need<action::RestartPull>().other_epoch);
    hand.tell(event::IdentityRenewed{"", "e2"});
    // First what it has: our own edits may need what is offered back. One that changes its mind again and again is at
    // fault: no circles.
    hand.answer(hand.need<action::SendPull>().request, changed);
    CHECK(hand.need<action::RoundFinished>().outcome == "EPOCH_CHANGED");
    CHECK(hand.due_in() >= hand.tuning.backoff_floor_ms);
}

TEST_CASE("engine: another incarnation is heard out before anything goes, however often that takes; not for ever") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    hand.fire();
    Problem changed = problem(409, "EPOCH_CHANGED");
    changed.epoch = "e2";
    hand.answer(hand.answer_batch(1), changed);
    hand.tell(event::IdentityRenewed{"", "e2"});
    hand.answer(hand.need<action::SendPull>().request, away(true));
    REQUIRE(hand.need<action::RoundFinished>().outcome == "SERVER_AWAY");
    hand.fire();
    hand.answer_probe();
    CHECK(hand.get<action::PrepareBatch>() == nullptr);
    hand.answer_page();
    hand.tell(event::QueueChanged{2, false});  // something was offered back
    hand.tell(event::PageDone{0, false});
    hand.need<action::PrepareBatch>();  // in the same round
    hand.tell(event::BatchReady{});
    hand.answer_page();
    hand.tell(event::PageDone{0, false});
    CHECK(hand.need<action::RoundFinished>().outcome == "done");
    hand.fire();
    hand.need<action::PrepareBatch>();  // as ever

    Hand stuck;
    stuck.tell(event::Account{true, true, true});  // a program that starts in the middle of it
    stuck.edit(1);
    int pulls = 0;
    for (stuck.fire(), stuck.answer_probe(); stuck.get<action::SendPull>() != nullptr; ++pulls) {
        stuck.answer(stuck.need<action::SendPull>().request, problem(500, "INTERNAL"));
        stuck.fire();
    }
    CHECK(pulls == 10);
    stuck.need<action::PrepareBatch>();
}

TEST_CASE("engine: an id that was used for something else says that there is a copy of this device") {
    Hand hand;
    hand.first_round();
    hand.edit(2);
    hand.fire();
    const std::uint64_t push = hand.answer_batch(2);
    PushAnswer answer = verdicts(hand.need<action::SendPush>());
    answer.results[1].verdict = Verdict::rejected;
    answer.results[1].error.code = "ID_REUSED";
    hand.answer(push, answer);
    hand.need<action::Settle>();
    hand.need<action::RenewDevice>();
    hand.tell(event::Settled{1, 0, 0, 0, 1});
    CHECK(hand.out.empty());
    hand.tell(event::IdentityRenewed{"d", ""});
    hand.answer_batch(0);
    hand.answer_page();
    hand.tell(event::PageDone{0, false});
    const auto& finished = hand.need<action::RoundFinished>();
    CHECK(finished.outcome == "done");
    CHECK(finished.counts.pushed == 1);
    CHECK(finished.counts.failed == 1);
}

TEST_CASE("engine: RESYNC_REQUIRED keeps the epoch") {
    Hand hand;
    hand.first_round();
    hand.fire();
    hand.answer_batch(0);
    hand.answer(hand.need<action::SendPull>().request, problem(409, "RESYNC_REQUIRED"));
    CHECK(!hand.need<action::RestartPull>().other_epoch);
}

TEST_CASE("engine: an answer that does not belong to what was sent settles nothing") {
    for (const int wrong : {0, 1, 2, 3}) {
        CAPTURE(wrong);
        Hand hand;
        hand.first_round();
        hand.edit(2);
        hand.fire();
        const std::uint64_t push = hand.answer_batch(2);
        PushAnswer answer = verdicts(hand.need<action::SendPush>());
        if (wrong == 0) ++answer.sequence;
        if (wrong == 1) answer.results.pop_back();
        if (wrong == 2) std::swap(answer.results[0], answer.results[1]);
        if (wrong == 3)
            hand.answer(push, PullPage{});
        else
            hand.answer(push, answer);
        CHECK(hand.get<action::Settle>() == nullptr);
        CHECK(hand.need<action::RoundFinished>().outcome == "PROTOCOL");
    }
}

TEST_CASE("engine: only the awaited answer counts") {
    Hand hand;
    hand.sign_in();
    hand.fire();
    const std::uint64_t probe = hand.need<action::SendProbe>().request;
    hand.answer(probe + 1, Health{});
    CHECK(hand.out.empty());
    hand.answer(0, away());
    CHECK(hand.out.empty());
    hand.answer(probe, Health{});
    CHECK(hand.get<action::PrepareBatch>() != nullptr);
    hand.answer(probe, away());  // twice
    CHECK(hand.out.empty());
    CHECK(hand.engine.working());
}

TEST_CASE("engine: a page that does not start where ours ends stops the round") {
    Hand hand;
    hand.first_round();
    hand.fire();
    hand.answer_batch(0);
    hand.answer_page(true);
    hand.tell(event::PageDone{0, true});
    CHECK(hand.get<action::CancelRequests>() != nullptr);
    CHECK(hand.need<action::RoundFinished>().outcome == "PROTOCOL");
}

TEST_CASE("engine: a store that fails ends the round, and is tried again later") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    hand.fire();
    const std::uint64_t push = hand.answer_batch(1);
    hand.answer(push, verdicts(hand.need<action::SendPush>()));
    hand.tell(event::LocalFailure{"the disk is full"});
    CHECK(hand.need<action::RoundFinished>().outcome == "LOCAL_DATABASE");
    CHECK(hand.engine.obstacle() == Obstacle::local);
    CHECK(hand.due_in() > 0);
    hand.tell(event::LocalFailure{"when idle"});
    CHECK(hand.out.empty());
}

}  // namespace
}  // namespace ct::sync
