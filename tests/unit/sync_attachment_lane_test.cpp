// The lane of attachments by hand: each event told, each action looked at.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sync/attachment_lane.h"

using namespace ct;
using namespace ct::sync;
namespace in = ct::sync::lane_event;
namespace out = ct::sync::lane_action;

namespace {

Uuid id_of(std::uint8_t number) {
    Uuid id;
    id.bytes[15] = number;
    return id;
}

LaneItem upload(std::uint8_t id, std::int64_t size) { return {id_of(id), LaneTask::upload, size, 0}; }
LaneItem download(std::uint8_t id, std::int64_t size, std::int64_t have = 0) {
    return {id_of(id), LaneTask::download, size, have};
}

struct Lane {
    SeededRandom random{1};
    LaneTuning tuning;
    AttachmentLane lane{tuning, random};
    SteadyMs now = 1'000'000;
    std::vector<LaneAction> said;

    void tell(LaneEvent event) { said = lane.handle(std::move(event), now); }
    template <class Wanted>
    [[nodiscard]] const Wanted* find() const {
        for (const LaneAction& action : said) {
            if (const auto* found = std::get_if<Wanted>(&action)) return found;
        }
        return nullptr;
    }
    template <class Wanted>
    const Wanted& only() {
        REQUIRE(said.size() == 1);
        REQUIRE(std::holds_alternative<Wanted>(said[0]));
        return std::get<Wanted>(said[0]);
    }
    /// Signed in, and the last round of record sync went well: it looks what there is.
    void rest() {
        tell(in::Account{true});
        CHECK(said.empty());  // records first
        tell(in::RecordSync{false, true});
        CHECK(only<out::Pick>().uploads);
    }
    void accepted(std::uint64_t request, std::int64_t offset = -1) {
        tell(in::Answered{request, LaneAccepted{offset}});
    }
    void refused(std::uint64_t request, int status, std::string code = {}) {
        tell(in::Answered{request, LaneRefused{status, std::move(code), "because", -1}});
    }
    void unreached(std::uint64_t request) { tell(in::Answered{request, LaneUnreached{"refused"}}); }
    void wait_until_due() {
        REQUIRE(lane.due());
        now = std::max(now, *lane.due());
        tell(in::TimerFired{});
    }
    /// From Pick to the first part that goes up.
    out::SendPart begin_upload(const LaneItem& item, std::int64_t there = 0) {
        tell(in::Picked{item});
        accepted(only<out::Create>().request, there);
        REQUIRE(find<out::SendPart>());
        return *find<out::SendPart>();
    }
};

}  // namespace

