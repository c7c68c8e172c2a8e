// A lead that changes hands while somebody writes about it: the server misses it from one moment to the next.
#include "exchange/office.h"

namespace ct::calm {
namespace {

struct Handover {
    Office office;
    std::string boss_id = office.add_user("boss@example.org", server::Role::manager);
    std::string agent_id = office.add_user("agent@example.org", server::Role::employee);
    Seat boss{office, "boss", "boss@example.org"};
    Seat agent{office, "agent", "agent@example.org"};
    Uuid lead;

    Handover() {
        lead = boss.add_lead("Asha", agent_id);
        REQUIRE(boss.sync().row.outcome == "done");
        REQUIRE(agent.sync().row.outcome == "done");
        REQUIRE(agent.text(lead) == "Asha");
    }
    void hand_to(const std::string& user) {
        boss.set(lead, "ownerId", user);
        REQUIRE(boss.sync().row.outcome == "done");
    }
    /// How often the server said that the lead is not there.
    [[nodiscard]] std::int64_t refusals() {
        std::int64_t count = 0;
        for (const std::string& answer : std::exchange(agent.answers, {})) {
            for (auto at = answer.find("MISSING_PARENT"); at != std::string::npos;
                 at = answer.find("MISSING_PARENT", at + 1))
                ++count;
        }
        return count;
    }
};

TEST_CASE_FIXTURE(Handover, "missing parent: refused once, the pull tells why, and a person is asked") {
    hand_to(boss_id);
    (void)agent.add_note(lead, "called");
    CHECK(agent.sync().row.outcome == "done");
    CHECK(refusals() == 1);
    CHECK(agent.store->queue().errors == 1);
    CHECK(agent.view.reason == "1 edit was refused: mend or discard it");
    CHECK(agent.view.indicator == client::Indicator::needs_you);
    CHECK(client::headline(agent.view, office.clock.now()) == "1 was refused. All else is saved and sent");
    CHECK(agent.sync().row.outcome == "done");
    CHECK(refusals() == 0);
}

TEST_CASE_FIXTURE(Handover, "missing parent: back before the pull, it is sent again after that, and nobody is asked") {
    hand_to(boss_id);
    const Uuid note = agent.add_note(lead, "called");
    bool given_back = false;
    agent.before_request = [&](const client::NetJob& job) {
        if (job.kind != client::NetJob::Kind::pull || std::exchange(given_back, true)) return;
        CHECK(agent.store->queue().parked == 1);
        CHECK(agent.view.reason == "1 edit waits for the record that it belongs to: the server misses that");
        hand_to(agent_id);
    };
    CHECK(agent.sync().row.outcome == "done");
    CHECK(refusals() == 1);
    CHECK(agent.store->queue().sendable == 1);
    CHECK(agent.view.indicator == client::Indicator::pending);
    CHECK(agent.sync().row.outcome == "done");
    CHECK(agent.store->queue().operations == 0);
    CHECK(boss.sync().row.outcome == "done");
    CHECK(boss.text(note, "text", crm::Model::note) == "called");
}

}  // namespace
}  // namespace ct::calm
