// Unsent work survives what can happen to a laptop: its database is deleted or damaged, the laptop itself is given up,
// a backup is put back. Nothing is lost, and the server has everything once.
#include <doctest/doctest.h>

#include <fstream>

#include "server.h"

using namespace e2e;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string kPassphrase = "a rescue passphrase\n";

std::size_t leads_on(const Laptop& laptop) { return laptop.json({"list", "lead"}).size(); }

void overwrite(const fs::path& file, std::size_t from) {
    std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(from));
    out << std::string(20'000, '\x5a');
    REQUIRE(out.good());
}

}  // namespace

TEST_CASE("a database that is deleted or damaged takes no unsent edit with it") {
    Server server;
    server.start();
    for (const bool deleted : {true, false}) {
        INFO("deleted: ", deleted);
        const Laptop a, b;
        a.login(server);
        b.login(server);
        const std::string shared = a.add({"lead", "name=Shared"});
        (void)a.json({"sync"});
        const std::string unsent = a.add({"lead", "name=Unsent", "city=Goa"});
        CHECK(a.ctl({"set", "lead", shared, "city=Pune"}).exit_code == 0);
        const fs::path database = fs::path(a.profile()) / "colortouch.db";
        if (deleted) {
            fs::remove(database);
            fs::remove(database.string() + "-wal");
        } else {
            overwrite(database, 0);
        }
        const Ran first = a.ctl({"get", "lead", unsent});
        CHECK(first.exit_code == 0);
        CHECK(first.err.find("2 unsent edits came back") != std::string::npos);
        CHECK(a.ctl({"status"}).err.empty());  // said once
        CHECK(a.json({"queue", "list"}).size() == 2);
        const json synced = a.json({"sync"});
        CHECK(synced["pushed"] == 2);
        CHECK(synced["conflicts"] == 0);
        (void)b.json({"sync"});
        CHECK(b.shown() == a.shown());
        CHECK(b.json({"get", "lead", shared})["city"] == "Pune");
        CHECK(b.json({"get", "lead", unsent})["city"] == "Goa");
    }
}

TEST_CASE("a rescue copy is replayed elsewhere, and the first laptop comes back: nothing lost, nothing twice") {
    Server server;
    server.start();
    const Laptop a, b;
    a.login(server);
    b.login(server);
    (void)a.json({"sync"});
    server.kill();
    const std::string lead = a.add({"lead", "name=Meera", "notes=one"});
    (void)a.add({"payment", "leadId=" + lead, "amount=150000", "dueDate=2026-12-01"});
    TempDir directory;
    std::ofstream(directory / "paper.txt") << "signed";
    CHECK(a.ctl({"attach", "lead", lead, (directory / "paper.txt").string()}).exit_code == 0);
    const std::string copy = (directory / "rescue.ctr").string();
    const json saved = a.json({"rescue", "save", copy}, 0, kPassphrase);
    CHECK(saved["operations"] == 2);
    CHECK(saved["attachments"] == 1);
    CHECK(a.ctl({"set", "lead", lead, "city=Goa"}).exit_code == 0);  // the first laptop is used again

    CHECK(b.ctl({"rescue", "replay", copy}, "wrong\n").exit_code == 2);
    CHECK(b.json({"rescue", "replay", copy}, 0, kPassphrase)["operations"] == 2);
    server.start();
    CHECK(b.json({"sync", "--attachments"})["pushed"] == 2);
    const json late = a.json({"sync", "--attachments"});
    CHECK(late["failed"] == 0);
    CHECK(late["conflicts"] == 0);
    CHECK(a.json({"queue", "list"}).empty());
    CHECK(b.json({"rescue", "replay", copy}, 0, kPassphrase)["operations"] == 2);  // once more, long after
    CHECK(b.json({"sync"})["failed"] == 0);
    CHECK(b.json({"queue", "list"}).empty());
    (void)a.json({"sync"});
    CHECK(b.shown() == a.shown());
    CHECK(leads_on(b) == 1);
    CHECK(b.json({"list", "payment"}).size() == 1);
    CHECK(b.json({"get", "lead", lead})["city"] == "Goa");
    CHECK(b.json({"get", "lead", lead})["notes"] == "one");
    CHECK(a.ctl({"attachments", "lead", lead}).out.find("paper.txt") != std::string::npos);

    const Laptop stranger;
    const Ran refused = stranger.ctl({"rescue", "replay", copy}, kPassphrase);
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("sign in") != std::string::npos);
}

TEST_CASE("a backup of a profile is put back after its work was sent: nothing lost, nothing twice") {
    Server server;
    server.start();
    const Laptop a, b;
    a.login(server);
    b.login(server);
    const std::string lead = a.add({"lead", "name=Early"});
    (void)a.json({"sync"});
    CHECK(a.ctl({"set", "lead", lead, "city=Goa"}).exit_code == 0);
    TempDir directory;
    const std::string file = (directory / "profile.ctb").string();
    CHECK(a.json({"backup", file})["files"].get<int>() >= 2);
    (void)a.json({"sync"});  // what waits in the backup is sent
    (void)a.add({"lead", "name=Late"});
    (void)a.json({"sync"});
    const std::string unsent = a.add({"lead", "name=Unsent"});

    const Ran refused = a.ctl({"restore", file});
    CHECK(refused.exit_code == 6);
    CHECK(refused.err.find("rescue save") != std::string::npos);
    const std::string copy = (directory / "rescue.ctr").string();
    (void)a.json({"rescue", "save", copy}, 0, kPassphrase);
    const json restored = a.json({"restore", file, "--discard-unsent"});
    CHECK(restored["unsent"] == 1);
    CHECK(fs::exists(restored["replaced"].get<std::string>()));
    CHECK(leads_on(a) == 1);
    a.login(server);
    CHECK(a.json({"rescue", "replay", copy}, 0, kPassphrase)["operations"] == 1);
    CHECK(a.ctl({"set", "lead", lead, "tag=HOT"}).exit_code == 0);
    const json synced = a.json({"sync"});
    CHECK(synced["failed"] == 0);
    CHECK(synced["conflicts"] == 0);
    CHECK(a.json({"queue", "list"}).empty());
    (void)b.json({"sync"});
    CHECK(b.shown() == a.shown());
    CHECK(leads_on(b) == 3);
    CHECK(b.json({"get", "lead", lead})["city"] == "Goa");
    CHECK(b.json({"get", "lead", lead})["tag"] == "HOT");
    CHECK(b.json({"get", "lead", unsent})["name"] == "Unsent");
}
