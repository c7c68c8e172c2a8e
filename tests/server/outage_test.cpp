// The database goes away at the worst moment: 503, nothing half applied, and the client's retry settles it. SQLite has
// no connection to lose.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "database/proxy.h"
#include "server/kit.h"
#include "server/storage/mysql/mysql_backend.h"
#include "server/storage/postgres/postgres_backend.h"
#include "server/storage/sql/texts.h"

namespace ct::server::test {
namespace {

using ct::test::Cluster;
using ct::test::Cut;
using ct::test::Database;
using ct::test::Kind;
using ct::test::Proxy;

bool no_server() { return ct::test::kind() == Kind::sqlite; }

json two_creates(Laptop& laptop) {
    const std::string lead = laptop.new_id();
    return laptop.push_body({laptop.create("Lead", lead, {{"name", "Asha"}}),
                             laptop.create("Note", laptop.new_id(), {{"leadId", lead}, {"text", "Called"}})},
                            laptop.sequence);
}

/// The batch is there once, whole, and answered for.
void check_settled(Site& site, Laptop& laptop, const json& body) {
    const auto again = laptop.post("/api/sync/push", body);
    REQUIRE_MESSAGE(again.status == 200, again.body);
    for (const json& result : parsed(again)["results"]) CHECK(result["status"] == "applied");
    CHECK(parsed(again)["version"] == 2);
    CHECK(laptop.post("/api/sync/push", body).body == again.body);
    Laptop fresh(site, "asha@example.org");
    CHECK(rows(fresh.pull_all()).size() == 2);
}

TEST_CASE("outage: a database killed and started again in the middle of a push") {
    if (no_server()) return;
    Site site;
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org");
    const json body = two_creates(asha);

    auto caught = site.storage->begin_write(site.workspace.key);
    REQUIRE(caught);
    Cluster::shared().kill();
    const auto committed = (*caught)->commit(1, asha.device, 9, kStart);
    REQUIRE_FALSE(committed);
    CHECK(committed.error().kind == ErrorKind::disk);
    caught->reset();
    check_problem(asha.post("/api/sync/push", body), 503, "UNAVAILABLE");
    check_problem(site.ask("GET", "/api/ready"), 503, "UNAVAILABLE");
    // Nor does anybody get in, or get to guess.
    check_problem(site.login("asha@example.org", kPassword, "d"), 503, "UNAVAILABLE");
    check_problem(site.login("asha@example.org", "guess", "d"), 503, "UNAVAILABLE");
    Cluster::shared().start();
    check_settled(site, asha, body);

    Cluster::shared().kill();  // nobody notices what was idle then
    Cluster::shared().start();
    CHECK(site.ask("GET", "/api/ready").status == 200);
    CHECK(asha.post("/api/sync/push", body).status == 200);
}

TEST_CASE("outage: the line is cut before a commit") {
    if (no_server()) return;
    Proxy proxy;
    const Database database;
    Site site(proxy.url(database));
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org");
    const json body = two_creates(asha);
    proxy.cut(Cut::before_commit);
    check_problem(asha.post("/api/sync/push", body), 503, "UNAVAILABLE");
    CHECK(proxy.cuts() == 1);
    Laptop fresh(site, "asha@example.org");
    CHECK(rows(fresh.pull_all()).empty());
    check_settled(site, asha, body);
}

TEST_CASE("outage: the line is cut after a commit, before anybody hears of it") {
    if (no_server()) return;
    Proxy proxy;
    const Database database;
    Site site(proxy.url(database));
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org");
    const json body = two_creates(asha);
    proxy.cut(Cut::after_commit);
    check_problem(asha.post("/api/sync/push", body), 503, "UNAVAILABLE");
    CHECK(proxy.cuts() == 1);
    Laptop fresh(site, "asha@example.org");
    CHECK(rows(fresh.pull_all()).size() == 2);  // it is there all the same
    check_settled(site, asha, body);
}

/// What the database says when it takes a transaction back is said here by a trigger, halfway through the batch.
TEST_CASE("outage: a deadlock, or a transaction that cannot be put in order with others") {
    if (no_server()) return;
    const bool postgres = ct::test::kind() == Kind::postgres;
    const Database database;
    Site site(database.url());
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org");
    const json body = two_creates(asha);
    const auto backend = postgres ? postgres::backend(database.url()) : mysql::backend(database.url());
    REQUIRE(backend);
    const auto connection = (*backend)->connect();
    REQUIRE(connection);
    const auto execute = [&](const std::string& text) {
        const auto done = (*connection)->execute(text);
        REQUIRE_MESSAGE(done.has_value(), done.error().message);
    };
    const std::string table = sql::table(crm::Model::note);
    for (const char* said : {postgres ? "40P01" : "SQLSTATE '40001' SET MYSQL_ERRNO = 1213",
                             postgres ? "40001" : "SQLSTATE 'HY000' SET MYSQL_ERRNO = 1020"}) {
        if (postgres) {
            execute(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN RAISE EXCEPTION USING ERRCODE = ''" +
                std::string(said) + "''; END'");
            execute("CREATE TRIGGER refusing BEFORE INSERT ON " + table + " FOR EACH ROW EXECUTE FUNCTION refuse()");
        } else {
            execute("CREATE TRIGGER refusing BEFORE INSERT ON " + table + " FOR EACH ROW SIGNAL " + said);
        }
        check_problem(asha.post("/api/sync/push", body), 503, "UNAVAILABLE");
        execute("DROP TRIGGER refusing" + (postgres ? " ON " + table : std::string()));
        CHECK(rows(Laptop(site, "asha@example.org").pull_all()).empty());
    }
    check_settled(site, asha, body);
}

TEST_CASE("outage: who waits too long for the workspace is told to come again") {
    if (no_server()) return;
    Site site;
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org");
    const json body = two_creates(asha);
    auto holder = site.storage->begin_write(site.workspace.key);
    REQUIRE(holder);
    const auto waited = site.storage->begin_write(site.workspace.key);
    REQUIRE_FALSE(waited);
    CHECK(waited.error().kind == ErrorKind::busy);
    holder->reset();
    check_settled(site, asha, body);
}

TEST_CASE("outage: a database that is not ours, of a later version, or not there stays as it is") {
    if (no_server()) return;
    const auto code = [](const std::string& url, IfMissing missing = IfMissing::create) {
        const auto opened = open_storage(url, system_random(), missing);
        if (!opened) CHECK(opened.error().message.find('\n') == std::string::npos);
        return opened ? std::string("opened") : opened.error().code;
    };
    const Database empty, other, ours;
    CHECK(code(empty.url(), IfMissing::refuse) == "NO_DATABASE");
    CHECK(code(empty.url()) == "opened");
    CHECK(code(empty.url(), IfMissing::refuse) == "opened");
    Cluster::shared().sql("CREATE TABLE " + other.name() + ".meta(name int)");
    CHECK(code(other.url()) == "NOT_OURS");
    CHECK(code(ours.url()) == "opened");
    Cluster::shared().sql("UPDATE " + ours.name() + ".meta SET value = '99' WHERE name = 'schema'");
    CHECK(code(ours.url()) == "NEWER_DATABASE");
    Cluster::shared().sql("UPDATE " + ours.name() + ".meta SET value = '1' WHERE name = 'schema'");
    Cluster::shared().sql("DROP TABLE " + ours.name() + ".attachment");       // which is of version 2
    Cluster::shared().sql("DROP TABLE " + ours.name() + ".pulled");           // this of version 3
    Cluster::shared().sql("DROP TABLE " + ours.name() + ".waiting");          // this of version 4
    Cluster::shared().sql("DROP TABLE " + ours.name() + ".account_log");      // this of version 5
    Cluster::shared().sql("DROP TABLE " + ours.name() + ".guess");            // this of version 6
    Cluster::shared().sql("DROP TABLE " + ours.name() + ".upload_metadata");  // and this of version 7
    Cluster::shared().sql("ALTER TABLE " + ours.name() + ".payment DROP COLUMN notes");
    CHECK(code(ours.url()) == "opened");  // a field that came later
    CHECK(code(ours.url()) == "opened");
    CHECK(code("postgresql://h/d?nonsense=1") == "BAD_DATABASE_URL");
    CHECK(code("postgresql://x@/d?host=/no/such") == "CANNOT_OPEN");
    for (const char* bad : {"mysql://", "mysql://h", "mysql://h/", "mysql://h:0/d", "mysql://h:x/d",
                            "mysql://u:%zz@h/d", "mysql://h/d?what=1", "mysql://[::1/d"})
        CHECK(code(bad) == "BAD_DATABASE_URL");
    CHECK(code("mysql://x@localhost/d?socket=/no/such") == "CANNOT_OPEN");
    CHECK(code("mariadb://x:p%40ss@127.0.0.1:1/d") == "CANNOT_OPEN");
}

TEST_CASE("outage: two programs that make the tables at once both find them") {
    if (no_server()) return;
    const Database database;
    std::atomic<int> opened{0};
    std::vector<std::thread> programs;
    for (int i = 0; i < 4; ++i) {
        programs.emplace_back([&] {
            if (open_storage(database.url(), system_random())) ++opened;
        });
    }
    for (std::thread& program : programs) program.join();
    CHECK(opened == 4);
}

}  // namespace
}  // namespace ct::server::test
