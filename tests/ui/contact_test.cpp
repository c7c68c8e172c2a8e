// Calling, writing, chatting; the outbox; first steps; settings of this laptop; leaving.
#include "ui/contact.h"

#include <doctest/doctest.h>

#include "crm/tables.h"
#include "driver.h"
#include "ui/outbox.h"

using namespace ct;
using namespace ct::test;
using client::Indicator;
using crm::field_id;
using crm::Model;

namespace {

crm::Record reachable() {
    crm::Record record = lead(1, "Ravi Iyer");
    record.fields.set(field_id(Model::lead, "phone"), std::string_view("98200 00104"));
    record.fields.set(field_id(Model::lead, "phoneE164"), std::string_view("+919820000104"));
    record.fields.set(field_id(Model::lead, "email"), std::string_view("ravi@example.com"));
    return record;
}

client::Config with_template() {
    client::Config config;
    config.message_template = "Hello {name}, {me} here.";
    return config;
}

client::SyncView view(Indicator indicator, std::int64_t waiting = 0) {
    client::SyncView made;
    made.indicator = indicator;
    made.server_url = "https://crm.example.com";
    made.user_id = "u1";
    made.user_name = "Asha Rao";
    made.user_email = "asha@example.com";
    made.queue.records = made.queue.operations = made.queue.sendable = waiting;
    return made;
}

void open_lead(Driver& ui) {
    ui.load({reachable()});
    ui.app->desk().open(Model::lead, reachable().id);
    ui.frames(3);
}

}  // namespace

TEST_CASE("contact: call and e-mail open what the desktop has for them") {
    Driver ui(with_template());
    ui.show_sync(view(Indicator::synced));
    open_lead(ui);
    ui.click("Call");
    CHECK(ui.opened.back() == "tel:+919820000104");
    ui.click("E-mail##write");
    CHECK(ui.opened.back() == "mailto:ravi@example.com?body=Hello%20Ravi%2C%20Asha%20Rao%20here.");
}

TEST_CASE("contact: a WhatsApp message begins with the template, is opened and noted at the lead") {
    Driver ui(with_template());
    ui.show_sync(view(Indicator::synced));
    open_lead(ui);
    ui.click("WhatsApp");
    CHECK(ui.shows("Message to Ravi Iyer"));
    ui.click("Send", "##Popup");
    REQUIRE(ui.opened.size() == 1);
    CHECK(ui.opened[0] == "https://wa.me/919820000104?text=Hello%20Ravi%2C%20Asha%20Rao%20here.");
    const client::Table& notes = ui.app->state().table(Model::note);
    REQUIRE(notes.size() == 1);
    CHECK(text_of(notes.at(0), "kind") == "MESSAGE");
    CHECK(text_of(notes.at(0), "text") == "Hello Ravi, Asha Rao here.");
    CHECK(text_of(notes.at(0), "leadId") == reachable().id.str());
}

TEST_CASE("contact: without a connection a message waits, survives a restart, and goes from Today when there is one") {
    std::map<std::string, std::string> kept;
    {
        Driver ui(with_template());
        ui.show_sync(view(Indicator::offline));
        open_lead(ui);
        ui.click("WhatsApp");
        CHECK_FALSE(ui.there("Send", "##Popup"));
        ui.click("Keep for later");
        CHECK(ui.opened.empty());
        CHECK(ui.app->state().table(Model::note).size() == 0);
        kept = ui.kept;
    }
    Driver ui({}, {1440, 900}, {}, kept);
    ui.load({reachable()});
    ui.show_sync(view(Indicator::offline));
    CHECK(ui.shows("1 message to send"));
    CHECK(ui.find("Send to Ravi Iyer").disabled);
    ui.show_sync(view(Indicator::synced));
    ui.click("Send to Ravi Iyer");
    REQUIRE(ui.opened.size() == 1);
    CHECK(ui.opened[0].starts_with("https://wa.me/919820000104?text=Hello%20Ravi"));
    CHECK(ui.app->state().table(Model::note).size() == 1);
    CHECK_FALSE(ui.shows("message to send"));
    ui::Outbox again;
    again.read(ui.kept["outbox.json"]);
    CHECK(again.waiting().empty());
}

