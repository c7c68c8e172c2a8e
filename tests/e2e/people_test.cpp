// Who is in the workspace, and a lead handed over by name: colortouchctl against a server, two people, two laptops.
#include <doctest/doctest.h>

#include <fstream>

#include "server.h"

using namespace e2e;
using nlohmann::json;

TEST_CASE("a manager lists people and hands a lead to an employee by name, who then has it") {
    Server server;
    const auto join = [&](const char* email, const char* name) {
        const Ran ran = server.command({"user", "add", "--email", email, "--name", name, "--role", "EMPLOYEE"},
                                       "another password\n");
        REQUIRE_MESSAGE(ran.exit_code == 0, ran.err);
    };
    join("ravi@example.org", "Ravi Iyer");
    join("one@example.org", "Bela");
    join("two@example.org", "Bela");
    server.start();
    const Laptop boss, ravi;
    CHECK(boss.json({"people"}, 5)["error"]["code"] == "NOT_SIGNED_IN");
    const std::string lead = boss.add({"Lead", "name=Widget"});
    CHECK(boss.json({"set", "Lead", lead, "ownerId=Ravi Iyer"}, 5)["error"]["code"] == "NOT_SIGNED_IN");

    boss.login(server);
    const json people = boss.json({"people"});
    REQUIRE(people.size() == 4);
    CHECK(people[0]["name"] == "Asha");
    CHECK(people[0]["role"] == "MANAGER");
    CHECK(people[3]["name"] == "Ravi Iyer");
    CHECK(people[3]["email"] == "ravi@example.org");
    CHECK(boss.ctl({"people"}).out.find("Ravi Iyer") != std::string::npos);

    CHECK(boss.json({"set", "Lead", lead, "ownerId=Bela"}, 2)["error"]["code"] == "AMBIGUOUS_PERSON");
    CHECK(boss.json({"set", "Lead", lead, "ownerId=Nobody Such"}, 2)["error"]["code"] == "NO_SUCH_PERSON");
    CHECK(boss.json({"get", "Lead", lead})["ownerId"].is_null());
    (void)boss.json({"set", "Lead", lead, "ownerId=TWO@example.org"});
    CHECK(boss.json({"get", "Lead", lead})["ownerId"] != people[3]["id"]);
    (void)boss.json({"set", "Lead", lead, "ownerId=me"});
    CHECK(boss.json({"get", "Lead", lead})["ownerId"] == people[0]["id"]);
    (void)boss.json({"set", "Lead", lead, "ownerId=ravi iyer"});
    CHECK(boss.json({"get", "Lead", lead})["ownerId"] == people[3]["id"]);
    (void)boss.json({"sync"});

    (void)ravi.json({"login", "--server", server.url(), "--email", "ravi@example.org"}, 0, "another password\n");
    (void)ravi.json({"sync"});
    CHECK(ravi.json({"get", "Lead", lead})["name"] == "Widget");
    CHECK_FALSE(ravi.json({"people"})[0].contains("email"));

    // The same in a file; a name that fits nobody, or two, is that row's fault.
    std::ofstream(boss.profile() + "/leads.csv") << "name,owner\nOne,Ravi Iyer\nTwo,Bela\nThree,Zara\nFour,me\n";
    const json imported = boss.json({"import", "Lead", boss.profile() + "/leads.csv"}, 4);
    CHECK(imported["created"] == 2);
    REQUIRE(imported["rejected"].size() == 2);
    CHECK(imported["rejected"][0]["line"] == 3);
    CHECK(boss.json({"list", "Lead", "--where", "ownerId=ravi iyer"}).size() == 2);
    CHECK(boss.ctl({"history", "Lead", lead}).out.find("Ravi Iyer") != std::string::npos);

    // What was told is there without the server; who came since is not.
    server.stop();
    CHECK(ravi.json({"people"}).size() == 4);
    (void)ravi.json({"set", "Lead", lead, "ownerId=asha"});
    CHECK(ravi.json({"get", "Lead", lead})["ownerId"] == people[0]["id"]);
    CHECK(ravi.json({"list", "Lead", "--where", "ownerId=Asha"}).size() == 1);
    CHECK(ravi.ctl({"get", "Lead", lead}).out.find("Asha · ") != std::string::npos);
    CHECK(ravi.json({"list", "Lead", "--where", "ownerId=me"}).empty());
    // Nothing is kept of such an edit: the exit code must not say so.
    CHECK(ravi.json({"set", "Lead", lead, "ownerId=Zara"}, 2)["error"]["code"] == "NO_SUCH_PERSON");
}
