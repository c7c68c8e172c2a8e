// The debug sync inspector: each tab shows what the worker told, and asks for what it needs.
#include <doctest/doctest.h>

#include <algorithm>

#include "client/request_log.h"
#include "crm/tables.h"
#include "inspector_support.h"
#include "sync/stamp.h"
#include "ui/inspector_json.h"
#include "ui/inspector_parts.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

store::QueueItem item(std::uint64_t number, sync::QueueState state) {
    store::QueueItem made;
    sync::Operation& operation = made.queued.operation;
    operation.id = id_of(number);
    operation.record = lead(number, "").id;
    operation.base = 7;
    operation.stamp = sync::format_stamp(TestClock::kStart, 2, "device-7");
    operation.changes.set(crm::field_id(Model::lead, "name"), std::string("Asha Rao"));
    operation.changes.set(crm::field_id(Model::lead, "status"), std::string("CONVERTED"));
    made.queued.before.set(crm::field_id(Model::lead, "status"), std::string("PENDING"));
    made.queued.state = state;
    made.queued.created_at = TestClock::kStart - 3'600'000 * 5;
    made.bytes = 321;
    return made;
}

void tell_queue(Driver& ui, std::vector<store::QueueItem> items) {
    auto listed = std::make_shared<client::inspect::QueueListed>();
    listed->look.total = static_cast<std::int64_t>(items.size());
    listed->look.items = std::move(items);
    ui.send(Answer(std::shared_ptr<const client::inspect::QueueListed>(std::move(listed))));
    ui.frames(2);
}

std::string clipboard() { return ImGui::GetClipboardText() == nullptr ? "" : ImGui::GetClipboardText(); }

}  // namespace

TEST_CASE("F12 opens the inspector and closes it; closed it asks for nothing") {
    Driver ui;
    ui.frames(30);
    CHECK(ui.posted<client::inspect::Question>().empty());
    ui.key(ImGuiKey_F12);
    REQUIRE(asked<client::inspect::Open>(ui).size() == 1);
    CHECK(asked<client::inspect::Open>(ui)[0].on);
    CHECK(asked<client::inspect::LookNow>(ui).size() == 1);  // and no second before it was answered
    CHECK(asked<client::inspect::ListQueue>(ui).size() == 1);
    CHECK(ui.shows("Sync inspector"));
    CHECK_FALSE(ui.there("Leads"));  // it covers everything
    ui.key(ImGuiKey_F5);
    CHECK(ui.posted<client::SyncNow>().size() == 1);
    SUBCASE("by the key") { ui.key(ImGuiKey_F12); }
    SUBCASE("by its button") { ui.click("Close the inspector"); }
    REQUIRE(asked<client::inspect::Open>(ui).size() == 2);
    CHECK_FALSE(asked<client::inspect::Open>(ui)[1].on);
    ui.commands.clear();
    ui.frames(30);
    CHECK(ui.posted<client::inspect::Question>().empty());
    CHECK(ui.there("Leads"));
}

TEST_CASE("the palette knows the inspector") {
    Driver ui;
    ui.key(ImGuiKey_K, ImGuiMod_Ctrl);
    ImGui::GetIO().AddInputCharactersUTF8("inspector");
    ui.frames(3);
    ui.key(ImGuiKey_Enter);
    CHECK(ui.app->inspector().is_open());
}

