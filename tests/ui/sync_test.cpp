// The indicator, its popover, the account and the settings.
#include <doctest/doctest.h>

#include <set>

#include "driver.h"
#include "ui/indicator.h"

using namespace ct;
using namespace ct::test;
using client::Indicator;
using crm::Model;

namespace {

client::SyncView view_of(Indicator indicator, std::int64_t waiting = 3) {
    client::SyncView view;
    view.indicator = indicator;
    view.queue.records = view.queue.sendable = view.queue.operations = waiting;
    view.queue.records_by_model[0] = waiting;
    view.queue.oldest_created_at = TestClock::kStart - 60'000;
    view.server_url = "https://crm.example.com";
    view.user_email = "asha@example.com";
    view.user_name = "Asha Rao";
    view.workspace_name = "Sunrise";
    view.last_sync_at = TestClock::kStart - 300'000;
    return view;
}

constexpr Indicator kAll[] = {Indicator::synced,     Indicator::pending,       Indicator::syncing,
                              Indicator::offline,    Indicator::server_away,   Indicator::login_page,
                              Indicator::signed_out, Indicator::local_trouble, Indicator::local_only,
                              Indicator::needs_you,  Indicator::update_needed};

}  // namespace

TEST_CASE("every state has its own words, and the popover says it in a sentence") {
    std::set<std::string> words;
    for (const Indicator indicator : kAll) {
        Driver ui;
        client::SyncView view = view_of(indicator, indicator == Indicator::synced ? 0 : 3);
        if (indicator == Indicator::syncing) {
            view.sending_done = 12;
            view.sending_total = 40;
        }
        ui.show_sync(view);
        const ui::IndicatorLook look = ui::look_of(ui.app->desk().theme.colors(), indicator);
        words.insert(look.words);
        CHECK(ui.shows(look.words));
        ui.click("Sync", "top bar");
        const std::string line = client::headline(view, ui.clock.now());
        CHECK_MESSAGE(ui.shows(line), line);
        CHECK_FALSE(ui.find("Sync now").disabled);
    }
    CHECK(words.size() == std::size(kAll));
}

TEST_CASE("nothing is called saved, sent or safe to leave before it is on the disk") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer")});
    ui.show_sync(view_of(Indicator::synced, 0));
    ui.app->desk().page = ui::Page::leads;
    ui.app->desk().open(Model::lead, lead(1, "").id);
    ui.frames(3);
    CHECK(ui.shows("Everything is saved"));
    crm::Changes changes;
    changes.set(crm::field(Model::lead, "city"), std::string("Pune"));
    REQUIRE(ui.app->editor().set(Model::lead, lead(1, "").id, changes));
    CHECK(ui.shows("Saving…"));
    CHECK_FALSE(ui.shows("Everything is saved"));
    CHECK_FALSE(ui.shows("All sent"));
    ui.click("Sync", "top bar");
    CHECK(ui.shows("Saving 1 record on this laptop"));
    CHECK_FALSE(ui.shows("All saved and sent"));
    ui.key(ImGuiKey_Escape);
    CHECK_FALSE(ui.app->may_close());
    CHECK(ui.shows("1 record has not been sent"));
    ui.save_all();
    CHECK_FALSE(ui.shows("Saving…"));
    CHECK(ui.shows("Everything is saved"));
}

TEST_CASE("a login page in the way: the popover opens a browser on it") {
    Driver ui;
    ui.show_sync(view_of(Indicator::login_page));
    ui.click("Sync", "top bar");
    ui.click("Open browser");
    REQUIRE(ui.opened.size() == 1);
    CHECK(ui.opened[0] == "http://crm.example.com/");  // with HTTPS: a certificate's error in place of the page
}

TEST_CASE("a login page is met at the server's host by plain HTTP") {
    CHECK(ui::portal_url("https://crm.example.com:8443/colortouch") == "http://crm.example.com/");
    CHECK(ui::portal_url("http://192.168.1.7:8787") == "http://192.168.1.7/");
    CHECK(ui::portal_url("https://[2001:db8::7]:8443") == "http://[2001:db8::7]/");
    CHECK(ui::portal_url("https://[2001:db8::7]") == "http://[2001:db8::7]/");
}

