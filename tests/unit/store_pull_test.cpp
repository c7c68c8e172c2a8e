// Store: the sums of the mirror, records that come and go from sight, and pulls from the start that are cut off.
#include "crm/tables.h"
#include "store_support.h"

namespace ct::store::test {
namespace {

PullRow revoked_row(std::uint64_t record, std::int64_t version) {
    PullRow row;
    row.kind = sync::RowKind::revoked;
    row.id = id_of(record);
    row.version = version;
    return row;
}

void restart_pull(const Desk& desk) {
    SyncState state = desk.store->state();
    state.cursor.reset();
    REQUIRE(desk.store->save_state(state));
}

sync::Bucket sum_of(std::initializer_list<std::pair<std::uint64_t, std::int64_t>> records) {
    sync::Bucket sum;
    for (const auto& [record, version] : records) sum.add(id_of(record), version);
    return sum;
}

TEST_CASE("mirror: the sums are of what the server last said, whatever we edit on top") {
    Desk desk;
    const auto sum = [&] { return desk.store->mirror(Model::lead, 1).front(); };
    CHECK(sum() == sync::Bucket{});
    pull_three(desk);
    CHECK(sum() == sum_of({{1, 10}, {2, 10}, {3, 10}}));
    desk.commit({desk.update(1, {{"city", "Goa"}}), desk.remove(2), desk.create(7)});
    CHECK(sum() == sum_of({{1, 10}, {2, 10}, {3, 10}}));
    desk.check_memory_is_disk();
    desk.apply(desk.page({Desk::row(1, 12, {{"name", "Asha"}}), Desk::deleted_row(3, 13)}, "c2"));
    CHECK(sum() == sum_of({{1, 12}, {2, 10}}));
    desk.send_all(20);
    CHECK(sum() == sum_of({{1, 20}, {7, 20}}));
    desk.check_memory_is_disk();
    desk.commit({desk.create(2, "Bo again")});
    desk.send_all(30);
    CHECK(sum() == sum_of({{1, 20}, {2, 30}, {7, 20}}));
    desk.apply(desk.page({revoked_row(7, 31)}, "c3"));
    CHECK(sum() == sum_of({{1, 20}, {2, 30}}));
    desk.check_memory_is_disk();
    const auto buckets = desk.store->mirror(Model::lead);
    CHECK(buckets.size() == sync::kBuckets);
    CHECK(buckets[1] == sum_of({{1, 20}}));
    CHECK(desk.store->mirror(Model::note, 1).front() == sync::Bucket{});
}

TEST_CASE("mirror: sums that are wrong are found and mended") {
    Desk desk;
    pull_three(desk);
    desk.store.reset();
    {
        auto connection = sqlite::Connection::open(desk.file, false);
        REQUIRE(connection.has_value());
        REQUIRE((*connection)->execute("UPDATE mirror SET count=count+1 WHERE bucket=2"));
    }
    desk.reopen();
    CHECK(desk.store->recount_mirror().value() == 1);
    CHECK(desk.store->recount_mirror().value() == 0);
    CHECK(desk.store->mirror(Model::lead, 1).front() == sum_of({{1, 10}, {2, 10}, {3, 10}}));
    desk.check_memory_is_disk();
}

TEST_CASE("a part of a record that the disk has lost does not pass for all of it: everything is pulled anew") {
    Desk desk;
    pull_three(desk);
    const std::string name = text_of(*desk.get(2), "name");
    desk.store.reset();
    {
        auto connection = sqlite::Connection::open(desk.file, false);
        REQUIRE(connection.has_value());
        REQUIRE((*connection)->execute("DELETE FROM lead WHERE version=10 AND name='" + name + "'"));
    }
    desk.reopen();
    desk.apply(
        desk.page({Desk::row(1, 12, {{"city", "Goa"}}, false), Desk::row(2, 13, {{"city", "Goa"}}, false)}, "c2"));
    CHECK_FALSE(desk.store->state().cursor);
    CHECK_FALSE(desk.get(2));
    CHECK(desk.get(1)->version == 12);
    desk.apply(desk.page({Desk::row(1, 12, {{"name", "Asha"}, {"city", "Goa"}}),
                          Desk::row(2, 13, {{"name", "Bo"}, {"city", "Goa"}}), Desk::row(3, 10, {{"name", "Chi"}})},
                         "c2"));
    CHECK(desk.store->state().cursor == "c2");
    CHECK(text_of(*desk.get(2), "name") == "Bo");
}

TEST_CASE("an edit goes through of a record that the disk has lost: what others say of it is a part, and no more") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(2, {{"city", "Goa"}})});
    desk.store.reset();
    {
        auto connection = sqlite::Connection::open(desk.file, false);
        REQUIRE(connection.has_value());
        REQUIRE((*connection)->execute("DELETE FROM lead WHERE city='Goa'"));
        REQUIRE((*connection)->execute("DELETE FROM lead_shadow"));
    }
    desk.reopen();
    desk.send_all(20);
    CHECK_FALSE(desk.store->state().cursor);
    CHECK(desk.store->queue().operations == 0);
    desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}}), Desk::row(2, 20, {{"name", "Bo"}, {"city", "Goa"}}),
                          Desk::row(3, 10, {{"name", "Chi"}})},
                         "c2"));
    CHECK(text_of(*desk.get(2), "city") == "Goa");
}

