// What an EMPLOYEE sees, and verify.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "base/uuid.h"
#include "server/kit.h"
#include "sync/mirror.h"

namespace ct::server::test {
namespace {

struct Office {
    Site site;
    User asha_user = site.add_user("a@example.org", Role::employee);
    User ravi_user = site.add_user("r@example.org", Role::employee);
    User boss_user = site.add_user("b@example.org", Role::manager);
    Laptop asha{site, "a@example.org"}, ravi{site, "r@example.org"}, boss{site, "b@example.org"};

    /// A lead of that owner with a payment, made by the manager.
    std::pair<std::string, std::string> lead_of(const std::string& owner) {
        const std::string lead = boss.add_lead("Lead", {{"ownerId", owner}}), payment = boss.new_id();
        boss.push_one(boss.create("Payment", payment, {{"leadId", lead}, {"amount", 5}}));
        return {lead, payment};
    }
    void give(const std::string& lead, const std::string& owner) {
        site.clock.move(1'000);
        boss.push_one(boss.update("Lead", lead, 1'000'000, {{"ownerId", owner}}));
    }
};

std::map<std::string, std::string> fates(const json& page) {
    std::map<std::string, std::string> all;
    for (const Row& row : rows(page)) {
        const std::string fate = row.fields.contains("gone")        ? row.fields["gone"]
                                 : row.fields.contains("createdAt") ? "whole"
                                                                    : "partial";
        REQUIRE(all.emplace(row.id, fate).second);
    }
    return all;
}

using Fates = std::map<std::string, std::string>;

TEST_CASE_FIXTURE(Office, "visibility: an employee sees their own leads and what hangs on them, a manager all") {
    const auto [lead, payment] = lead_of(asha.user);
    const std::string nobodys = boss.add_lead("Nobody's");
    CHECK(fates(asha.pull_all()) == Fates{{lead, "whole"}, {payment, "whole"}});
    CHECK(fates(ravi.pull_all()).empty());
    CHECK(fates(boss.pull_all()).size() == 3);
    boss.push_one(boss.update("Lead", nobodys, 3, {{"city", "Pune"}}));
    boss.push_one(boss.update("Payment", payment, 2, {{"amount", 6}}));
    CHECK(fates(asha.pull_all()) == Fates{{payment, "partial"}});
    CHECK(fates(ravi.pull_all()).empty());
}

TEST_CASE_FIXTURE(Office,
                  "visibility: a reassigned lead is revoked from one and comes whole to the other, with its children") {
    const auto [lead, payment] = lead_of(asha.user);
    (void)asha.pull_all();
    (void)ravi.pull_all();
    (void)boss.pull_all();
    give(lead, ravi.user);
    CHECK(fates(asha.pull_all()) == Fates{{lead, "revoked"}, {payment, "revoked"}});
    CHECK(fates(asha.pull_all()).empty());
    CHECK(fates(ravi.pull_all()) == Fates{{lead, "whole"}, {payment, "whole"}});
    CHECK(fates(boss.pull_all()).empty());  // the manager's own edit; the payment itself did not change
    boss.push_one(boss.update("Payment", payment, 2, {{"amount", 7}}));
    CHECK(fates(asha.pull_all()).empty());
    give(lead, asha.user);
    CHECK(fates(asha.pull_all()) == Fates{{lead, "whole"}, {payment, "whole"}});
    give(lead, ravi.user);
    give(lead, asha.user);  // there and back between two pulls
    CHECK(fates(asha.pull_all()) == Fates{{lead, "whole"}, {payment, "whole"}});
    CHECK(fates(ravi.pull_all()) == Fates{{lead, "revoked"}, {payment, "revoked"}});
    Laptop fresh(site, "r@example.org");
    CHECK(fates(fresh.pull_all()).empty());
}

TEST_CASE_FIXTURE(Office, "visibility: a payment that moves to another's lead follows it") {
    const auto [lead, payment] = lead_of(asha.user);
    const auto [other, other_payment] = lead_of(ravi.user);
    (void)asha.pull_all();
    (void)ravi.pull_all();
    boss.push_one(boss.update("Payment", payment, 1'000, {{"leadId", other}}));
    CHECK(fates(asha.pull_all()) == Fates{{payment, "revoked"}});
    CHECK(fates(ravi.pull_all()) == Fates{{payment, "whole"}});
}

TEST_CASE_FIXTURE(Office, "visibility: what one may not see is as if it were not there") {
    const auto [lead, payment] = lead_of(asha.user);
    json result = ravi.push_one(ravi.update("Lead", lead, 1, {{"name", "Mine"}}));
    CHECK(result["error"]["code"] == "FORBIDDEN");
    const json unknown = ravi.push_one(ravi.update("Lead", ravi.new_id(), 1, {{"name", "Mine"}}));
    CHECK(unknown["error"] == result["error"]);
    CHECK_FALSE(result.contains("record"));
    result = ravi.push_one(ravi.create("Lead", lead, {{"name", "Mine"}}));
    CHECK(result["error"]["code"] == "FORBIDDEN");
    result = ravi.push_one(ravi.remove("Payment", payment, 2));
    CHECK(result["error"]["code"] == "FORBIDDEN");
    result = ravi.push_one(ravi.create("Note", ravi.new_id(), {{"leadId", lead}, {"text", "n"}}));
    CHECK(result["error"]["code"] == "MISSING_PARENT");
}

TEST_CASE_FIXTURE(Office, "visibility: an employee's new lead is theirs; one made for another is taken away again") {
    const std::string own = asha.new_id();
    json result = asha.push_one(asha.create("Lead", own, {{"name", "Own"}}));
    CHECK(result["record"]["ownerId"] == asha.user);  // filled in, so the answer tells
    const std::string given = asha.new_id(), reminder = asha.new_id(), loose = asha.new_id();
    asha.push_one(asha.create("Lead", given, {{"name", "For Ravi"}, {"ownerId", ravi.user}}));
    asha.push({asha.create("Reminder", reminder, {{"leadId", own}, {"title", "t"}, {"reminderDate", "2026-11-23"}}),
               asha.create("Reminder", loose, {{"title", "of no lead"}, {"reminderDate", "2026-11-23"}})});
    CHECK(fates(ravi.pull_all()) == Fates{{given, "whole"}});
    Laptop second(site, "a@example.org");
    CHECK(fates(second.pull_all()) == Fates{{own, "whole"}, {reminder, "whole"}, {loose, "whole"}});
    asha.push_one(asha.update("Lead", own, 1, {{"ownerId", ravi.user}}));
    CHECK(fates(second.pull_all()) == Fates{{own, "revoked"}, {reminder, "revoked"}});
    CHECK(fates(ravi.pull_all()) == Fates{{own, "whole"}, {reminder, "whole"}});
}

TEST_CASE_FIXTURE(Office, "visibility: who gives a lead away on a device that pulled before loses it there too") {
    const std::string own = asha.add_lead("Own");
    (void)asha.pull_all();
    const std::string given = asha.new_id();
    asha.push({asha.create("Lead", given, {{"name", "For Ravi"}, {"ownerId", ravi.user}}),
               asha.update("Lead", own, 1, {{"ownerId", ravi.user}})});
    CHECK(fates(asha.pull_all()) == Fates{{own, "revoked"}, {given, "revoked"}});
}

/// Digests as sync/mirror.h defines them, from rows.
json digests(const std::vector<Row>& all, const std::string& model, std::size_t buckets) {
    std::vector<std::uint64_t> sums(buckets);
    std::vector<int> counts(buckets);
    for (const Row& row : all) {
        if (row.model != model) continue;
        const Uuid id = *Uuid::parse(row.id);
        sums[id.bytes[15] % buckets] += sync::record_digest(id, row.fields["version"]);
        ++counts[id.bytes[15] % buckets];
    }
    json made{{"counts", counts}, {"digests", json::array()}};
    for (const std::uint64_t sum : sums) {
        char text[17];
        (void)std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(sum));
        made["digests"].push_back(text);
    }
    return made;
}

TEST_CASE_FIXTURE(Office, "verify: counts and digests are those of what the user's pull gives") {
    for (int i = 0; i < 20; ++i) (void)lead_of(i % 2 == 0 ? asha.user : ravi.user);
    const auto [gone, payment] = lead_of(asha.user);
    boss.push_one(boss.remove("Lead", gone, 1'000));
    for (Laptop* laptop : {&asha, &boss}) {
        const auto all = rows(laptop->pull_all());
        const json answer = parsed(laptop->post("/api/sync/verify", {{"buckets", 16}}));
        CHECK(answer["epoch"] == laptop->epoch);
        for (const char* model : {"Lead", "Note", "Payment", "Reminder"}) {
            CHECK(answer["models"][model] == digests(all, model, 16));
        }
        const json one = parsed(laptop->post("/api/sync/verify", {{"models", {"Payment"}}}));
        CHECK(one["models"].size() == 1);
        CHECK(one["models"]["Payment"] == digests(all, "Payment", 256));
    }
}

}  // namespace
}  // namespace ct::server::test
