// Stories at the tables: filters that mean something, sorting by several columns, views that stay, edits in place and
// of many at once, and what comes out as CSV.
#include <doctest/doctest.h>

#include <algorithm>

#include "driver.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

void a_book(Driver& ui) {
    std::vector<crm::Record> records{lead(1, "Asha Rao"), lead(2, "Ravi Iyer"), lead(3, "Zoë Khan"),
                                     lead(4, "Bela Das")};
    for (const int pune : {0, 1}) put(records[static_cast<std::size_t>(pune)], "city", "Pune");
    for (const int delhi : {2, 3}) put(records[static_cast<std::size_t>(delhi)], "city", "Delhi");
    put(records[1], "status", "FOLLOW_UP");
    records[0].fields.set(crm::field(Model::lead, "amount"), std::int64_t{60'000'00});
    ui.load(std::move(records));
    ui.app->desk().page = ui::Page::leads;
    ui.frames(3);
}

std::vector<std::string> rows(Driver& ui) {
    std::vector<std::pair<float, std::string>> placed;
    ui.frames(3);
    for (const char* name : {"Asha Rao", "Ravi Iyer", "Zoë Khan", "Bela Das"}) {
        if (ui.there(name, "table card")) placed.emplace_back(ui.find(name, "table card").min.y, name);
    }
    std::sort(placed.begin(), placed.end());
    std::vector<std::string> order;
    for (auto& [y, name] : placed) order.push_back(name);
    return order;
}

using Names = std::vector<std::string>;

std::string city_of(Driver& ui, std::uint64_t number) {
    return text_of(*ui.app->state().find(Model::lead, lead(number, "").id), "city");
}

void to_row(Driver& ui, std::string_view name) {
    ui.click(name, "table card");
    ui.key(ImGuiKey_Escape);
}

}  // namespace

TEST_CASE("the filter takes conditions, says them back, and names a field that it does not know") {
    Driver ui;
    a_book(ui);
    ui.type("Search", "city:pune status:follow");
    CHECK(rows(ui) == Names{"Ravi Iyer"});
    CHECK(ui.shows("City pune, Status Follow up"));
    ui.type("Search", "amount>50k rao");
    CHECK(rows(ui) == Names{"Asha Rao"});
    ui.type("Search", "colour:red");
    CHECK(ui.shows("Leads have no field \"colour\""));
    CHECK(rows(ui).size() == 4);
}

TEST_CASE("Shift and a header sort by a second column") {
    Driver ui;
    a_book(ui);
    ui.click_header("City");
    ui.click_header("Name", ImGuiMod_Shift);
    CHECK(rows(ui) == Names{"Bela Das", "Zoë Khan", "Asha Rao", "Ravi Iyer"});
    ui.click_header("Name", ImGuiMod_Shift);
    CHECK(rows(ui) == Names{"Zoë Khan", "Bela Das", "Ravi Iyer", "Asha Rao"});
}

TEST_CASE("a view is saved with its filter, sorting and columns, and opened in another run") {
    client::Config kept;
    {
        Driver ui;
        a_book(ui);
        ui.click("Columns");
        ui.click("column company");
        ui.key(ImGuiKey_Escape);
        CHECK_FALSE(ui.shows("Company"));
        ui.click_header("Name");
        ui.type("Search", "city:pune");
        ui.click("Views");
        ui.type("Name of the view", "People of Pune");
        ui.click("Save view");
        REQUIRE_FALSE(ui.saved_configs.empty());
        kept = ui.saved_configs.back();
    }
    Driver ui(kept);
    a_book(ui);
    CHECK_FALSE(ui.shows("Company"));  // the table is as it was left
    ui.click("Columns");
    ui.click("As at first");
    CHECK(ui.shows("Company"));
    CHECK(rows(ui).size() == 4);
    ui.click("Views");
    ui.click("People of Pune");
    CHECK(rows(ui) == Names{"Asha Rao", "Ravi Iyer"});
    CHECK_FALSE(ui.shows("Company"));
    ui.click("Views");
    ui.click("Forget the view People of Pune");
    CHECK(ui.saved_configs.back().views.empty());
}

