// The way by hand of the README: two laptops, one server, work done without it.
#include <doctest/doctest.h>

#include "server.h"

using namespace e2e;
using nlohmann::json;

namespace {

/// A day's work on `laptop`, with the server down.
struct Work {
    std::string asha, ravi, payment, reminder;
};

Work work_offline(const Laptop& laptop) {
    Work work;
    work.asha =
        laptop.add({"lead", "name=Asha Rao", "phone=+91 98765 43210", "city=पुणे", "amount=15000050", "labels=red,blue"});
    work.ravi = laptop.add({"Lead", "name=Ravi", "notes=first line", "email=ravi@example.com"});
    const std::string typo = laptop.add({"lead", "name=Typo"});
    work.payment = laptop.add({"payments", "leadId=" + work.asha, "amount=50000", "method=upi", "dueDate=2026-12-01"});
    work.reminder = laptop.add({"reminder", "title=Call", "reminderDate=2026-11-24T10:00:00Z", "leadId=" + work.ravi});
    const std::string done = laptop.add({"reminder", "title=Done", "reminderDate=2026-11-20"});
    (void)laptop.add({"note", "leadId=" + work.asha, "text=Called, wants two coats"});

    CHECK(laptop.ctl({"set", "lead", work.ravi, "status=follow up", "notes="}).exit_code == 0);
    CHECK(laptop.ctl({"set", "payment", work.payment, "status=COMPLETED", "paidAt=2026-11-23"}).exit_code == 0);
    CHECK(laptop.ctl({"rm", "lead", typo}).exit_code == 0);
    CHECK(laptop.ctl({"rm", "reminder", done}).exit_code == 0);
    return work;
}

void check_offline(const Laptop& laptop) {
    const json error = laptop.json({"sync"}, 3);
    CHECK(error["error"]["code"].is_string());
    CHECK(error["error"]["message"].get<std::string>().find("kept in the queue") != std::string::npos);
    const json status = laptop.json({"status"});
    CHECK(status["state"] == "offline");
    CHECK(status["pending"].get<int>() > 0);
    CHECK(status["lastSyncAt"].is_null());
}

}  // namespace

TEST_CASE("what one laptop did without the server shows on the other") {
    Server server;
    const Laptop a;
    const Laptop b;
    server.start();
    a.login(server);
    b.login(server);
    server.stop();

    const Work work = work_offline(a);
    check_offline(a);
    const json queued = a.json({"queue", "list"});
    check_offline(a);  // each command is a process of its own: the queue was kept over its end
    CHECK(a.json({"queue", "list"}).size() == queued.size());
    const json before = a.shown();
    CHECK(before.size() == 5);
    CHECK(before[work.ravi]["notes"].is_null());
    CHECK(before[work.ravi]["status"] == "FOLLOW_UP");

    server.start();
    const json sent = a.json({"sync"});
    CHECK(sent["pushed"].get<int>() == static_cast<int>(queued.size()));
    for (const char* none : {"merged", "superseded", "conflicts", "failed"}) CHECK(sent[none] == 0);
    for (const char* some : {"requests", "bytesSent", "bytesReceived"}) CHECK(sent[some].get<int>() > 0);
    CHECK(sent["durationMs"].is_number_integer());
    CHECK(a.json({"queue", "list"}).empty());
    const json status = a.json({"status"});
    CHECK(status["state"] == "online");
    CHECK(status["pending"] == 0);
    CHECK(status["lastSyncAt"].is_string());

    CHECK(b.json({"sync"})["pulled"].get<int>() >= 5);
    CHECK(b.shown() == a.shown());

    // B answers.
    CHECK(b.ctl({"set", "lead", work.asha, "city=Mumbai", "amount="}).exit_code == 0);
    CHECK(b.ctl({"rm", "reminder", work.reminder}).exit_code == 0);
    const std::string added = b.add({"lead", "name=From B"});
    CHECK(b.ctl({"sync"}).exit_code == 0);
    CHECK(a.ctl({"sync"}).exit_code == 0);
    const json after = a.shown();
    CHECK(after == b.shown());
    CHECK(after[work.asha]["city"] == "Mumbai");
    CHECK(after[work.asha]["amount"].is_null());
    CHECK(after.contains(added));
    CHECK_FALSE(after.contains(work.reminder));
    CHECK(a.json({"get", "reminder", work.reminder})["deleted"] == true);  // in the trash
    CHECK(a.ctl({"rm", "reminder", work.reminder}).exit_code == 0);        // once more is no error,
    CHECK(a.json({"queue", "list"}).empty());                              // and no edit
    server.stop();
}

