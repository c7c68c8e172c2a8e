// The inspector's second look at the database: it sees what was committed, and can do nothing but read.
#include <atomic>
#include <thread>

#include "store/reader.h"
#include "unit/store_support.h"

namespace ct::store::test {
namespace {

std::unique_ptr<Reader> open_reader(const Desk& desk) {
    auto opened = Reader::open(desk.file);
    REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message));
    return std::move(*opened);
}

Result<QueryResult> query(const Desk& desk, const std::string& sql, QueryLimits limits = {}) {
    const std::atomic<bool> stop{false};
    return run_query(desk.file, sql, limits, stop);
}

std::string code_of(const Desk& desk, const std::string& sql) {
    const auto result = query(desk, sql);
    return result ? "" : result.error().code;
}

TEST_CASE("Reader: the queue, with what each parked operation waits for") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.create(7)});
    desk.settle({Desk::rejected(desk.take().operations.at(0), "INVALID_FIELD")});
    desk.commit({desk.create_note(70, 7)});            // hangs on a lead whose create was refused
    desk.commit({desk.update(7, {{"city", "Goa"}})});  // behind it
    desk.commit({desk.update(2, {{"city", "Pune"}})});
    const auto reader = open_reader(desk);
    const auto look = reader->queue(100);
    REQUIRE(look.has_value());
    REQUIRE(look->items.size() == 4);
    CHECK(look->total == 4);
    const QueueItem& refused = look->items[0];
    CHECK(refused.queued.state == QueueState::error);
    CHECK(refused.queued.retry_count == 1);
    CHECK(refused.sent_at > 0);
    CHECK(refused.bytes > 0);
    for (const std::size_t i : {1U, 2U}) {
        CHECK(look->items[i].queued.state == QueueState::parked);
        CHECK(look->items[i].behind == refused.queued.operation.id);
        CHECK(number_of(look->items[i].behind_record) == 7);
    }
    CHECK(look->items[3].queued.state == QueueState::queued);
    CHECK(look->items[3].sent_at == 0);
    CHECK(look->items[3].behind_record.nil());
}

TEST_CASE("run_query: says whether it read what people typed, whatever that is called in the answer") {
    Desk desk;
    pull_three(desk);
    const auto personal = [&](const std::string& sql) {
        const auto result = query(desk, sql);
        REQUIRE_MESSAGE(result.has_value(), sql);
        return result->personal;
    };
    CHECK(personal("SELECT name FROM lead"));
    CHECK(personal("SELECT 1 FROM \"Lead\" WHERE phone LIKE '9%'"));
    CHECK(personal("SELECT a FROM (SELECT name || '' AS a FROM lead)"));
    CHECK(personal("SELECT sum(amount) FROM payment"));
    CHECK(personal("SELECT * FROM sync_queue"));
    CHECK(personal("SELECT after FROM audit"));
    CHECK(personal("SELECT name FROM attachment"));
    CHECK(personal("SELECT count(*) FROM lead_shadow WHERE name > 'M'"));
    CHECK_FALSE(personal("SELECT state, count(*), sum(bytes) FROM sync_queue GROUP BY state"));
    CHECK_FALSE(personal("SELECT id, createdAt, syncStatus, status FROM lead WHERE version = 0"));
    CHECK_FALSE(personal("SELECT count(*) FROM lead"));
    CHECK_FALSE(personal("SELECT name, type, sql FROM sqlite_schema ORDER BY name"));
    CHECK_FALSE(personal("SELECT * FROM sync_history"));
    CHECK_FALSE(personal("PRAGMA table_info(lead)"));
    CHECK_FALSE(personal("SELECT 1"));
}

TEST_CASE("Reader: what was refused for a record that nobody knows waits for nothing: it needs a person") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.create_note(70, 9)});
    desk.settle({Desk::rejected(desk.take().operations.at(0), "MISSING_PARENT")});
    const auto look = open_reader(desk)->queue(100);
    REQUIRE(look.has_value());
    REQUIRE(look->items.size() == 1);
    CHECK(look->items[0].queued.state == QueueState::error);
    CHECK(look->items[0].queued.error_code == "MISSING_PARENT");
    CHECK(look->items[0].behind.nil());
    CHECK(look->items[0].behind_record.nil());
}

