// Engine: the mirror is compared with the server, level by level.
#include "sync_engine_support.h"

namespace ct::sync::test {
namespace {

struct Verifying : Hand {
    Verifying() : Hand(tuned()) {}
    static Tuning tuned() {
        Tuning tuning;
        tuning.verify_every_rounds = 2;
        return tuning;
    }
    /// A round that the user asks for, up to the end of its pull.
    void round(const event::SyncAsked& asked = {}) {
        tell(asked);
        answer_batch(0);
        answer_page();
        tell(event::PageDone{0, false});
    }
    void compared(event::Compared with) {
        answer(need<action::SendVerify>().request, VerifyAnswer{});
        need<action::CompareMirror>();
        with.usable = true;
        tell(std::move(with));
    }
};

TEST_CASE_FIXTURE(Verifying, "engine: behind every so many rounds, and when asked, it compares the mirror") {
    first_round();
    CHECK(!need<action::RoundFinished>().verify);
    round();
    CHECK(need<action::SendVerify>().question.buckets == 1);
    CHECK(!need<action::SendVerify>().thorough);
    compared({.compared = 50});
    CHECK(*need<action::RoundFinished>().verify == VerifyCounts{true, 50, 0, 0});
    CHECK(need<action::RoundFinished>().outcome == "done");
    round();
    CHECK(!need<action::RoundFinished>().verify);
    event::SyncAsked asked;
    asked.verify = true;
    round(asked);
    CHECK(need<action::SendVerify>().thorough);
    compared({});
    round();  // counted anew since then
    CHECK(!need<action::RoundFinished>().verify);
}

TEST_CASE_FIXTURE(Verifying, "engine: what differs is asked about in detail, and fetched unless nobody wants that") {
    for (const bool repair : {true, false}) {
        if (repair) first_round();
        event::SyncAsked asked;
        asked.verify = true;
        asked.repair = repair;
        round(asked);
        VerifyRequest finer, list;
        finer.models = {crm::Model::lead};
        list.list = {{crm::Model::lead, {3}}};
        compared({.compared = 9, .next = finer});
        CHECK(need<action::SendVerify>().question.buckets == 256);
        compared({.next = list});
        CHECK(need<action::SendVerify>().question.list == list.list);
        event::Compared found{.differing = 2};
        found.fetch = {{crm::Model::lead, {id_of(1), id_of(2)}}};
        compared(found);
        if (repair) {
            answer(need<action::SendRepair>().request, PullPage{});
            need<action::ApplyRepair>();
            tell(event::PageDone{2, false});
        }
        CHECK(*need<action::RoundFinished>().verify == VerifyCounts{true, 9, 2, repair ? 2 : 0});
    }
    // Nobody can be sure that that was all: it looks again soon.
    round();
    need<action::SendVerify>();
}

TEST_CASE_FIXTURE(Verifying, "engine: a comparison that cannot be made fails no round") {
    first_round();
    for (int how = 0; how < 3; ++how) {
        event::SyncAsked asked;
        asked.verify = true;
        round(asked);
        const std::uint64_t request = need<action::SendVerify>().request;
        if (how == 0) answer(request, problem(404, "NOT_FOUND"));
        if (how == 1) answer(request, problem(409, "PULL_FIRST"));
        if (how == 2) {
            answer(request, VerifyAnswer{});
            tell(event::Compared{});
        }
        CHECK(need<action::RoundFinished>().outcome == "done");
        CHECK(!need<action::RoundFinished>().verify->complete);
    }
    event::SyncAsked asked;
    asked.verify = true;
    round(asked);
    answer(need<action::SendVerify>().request, away());
    CHECK(need<action::RoundFinished>().outcome == "SERVER_AWAY");
    CHECK(engine.due().has_value());
    now = *engine.due();
    fire();
    answer_probe();
    answer_batch(0);
    answer_page();
    tell(event::PageDone{0, false});
    answer(need<action::SendVerify>().request, problem(409, "RESYNC_REQUIRED"));
    need<action::RestartPull>();
}

TEST_CASE_FIXTURE(Verifying, "engine: a server whose sums never hold still is not asked for ever") {
    first_round();
    event::SyncAsked asked;
    asked.verify = true;
    round(asked);
    int questions = 0;
    while (get<action::SendVerify>() != nullptr && questions < 100) {
        ++questions;
        compared({.next = VerifyRequest{}});
    }
    CHECK(questions == 6);
    CHECK(need<action::RoundFinished>().outcome == "done");
    CHECK(!need<action::RoundFinished>().verify->complete);
}

}  // namespace
}  // namespace ct::sync::test
