// Two people changed the same payment: what the conflicts desk shows, and what comes of each decision.
#include <doctest/doctest.h>

#include "driver.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

crm::Record payment(std::uint64_t number, std::int64_t amount) {
    crm::Record record = lead(number, "");
    record.fields = {};
    record.model = Model::payment;
    record.fields.set(crm::field(Model::payment, "amount"), amount);
    record.fields.set(crm::field(Model::payment, "currency"), std::string_view("INR"));
    record.fields.set(crm::field(Model::payment, "status"), std::string_view("PENDING"));
    return record;
}

store::Conflict conflict(std::uint64_t number, std::int64_t mine, std::int64_t theirs) {
    store::Conflict conflict;
    conflict.theirs = payment(number, theirs);
    sync::Operation& operation = conflict.queued.operation;
    operation.id = id_of(number);
    operation.model = Model::payment;
    operation.record = conflict.theirs.id;
    operation.changes.set(crm::field(Model::payment, "amount"), mine);
    conflict.queued.state = sync::QueueState::conflict;
    store::ConflictField field;
    field.field = crm::field(Model::payment, "amount");
    field.base = std::int64_t{10'000};
    field.mine = mine;
    field.theirs = theirs;
    field.clashes = true;
    conflict.fields = {field};
    return conflict;
}

void go_to_conflicts(Driver& ui, std::vector<store::Conflict> conflicts) {
    std::vector<crm::Record> records;
    for (const store::Conflict& one : conflicts) {
        records.push_back(payment(records.size() + 1, std::get<std::int64_t>(one.fields.at(0).mine)));
    }
    ui.load(std::move(records));
    client::SyncView view;
    view.indicator = client::Indicator::pending;
    view.queue.conflicts = static_cast<std::int64_t>(conflicts.size());
    ui.show_sync(view);
    ui.click("Conflicts");
    ui.frames(2);
    REQUIRE_FALSE(ui.posted<client::ListConflicts>().empty());
    REQUIRE_FALSE(ui.posted<client::ListDecisions>().empty());
    ui.send(client::ConflictsListed{std::move(conflicts)});
    ui.frames(2);
}

store::Resolution only_resolution(const Driver& ui) {
    const auto posted = ui.posted<client::ResolveConflict>();
    REQUIRE(posted.size() == 1);
    return posted[0].resolution;
}

}  // namespace

TEST_CASE("a conflict stands with what it was, mine and theirs, and one side is kept with one click") {
    Driver ui;
    go_to_conflicts(ui, {conflict(1, 12'000, 15'000)});
    CHECK(ui.shows("₹100.00"));
    CHECK(ui.shows("₹120.00"));
    CHECK(ui.shows("₹150.00"));
    CHECK(ui.find("Save my choice").disabled);
    ui.click("Keep theirs");
    const store::Resolution decided = only_resolution(ui);
    CHECK(decided.otherwise == store::Side::theirs);
    CHECK(decided.fields.empty());
    CHECK(ui.shows("Nothing to decide"));
}

TEST_CASE("a field is taken from one side, with a preview before it is saved") {
    Driver ui;
    go_to_conflicts(ui, {conflict(1, 12'000, 15'000)});
    ui.click("Theirs: Amount");
    CHECK(ui.shows("It will say: Amount ₹150.00"));
    ui.click("Mine: Amount");
    CHECK(ui.shows("It will say: Amount ₹120.00"));
    ui.click("Save my choice");
    const store::Resolution decided = only_resolution(ui);
    REQUIRE(decided.fields.size() == 1);
    CHECK(std::get<store::Side>(decided.fields[0].decision) == store::Side::mine);
}