TEST_CASE_FIXTURE(Lane, "a file goes up in parts that double, and the next is looked for") {
    rest();
    out::SendPart part = begin_upload(upload(1, 1'000'000));
    CHECK(part.offset == 0);
    CHECK(part.length == tuning.part_first);
    accepted(part.request, 262'144);
    REQUIRE(find<out::Progress>());
    CHECK(find<out::Progress>()->offset == 262'144);
    REQUIRE(find<out::SendPart>());
    part = *find<out::SendPart>();
    CHECK(part.offset == 262'144);
    CHECK(part.length == 524'288);
    accepted(part.request, 786'432);
    REQUIRE(find<out::SendPart>());
    CHECK(find<out::SendPart>()->length == 213'568);  // what is left
    accepted(find<out::SendPart>()->request, 1'000'000);
    REQUIRE(find<out::Done>());
    CHECK(find<out::Done>()->id == id_of(1));
    CHECK(find<out::Pick>());
    tell(in::Picked{});
    CHECK(said.empty());
    CHECK_FALSE(lane.due());
    tell(in::Work{});
    CHECK(find<out::Pick>());
}

TEST_CASE_FIXTURE(Lane, "over a good link parts grow large, and no larger than goes well") {
    rest();
    constexpr std::int64_t kMega = 1 << 20;
    out::SendPart part = begin_upload(upload(1, 100 * kMega));
    const struct {
        std::int64_t took, next;  // ms, KiB
    } rows[] = {{3'000, 512}, {3'000, 1'024}, {1'001, 1'024}, {1'000, 2'048}, {900, 4'096}, {900, 8'192},
                {900, 8'192}, {3'000, 8'192}, {3'001, 4'096}, {9'000, 2'048}, {900, 4'096}};
    for (const auto& row : rows) {
        CAPTURE(row.took);
        now += row.took;
        accepted(part.request, part.offset + static_cast<std::int64_t>(part.length));
        REQUIRE(find<out::SendPart>());
        part = *find<out::SendPart>();
        CHECK(static_cast<std::int64_t>(part.length) == row.next * 1'024);
    }
    SUBCASE("what is cut is sent in half as much") {
        unreached(part.request);
        wait_until_due();
        CHECK(begin_upload(upload(1, 100 * kMega)).length == 2 * tuning.part_max);
    }
    SUBCASE("the user wants it to go over a metered link too: not so much at once") {
        tell(in::AskedNow{});
        tell(in::Link{true});
        accepted(part.request, 50 * kMega);
        REQUIRE(find<out::SendPart>());
        CHECK(find<out::SendPart>()->length == tuning.part_max);
    }
    SUBCASE("what is fetched is held in memory") {
        tell(in::RecordSync{true, true});
        tell(in::RecordSync{false, true});
        tell(in::Picked{LaneItem{id_of(2), LaneTask::download, 100 * kMega, 0}});
        REQUIRE(find<out::FetchPart>());
        CHECK(find<out::FetchPart>()->length == tuning.part_max);
    }
}

TEST_CASE_FIXTURE(Lane, "after a cut it goes on at the byte that the server names, and with a smaller part") {
    rest();
    unreached(begin_upload(upload(1, 1'000'000)).request);
    CHECK(said.empty());
    CHECK(lane.waits_for() == LaneWait::trouble);
    wait_until_due();
    CHECK(find<out::Pick>());
    const out::SendPart part = begin_upload(upload(1, 1'000'000), 100'000);
    CHECK(part.offset == 100'000);
    CHECK(part.length == tuning.part_first / 2);
}

TEST_CASE_FIXTURE(Lane, "failures in a row wait longer and longer, to a limit, and never for ever") {
    rest();
    SteadyMs waited = 0;
    for (int i = 0; i < 12; ++i) {
        tell(in::Picked{upload(1, 10)});
        unreached(only<out::Create>().request);
        REQUIRE(lane.due());
        const SteadyMs wait = *lane.due() - now;
        CHECK(wait >= std::min<SteadyMs>(tuning.backoff_first_ms << i, tuning.backoff_max_ms) / 2);
        CHECK(wait <= tuning.backoff_max_ms);
        waited += wait;
        wait_until_due();
        REQUIRE(find<out::Pick>());
    }
    CHECK(waited > tuning.backoff_max_ms);
}

TEST_CASE_FIXTURE(Lane, "a server that says when to come again is not asked before") {
    rest();
    tell(in::Picked{upload(1, 10)});
    tell(in::Answered{only<out::Create>().request, LaneRefused{429, "TOO_MANY_REQUESTS", "later", 90}});
    REQUIRE(lane.due());
    CHECK(*lane.due() >= now + 90'000);
}

TEST_CASE_FIXTURE(Lane, "record sync goes first: it cancels the part, and what still comes back of it is not taken") {
    rest();
    const out::SendPart part = begin_upload(upload(1, 1'000'000));
    tell(in::RecordSync{true, true});
    (void)only<out::CancelRequest>();
    accepted(part.request, 262'144);
    CHECK(said.empty());
    CHECK_FALSE(lane.working());
    tell(in::RecordSync{false, true});
    CHECK(find<out::Pick>());
}

TEST_CASE_FIXTURE(Lane, "nothing goes while the last round of record sync failed, or nobody is signed in") {
    tell(in::Account{true});
    tell(in::RecordSync{false, false});
    CHECK(said.empty());
    CHECK(lane.waits_for() == LaneWait::record_sync);
    tell(in::Account{false});
    tell(in::RecordSync{false, true});
    CHECK(said.empty());
    CHECK(lane.waits_for() == LaneWait::account);
}

TEST_CASE_FIXTURE(Lane, "over a metered link files wait, unless they are asked for now") {
    tell(in::Link{true});
    tell(in::Account{true});
    tell(in::RecordSync{false, true});
    CHECK_FALSE(only<out::Pick>().uploads);
    tell(in::Picked{});
    CHECK(lane.waits_for() == LaneWait::metered);
    CHECK_FALSE(lane.due());
    tell(in::AskedNow{});
    CHECK(only<out::Pick>().uploads);
    tell(in::Picked{});  // nothing is left: it was asked for once
    tell(in::Work{});
    CHECK_FALSE(only<out::Pick>().uploads);
}

TEST_CASE_FIXTURE(Lane, "a slow link is left to the records, and tried again with one small part") {
    rest();
    tell(in::Picked{});
    tell(in::Measured{16'000, 8'000});  // 2 kB/s
    tell(in::Work{});
    CHECK_FALSE(only<out::Pick>().uploads);
    tell(in::Picked{});
    CHECK(lane.waits_for() == LaneWait::slow);
    REQUIRE(lane.due());
    CHECK(*lane.due() == now + tuning.slow_retry_ms);
    wait_until_due();
    CHECK(only<out::Pick>().uploads);
    out::SendPart part = begin_upload(upload(1, 1'000'000));
    CHECK(part.length == tuning.part_min);
    now += 100;  // 160 kB/s: it is another link now
    accepted(part.request, static_cast<std::int64_t>(tuning.part_min));
    REQUIRE(find<out::SendPart>());
    now += 100;
    accepted(find<out::SendPart>()->request, 2 * static_cast<std::int64_t>(tuning.part_min));
    REQUIRE(find<out::SendPart>());
    CHECK(find<out::SendPart>()->length == 2 * tuning.part_min);
}

TEST_CASE_FIXTURE(Lane, "a part that is too small to measure by does not make a link slow") {
    rest();
    tell(in::Measured{100, 8'000});
    CHECK(lane.rate() == -1);
    CHECK(lane.waits_for() == LaneWait::nothing);
}

TEST_CASE_FIXTURE(Lane, "the server holds more or less than we thought: it is asked, and believed") {
    rest();
    out::SendPart part = begin_upload(upload(1, 1'000'000));
    refused(part.request, 409, "OFFSET_MISMATCH");
    accepted(only<out::Locate>().request, 500'000);
    REQUIRE(find<out::SendPart>());
    CHECK(find<out::SendPart>()->offset == 500'000);
}

TEST_CASE_FIXTURE(Lane, "what the server lost begins anew, so often and no more") {
    rest();
    out::SendPart part = begin_upload(upload(1, 1'000'000));
    for (int i = 0; i < tuning.restarts_max; ++i) {
        refused(part.request, 404, "NOT_FOUND");
        accepted(only<out::Create>().request, 0);
        REQUIRE(find<out::SendPart>());
        part = *find<out::SendPart>();
    }
    refused(part.request, 404, "NOT_FOUND");
    REQUIRE(find<out::Failed>());
    CHECK(find<out::Failed>()->code == "NOT_FOUND");
    CHECK(find<out::Pick>());  // the others go on
}

TEST_CASE_FIXTURE(Lane, "one that is refused is set aside with the server's words, and the others go on") {
    rest();
    tell(in::Picked{upload(1, 1'000'000)});
    refused(only<out::Create>().request, 413, "TOO_LARGE");
    REQUIRE(find<out::Failed>());
    CHECK(find<out::Failed>()->code == "TOO_LARGE");
    CHECK(find<out::Failed>()->message == "because");
    CHECK(find<out::Pick>());
}

TEST_CASE_FIXTURE(Lane, "a sign-in that ended is left to record sync") {
    rest();
    refused(begin_upload(upload(1, 1'000)).request, 401, "UNAUTHORIZED");
    CHECK(said.empty());
    CHECK(lane.waits_for() == LaneWait::account);
    tell(in::Account{true});
    CHECK(find<out::Pick>());
}

TEST_CASE_FIXTURE(Lane,
                  "a download goes on where the disk ends, is checked, and fetched anew when it is not the file") {
    rest();
    tell(in::Picked{download(2, 300'000, 200'000)});
    CHECK(only<out::FetchPart>().offset == 200'000);
    accepted(only<out::FetchPart>().request, 300'000);
    REQUIRE(find<out::Verify>());
    for (int i = 0; i < tuning.restarts_max; ++i) {
        tell(in::Verified{false});
        CHECK(only<out::FetchPart>().offset == 0);
        accepted(only<out::FetchPart>().request, 262'144);
        while (find<out::FetchPart>()) accepted(find<out::FetchPart>()->request, 300'000);
        REQUIRE(find<out::Verify>());
    }
    tell(in::Verified{false});
    REQUIRE(find<out::Failed>());
    CHECK(find<out::Failed>()->code == "CONTENT_MISMATCH");
}

TEST_CASE_FIXTURE(Lane, "an empty file is created, and done") {
    rest();
    tell(in::Picked{upload(3, 0)});
    accepted(only<out::Create>().request, 0);
    CHECK(find<out::Done>());
}

TEST_CASE_FIXTURE(Lane, "what is gone already has been removed") {
    rest();
    tell(in::Picked{LaneItem{id_of(4), LaneTask::remove, 0, 0}});
    refused(only<out::Remove>().request, 404, "NOT_FOUND");
    REQUIRE(find<out::Done>());
    CHECK(find<out::Done>()->task == LaneTask::remove);
}

TEST_CASE_FIXTURE(Lane,
                  "a file that is gone from the disk fails by itself; a list that cannot be read is tried again") {
    rest();
    (void)begin_upload(upload(1, 1'000));
    tell(in::LocalFailure{"NO_FILE", "photo.jpg is not there"});
    REQUIRE(find<out::Failed>());
    CHECK(find<out::Failed>()->code == "NO_FILE");
    CHECK(find<out::Pick>());
    tell(in::LocalFailure{"DISK", "cannot read"});
    CHECK(said.empty());
    wait_until_due();
    CHECK(find<out::Pick>());
}

TEST_CASE_FIXTURE(Lane, "a server that takes parts and keeps nothing of them does not hold the lane in a circle") {
    rest();
    const out::SendPart part = begin_upload(upload(1, 1'000'000));
    accepted(part.request, 0);
    CHECK(said.empty());
    CHECK(lane.waits_for() == LaneWait::trouble);
}

TEST_CASE("whatever is told and answered, the lane either works, has a time, or says what it waits for") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SeededRandom chance(seed);
        Lane lane;
        std::uint64_t request = 0;
        for (int step = 0; step < 300; ++step) {
            switch (chance.below(12)) {
                case 0: lane.tell(in::Work{}); break;
                case 1: lane.tell(in::Account{chance.below(4) != 0}); break;
                case 2: lane.tell(in::RecordSync{chance.below(3) == 0, chance.below(4) != 0}); break;
                case 3: lane.tell(in::Link{chance.below(3) == 0}); break;
                case 4:
                    lane.tell(in::Measured{static_cast<std::int64_t>(chance.below(100'000)),
                                           static_cast<std::int64_t>(chance.below(10'000))});
                    break;
                case 5: lane.tell(in::TimerFired{}); break;
                case 6: lane.tell(in::Picked{upload(1, static_cast<std::int64_t>(chance.below(2'000'000)))}); break;
                case 7: lane.tell(in::Picked{}); break;
                case 8: lane.tell(in::Verified{chance.below(2) == 0}); break;
                case 9: lane.tell(in::Answered{request, LaneUnreached{"away"}}); break;
                case 10: lane.accepted(request, static_cast<std::int64_t>(chance.below(2'000'000)) - 1); break;
                default:
                    constexpr int kStatus[] = {400, 401, 403, 404, 409, 410, 413, 416, 429, 460, 500, 503};
                    lane.refused(request, kStatus[chance.below(std::size(kStatus))]);
            }
            for (const LaneAction& action : lane.said) {
                if (const auto* part = std::get_if<out::SendPart>(&action)) {
                    REQUIRE(part->length > 0);
                    REQUIRE(part->length <= lane.tuning.sent_max);
                    request = part->request;
                }
                if (const auto* create = std::get_if<out::Create>(&action)) request = create->request;
                if (const auto* locate = std::get_if<out::Locate>(&action)) request = locate->request;
            }
            lane.now += static_cast<SteadyMs>(chance.below(60'000));
        }
        // The faults end: a file that waits now goes.
        lane.tell(in::Account{true});
        lane.tell(in::Link{false});
        lane.tell(in::RecordSync{true, true});
        lane.tell(in::Verified{true});  // if it was at that
        lane.tell(in::RecordSync{false, true});
        lane.tell(in::Work{});
        if (!lane.lane.working()) lane.wait_until_due();
        INFO("seed ", seed);
        REQUIRE(lane.lane.working());
    }
}
