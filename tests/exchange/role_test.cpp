// A user whose role changes: their laptop gets what they may see now, loses what they may not, and loses no work.
#include "exchange/office.h"

namespace ct::calm {
namespace {

struct Desk {
    Desk() { (void)boss.sync(); }
    void become(server::Role role) {
        office.clock.at += 1'000;
        const auto user = server::find_user(*office.storage, office.workspace, "ravi@example.org");
        REQUIRE(user);
        REQUIRE(office.storage->set_role(*user, role, {{}, {}, office.clock.now()}));
    }

    Office office;
    std::string boss_id = office.add_user("boss@example.org", server::Role::manager);
    std::string ravi_id = office.add_user("ravi@example.org", server::Role::employee);
    Seat boss{office, "boss", "boss@example.org"}, ravi{office, "ravi", "ravi@example.org"};
    const Uuid others = boss.add_lead("Another's", boss_id), nobodys = boss.add_lead("Nobody's"),
               own = boss.add_lead("Own", ravi_id), note = boss.add_note(others, "Called");
};

TEST_CASE_FIXTURE(Desk, "role: who becomes a manager gets everything, and what they had not sent arrives") {
    CHECK(ravi.sync().row.outcome == "done");
    CHECK(ravi.count() == 1);
    ravi.set(own, "city", "Goa");
    const Uuid made = ravi.add_lead("Made meanwhile");
    become(server::Role::manager);
    CHECK(ravi.sync().row.outcome == "done");
    CHECK(ravi.count() == 4);
    CHECK(ravi.text(others) == "Another's");
    CHECK(ravi.text(note, "text", crm::Model::note) == "Called");
    CHECK(ravi.store->queue().operations == 0);
    (void)boss.sync();
    CHECK(boss.text(own, "city") == "Goa");
    CHECK(boss.text(made) == "Made meanwhile");
    CHECK(ravi.sync({true, true, true, true}).verify->differing == 0);
    ravi.set(others, "city", "Pune");
    CHECK(ravi.sync().row.pushed == 1);
    (void)boss.sync();
    CHECK(boss.text(others, "city") == "Pune");
}

TEST_CASE_FIXTURE(Desk, "role: who is a manager no longer loses others' leads, and nothing of their own work") {
    become(server::Role::manager);
    CHECK(ravi.sync().row.outcome == "done");
    CHECK(ravi.count() == 3);
    ravi.set(others, "city", "Goa");
    ravi.set(own, "city", "Pune");
    const Uuid made = ravi.add_lead("Made meanwhile");
    become(server::Role::employee);
    const auto round = ravi.sync();
    CHECK(round.row.pushed == 2);
    CHECK(round.row.failed == 1);
    CHECK(ravi.text(nobodys) == "none");
    CHECK(ravi.text(note, "text", crm::Model::note) == "none");
    CHECK(ravi.text(own, "city") == "Pune");
    CHECK(ravi.text(made) == "Made meanwhile");
    // The edit of what is no longer theirs waits for somebody to look.
    CHECK(ravi.store->queue().errors == 1);
    CHECK(ravi.store->queue().operations == 1);
    (void)boss.sync();
    CHECK(boss.text(own, "city") == "Pune");
    CHECK(boss.text(others, "city") == "");
    CHECK(ravi.sync({true, true, true, true}).verify->differing == 0);
    CHECK(ravi.store->queue().errors == 1);
}

}  // namespace
}  // namespace ct::calm
