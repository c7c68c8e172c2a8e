// One customer in the book twice: noticed while typing, found on demand, and made one.
#include <doctest/doctest.h>

#include "driver.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

/// Asha twice, by her number; Ravi once.
void a_book(Driver& ui) {
    std::vector<crm::Record> records{lead(1, "Asha Rao"), lead(2, "A. Rao"), lead(3, "Ravi Iyer")};
    for (int i = 0; i < 2; ++i) {
        put(records[static_cast<std::size_t>(i)], "phone", "98765 43210");
        put(records[static_cast<std::size_t>(i)], "phoneE164", "+919876543210");
    }
    put(records[0], "city", "Pune");
    put(records[0], "labels", "vip");
    put(records[1], "city", "Mumbai");
    put(records[1], "company", "Rao & Sons");
    put(records[1], "labels", "fair");
    crm::Record payment = lead(50, "");
    payment.model = Model::payment;
    payment.fields = {};
    payment.fields.set(crm::field(Model::payment, "leadId"), std::string_view(lead(1, "").id.str()));
    payment.fields.set(crm::field(Model::payment, "amount"), std::int64_t{500});
    records.push_back(payment);
    payment.id = lead(51, "").id;
    payment.fields.set(crm::field(Model::payment, "leadId"), std::string_view(lead(2, "").id.str()));
    records.push_back(payment);
    ui.load(std::move(records));
    ui.app->desk().page = ui::Page::leads;
    ui.frames(3);
}

std::string value(Driver& ui, std::uint64_t number, std::string_view field) {
    return text_of(*ui.app->state().find(Model::lead, lead(number, "").id), field);
}

}  // namespace

TEST_CASE("a new lead with a known number, address, or name and company says so, and can be saved all the same") {
    Driver ui;
    a_book(ui);
    ui.key(ImGuiKey_N, ImGuiMod_Ctrl);
    ui.type("Name", "Somebody");
    CHECK_FALSE(ui.shows("Perhaps known already"));
    ui.type("Phone", "+91 98765-43210");
    CHECK(ui.shows("Perhaps known already"));
    CHECK(ui.shows("has the same phone number"));
    ui.type("Phone", "");
    CHECK_FALSE(ui.shows("Perhaps known already"));
    ui.type("Name", "a. rao");
    ui.type("Company", "RAO & SONS");
    CHECK(ui.shows("has the same name and company"));
    ui.click("A. Rao##alike");
    CHECK(ui.app->desk().shown_id == lead(2, "").id);
    ui.click("Bring back");
    ui.key(ImGuiKey_S, ImGuiMod_Ctrl);
    CHECK(ui.app->state().table(Model::lead).size() == 4);
}

TEST_CASE("duplicates are found, compared field by field, merged as one group, and taken apart again") {
    Driver ui;
    a_book(ui);
    ui.key(ImGuiKey_K, ImGuiMod_Ctrl);
    ui.type("Palette", "duplicates");
    ui.key(ImGuiKey_Enter);
    ui.frames(5);
    CHECK(ui.shows("1 pair with the same"));
    ui.click_first("Compare");
    CHECK(ui.shows("This one stays"));
    ui.click("Keep this one instead");  // whichever it was: now it is the other
    ui.click("Keep this one instead");
    ui.click("City of the other");
    ui.click("leads");  // Merge
    const auto commits = ui.posted<client::Commit>();
    REQUIRE(commits.size() == 1);
    CHECK(commits[0].edits.size() == 3);  // the one that stays, the payment, the alias
    const std::uint64_t gone = value(ui, 1, "mergedInto").empty() ? 2 : 1;
    const std::uint64_t stays = 3 - gone;
    CHECK(value(ui, gone, "mergedInto") == lead(stays, "").id.str());
    CHECK(value(ui, stays, "city") == (gone == 2 ? "Mumbai" : "Pune"));
    CHECK(value(ui, stays, "company") == "Rao & Sons");
    CHECK(value(ui, stays, "labels") == "fair,vip");
    CHECK(ui.app->state().children(Model::payment, lead(stays, "").id).size() == 2);
    CHECK(ui.shows("No duplicates"));
    ui.click("Close##duplicates");
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(value(ui, gone, "mergedInto").empty());
    CHECK(value(ui, 1, "city") == "Pune");
    CHECK(value(ui, 2, "city") == "Mumbai");
    CHECK(ui.app->state().children(Model::payment, lead(gone, "").id).size() == 1);
}

TEST_CASE("two selected leads are laid side by side; Esc leaves them as they are") {
    Driver ui;
    a_book(ui);
    ui.click("Asha Rao", "table card", ImGuiMod_Ctrl);
    ui.click("Ravi Iyer", "table card", ImGuiMod_Ctrl);
    ui.click("Merge");
    CHECK(ui.shows("Two leads, one customer"));
    ui.key(ImGuiKey_Escape);
    CHECK_FALSE(ui.shows("Two leads, one customer"));
    CHECK(ui.posted<client::Commit>().empty());
}
