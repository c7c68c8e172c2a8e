// Two laptops change the same things: what is joined, what is asked, what the rules decide, and how to go back.
#include <doctest/doctest.h>

#include <fstream>

#include "server.h"

using namespace e2e;
using nlohmann::json;

namespace {

/// Both have a lead with labels and notes, and a payment of 10,000.
struct Office {
    Office() {
        const Ran joined =
            server.command({"user", "add", "--email", "ravi@example.org", "--name", "Ravi"}, "another password\n");
        REQUIRE_MESSAGE(joined.exit_code == 0, joined.err);
        server.start();
        a.login(server);
        b.login(server);
        lead = a.add({"lead", "name=Asha Rao", "labels=old,red", "notes=one\ntwo"});
        payment = a.add({"payment", "leadId=" + lead, "amount=10000"});
        (void)a.json({"sync"});
        (void)b.json({"sync"});
    }
    static void set(const Laptop& laptop, Arguments what) {
        what.insert(what.begin(), "set");
        REQUIRE(laptop.ctl(what).exit_code == 0);
    }
    /// B is first, A meets what B did; then B hears of the outcome.
    json meet(int exit_code) {
        (void)b.json({"sync"});
        json report = a.json({"sync"}, exit_code);
        (void)b.json({"sync"});
        return report;
    }
    [[nodiscard]] json field(const Laptop& laptop, const char* model, const std::string& id, const char* name) const {
        return laptop.json({"get", model, id})[name];
    }

    Server server;
    Laptop a, b;
    std::string lead, payment;
};

}  // namespace

TEST_CASE_FIXTURE(Office, "labels and notes of two laptops are joined") {
    set(a, {"lead", lead, "labels=new,old,red", "notes=ONE\ntwo"});
    set(b, {"lead", lead, "labels=red", "notes=one\ntwo\nthree"});
    CHECK(meet(0)["merged"] == 1);
    for (const Laptop* laptop : {&a, &b}) {
        CHECK(field(*laptop, "lead", lead, "labels") == json({"new", "red"}));
        CHECK(field(*laptop, "lead", lead, "notes") == "ONE\ntwo\nthree");
    }
    CHECK(a.shown() == b.shown());
}

