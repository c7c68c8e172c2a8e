// Backup and restore of the SQLite file.
#include "server/storage/backup.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "server/kit.h"

namespace ct::server::test {
namespace {

namespace fs = std::filesystem;

struct Folder {
    Folder() {
        SeededRandom random(static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()));
        Uuid name;
        random.fill(name.bytes);
        path = fs::temp_directory_path() / ("ct-backup-" + name.str());
        fs::create_directories(path);
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    [[nodiscard]] std::string operator/(const std::string& name) const { return (path / name).string(); }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& entry : fs::directory_iterator(path)) all.push_back(entry.path().filename().string());
        std::sort(all.begin(), all.end());
        return all;
    }
    fs::path path;
};

template <class T>
std::string code_of(const Result<T>& result) {
    return result ? "" : result.error().code;
}

TEST_CASE("backup: one moment of a database in use; restored, it has a new epoch, and what stood there is kept") {
    const Folder folder;
    const std::string database = folder / "book.db", backup = folder / "book.backup";
    std::string epoch, device;
    std::int64_t sequence = 0;
    {
        Site site("file:" + database);
        site.add_user("asha@example.org", Role::admin);
        Laptop asha(site, "asha@example.org");
        for (int i = 0; i < 50; ++i) (void)asha.add_lead("Before " + std::to_string(i));
        const auto copied = back_up("file:" + database, backup);
        REQUIRE_MESSAGE(copied, (copied ? "" : copied.error().message));
        CHECK(copied->rows > 100);  // leads, log, users, devices
        CHECK(copied->tables > 5);
        (void)asha.add_lead("After");
        CHECK(code_of(back_up("file:" + database, backup)) == "FILE_EXISTS");
        const auto refused = restore("file:" + database, backup, site.clock, site.random);
        CHECK(code_of(refused) == "DATABASE_IN_USE");
        (void)asha.add_lead("Still works");
        epoch = asha.epoch;
        device = asha.device;
        sequence = asha.sequence;
    }
    CHECK(folder.names() == std::vector<std::string>{"book.backup", "book.db"});
    HandClock clock;
    SeededRandom random(7);
    const auto restored = restore("file:" + database, backup, clock, random);
    REQUIRE_MESSAGE(restored, (restored ? "" : restored.error().message));
    CHECK(restored->epoch != epoch);
    CHECK(folder.names().size() == 3);
    {
        Site site("file:" + database);
        CHECK(site.storage->epoch() == restored->epoch);
        Laptop asha(site, "asha@example.org");
        CHECK(rows(asha.pull_all()).size() == 50);
        asha.device = device;
        asha.epoch = epoch;
        check_problem(asha.post("/api/sync/push", asha.push_body({}, sequence)), 409, "EPOCH_CHANGED");
    }
    Site before("file:" + restored->set_aside);
    CHECK(before.storage->epoch() == epoch);
    Laptop asha(before, "asha@example.org");
    CHECK(rows(asha.pull_all()).size() == 52);
}

TEST_CASE("restore: where there is no database yet, and over one that is beyond reading") {
    const Folder folder;
    const std::string backup = folder / "b", fresh = folder / "fresh.db", broken = folder / "broken.db";
    {
        Site site("file:" + (folder / "a.db"));
        site.add_user("asha@example.org", Role::admin);
        REQUIRE(back_up(folder / "a.db", backup));
    }
    HandClock clock;
    SeededRandom random(7);
    const auto restored = restore(fresh, backup, clock, random);
    REQUIRE(restored);
    CHECK(restored->set_aside.empty());
    std::ofstream(broken) << std::string(20'000, 'x');
    const auto over = restore(broken, backup, clock, random);
    REQUIRE_MESSAGE(over, (over ? "" : over.error().message));
    CHECK(fs::file_size(over->set_aside) == 20'000);
    Site site("file:" + broken);
    CHECK(site.login("asha@example.org", kPassword, "d").status == 200);
}

TEST_CASE("restore: what is no whole backup of ours is refused, and the database stays as it is") {
    const Folder folder;
    const std::string database = folder / "book.db", backup = folder / "b";
    std::string epoch;
    {
        Site site("file:" + database);
        site.add_user("asha@example.org", Role::admin);
        Laptop asha(site, "asha@example.org");
        for (int i = 0; i < 200; ++i) (void)asha.add_lead("Lead " + std::to_string(i));
        REQUIRE(back_up(database, backup));
        epoch = asha.epoch;
    }
    const auto size = fs::file_size(backup);
    fs::copy_file(backup, folder / "cut");
    fs::resize_file(folder / "cut", size / 2);
    fs::copy_file(backup, folder / "scribbled");
    {
        std::fstream file(folder / "scribbled", std::ios::in | std::ios::out | std::ios::binary);
        for (auto at = static_cast<std::streamoff>(16'384); at + 64 < static_cast<std::streamoff>(size); at += 8'192) {
            file.seekp(at);
            file << std::string(64, '\xa5');
        }
    }
    std::ofstream(folder / "empty").flush();
    std::ofstream(folder / "text") << std::string(10'000, 't');
    HandClock clock;
    SeededRandom random(7);
    for (const char* name : {"cut", "scribbled", "empty", "text", "nothing"}) {
        CAPTURE(name);
        const auto refused = restore(database, folder / name, clock, random);
        CHECK_FALSE(refused);
        CHECK(fs::exists(database));
        CHECK_FALSE(fs::exists(database + ".restoring"));
    }
    CHECK(code_of(back_up("postgresql://localhost/x", folder / "y")) == "UNSUPPORTED_DATABASE");
    CHECK(code_of(back_up(folder / "nowhere", folder / "y")) == "NO_DATABASE");
    CHECK(code_of(back_up(folder / "text", folder / "y")) != "");
    CHECK_FALSE(fs::exists(folder / "y"));
    Site site("file:" + database);
    CHECK(site.storage->epoch() == epoch);
    Laptop asha(site, "asha@example.org");
    CHECK(rows(asha.pull_all()).size() == 200);
}

}  // namespace
}  // namespace ct::server::test
