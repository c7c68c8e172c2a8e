// The inspector: memory against the database, a slice with each frame, and a pull's answer on a copy.
#include <doctest/doctest.h>

#include <algorithm>

#include "crm/tables.h"
#include "inspector_support.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

TEST_CASE("inspector, requests: a pull's answer tried on a copy") {
    Driver ui;
    open_on(ui, "Requests");
    auto pull = request(3, "pull", 200);
    pull->with_bodies = true;
    auto kept = request(4, "pull", 200);
    kept->page = std::make_shared<const std::string>("{}");
    tell_requests(ui, {request(1, "push", 200), pull, kept});
    ui.click("request 1");
    CHECK_FALSE(ui.there("On a copy"));
    ui.click("request 3");
    ui.click("On a copy");
    CHECK(ui.shows("the answer was not kept"));
    ui.click("request 4");
    ui.click("Try on a copy");
    REQUIRE(asked<client::inspect::TryPage>(ui).size() == 1);
    CHECK(asked<client::inspect::TryPage>(ui)[0].seen == kept);
    CHECK(ui.find("Trying …").disabled);
    auto tried = std::make_shared<client::inspect::PageTried>();
    tried->request = 4;
    tried->rows = 12;
    tried->cursor_before = "c41";
    tried->page_from = "c40";
    tried->cursor_after = "c52";
    tried->unsettled_before = tried->unsettled_after = 2;
    SUBCASE("with what would change") {
        tried->fits = false;
        tried->models[0] = {1, 2, 0, 9, 0, 0};
        tried->models[1].orphans_after = 1;
        tried->differences.push_back({Model::lead,
                                      id_of(7),
                                      client::inspect::PageTried::Effect::changed,
                                      3,
                                      5,
                                      {crm::field_id(Model::lead, "status")}});
        ui.send(Answer(std::shared_ptr<const client::inspect::PageTried>(tried)));
        CHECK(ui.shows("It changes 3 records"));
        CHECK(ui.shows("does not begin where this laptop is"));
        CHECK(ui.shows("c40"));
        CHECK(ui.shows("c52"));
        CHECK(ui.shows("2, as before"));
        CHECK(ui.shows("0 before, 1 after"));
        CHECK(ui.shows("3 → 5: status"));
        CHECK_FALSE(ui.find("Try on a copy").disabled);
        ui.click("request 3");  // the result is that one's alone
        CHECK_FALSE(ui.shows("It changes 3 records"));
    }
    SUBCASE("that it cannot be applied") {
        tried->error = Error{ErrorKind::corrupt, "MALFORMED", "rows: not a list", {}};
        ui.send(Answer(std::shared_ptr<const client::inspect::PageTried>(tried)));
        CHECK(ui.shows("MALFORMED: rows: not a list"));
    }
}

TEST_CASE("inspector, records: memory compared with the database, what differs looked at twice, and read again") {
    Driver ui;
    ui.load({lead(1, "Asha Rao"), lead(2, "Bo"), lead(3, "Cy")});
    open_on(ui, "Records");
    ui.click("Compare memory");
    REQUIRE(asked<client::inspect::ReadMirror>(ui).size() == 1);
    CHECK(ui.shows("0 of 3 records"));
    const auto digest = [&](std::uint64_t number, const char* name) {
        return std::pair(lead(number, "").id, client::inspect::digest_of(lead(number, name)));
    };
    client::inspect::MirrorPart leads;
    leads.ticket = asked<client::inspect::ReadMirror>(ui)[0].ticket;
    leads.last = true;
    bool same = false, settled = false;
    SUBCASE("all the same") { same = true; }
    SUBCASE("not the same, and it stays so") {}
    SUBCASE("not the same, but an edit had come between") { settled = true; }
    leads.records = {digest(1, "Asha Rao"), digest(2, "Bob"), digest(9, "Nobody")};
    if (same) leads.records = {digest(1, "Asha Rao"), digest(2, "Bo"), digest(3, "Cy")};
    for (const auto& [id, of] : leads.records) leads.ids.push_back(id);
    ui.send(Answer(leads));
    for (const crm::ModelDef& model : crm::models()) {
        if (model.model == Model::lead) continue;
        client::inspect::MirrorPart none;
        none.ticket = leads.ticket;
        none.model = model.model;
        none.last = true;
        ui.send(Answer(none));
    }
    ui.frames(3);
    if (same) {
        CHECK(ui.shows("3 records, all the same"));
        CHECK(asked<client::inspect::ReadDigests>(ui).empty());
        CHECK_FALSE(ui.there("Read again"));
        return;
    }
    REQUIRE(asked<client::inspect::ReadDigests>(ui).size() == 1);
    const auto suspects = asked<client::inspect::ReadDigests>(ui)[0].records;
    CHECK(suspects.size() == 3);  // one is not the same, one is not in memory, one is not in the database
    client::inspect::DigestsRead again;
    again.records = {{Model::lead, lead(2, "").id, digest(2, "Bob").second},
                     {Model::lead, lead(9, "").id, digest(9, "Nobody").second},
                     {Model::lead, lead(3, "").id, std::nullopt}};
    if (settled) {
        again.records = {{Model::lead, lead(2, "").id, digest(2, "Bo").second},
                         {Model::lead, lead(9, "").id, std::nullopt},
                         {Model::lead, lead(3, "").id, digest(3, "Cy").second}};
    }
    ui.send(Answer(again));
    ui.frames(3);
    if (settled) {
        CHECK(ui.shows("3 records, all the same"));
        CHECK_FALSE(ui.there("Read again"));
        return;
    }
    CHECK(ui.shows("3 records: 1 missing, 1 different, 1 too many"));
    ui.click("Read again", "IS ALL");
    REQUIRE(asked<client::inspect::ShowAgain>(ui).size() == 1);
    CHECK(asked<client::inspect::ShowAgain>(ui)[0].records.size() == 3);
}

TEST_CASE("inspector, records: many are compared over many frames, a slice with each") {
    constexpr std::uint64_t kLeads = 100'000;
    Driver ui;
    std::vector<crm::Record> leads;
    client::inspect::MirrorPart part;
    part.last = true;
    for (std::uint64_t i = 1; i <= kLeads; ++i) {
        leads.push_back(lead(i, "Asha Rao of Pune"));
        part.records.emplace_back(leads.back().id, client::inspect::digest_of(leads.back()));
        part.ids.push_back(leads.back().id);
    }
    ui.load(std::move(leads));
    ui::MirrorCheck check;
    ui::Desk& desk = ui.app->desk();
    check.begin(desk);
    check.take(client::inspect::MirrorPart(part));  // of an earlier one, which was let go
    part.ticket = asked<client::inspect::ReadMirror>(ui).back().ticket;
    CHECK(check.total() == static_cast<std::int64_t>(kLeads));
    check.take(std::move(part));
    std::vector<std::int64_t> slices_us;
    std::int64_t before = 0;
    while (check.compared() < static_cast<std::int64_t>(kLeads)) {
        const std::int64_t begun = client::inspect::steady_us();
        check.go_on(desk);
        slices_us.push_back(client::inspect::steady_us() - begun);
        REQUIRE(check.compared() > before);
        before = check.compared();
    }
    std::sort(slices_us.begin(), slices_us.end());
    MESSAGE(slices_us.size() << " slices, half of them under " << slices_us[slices_us.size() / 2] << " us, the longest "
                             << slices_us.back() << " us");
    CHECK(slices_us.size() > 3);
    CHECK(slices_us[slices_us.size() / 2] < 4'000);  // the longest is the machine's matter
}
