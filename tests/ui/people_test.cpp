// Owner, Assigned to and note authors: people by their names, picked by mouse and by keyboard.
#include <doctest/doctest.h>

#include "crm/tables.h"
#include "driver.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

const std::string kMe = id_of(901).str(), kAsha = id_of(902).str(), kBela = id_of(903).str(), kRavi = id_of(904).str();
const std::string kStranger = id_of(999).str();

client::PeopleList office(const std::string& my_role = "MANAGER") {
    return {{{kAsha, "Asha Nair", "EMPLOYEE", "asha@example.org", false},
             {kBela, "Bela Das", "EMPLOYEE", "", true},
             {kMe, "Meera", my_role, "", false},
             {kRavi, "Ravi Iyer", "EMPLOYEE", "", false}},
            1};
}

void sign_in(Driver& ui, const std::string& role = "MANAGER") {
    client::SyncView view;
    view.indicator = client::Indicator::synced;
    view.server_url = "https://crm.example.org";
    view.user_id = kMe;
    view.user_name = "Meera";
    view.user_role = role;
    ui.show_sync(view);
}

crm::Record owned(std::uint64_t number, std::string_view name, const std::string& owner) {
    crm::Record made = lead(number, name);
    if (!owner.empty()) put(made, "ownerId", owner);
    return made;
}

/// Four leads of three owners, on the page of leads.
void a_shop(Driver& ui, const std::string& role = "MANAGER") {
    sign_in(ui, role);
    ui.send(client::PeopleChanged{office(role)});
    ui.load({owned(1, "Kite", kRavi), owned(2, "Lamp", kAsha), owned(3, "Mug", ""), owned(4, "Nail", kBela)});
    ui.app->desk().page = ui::Page::leads;
    ui.frames(3);
}

std::string owner_of(Driver& ui, std::uint64_t number) {
    return text_of(*ui.app->state().find(Model::lead, lead(number, "").id), "ownerId");
}

