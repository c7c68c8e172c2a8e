#include "server/kit.h"

#include <doctest/doctest.h>

#include "server/accounts.h"
#include "server/contract.h"
#include "sync/stamp.h"

namespace ct::server::test {

namespace {

std::uint64_t next_seed() {
    static std::atomic<std::uint64_t> seed{100};
    return ++seed;
}

template <class T>
T must(Result<T> result) {
    REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message));
    return std::move(*result);
}

}  // namespace

Site::Site(const std::string& url, ServiceOptions options) {
    std::string at = url;
    if (at.empty() && ct::test::kind() == ct::test::Kind::sqlite) at = "file::memory:";
    if (at.empty()) at = (own_database = std::make_unique<ct::test::Database>())->url();
    storage = must(open_storage(at, random));
    options.password_cost = kCheap;
    service = std::make_unique<Service>(*storage, clock, random, options);
    const auto all = must(storage->workspaces());
    workspace = all.empty() ? add_workspace("Workshop") : all.front();
}

Workspace Site::add_workspace(const std::string& name) { return must(create_workspace(*storage, clock, random, name)); }

User Site::add_user(const std::string& email, Role role) { return add_user(email, role, workspace); }

User Site::add_user(const std::string& email, Role role, const Workspace& in) {
    Passwords passwords(kCheap);
    return must(create_user(*storage, clock, random, passwords, in, {email, "User " + email, kPassword, role}));
}

http::Response Site::ask(const std::string& method, const std::string& path, const std::string& body,
                         const std::string& token) const {
    http::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.remote = "192.0.2.7";
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    http::Response response = service->handle(request);
    check_documented(request, response);
    return response;
}

http::Response Site::login(const std::string& email, const std::string& password, const std::string& device,
                           const std::string& in) const {
    json body{{"email", email}, {"password", password}, {"device", {{"id", device}, {"name", "Test laptop"}}}};
    if (!in.empty()) body["workspace"] = in;
    return ask("POST", "/api/auth/login", body.dump());
}

Laptop::Laptop(Site& at, const std::string& email, const std::string& workspace)
    : site(at), random_(next_seed()), ids_(at.clock, random_) {
    device = ids_.next().str();
    const json answer = parsed(site.login(email, kPassword, device, workspace));
    REQUIRE_MESSAGE(answer.contains("token"), answer.dump());
    token = answer["token"];
    epoch = answer["epoch"];
    user = answer["user"]["id"];
}

std::string Laptop::stamp(UnixMs ahead) { return sync::format_stamp(site.clock.now() + ahead, counter_++, device); }

json Laptop::operation(const char* kind, const std::string& model, const std::string& record, std::int64_t base,
                       const json& more) {
    json made{{"id", new_id()}, {"operation", kind}, {"model", model}, {"recordId", record}, {"base", base}};
    if (!more.contains("stamp")) made["stamp"] = stamp();
    made.update(more.is_null() ? json::object() : more);
    return made;
}

json Laptop::create(const std::string& model, const std::string& record, json data, const json& more) {
    json made = operation("CREATE", model, record, 0, more);
    made["data"] = std::move(data);
    return made;
}

json Laptop::update(const std::string& model, const std::string& record, std::int64_t base, json data,
                    const json& more) {
    json made = operation("UPDATE", model, record, base, more);
    made["data"] = std::move(data);
    return made;
}

json Laptop::remove(const std::string& model, const std::string& record, std::int64_t base, const json& more) {
    return operation("DELETE", model, record, base, more);
}

json Laptop::push_body(const std::vector<json>& operations, std::int64_t at) const {
    return {{"protocol", 1}, {"deviceId", device}, {"epoch", epoch}, {"sequence", at}, {"operations", operations}};
}

http::Response Laptop::post(const std::string& path, const json& body) const {
    return site.ask("POST", path, body.dump(), token);
}

json Laptop::push(const std::vector<json>& operations) {
    const http::Response response = post("/api/sync/push", push_body(operations, sequence));
    REQUIRE_MESSAGE(response.status == 200, response.body);
    const json answer = parsed(response);
    REQUIRE(answer["sequence"] == sequence);
    REQUIRE(answer["results"].size() == operations.size());
    for (std::size_t i = 0; i < operations.size(); ++i) REQUIRE(answer["results"][i]["id"] == operations[i]["id"]);
    sequence += static_cast<std::int64_t>(operations.size());
    return answer;
}

json Laptop::push_one(const json& operation) { return push(std::vector<json>{operation})["results"][0]; }

std::string Laptop::add_lead(const std::string& name, json more) {
    const std::string id = new_id();
    more["name"] = name;
    const json result = push_one(create("Lead", id, more));
    REQUIRE_MESSAGE(result["status"] != "rejected", result.dump());
    return id;
}

json Laptop::pull(const json& more) {
    json body{{"protocol", 1}, {"deviceId", device}, {"epoch", epoch}, {"cursor", cursor}};
    if (!more.is_null()) body.update(more);
    const http::Response response = post("/api/sync/pull", body);
    REQUIRE_MESSAGE(response.status == 200, response.body);
    json page = parsed(response);
    REQUIRE(page["from"] == cursor);
    cursor = page["cursor"];
    return page;
}

json Laptop::pull_all(const json& more) {
    json joined = json::object();
    joined["changes"] = json::array();
    for (;;) {
        const json page = pull(more);
        for (const json& group : page["changes"]) joined["changes"].push_back(group);
        if (!page["hasMore"].get<bool>()) return joined;
        REQUIRE(page["remaining"] > 0);
    }
}

json parsed(const http::Response& response) {
    json body = json::parse(response.body, nullptr, false);
    REQUIRE_MESSAGE(!body.is_discarded(), response.body);
    return body;
}

json check_problem(const http::Response& response, int status, const std::string& code) {
    json body = parsed(response);
    CHECK_MESSAGE(response.status == status, response.body);
    CHECK(body["code"] == code);
    CHECK(body["status"] == status);
    CHECK(http::find_header(response.headers, "Content-Type") == "application/problem+json");
    CHECK(http::find_header(response.headers, "ColorTouch-Protocol") == "1");
    return body;
}

std::vector<Row> rows(const json& page) {
    std::vector<Row> all;
    for (const json& group : page["changes"]) {
        const std::string model = group["model"];
        for (const char* gone : {"deleted", "revoked"}) {
            if (!group.contains(gone)) continue;
            for (const json& row : group[gone]) all.push_back({model, row[0], {{"version", row[1]}, {"gone", gone}}});
        }
        if (!group.contains("rows")) continue;
        for (const json& row : group["rows"]) {
            REQUIRE(row.size() == group["fields"].size() + 2);
            Row& made = all.emplace_back(Row{model, row[0], {{"version", row[1]}}});
            for (std::size_t i = 0; i < group["fields"].size(); ++i) {
                made.fields[group["fields"][i].get<std::string>()] = row[i + 2];
            }
        }
    }
    return all;
}

Row only_row(const json& page) {
    const auto all = rows(page);
    REQUIRE_MESSAGE(all.size() == 1, page.dump());
    return all.front();
}

}  // namespace ct::server::test
