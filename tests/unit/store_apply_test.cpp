#include <functional>

#include "unit/store_support.h"

namespace ct::store::test {
namespace {

TEST_CASE("apply: a page and its cursor are stored together, and a page from elsewhere is ignored") {
    Desk desk;
    const PullPage first = desk.page({Desk::row(1, 1, {{"name", "Asha"}})}, "c1", true);
    const PageApplied applied = desk.apply(first);
    CHECK(applied.rows == 1);
    CHECK_FALSE(applied.ignored);
    CHECK(applied.newest_stamp_ms == 1'001);
    CHECK(records_of(applied.visible) == "1");
    CHECK(desk.store->state().epoch == "epoch-1");
    desk.reopen();
    CHECK(desk.store->state().cursor == "c1");
    CHECK(desk.shown(1) == "Asha, v1 SYNCED");

    const std::string before = dump(desk.file);
    PullPage stray = desk.page({Desk::row(2, 2, {{"name", "Bo"}})}, "c9");
    for (const std::optional<std::string>& from : {std::optional<std::string>(), std::optional<std::string>("c0")}) {
        stray.from = from;
        const PageApplied ignored = desk.apply(stray);
        CHECK(ignored.ignored);
        CHECK(ignored.rows == 0);
        CHECK((dump(desk.file) == before));
    }
    CHECK(desk.shown(2) == "none");
}

TEST_CASE("apply: rows without edits of ours") {
    struct Case {
        const char* what;
        std::vector<PullRow> rows;
        const char* shown;
        const char* visible;
    };
    const auto dated = [](PullRow row, UnixMs created) {
        row.created_at = created;
        return row;
    };
    const Case cases[] = {
        {"newer, whole: what it lacks is cleared", {Desk::row(1, 11, {{"name", "A"}})}, "A, v11 SYNCED", "1"},
        {"newer, in part: what it lacks stays", {Desk::row(1, 11, {{"name", "A"}}, false)}, "A,Pune v11 SYNCED", "1"},
        {"newer, in part: a field cleared", {Desk::row(1, 11, {{"city", ""}}, false)}, "Asha, v11 SYNCED", "1"},
        {"the same version: an echo", {Desk::row(1, 10, {{"name", "A"}})}, "Asha,Pune v10 SYNCED", ""},
        {"older", {Desk::row(1, 9, {{"name", "A"}})}, "Asha,Pune v10 SYNCED", ""},
        {"deleted", {Desk::deleted_row(1, 11)}, "deleted Asha,Pune v11 SYNCED", "1"},
        {"deleted, older", {Desk::deleted_row(1, 9)}, "Asha,Pune v10 SYNCED", ""},
        {"deleted, and back",
         {Desk::deleted_row(1, 11), dated(Desk::row(1, 12, {{"name", "Back"}}), 5)},
         "Back, v12 SYNCED",
         "1 1"},
        {"twice in one page",
         {Desk::row(1, 11, {{"name", "A"}}), Desk::row(1, 12, {{"name", "B"}})},
         "B, v12 SYNCED",
         "1 1"},
        {"not in their order",
         {Desk::row(1, 12, {{"name", "B"}}), Desk::row(1, 11, {{"name", "A"}})},
         "B, v12 SYNCED",
         "1"},
    };
    for (const Case& each : cases) {
        INFO(std::string(each.what));
        Desk desk;
        desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}, {"city", "Pune"}})}, "c1"));
        const PageApplied applied = desk.apply(desk.page(each.rows, "c2"));
        CHECK(desk.shown(1) == each.shown);
        CHECK(records_of(applied.visible) == each.visible);
        CHECK(applied.rows == static_cast<std::int64_t>(each.rows.size()));
        CHECK(ask(desk.file, "SELECT count(*) FROM lead_shadow") == 0);
        desk.reopen();
        CHECK(desk.shown(1) == each.shown);
        CHECK(desk.store->state().cursor == "c2");
    }
}

TEST_CASE("apply: a tombstone of what was never here leaves nothing") {
    Desk desk;
    const PageApplied applied = desk.apply(desk.page({Desk::deleted_row(4, 9)}, "c1"));
    CHECK(desk.shown(4) == "none");
    CHECK(records_of(applied.visible).empty());
}

