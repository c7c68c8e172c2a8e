// The sync engine when things go wrong: refusals, timeouts, answers that do not belong, and all of it at random.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
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
    // Its number is missing at the server, which asks for a new identity; then the rest goes.
    hand.answer(hand.answer_batch(1), problem(409, "SEQUENCE_GAP"));
    hand.need<action::RenewDevice>();
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

// ---- a long random walk

/// Drives an engine as the replica does, with a world that answers anything at any time. What the engine is owed an
/// event for is in `owed`; it may not be at work without.
class Walk {
  public:
    explicit Walk(std::uint64_t seed) : random_(seed), engine_(Tuning{}, random_) {}

    void step() {
        now_ += static_cast<SteadyMs>(random_.below(4) == 0 ? random_.below(400'000) : random_.below(500));
        switch (random_.below(20)) {
            case 0:
                tell(event::Account{has_server_ = random_.below(8) != 0, signed_in_ = random_.below(4) != 0});
                break;
            case 1: tell(event::LinkChanged{random_.below(2) == 0}); break;
            case 2: tell(event::OfflineChosen{offline_ = random_.below(4) == 0}); break;
            case 3: tell(event::SyncAsked{random_.below(2) == 0, random_.below(2) == 0}); break;
            case 4: tell(event::Nudged{}); break;
            case 5: tell(event::IntervalChanged{static_cast<std::int64_t>(random_.below(600'000))}); break;
            case 6: tell(event::TimerFired{}); break;
            case 7: stray(); break;
            case 8:
                sendable_ = static_cast<std::int64_t>(random_.below(4));
                queue_changed(false);
                break;
            case 9:
            case 10:
                ++sendable_;
                queue_changed(true);
                break;
            case 11: tell(event::ListenChosen{random_.below(3) != 0}); break;
            case 12: tell(event::Metered{metered_ = random_.below(3) == 0}); break;
            case 13: hear(); break;
            case 14:
                stuck_ = static_cast<std::int64_t>(random_.below(3));
                queue_changed(false);
                break;
            default: go_on(random_.below(3) == 0); break;
        }
    }

    /// From now on all goes well: everything must get through, in a bounded number of events.
    void calm_down() {
        tell(event::LinkChanged{true});
        tell(event::Account{has_server_ = true, signed_in_ = true});
        tell(event::OfflineChosen{offline_ = false});
        tell(event::Metered{metered_ = false});
        stuck_ = 0;
        sendable_ += 3;
        queue_changed(true);
        for (int i = 0; i < 500 && (sendable_ > 0 || engine_.working()); ++i) go_on(false);
        REQUIRE(sendable_ == 0);
        REQUIRE_FALSE(engine_.working());
        REQUIRE(engine_.last_error().empty());
        REQUIRE(engine_.reason().empty());
    }

  private:
    void tell(Event event) {
        for (Action& action : engine_.handle(std::move(event), now_)) take(std::move(action));
        REQUIRE(engine_.invariant());
        const bool may_sync = has_server_ && signed_in_ && !offline_;
        if (sendable_ > 0 && may_sync) REQUIRE((engine_.due().has_value() || engine_.working()));
        if (sendable_ > 0) REQUIRE_FALSE(engine_.reason().empty());
        // Nothing stands still: it has a time, or an answer is awaited, or a person is told what to do.
        const bool human = engine_.needs_person() && !engine_.reason().empty();
        if (sendable_ + stuck_ > 0) REQUIRE((engine_.due().has_value() || engine_.working() || human));
        REQUIRE(engine_.listening() == (ear_ != 0));
        if (engine_.listening()) REQUIRE((may_sync && !metered_ && !engine_.working()));
        REQUIRE(engine_.working() == !owed_.empty());
        if (!may_sync) REQUIRE_FALSE((engine_.due().has_value() || engine_.working()));
        if (engine_.due()) REQUIRE(*engine_.due() <= now_ + (metered_ ? 6 : 1) * 700'000);
    }

    void queue_changed(bool edited) {
        tell(event::QueueChanged{sendable_, edited, stuck_, stuck_ / 2, stuck_ > 0 ? 1 : 0});
    }

    void take(Action action) {
        if (std::holds_alternative<action::RoundFinished>(action)) {
            owed_.clear();
        } else if (std::holds_alternative<action::DropToken>(action)) {
            signed_in_ = false;
        } else if (const auto* listen = std::get_if<action::Listen>(&action)) {
            REQUIRE(ear_ == 0);
            ear_ = listen->request;
        } else if (std::holds_alternative<action::StopListening>(action)) {
            ear_ = 0;
        } else if (std::holds_alternative<action::ApplyPage>(action) && !engine_.working()) {
            heard_ = true;
        } else if (!std::holds_alternative<action::CancelRequests>(action) &&
                   !std::holds_alternative<action::Stalled>(action)) {
            owed_.push_back(std::move(action));
        }
        const auto requests = std::count_if(owed_.begin(), owed_.end(), [](const Action& each) {
            return std::holds_alternative<action::SendProbe>(each) || std::holds_alternative<action::SendPush>(each) ||
                   std::holds_alternative<action::SendPull>(each);
        });
        REQUIRE(requests <= 1);
        REQUIRE(owed_.size() <= 2);  // a page that is written, and the next one on its way
    }

    void go_on(bool badly) {
        if (owed_.empty()) {
            if (!engine_.due()) return;
            now_ = std::max(now_, *engine_.due());
            tell(event::TimerFired{});
            return;
        }
        const Action action = std::move(owed_.front());
        owed_.pop_front();
        std::visit([&](const auto& specific) { carry_out(specific, badly); }, action);
    }

    void carry_out(const action::SendProbe& probe, bool badly) { answer(probe.request, Health{}, badly); }
    void carry_out(const action::SendPull& pull, bool badly) {
        PullPage page;
        page.cursor = "c";
        page.has_more = random_.below(2) == 0;
        answer(pull.request, page, badly);
    }
    void carry_out(const action::SendPush& push, bool badly) { answer(push.request, verdicts(push), badly); }
    void carry_out(const action::PrepareBatch&, bool badly) {
        if (badly) return tell(event::LocalFailure{"no"});
        const auto most = static_cast<std::uint64_t>(std::min<std::int64_t>(sendable_, 3));
        tell(event::BatchReady{7, operations(most == 0 ? 0 : random_.below(most) + 1)});
    }
    void carry_out(const action::Settle& settle, bool badly) {
        if (badly) return tell(event::LocalFailure{"no"});
        // It is over before the engine hears of the queue: as if a crash came between, now and then.
        const auto count = static_cast<std::int64_t>(settle.answer.results.size());
        sendable_ = std::max<std::int64_t>(0, sendable_ - count);
        owed_.push_front(action::Settle{});  // still owed: Settled
        queue_changed(false);
        if (!owed_.empty()) owed_.pop_front();
        tell(event::Settled{count, 0, 0, 0, 0});
    }
    void carry_out(const action::ApplyPage&, bool badly) {
        if (badly && random_.below(2) == 0) return tell(event::LocalFailure{"no"});
        tell(event::PageDone{1, badly});
    }
    void carry_out(const action::RenewDevice&, bool badly) { renew(badly); }
    void carry_out(const action::RestartPull&, bool badly) { renew(badly); }
    template <class Other>
    void carry_out(const Other&, bool) {
        FAIL("this action has no answer");
    }

    void renew(bool badly) {
        if (badly)
            tell(event::LocalFailure{"no"});
        else
            tell(event::IdentityRenewed{"d", "e"});
    }

    void answer(std::uint64_t request, Reply good, bool badly) {
        last_request_ = request;
        tell(event::Answered{request, badly ? bad_reply() : std::move(good)});
    }

    Reply bad_reply() {
        static const std::vector<std::pair<int, const char*>> kProblems{
            {409, "DEVICE_FORKED"},    {409, "SEQUENCE_GAP"},    {409, "EPOCH_CHANGED"},
            {409, "RESYNC_REQUIRED"},  {401, "UNAUTHENTICATED"}, {413, "TOO_LARGE"},
            {426, "UPGRADE_REQUIRED"}, {429, "TOO_MANY"},        {503, "BUSY"},
            {400, "MALFORMED"},        {500, "INTERNAL"}};
        switch (random_.below(4)) {
            case 0:
                return Unreachable{static_cast<Unreachable::Kind>(random_.below(3)), random_.below(2) == 0, "x",
                                   random_.below(2) == 0};
            case 1: return Health{};
            default: break;
        }
        const auto& [status, code] = kProblems[random_.below(kProblems.size())];
        return problem(status, code, static_cast<std::int64_t>(random_.below(200)) - 1);
    }

    /// What the ear hears is applied before anything else happens, as the replica does it.
    void hear() {
        if (ear_ == 0) return;
        PullPage page;
        page.from = "c";
        page.cursor = random_.below(2) == 0 ? "c" : "d";
        page.has_more = random_.below(4) == 0;
        page.rows.resize(random_.below(2));
        const std::uint64_t request = std::exchange(ear_, 0);
        tell(event::Answered{request, random_.below(3) == 0 ? bad_reply() : Reply(page)});
        if (!std::exchange(heard_, false)) return;
        if (random_.below(8) == 0) return tell(event::LocalFailure{"no"});
        tell(event::PageDone{1, random_.below(8) == 0});
    }

    /// What comes too late or was never asked for.
    void stray() {
        switch (random_.below(3)) {
            case 0: return tell(event::Answered{last_request_, bad_reply()});
            case 1: return tell(event::Answered{0, Health{}});
            default: return tell(event::Answered{last_request_ + 1'000'000, PullPage{}});
        }
    }

    SeededRandom random_;
    Engine engine_;
    SteadyMs now_ = 0;
    bool has_server_ = false, signed_in_ = false, offline_ = false, metered_ = false;
    std::uint64_t ear_ = 0;  // what it listens by
    bool heard_ = false;     // a page that it heard is to be applied
    std::int64_t sendable_ = 0, stuck_ = 0;
    std::uint64_t last_request_ = 0;
    std::deque<Action> owed_;
};

TEST_CASE("engine: whatever happens, unsent edits have a next attempt, and get through when all is well again") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        Walk walk(seed);
        for (int part = 0; part < 5; ++part) {
            for (int i = 0; i < 300; ++i) walk.step();
            walk.calm_down();
        }
    }
}

}  // namespace
}  // namespace ct::sync
