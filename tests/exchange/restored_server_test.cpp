// A server that was restored from a backup, and clients that know more than it does.
#include "exchange/office.h"

namespace ct::calm {
namespace {

TEST_CASE("restored server: what it lost is offered back before what hangs on it is sent") {
    Office office;
    (void)office.add_user("boss@example.org", server::Role::manager);
    Seat seat(office, "seat", "boss@example.org"), other(office, "other", "boss@example.org");
    CHECK(seat.sync().row.outcome == "done");
    office.back_up();
    const Uuid lead = seat.add_lead("Asha");
    CHECK(seat.sync().row.outcome == "done");
    CHECK(other.sync().row.outcome == "done");
    office.restore();

    const Uuid note = seat.add_note(lead, "called");
    seat.answers.clear();
    for (int round = 0; round < 3; ++round) {
        const client::SyncFinished finished = seat.sync();
        CHECK(finished.row.outcome == "done");
        CHECK(finished.row.failed == 0);
    }
    // Sent without its lead it would be refused, and that is what retries are counted by.
    for (const std::string& answer : seat.answers) CHECK(answer.find("MISSING_PARENT") == std::string::npos);
    CHECK(seat.store->queue().operations == 0);
    CHECK(other.sync().row.outcome == "done");
    CHECK(other.text(lead) == "Asha");
    CHECK(other.text(note, "text", crm::Model::note) == "called");
    CHECK(other.store->queue().operations == 0);
}

TEST_CASE("restored server: an edit whose answer was on its way waits for what it needs, and asks nobody") {
    for (const bool backup_has_it : {false, true}) {
        INFO(backup_has_it);
        Office office;
        (void)office.add_user("boss@example.org", server::Role::manager);
        Seat seat(office, "seat", "boss@example.org"), other(office, "other", "boss@example.org");
        CHECK(seat.sync().row.outcome == "done");
        if (!backup_has_it) office.back_up();
        const Uuid lead = other.add_lead("Asha");
        CHECK(other.sync().row.outcome == "done");
        CHECK(seat.sync().row.outcome == "done");
        seat.set(lead, "city", "Goa");
        const Uuid note = seat.add_note(lead, "called");
        seat.lose_answers = true;
        CHECK(seat.sync().row.outcome != "done");
        seat.lose_answers = false;
        if (backup_has_it) office.back_up();
        REQUIRE(seat.store->queue().in_flight == 2);
        const std::string device = seat.store->state().device_id;
        office.restore();

        seat.answers.clear();
        for (int round = 0; round < 3; ++round) {
            const client::SyncFinished finished = seat.sync();
            CHECK(finished.row.outcome == "done");
            CHECK(finished.row.failed == 0);
        }
        for (const std::string& answer : seat.answers) CHECK(answer.find("rejected") == std::string::npos);
        CHECK(seat.store->queue().operations == 0);
        CHECK(other.sync().row.outcome == "done");
        CHECK(other.text(lead) == "Asha");
        CHECK(other.text(lead, "city") == "Goa");
        CHECK(other.text(note, "text", crm::Model::note) == "called");
        CHECK(seat.store->state().device_id == device);
        seat.close();
        seat.open();
        CHECK(seat.store->state().device_id == device);
    }
}

TEST_CASE("restored server: one's own edits of money do not meet each other as a conflict") {
    for (const bool backup_has_it : {false, true}) {
        INFO(backup_has_it);
        Office office;
        (void)office.add_user("boss@example.org", server::Role::manager);
        Seat seat(office, "seat", "boss@example.org");
        crm::Changes money;
        money.set(crm::field(crm::Model::payment, "leadId"), seat.add_lead("Asha").str());
        money.set(crm::field(crm::Model::payment, "amount"), std::int64_t{10'000});
        const Uuid payment = seat.add(crm::Model::payment, std::move(money));
        const auto pay = [&](std::int64_t amount) {
            client::Edit edit;
            edit.model = crm::Model::payment;
            edit.record = payment;
            edit.changes.set(crm::field(crm::Model::payment, "amount"), amount);
            seat.save({edit});
        };
        CHECK(seat.sync().row.outcome == "done");
        if (!backup_has_it) office.back_up();
        pay(20'000);
        seat.lose_answers = true;
        CHECK(seat.sync().row.outcome != "done");
        seat.lose_answers = false;
        if (backup_has_it) office.back_up();
        pay(30'000);
        office.restore();
        for (int round = 0; round < 3; ++round) {
            const client::SyncFinished finished = seat.sync();
            CHECK(finished.row.outcome == "done");
            CHECK(finished.row.conflicts == 0);
        }
        CHECK(seat.store->queue().operations == 0);
        const auto here = seat.store->get(crm::Model::payment, payment);
        REQUIRE((here && *here));
        CHECK((*here)->fields.get(crm::field(crm::Model::payment, "amount")) == crm::ValueView{std::int64_t{30'000}});
    }
}

}  // namespace
}  // namespace ct::calm