TEST_CASE("Reader: with more rows than wanted, those that stand still come first") {
    Desk desk;
    pull_three(desk);
    for (std::uint64_t i = 0; i < 5; ++i) desk.commit({desk.create(20 + i)});
    auto taken = desk.take({1'000'000, 5}).operations;
    std::vector<OperationResult> verdicts;
    for (const Operation& one : taken) {
        verdicts.push_back(one.record == id_of(24) ? Desk::rejected(one, "INVALID_FIELD")
                                                   : Desk::result(one, Verdict::applied, 30));
    }
    desk.settle(std::move(verdicts));
    for (std::uint64_t i = 0; i < 5; ++i) desk.commit({desk.create(30 + i)});
    const auto look = open_reader(desk)->queue(2);
    REQUIRE(look.has_value());
    CHECK(look->total == 6);
    REQUIRE(look->items.size() == 2);
    CHECK(number_of(look->items[0].queued.operation.record) == 24);
    CHECK(number_of(look->items[1].queued.operation.record) == 30);
}

TEST_CASE("Reader: one record as shown, as the server said, and what happened to it") {
    Desk desk;
    pull_three(desk);
    const auto reader = open_reader(desk);
    CHECK(reader->record(Model::lead, id_of(1))->queue.empty());
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    desk.commit({desk.update(1, {{"city", "Pune"}})});
    const auto look = reader->record(Model::lead, id_of(1));  // the same reader sees what came later
    REQUIRE(look.has_value());
    REQUIRE(look->stored);
    REQUIRE(look->shadow);
    CHECK(text_of(*look->stored, "city") == "Pune");
    CHECK(text_of(*look->shadow, "city").empty());
    CHECK(look->shadow->version == 10);
    REQUIRE(look->queue.size() == 1);
    SUBCASE("two edits became one operation") {
        const auto joined = joined_into(look->queue[0].queued, look->audit, 0);
        REQUIRE(joined.size() == 2);
        CHECK(joined[0].operation == look->queue[0].queued.operation.id);
        CHECK(joined[0].after.find(crm::field_id(Model::lead, "city")) != nullptr);
    }
    SUBCASE("an edit after the first was sent is another operation's") {
        (void)desk.take();
        desk.commit({desk.update(1, {{"city", "Agra"}})});
        const auto later = reader->record(Model::lead, id_of(1));
        REQUIRE(later->queue.size() == 2);
        CHECK(joined_into(later->queue[0].queued, later->audit, 0).size() == 2);
        CHECK(joined_into(later->queue[1].queued, later->audit, 0).size() == 1);
    }
}

TEST_CASE("Reader: a store goes on writing while one reads") {
    Desk desk;
    pull_three(desk);
    const auto reader = open_reader(desk);
    std::size_t read = 0;
    const auto done = reader->each(Model::lead, [&](crm::Record&&) {
        if (read++ == 0) desk.commit({desk.create(40)});
    });
    CHECK(done.has_value());
    CHECK(read == 3);
    CHECK(desk.get(40).has_value());
}

TEST_CASE("run_query: reads tables, functions and what PRAGMAs tell") {
    Desk desk;
    pull_three(desk);
    const auto rows = query(desk, "SELECT id, name, version, NULL AS none FROM lead ORDER BY name DESC");
    REQUIRE_MESSAGE(rows.has_value(), rows.error().message);
    CHECK(rows->columns == std::vector<std::string>{"id", "name", "version", "none"});
    REQUIRE(rows->rows.size() == 3);
    CHECK(rows->rows[0][0] == id_of(3).str());
    CHECK(rows->rows[0][1] == "Cy");
    CHECK_FALSE(rows->rows[0][3].has_value());
    CHECK(rows->numeric == std::vector<bool>{false, false, true, true});
    const auto one = query(desk, "SELECT upper(name) FROM lead WHERE id = uuid('" + id_of(2).str() + "');");
    REQUIRE(one.has_value());
    REQUIRE(one->rows.size() == 1);
    CHECK(one->rows[0][0] == "BO");
    CHECK(query(desk, "PRAGMA table_info(lead)")->rows.size() > 9);
    CHECK(query(desk, "PRAGMA user_version")->rows.size() == 1);
    CHECK(query(desk, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<5) SELECT i FROM n")
              ->rows.size() == 5);
}