TEST_CASE("contact: a message that is discarded comes back to its place") {
    Driver ui;
    ui.load({reachable(), lead(2, "Bo Berg")});
    ui::Outbox& outbox = ui.app->desk().outbox;
    const Uuid other = lead(2, "").id;
    REQUIRE(outbox.add(ui.app->desk(), {reachable().id, "The samples are here", 1}));
    REQUIRE(outbox.add(ui.app->desk(), {other, "The invoice", 2}));
    ui.frames(3);
    const std::vector<ui::Message> both = outbox.waiting();
    ui.click("Discard Ravi Iyer");
    REQUIRE(outbox.waiting().size() == 1);
    CHECK(outbox.waiting()[0].lead == other);
    CHECK(ui.shows("Message to Ravi Iyer discarded"));
    ui.click("Undo", "toast");
    CHECK(outbox.waiting() == both);
    ui::Outbox again;
    again.read(ui.kept["outbox.json"]);
    CHECK(again.waiting() == both);
}

TEST_CASE("contact: a payment's and a reminder's drawer reach their lead, and open it") {
    for (const Model model : {Model::payment, Model::reminder}) {
        Driver ui(with_template());
        ui.show_sync(view(Indicator::synced));
        crm::Record record = lead(77, "");
        record.model = model;
        record.fields = {};
        put(record, "leadId", reachable().id.str());
        if (model == Model::reminder) put(record, "title", "Call back");
        ui.load({reachable(), record});
        ui.app->desk().open(model, record.id);
        ui.frames(3);
        ui.click("Call");
        CHECK(ui.opened.back() == "tel:+919820000104");
        ui.click("E-mail##write");
        CHECK(ui.opened.back().starts_with("mailto:ravi@example.com"));
        ui.click("WhatsApp");
        CHECK(ui.shows("Message to Ravi Iyer"));
        ui.key(ImGuiKey_Escape);
        ui.click("its lead");
        CHECK(ui.app->desk().shown_id == reachable().id);
        ui.click("Back");
        CHECK(ui.app->desk().shown_id == record.id);
        CHECK_FALSE(ui.there("Back"));  // it was opened from the page
    }
}

TEST_CASE("contact: what is no outbox is read as an empty one") {
    for (const char* text : {"", "{", "[]", "[1,{}]", R"([{"lead":"x","text":"t","writtenAt":1}])", R"({"lead":1})"}) {
        ui::Outbox outbox;
        outbox.read(text);
        CHECK(outbox.waiting().empty());
    }
}

TEST_CASE("first steps: sample data on request, one undo takes it away; not offered once there is a server") {
    Driver ui;
    CHECK(ui.shows("A fresh start"));
    ui.click("Show me sample data");
    CHECK(ui.app->state().table(Model::lead).size() == 8);
    CHECK(ui.app->state().table(Model::payment).size() == 8);
    CHECK(ui.app->state().table(Model::reminder).size() == 5);
    CHECK_FALSE(ui.shows("A fresh start"));
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(ui.app->state().table(Model::lead).size() == 0);
    ui.show_sync(view(Indicator::synced));
    CHECK(ui.there("New lead"));
    CHECK_FALSE(ui.there("Show me sample data"));
}

TEST_CASE("first steps: sign in leads to the form") {
    Driver ui;
    ui.click("Sign in", "page");
    CHECK(ui.app->desk().page == ui::Page::settings);
}

