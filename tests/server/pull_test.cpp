// Pages: the first pull, changes from then on, what comes back and what does not.
#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "server/kit.h"

namespace ct::server::test {
namespace {

struct Two {
    Site site;
    Laptop asha = (site.add_user("a@example.org", Role::manager), Laptop(site, "a@example.org"));
    Laptop ravi = (site.add_user("r@example.org", Role::manager), Laptop(site, "r@example.org"));
};

/// Leads of every status, some with a payment, a note and reminders.
std::set<std::string> fill(Laptop& laptop, int leads) {
    std::set<std::string> ids;
    std::vector<json> operations;
    const char* statuses[] = {"PENDING", "CONVERTED", "FOLLOW_UP", "REJECTED"};
    const auto add = [&](const char* model, json data) {
        const std::string id = laptop.new_id();
        operations.push_back(laptop.create(model, id, std::move(data)));
        ids.insert(id);
        return id;
    };
    for (int i = 0; i < leads; ++i) {
        const std::string lead = add("Lead", {{"name", "L" + std::to_string(i)}, {"status", statuses[i % 4]}});
        if (i % 3 == 0) add("Payment", {{"leadId", lead}, {"amount", i}});
        if (i % 2 == 0) add("Note", {{"leadId", lead}, {"text", "n"}});
        add("Reminder",
            {{"leadId", lead}, {"title", "t"}, {"reminderDate", "2026-11-23"}, {"isCompleted", i % 5 == 0}});
    }
    add("Reminder", {{"title", "of nobody"}, {"reminderDate", "2026-11-23"}});
    laptop.push(operations);
    return ids;
}

TEST_CASE_FIXTURE(Two, "pull: whose doing a row is, and nobody else's, is told by its version; not in the first pull") {
    const User meera_user = site.add_user("m@example.org", Role::manager);
    Laptop meera(site, "m@example.org");
    const std::string one = asha.add_lead("One"), two = asha.add_lead("Two"), three = asha.add_lead("Three");
    CHECK_FALSE(ravi.pull_all().contains("authors"));
    CHECK(ravi.pull()["changes"].empty());

    const auto version_of = [](const json& result) { return result["version"]; };
    const json by_asha = version_of(asha.push_one(asha.update("Lead", one, 1, {{"city", "Pune"}})));
    const json gone = version_of(asha.push_one(asha.remove("Lead", two, 2)));
    asha.push_one(asha.update("Lead", three, 3, {{"city", "Goa"}}));
    meera.push_one(meera.update("Lead", three, 6, {{"phone", "98765 43210"}}));  // two were at it: nobody is named
    const std::string four = meera.new_id(), five = meera.new_id();
    const json added = version_of(meera.push_one(meera.create("Lead", four, {{"name", "Four"}})));
    meera.push_one(meera.create("Lead", five, {{"name", "Five"}}));
    asha.push_one(asha.update("Lead", five, 9, {{"city", "Goa"}}));
    CHECK(ravi.pull()["authors"] == json({{asha.user, {by_asha, gone}}, {meera.user, {added}}}));

    // What this device has done to the row since is no matter.
    ravi.push_one(ravi.update("Lead", one, by_asha, {{"company", "Firm"}}));
    asha.push_one(asha.update("Lead", one, by_asha, {{"city", "Thane"}}));
    const json both = version_of(ravi.push_one(ravi.update("Lead", one, by_asha, {{"notes", "later"}})));
    CHECK(ravi.pull()["authors"] == json({{asha.user, {both}}}));
}

TEST_CASE_FIXTURE(Two, "pull: the first gets each record once, the urgent first, parents before children") {
    const auto expected = fill(asha, 40);
    for (const int limit : {1, 3, 7, 1'000}) {
        CAPTURE(limit);
        ravi.cursor = nullptr;
        std::map<std::string, std::size_t> place;
        std::size_t last_open = 0, first_other = 1'000'000;
        for (const Row& row : rows(ravi.pull_all({{"limit", limit}}))) {
            const std::size_t at = place.size();
            REQUIRE(place.emplace(row.id, at).second);
            REQUIRE(row.fields.contains("createdAt"));  // whole
            if (row.fields.contains("leadId") && !row.fields["leadId"].is_null())
                REQUIRE(place.contains(row.fields["leadId"]));
            if (row.model != "Lead") continue;
            const bool open = row.fields["status"] == "PENDING" || row.fields["status"] == "FOLLOW_UP";
            if (open)
                last_open = at;
            else
                first_other = std::min(first_other, at);
        }
        CHECK(place.size() == expected.size());
        if (limit < 10) CHECK(last_open < first_other);
        CHECK(rows(ravi.pull()).empty());
    }
}

TEST_CASE_FIXTURE(Two,
                  "pull: what changes during a first pull is not missed, and children never come before their lead") {
    fill(asha, 30);
    std::map<std::string, json> mirror;
    std::vector<json> known =
        parsed(asha.post("/api/sync/pull", {{"protocol", 1}, {"deviceId", asha.device}}))["changes"];
    std::vector<std::string> leads;
    for (const Row& row : rows({{"changes", known}}))
        if (row.model == "Lead") leads.push_back(row.id);
    bool more = true;
    for (std::size_t page_number = 0; more; ++page_number) {
        const json page = ravi.pull({{"limit", 5}});
        more = page["hasMore"].get<bool>();
        for (const Row& row : rows(page)) {
            if (row.fields.contains("gone")) {
                mirror.erase(row.id);
                continue;
            }
            const json lead = row.fields.value("leadId", json());
            const bool orphan = lead.is_null() || lead == leads[10];  // that one is deleted
            if (!orphan) {
                CHECK_MESSAGE(mirror.contains(lead), row.fields.dump());
            }
            mirror[row.id].update(row.fields);
        }
        if (page_number >= leads.size() / 2) continue;
        asha.push_one(asha.update("Lead", leads[leads.size() - 1 - page_number], 1'000,
                                  {{"city", "C" + std::to_string(page_number)}}));
        asha.push_one(asha.update("Lead", leads[page_number], 1'000,
                                  {{"status", page_number % 2 == 0 ? "REJECTED" : "PENDING"}}));
        if (page_number == 3) asha.push_one(asha.remove("Lead", leads[10], 1'000));
    }
    Laptop fresh(site, "r@example.org");
    std::map<std::string, json> truth;
    for (const Row& row : rows(fresh.pull_all())) truth[row.id] = row.fields;
    CHECK((mirror == truth));  // too long to print
}

TEST_CASE_FIXTURE(Two, "pull: a child that moves to a new lead does not arrive before it") {
    const std::string first = asha.add_lead("First"), payment = asha.new_id();
    asha.push_one(asha.create("Payment", payment, {{"leadId", first}, {"amount", 5}}));
    (void)ravi.pull_all();
    const std::string second = asha.add_lead("Second");
    asha.push_one(asha.update("Payment", payment, 1'000, {{"leadId", second}}));
    asha.push_one(asha.update("Lead", second, 1'000, {{"city", "Pune"}}));  // later in the order of changes
    bool lead_came = false;
    for (bool more = true; more;) {
        const json page = ravi.pull({{"limit", 1}});
        more = page["hasMore"].get<bool>();
        for (const Row& row : rows(page)) {
            lead_came = lead_came || row.id == second;
            if (row.id == payment) CHECK(lead_came);
        }
    }
    CHECK(lead_came);
}

TEST_CASE_FIXTURE(Two, "pull: models that only a newer peer knows are passed over") {
    const std::string lead = asha.add_lead("Asha");
    CHECK(only_row(ravi.pull({{"models", {"Lead", "Invoice"}}})).id == lead);
    const json body{{"protocol", 1}, {"deviceId", ravi.device}, {"models", {"Invoice"}}};
    check_problem(ravi.post("/api/sync/pull", body), 400, "MALFORMED");
}

TEST_CASE_FIXTURE(Two, "pull: from then on only the changed fields travel, and one's own do not come back") {
    const std::string id = asha.add_lead("Asha", {{"city", "Pune"}});
    (void)ravi.pull_all();
    (void)asha.pull_all();
    const json update = asha.update("Lead", id, 1, {{"phone", "+91 98765 43210"}, {"city", nullptr}});
    asha.push_one(update);
    const Row row = only_row(ravi.pull());
    CHECK(row.fields["phone"] == "+91 98765 43210");
    CHECK(row.fields["city"].is_null());
    CHECK(row.fields.contains("updatedAt"));
    CHECK(row.fields.size() == 4);  // with the version
    CHECK(rows(ravi.pull()).empty());
    CHECK(rows(asha.pull()).empty());

    // What others change in the same record comes, without one's own.
    asha.push_one(asha.update("Lead", id, 2, {{"company", "Own"}}));
    ravi.push_one(ravi.update("Lead", id, 2, {{"address", "Other"}}));
    const Row mixed = only_row(asha.pull());
    CHECK(mixed.fields["address"] == "Other");
    CHECK_FALSE(mixed.fields.contains("company"));
    CHECK(only_row(ravi.pull()).fields["company"] == "Own");
}

TEST_CASE_FIXTURE(Two, "pull: deletes and revivals") {
    const std::string id = asha.add_lead("Asha"), other = asha.add_lead("Never seen");
    (void)ravi.pull_all();
    asha.push_one(asha.remove("Lead", id, 1));
    const Row gone = only_row(ravi.pull());
    CHECK(gone.fields["gone"] == "deleted");
    CHECK(gone.id == id);
    CHECK(gone.fields["version"] == 3);
    site.clock.move(1'000);
    asha.push_one(asha.update("Lead", id, 3, {{"city", "Back"}}));
    const Row back = only_row(ravi.pull());
    CHECK(back.fields["name"] == "Asha");  // whole: the mirror dropped it
    asha.push_one(asha.remove("Lead", other, 2));
    Laptop fresh(site, "r@example.org");
    CHECK(only_row(fresh.pull_all()).id == id);  // a first pull names no dead
}

TEST_CASE_FIXTURE(Two, "pull: a record that changes between two pages of changes loses nothing") {
    std::vector<std::string> ids;
    for (int i = 0; i < 6; ++i) ids.push_back(asha.add_lead("L" + std::to_string(i)));
    (void)ravi.pull_all();
    for (const std::string& id : ids) asha.push_one(asha.update("Lead", id, 6, {{"city", "First"}}));
    json page = ravi.pull({{"limit", 2}});
    CHECK(rows(page).size() == 2);
    CHECK(page["hasMore"] == true);
    CHECK(page["remaining"] == 4);
    asha.push_one(asha.update("Lead", ids[4], 12, {{"company", "Second"}}));
    std::map<std::string, json> seen;
    while (page["hasMore"] == true) {
        page = ravi.pull({{"limit", 2}});
        for (const Row& row : rows(page)) seen[row.id].update(row.fields);
    }
    CHECK(seen.size() == 4);
    CHECK(seen[ids[4]]["city"] == "First");
    CHECK(seen[ids[4]]["company"] == "Second");
}

TEST_CASE_FIXTURE(Two, "pull: models and fields can be left out; limits in rows and bytes hold") {
    fill(asha, 30);
    const auto models_of = [](const json& page) {
        std::set<std::string> models;
        for (const Row& row : rows(page)) models.insert(row.model);
        return models;
    };
    CHECK(models_of(ravi.pull_all({{"models", {"Lead"}}})) == std::set<std::string>{"Lead"});
    ravi.cursor = nullptr;
    for (const Row& row : rows(ravi.pull_all({{"exclude", {{"Lead", {"notes", "address"}}}}}))) {
        CHECK_FALSE((row.model == "Lead" && (row.fields.contains("notes") || row.fields.contains("address"))));
    }
    ravi.cursor = nullptr;
    CHECK(rows(ravi.pull({{"limit", 7}})).size() == 7);
    CHECK(rows(ravi.pull({{"limit", 0}})).size() == 1);

    ServiceOptions options;
    options.pull_limit_max = 4;
    options.pull_bytes_max = 600;
    options.password_cost = kCheap;
    Service small(*site.storage, site.clock, site.random, options);
    json body{{"protocol", 1}, {"deviceId", ravi.device}, {"limit", 1'000}};
    http::Request request{"POST", "/api/sync/pull", {}, {}, body.dump(), {}};
    request.headers = {{"Authorization", "Bearer " + ravi.token}, {"Content-Type", "application/json"}};
    CHECK(rows(parsed(small.handle(request))).size() <= 4);
    CHECK(rows(parsed(small.handle(request))).size() >= 1);
}

TEST_CASE_FIXTURE(Two, "pull: a cursor of another view, or ahead of the server, has to start anew") {
    (void)asha.add_lead("Asha");
    (void)ravi.pull_all();
    site.add_user("e@example.org", Role::employee);
    site.add_user("f@example.org", Role::employee);
    Laptop first(site, "e@example.org"), second(site, "f@example.org");
    (void)first.pull_all();
    const auto with = [](const Laptop& laptop, const json& cursor) {
        return laptop.post("/api/sync/pull", {{"protocol", 1}, {"deviceId", laptop.device}, {"cursor", cursor}});
    };
    check_problem(with(second, first.cursor), 409, "RESYNC_REQUIRED");
    check_problem(with(second, ravi.cursor), 409, "RESYNC_REQUIRED");
    check_problem(with(ravi, "v.99.99.a"), 409, "RESYNC_REQUIRED");
    check_problem(with(ravi, "not a cursor"), 400, "MALFORMED");
    CHECK(with(asha, ravi.cursor).status == 200);  // both see everything
}

TEST_CASE_FIXTURE(Two, "pull: a long poll is answered by a push, ends in time, and ends when the server stops") {
    using std::chrono::steady_clock;
    const auto seconds = [](steady_clock::time_point from) {
        return std::chrono::duration<double>(steady_clock::now() - from).count();
    };
    (void)ravi.pull_all();
    auto began = steady_clock::now();
    CHECK(rows(ravi.pull({{"wait", 1}})).empty());
    CHECK(seconds(began) >= 0.9);

    json page;
    std::thread waiting([&] { page = ravi.pull({{"wait", 25}}); });
    began = steady_clock::now();
    (void)asha.add_lead("News");
    waiting.join();
    CHECK(seconds(began) < 5);
    CHECK(only_row(page).fields["name"] == "News");

    // One's own push is no news.
    std::thread own([&] { page = ravi.pull({{"wait", 25}}); });
    (void)ravi.add_lead("Own");
    site.service->stop();
    own.join();
    CHECK(rows(page).empty());
    began = steady_clock::now();
    (void)ravi.pull({{"wait", 25}});
    CHECK(seconds(began) < 5);
}

}  // namespace
}  // namespace ct::server::test
