// The page at /: who may see it, that nothing on it is markup but our own, and the forms.
#include <doctest/doctest.h>

#include "server/html.h"
#include "server/kit.h"

namespace ct::server::test {
namespace {

using http::find_header;

http::Response visit(const Site& site, const std::string& cookie = {}) {
    http::Request request;
    request.method = "GET";
    request.path = "/";
    if (!cookie.empty()) request.headers.emplace_back("Cookie", "other=1; colortouchd=" + cookie);
    return site.service->handle(request);
}

http::Response send_form(const Site& site, const std::string& path, const std::string& form,
                         http::Headers headers = {}) {
    http::Request request;
    request.method = "POST";
    request.path = path;
    request.body = form;
    request.remote = "192.0.2.7";
    request.headers = std::move(headers);
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.headers.emplace_back("Host", "crm.example.org");
    return site.service->handle(request);
}

const std::string kForm = "email=boss%40example.org&password=correct+horse&workspace=";

std::string cookie_of(const http::Response& response) {
    const std::string_view set = find_header(response.headers, "Set-Cookie");
    return std::string(cookie(set, "colortouchd"));
}

bool has(const http::Response& response, std::string_view text) {
    return response.body.find(text) != std::string::npos;
}

TEST_CASE("status page: an administrator signs in, sees the workspace, and signs out") {
    Site site;
    site.add_user("boss@example.org", Role::admin);
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera");
    (void)asha.push_one(asha.create("Note", asha.new_id(), {{"leadId", asha.new_id()}, {"text", "<b>secret</b>"}}));

    const auto stranger = visit(site);
    CHECK(stranger.status == 200);
    CHECK(has(stranger, "name=\"password\""));
    CHECK_FALSE(has(stranger, "Workshop"));

    const auto signed_in = send_form(site, "/login", kForm, {{"Origin", "https://crm.example.org"}});
    REQUIRE(signed_in.status == 303);
    CHECK(find_header(signed_in.headers, "Location") == "/");
    const std::string set(find_header(signed_in.headers, "Set-Cookie"));
    for (const char* flag : {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="}) CHECK(set.find(flag) != set.npos);
    CHECK(set.find("Secure") == std::string::npos);
    CHECK(std::string(
              find_header(send_form(site, "/login", kForm, {{"X-Forwarded-Proto", "https"}}).headers, "Set-Cookie"))
              .find("; Secure") != std::string::npos);

    const std::string token = cookie_of(send_form(site, "/login", kForm));
    const auto page = visit(site, token);
    CHECK(page.status == 200);
    for (const char* text : {"Workshop", "Test laptop", "User asha@example.org", "refused: CREATE Note",
                             "MISSING_PARENT (leadId)", "Devices signed in"})
        CHECK_MESSAGE(has(page, text), text);
    CHECK_FALSE(has(page, "secret"));
    CHECK_FALSE(has(page, token));
    const std::string policy(find_header(page.headers, "Content-Security-Policy"));
    CHECK(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(find_header(page.headers, "Content-Type") == "text/html; charset=utf-8");
    CHECK(find_header(page.headers, "Cache-Control") == "no-store");

    const auto at = page.body.find("name=\"csrf\" value=\"");
    REQUIRE(at != std::string::npos);
    const std::string csrf = page.body.substr(at + 19, 64);
    const http::Headers with{{"Cookie", "colortouchd=" + token}};
    CHECK(send_form(site, "/logout", "csrf=" + std::string(64, '0'), with).status == 403);
    CHECK(send_form(site, "/logout", "", with).status == 403);
    CHECK(has(visit(site, token), "Workshop"));
    const auto out = send_form(site, "/logout", "csrf=" + csrf, with);
    CHECK(out.status == 303);
    CHECK(cookie_of(out).empty());
    CHECK_FALSE(has(visit(site, token), "Workshop"));
}

TEST_CASE("status page: it is for administrators, guesses are counted, and forms of other sites are refused") {
    Site site;
    site.add_user("boss@example.org", Role::admin);
    site.add_user("asha@example.org", Role::manager);
    const auto manager = send_form(site, "/login", "email=asha@example.org&password=correct+horse");
    CHECK(manager.status == 403);
    CHECK(find_header(manager.headers, "Set-Cookie").empty());
    Laptop asha(site, "asha@example.org");
    const auto shown = visit(site, asha.token);  // a laptop's token in a cookie
    CHECK(shown.status == 403);
    CHECK_FALSE(has(shown, "Workshop"));

    for (const char* origin : {"https://evil.example", "null", "https://crm.example.org.evil.example"})
        CHECK(send_form(site, "/login", kForm, {{"Origin", origin}}).status == 403);
    CHECK(send_form(site, "/login", kForm, {{"Sec-Fetch-Site", "cross-site"}}).status == 403);
    http::Request wrong;
    wrong.method = "DELETE";
    wrong.path = "/";
    CHECK(site.service->handle(wrong).status == 405);

    int status = 0;
    for (int i = 0; i < 12 && status != 429; ++i)
        status = send_form(site, "/login", "email=boss@example.org&password=guess").status;
    CHECK(status == 429);
}

TEST_CASE("status page: nothing crosses from one workspace to another") {
    Site site;
    const Workspace other = site.add_workspace("Competitor");
    site.add_user("boss@example.org", Role::admin);
    site.add_user("spy@example.org", Role::manager, other);
    Laptop spy(site, "spy@example.org");
    (void)spy.push_one(spy.create("Note", spy.new_id(), {{"leadId", spy.new_id()}, {"text", "x"}}));
    const auto page = visit(site, cookie_of(send_form(site, "/login", kForm)));
    CHECK(has(page, "Workshop"));
    CHECK_FALSE(has(page, "Competitor"));
    CHECK_FALSE(has(page, "spy@example.org"));
    CHECK(has(page, "None."));
}

TEST_CASE("status page: names of people and devices are text, whatever stands in them") {
    Site site;
    site.add_user("boss@example.org", Role::admin);
    const json body{{"email", "boss@example.org"},
                    {"password", kPassword},
                    {"device", {{"id", "d1"}, {"name", "<script>alert(1)</script>\"'&"}}}};
    REQUIRE(site.ask("POST", "/api/auth/login", body.dump()).status == 200);
    const auto page = visit(site, cookie_of(send_form(site, "/login", kForm)));
    CHECK_FALSE(has(page, "<script"));
    CHECK(has(page, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
}

TEST_CASE("html: forms and cookies are read as they are written") {
    const auto fields = form_fields("a=1+2&b=%26%3D%zz&a=3&c&=d&%61b=%E0%A4%A8");
    CHECK(fields.at("a") == "1 2");
    CHECK(fields.at("b") == "&=%zz");
    CHECK(fields.at("c").empty());
    CHECK(fields.at("ab") == "न");
    CHECK(cookie("a=1; bc=2;b=3", "b") == "3");
    CHECK(cookie("", "b").empty());
    CHECK(html_escaped("a\n\t<b>\x01\x7f&") == "a&lt;b&gt;&amp;");
}

}  // namespace
}  // namespace ct::server::test
