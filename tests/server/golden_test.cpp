// What goes over the wire, word for word: a change of it is seen in review, because it is a change of a file here.
// CT_REWRITE_GOLDEN=1 writes the files anew.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "server/kit.h"

namespace ct::server::test {
namespace {

/// A conversation in words that do not depend on the run: tokens and cursors are named, JSON is indented.
class Transcript {
  public:
    explicit Transcript(Site& site) : site_(site) {}

    json say(const std::string& title, const Laptop& laptop, const std::string& path, const json& body) {
        return say(title, "POST", path, body, laptop.token);
    }
    json say(const std::string& title, const std::string& method, const std::string& path, const json& body,
             const std::string& token) {
        const http::Response response = site_.ask(method, path, body.is_null() ? "" : body.dump(), token);
        text_ << "## " << title << "\n\n" << method << " " << path << "\n";
        if (!body.is_null()) text_ << body.dump(1) << "\n";
        text_ << "\n" << response.status << "\n";
        json answer = json::parse(response.body, nullptr, false);
        if (answer.is_object() && answer.contains("token")) answer["token"] = "(a token)";
        if (answer.is_object() && answer.contains("product")) answer["version"] = "(a version)";
        text_ << (answer.is_discarded() ? response.body : answer.dump(1)) << "\n\n";
        return answer;
    }
    /// Ids are named in the order in which they appear: which ones they are is chance.
    [[nodiscard]] std::string text() const {
        static const std::regex kId("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
        const std::string raw = text_.str();
        std::map<std::string, std::string> names;
        std::string named;
        std::size_t at = 0;
        for (std::sregex_iterator id(raw.begin(), raw.end(), kId), end; id != end; ++id) {
            const auto begin = static_cast<std::size_t>(id->position());
            const auto& name = names.emplace(id->str(), "id" + std::to_string(names.size() + 1)).first->second;
            named.append(raw, at, begin - at).append(name);
            at = begin + static_cast<std::size_t>(id->length());
        }
        return named.append(raw, at);
    }

  private:
    Site& site_;
    std::ostringstream text_;
};

void compare(const std::string& name, const std::string& text) {
    const std::filesystem::path file = std::filesystem::path(CT_GOLDEN_DIR) / name;
    if (std::getenv("CT_REWRITE_GOLDEN") != nullptr) {
        std::ofstream(file, std::ios::binary) << text;
        return;
    }
    std::ostringstream kept;
    kept << std::ifstream(file, std::ios::binary).rdbuf();
    if (kept.str() == text) return;
    std::istringstream now(text), then(kept.str());
    std::string a, b;
    for (int line = 1;; ++line) {
        const bool more = static_cast<bool>(std::getline(now, a)), had = static_cast<bool>(std::getline(then, b));
        if (more && had && a == b) continue;
        FAIL(file.string(), ":", line, ": is \"", more ? a : "(end)", "\", was \"", had ? b : "(end)",
             "\" (CT_REWRITE_GOLDEN=1 takes the new one)");
        return;
    }
}

json push_body(Laptop& laptop, const std::vector<json>& operations) {
    json body = laptop.push_body(operations, laptop.sequence);
    laptop.sequence += static_cast<std::int64_t>(operations.size());
    return body;
}

}  // namespace

TEST_CASE("golden: a push of each verdict") {
    Site site;
    site.add_user("a@example.org", Role::manager);
    site.add_user("r@example.org", Role::manager);
    Laptop asha(site, "a@example.org"), ravi(site, "r@example.org");
    Transcript transcript(site);
    const std::string lead = asha.new_id(), payment = asha.new_id();
    transcript.say("Two creates, the second below the first", asha, "/api/sync/push",
                   push_body(asha, {asha.create("Lead", lead, {{"name", "Asha"}, {"labels", {"new"}}}),
                                    asha.create("Payment", payment, {{"leadId", lead}, {"amount", 10'000}})}));
    site.clock.move(1'000);
    transcript.say("Another device changes other fields: merged", ravi, "/api/sync/push",
                   push_body(ravi, {ravi.update("Lead", lead, 0, {{"city", "Pune"}})}));
    const json late = asha.update("Lead", lead, 1, {{"city", "Goa"}});
    site.clock.move(1'000);
    transcript.say("A later edit of the same field wins, and tells what it overrode", asha, "/api/sync/push",
                   push_body(asha, {asha.update("Lead", lead, 2, {{"city", "Delhi"}})}));
    transcript.say("An earlier one loses", ravi, "/api/sync/push",
                   push_body(ravi, {ravi.update("Lead", lead, 1, {{"city", "Agra"}}, {{"stamp", late["stamp"]}})}));
    transcript.say("Labels join", ravi, "/api/sync/push",
                   push_body(ravi, {ravi.update("Lead", lead, 1, {{"labels", {"new", "vip"}}},
                                                {{"before", {{"labels", {"new"}}}}})}));
    transcript.say("Money asks", ravi, "/api/sync/push",
                   push_body(ravi, {ravi.update("Payment", payment, 0, {{"amount", 5}}, {{"policy", "manual"}})}));
    transcript.say("What cannot be", ravi, "/api/sync/push",
                   push_body(ravi, {ravi.update("Lead", lead, 1, {{"email", "none"}}),
                                    ravi.create("Payment", ravi.new_id(), {{"leadId", ravi.new_id()}, {"amount", 1}}),
                                    ravi.update("Lead", ravi.new_id(), 1, {{"city", "Agra"}})}));
    transcript.say("A gap in the sequence", ravi, "/api/sync/push", ravi.push_body({}, 99));
    compare("push.txt", transcript.text());
}

TEST_CASE("golden: a first pull, and what follows it") {
    Site site;
    site.add_user("a@example.org", Role::manager);
    site.add_user("r@example.org", Role::manager);
    Laptop asha(site, "a@example.org"), ravi(site, "r@example.org");
    Transcript transcript(site);
    const std::string lead = asha.add_lead("Asha", {{"labels", {"new"}}, {"notes", "one\ntwo"}});
    const std::string other = asha.add_lead("Meera", {{"status", "CONVERTED"}});
    json body = {{"protocol", 1}, {"deviceId", ravi.device}, {"epoch", ravi.epoch}, {"cursor", nullptr}, {"limit", 10}};
    json page = transcript.say("From the start", ravi, "/api/sync/pull", body);
    site.clock.move(1'000);
    (void)asha.push(
        {asha.update("Lead", lead, 1, {{"city", "Pune"}, {"notes", nullptr}}), asha.remove("Lead", other, 2)});
    body["cursor"] = page["cursor"];
    page = transcript.say("Changed fields alone, and what was deleted", ravi, "/api/sync/pull", body);
    body["cursor"] = page["cursor"];
    transcript.say("Nothing new", ravi, "/api/sync/pull", body);
    body["epoch"] = "another";
    transcript.say("Another epoch", ravi, "/api/sync/pull", body);
    compare("pull.txt", transcript.text());
}

TEST_CASE("golden: groups, deletes, repeats, and what a whole push is refused for") {
    Site site;
    site.add_user("a@example.org", Role::manager);
    site.add_user("r@example.org", Role::manager);
    Laptop asha(site, "a@example.org"), ravi(site, "r@example.org");
    Transcript transcript(site);
    const std::string lead = asha.add_lead("Asha"), other = asha.add_lead("Meera"), group = asha.new_id();
    transcript.say("One of a group fails: none takes effect", asha, "/api/sync/push",
                   push_body(asha, {asha.update("Lead", lead, 1, {{"city", "Pune"}}, {{"group", group}}),
                                    asha.update("Lead", other, 2, {{"email", "none"}}, {{"group", group}})}));
    const json edit = asha.update("Lead", lead, 1, {{"city", "Pune"}});
    const json body = push_body(asha, {edit});
    transcript.say("Applied", asha, "/api/sync/push", body);
    site.clock.move(1'000);
    (void)ravi.push_one(ravi.update("Lead", lead, 3, {{"company", "Rao & Co"}}));
    transcript.say("The same again: its first result, and the record as it is now", asha, "/api/sync/push", body);
    json changed = edit;
    changed["data"]["city"] = "Goa";
    transcript.say("The same id with other content", asha, "/api/sync/push", push_body(asha, {changed}));
    transcript.say("A delete against a change that was not seen, by a policy that asks", asha, "/api/sync/push",
                   push_body(asha, {asha.remove("Lead", lead, 1, {{"policy", "manual"}})}));
    transcript.say("A delete, and what comes too late for it", ravi, "/api/sync/push",
                   push_body(ravi, {ravi.remove("Lead", other, 2)}));
    transcript.say("An edit of what is gone, decided by force", asha, "/api/sync/push",
                   push_body(asha, {asha.update("Lead", other, 2, {{"city", "Agra"}}, {{"policy", "force"}})}));
    transcript.say("A sequence that this device has used for something else", asha, "/api/sync/push",
                   asha.push_body({asha.update("Lead", lead, 1, {{"city", "Agra"}})}, 0));
    transcript.say("No operations", asha, "/api/sync/push", {{"protocol", 1}});
    compare("push_more.txt", transcript.text());
}

TEST_CASE("golden: pulls of parts, of single records, and of what one may no longer see") {
    Site site;
    site.add_user("a@example.org", Role::manager);
    const User employee = site.add_user("e@example.org", Role::employee);
    Laptop asha(site, "a@example.org"), esha(site, "e@example.org");
    Transcript transcript(site);
    const std::string lead = asha.add_lead("Asha", {{"notes", "long"}, {"ownerId", employee.id}});
    (void)asha.push({asha.create("Note", asha.new_id(), {{"leadId", lead}, {"text", "called"}}),
                     asha.create("Payment", asha.new_id(), {{"leadId", lead}, {"amount", 100}})});
    json body = {{"protocol", 1},
                 {"deviceId", esha.device},
                 {"epoch", esha.epoch},
                 {"cursor", nullptr},
                 {"limit", 1},
                 {"models", {"Lead", "Note"}},
                 {"wait", 0},
                 {"sequence", 0},
                 {"exclude", {{"Lead", {"notes", "address", "bookingDate", "enquiryDate", "lostReason"}}}}};
    json page = transcript.say("Leads without some fields, and notes, one at a time", esha, "/api/sync/pull", body);
    body["cursor"] = page["cursor"];
    page = transcript.say("The rest", esha, "/api/sync/pull", body);
    body["cursor"] = page["cursor"];
    (void)asha.push_one(asha.update("Lead", lead, 1, {{"notes", "longer"}}));
    page = transcript.say("A field that is left out changed: the version moves on", esha, "/api/sync/pull", body);
    body["cursor"] = page["cursor"];
    body["records"] = {{"Lead", {lead, asha.new_id()}}};
    body["limit"] = 10;
    transcript.say("Single records as they are now, one of which is not there", esha, "/api/sync/pull", body);
    body.erase("records");
    (void)asha.push_one(asha.update("Lead", lead, 4, {{"ownerId", asha.user}}));
    transcript.say("It went to somebody else", esha, "/api/sync/pull", body);
    body["cursor"] = "v.999.999.a";
    transcript.say("A cursor from nowhere", esha, "/api/sync/pull", body);
    body["models"] = {"Invoice"};
    transcript.say("A model that there is none of", esha, "/api/sync/pull", body);
    compare("pull_parts.txt", transcript.text());
}

TEST_CASE("golden: a pull of a device that has sent less than is on record") {
    Site site;
    site.add_user("a@example.org", Role::manager);
    Laptop asha(site, "a@example.org");
    Transcript transcript(site);
    (void)asha.add_lead("Asha");
    transcript.say("A copied disk", asha, "/api/sync/pull",
                   {{"protocol", 1},
                    {"deviceId", asha.device},
                    {"epoch", asha.epoch},
                    {"cursor", nullptr},
                    {"limit", 10},
                    {"sequence", 0}});
    compare("pull_forked.txt", transcript.text());
}

TEST_CASE("golden: verify, from one sum to the records") {
    Site site;
    site.add_user("a@example.org", Role::manager);
    Laptop asha(site, "a@example.org"), ravi(site, "a@example.org");
    Transcript transcript(site);
    // Digests, and who shares a bucket, come from the ids.
    const std::string lead = "01900000-0000-7000-8000-000000000001", other = "01900000-0000-7000-8000-000000000002";
    (void)asha.push({asha.create("Lead", lead, {{"name", "Asha"}}), asha.create("Lead", other, {{"name", "Meera"}})});
    const json page = ravi.pull();
    (void)asha.push_one(asha.update("Lead", lead, 1, {{"city", "Pune"}}));
    transcript.say("All of two models in one bucket, as of a cursor; what moved since does not count", ravi,
                   "/api/sync/verify", {{"models", {"Lead", "Note"}}, {"buckets", 1}, {"cursor", page["cursor"]}});
    const std::size_t bucket = Uuid::parse(lead)->bytes[15] % 4;
    transcript.say("The records of one bucket, as things are", ravi, "/api/sync/verify",
                   {{"buckets", 4}, {"list", {{"Lead", {bucket}}}}});
    transcript.say("Any number of buckets", ravi, "/api/sync/verify", {{"models", {"Lead"}}, {"buckets", 3}});
    compare("verify.txt", transcript.text());
}

TEST_CASE("golden: signing in and out, devices, health") {
    Site site;
    site.add_user("a@example.org", Role::manager);
    Laptop asha(site, "a@example.org");
    Transcript transcript(site);
    const json device = {{"id", site.new_id()}, {"name", "Laptop"}};
    const json login = {{"email", "a@example.org"}, {"password", kPassword}, {"device", device}};
    site.clock.move(1'000);  // devices are listed by when they were last seen
    transcript.say("Sign in", "POST", "/api/auth/login", login, {});
    json wrong = login;
    wrong["password"] = "wrong";
    transcript.say("A wrong password", "POST", "/api/auth/login", wrong, {});
    transcript.say("Devices", "GET", "/api/auth/devices", nullptr, asha.token);
    transcript.say("Another device signed out", "DELETE", "/api/auth/devices/" + device["id"].get<std::string>(),
                   nullptr, asha.token);
    transcript.say("Another password", "POST", "/api/auth/password",
                   {{"currentPassword", kPassword}, {"newPassword", "correct horse battery"}}, asha.token);
    transcript.say("Sign out", "POST", "/api/auth/logout", json::object(), asha.token);
    transcript.say("Without a token", "POST", "/api/sync/pull", json::object(), asha.token);
    transcript.say("Health", "GET", "/api/health", nullptr, {});
    compare("account.txt", transcript.text());
}

}  // namespace ct::server::test