TEST_CASE("inspector, overview: what it waits for, until when and why, and who this laptop is") {
    Driver ui;
    open_on(ui, "Overview");
    CHECK(ui.shows("Waiting for the next round, until"));
    CHECK(ui.shows("(in 3"));
    CHECK(ui.shows("every 5 min when nothing else asks for one"));
    CHECK(ui.shows("device-7"));
    CHECK(ui.shows("c41"));
    CHECK(ui.shows("41 operations"));
    CHECK(ui.shows("format 4, SQLite 3.46.1"));
    Look away = a_look();
    away.engine.obstacle = sync::Obstacle::server_away;
    away.engine.failures = 4;
    tell(ui, away);
    client::SyncView view = ui.app->state().sync();
    view.queue.operations = view.queue.records = view.queue.sendable = 3;
    view.oldest_unsent_at = TestClock::kStart - 49 * 3'600'000;
    view.reason = "The server does not answer: Connection refused";
    view.attempts_in_vain = 4;
    view.clock_offset_ms = -7'200'000;
    ui.show_sync(view);
    CHECK(ui.shows("the server does not answer, 4 attempts in vain"));
    CHECK(ui.shows("3 edits of 3 records"));
    CHECK(ui.shows("2 d, made"));
    CHECK(ui.shows("4 rounds in a row sent nothing"));
    CHECK(ui.shows("(-7200000 ms)"));
    store::SyncHistoryRow row;
    row.started_at = TestClock::kStart;
    row.outcome = "OFFLINE";
    row.bytes_sent = 2'000;
    ui.send(Answer(client::inspect::RoundsListed{{row, row}}));
    CHECK(ui.shows("2 rounds, 4 kB sent"));
}

TEST_CASE("inspector, queue: every operation, and what is parked behind what") {
    Driver ui;
    open_on(ui, "Queue");
    CHECK(ui.shows("Reading the queue"));
    store::QueueItem refused = item(1, sync::QueueState::error);
    refused.queued.error_code = "INVALID_FIELD";
    refused.queued.error_message = "status: not a choice";
    refused.queued.retry_count = 2;
    store::QueueItem parked = item(2, sync::QueueState::parked);
    parked.behind = refused.queued.operation.id;
    parked.behind_record = refused.queued.operation.record;
    tell_queue(ui, {refused, parked});
    CHECK(ui.shows("2 EDITS"));
    CHECK(ui.shows("INVALID_FIELD: status: not a choice"));
    CHECK(ui.shows("321 B"));
    CHECK(ui.shows("5 h"));
    CHECK(asked<client::inspect::FindRecord>(ui).size() == 1);

    SUBCASE("names are hidden until they are wanted") {
        CHECK_FALSE(ui.shows("Asha Rao"));
        CHECK(ui.shows("Converted"));
        ui.click("Show personal data");
        CHECK(ui.shows("Asha Rao"));
    }
    SUBCASE("from the parked one to what it waits for") {
        ui.click(ui::short_id(parked.queued.operation.id));
        CHECK(ui.shows("Parked behind Update Lead"));
        ui.click("Show what it waits for");
        CHECK(ui.shows("INVALID_FIELD: status: not a choice"));
    }
    SUBCASE("retry and discard") {
        ui.click("Retry");
        REQUIRE(ui.posted<client::RetryOperation>().size() == 1);
        CHECK(ui.posted<client::RetryOperation>()[0].mended.empty());
        ui.click("Discard");
        CHECK(ui.posted<client::DiscardOperation>().size() == 1);
    }
    SUBCASE("mended: only what was typed anew goes") {
        ui.click("Edit");
        ui.type("Mend Status", "PENDING");
        ui.click("Send mended");
        const auto sent = ui.posted<client::RetryOperation>();
        REQUIRE(sent.size() == 1);
        REQUIRE(sent[0].mended.fields.size() == 1);
        CHECK(std::get<std::string>(*sent[0].mended.find(crm::field_id(Model::lead, "status"))) == "PENDING");
    }
    SUBCASE("mended with nonsense: said, and nothing goes") {
        ui.click("Edit");
        ui.type("Mend Status", "PERHAPS");
        ui.click("Send mended");
        CHECK(ui.posted<client::RetryOperation>().empty());
    }
    SUBCASE("as JSON") {
        ui.click("Copy all as JSON");
        const std::string copied = clipboard();
        CHECK(std::count(copied.begin(), copied.end(), '\n') == 2);
        CHECK(clipboard().find("\"state\":\"PARKED\"") != std::string::npos);
    }
    SUBCASE("what became one") {
        auto found = std::make_shared<client::inspect::RecordFound>();
        found->id = refused.queued.operation.record;
        for (int i = 0; i < 3; ++i) {
            store::AuditRow row;
            row.at = TestClock::kStart - 3 + i;
            row.what = i == 0 ? "CREATE" : "UPDATE";
            row.operation = i == 0 ? refused.queued.operation.id : id_of(90 + static_cast<std::uint64_t>(i));
            found->look.audit.push_back(row);
        }
        ui.send(Answer(std::shared_ptr<const client::inspect::RecordFound>(std::move(found))));
        CHECK(ui.shows("3 EDITS BECAME THIS ONE"));
    }
    SUBCASE("to its record") {
        ui.click("Record");
        CHECK(ui.shows("SERVER, AS LAST TOLD"));
    }
}

