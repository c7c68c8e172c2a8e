// How a laptop comes to know who is in its workspace, and what a lead that is handed over by name comes to.
#include "client/people.h"

#include <functional>

#include "exchange/office.h"

namespace ct::calm {
namespace {

constexpr std::int64_t kMinute = 60'000, kDay = 86'400'000;

/// Beside a seat's replica, over the office's own server unless `answers` has something else.
struct Lane {
    explicit Lane(Seat& the_seat) : seat(the_seat) { open(); }
    void open() {
        people = std::make_unique<client::People>(
            *seat.store, seat.office.clock, "",
            client::PeoplePorts{[this](client::NetJob job) { sent.push_back(std::move(job)); },
                                [this](client::Event event) { take(std::move(event)); }});
        shown = {};
        people->start(*seat.replica);
    }
    void take(client::Event event) {
        auto* changed = std::get_if<client::PeopleChanged>(&event);
        REQUIRE(changed != nullptr);
        shown = std::move(changed->people);
        ++changes;
    }
    /// A round, and what follows it. How many requests that were.
    std::size_t sync() {
        const bool reached = seat.sync().row.outcome == "done";
        people->round_ended(reached);
        return go_on();
    }
    std::size_t ask() {
        people->follow(*seat.replica);
        people->ask();
        return go_on();
    }
    std::size_t go_on() {
        people->follow(*seat.replica);
        std::size_t count = 0;
        for (; !sent.empty(); ++count) {
            const client::NetJob job = std::move(sent.front());
            sent.pop_front();
            net::HttpOutcome outcome;
            outcome.response = seat.office.service->handle(job.request);
            if (meddle) meddle(outcome);
            people->on_answer(client::read_answer(job, outcome));
        }
        return count;
    }

