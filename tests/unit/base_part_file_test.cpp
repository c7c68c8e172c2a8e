// Files in parts, on a real file system.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>

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

TEST_CASE("digest: SHA-1, base64 both ways") {
    CHECK(to_hex(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    for (const std::string text : {"", "a", "ab", "abc", "abcd"}) CHECK(from_base64(to_base64(text)) == text);
    for (const char* wrong : {"a", "YQ", "YQ=", "YQ==x", "Y Q==", "YR=="}) {
        CAPTURE(wrong);
        CHECK_FALSE(from_base64(wrong).has_value());
    }
}

}  // namespace
