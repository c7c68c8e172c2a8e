// Several servers on one database, and one that also has a replica of it.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "server/kit.h"
#include "server/storage/backup.h"

namespace ct::server::test {
namespace {

using Seconds = std::chrono::seconds;

/// The same person's pull at another server.
json pull_at(const Site& site, const Laptop& laptop, std::int64_t wait) {
    json body{{"protocol", 1}, {"deviceId", laptop.device}, {"epoch", laptop.epoch}, {"cursor", laptop.cursor}};
    body["wait"] = wait;
    return parsed(site.ask("POST", "/api/sync/pull", body.dump(), laptop.token));
}

std::string metrics_of(const Site& site) {
    http::Request request;
    request.method = "GET";
    request.path = "/metrics";
    request.remote = "127.0.0.1";
    return site.service->handle(request).body;
}

TEST_CASE("fleet: an edit through one server wakes who waits at another, and both know every sign-in") {
    const ct::test::Database database;
    Site here(database.url());
    Site there(database.url());
    here.add_user("asha@example.org", Role::manager);
    here.add_user("ravi@example.org", Role::manager);
    Laptop asha(here, "asha@example.org"), ravi(here, "ravi@example.org");
    (void)asha.pull_all();
    for (int round = 0; round < 3; ++round) {
        json page;
        std::chrono::steady_clock::time_point answered;
        std::thread waiting([&] {
            page = pull_at(there, asha, 20);
            answered = std::chrono::steady_clock::now();
        });
        while (metrics_of(there).find("colortouchd_waiting_pulls 1") == std::string::npos) std::this_thread::yield();
        const std::string name = "Lead " + std::to_string(round);
        (void)ravi.add_lead(name);
        const auto pushed = std::chrono::steady_clock::now();
        waiting.join();
        CHECK(only_row(page).fields["name"] == name);
        CHECK(answered - pushed < Seconds(5));  // about a second, where the machine has nothing else to do
        asha.cursor = page["cursor"];
    }
    REQUIRE(here.ask("DELETE", "/api/auth/devices/" + asha.device, {}, asha.token).status == 200);
    CHECK(there.ask("GET", "/api/auth/devices", {}, asha.token).status == 401);
    there.service->stop();
    here.service->stop();
}

TEST_CASE("fleet: whoever guesses gains nothing by asking several servers") {
    const ct::test::Database database;
    Site here(database.url());
    Site there(database.url());
    here.add_user("asha@example.org", Role::manager);
    int tried = 0;
    for (int i = 0; i < 20; ++i) {
        if ((i % 2 == 0 ? here : there).login("asha@example.org", "guess", "d").status == 401) ++tried;
    }
    CHECK(tried == 6);
    check_problem(here.login("asha@example.org", kPassword, "d"), 429, "TOO_MANY_ATTEMPTS");
    check_problem(there.login("asha@example.org", kPassword, "d"), 429, "TOO_MANY_ATTEMPTS");
    there.clock.move(2'000);
    CHECK(there.login("asha@example.org", kPassword, "d").status == 200);
    CHECK(here.login("asha@example.org", kPassword, "d").status == 200);  // and at once forgiven at both
}

TEST_CASE("fleet: PostgreSQL tells of commits, in order; the others are looked at") {
    const ct::test::Database database;
    Site here(database.url());
    Site there(database.url());
    auto changes = there.storage->listen();
    REQUIRE(changes);
    const bool tells = ct::test::kind() == ct::test::Kind::postgres;
    REQUIRE((*changes != nullptr) == tells);
    if (!tells) return;
    here.add_user("asha@example.org", Role::manager);
    Laptop asha(here, "asha@example.org");
    (void)asha.add_lead("One");
    (void)asha.add_lead("Two");
    std::vector<std::int64_t> versions;
    while (versions.size() < 2) {
        const auto came = (*changes)->wait(Seconds(20));
        REQUIRE(came);
        REQUIRE_FALSE(came->empty());
        for (const auto& change : *came) {
            if (change.workspace == here.workspace.key) versions.push_back(change.version);
        }
    }
    CHECK(versions == std::vector<std::int64_t>{1, 2});
    ct::test::Cluster::shared().kill();
    while ((*changes)->wait(Seconds(1))) {
    }
    ct::test::Cluster::shared().start();
    changes = there.storage->listen();
    REQUIRE(changes);
    (void)asha.add_lead("Three");
    const auto came = (*changes)->wait(Seconds(20));
    REQUIRE(came);
    REQUIRE(came->size() == 1);
    CHECK(came->front().version == 3);
}

/// A database as it was at a moment, which a replica that is far behind still shows.
struct Stale {
    explicit Stale(const ct::test::Database& database) {
        const std::string file = database.name() + "/stale.db";
        REQUIRE(back_up(database.url(), file));
        storage = std::move(*open_storage("file:" + file, system_random()));
    }
    std::unique_ptr<Storage> storage;
};

TEST_CASE("fleet: a replica gives pages only to those who have seen no more than it has") {
    if (ct::test::kind() != ct::test::Kind::sqlite) return;  // a copy of the file is as good a replica as any
    const ct::test::Database database;
    Site site(database.url());
    site.add_user("asha@example.org", Role::manager);
    site.add_user("ravi@example.org", Role::manager);
    Laptop asha(site, "asha@example.org"), ravi(site, "ravi@example.org");
    for (int i = 0; i < 6; ++i) (void)ravi.add_lead("Early " + std::to_string(i));
    const Stale replica(database);
    ServiceOptions options;
    options.replica = replica.storage.get();
    Site beside(database.url(), options);
    const auto pull = [&](Laptop& laptop) {
        json body{{"protocol", 1}, {"deviceId", laptop.device}, {"epoch", laptop.epoch}, {"cursor", laptop.cursor}};
        body["limit"] = 2;
        json page = parsed(beside.ask("POST", "/api/sync/pull", body.dump(), laptop.token));
        REQUIRE_MESSAGE(page.contains("cursor"), page.dump());
        REQUIRE(page["from"] == laptop.cursor);
        laptop.cursor = page["cursor"];
        return page;
    };
    const auto from_replica = [&](int pages) {
        return metrics_of(beside).find("colortouchd_replica_pages_total " + std::to_string(pages) + "\n") !=
               std::string::npos;
    };
    // The first page comes from the database, the next two from the replica, which has all that it needs.
    std::size_t seen = rows(pull(asha)).size();
    CHECK(from_replica(0));
    seen += rows(pull(asha)).size();
    seen += rows(pull(asha)).size();
    CHECK(from_replica(2));
    // The replica has no more, and the database has.
    for (int i = 0; i < 3; ++i) (void)ravi.add_lead("Late " + std::to_string(i));
    for (json page = pull(asha);; page = pull(asha)) {
        seen += rows(page).size();
        if (!page["hasMore"].get<bool>()) break;
    }
    CHECK(seen == 9);
    // Who has seen more than the replica is not taken back: nothing comes twice, and nothing from it.
    CHECK(from_replica(2));
    CHECK(rows(pull(asha)).empty());
    (void)ravi.add_lead("Last");
    CHECK(only_row(pull(asha)).fields["name"] == "Last");
    CHECK(from_replica(2));
    // A laptop that begins now is at the database's moment, for which the replica is too old to the end.
    Laptop fresh(site, "asha@example.org");
    std::size_t all = 0;
    for (json page = pull(fresh);; page = pull(fresh)) {
        all += rows(page).size();
        if (!page["hasMore"].get<bool>()) break;
    }
    CHECK(all == 10);
    CHECK(from_replica(2));
    // After a restore the replica is of another epoch until it has followed.
    REQUIRE(beside.storage->renew_epoch(system_random()));
    Laptop later(beside, "asha@example.org");
    (void)pull(later);
    (void)pull(later);
    CHECK(from_replica(2));
}

TEST_CASE("fleet: a database that its own tools restored is given a new epoch, which clients notice") {
    const ct::test::Database database;
    std::string before, token, device;
    {
        Site site(database.url());
        site.add_user("asha@example.org", Role::manager);
        Laptop asha(site, "asha@example.org");
        before = asha.epoch;
        token = asha.token;
        device = asha.device;
        const auto renewed = site.storage->renew_epoch(site.random);
        REQUIRE(renewed);
        CHECK(*renewed != before);
        CHECK(site.storage->epoch() == *renewed);
    }
    Site again(database.url());
    const json pull{{"protocol", 1}, {"deviceId", device}, {"epoch", before}, {"cursor", nullptr}};
    const auto refused = again.ask("POST", "/api/sync/pull", pull.dump(), token);
    CHECK(check_problem(refused, 409, "EPOCH_CHANGED")["epoch"] == again.storage->epoch());
}

}  // namespace
}  // namespace ct::server::test
