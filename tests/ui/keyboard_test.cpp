// Everything without a mouse: each page is reached, each control of it, and its work is done.
#include <doctest/doctest.h>
#include <imgui_internal.h>

#include <algorithm>
#include <set>

#include "crm/tables.h"
#include "driver.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

constexpr UnixMs kDay = 24 * 3'600'000LL;

crm::Record child(std::uint64_t number, Model model, std::uint64_t of_lead) {
    crm::Record record;
    record.id = id_of(number);
    record.model = model;
    record.version = 1;
    record.fields.set(*crm::def(model).parent, lead(of_lead, "").id.str());
    return record;
}

/// Three leads, a payment that is due and a reminder that is late.
void an_office(Driver& ui) {
    crm::Record payment = child(11, Model::payment, 1);
    payment.fields.set(crm::field(Model::payment, "amount"), std::int64_t{500'00});
    payment.fields.set(crm::field(Model::payment, "currency"), std::string_view("INR"));
    payment.fields.set(crm::field(Model::payment, "status"), std::string_view("PENDING"));
    payment.fields.set(crm::field(Model::payment, "dueDate"), TestClock::kStart - kDay);
    crm::Record reminder = child(12, Model::reminder, 1);
    put(reminder, "title", "Call Asha");
    reminder.fields.set(crm::field(Model::reminder, "reminderDate"), TestClock::kStart - kDay);
    ui.load({lead(1, "Asha Rao"), lead(2, "Ravi Iyer"), lead(3, "Zoya Khan"), payment, reminder});
    ui.frames(3);
}

void go_to(Driver& ui, ui::Page page) {
    ui.key(static_cast<ImGuiKey>(ImGuiKey_1 + static_cast<int>(page)), ImGuiMod_Ctrl);
    ui.frames(3);
    REQUIRE(ui.app->desk().page == page);
}

void command(Driver& ui, const char* words) {
    ui.key(ImGuiKey_K, ImGuiMod_Ctrl);
    ui.frames(3);
    ImGui::GetIO().AddInputCharactersUTF8(words);
    ui.frames(4);
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
}

void write(Driver& ui, const char* words) {
    ImGui::GetIO().AddInputCharactersUTF8(words);
    ui.frames(4);
}

}  // namespace

TEST_CASE("keyboard: Ctrl+1 to Ctrl+8 are the pages, in their order") {
    Driver ui;
    an_office(ui);
    const char* const kTitles[] = {"Good ",     "Leads",     "Pipeline", "Payments",
                                   "Reminders", "Conflicts", "Activity", "Settings"};
    for (int i = 0; i < ui::kPageCount; ++i) {
        CAPTURE(i);
        go_to(ui, static_cast<ui::Page>(i));
        CHECK(ui.shows(kTitles[i]));
    }
}

TEST_CASE("keyboard: Tab reaches every control of every page and of the drawer; rows are the arrows'") {
    Driver ui({}, {1440, 2200});  // all of the settings at once
    an_office(ui);
    for (int i = 0; i < ui::kPageCount + 1; ++i) {
        CAPTURE(i);
        if (i < ui::kPageCount) {
            go_to(ui, static_cast<ui::Page>(i));
        } else {
            go_to(ui, ui::Page::leads);
            ui.app->desk().open(Model::lead, lead(1, "").id);
            ui.frames(4);
        }
        std::set<ImGuiID> reached;
        for (int step = 0; step < 400; ++step) {
            ui.key(ImGuiKey_Tab);
            reached.insert(ImGui::GetCurrentContext()->NavId);
        }
        for (const Item& item : ui.controls()) {
            if (item.window.find("/records_") != std::string::npos) continue;  // rows of a table
            CAPTURE(item.full);
            CAPTURE(item.window);
            CHECK(reached.contains(item.id));
        }
    }
}

TEST_CASE("keyboard: a lead is added, found, changed in the table, opened, deleted, and is back") {
    Driver ui;
    an_office(ui);
    ui.key(ImGuiKey_N, ImGuiMod_Ctrl);
    ui.frames(4);
    write(ui, "Meera Shah");
    ui.key(ImGuiKey_Enter, ImGuiMod_Ctrl);
    ui.save_all();
    ui.key(ImGuiKey_Escape);
    go_to(ui, ui::Page::leads);
    ui.key(ImGuiKey_F, ImGuiMod_Ctrl);
    ui.frames(3);
    write(ui, "meera");
    CHECK(ui.app->shell().records(Model::lead).shown() == 1);
    ui.key(ImGuiKey_DownArrow);
    ui.frames(3);
    ui.key(ImGuiKey_F2);
    ui.frames(3);
    ui.retype("Meera Joshi");
    ui.key(ImGuiKey_Enter);
    ui.save_all();
    CHECK(ui.shows("Meera Joshi"));
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
    CHECK_FALSE(ui.app->desk().shown_id.nil());
    ui.key(ImGuiKey_Escape);
    CHECK(ui.app->desk().shown_id.nil());
    ui.key(ImGuiKey_A, ImGuiMod_Ctrl);
    const std::size_t before = ui.app->state().table(Model::lead).size();
    const std::size_t shown = ui.app->shell().records(Model::lead).shown();
    ui.key(ImGuiKey_Delete);
    ui.frames(2);
    CHECK(ui.app->state().table(Model::lead).size() == before - shown);
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    ui.frames(2);
    CHECK(ui.app->state().table(Model::lead).size() == before);
    ui.key(ImGuiKey_Y, ImGuiMod_Ctrl);
    ui.frames(2);
    CHECK(ui.app->state().table(Model::lead).size() == before - shown);
}

TEST_CASE("keyboard: today: what is late is ticked off with Space") {
    Driver ui;
    an_office(ui);
    go_to(ui, ui::Page::today);
    ui.tab_to("Done Call Asha");
    ui.key(ImGuiKey_Space);
    ui.frames(2);
    CHECK(text_of(*ui.app->state().find(Model::reminder, id_of(12)), "isCompleted") == "true");
}

TEST_CASE("keyboard: today: what is late is put off") {
    Driver ui;
    an_office(ui);
    go_to(ui, ui::Page::today);
    ui.tab_to("Put off Call Asha");
    ui.key(ImGuiKey_Space);
    ui.frames(2);
    CHECK(
        ui.app->state().find(Model::reminder, id_of(12))->fields.integer(crm::field(Model::reminder, "snoozedUntil")) >
        TestClock::kStart);
}

TEST_CASE("keyboard: payments: the arrows find one, Enter opens it") {
    Driver ui;
    an_office(ui);
    go_to(ui, ui::Page::payments);
    ui.key(ImGuiKey_DownArrow);
    ui.frames(3);
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
    CHECK(ui.app->desk().shown_id == id_of(11));
}

TEST_CASE("keyboard: reminders: put off by the menu of the clock") {
    Driver ui;
    an_office(ui);
    go_to(ui, ui::Page::reminders);
    ui.tab_to("Put off Call Asha");
    ui.key(ImGuiKey_Space);
    ui.frames(3);
    ui.key(ImGuiKey_DownArrow);
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
    CHECK(
        ui.app->state().find(Model::reminder, id_of(12))->fields.integer(crm::field(Model::reminder, "snoozedUntil")) >
        TestClock::kStart);
}

TEST_CASE("keyboard: conflicts: one side is kept") {
    Driver ui;
    an_office(ui);
    store::Conflict conflict;
    conflict.theirs = *ui.app->state().find(Model::payment, id_of(11));
    conflict.queued.operation.id = id_of(20);
    conflict.queued.operation.model = Model::payment;
    conflict.queued.operation.record = id_of(11);
    conflict.queued.state = sync::QueueState::conflict;
    store::ConflictField field;
    field.field = crm::field(Model::payment, "amount");
    field.base = std::int64_t{100'00};
    field.mine = std::int64_t{500'00};
    field.theirs = std::int64_t{400'00};
    field.clashes = true;
    conflict.fields = {field};
    client::SyncView view;
    view.indicator = client::Indicator::pending;
    view.queue.conflicts = 1;
    ui.show_sync(view);
    go_to(ui, ui::Page::conflicts);
    ui.send(client::ConflictsListed{{conflict}});
    ui.frames(2);
    ui.tab_to("Keep mine");
    ui.key(ImGuiKey_Enter);
    ui.frames(2);
    CHECK(ui.posted<client::ResolveConflict>().size() == 1);
}

TEST_CASE("keyboard: activity: an entry is taken back") {
    Driver ui;
    an_office(ui);
    go_to(ui, ui::Page::activity);
    const auto asked = ui.posted<client::ListActivity>();
    REQUIRE_FALSE(asked.empty());
    store::AuditRow row;
    row.what = "CREATE";
    row.at = ui.clock.now();
    row.record = lead(3, "").id;
    ui.send(client::ActivityListed{asked.back().query, {{row}, {}}});
    ui.frames(2);
    ui.tab_to("Take back");
    ui.key(ImGuiKey_Space);
    ui.frames(2);
    CHECK(ui.app->state().find(Model::lead, lead(3, "").id) == nullptr);
}

TEST_CASE("keyboard: settings: a switch is turned and a theme chosen with Space") {
    Driver ui;
    an_office(ui);
    go_to(ui, ui::Page::settings);
    ui.tab_to("Work offline##settings");
    ui.key(ImGuiKey_Space);
    ui.frames(2);
    CHECK(ui.posted<client::WorkOffline>().size() == 1);
    ui.tab_to("Dark");
    ui.key(ImGuiKey_Space);
    ui.frames(2);
    CHECK(ui.saved_configs.back().theme == client::Theme::dark);
}

TEST_CASE("keyboard: the sync indicator opens, and its switch is turned") {
    Driver ui;
    an_office(ui);
    ui.tab_to("Sync");
    ui.key(ImGuiKey_Space);
    ui.frames(3);
    ui.tab_to("Sync now");
    ui.key(ImGuiKey_Space);
    ui.frames(2);
    CHECK(ui.posted<client::SyncNow>().size() == 1);
    ui.key(ImGuiKey_Escape);
    ui.frames(2);
    CHECK_FALSE(ui.there("Sync now"));
}

TEST_CASE("keyboard: an import from the palette to the saved rows") {
    Driver ui;
    command(ui, "import");
    ui.tab_to("File to import");
    write(ui, "/tmp/a.csv");
    ui.key(ImGuiKey_Enter);
    ui.frames(2);
    REQUIRE(ui.posted<client::ReadFile>().size() == 1);
    ui.send(client::FileRead{"/tmp/a.csv", std::make_shared<const std::string>("Name,City\nAsha,Pune\n"), {}});
    ui.frames(3);
    ui.frames(3);
    CHECK(ui.focused().ends_with("##Try import"));
    ui.key(ImGuiKey_Enter);
    ui.frames(2);
    REQUIRE(ui.posted<client::StartImport>().size() == 1);
    client::ImportEnded tried;
    tried.ticket = ui.posted<client::StartImport>()[0].ticket;
    tried.dry_run = true;
    tried.report.created = 1;
    ui.send(std::move(tried));
    ui.frames(3);
    CHECK(ui.focused().ends_with("##Do import"));
    ui.key(ImGuiKey_Enter);
    ui.frames(2);
    REQUIRE(ui.posted<client::StartImport>().size() == 2);
    CHECK_FALSE(ui.posted<client::StartImport>()[1].options.dry_run);
}

TEST_CASE("keyboard: duplicates are compared and merged") {
    Driver ui;
    crm::Record one = lead(1, "Asha Rao"), two = lead(2, "A. Rao");
    put(one, "email", "asha@example.org");
    put(two, "email", "asha@example.org");
    ui.load({one, two});
    ui.frames(3);
    command(ui, "duplicates");
    ui.frames(5);
    ui.tab_to("Compare");
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
    ui.tab_to("Merge");
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
    CHECK(ui.posted<client::Commit>().size() == 1);
}
