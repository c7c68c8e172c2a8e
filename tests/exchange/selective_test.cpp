// Parts that are left out, and come back, between a real client and a real server.
#include <nlohmann/json.hpp>

#include "exchange/office.h"

namespace ct::calm {
namespace {

using crm::Model;
using nlohmann::json;

sync::Parts parts(std::initializer_list<std::string_view> places) {
    sync::Parts made;
    for (const std::string_view place : places) REQUIRE(made.add(place));
    return made;
}

struct Desks {
    Office office;
    std::string boss_id = office.add_user("boss@example.org", server::Role::manager);
    Seat boss{office, "boss", "boss@example.org"};
    std::vector<Uuid> leads, notes;

    Desks() {
        for (int i = 0; i < 30; ++i) {
            leads.push_back(boss.add_lead("Lead " + std::to_string(i)));
            boss.set(leads.back(), "city", "Pune");
            notes.push_back(boss.add_note(leads.back(), "called"));
        }
        REQUIRE(boss.sync().row.outcome == "done");
    }
    static std::string note_of(const Seat& seat, const Uuid& note) {
        const std::string text = seat.text(note, "text", Model::note);
        return text == "deleted" ? "none" : text;  // a tombstone is kept by whoever saw it go
    }
    /// Both show what the server has, and verify finds nothing.
    void check_alike(Seat& other) {
        for (Seat* seat : {&boss, &other, &boss}) CHECK(seat->sync().row.outcome == "done");
        const client::SyncFinished verified = other.sync({true, true, true, true});
        REQUIRE(verified.verify.has_value());
        CHECK(verified.verify->complete);
        CHECK(verified.verify->differing == 0);
        for (const Uuid& lead : leads) {
            CHECK(other.text(lead, "name") == boss.text(lead, "name"));
            CHECK(other.text(lead, "city") == boss.text(lead, "city"));
        }
        for (const Uuid& note : notes) CHECK(note_of(other, note) == note_of(boss, note));
        CHECK(other.count(Model::note) == boss.count(Model::note));
        CHECK(other.view.catching_up.empty());
    }
};

TEST_CASE_FIXTURE(Desks,
                  "selective: what is left out is not fetched, edits of it are sent, and verify does not miss it") {
    Seat other(office, "other", "boss@example.org");
    other.replica->leave_out(parts({"Note", "Lead.city"}));
    other.drain();
    (void)other.sync();
    CHECK(other.count() == 30);
    CHECK(other.count(Model::note) == 0);
    CHECK(other.text(leads[0], "city").empty());
    CHECK(other.view.left_out == std::vector<std::string>{"Lead.city", "Note"});
    const Uuid note = other.add_note(leads[1], "from the other");
    boss.set(leads[2], "city", "Delhi");
    boss.set(leads[3], "name", "Renamed");
    (void)boss.sync();
    other.set(leads[2], "city", "Goa");  // later, without having seen Delhi
    const client::SyncFinished round = other.sync({true, true, true, true});
    CHECK(round.row.outcome == "done");
    CHECK(round.verify->complete);
    CHECK(round.verify->differing == 0);
    CHECK(round.verify->compared == 30);
    CHECK(other.text(leads[3], "name") == "Renamed");
    CHECK(other.store->queue().operations == 0);
    (void)boss.sync();
    CHECK(boss.text(note, "text", Model::note) == "from the other");
    CHECK(boss.text(leads[2], "city") == "Goa");
    // What lost is kept, on the device whose edit it lost against.
    const auto decided = other.store->decisions(10);
    REQUIRE(decided.has_value());
    REQUIRE(decided->size() == 1);
    CHECK(std::get<std::string>(decided->front().before.fields.at(0).second) == "Delhi");
}

TEST_CASE_FIXTURE(Desks, "selective: switched on later, it alone is fetched") {
    Seat other(office, "other", "boss@example.org");
    other.replica->leave_out(parts({"Note", "Lead.city"}));
    other.drain();
    (void)other.sync();
    (void)other.asked("");
    other.replica->leave_out({});
    other.drain();
    std::vector<json> catch_up;
    for (const std::string& body : other.asked("/api/sync/pull")) {
        json request = json::parse(body);
        if (request.value("models", json::array()) == json{"Lead", "Note"}) catch_up.push_back(std::move(request));
    }
    REQUIRE(catch_up.size() == 2);  // and that there is nothing more
    CHECK(catch_up[0]["cursor"].is_null());
    CHECK(catch_up[0]["exclude"]["Lead"].size() > 10);
    bool names_came = false;
    for (const std::string& answer : other.answers) {
        const json page = json::parse(answer, nullptr, false);
        if (!page.contains("changes") || page["from"].is_string() || page["changes"].empty()) continue;
        names_came = page.dump().find("Lead 7") != std::string::npos;  // of the last page from the start
    }
    CHECK(!names_came);
    CHECK(other.count(Model::note) == 30);
    CHECK(other.text(leads[0], "city") == "Pune");
    check_alike(other);
}

TEST_CASE_FIXTURE(Desks, "selective: whatever is done on both sides before, while and after it is fetched") {
    sync::Tuning small;
    small.pull_first_limit = small.pull_limit = 7;
    Seat other(office, "other", "boss@example.org", small);
    (void)other.sync();
    other.replica->leave_out(parts({"Note", "Lead.city"}));
    other.drain();
    // While it is left out: changed, deleted, new; on this side, too.
    boss.set(leads[0], "city", "Goa");
    client::Edit gone;
    gone.kind = sync::OperationKind::remove;
    gone.model = Model::note;
    gone.record = notes[3];
    boss.save({gone});
    notes.push_back(boss.add_note(leads[4], "new"));
    (void)boss.sync();
    notes.push_back(other.add_note(leads[5], "new here"));
    other.set(leads[6], "city", "Agra");
    (void)other.sync();
    CHECK(other.text(notes[3], "text", Model::note) == "called");  // stays as it was
    CHECK(other.text(leads[0], "city") == "Pune");
    // The fetch is cut off after some pages, and both go on working.
    int pulls = 0;
    other.before_request = [&](const client::NetJob& job) {
        if (job.kind != client::NetJob::Kind::pull) return;
        ++pulls;
        other.lose_answers = pulls > 4;
        if (pulls != 3) return;  // between two pages
        boss.set(leads[7], "city", "Kochi");
        boss.set(leads[1], "name", "Renamed");
        notes.push_back(boss.add_note(leads[8], "between"));
        (void)boss.sync();
    };
    other.replica->leave_out({});
    other.drain();
    CHECK(other.view.catching_up == std::vector<std::string>{"Lead.city", "Note"});
    other.close();
    other.open();
    notes.push_back(other.add_note(leads[9], "meanwhile"));
    other.set(leads[10], "city", "Surat");
    boss.set(leads[11], "city", "Patna");
    boss.set(leads[11], "company", "P & Co");
    boss.remove({leads[12]});
    (void)boss.sync();
    other.before_request = {};
    other.lose_answers = false;
    check_alike(other);
    CHECK(other.text(leads[11], "company") == "P & Co");
    CHECK(other.text(leads[7], "city") == "Kochi");
    CHECK(boss.text(leads[10], "city") == "Surat");
    // From now on it is followed like the rest.
    boss.set(leads[13], "city", "Thane");
    (void)boss.sync();
    (void)other.sync();
    CHECK(other.text(leads[13], "city") == "Thane");
}

TEST_CASE_FIXTURE(Desks, "selective: a server with another history brings everything that is wanted") {
    Seat other(office, "other", "boss@example.org");
    other.replica->leave_out(parts({"Note"}));
    other.drain();
    (void)other.sync();
    CHECK(other.count(Model::note) == 0);
    store::SyncState state = other.store->state();
    state.epoch = "00000000-0000-7000-8000-000000000001";
    REQUIRE(other.store->save_state(state));
    other.replica->leave_out({});
    other.drain();
    (void)other.sync();
    CHECK(other.count(Model::note) == 30);
    CHECK(other.store->state().selection == sync::Selection{});
    check_alike(other);
}

// ---- left out while the server was restored from a backup

TEST_CASE_FIXTURE(Desks, "selective: what the server lost of a part that was left out is offered back with that") {
    Seat other(office, "other", "boss@example.org");
    (void)other.sync();
    office.back_up();
    const Uuid lost = boss.add_note(leads[0], "after the backup");
    REQUIRE(boss.sync().row.outcome == "done");
    REQUIRE(other.sync().row.outcome == "done");
    other.replica->leave_out(parts({"Note"}));
    other.drain();
    boss.close();  // nobody else has it
    office.restore();
    for (int round = 0; round < 2; ++round) CHECK(other.sync().row.outcome == "done");
    CHECK(note_of(other, lost) == "after the backup");
    other.close();
    other.open();
    Seat third(office, "third", "boss@example.org");
    (void)third.sync();
    CHECK(note_of(third, lost) == "none");
    third.save({{sync::OperationKind::remove, Model::note, notes[3], {}}});  // after the restore, and known to all
    REQUIRE(third.sync().row.outcome == "done");

    other.replica->leave_out({});
    other.drain();
    for (int round = 0; round < 2; ++round) CHECK(other.sync().row.outcome == "done");
    CHECK(other.store->queue().operations == 0);
    CHECK(note_of(other, lost) == "after the backup");
    CHECK(other.store->state().selection.uncompared.empty());
    REQUIRE(third.sync().row.outcome == "done");
    CHECK(note_of(third, lost) == "after the backup");
    CHECK(note_of(other, notes[3]) == "none");
    CHECK(note_of(third, notes[3]) == "none");
    boss.open();
    check_alike(other);
}

TEST_CASE_FIXTURE(Desks, "selective: of a part that was never here nothing is offered back") {
    Seat other(office, "other", "boss@example.org");
    other.replica->leave_out(parts({"Note"}));
    other.drain();
    (void)other.sync();
    REQUIRE(other.count(Model::note) == 0);
    office.back_up();
    office.restore();
    CHECK(other.sync().row.outcome == "done");
    other.replica->leave_out({});
    other.drain();
    CHECK(other.sync().row.outcome == "done");
    CHECK(other.asked("/api/sync/push").empty());
    CHECK(other.store->queue().operations == 0);
    CHECK(other.count(Model::note) == 30);
    check_alike(other);
}

}  // namespace
}  // namespace ct::calm
