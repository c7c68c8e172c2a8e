// Reminders by day, putting off, repeating, what comes after done; notices; the calendar file.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/local_time.h"
#include "crm/tables.h"
#include "driver.h"
#include "ui/format.h"
#include "ui/ics.h"
#include "ui/reminders_page.h"

using namespace ct;
using namespace ct::test;
using crm::field_id;
using crm::Model;

namespace {

constexpr UnixMs kHour = 3'600'000;
constexpr UnixMs kNow = TestClock::kStart;

crm::Record reminder(std::uint64_t number, std::string_view title, UnixMs at, std::string_view repeat = "NONE") {
    crm::Record record = lead(200 + number, "");
    record.model = Model::reminder;
    record.fields = {};
    record.fields.set(field_id(Model::reminder, "leadId"), std::string_view(lead(1, "").id.str()));
    record.fields.set(field_id(Model::reminder, "title"), title);
    record.fields.set(field_id(Model::reminder, "reminderDate"), at);
    record.fields.set(field_id(Model::reminder, "repeat"), repeat);
    return record;
}

}  // namespace

TEST_CASE("reminders: by day, with what is late first; the table is one click away") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer"), reminder(1, "Call back", kNow - 48 * kHour),
             reminder(2, "Send brochure", kNow + kHour / 4),
             reminder(3, "Visit", ui::start_of_day(kNow, 1) + 9 * kHour),
             reminder(4, "Report", kNow + 60 * 24 * kHour)});
    ui.click("Reminders", "navigation");
    const std::string screen = ui.screen();
    const std::size_t late = screen.find("Overdue"), today = screen.find("Today, "),
                      tomorrow = screen.find("Tomorrow, "), later = screen.find("Later");
    REQUIRE(later != std::string::npos);
    CHECK(late < screen.find("Call back"));
    CHECK(screen.find("Call back") < today);
    CHECK(today < tomorrow);
    CHECK(tomorrow < later);
    CHECK(ui.shows("4 open"));
    ui.type("Search", "visit");
    CHECK(ui.shows("Visit"));
    CHECK_FALSE(ui.shows("Send brochure"));
    ui.type("Search", "");
    ui.click("Table");
    CHECK(ui.shows("Open  4"));
}

TEST_CASE("reminders: by day, too, words are found anywhere and conditions mean something") {
    Driver ui;
    crm::Record urgent = reminder(2, "Send brochure", kNow + kHour);
    put(urgent, "priority", "HIGH");
    ui.load({lead(1, "Amina Hassan"), reminder(1, "Call back about the quotation", kNow - 48 * kHour), urgent});
    ui.click("Reminders", "navigation");
    ui.type("Search", "amina quotation");
    CHECK(ui.there("Call back about the quotation"));
    CHECK_FALSE(ui.there("Send brochure"));
    CHECK(ui.shows("1 of 2 open"));
    ui.type("Search", "priority:HIGH");
    CHECK(ui.there("Send brochure"));
    CHECK_FALSE(ui.there("Call back about the quotation"));
    CHECK(ui.shows("Priority High"));
    ui.type("Search", "colour:red");
    CHECK(ui.shows("Reminders have no field \"colour\""));
    ui.type("Search", "nobody");
    CHECK(ui.shows("Nothing that is open matches."));
    ui.type("Search", "");
    ui.send(client::RecordsChanged{{{reminder(3, "Visit", kNow + 2 * kHour)}, {}}});
    CHECK(ui.shows("3 open"));
    CHECK(ui.there("Visit"));
}

TEST_CASE("reminders: put off, done and open again from the drawer") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer"), reminder(1, "Call back", kNow)});
    const Uuid id = reminder(1, "", kNow).id;
    const auto now = [&]() -> const crm::Record& { return *ui.app->state().find(Model::reminder, id); };
    ui.app->desk().open(Model::reminder, id);
    ui.frames(3);
    ui.click("Put off this");
    ui.click("In an hour");
    CHECK(now().fields.integer(field_id(Model::reminder, "snoozedUntil")) >= kNow + kHour);
    ui.click("Mark done");
    CHECK(now().fields.flag(field_id(Model::reminder, "isCompleted")));
    CHECK(ui.shows("Done: Call back"));
    CHECK_FALSE(ui.there("Put off this"));
    ui.click("Open again");
    CHECK_FALSE(now().fields.flag(field_id(Model::reminder, "isCompleted")));
}

TEST_CASE("reminders: put off from the list, by choices of the clock and the week") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer"), reminder(1, "Call back", kNow - kHour)});
    ui.click("Reminders", "navigation");
    ui.click("Put off Call back");
    ui.click("Tomorrow 09:00");
    const crm::Record& put_off = ui.app->state().table(Model::reminder).at(0);
    CHECK(put_off.fields.integer(field_id(Model::reminder, "snoozedUntil")) == ui::start_of_day(kNow, 1) + 9 * kHour);
    CHECK(ui.shows(", put off"));
    CHECK_FALSE(ui.shows("Overdue"));
    for (const ui::SnoozeChoice& choice : ui::snooze_choices(kNow)) CHECK(choice.until > kNow);
    const auto monday = ui::snooze_choices(kNow)[ui::snooze_choices(kNow).size() - 2];
    CHECK(monday.words == "Next Monday 09:00");
    CHECK(to_local(monday.until).weekday == 1);
}

