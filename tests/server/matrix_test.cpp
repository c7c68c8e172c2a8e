// Every address, asked by everybody who may not: the refusal, and that neither it nor the log tells more.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <set>

#include "assets/openapi.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/utf8.h"
#include "server/contract.h"
#include "server/kit.h"
#include "server/status_page.h"

namespace ct::server::test {
namespace {

constexpr UnixMs kDay = 86'400'000;

enum class Who : std::uint8_t { nobody, garbage, revoked, expired, disabled, stranger, manager, employee };
constexpr const char* kWho[] = {"no token",
                                "a garbage token",
                                "a revoked device's token",
                                "expired token",
                                "a disabled user",
                                "another workspace's administrator",
                                "a manager",
                                "an employee who does not own it"};

constexpr const char* kLeadName = "Zarina Quillfeather";
constexpr const char* kPhone = "+919812345670";
constexpr const char* kNotes = "owes the baker in Wadala";
constexpr const char* kFileName = "dowry-contract.pdf";
const std::string kFile = "%PDF-1.7 the secret recipe";

struct TempDir {
    TempDir() {
        char name[] = "/tmp/ct-matrix-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~TempDir() { std::filesystem::remove_all(path); }
    std::string path;
};

/// What the log says, while it lives.
struct LogBook {
    LogBook() {
        log::to_function([this](std::string_view line) { lines.append(line).push_back('\n'); });
    }
    ~LogBook() { log::to_function(nullptr); }
    std::string lines;
};

/// A workspace with something to hide, and those who would like to see it.
struct Town {
    static ServiceOptions options(const std::string& directory) {
        ServiceOptions options;
        options.files.directory = directory;
        options.openapi = assets::openapi();
        options.log_requests = true;
        return options;
    }
    Town() {
        const Workspace other = site.add_workspace("Competitor");
        site.add_user("victim@example.org", Role::employee);
        site.add_user("boss@example.org", Role::admin);
        site.add_user("manager@example.org", Role::manager);
        site.add_user("ravi@example.org", Role::employee);
        site.add_user("spy@example.org", Role::admin, other);
        expired = Laptop(site, "manager@example.org").token;
        site.clock.move(91 * kDay);
        const User leaver = site.add_user("leaver@example.org", Role::admin);
        disabled = Laptop(site, "leaver@example.org").token;
        REQUIRE(site.storage->set_disabled(leaver, true, {}));
        victim = std::make_unique<Laptop>(site, "victim@example.org");
        lead = victim->add_lead(kLeadName, {{"phone", kPhone}, {"notes", kNotes}});
        file = upload(kFile, kFile.size());
        begun = upload(kFile + "!", 4);
        (void)victim->pull_all();
    }
    /// The id of a file of the victim's, of which that many bytes went up.
    std::string upload(const std::string& content, std::size_t bytes) {
        http::Request create = request("POST", "/api/files");
        create.headers = {{"Tus-Resumable", "1.0.0"},
                          {"Authorization", "Bearer " + victim->token},
                          {"Upload-Length", std::to_string(content.size())},
                          {"Upload-Metadata", metadata(content)}};
        const auto made = site.service->handle(create);
        REQUIRE_MESSAGE(made.status == 201, made.body);
        http::Request part = request("PATCH", std::string(http::find_header(made.headers, "Location")));
        part.headers = {{"Tus-Resumable", "1.0.0"},
                        {"Authorization", "Bearer " + victim->token},
                        {"Content-Type", "application/offset+octet-stream"},
                        {"Upload-Offset", "0"}};
        part.body = content.substr(0, bytes);
        const auto sent = site.service->handle(part);
        REQUIRE_MESSAGE(sent.status == 204, sent.body);
        return part.path.substr(std::string("/api/files/").size());
    }
    [[nodiscard]] std::string metadata(const std::string& content) const {
        return "filename " + to_base64(kFileName) + ",model " + to_base64("Lead") + ",recordId " + to_base64(lead) +
               ",sha256 " + to_base64(to_hex(bytes_of(sha256(content))));
    }
    static http::Request request(const std::string& method, const std::string& path, const std::string& body = {}) {
        http::Request made{method, path, {}, {}, body, "192.0.2.7"};
        if (!body.empty()) made.headers.emplace_back("Content-Type", "application/json");
        return made;
    }
    /// A new sign-in of such a one: what they send may end it. `device` comes out as theirs.
    std::string token_of(Who who, std::string& device) {
        switch (who) {
            case Who::nobody: return {};
            case Who::garbage: return "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
            case Who::expired: return expired;
            case Who::disabled: return disabled;
            default: break;
        }
        const bool employee = who == Who::employee;
        const Laptop laptop(site, who == Who::stranger ? "spy@example.org"
                                  : employee           ? "ravi@example.org"
                                                       : "manager@example.org");
        device = laptop.device;
        if (who == Who::revoked) REQUIRE(site.storage->end_session(site.workspace.key, device, {}));
        return laptop.token;
    }

