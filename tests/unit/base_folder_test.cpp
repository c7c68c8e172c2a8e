#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/folder.h"

using namespace ct;
namespace fs = std::filesystem;

namespace {

struct Place {
    Place() {
        std::string pattern = (fs::temp_directory_path() / "ct-folder-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~Place() { fs::remove_all(path); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    void write(const std::string& name, std::string_view bytes) const { std::ofstream(path + "/" + name) << bytes; }

    std::string path;
};

}  // namespace

TEST_CASE("folder: folders first, then by name whatever the case and accents, without what is hidden") {
    const Place place;
    fs::create_directory(place.path + "/zebra");
    place.write("beta.csv", "12345");
    place.write("Äpfel.csv", "");
    place.write("Zett.csv", "");
    place.write(".hidden", "");
    place.write("not \xff text", "");
    REQUIRE(::mkfifo((place.path + "/pipe").c_str(), 0600) == 0);
    fs::create_symlink(place.path + "/nowhere", place.path + "/broken");
    const auto listed = list_folder(place.path);
    REQUIRE(listed.has_value());
    std::string names;
    for (const FolderEntry& entry : *listed) names += entry.name + (entry.folder ? "/ " : " ");
    CHECK(names == "zebra/ Äpfel.csv beta.csv Zett.csv ");
    CHECK((*listed)[2].size == 5);
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(place.path + "/beta.csv");
    CHECK(age < std::chrono::minutes(1));
    CHECK((*listed)[2].changed > 1'700'000'000'000);
}

TEST_CASE("folder: what cannot be read is an error that names it") {
    const Place place;
    const auto none = list_folder(place.path + "/none");
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().code == "FILE_NOT_FOUND");
    CHECK(none.error().message.find("/none") != std::string::npos);
    place.write("file", "");
    const auto file = list_folder(place.path + "/file");
    REQUIRE_FALSE(file.has_value());
    CHECK(file.error().code == "CANNOT_READ");
}
