// Pulls that leave models and fields out: in every stretch of a pull, and in verify.
#include <doctest/doctest.h>

#include <set>

#include "server/kit.h"

namespace ct::server::test {
namespace {

struct Desk {
    Site site;
    User boss_user = site.add_user("boss@example.org", Role::manager);
    Laptop boss{site, "boss@example.org"}, other{site, "boss@example.org"};
    std::vector<std::string> leads;

    Desk() {
        for (int i = 0; i < 5; ++i) {
            leads.push_back(boss.add_lead("Lead", {{"notes", "secret"}, {"city", "Pune"}, {"x-new", "secret"}}));
            boss.push(
                {boss.create("Note", boss.new_id(), {{"leadId", leads.back()}, {"text", "called"}}),
                 boss.create("Reminder", boss.new_id(),
                             {{"leadId", leads.back()}, {"title", "Call"}, {"reminderDate", "2026-12-01T10:00:00Z"}}),
                 boss.create("Payment", boss.new_id(), {{"leadId", leads.back()}, {"amount", 100}})});
        }
    }
};

std::set<std::string> models_of(const json& page) {
    std::set<std::string> models;
    for (const Row& row : rows(page)) models.insert(row.model);
    return models;
}

TEST_CASE_FIXTURE(Desk, "selective: models that are left out are in no page, children come without their leads") {
    const json only{{"models", {"Note", "Reminder"}}, {"limit", 3}};
    json all = other.pull_all(only);
    CHECK(models_of(all) == std::set<std::string>{"Note", "Reminder"});
    CHECK(rows(all).size() == 10);
    boss.push_one(boss.update("Lead", leads[0], 99, {{"city", "Goa"}}));
    const std::string note = boss.new_id();
    boss.push_one(boss.create("Note", note, {{"leadId", leads[0]}, {"text", "later"}}));
    all = other.pull_all(only);
    CHECK(only_row(all).id == note);
    const json verified =
        parsed(other.post("/api/sync/verify", {{"models", {"Note"}}, {"buckets", 1}, {"cursor", other.cursor}}));
    CHECK(verified["models"].size() == 1);
    CHECK(verified["models"]["Note"]["counts"] == json{6});
    CHECK(verified["moved"].size() == 1);
}

TEST_CASE_FIXTURE(Desk, "selective: fields that are left out never come, but their record's version moves on") {
    const json less{{"exclude", {{"Lead", {"notes", "x-new"}}}}, {"limit", 3}};
    json all = other.pull_all(less);
    CHECK(rows(all).size() == 20);
    CHECK(all.dump().find("secret") == std::string::npos);
    const auto version = boss.push_one(boss.update("Lead", leads[0], 99, {{"notes", "secret too"}}))["version"];
    all = other.pull_all(less);
    CHECK(all.dump().find("secret") == std::string::npos);
    CHECK(only_row(all).fields["version"] == version);
    boss.push_one(boss.update("Lead", leads[1], 99, {{"notes", "secret too"}, {"city", "Goa"}}));
    const Row row = only_row(other.pull_all(less));
    CHECK(row.fields["city"] == "Goa");
    CHECK(!row.fields.contains("notes"));
    const json page = other.pull({{"exclude", less["exclude"]}, {"records", {{"Lead", {leads[0]}}}}});
    CHECK(page.dump().find("secret") == std::string::npos);
}

TEST_CASE_FIXTURE(Desk, "selective: whatever changes while a first pull is under way") {
    const json only{{"models", {"Lead"}}, {"exclude", {{"Lead", {"notes"}}}}, {"limit", 2}};
    (void)other.pull(only);
    boss.push_one(boss.update("Lead", leads[4], 99, {{"city", "Goa"}, {"notes", "secret"}}));
    boss.push_one(boss.create("Note", boss.new_id(), {{"leadId", leads[4]}, {"text", "later"}}));
    const json rest = other.pull_all(only);
    CHECK(models_of(rest) == std::set<std::string>{"Lead"});
    for (const Row& row : rows(rest)) CHECK(!row.fields.contains("notes"));
}

}  // namespace
}  // namespace ct::server::test