TEST_CASE("inspector, requests: times, sizes and failures; bodies with names hidden") {
    Driver ui;
    open_on(ui, "Requests");
    CHECK(ui.shows("No request yet"));
    auto push = request(2, "push", 200);
    push->with_bodies = true;
    push->request_bytes = 400;
    push->traffic.body_sent = 120;
    push->request_headers = {{"Authorization", "(not shown)"}};
    push->request_body =
        R"({"protocol":1,"operations":[{"id":"o1","model":"Lead","data":{"name":"Asha Rao","status":"PENDING"}}]})";
    tell_requests(ui, {request(1, "probe", 0), push});
    CHECK(ui.shows("Refused"));
    CHECK(ui.shows("44 ms"));
    CHECK(ui.shows("400 B as 120 B"));
    CHECK(ui.shows("Wait"));
    CHECK(ui.shows("41 ms"));
    ui.click("request 1");
    CHECK(ui.shows("Connection refused"));
    ui.click("Sent");
    CHECK(ui.shows("before the inspector was opened"));
    ui.click("request 2");
    CHECK(ui.shows("(not shown)"));
    CHECK(ui.shows("PENDING"));
    CHECK_FALSE(ui.shows("Asha Rao"));
    ui.click("Show personal data");
    CHECK(ui.shows("Asha Rao"));
    ui.click("json operations");  // folds it
    CHECK_FALSE(ui.shows("Asha Rao"));
    ui.click("Failed");
    CHECK_FALSE(ui.there("request 2"));
    CHECK(ui.there("request 1"));
}

TEST_CASE("inspector, threads: rings, occupation and times") {
    Driver ui;
    open_on(ui, "Threads");
    tell(ui, a_look());
    CHECK(ui.shows("0 now, 17 at most"));
    CHECK(ui.shows("Worker: 10 %"));
    CHECK(ui.shows("1, on average 12 ms, longest 12 ms"));
    CHECK(ui.shows("Nothing was answered since the start"));
    CHECK(ui.shows("To the worker:"));
    CHECK(ui.shows("Built in"));
}

TEST_CASE("inspector, records: memory, database and server side by side") {
    Driver ui;
    ui.load({lead(1, "Asha Rao"), lead(2, "Bo")});
    open_on(ui, "Records");
    ui.type("Find record", "asha");
    ui.click(std::string("Lead ") + ui::short_id(lead(1, "").id) + "  •••");
    REQUIRE(asked<client::inspect::FindRecord>(ui).size() == 1);
    auto found = std::make_shared<client::inspect::RecordFound>();
    found->id = lead(1, "").id;
    found->look.stored = lead(1, "Asha Rao");
    found->look.shadow = lead(1, "Asha R");
    found->look.shadow->version = 6;
    found->look.queue.push_back(item(1, sync::QueueState::queued));
    store::AuditRow row;
    row.what = "UPDATE";
    row.at = TestClock::kStart;
    row.after.set(crm::field_id(Model::lead, "status"), std::string("CONVERTED"));
    found->look.audit.push_back(row);
    ui.send(Answer(std::shared_ptr<const client::inspect::RecordFound>(std::move(found))));
    CHECK(ui.shows("status = Converted"));
    CHECK_FALSE(ui.shows("Asha R"));
    ui.click("Show personal data");
    CHECK(ui.shows("Asha Rao"));
    ui.click("Ask the server");
    REQUIRE(asked<client::inspect::AskServer>(ui).size() == 1);
    auto said = std::make_shared<client::inspect::ServerSaid>();
    said->id = lead(1, "").id;
    said->record = lead(1, "Somebody else");
    ui.send(Answer(std::shared_ptr<const client::inspect::ServerSaid>(std::move(said))));
    CHECK(ui.shows("Somebody else"));
}

