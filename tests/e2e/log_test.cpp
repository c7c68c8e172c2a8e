// What the server's log says, and what it must never say.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

#include "base/digest.h"
#include "server.h"
#include "unit/net_support.h"

namespace e2e {
namespace {

using ct::net::test::RawConnection;

constexpr const char* kName = "Zarina Quillfeather";
constexpr const char* kPhone = "98123 45670";
constexpr const char* kNotes = "owes the baker in Wadala";
constexpr const char* kFile = "dowry-contract.pdf";
constexpr const char* kGuess = "Tr0ub4dor-guess";
constexpr const char* kNewPassword = "a new and better horse";
constexpr const char* kInUrl = "secretinurl";

std::string said(const Server& server, const std::string& method, const std::string& target, const std::string& lines,
                 const std::string& body) {
    RawConnection connection = RawConnection::to(server.port());
    connection.say(method + " " + target +
                   " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                   "\r\nContent-Digest: " + ct::content_digest(body) + "\r\n" + lines + "\r\n" + body);
    return connection.hear();
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("log: structured, one line per request with its id, and nothing of what requests carry") {
    Server server;
    server.start({"--log-requests"});
    const Laptop laptop, other;
    laptop.login(server);
    (void)other.ctl({"login", "--server", server.url(), "--email", kEmail}, std::string(kGuess) + "\n");
    other.login(server);
    const std::string lead = laptop.add(
        {"lead", std::string("name=") + kName, std::string("phone=") + kPhone, std::string("notes=") + kNotes});
    const std::string payment = laptop.add({"payment", "leadId=" + lead, "amount=123457", "reference=R-4711x"});
    {
        std::ofstream(server.directory() / kFile) << "%PDF secret recipe";
        (void)laptop.json({"attach", "lead", lead, (server.directory() / kFile).string()});
    }
    CHECK(laptop.ctl({"sync", "--attachments"}).exit_code == 0);
    CHECK(other.ctl({"sync"}).exit_code == 0);
    (void)laptop.json({"set", "payment", payment, "amount=123458"});
    (void)other.json({"set", "payment", payment, "amount=123459"});
    (void)laptop.ctl({"sync"});
    (void)other.ctl({"sync"});  // a conflict
    CHECK(laptop.ctl({"verify"}).exit_code == 0);

    // By hand: a sign-in whose token we know, and every kind of request with it, right and wrong.
    const std::string json_type = "Content-Type: application/json\r\n";
    const std::string sign_in =
        nlohmann::json{{"email", kEmail}, {"password", kPassword}, {"device", {{"id", "by-hand"}}}}.dump();
    const std::string in = said(server, "POST", "/api/auth/login", json_type, sign_in);
    const std::string token = nlohmann::json::parse(in.substr(in.find("\r\n\r\n") + 4))["token"];
    const std::string bearer = "Authorization: Bearer " + token + "\r\n";
    const std::string secret = nlohmann::json{{"name", kName}, {"phone", kPhone}, {"password", kGuess}}.dump();
    for (const char* method : {"GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"}) {
        for (const char* path : {"/", "/login", "/logout", "/metrics", "/api/health", "/api/auth/password",
                                 "/api/auth/devices", "/api/auth/devices/x", "/api/sync/push", "/api/sync/pull",
                                 "/api/sync/verify", "/api/files", "/api/files/x", "/nowhere"}) {
            if (std::string(path) == "/api/auth/devices/x" && std::string(method) == "DELETE") continue;
            (void)said(server, method, std::string(path) + "?q=" + kInUrl, bearer + json_type, secret);
            (void)said(server, method, std::string(path) + "/" + kInUrl,
                       bearer + "Cookie: colortouchd=" + token + "\r\n", secret);
        }
    }
    (void)said(server, "GET", "http://" + std::string(kInUrl) + "/", bearer + "X: " + kName + "\r\n", "");  // refused
    const std::string change = nlohmann::json{{"currentPassword", kPassword}, {"newPassword", kNewPassword}}.dump();
    CHECK(said(server, "POST", "/api/auth/password", bearer + json_type, change).starts_with("HTTP/1.1 200"));
    const std::string known = said(server, "GET", "/api/auth/devices", bearer + "X-Request-Id: mine-1\r\n", "");
    CHECK(known.find("X-Request-Id: mine-1") != std::string::npos);
    const std::string given = said(server, "GET", "/api/health", "", "");
    std::smatch id;
    REQUIRE(std::regex_search(given, id, std::regex("X-Request-Id: (\\S+)")));
    server.stop();

    const std::string log = server.log();
    for (const std::string& word :
         {token, kPassword, kEmail, std::string("example.com"), std::string(kName), std::string("Quillfeather"),
          std::string("Zarina"), std::string(kPhone), std::string("9812345670"), std::string("Wadala"),
          std::string(kFile), std::string("R-4711x"), std::string("123457"), std::string("123458"), std::string(kGuess),
          std::string(kNewPassword), std::string(kInUrl), lead, payment}) {
        CHECK_MESSAGE(log.find(word) == std::string::npos, word);
    }
    const std::vector<std::string> lines = lines_of(log);
    CHECK(lines.size() > 200);
    const std::regex line_form(R"re(time=\S+ level=(info|warning|error)( [a-z]+=([^ "=]+|"([^"\\]|\\.)*"))+)re");
    for (const std::string& line : lines) CHECK_MESSAGE(std::regex_match(line, line_form), line);
    const auto count = [&](const std::string& part) {
        return std::count_if(lines.begin(), lines.end(),
                             [&](const std::string& line) { return line.find(part) != std::string::npos; });
    };
    CHECK(count("event=request route=\"GET /api/auth/devices\" status=200 ") > 0);
    CHECK(count(" request=mine-1") == 1);
    CHECK(count("status=200 ms=0 in=0 out=") > 0);
    CHECK(count(" request=" + id[1].str()) == 1);
    CHECK(count("event=refused status=400 code=MALFORMED request=") > 0);
}

}  // namespace e2e
