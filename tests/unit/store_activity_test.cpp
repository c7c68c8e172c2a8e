// Store: the audit trail of all records, part by part.
#include <set>

#include "store_support.h"

namespace ct::store::test {
namespace {

/// "UPDATE 1; CREATE 4", newest first.
std::string told(const ActivityPage& page) {
    std::string out;
    for (const AuditRow& row : page.rows)
        out += (out.empty() ? "" : "; ") + row.what + " " + std::to_string(number_of(row.record));
    return out;
}

ActivityPage activity(const Desk& desk, const ActivityQuery& query = {}) {
    auto page = desk.store->activity(query);
    REQUIRE_MESSAGE(page.has_value(), (page ? "" : page.error().message));
    return std::move(*page);
}

/// The first pull is through: from now on what arrives is news.
void first_round_done(Desk& desk) {
    SyncState state = desk.store->state();
    state.last_sync_at = 5'000;
    REQUIRE(desk.store->save_state(state));
}

PullRow later_row(std::uint64_t number, std::int64_t version, Texts texts, UnixMs at, bool whole = false) {
    PullRow row = Desk::row(number, version, texts, whole);
    row.updated_at = at;
    return row;
}

TEST_CASE("activity: what was edited here and what came from elsewhere, newest first") {
    Desk desk;
    pull_three(desk);
    CHECK(activity(desk).rows.empty());  // the first pull is no news
    first_round_done(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    const UnixMs at = desk.clock.wall + 10;
    PullRow gone = Desk::deleted_row(3, 13);
    gone.updated_at = at + 2;
    desk.apply(desk.page(
        {later_row(2, 11, {{"name", "Bo Li"}}, at), later_row(7, 12, {{"name", "New"}}, at + 1, true), gone}, "c2"));
    CHECK(told(activity(desk)) == "PULLED_DELETE 3; PULLED_CREATE 7; PULLED 2; UPDATE 1");
    const AuditRow row = activity(desk).rows[2];
    CHECK(row.before == text_changes(Model::lead, {{"name", "Bo"}}));
    CHECK(row.after == text_changes(Model::lead, {{"name", "Bo Li"}}));
    CHECK(row.at == at);
    CHECK(row.user.empty());
    CHECK(activity(desk).rows[3].user == "me");
}

TEST_CASE("activity: what was deleted can be restored, also where the server never had it") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.create(20, "Zoya")});
    desk.commit({desk.update(20, {{"city", "Goa"}})});
    desk.commit({desk.remove(20)});  // cancels: no tombstone is left
    CHECK(desk.store->queue().operations == 0);
    desk.commit({desk.remove(3)});
    desk.reopen();
    ActivityQuery query;
    query.whose = Whose::deleted;
    const ActivityPage page = activity(desk, query);
    REQUIRE(told(page) == "DELETE 3; DELETE 20");
    CHECK(page.rows[0].before == text_changes(Model::lead, {{"name", "Cy"}}));
    CHECK(page.rows[1].before == text_changes(Model::lead, {{"name", "Zoya"}, {"city", "Goa"}}));
    Operation again = desk.create(20);
    again.changes = page.rows[1].before;
    desk.commit({again});
    CHECK(desk.shown(20) == "Zoya,Goa v0 PENDING");
}

