// Every error code of the source is in the message catalogue, with a title, what it means, and what to do.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "client/messages.h"

namespace ct::client {
namespace {

/// What stands where a code is given to an error, a refusal or a verdict.
std::set<std::string> codes_in(const std::string& source) {
    // Tried only before what may be a code: over whole files it took minutes under the sanitizers.
    static const std::regex kPlace(
        R"re((?:ErrorKind::\w+|refuse\(\{?\s*\w+|Refusal\{\s*\w+|reject\w*\(|verdict\w*\()\s*,?\s*$)re");
    constexpr std::size_t kPlaceLength = 100;
    std::set<std::string> codes;
    for (std::size_t at = source.find('"'); at != std::string::npos; at = source.find('"', at + 1)) {
        const std::size_t end = source.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", at + 1);
        if (end == std::string::npos || source[end] != '"' || end < at + 3 || source[at + 1] < 'A') continue;
        const std::size_t from = at - std::min(at, kPlaceLength);
        if (std::regex_search(source.substr(from, at - from), kPlace))
            codes.insert(source.substr(at + 1, end - at - 1));
    }
    return codes;
}

std::set<std::string> all_codes() {
    std::set<std::string> codes;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(CT_SOURCE_DIR)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".cpp" && extension != ".h") continue;
        std::ifstream file(entry.path());
        const std::string source{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
        codes.merge(codes_in(source));
    }
    return codes;
}

}  // namespace

TEST_CASE("messages: the places where codes are given are found") {
    CHECK(codes_in(R"(return fail(ErrorKind::disk, "DISK_FULL", "x");)") == std::set<std::string>{"DISK_FULL"});
    CHECK(codes_in("Error{ErrorKind::invalid,\n      \"BAD_ID\"") == std::set<std::string>{"BAD_ID"});
    CHECK(codes_in(R"(refuse(404, "NO_FILE", "x"); refuse({431, "HEAD_TOO_LARGE"}))") ==
          std::set<std::string>{"NO_FILE", "HEAD_TOO_LARGE"});
    CHECK(codes_in(R"(text == "PENDING")").empty());
    CHECK(all_codes().size() > 100);
}

TEST_CASE("messages: every code has a title, a detail and an action") {
    for (const std::string& code : all_codes()) {
        CAPTURE(code);
        const Message& message = message_of(code);
        CHECK(message.code == code);
        CHECK_FALSE(message.title.empty());
        CHECK_FALSE(message.detail.empty());
        CHECK_FALSE(message.action.empty());
        CHECK(message.title.back() != '.');
    }
}

TEST_CASE("messages: those of the engine too, and a general one for what a newer server says") {
    for (const char* code :
         {"OFFLINE", "SERVER_AWAY", "LOGIN_PAGE", "UNAUTHENTICATED", "UPGRADE_REQUIRED", "SERVER_BUSY",
          "LOCAL_DATABASE", "PROTOCOL", "HELD_BACK", "OFFLINE_CHOSEN", "CONFLICT", "MISSING_PARENT", "MASS_DELETE"}) {
        CAPTURE(code);
        CHECK(message_of(code).code == code);
    }
    CHECK(message_of("INVENTED_TOMORROW").code.empty());
    CHECK_FALSE(message_of("INVENTED_TOMORROW").action.empty());
    for (const Message& message : messages()) CHECK_FALSE(message.action.empty());
}

}  // namespace ct::client