TEST_CASE("F2 types into the row's cells: Tab goes on, Enter saves, Esc gives up") {
    Driver ui;
    a_book(ui);
    to_row(ui, "Asha Rao");
    ui.key(ImGuiKey_DownArrow);
    ui.key(ImGuiKey_UpArrow);
    ui.key(ImGuiKey_F2);
    ui.key(ImGuiKey_Tab);
    ui.retype("Rao & Sons");
    ui.key(ImGuiKey_Enter);
    CHECK(text_of(*ui.app->state().find(Model::lead, lead(1, "").id), "company") == "Rao & Sons");
    CHECK(ui.posted<client::Commit>().size() == 1);
    ui.key(ImGuiKey_F2);
    ui.retype("Nobody");
    ui.key(ImGuiKey_Escape);
    CHECK(text_of(*ui.app->state().find(Model::lead, lead(1, "").id), "name") == "Asha Rao");
    CHECK(ui.posted<client::Commit>().size() == 1);
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(text_of(*ui.app->state().find(Model::lead, lead(1, "").id), "company").empty());
}

TEST_CASE("what is wrong in a cell is not saved, and the cell stays open") {
    Driver ui;
    a_book(ui);
    to_row(ui, "Asha Rao");
    ui.key(ImGuiKey_DownArrow);
    ui.key(ImGuiKey_UpArrow);
    ui.key(ImGuiKey_F2);
    ui.retype("");
    ui.key(ImGuiKey_Enter);
    CHECK(ui.there("Edit Name"));
    CHECK(ui.posted<client::Commit>().empty());
}

TEST_CASE("a double click edits the cell under it") {
    Driver ui;
    a_book(ui);
    ui.double_click("Asha Rao", "table card");
    CHECK(ui.there("Edit Name"));
}

TEST_CASE("a field of a whole selection is set in one undo step; labels are added to those that are there") {
    Driver ui;
    a_book(ui);
    crm::Record labelled = lead(4, "Bela Das");
    put(labelled, "labels", "vip");
    ui.send(client::RecordsChanged{{{labelled}, {}}});
    ui.key(ImGuiKey_A, ImGuiMod_Ctrl);
    ui.click("Set another field");
    ui.click("Field");
    ui.click("City", "Popup");
    ui.type("Value", "Mysuru");
    ui.click("Apply");
    for (const std::uint64_t number : {1U, 2U, 3U, 4U}) CHECK(city_of(ui, number) == "Mysuru");
    REQUIRE(ui.posted<client::Commit>().size() == 1);
    CHECK(ui.posted<client::Commit>()[0].edits.size() == 4);
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(city_of(ui, 1) == "Pune");
    CHECK(city_of(ui, 3) == "Delhi");
    ui.click("Set another field");
    ui.click("Field");
    ui.click("Labels", "Popup");
    ui.type("Value", "fair, vip");
    ui.click("Apply");
    CHECK(text_of(*ui.app->state().find(Model::lead, labelled.id), "labels") == "fair,vip");
}

TEST_CASE("a wrong value for a selection changes nothing") {
    Driver ui;
    a_book(ui);
    ui.key(ImGuiKey_A, ImGuiMod_Ctrl);
    ui.click("Set another field");
    ui.click("Field");
    ui.click("Expected value", "Popup");
    ui.type("Value", "a lot");
    ui.click("Apply");
    CHECK(ui.there("Apply"));
    CHECK(ui.posted<client::Commit>().empty());
}

TEST_CASE("Ctrl+C copies the selection as CSV, with the columns that are shown") {
    Driver ui;
    a_book(ui);
    ui.click("Asha Rao", "table card", ImGuiMod_Ctrl);
    ui.click("Ravi Iyer", "table card", ImGuiMod_Ctrl);
    ui.key(ImGuiKey_C, ImGuiMod_Ctrl);
    const std::string copied = ImGui::GetClipboardText();
    CHECK(copied.starts_with("Name,Company,Phone,"));
    CHECK(copied.find("\r\nAsha Rao,,,") != std::string::npos);
    CHECK(copied.find("60000.00") != std::string::npos);
    CHECK(copied.find("Zoë") == std::string::npos);
    CHECK(ui.shows("Copied 2 leads as CSV"));
}