TEST_CASE("apply: what we sent comes back as an echo that changes nothing") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}}), desk.create(7)});
    desk.send_all(20);
    const std::string records = desk.shown(1) + desk.shown(7);
    const PageApplied applied =
        desk.apply(desk.page({Desk::row(1, 20, {{"city", "Goa"}}, false), Desk::row(7, 20, {{"name", "Asha"}})}, "c2"));
    CHECK(applied.rows == 2);
    CHECK(records_of(applied.visible).empty());
    CHECK(desk.shown(1) + desk.shown(7) == records);
}

TEST_CASE("apply: unsettled edits stay on top of what comes (rule 1), in whatever state they are") {
    struct State {
        const char* what;
        std::function<void(Desk&)> reach;
        const char *queue, *status;
    };
    const State states[] = {
        {"queued", [](Desk&) {}, "UPDATE 1 QUEUED", "PENDING"},
        {"sent", [](Desk& d) { d.take(); }, "UPDATE 1 SENT", "SYNCING"},
        {"error", [](Desk& d) { d.settle({Desk::rejected(d.take().operations[0], "FORBIDDEN")}); }, "UPDATE 1 ERROR",
         "ERROR"},
        {"conflict", [](Desk& d) { d.settle({Desk::result(d.take().operations[0], Verdict::conflict, 10)}); },
         "UPDATE 1 CONFLICT", "CONFLICT"},
    };
    struct Row {
        const char* what;
        PullRow row;
        const char *shown, *afterwards;
    };
    const Row rows[] = {
        {"whole", Desk::row(1, 11, {{"name", "New"}, {"city", "Ooty"}}), "New,Goa v11 ", "New,Ooty v11 SYNCED"},
        {"in part", Desk::row(1, 11, {{"name", "New"}}, false), "New,Goa v11 ", "New, v11 SYNCED"},
        {"the same field", Desk::row(1, 11, {{"city", "Ooty"}}, false), "Asha,Goa v11 ", "Asha,Ooty v11 SYNCED"},
        {"deleted: the edit revives it", Desk::deleted_row(1, 11), "Asha,Goa v11 ", "deleted Asha, v11 SYNCED"},
        {"older", Desk::row(1, 9, {{"name", "Old"}}), "Asha,Goa v10 ", "Asha, v10 SYNCED"},
    };
    for (const State& state : states) {
        for (const Row& row : rows) {
            INFO(std::string(state.what), ", ", std::string(row.what));
            Desk desk;
            pull_three(desk);
            desk.commit({desk.update(1, {{"city", "Goa"}})});
            state.reach(desk);
            REQUIRE(desk.queue() == state.queue);
            desk.apply(desk.page({row.row}, "c2"));
            for (const bool again : {false, true}) {
                INFO(again);
                if (again) desk.reopen();
                CHECK(desk.shown(1) == std::string(row.shown) + state.status);
                CHECK(desk.queue() == state.queue);
            }
            if (std::string_view(state.what) == "sent") continue;
            REQUIRE(desk.store->discard(id_of(1'001)));
            CHECK(desk.shown(1) == row.afterwards);
            CHECK(ask(desk.file, "SELECT count(*) FROM lead_shadow") == 0);
        }
    }
}

TEST_CASE("apply: a delete of ours that waits keeps the record hidden, whatever comes") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.remove(1)});
    desk.apply(desk.page({Desk::row(1, 11, {{"name", "New"}})}, "c2"));
    CHECK(desk.shown(1) == "deleted New, v11 PENDING");
    CHECK(*desk.store->count(Model::lead) == 2);
}

TEST_CASE("apply: labels that both sides added are both there") {
    Desk desk;
    desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}, {"labels", "a"}})}, "c1"));
    desk.commit({desk.update(1, {{"labels", "a\nmine"}})});
    desk.apply(desk.page({Desk::row(1, 11, {{"name", "Asha"}, {"labels", "a\ntheirs"}})}, "c2"));
    CHECK(text_of(*desk.get(1), "labels") == "a\nmine\ntheirs");
    desk.reopen();
    desk.apply(desk.page({Desk::row(1, 12, {{"name", "Asha"}, {"labels", "theirs"}})}, "c3"));
    CHECK(text_of(*desk.get(1), "labels") == "mine\ntheirs");
}

TEST_CASE("apply: a child may come before its parent, or without one") {
    Desk desk;
    PullRow note;
    note.model = Model::note;
    note.whole = true;
    note.id = id_of(8);
    note.version = 4;
    note.created_at = note.updated_at = 1'000;
    note.changes = text_changes(Model::note, {{"leadId", id_of(5).str()}, {"text", "called"}});
    desk.apply(desk.page({note}, "c1", true));
    desk.reopen();
    REQUIRE(desk.get(8, Model::note).has_value());
    CHECK(text_of(*desk.get(8, Model::note), "leadId") == id_of(5).str());
    desk.apply(desk.page({Desk::row(5, 5, {{"name", "Late"}})}, "c2"));
    CHECK(desk.shown(5) == "Late, v5 SYNCED");
}

