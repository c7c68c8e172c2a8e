// The link simulator and the diagnostics file from the command line, on the real programs.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "net/encoding.h"
#include "server.h"

using namespace e2e;
using nlohmann::json;

namespace {

std::string text_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string unpacked(const std::string& file) {
    const auto text = ct::net::decompress(ct::net::Encoding::zstd, text_of(file), 1 << 30);
    REQUIRE(text.has_value());
    return *text;
}

/// What people typed, of every record that the laptop shows.
std::vector<std::string> personal_of(const Laptop& laptop) {
    std::vector<std::string> all;
    for (const char* model : {"Lead", "Note", "Payment", "Reminder"}) {
        for (const json& record : laptop.json({"list", model})) {
            for (const char* field :
                 {"name", "company", "phone", "phoneE164", "email", "city", "address", "lostReason", "notes", "text",
                  "orderId", "receiptNo", "reference", "failureReason", "title", "description"}) {
                if (record.contains(field) && record[field].is_string()) all.push_back(record[field]);
            }
            if (record.contains("amount") && record["amount"].is_number() && record["amount"] > 9'999)
                all.push_back(record["amount"].dump());
            if (!record.contains("labels") || !record["labels"].is_array()) continue;
            for (const json& label : record["labels"]) all.push_back(label);
        }
    }
    return all;
}

/// Whether it stands there by itself, and not as a part of an id or a longer word.
bool has_word(const std::string& text, const std::string& word) {
    const auto in_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        if ((at == 0 || !in_word(text[at - 1])) && (end >= text.size() || !in_word(text[end]))) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("a simulated link: each kind shows what it does, loudly, and is gone with the program") {
    Server server;
    server.start();
    const Laptop laptop;
    laptop.login(server);
    CHECK(laptop.ctl({"sync"}).exit_code == 0);
    (void)laptop.add({"Lead", "name=Asha"});

    const Ran offline = laptop.ctl({"sync", "--link", "offline"});
    CHECK(offline.exit_code == 3);
    CHECK(offline.err.find("SIMULATED LINK: no network") != std::string::npos);
    CHECK(laptop.json({"sync", "--link", "offline"}, 3)["error"]["code"] == "OFFLINE");
    CHECK(laptop.json({"sync", "--link", "portal"}, 3)["error"]["code"] == "LOGIN_PAGE");
    CHECK(laptop.json({"queue", "list"}).size() == 1);  // nothing was lost by it
    CHECK(laptop.json({"sync", "--link", "latency=4 00"}, 2)["error"]["code"] == "BAD_LINK");
    CHECK(laptop.json({"sync", "--link", "latency=3,rate=1M"})["pushed"] == 1);

    // Far more than a connection carries before it is cut: it goes through in pieces, each edit once.
    std::ofstream csv(laptop.profile() + "/many.csv");
    csv << "name,notes\n";
    for (int i = 0; i < 400; ++i)
        csv << "Lead " << i << "," << std::hash<int>()(i * 7'919) * 0x9e3779b97f4a7c15U << "\n";
    csv.close();
    CHECK(laptop.json({"import", "Lead", laptop.profile() + "/many.csv"})["created"] == 400);
    const json cut = laptop.json({"sync", "--link", "cut=6k"});
    CHECK(cut["pushed"] == 400);
    CHECK(cut["requests"] > 4);  // a probe, a push, and a pull or two are enough on a good link
    CHECK(laptop.json({"queue", "list"}).empty());

    const Laptop other;
    other.login(server);
    CHECK(other.json({"sync"})["pulled"] == 401);
    CHECK(other.shown() == laptop.shown());

    // A clock that is wrong for one run leaves nothing behind.
    CHECK(laptop.ctl({"sync", "--link", "clock=+2d"}).exit_code == 0);
    const std::string lead = laptop.add({"Lead", "name=Later"});
    const std::string made = laptop.json({"get", "Lead", lead})["createdAt"];
    const std::string before = laptop.json({"get", "Lead", laptop.add({"Lead", "name=Now"})})["createdAt"];
    CHECK(made.substr(0, 10) == before.substr(0, 10));
    CHECK(laptop.ctl({"sync"}).err.find("SIMULATED") == std::string::npos);
}

TEST_CASE("inspect --export: nothing of the demo's customers leaves the laptop, and the recording runs again") {
    Server server;
    REQUIRE(server.command({"demo"}).exit_code == 0);
    server.start();
    const Laptop laptop;
    REQUIRE(laptop.ctl({"login", "--server", server.url(), "--email", "demo@colortouch.example"}, "colortouch-demo\n")
                .exit_code == 0);
    CHECK(laptop.json({"sync"})["pulled"] > 300);
    const std::string lead = laptop.add({"Lead", "name=Ottilie Wildermuth", "phone=98765 43210", "amount=73519000"});
    CHECK(laptop.ctl({"sync"}).exit_code == 0);
    CHECK(laptop.ctl({"sync", "--link", "portal"}).exit_code == 3);
    server.stop();
    CHECK(laptop.ctl({"set", "Lead", lead, "notes=prefers the mornings"}).exit_code == 0);
    CHECK(laptop.ctl({"sync"}).exit_code == 3);

    const std::string file = laptop.profile() + "/out.jsonl.zst";
    const json done = laptop.json({"inspect", "--export", file});
    CHECK(done["steps"] > 20);
    CHECK(done["logLines"] > 0);
    const std::string text = unpacked(file);
    std::vector<std::string> personal = personal_of(laptop);
    REQUIRE(personal.size() > 1'000);
    personal.insert(personal.end(), {"Ottilie", "Wildermuth", "mornings", "demo@colortouch.example", "colortouch-demo",
                                     "ColorTouch Demo", laptop.profile()});
    std::string token = text_of(laptop.profile() + "/token");
    while (token.ends_with('\n')) token.pop_back();
    REQUIRE(token.size() > 20);
    personal.push_back(token);
    for (const std::string& value : personal) CHECK_MESSAGE(!has_word(text, value), value);
    CHECK(has_word(text, lead));
    CHECK(text.find("the link is simulated: a login page") != std::string::npos);

    const Ran replayed = run({program("replay"), file});
    INFO(replayed.out << replayed.err);
    CHECK(replayed.exit_code == 0);
    CHECK(replayed.out.find("LOGIN_PAGE") != std::string::npos);
    CHECK(replayed.out.find(" 0 with others, 0 left out") != std::string::npos);
    CHECK(run({program("replay"), laptop.profile(), "--quiet"}).exit_code == 0);
    CHECK(run({program("replay"), laptop.profile() + "/token"}).exit_code == 2);
    CHECK(run({program("replay")}).exit_code == 2);

    // One action that is another one is found.
    std::string other = text;
    const std::size_t at = other.rfind("\"outcome\":\"SERVER_AWAY\"");
    REQUIRE(at != std::string::npos);
    other.replace(at, 23, "\"outcome\":\"SERVER_GONE\"");
    const auto packed = ct::net::compress(ct::net::Encoding::zstd, other);
    REQUIRE(packed.has_value());
    std::ofstream(file, std::ios::binary) << *packed;
    const Ran differs = run({program("replay"), file, "--quiet"});
    CHECK(differs.exit_code == 1);
    CHECK(differs.out.find("SERVER_GONE") != std::string::npos);
}

TEST_CASE("inspect: as text and as JSON, what waits, what the last requests cost, and the recorder") {
    Server server;
    server.start();
    const Laptop laptop;
    laptop.login(server);
    CHECK(laptop.ctl({"sync"}).exit_code == 0);
    (void)laptop.add({"Lead", "name=Asha"});
    server.stop();
    CHECK(laptop.ctl({"sync"}).exit_code == 3);
    CHECK(laptop.ctl({"sync"}).exit_code == 3);

    const json found = laptop.json({"inspect"});
    CHECK(found["recorder"]["on"] == true);
    CHECK(found["recorder"]["files"] == 1);
    CHECK(found["recorder"]["bytes"] > 500);
    CHECK_FALSE(found["recorder"]["lastAt"].is_null());
    const json& requests = found["requests"];
    REQUIRE(requests.size() > 3);  // of several runs of the program
    CHECK(requests[0]["request"] == "probe");
    CHECK(requests[0]["failure"] == "refused");
    CHECK(requests[0]["status"] == 0);
    CHECK(requests[0]["connectUs"] >= 0);
    CHECK(requests[0]["waitUs"].is_null());
    const auto pull = std::find_if(requests.begin(), requests.end(),
                                   [](const json& one) { return one["request"] == "pull" && one["status"] == 200; });
    REQUIRE(pull != requests.end());
    CHECK((*pull)["waitUs"] >= 0);
    CHECK((*pull)["bytesReceived"] > 0);
    CHECK((*pull)["totalUs"] >= (*pull)["waitUs"]);
    CHECK(found["rounds"][0]["reason"].get<std::string>().find("refused") != std::string::npos);

    const Ran text = laptop.ctl({"inspect"});
    CHECK(text.exit_code == 0);
    CHECK(text.out.find("Requests, newest first") != std::string::npos);
    CHECK(text.out.find("Flight recorder") != std::string::npos);
    CHECK(text.out.find("of 64.0 MB in 1 file") != std::string::npos);
}
