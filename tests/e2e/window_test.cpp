// The desktop program itself, on the display that tools/test provides: pictures, and one line for every refusal.
#include <doctest/doctest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "server.h"

using namespace e2e;

namespace {

constexpr std::chrono::seconds kWithin{60};

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool has_display() {
    const bool there = std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr;
    if (!there) MESSAGE("no display: use tools/test");
    return there;
}

Ran colortouch(Arguments arguments) {
    arguments.insert(arguments.begin(), program("colortouch"));
    return run(arguments, {}, kWithin);
}

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes.at(at + i));
    return number;
}

void check_picture(const std::string& png, std::uint32_t width, std::uint32_t height) {
    REQUIRE(png.size() > 5'000);  // an empty one would be smaller
    CHECK(png.starts_with("\x89PNG\r\n\x1a\n"));
    CHECK(png.substr(12, 4) == "IHDR");
    CHECK(big_endian(png, 16) == width);
    CHECK(big_endian(png, 20) == height);
    CHECK(png.substr(png.size() - 8, 4) == "IEND");
}

/// One line on stderr that names the program and says `says`, nothing else, and no picture.
void check_refused(const Arguments& arguments, int exit_code, const std::string& says) {
    CAPTURE(says);
    const TempDir directory;
    const std::filesystem::path picture = directory / "picture.png";
    Arguments all = arguments;
    if (std::find(all.begin(), all.end(), "--screenshot") == all.end()) {
        all.insert(all.end(), {"--screenshot", picture.string()});  // so that no message waits for a click
    }
    const Ran ran = colortouch(all);
    CAPTURE(ran.err);
    CHECK(ran.exit_code == exit_code);
    CHECK(ran.out.empty());
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK(ran.err.starts_with("colortouch: "));
    CHECK(ran.err.find(says) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(picture));
}

void execute(const std::filesystem::path& file, const char* sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
}

std::set<std::string> files_in(const std::filesystem::path& directory) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) names.insert(entry.path().filename());
    names.erase("lock");  // stays behind whoever comes
    return names;
}

}  // namespace