TEST_CASE("run_query: whatever would change something is refused, and nothing changes") {
    Desk desk;
    pull_three(desk);
    const std::string before = dump(desk.file);
    for (const char* sql : {
             "DELETE FROM lead",
             "UPDATE lead SET name='x'",
             "INSERT INTO sync_state VALUES('a','b')",
             "DROP TABLE audit",
             "CREATE TABLE t(a)",
             "CREATE TEMP TABLE t(a)",
             "CREATE VIEW v AS SELECT 1",
             "ALTER TABLE lead ADD COLUMN x",
             "ATTACH '/tmp/other.db' AS other",
             "DETACH main",
             "VACUUM",
             "VACUUM INTO '/tmp/copy.db'",
             "REINDEX",
             "ANALYZE",
             "BEGIN IMMEDIATE",
             "COMMIT",
             "SAVEPOINT s",
             "PRAGMA user_version=9",
             "PRAGMA journal_mode=DELETE",
             "PRAGMA wal_checkpoint(TRUNCATE)",
             "PRAGMA writable_schema=ON",
             "PRAGMA query_only=OFF",
             "SELECT load_extension('x')",
             "EXPLAIN DELETE FROM lead",
         }) {
        CAPTURE(sql);
        CHECK(code_of(desk, sql) == "ONLY_READING");
    }
    CHECK(dump(desk.file) == before);
}

TEST_CASE("run_query: what is no single statement says so") {
    Desk desk;
    CHECK(code_of(desk, "SELEC 1") == "BAD_SQL");
    CHECK(code_of(desk, "SELECT * FROM nowhere") == "BAD_SQL");
    CHECK(code_of(desk, "") == "BAD_SQL");
    CHECK(code_of(desk, "-- nothing") == "BAD_SQL");
    CHECK(code_of(desk, "SELECT 1; DELETE FROM lead") == "BAD_SQL");
    const std::atomic<bool> stop{false};
    CHECK(run_query(desk.directory.file("none.db"), "SELECT 1", {}, stop).error().code == "CANNOT_OPEN");
}

constexpr const char* kRunaway = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT sum(i) FROM n";

TEST_CASE("run_query: one that has no end is ended, by its time or from outside") {
    Desk desk;
    QueryLimits limits;
    limits.time_max_ms = 1;
    const auto ended = query(desk, kRunaway, limits);
    REQUIRE_FALSE(ended.has_value());
    CHECK(ended.error().code == "TOO_SLOW");
    limits.time_max_ms = 3'600'000;
    std::atomic<bool> stop{false};
    std::string code;
    std::thread other([&] { code = run_query(desk.file, kRunaway, limits, stop).error().code; });
    stop = true;
    other.join();
    CHECK(code == "STOPPED");
}

TEST_CASE("run_query: rows, cells and values have limits") {
    Desk desk;
    QueryLimits limits;
    limits.rows_max = 3;
    limits.cell_max = 5;
    const auto rows =
        query(desk, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT 'abcdéf' FROM n", limits);
    REQUIRE(rows.has_value());
    CHECK(rows->cut);
    REQUIRE(rows->rows.size() == 3);
    CHECK(rows->rows[0][0] == "abcd…");  // no half character
    CHECK(query(desk, "SELECT 1", limits)->cut == false);
    CHECK(code_of(desk, "SELECT zeroblob(1000000000)") == "BAD_SQL");
    CHECK(query(desk, "SELECT zeroblob(20)")->rows[0][0] == "(20 bytes)");
}

}  // namespace
}  // namespace ct::store::test
