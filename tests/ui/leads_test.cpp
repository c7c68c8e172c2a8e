// A salesperson's stories at the table of leads and in the drawer.
#include <doctest/doctest.h>

#include <algorithm>

#include "driver.h"
#include "ui/pages.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

void three_leads(Driver& ui) {
    std::vector<crm::Record> records{lead(1, "Asha Rao"), lead(2, "Ravi Iyer"), lead(3, "Zoë Khan")};
    records[1].fields.set(crm::field(Model::lead, "city"), std::string_view("Pune"));
    records[1].fields.set(crm::field(Model::lead, "status"), std::string_view("CONVERTED"));
    ui.load(std::move(records));
    ui.app->desk().page = ui::Page::leads;
    ui.frames(3);
}

const crm::Record& only_lead(const Driver& ui) {
    REQUIRE(ui.app->state().table(Model::lead).size() == 1);
    return ui.app->state().table(Model::lead).at(0);
}

/// Names in the order in which the rows stand on the screen.
std::vector<std::string> rows_from_top(Driver& ui, const std::vector<std::string>& names) {
    std::vector<std::pair<float, std::string>> placed;
    for (const std::string& name : names) {
        if (ui.there(name, "table card")) placed.emplace_back(ui.find(name, "table card").min.y, name);
    }
    std::sort(placed.begin(), placed.end());
    std::vector<std::string> order;
    for (auto& [y, name] : placed) order.push_back(name);
    return order;
}

}  // namespace

TEST_CASE("leads: a second start leads to where it was told, also out of the inspector") {
    Driver ui;
    ui.load({lead(1, "Asha Rao")});
    ui.frames(2);
    REQUIRE(ui.app->open_inspector(""));
    ui.frames(2);
    CHECK(ui.app->go_to("new:lead"));
    ui.frames(3);
    CHECK_FALSE(ui.app->inspector().is_open());
    ui.type("Name", "Ravi Iyer", "drawer body");
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    CHECK(ui.posted<client::Commit>().size() == 1);
    const std::pair<const char*, ui::Page> pages[] = {{"today", ui::Page::today}, {"payments", ui::Page::payments}};
    for (const auto& [where, page] : pages) {
        CHECK(ui.app->go_to(where));
        CHECK(ui.app->desk().page == page);
    }
    CHECK(ui.app->go_to("leads:asha"));
    CHECK(ui.app->desk().page == ui::Page::leads);
    for (const char* nowhere : {"", "kitchen", "new:kitchen", "lead:1"}) CHECK_FALSE(ui.app->go_to(nowhere));
}

TEST_CASE("a new lead is typed into the drawer and saved with Ctrl+Enter") {
    Driver ui;
    ui.key(ImGuiKey_N, ImGuiMod_Ctrl);
    ui.type("Name", "Asha Rao");
    ui.type("Phone", "98765 43210");
    CHECK(ui.shows("+919876543210"));
    ui.type("Expected value", "1,50,000.5");
    ui.key(ImGuiKey_Enter, ImGuiMod_Ctrl);
    const auto commits = ui.posted<client::Commit>();
    REQUIRE(commits.size() == 1);
    CHECK(commits[0].edits.at(0).kind == sync::OperationKind::create);
    CHECK(text_of(only_lead(ui), "name") == "Asha Rao");
    CHECK(text_of(only_lead(ui), "amount") == "15000050");
    CHECK(ui.shows("Saving…"));
    ui.save_all();
    CHECK(ui.shows("Saved"));
    CHECK_FALSE(ui.shows("Saving…"));
}

TEST_CASE("a record in the drawer is edited field by field; only what changed is sent") {
    Driver ui;
    three_leads(ui);
    ui.click("Asha Rao", "table card");
    ui.type("City", "Mysuru");
    CHECK(ui.shows("Unsaved changes"));
    ui.click("Save");
    const auto commits = ui.posted<client::Commit>();
    REQUIRE(commits.size() == 1);
    REQUIRE(commits[0].edits.at(0).changes.fields.size() == 1);
    CHECK(commits[0].edits[0].changes.fields[0].first == crm::field(Model::lead, "city"));
    CHECK(text_of(*ui.app->state().find(Model::lead, lead(1, "").id), "city") == "Mysuru");
}

