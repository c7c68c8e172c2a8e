// Who is in a workspace, as each of its people is told.
#include <doctest/doctest.h>

#include "server/accounts.h"
#include "server/kit.h"

namespace ct::server::test {
namespace {

/// Two workspaces; in the first somebody has left.
struct Street {
    Site site;
    Workspace other = site.add_workspace("Competitor");
    User zarina = join("zarina@example.org", "zarina", Role::admin, site.workspace);
    User asha = join("asha@example.org", "Asha", Role::employee, site.workspace);
    User meera = join("meera@example.org", "Meera", Role::manager, site.workspace);
    User leaver = join("leaver@example.org", "Bela", Role::employee, site.workspace);
    User spy = join("spy@example.org", "Spy", Role::employee, other);

    Street() { REQUIRE(site.storage->set_disabled(leaver, true, {{}, {}, site.clock.now()})); }

    User join(const std::string& email, const std::string& name, Role role, const Workspace& workspace) {
        Passwords passwords(kCheap);
        auto made =
            create_user(*site.storage, site.clock, site.random, passwords, workspace, {email, name, kPassword, role});
        REQUIRE_MESSAGE(made.has_value(), made.error().message);
        return *std::move(made);
    }
    [[nodiscard]] json people(const std::string& email) {
        const auto response = site.ask("GET", "/api/people", {}, Laptop(site, email).token);
        REQUIRE_MESSAGE(response.status == 200, response.body);
        return parsed(response)["people"];
    }
};

json without_addresses(json people) {
    for (json& person : people) person.erase("email");
    return people;
}

TEST_CASE_FIXTURE(Street, "people: everybody of the workspace by name, whatever the letter case, the disabled too") {
    const json expected = {{{"id", asha.id}, {"name", "Asha"}, {"role", "EMPLOYEE"}},
                           {{"id", leaver.id}, {"name", "Bela"}, {"role", "EMPLOYEE"}, {"disabled", true}},
                           {{"id", meera.id}, {"name", "Meera"}, {"role", "MANAGER"}},
                           {{"id", zarina.id}, {"name", "zarina"}, {"role", "ADMIN"}}};
    CHECK(people("asha@example.org") == expected);
    CHECK(without_addresses(people("meera@example.org")) == expected);
    CHECK(without_addresses(people("zarina@example.org")) == expected);
}

TEST_CASE_FIXTURE(Street, "people: addresses are for managers and administrators") {
    for (const char* who : {"meera@example.org", "zarina@example.org"}) {
        const json told = people(who);
        REQUIRE(told.size() == 4);
        CHECK(told[0]["email"] == "asha@example.org");
        CHECK(told[1]["email"] == "leaver@example.org");
    }
    // Who was added without a name has the address for one.
    join("nameless@example.org", "nameless@example.org", Role::employee, site.workspace);
    CHECK(people("asha@example.org").dump().find("example.org") == std::string::npos);
    CHECK(people("asha@example.org")[3]["name"] == "nameless");
    CHECK(people("meera@example.org")[3]["name"] == "nameless@example.org");
}

TEST_CASE_FIXTURE(Street, "people: a role that changes tells and is told with the next answer") {
    REQUIRE(site.storage->set_role(asha, Role::manager, {{}, {}, site.clock.now()}));
    const json told = people("asha@example.org");
    CHECK(told[0]["role"] == "MANAGER");
    CHECK(told[0]["email"] == "asha@example.org");
}

TEST_CASE_FIXTURE(Street, "people: no byte of another workspace, in either direction") {
    const json theirs = people("spy@example.org");
    CHECK(theirs == json{{{"id", spy.id}, {"name", "Spy"}, {"role", "EMPLOYEE"}}});
    CHECK(people("zarina@example.org").dump().find("py") == std::string::npos);
}

TEST_CASE_FIXTURE(Street, "people: only by GET, and only for those who are signed in") {
    check_problem(site.ask("GET", "/api/people"), 401, "UNAUTHENTICATED");
    const Laptop laptop(site, "zarina@example.org");
    const auto wrong = site.ask("POST", "/api/people", "{}", laptop.token);
    check_problem(wrong, 405, "METHOD_NOT_ALLOWED");
    CHECK(http::find_header(wrong.headers, "Allow") == "GET, HEAD");
    REQUIRE(site.storage->set_disabled(zarina, true, {{}, {}, site.clock.now()}));
    check_problem(site.ask("GET", "/api/people", {}, laptop.token), 401, "UNAUTHENTICATED");
}

}  // namespace
}  // namespace ct::server::test
