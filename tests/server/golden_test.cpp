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
        const http::Response response = site_.ask("POST", path, body.dump(), laptop.token);
        text_ << "## " << title << "\n\nPOST " << path << "\n" << body.dump(1) << "\n\n" << response.status << "\n";
        const json answer = json::parse(response.body, nullptr, false);
        text_ << answer.dump(1) << "\n\n";
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

}  // namespace ct::server::test