TEST_CASE("a third value is typed, and nonsense is named") {
    Driver ui;
    go_to_conflicts(ui, {conflict(1, 12'000, 15'000)});
    ui.click("Neither, another value");
    ui.type("Other Amount", "plenty");
    CHECK(ui.find("Save my choice").disabled);
    ui.type("Other Amount", "175.50");
    CHECK(ui.shows("It will say: Amount ₹175.50"));
    ui.click("Save my choice");
    const store::Resolution decided = only_resolution(ui);
    REQUIRE(decided.fields.size() == 1);
    CHECK(std::get<crm::Value>(decided.fields[0].decision) == crm::Value(std::int64_t{17'550}));
}

TEST_CASE("a decision is taken back with an edit that says what was given up") {
    Driver ui;
    go_to_conflicts(ui, {conflict(1, 12'000, 15'000)});
    ui.click("Keep mine");
    ui.click("Undo", "toast");
    const auto commits = ui.posted<client::Commit>();
    REQUIRE(commits.size() == 1);
    CHECK(*commits[0].edits.at(0).changes.find(crm::field(Model::payment, "amount")) ==
          crm::Value(std::int64_t{15'000}));
}

TEST_CASE("a decision is undone and done again as any other step") {
    Driver ui;
    go_to_conflicts(ui, {conflict(1, 12'000, 15'000)});
    ui.click("Keep mine");
    const auto amounts = [&] {
        std::vector<std::int64_t> all;
        for (const client::Commit& commit : ui.posted<client::Commit>())
            all.push_back(
                std::get<std::int64_t>(*commit.edits.at(0).changes.find(crm::field(Model::payment, "amount"))));
        return all;
    };
    CHECK(amounts().empty());
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(amounts() == std::vector<std::int64_t>{15'000});
    ui.key(ImGuiKey_Y, ImGuiMod_Ctrl);
    CHECK(amounts() == std::vector<std::int64_t>{15'000, 12'000});
}

TEST_CASE("the same is decided for all that are alike, and for no other") {
    Driver ui;
    store::Conflict other = conflict(3, 7'000, 8'000);
    other.fields[0].field = crm::field(Model::payment, "method");
    other.fields[0].base = crm::Value{};
    other.fields[0].mine = std::string("CASH");
    other.fields[0].theirs = std::string("UPI");
    std::vector<store::Conflict> all{conflict(1, 12'000, 15'000), conflict(2, 3'000, 4'000)};
    go_to_conflicts(ui, all);
    all.push_back(other);
    ui.send(client::ConflictsListed{std::move(all)});
    ui.frames(2);
    ui.click_first("Do the same for all 2 like this");
    ui.click_first("Keep theirs");
    CHECK(ui.posted<client::ResolveConflict>().size() == 2);
    CHECK(ui.shows("CASH") == false);
    CHECK(ui.shows("Cash"));
}

TEST_CASE("a choice field by field is saved for all that are alike; a value of one's own only for one") {
    Driver ui;
    go_to_conflicts(ui, {conflict(1, 12'000, 15'000), conflict(2, 3'000, 4'000)});
    ui.click_first("Do the same for all 2 like this");
    SUBCASE("a side") {
        ui.click_first("Theirs: Amount");
        ui.click_first("Save my choice");
        const auto decided = ui.posted<client::ResolveConflict>();
        REQUIRE(decided.size() == 2);
        CHECK(decided[0].operation != decided[1].operation);
        for (const client::ResolveConflict& one : decided) {
            REQUIRE(one.resolution.fields.size() == 1);
            CHECK(std::get<store::Side>(one.resolution.fields[0].decision) == store::Side::theirs);
        }
        CHECK(ui.shows("Nothing to decide"));
        ui.click("Undo", "toast");
        const auto commits = ui.posted<client::Commit>();
        REQUIRE(commits.size() == 1);
        CHECK(commits[0].edits.size() == 2);
    }
    SUBCASE("a value of one's own") {
        ui.click_first("Neither, another value");
        ui.type("Other Amount", "175.50");
        CHECK(ui.shows("A value of your own is for this one alone"));
        ui.click_first("Save my choice");
        CHECK(ui.posted<client::ResolveConflict>().empty());
        ui.click_first("Do the same for all 2 like this");
        ui.click_first("Save my choice");
        CHECK(ui.posted<client::ResolveConflict>().size() == 1);
    }
}

TEST_CASE("what was decided by rule is listed and turned round") {
    Driver ui;
    ui.load({lead(1, "Asha Rao")});
    ui.click("Conflicts");
    store::AuditRow row;
    row.at = ui.clock.now();
    row.model = Model::lead;
    row.record = lead(1, "").id;
    row.what = "SUPERSEDED";
    row.before.set(crm::field(Model::lead, "city"), std::string("Pune"));
    row.after.set(crm::field(Model::lead, "city"), crm::Value{});
    ui.send(client::DecisionsListed{{row}});
    ui.frames(2);
    ui.click("decided");
    CHECK(ui.shows("your Pune lost"));
    ui.click("Take mine");
    const auto city = [&] { return text_of(*ui.app->state().find(Model::lead, row.record), "city"); };
    CHECK(ui.posted<client::Commit>().size() == 1);
    CHECK(city() == "Pune");
    CHECK(ui.shows("Nothing was decided for you"));
    ui.send(client::DecisionsListed{{row}});  // the trail has it still
    CHECK(ui.shows("Nothing was decided for you"));
    SUBCASE("and back, with the toast") {
        ui.click("Undo", "toast");
        CHECK(city().empty());
    }
    SUBCASE("and back and forth, with the keyboard") {
        ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
        CHECK(city().empty());
        CHECK(ui.there("Take mine"));
        ui.tab_to("Take mine");
        ui.key(ImGuiKey_Space);
        CHECK(city() == "Pune");
    }
}

TEST_CASE("where a delete met an edit, the desk says which won, and turns it round") {
    Driver ui;
    store::AuditRow row;
    row.at = ui.clock.now();
    row.model = Model::lead;
    row.record = lead(1, "").id;
    const auto there = [&] { return ui.app->state().find(Model::lead, row.record); };
    const auto city = crm::field(Model::lead, "city");
    SUBCASE("our delete won") {
        row.what = "OVERRODE";
        row.before.set(city, std::string("Pune"));
        row.whole = crm::all_of(lead(1, "Asha Rao"));
        ui.click("Conflicts");
        store::AuditRow older = row;  // restored since, and deleted again
        older.at -= 60'000;
        older.before.set(city, std::string("Agra"));
        ui.send(client::DecisionsListed{{row, older}});
        ui.frames(2);
        CHECK(ui.shows("Decided by rule  1"));
        ui.click("decided");
        CHECK(ui.shows("Lead: Asha Rao"));
        CHECK(ui.shows("A change lost to your later deletion"));
        CHECK(ui.shows("City: their Pune"));
        ui.click("Restore it");
        REQUIRE(there() != nullptr);
        CHECK(text_of(*there(), "name") == "Asha Rao");
        CHECK(text_of(*there(), "city") == "Pune");
        ui.click("Undo", "toast");
        CHECK(there() == nullptr);
    }
    SUBCASE("our delete lost") {
        ui.load({lead(1, "Asha Rao")});
        row.what = "SUPERSEDED";
        row.after.set(city, std::string("Pune"));
        ui.click("Conflicts");
        ui.send(client::DecisionsListed{{row}});
        ui.frames(2);
        ui.click("decided");
        CHECK(ui.shows("Nothing was decided for you"));  // its city is another one by now
        crm::Record told = lead(1, "Asha Rao");
        put(told, "city", "Pune");
        ui.send(client::RecordsChanged{{{told}, {}}});
        ui.frames(2);
        CHECK(ui.shows("Your deletion lost to a later change"));
        CHECK(ui.shows("City: Pune"));
        ui.click("Delete it");
        CHECK(there() == nullptr);
        CHECK(ui.shows("Nothing was decided for you"));
    }
}

TEST_CASE("whether a record is there at all is decided, and that is undone and done again") {
    Driver ui;
    store::Conflict one = conflict(1, 12'000, 15'000);
    go_to_conflicts(ui, {one});
    one.queued.operation.kind = sync::OperationKind::remove;
    one.queued.operation.changes = {};
    one.fields.clear();
    ui.send(client::RecordsChanged{{{}, {{Model::payment, one.theirs.id}}}});  // deleted here
    ui.send(client::ConflictsListed{{one}});
    ui.frames(2);
    const auto there = [&] { return ui.app->state().find(Model::payment, one.theirs.id); };
    SUBCASE("deleted after all") {
        ui.click("Delete it");
        CHECK(only_resolution(ui).otherwise == store::Side::mine);
        ui.click("Undo", "toast");
        REQUIRE(there() != nullptr);
        CHECK(there()->fields.integer(crm::field(Model::payment, "amount")) == 15'000);
        ui.key(ImGuiKey_Y, ImGuiMod_Ctrl);
        CHECK(there() == nullptr);
    }
    SUBCASE("kept") {
        ui.click("Keep the record");
        ui.send(client::RecordsChanged{{{one.theirs}, {}}});  // the worker has it back
        ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
        CHECK(there() == nullptr);
    }
}