TEST_CASE_FIXTURE(Office, "money is asked about, and the answer goes to everybody") {
    set(a, {"payment", payment, "amount=15000", "reference=A"});
    set(b, {"payment", payment, "amount=20000"});
    CHECK(meet(4)["conflicts"] == 1);
    CHECK(field(a, "payment", payment, "amount") == 15'000);
    const json conflicts = a.json({"conflict", "list"});
    REQUIRE(conflicts.size() == 1);
    CHECK(conflicts[0]["fields"]["amount"] ==
          json({{"base", 10'000}, {"mine", 15'000}, {"theirs", 20'000}, {"clashes", true}}));
    CHECK_FALSE(conflicts[0]["fields"]["reference"]["clashes"].get<bool>());

    // Other work goes on meanwhile, and the server's side moves on.
    set(a, {"lead", lead, "city=Pune"});
    set(b, {"payment", payment, "amount=30000"});
    (void)b.json({"sync"});
    CHECK(a.json({"sync"}, 4)["pushed"] == 1);
    CHECK(a.json({"conflict", "show", payment})["fields"]["amount"]["theirs"] == 30'000);

    CHECK(a.json({"conflict", "resolve", payment}, 2)["error"]["code"] == "USAGE");
    CHECK(a.json({"conflict", "resolve", payment, "--set", "amount==x"}, 2)["error"]["code"] == "INVALID_FIELD");
    CHECK(a.json({"conflict", "list"}).size() == 1);
    (void)a.json({"conflict", "resolve", payment, "--theirs", "--set", "amount==17500"});
    CHECK(a.json({"conflict", "list"}).empty());
    (void)a.json({"sync"});
    (void)b.json({"sync"});
    CHECK(field(b, "payment", payment, "amount") == 17'500);
    CHECK(field(b, "payment", payment, "reference").is_null());
    CHECK(a.shown() == b.shown());
}

TEST_CASE_FIXTURE(Office, "what lost without a question can be brought back") {
    set(b, {"lead", lead, "city=Goa"});
    set(a, {"lead", lead, "city=Pune"});
    (void)meet(0);
    CHECK(field(b, "lead", lead, "city") == "Pune");
    const json decided = a.json({"conflict", "decided"});
    REQUIRE(decided.size() == 1);
    CHECK(decided[0]["what"] == "OVERRODE");
    CHECK(decided[0]["before"]["city"] == "Goa");
    CHECK(decided[0]["after"]["city"] == "Pune");
    SUBCASE("by the edit's id") { (void)a.json({"conflict", "undo", decided[0]["operationId"]}); }
    SUBCASE("by the record's") { (void)a.json({"conflict", "undo", lead}); }
    (void)a.json({"sync"});
    (void)b.json({"sync"});
    CHECK(field(b, "lead", lead, "city") == "Goa");
    const json history = a.json({"history", "lead", lead});
    CHECK(history.size() >= 4);  // created, changed, overrode, taken back
}

TEST_CASE_FIXTURE(Office, "a delete and an edit meet: the later one wins, is told, and is turned round") {
    const auto gone = [&](const Laptop& laptop) { return laptop.json({"list", "lead"}).empty(); };
    const auto removes = [&](const Laptop& laptop) { (void)laptop.json({"rm", "lead", lead}); };
    const auto decision = [&](const char* what) {
        const json decided = a.json({"conflict", "decided"});
        REQUIRE(decided.size() == 1);
        CHECK(decided[0]["what"] == what);
        return decided[0];
    };
    const auto deletes_after_all = [&](const char* what, const char* city) {
        (void)meet(0);
        REQUIRE_FALSE(gone(a));
        REQUIRE_FALSE(gone(b));
        CHECK(decision(what)["after"] == json({{"city", city}}));
        (void)a.json({"conflict", "undo", lead});
        (void)meet(0);
        CHECK(gone(a));
        CHECK(gone(b));
    };
    SUBCASE("the delete won over another's edit: restored with it") {
        set(b, {"lead", lead, "city=Goa"});
        removes(a);
        (void)meet(0);
        REQUIRE(gone(a));
        REQUIRE(gone(b));
        CHECK(decision("OVERRODE")["before"] == json({{"city", "Goa"}}));
        (void)a.json({"conflict", "undo", lead});
        (void)meet(0);
        for (const Laptop* each : {&a, &b}) {
            CHECK(field(*each, "lead", lead, "city") == "Goa");
            CHECK(field(*each, "lead", lead, "name") == "Asha Rao");
            CHECK(field(*each, "lead", lead, "labels") == json({"old", "red"}));
        }
    }
    SUBCASE("another's delete won over our edit: restored with ours") {
        set(a, {"lead", lead, "city=Pune"});
        removes(b);
        (void)meet(0);
        REQUIRE(gone(a));
        CHECK(decision("SUPERSEDED")["before"] == json({{"city", "Pune"}}));
        (void)a.json({"conflict", "undo", lead});
        (void)meet(0);
        CHECK(field(b, "lead", lead, "city") == "Pune");
        CHECK(field(b, "lead", lead, "name") == "Asha Rao");
    }
    SUBCASE("our delete lost to another's edit: deleted after all") {
        removes(a);
        set(b, {"lead", lead, "city=Goa"});
        deletes_after_all("SUPERSEDED", "Goa");
    }
    SUBCASE("our edit won over another's delete: deleted after all") {
        removes(b);
        set(a, {"lead", lead, "city=Pune"});
        deletes_after_all("OVERRODE", "Pune");
    }
    CHECK(a.json({"conflict", "undo", lead}, 2)["error"]["code"] == "NOTHING_TO_TAKE_BACK");
}

TEST_CASE_FIXTURE(Office, "whose a lead is is decided by name") {
    std::ofstream(a.profile() + "/config.json") << R"({"conflicts": {"Lead.ownerId": "ask"}})";
    set(a, {"lead", lead, "ownerId=me"});
    set(b, {"lead", lead, "ownerId=Ravi"});
    CHECK(meet(4)["conflicts"] == 1);
    CHECK(a.ctl({"conflict", "show", lead}).out.find("Ravi") != std::string::npos);
    CHECK(a.json({"conflict", "resolve", lead, "--set", "ownerId==Nobody Such"}, 2)["error"]["code"] ==
          "NO_SUCH_PERSON");
    const json theirs = field(b, "lead", lead, "ownerId");
    (void)a.json({"conflict", "resolve", lead, "--set", "ownerId==ravi"});
    CHECK(field(a, "lead", lead, "ownerId") == theirs);
}

TEST_CASE_FIXTURE(Office, "the user's own rules decide") {
    const auto rule = [&](const char* text) {
        std::ofstream(a.profile() + "/config.json") << R"({"conflicts": )" << text << "}";
    };
    set(b, {"payment", payment, "amount=20000"});
    set(b, {"lead", lead, "city=Goa"});
    SUBCASE("the server's value") {
        rule(R"({"Payment.amount": "server"})");
        set(a, {"payment", payment, "amount=15000", "reference=A"});
        (void)b.json({"sync"});
        CHECK(a.json({"sync"})["conflicts"] == 0);  // nobody is asked, and one round is enough
        CHECK(a.json({"conflict", "list"}).empty());
        CHECK(field(a, "payment", payment, "amount") == 20'000);
        CHECK(field(a, "payment", payment, "reference") == "A");
        const json decided = a.json({"conflict", "decided"});
        REQUIRE(decided.size() == 1);
        CHECK(decided[0]["what"] == "SUPERSEDED");
        CHECK(decided[0]["before"]["amount"] == 15'000);
        (void)a.json({"conflict", "undo", payment});
        (void)meet(0);
        CHECK(field(b, "payment", payment, "amount") == 15'000);
    }
    SUBCASE("mine") {
        rule(R"({"*": "mine"})");
        set(a, {"payment", payment, "amount=15000"});
        (void)meet(0);
        CHECK(field(b, "payment", payment, "amount") == 15'000);
        const json decided = a.json({"conflict", "decided"});
        REQUIRE(decided.size() == 1);
        CHECK(decided[0]["what"] == "OVERRODE");
        CHECK(decided[0]["before"]["amount"] == 20'000);
    }
    SUBCASE("one field the server's, the other by the clock") {
        rule(R"({"Lead.city": "server"})");
        set(b, {"lead", lead, "name=Asha R"});
        set(a, {"lead", lead, "city=Pune", "name=Asha Roy"});
        CHECK(meet(0)["conflicts"] == 0);
        for (const Laptop* each : {&a, &b}) {
            CHECK(field(*each, "lead", lead, "city") == "Goa");
            CHECK(field(*each, "lead", lead, "name") == "Asha Roy");
        }
    }
    SUBCASE("one field mine, the other by the clock") {
        rule(R"({"Lead.city": "mine"})");
        set(a, {"lead", lead, "city=Pune", "name=Asha Roy"});
        set(b, {"lead", lead, "city=Goa", "name=Asha R"});
        CHECK(meet(0)["conflicts"] == 0);
        for (const Laptop* each : {&a, &b}) {
            CHECK(field(*each, "lead", lead, "city") == "Pune");
            CHECK(field(*each, "lead", lead, "name") == "Asha R");
        }
    }
    SUBCASE("one field mine, the other asked about") {
        rule(R"({"Lead.city": "mine", "Lead.name": "ask"})");
        set(b, {"lead", lead, "name=Asha R"});
        set(a, {"lead", lead, "city=Pune", "name=Asha Roy"});
        CHECK(meet(4)["conflicts"] == 1);
    }
    SUBCASE("mine stays although the other laptop deleted it; the server's stays deleted") {
        rule(R"({"Lead": "mine", "Payment": "server"})");
        REQUIRE(b.ctl({"rm", "payment", payment}).exit_code == 0);
        REQUIRE(b.ctl({"rm", "lead", lead}).exit_code == 0);
        set(a, {"lead", lead, "city=Pune"});
        set(a, {"payment", payment, "amount=15000"});
        (void)meet(0);
        for (const Laptop* each : {&a, &b}) {
            CHECK(field(*each, "lead", lead, "deleted") == false);
            CHECK(field(*each, "payment", payment, "deleted") == true);
        }
    }
    SUBCASE("ask about everything") {
        rule(R"({"Lead": "ask"})");
        set(a, {"lead", lead, "city=Pune"});
        CHECK(meet(4)["conflicts"] == 1);
        (void)a.json({"conflict", "resolve", lead, "--mine"});
        (void)a.json({"sync"});
        (void)b.json({"sync"});
        CHECK(field(b, "lead", lead, "city") == "Pune");
    }
    SUBCASE("a rule that is none") {
        rule(R"({"Lead.colour": "ask"})");
        const json error = a.json({"status"}, 2);
        CHECK(error["error"]["message"].get<std::string>().find("Lead.colour") != std::string::npos);
    }
}

TEST_CASE_FIXTURE(Office, "a payment that one deletes and the other changes is asked about") {
    REQUIRE(a.ctl({"rm", "payment", payment}).exit_code == 0);
    set(b, {"payment", payment, "amount=20000"});
    CHECK(meet(4)["conflicts"] == 1);
    CHECK(a.json({"conflict", "list"})[0]["operation"] == "DELETE");
    (void)a.json({"conflict", "resolve", payment, "--theirs"});
    (void)a.json({"sync"});
    CHECK(field(a, "payment", payment, "amount") == 20'000);
    CHECK(a.shown() == b.shown());
}

TEST_CASE_FIXTURE(Office, "two leads become one, what others did to the old one lands on it, and it can be undone") {
    const std::string twin = a.add({"lead", "name=A. Rao", "phone=98765 43210", "labels=red,vip"});
    const std::string reminder =
        a.add({"reminder", "leadId=" + twin, "title=Call", "reminderDate=2026-12-01T10:00:00Z"});
    const std::string note = a.add({"note", "leadId=" + twin, "text=Wants two coats"});
    (void)a.json({"sync"});
    (void)b.json({"sync"});

    CHECK(a.json({"merge", lead, twin})["id"] == lead);
    set(b, {"lead", twin, "company=Rao Stores"});  // has not heard of it
    const std::string added = b.add({"reminder", "leadId=" + twin, "title=Visit", "reminderDate=2026-12-02T10:00:00Z"});
    (void)a.json({"sync"});
    (void)b.json({"sync"});
    (void)a.json({"sync"});
    CHECK(a.shown() == b.shown());
    for (const Laptop* laptop : {&a, &b}) {
        CHECK(field(*laptop, "lead", lead, "company") == "Rao Stores");
        CHECK(field(*laptop, "lead", lead, "phone") == "98765 43210");
        CHECK(field(*laptop, "lead", lead, "name") == "Asha Rao");
        CHECK(field(*laptop, "lead", lead, "labels") == json({"old", "red", "vip"}));
        CHECK(field(*laptop, "reminder", reminder, "leadId") == lead);
        CHECK(field(*laptop, "note", note, "leadId") == lead);
        CHECK(field(*laptop, "reminder", added, "leadId") == lead);
        CHECK(laptop->json({"list", "lead"}).size() == 1);
    }
    CHECK(a.json({"merge", lead, twin}, 2)["error"]["code"] == "ALREADY_MERGED");
    CHECK(a.json({"merge", lead, lead}, 2)["error"]["code"] == "SAME_LEAD");

    CHECK(a.json({"unmerge", twin})["id"] == twin);
    (void)a.json({"sync"});
    (void)b.json({"sync"});
    CHECK(a.shown() == b.shown());
    CHECK(b.json({"list", "lead"}).size() == 2);
    CHECK(field(b, "reminder", reminder, "leadId") == twin);
    CHECK(field(b, "note", note, "leadId") == twin);
    CHECK(a.json({"unmerge", twin}, 2)["error"]["code"] == "NOT_MERGED");
}
