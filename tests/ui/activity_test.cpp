// Activity: the audit trail as sentences, filters, and taking one entry back.
#include <doctest/doctest.h>

#include "crm/tables.h"
#include "driver.h"

using namespace ct;
using namespace ct::test;
using crm::field_id;
using crm::Model;

namespace {

constexpr UnixMs kNow = TestClock::kStart;

store::AuditRow row(std::string what, std::uint64_t record, UnixMs at) {
    store::AuditRow made;
    made.what = std::move(what);
    made.record = lead(record, "").id;
    made.operation = lead(900 + record, "").id;
    made.at = at;
    return made;
}

store::AuditRow status_changed(std::string what, std::uint64_t record, const char* from, const char* to) {
    store::AuditRow made = row(std::move(what), record, kNow - 60'000);
    made.before.set(field_id(Model::lead, "status"), std::string(from));
    made.after.set(field_id(Model::lead, "status"), std::string(to));
    return made;
}

crm::Record lead_with_status(std::uint64_t number, const char* name, const char* status) {
    crm::Record record = lead(number, name);
    record.fields.set(field_id(Model::lead, "status"), std::string_view(status));
    return record;
}

/// Answers the question that the page asked last.
void answer(Driver& ui, std::vector<store::AuditRow> rows, std::optional<store::AuditPosition> older = {}) {
    const auto asked = ui.posted<client::ListActivity>();
    REQUIRE_FALSE(asked.empty());
    ui.send(client::ActivityListed{asked.back().query, {std::move(rows), std::move(older)}});
    ui.frames(2);
}

}  // namespace

TEST_CASE("activity: who changed what, from where, and a click opens the record") {
    Driver ui;
    ui.load({lead_with_status(1, "Ravi Iyer", "FOLLOW_UP"), lead_with_status(2, "Meera Shah", "PENDING")});
    ui.click("Activity", "navigation");
    answer(ui, {status_changed("UPDATE", 1, "PENDING", "FOLLOW_UP"), row("PULLED_CREATE", 2, kNow - 26 * 3'600'000LL)});
    CHECK(ui.shows("You changed Ravi Iyer"));
    CHECK(ui.shows("Status: Pending → Follow up"));
    CHECK(ui.shows("on this laptop"));
    CHECK(ui.shows("Somebody else added Meera Shah"));
    CHECK(ui.shows("from another device"));
    ui.click("Somebody else added Meera Shah");
    CHECK(ui.app->desk().shown_id == lead(2, "").id);
}

TEST_CASE("activity: one entry is taken back as an edit of its own, and that is undone as any other") {
    Driver ui;
    ui.load({lead_with_status(1, "Ravi Iyer", "FOLLOW_UP")});
    ui.click("Activity", "navigation");
    answer(ui, {status_changed("UPDATE", 1, "PENDING", "FOLLOW_UP")});
    ui.click("Take back");
    const client::Table& leads = ui.app->state().table(Model::lead);
    CHECK(text_of(leads.at(0), "status") == "PENDING");
    CHECK(ui.shows("Put back as it was: Ravi Iyer"));
    CHECK_FALSE(ui.there("Take back"));  // nothing of it stands any more
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(text_of(leads.at(0), "status") == "FOLLOW_UP");
}

TEST_CASE("activity: what was changed again since is left alone") {
    Driver ui;
    ui.load({lead_with_status(1, "Ravi Iyer", "CONVERTED")});
    ui.click("Activity", "navigation");
    answer(ui, {status_changed("UPDATE", 1, "PENDING", "FOLLOW_UP")});
    CHECK(ui.shows("You changed Ravi Iyer"));
    CHECK_FALSE(ui.there("Take back"));
}

TEST_CASE("activity: somebody's delete is taken back: the record is there again with all that it said") {
    Driver ui;
    ui.load({lead_with_status(2, "Meera Shah", "PENDING")});
    ui.click("Activity", "navigation");
    store::AuditRow gone = row("PULLED_DELETE", 1, kNow - 5'000);
    gone.before.set(field_id(Model::lead, "name"), std::string("Ravi Iyer"));
    gone.before.set(field_id(Model::lead, "city"), std::string("Pune"));
    answer(ui, {gone});
    CHECK(ui.shows("Somebody else deleted Ravi Iyer"));
    ui.click("Restore");
    const crm::Record* back = ui.app->state().find(Model::lead, gone.record);
    REQUIRE(back != nullptr);
    CHECK(text_of(*back, "city") == "Pune");
    CHECK(ui.posted<client::Commit>().size() == 1);
}

TEST_CASE("activity: filters ask again, older parts are added, text filters what is shown") {
    Driver ui;
    ui.load({lead_with_status(1, "Ravi Iyer", "FOLLOW_UP"), lead_with_status(2, "Meera Shah", "PENDING")});
    ui.click("Activity", "navigation");
    answer(ui, {status_changed("UPDATE", 1, "PENDING", "FOLLOW_UP")},
           store::AuditPosition{kNow - 60'000, {}, {}, "UPDATE"});
    ui.click("Show older");
    const auto older = ui.posted<client::ListActivity>().back().query;
    REQUIRE(older.older_than.has_value());
    CHECK(older.older_than->at == kNow - 60'000);
    answer(ui, {row("CREATE", 2, kNow - 90'000)});
    CHECK(ui.shows("You changed Ravi Iyer"));
    CHECK(ui.shows("You added Meera Shah"));
    CHECK_FALSE(ui.there("Show older"));
    ui.type("Filter activity", "meera");
    CHECK_FALSE(ui.shows("You changed Ravi Iyer"));
    CHECK(ui.shows("You added Meera Shah"));
    ui.click("From others");
    ui.frames(2);
    CHECK(ui.posted<client::ListActivity>().back().query.whose == store::Whose::others);
    answer(ui, {});
    CHECK(ui.shows("Nothing of this kind"));
    ui.click("Kind of record");
    ui.click("Payments", "##Popup");
    ui.frames(2);
    CHECK(ui.posted<client::ListActivity>().back().query.model == Model::payment);
}

TEST_CASE("activity: Ctrl+7 goes there; the list is asked for again when something happens") {
    Driver ui;
    ui.load({lead_with_status(1, "Ravi Iyer", "PENDING")});
    ui.key(ImGuiKey_7, ImGuiMod_Ctrl);
    answer(ui, {});
    CHECK(ui.shows("No changes yet"));
    CHECK_FALSE(ui.shows("has happened"));  // a first sync of many records did, and leaves no lines
    const std::size_t before = ui.posted<client::ListActivity>().size();
    crm::Changes changes;
    changes.set(field_id(Model::lead, "city"), std::string("Pune"));
    REQUIRE(ui.app->editor().set(Model::lead, lead(1, "").id, changes));
    ui.frames(2);
    CHECK(ui.posted<client::ListActivity>().size() == before + 1);
}

TEST_CASE("activity: an edit of many is one line, told as one, looked into, and taken back as one step") {
    constexpr std::uint64_t kMany = 2'150;  // more than goes into one save
    Driver ui;
    std::vector<crm::Record> leads;
    std::vector<store::AuditRow> rows;
    for (std::uint64_t i = 1; i <= kMany; ++i) {
        leads.push_back(lead_with_status(i, "Ravi Iyer", "FOLLOW_UP"));
        rows.push_back(status_changed("UPDATE", i, i % 2 == 0 ? "PENDING" : "CONVERTED", "FOLLOW_UP"));
        rows.back().at = kNow - 60'000 - static_cast<UnixMs>(i / 2'000) * 900;
    }
    const store::AuditRow before = row("CREATE", kMany, kNow - 70'000);
    ui.load(leads);
    ui.click("Activity", "navigation");
    const std::size_t first = 100;
    answer(ui, {rows.begin(), rows.begin() + first}, store::AuditPosition{rows[first - 1].at, {}, {}, "UPDATE"});
    REQUIRE(ui.posted<client::ListActivity>().back().query.older_than.has_value());  // it looks for the rest by itself
    std::vector<store::AuditRow> rest(rows.begin() + first, rows.end());
    rest.push_back(before);
    answer(ui, rest);
    CHECK(ui.shows("You changed 2,150 leads"));
    CHECK(ui.shows("Status: Follow up"));
    CHECK_FALSE(ui.shows("You changed Ravi Iyer"));
    CHECK(ui.shows("You added Ravi Iyer"));
    const auto in = [&](std::string_view status) {
        std::uint64_t count = 0;
        for (const crm::Record& one : ui.app->state().table(Model::lead).all())
            count += text_of(one, "status") == status ? 1 : 0;
        return count;
    };
    SUBCASE("looked into") {
        ui.click("You changed 2,150 leads");
        CHECK(ui.shows("Status: Pending → Follow up"));
        ui.click("You changed 2,150 leads");
        CHECK_FALSE(ui.shows("Status: Pending → Follow up"));
    }
    SUBCASE("taken back, and that undone") {
        ui.click_first("Take back");
        ui.frames(5);
        CHECK(in("PENDING") == kMany / 2);
        CHECK(in("CONVERTED") == kMany / 2);
        CHECK(ui.app->editor().undo_label() == "Take back changes of 2,150 leads");
        ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
        ui.frames(5);
        CHECK(in("FOLLOW_UP") == kMany);
        CHECK_FALSE(ui.app->editor().can_undo());
    }
    SUBCASE("with the keyboard alone") {
        ui.tab_to("You changed 2,150 leads");
        ui.key(ImGuiKey_Enter);
        CHECK(ui.shows("Status: Pending → Follow up"));
    }
}

TEST_CASE("activity: what was not done in one go stays apart") {
    Driver ui;
    ui.load({lead_with_status(1, "Ravi Iyer", "FOLLOW_UP"), lead_with_status(2, "Meera Shah", "CONVERTED"),
             lead_with_status(3, "Zoya Khan", "CONVERTED")});
    ui.click("Activity", "navigation");
    store::AuditRow later = status_changed("UPDATE", 3, "PENDING", "CONVERTED");
    later.at += 5'000;
    answer(ui, {later, status_changed("UPDATE", 2, "PENDING", "CONVERTED"),
                status_changed("UPDATE", 1, "PENDING", "FOLLOW_UP")});
    CHECK(ui.shows("You changed Zoya Khan"));
    CHECK(ui.shows("You changed Meera Shah"));
    CHECK(ui.shows("You changed Ravi Iyer"));
}

TEST_CASE("activity: what was deleted stands together, and is restored") {
    Driver ui;
    ui.load({lead_with_status(9, "Asha Rao", "PENDING")});
    ui.click("Activity", "navigation");
    answer(ui, {});
    ui.click("Deleted");
    ui.frames(2);
    CHECK(ui.posted<client::ListActivity>().back().query.whose == store::Whose::deleted);
    std::vector<store::AuditRow> gone;
    for (std::uint64_t i = 1; i <= 5; ++i) {
        gone.push_back(row("DELETE", i, kNow - 5'000));
        gone.back().before.set(field_id(Model::lead, "name"), "Lead " + std::to_string(i));
    }
    answer(ui, gone);
    CHECK(ui.shows("You deleted 5 leads"));
    CHECK(ui.shows("Lead 1, Lead 2, Lead 3 and 2 more"));
    ui.click("Restore");
    CHECK(ui.shows("Restored: 5 leads"));
    CHECK(ui.app->state().table(Model::lead).size() == 6);
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(ui.app->state().table(Model::lead).size() == 1);
    ui.click("Deleted");
    answer(ui, {});
    CHECK(ui.shows("can be restored for 30 days"));
}
