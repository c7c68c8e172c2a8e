#include "server/status_page.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/utf8.h"
#include "crm/json_codec.h"
#include "crm/tables.h"
#include "server/html.h"
#include "sync/wire.h"

namespace ct::server {

namespace {

using nlohmann::json;

constexpr std::string_view kCookie = "colortouchd";
constexpr std::int64_t kCookieSeconds = 8 * 3'600;
constexpr int kTroublesShown = 50;
constexpr std::size_t kDevicesShown = 500;
constexpr std::int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--line:#d4d8de;--dim:#59616d;--bad:#b3261e;--card:#fff;--page:#f4f5f7;--ink:#1b1f24;--go:#1f5fbf}
@media(prefers-color-scheme:dark){:root{--line:#3a414b;--dim:#a3abb6;--bad:#ff8a80;--card:#20252b;--page:#15181c;--ink:#e8eaed;--go:#8ab4f8}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:72rem;margin:0 auto;padding:1rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:baseline;justify-content:space-between}
h1{font-size:1.4rem;margin:.5rem 0}
h2{font-size:1.1rem;margin:0 0 .5rem}
section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem;margin:1rem 0}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:0}
dt{color:var(--dim);font-size:.85rem}
dd{margin:0;font-size:1.25rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.95rem}
th,td{text-align:left;padding:.45rem .75rem .45rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th{color:var(--dim);font-weight:600}
.dim{color:var(--dim)}
.bad{color:var(--bad)}
form.sign{max-width:22rem;margin:10vh auto 0}
label{display:block;margin:.75rem 0}
input{display:block;width:100%;font:inherit;padding:.5rem;border:1px solid var(--line);border-radius:.4rem;background:var(--page);color:inherit}
button{font:inherit;padding:.5rem 1rem;border:0;border-radius:.4rem;background:var(--go);color:var(--card);cursor:pointer}
@media(max-width:40rem){thead{display:none}tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}
td{display:block;border:0;padding:.1rem 0}td[data-l]::before{content:attr(data-l) ": ";color:var(--dim)}}
)";

/// The style is named by its hash: nothing else on the page is taken for one, and no script for a script.
const std::string& content_security_policy() {
    static const std::string policy = "default-src 'none'; style-src 'sha256-" + to_base64(bytes_of(sha256(kStyle))) +
                                      "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    return policy;
}

std::string framed(std::string_view title, const std::string& body) {
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
           "content=\"width=device-width,initial-scale=1\"><title>" +
           html_escaped(title) + "</title><style>" + std::string(kStyle) + "</style></head><body><main>" + body +
           "</main></body></html>\n";
}

http::Response html(int status, std::string_view title, const std::string& body) {
    http::Response response;
    response.status = status;
    response.headers = {{"Content-Type", "text/html; charset=utf-8"},
                        {"Content-Security-Policy", content_security_policy()},
                        {"Cache-Control", "no-store"},
                        {"Referrer-Policy", "no-referrer"},
                        {"X-Content-Type-Options", "nosniff"},
                        {"X-Frame-Options", "DENY"}};
    response.body = framed(title, body);
    return response;
}

http::Response sign_in_form(int status, std::string_view message) {
    std::string body = "<form class=\"sign\" method=\"post\" action=\"/login\"><h1>ColorTouch server</h1>";
    if (!message.empty()) body += "<p class=\"bad\" role=\"alert\">" + html_escaped(message) + "</p>";
    body +=
        "<label>E-mail<input name=\"email\" type=\"email\" autocomplete=\"username\" required autofocus></label>"
        "<label>Password<input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>"
        "<label>Workspace <span class=\"dim\">(where you have several)</span><input name=\"workspace\"></label>"
        "<button>Sign in</button></form>";
    return html(status, "Sign in", body);
}

/// Only the browser that has the cookie can know it.
std::string csrf_of(std::string_view token) { return to_hex(bytes_of(sha256("csrf\n" + std::string(token)))); }

/// A form of another site says so, in browsers that tell where it came from.
bool from_elsewhere(const http::Request& request) {
    const std::string_view site = http::find_header(request.headers, "Sec-Fetch-Site");
    if (!site.empty() && site != "same-origin" && site != "none") return true;
    const std::string_view origin = http::find_header(request.headers, "Origin");
    if (origin.empty()) return false;
    const auto at = origin.find("://");
    return at == std::string_view::npos || origin.substr(at + 3) != http::find_header(request.headers, "Host");
}

std::string ago(std::int64_t ms) {
    if (ms < kMinuteMs) return "just now";
    const bool days = ms >= 2 * kDayMs, hours = ms >= 2 * kHourMs;
    const std::int64_t count = ms / (days ? kDayMs : hours ? kHourMs : kMinuteMs);
    return std::to_string(count) + (days         ? " days ago"
                                    : hours      ? " hours ago"
                                    : count == 1 ? " minute ago"
                                                 : " minutes ago");
}

std::string cell(std::string_view label, std::string_view text, std::string_view kind = {}) {
    std::string out = "<td data-l=\"" + html_escaped(label) + "\"";
    if (!kind.empty()) out += " class=\"" + std::string(kind) + "\"";
    return out + ">" + html_escaped(text) + "</td>";
}

std::string heads(std::initializer_list<std::string_view> names) {
    std::string out = "<div class=\"wide\"><table><thead><tr>";
    for (const std::string_view name : names) out += "<th>" + html_escaped(name) + "</th>";
    return out + "</tr></thead><tbody>";
}

std::string fact(std::string_view name, std::string_view value) {
    return "<div><dt>" + html_escaped(name) + "</dt><dd>" + html_escaped(value) + "</dd></div>";
}

/// What the device said that it could not send, or that waits for its user.
std::string waiting_cell(const Device& device, UnixMs now) {
    constexpr std::string_view kLabel = "Waiting there";
    if (device.waiting_told_at == 0) return cell(kLabel, "not told", "dim");
    if (device.waiting == 0) return cell(kLabel, "nothing", "dim");
    return cell(kLabel, std::to_string(device.waiting) + ", the oldest " + ago(now - device.waiting_since),
                now - device.waiting_since > kDayMs ? "bad" : "");
}

std::string devices_table(const std::vector<Device>& devices, UnixMs now) {
    std::string out =
        "<section><h2>Devices</h2>" + heads({"Person", "Device", "Last sync", "Waiting there", "Sent", "State"});
    for (std::size_t i = 0; i < std::min(devices.size(), kDevicesShown); ++i) {
        const Device& device = devices[i];
        const std::int64_t age = now - device.seen_at;
        out += "<tr>" + cell("Person", device.user_name) + cell("Device", device.name) +
               cell("Last sync", ago(age), device.signed_in && age > 7 * kDayMs ? "bad" : "") +
               waiting_cell(device, now) + cell("Operations sent", std::to_string(device.operations)) +
               cell("State", device.signed_in ? "signed in" : "signed out", device.signed_in ? "" : "dim") + "</tr>";
    }
    out += "</tbody></table></div>";
    if (devices.size() > kDevicesShown)
        out += "<p class=\"dim\">and " + std::to_string(devices.size() - kDevicesShown) + " more</p>";
    return out + "</section>";
}

/// What the answer said: the code and field of a refusal, the fields in conflict. No values.
std::string reason_of(const Trouble& trouble) {
    const json result = json::parse(trouble.result, nullptr, false);
    std::string reason;
    if (!result.is_object()) return reason;
    if (const auto error = result.find("error"); error != result.end() && error->is_object()) {
        reason = error->value("code", "");
        if (error->contains("field")) reason += " (" + error->value("field", "") + ")";
    }
    if (const auto fields = result.find("fields"); fields != result.end() && fields->is_array()) {
        for (const json& field : *fields) {
            if (field.is_string()) reason += (reason.empty() ? "" : ", ") + field.get<std::string>();
        }
    }
    return reason;
}

std::string troubles_table(const std::vector<Trouble>& troubles, UnixMs now) {
    std::string out = "<section><h2>Refused operations and conflicts</h2>";
    if (troubles.empty()) return out + "<p class=\"dim\">None.</p></section>";
    out += heads({"When", "What", "Why", "Person", "Device", "Record"});
    for (const Trouble& trouble : troubles) {
        out += "<tr>" + cell("When", ago(now - trouble.at)) +
               cell("What", (trouble.verdict == "conflict" ? "conflict: " : "refused: ") + trouble.operation + " " +
                                trouble.model) +
               cell("Why", reason_of(trouble)) + cell("Person", trouble.user) + cell("Device", trouble.device) +
               cell("Record", trouble.record_id, "dim") + "</tr>";
    }
    return out + "</tbody></table></div></section>";
}

}  // namespace

