// Clocks that lie: what the replica makes of them, by hand.
#include <deque>

#include "client/replica.h"
#include "client/true_time.h"
#include "sync/stamp.h"
#include "unit/store_support.h"

namespace ct::client {
namespace {

using store::test::HandClock;
using store::test::id_of;
using store::test::TempDirectory;
using store::test::text_changes;

constexpr std::int64_t kYear = 365LL * 24 * 3'600'000;

/// A laptop whose clocks the test holds, and a server that says the true time.
struct Bench {
    TempDirectory directory;
    HandClock clock;
    SeededRandom random{1};
    UnixMs truth = clock.wall;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<Replica> replica;
    std::deque<NetJob> jobs;
    std::uint64_t records = 0;

    Bench() {
        REQUIRE(Secrets(directory.file("token")).save_token("token"));
        start();
        store::SyncState state = store->state();
        state.server_url = "http://127.0.0.1:1";
        state.workspace_id = "w";
        REQUIRE(store->save_state(state));
        start();
    }
    void start() {
        replica.reset();
        store.reset();
        jobs.clear();
        auto opened = store::Store::open(directory.file("colortouch.db"), clock, random);
        REQUIRE(opened.has_value());
        store = std::move(*opened);
        ReplicaPorts ports{[this](NetJob job) { jobs.push_back(std::move(job)); }, [this] { jobs.clear(); },
                           [](Event) {}};
        replica = std::make_unique<Replica>(*store, Secrets(directory.file("token")), clock, random, ReplicaOptions{},
                                            std::move(ports));
        replica->start();
    }
    void pass(std::int64_t ms) {
        truth += ms;
        clock.wall += ms;
        clock.monotonic += ms;
    }
    Uuid add() {
        const Uuid id = id_of(++records);
        Edit edit{sync::OperationKind::create, crm::Model::lead, id, text_changes(crm::Model::lead, {{"name", "A"}})};
        const auto committed = replica->commit({edit});
        REQUIRE(committed.has_value());
        return committed->operations.front();
    }
    [[nodiscard]] std::string stamp(const Uuid& operation) const {
        const auto list = store->list_queue();
        REQUIRE(list.has_value());
        for (const auto& queued : *list) {
            if (queued.operation.id == operation) return queued.operation.stamp;
        }
        FAIL("it is not in the queue");
        return {};
    }
    /// How far the stamp is from the truth of that moment.
    [[nodiscard]] std::int64_t off(const Uuid& operation, UnixMs at) const {
        return sync::stamp_ms(stamp(operation)) - at;
    }
    /// The probe of a round is answered, a second after it was sent.
    void contact() {
        replica->tell(sync::event::SyncAsked{});
        REQUIRE_FALSE(jobs.empty());
        REQUIRE(jobs.front().kind == NetJob::Kind::probe);
        NetAnswer answer;
        answer.kind = NetJob::Kind::probe;
        answer.id = jobs.front().id;
        jobs.pop_front();
        answer.reply = sync::Reply(sync::Health{"colortouchd", "1", "e", truth + 500});
        pass(1'000);
        answer.traffic.total_ms = 1'000;
        answer.wall_at_answer = clock.wall;
        replica->on_answer(std::move(answer));
    }
};

TEST_CASE("time: a wall clock that jumps while the program runs changes no stamp") {
    for (const std::int64_t jump : {2 * kYear, -2 * kYear}) {
        CAPTURE(jump);
        Bench bench;
        bench.pass(60'000);
        bench.clock.wall += jump;
        const UnixMs first_at = bench.truth;
        const Uuid first = bench.add();
        CHECK(bench.off(first, first_at) == 0);
        bench.pass(60'000);
        bench.start();  // the next start knows of the jump, too
        const UnixMs second_at = bench.truth;
        const Uuid second = bench.add();
        CHECK(bench.off(second, second_at) == 0);
        CHECK(bench.stamp(second) > bench.stamp(first));
        CHECK(bench.store->state().clock_offset_ms == -jump);
        bench.contact();
        CHECK(bench.off(first, first_at) == 0);
        CHECK(bench.off(second, second_at) == 0);
    }
}

TEST_CASE("time: edits made by a wrong clock get the time at which they were made, as soon as the server says it") {
    for (const std::int64_t wrong : {2 * kYear, -2 * kYear, std::int64_t{600'000}}) {
        CAPTURE(wrong);
        Bench bench;
        bench.clock.wall += wrong;
        bench.start();  // it knows no better
        const UnixMs first_at = bench.truth;
        const Uuid first = bench.add();
        CHECK(std::abs(bench.off(first, first_at)) >= std::abs(wrong) / 2);
        bench.pass(3'600'000);
        const UnixMs second_at = bench.truth;
        const Uuid second = bench.add();
        bench.pass(60'000);
        bench.contact();
        CHECK(bench.off(first, first_at) == 0);
        CHECK(bench.off(second, second_at) == 0);
        const Uuid third = bench.add();
        CHECK(bench.off(third, bench.truth) == 0);
        CHECK(bench.stamp(third) > bench.stamp(second));
        const auto record = bench.store->get(crm::Model::lead, id_of(1));
        REQUIRE((record.has_value() && record->has_value()));
        CHECK((*record)->updated_at == first_at);
        bench.start();
        CHECK(bench.off(bench.add(), bench.truth) == 0);
    }
}

TEST_CASE("time: an earlier run's edits of the future come back to the present, in their order") {
    Bench bench;
    bench.clock.wall += 2 * kYear;
    bench.start();
    const Uuid first = bench.add(), second = bench.add();
    bench.clock.wall -= 2 * kYear;  // put right while the program is closed
    bench.start();
    const Uuid third = bench.add();
    CHECK(bench.stamp(third) > bench.stamp(second));  // a device's own order holds whatever the clock does
    bench.contact();
    for (const Uuid& each : {first, second, third}) CHECK(std::abs(bench.off(each, bench.truth)) <= 2'000);
    CHECK(bench.stamp(first) < bench.stamp(second));
    CHECK(bench.stamp(second) < bench.stamp(third));
    const Uuid fourth = bench.add();
    CHECK(std::abs(bench.off(fourth, bench.truth)) <= 2'000);
    CHECK(bench.stamp(third) < bench.stamp(fourth));
}

TEST_CASE("time: what was sent keeps its stamp, whatever the server says") {
    Bench bench;
    bench.clock.wall += 2 * kYear;
    bench.start();
    const Uuid sent = bench.add();
    REQUIRE(bench.store->take_batch({}).has_value());
    const std::string before = bench.stamp(sent);
    bench.contact();
    CHECK(bench.stamp(sent) == before);
}

TEST_CASE("time: the server's word counts at half the round trip, and noise is no word") {
    HandClock clock;
    TrueTime time(clock, 0, 0);
    const UnixMs now = clock.wall;
    CHECK(time.learn(now + 1'200, 1'000) == 0);
    CHECK(time.offset_ms() == 0);
    CHECK(time.learn(now + 1'300, 1'000) == 1'300);
    CHECK(time.offset_ms() == 1'300);
    clock.wall += 40'000;
    clock.monotonic += 40'000;
    CHECK(time.now() == now + 41'300);
    // An offset that leads into the past was made for a wall clock that has been put right since.
    CHECK(TrueTime(clock, -2 * kYear, now).now() == clock.wall);
    CHECK(TrueTime(clock, -1'000, now).now() == clock.wall - 1'000);
}

TEST_CASE("time: a copied profile's unsent edits are stamped with its new name") {
    Bench bench;
    const Uuid sent = bench.add();
    REQUIRE(bench.store->take_batch({}).has_value());
    const Uuid unsent = bench.add();
    const std::string before = bench.stamp(sent), old = bench.store->state().device_id;
    REQUIRE(bench.store->renew_device("another"));
    CHECK(bench.stamp(sent) == before);
    CHECK(sync::stamp_device(bench.stamp(unsent)) == "another");
    CHECK(sync::stamp_device(before) == old);
}

}  // namespace
}  // namespace ct::client
