// Engine: what was left out and is wanted again is pulled behind the main pull, and holds nothing else up.
#include "sync_engine_support.h"

namespace ct::sync::test {
namespace {

struct Parting : Hand {
    Parting() { first_round(); }
    /// A round that the user asks for, up to the end of its main pull.
    void round(bool asked = true) {
        if (asked)
            tell(event::SyncAsked{});
        else
            fire();
        answer_batch(0);
        CHECK(!need<action::SendPull>().catch_up);
        answer_page();
        tell(event::PageDone{.parts_missing = true});
    }
    void part_page(std::size_t rows, bool has_more, const std::string& cursor) {
        PullPage page;
        page.rows.resize(rows);
        page.has_more = has_more;
        page.cursor = cursor;
        const auto& pull = need<action::SendPull>();
        REQUIRE(pull.catch_up);
        answer(pull.request, page);
        CHECK(need<action::ApplyPage>().catch_up);
    }
};

TEST_CASE_FIXTURE(Parting,
                  "engine: the catch-up goes on until the server has nothing more, and then the round is done") {
    round();
    CHECK(need<action::SendPull>().catch_up);
    CHECK(!need<action::SendPull>().cursor);
    part_page(3, true, "p1");
    CHECK(need<action::SendPull>().cursor == "p1");
    std::uint64_t awaited = need<action::SendPull>().request;
    tell(event::PageDone{.rows = 3, .parts_missing = true});  // the next one is on its way
    CHECK(out.empty());
    PullPage last;
    last.rows.resize(2);
    last.cursor = "p2";
    answer(awaited, last);
    awaited = need<action::SendPull>().request;  // it may be a copy's that lags: only an empty one is the last
    tell(event::PageDone{.rows = 2, .parts_missing = true});
    PullPage empty;
    empty.cursor = "p2";
    answer(awaited, empty);
    CHECK(get<action::SendPull>() == nullptr);
    tell(event::PageDone{});
    CHECK(need<action::RoundFinished>().outcome == "done");
    CHECK(need<action::RoundFinished>().counts.pulled == 5);
}

TEST_CASE_FIXTURE(Parting, "engine: what is missing still follows at once, and a round without is as ever") {
    round();
    part_page(0, false, "p1");
    tell(event::PageDone{.parts_missing = true});  // another part
    CHECK(need<action::SendPull>().catch_up);
    CHECK(!need<action::SendPull>().cursor);
    part_page(0, false, "p2");
    tell(event::PageDone{});
    need<action::RoundFinished>();
    tell(event::SyncAsked{});
    answer_batch(0);
    answer_page();
    tell(event::PageDone{});
    CHECK(get<action::SendPull>() == nullptr);
    CHECK(need<action::RoundFinished>().outcome == "done");
}

TEST_CASE_FIXTURE(Parting, "engine: a catch-up whose cursor is too old begins anew, the main pull does not") {
    round();
    answer(need<action::SendPull>().request, problem(409, "RESYNC_REQUIRED"));
    CHECK(need<action::RestartPull>().catch_up);
    CHECK(!need<action::RestartPull>().other_epoch);
    tell(event::IdentityRenewed{});
    answer_batch(0);
    CHECK(!need<action::SendPull>().catch_up);
    answer_page();
    tell(event::PageDone{.parts_missing = true});
    answer(need<action::SendPull>().request, problem(409, "EPOCH_CHANGED"));
    CHECK(!need<action::RestartPull>().catch_up);
    CHECK(need<action::RestartPull>().other_epoch);
}

TEST_CASE_FIXTURE(Parting, "engine: a cut in the catch-up asks for the same page again; a failed round goes on later") {
    round();
    part_page(3, true, "p1");
    const auto request = need<action::SendPull>().request;
    tell(event::PageDone{.rows = 3, .parts_missing = true});
    answer(request, Unreachable{Unreachable::Kind::server_away, false, "cut", true});
    CHECK(need<action::SendPull>().catch_up);
    CHECK(need<action::SendPull>().cursor == "p1");
    answer(need<action::SendPull>().request, away());
    CHECK(need<action::RoundFinished>().outcome == "SERVER_AWAY");
    fire();
    answer_probe();
    answer_batch(0);
    CHECK(!need<action::SendPull>().catch_up);  // what everybody gets comes first
    answer_page();
    tell(event::PageDone{.parts_missing = true});
    CHECK(need<action::SendPull>().catch_up);
}

TEST_CASE_FIXTURE(Parting, "engine: where one pays by the byte it waits for the user's word, or for another link") {
    tell(event::Metered{true});
    round(false);
    CHECK(need<action::RoundFinished>().outcome == "done");
    round(true);
    CHECK(need<action::SendPull>().catch_up);
    part_page(0, false, "p1");
    tell(event::PageDone{});
    round(false);
    need<action::RoundFinished>();
    tell(event::Metered{false});
    CHECK(due_in() == 0);
}

TEST_CASE_FIXTURE(Parting, "engine: what would take too much away is asked about there, too") {
    round();
    part_page(0, false, "p1");
    tell(event::PageDone{.held = true});
    CHECK(need<action::RoundFinished>().outcome == kMassDelete);
    CHECK(engine.pull_held());
}

TEST_CASE("engine: where one pays by the byte the mirror is compared only when the user syncs") {
    Tuning tuning;
    tuning.verify_every_rounds = 1;
    Hand hand(tuning);
    hand.tell(event::Metered{true});
    hand.first_round();  // by itself: no comparison
    hand.fire();
    hand.answer_batch(0);
    hand.answer_page();
    hand.tell(event::PageDone{});
    CHECK(hand.get<action::SendVerify>() == nullptr);
    CHECK(hand.need<action::RoundFinished>().outcome == "done");
    hand.tell(event::SyncAsked{});
    hand.answer_batch(0);
    hand.answer_page();
    hand.tell(event::PageDone{});
    hand.need<action::SendVerify>();
}

}  // namespace
}  // namespace ct::sync::test
