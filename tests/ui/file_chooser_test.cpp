// Looking for a file: by mouse and by keyboard alone.
#include "ui/file_chooser.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "driver.h"
#include "ui/format.h"

using namespace ct;
using namespace ct::test;
namespace inspect = client::inspect;

namespace {

std::string last_asked(const Driver& ui) {
    std::string folder = "nothing was asked";
    for (const inspect::Question& question : ui.posted<inspect::Question>()) {
        if (const auto* asked = std::get_if<inspect::ListFolder>(&question)) folder = asked->folder;
    }
    return folder;
}

FolderEntry folder(std::string name) { return {std::move(name), true, 0, TestClock::kStart}; }
FolderEntry file(std::string name) { return {std::move(name), false, 4'500'000, TestClock::kStart}; }

void tell(Driver& ui, std::string path, std::vector<FolderEntry> entries) {
    ui.send(inspect::Answer(inspect::FolderListed{std::move(path), std::move(entries), std::nullopt}));
    ui.frames(3);
}

void begin_import(Driver& ui) {
    ::setenv("HOME", "/home/asha", 1);
    ui.app->desk().page = ui::Page::leads;
    ui.frames(3);
    ui.click("Import a CSV file");
}

/// The chooser is open on a folder with a folder and a backup in it.
void begin_backup(Driver& ui, std::string_view typed) {
    ::setenv("HOME", "/home/asha", 1);
    ui.click("Settings", "navigation");
    ui.type("Backup file", typed);
    ui.click("Browse: Backup file");
    tell(ui, "/home/asha", {folder("Stick"), file("older.ctb")});
}

}  // namespace

TEST_CASE("file chooser: a file to import is found by mouse, folder by folder") {
    Driver ui;
    begin_import(ui);
    ui.click("Browse: File to import");
    CHECK(last_asked(ui) == "/home/asha");
    CHECK(ui.shows("Looking …"));
    tell(ui, "/home/asha", {folder("Bills"), folder("Customers"), file("photo.jpg"), file("todo.txt")});
    CHECK(ui.shows("todo.txt"));
    CHECK(ui.shows("4.5 MB"));
    CHECK_FALSE(ui.shows("photo.jpg"));  // no table
    ui.click("All kinds of files");
    CHECK(ui.shows("photo.jpg"));
    ui.click("Customers##entry");
    CHECK(last_asked(ui) == "/home/asha/Customers");
    CHECK_FALSE(ui.shows("todo.txt"));  // nothing of the folder before under the new one's name
    tell(ui, "/home/asha/Customers", {file("old.CSV")});
    ui.click("Folder above");
    CHECK(last_asked(ui) == "/home/asha");
    tell(ui, "/home/asha", {folder("Customers")});
    ui.click("Customers##entry");
    tell(ui, "/home/asha/Customers", {file("old.CSV")});
    ui.click("old.CSV##entry");
    REQUIRE(ui.posted<client::ReadFile>().size() == 1);  // no further button
    CHECK(ui.posted<client::ReadFile>()[0].file == "/home/asha/Customers/old.CSV");
    CHECK_FALSE(ui.there("Find a file"));
    CHECK(ui.there("File to import"));
}

TEST_CASE("file chooser: by keyboard alone, with names and with paths") {
    Driver ui;
    begin_import(ui);
    ui.tab_to("Browse: File to import");
    ui.key(ImGuiKey_Space);
    tell(ui, "/home/asha", {folder("Bills"), folder("Café"), file("todo.txt")});
    CHECK(ui.focused() == "##Find a file");
    ui.retype("cafe");
    CHECK_FALSE(ui.shows("Bills"));
    ui.key(ImGuiKey_Enter);
    CHECK(last_asked(ui) == "/home/asha/Café");
    tell(ui, "/home/asha/Café", {file("guests.csv")});
    CHECK(ui.focused() == "##Find a file");
    ui.retype("/media/stick/ol");  // a path is followed as it is typed
    CHECK(last_asked(ui) == "/media/stick");
    tell(ui, "/media/stick", {file("new.csv"), file("old.csv")});
    CHECK_FALSE(ui.shows("new.csv"));
    ui.key(ImGuiKey_Enter);
    REQUIRE(ui.posted<client::ReadFile>().size() == 1);
    CHECK(ui.posted<client::ReadFile>()[0].file == "/media/stick/old.csv");
}

