// What is typed is not lost: not by a crash, and not by what arrives meanwhile.
#include <doctest/doctest.h>

#include "driver.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

crm::Record asha() {
    crm::Record record = lead(1, "Asha Rao");
    record.fields.set(crm::field(Model::lead, "city"), std::string_view("Pune"));
    record.fields.set(crm::field(Model::lead, "notes"), std::string_view("first line\nsecond line"));
    return record;
}

std::string typed_and_kept(Driver& ui) {
    for (int i = 0; i < 200 && ui.posted<client::KeepDraft>().empty(); ++i) ui.frames();
    const auto kept = ui.posted<client::KeepDraft>();
    REQUIRE_FALSE(kept.empty());
    return kept.back().text;
}

}  // namespace

TEST_CASE("a form that was being typed when the program ended is open again") {
    std::string draft;
    {
        Driver ui;
        ui.load({asha()});
        ui.app->desk().open(Model::lead, asha().id);
        ui.frames(3);
        ui.type("City", "Mysuru");
        CHECK(ui.posted<client::KeepDraft>().empty());  // not with every letter
        draft = typed_and_kept(ui);
    }
    Driver ui;
    ui.load({asha()});
    ui.send(client::DraftFound{draft});
    ui.frames(3);
    CHECK(ui.shows("What you typed before the program ended is back"));
    CHECK(ui.shows("Mysuru"));
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    CHECK(text_of(*ui.app->state().find(Model::lead, asha().id), "city") == "Mysuru");
    CHECK(ui.posted<client::KeepDraft>().back().text.empty());
}

TEST_CASE("a new record's draft comes back; one of a record that is gone begins a new one; rubbish is nothing") {
    std::string draft;
    {
        Driver ui;
        ui.key(ImGuiKey_N, ImGuiMod_Ctrl);
        ui.type("Name", "Zoë");
        draft = typed_and_kept(ui);
    }
    {
        Driver ui;
        ui.send(client::DraftFound{draft});
        ui.frames(3);
        ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
        REQUIRE(ui.app->state().table(Model::lead).size() == 1);
        CHECK(text_of(ui.app->state().table(Model::lead).at(0), "name") == "Zoë");
    }
    for (const char* rubbish : {"", "{", "[]", "{\"forms\":[1,{\"model\":\"Lead\",\"fields\":[7]}],\"note\":3}"}) {
        Driver ui;
        ui.send(client::DraftFound{rubbish});
        ui.frames(3);
        CHECK_FALSE(ui.app->shell().drawer().open());
    }
}

TEST_CASE("what is given up is not kept any longer") {
    Driver ui;
    ui.load({asha()});
    ui.app->desk().open(Model::lead, asha().id);
    ui.frames(3);
    ui.type("City", "Mysuru");
    CHECK_FALSE(typed_and_kept(ui).empty());
    ui.type("City", "Pune");
    ui.frames(3);
    CHECK(ui.posted<client::KeepDraft>().back().text.empty());
}

TEST_CASE("a change from elsewhere is told in the open form, and both values are shown where somebody typed") {
    Driver ui;
    ui.load({asha()});
    ui.app->desk().open(Model::lead, asha().id);
    ui.frames(3);
    ui.type("City", "Mysuru");
    crm::Record changed = asha();
    changed.fields.set(crm::field(Model::lead, "city"), std::string_view("Delhi"));
    changed.fields.set(crm::field(Model::lead, "company"), std::string_view("Rao & Sons"));
    ui.send(client::RecordsChanged{{{changed}, {}}});
    ui.frames(3);
    CHECK(ui.shows("Changed elsewhere meanwhile. Taken over: Company. You typed something else, and see both: City."));
    CHECK(ui.shows("Elsewhere it became: Delhi"));
    CHECK(ui.shows("Mysuru"));
    CHECK(ui.shows("Rao & Sons"));
    ui.click("take City");
    CHECK_FALSE(ui.shows("Elsewhere it became"));
    ui.type("City", "Agra");
    changed.fields.set(crm::field(Model::lead, "city"), std::string_view("Surat"));
    ui.send(client::RecordsChanged{{{changed}, {}}});
    ui.frames(3);
    ui.click("keep City");
    ui.click("I see##news");
    CHECK_FALSE(ui.shows("Changed elsewhere"));
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    const crm::Record& now = *ui.app->state().find(Model::lead, asha().id);
    CHECK(text_of(now, "city") == "Agra");
    CHECK(text_of(now, "company") == "Rao & Sons");
}

TEST_CASE("notes are joined line by line while they are being typed") {
    Driver ui({}, {1440, 1600});  // the field is in sight
    ui.load({asha()});
    ui.app->desk().open(Model::lead, asha().id);
    ui.frames(3);
    ui.type("Notes", "first line\nmine", "drawer body");
    crm::Record changed = asha();
    changed.fields.set(crm::field(Model::lead, "notes"), std::string_view("theirs\nsecond line"));
    ui.send(client::RecordsChanged{{{changed}, {}}});
    ui.frames(3);
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    CHECK(text_of(*ui.app->state().find(Model::lead, asha().id), "notes") == "theirs\nmine");
}