TEST_CASE(
    "what leaves the window has all columns that one has chosen, also those that a small window has no room for") {
    client::Config config;
    config.scale = 2.0F;
    Driver small(config, {1600, 1600});
    a_book(small);
    REQUIRE(small.column_width("City") == 0);
    small.click("Asha Rao", "table card", ImGuiMod_Ctrl);
    small.key(ImGuiKey_C, ImGuiMod_Ctrl);
    const std::string in_small = ImGui::GetClipboardText();
    CHECK(in_small.starts_with("Name,Company,Phone,City,Status,"));
    CHECK(in_small.find("Pune") != std::string::npos);
    small.click("Export this table");
    small.type("Export to", "/tmp/of-all.csv");
    small.click("Export", "Popup");
    small.frames(5);
    REQUIRE(small.posted<client::WriteFile>().size() == 1);
    CHECK(small.posted<client::WriteFile>()[0].bytes.starts_with("id,Name,Company,Phone,City,Status,"));
}

TEST_CASE("the table is exported as it stands, and can be read back") {
    Driver ui;
    a_book(ui);
    ui.type("Search", "city:pune");
    ui.click("Export this table");
    ui.type("Export to", "/tmp/of-pune.csv");
    ui.click("Export", "Popup");
    ui.frames(5);
    const auto written = ui.posted<client::WriteFile>();
    REQUIRE(written.size() == 1);
    CHECK(written[0].file == "/tmp/of-pune.csv");
    CHECK(written[0].bytes.starts_with("id,Name,"));
    CHECK(std::count(written[0].bytes.begin(), written[0].bytes.end(), '\n') == 3);
    CHECK(written[0].bytes.find(lead(1, "").id.str()) != std::string::npos);
    ui.send(client::FileWritten{written[0].file, std::nullopt});
    CHECK(ui.shows("Written to /tmp/of-pune.csv"));
}

TEST_CASE("where there is no room for all columns, the least important ones go, and no name is cut") {
    struct Window {
        float scale;
        ImVec2 size;
    };
    for (const Window& window : {Window{1.0F, {1024, 640}}, Window{2.0F, {1600, 1000}}, Window{2.0F, {1024, 640}},
                                 Window{2.0F, {1280, 800}}}) {
        CAPTURE(window.scale);
        client::Config config;
        config.scale = window.scale;
        Driver ui(config, window.size);
        a_book(ui);
        CHECK(ui.column_width("Name") >= 145 * window.scale);
        for (const auto page : {ui::Page::payments, ui::Page::reminders}) {
            ui.app->desk().page = page;
            ui.frames(3);
            if (page == ui::Page::reminders) ui.click("Table");
            CHECK(ui.shows(page == ui::Page::payments ? "No payments yet" : "Nothing to remember"));
        }
    }
    Driver wide;
    a_book(wide);
    for (const char* column : {"Name", "Company", "Phone", "City", "Status", "Tag", "Value", "Changed", "Sync"}) {
        CAPTURE(column);
        CHECK(wide.column_width(column) > 0);
    }
}

TEST_CASE("columns that one asks for are there, whatever the room: others go, and then the table scrolls sideways") {
    client::Config config;
    config.scale = 2.0F;
    Driver ui(config, {1600, 1600});
    a_book(ui);
    CHECK(ui.column_width("Phone") > 0);
    CHECK(ui.column_width("City") == 0);
    ui.click("Columns");
    CHECK(ui.shows("City (no room)"));
    ui.click("E-mail", "Popup");
    ui.key(ImGuiKey_Escape);
    CHECK(ui.column_width("E-mail") > 200);
    CHECK(ui.column_width("Phone") == 0);
    ui.click("Columns");
    ui.click("Source", "Popup");
    ui.click("Enquiry", "Popup");
    ui.click("Labels", "Popup");
    ui.key(ImGuiKey_Escape);
    CHECK(ui.column_width("Name") >= 290);  // at the left; the others are behind the edge
    // With room again, all are there as they were.
    ui.app->desk().config.scale = 1.0F;
    ui.app->desk().config_changed = true;
    ImGui::GetIO().DisplaySize = {2600, 1000};
    for (const char* column : {"Name", "City", "E-mail", "Source", "Labels", "Sync"}) {
        CAPTURE(column);
        CHECK(ui.column_width(column) > 0);
    }
}