TEST_CASE("apply: the clock goes on from the newest stamp that was seen") {
    Desk desk;
    PullRow future = Desk::row(1, 1, {{"name", "Asha"}});
    future.updated_at = desk.clock.wall + 60'000;
    CHECK(desk.apply(desk.page({future}, "c1")).newest_stamp_ms == future.updated_at);
    desk.reopen();
    CHECK(desk.store->state().stamp_ms == future.updated_at);
    desk.apply(desk.page({Desk::row(2, 2, {{"name", "Bo"}})}, "c2"));
    CHECK(desk.store->state().stamp_ms == future.updated_at);  // never back

    // Of the same ms as our own last edit: the counter is not told, and what comes next has to be later all the same.
    desk.clock.wall += 120'000;
    desk.commit({desk.create(7)});
    PullRow same = Desk::row(3, 3, {{"name", "Cy"}});
    same.updated_at = desk.clock.wall;
    desk.apply(desk.page({same}, "c3"));
    desk.reopen();
    CHECK(desk.store->state().stamp_ms == same.updated_at);
    CHECK(desk.store->state().stamp_counter == 0xffff);
}

// ---- from the start again

void restart_pull(Desk& desk, const std::string& epoch) {
    SyncState state = desk.store->state();
    state.cursor.reset();
    state.epoch = epoch;
    REQUIRE(desk.store->save_state(state));
}

TEST_CASE("apply: what a complete pull from the start does not mention goes, at its end and not before") {
    Desk desk;
    pull_three(desk);
    desk.apply(desk.page({Desk::row(4, 11, {{"name", "Di"}}), Desk::deleted_row(3, 12)}, "c2"));
    desk.commit({desk.create(7), desk.update(4, {{"city", "Goa"}})});
    restart_pull(desk, "epoch-1");

    const PageApplied first = desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}})}, "d1", true));
    CHECK(records_of(first.visible).empty());
    CHECK(desk.shown(2) == "Bo, v10 SYNCED");
    desk.reopen();  // what is not confirmed yet is known after a start as well
    desk.commit({desk.create(9)});
    desk.send_all(40);  // what changed while the pull goes on is mentioned at its end, our own edits too
    const PageApplied last = desk.apply(
        desk.page({Desk::row(5, 14, {{"name", "New"}}), Desk::row(4, 40, {{"name", "Di"}, {"city", "Goa"}})}, "d2"));
    CHECK(records_of(last.visible) == "4 5 -2");  // 4: its time is another than was known here
    CHECK(desk.shown(4) == "Di,Goa v40 SYNCED");
    CHECK(desk.shown(1) == "Asha, v10 SYNCED");
    CHECK(desk.shown(2) == "none");
    CHECK(desk.shown(5) == "New, v14 SYNCED");
    CHECK(desk.shown(7) == "Asha, v40 SYNCED");
    CHECK(desk.shown(9) == "Asha, v40 SYNCED");
    desk.reopen();
    desk.apply(desk.page({}, "d3"));  // and that was that
    CHECK(desk.shown(1) == "Asha, v10 SYNCED");
    CHECK(desk.shown(7) == "Asha, v40 SYNCED");
    CHECK(ask(desk.file, "SELECT count(*) FROM unconfirmed") == 0);
}

TEST_CASE("apply: records with edits of ours do not go at the end of a pull from the start") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(2, {{"city", "Goa"}}), desk.create(7)});
    restart_pull(desk, "epoch-1");
    const PageApplied all = desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}})}, "d1"));
    CHECK(records_of(all.visible) == "2 -3");  // our edit of 2 is all that is left of it
    CHECK(desk.shown(2) == "Bo,Goa v10 PENDING");
    CHECK(desk.shown(7) == "Asha, v0 PENDING");
    CHECK(desk.queue() == "UPDATE 2 QUEUED; CREATE 7 QUEUED");
}

