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