std::span<const std::string_view> StatusPage::addresses() {
    static constexpr std::array<std::string_view, 3> kAll{"GET /", "POST /login", "POST /logout"};
    return kAll;
}

bool StatusPage::owns(std::string_view path) {
    const auto all = addresses();
    return std::any_of(all.begin(), all.end(),
                       [&](std::string_view address) { return address.substr(address.find(' ') + 1) == path; });
}

http::Response StatusPage::handle(const http::Request& request) {
    const bool start = request.path == "/";
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (start ? !reads : request.method != "POST") {
        auto response = to_response(refuse(405, "METHOD_NOT_ALLOWED", "this address takes another method"));
        response.headers.emplace_back("Allow", start ? "GET, HEAD" : "POST");
        return response;
    }
    if (start) return show(request);
    if (from_elsewhere(request)) return sign_in_form(403, "The form came from another site.");
    return request.path == "/login" ? login(request) : logout(request);
}

tl::expected<Session, Refusal> StatusPage::session_of(std::string_view token) {
    http::Request request;
    request.headers.emplace_back("Authorization", "Bearer " + std::string(token));
    return sign_in_.session(request);
}

http::Response StatusPage::show(const http::Request& request) {
    const std::string_view token = cookie(http::find_header(request.headers, "Cookie"), kCookie);
    if (token.empty()) return sign_in_form(200, {});
    const auto session = session_of(token);
    if (!session && session.error().status == 401) return sign_in_form(200, {});
    if (session && session->user.role != Role::admin) return sign_in_form(403, "This page is for administrators.");
    const auto shown = session ? page(*session, token) : Result<std::string>(fail(ErrorKind::disk, "", ""));
    if (!shown) return html(503, "Not now", "<h1>The database does not answer. Try again in a moment.</h1>");
    return html(200, session->user.workspace.name, *shown);
}