TEST_CASE("inspector, records: the mirror against the server, with repair") {
    Driver ui;
    open_on(ui, "Records");
    ui.click("Compare with server");
    ui.click("Repair");
    const auto sent = ui.posted<client::VerifyNow>();
    REQUIRE(sent.size() == 2);
    CHECK_FALSE(sent[0].repair);
    CHECK(sent[1].repair);
    client::SyncFinished finished;
    finished.row.outcome = "done";
    finished.verify = sync::VerifyCounts{true, 500, 3, 3};
    ui.send(finished);
    CHECK(ui.shows("500 records compared, 3 different, 3 fetched again"));
}

TEST_CASE("inspector, decisions: what waits for a person, and what was decided without") {
    Driver ui;
    open_on(ui, "Decisions");
    CHECK_FALSE(ui.posted<client::ListConflicts>().empty());
    CHECK(ui.shows("Nobody is asked"));
    store::Conflict conflict;
    conflict.queued = item(1, sync::QueueState::conflict).queued;
    conflict.theirs = lead(1, "Bo");
    conflict.theirs.version = 12;
    store::ConflictField field;
    field.field = crm::field_id(Model::lead, "status");
    field.base = std::string("PENDING");
    field.mine = std::string("CONVERTED");
    field.theirs = std::string("REJECTED");
    field.clashes = true;
    conflict.fields = {field};
    ui.send(client::ConflictsListed{{conflict}});
    store::AuditRow row;
    row.what = "SUPERSEDED";
    row.before.set(crm::field_id(Model::lead, "tag"), std::string("HOT"));
    ui.send(client::DecisionsListed{{row}});
    CHECK(ui.shows("Rejected"));
    CHECK(ui.shows("12"));
    ui.click("Decided by rule (1)");
    CHECK(ui.shows("Ours lost"));
    CHECK(ui.shows("tag = Hot"));
    ui.click("Decide them");
    CHECK_FALSE(ui.app->inspector().is_open());
    CHECK(ui.app->desk().page == ui::Page::conflicts);
}

TEST_CASE("inspector, log: level, filter, and what comes later") {
    Driver ui;
    open_on(ui, "Log");
    REQUIRE(asked<client::inspect::ReadLog>(ui).size() == 1);
    CHECK(asked<client::inspect::ReadLog>(ui)[0].from == -1);
    const std::string lines = R"(time=2026-11-27T12:00:01.250+0000 level=info msg="synced: 3 sent")"
                              "\n"
                              R"(time=2026-11-27T12:00:02.250+0000 level=warning msg="the clock was moved")"
                              "\n"
                              R"(time=2026-11-27T12:00:03.250+0000 level=error msg="the disk is full")"
                              "\n";
    ui.send(Answer(client::inspect::LogRead{0, static_cast<std::int64_t>(lines.size()), lines}));
    CHECK(ui.shows("2026-11-27 12:00:01.250"));
    CHECK(ui.shows("synced: 3 sent"));
    ui.click("Warnings");
    CHECK_FALSE(ui.shows("synced: 3 sent"));
    CHECK(ui.shows("the clock was moved"));
    ui.click("Errors");
    CHECK_FALSE(ui.shows("the clock was moved"));
    ui.click("All");
    ui.type("Log filter", "CLOCK");
    CHECK_FALSE(ui.shows("the disk is full"));
    CHECK(ui.shows("the clock was moved"));
    ui.type("Log filter", "");
    ui.send(Answer(client::inspect::LogRead{static_cast<std::int64_t>(lines.size()), 500,
                                            "time=2026-11-27T12:00:04.250+0000 level=info msg=later\n"}));
    CHECK(ui.shows("later"));
    CHECK(ui.shows("synced: 3 sent"));
}

