// Whose work a profile holds: another user of it, with edits of the first one unsent.
#include "exchange/office.h"

namespace ct::calm {
namespace {

void sign_in(Seat& seat, const std::string& email, bool discard_unsent) {
    REQUIRE(seat.replica->sign_in({"http://127.0.0.1:8787", email, "a good password", "", discard_unsent}));
    seat.drain();
}

TEST_CASE("account: another user's sign-in is refused while edits wait, unless they are to be discarded") {
    Office office;
    (void)office.add_user("boss@example.org", server::Role::manager);
    (void)office.add_user("ravi@example.org", server::Role::manager);
    Seat seat(office, "seat", "boss@example.org");
    const Uuid lead = seat.add_lead("Asha");
    CHECK(seat.sync().row.outcome == "done");
    seat.set(lead, "city", "Goa");
    const Uuid made = seat.add_lead("Unsent");
    // One of them may have been taken: its answer was lost.
    seat.lose_answers = true;
    CHECK(seat.sync().row.outcome != "done");
    seat.lose_answers = false;
    REQUIRE(seat.store->queue().in_flight > 0);
    sign_in(seat, "ravi@example.org", false);
    CHECK(seat.store->state().user.email == "boss@example.org");
    CHECK(seat.store->queue().operations == 2);
    sign_in(seat, "ravi@example.org", true);
    CHECK(seat.store->state().user.email == "ravi@example.org");
    CHECK(seat.store->queue().operations == 0);
    CHECK(seat.text(made) == "none");
    // What the server had got of it comes back from there, though it was this device that sent it.
    CHECK(seat.sync().row.outcome == "done");
    Seat other(office, "other", "boss@example.org");
    (void)other.sync();
    for (const Uuid& each : {lead, made}) {
        CHECK(seat.text(each) == other.text(each));
        CHECK(seat.text(each, "city") == other.text(each, "city"));
    }
    CHECK(seat.text(lead, "city") == "Goa");
    CHECK(seat.sync({true, true, true, true}).verify->differing == 0);
}

TEST_CASE("account: the same user's sign-in leaves what waits alone") {
    Office office;
    (void)office.add_user("boss@example.org", server::Role::manager);
    Seat seat(office, "seat", "boss@example.org");
    (void)seat.add_lead("Unsent");
    sign_in(seat, "boss@example.org", true);
    CHECK(seat.store->queue().operations == 1);
}

TEST_CASE("history: a round that did not go through says why, in words") {
    Office office;
    (void)office.add_user("boss@example.org", server::Role::manager);
    Seat seat(office, "seat", "boss@example.org");
    CHECK(seat.sync().row.reason.empty());
    seat.lose_answers = true;
    CHECK(seat.sync().row.outcome == "SERVER_AWAY");
    const auto rows = seat.store->history(2);
    REQUIRE(rows.has_value());
    REQUIRE(rows->size() == 2);
    CHECK_FALSE(rows->at(0).reason.empty());
    CHECK(rows->at(1).reason.empty());

    // And so does the next start, until it has tried itself.
    (void)seat.add_lead("Waits");
    seat.close();
    seat.open();
    CHECK(seat.replica->view().reason == "The last attempt did not go through: " + rows->at(0).reason);
    seat.lose_answers = false;
    CHECK(seat.sync().row.outcome == "done");
    CHECK(seat.replica->view().reason.empty());
    seat.close();
    seat.open();
    (void)seat.add_lead("Goes soon");
    CHECK(seat.replica->view().reason == "Waiting a moment for more edits");
}

}  // namespace
}  // namespace ct::calm
