// What the server tells about itself: GET /metrics, GET /api/openapi.json.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <thread>

#include "assets/openapi.h"
#include "server/kit.h"
#include "server/remote.h"

namespace ct::server::test {
namespace {

http::Response metrics(const Site& site, const std::string& remote = "127.0.0.1", http::Headers headers = {}) {
    return site.service->handle({"GET", "/metrics", {}, std::move(headers), {}, remote});
}

/// The value of the sample whose name and labels are these; -1 when it is not there.
double value_of(const std::string& text, const std::string& sample) {
    const auto at = ("\n" + text).find("\n" + sample + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + sample.size() + 1));
}

std::string requests(const std::string& method, const std::string& route, const std::string& status) {
    return "colortouchd_requests_total{method=\"" + method + "\",route=\"" + route + "\",status=\"" + status + "\"}";
}

TEST_CASE("metrics: requests, verdicts, failed sign-ins and devices are counted") {
    Site site;
    site.add_user("asha@example.org", Role::admin);
    Laptop asha(site, "asha@example.org");
    (void)asha.add_lead("One");
    (void)asha.add_lead("Two");
    const json bad = asha.update("Lead", asha.new_id(), 1, {{"status", "NONSENSE"}});
    CHECK(asha.push_one(bad)["status"] == "rejected");
    (void)site.login("asha@example.org", "wrong horse", "d");
    (void)site.ask("GET", "/api/nothing/" + asha.token);
    site.clock.move(2 * 86'400'000);

    const auto response = metrics(site);
    REQUIRE(response.status == 200);
    CHECK(http::find_header(response.headers, "Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    const std::string& text = response.body;
    CAPTURE(text);
    CHECK(value_of(text, requests("POST", "/api/sync/push", "200")) == 3);
    CHECK(value_of(text, requests("POST", "/api/auth/login", "401")) == 1);
    CHECK(value_of(text, requests("other", "other", "404")) == 1);
    CHECK(value_of(text, "colortouchd_operations_total{status=\"applied\"}") == 2);
    CHECK(value_of(text, "colortouchd_operations_total{status=\"rejected\"}") == 1);
    CHECK(value_of(text, "colortouchd_sign_ins_failed_total") == 1);
    CHECK(value_of(text, "colortouchd_devices{age_up_to_seconds=\"86400\"}") == 0);
    CHECK(value_of(text, "colortouchd_devices{age_up_to_seconds=\"604800\"}") == 1);
    CHECK(value_of(text, "colortouchd_received_bytes_total") > 100);
    CHECK(value_of(text, "colortouchd_sent_bytes_total") > 100);
    CHECK(value_of(text, "colortouchd_waiting_pulls") == 0);
    const std::string push = "{method=\"POST\",route=\"/api/sync/push\"";
    CHECK(value_of(text, "colortouchd_request_seconds_count" + push + "}") == 3);
    CHECK(value_of(text, "colortouchd_request_seconds_bucket" + push + ",le=\"+Inf\"}") == 3);
    CHECK(value_of(text, "colortouchd_request_seconds_bucket" + push + ",le=\"30\"}") == 3);
    CHECK(text.back() == '\n');
    for (const std::string& secret : {asha.token, asha.device, asha.user, std::string("asha")}) {
        CHECK(text.find(secret) == std::string::npos);
    }
}

TEST_CASE("metrics: what waits on devices is told as they said it, by age, and who looks after them sees it") {
    Site site;
    const User boss = site.add_user("boss@example.org", Role::admin);
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org"), fine(site, "asha@example.org"), silent(site, "asha@example.org");
    const Laptop admin(site, "boss@example.org");
    const auto waiting_of = [&](const Laptop& laptop) {
        const json all = parsed(site.ask("GET", "/api/auth/devices", {}, admin.token));
        for (const json& device : all["devices"]) {
            if (device["id"] == laptop.device) return device.value("waiting", json());
        }
        return json("no such device");
    };
    (void)asha.pull({{"waiting", {{"operations", 7}, {"oldestSeconds", 2 * 86'400}}}});
    (void)fine.pull({{"waiting", {{"operations", 0}}}});
    (void)silent.pull();
    const UnixMs since = site.clock.now() - 2 * 86'400'000LL;
    CHECK(waiting_of(asha) ==
          json{{"operations", 7}, {"oldestAt", format_rfc3339(since)}, {"toldAt", format_rfc3339(site.clock.now())}});
    CHECK(waiting_of(fine) == json{{"operations", 0}, {"toldAt", format_rfc3339(site.clock.now())}});
    CHECK(waiting_of(silent).is_null());
    std::string text = metrics(site).body;
    CHECK(value_of(text, "colortouchd_waiting_operations") == 7);
    CHECK(value_of(text, "colortouchd_oldest_waiting_seconds") == 2 * 86'400);
    CHECK(value_of(text, "colortouchd_devices_delayed{age_up_to_seconds=\"604800\"}") == 1);
    CHECK(value_of(text, "colortouchd_devices_delayed{age_up_to_seconds=\"3600\"}") == 0);
    CHECK(value_of(text, "colortouchd_database_connections_max") > 0);
    CHECK(value_of(text, "colortouchd_database_waiting") == 0);

    // A push settles what it carries; what it left waits on.
    site.clock.move(60'000);
    json body = asha.push_body({asha.create("Lead", asha.new_id(), {{"name", "One"}})}, 0);
    body["waiting"] = {{"operations", 7}, {"oldestSeconds", 2 * 86'400 + 60}};
    REQUIRE(asha.post("/api/sync/push", body).status == 200);
    CHECK(waiting_of(asha)["operations"] == 6);
    CHECK(waiting_of(asha)["oldestAt"] == format_rfc3339(since));
    (void)asha.pull({{"waiting", {{"operations", 0}}}});
    CHECK(waiting_of(asha)["operations"] == 0);
    site.clock.move(3'600'000);
    text = metrics(site).body;
    CHECK(value_of(text, "colortouchd_waiting_operations") == 0);
    CHECK(value_of(text, "colortouchd_oldest_waiting_seconds") == 0);

    // Nonsense is refused or cut to what can be.
    for (const json& wrong : {json(7), json("x"), json{{"operations", -1}}, json{{"operations", 1.5}}}) {
        const json pull{{"protocol", 1}, {"deviceId", asha.device}, {"cursor", asha.cursor}, {"waiting", wrong}};
        check_problem(asha.post("/api/sync/pull", pull), 400, "MALFORMED");
    }
    (void)asha.pull({{"waiting", {{"operations", INT64_MAX}, {"oldestSeconds", INT64_MAX}}}});
    CHECK(waiting_of(asha)["operations"] == 1'000'000'000'000);
}

TEST_CASE("metrics: waiting pulls are counted while they wait") {
    Site site;
    site.add_user("asha@example.org", Role::admin);
    Laptop asha(site, "asha@example.org");
    (void)asha.pull_all();
    std::thread poll([&] { (void)asha.pull({{"wait", 25}}); });
    while (value_of(metrics(site).body, "colortouchd_waiting_pulls") != 1) std::this_thread::yield();
    site.service->stop();
    poll.join();
    CHECK(value_of(metrics(site).body, "colortouchd_waiting_pulls") == 0);
}

TEST_CASE("metrics: they are told on this computer, or to their token, and are not there for others") {
    const auto told = [](const http::Response& response) {
        if (response.status != 200) check_problem(response, 404, "NOT_FOUND");
        return response.status == 200;
    };
    Site open;
    CHECK(told(metrics(open, "127.0.0.1")));
    CHECK(told(metrics(open, "::1")));
    CHECK_FALSE(told(metrics(open, "192.0.2.7")));
    CHECK_FALSE(told(metrics(open, "127.0.0.1", {{"x-forwarded-for", "192.0.2.7"}})));
    open.add_user("admin@example.org", Role::admin);
    const Laptop admin(open, "admin@example.org");
    CHECK_FALSE(told(metrics(open, "192.0.2.7", {{"Authorization", "Bearer " + admin.token}})));

    ServiceOptions options;
    options.metrics_token = "let me see";
    Site closed({}, options);
    CHECK_FALSE(told(metrics(closed)));
    CHECK_FALSE(told(metrics(closed, "127.0.0.1", {{"Authorization", "Bearer let me"}})));
    CHECK(told(metrics(closed, "192.0.2.7", {{"Authorization", "Bearer let me see"}})));
}

TEST_CASE("remote: X-Forwarded-For is believed from trusted proxies, up to the first that is none") {
    const std::vector<std::string> proxies{"10.0.0.1", "10.0.0.2"};
    const auto from = [&](const std::string& remote, http::Headers headers) {
        return client_address({"GET", "/", {}, std::move(headers), {}, remote}, proxies);
    };
    CHECK(from("192.0.2.7", {{"X-Forwarded-For", "198.51.100.1"}}) == "192.0.2.7");
    CHECK(from("10.0.0.1", {}) == "10.0.0.1");
    CHECK(from("10.0.0.1", {{"X-Forwarded-For", "198.51.100.1"}}) == "198.51.100.1");
    CHECK(from("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9, 198.51.100.1 , 10.0.0.2"}}) == "198.51.100.1");
    CHECK(from("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}, {"x-forwarded-for", "198.51.100.1"}}) ==
          "198.51.100.1");
    CHECK(from("10.0.0.1", {{"X-Forwarded-For", "2001:db8::1"}}) == "2001:db8::1");
    CHECK(from("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9, what?"}}) == "10.0.0.1");
}

/// A `$ref` of this document leads somewhere.
void check_references(const json& document, const json& part) {
    if (part.is_object() && part.contains("$ref")) {
        const std::string reference = part["$ref"];
        CAPTURE(reference);
        REQUIRE(reference.starts_with("#"));
        CHECK(document.contains(json::json_pointer(reference.substr(1))));
    }
    if (part.is_structured()) {
        for (const json& inner : part) check_references(document, inner);
    }
}

TEST_CASE("openapi: the document describes the addresses that are answered, no more and no fewer") {
    ServiceOptions options;
    options.openapi = assets::openapi();
    Site site({}, options);
    const auto response = site.ask("GET", "/api/openapi.json");
    REQUIRE(response.status == 200);
    CHECK(http::find_header(response.headers, "Content-Type") == "application/json");
    const json document = parsed(response);
    CHECK(document["openapi"] == "3.1.0");
    check_references(document, document);

    std::vector<std::string> described, answered;
    for (const auto& [path, methods] : document["paths"].items()) {
        for (const auto& [method, operation] : methods.items()) {
            if (method == "parameters") continue;
            std::string upper = method;
            for (char& c : upper) c = static_cast<char>(std::toupper(c));
            const bool file = path.starts_with("/api/files");  // which have routes of their own
            described.push_back(file ? "any /api/files" : upper + " " + path.substr(0, path.find('{')));
            const bool open = operation.contains("security") && operation["security"].empty();
            CAPTURE(described.back());
            std::string address = path;
            if (const auto at = address.find('{'); at != std::string::npos) address.replace(at, std::string::npos, "x");
            CHECK(open == (site.ask(upper, address).status != 401));
        }
    }
    for (const RouteName& route : Service::routes()) {
        answered.push_back(std::string(route.method) + " " + std::string(route.path));
    }
    std::sort(described.begin(), described.end());
    std::sort(answered.begin(), answered.end());
    described.erase(std::unique(described.begin(), described.end()), described.end());
    CHECK(described == answered);
}

TEST_CASE("remote: one guesser's network is an address, or the first half of a long one") {
    CHECK(network_of("192.0.2.7") == "192.0.2.7");
    CHECK(network_of("::ffff:192.0.2.7") == "::ffff:192.0.2.7");
    CHECK(network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2:ffff::1"));
    CHECK(network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1"));
    CHECK(network_of("2001:db8::1") == network_of("2001:db8::2"));
    CHECK(network_of("fe80::1") == network_of("fe80::2"));
    CHECK(network_of("::1") == network_of("::1"));
}

TEST_CASE("openapi: answers have the members that it requires") {
    Site site;
    site.add_user("asha@example.org", Role::admin);
    Laptop asha(site, "asha@example.org");
    const json schemas = json::parse(assets::openapi())["components"]["schemas"];
    const auto check = [&](const char* schema, const json& answer) {
        for (const json& member : schemas[schema].value("required", json::array())) {
            CAPTURE(schema);
            CAPTURE(member);
            CHECK(answer.contains(member.get<std::string>()));
        }
        for (const auto& item : answer.items()) {
            const std::string& member = item.key();
            CAPTURE(schema);
            CAPTURE(member);
            CHECK(schemas[schema]["properties"].contains(member));
        }
    };
    const json push = asha.push({asha.create("Lead", asha.new_id(), {{"name", "One"}})});
    check("PushAnswer", push);
    check("Result", push["results"][0]);
    const json page = asha.pull();
    check("PullPage", page);
    check("Health", parsed(site.ask("GET", "/api/health")));
    check("LoginAnswer", parsed(site.login("asha@example.org", kPassword, "d")));
    check("Device", parsed(site.ask("GET", "/api/auth/devices", {}, asha.token))["devices"][0]);
    check("Problem", parsed(site.ask("GET", "/nowhere")));
}

}  // namespace
}  // namespace ct::server::test