TEST_CASE("file chooser: rows are reached by the arrows, and Esc leaves all as it was") {
    Driver ui;
    begin_import(ui);
    ui.type("File to import", "/home/asha/Customers/old.csv");
    ui.click("Browse: File to import");
    CHECK(last_asked(ui) == "/home/asha/Customers");  // where that one is
    tell(ui, "/home/asha/Customers", {folder("Before"), file("old.csv")});
    ui.tab_to("Before##entry");
    ui.key(ImGuiKey_DownArrow);
    CHECK(ui.focused() == "old.csv##entry");
    ui.key(ImGuiKey_UpArrow);
    ui.key(ImGuiKey_Enter);
    CHECK(last_asked(ui) == "/home/asha/Customers/Before");
    ui.key(ImGuiKey_Escape);
    CHECK_FALSE(ui.there("Find a file"));
    CHECK(ui.there("File to import"));
    CHECK(ui.posted<client::ReadFile>().empty());
}

TEST_CASE("file chooser: a folder that cannot be read says so, and the way back is open") {
    Driver ui;
    begin_import(ui);
    ui.click("Browse: File to import");
    ui.send(inspect::Answer(inspect::FolderListed{
        "/home/asha",
        {},
        Error{ErrorKind::disk, "CANNOT_READ", "cannot look into /home/asha: Permission denied", {}}}));
    CHECK(ui.shows("cannot look into /home/asha: Permission denied"));
    ui.click("Folder above");
    CHECK(last_asked(ui) == "/home");
    tell(ui, "/home", {});
    CHECK(ui.shows("Nothing here"));
    ui.click("Cancel##choosing");
    CHECK_FALSE(ui.there("Find a file"));
}

TEST_CASE("file chooser: a place to save to is a folder and a name") {
    Driver ui({}, {1920, 1800});
    begin_backup(ui, "/home/asha/all.ctb");
    CHECK(ui.shows("older.ctb"));  // all there is: a name that is taken is seen
    ui.click("older.ctb##entry");
    ui.click("Stick##entry");
    tell(ui, "/home/asha/Stick", {});
    ui.click("Save it here");
    ui.click("Back up");
    REQUIRE(ui.posted<client::BackUp>().size() == 1);
    CHECK(ui.posted<client::BackUp>()[0].file == "/home/asha/Stick/older.ctb");
}

TEST_CASE("file chooser: a name that is taken is said before it is replaced") {
    Driver ui({}, {1920, 1800});
    begin_backup(ui, "/home/asha/new.ctb");
    CHECK(ui.there("Save it here"));
    CHECK_FALSE(ui.shows("it will be replaced"));
    ui.click("older.ctb##entry");
    CHECK_FALSE(ui.there("Save it here"));
    CHECK(ui.shows("it will be replaced"));
    ui.type("Find a file", "Stick");  // no file
    CHECK(ui.there("Save it here"));
    ui.type("Find a file", "/home/asha/older.ctb");
    ui.click("Replace it");
    CHECK_FALSE(ui.there("Find a file"));
    ui.click("Back up");
    REQUIRE(ui.posted<client::BackUp>().size() == 1);
    CHECK(ui.posted<client::BackUp>()[0].file == "/home/asha/older.ctb");
}

TEST_CASE("file chooser: it says days as the tables do") {
    Driver ui;
    begin_import(ui);
    ui.click("Browse: File to import");
    tell(ui, "/home/asha", {file("todo.txt")});
    CHECK(ui.shows(ui::day_text(TestClock::kStart)));
}

TEST_CASE("file chooser: a table's export and the inspector's diagnostics look for a place too") {
    Driver ui;
    ::setenv("HOME", "/home/asha", 1);
    SUBCASE("a table") {
        ui.load({lead(1, "Asha Rao")});
        ui.click("Leads", "navigation");
        ui.click("Export this table");
        ui.click("Browse: Export to");
        tell(ui, "/home/asha", {folder("Stick")});
        ui.type("Find a file", "leads.csv");
        ui.click("Stick##entry");
        tell(ui, "/home/asha/Stick", {});
        ui.click("Save it here");
        ui.click("Export", "Popup");
        REQUIRE(ui.posted<client::WriteFile>().size() == 1);
        CHECK(ui.posted<client::WriteFile>()[0].file == "/home/asha/Stick/leads.csv");
    }
    SUBCASE("the inspector") {
        ui.key(ImGuiKey_F12);
        ui.click("Link and export");
        ui.click("Browse: Diagnostics file");
        tell(ui, "/home/asha", {folder("Stick")});
        ui.key(ImGuiKey_Escape);  // of the chooser alone
        CHECK_FALSE(ui.there("Find a file"));
        ui.click("Browse: Diagnostics file");
        tell(ui, "/home/asha", {folder("Stick")});
        ui.type("Find a file", "why.jsonl.zst");
        ui.click("Save it here");
        ui.click("Export diagnostics");
        REQUIRE(ui.posted<client::ExportDiagnostics>().size() == 1);
        CHECK(ui.posted<client::ExportDiagnostics>()[0].file == "/home/asha/why.jsonl.zst");
    }
}
