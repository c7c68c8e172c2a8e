// Where a profile lives.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "client/config.h"

namespace ct::client {

TEST_CASE("profile: a relative directory is one from the root on, and an absolute one stays as it was given") {
    namespace fs = std::filesystem;
    std::string made = (fs::temp_directory_path() / "ct-config-XXXXXX").string();
    REQUIRE(::mkdtemp(made.data()) != nullptr);
    const fs::path root = fs::canonical(made), before = fs::current_path();
    fs::current_path(root);
    for (const char* given : {"profile", "./profile", "other/../profile"}) {
        CAPTURE(given);
        const auto profile = Profile::locate(given, {});
        REQUIRE(profile.has_value());
        CHECK(profile->data_dir == root / "profile");
        CHECK(profile->config_dir == root / "profile");
    }
    const fs::path whole = root / "." / "another";
    CHECK(Profile::locate(whole, {})->data_dir == whole);
    fs::current_path(before);
    fs::remove_all(root);
}

}  // namespace ct::client
