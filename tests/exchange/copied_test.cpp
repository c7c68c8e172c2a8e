// A profile that was copied: two programs that believe to be the same device.
#include "exchange/office.h"

namespace ct::calm {
namespace {

TEST_CASE("copied profile: the same edit, gone on with on both, is found out, and both have all there is") {
    Office office;
    (void)office.add_user("boss@example.org", server::Role::manager);
    Seat seat(office, "seat", "boss@example.org"), twin(office, "twin", "boss@example.org");
    CHECK(seat.sync().row.outcome == "done");
    const Uuid lead = seat.add_lead("Asha");
    seat.close();
    twin.close();
    std::filesystem::copy(seat.directory, twin.directory,
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    seat.open();
    twin.open();
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

}  // namespace
}  // namespace ct::calm
