#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "base/file.h"

namespace ct {
namespace {

/// A directory that is gone again afterwards.
class Scratch {
  public:
    Scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "ct-file-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] std::size_t entries() const {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path_)) ++count;
        return count;
    }

  private:
    std::string path_;
};

mode_t mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

/// Sets an environment variable for as long as it lives.
class Environment {
  public:
    Environment(const char* name, const char* value) : name_(name) {
        if (const char* const old = std::getenv(name)) old_ = old;
        value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }

  private:
    const char* name_;
    std::optional<std::string> old_;
};

TEST_CASE("files: what is written is read, over what was there, with nothing left beside it") {
    const Scratch scratch;
    const std::string path = scratch / "a";
    const std::string bytes("one\0two\xff", 8);
    REQUIRE(write_file_atomically(path, bytes).has_value());
    CHECK(read_file(path).value() == bytes);
    CHECK(mode_of(path) == 0600);

    const std::string large(300'000, 'x');
    REQUIRE(write_file_atomically(path, large, 0644).has_value());
    CHECK(read_file(path).value() == large);
    CHECK(mode_of(path) == 0644);
    REQUIRE(write_file_atomically(path, "").has_value());
    CHECK(read_file(path).value().empty());
    CHECK(scratch.entries() == 1);
}

TEST_CASE("files: failures are errors and change nothing") {
    const Scratch scratch;
    const Result<std::string> missing = read_file(scratch / "missing");
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().kind == ErrorKind::not_found);
    CHECK(missing.error().code == "FILE_NOT_FOUND");

    const Result<std::string> directory = read_file(scratch / ".");
    REQUIRE_FALSE(directory.has_value());
    CHECK(directory.error().code == "CANNOT_READ");

    const Result<void> nowhere = write_file_atomically(scratch / "no/such/directory", "x");
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error().code == "CANNOT_WRITE");
    CHECK(nowhere.error().kind == ErrorKind::disk);

    // The rename fails last of all, with the temporary file already written: it must not stay.
    REQUIRE(make_directories(scratch / "d/e").has_value());
    CHECK_FALSE(write_file_atomically(scratch / "d", "x").has_value());
    CHECK(scratch.entries() == 1);
}

TEST_CASE("directories: made with their parents, once, private") {
    const Scratch scratch;
    REQUIRE(make_directories(scratch / "a/b/c").has_value());
    CHECK(mode_of(scratch / "a") == 0700);
    CHECK(mode_of(scratch / "a/b/c") == 0700);
    CHECK(make_directories(scratch / "a/b/c").has_value());
    CHECK(make_directories(scratch / "a/b/c/").has_value());
    CHECK(make_directories("/").has_value());
    CHECK(path_exists(scratch / "a/b"));
    CHECK_FALSE(path_exists(scratch / "a/x"));

    REQUIRE(write_file_atomically(scratch / "file", "x").has_value());
    const Result<void> in_a_file = make_directories(scratch / "file/x");
    REQUIRE_FALSE(in_a_file.has_value());
    CHECK(in_a_file.error().code == "CANNOT_WRITE");
    CHECK_FALSE(make_directories(scratch / "file").has_value());
    CHECK_FALSE(make_directories("").has_value());
}

TEST_CASE("the lock: one holder, who is named, and free again afterwards") {
    const Scratch scratch;
    const std::string path = scratch / "lock";
    {
        Result<FileLock> first = FileLock::acquire(path);
        REQUIRE(first.has_value());
        const Result<FileLock> second = FileLock::acquire(path);
        REQUIRE_FALSE(second.has_value());
        CHECK(second.error().kind == ErrorKind::busy);
        CHECK(second.error().code == "PROFILE_IN_USE");
        CHECK(second.error().message.find("process " + std::to_string(::getpid())) != std::string::npos);

        FileLock moved = std::move(*first);
        CHECK_FALSE(FileLock::acquire(path).has_value());
        FileLock assigned = FileLock::acquire(scratch / "other").value();
        assigned = std::move(moved);
        CHECK_FALSE(FileLock::acquire(path).has_value());
        CHECK(FileLock::acquire(scratch / "other").has_value());
    }
    CHECK(FileLock::acquire(path).has_value());
    CHECK(FileLock::acquire(path).has_value());
}

TEST_CASE("the lock: a killed holder leaves it free, and leaves its own name behind only in the file") {
    const Scratch scratch;
    const std::string path = scratch / "lock";
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const Result<FileLock> lock = FileLock::acquire(path);
        const char byte = lock ? '+' : '-';
        (void)!::write(ready[1], &byte, 1);
        for (;;) ::pause();
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    CHECK(byte == '+');
    const Result<FileLock> taken = FileLock::acquire(path);
    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().message.find("process " + std::to_string(child)) != std::string::npos);

    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    CHECK(FileLock::acquire(path).has_value());
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("XDG directories") {
    const Environment home("HOME", "/home/asha");
    {
        const Environment config("XDG_CONFIG_HOME", nullptr), data("XDG_DATA_HOME", nullptr);
        CHECK(config_home().value() == "/home/asha/.config");
        CHECK(data_home().value() == "/home/asha/.local/share");
    }
    {
        const Environment config("XDG_CONFIG_HOME", "/c/"), data("XDG_DATA_HOME", "/d");
        CHECK(config_home().value() == "/c");
        CHECK(data_home().value() == "/d");
    }
    {
        const Environment config("XDG_CONFIG_HOME", "relative"), data("XDG_DATA_HOME", "");
        CHECK(config_home().value() == "/home/asha/.config");
        CHECK(data_home().value() == "/home/asha/.local/share");
    }
}

}  // namespace
}  // namespace ct
