// Ctrl+K and the sheet of keys.
#include <doctest/doctest.h>

#include "driver.h"

using namespace ct;
using namespace ct::test;

namespace {

void search_for(Driver& ui, const char* words) {
    ui.key(ImGuiKey_K, ImGuiMod_Ctrl);
    ui.frames(3);
    ImGui::GetIO().AddInputCharactersUTF8(words);
    ui.frames(4);
}

}  // namespace

TEST_CASE("a command is found by a few letters and carried out with Enter") {
    Driver ui;
    search_for(ui, "syn no");
    CHECK(ui.there("Sync now##palette"));
    CHECK_FALSE(ui.there("New lead##palette"));
    ui.key(ImGuiKey_Enter);
    CHECK(ui.posted<client::SyncNow>().size() == 1);
    CHECK_FALSE(ui.there("Sync now##palette"));
}

TEST_CASE("a lead is found whatever its accents, and opened") {
    Driver ui;
    ui.load({lead(1, "Asha Rao"), lead(2, "Zoë Khan")});
    search_for(ui, "zoe");
    CHECK(ui.there("Zoë Khan##palette"));
    CHECK_FALSE(ui.there("Asha Rao##palette"));
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
    CHECK(ui.there("Save"));
    CHECK(ui.app->desk().shown_id == lead(2, "").id);
}

TEST_CASE("reminders and payments are found by what they say, and by their lead") {
    Driver ui;
    crm::Record reminder, payment;
    reminder.model = crm::Model::reminder;
    payment.model = crm::Model::payment;
    std::uint64_t number = 10;
    for (crm::Record* record : {&reminder, &payment}) {
        record->id = id_of(number++);
        record->version = 1;
        put(*record, "leadId", lead(1, "").id.str());
    }
    put(reminder, "title", "Bring samples");
    put(payment, "receiptNo", "K7Q2M-0018");
    ui.load({lead(1, "Asha Rao"), reminder, payment});
    search_for(ui, "samples");
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
    CHECK(ui.app->desk().shown_id == reminder.id);
    search_for(ui, "k7q2");
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
    CHECK(ui.app->desk().shown_id == payment.id);
    search_for(ui, "asha");
    CHECK(ui.there("Asha Rao##palette"));
    CHECK(ui.there("Bring samples##palette"));
}

TEST_CASE("the arrows choose, and Esc leaves everything as it was") {
    Driver ui;
    search_for(ui, "go to");
    ui.key(ImGuiKey_DownArrow);
    ui.key(ImGuiKey_Enter);
    CHECK(ui.app->desk().page == ui::Page::leads);
    search_for(ui, "settings");
    ui.key(ImGuiKey_Escape);
    ui.frames(3);
    CHECK(ui.app->desk().page == ui::Page::leads);
    CHECK_FALSE(ui.there("Go to Settings##palette"));
}

TEST_CASE("a question mark shows all keys, but not in a field") {
    Driver ui;
    ImGui::GetIO().AddInputCharacter('?');
    ui.frames(3);
    CHECK(ui.shows("Ctrl+Enter"));
    ui.key(ImGuiKey_Escape);
    ui.frames(3);
    CHECK_FALSE(ui.shows("Ctrl+Enter"));
    ui.key(ImGuiKey_F, ImGuiMod_Ctrl);
    ui.frames(2);
    ImGui::GetIO().AddInputCharacter('?');
    ui.frames(3);
    CHECK_FALSE(ui.shows("Ctrl+Enter"));
}

TEST_CASE("what a message offers is in the palette too, for whoever has no mouse") {
    Driver ui;
    bool opened = false;
    ui.app->desk().toasts.add(ui::ToastKind::done, "Written to a.csv", "Open", [&] { opened = true; });
    ui.frames(3);
    ui.key(ImGuiKey_K, ImGuiMod_Ctrl);
    CHECK(ui.shows("Open: Written to a.csv"));
    ui.key(ImGuiKey_Enter);
    CHECK(opened);
    CHECK_FALSE(ui.shows("Written to a.csv"));
}

