// Files in parts, on a real file system.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/file.h"
#include "base/part_file.h"

namespace {

using namespace ct;

struct TempDir {
    TempDir() {
        char name[] = "/tmp/ct-part-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~TempDir() { std::filesystem::remove_all(path); }
    std::string operator/(const std::string& name) const { return path + "/" + name; }
    std::string path;
};

/// Whether `get` gets what `hold` holds, and not before that is let go.
template <class Hold, class Get>
bool waits_for(std::optional<Hold>& hold, Get get) {
    std::atomic<bool> let_go{false}, good{false};
    std::thread waiting([&] {
        const bool got = get();
        good = got && let_go;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // for one that would not wait
    let_go = true;
    hold.reset();
    waiting.join();
    return good;
}

TEST_CASE("part_file: parts go where they belong, and the file ends behind the last one") {
    const TempDir dir;
    const std::string file = dir / "f";
    CHECK(file_size(file).error().kind == ErrorKind::not_found);
    CHECK(PartFile::open_existing(file).error().kind == ErrorKind::not_found);
    REQUIRE(write_part(file, 0, "hello world"));
    REQUIRE(write_part(file, 6, "there"));
    CHECK(read_file(file).value() == "hello there");
    REQUIRE(write_part(file, 5, ""));
    CHECK(read_file(file).value() == "hello");
    CHECK(file_size(file).value() == 5);
    CHECK(read_part(file, 1, 3).value() == "ell");
    CHECK(read_part(file, 4, 9).value() == "o");
    CHECK(read_part(file, 99, 9).value().empty());
    CHECK(file_size(dir.path).error().code == "CANNOT_READ");
}

TEST_CASE("part_file: a copy has the size and the hash of what was copied, or is not there") {
    const TempDir dir;
    const std::string bytes(700'001, 'x');
    REQUIRE(write_part(dir / "a", 0, bytes));
    const auto copied = copy_file(dir / "a", dir / "b", 700'001);
    REQUIRE(copied);
    CHECK(copied->size == 700'001);
    CHECK(copied->hash == sha256(bytes));
    CHECK(examine_file(dir / "b")->hash == sha256(bytes));
    CHECK(copy_file(dir / "a", dir / "c", 700'000).error().code == "FILE_TOO_LARGE");
    CHECK_FALSE(path_exists(dir / "c"));
    CHECK(copy_file(dir / "missing", dir / "c", 1).error().code == "FILE_NOT_FOUND");
    CHECK(copy_file(dir.path, dir / "c", 1).error().code == "CANNOT_READ");
    CHECK_FALSE(path_exists(dir / "c"));
    REQUIRE(move_file(dir / "b", dir / "a"));
    REQUIRE(remove_file(dir / "a"));
    REQUIRE(remove_file(dir / "a"));
    CHECK_FALSE(path_exists(dir / "a"));
    CHECK(move_file(dir / "b", dir / "a").error().code == "CANNOT_WRITE");
}

TEST_CASE("part_file: a part has the hash of its bytes, or there are too few") {
    const TempDir dir;
    const std::string bytes = std::string(300'000, 'x') + std::string(300'000, 'y');
    REQUIRE(write_part(dir / "a", 0, bytes));
    CHECK(examine_part(dir / "a", 0, 600'000) == sha256(bytes));
    CHECK(examine_part(dir / "a", 10, 299'991) == sha256(bytes.substr(10, 299'991)));
    CHECK(examine_part(dir / "a", 7, 0) == sha256(""));
    CHECK(examine_part(dir / "a", 10, 599'991).error().code == "CANNOT_READ");
    CHECK(examine_part(dir / "b", 0, 1).error().code == "FILE_NOT_FOUND");
}

TEST_CASE("part_file: one is held once at a time, whatever its name is by then") {
    const TempDir dir;
    const auto one = PartFile::open(dir / "a"), other = PartFile::open(dir / "a"), third = PartFile::open(dir / "c");
    REQUIRE((one && other && third));
    auto hold = std::optional(one->hold());
    REQUIRE(*hold);
    CHECK(third->hold());  // another file
    REQUIRE(move_file(dir / "a", dir / "b"));
    CHECK(waits_for(hold, [&] { return other->hold().has_value(); }));
}

TEST_CASE("part_file: a folder is held once at a time") {
    const TempDir dir;
    auto hold = std::optional(FolderHold::wait_for(dir.path));
    REQUIRE(*hold);
    CHECK(PartFile::open(dir / "a")->hold());  // its files are another matter
    CHECK(waits_for(hold, [&] { return FolderHold::wait_for(dir.path).has_value(); }));
    CHECK(FolderHold::wait_for(dir / "none").error().code == "FILE_NOT_FOUND");
}

TEST_CASE("digest: SHA-1, base64 both ways") {
    CHECK(to_hex(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    for (const std::string text : {"", "a", "ab", "abc", "abcd"}) CHECK(from_base64(to_base64(text)) == text);
    for (const char* wrong : {"a", "YQ", "YQ=", "YQ==x", "Y Q==", "YR=="}) {
        CAPTURE(wrong);
        CHECK_FALSE(from_base64(wrong).has_value());
    }
}

}  // namespace