TEST_CASE("a form with mistakes names them and stores nothing") {
    Driver ui;
    ui.key(ImGuiKey_N, ImGuiMod_Ctrl);
    ui.type("E-mail", "not an address");
    ui.click("Save");
    CHECK(ui.shows("Name is needed"));
    CHECK(ui.posted<client::Commit>().empty());
    CHECK(ui.app->state().table(Model::lead).size() == 0);
    ui.type("Name", "Asha");
    ui.type("E-mail", "asha@example.com");
    ui.click("Save");
    CHECK(ui.posted<client::Commit>().size() == 1);
}

TEST_CASE("when the disk refuses, the text stays in the form") {
    Driver ui;
    ui.key(ImGuiKey_N, ImGuiMod_Ctrl);
    ui.type("Name", "Asha Rao");
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    ui.refuse_save("the disk is full");
    CHECK(ui.app->state().table(Model::lead).size() == 0);
    CHECK(ui.shows("Not saved: the disk is full"));
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    ui.save_all();
    CHECK(text_of(only_lead(ui), "name") == "Asha Rao");
}

TEST_CASE("Esc closes the drawer, and what was typed can be brought back") {
    Driver ui;
    three_leads(ui);
    ui.click("Asha Rao", "table card");
    ui.type("City", "Mysuru");
    ui.key(ImGuiKey_Escape);
    CHECK_FALSE(ui.there("City"));
    ui.click("Bring back");
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    CHECK(text_of(*ui.app->state().find(Model::lead, lead(1, "").id), "city") == "Mysuru");
}

TEST_CASE("a change from elsewhere shows in the open form, but not over what is being typed") {
    Driver ui;
    three_leads(ui);
    ui.click("Asha Rao", "table card");
    ui.type("City", "Mysuru");
    crm::Record changed = lead(1, "Asha Rao-Singh");
    changed.fields.set(crm::field(Model::lead, "city"), std::string_view("Delhi"));
    changed.version = 2;
    ui.send(client::RecordsChanged{{{changed}, {}}});
    ui.frames(3);
    ui.click("Save");
    const crm::Record& now = *ui.app->state().find(Model::lead, changed.id);
    CHECK(text_of(now, "name") == "Asha Rao-Singh");
    CHECK(text_of(now, "city") == "Mysuru");
}

TEST_CASE("the filter finds words in any field, without accents, as one types") {
    Driver ui;
    three_leads(ui);
    ui.key(ImGuiKey_F, ImGuiMod_Ctrl);
    ImGui::GetIO().AddInputCharactersUTF8("zoe");
    ui.frames(4);
    CHECK(rows_from_top(ui, {"Asha Rao", "Ravi Iyer", "Zoë Khan"}) == std::vector<std::string>{"Zoë Khan"});
    ui.type("Search", "pune conv");
    CHECK(rows_from_top(ui, {"Asha Rao", "Ravi Iyer", "Zoë Khan"}) == std::vector<std::string>{"Ravi Iyer"});
    ui.type("Search", "nobody");
    CHECK(ui.shows("Nothing matches"));
    ui.click("Show all");
    CHECK(rows_from_top(ui, {"Asha Rao", "Ravi Iyer", "Zoë Khan"}).size() == 3);
}

TEST_CASE("quick filters and sorting") {
    Driver ui;
    three_leads(ui);
    const std::vector<std::string> names{"Asha Rao", "Ravi Iyer", "Zoë Khan"};
    CHECK(rows_from_top(ui, names) == names);  // changed last comes first
    ui.click_header("Name");
    CHECK(rows_from_top(ui, names) == names);
    ui.click_header("Name");
    CHECK(rows_from_top(ui, names) == std::vector<std::string>{"Zoë Khan", "Ravi Iyer", "Asha Rao"});
    ui.click_header("City");  // the two without a city come last, either way
    CHECK(rows_from_top(ui, names).front() == "Ravi Iyer");
    ui.click_header("City");
    CHECK(rows_from_top(ui, names).front() == "Ravi Iyer");
    ui.click("Converted");
    CHECK(rows_from_top(ui, names) == std::vector<std::string>{"Ravi Iyer"});
}