TEST_CASE("files that wait are told of in the popover, and sent when one says so; refused ones lead to their record") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer")});
    client::SyncView view = view_of(Indicator::pending, 0);
    view.files.sending = 2;
    view.files.bytes = 3'400'000;
    view.files_wait = "the link is metered";
    ui.show_sync(view);
    CHECK_FALSE(ui.shows("All sent"));
    ui.click("Sync", "top bar");
    CHECK(ui.shows("2 files, 3.4 MB, wait to be sent: the link is metered"));
    CHECK_FALSE(ui.shows("refused by the server"));
    ui.click("Send the files now");
    CHECK(ui.posted<client::SendAttachmentsNow>().size() == 1);
    view.files = {};
    view.files.failed = view.needs_you = 1;
    view.files.failed_record = lead(1, "").id;
    view.indicator = Indicator::needs_you;
    ui.show_sync(view);
    CHECK(ui.shows("1 file was refused by the server"));
    ui.click("Open its record");
    CHECK(ui.app->desk().shown_id == lead(1, "").id);
}

TEST_CASE("the popover lists what failed in parts, and leaves nothing out in silence") {
    Driver ui({}, {1440, 900});
    client::SyncView view = view_of(Indicator::needs_you, 90);
    view.queue.errors = view.needs_you = 90;
    ui.show_sync(view);
    ui.click("Sync", "top bar");
    std::vector<sync::QueuedOperation> failed(80);  // the list has a limit
    for (std::size_t i = 0; i < failed.size(); ++i) {
        failed[i].operation.id = lead(100 + i, "").id;
        failed[i].state = sync::QueueState::error;
        failed[i].error_message = "Refused, number " + std::to_string(i) + ".";
    }
    ui.send(client::QueueListed{failed});
    CHECK(ui.shows("number 19."));
    CHECK_FALSE(ui.shows("number 20."));
    CHECK(ui.shows("and 70 more"));
    const auto press_more = [&ui] {
        for (int i = 0; i < 200 && !ui.there("failed"); ++i) {
            ImGui::GetIO().AddMousePosEvent(1'200, 400);
            ImGui::GetIO().AddMouseWheelEvent(0, -5);
            ui.frames(2);
        }
        ui.click("failed");
    };
    press_more();
    CHECK(ui.shows("number 69."));
    CHECK(ui.shows("and 20 more"));
    press_more();
    CHECK(ui.shows("number 79."));
    CHECK(ui.shows("and 10 more. They come as these are settled"));
}

TEST_CASE("a long sync says how far it is in records and bytes, and about how long it still takes") {
    Driver ui;
    client::SyncView view = view_of(Indicator::syncing, 400);
    view.sending_total = 400;
    view.sending_done = 40;
    view.bytes_sent = 18'000;
    view.queue.bytes = 60'000;
    ui.show_sync(view);
    ui.click("Sync", "top bar");
    CHECK(ui.shows("Sending 40 of 400, 18 kB of about 60 kB"));
    CHECK_FALSE(ui.shows(" left"));
    ui.clock.wall += 10'000;
    view.sending_done = 100;
    ui.show_sync(view);
    CHECK(ui.shows("About 5"));
    CHECK(ui.shows(" left"));
}

TEST_CASE("the badge counts records, or says how far sending is") {
    CHECK(ui::badge_of(view_of(Indicator::pending, 12)) == "12");
    CHECK(ui::badge_of(view_of(Indicator::synced, 0)).empty());
    client::SyncView sending = view_of(Indicator::syncing, 40);
    sending.sending_done = 12;
    sending.sending_total = 40;
    CHECK(ui::badge_of(sending) == "12/40");
    CHECK(ui::badge_of(view_of(Indicator::local_only, 40)).empty());
    client::SyncView refused = view_of(Indicator::needs_you, 3);
    refused.queue.records_held = 3;
    CHECK(ui::badge_of(refused).empty());
    refused.queue.records = 5;
    CHECK(ui::badge_of(refused) == "2");
}

TEST_CASE("Sync now and F5 ask for a sync; the answer is a toast") {
    Driver ui;
    ui.show_sync(view_of(Indicator::pending));
    ui.click("Sync", "top bar");
    CHECK(ui.posted<client::ListQueue>().size() >= 1);
    ui.click("Sync now");
    CHECK(ui.posted<client::SyncNow>().size() == 1);
    ui.key(ImGuiKey_F5);
    CHECK(ui.posted<client::SyncNow>().size() == 2);
    client::SyncFinished finished;
    finished.row.outcome = "done";
    finished.row.pushed = 3;
    finished.row.bytes_sent = 3'000;
    finished.row.bytes_received = 1'500;
    finished.row.duration_ms = 1'250;
    finished.asked_for = true;
    ui.send(finished);
    CHECK(ui.shows("Synced. 3 sent, 0 received"));
    ui.send(client::HistoryListed{{finished.row}});
    CHECK(ui.shows("3 sent · 5 kB in 1.2 s"));
}

TEST_CASE("a sync that nobody asked for says nothing, and one that failed says why") {
    Driver ui;
    client::SyncFinished finished;
    finished.row.outcome = "done";
    ui.send(finished);
    CHECK_FALSE(ui.shows("Synced."));
    finished.row.outcome = "OFFLINE";
    finished.asked_for = true;
    finished.detail = "The server cannot be reached";
    ui.send(finished);
    CHECK(ui.shows("The server cannot be reached"));
}

TEST_CASE("the popover switches to working offline and lists what failed") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer")});
    client::SyncView view = view_of(Indicator::pending);
    view.needs_you = 1;
    ui.show_sync(view);
    ui.click("Sync", "top bar");
    sync::QueuedOperation failed;
    failed.operation.id = lead(9, "").id;
    failed.operation.record = lead(1, "").id;
    failed.operation.changes.set(crm::field(Model::lead, "city"), std::string("Pune"));
    failed.state = sync::QueueState::error;
    failed.error_message = "The server does not know this field";
    ui.send(client::QueueListed{{failed}});
    CHECK(ui.shows("The server does not know this field"));
    ui.click("Try again");
    REQUIRE(ui.posted<client::RetryOperation>().size() == 1);
    CHECK(ui.posted<client::RetryOperation>()[0].operation == failed.operation.id);
    ui.click("Discard my change");
    CHECK(ui.posted<client::DiscardOperation>().size() == 1);
    CHECK(ui.shows("Your change is discarded"));
    CHECK(ui.app->editor().undo_label() == "Discard a change");
    CHECK(ui.app->editor().undo().has_value());
    REQUIRE(ui.posted<client::Commit>().size() == 1);  // the change, once more
    CHECK(ui.posted<client::Commit>()[0].edits.at(0).changes == failed.operation.changes);
    ui.click("Work offline");
    REQUIRE(ui.posted<client::WorkOffline>().size() == 1);
    CHECK(ui.posted<client::WorkOffline>()[0].on);
}

