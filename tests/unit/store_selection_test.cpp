// Store: what is left out stays as it is, and comes back whole.
#include "store_support.h"

namespace ct::store::test {
namespace {

sync::Parts parts(std::initializer_list<std::string_view> places) {
    sync::Parts made;
    for (const std::string_view place : places) REQUIRE(made.add(place));
    return made;
}

struct Leaver : Desk {
    void leave_out(std::initializer_list<std::string_view> places) const { REQUIRE(store->select(parts(places))); }
    [[nodiscard]] const sync::Selection& selection() const { return store->state().selection; }
    PageApplied catch_up(PullPage page) const {
        page.from = selection().cursor;
        auto applied = store->catch_up(page);
        REQUIRE_MESSAGE(applied.has_value(), (applied ? "" : applied.error().message));
        REQUIRE_FALSE(applied->ignored);
        REQUIRE_FALSE(applied->held.any());
        return std::move(*applied);
    }
    static PullPage part(std::vector<PullRow> rows, const std::string& cursor, bool has_more = false) {
        PullPage made;
        made.rows = std::move(rows);
        made.cursor = cursor;
        made.has_more = has_more;
        return made;
    }
    static PullRow note(std::uint64_t record, std::int64_t version, std::string_view text) {
        PullRow made = row(record, version, {});
        made.model = Model::note;
        made.changes = text_changes(Model::note, {{"leadId", id_of(1).str()}, {"text", text}});
        return made;
    }
    std::string shown(std::uint64_t record, std::string_view field, Model model = Model::lead) const {
        const auto found = store->get(model, id_of(record));
        REQUIRE(found.has_value());
        if (!*found) return "none";
        return (*found)->deleted ? "deleted" : text_of(**found, field);
    }
};

TEST_CASE_FIXTURE(Leaver, "left out: the missing value of a field is no value") {
    apply(page({row(1, 10, {{"name", "Asha"}, {"city", "Pune"}, {"phone", "+91 98765 43210"}})}, "c1"));
    leave_out({"Lead.city", "Lead.phone"});
    apply(page({row(1, 12, {{"name", "Asha Rao"}})}, "c2"));  // whole, but for what was not asked for
    CHECK(shown(1, "name") == "Asha Rao");
    CHECK(shown(1, "city") == "Pune");
    CHECK(shown(1, "phone") == "+91 98765 43210");
    CHECK(shown(1, "phoneE164") == "+919876543210");
    // A pull from the start the same, also below an unsent edit.
    commit({update(1, {{"company", "Rao & Co"}})});
    SyncState state = store->state();
    state.cursor.reset();
    REQUIRE(store->save_state(state));
    leave_out({"Lead.city", "Lead.phone"});
    apply(page({row(1, 14, {{"name", "Asha"}})}, "d1"));
    CHECK(shown(1, "city") == "Pune");
    CHECK(shown(1, "company") == "Rao & Co");
    send_all(20);
    CHECK(shown(1, "city") == "Pune");
    check_memory_is_disk();
}

TEST_CASE_FIXTURE(Leaver, "left out: a pull from the start takes nothing away that it was not asked for") {
    apply(page({row(1, 10, {{"name", "Asha"}}), note(5, 10, "called")}, "c1"));
    SyncState state = store->state();
    state.cursor.reset();
    REQUIRE(store->save_state(state));
    leave_out({"Note"});
    apply(page({row(1, 12, {{"name", "Asha"}})}, "d1"));
    CHECK(shown(5, "text", Model::note) == "called");
    // And in the middle of one.
    state = store->state();
    state.cursor.reset();
    REQUIRE(store->save_state(state));
    leave_out({});
    apply(page({row(1, 13, {{"name", "Asha"}})}, "e1", true));
    leave_out({"Note"});
    apply(page({}, "e2"));
    CHECK(shown(5, "text", Model::note) == "called");
}

TEST_CASE_FIXTURE(Leaver, "left out: what others did to a value that is not followed is not seen as known") {
    apply(page({row(1, 10, {{"name", "Asha"}, {"city", "Pune"}})}, "c1"));
    leave_out({"Lead.city"});
    commit({update(1, {{"company", "Rao & Co"}})});
    CHECK(take().operations.at(0).base == 10);
    send_all(11);
    commit({update(1, {{"tag", "HOT"}})});
    commit({update(1, {{"city", "Goa"}})});  // joined with it
    const Batch batch = take();
    REQUIRE(batch.operations.size() == 1);
    CHECK(batch.operations[0].base == 0);
    CHECK(shown(1, "city") == "Goa");
}

TEST_CASE_FIXTURE(Leaver,
                  "caught up: a model comes from the start, with what went and what was edited here meanwhile") {
    apply(page({row(1, 10, {{"name", "Asha"}}), note(5, 10, "old"), note(6, 10, "goes"), note(7, 10, "mine")}, "c1"));
    leave_out({"Note"});
    commit({create_note(8, 1), remove(7, Model::note)});  // sent as ever
    CHECK(take().operations.size() == 2);
    send_all(30);
    commit({create_note(9, 1)});  // unsent
    leave_out({});
    CHECK(selection().catching_up == parts({"Note"}));
    CHECK(apply(page({}, "c2")).parts_missing);
    CHECK(catch_up(part({note(5, 25, "new"), note(8, 30, "called")}, "p1", true)).parts_missing);
    CHECK(shown(5, "text", Model::note) == "new");
    reopen();  // goes on where it stood
    CHECK(selection().cursor == "p1");
    CHECK(selection().catching_up == parts({"Note"}));
    apply(page({row(2, 31, {{"name", "Bo"}})}, "c3"));  // the main pull meanwhile, to its end
    CHECK(shown(6, "text", Model::note) == "goes");
    catch_up(part({note(10, 32, "later")}, "p2"));
    CHECK(shown(6, "text", Model::note) == "goes");  // not the last one yet
    CHECK(!catch_up(part({}, "p3")).parts_missing);
    CHECK(selection() == sync::Selection{});
    CHECK(shown(6, "text", Model::note) == "none");
    CHECK(shown(7, "text", Model::note) == "deleted");
    CHECK(shown(9, "text", Model::note) == "called");
    CHECK(shown(10, "text", Model::note) == "later");
    CHECK(take().operations.size() == 1);
    check_memory_is_disk();
}

TEST_CASE_FIXTURE(Leaver, "caught up: a field comes alone, below unsent edits, and leaves the record's version") {
    leave_out({"Lead.city"});
    apply(page({row(1, 10, {{"name", "Asha"}}), row(2, 10, {{"name", "Bo"}}), row(3, 10, {{"name", "Cy"}})}, "c1"));
    const auto sums = store->mirror(Model::lead);
    commit({update(2, {{"city", "Goa"}}), update(3, {{"company", "C & Co"}})});
    leave_out({});
    apply(page({}, "c2"));
    // Lead 1 has moved on since, and there is one that is not known here yet: both are the main pull's to tell.
    catch_up(part({row(1, 40, {{"city", "Pune"}}), row(2, 10, {{"city", "Delhi"}}), row(3, 10, {{"city", "Agra"}}),
                   row(4, 41, {{"city", "Kochi"}}), deleted_row(3, 42)},
                  "p1"));
    catch_up(part({}, "p1"));
    CHECK(shown(1, "city") == "Pune");
    CHECK(shown(1, "name") == "Asha");
    CHECK(shown(2, "city") == "Goa");
    CHECK(shown(3, "city") == "Agra");
    CHECK(shown(3, "company") == "C & Co");
    CHECK(shown(4, "name") == "none");
    CHECK(store->mirror(Model::lead) == sums);
    PullRow moved = row(1, 40, {{"name", "Asha Rao"}});
    moved.whole = false;
    moved.created_at = 0;
    apply(page({moved}, "c3"));
    CHECK(shown(1, "name") == "Asha Rao");
    CHECK(shown(1, "city") == "Pune");
    check_memory_is_disk();
}

TEST_CASE_FIXTURE(Leaver, "caught up: what would take very much away is asked about; a stray page is ignored") {
    std::vector<PullRow> rows{row(1, 10, {{"name", "Asha"}})};
    for (std::uint64_t i = 100; i < 200; ++i) rows.push_back(note(i, 10, "called"));
    apply(page(rows, "c1"));
    leave_out({"Note"});
    leave_out({});
    PullPage stray = part({}, "p1");
    stray.from = "other";
    CHECK(store->catch_up(stray)->ignored);
    catch_up(part({note(100, 20, "called")}, "p1"));
    PullPage last = part({}, "p2");
    last.from = "p1";
    auto held = store->catch_up(last);
    REQUIRE(held.has_value());
    CHECK(held->held.removed[static_cast<std::size_t>(Model::note)] == 99);
    CHECK(store->count(Model::note).value() == 100);
    store->allow_removals(true);
    catch_up(part({}, "p2"));
    CHECK(store->count(Model::note).value() == 1);
    REQUIRE(store->restart_catch_up());
    CHECK(selection() == sync::Selection{});
}

}  // namespace
}  // namespace ct::store::test