TEST_CASE("window: a picture has the size that was asked for and shows the records") {
    if (!has_display()) return;
    const Laptop laptop;
    (void)laptop.add({"lead", "name=Asha Rao", "phone=98765 43210"});
    const TempDir directory;
    const auto take = [&](const std::string& name, const Arguments& more) {
        const std::filesystem::path file = directory / name;
        Arguments arguments{"--profile", laptop.profile(), "--screenshot", file.string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Ran ran = colortouch(arguments);
        CAPTURE(ran.err);
        CHECK(ran.exit_code == 0);
        return bytes_of(file);
    };
    const std::string light = take("light.png", {"--size", "1000x700", "--open", "leads", "--theme", "light"});
    check_picture(light, 1'000, 700);
    check_picture(take("one.png", {"--frames", "1", "--open", "leads"}), 1'280, 800);
    const std::string dark = take("dark.png", {"--size", "1000x700", "--open", "leads", "--theme", "dark"});
    check_picture(dark, 1'000, 700);
    CHECK((dark != light));
    CHECK_FALSE(std::filesystem::exists(std::filesystem::path(laptop.profile()) / "config.json"));
    (void)laptop.add({"lead", "name=Ravi Kumar"});
    CHECK((take("more.png", {"--size", "1000x700", "--open", "leads", "--theme", "light"}) != light));
}

TEST_CASE("window: --timing says when the first frame was there, and ends") {
    if (!has_display()) return;
    const Laptop laptop;
    const Ran ran = colortouch({"--profile", laptop.profile(), "--timing"});
    CHECK(ran.exit_code == 0);
    CHECK(ran.out.starts_with("first frame after "));
    CHECK(ran.out.find("\nall records after ") != std::string::npos);
}

TEST_CASE("window: what is mistyped is said in one line") {
    const Laptop laptop;
    const Arguments profile{"--profile", laptop.profile()};
    const auto with = [&](const Arguments& more) {
        Arguments all = profile;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    check_refused(with({"--nonsense"}), 2, "--nonsense");
    check_refused(with({"extra"}), 2, "extra");
    check_refused(with({"--size", "big"}), 2, "--size: WIDTHxHEIGHT");
    check_refused(with({"--frames", "0"}), 2, "--frames");
    check_refused(with({"--theme", "pink"}), 2, "--theme");
    check_refused(with({"--new", "wish"}), 2, "--new");
    check_refused(with({"--new", "lead", "--open", "today"}), 2, "--open");
    check_refused(with({"--screenshot"}), 2, "--screenshot");
    CHECK_FALSE(std::filesystem::exists(laptop.profile()));
    if (!has_display()) return;
    check_refused(with({"--open", "kitchen"}), 2, "kitchen");
    check_refused(with({"--screenshot", laptop.profile() + "/nowhere/picture.png"}), 1, "nowhere");
}

TEST_CASE("window: a newer version's database is shown, and nothing in it changed") {
    if (!has_display()) return;
    const Laptop laptop;
    (void)laptop.add({"lead", "name=Asha"});
    const std::filesystem::path file = std::filesystem::path(laptop.profile()) / "colortouch.db";
    execute(file, "PRAGMA user_version = 9999");
    const std::string before = bytes_of(file);
    const std::filesystem::path picture = std::filesystem::path(laptop.profile()) / "picture.png";
    const Ran ran = colortouch({"--profile", laptop.profile(), "--screenshot", picture.string(), "--size", "1000x700"});
    CAPTURE(ran.err);
    CHECK(ran.exit_code == 0);
    check_picture(bytes_of(picture), 1'000, 700);
    CHECK((bytes_of(file) == before));
}

TEST_CASE("window: a profile that cannot be used is left as it is") {
    const TempDir directory;
    const std::filesystem::path file = directory / "file";
    std::ofstream(file) << "a file";
    check_refused({"--profile", (file / "profile").string()}, 6, (file / "profile").string());
    CHECK(bytes_of(file) == "a file");
    if (::geteuid() != 0) {  // root may write everywhere
        const std::filesystem::path locked = directory / "locked";
        std::filesystem::create_directory(locked);
        std::filesystem::permissions(locked, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
        check_refused({"--profile", locked.string()}, 6, locked.string());
        std::filesystem::permissions(locked, std::filesystem::perms::owner_all);
    }
    struct Row {
        const char* says;
        void (*make)(const std::filesystem::path& file);
    };
    const Row rows[] = {
        {"no database", [](const std::filesystem::path& at) { std::ofstream(at) << std::string(5'000, 'x'); }},
        {"another program", [](const std::filesystem::path& at) { execute(at, "CREATE TABLE recipe (name TEXT)"); }},
    };
    for (const Row& row : rows) {
        const Laptop laptop;
        const std::filesystem::path profile = laptop.profile();
        std::filesystem::create_directories(profile);
        row.make(profile / "colortouch.db");
        const std::string before = bytes_of(profile / "colortouch.db");
        const std::set<std::string> files = files_in(profile);
        check_refused({"--profile", profile.string()}, 6, row.says);
        check_refused({"--profile", profile.string()}, 6, (profile / "colortouch.db").string());
        CHECK((bytes_of(profile / "colortouch.db") == before));
        CHECK((files_in(profile) == files));
    }
    const Laptop laptop;
    std::filesystem::create_directories(laptop.profile());
    const std::filesystem::path config = std::filesystem::path(laptop.profile()) / "config.json";
    std::ofstream(config) << "{\n\"theme\": \"pink\"}\n";
    check_refused({"--profile", laptop.profile()}, 6, "config.json: theme must be");
    CHECK(bytes_of(config) == "{\n\"theme\": \"pink\"}\n");
}

TEST_CASE("window: a second one on the same profile says who has it") {
    const Laptop laptop;
    (void)laptop.add({"lead", "name=Asha"});
    Process first(laptop.command({"login", "--server", "http://127.0.0.1:1", "--email", kEmail}));
    const std::filesystem::path lock = std::filesystem::path(laptop.profile()) / "lock";
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (bytes_of(lock).find(std::to_string(first.pid())) == std::string::npos) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
    }
    check_refused({"--profile", laptop.profile()}, 6, std::to_string(first.pid()));
}

TEST_CASE("window: a second start knocks at the first, and needs no window of its own for that") {
    if (!has_display()) return;
    const Laptop laptop;
    (void)laptop.add({"lead", "name=Asha"});
    const Arguments at_home{"/usr/bin/env", "-u", "XDG_RUNTIME_DIR"};
    const auto started = [&](const Arguments& before, const Arguments& behind) {
        Arguments all = at_home;
        all.insert(all.end(), before.begin(), before.end());
        all.insert(all.end(), {program("colortouch"), "--profile", laptop.profile()});
        all.insert(all.end(), behind.begin(), behind.end());
        return all;
    };
    Process first(started({}, {}));
    const std::filesystem::path door = std::filesystem::path(laptop.profile()) / "window.sock";
    const auto deadline = std::chrono::steady_clock::now() + kWithin;
    while (!std::filesystem::exists(door)) REQUIRE(std::chrono::steady_clock::now() < deadline);
    for (const Arguments& where : {Arguments{"--open", "payments"}, Arguments{"--new", "lead"}}) {
        const Ran second = run(started({"-u", "DISPLAY", "-u", "WAYLAND_DISPLAY"}, where), {}, kWithin);
        CAPTURE(second.err);
        CHECK(second.exit_code == 0);
        CHECK(second.err.empty());
    }
    // The first one understood both: where it could not go, its log would say.
    CHECK(bytes_of(std::filesystem::path(laptop.profile()) / "colortouch.log").find("a second start") ==
          std::string::npos);
}

TEST_CASE("window: without a display it says so at once") {
    const Laptop laptop;
    const Arguments command{"/usr/bin/env",        "-u",        "DISPLAY",       "-u", "WAYLAND_DISPLAY",
                            program("colortouch"), "--profile", laptop.profile()};
    const Ran ran = run(command);
    CAPTURE(ran.err);
    CHECK(ran.exit_code == 1);
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK(ran.err.starts_with("colortouch: no display"));
}