TEST_CASE("a sync that would remove very much asks, and is allowed or refused in the popover") {
    Driver ui;
    client::SyncView view = view_of(Indicator::needs_you, 0);
    view.needs_you = 1;
    view.removals.removed[0] = 120;
    view.removals.of[0] = 200;
    ui.show_sync(view);
    const auto decided = [&ui] {
        std::vector<bool> all;
        for (const client::DecideRemovals& one : ui.posted<client::DecideRemovals>()) all.push_back(one.allowed);
        return all;
    };
    SUBCASE("kept, and allowed later after all") {
        ui.click("Sync", "top bar");
        CHECK(ui.shows("A sync would remove 120 of 200 leads from this laptop."));
        CHECK(ui.shows("Nothing is removed yet"));
        ui.click("Keep them");
        CHECK(decided() == std::vector{false});
        view.removals_refused = true;
        ui.show_sync(view);
        CHECK(ui.shows("You kept them"));
        CHECK_FALSE(ui.there("Keep them"));
        ui.click("Remove them here");
        CHECK(decided() == std::vector{false, true});
    }
    SUBCASE("with the keyboard alone") {
        ui.tab_to("Sync");
        ui.key(ImGuiKey_Enter);
        ui.tab_to("Remove them here");
        ui.key(ImGuiKey_Space);
        CHECK(decided() == std::vector{true});
    }
    SUBCASE("nothing is asked when nothing would go") {
        view.removals = {};
        ui.show_sync(view);
        ui.click("Sync", "top bar");
        CHECK_FALSE(ui.there("Remove them here"));
    }
}

TEST_CASE("what waits for more than a day is marked") {
    Driver ui;
    client::SyncView view = view_of(Indicator::offline);
    view.queue.oldest_created_at = TestClock::kStart - 3 * 24 * 3'600'000LL;
    ui.show_sync(view);
    ui.click("Sync", "top bar");
    CHECK(ui.shows("Oldest: 3 days ago"));
}

