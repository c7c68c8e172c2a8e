// The engine's ear, what a metered link changes, and the watchdog over the queue.
#include "unit/sync_engine_support.h"

namespace ct::sync::test {
namespace {

PullPage heard(std::size_t rows, bool has_more = false) {
    PullPage page;
    page.from = "c";
    page.cursor = rows == 0 ? "c" : "d";
    page.has_more = has_more;
    page.rows.resize(rows);
    return page;
}

/// Signed in, one round through, and listening.
struct Listener : Hand {
    explicit Listener(Tuning with = {}) : Hand(with) {
        tell(event::ListenChosen{true});
        REQUIRE(get<action::Listen>() == nullptr);
        first_round();
    }
    std::uint64_t request() const { return need<action::Listen>().request; }
    /// The next try to listen, whenever it is; rounds that come first go well.
    std::uint64_t listen_again() {
        while (get<action::Listen>() == nullptr) {
            if (engine.working()) {
                finish_round();
            } else {
                fire();
            }
        }
        return request();
    }
    void finish_round() {
        if (get<action::SendProbe>() != nullptr) answer_probe();
        answer_batch(0);
        answer_page();
        tell(event::PageDone{});
    }
};

TEST_CASE("ear: it listens once a round went well, over and over, and news are applied as they come") {
    Listener hand;
    CHECK(hand.engine.listening());
    CHECK_FALSE(hand.engine.working());
    CHECK(hand.need<action::Listen>().wait_s == 25);
    const std::uint64_t first = hand.request();
    const auto round = hand.engine.next_round();
    hand.now += 7'000;
    hand.answer(first, heard(2));
    CHECK(hand.need<action::ApplyPage>().page.rows.size() == 2);
    CHECK_FALSE(hand.engine.listening());
    hand.tell(event::PageDone{2, false});
    const auto& row = hand.need<action::RoundFinished>();
    CHECK(row.outcome == "done");
    CHECK(row.counts.pulled == 2);
    CHECK_FALSE(row.asked_for);
    CHECK(hand.engine.next_round() == round);  // the interval goes on as before
    CHECK(hand.get<action::Listen>() == nullptr);
    CHECK(hand.due_in() == hand.tuning.listen_gap_ms);
    hand.fire();
    const std::uint64_t second = hand.request();
    CHECK(second != first);
    // Nothing in its time: asked again at once, and nothing is written.
    hand.now += 25'000;
    hand.answer(second, heard(0));
    CHECK(hand.get<action::ApplyPage>() == nullptr);
    CHECK(hand.request() != second);
}

TEST_CASE("ear: a round ends it, and its late answer is nothing") {
    Listener hand;
    const std::uint64_t ear = hand.request();
    hand.edit(1);
    CHECK(hand.get<action::StopListening>() == nullptr);  // it may listen while the typing goes on
    hand.fire();
    hand.need<action::StopListening>();
    CHECK_FALSE(hand.engine.listening());
    hand.answer(ear, heard(3));
    CHECK(hand.out.empty());
    hand.tell(event::BatchReady{});
    hand.answer_page();
    hand.tell(event::PageDone{});
    CHECK(hand.request() > ear);
}

TEST_CASE("ear: signing out, working offline, a metered or lost link and the setting end it") {
    const Event ends[] = {event::Account{true, false}, event::OfflineChosen{true}, event::Metered{true},
                          event::LinkChanged{false}, event::ListenChosen{false}};
    const Event begins[] = {event::Account{true, true}, event::OfflineChosen{false}, event::Metered{false},
                            event::LinkChanged{true}, event::ListenChosen{true}};
    for (std::size_t i = 0; i < std::size(ends); ++i) {
        CAPTURE(i);
        Listener hand;
        const std::uint64_t ear = hand.request();
        hand.tell(ends[i]);
        hand.need<action::StopListening>();
        CHECK(hand.get<action::Listen>() == nullptr);
        hand.answer(ear, heard(1));
        CHECK(hand.get<action::ApplyPage>() == nullptr);
        hand.tell(begins[i]);
        CHECK(hand.listen_again() > ear);
    }
}

TEST_CASE("ear: another network means another way to the server: a round looks first") {
    Listener hand;
    hand.tell(event::LinkChanged{true});
    hand.need<action::StopListening>();
    CHECK(hand.due_in() == 0);
    hand.fire();
    hand.need<action::SendProbe>();
}

TEST_CASE("ear: what does not start where we are, or is more than a page, is left to a round") {
    for (const bool more : {false, true}) {
        CAPTURE(more);
        Listener hand;
        hand.answer(hand.request(), heard(5, more));
        hand.tell(event::PageDone{more ? 5 : 0, !more});
        CHECK(hand.due_in() == 0);
        hand.fire();
        hand.need<action::PrepareBatch>();
    }
}

TEST_CASE("ear: a record that was lost here is left to a round, and nothing is listened for before") {
    Listener hand;
    hand.answer(hand.request(), heard(5));
    hand.tell(event::PageDone{.rows = 4, .lost = true});
    CHECK(hand.get<action::Listen>() == nullptr);
    CHECK(hand.due_in() == 0);
    hand.fire();
    hand.need<action::PrepareBatch>();
}

TEST_CASE("ear: a server that answers at once, without news, is polled") {
    Listener hand;
    for (int i = 0; i < hand.tuning.listen_faults_max; ++i) {
        hand.now += 10;
        hand.answer(hand.listen_again(), heard(0));
    }
    const SteadyMs given_up = hand.now;
    CHECK(hand.get<action::Listen>() == nullptr);
    hand.listen_again();
    CHECK(hand.now >= given_up + hand.tuning.listen_rest_ms);
    hand.answer(hand.request(), heard(0));  // once is enough now
    CHECK(hand.get<action::Listen>() == nullptr);
    // News at once are no fault.
    hand.listen_again();
    for (int i = 0; i < 10; ++i) {
        hand.answer(hand.request(), heard(1));
        hand.tell(event::PageDone{1, false});
        hand.now += 500;
        hand.tell(event::TimerFired{});
        REQUIRE(hand.engine.listening());
    }
}

TEST_CASE("ear: what cuts a silence early is given a shorter one, and a round is not needed for that") {
    Listener hand;
    const auto round = hand.engine.next_round();
    hand.now += 15'000;
    hand.answer(hand.request(), away(true));
    CHECK(hand.engine.next_round() == round);
    hand.listen_again();
    CHECK(hand.need<action::Listen>().wait_s == 10);
    hand.now += 10'000;
    hand.answer(hand.request(), heard(0));
    CHECK(hand.need<action::Listen>().wait_s == 10);
    hand.now += 6'000;
    hand.answer(hand.request(), away(true));
    hand.listen_again();
    CHECK(hand.need<action::Listen>().wait_s == hand.tuning.listen_wait_min_s);
}

TEST_CASE("ear: when it breaks at once a round looks what is the matter, but not in circles") {
    Listener hand;
    hand.now += 100;
    hand.answer(hand.request(), away());
    CHECK(hand.due_in() < 2'000);
    hand.fire();
    hand.need<action::SendProbe>();  // it is not trusted any more
    hand.answer(hand.need<action::SendProbe>().request, away());
    CHECK(hand.engine.obstacle() == Obstacle::server_away);
    CHECK_FALSE(hand.engine.listening());

    Listener other;  // rounds go well, listening never does
    int rounds = 0;
    const SteadyMs began = other.now;
    while (other.now < began + 3'600'000) {
        if (other.get<action::Listen>() != nullptr) {
            other.answer(other.request(), away());
        } else if (other.engine.working()) {
            ++rounds;
            other.finish_round();
        } else {
            other.fire();
        }
    }
    CHECK(rounds < 30);  // twelve at the interval, and one more now and then
}

TEST_CASE("ear: what the server says against it is met by a round, or waited for") {
    Listener gone;
    gone.answer(gone.request(), problem(401, "UNAUTHENTICATED"));
    CHECK(gone.due_in() == 0);
    gone.fire();
    gone.answer_batch(0);
    gone.answer(gone.need<action::SendPull>().request, problem(401, "UNAUTHENTICATED"));
    gone.need<action::DropToken>();

    Listener busy;
    const SteadyMs now = busy.now;
    busy.answer(busy.request(), problem(429, "TOO_MANY", 90));
    CHECK(busy.engine.obstacle() == Obstacle::none);
    busy.listen_again();
    CHECK(busy.now >= now + 90'000);
}

TEST_CASE("ear: a disk that does not take the news is seen by a round") {
    Listener hand;
    hand.answer(hand.request(), heard(1));
    hand.tell(event::LocalFailure{"full"});
    CHECK(hand.due_in() == 0);
    CHECK_FALSE(hand.engine.listening());
    hand.fire();
    hand.need<action::PrepareBatch>();
    hand.tell(event::LocalFailure{"full"});
    CHECK(hand.engine.obstacle() == Obstacle::local);
}

TEST_CASE("ear: a request that never comes back does not make it deaf for ever") {
    Listener hand;
    const std::uint64_t lost = hand.request();
    hand.now += hand.tuning.answer_max_ms + 26'000;
    hand.tell(event::QueueChanged{0, false});
    hand.need<action::StopListening>();
    CHECK(hand.listen_again() > lost);
}

// ---- metered

TEST_CASE("metered: intervals are longer, and old records come only when asked for") {
    Hand hand;
    hand.tell(event::Metered{true});
    hand.tell(event::ListenChosen{true});
    hand.sign_in();
    hand.fire();
    hand.answer_probe();
    hand.answer_batch(0);
    PullPage page;
    page.cursor = "c";
    page.has_more = true;
    page.remaining = 4'000;
    page.rows.resize(static_cast<std::size_t>(hand.tuning.pull_first_limit));
    hand.answer(hand.need<action::SendPull>().request, page);
    CHECK(hand.get<action::SendPull>() == nullptr);
    hand.tell(event::PageDone{500, false});
    CHECK(hand.need<action::RoundFinished>().outcome == "done");
    CHECK(hand.engine.deferred() == 4'000);
    CHECK_FALSE(hand.engine.listening());
    CHECK(hand.due_in() > 5 * hand.tuning.interval_ms);

    hand.edit(1);  // what is the user's own goes as ever, and takes one small page
    CHECK(hand.due_in() == hand.tuning.after_edit_ms);
    hand.fire();
    hand.answer_batch(0);
    CHECK(hand.need<action::SendPull>().limit == hand.tuning.pull_first_limit);
    hand.answer(hand.need<action::SendPull>().request, page);
    hand.tell(event::PageDone{500, false});
    CHECK(hand.need<action::RoundFinished>().outcome == "done");

    hand.tell(event::SyncAsked{});  // by the user: everything
    hand.answer_batch(0);
    CHECK(hand.need<action::SendPull>().limit > hand.tuning.pull_first_limit);  // as much as went through so far allows
    hand.answer(hand.need<action::SendPull>().request, page);
    const std::uint64_t next = hand.need<action::SendPull>().request;
    hand.tell(event::PageDone{500, false});
    hand.answer(next, heard(1));
    hand.tell(event::PageDone{1, false});
    CHECK(hand.need<action::RoundFinished>().outcome == "done");
    CHECK(hand.engine.deferred() == 0);
}

TEST_CASE("metered: on a better link what was put off comes at once") {
    Hand hand;
    hand.tell(event::Metered{true});
    hand.first_round();
    hand.tell(event::SyncAsked{});
    hand.answer_batch(0);
    hand.answer_page();
    hand.tell(event::PageDone{});
    hand.edit(1);
    hand.fire();
    hand.answer_batch(0);
    hand.answer_page(true);
    hand.tell(event::PageDone{1, false});
    CHECK(hand.engine.deferred() == 1);
    hand.tell(event::Metered{false});
    CHECK(hand.due_in() == 0);
}

// ---- the watchdog

TEST_CASE("watchdog: a queue that does not move says why, once for each reason and then ever more seldom") {
    Hand hand;
    hand.first_round();
    hand.edit(3);
    std::vector<int> told;
    for (int round = 1; round <= 40; ++round) {
        hand.fire();
        if (hand.get<action::SendProbe>() != nullptr) {
            hand.answer(hand.need<action::SendProbe>().request, away());
        } else {
            hand.answer(hand.answer_batch(3), away());
        }
        CHECK(hand.engine.rounds_in_vain() == round);
        if (const auto* stalled = hand.get<action::Stalled>()) {
            told.push_back(stalled->rounds);
            CHECK(stalled->outcome == "SERVER_AWAY");
            CHECK(stalled->reason == "The server does not answer: refused");
        }
    }
    CHECK(told == std::vector{2, 4, 8, 16, 32});
    hand.fire();
    hand.answer(hand.need<action::SendProbe>().request, Unreachable{Unreachable::Kind::login_page, false, ""});
    CHECK(hand.need<action::Stalled>().outcome == "LOGIN_PAGE");  // another reason is news
    hand.fire();
    hand.answer_probe();
    const std::uint64_t push = hand.answer_batch(3);
    hand.answer(push, verdicts(hand.need<action::SendPush>()));
    hand.tell(event::QueueChanged{0, false});
    hand.tell(event::Settled{3, 0, 0, 0, 0});
    hand.answer_batch(0);
    hand.answer_page();
    hand.tell(event::PageDone{});
    CHECK(hand.engine.rounds_in_vain() == 0);
    CHECK(hand.engine.reason().empty());
}

TEST_CASE("watchdog: without a link nobody is surprised") {
    Hand hand;
    hand.first_round();
    hand.edit(1);
    hand.tell(event::LinkChanged{false});
    for (int round = 0; round < 5; ++round) {
        hand.fire();
        hand.answer(hand.need<action::SendProbe>().request, Unreachable{Unreachable::Kind::no_route, false, ""});
        CHECK(hand.get<action::Stalled>() == nullptr);
    }
    CHECK(hand.engine.reason() == "No connection");
}

TEST_CASE("watchdog: what the store gives out nothing of is seen, and said to be our fault") {
    Hand hand;
    hand.first_round();
    hand.edit(2);
    for (int round = 1; round <= 2; ++round) {
        hand.fire();
        hand.answer_batch(0);
        hand.answer_page();
        hand.tell(event::PageDone{});
        CHECK(hand.engine.obstacle() == Obstacle::held_back);
        CHECK(hand.engine.reason().find("a fault of this program") != std::string::npos);
    }
    CHECK(hand.need<action::Stalled>().outcome == "HELD_BACK");
}

TEST_CASE("watchdog: what waits for a record that the server misses stands still, too, and nobody was asked about it") {
    Hand hand;
    hand.first_round();
    hand.tell(event::QueueChanged{0, false, 2, 0, 0});
    std::vector<int> told;
    for (int round = 1; round <= 5; ++round) {
        hand.fire();
        hand.answer_batch(0);
        hand.answer_page();
        hand.tell(event::PageDone{});
        CHECK(hand.engine.rounds_in_vain() == round);
        const auto* stalled = hand.get<action::Stalled>();
        if (stalled == nullptr) continue;
        told.push_back(stalled->rounds);
        CHECK(stalled->outcome == "MISSING_PARENT");
        CHECK(stalled->reason == "2 edits wait for the records that they belong to: the server misses them");
    }
    CHECK(told == std::vector{2, 4});
    hand.tell(event::QueueChanged{0, false, 2, 1, 0});  // now a person is asked
    hand.fire();
    hand.answer_batch(0);
    hand.answer_page();
    hand.tell(event::PageDone{});
    CHECK(hand.engine.rounds_in_vain() == 0);
}

TEST_CASE("watchdog: what waits for a person names what that person has to do") {
    struct Case {
        event::QueueChanged queue;
        const char* reason;
    };
    const Case cases[] = {
        {{0, false, 0, 0, 1}, "1 edit needs your decision"},
        {{0, false, 0, 2, 0}, "2 edits were refused: mend or discard them"},
        {{0, false, 3, 1, 2},
         "2 edits need your decision, 1 edit was refused: mend or discard it, 3 edits wait for that"},
        {{0, false, 1, 0, 0}, "1 edit waits for the record that it belongs to: the server misses that"},
        {{1, false, 1, 1, 1}, "Waiting a moment for more edits"},
        {{0, false, 0, 0, 0}, ""},
    };
    for (const Case& each : cases) {
        Hand hand;
        hand.first_round();
        hand.tell(each.queue);
        CHECK(hand.engine.reason() == each.reason);
        const bool only_a_person = each.queue.sendable == 0 && each.queue.errors + each.queue.conflicts > 0;
        CHECK(hand.engine.needs_person() == only_a_person);
    }
}

TEST_CASE("watchdog: an answer that was lost within this program ends the round") {
    Hand hand;
    hand.sign_in();
    hand.edit(1);
    hand.fire();
    hand.answer_probe();
    hand.answer_batch(1);
    CHECK(hand.due_in() == hand.tuning.answer_max_ms);
    CHECK_FALSE(hand.engine.next_round().has_value());
    hand.now += 300'000;
    hand.edit(2);  // typing is no answer
    hand.tell(event::TimerFired{});
    CHECK(hand.engine.working());
    hand.fire();
    hand.need<action::CancelRequests>();
    CHECK(hand.need<action::RoundFinished>().outcome == "PROTOCOL");
    CHECK(hand.due_in() < 2'000);
}

}  // namespace
}  // namespace ct::sync::test
