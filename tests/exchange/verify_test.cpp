// The mirror compared with a real server: what differs is found, and only that is fetched again.
#include "exchange/office.h"

namespace ct::calm {
namespace {

using crm::Model;
constexpr sync::event::SyncAsked kVerify{true, true, true, true}, kLookOnly{true, true, true, false};

struct Desks {
    Office office;
    std::string boss_id = office.add_user("boss@example.org", server::Role::manager);
    Seat boss{office, "boss", "boss@example.org"};
    std::vector<Uuid> leads;

    Desks() {
        for (int i = 0; i < 60; ++i) leads.push_back(boss.add_lead("Lead " + std::to_string(i)));
        for (int i = 0; i < 20; ++i) (void)boss.add_note(leads[static_cast<std::size_t>(i)], "called");
        REQUIRE(boss.sync().row.outcome == "done");
    }
};

TEST_CASE_FIXTURE(Desks, "verify: a mirror that is right takes one small request") {
    Seat other(office, "other", "boss@example.org");
    (void)other.sync();
    boss.remove({leads[5]});
    boss.set(leads[6], "city", "Goa");
    (void)boss.sync();
    for (Seat* seat : {&boss, &other}) {
        (void)seat->asked("");
        const client::SyncFinished round = seat->sync(kVerify);
        REQUIRE(round.verify.has_value());
        CHECK(*round.verify == sync::VerifyCounts{true, 79, 0, 0});
        const std::size_t bytes = seat->answers.back().size();
        CHECK(seat->asked("/api/sync/verify").size() == 1);
        CHECK(bytes < 500);
    }
}

TEST_CASE_FIXTURE(Desks, "verify: edits that wait, and edits of others since our pull, are no difference") {
    Seat other(office, "other", "boss@example.org");
    (void)other.sync();
    boss.set(leads[0], "city", "Goa");  // unsent
    boss.remove({leads[1]});
    other.set(leads[2], "city", "Pune");
    other.remove({leads[3]});
    (void)other.add_lead("Later");
    // The others' edits arrive at the server between our pull and the comparison.
    boss.before_request = [&](const client::NetJob& job) {
        if (job.kind == client::NetJob::Kind::verify && other.store->queue().operations > 0) (void)other.sync();
    };
    const client::SyncFinished round = boss.sync({false, true, true, true});
    REQUIRE(round.verify.has_value());
    CHECK(round.verify->complete);
    CHECK(round.verify->differing == 0);
    CHECK(boss.store->queue().operations == 2);
    CHECK(boss.text(leads[2], "city").empty());  // comes with the next pull, as ever
    CHECK(boss.sync(kVerify).verify->differing == 0);
    CHECK(boss.text(leads[2], "city") == "Pune");
}

TEST_CASE_FIXTURE(Desks, "verify: what differs is found and healed, and nothing else is fetched") {
    Seat other(office, "other", "boss@example.org");
    (void)other.sync();
    // A page that was lost, a tombstone that was lost, and a record that nobody knows how it came here.
    boss.set(leads[10], "city", "Goa");
    boss.remove({leads[11]});
    (void)boss.sync();
    office.meddle("UPDATE device SET next_sequence = next_sequence");  // the file can be written beside the server
    other.close();
    Office::run_sql(other.file(), "DELETE FROM lead WHERE name = 'Lead 12'");
    other.open();
    (void)other.sync();
    other.close();
    Office::run_sql(other.file(), "UPDATE lead SET version = 1 WHERE name IN ('Lead 13', 'Lead 14')");
    other.open();

    client::SyncFinished round = other.sync(kLookOnly);
    REQUIRE(round.verify.has_value());
    CHECK(round.verify->complete);
    CHECK(round.verify->differing == 3);
    CHECK(round.verify->repaired == 0);
    CHECK(other.text(leads[12]) == "none");
    (void)other.asked("");
    round = other.sync(kVerify);
    CHECK(round.verify->differing == 3);
    CHECK(round.verify->repaired == 3);
    CHECK(other.text(leads[12]) == "Lead 12");
    CHECK(other.text(leads[13]) == "Lead 13");
    CHECK(other.text(leads[11]) == "deleted");
    const auto pulls = other.asked("/api/sync/pull");
    REQUIRE(pulls.size() == 2);
    CHECK(pulls[1].find(leads[12].str()) != std::string::npos);
    CHECK(pulls[1].find(leads[15].str()) == std::string::npos);
    CHECK(*other.sync(kVerify).verify == sync::VerifyCounts{true, 79, 0, 0});
}

TEST_CASE_FIXTURE(Desks,
                  "verify: a flipped bit is seen when every row is read; an unsent edit of the row stays on top") {
    boss.close();
    Office::run_sql(boss.file(), "UPDATE lead SET name = 'Leed 20' WHERE name = 'Lead 20'");
    boss.open();
    CHECK(boss.text(leads[20]) == "ROW_DAMAGED");
    boss.set(leads[21], "city", "Goa");
    const client::SyncFinished round = boss.sync({false, true, true, true});
    REQUIRE(round.verify.has_value());
    CHECK(round.verify->differing == 1);
    CHECK(round.verify->repaired == 1);
    CHECK(boss.text(leads[20]) == "Lead 20");
    CHECK(boss.text(leads[21], "city") == "Goa");
    CHECK(boss.store->recount_mirror().value() == 0);
}

TEST_CASE_FIXTURE(Desks, "verify: a record that the server does not have goes") {
    boss.close();
    office.meddle("DELETE FROM lead WHERE name = 'Lead 30'");
    boss.open();
    const client::SyncFinished round = boss.sync(kVerify);
    CHECK(round.verify->differing == 1);
    CHECK(boss.text(leads[30]) == "none");
    CHECK(boss.sync(kVerify).verify->differing == 0);
}

TEST_CASE("verify: by itself behind every so many rounds") {
    Office office;
    office.add_user("boss@example.org", server::Role::manager);
    sync::Tuning tuning;
    tuning.verify_every_rounds = 3;
    Seat boss(office, "boss", "boss@example.org", tuning);
    (void)boss.add_lead("One");
    std::string verified;
    for (int i = 0; i < 7; ++i) verified += boss.sync().verify ? 'v' : '-';
    CHECK(verified == "--v--v-");
}

TEST_CASE("verify: an employee's mirror is compared with what they may see") {
    Office office;
    office.add_user("boss@example.org", server::Role::manager);
    const std::string ravi_id = office.add_user("ravi@example.org", server::Role::employee);
    Seat boss(office, "boss", "boss@example.org"), ravi(office, "ravi", "ravi@example.org");
    std::vector<Uuid> leads;
    for (int i = 0; i < 10; ++i) {
        leads.push_back(boss.add_lead("Lead", i % 2 == 0 ? ravi_id : ""));
        (void)boss.add_note(leads.back(), "called");
    }
    (void)boss.sync();
    CHECK(*ravi.sync(kVerify).verify == sync::VerifyCounts{true, 10, 0, 0});
    boss.set(leads[0], "ownerId", boss.replica->store().state().user.id);
    boss.set(leads[1], "ownerId", ravi_id);
    boss.set(leads[3], "ownerId", ravi_id);
    (void)boss.sync();
    CHECK(*ravi.sync(kVerify).verify == sync::VerifyCounts{true, 12, 0, 0});
    CHECK(*boss.sync(kVerify).verify == sync::VerifyCounts{true, 20, 0, 0});
}

}  // namespace
}  // namespace ct::calm
