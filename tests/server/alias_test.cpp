// Two leads become one while somebody else, who has not heard of it, goes on with the old one.
#include <doctest/doctest.h>

#include "server/kit.h"

namespace ct::server::test {
namespace {

/// Asha merges `old` into `good`; Ravi's last pull was before that.
struct Merged {
    Merged() {
        good = asha.add_lead("Good", {{"city", "Pune"}});
        old = asha.add_lead("Old", {{"phone", "100"}});
        payment = asha.new_id();
        (void)asha.push_one(asha.create("Payment", payment, {{"leadId", old}, {"amount", 100}}));
        note = asha.new_id();
        (void)asha.push_one(asha.create("Note", note, {{"leadId", old}, {"text", "Hello"}}));
        ravi.pull_all();
        asha.pull_all();
        base = 4;
        const json group{{"group", asha.new_id()}};
        json answer = asha.push({asha.update("Lead", good, base, {{"phone", "100"}}, group),
                                 asha.update("Payment", payment, base, {{"leadId", good}}, group),
                                 asha.update("Note", note, base, {{"leadId", good}}, group),
                                 asha.update("Lead", old, base, {{"mergedInto", good}}, group)});
        for (const json& result : answer["results"]) CHECK_MESSAGE(result["status"] == "applied", result.dump());
    }
    [[nodiscard]] json lead(Laptop& laptop, const std::string& id) const {
        Laptop fresh(laptop.site, "r@example.org");
        for (const Row& row : rows(fresh.pull_all())) {
            if (row.id == id) return row.fields;
        }
        return {};
    }

    Site site;
    Laptop asha = (site.add_user("a@example.org", Role::manager), Laptop(site, "a@example.org"));
    Laptop ravi = (site.add_user("r@example.org", Role::manager), Laptop(site, "r@example.org"));
    std::string good, old, payment, note;
    std::int64_t base = 0;
};

}  // namespace

TEST_CASE_FIXTURE(Merged, "alias: an edit of the old lead lands on the survivor, and its maker hears of it") {
    json result = ravi.push_one(ravi.update("Lead", old, base, {{"company", "Firm"}, {"city", "Goa"}}));
    CHECK(result["status"] == "merged");
    CHECK(result["record"]["id"] == old);
    CHECK(result["record"]["mergedInto"] == good);
    CHECK_FALSE(result["record"].contains("company"));
    bool told = false;
    for (const Row& row : rows(ravi.pull_all())) {
        if (row.id != good) continue;
        told = true;
        CHECK(row.fields["company"] == "Firm");
    }
    CHECK(told);
    const json survivor = lead(ravi, good);
    CHECK(survivor["company"] == "Firm");
    CHECK(survivor["city"] == "Goa");
    CHECK(survivor["name"] == "Good");
    CHECK(survivor["phone"] == "100");
}

TEST_CASE_FIXTURE(Merged, "alias: who edits the survivor before hearing of that is told what landed there") {
    (void)ravi.push_one(ravi.update("Lead", old, base, {{"company", "Firm"}}));
    json result = ravi.push_one(ravi.update("Lead", good, base, {{"email", "g@example.org"}}));
    CHECK(result["record"]["company"] == "Firm");
    CHECK(result["record"]["email"] == "g@example.org");
}

TEST_CASE_FIXTURE(Merged, "alias: what is added to the old lead hangs on the survivor") {
    const std::string id = ravi.new_id();
    json result = ravi.push_one(
        ravi.create("Reminder", id, {{"leadId", old}, {"title", "Call"}, {"reminderDate", "2026-12-01T10:00:00Z"}}));
    CHECK(result["status"] == "merged");
    CHECK(result["record"]["leadId"] == good);
    CHECK(lead(ravi, id)["leadId"] == good);
    CHECK(lead(ravi, payment)["leadId"] == good);
    CHECK(lead(ravi, note)["leadId"] == good);
}

TEST_CASE_FIXTURE(Merged, "alias: who has seen the merge edits the old lead itself, and can undo it") {
    ravi.pull_all();
    json edited = ravi.push_one(ravi.update("Lead", old, 8, {{"company", "Firm"}}));
    CHECK(edited["status"] == "applied");
    CHECK(lead(ravi, old)["company"] == "Firm");
    const json group{{"group", ravi.new_id()}};
    json undone = ravi.push({ravi.update("Lead", old, 9, {{"mergedInto", nullptr}}, group),
                             ravi.update("Payment", payment, 9, {{"leadId", old}}, group)});
    for (const json& result : undone["results"]) CHECK(result["status"] == "applied");
    CHECK(lead(ravi, payment)["leadId"] == old);
    CHECK(lead(ravi, old).value("mergedInto", json()).is_null());
    CHECK(ravi.push_one(ravi.update("Lead", old, 11, {{"city", "Delhi"}}))["status"] == "applied");
    CHECK(lead(ravi, old)["city"] == "Delhi");
}

TEST_CASE_FIXTURE(Merged, "alias: a chain of merges is followed, and a circle is not") {
    const std::string best = asha.add_lead("Best");
    CHECK(asha.push_one(asha.update("Lead", good, 9, {{"mergedInto", best}}))["status"] == "applied");
    (void)ravi.push_one(ravi.update("Lead", old, base, {{"company", "Firm"}}));
    CHECK(lead(ravi, best)["company"] == "Firm");
    CHECK(asha.push_one(asha.update("Lead", best, 11, {{"mergedInto", old}}))["status"] == "applied");
    (void)ravi.push_one(ravi.update("Lead", old, base, {{"address", "Here"}}));  // ends somewhere
    int places = 0;
    for (const std::string& id : {good, old, best}) places += lead(ravi, id).value("address", json()) == "Here" ? 1 : 0;
    CHECK(places == 1);
}

}  // namespace ct::server::test
