// colortouchctl inside one process: names, tables, and the promise of --json.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/names.h"
#include "cli/output.h"
#include "cli/run.h"

using namespace ct;
using namespace ct::cli;

namespace {

struct Said {
    ExitCode code = ExitCode::done;
    std::string out, err;
};

/// Runs on a profile that is gone afterwards, where it is made at all.
Said say(std::vector<std::string> arguments, std::size_t width = 0) {
    std::ostringstream out;
    std::ostringstream err;
    SeededRandom random(7);
    Surroundings surroundings{
        out, err,    [] { return Result<std::string>("secret"); }, [](std::int64_t) {}, width, system_clock(), random,
        {},  "1.2.3"};
    Said said;
    said.code = run(arguments, surroundings);
    said.out = out.str();
    said.err = err.str();
    return said;
}

Uuid id(const char* text) { return *Uuid::parse(text); }

}  // namespace

TEST_CASE("what a script relies on: which error ends with which code") {
    const std::pair<ErrorKind, ExitCode> rows[] = {
        {ErrorKind::invalid, ExitCode::usage},    {ErrorKind::not_found, ExitCode::usage},
        {ErrorKind::denied, ExitCode::sign_in},   {ErrorKind::offline, ExitCode::offline},
        {ErrorKind::protocol, ExitCode::offline}, {ErrorKind::busy, ExitCode::local},
        {ErrorKind::disk, ExitCode::local},       {ErrorKind::corrupt, ExitCode::local},
        {ErrorKind::newer, ExitCode::local},
    };
    for (const auto& [kind, code] : rows) CHECK(exit_code(Error{kind, "X", "x", {}}) == code);
}

TEST_CASE("a guess is offered only when it is near") {
    const std::string_view known[] = {"name", "phone", "enquiryDate", "status"};
    CHECK(did_you_mean("nmae", known) == " (did you mean \"name\"?)");
    CHECK(did_you_mean("fone", known) == " (did you mean \"phone\"?)");
    CHECK(did_you_mean("ENQUIRYDATE", known) == " (did you mean \"enquiryDate\"?)");
    CHECK(did_you_mean("enq", known) == " (did you mean \"enquiryDate\"?)");
    CHECK(did_you_mean("colour", known).empty());
    CHECK(did_you_mean("", known).empty());
    CHECK(did_you_mean(std::string(100'000, 'x'), known).empty());
}

TEST_CASE("an id by its beginning or end") {
    const Uuid ids[] = {id("01a209d4-7a75-7b4d-9a8a-30e02e257f4c"), id("01a209d4-7a75-7b4d-9a8a-30e02e257fc1")};
    const auto choose = [&](std::string_view typed) { return choose_id(ids, typed, "Lead", "NONE"); };
    CHECK(*choose("2e257fc1") == ids[1]);
    CHECK(*choose("2E257F4C") == ids[0]);
    CHECK(*choose(ids[0].str()) == ids[0]);
    CHECK(choose("01a209").error().code == "AMBIGUOUS_ID");
    CHECK(choose("57fc1").error().code == "BAD_ID");  // too short
    CHECK(choose("name=x").error().code == "BAD_ID");
    CHECK(choose("ffffff").error().code == "NONE");
    CHECK(choose("01a209d4-7a75-7b4d-9a8a-000000000000").error().code == "NONE");
}

TEST_CASE("text is as wide as a terminal draws it") {
    CHECK(display_width("Asha") == 4);
    CHECK(display_width("Áshá") == 4);
    CHECK(display_width("A\xCC\x81") == 1);  // A and a combining acute
    CHECK(display_width("東京") == 4);
    CHECK(display_width("😀") == 2);
    CHECK(cut("Asha Rao", 8) == "Asha Rao");
    CHECK(cut("Asha Rao", 5) == "Asha…");
    CHECK(cut("東京都", 4) == "東…");
    CHECK(cut("Asha", 1) == "…");
    CHECK(cut("Asha", 0).empty());
}

TEST_CASE("a table is aligned, cut to the terminal, and leaves out what nobody filled in") {
    TextTable table;
    table.add_column("Name");
    table.add_column("Nothing");
    table.add_column("Amount", TextTable::Align::right);
    table.add_row({"Áshá", "", "1,500.00"});
    table.add_row({"東京 line\nbreak", "", "2.00"});
    std::ostringstream whole;
    table.print(whole, 0);
    CHECK(whole.str() == "Name               Amount\nÁshá             1,500.00\n東京 line break      2.00\n");
    std::ostringstream narrow;
    table.print(narrow, 10);
    CHECK(narrow.str() == "Name     …\nÁshá     …\n東京 line…\n");
}

TEST_CASE("with --json there is one value on standard output, whatever happens") {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"--json"},
                                               {"--json", "nonsense"},
                                               {"list", "--json", "leed"},
                                               {"list", "--json", "\xff"},
                                               {"--json", "--help"},
                                               {"--json", "--version"},
                                               {"list", "--help", "--json"},
                                               {"add", "lead", "fone=\xff", "--json"}}) {
        const Said said = say(arguments);
        CAPTURE(said.out);
        CHECK_FALSE(nlohmann::json::parse(said.out, nullptr, false).is_discarded());
        CHECK(std::count(said.out.begin(), said.out.end(), '\n') == 1);
    }
    CHECK(say({"--version"}).out == "colortouchctl 1.2.3\n");
    CHECK(say({"--json", "--version"}).out == "{\"version\":\"1.2.3\"}\n");
    CHECK(say({"list", "--help"}).out.find("--where") != std::string::npos);
    CHECK(say({"queue", "retry", "--help"}).out.find("--all") != std::string::npos);
    CHECK(say({"nonsense"}).out.empty());
    CHECK(say({"nonsense"}).code == ExitCode::usage);
}