TEST_CASE(
    "a server that does not say when a new record was made is believed, and so is whatever comes from the start") {
    Desk desk;
    desk.apply(desk.page({Desk::row(1, 10, {{"city", "Goa"}}, false)}, "c1"));
    CHECK(desk.store->state().cursor == "c1");
    CHECK(desk.get(1));
    desk.apply(desk.page({Desk::row(2, 11, {{"name", "Bo"}}, false)}, "c2"));
    CHECK(desk.store->state().cursor == "c2");
    CHECK(text_of(*desk.get(2), "name") == "Bo");
}

TEST_CASE("a part of a record of our own that the server has, and we were not told so, is no loss") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.create(7)});
    desk.apply(desk.page({Desk::row(7, 12, {{"city", "Goa"}}, false)}, "c2"));
    CHECK(desk.store->state().cursor == "c2");
}

TEST_CASE("compare: an answer of another moment is no ground for a judgement") {
    Desk desk;
    pull_three(desk);
    sync::VerifyRequest asked;
    asked.buckets = 1;
    sync::VerifyAnswer answer;
    answer.models = {{Model::lead, {sync::Bucket{}}, {}}};
    answer.from = "c0";
    CHECK(!desk.store->compare(asked, answer).value().usable);
    answer.from = "c1";
    const auto compared = desk.store->compare(asked, answer);
    REQUIRE(compared.has_value());
    CHECK(compared->usable);
    CHECK(compared->next.has_value());
    answer.behind = true;
    CHECK(!desk.store->compare(asked, answer).value().usable);
    answer.behind = false;
    asked.buckets = 256;
    CHECK(desk.store->compare(asked, answer).error().code == "MALFORMED");
}

TEST_CASE("repair: takes what the server has, be it older, and nothing but at our cursor") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    PullPage page = desk.page({Desk::row(1, 7, {{"name", "Asha R"}}), revoked_row(2, 7)}, "c9");
    CHECK(desk.store->repair(page).value().ignored);
    page.cursor = "c1";
    CHECK(!desk.store->repair(page).value().ignored);
    CHECK(desk.shown(1) == "Asha R,Goa v7 PENDING");
    CHECK(desk.shown(2) == "none");
    CHECK(desk.store->state().cursor == "c1");
    desk.check_memory_is_disk();
}

TEST_CASE("revoked: what waits goes to the poison lane, with all of its save, and comes back with the record") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}}, 50), desk.update(2, {{"city", "Goa"}}, 50)});
    desk.commit({desk.update(1, {{"company", "Firm"}}), desk.update(3, {{"city", "Goa"}})});
    const PageApplied taken = desk.apply(desk.page({revoked_row(1, 15)}, "c2"));
    CHECK(desk.shown(1) == "none");
    CHECK(desk.shown(2) == "Bo,Goa v10 ERROR");
    CHECK(desk.queue() == "UPDATE 1 ERROR; UPDATE 2 ERROR; UPDATE 1 ERROR; UPDATE 3 QUEUED");
    const auto refused = desk.store->list_queue();
    for (const auto& queued : *refused) {
        CHECK(queued.error_code == (queued.state == QueueState::error ? "REVOKED" : ""));
    }
    CHECK(records_of(desk.take()) == "3");
    desk.check_memory_is_disk();

    desk.apply(desk.page({Desk::row(1, 17, {{"name", "Asha"}, {"email", "a@example.org"}})}, "c3"));
    CHECK(desk.shown(1) == "Asha,Goa v17 PENDING");
    CHECK(desk.shown(2) == "Bo,Goa v10 PENDING");
    CHECK(desk.queue() == "UPDATE 1 QUEUED; UPDATE 2 QUEUED; UPDATE 1 QUEUED; UPDATE 3 SENT");
    const auto revived = desk.store->list_queue();
    for (const auto& queued : *revived) CHECK(queued.error_code.empty());
    desk.check_memory_is_disk();
}

TEST_CASE("revoked: what was refused for it goes again as if it never had") {  // storm 152935
    Desk desk;
    pull_three(desk);
    const Operation edit = desk.update(1, {{"city", "Goa"}});
    desk.commit({edit});
    desk.take();
    desk.settle({Desk::rejected(edit, "FORBIDDEN")});
    CHECK(desk.store->list_queue()->front().retry_count == 1);
    desk.apply(desk.page({revoked_row(1, 15)}, "c2"));
    desk.apply(desk.page({Desk::row(1, 17, {{"name", "Asha"}})}, "c3"));
    CHECK(desk.queue() == "UPDATE 1 QUEUED");
    CHECK(desk.store->list_queue()->front().retry_count == 0);
    desk.check_memory_is_disk();
}