TEST_CASE("signing in: the form is checked, sent, and told why it failed") {
    Driver ui;
    ui.click("Settings", "navigation");
    ui.click("Sign in");
    CHECK(ui.shows("Server is needed"));
    ui.type("Server", "crm.example.com");
    ui.type("E-mail", "asha@example.com");
    ui.type("Password", "geheim 123");
    ui.type("Workspace", "sunrise");
    ui.click("Sign in");
    const auto sent = ui.posted<client::SignIn>();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].server_url == "https://crm.example.com");
    CHECK(sent[0].email == "asha@example.com");
    CHECK(sent[0].password == "geheim 123");
    CHECK(sent[0].workspace == "sunrise");
    CHECK(ui.find("Sign in").disabled);
    ui.send(client::SignInFailed{Error{ErrorKind::denied, "UNAUTHENTICATED", "E-mail or password is wrong", {}}});
    CHECK(ui.shows("E-mail or password is wrong"));
    ui.send(client::SignedIn{{"u1", "Asha Rao", "asha@example.com", "agent"}});
    ui.show_sync(view_of(Indicator::synced, 0));
    CHECK(ui.shows("Signed in as Asha Rao"));
    ui.click("Sign out");
    CHECK(ui.posted<client::SignOut>().size() == 1);
}

TEST_CASE("signing in: a failed connection is told in the program's words, and the password stays") {
    Driver ui;
    ui.click("Settings", "navigation");
    ui.type("Server", "crm.example.com");
    ui.type("E-mail", "asha@example.com");
    ui.type("Password", "geheim 123");
    ui.click("Sign in");
    ui.send(
        client::SignInFailed{Error{ErrorKind::offline, "OFFLINE", "connect to 10.0.0.2:443: Connection refused", {}}});
    CHECK(ui.shows("No connection"));
    CHECK(ui.shows("The server cannot be reached"));
    CHECK(ui.shows("connect to 10.0.0.2:443: Connection refused"));
    ui.click("Sign in");
    REQUIRE(ui.posted<client::SignIn>().size() == 2);
    CHECK(ui.posted<client::SignIn>()[1].password == "geheim 123");
    ui.send(
        client::SignInFailed{Error{ErrorKind::denied, "UNAUTHENTICATED", "e-mail address or password is wrong", {}}});
    CHECK(ui.shows("E-mail or password is wrong"));
    CHECK_FALSE(ui.shows("e-mail address or password is wrong"));
    ui.click("Sign in");
    CHECK(ui.posted<client::SignIn>().size() == 2);
    CHECK(ui.shows("Password is needed"));
}

TEST_CASE("a rescue copy: offered while work waits, checked, asked for, and told how it went") {
    Driver ui;
    ui.show_sync(view_of(Indicator::synced, 0));
    ui.click("Sync", "top bar");
    CHECK_FALSE(ui.there("Save a rescue copy"));
    ui.key(ImGuiKey_Escape);
    ui.show_sync(view_of(Indicator::local_trouble, 3));
    ui.click("Sync", "top bar");
    ui.click("Save a rescue copy");
    CHECK(ui.shows("3 edits"));
    ui.type("File", "");
    ui.click("Save copy");
    CHECK(ui.shows("A file is needed"));
    ui.type("File", "/media/stick/rescue.ctr");
    ui.type("Passphrase", "short");
    ui.click("Save copy");
    CHECK(ui.shows("8 characters or more"));
    ui.type("Passphrase", "long enough");
    ui.type("Passphrase again", "long enougg");
    ui.click("Save copy");
    CHECK(ui.shows("not the same"));
    CHECK(ui.posted<client::SaveRescue>().empty());
    ui.type("Passphrase again", "long enough");
    ui.click("Save copy");
    const auto asked = ui.posted<client::SaveRescue>();
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].file == "/media/stick/rescue.ctr");
    CHECK(asked[0].passphrase == "long enough");
    CHECK(ui.find("Save copy").disabled);
    ui.send(client::RescueFailed{Error{ErrorKind::disk, "CANNOT_WRITE", "No space left on the stick", {}}});
    CHECK(ui.shows("No space left on the stick"));
    CHECK_FALSE(ui.find("Save copy").disabled);
    ui.click("Save copy");
    client::RescueDone done;
    done.summary.operations = 3;
    ui.send(done);
    ui.frames(2);
    CHECK_FALSE(ui.there("Save copy"));
    CHECK(ui.shows("The rescue copy is written"));

    ui.click("Settings", "navigation");
    ui.show_sync(view_of(Indicator::pending, 3));
    ui.click("Save a rescue copy");
    CHECK(ui.there("Save copy"));
    ui.click("Cancel");
    ui.frames(2);
    CHECK_FALSE(ui.there("Save copy"));
}