    Seat& seat;
    std::unique_ptr<client::People> people;
    std::deque<client::NetJob> sent;
    std::function<void(net::HttpOutcome&)> meddle;
    client::PeopleList shown;
    int changes = 0;
};

struct House {
    std::string join(const std::string& email, const std::string& name, server::Role role) {
        server::Passwords passwords({1, 8 * 1'024});
        const auto user = server::create_user(*office.storage, office.clock, office.random, passwords, office.workspace,
                                              {email, name, "a good password", role});
        REQUIRE(user);
        return user->id;
    }
    Office office;
    std::string boss_id = join("boss@example.org", "Meera", server::Role::manager);
    std::string asha_id = join("asha@example.org", "Asha", server::Role::employee);
    Seat boss{office, "boss", "boss@example.org"}, asha{office, "asha", "asha@example.org"};
    Lane lane{boss};
};

TEST_CASE_FIXTURE(House, "people: a manager hands a lead to an employee by name, who then has it") {
    CHECK(lane.sync() == 1);
    const auto named = lane.shown.resolve("asha");
    REQUIRE(named);
    CHECK((*named)->id == asha_id);
    CHECK((*named)->email == "asha@example.org");
    const Uuid lead = boss.add_lead("Widget");
    (void)boss.sync();
    (void)asha.sync();
    CHECK(asha.text(lead) == "none");
    boss.set(lead, "ownerId", (*named)->id);
    (void)boss.sync();
    (void)asha.sync();
    CHECK(asha.text(lead) == "Widget");
    Lane hers(asha);
    CHECK(hers.sync() == 1);
    REQUIRE(hers.shown.find(boss_id) != nullptr);
    CHECK(hers.shown.find(boss_id)->name == "Meera");
    CHECK(hers.shown.find(boss_id)->email == "");
    // By name she hands it on, and loses sight of it.
    asha.set(lead, "ownerId", (*hers.shown.resolve("MEERA"))->id);
    (void)asha.sync();
    CHECK(asha.text(lead) == "none");
    (void)boss.sync();
    CHECK(boss.text(lead, "ownerId") == boss_id);
}

TEST_CASE_FIXTURE(House, "people: asked after the first round, then once a day, and at once by who looks") {
    CHECK(lane.sync() == 1);
    CHECK(lane.sync() == 0);
    CHECK(lane.ask() == 0);
    office.clock.at += 6 * kMinute;
    CHECK(lane.sync() == 0);
    CHECK(lane.ask() == 1);
    CHECK(lane.ask() == 0);
    CHECK(lane.changes == 1);  // it said the same
    office.clock.at += kDay;
    CHECK(lane.sync() == 1);
    // The list that was told last is there at the next start, without a server.
    const std::string ravi = join("ravi@example.org", "Ravi", server::Role::employee);
    office.clock.at += kDay;
    CHECK(lane.sync() == 1);
    CHECK(lane.changes == 2);
    boss.close();
    boss.open();
    lane.open();
    REQUIRE(lane.shown.find(ravi) != nullptr);
    CHECK(lane.shown.find(ravi)->name == "Ravi");
    CHECK(lane.sync() == 0);
}

TEST_CASE_FIXTURE(House, "people: who signs in anew asks anew, and another user's list is not theirs") {
    CHECK(lane.sync() == 1);
    REQUIRE(boss.replica->sign_in({"http://127.0.0.1:8787", "boss@example.org", "a good password", ""}));
    boss.drain();
    CHECK(lane.sync() == 1);
    CHECK(lane.shown.known());
    REQUIRE(boss.replica->sign_in({"http://127.0.0.1:8787", "asha@example.org", "a good password", ""}));
    boss.drain();
    lane.go_on();
    CHECK_FALSE(lane.shown.known());
    CHECK(lane.sync() == 1);
    CHECK(lane.shown.find(boss_id)->email == "");
    // What lies on the disk is hers now, also after a start that reached nobody.
    lane.open();
    CHECK(lane.shown.find(boss_id)->email == "");
}

TEST_CASE_FIXTURE(House,
                  "people: an older server says 404: no list, no trouble for the round, asked again a day later") {
    lane.meddle = [](net::HttpOutcome& outcome) {
        outcome.response.status = 404;
        for (auto& [name, value] : outcome.response.headers) {
            if (name == "Content-Type") value = "application/problem+json";
        }
        outcome.response.body = R"({"status":404,"code":"NOT_FOUND","detail":"there is nothing at this address"})";
    };
    CHECK(lane.sync() == 1);
    CHECK_FALSE(lane.shown.known());
    REQUIRE(lane.people->trouble());
    CHECK(lane.people->trouble()->code == "NO_PEOPLE");
    office.clock.at += 60 * kMinute;
    CHECK(lane.sync() == 0);
    CHECK(lane.ask() == 0);
    lane.open();
    CHECK(lane.sync() == 0);
    CHECK(lane.ask() == 0);
    REQUIRE(lane.people->trouble());  // known from before this start
    CHECK(lane.people->trouble()->code == "NO_PEOPLE");
    lane.meddle = {};
    office.clock.at += kDay;
    CHECK(lane.sync() == 1);
    CHECK(lane.shown.known());
}

TEST_CASE_FIXTURE(House, "people: what fails on the way keeps the list, and is tried again some minutes later") {
    CHECK(lane.sync() == 1);
    office.clock.at += kDay;
    const std::vector<std::function<void(net::HttpOutcome&)>> ways{
        [](net::HttpOutcome& outcome) { outcome.failure = net::NetFailure::timeout; },
        [](net::HttpOutcome& outcome) { outcome.response.status = 503; },
        [](net::HttpOutcome& outcome) { outcome.response.body = "{\"people\":[{\"id\":7}]}"; },
        [](net::HttpOutcome& outcome) { outcome.response.headers.clear(); },
    };
    for (const auto& way : ways) {
        lane.meddle = way;
        CHECK(lane.sync() == 1);
        CHECK(lane.people->trouble());
        CHECK(lane.sync() == 0);
        CHECK(lane.shown.find(asha_id) != nullptr);
        office.clock.at += 6 * kMinute;
    }
    lane.meddle = {};
    CHECK(lane.sync() == 1);
    CHECK_FALSE(lane.people->trouble());
    CHECK(boss.sync().row.outcome == "done");
}

TEST_CASE_FIXTURE(House, "people: an answer that got lost, or is of before, holds nothing up") {
    (void)boss.sync();
    lane.people->round_ended(true);
    lane.people->follow(*boss.replica);
    REQUIRE(lane.sent.size() == 1);
    const client::NetJob lost = lane.sent.front();
    lane.sent.clear();
    office.clock.at += 6 * kMinute;
    CHECK(lane.ask() == 1);
    CHECK(lane.shown.known());
    net::HttpOutcome late;
    late.failure = net::NetFailure::timeout;
    lane.people->on_answer(client::read_answer(lost, late));
    CHECK_FALSE(lane.people->trouble());
}

TEST_CASE_FIXTURE(House, "people: nobody asks who works offline or is signed out") {
    boss.replica->tell(sync::event::OfflineChosen{true});
    CHECK(lane.ask() == 0);
    boss.replica->tell(sync::event::OfflineChosen{false});
    boss.drain();
    REQUIRE(boss.replica->sign_out());
    boss.drain();
    CHECK(lane.ask() == 0);
}

}  // namespace
}  // namespace ct::calm