TEST_CASE("apply: a server of another epoch may be behind: its versions count, and nothing goes") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(2, {{"city", "Goa"}})});
    restart_pull(desk, "epoch-2");
    desk.reopen();  // remembered
    PullRow restored = Desk::row(1, 3, {{"name", "Restored"}}), old = Desk::row(2, 4, {{"name", "Bo old"}});
    restored.updated_at = old.updated_at = 50'000;  // somebody changed them since the restore
    const PageApplied first = desk.apply(desk.page({restored}, "d1", true));
    CHECK(records_of(first.visible) == "1");
    CHECK(desk.shown(1) == "Restored, v3 SYNCED");
    desk.reopen();
    desk.apply(desk.page({old}, "d2"));
    CHECK(desk.shown(2) == "Bo old,Goa v4 PENDING");
    CHECK(desk.shown(3) == "Cy, v0 PENDING");  // it lacks it, and gets it back
    CHECK(desk.queue() == "UPDATE 2 QUEUED; CREATE 3 QUEUED");

    // The first pull is through: from here on versions only rise again.
    desk.reopen();
    desk.apply(desk.page({Desk::row(1, 2, {{"name", "Older still"}})}, "d3"));
    CHECK(desk.shown(1) == "Restored, v3 SYNCED");
}

TEST_CASE("apply: what a restored server has lost is offered back, stamped with when it was made") {
    Desk desk;
    pull_three(desk);
    PullRow later = Desk::row(1, 20, {{"name", "Asha"}, {"city", "Pune"}});
    later.updated_at += 5'000;
    PullRow gone = Desk::deleted_row(2, 21);
    gone.updated_at = later.updated_at;
    desk.apply(desk.page({later, gone, Desk::row(4, 22, {{"name", "Di"}})}, "c2"));
    desk.commit({desk.update(4, {{"city", "Goa"}}), desk.update(1, {{"company", "Firm"}})});
    restart_pull(desk, "epoch-2");
    PullRow old = Desk::row(1, 3, {{"name", "Asha"}});
    PullRow newer = Desk::row(3, 5, {{"name", "Since the restore"}});
    newer.updated_at += 9'000;
    desk.apply(desk.page({old, Desk::row(2, 4, {{"name", "Bo"}}), newer}, "d1"));

    CHECK(desk.shown(1) == "Asha,Pune v3 PENDING");
    CHECK(desk.shown(2) == "deleted Bo, v4 PENDING");
    CHECK(desk.shown(3) == "Since the restore, v5 SYNCED");
    CHECK(desk.shown(4) == "Di,Goa v0 PENDING");
    const auto list = desk.store->list_queue();
    REQUIRE(list.has_value());
    std::vector<std::string> offered;
    for (const sync::QueuedOperation& queued : *list) {
        const Operation& operation = queued.operation;
        if (operation.id == id_of(1'001) || operation.id == id_of(1'002)) continue;  // our own edits
        offered.push_back(std::string(name(operation.kind)) + " " + std::to_string(number_of(operation.record)));
        if (operation.record == id_of(1)) {
            CHECK(sync::stamp_ms(operation.stamp) == later.updated_at);
            CHECK(operation.changes.fields.size() == 1);  // the city; the name is there
        }
    }
    std::sort(offered.begin(), offered.end());
    CHECK(offered == std::vector<std::string>{"CREATE 4", "DELETE 2", "UPDATE 1"});
    // What waits for a record goes after what brings it back.
    const auto batch = desk.store->take_batch({});
    REQUIRE(batch);
    std::vector<OperationKind> of_di;
    for (const Operation& operation : batch->operations) {
        if (operation.record == id_of(4)) of_di.push_back(operation.kind);
    }
    CHECK(of_di == std::vector{OperationKind::create, OperationKind::update});
}

TEST_CASE("apply: a record that one may no longer see goes, and its edits say why") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}}), desk.update(2, {{"city", "Goa"}})});
    PullRow revoked;
    revoked.kind = sync::RowKind::revoked;
    revoked.id = id_of(1);
    revoked.version = 15;
    const PageApplied applied = desk.apply(desk.page({revoked}, "c2"));
    CHECK(records_of(applied.visible) == "-1");
    CHECK(desk.shown(1) == "none");
    CHECK(desk.queue() == "UPDATE 1 ERROR; UPDATE 2 QUEUED");
    const auto list = desk.store->list_queue();
    REQUIRE(list.has_value());
    CHECK(list->front().error_code == "REVOKED");
    CHECK(records_of(desk.take()) == "2");
    desk.check_memory_is_disk();
    REQUIRE(desk.store->discard(id_of(1'001)));
    CHECK(desk.shown(1) == "none");
    CHECK(desk.queue() == "UPDATE 2 SENT");
}

}  // namespace
}  // namespace ct::store::test
