// POST /api/sync/verify with a cursor, lists of buckets, and pulls of single records.
#include <doctest/doctest.h>

#include "server/kit.h"
#include "sync/mirror.h"

namespace ct::server::test {
namespace {

struct Two {
    Site site;
    User boss_user = site.add_user("boss@example.org", Role::manager);
    User ravi_user = site.add_user("ravi@example.org", Role::employee);
    Laptop boss{site, "boss@example.org"}, ravi{site, "ravi@example.org"};

    json verify(const Laptop& laptop, json more = {}) {
        if (more.is_null()) more = json::object();
        return parsed(laptop.post("/api/sync/verify", more));
    }
};

std::int64_t total(const json& model) {
    std::int64_t sum = 0;
    for (const json& count : model["counts"]) sum += count.get<std::int64_t>();
    return sum;
}

TEST_CASE_FIXTURE(Two, "verify: with a cursor, what changed since is left out and named") {
    std::vector<std::string> leads;
    for (int i = 0; i < 6; ++i) leads.push_back(boss.add_lead("Lead", {{"ownerId", ravi_user.id}}));
    (void)boss.pull_all();
    const json before = verify(boss, {{"buckets", 1}, {"cursor", boss.cursor}});
    CHECK(before["from"] == boss.cursor);
    CHECK(before["behind"] == false);
    CHECK(total(before["models"]["Lead"]) == 6);
    CHECK(before["moved"]["Lead"].empty());

    site.clock.move(1'000);  // later by the stamp, whatever the devices are called
    Laptop other(site, "boss@example.org");
    other.push_one(other.update("Lead", leads[0], 99, {{"city", "Goa"}}));
    other.push_one(other.remove("Lead", leads[1], 99));
    other.push_one(other.update("Lead", leads[2], 99, {{"ownerId", boss_user.id}}));
    const std::string added = other.add_lead("New");
    const json after = verify(boss, {{"buckets", 1}, {"cursor", boss.cursor}});
    CHECK(total(after["models"]["Lead"]) == 3);
    json moved = after["moved"]["Lead"], expected = {leads[0], leads[1], leads[2], added};
    std::sort(moved.begin(), moved.end());
    std::sort(expected.begin(), expected.end());
    CHECK(moved == expected);
    CHECK(total(verify(boss, {{"buckets", 1}})["models"]["Lead"]) == 6);  // as things are now

    // Who loses sight of a record is told that it moved, too.
    (void)ravi.pull_all();
    other.push_one(other.update("Lead", leads[3], 99, {{"ownerId", boss_user.id}}));
    const json his = verify(ravi, {{"buckets", 1}, {"cursor", ravi.cursor}});
    CHECK(his["moved"]["Lead"] == json{leads[3]});
    CHECK(total(his["models"]["Lead"]) == 3);
}

TEST_CASE_FIXTURE(Two, "verify: a pull under way has to end first, and a cursor must be one of ours") {
    for (int i = 0; i < 6; ++i) (void)boss.add_lead("Lead");
    (void)boss.pull({{"limit", 2}});
    check_problem(boss.post("/api/sync/verify", {{"cursor", boss.cursor}}), 409, "PULL_FIRST");
    check_problem(boss.post("/api/sync/verify", {{"cursor", "v.0"}}), 400, "MALFORMED");
    (void)boss.pull_all();
    check_problem(ravi.post("/api/sync/verify", {{"cursor", boss.cursor}}), 409, "RESYNC_REQUIRED");
    for (const char* body : {R"({"list":7})", R"({"list":{"Lead":7}})", R"({"list":{"Lead":[-1]}})",
                             R"({"list":{"Lead":[256]}})", R"({"cursor":7})"}) {
        CAPTURE(body);
        check_problem(site.ask("POST", "/api/sync/verify", body, boss.token), 400, "MALFORMED");
    }
}

TEST_CASE_FIXTURE(Two, "verify: the records of a bucket by id and version, as this user sees them") {
    std::vector<std::string> leads;
    for (int i = 0; i < 40; ++i) leads.push_back(boss.add_lead("Lead", {{"ownerId", i % 2 ? ravi_user.id : ""}}));
    for (Laptop* laptop : {&boss, &ravi}) {
        json seen = json::array();
        for (const Row& row : rows(laptop->pull_all())) {
            if (sync::bucket_of(*Uuid::parse(row.id), 4) == 3) seen.push_back({row.id, row.fields["version"]});
        }
        REQUIRE(!seen.empty());
        const json answer = verify(
            *laptop, {{"buckets", 4}, {"cursor", laptop->cursor}, {"list", {{"Lead", {3}}, {"Note", json::array()}}}});
        CHECK(answer["models"].size() == 2);
        json listed = answer["models"]["Lead"]["records"];
        std::sort(listed.begin(), listed.end());
        std::sort(seen.begin(), seen.end());
        CHECK(listed == seen);
    }
}

TEST_CASE_FIXTURE(Two, "pull: single records come whole, or gone, and the cursor stays") {
    const std::string his = boss.add_lead("His", {{"ownerId", ravi_user.id}});
    const std::string hers = boss.add_lead("Hers");
    const std::string gone = boss.add_lead("Gone", {{"ownerId", ravi_user.id}});
    boss.push_one(boss.remove("Lead", gone, 99));
    const std::string never = boss.new_id();
    (void)ravi.pull_all();
    const json cursor = ravi.cursor;
    const json page = ravi.pull({{"records", {{"Lead", {his, hers, gone, never}}}}});
    CHECK(page["cursor"] == cursor);
    CHECK(page["from"] == cursor);
    CHECK(page["hasMore"] == false);
    std::map<std::string, std::string> fates;
    for (const Row& row : rows(page)) fates[row.id] = row.fields.value("gone", std::string("whole"));
    CHECK(fates ==
          std::map<std::string, std::string>{{his, "whole"}, {hers, "revoked"}, {gone, "deleted"}, {never, "revoked"}});

    const json head{{"protocol", 1}, {"deviceId", ravi.device}, {"epoch", ravi.epoch}, {"cursor", cursor}};
    const auto asking = [&](const json& more) {
        json body = head;
        body.update(more);
        return ravi.post("/api/sync/pull", body);
    };
    check_problem(asking({{"records", {{"Lead", {his}}}}, {"cursor", nullptr}}), 400, "MALFORMED");
    check_problem(asking({{"records", {{"Lead", {"x"}}}}}), 400, "MALFORMED");
    CHECK(asking({{"records", {{"Ship", {his}}}}}).status == 200);  // of a newer peer
    check_problem(asking({{"records", {{"Lead", {his, hers}}}}, {"limit", 1}}), 413, "TOO_LARGE");
}

}  // namespace
}  // namespace ct::server::test
