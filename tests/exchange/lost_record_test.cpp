// A record that the client's disk has lost, and of which a pull brings only what changed.
#include "exchange/office.h"

namespace ct::calm {
namespace {

TEST_CASE("lost record: a page behind which there is more heals it within the same round") {
    Office office;
    office.add_user("boss@example.org", server::Role::manager);
    sync::Tuning tuning;
    tuning.pull_limit = tuning.pull_first_limit = 10;
    Seat boss(office, "boss", "boss@example.org"), other(office, "other", "boss@example.org", tuning);
    std::vector<Uuid> leads;
    for (int i = 0; i < 40; ++i) leads.push_back(boss.add_lead("Lead " + std::to_string(i)));
    (void)boss.sync();
    (void)other.sync();
    other.close();
    Office::run_sql(other.file(), "DELETE FROM lead WHERE name='Lead 3'");
    other.open();
    REQUIRE(other.text(leads[3]) == "none");
    for (std::size_t i = 0; i < 30; ++i) boss.set(leads[i], "city", "Goa");
    (void)boss.sync();

    const client::SyncFinished round = other.sync();
    CHECK_MESSAGE(round.row.outcome == "done", round.row.reason);
    CHECK(other.text(leads[3]) == "Lead 3");
    for (std::size_t i = 0; i < leads.size(); ++i) CHECK(other.text(leads[i], "city") == boss.text(leads[i], "city"));
    CHECK(other.sync({true, true, true, true}).verify->differing == 0);
}

}  // namespace
}  // namespace ct::calm
