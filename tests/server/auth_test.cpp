// Signing in and out, passwords, devices.
#include <doctest/doctest.h>

#include "server/kit.h"

namespace ct::server::test {
namespace {

constexpr UnixMs kDay = 86'400'000;

int pull_status(const Laptop& laptop) {
    const json body{{"protocol", 1}, {"deviceId", laptop.device}, {"cursor", laptop.cursor}};
    return laptop.post("/api/sync/pull", body).status;
}

TEST_CASE("login: gives a token with user, workspace, epoch and time") {
    Site site;
    const User asha = site.add_user("Asha@Example.org", Role::manager);
    const auto response = site.login("  ASHA@example.ORG ", kPassword, "laptop-1");
    REQUIRE_MESSAGE(response.status == 200, response.body);
    const json answer = parsed(response);
    CHECK(answer["token"].get<std::string>().size() == 43);  // 256 bits in base64url
    CHECK(answer["user"]["id"] == asha.id);
    CHECK(answer["user"]["email"] == "asha@example.org");
    CHECK(answer["user"]["role"] == "MANAGER");
    CHECK(answer["workspace"]["id"] == site.workspace.id);
    CHECK(answer["workspace"]["name"] == "Workshop");
    CHECK(answer["epoch"] == site.storage->epoch());
    CHECK(answer["serverTime"] == format_rfc3339(site.clock.now()));
    CHECK(answer["expiresAt"] == format_rfc3339(site.clock.now() + 90 * kDay));
    CHECK(response.body.find("argon2") == std::string::npos);
}

TEST_CASE("login: a wrong password and an unknown address are refused alike") {
    Site site;
    site.add_user("asha@example.org", Role::manager);
    const auto wrong = site.login("asha@example.org", "wrong horse", "d");
    const auto unknown = site.login("nobody@example.org", kPassword, "d");
    const auto no_address = site.login("nobody", kPassword, "d");
    const auto too_long = site.login("asha@example.org", std::string(5'000, 'x'), "d");
    check_problem(wrong, 401, "UNAUTHENTICATED");
    CHECK(unknown.body == wrong.body);
    CHECK(no_address.body == wrong.body);
    CHECK(too_long.body == wrong.body);
    check_problem(site.ask("POST", "/api/auth/login", "{}"), 400, "MALFORMED");
    check_problem(site.login("asha@example.org", kPassword, "two words"), 400, "MALFORMED");
}

TEST_CASE("login: guessing is slowed down per account, however its address is written") {
    Site site;
    site.add_user("asha@example.org", Role::manager);
    site.add_user("ravi@example.org", Role::manager);
    const std::vector<std::string> spellings{"asha@example.org", "Asha@example.org", " ASHA@EXAMPLE.ORG"};
    int refused = 0;
    for (int i = 0; i < 8; ++i) {
        const auto response = site.login(spellings[static_cast<std::size_t>(i) % 3], "wrong horse", "d");
        if (response.status != 429) continue;
        ++refused;
        check_problem(response, 429, "TOO_MANY_ATTEMPTS");
        CHECK(std::stoi(std::string(http::find_header(response.headers, "Retry-After"))) >= 1);
    }
    CHECK(refused >= 1);
    CHECK(site.login("asha@example.org", kPassword, "d").status == 429);  // the right one has to wait too
    CHECK(site.login("ravi@example.org", kPassword, "d").status == 200);  // others do not
    site.clock.move(60'000);
    CHECK(site.login("asha@example.org", kPassword, "d").status == 200);
    for (int i = 0; i < 5; ++i) CHECK(site.login("asha@example.org", "wrong horse", "d").status == 401);
}

TEST_CASE("login: who belongs to several workspaces names one") {
    Site site;
    const Workspace other = site.add_workspace("Other");
    site.add_user("asha@example.org", Role::manager);
    site.add_user("asha@example.org", Role::admin, other);
    check_problem(site.login("asha@example.org", kPassword, "d"), 400, "WORKSPACE_NEEDED");
    CHECK(parsed(site.login("asha@example.org", kPassword, "d", "Other"))["user"]["role"] == "ADMIN");
    CHECK(parsed(site.login("asha@example.org", kPassword, "d", site.workspace.id))["user"]["role"] == "MANAGER");
    check_problem(site.login("asha@example.org", kPassword, "d", "Nowhere"), 401, "UNAUTHENTICATED");
}

TEST_CASE("login: a disabled user is out at once and stays out") {
    Site site;
    const User asha = site.add_user("asha@example.org", Role::manager);
    Laptop laptop(site, "asha@example.org");
    CHECK(pull_status(laptop) == 200);
    REQUIRE(site.storage->set_disabled(asha, true, {}));
    CHECK(pull_status(laptop) == 401);
    CHECK(site.login("asha@example.org", kPassword, "d").status == 401);
}

TEST_CASE("tokens: one per device; signing out ends it; it slides with use and ends without") {
    Site site;
    site.add_user("asha@example.org", Role::manager);
    Laptop first(site, "asha@example.org"), second(site, "asha@example.org");
    const json again = parsed(site.login("asha@example.org", kPassword, first.device));
    CHECK(pull_status(first) == 401);  // the device signed in anew
    first.token = again["token"];
    CHECK(pull_status(first) == 200);
    CHECK(first.post("/api/auth/logout", json::object()).status == 200);
    CHECK(pull_status(first) == 401);
    for (int month = 0; month < 6; ++month) {
        site.clock.move(60 * kDay);
        CHECK(pull_status(second) == 200);
    }
    site.clock.move(90 * kDay);
    CHECK(pull_status(second) == 401);
}

TEST_CASE("password: the current one is asked for; other devices are signed out") {
    Site site;
    site.add_user("asha@example.org", Role::manager);
    Laptop here(site, "asha@example.org"), there(site, "asha@example.org");
    const auto set = [&](const json& body) { return here.post("/api/auth/password", body); };
    check_problem(set({{"currentPassword", "wrong"}, {"newPassword", "new password"}}), 403, "WRONG_PASSWORD");
    check_problem(set({{"currentPassword", kPassword}, {"newPassword", "short"}}), 400, "WEAK_PASSWORD");
    check_problem(set({{"newPassword", 7}}), 400, "WEAK_PASSWORD");
    check_problem(set({{"email", "other@example.org"}, {"newPassword", "new password"}}), 403, "FORBIDDEN");
    CHECK(set({{"currentPassword", kPassword}, {"newPassword", "पासवर्ड नया"}}).status == 200);
    CHECK(pull_status(here) == 200);
    CHECK(pull_status(there) == 401);
    CHECK(site.login("asha@example.org", kPassword, "d").status == 401);
    CHECK(site.login("asha@example.org", "पासवर्ड नया", "d").status == 200);
}

TEST_CASE("password: an administrator sets another's, in their own workspace only") {
    Site site;
    const Workspace other = site.add_workspace("Other");
    site.add_user("admin@example.org", Role::admin);
    site.add_user("asha@example.org", Role::employee);
    site.add_user("stranger@example.org", Role::employee, other);
    Laptop admin(site, "admin@example.org"), asha(site, "asha@example.org");
    const auto set = [&](const char* email) {
        return admin.post("/api/auth/password", {{"email", email}, {"newPassword", "given to you"}});
    };
    CHECK(set("asha@example.org").status == 200);
    CHECK(pull_status(asha) == 401);
    CHECK(site.login("asha@example.org", "given to you", "d").status == 200);
    for (const char* own : {"admin@example.org", "ADMIN@Example.org", " admin@example.org "}) {
        CAPTURE(own);
        check_problem(set(own), 403, "WRONG_PASSWORD");  // one's own takes the current one, however it is written
    }
    check_problem(set("stranger@example.org"), 404, "NO_USER");
    CHECK(site.login("stranger@example.org", kPassword, "d").status == 200);
}

TEST_CASE("devices: one sees and revokes one's own, an administrator everybody's, nobody another workspace's") {
    Site site;
    const Workspace other = site.add_workspace("Other");
    site.add_user("admin@example.org", Role::admin);
    site.add_user("asha@example.org", Role::employee);
    site.add_user("stranger@example.org", Role::admin, other);
    Laptop admin(site, "admin@example.org"), asha(site, "asha@example.org"), stranger(site, "stranger@example.org");
    const auto listed = [&](const Laptop& laptop) {
        return parsed(site.ask("GET", "/api/auth/devices", {}, laptop.token))["devices"];
    };
    const auto revoke = [&](const Laptop& by, const std::string& device) {
        return site.ask("DELETE", "/api/auth/devices/" + device, {}, by.token).status;
    };
    CHECK(listed(admin).size() == 2);
    REQUIRE(listed(asha).size() == 1);
    CHECK(listed(asha)[0]["id"] == asha.device);
    CHECK(listed(asha)[0]["signedIn"] == true);
    CHECK(revoke(asha, admin.device) == 404);
    CHECK(revoke(stranger, asha.device) == 404);
    CHECK(revoke(asha, "no-such-device") == 404);
    CHECK(pull_status(asha) == 200);
    CHECK(revoke(admin, asha.device) == 200);
    CHECK(pull_status(asha) == 401);
    CHECK(listed(admin)[1]["signedIn"] != listed(admin)[0]["signedIn"]);
}

TEST_CASE("devices: a token goes on under a new device id, but never under another user's") {
    Site site;
    site.add_user("asha@example.org", Role::manager);
    site.add_user("ravi@example.org", Role::manager);
    Laptop asha(site, "asha@example.org"), ravi(site, "ravi@example.org");
    (void)asha.add_lead("Before");
    const std::string old = asha.device;
    asha.device = asha.new_id();
    check_problem(asha.post("/api/sync/push", asha.push_body({}, 5)), 409, "SEQUENCE_GAP");
    asha.sequence = 0;  // a new device counts from the beginning
    (void)asha.add_lead("After");
    CHECK(asha.sequence == 1);
    CHECK(rows(asha.pull()).size() == 2);

    const json devices = parsed(site.ask("GET", "/api/auth/devices", {}, asha.token))["devices"];
    REQUIRE(devices.size() == 2);
    for (const json& device : devices) {
        CHECK(device["name"] == "Test laptop");
        CHECK(device["signedIn"] == true);
        CHECK(device["operations"] == 1);
    }
    const std::string own = asha.device;
    asha.device = ravi.device;
    check_problem(asha.post("/api/sync/push", asha.push_body({}, 0)), 403, "FORBIDDEN");
    CHECK(pull_status(asha) == 403);
    asha.device = own;
    CHECK(site.ask("DELETE", "/api/auth/devices/" + own, {}, asha.token).status == 200);  // ends the sign-in of both
    CHECK(pull_status(asha) == 401);
    asha.device = old;
    CHECK(pull_status(asha) == 401);
}

}  // namespace
}  // namespace ct::server::test