TEST_CASE("inspector, SQL: asked, answered, refused, and copied as CSV") {
    Driver ui;
    open_on(ui, "SQL");
    ui.type("Query", "SELECT a, b FROM t");
    ui.click("Run");
    REQUIRE(asked<client::inspect::RunQuery>(ui).size() == 1);
    CHECK(asked<client::inspect::RunQuery>(ui)[0].sql == "SELECT a, b FROM t");
    CHECK(ui.find("Running …").disabled);
    auto done = std::make_shared<client::inspect::QueryDone>();
    done->result.columns = {"a", "b"};
    done->result.numeric = {true, false};
    done->result.rows = {{"1", "x, \"y\""}, {std::nullopt, "z"}};
    done->result.took_us = 420;
    done->result.personal = false;
    ui.send(Answer(std::shared_ptr<const client::inspect::QueryDone>(std::move(done))));
    CHECK(ui.shows("2 rows in 0.42 ms"));
    CHECK(ui.shows("NULL"));
    ui.click("Copy as CSV");
    CHECK(clipboard() == "a,b\r\n1,\"x, \"\"y\"\"\"\r\n,z\r\n");
    ui.click("Run");
    auto refused = std::make_shared<client::inspect::QueryDone>();
    refused->error = Error{ErrorKind::denied, "ONLY_READING", "only reading is allowed here", {}};
    ui.send(Answer(std::shared_ptr<const client::inspect::QueryDone>(std::move(refused))));
    CHECK(ui.shows("only reading is allowed here"));
    CHECK_FALSE(ui.find("Run").disabled);
    ui.click("Examples");
    ui.click("Refused edits");
    ui.click("Run");
    CHECK(asked<client::inspect::RunQuery>(ui).back().sql.find("errorMessage") != std::string::npos);
}

TEST_CASE("inspector, SQL: what people typed is hidden until it is asked for, on the screen and in the copy") {
    Driver ui;
    open_on(ui, "SQL");
    auto done = std::make_shared<client::inspect::QueryDone>();
    done->result.columns = {"name", "amount"};
    done->result.numeric = {false, true};
    done->result.rows = {{"Asha Rao", "150000"}, {"Ravi", std::nullopt}};
    ui.send(Answer(std::shared_ptr<const client::inspect::QueryDone>(std::move(done))));
    CHECK_FALSE(ui.shows("Asha Rao"));
    CHECK_FALSE(ui.shows("150000"));
    CHECK(ui.shows("Hidden: it reads what people typed"));
    ui.click("Copy as CSV");
    CHECK(clipboard() == "name,amount\r\n•••,•••\r\n•••,\r\n");
    ui.click("Show what is hidden");
    CHECK(ui.shows("Asha Rao"));
    CHECK(ui.shows("150000"));
    ui.click("Copy as CSV");
    CHECK(clipboard() == "name,amount\r\nAsha Rao,150000\r\nRavi,\r\n");
    ui.click("Show personal data");
    CHECK_FALSE(ui.shows("Asha Rao"));
}

TEST_CASE("inspector, SQL: Ctrl+Enter in the field runs it, once") {
    Driver ui;
    open_on(ui, "SQL");
    ui.type("Query", "SELECT 1");
    ui.key(ImGuiKey_Enter, ImGuiMod_Ctrl);
    REQUIRE(asked<client::inspect::RunQuery>(ui).size() == 1);
    CHECK(asked<client::inspect::RunQuery>(ui)[0].sql == "SELECT 1");
}

TEST_CASE("inspector: Esc closes what is open in it first, then it; Ctrl with + - 0 zooms") {
    Driver ui;
    open_on(ui, "SQL");
    ui.type("Query", "SELECT 1");
    ui.key(ImGuiKey_Escape);
    CHECK(ui.there("Close the inspector"));  // the field let go of the keyboard
    ui.click("Examples");
    ui.key(ImGuiKey_Escape);
    CHECK_FALSE(ui.there("Refused edits"));
    CHECK(ui.there("Close the inspector"));
    ui.key(ImGuiKey_Equal, ImGuiMod_Ctrl);
    CHECK(ui.app->desk().config.scale > 1.1F);
    ui.key(ImGuiKey_0, ImGuiMod_Ctrl);
    CHECK(ui.app->desk().config.scale == 1.0F);
    ui.key(ImGuiKey_Escape);
    CHECK_FALSE(ui.there("Close the inspector"));
}