Result<std::string> StatusPage::page(const Session& session, std::string_view token) {
    const Workspace& workspace = session.user.workspace;
    const auto devices = storage_.devices(workspace.key);
    if (!devices) return fail(devices.error());
    const auto troubles = storage_.troubles(workspace.key, kTroublesShown);
    if (!troubles) return fail(troubles.error());
    const UnixMs now = clock_.now();
    std::string body = "<header><h1>" + html_escaped(workspace.name) +
                       "</h1><form method=\"post\" action=\"/logout\"><input type=\"hidden\" name=\"csrf\" value=\"" +
                       csrf_of(token) + "\"><span class=\"dim\">" + html_escaped(session.user.email) +
                       "</span> <button>Sign out</button></form></header><section><dl>";
    {
        const auto look = storage_.begin_read(workspace.key);
        if (!look) return fail(look.error());
        for (const crm::ModelDef& model : crm::models()) {
            const std::array<crm::Model, 1> one{model.model};
            const auto count = (*look)->count(one, Viewer{});
            if (!count) return fail(count.error());
            body += fact(crm::name(model.model), std::to_string(*count));
        }
        body += fact("Workspace's version", std::to_string((*look)->version()));
    }
    const auto signed_in = std::count_if(devices->begin(), devices->end(), [](const Device& d) { return d.signed_in; });
    body += fact("Devices signed in", std::to_string(signed_in)) + "</dl></section>";
    body += devices_table(*devices, now) + troubles_table(*troubles, now);
    return body + "<p class=\"dim\">colortouchd " + html_escaped(version_) + " · epoch " +
           html_escaped(storage_.epoch()) + " · " + format_rfc3339(now) + "</p>";
}

http::Response StatusPage::to_start(const http::Request& request, const std::string& token) const {
    http::Response response;
    response.status = 303;
    std::string value = std::string(kCookie) + "=" + token + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" +
                        std::to_string(token.empty() ? 0 : kCookieSeconds);
    if (tls_ || http::find_header(request.headers, "X-Forwarded-Proto") == "https") value += "; Secure";
    response.headers = {{"Location", "/"}, {"Set-Cookie", std::move(value)}, {"Cache-Control", "no-store"}};
    return response;
}

/// By the door of all the others: the same counting of guesses, and a session that can be seen and ended.
http::Response StatusPage::login(const http::Request& request) {
    const auto fields = form_fields(request.body);
    const auto field = [&](const char* name) {
        const auto at = fields.find(name);
        return at == fields.end() ? std::string() : at->second;
    };
    http::Request asked = request;
    const std::string email = field("email");
    // One browser session per user, and not a device more with every sign-in.
    const std::string device = "browser-" + to_hex(bytes_of(sha256(fold(trim(email))))).substr(0, 32);
    asked.body = sync::encode(
        sync::LoginRequest{email, field("password"), field("workspace"), device, "Status page in a browser"});
    const Answer answer = sign_in_.login(asked);
    if (!answer) {
        auto refused = sign_in_form(answer.error().status, answer.error().detail);
        if (answer.error().retry_after_s >= 0)
            refused.headers.emplace_back("Retry-After", std::to_string(answer.error().retry_after_s));
        return refused;
    }
    const auto signed_in = sync::decode_login_answer(answer->body);
    if (!signed_in) return sign_in_form(500, "The server made a mistake.");
    const auto session = session_of(signed_in->token);
    if (session && session->user.role == Role::admin) return to_start(request, signed_in->token);
    if (session) (void)sign_in_.logout(*session);
    return sign_in_form(403, "This page is for administrators.");
}

http::Response StatusPage::logout(const http::Request& request) {
    const std::string token(cookie(http::find_header(request.headers, "Cookie"), kCookie));
    const auto fields = form_fields(request.body);
    const auto given = fields.find("csrf");
    if (token.empty() || given == fields.end() || given->second != csrf_of(token)) {
        return sign_in_form(403, "That form is out of date: sign in again.");
    }
    if (const auto session = session_of(token)) (void)sign_in_.logout(*session);
    return to_start(request, {});
}

}  // namespace ct::server
