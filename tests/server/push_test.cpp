// Verdicts on operations: POST /api/sync/push.
#include <doctest/doctest.h>

#include "server/kit.h"

namespace ct::server::test {
namespace {

struct Two {
    Site site;
    Laptop asha = (site.add_user("a@example.org", Role::manager), Laptop(site, "a@example.org"));
    Laptop ravi = (site.add_user("r@example.org", Role::manager), Laptop(site, "r@example.org"));
};

json error_of(const json& result) {
    CHECK_MESSAGE(result["status"] == "rejected", result.dump());
    CHECK(result["version"].is_number_integer());
    CHECK_FALSE(result["error"]["message"].get<std::string>().empty());
    return result["error"];
}

TEST_CASE_FIXTURE(Two, "push: a create gets its defaults and the next version") {
    const std::string id = asha.new_id();
    json answer =
        asha.push({asha.create("Lead", id, {{"name", "Asha"}}), asha.update("Lead", id, 0, {{"city", "Pune"}})});
    CHECK(answer["version"] == 2);
    CHECK(answer["epoch"] == asha.epoch);
    CHECK(answer["serverTime"] == format_rfc3339(site.clock.now()));
    CHECK(answer["results"][0]["version"] == 1);
    CHECK(answer["results"][0]["status"] == "applied");
    CHECK(answer["results"][1]["version"] == 2);
    CHECK(answer["results"][1]["status"] == "applied");
    const Row row = only_row(ravi.pull());
    CHECK(row.fields["name"] == "Asha");
    CHECK(row.fields["city"] == "Pune");
    CHECK(row.fields["status"] == "PENDING");
    CHECK(row.fields["version"] == 2);
}

TEST_CASE_FIXTURE(Two, "push: a base that there never was has seen nothing") {
    const std::string id = asha.add_lead("Asha");
    CHECK(ravi.push_one(ravi.update("Lead", id, 1, {{"city", "Pune"}}))["status"] == "applied");
    const json manual{{"policy", "manual"}};
    json result = asha.push_one(asha.update("Lead", id, 1'000'000, {{"city", "Goa"}}, manual));
    CHECK(result["status"] == "conflict");
    CHECK(result["record"]["city"] == "Pune");
    // What others do afterwards is not seen either, until the device pulls and says a base that it got.
    CHECK(asha.push_one(asha.update("Lead", id, 1'000'000, {{"phone", "+91 98765 43210"}}))["status"] == "merged");
    CHECK(ravi.push_one(ravi.update("Lead", id, 3, {{"city", "Agra"}}))["status"] == "applied");
    CHECK(asha.push_one(asha.update("Lead", id, 4, {{"city", "Goa"}}, manual))["status"] == "applied");
}

TEST_CASE_FIXTURE(Two, "push: a rejected result says the workspace's version") {
    (void)asha.add_lead("Asha");
    const json result = asha.push_one(asha.create("Payment", asha.new_id(), {{"leadId", asha.new_id()}}));
    CHECK(result["status"] == "rejected");
    CHECK(result["version"] == 1);
}

TEST_CASE_FIXTURE(Two, "push: different fields merge, and the answer carries the record") {
    const std::string id = asha.add_lead("Asha");
    CHECK(ravi.push_one(ravi.update("Lead", id, 1, {{"city", "Pune"}}))["status"] == "applied");
    json result = asha.push_one(asha.update("Lead", id, 0, {{"phone", "+91 98765 43210"}}));
    CHECK(result["status"] == "merged");
    CHECK(result["version"] == 3);
    CHECK(result["record"]["city"] == "Pune");
    CHECK(result["record"]["phone"] == "+91 98765 43210");
    CHECK(result["record"]["id"] == id);
    CHECK(result["record"]["version"] == 3);
}

TEST_CASE_FIXTURE(Two, "push: labels join as sets, whether the device says what it had before or not") {
    for (const bool says : {true, false}) {
        CAPTURE(says);
        const std::string id = asha.add_lead("Asha", {{"labels", {"old", "red"}}});
        const auto base = only_row(ravi.pull()).fields["version"].get<std::int64_t>();
        (void)asha.pull();
        const json before = says ? json{{"before", {{"labels", {"old", "red"}}}}} : json::object();
        json first = ravi.push_one(ravi.update("Lead", id, base, {{"labels", {"new", "old", "red"}}}, before));
        CHECK(first["status"] == "applied");
        json second = asha.push_one(asha.update("Lead", id, base, {{"labels", {"big", "red"}}}, before));
        CHECK(second["status"] == "merged");
        CHECK(second["record"]["labels"] == json({"big", "new", "red"}));
        CHECK(only_row(ravi.pull()).fields["labels"] == json({"big", "new", "red"}));
        CHECK(rows(asha.pull()).empty());  // it was told
    }
}

TEST_CASE_FIXTURE(Two, "push: labels: what the same device said last is what it had before") {
    const std::string id = asha.add_lead("Asha");
    const auto base = only_row(ravi.pull()).fields["version"].get<std::int64_t>();
    CHECK(ravi.push_one(ravi.update("Lead", id, base, {{"labels", {"b"}}}))["status"] == "applied");
    CHECK(asha.push_one(asha.update("Lead", id, base, {{"labels", {"a", "x"}}}))["status"] == "merged");
    json last = asha.push_one(asha.update("Lead", id, base, {{"labels", {"a"}}}));  // x is gone again
    CHECK(last["record"]["labels"] == json({"a", "b"}));
}

TEST_CASE_FIXTURE(Two, "push: notes join line by line, and the later stamp wins where they cannot") {
    const std::string id = asha.add_lead("Asha", {{"notes", "one\ntwo"}});
    const auto base = only_row(ravi.pull()).fields["version"].get<std::int64_t>();
    const json before{{"before", {{"notes", "one\ntwo"}}}};
    CHECK(ravi.push_one(ravi.update("Lead", id, base, {{"notes", "one\ntwo\nRavi"}}, before))["status"] == "applied");
    json joined = asha.push_one(asha.update("Lead", id, base, {{"notes", "ONE\ntwo"}}, before));
    CHECK(joined["status"] == "merged");
    CHECK(joined["record"]["notes"] == "ONE\ntwo\nRavi");
    site.clock.move(1'000);
    json fought = ravi.push_one(
        ravi.update("Lead", id, base + 1, {{"notes", "Eins\ntwo\nRavi"}}, {{"before", {{"notes", "one\ntwo\nRavi"}}}}));
    CHECK(fought["status"] == "merged");
    CHECK(fought["record"]["notes"] == "Eins\ntwo\nRavi");
    CHECK(fought["overrode"]["notes"] == "ONE\ntwo\nRavi");  // for whoever wants it back
}

TEST_CASE_FIXTURE(Two, "push: who wins by the later stamp is told what was overridden") {
    const std::string id = asha.add_lead("Asha");
    CHECK(ravi.push_one(ravi.update("Lead", id, 1, {{"city", "Pune"}}))["status"] == "applied");
    site.clock.move(1'000);
    json result = asha.push_one(asha.update("Lead", id, 1, {{"city", "Goa"}, {"company", "Firm"}}));
    // Asha made the lead, so her base of 1 has not seen Ravi's edit.
    CHECK(result["status"] == "merged");
    CHECK(result["overrode"] == json({{"city", "Pune"}}));
}

TEST_CASE_FIXTURE(Two, "push: who deletes what another had changed meanwhile is told what that was") {
    const std::string id = asha.add_lead("Asha");
    ravi.push_one(ravi.update("Lead", id, 1, {{"city", "Pune"}}));
    site.clock.move(1'000);
    json result = asha.push_one(asha.remove("Lead", id, 1));
    CHECK(result["status"] == "merged");
    CHECK(result["overrode"] == json({{"city", "Pune"}}));
    CHECK(result["record"]["deleted"] == true);
    CHECK(result["record"]["city"] == "Pune");  // to be restored with it
    CHECK(result["by"] == ravi.user);
}

TEST_CASE_FIXTURE(Two, "push: whose change was met is told, and told again with the receipt") {
    const User meera_user = site.add_user("m@example.org", Role::manager);
    Laptop meera(site, "m@example.org");
    const std::string id = asha.add_lead("Asha"), payment = asha.new_id();
    asha.push_one(asha.create("Payment", payment, {{"leadId", id}, {"amount", 5}}));
    ravi.push_one(ravi.update("Lead", id, 1, {{"city", "Pune"}}));
    meera.push_one(meera.update("Lead", id, 1, {{"phone", "98765 43210"}}));
    meera.push_one(meera.update("Payment", payment, 2, {{"amount", 6}}));
    const json manual{{"policy", "manual"}};
    const std::vector<json> operations{
        asha.update("Lead", id, 1, {{"city", "Goa"}}),      // not the newest change, but of its field
        asha.update("Lead", id, 1, {{"company", "Firm"}}),  // only another field's
        asha.update("Payment", payment, 2, {{"amount", 7}}, manual),
        asha.update("Payment", payment, 2, {{"reference", "A"}, {"amount", 6}}),  // equal
        asha.create("Lead", asha.new_id(), {{"name", "New"}}),
    };
    const std::int64_t sequence = asha.sequence;
    const json results = asha.push(operations)["results"];
    const char* const by[] = {ravi.user.c_str(), meera.user.c_str(), meera.user.c_str(), meera.user.c_str(), ""};
    for (std::size_t i = 0; i < operations.size(); ++i) {
        INFO(i);
        CHECK(results[i].value("by", "") == by[i]);
    }
    CHECK(results[2]["status"] == "conflict");
    const json again = parsed(asha.post("/api/sync/push", asha.push_body(operations, sequence)));
    CHECK(again["results"] == results);
}

TEST_CASE_FIXTURE(Two, "push: a first result given again comes with what became of the record since") {
    const std::string id = asha.new_id();
    const json create = asha.create("Lead", id, {{"name", "Asha"}});
    const std::int64_t at = asha.sequence;
    CHECK(asha.push_one(create)["version"] == 1);
    CHECK(ravi.push_one(ravi.update("Lead", id, 1, {{"name", "Ravi's"}}))["status"] == "applied");
    json again = parsed(asha.post("/api/sync/push", asha.push_body({create}, at)));
    CHECK(again["results"][0]["status"] == "applied");
    CHECK(again["results"][0]["version"] == 1);
    REQUIRE(again["later"].size() == 1);
    CHECK(again["later"][0]["name"] == "Ravi's");
    CHECK(again["later"][0]["version"] == 2);
}

TEST_CASE_FIXTURE(Two, "push: lww: the later stamp wins whichever arrives first") {
    const std::string id = asha.add_lead("Asha"), old = asha.stamp();
    const json early = ravi.update("Lead", id, 1, {{"city", "Early"}, {"company", "Firm"}});
    site.clock.move(1'000);
    CHECK(asha.push_one(asha.update("Lead", id, 1, {{"city", "Late"}}))["status"] == "applied");
    json lost = ravi.push_one(early);
    CHECK(lost["status"] == "superseded");
    CHECK(lost["fields"] == json({"city"}));
    CHECK(lost["record"]["city"] == "Late");
    CHECK(lost["record"]["company"] == "Firm");  // the rest of it was taken
    site.clock.move(1'000);
    json won = ravi.push_one(ravi.update("Lead", id, 1, {{"city", "Latest"}}));
    CHECK(won["status"] == "merged");
    CHECK(won["record"]["city"] == "Latest");
    json all_lost = asha.push_one(asha.update("Lead", id, 1, {{"city", "Old"}}, {{"stamp", old}}));
    CHECK(all_lost["version"] == won["version"]);  // nothing was written
}

TEST_CASE_FIXTURE(Two, "push: equal values are no conflict, nor are changes of the same device") {
    const std::string lead = asha.add_lead("Asha"), id = asha.new_id();
    asha.push_one(asha.create("Payment", id, {{"leadId", lead}, {"amount", 100}, {"status", "PENDING"}}));
    const json manual{{"policy", "manual"}};
    CHECK(asha.push_one(asha.update("Payment", id, 2, {{"amount", 200}}, manual))["status"] == "applied");
    CHECK(asha.push_one(asha.update("Payment", id, 2, {{"amount", 300}}, manual))["status"] == "applied");
    json equal = ravi.push_one(ravi.update("Payment", id, 2, {{"amount", 300}}, manual));
    CHECK(equal["status"] == "merged");
    CHECK(equal["record"]["amount"] == 300);
}

TEST_CASE_FIXTURE(Two, "push: manual: a conflict applies nothing; force then decides") {
    const std::string id = asha.new_id();
    asha.push_one(asha.create("Payment", id, {{"amount", 100}}));
    ravi.push_one(ravi.update("Payment", id, 1, {{"amount", 150}}));
    const json mine{{"amount", 175}, {"notes", "half by UPI"}};
    json conflict = asha.push_one(asha.update("Payment", id, 1, mine, {{"policy", "manual"}}));
    CHECK(conflict["status"] == "conflict");
    CHECK(conflict["fields"] == json({"amount"}));
    CHECK(conflict["version"] == 2);
    CHECK(conflict["record"]["amount"] == 150);
    CHECK_FALSE(conflict["record"].contains("notes"));
    json forced = asha.push_one(asha.update("Payment", id, 1, mine, {{"policy", "force"}}));
    CHECK(forced["status"] == "merged");
    CHECK(forced["record"]["amount"] == 175);
    CHECK(forced["record"]["notes"] == "half by UPI");
}

TEST_CASE_FIXTURE(Two, "push: deletes and edits that cross follow the same policies") {
    const auto crossed = [&](const json& more, bool delete_first) {
        const std::string id = asha.add_lead("Asha");
        const std::int64_t base = asha.push(std::vector<json>{})["version"];
        site.clock.move(1'000);
        const json first =
            delete_first ? asha.remove("Lead", id, base) : asha.update("Lead", id, base, {{"city", "Pune"}});
        asha.push_one(first);
        site.clock.move(1'000);
        return ravi.push_one(delete_first ? ravi.update("Lead", id, base, {{"city", "Kraków"}}, more)
                                          : ravi.remove("Lead", id, base, more));
    };
    json old{{"stamp", ravi.stamp()}};
    CHECK(crossed({}, true)["record"]["deleted"] == false);  // the later edit brings it back
    CHECK(crossed({}, false)["record"]["deleted"] == true);
    CHECK(crossed(old, true)["status"] == "superseded");
    CHECK(crossed(old, false)["status"] == "superseded");
    CHECK(crossed(old, false)["record"]["city"] == "Pune");
    CHECK(crossed({{"policy", "manual"}}, true)["status"] == "conflict");
    CHECK(crossed({{"policy", "manual"}}, false)["status"] == "conflict");
    old["policy"] = "force";
    CHECK(crossed(old, true)["record"]["deleted"] == false);
    CHECK(crossed(old, false)["record"]["deleted"] == true);
}

TEST_CASE_FIXTURE(Two, "push: what can never be applied is rejected alone, the rest of the batch goes through") {
    const std::string good = asha.new_id();
    const std::string bad = asha.new_id();
    json answer = asha.push({
        asha.create("Lead", bad, {{"city", "Pune"}}),  // no name
        asha.create("Lead", bad, {{"name", "A"}, {"status", "MAYBE"}}),
        asha.create("Lead", bad, {{"name", 7}}),
        asha.create("Thing", bad, {{"name", "A"}}),
        asha.update("Lead", bad, 1, {{"name", "A"}}),
        asha.remove("Lead", bad, 1),
        asha.create("Lead", bad, {{"name", "A"}}, {{"policy", "whim"}}),
        asha.create("Lead", bad, {{"name", "A"}}, {{"stamp", "yesterday"}}),
        asha.create("Reminder", bad, {{"title", "Call"}, {"reminderDate", "soon"}}),
        asha.create("Payment", bad, {{"amount", -1}}),
        asha.create("Lead", good, {{"name", "Good"}}),
    });
    const auto& results = answer["results"];
    CHECK(error_of(results[0])["field"] == "name");
    CHECK(error_of(results[1])["field"] == "status");
    CHECK(error_of(results[2])["field"] == "name");
    CHECK(error_of(results[3])["code"] == "UNKNOWN_MODEL");
    CHECK(error_of(results[4])["code"] == "NOT_FOUND");
    CHECK(error_of(results[5])["code"] == "NOT_FOUND");
    CHECK(error_of(results[6])["code"] == "UNKNOWN_POLICY");
    CHECK(error_of(results[7])["code"] == "INVALID_STAMP");
    CHECK(error_of(results[8])["field"] == "reminderDate");
    CHECK(error_of(results[9])["field"] == "amount");
    CHECK(results[10]["status"] == "applied");
    CHECK(answer["version"] == 1);
    CHECK(only_row(ravi.pull()).id == good);
}

TEST_CASE_FIXTURE(Two, "push: a child waits for its parent, and goes through when the parent is there") {
    const std::string lead = asha.new_id(), id = asha.new_id();
    const json child = asha.create("Payment", id, {{"leadId", lead}, {"amount", 5}});
    const json error = error_of(asha.push_one(child));
    CHECK(error["code"] == "MISSING_PARENT");
    CHECK(error["field"] == "leadId");
    asha.push_one(asha.create("Lead", lead, {{"name", "Parent"}}));
    CHECK(asha.push_one(child)["status"] == "applied");  // the same operation, sent anew
    CHECK(asha.push({asha.create("Lead", asha.new_id(), {{"name", "P"}}),
                     asha.create("Note", asha.new_id(), {{"leadId", lead}, {"text", "n"}})})["results"][1]["status"] ==
          "applied");
    const std::string other = asha.new_id();
    json backwards = asha.push({asha.create("Note", asha.new_id(), {{"leadId", other}, {"text", "n"}}),
                                asha.create("Lead", other, {{"name", "Late parent"}})});
    CHECK(error_of(backwards["results"][0])["code"] == "MISSING_PARENT");
    CHECK(backwards["results"][1]["status"] == "applied");
}

TEST_CASE_FIXTURE(Two, "push: notes are append-only") {
    const std::string lead = asha.add_lead("Asha"), id = asha.new_id();
    asha.push_one(asha.create("Note", id, {{"leadId", lead}, {"text", "said"}}));
    CHECK(error_of(ravi.push_one(ravi.update("Note", id, 2, {{"text", "never said"}})))["code"] == "APPEND_ONLY");
}

TEST_CASE_FIXTURE(Two, "push: a group takes effect all or none") {
    const std::string lead = asha.add_lead("Asha");
    const json group{{"group", asha.new_id()}};
    const std::string payment = asha.new_id(), reminder = asha.new_id();
    json failed = asha.push({
        asha.create("Payment", payment, {{"leadId", lead}, {"amount", 5}}, group),
        asha.create("Reminder", reminder, {{"leadId", lead}}, group),  // no title, no date
        asha.update("Lead", lead, 1, {{"city", "Pune"}}, group),
        asha.update("Lead", lead, 1, {{"company", "Outside the group"}}),
    });
    CHECK(error_of(failed["results"][0])["code"] == "GROUP_FAILED");
    CHECK(error_of(failed["results"][1])["code"] != "GROUP_FAILED");
    CHECK(error_of(failed["results"][2])["code"] == "GROUP_FAILED");
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(failed["results"][i]["version"] == 1);  // what the group took, it gave back
    CHECK(failed["results"][3]["version"] == 2);
    const Row row = only_row(ravi.pull());
    CHECK(row.fields["city"].is_null());
    CHECK(row.fields["company"] == "Outside the group");

    const json whole{{"group", asha.new_id()}};
    json done = asha.push({asha.create("Payment", payment, {{"leadId", lead}, {"amount", 5}}, whole),
                           asha.update("Lead", lead, 2, {{"city", "Pune"}}, whole)});
    CHECK(done["results"][0]["status"] == "applied");
    CHECK(done["results"][1]["status"] == "applied");
    ravi.push_one(ravi.update("Payment", payment, 3, {{"amount", 6}}));
    const json clash{{"group", asha.new_id()}};
    json manual = clash;
    manual["policy"] = "manual";
    json conflict = asha.push({asha.update("Lead", lead, 4, {{"city", "Nashik"}}, clash),
                               asha.update("Payment", payment, 3, {{"amount", 7}}, manual)});
    CHECK(error_of(conflict["results"][0])["code"] == "GROUP_FAILED");
    CHECK(conflict["results"][1]["status"] == "conflict");
    const auto torn = asha.push_body(
        {asha.update("Lead", lead, 4, {{"city", "x"}}, clash), asha.update("Lead", lead, 4, {{"city", "y"}}),
         asha.update("Lead", lead, 4, {{"city", "z"}}, clash)},
        asha.sequence);
    check_problem(asha.post("/api/sync/push", torn), 400, "MALFORMED");
}

TEST_CASE_FIXTURE(Two,
                  "push: of a group nothing takes effect where one operation cannot even be read, wherever it stands") {
    const std::string lead = asha.add_lead("Asha");
    for (std::size_t at = 0; at < 3; ++at) {
        CAPTURE(at);
        const json group{{"group", asha.new_id()}};
        std::vector<json> operations;
        for (std::size_t i = 0; i < 3; ++i) {
            operations.push_back(i == at
                                     ? asha.create("Invoice", asha.new_id(), {{"amount", 5}}, group)
                                     : asha.create("Payment", asha.new_id(), {{"leadId", lead}, {"amount", 5}}, group));
        }
        const json answer = asha.push(operations);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(error_of(answer["results"][i])["code"] == (i == at ? "UNKNOWN_MODEL" : "GROUP_FAILED"));
        }
    }
    CHECK(only_row(ravi.pull()).model == "Lead");
    json odd = asha.create("Payment", asha.new_id(), {{"leadId", lead}, {"amount", 5}});
    odd["group"] = 7;  // whose it is cannot be told
    check_problem(asha.post("/api/sync/push", asha.push_body({odd}, asha.sequence)), 400, "MALFORMED");
}

TEST_CASE_FIXTURE(Two, "push: a stamp far ahead is clamped to the server's clock, and the device is told") {
    const std::string id = asha.add_lead("Asha");
    json near = asha.push_one(asha.update("Lead", id, 1, {{"city", "Near"}}, {{"stamp", asha.stamp(4 * 60'000)}}));
    CHECK_FALSE(near.contains("record"));
    json far =
        asha.push_one(asha.update("Lead", id, 1, {{"company", "Far"}}, {{"stamp", asha.stamp(30 * 86'400'000LL)}}));
    CHECK(far["status"] == "applied");
    REQUIRE(far.contains("record"));
    site.clock.move(1'000);
    json result = ravi.push_one(ravi.update("Lead", id, 1, {{"company", "Nearer"}}));
    CHECK(result["record"]["company"] == "Nearer");  // the wrong clock has won nothing
}

TEST_CASE_FIXTURE(Two,
                  "push: a device whose clock is behind writes after what it saw, and is not taken for the other one") {
    const std::string id = asha.new_id();
    asha.push_one(asha.create("Payment", id, {{"amount", 100}}, {{"stamp", asha.stamp(4 * 60'000)}}));
    json behind = ravi.push_one(ravi.update("Payment", id, 1, {{"amount", 150}}, {{"stamp", ravi.stamp(-60'000)}}));
    CHECK(behind["status"] == "applied");
    CHECK(behind["record"]["amount"] == 150);
    const json mine = asha.update("Payment", id, 1, {{"amount", 175}}, {{"policy", "manual"}});
    CHECK(asha.push_one(mine)["status"] == "conflict");
}

TEST_CASE_FIXTURE(Two, "push: fields of a later version of the program are kept and travel on") {
    const std::string id = asha.new_id();
    asha.push_one(asha.create("Lead", id, {{"name", "Asha"}, {"shoeSize", 41}, {"nested", {{"a", {1, 2}}}}}));
    ravi.push_one(ravi.update("Lead", id, 1, {{"shoeSize", 42}}));
    const Row row = only_row(ravi.pull());
    CHECK(row.fields["nested"] == json({{"a", {1, 2}}}));
    asha.cursor = nullptr;
    CHECK(only_row(asha.pull()).fields["shoeSize"] == 42);
}

TEST_CASE("push: one workspace knows nothing of another") {
    Site site;
    const Workspace other = site.add_workspace("Other");
    site.add_user("asha@example.org", Role::admin);
    site.add_user("stranger@example.org", Role::admin, other);
    Laptop asha(site, "asha@example.org"), stranger(site, "stranger@example.org");
    const std::string id = asha.add_lead("Asha");
    CHECK(error_of(stranger.push_one(stranger.update("Lead", id, 1, {{"name", "Taken"}})))["code"] == "NOT_FOUND");
    CHECK(error_of(stranger.push_one(stranger.create("Note", stranger.new_id(),
                                                     {{"leadId", id}, {"text", "n"}})))["code"] == "MISSING_PARENT");
    CHECK(rows(stranger.pull()).empty());
    CHECK(stranger.push_one(stranger.create("Lead", id, {{"name", "Same id, other world"}}))["version"] == 1);
    CHECK(only_row(asha.pull()).fields["name"] == "Asha");
    CHECK(parsed(asha.post("/api/sync/verify", json::object()))["version"] == 1);
    // A device id of one workspace is unknown in the other, not somebody else's.
    const std::string own = std::exchange(stranger.device, asha.device);
    CHECK(stranger.post("/api/sync/push", stranger.push_body({}, 0)).status == 200);
}

}  // namespace
}  // namespace ct::server::test
