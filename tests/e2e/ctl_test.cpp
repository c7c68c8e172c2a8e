// colortouchctl as scripts use it: what each command prints with --json, and how it ends.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "server.h"

using namespace e2e;
using nlohmann::json;

TEST_CASE("import, export, doctor and the queue: one JSON value each, and the exit code that is promised") {
    Server server;
    server.start();
    const Laptop laptop;
    const TempDir files;
    const std::string in = (files / "in.csv").string();
    const std::string out = (files / "out.csv").string();
    std::ofstream(in) << "Name;Phone;Expected value\r\nAsha;98765 43210;1,50,000\r\n;1;\r\nAgain;09876543210;\r\n";

    const json dry = laptop.json({"import", "Lead", in, "--dry-run"}, 4);
    const json report = laptop.json({"import", "Lead", in}, 4);
    CHECK(dry == report);
    CHECK(report["created"] == 1);
    CHECK(report["updated"] == 0);
    CHECK(report["skipped"] == 1);
    REQUIRE(report["rejected"].size() == 1);
    CHECK(report["rejected"][0]["line"] == 3);
    CHECK(report["rejected"][0]["reason"].is_string());
    CHECK(report.size() == 4);
    CHECK(laptop.json({"list", "Lead"})[0]["amount"] == 15'000'000);

    CHECK(laptop.json({"export", "Lead", out})["exported"] == 1);
    const json again = laptop.json({"import", "Lead", out, "--on-duplicate", "update"});
    CHECK(again == json{{"created", 0}, {"updated", 0}, {"skipped", 1}, {"rejected", json::array()}});

    struct Row {
        Arguments arguments;
        int exit_code;
        const char* code;
    };
    const Row refused[] = {
        {{"import", "Lead", (files / "none.csv").string()}, 2, "FILE_NOT_FOUND"},
        {{"import", "Leed", in}, 2, "UNKNOWN_MODEL"},
        {{"import", "Lead", in, "--on-duplicate", "merge"}, 2, "USAGE"},
        {{"import", "Lead", in, "--map", "Phone=fone"}, 2, "UNKNOWN_FIELD"},
        {{"import", "Lead", in, "--map", "Mobile=phone"}, 2, "UNKNOWN_COLUMN"},
        {{"export", "Lead", (files / "no" / "where.csv").string()}, 6, "CANNOT_WRITE"},
        {{"queue", "retry", "1a2b3c", "name=X"}, 2, "NO_SUCH_OPERATION"},
        {{"queue", "retry", "name=X"}, 2, "USAGE"},
    };
    for (const Row& row : refused) {
        CAPTURE(row.code);
        CHECK(laptop.json(row.arguments, row.exit_code)["error"]["code"] == row.code);
    }

    const json queue = laptop.json({"queue", "list"});
    CHECK(laptop.json({"queue", "export", out})["exported"] == 1);
    std::ifstream exported(out);
    std::string line;
    REQUIRE(std::getline(exported, line));
    CHECK(json::parse(line) == queue[0]);

    const auto state = [](const json& findings, const std::string& check) {
        for (const json& finding : findings) {
            if (finding["check"] == check) return finding["state"].get<std::string>();
        }
        return std::string("none");
    };
    CHECK(state(laptop.json({"doctor"}), "server") == "ok");  // none is set
    laptop.login(server);
    CHECK(laptop.ctl({"sync"}).exit_code == 0);
    const json well = laptop.json({"doctor"});
    for (const char* const check : {"permissions", "database", "side journal", "queue", "server", "clock", "sign-in"}) {
        CAPTURE(check);
        CHECK(state(well, check) == "ok");
    }
    CHECK(laptop.ctl({"logout"}).exit_code == 0);
    CHECK(state(laptop.json({"doctor"}, 5), "sign-in") == "fail");
    server.stop();
    CHECK(state(laptop.json({"doctor"}, 3), "server") == "fail");
}

TEST_CASE("what a laptop leaves out is not fetched, and comes when it is wanted again; status and doctor say so") {
    Server server;
    server.start();
    const Laptop a, b;
    a.login(server);
    b.login(server);
    const std::string lead = a.add({"lead", "name=Asha", "notes=long"});
    for (int i = 0; i < 3; ++i) (void)a.add({"payment", "leadId=" + lead, "amount=" + std::to_string(100 + i)});
    CHECK(a.ctl({"sync"}).exit_code == 0);
    const auto leave_out = [&](const std::string& list) {
        std::ofstream(b.profile() + "/config.json") << R"({"leaveOut": )" << list << "}";
    };
    leave_out(R"(["Paymnt"])");
    const Ran wrong = b.ctl({"status"});
    CHECK(wrong.exit_code != 0);
    CHECK(wrong.err.find("leaveOut") != std::string::npos);
    CHECK(wrong.err.find("Paymnt") != std::string::npos);

    leave_out(R"(["Payment", "Lead.notes"])");
    CHECK(b.ctl({"sync"}).exit_code == 0);
    CHECK(b.json({"list", "payment"}).empty());
    CHECK(b.json({"get", "lead", lead}).value("notes", json()).is_null());
    CHECK(b.json({"status"})["leftOut"] == json{"Lead.notes", "Payment"});
    CHECK(b.json({"status"})["catchingUp"].empty());
    CHECK(b.ctl({"doctor"}).out.find("Lead.notes, Payment: not kept up to date") != std::string::npos);
    (void)b.add({"payment", "leadId=" + lead, "amount=999"});
    CHECK(b.ctl({"sync"}).exit_code == 0);
    CHECK(a.ctl({"sync"}).exit_code == 0);
    CHECK(a.json({"list", "payment"}).size() == 4);
    CHECK(b.json({"verify"})["differing"] == 0);

    leave_out("[]");
    CHECK(b.json({"status"})["catchingUp"] == json{"Lead.notes", "Payment"});
    CHECK(b.ctl({"sync"}).exit_code == 0);
    CHECK(b.json({"status"})["catchingUp"].empty());
    CHECK(b.json({"list", "payment"}).size() == 4);
    CHECK(b.json({"get", "lead", lead})["notes"] == "long");
    CHECK(a.shown() == b.shown());
}

TEST_CASE("another user signs in over unsent edits only when they are to be discarded") {
    Server server;
    server.start();
    REQUIRE(
        server.command({"user", "add", "--email", "ravi@example.com", "--name", "Ravi", "--role", "MANAGER"}, kPassword)
            .exit_code == 0);
    const Laptop laptop;
    laptop.login(server);
    (void)laptop.add({"lead", "name=Unsent"});
    const Arguments other{"login", "--server", server.url(), "--email", "ravi@example.com"};
    const Ran refused = laptop.ctl(other, kPassword);
    CHECK(refused.exit_code != 0);
    CHECK(refused.err.find("rescue save") != std::string::npos);
    CHECK(refused.err.find("--discard-unsent") != std::string::npos);
    CHECK(laptop.json({"list", "lead"}).size() == 1);
    Arguments discard = other;
    discard.push_back("--discard-unsent");
    CHECK(laptop.ctl(discard, kPassword).exit_code == 0);
    CHECK(laptop.json({"list", "lead"}).empty());
    CHECK(laptop.json({"status"})["pending"] == 0);
}