TEST_CASE("several are selected with Ctrl and Shift, deleted at once, and come back with one undo") {
    Driver ui;
    three_leads(ui);
    ui.click("Asha Rao", "table card", ImGuiMod_Ctrl);
    ui.click("Zoë Khan", "table card", ImGuiMod_Shift);
    CHECK(ui.shows("3 selected"));
    ui.click("Ravi Iyer", "table card", ImGuiMod_Ctrl);
    CHECK(ui.shows("2 selected"));
    ui.key(ImGuiKey_Delete);
    CHECK(ui.app->state().table(Model::lead).size() == 1);
    REQUIRE(ui.posted<client::Commit>().size() == 1);
    CHECK(ui.posted<client::Commit>()[0].edits.size() == 2);
    CHECK(ui.shows("Deleted 2 leads"));
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(ui.app->state().table(Model::lead).size() == 3);
    CHECK(ui.shows("Undone: Delete 2 leads"));
    ui.key(ImGuiKey_Y, ImGuiMod_Ctrl);
    CHECK(ui.app->state().table(Model::lead).size() == 1);
}

TEST_CASE("a whole selection gets a status in one undo step") {
    Driver ui;
    three_leads(ui);
    ui.key(ImGuiKey_A, ImGuiMod_Ctrl);
    ui.click("Set Status");
    ui.click("Rejected", "Popup");
    for (const crm::Record& record : ui.app->state().table(Model::lead).all())
        CHECK(text_of(record, "status") == "REJECTED");
    CHECK(ui.posted<client::Commit>().size() == 1);
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(text_of(*ui.app->state().find(Model::lead, lead(2, "").id), "status") == "CONVERTED");
}

TEST_CASE("arrows move through the table, Enter opens, and the open drawer follows") {
    Driver ui;
    three_leads(ui);
    ui.click("Asha Rao", "table card");
    ui.key(ImGuiKey_Escape);
    CHECK_FALSE(ui.there("City"));
    ui.key(ImGuiKey_DownArrow);
    ui.key(ImGuiKey_Enter);
    CHECK(ui.app->desk().shown_id == lead(2, "").id);
    ui.key(ImGuiKey_DownArrow);
    CHECK(ui.app->desk().shown_id == lead(3, "").id);
}

TEST_CASE("payments and reminders of a lead are added and ticked off in its drawer") {
    Driver ui;
    three_leads(ui);
    ui.click("Asha Rao", "table card");
    ui.click("Payments tab");
    ui.click("Add payment");
    ui.type("Amount", "500");
    ui.click("Save");
    const auto payments = ui.app->state().children(Model::payment, lead(1, "").id);
    REQUIRE(payments.size() == 1);
    CHECK(text_of(*ui.app->state().find(Model::payment, payments[0]), "amount") == "50000");
    ui.key(ImGuiKey_Escape);  // back to the lead
    ui.click("Reminders tab");
    ui.click("Add reminder");
    ui.type("Title", "Call again");
    ui.type("Due", "tomorrow");
    ui.click("Save");
    ui.key(ImGuiKey_Escape);
    ui.click("Reminders tab");
    ui.click("Done Call again");
    const auto reminders = ui.app->state().children(Model::reminder, lead(1, "").id);
    REQUIRE(reminders.size() == 1);
    CHECK(text_of(*ui.app->state().find(Model::reminder, reminders[0]), "isCompleted") == "true");
    CHECK(ui.shows("Done: Call again"));
}