TEST_CASE("inspector, link: a simulated one is told loudly everywhere; nonsense is not simulated") {
    Driver ui;
    open_on(ui, "Link and export");
    ui.type("Weather", "latency=perhaps");
    ui.click("Simulate");
    CHECK(ui.posted<client::SimulateLink>().empty());
    ui.click("Village, 2G");
    ui.click("Simulate");
    REQUIRE(ui.posted<client::SimulateLink>().size() == 1);
    const net::LinkWeather weather = ui.posted<client::SimulateLink>()[0].weather;
    CHECK(weather.latency_ms == 700);
    client::SyncView view = ui.app->state().sync();
    view.simulated_link = net::in_words(weather);
    ui.show_sync(view);
    CHECK(ui.shows("On: " + view.simulated_link));
    ui.key(ImGuiKey_F12);
    CHECK(ui.shows("Simulated link: " + view.simulated_link));
    ui.key(ImGuiKey_F12);
    ui.click("Switch off");
    CHECK_FALSE(ui.posted<client::SimulateLink>().back().weather.any());
}

TEST_CASE("inspector, export: asked for, refused, done") {
    Driver ui;
    open_on(ui, "Link and export");
    ui.type("Diagnostics file", "/tmp/d.zst");
    ui.click("Export diagnostics");
    REQUIRE(ui.posted<client::ExportDiagnostics>().size() == 1);
    CHECK(ui.posted<client::ExportDiagnostics>()[0].file == "/tmp/d.zst");
    CHECK(ui.find("Exporting …").disabled);
    ui.send(client::DiagnosticsFailed{{ErrorKind::disk, "DISK_FULL", "the disk is full", {}}});
    CHECK(ui.shows("the disk is full"));
    ui.click("Export diagnostics");
    ui.send(client::DiagnosticsDone{"/tmp/d.zst", {1'500, 40, 7, 3}});
    CHECK(ui.shows("40 steps of the engine, 7 lines of the log"));
}

TEST_CASE("json_lines: a tree that hides what people typed, also of a body that was cut") {
    bool whole = false;
    const auto line_of = [](const std::vector<ui::JsonLine>& lines, std::string_view key) {
        const auto at = std::find_if(lines.begin(), lines.end(), [&](const auto& line) { return line.key == key; });
        REQUIRE(at != lines.end());
        return *at;
    };
    const auto page = ui::json_lines(
        R"({"cursor":"c1","changes":[{"model":"Lead","fields":["name","status","labels"],)"
        R"("rows":[["id1",7,"Asha","PENDING",["vip"]]]}],"somethingNew":"text","user":{"email":"a@b.c","role":"ADMIN"}})",
        &whole);
    CHECK(whole);
    CHECK_FALSE(line_of(page, "cursor").hidden);
    CHECK(line_of(page, "status").value == "\"PENDING\"");
    CHECK_FALSE(line_of(page, "status").hidden);
    CHECK_FALSE(line_of(page, "version").hidden);
    CHECK(line_of(page, "name").hidden);
    CHECK(line_of(page, "name").value == "\"Asha\"");
    CHECK(line_of(page, "somethingNew").hidden);
    CHECK(line_of(page, "email").hidden);
    CHECK_FALSE(line_of(page, "role").hidden);
    for (const ui::JsonLine& line : page) {
        if (line.value == "\"vip\"") CHECK(line.hidden);
    }
    CHECK(page.front().end == page.size());
    const auto cut = ui::json_lines(R"({"operations":[{"id":"o1","data":{"name":"Ash)", &whole);
    CHECK_FALSE(whole);
    CHECK(line_of(cut, "id").value == "\"o1\"");
    CHECK(cut.front().end == cut.size());
    CHECK(ui::json_lines("<html>", &whole).empty());
    CHECK_FALSE(whole);
}

TEST_CASE("the inspector fits small windows, light and dark") {
    for (const bool dark : {false, true}) {
        Driver ui({}, {1024, 640}, dark);
        open_on(ui, "Overview");
        for (const char* tab : {"Queue", "Requests", "Threads", "Records", "Decisions", "Log", "SQL", "Overview"}) {
            ui.click(tab);
            const Item close = ui.find("Close the inspector");
            CHECK(close.max.x <= 1024);
        }
    }
}
