// The flight recorder's codec, and running a recording again.
#include <doctest/doctest.h>

#include <set>

#include "sync/rerun.h"
#include "unit/sync_engine_support.h"

namespace ct::sync {
namespace {

using test::Hand;
using test::id_of;

/// Records a Hand's engine.
class Tape {
  public:
    explicit Tape(Hand& hand) : hand_(hand) {
        append_frame(bytes, begin_entry(hand.engine, hand.now, 1'795'000'000'000, "test", false));
    }
    /// `told` says what it is told; its draws are noted by `chance`.
    void note(const Event& event, const std::vector<Action>& actions, const std::vector<std::uint64_t>& drawn) {
        step_.takes(event, hand_.now, 1'795'000'000'000 + hand_.now);
        append_frame(bytes, step_.gives(actions, drawn));
    }
    std::string bytes;

  private:
    Hand& hand_;
    StepWriter step_;
};

std::vector<Entry> entries_of(std::string_view bytes) {
    std::vector<Entry> entries;
    read_recording(bytes, [&](Entry&& entry) { entries.push_back(std::move(entry)); });
    return entries;
}

Operation operation_of(std::uint64_t number) {
    Operation operation;
    operation.id = id_of(number);
    operation.record = id_of(number + 1'000);
    operation.model = crm::Model::payment;
    operation.stamp = "0192f3c4a5b6-0001-device";
    operation.base = 12;
    operation.policy = crm::Policy::manual;
    operation.changes.set(crm::field(crm::Model::payment, "amount"), std::int64_t{4'711'000});
    operation.changes.set(crm::field(crm::Model::payment, "notes"), std::string("paid by Meera Kulkarni"));
    operation.changes.extra = R"({"loyalty":"gold card"})";
    return operation;
}

PullPage page_of(std::size_t rows) {
    PullPage page;
    page.epoch = "e";
    page.from = "c1";
    page.cursor = "c2";
    page.has_more = true;
    page.remaining = 77;
    page.server_time = 1'795'000'000'123;
    for (std::size_t i = 0; i < rows; ++i) {
        PullRow& row = page.rows.emplace_back();
        row.kind = i % 3 == 0 ? RowKind::deleted : RowKind::changed;
        row.id = id_of(i + 1);
        row.version = static_cast<std::int64_t>(i) * 1'000'003;
        row.changes.set(0, std::string("Meera Kulkarni"));
    }
    return page;
}

/// One of each, with something in every member.
std::vector<Event> all_events() {
    PushAnswer answer;
    answer.sequence = -7;
    answer.version = INT64_MAX;
    OperationResult& result = answer.results.emplace_back();
    result.id = id_of(3);
    result.verdict = Verdict::rejected;
    result.error = {ErrorKind::invalid, "INVALID_FIELD", "\"Meera Kulkarni\" is no amount", "amount"};
    result.record = crm::Record{};
    result.record->id = id_of(4);
    result.fields = {"amount"};
    answer.later.emplace_back().version = 9;
    VerifyAnswer verify;
    verify.models.emplace_back().buckets.push_back({3, 0xfedcba9876543210U});
    verify.moved.push_back({crm::Model::note, {id_of(8)}});
    event::Compared compared{true, 5, 2, VerifyRequest{}, {{crm::Model::lead, {id_of(1), id_of(2)}}}};
    compared.next->list.push_back({crm::Model::lead, {1, 255}});
    event::BatchReady batch{41, {}, 512};
    for (std::uint64_t i = 0; i < 20; ++i) batch.operations.push_back(operation_of(i));
    return {event::QueueChanged{3, true, 1, 2, 4},
            event::Account{true, true},
            event::LinkChanged{false},
            event::OfflineChosen{true},
            event::SyncAsked{false, true, true, false},
            event::Nudged{},
            event::IntervalChanged{30'000},
            event::ListenChosen{true},
            event::Metered{true},
            event::TimerFired{},
            batch,
            event::Answered{1, Unreachable{Unreachable::Kind::login_page, true, "HTTP 200: no digest", true}},
            event::Answered{2, Problem{409, "SEQUENCE_GAP", "in words", 30, 12, "e2"}},
            event::Answered{3, Health{"colortouchd", "1", "e", 5}},
            event::Answered{4, answer},
            event::Answered{5, page_of(30)},
            event::Answered{6, verify},
            event::Settled{1, 2, 3, 4, 5},
            event::PageDone{9, true, true, true, true},
            event::RemovalsDecided{true},
            compared,
            event::IdentityRenewed{"device", "e"},
            event::LocalFailure{"the disk is full"}};
}

std::vector<Action> all_actions() {
    action::SendPush push{9, 41, {}};
    for (std::uint64_t i = 0; i < 20; ++i) push.operations.push_back(operation_of(i));
    action::RoundFinished finished{{1, 2, 3, 4, 5, 6, 7}, 120, "done", "in words", true, VerifyCounts{true, 4, 3, 2}};
    return {action::SendProbe{1},
            action::PrepareBatch{1'000, 5},
            push,
            action::Settle{{}},
            action::SendPull{2, "c", 500},
            action::ApplyPage{page_of(30)},
            action::SendVerify{3, {}, true},
            action::CompareMirror{{}},
            action::SendRepair{4, {{crm::Model::lead, {id_of(1)}}}},
            action::ApplyRepair{page_of(2)},
            action::CancelRequests{},
            action::Listen{5, 25, 500},
            action::StopListening{},
            action::Stalled{"why", "HELD_BACK", 3},
            action::RenewDevice{},
            action::NumberFrom{12},
            action::RestartPull{true, "e2"},
            action::DropToken{},
            finished};
}

std::string segment_of(const Event& event, const std::vector<Action>& actions) {
    Hand hand;
    Tape tape(hand);
    tape.note(event, actions, {1, UINT64_MAX});
    return tape.bytes;
}

}  // namespace

TEST_CASE("recording: every event and every action comes back as it was written, in bytes and in JSON") {
    std::set<std::size_t> events, actions;
    for (const Event& event : all_events()) {
        events.insert(event.index());
        const std::vector<Entry> read = entries_of(segment_of(event, all_actions()));
        REQUIRE(read.size() == 2);
        const auto& step = std::get<Step>(read[1]);
        CHECK(step.event.index() == event.index());
        CHECK(step.drawn == std::vector<std::uint64_t>{1, UINT64_MAX});
        for (const Action& action : step.actions) actions.insert(action.index());
        // What was read writes the same again, and JSON says all of it.
        CHECK(segment_of(step.event, step.actions) == segment_of(event, all_actions()));
        const std::string json = to_json(read[1]);
        const auto again = entry_from_json(json);
        REQUIRE_MESSAGE(again.has_value(), json);
        CHECK(to_json(*again) == json);
        CHECK(segment_of(std::get<Step>(*again).event, std::get<Step>(*again).actions) ==
              segment_of(event, all_actions()));
    }
    CHECK(events.size() == std::variant_size_v<Event>);
    CHECK(actions.size() == std::variant_size_v<Action>);
}

TEST_CASE("recording: no value of a record is in it, and a page that passes through is there once") {
    std::string bytes, json;
    for (const Event& event : all_events()) {
        const std::string segment = segment_of(event, all_actions());
        bytes += segment;
        for (const Entry& entry : entries_of(segment)) json += to_json(entry);
    }
    for (const char* value : {"Meera", "Kulkarni", "4711000", "gold card"}) {
        CAPTURE(value);
        CHECK(bytes.find(value) == std::string::npos);
        CHECK(json.find(value) == std::string::npos);
    }
    CHECK(json.find("loyalty") != std::string::npos);  // the names of the fields are
    const PullPage page = page_of(1'000);
    const std::size_t once = segment_of(event::Answered{1, page}, {}).size();
    CHECK(segment_of(event::Answered{1, page}, {action::ApplyPage{page}}).size() < once + 200);
}

TEST_CASE("recording: long lists that begin and end alike are told apart") {
    action::SendPush push{9, 41, {}};
    for (const char* middle : {"m0", "m1"}) {
        Operation operation;
        operation.id = id_of(push.operations.size());
        operation.changes.extra =
            std::string(R"({"a":1,"b":1,"c":1,"d":1,")") + middle + R"(":1,"w":1,"x":1,"y":1,"z":1})";
        push.operations.push_back(operation);
    }
    const std::string json = to_json(entries_of(segment_of(event::PageDone{1}, {push})).at(1));
    CHECK(json.find("m0") != std::string::npos);
    CHECK(json.find("m1") != std::string::npos);
}

TEST_CASE("recording: a torn end is dropped in silence, what is damaged in the middle is a gap") {
    const std::string one = segment_of(event::Nudged{}, {});
    std::string all = one;
    all += segment_of(event::TimerFired{}, {});
    REQUIRE(entries_of(all).size() == 4);
    for (std::size_t length = 0; length < one.size(); ++length) {
        for (const Entry& entry : entries_of(one.substr(0, length))) {
            CHECK_FALSE(std::holds_alternative<Gap>(entry));
        }
    }
    // A crash tore the first half's last step; the next start went on behind it.
    std::string torn = one.substr(0, one.size() - 3) + segment_of(event::TimerFired{}, {});
    std::vector<Entry> read = entries_of(torn);
    REQUIRE(read.size() == 4);
    CHECK(std::holds_alternative<Gap>(read[1]));
    CHECK(std::holds_alternative<Begin>(read[2]));
    // Any one byte that flips costs its own frame and no other.
    for (std::size_t at = 0; at < all.size(); ++at) {
        std::string flipped = all;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
        std::size_t good = 0;
        for (const Entry& entry : entries_of(flipped)) good += std::holds_alternative<Gap>(entry) ? 0U : 1U;
        CHECK(good >= 2);
        CHECK(good < 4);
    }
}

TEST_CASE("recording: what another version wrote is left out, and said to be") {
    std::string segment = segment_of(event::Nudged{}, {});
    std::string begin = begin_entry(Hand().engine, 0, 0, "older", false);
    begin[1] = static_cast<char>(begin[1] ^ 1);  // the fingerprint's first byte
    std::string older;
    append_frame(older, begin);
    Hand hand;
    older += segment.substr(Tape(hand).bytes.size());  // its steps
    const std::vector<Entry> read = entries_of(older + segment);
    REQUIRE(read.size() == 4);
    CHECK(std::get<Gap>(read[0]).other_version);
    CHECK(std::get<Gap>(read[1]).other_version);
    CHECK(std::holds_alternative<Begin>(read[2]));
    CHECK(std::holds_alternative<Step>(read[3]));
}

TEST_CASE("recording: chance is noted as it was given, and given again") {
    SeededRandom source(5), same(5);
    NotedRandom noted(source);
    std::vector<std::uint64_t> given;
    for (const std::uint64_t bound : {10ULL, 1'000'000ULL, 3ULL}) {
        given.push_back(noted.below(bound));
        CHECK(given.back() == same.below(bound));
    }
    ReplayedRandom again;
    again.load(noted.drawn());
    CHECK(again.below(10) == given[0]);
    CHECK(again.below(1'000'000) == given[1]);
    CHECK_FALSE(again.used_up());
    CHECK(again.below(3) == given[2]);
    CHECK(again.used_up());
    (void)again.next();
    CHECK_FALSE(again.used_up());
}

namespace {

/// A few rounds of an engine, recorded: with a failure, a break and a backoff.
std::string flight() {
    SeededRandom source(3);
    NotedRandom noted(source);
    Engine engine(Hand::without_verify(), noted);
    SteadyMs now = 1'000;
    std::string bytes;
    append_frame(bytes, begin_entry(engine, now, 0, "test", false));
    StepWriter step;
    std::vector<Action> out;
    const auto tell = [&](Event event) {
        now += 7;
        noted.forget();
        step.takes(event, now, now);
        out = engine.handle(std::move(event), now);
        append_frame(bytes, step.gives(out, noted.drawn()));
        append_frame(bytes, begin_entry(engine, now, now, "test", true));
    };
    const auto request = [&]() -> std::uint64_t {
        for (const Action& action : out) {
            if (const auto* probe = std::get_if<action::SendProbe>(&action)) return probe->request;
            if (const auto* push = std::get_if<action::SendPush>(&action)) return push->request;
            if (const auto* pull = std::get_if<action::SendPull>(&action)) return pull->request;
        }
        return 0;
    };
    tell(event::Account{true, true});
    for (int round = 0; round < 4; ++round) {
        tell(event::QueueChanged{2, true});
        now = std::max(now, engine.due().value_or(now));
        tell(event::TimerFired{});
        if (request() != 0 && round == 0) tell(event::Answered{request(), test::away()});
        if (round == 0) continue;
        if (std::holds_alternative<action::SendProbe>(out.front()))
            tell(event::Answered{request(), Health{"colortouchd", "1", "e", 0}});
        tell(event::BatchReady{round * 2, test::operations(2), 300});
        const auto push = std::get<action::SendPush>(out.front());
        tell(event::Answered{push.request, test::verdicts(push)});
        tell(event::QueueChanged{0});
        tell(event::Settled{2});
        tell(event::BatchReady{});
        PullPage page;
        page.cursor = "c";
        tell(event::Answered{request(), page});
        tell(event::PageDone{});
    }
    return bytes;
}

std::optional<Difference> first_difference(const std::vector<Entry>& entries, Rerun& rerun) {
    std::optional<Difference> first;
    for (const Entry& entry : entries) {
        auto difference = rerun.feed(entry);
        if (difference && !first) first = std::move(difference);
    }
    return first;
}

}  // namespace

TEST_CASE("rerun: the same events give the same actions, from any image on") {
    const std::vector<Entry> entries = entries_of(flight());
    REQUIRE(entries.size() > 40);
    for (std::size_t from = 0; from < entries.size(); ++from) {
        Rerun rerun;
        const auto difference =
            first_difference({entries.begin() + static_cast<std::ptrdiff_t>(from), entries.end()}, rerun);
        REQUIRE_MESSAGE(!difference, difference->what << ": " << difference->expected << " / " << difference->came);
        CHECK(rerun.left_out() <= 1);  // before the first image
    }
}

TEST_CASE("rerun: the first action that is another one is told, with its step") {
    const std::vector<Entry> entries = entries_of(flight());
    int looked_at = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto* step = std::get_if<Step>(&entries[i]);
        if (step == nullptr || step->actions.empty()) continue;
        std::vector<Entry> other = entries;
        auto& actions = std::get<Step>(other[i]).actions;
        actions.back() = action::DropToken{};
        Rerun rerun;
        const auto difference = first_difference(other, rerun);
        REQUIRE(difference.has_value());
        CHECK(difference->step == static_cast<std::int64_t>((i + 1) / 2));
        CHECK(difference->expected == "{\"DropToken\":{}}");
        CHECK(difference->came == short_text(step->actions.back()));
        CHECK(rerun.differences() == 1);  // the next image puts it right
        ++looked_at;
    }
    CHECK(looked_at > 10);
    std::vector<Entry> drawn = entries;
    for (Entry& entry : drawn) {
        if (auto* step = std::get_if<Step>(&entry)) step->drawn.push_back(1);
    }
    Rerun rerun;
    CHECK(first_difference(drawn, rerun)->what == "what was drawn by chance");
}

TEST_CASE("rerun: a sentence that lost what was somebody's is no difference, another word is") {
    std::vector<Entry> entries = entries_of(flight());
    for (const char* text : {"refused by #0123456789abcdef", "refused by <profile>/x"}) {
        for (Entry& entry : entries) {
            auto* step = std::get_if<Step>(&entry);
            if (step == nullptr) continue;
            for (Action& action : step->actions) {
                if (auto* finished = std::get_if<action::RoundFinished>(&action);
                    finished && finished->outcome != "done")
                    finished->detail = text;
            }
        }
        Rerun rerun;
        CHECK_FALSE(first_difference(entries, rerun));
    }
    for (Entry& entry : entries) {
        auto* step = std::get_if<Step>(&entry);
        if (step == nullptr) continue;
        for (Action& action : step->actions) {
            if (auto* finished = std::get_if<action::RoundFinished>(&action)) finished->detail = "another #0123";
        }
    }
    Rerun rerun;
    CHECK(first_difference(entries, rerun));
}

}  // namespace ct::sync