    TempDir directory;
    Site site{{}, options(directory.path)};
    std::string expired, disabled, lead, file, begun;
    std::unique_ptr<Laptop> victim;
};

/// What must come back: a problem of this code; below 400, an answer in which `says` stands and no secret does.
struct Expect {
    int status;
    std::string_view says;
};
constexpr Expect kMay{0, {}};  ///< that is what they are there for
constexpr Expect kNoToken{401, "UNAUTHENTICATED"};
constexpr Expect kNoFile{404, "NO_FILE"};
constexpr Expect kNoRecord{404, "NO_RECORD"};
constexpr Expect kNotFound{404, "NOT_FOUND"};
constexpr Expect kResync{409, "RESYNC_REQUIRED"};
constexpr Expect kForbidden{403, "FORBIDDEN"};

struct Asker {
    std::string device, token;
};

struct Case {
    std::string_view address;  ///< as the contract names it
    std::string_view what;
    std::function<http::Request(Town&, const Asker& asker)> make;
    Expect stranger, manager, employee;
    std::optional<Expect> others = kNoToken;  ///< whom no valid token names
    bool page = false;                        ///< for browsers: the token goes in a cookie, answers are HTML
};

Case open_row(std::string_view address, std::string_view path, Expect all) {
    const std::string method(address.substr(0, address.find(' ')));
    return {address, {}, [=](Town&, const Asker&) { return Town::request(method, std::string(path)); }, all, all,
            all,     all};
}

http::Request push_of(Town& town, const std::string& device, json operation) {
    operation["id"] = town.site.new_id();
    operation["stamp"] = "0192f3c4a5b6-0001-" + device;
    const json body{{"protocol", 1},
                    {"deviceId", device},
                    {"epoch", town.site.storage->epoch()},
                    {"sequence", 0},
                    {"operations", {operation}}};
    return Town::request("POST", "/api/sync/push", body.dump());
}

http::Request pull_of(Town& town, const std::string& device, const json& more = json::object()) {
    json body{{"protocol", 1}, {"deviceId", device}, {"epoch", town.site.storage->epoch()}, {"cursor", nullptr}};
    body.update(more);
    return Town::request("POST", "/api/sync/pull", body.dump());
}

/// Their own, if they are let in.
json cursor_of(Town& town, const Asker& asker) {
    http::Request request = pull_of(town, asker.device);
    request.headers.emplace_back("Authorization", "Bearer " + asker.token);
    const auto response = town.site.service->handle(request);
    return response.status == 200 ? parsed(response)["cursor"] : json();
}

http::Request file_of(const std::string& method, const std::string& id, http::Headers more = {},
                      const std::string& body = {}) {
    http::Request made{method, "/api/files" + (id.empty() ? "" : "/" + id), {}, std::move(more), body, "192.0.2.7"};
    made.headers.emplace_back("Tus-Resumable", "1.0.0");
    return made;
}

http::Request part_of(const std::string& id, const char* offset) {
    return file_of("PATCH", id, {{"Content-Type", "application/offset+octet-stream"}, {"Upload-Offset", offset}}, "x");
}

http::Request form_of(const std::string& path, const std::string& form) {
    http::Request made{"POST", path, {}, {{"Content-Type", "application/x-www-form-urlencoded"}}, form, "192.0.2.7"};
    return made;
}

std::vector<Case> accounts_rows() {
    return {
        open_row("GET /api/health", "/api/health", {200, "colortouchd"}),
        open_row("GET /api/ready", "/api/ready", {200, "true"}),
        open_row("GET /api/openapi.json", "/api/openapi.json", {200, "openapi"}),
        open_row("GET /metrics", "/metrics", kNotFound),
        {"POST /api/auth/login", "a guess",
         [](Town&, const Asker&) {
             return Town::request("POST", "/api/auth/login",
                                  R"({"email":"victim@example.org","password":"guess 1","device":{"id":"d"}})");
         },
         kNoToken, kNoToken, kNoToken, kNoToken},
        {"POST /api/auth/logout",
         "of oneself",
         [](Town&, const Asker&) { return Town::request("POST", "/api/auth/logout", "{}"); },
         {200, "{}"},
         {200, "{}"},
         {200, "{}"}},
        {"POST /api/auth/password",
         "of another",
         [](Town&, const Asker&) {
             return Town::request("POST", "/api/auth/password",
                                  R"({"email":"victim@example.org","newPassword":"mine from now on"})");
         },
         {404, "NO_USER"},
         kForbidden,
         kForbidden},
        {"GET /api/auth/devices",
         "all",
         [](Town&, const Asker&) { return Town::request("GET", "/api/auth/devices"); },
         {200, "devices"},
         {200, "devices"},
         {200, "devices"}},
        {"GET /api/people",
         "who there is",
         [](Town&, const Asker&) { return Town::request("GET", "/api/people"); },
         {200, "User spy"},
         kMay,
         kMay},
        {"DELETE /api/auth/devices/{id}", "another's",
         [](Town& town, const Asker&) { return Town::request("DELETE", "/api/auth/devices/" + town.victim->device); },
         kNotFound, kNotFound, kNotFound},
    };
}

std::vector<Case> sync_rows() {
    return {
        {"POST /api/sync/push",
         "a change",
         [](Town& town, const Asker& asker) {
             return push_of(town, asker.device,
                            {{"operation", "UPDATE"},
                             {"model", "Lead"},
                             {"recordId", town.lead},
                             {"base", 1},
                             {"data", {{"name", "Mine"}}}});
         },
         {200, "\"rejected\""},
         kMay,
         {200, "\"rejected\""}},
        {"POST /api/sync/push",
         "a deletion, by force",
         [](Town& town, const Asker& asker) {
             return push_of(town, asker.device,
                            {{"operation", "DELETE"},
                             {"model", "Lead"},
                             {"recordId", town.lead},
                             {"base", 0},
                             {"policy", "force"}});
         },
         {200, "\"rejected\""},
         kMay,
         {200, "\"rejected\""}},
        {"POST /api/sync/push",
         "an id that is taken",
         [](Town& town, const Asker& asker) {
             return push_of(town, asker.device,
                            {{"operation", "CREATE"},
                             {"model", "Lead"},
                             {"recordId", town.lead},
                             {"base", 0},
                             {"policy", "manual"},
                             {"data", {{"name", "Mine"}}}});
         },
         kMay,
         kMay,
         {200, "\"rejected\""}},  // ids of two workspaces are two ids
        {"POST /api/sync/push",
         "in another's name",
         [](Town& town, const Asker&) {
             return push_of(town, town.victim->device,
                            {{"operation", "DELETE"}, {"model", "Lead"}, {"recordId", town.lead}, {"base", 0}});
         },
         {200, "\"rejected\""},
         kForbidden,
         kForbidden},
        {"POST /api/sync/pull",
         "everything",
         [](Town& town, const Asker& asker) { return pull_of(town, asker.device); },
         {200, "\"changes\""},
         kMay,
         {200, "\"changes\""}},
        {"POST /api/sync/pull",
         "one record",
         [](Town& town, const Asker& asker) {
             return pull_of(town, asker.device,
                            {{"cursor", cursor_of(town, asker)}, {"records", {{"Lead", {town.lead}}}}});
         },
         {200, "\"revoked\""},
         kMay,
         {200, "\"revoked\""}},
        {"POST /api/sync/pull", "with another's cursor",
         [](Town& town, const Asker& asker) {
             return pull_of(town, asker.device, {{"cursor", town.victim->cursor}});
         },
         kResync, kResync, kResync},
        {"POST /api/sync/pull",
         "in another's name",
         [](Town& town, const Asker&) { return pull_of(town, town.victim->device); },
         {200, "\"changes\""},
         kForbidden,
         kForbidden},
        {"POST /api/sync/verify",
         "all",
         [](Town&, const Asker&) {
             return Town::request("POST", "/api/sync/verify", R"({"models":["Lead"],"buckets":1,"bucket":0})");
         },
         {200, "{"},
         kMay,
         {200, "{"}},
    };
}

std::vector<Case> file_rows() {
    return {
        {"OPTIONS /api/files",
         "what there is",
         [](Town&, const Asker&) { return file_of("OPTIONS", {}); },
         {204, {}},
         {204, {}},
         {204, {}},
         Expect{204, {}}},
        {"POST /api/files", "onto another's lead",
         [](Town& town, const Asker&) {
             return file_of("POST", {}, {{"Upload-Length", "3"}, {"Upload-Metadata", town.metadata("abc")}});
         },
         kNoRecord, kMay, kNoRecord},
        {"GET /api/files", "of another's lead",
         [](Town& town, const Asker&) {
             http::Request made = file_of("GET", {});
             made.query = "model=Lead&recordId=" + town.lead;
             return made;
         },
         kNoRecord, kMay, kNoRecord},
        {"HEAD /api/files/{id}", "another's", [](Town& town, const Asker&) { return file_of("HEAD", town.file); },
         kNoFile, kMay, kNoFile},
        {"GET /api/files/{id}", "another's", [](Town& town, const Asker&) { return file_of("GET", town.file); },
         kNoFile, kMay, kNoFile},
        {"GET /api/files/{id}", "one that is not whole",
         [](Town& town, const Asker&) { return file_of("GET", town.begun); }, kNoFile, kNoFile, kNoFile},
        {"PATCH /api/files/{id}", "another's upload", [](Town& town, const Asker&) { return part_of(town.begun, "4"); },
         kNoFile, kNoFile, kNoFile},
        {"DELETE /api/files/{id}", "another's upload",
         [](Town& town, const Asker&) { return file_of("DELETE", town.begun); }, kNoFile, kNoFile, kNoFile},
        {"DELETE /api/files/{id}", "another's", [](Town& town, const Asker&) { return file_of("DELETE", town.file); },
         kNoFile, kMay, kNoFile},
    };
}

std::vector<Case> page_rows() {
    const Expect form{200, "name=\"password\""}, refused{403, "form is out of date"};
    return {
        {"GET /",
         "the page",
         [](Town&, const Asker&) { return Town::request("GET", "/"); },
         {200, "Competitor"},
         {403, "for administrators"},
         {403, "for administrators"},
         form,
         true},
        {"POST /login",
         "a guess",
         [](Town&, const Asker&) { return form_of("/login", "email=boss@example.org&password=guess"); },
         {401, "is wrong"},
         {401, "is wrong"},
         {401, "is wrong"},
         Expect{401, "is wrong"},
         true},
        {"POST /logout", "without its form's secret",
         [](Town&, const Asker&) { return form_of("/logout", "csrf=" + std::string(64, '0')); }, refused, refused,
         refused, refused, true},
    };
}

std::vector<Case> all_rows() {
    std::vector<Case> all = accounts_rows();
    for (auto more : {sync_rows(), file_rows(), page_rows()}) all.insert(all.end(), more.begin(), more.end());
    return all;
}

/// The contract's addresses (which metrics_test.cpp holds against the table of routes) and the page's.
std::set<std::string> all_addresses() {
    std::set<std::string> all;
    for (const std::string_view address : StatusPage::addresses()) all.emplace(address);
    const json document = json::parse(assets::openapi());
    for (const auto& [path, methods] : document["paths"].items()) {
        for (const auto& [method, operation] : methods.items()) {
            std::string upper = method;
            for (char& c : upper) c = static_cast<char>(std::toupper(c));
            if (method != "parameters") all.insert(upper + " " + path);
        }
    }
    return all;
}

Expect expected(const Case& row, Who who) {
    switch (who) {
        case Who::stranger: return row.stranger;
        case Who::manager: return row.manager;
        case Who::employee: return row.employee;
        default: return *row.others;
    }
}

void check_answer(const Case& row, const Expect& expect, const http::Response& response) {
    CHECK_MESSAGE(response.status == expect.status, response.body);
    if (expect.status >= 400 && !row.page) {
        check_problem(response, expect.status, std::string(expect.says));
        const bool bearer = http::find_header(response.headers, "WWW-Authenticate") == "Bearer";
        CHECK(bearer == (expect.status == 401 && row.address != "POST /api/auth/login"));
    } else {
        CHECK_MESSAGE(response.body.find(expect.says) != std::string::npos, response.body);
    }
}

void check_silent(const Town& town, const http::Response& response, const std::string& logged,
                  const std::string& token) {
    std::string answer = response.body;
    for (const auto& [name, value] : response.headers) answer.append("\n").append(name).append(": ").append(value);
    for (const std::string& secret :
         {std::string(kLeadName), std::string(kPhone), std::string(kNotes), std::string(kFileName), kFile,
          std::string("victim@example.org"), town.victim->token, town.victim->device, std::string(kPassword)}) {
        CHECK_MESSAGE(answer.find(secret) == std::string::npos, secret, " in ", answer);
        CHECK_MESSAGE(logged.find(secret) == std::string::npos, secret, " in ", logged);
    }
    CHECK(logged.find(town.lead) == std::string::npos);
    CHECK(logged.find("example.org") == std::string::npos);
    if (!token.empty()) CHECK(logged.find(token) == std::string::npos);
    CHECK(logged.find("status=" + std::to_string(response.status)) != std::string::npos);
}

TEST_CASE("matrix: every address x everybody who may not") {
    const std::vector<Case> table = all_rows();
    std::set<std::string> covered;
    for (const Case& row : table) covered.emplace(row.address);
    CHECK(covered == all_addresses());  // a new address needs a row

    Town town;
    LogBook book;
    for (const Case& row : table) {
        CAPTURE(row.address);
        CAPTURE(row.what);
        for (std::size_t i = 0; i < std::size(kWho); ++i) {
            CAPTURE(std::string(kWho[i]));
            const Who who = static_cast<Who>(i);
            const Expect expect = expected(row, who);
            if (expect.status == 0) continue;
            town.site.clock.move(20 * 60'000);  // guesses are forgotten
            std::string device = "some-device";
            const std::string token = town.token_of(who, device);
            http::Request request = row.make(town, {device, token});
            if (!token.empty()) {
                request.headers.emplace_back(row.page ? "Cookie" : "Authorization",
                                             (row.page ? "colortouchd=" : "Bearer ") + token);
            }
            book.lines.clear();
            const http::Response response = town.site.service->handle(request);
            if (!row.page) check_documented(request, response);
            check_answer(row, expect, response);
            check_silent(town, response, book.lines, token);
        }
    }

    // And nothing of the victim's has changed.
    CHECK(rows(town.victim->pull()).empty());
    town.victim->cursor = nullptr;
    const Row left = only_row(town.victim->pull());
    CHECK(left.fields["name"] == kLeadName);
    CHECK(left.fields["version"] == 1);
    for (const auto& [id, status] : {std::pair{town.file, 200}, std::pair{town.begun, 404}}) {
        http::Request get = file_of("GET", id);
        get.headers.emplace_back("Authorization", "Bearer " + town.victim->token);
        CHECK(town.site.service->handle(get).status == status);
    }
    CHECK(town.site.login("victim@example.org", kPassword, town.victim->device).status == 200);
}

}  // namespace
}  // namespace ct::server::test
