// A profile that was copied: two programs that believe to be the same device.
#include "exchange/office.h"

namespace ct::calm {
namespace {

constexpr crm::FieldId kAmount = crm::field_id(crm::Model::payment, "amount");

void copy_profile(Seat& seat, Seat& twin) {
    seat.close();
    twin.close();
    std::filesystem::copy(seat.directory, twin.directory,
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    seat.open();
    twin.open();
}

TEST_CASE("copied profile: the same edit, gone on with on both, is found out, and both have all there is") {
    Office office;
    (void)office.add_user("boss@example.org", server::Role::manager);
    Seat seat(office, "seat", "boss@example.org"), twin(office, "twin", "boss@example.org");
    CHECK(seat.sync().row.outcome == "done");
    const Uuid lead = seat.add_lead("Asha");
    copy_profile(seat, twin);
    const std::string device = seat.store->state().device_id;
    REQUIRE(twin.store->state().device_id == device);
    seat.set(lead, "city", "Goa");  // joins what waits under one id
    CHECK(twin.sync().row.outcome == "done");
    const Uuid of_twin = twin.add_lead("Of the twin");

    CHECK(seat.sync().row.outcome == "done");
    CHECK(seat.store->state().device_id != device);
    REQUIRE(seat.store->queue().errors == 1);
    CHECK(seat.text(lead, "city") == "Goa");  // kept until somebody decides
    REQUIRE(seat.store->discard(seat.store->list_queue()->at(0).operation.id));
    CHECK(seat.text(lead) == "Asha");
    CHECK(seat.text(lead, "city").empty());
    const Uuid of_seat = seat.add_lead("Of the seat");
    for (int round = 0; round < 2; ++round) {
        CHECK(twin.sync().row.outcome == "done");
        CHECK(seat.sync().row.outcome == "done");
    }
    for (const Seat* one : {&seat, &twin}) {
        CHECK(one->text(lead) == "Asha");
        CHECK(one->text(of_seat) == "Of the seat");
        CHECK(one->text(of_twin) == "Of the twin");
        CHECK(one->store->queue().operations == 0);
    }
}

TEST_CASE("copied profile: what the one does over an edit of the other is no edit of its own") {
    Office office;
    (void)office.add_user("boss@example.org", server::Role::manager);
    Seat seat(office, "seat", "boss@example.org"), twin(office, "twin", "boss@example.org");
    const Uuid lead = seat.add_lead("Asha");
    crm::Changes owed;
    owed.set(crm::field_id(crm::Model::payment, "leadId"), lead.str());
    owed.set(kAmount, std::int64_t{1'111});
    const Uuid payment = seat.add(crm::Model::payment, owed);
    CHECK(seat.sync().row.outcome == "done");
    copy_profile(seat, twin);
    const auto pay = [&payment](Seat& one, std::int64_t amount) {
        client::Edit edit;
        edit.model = crm::Model::payment;
        edit.record = payment;
        edit.changes.set(kAmount, amount);
        one.save({edit});
    };
    pay(twin, 3'333);
    twin.set(lead, "city", "Goa");  // first
    office.clock.at += 1'000;
    pay(seat, 2'222);  // money is for a person to decide
    seat.set(lead, "city", "Pune");
    CHECK(seat.sync().row.outcome == "done");
    CHECK(twin.sync().row.outcome == "done");
    CHECK(twin.store->queue().conflicts == 1);
    CHECK(seat.sync().row.outcome == "done");
    CHECK(seat.store->get(crm::Model::payment, payment).value()->fields.integer(kAmount) == 2'222);
    CHECK(seat.text(lead, "city") == "Pune");
    CHECK(twin.text(lead, "city") == "Pune");
}

TEST_CASE("copied profile: a restored server's numbers do not hide the one's edits from the other") {
    Office office;
    (void)office.add_user("boss@example.org", server::Role::manager);
    Seat seat(office, "seat", "boss@example.org"), twin(office, "twin", "boss@example.org");
    const Uuid lead = seat.add_lead("Asha");
    CHECK(seat.sync().row.outcome == "done");
    office.back_up();
    copy_profile(seat, twin);
    for (int i = 0; i < 5; ++i) {
        (void)seat.add_lead("Lost with the server " + std::to_string(i));
        CHECK(seat.sync().row.outcome == "done");
    }
    office.restore();
    const Uuid of_twin = twin.add_lead("Of the twin");
    seat.set(lead, "city", "Goa");
    // The seat has pulled what the restored server has; then the twin comes first with the number that is expected.
    int pushes = 0;
    seat.before_request = [&](const client::NetJob& job) {
        if (job.request.path == "/api/sync/push" && ++pushes == 2) CHECK(twin.sync().row.outcome == "done");
    };
    for (int round = 0; round < 3; ++round) {
        CHECK(seat.sync().row.outcome == "done");
        CHECK(twin.sync().row.outcome == "done");
    }
    CHECK(seat.store->state().device_id != twin.store->state().device_id);
    CHECK(seat.sync({true, true, true, true}).verify->differing == 0);
    CHECK(twin.sync({true, true, true, true}).verify->differing == 0);
    for (const Seat* one : {&seat, &twin}) {
        CHECK(one->text(of_twin) == "Of the twin");
        CHECK(one->text(lead, "city") == "Goa");
        CHECK(one->count() == 7);
        CHECK(one->store->queue().operations == 0);
    }
}

}  // namespace
}  // namespace ct::calm