TEST_CASE("activity: our own edits do not come back as others'") {
    Desk desk;
    pull_three(desk);
    first_round_done(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    desk.send_all(20);
    desk.apply(desk.page({Desk::row(1, 20, {{"name", "Asha"}, {"city", "Goa"}})}, "c2"));
    CHECK(told(activity(desk)) == "UPDATE 1");
}

TEST_CASE("activity: page by page, each row once, also those of one moment") {
    Desk desk;
    std::vector<Operation> edits;
    for (std::uint64_t i = 1; i <= 25; ++i) edits.push_back(desk.create(i));
    for (Operation& edit : edits) edit.stamp = edits.front().stamp;
    desk.commit(edits);
    ActivityQuery query;
    query.limit = 10;
    std::set<Uuid> seen;
    std::vector<std::size_t> sizes;
    do {
        const ActivityPage page = activity(desk, query);
        for (const AuditRow& row : page.rows) CHECK(seen.insert(row.record).second);
        sizes.push_back(page.rows.size());
        query.older_than = page.older;
    } while (query.older_than);
    CHECK(seen.size() == 25);
    CHECK(sizes == std::vector<std::size_t>{10, 10, 5});
}

TEST_CASE("activity: by whose it was and by model") {
    Desk desk;
    pull_three(desk);
    first_round_done(desk);
    desk.commit({desk.create_note(9, 1)});
    desk.commit({desk.update(1, {{"name", "Asha R"}})});
    std::vector<OperationResult> results;
    for (const Operation& each : desk.take().operations) {
        if (each.model == Model::note) {
            results.push_back(Desk::result(each, Verdict::applied, 20));
        } else {
            results.push_back(Desk::rejected(each, "INVALID_FIELD"));
        }
    }
    desk.clock.wall += 1'000;
    desk.settle(std::move(results));
    desk.apply(desk.page({later_row(2, 21, {{"name", "Bo Li"}}, desk.clock.wall + 10)}, "c2"));
    const auto only = [&](Whose whose) { return told(activity(desk, {std::nullopt, whose, std::nullopt, 100})); };
    CHECK(only(Whose::all) == "PULLED 2; REJECTED 1; UPDATE 1; CREATE 9");
    CHECK(only(Whose::ours) == "UPDATE 1; CREATE 9");
    CHECK(only(Whose::others) == "PULLED 2");
    CHECK(only(Whose::policies) == "REJECTED 1");
    CHECK(told(activity(desk, {std::nullopt, Whose::all, Model::note, 100})) == "CREATE 9");
}

/// An edit of lead 1's city, which met another by ravi.
void meet_ravi(Desk& desk, Verdict verdict) {
    pull_three(desk);
    first_round_done(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    OperationResult met = Desk::result(desk.take().operations.at(0), verdict, 20);
    met.record = Desk::server_lead(1, 20, {{"name", "Asha"}, {"city", "Pune"}});
    met.fields = {"city"};
    met.by = "ravi";
    desk.clock.wall += 1'000;
    desk.settle({met});
}

TEST_CASE("activity: what came from elsewhere, or was met there, says whose it was") {
    Desk desk;
    meet_ravi(desk, Verdict::superseded);
    sync::PullRow changed = later_row(2, 21, {{"name", "Bo Li"}}, desk.clock.wall + 10);
    changed.author = "meera";
    desk.apply(desk.page({changed}, "c2"));
    const ActivityPage page = activity(desk);
    REQUIRE(told(page) == "PULLED 2; SUPERSEDED 1; UPDATE 1");
    CHECK(page.rows[0].user == "meera");
    CHECK(page.rows[1].other == "ravi");
    CHECK(page.rows[2].other.empty());
}

TEST_CASE("activity: of a conflict it is known whose change was met, and who changed it again since") {
    Desk desk;
    meet_ravi(desk, Verdict::conflict);
    const auto other = [&] { return desk.store->conflicts()->at(0).other; };
    CHECK(other() == "ravi");
    sync::PullRow besides = later_row(1, 21, {{"name", "Asha R"}}, desk.clock.wall + 5'000);
    besides.author = "zoya";  // of another field, and later
    desk.apply(desk.page({besides}, "c2"));
    CHECK(other() == "ravi");
    sync::PullRow again = later_row(1, 22, {{"city", "Thane"}}, desk.clock.wall - 500);  // made before we were told
    again.author = "meera";
    desk.apply(desk.page({again}, "c3"));
    CHECK(other() == "meera");
    Resolution rule{Side::theirs, {}, true};
    REQUIRE(desk.store->resolve(desk.store->conflicts()->at(0).queued.operation.id, rule, id_of(700), "s"));
    CHECK(desk.store->decisions(5)->at(0).other == "meera");
}

TEST_CASE("activity: a deleted record's row says all that it said") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(2, {{"city", "Pune"}})});
    desk.commit({desk.remove(2)});
    const ActivityPage page = activity(desk);
    REQUIRE(told(page) == "DELETE 2; UPDATE 2");
    CHECK(told(activity(desk, {std::nullopt, Whose::deleted, std::nullopt, 100})) == "DELETE 2");
    for (const auto& [field, text] : {std::pair{"name", "Bo"}, {"city", "Pune"}}) {
        const crm::Value* said = page.rows[0].before.find(crm::field(Model::lead, field));
        REQUIRE(said != nullptr);
        CHECK(*said == crm::Value(std::string(text)));
    }
}

}  // namespace
}  // namespace ct::store::test
