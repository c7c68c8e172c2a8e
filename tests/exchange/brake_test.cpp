// A pull that would take very much away waits for somebody's word.
#include "exchange/office.h"

namespace ct::calm {
namespace {

struct Flood {
    Office office;
    std::string boss_id = office.add_user("boss@example.org", server::Role::manager);
    Seat boss{office, "boss", "boss@example.org"};
    Seat other{office, "other", "boss@example.org"};
    std::vector<Uuid> leads;

    Flood() {
        for (int i = 0; i < 120; ++i) leads.push_back(boss.add_lead("Lead " + std::to_string(i)));
        REQUIRE(boss.sync().row.outcome == "done");
        REQUIRE(other.sync().row.outcome == "done");
    }
    void boss_deletes(std::size_t count) {
        boss.remove({leads.begin(), leads.begin() + static_cast<std::ptrdiff_t>(count)});
        REQUIRE(boss.sync().row.outcome == "done");
    }
};

TEST_CASE_FIXTURE(Flood, "brake: 50 removed records are nobody's alarm") {
    boss_deletes(50);
    CHECK(other.sync().row.outcome == "done");
    CHECK(other.count() == 70);
    CHECK(other.view.removals_reason.empty());
}

TEST_CASE_FIXTURE(
    Flood, "brake: more than 50 and 30 % wait; edits are sent meanwhile; refused, all stays; allowed, it goes on") {
    boss_deletes(60);
    (void)boss.add_lead("New");
    (void)boss.sync();
    other.set(leads[100], "city", "Goa");
    client::SyncFinished round = other.sync();
    CHECK(round.row.outcome == "MASS_DELETE");
    CHECK(round.row.pushed == 1);
    CHECK(other.count() == 120);
    CHECK(other.store->queue().operations == 0);
    CHECK(other.view.removals.removed[0] == 60);
    CHECK(other.view.removals.of[0] == 120);
    CHECK(other.view.removals_reason == "A sync would remove 60 of 120 leads here, and waits for your word");
    CHECK(other.view.needs_you == 1);
    CHECK(other.view.indicator != client::Indicator::synced);

    other.replica->decide_removals(false);
    other.drain();
    CHECK(other.view.removals_refused);
    CHECK(other.view.needs_you == 0);
    CHECK(other.count() == 120);
    // By itself it pushes on, and does not fetch that page again and again.
    (void)other.asked("");
    other.set(leads[101], "city", "Goa");
    office.clock.at = *other.replica->due();
    other.finished.reset();
    other.replica->tell(sync::event::TimerFired{});
    other.drain();
    REQUIRE(other.finished.has_value());
    CHECK(other.finished->row.pushed == 1);
    CHECK(other.asked("/api/sync/pull").empty());
    round = other.sync();  // asked for, it looks again
    CHECK(round.row.outcome == "MASS_DELETE");
    CHECK(other.count() == 120);
    other.close();
    other.open();
    CHECK(other.sync().row.outcome == "MASS_DELETE");  // a start changes nothing

    other.replica->decide_removals(true);
    other.drain();
    CHECK(other.finished->row.outcome == "done");
    CHECK(other.count() == 61);
    CHECK(other.view.removals_reason.empty());
    CHECK(other.view.needs_you == 0);
    CHECK(other.store->recount_mirror().value() == 0);
    // That was for this once.
    boss.remove({leads.begin() + 60, leads.begin() + 115});
    (void)boss.sync();
    CHECK(other.sync().row.outcome == "MASS_DELETE");
    CHECK(other.count() == 61);
}

TEST_CASE("brake: counted over the pages of one pull") {
    Office office;
    office.add_user("boss@example.org", server::Role::manager);
    sync::Tuning tuning;
    tuning.pull_limit = tuning.pull_first_limit = 20;
    Seat boss(office, "boss", "boss@example.org"), other(office, "other", "boss@example.org", tuning);
    std::vector<Uuid> leads;
    for (int i = 0; i < 120; ++i) leads.push_back(boss.add_lead("Lead"));
    (void)boss.sync();
    (void)other.sync();
    boss.remove({leads.begin(), leads.begin() + 80});
    (void)boss.sync();
    CHECK(other.sync().row.outcome == "MASS_DELETE");
    CHECK(other.count() == 80);  // two pages were a tidying up, with the third it is a flood
    other.replica->decide_removals(true);
    other.drain();
    CHECK(other.count() == 40);
}

TEST_CASE("brake: leads that change hands, and the end of a pull from the start") {
    Office office;
    const std::string boss_id = office.add_user("boss@example.org", server::Role::manager);
    const std::string ravi_id = office.add_user("ravi@example.org", server::Role::employee);
    Seat boss(office, "boss", "boss@example.org"), ravi(office, "ravi", "ravi@example.org");
    std::vector<Uuid> leads;
    for (int i = 0; i < 100; ++i) leads.push_back(boss.add_lead("Lead", ravi_id));
    (void)boss.sync();
    (void)ravi.sync();
    for (int i = 0; i < 60; ++i) boss.set(leads[static_cast<std::size_t>(i)], "ownerId", boss_id);
    (void)boss.sync();
    CHECK(ravi.sync().row.outcome == "MASS_DELETE");
    CHECK(ravi.count() == 100);
    store::SyncState state = ravi.store->state();
    state.cursor.reset();
    REQUIRE(ravi.store->save_state(state));
    CHECK(ravi.sync().row.outcome == "MASS_DELETE");
    CHECK(ravi.count() == 100);
    ravi.replica->decide_removals(true);
    ravi.drain();
    CHECK(ravi.count() == 40);
    CHECK(ravi.store->recount_mirror().value() == 0);
}

TEST_CASE_FIXTURE(Flood,
                  "resync: a cursor that is too old pulls beside what is here, and brings nothing back from the dead") {
    other.set(leads[0], "city", "Goa");
    boss.remove({leads[1], leads[2]});
    (void)boss.sync();
    office.meddle("DELETE FROM lead WHERE deleted = 1; UPDATE workspace SET purge_floor = version");
    const std::string epoch = other.store->state().epoch;
    (void)other.asked("");
    CHECK(other.sync().row.outcome == "done");
    CHECK(other.store->state().epoch == epoch);
    CHECK(other.store->queue().operations == 0);
    CHECK(other.text(leads[0], "city") == "Goa");
    CHECK(other.text(leads[1]) == "none");
    CHECK(other.count() == 118);
    for (const std::string& push : other.asked("/api/sync/push")) CHECK(push.find(leads[1].str()) == std::string::npos);
    CHECK(other.sync({true, true, true, true}).verify->differing == 0);
}

}  // namespace
}  // namespace ct::calm
