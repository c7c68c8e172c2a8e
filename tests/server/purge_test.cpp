// Tombstones: how long they stay, who holds them back, and what becomes of a cursor that is older.
#include "server/purge.h"

#include <doctest/doctest.h>

#include "server/kit.h"

namespace ct::server::test {
namespace {

constexpr UnixMs kDay = 86'400'000;

struct Yard {
    Site site;
    User boss_user = site.add_user("boss@example.org", Role::manager);
    Laptop boss{site, "boss@example.org"}, other{site, "boss@example.org"};
    std::vector<std::string> leads;

    Yard() {
        for (int i = 0; i < 4; ++i) leads.push_back(boss.add_lead("Lead"));
    }
    void both_pull() {
        for (Laptop* laptop : {&boss, &other}) (void)laptop->pull_all();
        site.clock.move(kDay / 24);
        for (Laptop* laptop : {&boss, &other}) (void)laptop->pull_all();  // the cursor says how far they are
    }
    std::int64_t purge() {
        const auto purged = purge_tombstones(*site.storage, site.clock.now());
        REQUIRE_MESSAGE(purged.has_value(), (purged ? "" : purged.error().message));
        return *purged;
    }
};

TEST_CASE_FIXTURE(Yard, "purge: a tombstone goes when it is 30 days old and all active devices have seen it") {
    (void)other.pull_all();
    const json old_cursor = other.cursor;
    boss.push_one(boss.remove("Lead", leads[0], 99));
    boss.push_one(boss.remove("Lead", leads[1], 99));
    (void)boss.pull_all();
    CHECK(purge() == 0);
    site.clock.move(31 * kDay);
    (void)boss.pull_all();
    CHECK(purge() == 0);  // the other has not heard of it
    both_pull();
    CHECK(purge() == 2);
    CHECK(purge() == 0);
    CHECK(boss.pull()["purgeFloor"] == 6);
    CHECK(rows(boss.pull_all()).empty());  // at the floor: goes on as before
    check_problem(other.post("/api/sync/pull", {{"protocol", 1}, {"deviceId", other.device}, {"cursor", old_cursor}}),
                  409, "RESYNC_REQUIRED");
    other.cursor = nullptr;
    CHECK(rows(other.pull_all()).size() == 2);
    // An edit of what is gone is refused, and the record does not come back by itself.
    CHECK(other.push_one(other.update("Lead", leads[0], 1, {{"city", "Goa"}}))["status"] == "rejected");
}

TEST_CASE_FIXTURE(Yard, "purge: more than one transaction may take") {
    constexpr int kMany = 2'300;
    std::vector<std::string> many;
    std::vector<json> operations;
    for (int i = 0; i < kMany; ++i) {
        many.push_back(boss.new_id());
        operations.push_back(boss.create("Note", many.back(), {{"leadId", leads[0]}, {"text", "x"}}));
    }
    (void)boss.push(operations);
    operations.clear();
    for (const std::string& id : many) operations.push_back(boss.remove("Note", id, 99));
    (void)boss.push(operations);
    site.clock.move(31 * kDay);
    both_pull();
    CHECK(purge() == kMany);
    CHECK(purge() == 0);
    CHECK(boss.pull()["purgeFloor"] == 4 + 2 * kMany);
    other.cursor = nullptr;
    CHECK(rows(other.pull_all()).size() == 4);
}

TEST_CASE_FIXTURE(Yard,
                  "purge: the trash keeps for 30 days since the server heard of it, and what was restored stays") {
    both_pull();
    site.clock.move(31 * kDay);
    boss.push_one(boss.remove("Lead", leads[0], 99));
    both_pull();
    site.clock.move(29 * kDay);
    both_pull();
    CHECK(purge() == 0);
    CHECK(boss.push_one(boss.update("Lead", leads[0], 99, {{"city", "Goa"}}))["status"] != "rejected");  // restored
    site.clock.move(40 * kDay);
    both_pull();
    CHECK(purge() == 0);
    CHECK(rows(parsed(boss.post("/api/sync/pull", {{"protocol", 1}, {"deviceId", boss.device}}))).size() == 4);
}

TEST_CASE_FIXTURE(Yard,
                  "purge: a device that was not seen for 90 days holds nothing back; a merged lead stays an alias") {
    (void)other.pull_all();
    const json old_cursor = other.cursor;
    boss.push_one(boss.update("Lead", leads[1], 99, {{"mergedInto", leads[2]}}));
    boss.push({boss.remove("Lead", leads[0], 99), boss.remove("Lead", leads[1], 99)});
    for (int month = 0; month < 4; ++month) {
        (void)boss.pull_all();
        CHECK(purge() == 0);
        site.clock.move(29 * kDay);
    }
    (void)boss.pull_all();
    CHECK(purge() == 1);
    check_problem(other.post("/api/sync/pull", {{"protocol", 1}, {"deviceId", other.device}, {"cursor", old_cursor}}),
                  401,
                  "UNAUTHENTICATED");  // its token has run out as well
    const json page = boss.pull({{"records", {{"Lead", {leads[0], leads[1]}}}}});
    for (const Row& row : rows(page)) CHECK(row.fields["gone"] == (row.id == leads[1] ? "deleted" : "revoked"));
}

}  // namespace
}  // namespace ct::server::test
