// The debug sync inspector: each tab shows what the worker told, and asks for what it needs.
#include <doctest/doctest.h>

#include <algorithm>

#include "client/request_log.h"
#include "crm/tables.h"
#include "driver.h"
#include "sync/stamp.h"
#include "ui/inspector_json.h"
#include "ui/inspector_parts.h"

using namespace ct;
using namespace ct::test;
using client::inspect::Answer;
using client::inspect::Look;
using crm::Model;

namespace {

Look a_look() {
    Look look;
    look.now = TestClock::kStart;
    look.steady = 100'000;
    look.engine.interval_ms = 300'000;
    look.engine.due = 134'000;
    look.schema = 4;
    look.sqlite_version = "3.46.1";
    look.next_sequence = 41;
    look.commands.high_water = 17;
    look.since_last_us = 250'000;
    look.worker_busy_us = 25'000;
    look.commits.add(12'000);
    return look;
}

void tell(Driver& ui, Look look) { ui.send(Answer(std::make_shared<const Look>(std::move(look)))); }

/// The inspector on that tab, with a first look.
void open_on(Driver& ui, const char* tab) {
    client::SyncView view;
    view.server_url = "https://crm.example.com";
    view.indicator = client::Indicator::pending;
    view.device_id = "device-7";
    view.epoch = "epoch-1";
    view.cursor = "c41";
    ui.show_sync(view);
    ui.key(ImGuiKey_F12);
    tell(ui, a_look());
    ui.click(tab);
}

template <class Question>
std::vector<Question> asked(const Driver& ui) {
    std::vector<Question> found;
    for (const auto& question : ui.posted<client::inspect::Question>()) {
        if (const auto* one = std::get_if<Question>(&question)) found.push_back(*one);
    }
    return found;
}

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

std::shared_ptr<client::RequestSeen> request(std::uint64_t number, const char* what, int status) {
    auto seen = std::make_shared<client::RequestSeen>();
    seen->number = number;
    seen->what = what;
    seen->method = "POST";
    seen->path = "/api/sync/push";
    seen->began_at = TestClock::kStart + static_cast<UnixMs>(number) * 100;
    seen->status = status;
    seen->traffic.connect_us = 1'500;
    seen->traffic.send_us = 200;
    seen->traffic.wait_us = 41'000;
    seen->traffic.receive_us = 300;
    seen->traffic.total_us = 43'500;
    seen->traffic.bytes_sent = 900;
    if (status == 0) {
        seen->failure = "refused";
        seen->detail = "connect to 10.0.0.2:8787: Connection refused";
    }
    return seen;
}

void tell_requests(Driver& ui, std::vector<std::shared_ptr<const client::RequestSeen>> seen) {
    ui.send(Answer(client::inspect::Requests{std::move(seen)}));
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

TEST_CASE("inspector, requests: a pull's answer tried on a copy") {
    Driver ui;
    open_on(ui, "Requests");
    auto pull = request(3, "pull", 200);
    pull->with_bodies = true;
    auto kept = request(4, "pull", 200);
    kept->page = std::make_shared<const std::string>("{}");
    tell_requests(ui, {request(1, "push", 200), pull, kept});
    ui.click("request 1");
    CHECK_FALSE(ui.there("On a copy"));
    ui.click("request 3");
    ui.click("On a copy");
    CHECK(ui.shows("the answer was not kept"));
    ui.click("request 4");
    ui.click("Try on a copy");
    REQUIRE(asked<client::inspect::TryPage>(ui).size() == 1);
    CHECK(asked<client::inspect::TryPage>(ui)[0].seen == kept);
    CHECK(ui.find("Trying …").disabled);
    auto tried = std::make_shared<client::inspect::PageTried>();
    tried->request = 4;
    tried->rows = 12;
    tried->cursor_before = "c41";
    tried->page_from = "c40";
    tried->cursor_after = "c52";
    tried->unsettled_before = tried->unsettled_after = 2;
    SUBCASE("with what would change") {
        tried->fits = false;
        tried->models[0] = {1, 2, 0, 9, 0, 0};
        tried->models[1].orphans_after = 1;
        tried->differences.push_back({Model::lead,
                                      id_of(7),
                                      client::inspect::PageTried::Effect::changed,
                                      3,
                                      5,
                                      {crm::field_id(Model::lead, "status")}});
        ui.send(Answer(std::shared_ptr<const client::inspect::PageTried>(tried)));
        CHECK(ui.shows("It changes 3 records"));
        CHECK(ui.shows("does not begin where this laptop is"));
        CHECK(ui.shows("c40"));
        CHECK(ui.shows("c52"));
        CHECK(ui.shows("2, as before"));
        CHECK(ui.shows("0 before, 1 after"));
        CHECK(ui.shows("3 → 5: status"));
        CHECK_FALSE(ui.find("Try on a copy").disabled);
        ui.click("request 3");  // the result is that one's alone
        CHECK_FALSE(ui.shows("It changes 3 records"));
    }
    SUBCASE("that it cannot be applied") {
        tried->error = Error{ErrorKind::corrupt, "MALFORMED", "rows: not a list", {}};
        ui.send(Answer(std::shared_ptr<const client::inspect::PageTried>(tried)));
        CHECK(ui.shows("MALFORMED: rows: not a list"));
    }
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

TEST_CASE("inspector, records: memory compared with the database, what differs looked at twice, and read again") {
    Driver ui;
    ui.load({lead(1, "Asha Rao"), lead(2, "Bo"), lead(3, "Cy")});
    open_on(ui, "Records");
    ui.click("Compare memory");
    REQUIRE(asked<client::inspect::ReadMirror>(ui).size() == 1);
    CHECK(ui.shows("0 of 3 records"));
    const auto digest = [&](std::uint64_t number, const char* name) {
        return std::pair(lead(number, "").id, client::inspect::digest_of(lead(number, name)));
    };
    client::inspect::MirrorPart leads;
    leads.ticket = asked<client::inspect::ReadMirror>(ui)[0].ticket;
    leads.last = true;
    bool same = false, settled = false;
    SUBCASE("all the same") { same = true; }
    SUBCASE("not the same, and it stays so") {}
    SUBCASE("not the same, but an edit had come between") { settled = true; }
    leads.records = {digest(1, "Asha Rao"), digest(2, "Bob"), digest(9, "Nobody")};
    if (same) leads.records = {digest(1, "Asha Rao"), digest(2, "Bo"), digest(3, "Cy")};
    for (const auto& [id, of] : leads.records) leads.ids.push_back(id);
    ui.send(Answer(leads));
    for (const crm::ModelDef& model : crm::models()) {
        if (model.model == Model::lead) continue;
        client::inspect::MirrorPart none;
        none.ticket = leads.ticket;
        none.model = model.model;
        none.last = true;
        ui.send(Answer(none));
    }
    ui.frames(3);
    if (same) {
        CHECK(ui.shows("3 records, all the same"));
        CHECK(asked<client::inspect::ReadDigests>(ui).empty());
        CHECK_FALSE(ui.there("Read again"));
        return;
    }
    REQUIRE(asked<client::inspect::ReadDigests>(ui).size() == 1);
    const auto suspects = asked<client::inspect::ReadDigests>(ui)[0].records;
    CHECK(suspects.size() == 3);  // one is not the same, one is not in memory, one is not in the database
    client::inspect::DigestsRead again;
    again.records = {{Model::lead, lead(2, "").id, digest(2, "Bob").second},
                     {Model::lead, lead(9, "").id, digest(9, "Nobody").second},
                     {Model::lead, lead(3, "").id, std::nullopt}};
    if (settled) {
        again.records = {{Model::lead, lead(2, "").id, digest(2, "Bo").second},
                         {Model::lead, lead(9, "").id, std::nullopt},
                         {Model::lead, lead(3, "").id, digest(3, "Cy").second}};
    }
    ui.send(Answer(again));
    ui.frames(3);
    if (settled) {
        CHECK(ui.shows("3 records, all the same"));
        CHECK_FALSE(ui.there("Read again"));
        return;
    }
    CHECK(ui.shows("3 records: 1 missing, 1 different, 1 too many"));
    ui.click("Read again", "IS ALL");
    REQUIRE(asked<client::inspect::ShowAgain>(ui).size() == 1);
    CHECK(asked<client::inspect::ShowAgain>(ui)[0].records.size() == 3);
}

TEST_CASE("inspector, records: many are compared over many frames, a slice with each") {
    constexpr std::uint64_t kLeads = 100'000;
    Driver ui;
    std::vector<crm::Record> leads;
    client::inspect::MirrorPart part;
    part.last = true;
    for (std::uint64_t i = 1; i <= kLeads; ++i) {
        leads.push_back(lead(i, "Asha Rao of Pune"));
        part.records.emplace_back(leads.back().id, client::inspect::digest_of(leads.back()));
        part.ids.push_back(leads.back().id);
    }
    ui.load(std::move(leads));
    ui::MirrorCheck check;
    ui::Desk& desk = ui.app->desk();
    check.begin(desk);
    check.take(client::inspect::MirrorPart(part));  // of an earlier one, which was let go
    part.ticket = asked<client::inspect::ReadMirror>(ui).back().ticket;
    CHECK(check.total() == static_cast<std::int64_t>(kLeads));
    check.take(std::move(part));
    std::vector<std::int64_t> slices_us;
    std::int64_t before = 0;
    while (check.compared() < static_cast<std::int64_t>(kLeads)) {
        const std::int64_t begun = client::inspect::steady_us();
        check.go_on(desk);
        slices_us.push_back(client::inspect::steady_us() - begun);
        REQUIRE(check.compared() > before);
        before = check.compared();
    }
    std::sort(slices_us.begin(), slices_us.end());
    MESSAGE(slices_us.size() << " slices, half of them under " << slices_us[slices_us.size() / 2] << " us, the longest "
                             << slices_us.back() << " us");
    CHECK(slices_us.size() > 3);
    CHECK(slices_us[slices_us.size() / 2] < 4'000);  // the longest is the machine's matter
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