bool shows_an_id(Driver& ui) {
    for (const std::string& id : {kMe, kAsha, kBela, kRavi, kStranger}) {
        if (ui.shows(id)) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("people: a lead is handed over by mouse, and to nobody again") {
    Driver ui;
    a_shop(ui);
    ui.click("Mug", "table card");
    ui.click("Owner", "drawer body");
    REQUIRE(ui.posted<client::AskPeople>().size() == 1);
    CHECK(ui.there("Me (Meera)", "Popup"));
    CHECK_FALSE(ui.there("Bela Das", "Popup"));  // no longer here
    ui.click("Asha Nair", "Popup");
    ui.frames(2);
    CHECK(ui.shows("Asha Nair"));
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    CHECK(owner_of(ui, 3) == kAsha);
    ui.save_all();
    ui.click("Owner", "drawer body");
    ui.click("Nobody", "Popup");
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    CHECK(owner_of(ui, 3) == "");
    CHECK_FALSE(shows_an_id(ui));
}

TEST_CASE("people: a lead is handed over by the keyboard alone") {
    Driver ui;
    a_shop(ui);
    ui.click("Mug", "table card");
    ui.click("Company", "drawer body");
    ui.tab_to("Owner");
    ui.key(ImGuiKey_Space);
    ui.frames(3);
    CHECK(ui.focused() == "##Find a person");
    ui.retype("ravi");
    ui.frames(2);
    CHECK_FALSE(ui.there("Asha Nair", "Popup"));
    for (int i = 0; i < 5 && ui.focused() != "Ravi Iyer"; ++i) ui.key(ImGuiKey_DownArrow);
    CHECK(ui.focused() == "Ravi Iyer");
    ui.key(ImGuiKey_Enter);
    ui.frames(2);
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    CHECK(owner_of(ui, 3) == kRavi);
}

TEST_CASE("people: who left is shown and not offered; an id that nobody has is no id on the screen") {
    Driver ui;
    a_shop(ui);
    ui.click("Nail", "table card");
    CHECK(ui.shows("Bela Das (no longer here)"));
    CHECK(ui.posted<client::AskPeople>().empty());
    ui.send(client::RecordsChanged{{{owned(3, "Mug", kStranger)}, {}}});
    ui.key(ImGuiKey_Escape);
    ui.frames(3);
    ui.click("Mug", "table card");
    CHECK(ui.shows("Unknown person"));
    CHECK_FALSE(shows_an_id(ui));
    CHECK(ui.posted<client::AskPeople>().size() == 1);
    ui.frames(5);
    CHECK(ui.posted<client::AskPeople>().size() == 1);  // not with every frame
    sync::People more = office().all();
    more.push_back({kStranger, "Zoya", "EMPLOYEE", "", false});
    ui.send(client::PeopleChanged{client::PeopleList(more, 2)});
    CHECK(ui.shows("Zoya"));
    CHECK_FALSE(ui.shows("Unknown person"));
}

TEST_CASE("people: an employee is told before saving that they lose sight of a lead, a manager is not") {
    for (const bool employee : {true, false}) {
        CAPTURE(employee);
        Driver ui;
        a_shop(ui, employee ? "EMPLOYEE" : "MANAGER");
        ui.click("Mug", "table card");
        CHECK_FALSE(ui.shows("you will not see the lead any more"));
        ui.click("Owner", "drawer body");
        CHECK(ui.shows("A lead that is not yours you will not see any more") == employee);  // wherever one is picked
        ui.click("Asha Nair", "Popup");
        ui.frames(2);
        CHECK(ui.shows("you will not see the lead any more: it will be Asha Nair's") == employee);
        ui.click("Owner", "drawer body");
        ui.click("Me (Meera)", "Popup");
        ui.frames(2);
        CHECK_FALSE(ui.shows("you will not see the lead any more"));
    }
}

TEST_CASE("people: without a list the picker says why it is empty, and there is still oneself") {
    Driver ui;
    ui.load({owned(3, "Mug", "")});
    ui.app->desk().page = ui::Page::leads;
    ui.frames(3);
    ui.click("Mug", "table card");
    ui.click("Owner", "drawer body");
    CHECK(ui.shows("Sign in to hand leads over to colleagues"));
    CHECK(ui.there("Nobody", "Popup"));
    CHECK_FALSE(ui.there("Me", "Popup"));
    ui.click("Nobody", "Popup");
    sign_in(ui);
    ui.frames(2);
    ui.click("Owner", "drawer body");
    CHECK(ui.shows("Your colleagues' names come with the next sync"));
    ui.click("Me (Meera)", "Popup");
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    CHECK(owner_of(ui, 3) == kMe);
}

TEST_CASE("people: the table shows and sorts by names, also when somebody's name comes later") {
    Driver ui({}, {1900, 900});
    a_shop(ui);
    CHECK_FALSE(shows_an_id(ui));
    ui.click_header("Owner");
    ui.frames(3);
    const auto at = [&](const char* name) { return ui.find(name, "table card").min.y; };
    CHECK(at("Lamp") < at("Nail"));
    CHECK(at("Nail") < at("Kite"));
    CHECK(at("Kite") < at("Mug"));  // nobody's come last
    sync::People renamed = office().all();
    renamed[0].name = "Zarina";
    ui.send(client::PeopleChanged{client::PeopleList(renamed, 2)});
    ui.frames(3);
    CHECK(at("Kite") < at("Lamp"));
}

TEST_CASE("people: a table by owner keeps its place and its rows when somebody's name changes") {
    Driver ui({}, {1900, 900});
    sign_in(ui);
    ui.send(client::PeopleChanged{office()});
    std::vector<crm::Record> leads;
    for (std::uint64_t i = 1; i <= 400; ++i)
        leads.push_back(owned(i, "Lead " + std::to_string(1'000 + i), i % 2 == 0 ? kAsha : kRavi));
    ui.load(std::move(leads));
    ui.app->desk().page = ui::Page::leads;
    ui.frames(3);
    ui.click_header("Owner");
    ui.frames(3);
    ui.click("Lead 1002", "table card");  // one of Asha's, who come first
    ui.frames(30);
    for (int i = 0; i < 4; ++i) ui.key(ImGuiKey_PageDown);
    ui.frames(5);
    const std::string row = ui.focused();
    REQUIRE(row.find("Lead 1") != std::string::npos);
    const float before = ui.find(row, "table card").min.y;
    sync::People renamed = office().all();
    SUBCASE("to the end of the table: the row that the keyboard is on stays where it was seen") {
        renamed[0].name = "Zarina";
        ui.send(client::PeopleChanged{client::PeopleList(renamed, 2)});
        ui.frames(5);
        CHECK(ui.find(row, "table card").min.y == doctest::Approx(before));
        CHECK(ui.focused() == row);
    }
    SUBCASE("of somebody who owns nothing here: nothing moves") {
        renamed[1].name = "Aaliya";
        ui.send(client::PeopleChanged{client::PeopleList(renamed, 2)});
        ui.frames(5);
        CHECK(ui.find(row, "table card").min.y == doctest::Approx(before));
    }
}

TEST_CASE("people: the filter finds by name and by me") {
    Driver ui;
    a_shop(ui);
    ui.send(client::RecordsChanged{{{owned(3, "Mug", kMe)}, {}}});
    const auto found = [&](const std::string& typed) {
        ui.app->desk().page = ui::Page::leads;
        ui.key(ImGuiKey_F, ImGuiMod_Ctrl);
        ui.retype(typed);
        ui.frames(3);
        std::string all;
        for (const char* name : {"Kite", "Lamp", "Mug", "Nail"}) all += ui.there(name, "table card") ? name[0] : '-';
        return all;
    };
    CHECK(found("owner:asha") == "-L--");
    CHECK(found("owner:me") == "--M-");  // not those whose name has "me" in it
    CHECK(found("owner:me,ravi") == "K-M-");
    CHECK(found("-owner:me") == "KL-N");
    CHECK(found("owner:") == "----");
    CHECK(found("owner:bela") == "---N");
    ui.send(client::PeopleChanged{});
    ui.frames(3);
    CHECK(found("owner:bela") == "----");
}

TEST_CASE("people: the owner's cell is edited in place") {
    Driver ui({}, {2600, 900});
    a_shop(ui);
    ui.click("Kite", "table card");  // the drawer is open, and moves the columns no more
    ui.frames(30);
    ui.click_header("Owner");  // which leaves the mouse above the column
    const Item row = ui.find("Kite", "table card");
    ImGuiIO& io = ImGui::GetIO();
    io.AddMousePosEvent(io.MousePos.x, (row.min.y + row.max.y) / 2);
    ui.frames(1);
    for (int i = 0; i < 2; ++i) {
        io.AddMouseButtonEvent(0, true);
        ui.frames(1);
        io.AddMouseButtonEvent(0, false);
        ui.frames(1);
    }
    ui.frames(30);
    ui.click("Asha Nair", "Popup");
    ui.frames(2);
    CHECK(owner_of(ui, 1) == kAsha);
    CHECK(ui.posted<client::Commit>().size() == 1);
}

TEST_CASE("people: a selection is handed over at once") {
    Driver ui;
    a_shop(ui);
    ui.key(ImGuiKey_A, ImGuiMod_Ctrl);
    ui.click("Set another field");
    ui.click("Field");
    for (int i = 0; i < 40 && ui.focused() != "Owner"; ++i) ui.key(ImGuiKey_DownArrow);
    ui.key(ImGuiKey_Enter);
    ui.frames(2);
    ui.click("Value");
    ui.click("Ravi Iyer", "Popup");
    ui.click("Apply");
    for (const std::uint64_t number : {1U, 2U, 3U, 4U}) CHECK(owner_of(ui, number) == kRavi);
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(owner_of(ui, 2) == kAsha);
}

TEST_CASE("people: a reminder is assigned, and the page says to whom") {
    Driver ui;
    a_shop(ui);
    crm::Record reminder;
    reminder.model = Model::reminder;
    reminder.id = id_of(50);
    put(reminder, "title", "Call back");
    put(reminder, "assigneeId", kAsha);
    reminder.fields.set(crm::field_id(Model::reminder, "reminderDate"), ui.clock.now());
    ui.send(client::RecordsChanged{{{reminder}, {}}});
    ui.app->desk().page = ui::Page::reminders;
    ui.frames(3);
    CHECK(ui.shows("For Asha Nair"));
    ui.click("Call back", "agenda");
    ui.click("Assigned to", "drawer body");
    ui.type("Find a person", "meer");
    ui.click("Meera", "Popup");
    ui.click("Lead", "drawer body");
    CHECK(ui.there("No lead", "Popup"));  // nobody's name is looked for among the leads
    ui.click("No lead", "Popup");
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    ui.save_all();
    CHECK(text_of(*ui.app->state().find(Model::reminder, reminder.id), "assigneeId") == kMe);
    ui.frames(2);
    CHECK(ui.shows("For me"));
}

TEST_CASE("people: notes and history say who, never an id") {
    Driver ui;
    a_shop(ui);
    crm::Record note;
    note.model = Model::note;
    note.id = id_of(60);
    put(note, "leadId", lead(3, "").id.str());
    put(note, "text", "Wants two");
    put(note, "by", kAsha);
    ui.send(client::RecordsChanged{{{note}, {}}});
    ui.click("Mug", "table card");
    ui.click("Timeline tab");
    store::AuditRow row;
    row.what = "PULLED";
    row.at = ui.clock.now();
    row.record = lead(3, "").id;
    row.before.set(crm::field_id(Model::lead, "ownerId"), kRavi);
    row.after.set(crm::field_id(Model::lead, "ownerId"), kBela);
    ui.send(client::TrailListed{row.record, {row}});
    CHECK(ui.shows("· Asha Nair"));
    CHECK(ui.shows("Owner: Ravi Iyer → Bela Das (no longer here)"));
    CHECK_FALSE(shows_an_id(ui));
}

TEST_CASE("people: a table that is copied has names") {
    Driver ui({}, {1900, 900});
    a_shop(ui);
    ui.key(ImGuiKey_A, ImGuiMod_Ctrl);
    ui.key(ImGuiKey_C, ImGuiMod_Ctrl);
    ui.frames(3);
    const std::string copied = ImGui::GetClipboardText();
    CHECK(copied.find("Owner (name)") != std::string::npos);
    CHECK(copied.find("Ravi Iyer") != std::string::npos);
    CHECK(copied.find(kRavi) == std::string::npos);
}

TEST_CASE("people: who did what elsewhere, and whose change an edit met, is told by name") {
    Driver ui;
    a_shop(ui);
    ui.click("Activity", "navigation");
    const auto row = [&](const char* what, std::uint64_t number, const std::string& user, const std::string& other) {
        store::AuditRow made;
        made.at = ui.clock.now() - static_cast<UnixMs>(number) * 60'000;
        made.model = Model::lead;
        made.record = lead(number, "").id;
        made.what = what;
        made.user = user;
        made.other = other;
        const auto city = crm::field(Model::lead, "city");
        made.before.set(city, std::string("Pune"));
        made.after.set(city, std::string("Goa"));
        return made;
    };
    const auto asked = ui.posted<client::ListActivity>();
    REQUIRE_FALSE(asked.empty());
    ui.send(client::ActivityListed{asked.back().query,
                                   {{row("PULLED", 1, kRavi, ""), row("PULLED", 2, kMe, ""), row("PULLED", 3, "", ""),
                                     row("SUPERSEDED", 4, kMe, kAsha)},
                                    {}}});
    ui.frames(2);
    CHECK(ui.shows("Ravi Iyer changed Kite"));
    CHECK(ui.shows("You, on another device, changed Lamp"));
    CHECK(ui.shows("Somebody else changed Mug"));
    CHECK(ui.shows("It met a change by Asha Nair"));
    CHECK_FALSE(shows_an_id(ui));
    ui.click("Conflicts", "navigation");
    ui.send(client::DecisionsListed{{row("SUPERSEDED", 4, kMe, kAsha)}});
    ui.frames(2);
    ui.click("decided");
    CHECK(ui.shows(", against Asha Nair"));
}