TEST_CASE("settings: the data of this laptop: sizes, backup and how it went, restore") {
    Driver ui({}, {1920, 1800});
    ui.click("Settings", "navigation");
    CHECK(ui.posted<client::ListStorage>().size() == 1);
    client::StorageListed sizes;
    sizes.database = 12'300'000;
    sizes.log = 4'000;
    ui.send(sizes);
    CHECK(ui.shows("Records and history 12.3 MB"));
    CHECK_FALSE(ui.shows("Attached files"));
    ui.type("Backup file", "/media/stick/all.ctb");
    ui.type("Backup passphrase", "a good one");
    ui.click("Back up");
    REQUIRE(ui.posted<client::BackUp>().size() == 1);
    CHECK(ui.posted<client::BackUp>()[0].file == "/media/stick/all.ctb");
    CHECK(ui.posted<client::BackUp>()[0].passphrase == "a good one");
    CHECK(ui.find("Back up").disabled);
    ui.send(client::BackUpFailed{Error{ErrorKind::disk, "CANNOT_WRITE", "no space left", {}}});
    CHECK(ui.shows("No backup was made: no space left"));
    ui.click("Back up");
    ui.send(client::BackedUp{"/media/stick/all.ctb", 5'000});
    CHECK(ui.shows("The backup is written"));
    ui.click("Restore a backup");
    CHECK(ui.find("Restore now").disabled);
    ui.type("Restore from", "/media/stick/all.ctb");
    ui.click("Restore now");
    REQUIRE(ui.restore_asked.has_value());
    CHECK(ui.restore_asked->first == "/media/stick/all.ctb");
}

TEST_CASE("settings: records go out as CSV with all their fields, and an import begins here") {
    Driver ui({}, {1920, 1800});
    ui.click("Settings", "navigation");
    CHECK(ui.find("Leads", "data card").disabled);  // there are none
    crm::Record one = lead(1, "Asha Rao");
    put(one, "email", "asha@example.org");
    ui.load({one, lead(2, "Ravi")});
    ui.click("Leads", "data card");
    CHECK(ui.shows("Export 2 leads"));
    ui.type("Export to", "/tmp/all.csv");
    ui.key(ImGuiKey_Enter);
    ui.frames(5);
    const auto written = ui.posted<client::WriteFile>();
    REQUIRE(written.size() == 1);
    CHECK(written[0].file == "/tmp/all.csv");
    CHECK(written[0].bytes.starts_with("id,Name,Company,Phone,"));
    CHECK(written[0].bytes.find("asha@example.org") != std::string::npos);
    CHECK(std::count(written[0].bytes.begin(), written[0].bytes.end(), '\n') == 3);
    ui.click("Import a CSV file", "data card");
    CHECK(ui.there("File to import"));
}

TEST_CASE("settings: what is fetched to this laptop: kinds of records, and single fields") {
    Driver ui({}, {1920, 1800});
    ui.click("Settings", "navigation");
    CHECK_FALSE(ui.there("Reminders##kept"));  // without a server nothing is fetched
    ui.show_sync(view(Indicator::synced));
    const auto left_out = [&ui] { return ui.posted<client::LeaveOut>().back().parts.text(); };
    ui.click("Reminders##kept");
    CHECK(left_out() == "Reminder");
    CHECK(ui.saved_configs.back().left_out.whole(Model::reminder));
    CHECK_FALSE(ui.there("fields of Reminder"));
    SUBCASE("by mouse") {
        ui.click("fields of Lead");
        CHECK_FALSE(ui.there("Name##field kept"));  // no lead can do without it
        ui.click("Notes##field kept");
        CHECK(left_out() == "Lead.notes,Reminder");
        ui.click("Address##field kept");
        CHECK(left_out() == "Lead.address,Lead.notes,Reminder");
        CHECK(ui.shows("All fields but 2"));
        ui.click("Notes##field kept");
        CHECK(left_out() == "Lead.address,Reminder");
        CHECK(ui.saved_configs.back().left_out.has(Model::lead, field_id(Model::lead, "address")));
    }
    SUBCASE("with the keyboard alone") {
        ui.tab_to("fields of Payment");
        ui.key(ImGuiKey_Space);
        ui.tab_to("Reference##field kept");
        ui.key(ImGuiKey_Space);
        CHECK(left_out() == "Payment.reference,Reminder");
        ui.key(ImGuiKey_Escape);
        CHECK_FALSE(ui.there("Reference##field kept"));
        CHECK(ui.shows("All fields but 1"));
    }
}

TEST_CASE("settings: the link, the look and the zoom hold at once") {
    Driver ui({}, {1920, 1800});
    ui.click("Settings", "navigation");
    ui.click("This link is metered: files and old records wait");
    REQUIRE(ui.posted<client::MeteredChanged>().size() == 1);
    CHECK(ui.posted<client::MeteredChanged>()[0].on);
    ui.click("Others' edits arrive as they are made");
    CHECK_FALSE(ui.posted<client::LiveUpdatesChanged>()[0].on);
    ui.click("Contrast");
    CHECK(ui.saved_configs.back().theme == client::Theme::contrast);
    CHECK(ui.app->desk().theme.colors().text == IM_COL32_WHITE);
    ui.click("Less motion: nothing turns");
    CHECK(ui.app->desk().theme.reduced_motion());
    ui.show_sync(view(Indicator::syncing));
    ui.frames(2);
    CHECK(ui.app->next_frame_in_ms() > 50);
    ui.key(ImGuiKey_Equal, ImGuiMod_Ctrl);
    CHECK(ui.app->desk().theme.scale() == doctest::Approx(1.15));
    ui.key(ImGuiKey_Minus, ImGuiMod_Ctrl);
    ui.key(ImGuiKey_Minus, ImGuiMod_Ctrl);
    CHECK(ui.app->desk().theme.scale() == doctest::Approx(0.9));
    ui.key(ImGuiKey_0, ImGuiMod_Ctrl);
    CHECK(ui.saved_configs.back().scale == doctest::Approx(1.0));
}

TEST_CASE("leaving: nothing unsent closes at once; unsent edits are told of, and sent first when wanted") {
    Driver ui;
    CHECK(ui.app->may_close());
    ui.show_sync(view(Indicator::pending, 12));
    CHECK_FALSE(ui.app->may_close());
    ui.frames(2);
    CHECK(ui.shows("12 records have not been sent"));
    ui.click("Stay");
    CHECK_FALSE(ui.app->closing());
    CHECK_FALSE(ui.app->may_close());
    ui.frames(2);
    ui.click("Sync first");
    CHECK(ui.posted<client::SyncNow>().size() == 1);
    CHECK_FALSE(ui.app->closing());
    ui.show_sync(view(Indicator::synced, 0));
    client::SyncFinished done;
    done.row.outcome = "done";
    ui.send(done);
    ui.frames(2);
    CHECK(ui.app->closing());
}

TEST_CASE("leaving: files that no server has are told of, with their size and why, and sent first when wanted") {
    Driver ui;
    client::SyncView now = view(Indicator::pending, 0);
    now.files.sending = 2;
    now.files.bytes = 3'400'000;
    now.files_wait = "the link is metered";
    ui.show_sync(now);
    CHECK_FALSE(ui.app->may_close());
    ui.frames(2);
    CHECK(ui.shows("2 files, 3.4 MB, have not been sent: the link is metered."));
    CHECK_FALSE(ui.shows("0 records"));
    ui.click("Sync first");
    CHECK(ui.posted<client::SendAttachmentsNow>().size() == 1);
    CHECK_FALSE(ui.app->closing());
    ui.show_sync(view(Indicator::synced, 0));
    ui.frames(2);
    CHECK(ui.app->closing());
}

TEST_CASE("leaving: a sync that fails keeps the window; the user may close all the same") {
    Driver ui;
    ui.show_sync(view(Indicator::offline, 2));
    CHECK_FALSE(ui.app->may_close());
    ui.frames(2);
    ui.click("Sync first");
    client::SyncFinished failed;
    failed.row.outcome = "OFFLINE";
    ui.send(failed);
    ui.frames(2);
    CHECK_FALSE(ui.app->closing());
    ui.click("Close", "leave");
    CHECK(ui.app->closing());
}

TEST_CASE("leaving: a form with unsaved typing is told of") {
    Driver ui;
    open_lead(ui);
    ui.type("City", "Pune");
    CHECK_FALSE(ui.app->may_close());
    ui.frames(2);
    CHECK(ui.shows("What you have typed is not saved."));
}

TEST_CASE("leaving: signing out with unsent work asks first, and says that nothing is lost") {
    Driver ui({}, {1920, 1800});
    ui.show_sync(view(Indicator::pending, 3));
    ui.click("Settings", "navigation");
    ui.click("Sign out");
    CHECK(ui.posted<client::SignOut>().empty());
    CHECK(ui.shows("they stay on this laptop"));
    ui.click("Sign out", "leave");
    CHECK(ui.posted<client::SignOut>().size() == 1);
}

TEST_CASE("contact: a message that was being typed for one lead is there again after another's") {
    Driver ui;
    crm::Record other = lead(9, "Bo Berg");
    put(other, "phone", "+919876500009");
    put(other, "phoneE164", "+919876500009");
    open_lead(ui);
    const Uuid first = ui.app->desk().shown_id;
    ui.send(client::RecordsChanged{{{other}, {}}});
    ui.click("WhatsApp");
    ui.type("Message", "The samples are on their way");
    ui.key(ImGuiKey_Escape);
    ui.app->desk().open(Model::lead, other.id);
    ui.frames(3);
    ui.click("WhatsApp");
    CHECK_FALSE(ui.shows("The samples are on their way"));
    ui.key(ImGuiKey_Escape);
    ui.app->desk().open(Model::lead, first);
    ui.frames(3);
    ui.click("WhatsApp");
    CHECK(ui.shows("The samples are on their way"));
}