TEST_CASE("100,000 leads scroll, sort and filter") {
    Driver ui;
    std::vector<crm::Record> records;
    for (std::uint64_t i = 1; i <= 100'000; ++i) records.push_back(lead(i, "Lead " + std::to_string(i)));
    ui.load(std::move(records));
    ui.app->desk().page = ui::Page::leads;
    ui.frames(5);
    // What a frame draws is bounded by the window, not by the number of leads: a screen of text is some 20,000
    // vertices.
    int most = 0;
    for (int i = 0; i < 200; ++i) {
        ImGui::GetIO().AddMousePosEvent(700, 500);
        ImGui::GetIO().AddMouseWheelEvent(0, -5);
        ui.frames();
        most = std::max(most, ImGui::GetDrawData()->TotalVtxCount);
    }
    CHECK(most > 1'000);
    CHECK(most < 60'000);
    crm::Changes changes;
    changes.set(crm::field(Model::lead, "city"), std::string("Pune"));
    REQUIRE(ui.app->editor().set(Model::lead, lead(777, "").id, changes).has_value());
    ui.frames();
    ui.click_header("Name");
    ui.key(ImGuiKey_F, ImGuiMod_Ctrl);
    ImGui::GetIO().AddInputCharactersUTF8("99999");
    ui.frames(8);
    for (int i = 0; i < 200 && !ui.app->shell().records(Model::lead).complete(); ++i) ui.frames();
    ui.frames(3);
    CHECK(ui.app->shell().records(Model::lead).shown() == 1);
    CHECK(ui.there("Lead 99999", "table card"));
    ui.key(ImGuiKey_Escape);
    ui.app->desk().page = ui::Page::leads;
    ui.app->shell().records(Model::lead).search().clear();
    ui.frames(20);
    ui::Records& leads = ui.app->shell().records(Model::lead);
    leads.select_all();
    for (int i = 0; i < 20 && (i == 0 || leads.busy()); ++i) ui.frames();
    CHECK(leads.selected().size() == 100'000);
}

TEST_CASE("a lead that was merged into another is nowhere counted, listed or offered") {
    Driver ui;
    crm::Record gone = lead(2, "Ravi Iyer");
    put(gone, "mergedInto", lead(1, "").id.str());
    gone.updated_at = TestClock::kStart;
    ui.load({lead(1, "Ravi K. Iyer"), gone, lead(3, "Zoë Khan")});
    ui.frames(2);
    const auto lines_of = [&](const std::string& name) { return ui.there(name, "changed card"); };
    CHECK(lines_of("Ravi K. Iyer"));
    CHECK_FALSE(lines_of("Ravi Iyer"));
    CHECK(ui.shows("2 Leads"));
    crm::Record merged_now = lead(3, "Zoë Khan");
    put(merged_now, "mergedInto", lead(1, "").id.str());
    ui.send(client::RecordsChanged{{{merged_now}, {}}});
    ui.frames(2);
    CHECK_FALSE(lines_of("Zoë Khan"));
    CHECK(ui.shows("1 Leads"));
    ui.click("Leads", "navigation");
    CHECK(ui.there("Ravi K. Iyer", "table card"));
    CHECK_FALSE(ui.shows("1 of"));
    ui.app->desk().create(Model::reminder);
    ui.frames(3);
    ui.click("Lead", "drawer");
    CHECK(ui.there("Ravi K. Iyer", "Popup"));
    CHECK_FALSE(ui.there("Ravi Iyer", "Popup"));
}

TEST_CASE("the field that asks for a lead finds one among many over some frames") {
    Driver ui;
    std::vector<crm::Record> records;
    for (std::uint64_t i = 1; i <= 50'000; ++i) records.push_back(lead(i, "Lead"));
    put(records.back(), "company", "Textiles of Pune");
    put(records.back(), "name", "Zoë Khan");
    ui.load(std::move(records));
    ui.app->desk().create(Model::reminder);
    ui.frames(3);
    ui.click("Lead", "drawer");
    ImGui::GetIO().AddInputCharactersUTF8("zoe textiles");
    ui.frames(1);
    CHECK_FALSE(ui.there("Zoë Khan", "Popup"));  // not all of them in one frame
    CHECK(ui.app->next_frame_in_ms() == 0);
    ui.frames(6);
    CHECK(ui.there("Zoë Khan", "Popup"));
}

TEST_CASE("whoever goes to the empty search is told what could be typed, and it means something") {
    Driver ui;
    three_leads(ui);
    CHECK_FALSE(ui.shows("status:FOLLOW_UP"));
    for (const auto page : {ui::Page::leads, ui::Page::payments, ui::Page::reminders}) {
        ui.app->desk().page = page;
        ui.frames(3);
        ui.key(ImGuiKey_F, ImGuiMod_Ctrl);
        CHECK(ui.shows("Any words, or conditions: "));
        ImGui::GetIO().AddInputCharactersUTF8("due<7d");
        ui.frames(3);
        CHECK_FALSE(ui.shows("Any words, or conditions"));
        ui.key(ImGuiKey_Escape);
        ui.key(ImGuiKey_Escape);
    }
    for (const ui::RecordsSpec& page : {ui::leads_page(), ui::payments_page(ui.clock), ui::reminders_page()}) {
        CAPTURE(page.example);
        CHECK(ui::Filter::parse(page.model, page.example, ui.clock.now()).problem().empty());
    }
}

TEST_CASE("duplicates are looked for from the leads' tools") {
    Driver ui;
    crm::Record one = lead(1, "Asha Rao"), two = lead(2, "A. Rao");
    put(one, "email", "asha@example.org");
    put(two, "email", "asha@example.org");
    ui.load({one, two});
    ui.click("Leads", "navigation");
    ui.click("Find duplicates", "page");
    CHECK(ui.there("Compare"));
}