TEST_CASE("settings hold at once and are written") {
    Driver ui({}, {1920, 1200});
    ui.click("Settings", "navigation");
    const ImU32 light = ui.app->desk().theme.colors().ground;
    ui.click("Dark");
    CHECK(ui.app->desk().theme.dark());
    CHECK(ui.app->desk().theme.colors().ground != light);
    REQUIRE(ui.saved_configs.size() == 1);
    CHECK(ui.saved_configs[0].theme == client::Theme::dark);
    ui.click("130%");
    CHECK(ui.app->desk().theme.scale() == doctest::Approx(1.3));
    ui.click("90%");
    ui.click("Sync interval");
    ui.click("Every hour");
    REQUIRE(ui.posted<client::IntervalChanged>().size() == 1);
    CHECK(ui.posted<client::IntervalChanged>()[0].seconds == 3'600);
    ui.click("Default currency");
    ui.click("USD");
    CHECK(ui.saved_configs.back().currency == "USD");
    ui.key(ImGuiKey_N, ImGuiMod_Ctrl);
    CHECK(ui.find("Currency", "drawer body").label == "Currency");
    CHECK(ui.shows("USD"));
}

TEST_CASE("settings: a theme for this run only is not written with the others, and ends when another is chosen") {
    Driver ui({}, {1920, 1200}, true);
    CHECK(ui.app->desk().theme.dark());
    ui.click("Settings", "navigation");
    ui.click("130%");
    REQUIRE(ui.saved_configs.size() == 1);
    CHECK(ui.saved_configs[0].theme == client::Theme::system);
    CHECK(ui.app->desk().theme.dark());
    ui.click("Light");
    CHECK(ui.saved_configs.back().theme == client::Theme::light);
    CHECK_FALSE(ui.app->desk().theme.dark());
}

TEST_CASE("at rest nothing is due for a minute, and a spinner turns only while bytes move") {
    Driver ui;
    ui.load({lead(1, "Asha Rao")});
    ui.show_sync(view_of(Indicator::synced, 0));
    ui.frames(5);
    CHECK(ui.app->next_frame_in_ms() >= 10'000);
    ui.show_sync(view_of(Indicator::syncing));
    ui.frames(2);
    CHECK(ui.app->next_frame_in_ms() <= 50);
}

TEST_CASE("first run: every page has a sentence and a button, and works without a server") {
    Driver ui;
    CHECK(ui.shows("A fresh start"));
    ui.click("Payments", "navigation");
    CHECK(ui.shows("No payments yet"));
    ui.click("Reminders", "navigation");
    CHECK(ui.shows("Nothing to remember"));
    ui.click("Leads", "navigation");
    CHECK(ui.shows("No leads yet"));
    ui.click("New lead", "table card");
    ui.type("Name", "Asha Rao");
    ui.click("Save");
    CHECK(ui.app->state().table(Model::lead).size() == 1);
}

TEST_CASE("a reminder that repeats leaves the next one behind, in one undo step") {
    Driver ui;
    crm::Record reminder = lead(1, "x");
    reminder.model = Model::reminder;
    reminder.fields = {};
    reminder.fields.set(crm::field(Model::reminder, "title"), std::string_view("Send the report"));
    reminder.fields.set(crm::field(Model::reminder, "reminderDate"), TestClock::kStart - 3'600'000);
    reminder.fields.set(crm::field(Model::reminder, "repeat"), std::string_view("DAILY"));
    ui.load({reminder});
    ui.click("Today", "navigation");
    ui.click("Done Send the report");
    const client::Table& all = ui.app->state().table(Model::reminder);
    REQUIRE(all.size() == 2);
    CHECK(text_of(all.at(0), "isCompleted") == "true");
    CHECK(all.at(1).fields.integer(crm::field(Model::reminder, "reminderDate")) ==
          TestClock::kStart + 23 * 3'600'000LL);
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(all.size() == 1);
    CHECK(text_of(all.at(0), "isCompleted") == "");
}
