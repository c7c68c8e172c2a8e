// Databases in files: restarts, several programs at once, files that are not ours, and many threads.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <thread>

#include "server/accounts.h"
#include "server/kit.h"

namespace ct::server::test {
namespace {

namespace fs = std::filesystem;

/// A directory of the test's own, gone with it.
struct Directory {
    Directory() {
        std::string pattern = (fs::temp_directory_path() / "colortouch-server-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~Directory() {
        std::error_code ignored;
        fs::permissions(path, fs::perms::owner_all, ignored);
        fs::remove_all(path, ignored);
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] std::string file(const char* name = "server.db") const { return (path / name).string(); }
    [[nodiscard]] std::string url() const { return "file:" + file(); }
    fs::path path;
};

std::string contents(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("storage: a restarted server has everything it answered for") {
    const ct::test::Database database;
    std::string epoch, token, device, id;
    json cursor, body;
    std::string first;
    {
        Site site(database.url());
        site.add_user("asha@example.org", Role::manager);
        Laptop asha(site, "asha@example.org");
        id = asha.add_lead("Asha");
        (void)asha.pull_all();
        body = asha.push_body({asha.update("Lead", id, 1, {{"city", "Pune"}}),
                               asha.create("Note", asha.new_id(), {{"leadId", id}, {"text", "नमस्ते"}})},
                              1);
        first = asha.post("/api/sync/push", body).body;
        epoch = asha.epoch;
        token = asha.token;
        device = asha.device;
        cursor = asha.cursor;
    }
    Site site(database.url());
    CHECK(site.storage->epoch() == epoch);
    CHECK(site.workspace.name == "Workshop");
    const auto again = site.ask("POST", "/api/sync/push", body.dump(), token);
    CHECK(again.status == 200);
    CHECK(again.body == first);
    site.add_user("ravi@example.org", Role::manager);
    Laptop ravi(site, "ravi@example.org");
    CHECK(rows(ravi.pull_all()).size() == 2);
    const json pull{{"protocol", 1}, {"deviceId", device}, {"epoch", epoch}, {"cursor", cursor}};
    CHECK(rows(parsed(site.ask("POST", "/api/sync/pull", pull.dump(), token))).empty());
}

TEST_CASE("storage: two programs on one database see each other's writes") {
    const ct::test::Database database;
    Site site(database.url());
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org");
    Site beside(database.url());  // `user add` and a second server
    beside.add_user("ravi@example.org", Role::manager);
    Laptop ravi(site, "ravi@example.org");
    (void)asha.add_lead("Here");
    const auto answer =
        beside.ask("POST", "/api/sync/push",
                   ravi.push_body({ravi.create("Lead", ravi.new_id(), {{"name", "There"}})}, 0).dump(), ravi.token);
    CHECK(parsed(answer)["version"] == 2);
    CHECK(rows(asha.pull_all()).size() == 2);
}

TEST_CASE("storage: a file of another program stays as it is") {
    const Directory directory;
    const auto refused = [&](const std::string& code) {
        const std::string before = contents(directory.file());
        const auto opened = open_storage(directory.url(), system_random());
        REQUIRE_FALSE(opened);
        CHECK_MESSAGE(opened.error().code == code, opened.error().message);
        CHECK(opened.error().message.find(directory.file()) != std::string::npos);
        CHECK(opened.error().message.find('\n') == std::string::npos);
        CHECK((contents(directory.file()) == before));
    };
    std::ofstream(directory.file(), std::ios::binary) << std::string(10'000, 'x');
    refused("NOT_A_DATABASE");
    fs::remove(directory.file());
    { REQUIRE(open_storage(directory.url(), system_random())); }
    // The application's and the schema's numbers stand at bytes 68 and 60 of the file (sqlite.org/fileformat.html).
    const auto poke = [&](std::streamoff at, const std::string& bytes) {
        std::fstream file(directory.file(), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(at).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    };
    const std::string own = contents(directory.file()).substr(60, 4);
    poke(60, std::string("\0\0\0\x63", 4));
    refused("NEWER_DATABASE");
    poke(60, own);
    CHECK(open_storage(directory.url(), system_random()));
    poke(68, "othr");
    refused("NOT_OURS");
}

TEST_CASE("storage: what cannot be opened or written is one line with the path") {
    const Directory directory;
    for (const std::string& url :
         {"file:" + directory.file("no/such/directory.db"), "file:" + directory.path.string()}) {
        const auto opened = open_storage(url, system_random());
        REQUIRE_FALSE(opened);
        CHECK(opened.error().kind == ErrorKind::disk);
        CHECK(opened.error().message.find(url.substr(5)) != std::string::npos);
    }
    for (const char* url : {"http://h/d", "file:", ""}) {
        const auto opened = open_storage(url, system_random());
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == "UNSUPPORTED_DATABASE");
    }
    const auto refused = open_storage(directory.url(), system_random(), IfMissing::refuse);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "NO_DATABASE");
    CHECK_FALSE(fs::exists(directory.file()));
    if (::geteuid() == 0) return;  // root writes everywhere
    REQUIRE(::chmod(directory.path.c_str(), 0500) == 0);
    const auto opened = open_storage(directory.url(), system_random());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find(directory.file()) != std::string::npos);
}

TEST_CASE("accounts: names and addresses are checked and unique") {
    Site site;
    CHECK(create_workspace(*site.storage, site.clock, site.random, " workSHOP ").error().code == "NAME_TAKEN");
    CHECK(create_workspace(*site.storage, site.clock, site.random, "  ").error().code == "INVALID_NAME");
    CHECK(create_workspace(*site.storage, site.clock, site.random, "a\nb").error().code == "INVALID_NAME");
    CHECK(find_workspace(*site.storage, "WORKSHOP"));
    CHECK(find_workspace(*site.storage, "x").error().code == "NO_WORKSPACE");
    Passwords passwords(kCheap);
    const auto add = [&](const char* email, const char* name, const char* password) {
        const auto made = create_user(*site.storage, site.clock, site.random, passwords, site.workspace,
                                      {email, name, password, Role::manager});
        return made ? std::string() : made.error().code;
    };
    CHECK(add("asha@example.org", "Asha", kPassword).empty());
    CHECK(add("ASHA@example.org", "Asha", kPassword) == "EMAIL_TAKEN");
    CHECK(add("no address", "Asha", kPassword) == "INVALID_EMAIL");
    CHECK(add("b@example.org", "", kPassword) == "INVALID_NAME");
    CHECK(add("b@example.org", "B", "short") == "WEAK_PASSWORD");
    CHECK(find_user(*site.storage, site.workspace, " Asha@Example.ORG ")->name == "Asha");
    CHECK(find_user(*site.storage, site.workspace, "b@example.org").error().code == "NO_USER");
}

/// Pushes creates and updates of its own and of shared records; some batches are sent twice, as after a lost answer.
void write_at_random(Laptop& laptop, const std::vector<std::string>& shared, std::uint64_t seed, int rounds) {
    SeededRandom random(seed);
    for (int round = 0; round < rounds; ++round) {
        std::vector<json> batch;
        for (std::uint64_t i = 0; i <= random.below(6); ++i) {
            const std::string lead = random.below(3) == 0 ? laptop.new_id() : shared[random.below(shared.size())];
            const json city{{"city", "C" + std::to_string(random.below(1'000))}};
            if (random.below(8) == 0)
                batch.push_back(laptop.remove("Lead", lead, 1));
            else if (random.below(2) == 0)
                batch.push_back(laptop.update("Lead", lead, 1, city));
            else
                batch.push_back(laptop.create("Lead", lead, {{"name", "N" + std::to_string(random.below(1'000))}}));
        }
        const json body = laptop.push_body(batch, laptop.sequence);
        const auto first = laptop.post("/api/sync/push", body);
        if (first.status != 200) throw std::runtime_error(first.body);
        if (random.below(4) == 0) {
            const auto again = laptop.post("/api/sync/push", body);
            if (parsed(again)["results"] != parsed(first)["results"]) throw std::runtime_error("not exactly once");
        }
        laptop.sequence += static_cast<std::int64_t>(batch.size());
    }
}

/// A mirror kept by pulls; versions of the cursor's feed must never run backwards for a record.
struct Mirror {
    void apply(const json& page) {
        for (const Row& row : rows(page)) {
            json& record = records[row.id];
            if (record.contains("version") && record["version"] > row.fields["version"])
                throw std::runtime_error("went back");
            if (row.fields.contains("gone"))
                record = {{"version", row.fields["version"]}, {"gone", true}};
            else if (row.fields.contains("createdAt"))
                record = row.fields;
            else
                record.update(row.fields);
        }
    }
    [[nodiscard]] std::map<std::string, json> living() const {
        std::map<std::string, json> all;
        for (const auto& [id, record] : records)
            if (!record.contains("gone")) all[id] = record;
        return all;
    }
    std::map<std::string, json> records;
};

void hammer(const std::string& url, int rounds) {
    constexpr int kWriters = 4;
    Site site(url);
    site.add_user("asha@example.org", Role::manager);
    site.add_user("watcher@example.org", Role::manager);
    std::vector<std::string> shared;
    std::deque<Laptop> writers;
    for (int i = 0; i < kWriters; ++i) writers.emplace_back(site, "asha@example.org");
    for (int i = 0; i < 10; ++i) shared.push_back(writers[0].add_lead("Shared"));
    Laptop watcher(site, "watcher@example.org");
    Mirror mirror;
    std::atomic<bool> over{false};
    std::atomic<int> failures{0};
    const auto guarded = [&](const auto& work) {
        try {
            work();
        } catch (const std::exception& error) {
            ++failures;
            MESSAGE(std::string(error.what()));
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < kWriters; ++i) {
        threads.emplace_back([&, i] {
            guarded([&] {
                write_at_random(writers[static_cast<std::size_t>(i)], shared, 50 + static_cast<std::uint64_t>(i),
                                rounds);
            });
        });
    }
    std::thread watching([&] {
        guarded([&] {
            while (!over) mirror.apply(watcher.pull({{"limit", 13}, {"wait", 1}}));
            mirror.apply(watcher.pull_all());
        });
    });
    for (auto& thread : threads) thread.join();
    over = true;
    watching.join();
    CHECK(failures == 0);

    Laptop fresh(site, "watcher@example.org");
    Mirror truth;
    truth.apply(fresh.pull_all());
    CHECK((mirror.living() == truth.living()));
    std::map<std::int64_t, std::string> versions;
    for (const auto& [id, record] : truth.records) CHECK(versions.emplace(record["version"], id).second);
}

TEST_CASE("concurrency: many threads push and one pulls along, in memory") { hammer("file::memory:", 60); }

TEST_CASE("concurrency: many threads push and one pulls along, in a file or on a server") {
    const ct::test::Database database;
    hammer(database.url(), 60);
}

}  // namespace
}  // namespace ct::server::test
