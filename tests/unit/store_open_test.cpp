#include <functional>

#include "store/schema.h"
#include "unit/store_support.h"

namespace ct::store::test {
namespace {

namespace fs = std::filesystem;

/// A database of another program.
void make_database(const std::string& file, const std::string& sql) {
    auto connection = sqlite::Connection::open(file, false);
    REQUIRE(connection.has_value());
    REQUIRE((*connection)->execute(sql));
}

std::vector<std::string> names_in(const fs::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

Error open_error(const std::string& file) {
    HandClock clock;
    SeededRandom random(9);
    auto opened = Store::open(file, clock, random);
    REQUIRE_FALSE(opened.has_value());
    return opened.error();
}

TEST_CASE("Store::open: a new database is empty, is ours, and is the same device ever after") {
    Desk desk;
    CHECK(Uuid::parse(desk.store->state().device_id).has_value());
    CHECK(desk.store->queue() == QueueSummary{});
    CHECK_FALSE(desk.store->state().cursor.has_value());
    for (const crm::ModelDef& model : crm::models()) CHECK(*desk.store->count(model.model) == 0);
    CHECK(ask(desk.file, "PRAGMA application_id") == kApplicationId);
    CHECK(ask(desk.file, "PRAGMA user_version") == static_cast<std::int64_t>(migrations().size()));

    const std::string device = desk.store->state().device_id;
    desk.random = SeededRandom(77);
    desk.reopen();
    CHECK(desk.store->state().device_id == device);

    Desk other;
    other.random = SeededRandom(2);
    other.store.reset();
    fs::remove(other.file);
    other.store = other.open();
    CHECK(other.store->state().device_id != device);
}

TEST_CASE("Store::open: an empty file becomes a database") {
    TempDirectory directory;
    const std::string file = directory.file("colortouch.db");
    write_bytes(file, "");
    HandClock clock;
    SeededRandom random(1);
    CHECK(Store::open(file, clock, random).has_value());
    CHECK(ask(file, "PRAGMA application_id") == kApplicationId);
}

TEST_CASE("Store::open: what is not ours is refused and left as it is, byte for byte") {
    struct Case {
        const char* what;
        std::function<void(const std::string&)> make;
        ErrorKind kind;
        const char* code;
    };
    const std::string ours = "PRAGMA application_id=" + std::to_string(kApplicationId) + ";";
    const std::string newer = ours + "PRAGMA user_version=" + std::to_string(migrations().size() + 1) + ";";
    const auto database = [](const std::string& sql) {
        return [sql](const std::string& file) { make_database(file, sql); };
    };
    const Case cases[] = {
        {"a short text", [](const std::string& file) { write_bytes(file, "Dear diary"); }, ErrorKind::corrupt,
         "NOT_A_DATABASE"},
        {"a long text", [](const std::string& file) { write_bytes(file, std::string(100'000, 'x')); },
         ErrorKind::corrupt, "NOT_A_DATABASE"},
        {"random bytes",
         [](const std::string& file) {
             std::string bytes(8'192, '\0');
             SeededRandom random(3);
             random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
             write_bytes(file, bytes);
         },
         ErrorKind::corrupt, "NOT_A_DATABASE"},
        {"another program's tables", database("CREATE TABLE recipes(id)"), ErrorKind::corrupt, "NOT_OUR_DATABASE"},
        {"another program's id", database("PRAGMA application_id=42; CREATE TABLE lead(id)"), ErrorKind::corrupt,
         "NOT_OUR_DATABASE"},
        {"another program's id, no tables yet", database("PRAGMA application_id=42"), ErrorKind::corrupt,
         "NOT_OUR_DATABASE"},
        {"another program's version, no tables yet", database("PRAGMA user_version=7"), ErrorKind::corrupt,
         "NOT_OUR_DATABASE"},
        {"a newer version of ours", database(newer + "CREATE TABLE lead(id); INSERT INTO lead VALUES(1)"),
         ErrorKind::newer, "DATABASE_NEWER"},
        {"a newer version of ours in WAL mode", database("PRAGMA journal_mode=WAL;" + newer + "CREATE TABLE lead(id)"),
         ErrorKind::newer, "DATABASE_NEWER"},
    };
    for (const Case& each : cases) {
        INFO(std::string(each.what));
        TempDirectory directory;
        const std::string file = directory.file("colortouch.db");
        each.make(file);
        const std::string before = bytes_of(file);
        const auto names = names_in(directory.path());
        const Error error = open_error(file);
        CHECK(error.kind == each.kind);
        CHECK(error.code == each.code);
        CHECK(error.message.find(file) != std::string::npos);
        CHECK(bytes_of(file) == before);
        CHECK(names_in(directory.path()) == names);  // no journal and no copy beside it
    }
}

TEST_CASE("Store::open: where no file can be, it says so") {
    TempDirectory directory;
    write_bytes(directory.file("plain"), "x");
    fs::create_directory(directory.path() / "folder");
    std::vector<std::string> places{directory.file("missing/colortouch.db"), directory.file("plain/colortouch.db"),
                                    directory.file("folder")};
    if (::geteuid() != 0) {  // for root every directory can be written
        fs::create_directory(directory.path() / "sealed");
        fs::permissions(directory.path() / "sealed", fs::perms::owner_read | fs::perms::owner_exec);
        places.push_back(directory.file("sealed/colortouch.db"));
    }
    for (const std::string& file : places) {
        INFO(file);
        const Error error = open_error(file);
        CHECK(error.kind == ErrorKind::disk);
        CHECK(error.code == "CANNOT_OPEN");
        CHECK(error.message.find(file) != std::string::npos);
    }
}

TEST_CASE("Store::open: a file that was cut short is damaged, not empty") {
    Desk desk;
    for (std::uint64_t number = 1; number <= 200; ++number) desk.commit({desk.create(number)});
    desk.store.reset();  // everything is in the one file now
    fs::rename(desk.directory.file("colortouch.queue"), desk.directory.file("away"));  // it would make it anew
    const std::string whole = bytes_of(desk.file);
    for (const std::size_t kept : {whole.size() / 2, std::size_t{4'096}}) {
        INFO(kept);
        write_bytes(desk.file, std::string_view(whole).substr(0, kept));
        CHECK(open_error(desk.file).kind == ErrorKind::corrupt);
        CHECK(bytes_of(desk.file).size() == kept);
    }
    write_bytes(desk.file, whole);
    desk.store = desk.open();
    CHECK(*desk.store->count(Model::lead) == 200);
}

TEST_CASE("prepare_file: WAL, every commit flushed, no foreign keys (children may come before their parents)") {
    TempDirectory directory;
    const std::string file = directory.file("colortouch.db");
    auto connection = sqlite::Connection::open(file, false);
    REQUIRE(connection.has_value());
    REQUIRE(prepare_file(**connection, file, migrations()));
    CHECK(*(*connection)->integer("PRAGMA synchronous") == 2);  // FULL
    CHECK(*(*connection)->integer("PRAGMA foreign_keys") == 0);
    auto mode = (*connection)->prepare("PRAGMA journal_mode");
    REQUIRE(mode.has_value());
    REQUIRE(*mode->step());
    CHECK(mode->column_text(0) == "wal");
}

TEST_CASE("Store: each change is flushed to the disk before it returns") {
    Desk desk;
    desk.commit({desk.create(1)});
    const auto flushes = [&](const std::function<void()>& work) {
        const int before = FaultyDisk::syncs();
        work();
        return FaultyDisk::syncs() - before;
    };
    CHECK(flushes([&] { desk.commit({desk.create(2)}); }) >= 1);
    CHECK(flushes([&] { desk.take(); }) >= 1);
    CHECK(flushes([&] { desk.apply(desk.page({Desk::row(5, 5, {{"name", "Bo"}})}, "c1")); }) >= 1);
    CHECK(flushes([&] { (void)desk.get(1); }) == 0);
}

TEST_CASE("Store::load: after a start, everything that was committed, and nothing else, in chunks") {
    Desk desk;
    std::vector<PullRow> rows;
    for (std::uint64_t number = 100; number < 120; ++number) {
        rows.push_back(Desk::row(number, static_cast<std::int64_t>(number), {{"name", "Žofie \"Bo\" O'Neill"}}));
    }
    rows.push_back(Desk::deleted_row(103, 500));
    desk.apply(desk.page(rows, "c1"));
    for (std::uint64_t number = 1; number <= 20; ++number) desk.commit({desk.create(number, "Asha\n\t🙂")});
    desk.commit({desk.remove(2), desk.update(101, {{"city", "Pune"}}), desk.create_note(50, 101)});
    Operation odd = desk.create(21);
    odd.changes.extra = R"({"futureField":[1,2]})";
    desk.commit({odd});

    const auto all = [&desk](std::size_t chunk) {
        std::vector<crm::Record> records;
        for (const crm::ModelDef& model : crm::models()) {
            const auto loaded = desk.store->load(model.model, chunk, [&](std::vector<crm::Record>&& some) {
                CHECK_FALSE(some.empty());
                CHECK(some.size() <= chunk);
                std::move(some.begin(), some.end(), std::back_inserter(records));
            });
            REQUIRE(loaded.has_value());
        }
        std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        return records;
    };
    const std::vector<crm::Record> before = all(7);
    desk.reopen();
    const std::vector<crm::Record> after = all(1'000);
    CHECK(before == after);
    CHECK(after.size() == 19 + 19 + 1 + 1);  // 20 pulled without one, 20 created without one, a note, an odd one
    for (const crm::Record& record : after) {
        CHECK(desk.get(number_of(record.id), record.model) == record);
        CHECK_FALSE(record.deleted);
    }
    CHECK(*desk.store->count(Model::lead) == 39);
    // The same in parts: what was stored last comes first, and others have their turn between.
    for (const std::size_t count : {std::size_t{7}, std::size_t{39}, std::size_t{1'000}}) {
        CAPTURE(count);
        std::vector<crm::Record> leads;
        std::optional<std::int64_t> before_row;
        do {
            const auto part = desk.store->load_part(Model::lead, before_row, count);
            REQUIRE(part.has_value());
            CHECK(part->records.size() <= count);
            CHECK(part->damaged == 0);
            CHECK((!before_row || !part->next || *part->next < *before_row));
            if (leads.empty()) CHECK(part->records.at(0).id == id_of(21));
            leads.insert(leads.end(), part->records.begin(), part->records.end());
            before_row = part->next;
        } while (before_row);
        std::sort(leads.begin(), leads.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        std::vector<crm::Record> expected;
        std::copy_if(after.begin(), after.end(), std::back_inserter(expected),
                     [](const crm::Record& record) { return record.model == Model::lead; });
        CHECK(leads == expected);
    }
    CHECK(desk.get(21)->extra == R"({"futureField":[1,2]})");
    CHECK(desk.shown(101).ends_with(",Pune v101 PENDING"));
    CHECK(desk.shown(103).starts_with("deleted "));
    desk.check_memory_is_disk();
}

TEST_CASE("Store: a row that was altered behind its back is told apart, left out, and healed by a pull") {
    Desk desk;
    desk.apply(desk.page({Desk::row(1, 1, {{"name", "Asha"}}), Desk::row(2, 2, {{"name", "Bo"}})}, "c1"));
    make_database(desk.file, "UPDATE lead SET name='Asho' WHERE version=1");
    const auto damaged = desk.store->get(Model::lead, id_of(1));
    REQUIRE_FALSE(damaged.has_value());
    CHECK(damaged.error().kind == ErrorKind::corrupt);
    CHECK(damaged.error().code == "ROW_DAMAGED");
    std::size_t seen = 0;
    const auto loaded =
        desk.store->load(Model::lead, 10, [&](std::vector<crm::Record>&& some) { seen += some.size(); });
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().code == "ROW_DAMAGED");
    CHECK(seen == 1);
    const auto part = desk.store->load_part(Model::lead, std::nullopt, 10);
    REQUIRE(part.has_value());
    CHECK(part->records.size() == 1);
    CHECK(part->damaged == 1);
    CHECK(desk.store->commit(std::vector{desk.update(1, {{"city", "Pune"}})}, "me").error().code == "ROW_DAMAGED");
    CHECK(desk.queue().empty());

    desk.apply(desk.page({Desk::row(1, 1, {{"name", "Asha"}})}, "c2"));
    CHECK(desk.shown(1) == "Asha, v1 SYNCED");
}

TEST_CASE("Store: what it knows of itself is there after a start") {
    Desk desk;
    SyncState state = desk.store->state();
    state.server_url = "https://crm.example.com";
    state.workspace_id = "w";
    state.workspace_name = "Wörk";
    state.user = {"u", "Asha", "asha@example.com", "MANAGER"};
    state.epoch = "e";
    state.cursor = "c";
    state.next_sequence = 12;
    state.stamp_ms = 1'795'000'000'123;
    state.stamp_counter = 0xfffe;
    state.clock_offset_ms = -4'000;
    state.last_sync_at = 99;
    REQUIRE(desk.store->save_state(state));
    desk.reopen();
    const SyncState& again = desk.store->state();
    CHECK(again.device_id == state.device_id);
    CHECK(again.server_url == state.server_url);
    CHECK(again.workspace_id == "w");
    CHECK(again.workspace_name == "Wörk");
    CHECK(again.user.id == "u");
    CHECK(again.user.name == "Asha");
    CHECK(again.user.email == "asha@example.com");
    CHECK(again.user.role == "MANAGER");
    CHECK(again.epoch == "e");
    CHECK(again.cursor == "c");
    CHECK(again.next_sequence == 12);
    CHECK(again.stamp_ms == state.stamp_ms);
    CHECK(again.stamp_counter == 0xfffe);
    CHECK(again.clock_offset_ms == -4'000);
    CHECK(again.last_sync_at == 99);

    state.cursor.reset();
    REQUIRE(desk.store->save_state(state));
    desk.reopen();
    CHECK_FALSE(desk.store->state().cursor.has_value());
}

TEST_CASE("Store: the newest thousand rounds are remembered, newest first") {
    Desk desk;
    for (int round = 0; round < 1'010; ++round) {
        SyncHistoryRow row;
        row.started_at = round;
        row.pushed = round * 2;
        row.outcome = round % 2 == 0 ? "done" : "TIMEOUT";
        REQUIRE(desk.store->add_history(row));
    }
    desk.reopen();
    const auto some = desk.store->history(3);
    REQUIRE(some.has_value());
    REQUIRE(some->size() == 3);
    CHECK(some->front().started_at == 1'009);
    CHECK(some->front().pushed == 2'018);
    CHECK(some->front().outcome == "TIMEOUT");
    const auto all = desk.store->history(5'000);
    REQUIRE(all.has_value());
    CHECK(all->size() == 1'000);
    CHECK(all->back().started_at == 10);
}

// ---- migrations

Result<void> add_table(sqlite::Connection& connection) { return connection.execute("CREATE TABLE later(id)"); }
Result<void> add_and_fail(sqlite::Connection& connection) {
    if (auto added = add_table(connection); !added) return added;
    return fail(ErrorKind::internal, "BROKEN", "this step always fails");
}

Result<void> prepare(const std::string& file, Migration extra) {
    std::vector<Migration> steps(migrations().begin(), migrations().end());
    steps.push_back(extra);
    auto connection = sqlite::Connection::open(file, false);
    if (!connection) return fail(connection.error());
    return prepare_file(**connection, file, steps);
}

struct OldProfile : Desk {
    std::int64_t version = static_cast<std::int64_t>(migrations().size());
    std::string copy = file + ".before-v" + std::to_string(version + 1);
    Operation made_later;  // an edit that this version of the program would make
    OldProfile() {
        commit({create(1)});
        made_later = create(2);
        store.reset();
    }
};

TEST_CASE("migration: the file is copied first, then brought up to date") {
    OldProfile old;
    const std::string before = dump(old.file);
    REQUIRE(prepare(old.file, add_table));
    CHECK(ask(old.file, "PRAGMA user_version") == old.version + 1);
    CHECK(ask(old.file, "SELECT count(*) FROM later") == 0);
    CHECK(dump(old.file) == before);  // an empty table has no rows
    CHECK(dump(old.copy) == before);
    CHECK(ask(old.copy, "PRAGMA user_version") == old.version);
    CHECK(ask(old.copy, "PRAGMA application_id") == kApplicationId);
    // What it is for this version of the program: a book to be read.
    const std::string as_it_is = bytes_of(old.file);
    auto opened = Store::open(old.file, old.clock, old.random, old.calm);
    REQUIRE(opened.has_value());
    const auto& newer = (*opened)->read_only();
    REQUIRE(newer.has_value());
    CHECK(newer->code == "DATABASE_NEWER");
    CHECK(newer->kind == ErrorKind::newer);
    CHECK((*opened)->count(Model::lead).value() == 1);
    CHECK(text_of(**(*opened)->get(Model::lead, id_of(1)), "name") == "Asha");
    CHECK((*opened)->list_queue()->size() == 1);
    CHECK((*opened)->check()->faults.empty());
    const auto refused = (*opened)->commit(std::vector{old.made_later}, "me");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "DATABASE_NEWER");
    CHECK((*opened)->take_batch({}).error().code == "DATABASE_NEWER");
    CHECK((*opened)->save_state((*opened)->state()).error().code == "DATABASE_NEWER");
    opened->reset();
    CHECK(bytes_of(old.file) == as_it_is);
}

TEST_CASE("migration: rows of a newer version are shown though their checksums are over more than is known here") {
    OldProfile old;
    REQUIRE(prepare(old.file, add_table));
    make_database(old.file,
                  "ALTER TABLE lead ADD COLUMN colour TEXT; UPDATE lead SET colour='red', checksum=checksum+1");
    auto opened = Store::open(old.file, old.clock, old.random, old.calm);
    REQUIRE(opened.has_value());
    std::size_t shown = 0;
    CHECK((*opened)->load(Model::lead, 10, [&](std::vector<crm::Record>&& records) { shown += records.size(); }));
    CHECK(shown == 1);
}

TEST_CASE("migration: one that fails changes nothing") {
    OldProfile old;
    const std::string before = dump(old.file);
    const auto failed = prepare(old.file, add_and_fail);
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().code == "BROKEN");
    CHECK(ask(old.file, "PRAGMA user_version") == old.version);
    CHECK(ask(old.file, "SELECT count(*) FROM sqlite_schema WHERE name='later'") == 0);
    CHECK(dump(old.file) == before);
    old.store = old.open();
    CHECK(old.shown(1) == "Asha, v0 PENDING");
}

TEST_CASE("migration: what an attempt that was cut off left behind does not keep the next from succeeding") {
    for (const bool whole : {false, true}) {
        INFO(whole);
        OldProfile old;
        if (whole) {
            REQUIRE_FALSE(prepare(old.file, add_and_fail).has_value());  // its copy was made
            CHECK(fs::exists(old.copy));
        } else {
            write_bytes(old.copy, "half a copy");
            write_bytes(old.copy + ".part", "less than half");
        }
        const std::string before = dump(old.file);
        const auto done = prepare(old.file, add_table);
        REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
        CHECK(dump(old.copy) == before);
        CHECK_FALSE(fs::exists(old.copy + ".part"));
        CHECK(ask(old.file, "PRAGMA user_version") == old.version + 1);
    }
}

}  // namespace
}  // namespace ct::store::test