TEST_CASE("typing that was left for another record is brought back from the palette, also when the message is gone") {
    Driver ui;
    ui.load({lead(1, "Asha Rao"), lead(2, "Ravi Iyer")});
    ui.app->desk().open(crm::Model::lead, lead(1, "").id);
    ui.frames(3);
    ui.type("City", "Mysuru");
    ui.app->desk().open(crm::Model::lead, lead(2, "").id);
    ui.frames(3);
    ui.clock.wall += 60'000;
    ui.frames(3);
    CHECK_FALSE(ui.there("Bring back"));
    ui.key(ImGuiKey_K, ImGuiMod_Ctrl);
    ImGui::GetIO().AddInputCharactersUTF8("bring back");
    ui.frames(3);
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
    CHECK(ui.app->desk().shown_id == lead(1, "").id);
    CHECK(ui.shows("Mysuru"));
}

TEST_CASE("a lead is found by whatever one knows of it, and a number in any spelling") {
    Driver ui;
    crm::Record zoe = lead(2, "Zoë Khan");
    put(zoe, "company", "Khan Textiles");
    put(zoe, "phone", "098765 43210");
    put(zoe, "phoneE164", "+919876543210");
    put(zoe, "email", "zoe@khan.example");
    put(zoe, "city", "Pune");
    ui.load({lead(1, "Asha Rao"), zoe});
    for (const char* typed : {"textiles", "pune zoe", "khan.example", "98765 43210", "+91-98765-43210", "0091 98765",
                              "(098765) 432", "9876543210", "९८७६५"}) {
        CAPTURE(typed);
        search_for(ui, typed);
        CHECK(ui.there("Zoë Khan##palette"));
        CHECK_FALSE(ui.there("Asha Rao##palette"));
        ui.key(ImGuiKey_Escape);
    }
    search_for(ui, "textiles");
    CHECK(ui.shows("Khan Textiles"));  // why it is there
    ui.key(ImGuiKey_Escape);
    search_for(ui, "textiles 98765");
    CHECK_FALSE(ui.there("Zoë Khan##palette"));
}

TEST_CASE("each key of the sheet does what it says: those that move, choose and do again") {
    Driver ui;
    std::vector<crm::Record> records;
    for (std::uint64_t i = 1; i <= 60; ++i) records.push_back(lead(i, "Lead " + std::to_string(100 + i)));
    ui.load(std::move(records));
    ui.app->desk().page = ui::Page::leads;
    ui.frames(3);
    ui.key(ImGuiKey_DownArrow);
    const std::string first = ui.focused();
    ui.key(ImGuiKey_PageDown);
    ui.frames(3);
    CHECK(ui.focused() != first);
    ui.key(ImGuiKey_PageUp);  // to the headers, above the first row
    ui.frames(3);
    ui.key(ImGuiKey_DownArrow);
    CHECK(ui.focused() == first);
    ui.key(ImGuiKey_Space);
    ui.key(ImGuiKey_Delete);
    ui.frames(3);
    CHECK(ui.app->state().table(crm::Model::lead).size() == 59);
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(ui.app->state().table(crm::Model::lead).size() == 60);
    ImGui::GetIO().AddKeyEvent(ImGuiMod_Shift, true);
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    ImGui::GetIO().AddKeyEvent(ImGuiMod_Shift, false);
    CHECK(ui.app->state().table(crm::Model::lead).size() == 59);
    ImGui::GetIO().AddInputCharacter('?');
    ui.frames(3);
    for (const char* keys : {"Tab, Shift+Tab", "Space", "Page Up, Page Down", "Ctrl+Shift+Z"}) {
        CAPTURE(keys);
        CHECK(ui.shows(keys));
    }
}

TEST_CASE("the payment that is open is marked as paid, and paid back, from the palette") {
    Driver ui;
    crm::Record payment = lead(5, "");
    payment.model = crm::Model::payment;
    payment.fields = {};
    for (const auto& [field, value] : std::map<std::string, std::string>{
             {"currency", "INR"}, {"direction", "IN"}, {"status", "PENDING"}, {"leadId", lead(1, "").id.str()}})
        put(payment, field, value);
    payment.fields.set(crm::field(crm::Model::payment, "amount"), std::int64_t{100'00});
    ui.load({lead(1, "Asha Rao"), payment});
    ui.app->desk().open(crm::Model::payment, payment.id);
    ui.frames(3);
    search_for(ui, "as paid");
    ui.key(ImGuiKey_Enter);
    CHECK(text_of(*ui.app->state().find(crm::Model::payment, payment.id), "status") == "COMPLETED");
    search_for(ui, "refund");
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
    CHECK(ui.shows("This is a refund"));
}