TEST_CASE("reminders: done offers the next step at the same lead; one that repeats has it already") {
    Driver ui;
    ui.load(
        {lead(1, "Ravi Iyer"), reminder(1, "Call back", kNow - kHour), reminder(2, "Report", kNow + kHour, "WEEKLY")});
    ui.click("Reminders", "navigation");
    ui.click("Done Call back");
    CHECK(ui.shows("Done: Call back"));
    ui.click("Plan the next step");
    ui.frames(3);
    ui.type("Title", "Send the contract");
    ui.click("Save");
    const client::Table& all = ui.app->state().table(Model::reminder);
    REQUIRE(all.size() == 3);
    const crm::Record& next = all.at(2);
    CHECK(text_of(next, "leadId") == lead(1, "").id.str());
    CHECK(text_of(next, "type") == "FOLLOW_UP");
    CHECK(next.fields.integer(field_id(Model::reminder, "reminderDate")) == ui::start_of_day(kNow, 1) + 10 * kHour);
    ui.click("Close", "drawer");
    ui.click("Done Report");
    CHECK(all.size() == 4);
    CHECK_FALSE(ui.there("Plan the next step##Report"));
}

TEST_CASE("reminders: in the agenda Ctrl+A and Del touch nothing that is not to be seen as selected") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer"), reminder(1, "Call back", kNow - kHour)});
    ui.click("Reminders", "navigation");
    ui.key(ImGuiKey_A, ImGuiMod_Ctrl);
    ui.key(ImGuiKey_Delete);
    CHECK(ui.app->state().table(Model::reminder).size() == 1);
}

TEST_CASE("notices: one that is due is told when it is, once, here and by the desktop") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer"), reminder(1, "Call back", kNow + 10 * 60'000)});
    ui.frames(2);
    CHECK(ui.notified.empty());
    CHECK(ui.app->next_frame_in_ms() <= 60'000);
    ui.clock.wall = kNow + 9 * 60'000;
    ui.frames(2);
    CHECK(ui.app->next_frame_in_ms() <= 60'000);
    ui.clock.wall = kNow + 10 * 60'000 + 500;
    ui.frames(2);
    REQUIRE(ui.notified.size() == 1);
    CHECK(ui.notified[0].first == "Call back");
    CHECK(ui.notified[0].second == "Ravi Iyer");
    CHECK(ui.shows("Due: Call back · Ravi Iyer"));
    ui.clock.wall += 60'000;
    ui.frames(2);
    CHECK(ui.notified.size() == 1);
}

TEST_CASE("notices: what fell due while the laptop slept comes as one digest") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer"), reminder(1, "Call back", kNow + kHour), reminder(2, "Visit", kNow + 2 * kHour),
             reminder(3, "Report", kNow + 20 * kHour)});
    ui.frames(2);
    ui.clock.wall = kNow + 3 * kHour;
    ui.frames(2);
    REQUIRE(ui.notified.size() == 1);
    CHECK(ui.notified[0].first == "2 reminders came due meanwhile");
    CHECK(ui.shows("2 reminders came due meanwhile, the first: Call back"));
    ui.click("Show");
    CHECK(ui.app->desk().page == ui::Page::today);
}

TEST_CASE("notices: a later run says what came due since, not what was told") {
    std::map<std::string, std::string> kept;
    {
        Driver ui;
        ui.load({lead(1, "Ravi Iyer"), reminder(1, "Call back", kNow - kHour)});
        ui.send(client::LoadDone{});
        ui.frames(2);
        kept = ui.kept;
    }
    Driver ui({}, {1440, 900}, {}, kept);
    ui.clock.wall = kNow + 5 * kHour;
    ui.load({lead(1, "Ravi Iyer"), reminder(1, "Call back", kNow - kHour), reminder(2, "Visit", kNow + 2 * kHour)});
    ui.frames(2);
    REQUIRE(ui.notified.size() == 1);
    CHECK(ui.notified[0].first == "Visit");
}

TEST_CASE("notices: the desktop keeps still when it was told to") {
    client::Config config;
    config.notifications = false;
    Driver ui(config);
    ui.load({lead(1, "Ravi Iyer"), reminder(1, "Call back", kNow + 1'000)});
    ui.clock.wall = kNow + 5'000;
    ui.frames(2);
    CHECK(ui.notified.empty());
    CHECK(ui.shows("Due: Call back"));
}

TEST_CASE("calendar file: events that other programs read, whole days, repeats, long lines folded between characters") {
    Driver ui;
    std::string long_title = "Angebot für Überseehandel";
    for (int i = 0; i < 6; ++i) long_title += " größer, schöner; weiter";
    ui.load({lead(1, "Ravi Iyer"), reminder(1, long_title, 1'790'000'000'000),
             reminder(2, "Holiday", ui::start_of_day(kNow, 3)), reminder(3, "Report", kNow + kHour, "MONTHLY")});
    ui.click("Reminders", "navigation");
    ui.click("Calendar file (.ics)");
    REQUIRE(ui.documents.size() == 1);
    CHECK(ui.documents[0].first.ends_with(".ics"));
    const std::string& file = ui.documents[0].second;
    CHECK(file.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
    CHECK(file.ends_with("END:VCALENDAR\r\n"));
    CHECK(file.find("DTSTART:20260921T141320Z\r\n") != std::string::npos);
    CHECK(file.find("DTSTART;VALUE=DATE:") != std::string::npos);
    CHECK(file.find("RRULE:FREQ=MONTHLY\r\n") != std::string::npos);
    std::string unfolded;
    for (std::size_t at = 0; at < file.size();) {
        const std::size_t end = file.find("\r\n", at);
        REQUIRE(end != std::string::npos);
        CHECK(end - at <= 75);
        const std::string line = file.substr(at, end - at);
        unfolded += line.starts_with(' ') ? line.substr(1) : "\n" + line;
        at = end + 2;
    }
    CHECK(unfolded.find("größer\\, schöner\\; weiter – Ravi Iyer") != std::string::npos);
    CHECK(ui.shows("3 reminders in /documents/"));
}