TEST_CASE("a record added, shown and changed by a person") {
    const std::filesystem::path profile = std::filesystem::temp_directory_path() / "colortouch-cli-test";
    std::filesystem::remove_all(profile);
    const auto on_profile = [&](std::vector<std::string> arguments, std::size_t width = 0) {
        arguments.insert(arguments.end(), {"--profile", profile.string()});
        return say(std::move(arguments), width);
    };
    const Said added = on_profile({"add", "leads", "name=Asha Rao", "amount=15000050", "labels=b,a"});
    CHECK(added.code == ExitCode::done);
    CHECK(added.out.size() == 37);
    const std::string end = added.out.substr(28, 8);
    CHECK(on_profile({"set", "lead", end, "city=Pune", "labels="}).out.empty());
    const std::string shown = on_profile({"get", "lead", end}).out;
    CHECK(shown.find("INR 1,50,000.50") != std::string::npos);
    CHECK(shown.find("Pune") != std::string::npos);
    CHECK(shown.find("labels") == std::string::npos);
    const Said listed = on_profile({"list", "lead"}, 24);
    CHECK(listed.out.find("Asha Rao") != std::string::npos);
    CHECK(listed.out.find("…") != std::string::npos);
    CHECK(listed.err == "1 Lead\n");
    const std::string second = on_profile({"add", "leads", "name=Ravi"}).out.substr(28, 8);
    const std::string both = on_profile({"list", "lead"}).out;
    CHECK(both.find("Ravi") < both.find("Asha Rao"));  // newest first
    CHECK(on_profile({"rm", "lead", second}).code == ExitCode::done);
    CHECK(on_profile({"rm", "lead", end}).code == ExitCode::done);
    CHECK(on_profile({"list", "lead", "--json"}).out == "[]\n");
    CHECK(on_profile({"queue", "list", "--json"}).out == "[]\n");  // never sent: nothing is left to send
    CHECK(on_profile({"sync"}).code == ExitCode::sign_in);
    std::filesystem::remove_all(profile);
}

TEST_CASE("people by name: who never signed in is told so, and nothing is saved") {
    const std::filesystem::path profile = std::filesystem::temp_directory_path() / "colortouch-cli-people-test";
    std::filesystem::remove_all(profile);
    const auto on_profile = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--profile", profile.string(), "--json"});
        return say(std::move(arguments));
    };
    const Said people = on_profile({"people"});
    CHECK(people.code == ExitCode::sign_in);
    CHECK(nlohmann::json::parse(people.out)["error"]["code"] == "NOT_SIGNED_IN");
    CHECK(on_profile({"add", "Lead", "name=Mug", "ownerId=Asha"}).code == ExitCode::sign_in);
    CHECK(nlohmann::json::parse(on_profile({"list", "Lead"}).out).empty());
    CHECK(on_profile({"add", "Lead", "nmae=Mug", "ownerId=Asha"}).code == ExitCode::usage);
    CHECK(on_profile({"add", "Lead", "name=Mug", "ownerId=01a209d4-7a75-7b4d-9a8a-30e02e257f4c"}).code ==
          ExitCode::done);
    CHECK(nlohmann::json::parse(on_profile({"list", "Lead"}).out).size() == 1);
    std::filesystem::remove_all(profile);
}
