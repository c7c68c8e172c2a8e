// The brake on guessing: per account and address, per account, per network; and whom it must not stop.
#include <doctest/doctest.h>

#include "server/kit.h"

namespace ct::server::test {
namespace {

http::Response login_from(const Site& site, const std::string& remote, const std::string& email,
                          const std::string& password, const std::string& device) {
    const json body{{"email", email}, {"password", password}, {"device", {{"id", device}, {"name", "L"}}}};
    return site.service->handle(
        {"POST", "/api/auth/login", {}, {{"Content-Type", "application/json"}}, body.dump(), remote});
}

TEST_CASE("throttle: one who guesses at one account waits longer each time; the office beside them works on") {
    Site site;
    site.add_user("asha@example.org", Role::manager);
    site.add_user("ravi@example.org", Role::manager);
    const std::string office = "192.0.2.7";
    std::int64_t longest = 0;
    int tried = 0;
    for (int i = 0; i < 600; ++i) {  // ten minutes, a guess a second
        const auto response = login_from(site, office, "asha@example.org", "guess", "d");
        if (response.status == 401) ++tried;
        const auto wait = http::find_header(response.headers, "Retry-After");
        if (!wait.empty()) longest = std::max(longest, static_cast<std::int64_t>(std::stoi(std::string(wait))));
        site.clock.move(1'000);
    }
    CHECK(tried < 20);
    CHECK(longest > 100);
    CHECK(longest <= 300);
    CHECK(login_from(site, office, "ravi@example.org", kPassword, "new").status == 200);
    CHECK(login_from(site, "198.51.100.1", "asha@example.org", kPassword, "new").status == 200);
}

TEST_CASE("throttle: many addresses at one account are slowed together; its own devices are not") {
    Site site;
    site.add_user("asha@example.org", Role::manager);
    CHECK(login_from(site, "192.0.2.7", "asha@example.org", kPassword, "known").status == 200);
    int tried = 0;
    for (int i = 0; i < 600; ++i) {
        const std::string remote = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250);
        if (login_from(site, remote, "asha@example.org", "guess", "d").status == 401) ++tried;
        site.clock.move(1'000);
    }
    CHECK(tried < 60);
    CHECK(login_from(site, "192.0.2.7", "asha@example.org", kPassword, "known").status == 200);
    CHECK(login_from(site, "192.0.2.7", "asha@example.org", kPassword, "another").status == 429);
    site.clock.move(61'000);
    CHECK(login_from(site, "192.0.2.7", "asha@example.org", kPassword, "another").status == 200);
}

TEST_CASE("throttle: one address at many accounts is slowed; who signed in before on their laptop is not") {
    Site site;
    site.add_user("asha@example.org", Role::manager);
    site.add_user("mallory@example.org", Role::employee);
    const std::string office = "192.0.2.7";
    CHECK(login_from(site, office, "asha@example.org", kPassword, "known").status == 200);
    int tried = 0;
    for (int i = 0; i < 1'000; ++i) {
        // An account of one's own in between buys nothing.
        if (i % 5 == 0) (void)login_from(site, office, "mallory@example.org", kPassword, "mallory");
        const std::string email = "user" + std::to_string(i) + "@example.org";
        if (login_from(site, office, email, "password1", "d").status == 401) ++tried;
        site.clock.move(1'000);
    }
    CHECK(tried < 160);
    CHECK(tried >= 100);  // an office full of people who mistype is no attack
    CHECK(login_from(site, office, "asha@example.org", kPassword, "known").status == 200);
    CHECK(login_from(site, "198.51.100.1", "asha@example.org", kPassword, "new").status == 200);
    site.clock.move(31'000);
    CHECK(login_from(site, office, "asha@example.org", kPassword, "new").status == 200);
}

TEST_CASE("throttle: forgotten after a quarter of an hour, and addresses of one IPv6 network are one") {
    Site site;
    site.add_user("asha@example.org", Role::manager);
    const auto guess = [&](int i) {
        return login_from(site, "2001:db8:1:2::" + std::to_string(i), "asha@example.org", "guess", "d").status;
    };
    for (int i = 1; i <= 6; ++i) CHECK(guess(i) == 401);
    CHECK(guess(7) == 429);
    site.clock.move(16 * 60'000);
    for (int i = 1; i <= 6; ++i) CHECK(guess(i) == 401);
}

TEST_CASE("throttle: behind a trusted proxy each client counts by itself; others cannot choose who they are") {
    ServiceOptions options;
    options.trusted_proxies = {"127.0.0.1"};
    Site site({}, options);
    site.add_user("asha@example.org", Role::manager);
    const auto guess = [&](const std::string& remote, const std::string& said) {
        const json body{{"email", "asha@example.org"}, {"password", "guess"}, {"device", {{"id", "d"}, {"name", "L"}}}};
        return site.service
            ->handle({"POST",
                      "/api/auth/login",
                      {},
                      {{"Content-Type", "application/json"}, {"X-Forwarded-For", said}},
                      body.dump(),
                      remote})
            .status;
    };
    for (int i = 0; i < 6; ++i) CHECK(guess("127.0.0.1", "198.51.100.1") == 401);
    CHECK(guess("127.0.0.1", "198.51.100.1") == 429);
    CHECK(guess("127.0.0.1", "1.2.3.4, 198.51.100.1") == 429);
    CHECK(guess("127.0.0.1", "198.51.100.2") == 401);
    for (int i = 0; i < 6; ++i) CHECK(guess("192.0.2.7", "10.0.0." + std::to_string(i)) == 401);
    CHECK(guess("192.0.2.7", "10.0.0.99") == 429);
}

}  // namespace
}  // namespace ct::server::test