TEST_CASE("revoked: what is under way is the server's to judge, and brings nothing back into sight") {
    for (const Verdict verdict : {Verdict::applied, Verdict::merged, Verdict::conflict, Verdict::rejected}) {
        CAPTURE(name(verdict));
        Desk desk;
        pull_three(desk);
        const Operation edit = desk.update(1, {{"city", "Goa"}});
        desk.commit({edit});
        CHECK(records_of(desk.take()) == "1");
        desk.commit({desk.update(1, {{"company", "Firm"}})});
        desk.apply(desk.page({revoked_row(1, 15)}, "c2"));
        CHECK(desk.queue() == "UPDATE 1 SENT; UPDATE 1 ERROR");
        OperationResult result =
            verdict == Verdict::rejected ? Desk::rejected(edit, "FORBIDDEN") : Desk::result(edit, verdict, 14);
        if (verdict == Verdict::merged || verdict == Verdict::conflict)
            result.record = Desk::server_lead(1, 14, {{"name", "Asha"}});
        const Settled settled = desk.settle({result});
        CHECK(settled.visible.changed.empty());
        CHECK(desk.shown(1) == "none");
        const bool stays = verdict == Verdict::conflict || verdict == Verdict::rejected;
        CHECK(desk.store->queue().operations == (stays ? 2 : 1));
        CHECK(desk.store->queue().in_flight == 0);
        CHECK(desk.store->mirror(Model::lead, 1).front() == sum_of({{2, 10}, {3, 10}}));
        desk.check_memory_is_disk();
    }
}

TEST_CASE("snapshot: what the server does not mention is as good as deleted, also under our edits") {
    Desk desk;
    pull_three(desk);
    const Operation edit = desk.update(2, {{"city", "Goa"}});
    desk.commit({edit});
    restart_pull(desk);
    desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}})}, "d1"));
    CHECK(desk.shown(2) == "Bo,Goa v10 PENDING");
    CHECK(desk.shown(3) == "none");
    CHECK(desk.store->mirror(Model::lead, 1).front() == sum_of({{1, 10}}));
    (void)desk.take();
    desk.settle({Desk::rejected(edit, "NO_SUCH_RECORD")});
    CHECK(desk.shown(2) == "Bo,Goa v10 ERROR");
    REQUIRE(desk.store->discard(edit.id));
    CHECK(desk.shown(2) == "deleted Bo, v10 SYNCED");  // and not alive again
    desk.check_memory_is_disk();
}

TEST_CASE("snapshot: what our own delete hides is looked at as well") {
    Desk desk;
    pull_three(desk);
    const Operation remove = desk.remove(2);
    desk.commit({remove});
    restart_pull(desk);
    desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}}), Desk::row(3, 10, {{"name", "Cy"}})}, "d1"));
    (void)desk.take();
    desk.settle({Desk::rejected(remove, "ID_REUSED")});  // a copy of this profile deleted it under the same id
    REQUIRE(desk.store->discard(remove.id));
    CHECK(desk.shown(2) == "deleted Bo, v10 SYNCED");  // and not alive again
    desk.check_memory_is_disk();
}

TEST_CASE("snapshot: cut off, begun anew, and overtaken by another epoch, it never wipes first") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(2, {{"city", "Goa"}}), desk.create(7)});
    restart_pull(desk);
    desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}})}, "d1", true));
    desk.reopen();
    CHECK(desk.shown(3) == "Cy, v10 SYNCED");
    restart_pull(desk);  // RESYNC_REQUIRED in the middle: what was confirmed then counts no more
    desk.apply(desk.page({Desk::row(3, 10, {{"name", "Cy"}})}, "e1", true));
    CHECK(desk.shown(1) == "Asha, v10 SYNCED");
    SyncState state = desk.store->state();  // EPOCH_CHANGED in the middle: what it lacks, it has lost
    state.cursor.reset();
    state.epoch = "epoch-2";
    REQUIRE(desk.store->save_state(state));
    desk.reopen();
    desk.apply(desk.page({Desk::row(3, 4, {{"name", "Cy"}})}, "f1"));
    CHECK(desk.shown(1) == "Asha, v0 PENDING");
    CHECK(desk.shown(2) == "Bo,Goa v0 PENDING");
    CHECK(desk.shown(7) == "Asha, v0 PENDING");
    CHECK(ask(desk.file, "SELECT count(*) FROM unconfirmed") == 0);
    desk.check_memory_is_disk();
}

}  // namespace
}  // namespace ct::store::test
