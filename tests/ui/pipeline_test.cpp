// The board of leads by status: where cards stand, and how they are moved.
#include "ui/pipeline.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "driver.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

crm::Record lead_with(std::uint64_t number, std::string_view name, std::string_view status, std::int64_t amount) {
    crm::Record record = lead(number, name);
    record.fields.set(crm::field(Model::lead, "status"), status);
    record.fields.set(crm::field(Model::lead, "amount"), amount);
    record.fields.set(crm::field(Model::lead, "currency"), std::string_view("INR"));
    return record;
}

void show_board(Driver& ui) {
    ui.load({lead_with(1, "Asha Rao", "PENDING", 10'000), lead_with(2, "Ravi Iyer", "FOLLOW_UP", 20'000),
             lead_with(3, "Zoë Khan", "PENDING", 5'000)});
    ui.click("Pipeline");
    ui.frames(2);
}

}  // namespace

TEST_CASE("leads stand in the column of their status, with the sum of what they may bring") {
    Driver ui;
    show_board(ui);
    CHECK(ui.there("Asha Rao", "column Pending"));
    CHECK(ui.there("Zoë Khan", "column Pending"));
    CHECK(ui.there("Ravi Iyer", "column Follow up"));
    CHECK(ui.shows("₹150.00"));
    ui.click("Ravi Iyer", "column Follow up");
    CHECK(ui.there("Save"));
}

TEST_CASE("a card is dragged to another column, and one undo takes it back") {
    Driver ui;
    show_board(ui);
    ui.drag(ui.find("Asha Rao", "column Pending"), ui.find("Ravi Iyer", "column Follow up"));
    CHECK(ui.there("Asha Rao", "column Follow up"));
    const auto commits = ui.posted<client::Commit>();
    REQUIRE(commits.size() == 1);
    CHECK(*commits[0].edits.at(0).changes.find(crm::field(Model::lead, "status")) ==
          crm::Value(std::string("FOLLOW_UP")));
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    ui.frames(2);
    CHECK(ui.there("Asha Rao", "column Pending"));
}

TEST_CASE("a card is moved with the keyboard alone") {
    Driver ui;
    show_board(ui);
    ui.focus("Ravi Iyer", "column Follow up");
    ui.key(ImGuiKey_RightArrow, ImGuiMod_Ctrl);
    ui.frames(3);
    CHECK(ui.there("Ravi Iyer", "column Converted"));
    ui.key(ImGuiKey_LeftArrow, ImGuiMod_Ctrl);
    ui.frames(3);
    CHECK(ui.there("Ravi Iyer", "column Follow up"));
}

TEST_CASE("the board that is kept up to date is the board that is built anew") {
    SeededRandom random(11);
    client::Table table;
    ui::Board kept;
    std::vector<Uuid> ids;
    const std::string_view statuses[] = {"PENDING", "FOLLOW_UP", "CONVERTED", "REJECTED"};
    for (std::uint64_t step = 0; step < 600; ++step) {
        const std::uint64_t dice = random.below(10);
        if (dice < 6 || ids.empty()) {
            crm::Record record = lead_with(random.below(80) + 1, "Lead", statuses[random.below(4)],
                                           static_cast<std::int64_t>(random.below(1'000)));
            record.updated_at = static_cast<UnixMs>(random.below(50));
            ids.push_back(record.id);
            table.put(std::move(record));
        } else if (dice < 9) {
            table.remove(ids[random.below(ids.size())]);
        } else {
            kept.update(table);
        }
    }
    kept.update(table);
    ui::Board fresh;
    fresh.update(table);
    REQUIRE(kept.columns() == fresh.columns());
    for (std::size_t i = 0; i < fresh.columns(); ++i) {
        CHECK(kept.column(i).value == fresh.column(i).value);
        REQUIRE(kept.column(i).cards.size() == fresh.column(i).cards.size());
        const bool same =
            std::equal(kept.column(i).cards.begin(), kept.column(i).cards.end(), fresh.column(i).cards.begin(),
                       [](const auto& a, const auto& b) { return a.id == b.id && a.updated_at == b.updated_at; });
        CHECK(same);
    }
}
