// The same answers from every database: what is compared, kept and ordered, down to the byte. Run against each of them
// by ctest (server, server_postgres, server_mysql).
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <thread>

#include "crm/tables.h"
#include "server/kit.h"

namespace ct::server::test {
namespace {

using crm::Model;

// Everything that a quoting, a collation or a text format could trip over.
const std::vector<std::string> kTexts{
    "x",
    "trailing ",
    " leading",
    "  ",
    "'",
    "\"",
    "\\",
    "\\'",
    "\\0",
    "''; DROP TABLE lead; --",
    "$1 {$2} %s ?1 :name @a ${x}",
    "a\nb\tc",
    "\x01\x1a\x7f",
    "NULL",
    "{}",
    "Müller, Straße, İstanbul, ǅ",
    "नमस्ते 你好 こんにちは العربية",
    "😀 𠜎 🏳️‍🌈",
    "e\u0301 \u00e9",
    std::string(500, 'y'),
};

StoredRecord stored_lead(Site& site, std::int64_t version, const std::string& name) {
    StoredRecord stored;
    stored.server.record.id = site.ids.next();
    stored.server.record.model = Model::lead;
    stored.server.record.version = version;
    stored.server.record.fields.set(crm::field_id(Model::lead, "name"), std::string_view(name));
    stored.feed = version;
    return stored;
}

/// Writes them in one transaction; the counter goes to `version`.
void save(Site& site, const std::vector<StoredRecord>& records, std::int64_t version) {
    auto transaction = site.storage->begin_write(site.workspace.key);
    REQUIRE(transaction);
    std::vector<const StoredRecord*> pointers;
    for (const StoredRecord& record : records) pointers.push_back(&record);
    const auto saved = (*transaction)->save(pointers);
    REQUIRE_MESSAGE(saved.has_value(), saved.error().message);
    REQUIRE((*transaction)->commit(version, "none", 0, kStart));
}

std::vector<StoredRecord> load(Site& site, const std::vector<RecordKey>& keys) {
    auto transaction = site.storage->begin_write(site.workspace.key);
    REQUIRE(transaction);
    auto loaded = (*transaction)->load(keys);
    REQUIRE(loaded);
    return std::move(*loaded);
}

void check_same(const StoredRecord& is, const StoredRecord& was) {
    CHECK(is.stored);
    CHECK((is.server.record == was.server.record));
    CHECK((is.server.origins == was.server.origins));
    CHECK((is.server.deletion == was.server.deletion));
    CHECK(is.feed == was.feed);
    CHECK(is.owner == was.owner);
    CHECK(is.owner_version == was.owner_version);
    CHECK(is.former_owners.size() == was.former_owners.size());
}

TEST_CASE("conformance: what is kept comes back as it was") {
    Site site;
    std::vector<StoredRecord> records;
    std::vector<RecordKey> keys;
    std::int64_t version = 0;
    for (const std::string& text : kTexts) {
        StoredRecord record = stored_lead(site, ++version, text);
        record.server.record.fields.set(crm::field_id(Model::lead, "notes"), std::string_view(text));
        record.server.record.extra = "{\"unknown\":\"" + std::string(version % 2 == 0 ? "😀" : "\\u0000") + "\"}";
        record.server.origins["name"] = {version, "0192f3c4a5b6-0001-device"};
        record.server.origins[text] = {version, "0192f3c4a5b6-0002-other"};
        record.owner = version % 3 == 0 ? site.new_id() : std::string();
        record.former_owners.push_back({site.new_id(), version});
        keys.push_back({Model::lead, record.server.record.id});
        records.push_back(std::move(record));
    }
    save(site, records, version);
    const auto loaded = load(site, keys);
    for (std::size_t i = 0; i < records.size(); ++i) {
        CAPTURE(kTexts[i]);
        check_same(loaded[i], records[i]);
    }
}

TEST_CASE("conformance: numbers to their limits, flags, and nothing as against empty") {
    Site site;
    constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    std::vector<StoredRecord> records;
    std::vector<RecordKey> keys;
    for (const std::int64_t number : {kLeast, kLeast + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, kMost}) {
        StoredRecord payment;
        payment.server.record.id = site.ids.next();
        payment.server.record.model = Model::payment;
        payment.server.record.version = kMost - 1;
        payment.server.record.created_at = number;
        payment.server.record.updated_at = number;
        payment.server.record.deleted = number == 1;
        payment.server.record.fields.set(crm::field_id(Model::payment, "amount"), number);
        payment.feed = kMost;
        payment.owner_version = number;
        records.push_back(payment);
    }
    for (const std::optional<bool> flag : {std::optional<bool>{}, std::optional(true), std::optional(false)}) {
        StoredRecord reminder = stored_lead(site, 9, "x");
        reminder.server.record.model = Model::reminder;
        reminder.server.record.fields = {};
        if (flag) reminder.server.record.fields.set(crm::field_id(Model::reminder, "isCompleted"), *flag);
        records.push_back(reminder);
    }
    for (const StoredRecord& record : records) keys.push_back({record.server.record.model, record.server.record.id});
    save(site, records, kMost - 1);
    const auto loaded = load(site, keys);
    for (std::size_t i = 0; i < records.size(); ++i) check_same(loaded[i], records[i]);
    CHECK((*site.storage->begin_read(site.workspace.key))->version() == kMost - 1);
}

TEST_CASE("conformance: a record is written over whole, and what is not there is said not to be") {
    Site site;
    StoredRecord record = stored_lead(site, 1, "before");
    record.owner = site.new_id();
    record.server.record.extra = "{\"a\":1}";
    save(site, {record}, 1);
    record.server.record.fields = {};
    record.server.record.extra = "";
    record.server.record.version = 2;
    record.owner.clear();
    record.stored = true;
    save(site, {record}, 2);
    const RecordKey key{Model::lead, record.server.record.id};
    const auto loaded = load(site, {key, {Model::lead, site.ids.next()}, key, {Model::note, key.id}});
    check_same(loaded[0], record);
    CHECK_FALSE(loaded[1].stored);
    check_same(loaded[2], record);
    CHECK_FALSE(loaded[3].stored);
}

TEST_CASE("conformance: what was not committed never happened, and a workspace is for itself") {
    Site site;
    const Workspace other = site.add_workspace("Other");
    const StoredRecord record = stored_lead(site, 1, "Asha");
    const StoredRecord* pointer = &record;
    {
        auto transaction = site.storage->begin_write(site.workspace.key);
        REQUIRE(transaction);
        REQUIRE((*transaction)->save({&pointer, 1}));
    }
    CHECK_FALSE(load(site, {{Model::lead, record.server.record.id}})[0].stored);
    save(site, {record}, 7);
    auto elsewhere = site.storage->begin_write(other.key);
    REQUIRE(elsewhere);
    CHECK((*elsewhere)->version() == 0);
    const RecordKey key{Model::lead, record.server.record.id};
    CHECK_FALSE((*(*elsewhere)->load({&key, 1}))[0].stored);
    elsewhere->reset();
    CHECK(site.storage->begin_write(99'999).error().code == "NO_WORKSPACE");
    CHECK(site.storage->begin_read(99'999).error().code == "NO_WORKSPACE");
}

TEST_CASE("conformance: receipts, repeats, and the numbers of a device") {
    Site site;
    sync::Operation operation;
    operation.id = site.ids.next();
    operation.record = site.ids.next();
    operation.stamp = "0192f3c4a5b6-0001-device";
    const auto log = [&](bool again, std::uint64_t content, const std::string& result) {
        auto transaction = site.storage->begin_write(site.workspace.key);
        REQUIRE(transaction);
        LogEntry entry;
        entry.operation = &operation;
        entry.data = "{\"name\":\"'\\\\😀\"}";
        entry.content = content;
        entry.user = "u";
        entry.device = "d";
        entry.verdict = again ? sync::Verdict::applied : sync::Verdict::rejected;
        entry.version = 4;
        entry.result = result;
        entry.again = again;
        REQUIRE((*transaction)->log({&entry, 1}, kStart));
        REQUIRE((*transaction)->commit(4, "d", 1, kStart));
    };
    const auto receipt = [&] {
        auto transaction = site.storage->begin_write(site.workspace.key);
        const std::vector<Uuid> ids{site.ids.next(), operation.id};
        auto found = (*transaction)->receipts(ids);
        REQUIRE(found);
        REQUIRE(found->size() == 1);
        return found->begin()->second;
    };
    log(false, std::numeric_limits<std::uint64_t>::max(), "{\"status\":\"no\"}");
    CHECK(receipt().content == std::numeric_limits<std::uint64_t>::max());
    CHECK(receipt().verdict == sync::Verdict::rejected);
    CHECK(receipt().result == "{\"status\":\"no\"}");
    log(true, 1ull << 63, "");
    CHECK(receipt().content == 1ull << 63);
    CHECK(receipt().verdict == sync::Verdict::applied);
    CHECK(receipt().result.empty());
    auto transaction = site.storage->begin_write(site.workspace.key);
    const auto edits = (*transaction)->past_edits({operation.model, operation.record});
    REQUIRE(edits->size() == 1);
    CHECK((*edits)[0].data == "{\"name\":\"'\\\\😀\"}");

    std::vector<Uuid> sent{site.ids.next(), site.ids.next(), site.ids.next()};
    REQUIRE((*transaction)->mark_sent("Dev'ice\\", 5, sent));
    REQUIRE((*transaction)->mark_sent("dev'ice\\", 5, std::vector<Uuid>{operation.id}));
    CHECK(((*(*transaction)->sent("Dev'ice\\", 0, 100)) == sent));
    CHECK(((*(*transaction)->sent("Dev'ice\\", 6, 7)) == std::vector<Uuid>{sent[1]}));
    CHECK((*transaction)->sent("Dev'ice\\ ", 0, 100)->empty());
    CHECK(*(*transaction)->next_sequence("nobody") == 0);
}

TEST_CASE("conformance: the audit tells who did what from which device, newest first, and can be narrowed") {
    Site site;
    const Workspace other = site.add_workspace("Other");
    const User asha = site.add_user("asha@example.org", Role::manager);
    site.add_user("ravi@example.org", Role::manager);
    site.add_user("spy@example.org", Role::manager, other);
    Laptop one(site, "asha@example.org"), two(site, "ravi@example.org"), spy(site, "spy@example.org");
    const std::string lead = one.add_lead("Meera");
    (void)spy.add_lead("Hidden");
    site.clock.move(5);
    (void)two.push_one(two.update("Lead", lead, 1, {{"city", "Pune 😀"}}));
    site.clock.move(5);
    CHECK(one.push_one(one.update("Lead", one.new_id(), 1, {{"status", "NONSENSE"}}))["status"] == "rejected");
    site.clock.move(5);
    (void)one.push_one(one.remove("Lead", lead, 2));

    const auto asked = [&](const AuditQuery& query) {
        auto found = site.storage->audit(site.workspace.key, query);
        REQUIRE_MESSAGE(found.has_value(), found.error().message);
        return std::move(*found);
    };
    const auto all = asked({});
    REQUIRE(all.size() == 4);
    CHECK(all[0].operation == "DELETE");
    CHECK(all[0].data.empty());
    CHECK(all[1].verdict == "rejected");
    CHECK(all[2].operation == "UPDATE");
    CHECK(all[2].model == "Lead");
    CHECK(all[2].record_id == lead);
    CHECK(all[2].user == two.user);
    CHECK(all[2].user_name == "User ravi@example.org");
    CHECK(all[2].device == two.device);
    CHECK(all[2].device_name == "Test laptop");
    CHECK(json::parse(all[2].data) == json{{"city", "Pune 😀"}});
    CHECK(all[2].version == 2);
    CHECK(all[2].received_at == kStart + 5);
    CHECK(all[3].operation == "CREATE");
    CHECK(json::parse(all[3].data)["name"] == "Meera");
    CHECK(asked({lead, {}, {}, 100}).size() == 3);
    CHECK(asked({{}, asha.id, {}, 100}).size() == 3);
    CHECK(asked({{}, {}, two.device, 100}).size() == 1);
    CHECK(asked({lead, asha.id, one.device, 1}).front().operation == "DELETE");
    CHECK(asked({spy.new_id(), {}, {}, 100}).empty());
}

TEST_CASE("conformance: the log of accounts tells who changed which, and is written with the change") {
    Site site;
    const User asha = site.add_user("asha@example.org", Role::manager);
    const User boss = site.add_user("boss@example.org", Role::admin);
    site.add_user("spy@example.org", Role::manager, site.add_workspace("Other"));
    Laptop one(site, "asha@example.org"), desk(site, "boss@example.org");
    const auto step = [&] { site.clock.move(5); };
    step();
    REQUIRE(site.storage->set_password(asha, one.device, {boss.id, desk.device, site.clock.now()}));
    step();
    CHECK(*site.storage->end_session(site.workspace.key, one.device, {boss.id, desk.device, site.clock.now()}));
    CHECK_FALSE(*site.storage->end_session(site.workspace.key, one.device, {{}, {}, site.clock.now()}));
    step();
    REQUIRE(site.storage->set_disabled(asha, true, {{}, {}, site.clock.now()}));
    step();
    REQUIRE(site.storage->set_disabled(asha, false, {{}, {}, site.clock.now()}));

    const auto asked = [&](std::string_view user, int most = 100) {
        auto found = site.storage->account_log(site.workspace.key, user, most);
        REQUIRE_MESSAGE(found.has_value(), found.error().message);
        std::vector<std::string> told;
        for (const AccountEntry& entry : *found)
            told.push_back(entry.change + " " + entry.user_name + " " + entry.detail + " by " + entry.by_name + " on " +
                           entry.device_name);
        return told;
    };
    const std::string asha_name = "User asha@example.org", boss_name = "User boss@example.org";
    const std::vector<std::string> of_asha{
        "ENABLED " + asha_name + "  by  on ",
        "DISABLED " + asha_name + "  by  on ",
        "SESSION_ENDED " + asha_name + " " + one.device + " by " + boss_name + " on Test laptop",
        "PASSWORD_SET " + asha_name + "  by " + boss_name + " on Test laptop",
        "USER_ADDED " + asha_name + " MANAGER by  on ",
        "SIGNED_IN " + asha_name + " " + one.device + " by " + asha_name + " on Test laptop",
    };
    auto told = asked(asha.id);
    REQUIRE(told.size() == of_asha.size());
    CHECK(std::is_permutation(told.begin(), told.end(), of_asha.begin()));  // the first two were at one time
    CHECK(std::equal(told.begin(), told.begin() + 4, of_asha.begin()));
    CHECK(asked(boss.id).size() == 4);
    CHECK(asked({}).size() == 8);  // of the other workspace nothing
    CHECK(asked({}, 1) == std::vector<std::string>{of_asha.front()});
}

TEST_CASE("conformance: guesses of passwords are each counted, whoever counts at the same time") {
    Site site;
    constexpr int kThreads = 6, kRounds = 20;
    std::vector<std::string> keys{std::string(64, 'b'), "a", std::string(64, 'c')};
    const auto as_they_are = [&] {
        std::vector<Guesses> found;
        const auto looked =
            site.storage->change_guesses(keys, [&](std::span<Guesses> all) { found.assign(all.begin(), all.end()); });
        REQUIRE_MESSAGE(looked.has_value(), looked.error().message);
        return found;
    };
    CHECK(as_they_are() == std::vector<Guesses>(3));
    std::vector<std::thread> threads;
    std::atomic<int> failed{0};
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            auto mine = keys;  // each in another order
            std::rotate(mine.begin(), mine.begin() + t % 3, mine.end());
            for (int i = 0; i < kRounds; ++i) {
                const auto counted = site.storage->change_guesses(mine, [](std::span<Guesses> all) {
                    for (Guesses& guesses : all) guesses = {guesses.failures + 1, kStart, INT64_MAX};
                });
                if (!counted) ++failed;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(failed == 0);
    CHECK(as_they_are() == std::vector<Guesses>(3, {kThreads * kRounds, kStart, INT64_MAX}));
    REQUIRE(site.storage->change_guesses(keys, [](std::span<Guesses> all) {
        all[0].last = kStart - 1;
        all[1] = {};
    }));
    REQUIRE(site.storage->forget_guesses(kStart));
    CHECK(as_they_are() == std::vector<Guesses>{{}, {}, {kThreads * kRounds, kStart, INT64_MAX}});
}

TEST_CASE("conformance: a role holds from the next request on, and what was pulled with another has to begin anew") {
    Site site;
    const User ravi = site.add_user("ravi@example.org", Role::employee);
    site.add_user("boss@example.org", Role::manager);
    Laptop laptop(site, "ravi@example.org"), boss(site, "boss@example.org");
    (void)boss.add_lead("Nobody's");
    const std::string his = boss.add_lead("His", {{"ownerId", ravi.id}});
    CHECK(rows(laptop.pull_all()).size() == 1);
    const auto pulled = [&] {
        return laptop.post("/api/sync/pull", {{"protocol", 1}, {"deviceId", laptop.device}, {"cursor", laptop.cursor}});
    };
    for (const Role role : {Role::manager, Role::employee}) {
        site.clock.move(5);
        REQUIRE(site.storage->set_role(ravi, role, {{}, {}, site.clock.now()}));
        CHECK(site.storage->users(site.workspace.key)->back().role == role);
        check_problem(pulled(), 409, "RESYNC_REQUIRED");
        laptop.cursor = nullptr;
        CHECK(rows(laptop.pull_all()).size() == (role == Role::manager ? 2u : 1u));
    }
    const auto log = site.storage->account_log(site.workspace.key, ravi.id, 2);
    REQUIRE(log);
    CHECK(log->at(0).change == "ROLE_CHANGED");
    CHECK(log->at(0).detail == "EMPLOYEE");
    CHECK(log->at(1).detail == "MANAGER");
}

TEST_CASE("conformance: rows come in the order of their bytes") {
    Site site;
    std::vector<std::string> ids;
    std::vector<StoredRecord> records;
    for (const char* id : {"0a000000-0000-7000-8000-000000000000", "a0000000-0000-7000-8000-000000000000",
                           "9fffffff-0000-7000-8000-000000000000", "f0000000-0000-7000-8000-000000000000",
                           "00000000-0000-7000-8000-00000000000a"}) {
        StoredRecord record = stored_lead(site, static_cast<std::int64_t>(records.size()) + 1, "x");
        record.server.record.id = *Uuid::parse(id);
        records.push_back(record);
    }
    save(site, records, 5);
    auto transaction = site.storage->begin_read(site.workspace.key);
    REQUIRE(transaction);
    const auto note = [&](const RowView& row) {
        ids.push_back(std::string(row.id.substr(0, 2)));
        return true;
    };
    REQUIRE((*transaction)->snapshot(Phase::other_leads, 5, {}, {}, note));
    CHECK((ids == std::vector<std::string>{"f0", "a0", "9f", "0a", "00"}));
    ids.clear();
    REQUIRE((*transaction)->snapshot(Phase::other_leads, 5, "9fffffff-0000-7000-8000-000000000000", {}, note));
    CHECK((ids == std::vector<std::string>{"0a", "00"}));
    ids.clear();
    const std::vector<Model> models{Model::lead, Model::note};
    REQUIRE((*transaction)->changes(2, models, {}, note));
    CHECK((ids == std::vector<std::string>{"9f", "f0", "00"}));
    CHECK(*(*transaction)->count(models, {}) == 5);
}

TEST_CASE("conformance: pieces of a long read join without a seam") {
    constexpr int kMany = 5'003;
    Site site;
    std::vector<StoredRecord> records;
    for (int i = 1; i <= kMany; ++i) records.push_back(stored_lead(site, i, "x"));
    save(site, records, kMany);
    auto transaction = site.storage->begin_read(site.workspace.key);
    REQUIRE(transaction);
    std::string last = "g";
    std::int64_t feed = 0;
    int seen = 0, changed = 0, counted = 0;
    REQUIRE((*transaction)->snapshot(Phase::other_leads, kMany, {}, {}, [&](const RowView& row) {
        CHECK(row.id < last);
        last = row.id;
        return ++seen > 0;
    }));
    const std::vector<Model> models{Model::lead};
    REQUIRE((*transaction)->changes(1, models, {}, [&](const RowView& row) {
        CHECK(row.feed > feed);
        feed = row.feed;
        return ++changed > 0;
    }));
    REQUIRE((*transaction)->versions(Model::lead, {}, [&](const RowView&) { return ++counted > 0; }));
    CHECK(seen == kMany);
    CHECK(changed == kMany - 1);
    CHECK(counted == kMany);
}

TEST_CASE("conformance: a batch of many megabytes is one batch") {
    Site site;
    std::string prose;
    for (int i = 0; i < 20'000; ++i) prose += i % 2 == 0 ? "😀" : "\\";
    std::vector<StoredRecord> records;
    std::vector<RecordKey> keys;
    for (int i = 1; i <= 250; ++i) {
        StoredRecord record = stored_lead(site, i, "x");
        record.server.record.fields.set(crm::field_id(Model::lead, "notes"), std::string_view(prose));
        keys.push_back({Model::lead, record.server.record.id});
        records.push_back(std::move(record));
    }
    save(site, records, 250);
    const auto loaded = load(site, keys);
    for (std::size_t i = 0; i < loaded.size(); ++i) CHECK((loaded[i].server.record == records[i].server.record));
}

TEST_CASE("conformance: addresses and names are compared by the 26 letters and nothing else") {
    Site site;
    const auto add = [&](const std::string& email) {
        const User user{site.workspace, site.new_id(), email, "Name ", Role::manager, false, "hash"};
        const auto added = site.storage->add_user(user, {{}, {}, kStart});
        return added ? std::string("added") : added.error().code;
    };
    CHECK(add("Asha@Example.org") == "added");
    CHECK(add("aSHA@example.ORG") == "EMAIL_TAKEN");
    CHECK(add("asha@example.org ") == "added");
    CHECK(add("ashá@example.org") == "added");
    CHECK(add("ASHÁ@example.org") == "added");
    CHECK(add("strasse@example.org") == "added");
    CHECK(add("straße@example.org") == "added");
    CHECK(add("_@example.org") == "added");
    const auto found = site.storage->find_users("ASHA@EXAMPLE.ORG", {});
    REQUIRE(found->size() == 1);
    CHECK((*found)[0].email == "Asha@Example.org");
    CHECK((*found)[0].name == "Name ");
    CHECK(site.storage->find_users("asha@example.org", "workSHOP")->size() == 1);
    CHECK(site.storage->find_users("asha@example.org", site.workspace.id)->size() == 1);
    for (const char* none : {" ", "workshop ", "Wörkshop", "%", "'"})
        CHECK(site.storage->find_users("asha@example.org", none)->empty());
    std::vector<std::string> order;
    const auto users = site.storage->users(site.workspace.key);
    REQUIRE(users);
    for (const User& user : *users) order.push_back(user.email.substr(0, 4));
    CHECK((order == std::vector<std::string>{"_@ex", "Asha", "asha", "ASH\xc3", "ash\xc3", "stra", "stra"}));

    const auto name = [&](const std::string& text) {
        const auto added = site.storage->add_workspace(site.new_id(), text, kStart);
        return added ? std::string("added") : added.error().code;
    };
    CHECK(name("WORKshop") == "NAME_TAKEN");
    CHECK(name("Workshop ") == "added");
    CHECK(name("wörkshop") == "added");
    CHECK(name("WÖRKSHOP") == "added");
    CHECK(name("wÖrkshop") == "NAME_TAKEN");
}

TEST_CASE("conformance: NUL is refused, replaced or escaped before it gets here") {
    Site site;
    const std::string nul(1, '\0');
    site.add_user("asha@example.org", Role::manager);
    CHECK(site.login("asha@example.org", kPassword, "d", "Work" + nul + "shop").status == 401);
    CHECK(site.login("asha@example.org" + nul, kPassword, "d").status == 401);
    CHECK(site.login("asha@example.org", kPassword, "d" + nul).status == 400);
    const json named{{"email", "asha@example.org"},
                     {"password", kPassword},
                     {"device", {{"id", "d"}, {"name", "Lap" + nul + "top"}}}};
    CHECK(site.ask("POST", "/api/auth/login", named.dump()).status == 200);
    CHECK((*site.storage->devices(site.workspace.key))[0].name == "d");
    Laptop asha(site, "asha@example.org");
    const json refused = asha.push_one(asha.create("Lead", asha.new_id(), {{"name", "A" + nul + "sha"}}));
    CHECK(refused["status"] == "rejected");
    const std::string lead = asha.add_lead("Asha", {{"unknown" + nul, "x" + nul + "😀"}});
    Laptop fresh(site, "asha@example.org");
    CHECK(only_row(fresh.pull_all()).fields["unknown" + nul] == "x" + nul + "😀");
}

TEST_CASE("conformance: texts through the whole server, from one laptop to another") {
    Site site;
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org"), fresh(site, "asha@example.org");
    std::map<std::string, std::string> names;
    for (const char* name : {"😀 𠜎", "O'Brien \\ \"x\"", "Straße", "$1 {x}", "100 %", "नमस्ते"}) {
        names[asha.add_lead(name, {{"notes", std::string("a  \n ") + name}})] = name;
    }
    for (const Row& row : rows(fresh.pull_all())) {
        CHECK(row.fields["name"] == names[row.id]);
        names.erase(row.id);
    }
    CHECK(names.empty());
}

TEST_CASE("conformance: no number is missed while transactions overlap") {
    const ct::test::Database database;
    Site site(database.url()), beside(database.url());  // two servers
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org"), watcher(site, "asha@example.org");
    (void)watcher.pull_all();

    // The first takes a number and sleeps; the second wants one meanwhile; pulls run all along.
    auto first = site.storage->begin_write(site.workspace.key);
    REQUIRE(first);
    StoredRecord slow = stored_lead(site, (*first)->version() + 1, "slow");
    slow.server.origins["name"] = {slow.feed, "0192f3c4a5b6-0001-device"};
    const StoredRecord* pointer = &slow;
    REQUIRE((*first)->save({&pointer, 1}));
    const json body = asha.push_body({asha.create("Lead", asha.new_id(), {{"name", "quick"}})}, 0);
    std::atomic<bool> done{false};
    std::atomic<int> status{0};
    std::thread second([&] {
        status = beside.ask("POST", "/api/sync/push", body.dump(), asha.token).status;
        done = true;
    });
    std::vector<std::int64_t> versions;
    const auto pull = [&] {
        for (const Row& row : rows(watcher.pull())) versions.push_back(row.fields["version"]);
    };

    for (int i = 0; i < 10; ++i) {
        pull();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        CHECK_FALSE(done);  // it waits for the first
    }
    CHECK(versions.empty());
    REQUIRE((*first)->commit(slow.feed, "none", 0, kStart));
    first->reset();
    second.join();
    CHECK(status == 200);
    pull();
    CHECK((versions == std::vector<std::int64_t>{slow.feed, slow.feed + 1}));
}

}  // namespace
}  // namespace ct::server::test
