// Stamps grow along the operations of a record: what a person did later is later, whatever is sent again before it.
#include "unit/store_support.h"

namespace ct::store::test {
namespace {

constexpr UnixMs kMinute = 60'000;

std::vector<sync::QueuedOperation> listed(const Desk& desk) {
    auto list = desk.store->list_queue();
    REQUIRE(list.has_value());
    return std::move(*list);
}

std::vector<std::string> stamps(const Desk& desk) {
    std::vector<std::string> all;
    for (const auto& queued : listed(desk)) all.push_back(queued.operation.stamp);
    return all;
}

bool rise(const std::vector<std::string>& all) {
    return std::is_sorted(all.begin(), all.end()) && std::adjacent_find(all.begin(), all.end()) == all.end();
}

/// The store's hybrid clock is not before any stamp that it gave.
void check_clock(const Desk& desk) {
    const SyncState& state = desk.store->state();
    for (const auto& queued : listed(desk)) {
        const auto parts = sync::parse_stamp(queued.operation.stamp);
        REQUIRE(parts.has_value());
        CHECK(std::pair(parts->ms, parts->counter) <= std::pair(state.stamp_ms, state.stamp_counter));
    }
}

/// Gives everything unsent the stamp of that time, in turn.
void restamp(Desk& desk, UnixMs to, UnixMs latest) {
    sync::HybridClock again(desk.store->state().device_id, 0, 0);
    const auto done = desk.store->restamp([&](const std::string&) { return again.next(to); },
                                          [&] { return std::pair(again.last_ms(), again.last_counter()); }, latest);
    REQUIRE(done.has_value());
}

}  // namespace

TEST_CASE("retry: edits that waited behind what is sent again stay later than it") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    const Operation refused = desk.take().operations.at(0);
    desk.settle({Desk::rejected(refused, "FORBIDDEN")});
    desk.commit({desk.update(1, {{"city", "Pune"}}, 500)});  // of a group: they stay for themselves
    desk.commit({desk.update(1, {{"city", "Rome"}})});
    REQUIRE(desk.queue() == "UPDATE 1 ERROR; UPDATE 1 PARKED; UPDATE 1 PARKED");
    desk.clock.wall += kMinute;
    REQUIRE(desk.store->retry(refused.id, id_of(2'000), desk.stamp()));
    CHECK(rise(stamps(desk)));
    CHECK(desk.shown(1) == "Asha,Rome v10 PENDING");
    check_clock(desk);
    desk.check_memory_is_disk();
}

TEST_CASE("retry: of one save with the same record twice, the second edit stays later") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}}, 500), desk.update(1, {{"city", "Pune"}}, 500)});
    const Batch batch = desk.take();
    desk.settle(
        {Desk::rejected(batch.operations[0], "FORBIDDEN"), Desk::rejected(batch.operations[1], "GROUP_FAILED")});
    REQUIRE(desk.store->retry(batch.operations[0].id, id_of(2'000), desk.stamp()));
    CHECK(desk.queue() == "UPDATE 1 QUEUED; UPDATE 1 QUEUED");
    CHECK(rise(stamps(desk)));
}

TEST_CASE("retry: before an edit that was sent once, which nothing alters, it keeps its own time") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}}, 500)});
    desk.commit({desk.update(1, {{"city", "Pune"}})});
    const Batch batch = desk.take();
    desk.settle({Desk::rejected(batch.operations[0], "FORBIDDEN")});
    REQUIRE(desk.store->renew_device(id_of(77).str()));
    REQUIRE(desk.queue() == "UPDATE 1 ERROR; UPDATE 1 QUEUED");
    REQUIRE(desk.store->retry(batch.operations[0].id, id_of(2'000), desk.stamp()));
    CHECK(stamps(desk) == std::vector{batch.operations[0].stamp, batch.operations[1].stamp});
}

TEST_CASE("resolve: edits that waited behind a conflict stay later than the decision") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    const Operation first = desk.take().operations.at(0);
    OperationResult clash = Desk::result(first, Verdict::conflict, 11);
    clash.record = Desk::server_lead(1, 11, {{"name", "Asha"}, {"city", "Rome"}});
    desk.settle({clash});
    desk.commit({desk.update(1, {{"city", "Pune"}})});
    desk.clock.wall += kMinute;
    REQUIRE(desk.store->resolve(first.id, {}, id_of(2'000), desk.stamp()));
    CHECK(rise(stamps(desk)));
    check_clock(desk);
    CHECK(desk.shown(1) == "Asha,Pune v11 PENDING");
}

TEST_CASE("retry: not of a record that is out of sight; discarding is all that is left") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    const Operation refused = desk.take().operations.at(0);
    desk.settle({Desk::rejected(refused, "FORBIDDEN")});
    PullRow revoked = Desk::deleted_row(1, 15);
    revoked.kind = sync::RowKind::revoked;
    desk.apply(desk.page({revoked}, "c2"));
    const auto again = desk.store->retry(refused.id, id_of(2'000), desk.stamp());
    REQUIRE(!again);
    CHECK(again.error().code == "OUT_OF_SIGHT");
    CHECK(desk.queue() == "UPDATE 1 ERROR");
    CHECK(desk.store->discard(refused.id));
    CHECK(desk.queue().empty());
}

TEST_CASE("restamp: an edit stays after what it was made on, unless that is of the future itself") {
    Desk desk;
    const UnixMs now = desk.clock.wall;
    PullRow seen = Desk::row(1, 10, {{"name", "Asha"}}), future = Desk::row(2, 11, {{"name", "Bo"}});
    seen.updated_at = now + 2 * kMinute;
    future.updated_at = now + 20 * kMinute;
    desk.apply(desk.page({seen, future}, "c1"));
    desk.commit({desk.update(1, {{"city", "Goa"}}), desk.update(2, {{"city", "Goa"}})});
    restamp(desk, now, now + 5 * kMinute);
    const auto after = stamps(desk);
    CHECK(sync::stamp_ms(after[0]) > seen.updated_at);
    CHECK(sync::stamp_ms(after[1]) == now);
    CHECK(desk.store->state().stamp_ms >= seen.updated_at);  // and so do edits to come
    CHECK(desk.store->state().stamp_ms < future.updated_at);
    check_clock(desk);

    SUBCASE("what it did not see does not count") {
        PullRow unseen = Desk::row(1, 12, {{"name", "Asha"}, {"phone", "1"}});
        unseen.updated_at = now + 4 * kMinute;
        desk.apply(desk.page({unseen}, "c2"));
        restamp(desk, now, now + 5 * kMinute);
        CHECK(sync::stamp_ms(stamps(desk)[0]) == now);
    }
}

TEST_CASE("restamp: an edit stays before one of its record that was perhaps sent") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(2, {{"city", "Goa"}})});
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    desk.clock.wall += 1'000;
    desk.commit({desk.update(1, {{"city", "Pune"}}, 500)});  // of a group: it stays for itself
    // As a crash leaves it that took the database back, with what the side journal alone had kept.
    {
        auto connection = sqlite::Connection::open(desk.file, false);
        REQUIRE(connection.has_value());
        REQUIRE((*connection)->execute("UPDATE sync_queue SET sequence=0 WHERE position=3").has_value());
    }
    desk.reopen();
    desk.clock.wall += kMinute;
    restamp(desk, desk.clock.wall, desk.clock.wall + 5 * kMinute);
    CHECK(sync::stamp_ms(stamps(desk)[0]) == desk.clock.wall);
    CHECK(stamps(desk)[1] < stamps(desk)[2]);
}

TEST_CASE("restamp: an edit stays after one of its record that is under way") {
    Desk desk;
    pull_three(desk);
    desk.clock.wall += 3 * kMinute;  // it goes wrong
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    const Operation sent = desk.take().operations.at(0);
    desk.commit({desk.update(1, {{"city", "Pune"}})});
    restamp(desk, desk.clock.wall - 3 * kMinute, desk.clock.wall + kMinute);
    CHECK(stamps(desk)[0] == sent.stamp);
    CHECK(rise(stamps(desk)));
    check_clock(desk);
}

TEST_CASE("another epoch: versions of the server as it was before are no base any more") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    const Batch batch = desk.take();
    const Operation& sent = batch.operations.at(0);
    REQUIRE(sent.base == 10);
    desk.commit({desk.update(2, {{"city", "Goa"}})});
    SyncState state = desk.store->state();
    state.epoch = "epoch-2";
    state.cursor.reset();
    REQUIRE(desk.store->save_state(state));
    desk.commit({desk.update(3, {{"city", "Goa"}})});
    const auto list = listed(desk);
    CHECK(list.at(0).operation == sent);  // what was sent is never altered
    CHECK(list.at(1).operation.base == 0);
    CHECK(list.at(2).operation.base == 0);
    desk.check_memory_is_disk();

    PullPage page = desk.page(
        {Desk::row(1, 1, {{"name", "Asha"}}), Desk::row(2, 2, {{"name", "Bo"}}), Desk::row(3, 3, {{"name", "Cy"}})},
        "d1");
    page.epoch = "epoch-2";
    desk.apply(page);
    const Batch again = desk.take();  // behind what was sent: how much of that is still known is the server's to say
    CHECK(again.sequence == batch.sequence + 1);
    REQUIRE(desk.store->number_from(batch.sequence));
    CHECK(!desk.store->state().cursor);
    CHECK(listed(desk).at(0).operation == sent);
    page.from.reset();
    desk.apply(page);
    const std::string device = desk.store->state().device_id;
    desk.reopen();  // the journal agrees: nobody takes it for another device
    CHECK(desk.store->state().device_id == device);
    const Batch numbered = desk.take();
    CHECK(numbered.sequence == batch.sequence);
    CHECK(numbered.operations == again.operations);
    desk.reopen();
    CHECK(desk.store->state().device_id == device);
    CHECK(records_of(again) == "3 2 1");
    CHECK(again.operations.back() == sent);
    desk.settle({Desk::result(sent, Verdict::applied, 4)});
    desk.commit({desk.update(1, {{"city", "Pune"}})});
    CHECK(listed(desk).back().operation.base == 4);
}

TEST_CASE("openings: they tell that the file was opened anew, when it may hold what was refused") {
    Desk desk;
    pull_three(desk);
    const std::int64_t before = desk.store->openings();
    CHECK(!desk.try_commit({desk.update(99, {{"city", "Goa"}})}));  // the edit's fault
    CHECK(desk.store->openings() == before);
    FaultyDisk::arm(FaultyDisk::Call::sync, 0, SQLITE_IOERR_FSYNC, false);
    CHECK(!desk.try_commit({desk.update(1, {{"city", "Goa"}})}));
    FaultyDisk::disarm();
    CHECK(desk.store->openings() == before + 1);
}

TEST_CASE(
    "settle: who failed for the company's sake waits with it, and goes again with it; not with what needs a person") {
    for (const char* other : {"MISSING_PARENT", "FORBIDDEN"}) {
        Desk desk;
        pull_three(desk);
        desk.commit({desk.create(7), desk.update(1, {{"city", "Goa"}}, 50), desk.create_note(70, 7, 50)});
        const Batch batch = desk.take();
        REQUIRE(batch.operations.size() == 3);
        const Settled settled = desk.settle({Desk::rejected(batch.operations[0], "INVALID_FIELD"),
                                             Desk::rejected(batch.operations[1], "GROUP_FAILED"),
                                             Desk::rejected(batch.operations[2], other)});
        const bool waits = std::string_view(other) == "MISSING_PARENT";
        CHECK(settled.rejected == (waits ? 1 : 3));
        CHECK(desk.queue() == (waits ? "CREATE 7 ERROR; UPDATE 1 PARKED; CREATE 70 PARKED"
                                     : "CREATE 7 ERROR; UPDATE 1 ERROR; CREATE 70 ERROR"));
        desk.check_memory_is_disk();
    }
}

TEST_CASE("settle: behind what needs a person its save waits, whoever's parent comes meanwhile") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.create(7)});
    desk.commit({desk.update(1, {{"city", "Goa"}}, 50), desk.create_note(70, 7, 50)});
    const Batch batch = desk.take();
    REQUIRE(records_of(batch) == "7 1 70");
    desk.settle({Desk::rejected(batch.operations[0], "INVALID_FIELD"), Desk::rejected(batch.operations[1], "NOT_FOUND"),
                 Desk::rejected(batch.operations[2], "MISSING_PARENT")});
    REQUIRE(desk.queue() == "CREATE 7 ERROR; UPDATE 1 ERROR; CREATE 70 PARKED");
    REQUIRE(desk.store->retry(batch.operations[0].id, id_of(2'000), desk.stamp()));
    desk.send_all(20);
    CHECK(desk.queue() == "UPDATE 1 ERROR; CREATE 70 PARKED");  // its parent is there: it is not free to go alone
    CHECK(desk.store->queue().sendable == 0);
    desk.check_memory_is_disk();
    REQUIRE(desk.store->retry(batch.operations[1].id, id_of(2'001), desk.stamp()));
    CHECK(desk.queue() == "UPDATE 1 QUEUED; CREATE 70 QUEUED");
    CHECK(desk.take().operations.size() == 2);
}

TEST_CASE("resolve: a conflict that is decided frees those of its save that wait for nothing else") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}}, 50), desk.create_note(70, 2, 50)});
    const Batch batch = desk.take();
    OperationResult conflict = Desk::result(batch.operations[0], Verdict::conflict, 12);
    conflict.record = Desk::server_lead(1, 12, {{"name", "Asha"}, {"city", "Pune"}});
    conflict.fields = {"city"};
    desk.settle({conflict, Desk::rejected(batch.operations[1], "MISSING_PARENT")});
    CHECK(desk.queue() == "UPDATE 1 CONFLICT; CREATE 70 PARKED");
    REQUIRE(desk.store->resolve(batch.operations[0].id, {}, id_of(2'000), desk.stamp()));
    CHECK(desk.queue() == "UPDATE 1 PARKED; CREATE 70 PARKED");  // its parent was not there a moment ago
    desk.apply(desk.page({Desk::row(2, 15, {{"city", "Goa"}}, false)}, "c2"));
    CHECK(desk.queue() == "UPDATE 1 QUEUED; CREATE 70 QUEUED");
    CHECK(desk.take().operations.size() == 2);
    desk.check_memory_is_disk();
}

TEST_CASE("revoked: who had failed for the company's sake goes again with the whole save") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}}, 50), desk.update(2, {{"city", "Goa"}}, 50)});
    const Batch batch = desk.take();
    desk.settle(
        {Desk::rejected(batch.operations[0], "MISSING_PARENT"), Desk::rejected(batch.operations[1], "GROUP_FAILED")});
    REQUIRE(desk.queue() == "UPDATE 1 PARKED; UPDATE 2 PARKED");  // what kept it back passes by itself
    PullRow revoked = Desk::deleted_row(1, 15);
    revoked.kind = sync::RowKind::revoked;
    desk.apply(desk.page({revoked}, "c2"));
    REQUIRE(desk.queue() == "UPDATE 1 ERROR; UPDATE 2 ERROR");
    desk.apply(desk.page({Desk::row(1, 17, {{"name", "Asha"}})}, "c3"));
    CHECK(desk.queue() == "UPDATE 1 QUEUED; UPDATE 2 QUEUED");
    CHECK(desk.take().operations.size() == 2);
    desk.check_memory_is_disk();
}

}  // namespace ct::store::test
