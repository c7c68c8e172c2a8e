// Exactly once, in order: receipts, the device's numbering, forks, epochs.
#include <doctest/doctest.h>

#include "server/kit.h"

namespace ct::server::test {
namespace {

struct One {
    Site site;
    Laptop asha = (site.add_user("asha@example.org", Role::manager), Laptop(site, "asha@example.org"));
};

/// Results as they were sent, byte for byte.
std::string results_text(const http::Response& response) {
    REQUIRE(response.status == 200);
    return response.body.substr(response.body.find("\"results\""));
}

TEST_CASE_FIXTURE(One, "sequence: a batch sent again gives the same bytes and changes nothing") {
    site.add_user("ravi@example.org", Role::manager);
    Laptop ravi(site, "ravi@example.org");
    const std::string id = asha.add_lead("Asha");
    site.clock.move(1'000);
    ravi.push_one(ravi.update("Lead", id, 1, {{"city", "Pune"}, {"amount", 100}}));
    const json group{{"group", asha.new_id()}};
    const std::vector<json> batch{
        asha.update("Lead", id, 1, {{"company", "Firm"}}),
        asha.update("Lead", id, 1, {{"city", "Old"}}, {{"stamp", "000000000001-0000-" + asha.device}}),
        asha.update("Lead", id, 1, {{"amount", 5}}, {{"policy", "manual"}}),
        asha.create("Note", asha.new_id(), {{"leadId", asha.new_id()}, {"text", "no parent"}}),
        asha.create("Thing", asha.new_id(), json::object()),
        asha.create("Lead", asha.new_id(), {{"name", "Far"}}, {{"stamp", asha.stamp(86'400'000)}}),
        asha.create("Lead", asha.new_id(), {{"name", "In a group"}}, group),
        asha.create("Lead", asha.new_id(), json::object(), group),
    };
    json body = asha.push_body(batch, asha.sequence);
    const auto first = asha.post("/api/sync/push", body);
    json results = parsed(first)["results"];
    const char* expected[] = {"merged",   "superseded", "conflict", "rejected",
                              "rejected", "applied",    "rejected", "rejected"};
    for (std::size_t i = 0; i < std::size(expected); ++i)
        CHECK_MESSAGE(results[i]["status"] == expected[i], results[i].dump());
    const json before = parsed(first)["version"];
    site.clock.move(60'000);
    ravi.push_one(ravi.update("Lead", id, 3, {{"company", "Changed since"}}));
    const auto again = asha.post("/api/sync/push", body);
    CHECK(results_text(again) == results_text(first));
    CHECK(parsed(again)["version"] == before.get<std::int64_t>() + 1);  // ravi's alone
}

TEST_CASE_FIXTURE(One, "sequence: a batch that overlaps what was received goes on where that ended") {
    std::vector<json> operations;
    for (int i = 0; i < 5; ++i)
        operations.push_back(asha.create("Lead", asha.new_id(), {{"name", "L" + std::to_string(i)}}));
    const std::vector<json> first(operations.begin(), operations.begin() + 3),
        second(operations.begin() + 1, operations.end());
    CHECK(asha.post("/api/sync/push", asha.push_body(first, 0)).status == 200);
    const json answer = parsed(asha.post("/api/sync/push", asha.push_body(second, 1)));
    CHECK(answer["sequence"] == 1);
    CHECK(answer["version"] == 5);
    for (std::size_t i = 0; i < 4; ++i) CHECK(answer["results"][i]["version"] == i + 2);
}

TEST_CASE_FIXTURE(One, "sequence: a gap refuses the whole batch and names what is expected") {
    (void)asha.add_lead("First");
    const auto body = asha.push_body({asha.create("Lead", asha.new_id(), {{"name", "Third"}})}, 2);
    CHECK(check_problem(asha.post("/api/sync/push", body), 409, "SEQUENCE_GAP")["expected"] == 1);
    CHECK(rows(asha.pull()).size() == 1);
    CHECK(check_problem(asha.post("/api/sync/push", asha.push_body({}, std::int64_t{1} << 62)), 409,
                        "SEQUENCE_GAP")["expected"] == 1);
}

TEST_CASE_FIXTURE(One, "sequence: other ids under numbers already used mean a copied device") {
    const json lead = asha.create("Lead", asha.new_id(), {{"name", "Original"}});
    asha.push_one(lead);
    const json other = asha.create("Lead", asha.new_id(), {{"name", "Of the copy"}});
    check_problem(asha.post("/api/sync/push", asha.push_body({other}, 0)), 409, "DEVICE_FORKED");
    CHECK(only_row(asha.pull()).fields["name"] == "Original");
}

TEST_CASE_FIXTURE(One,
                  "sequence: after a fork the new device sends all again, and what was applied stays applied once") {
    const json sent = asha.create("Lead", asha.new_id(), {{"name", "Sent before"}});
    json first = asha.push_one(sent);
    asha.push_one(asha.create("Lead", asha.new_id(), {{"name", "Sent by the other copy"}}));
    const json mine = asha.create("Lead", asha.new_id(), {{"name", "Mine"}});
    check_problem(asha.post("/api/sync/push", asha.push_body({mine}, 1)), 409, "DEVICE_FORKED");
    asha.device = asha.new_id();
    asha.sequence = 0;
    json answer = asha.push({sent, mine});  // stamps still name the old device
    CHECK(answer["results"][0] == first);
    CHECK(answer["results"][1]["status"] == "applied");
    CHECK(answer["version"] == 3);
    asha.cursor = nullptr;
    CHECK(rows(asha.pull()).size() == 3);
}

TEST_CASE_FIXTURE(One, "sequence: an edit made under an id that another copy went by, too, is told what that one did") {
    const std::string id = asha.add_lead("Asha");
    json mine = asha.update("Lead", id, 1, {{"city", "Goa"}});  // by the copy, before it was found out
    asha.push_one(asha.update("Lead", id, 1, {{"company", "Firm"}}));
    asha.device = asha.new_id();
    asha.sequence = 0;
    json result = asha.push_one(mine);
    CHECK(result["record"]["company"] == "Firm");
    CHECK(result["record"]["city"] == "Goa");
}

TEST_CASE_FIXTURE(One, "sequence: a pull by who has sent less than was received under its id is of a copied device") {
    (void)asha.add_lead("First");
    (void)asha.pull({{"sequence", 1}});
    asha.push_one(asha.create("Lead", asha.new_id(), {{"name", "Of the other copy"}}));
    json body = {{"protocol", 1},       {"deviceId", asha.device},
                 {"epoch", asha.epoch}, {"cursor", asha.cursor},
                 {"limit", 10},         {"wait", 0},
                 {"sequence", 1}};
    check_problem(asha.post("/api/sync/pull", body), 409, "DEVICE_FORKED");
    body["sequence"] = 2;
    CHECK(asha.post("/api/sync/pull", body).status == 200);
    body.erase("sequence");  // who does not say is not asked
    CHECK(asha.post("/api/sync/pull", body).status == 200);
}

TEST_CASE_FIXTURE(One, "sequence: an id is one operation's for ever") {
    const json lead = asha.create("Lead", asha.new_id(), {{"name", "First"}});
    json first = asha.push_one(lead);
    const std::vector<std::pair<const char*, json>> others{{"data", {{"name", "Second"}}},
                                                           {"recordId", asha.new_id()},
                                                           {"stamp", asha.stamp()},
                                                           {"base", 7},
                                                           {"policy", "force"},
                                                           {"group", asha.new_id()},
                                                           {"operation", "DELETE"}};
    for (const auto& other : others) {
        const char* member = other.first;
        CAPTURE(member);
        json reused = lead;
        reused[member] = other.second;
        json result = asha.push_one(reused);
        CHECK(result["status"] == "rejected");
        CHECK(result["error"]["code"] == "ID_REUSED");
    }
    CHECK(asha.push_one(lead) == first);  // under a later number
    json twin = lead;
    twin["id"] = asha.new_id();
    twin["data"]["name"] = "Twin";
    json other = twin;
    other["data"]["name"] = "Not the twin";
    json twice = asha.push({twin, twin, other});
    CHECK(twice["results"][0] == twice["results"][1]);
    CHECK(twice["results"][2]["error"]["code"] == "ID_REUSED");
    CHECK(twice["version"] == 2);
}

TEST_CASE_FIXTURE(One, "sequence: another epoch refuses pushes and pulls and names the server's") {
    json body = asha.push_body({asha.create("Lead", asha.new_id(), {{"name", "L"}})}, 0);
    body["epoch"] = "another";
    CHECK(check_problem(asha.post("/api/sync/push", body), 409, "EPOCH_CHANGED")["epoch"] == asha.epoch);
    CHECK(check_problem(asha.post("/api/sync/pull", body), 409, "EPOCH_CHANGED")["epoch"] == asha.epoch);
    body["epoch"] = "";
    CHECK(asha.post("/api/sync/push", body).status == 200);
}

}  // namespace
}  // namespace ct::server::test