TEST_CASE("half a round: --push-only and --pull-only") {
    Server server;
    const Laptop a;
    const Laptop b;
    server.start();
    a.login(server);
    b.login(server);
    CHECK(a.ctl({"sync"}).exit_code == 0);  // a first pull has everything, also what is one's own
    const std::string from_a = a.add({"lead", "name=A"});
    const std::string from_b = b.add({"lead", "name=B"});
    CHECK(a.json({"sync", "--push-only"})["pulled"] == 0);
    const json pulled = b.json({"sync", "--pull-only"});
    CHECK(pulled["pulled"] == 1);
    CHECK(pulled["pushed"] == 0);
    CHECK(b.shown().contains(from_a));
    CHECK(b.json({"queue", "list"}).size() == 1);
    CHECK(b.json({"sync"})["pushed"] == 1);
    CHECK(a.json({"sync"})["pulled"] == 1);
    CHECK(a.shown() == b.shown());
}

TEST_CASE("list filters, searches, sorts and limits; ids may be cut short") {
    const Laptop laptop;
    const std::string asha =
        laptop.add({"lead", "name=Áshá Rao", "phone=98765 43210", "amount=300", "labels=red,blue"});
    (void)laptop.add({"lead", "name=Ravi", "status=FOLLOW_UP", "amount=100", "enquiryDate=2026-11-23T08:00:00Z"});
    (void)laptop.add({"lead", "name=Zoe", "amount=200", "company=Rao & Sons"});
    (void)laptop.add({"lead", "name=Nameless"});
    const auto names = [&](Arguments options) {
        options.insert(options.begin(), {"list", "leads"});
        std::string all;
        for (const json& record : laptop.json(std::move(options))) all += record["name"].get<std::string>() + " ";
        return all;
    };
    CHECK(names({"--sort", "amount"}) == "Ravi Zoe Áshá Rao Nameless ");
    CHECK(names({"--sort=-amount", "--limit", "2"}) == "Áshá Rao Zoe ");
    CHECK(names({"--search", "ASHA"}) == "Áshá Rao ");
    CHECK(names({"--search", "rao", "--sort", "name"}) == "Áshá Rao Zoe ");
    CHECK(names({"--search", "rao sons"}) == "Zoe ");
    CHECK(names({"--where", "status=follow_up"}) == "Ravi ");
    CHECK(names({"--where", "phone=+919876543210"}) == "Áshá Rao ");
    CHECK(names({"--where", "labels=blue"}) == "Áshá Rao ");
    CHECK(names({"--where", "enquiryDate=2026-11-23"}) == "Ravi ");
    CHECK(names({"--where", "amount="}) == "Nameless ");
    CHECK(names({"--where", "amount=200", "--where", "name=zoe"}) == "Zoe ");
    CHECK(names({"--where", "amount=200", "--where", "name=ravi"}).empty());
    CHECK(names({"--where", "syncStatus=synced"}).empty());
    CHECK(names({"--limit", "0"}).empty());
    CHECK(laptop.json({"get", "lead", asha.substr(26)})["id"] == asha);
    CHECK(laptop.json({"get", "lead", asha.substr(0, 6)}, 2)["error"]["code"] == "AMBIGUOUS_ID");
}
