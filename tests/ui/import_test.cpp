// A salesperson brings the customers of an old spreadsheet.
#include <doctest/doctest.h>

#include "driver.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

constexpr std::string_view kFile =
    "Customer;Mobile no;Budget;Shoe size\nAsha Rao;98765 43210;1,50,000;38\nRavi Iyer;98765 43211;lots;42\n";

void read(Driver& ui, std::string_view text) {
    ui.app->desk().page = ui::Page::leads;
    ui.frames(3);
    ui.click("Import a CSV file");
    ui.type("File to import", "/home/asha/old.csv");
    ui.click("Read file");
    REQUIRE(ui.posted<client::ReadFile>().size() == 1);
    client::FileRead answer{"/home/asha/old.csv", std::make_shared<const std::string>(text), std::nullopt};
    ui.send(std::move(answer));
    ui.frames(3);
}

client::StartImport asked(Driver& ui, std::size_t count) {
    const auto all = ui.posted<client::StartImport>();
    REQUIRE(all.size() == count);
    return all.back();
}

void end(Driver& ui, const client::StartImport& start, client::ImportReport report) {
    client::ImportEnded ended;
    ended.ticket = start.ticket;
    ended.dry_run = start.options.dry_run;
    ended.report = std::move(report);
    ui.send(std::move(ended));
    ui.frames(3);
}

client::ImportReport one_refused(std::int64_t created) {
    client::ImportReport report;
    report.created = created;
    report.rejected.push_back({3, "Lead.amount: not an amount", {"Ravi Iyer", "98765 43211", "lots", "42"}, "amount"});
    return report;
}

}  // namespace

TEST_CASE("a file is read, tried, mended in the grid, imported, and taken back as a whole") {
    Driver ui;
    read(ui, kFile);
    CHECK(ui.shows("separated by semicolons"));
    CHECK(ui.shows("amounts in lakhs"));
    CHECK(ui.shows("98765 43210"));
    ui.click("Update");
    ui.click("Try import");
    const client::StartImport trial = asked(ui, 1);
    CHECK(trial.options.dry_run);
    CHECK(trial.options.on_duplicate == client::OnDuplicate::update);
    CHECK(trial.options.map ==
          crm::CsvColumns::Map{{"Customer", "name"}, {"Mobile no", "phone"}, {"Budget", "amount"}, {"Shoe size", ""}});
    ui.send(client::ImportProgress{trial.ticket, 1, 2});
    CHECK(ui.shows("1 row of 2"));
    end(ui, trial, one_refused(1));
    CHECK(ui.shows("1 would be added"));
    CHECK(ui.shows("Lead.amount: not an amount"));
    ui.type("Budget of line 3", "2,00,000");
    CHECK(ui.shows("Mended. Try again"));
    ui.click("Try import");
    const client::StartImport again = asked(ui, 2);
    CHECK(again.options.mended.at(3) == std::vector<std::string>{"Ravi Iyer", "98765 43211", "2,00,000", "42"});
    client::ImportReport two;
    two.created = 2;
    end(ui, again, two);
    ui.click("Do import");
    const client::StartImport real = asked(ui, 3);
    CHECK_FALSE(real.options.dry_run);
    CHECK(real.options.mended.size() == 1);
    end(ui, real, two);
    CHECK(ui.shows("Everything is on this laptop"));
    CHECK(ui.app->editor().undo_label() == "Import 2 leads");
    ui.click("Undo import");
    REQUIRE(ui.posted<client::ReverseImport>().size() == 1);
    CHECK(ui.posted<client::ReverseImport>()[0].ticket == real.ticket);
    ui.key(ImGuiKey_Y, ImGuiMod_Ctrl);
    CHECK(ui.posted<client::ReverseImport>().size() == 2);
}

TEST_CASE("what an import refused is saved to a file, or goes in alone once it is mended") {
    Driver ui;
    read(ui, kFile);
    ui.click("Try import");
    end(ui, asked(ui, 1), one_refused(1));
    ui.click("Do import");
    end(ui, asked(ui, 2), one_refused(1));
    ui.click("Save refused");
    const auto written = ui.posted<client::WriteFile>();
    REQUIRE(written.size() == 1);
    CHECK(written[0].file == "/home/asha/old-refused.csv");
    CHECK(written[0].bytes ==
          "Customer,Mobile no,Budget,Shoe size,Line,Why it was refused\r\n"
          "Ravi Iyer,98765 43211,lots,42,3,Lead.amount: not an amount\r\n");
    ui.type("Budget of line 3", "5");
    ui.click("Import mended");
    CHECK(*asked(ui, 3).text == "Customer,Mobile no,Budget,Shoe size\r\nRavi Iyer,98765 43211,5,42\r\n");
}

TEST_CASE("a column that was guessed wrong is set by hand; a name is needed") {
    Driver ui;
    read(ui, "Who;Phone\nAsha;1\n");
    CHECK(ui.shows("No column is: Name"));
    ui.click("Becomes Who");
    ui.click("Name", "Popup");
    CHECK_FALSE(ui.shows("No column is"));
    ui.click("Becomes Phone");
    ui.click("Name", "Popup");  // then it is no longer the other
    ui.click("Try import");
    CHECK(asked(ui, 1).options.map == crm::CsvColumns::Map{{"Who", ""}, {"Phone", "name"}});
}

TEST_CASE("an import is stopped; a file that cannot be read says why; a dropped file opens the window") {
    Driver ui;
    ui.app->desk().import_wanted = "/tmp/a.csv";
    ui.frames(3);
    REQUIRE(ui.posted<client::ReadFile>().size() == 1);
    ui.send(client::FileRead{"/tmp/a.csv", nullptr, Error{ErrorKind::not_found, "FILE_NOT_FOUND", "no such file", {}}});
    CHECK(ui.shows("no such file"));
    ui.click("Read file");
    ui.send(client::FileRead{"/tmp/a.csv", std::make_shared<const std::string>("name\nAsha\n"), std::nullopt});
    ui.frames(3);
    ui.click("Try import");
    ui.click("Stop import");
    CHECK(ui.posted<client::CancelImport>().size() == 1);
}