namespace {

crm::Record bo() { return lead(2, "Bo Berg"); }

void open_of(Driver& ui, const crm::Record& record) {
    ui.app->desk().open(Model::lead, record.id);
    ui.frames(3);
}

std::vector<crm::Record> notes_of(Driver& ui) {
    const auto all = ui.app->state().table(Model::note).all();
    return {all.begin(), all.end()};
}

}  // namespace

TEST_CASE("a note that is being typed counts as typed: it is told of, saved by the keys, and kept") {
    Driver ui;
    ui.load({asha(), bo()});
    open_of(ui, asha());
    ui.click("Timeline tab");
    ui.type("Write a note", "Wants 5 kg more");
    CHECK(ui.shows("Unsaved changes"));
    CHECK_FALSE(ui.shows("Everything is saved"));
    SUBCASE("saved by Ctrl+Enter") {
        ui.key(ImGuiKey_Enter, ImGuiMod_Ctrl);
        REQUIRE(notes_of(ui).size() == 1);
        CHECK(text_of(notes_of(ui).front(), "text") == "Wants 5 kg more");
        CHECK_FALSE(ui.shows("Unsaved changes"));
    }
    SUBCASE("one that could not be saved stands there again") {
        ui.click("Add note");
        CHECK_FALSE(ui.shows("Unsaved changes"));
        ui.refuse_save("the disk is full");
        ui.frames(3);
        CHECK(notes_of(ui).empty());
        CHECK(ui.shows("Unsaved changes"));
        CHECK(ui.shows("Wants 5 kg more"));
    }
    SUBCASE("set aside by another record, and brought back") {
        open_of(ui, bo());
        CHECK_FALSE(ui.shows("Unsaved changes to Bo Berg"));
        ui.click("Bring back");
        CHECK(ui.shows("Wants 5 kg more"));
        ui.click("Add note");
        REQUIRE(notes_of(ui).size() == 1);
        CHECK(text_of(notes_of(ui).front(), "leadId") == asha().id.str());
    }
}

TEST_CASE("a note that was being typed when the program ended stands there again") {
    std::string draft;
    {
        Driver ui;
        ui.load({asha()});
        open_of(ui, asha());
        ui.click("Timeline tab");
        ui.type("Write a note", "Wants 5 kg more");
        draft = typed_and_kept(ui);
    }
    Driver ui;
    ui.load({asha()});
    ui.send(client::DraftFound{draft});
    ui.frames(3);
    CHECK(ui.shows("Wants 5 kg more"));
}

TEST_CASE("each record's unsaved form is set aside by itself, kept, and warned of") {
    std::string draft;
    {
        Driver ui;
        ui.load({asha(), bo(), lead(3, "Chi")});
        open_of(ui, asha());
        ui.type("City", "Mysuru");
        open_of(ui, bo());
        ui.type("City", "Oslo");
        open_of(ui, lead(3, "Chi"));
        CHECK(ui.shows("Unsaved changes to Asha Rao set aside"));
        CHECK(ui.shows("Unsaved changes to Bo Berg set aside"));
        draft = typed_and_kept(ui);
        CHECK_FALSE(ui.app->may_close());
        ui.frames(2);
        CHECK(ui.shows("What you have typed is not saved."));
    }
    Driver ui;
    ui.load({asha(), bo()});
    ui.send(client::DraftFound{draft});
    ui.frames(3);
    CHECK(ui.shows("Mysuru"));
    CHECK(ui.shows("Unsaved changes to Bo Berg are kept"));
    ui.click("Bring back");
    CHECK(ui.shows("Oslo"));
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    CHECK(text_of(*ui.app->state().find(Model::lead, bo().id), "city") == "Oslo");
    ui.click("Bring back");  // what was in the drawer made room
    CHECK(ui.shows("Mysuru"));
}

TEST_CASE("what is typed outlives its record: Save makes that anew") {
    Driver ui;
    ui.load({asha()});
    open_of(ui, asha());
    ui.type("City", "Mysuru");
    SUBCASE("deleted elsewhere") {
        ui.send(client::RecordsChanged{{{}, {{Model::lead, asha().id}}}});
        ui.frames(3);
        CHECK(ui.shows("This record was deleted meanwhile."));
    }
    SUBCASE("deleted here, and brought back from what was set aside") {
        ui.click("Delete this record");
        CHECK_FALSE(ui.app->shell().drawer().open());
        ui.click("Bring back");
        CHECK(ui.shows("This record was deleted meanwhile."));
    }
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    REQUIRE(ui.app->state().table(Model::lead).size() == 1);
    const crm::Record& anew = ui.app->state().table(Model::lead).at(0);
    CHECK(anew.id != asha().id);
    CHECK(text_of(anew, "city") == "Mysuru");
    CHECK(text_of(anew, "name") == "Asha Rao");
}
