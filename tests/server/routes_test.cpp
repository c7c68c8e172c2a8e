// Addresses, methods, bodies and the checks that come before any handler.
#include <doctest/doctest.h>

#include "server/kit.h"

namespace ct::server::test {
namespace {

TEST_CASE("routes: health says whose server this is, ready looks at the database") {
    Site site;
    const auto health = site.ask("GET", "/api/health");
    CHECK(health.status == 200);
    CHECK(http::find_header(health.headers, "ColorTouch-Protocol") == "1");
    CHECK(http::find_header(health.headers, "Cache-Control") == "no-store");
    const json body = parsed(health);
    CHECK(body["product"] == "colortouchd");
    CHECK(body["epoch"] == site.storage->epoch());
    CHECK(body["serverTime"] == format_rfc3339(site.clock.now()));
    CHECK(site.ask("GET", "/api/ready").status == 200);
}

TEST_CASE("routes: unknown addresses are 404, wrong methods 405 with Allow") {
    Site site;
    for (const char* path : {"/nothing", "/api", "/api/sync", "/api/sync/push/", "/api/sync/pushx",
                             "/api/auth/devices/", "/api/auth/devices/a/b", "//api/health"}) {
        CAPTURE(path);
        check_problem(site.ask("GET", path), 404, "NOT_FOUND");
    }
    const auto wrong = site.ask("GET", "/api/sync/push");
    check_problem(wrong, 405, "METHOD_NOT_ALLOWED");
    CHECK(http::find_header(wrong.headers, "Allow") == "POST");
    check_problem(site.ask("DELETE", "/api/health"), 405, "METHOD_NOT_ALLOWED");
}

TEST_CASE("routes: everything but health and login needs a token") {
    Site site;
    const std::vector<std::pair<std::string, std::string>> routes{
        {"POST", "/api/sync/push"},        {"POST", "/api/sync/pull"},     {"POST", "/api/sync/verify"},
        {"POST", "/api/auth/logout"},      {"POST", "/api/auth/password"}, {"GET", "/api/auth/devices"},
        {"DELETE", "/api/auth/devices/x"}, {"GET", "/api/people"}};
    for (const auto& route : routes) {
        const std::string &method = route.first, &path = route.second;
        CAPTURE(path);
        for (const std::string token : {"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
            const auto response = site.ask(method, path, {}, token);
            check_problem(response, 401, "UNAUTHENTICATED");
            CHECK(http::find_header(response.headers, "WWW-Authenticate") == "Bearer");
        }
    }
}

TEST_CASE("routes: a body that is not declared as JSON is 415") {
    Site site;
    site.add_user("asha@example.org", Role::admin);
    const Laptop asha(site, "asha@example.org");
    for (const char* type : {"text/plain", "", "application/x-www-form-urlencoded"}) {
        http::Request request{"POST", "/api/sync/push", {}, {}, "{}", {}};
        request.headers = {{"Authorization", "bearer " + asha.token}, {"content-type", type}};
        check_problem(site.service->handle(request), 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    http::Request request{"POST", "/api/sync/push", {}, {}, "{}", {}};
    request.headers = {{"authorization", "BEARER  " + asha.token}, {"Content-Type", "Application/JSON; charset=utf-8"}};
    check_problem(site.service->handle(request), 400, "MALFORMED");
}

TEST_CASE("routes: bodies of every wrong shape are 400 and change nothing") {
    Site site;
    site.add_user("asha@example.org", Role::admin);
    Laptop asha(site, "asha@example.org");
    const std::string head = R"({"protocol":1,"deviceId":")" + asha.device + R"(",)";
    const std::string deep = std::string(5'000, '[');
    const std::vector<std::string> bodies{
        "",
        "null",
        "[]",
        "{",
        "{}",
        "\xff",
        "{\"protocol\":1}",
        deep,
        "{\"a\":" + deep,
        head + R"("sequence":-1,"operations":[]})",
        head + R"("sequence":0.5,"operations":[]})",
        head + R"("sequence":"0","operations":[]})",
        head + R"("sequence":18446744073709551615,"operations":[]})",
        head + R"("sequence":0,"operations":{}})",
        head + R"("sequence":0,"operations":[1]})",
        head + R"("sequence":0,"operations":[{}]})",
        head + R"("sequence":0,"operations":[{"id":"no uuid"}]})",
        head + R"("sequence":0,"epoch":7,"operations":[]})",
        R"({"protocol":0,"deviceId":"d","sequence":0,"operations":[]})",
        R"({"protocol":1,"deviceId":"","sequence":0,"operations":[]})",
        R"({"protocol":1,"deviceId":"two words","sequence":0,"operations":[]})",
        R"({"protocol":1,"deviceId":"=","sequence":0,"operations":[]})",
    };
    for (const std::string& body : bodies) {
        CAPTURE(body.substr(0, 200));
        check_problem(site.ask("POST", "/api/sync/push", body, asha.token), 400, "MALFORMED");
    }
    const std::vector<std::string> pulls{
        "",
        "[]",
        head + R"("cursor":1})",
        head + R"("cursor":"v.1"})",
        head + R"("cursor":""})",
        head + R"("cursor":"v.99999999999999999999.0.a"})",
        head + R"("cursor":"s.0.9.-.0.a"})",
        head + R"("models":["Nothing"]})",
        head + R"("models":"Lead"})",
        head + R"("limit":-1})",
        head + R"("limit":"all"})",
        head + R"("wait":-1})",
        head + R"("exclude":[]})",
    };
    for (const std::string& body : pulls) {
        CAPTURE(body.substr(0, 200));
        check_problem(site.ask("POST", "/api/sync/pull", body, asha.token), 400, "MALFORMED");
    }
    for (const char* body :
         {"", "[]", R"({"buckets":0})", R"({"buckets":257})", R"({"models":["X"]})", R"({"models":7})"}) {
        CAPTURE(body);
        check_problem(site.ask("POST", "/api/sync/verify", body, asha.token), 400, "MALFORMED");
    }
    CHECK(rows(asha.pull()).empty());
}

TEST_CASE("routes: a later protocol is 426, whatever else the body says; unknown members are ignored") {
    Site site;
    site.add_user("asha@example.org", Role::admin);
    Laptop asha(site, "asha@example.org");
    json body = asha.push_body({}, 0);
    body["futureMember"] = {{"a", 1}};
    CHECK(asha.post("/api/sync/push", body).status == 200);
    body["protocol"] = 2;
    check_problem(asha.post("/api/sync/push", body), 426, "UPGRADE_REQUIRED");
    check_problem(asha.post("/api/sync/pull", body), 426, "UPGRADE_REQUIRED");
    body = {{"protocol", 7}, {"device", "shaped otherwise"}};
    check_problem(asha.post("/api/sync/push", body), 426, "UPGRADE_REQUIRED");
    check_problem(asha.post("/api/sync/pull", body), 426, "UPGRADE_REQUIRED");
}

TEST_CASE("routes: only batches and files may be large, and only of who says to be signed in") {
    http::Request head;
    head.method = "POST";
    const auto most = [&](const char* path) {
        head.path = path;
        return Service::body_max(head);
    };
    for (const char* path : {"/api/auth/login", "/login", "/api/sync/push", "/api/files/x"})
        CHECK(most(path) == 65'536);
    head.headers = {{"Authorization", "Bearer x"}};
    for (const char* path : {"/api/sync/push", "/api/files", "/api/files/x"}) CHECK(most(path) > (1u << 30));
    for (const char* path : {"/api/sync/pull", "/api/sync/verify", "/"}) CHECK(most(path) == 4u << 20);
}

TEST_CASE("routes: more operations than a batch may have are 413") {
    ServiceOptions options;
    options.operations_max = 2;
    Site site({}, options);
    site.add_user("asha@example.org", Role::admin);
    Laptop asha(site, "asha@example.org");
    std::vector<json> operations;
    for (int i = 0; i < 3; ++i) operations.push_back(asha.create("Lead", asha.new_id(), {{"name", "L"}}));
    check_problem(asha.post("/api/sync/push", asha.push_body(operations, 0)), 413, "TOO_LARGE");
    operations.pop_back();
    CHECK(asha.push(operations)["results"].size() == 2);
}

}  // namespace
}  // namespace ct::server::test
