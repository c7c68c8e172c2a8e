// Payments: tabs, ageing and months; receipts that are numbered once.
#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>

#include "crm/tables.h"
#include "driver.h"
#include "ui/form.h"
#include "ui/format.h"
#include "ui/payments_page.h"
#include "ui/receipt.h"

using namespace ct;
using namespace ct::test;
using crm::field_id;
using crm::Model;

namespace {

constexpr UnixMs kDay = 24 * 3'600'000LL;
constexpr UnixMs kNow = TestClock::kStart;
constexpr const char* kDevice = "0195f2aa-0000-7000-8000-00001234abcd";

crm::Record payment(std::uint64_t number, std::int64_t rupees, std::string_view status, UnixMs due, UnixMs paid = 0) {
    crm::Record record = lead(100 + number, "");
    record.model = Model::payment;
    record.fields = {};
    record.fields.set(field_id(Model::payment, "leadId"), std::string_view(lead(1, "").id.str()));
    record.fields.set(field_id(Model::payment, "amount"), rupees * 100);
    record.fields.set(field_id(Model::payment, "currency"), std::string_view("INR"));
    record.fields.set(field_id(Model::payment, "direction"), std::string_view("IN"));
    record.fields.set(field_id(Model::payment, "status"), status);
    if (due != 0) record.fields.set(field_id(Model::payment, "dueDate"), due);
    if (paid != 0) record.fields.set(field_id(Model::payment, "paidAt"), paid);
    return record;
}

/// Local time is that zone's until it ends.
class InZone {
  public:
    explicit InZone(const char* zone) {
        if (const char* now = std::getenv("TZ")) before_ = now;
        set(zone);
    }
    ~InZone() { set(before_ ? before_->c_str() : nullptr); }
    InZone(const InZone&) = delete;
    InZone& operator=(const InZone&) = delete;

  private:
    static void set(const char* zone) {
        zone != nullptr ? ::setenv("TZ", zone, 1) : ::unsetenv("TZ");
        ::tzset();
    }
    std::optional<std::string> before_;
};

client::SyncView view_with_device() {
    client::SyncView view;
    view.device_id = kDevice;
    return view;
}

}  // namespace

TEST_CASE("payments: overdue, due and paid are tabs, and each shows only its own") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer"), payment(1, 100, "PENDING", kNow - 5 * kDay), payment(2, 200, "PENDING", kNow + kDay),
             payment(3, 300, "COMPLETED", 0, kNow - kDay), payment(4, 400, "PENDING", 0)});
    ui.click("Payments", "navigation");
    CHECK(ui.shows("Overdue  1"));
    CHECK(ui.shows("Due  2"));
    CHECK(ui.shows("Paid  1"));
    ui.click("Overdue", "payments");
    CHECK(ui.shows("₹100.00"));
    CHECK_FALSE(ui.shows("₹200.00"));
    ui.click("Paid", "payments");
    CHECK(ui.shows("₹300.00"));
    CHECK_FALSE(ui.shows("₹100.00"));
}

TEST_CASE("payments: a due date that another program wrote as a day is a day, and late when it is over") {
    const UnixMs due = *parse_rfc3339("2026-09-21");  // midnight in UTC
    struct Row {
        const char* zone;
        std::int64_t now_after;  ///< hours
        const char* shown;
        bool overdue;
    };
    constexpr crm::FieldId kDue = field_id(Model::payment, "dueDate");
    const Row rows[] = {{"UTC", 6, "Today", false},
                        {"Asia/Kolkata", 6, "Today", false},
                        {"Asia/Kolkata", 20, "Yesterday", true},
                        {"America/New_York", 1, "Today 20:00", false}};
    for (const Row& row : rows) {
        CAPTURE(row.zone);
        CAPTURE(row.now_after);
        const InZone zone(row.zone);
        Driver ui;
        ui.clock.wall = due + row.now_after * 3'600'000;
        ui.load({lead(1, "Ravi Iyer"), payment(1, 100, "PENDING", due)});
        ui.click("Payments", "navigation");
        ui.frames(2);
        CHECK(ui.shows("Overdue  1") == row.overdue);
        CHECK_FALSE(ui.shows("05:30"));
        CHECK(ui::due_text(ui::shown_at(Model::payment, kDue, due), ui.clock.wall) == row.shown);
        const bool east = std::string_view(row.zone) != "America/New_York";
        CHECK(ui::typed_text(Model::payment, kDue, due, "INR") == (east ? "2026-09-21" : "2026-09-20 20:00"));
    }
    // A time that somebody meant stays one, and so does that of a reminder.
    const InZone zone("Asia/Kolkata");
    CHECK(ui::shown_at(Model::payment, kDue, due + 60'000) == due + 60'000);
    CHECK(ui::shown_at(Model::reminder, field_id(Model::reminder, "reminderDate"), due) == due);
    CHECK(ui::shown_at(Model::payment, kDue, 0) == 0);
}

TEST_CASE("payments: what is owed falls into ages, what came in into months; other currencies are counted apart") {
    Driver ui;
    crm::Record dollars = payment(9, 50, "PENDING", kNow - kDay);
    dollars.fields.set(field_id(Model::payment, "currency"), std::string_view("USD"));
    crm::Record out = payment(8, 70, "COMPLETED", 0, kNow);
    out.fields.set(field_id(Model::payment, "direction"), std::string_view("OUT"));
    ui.load({lead(1, "Ravi Iyer"), payment(1, 100, "PENDING", kNow - 2 * kDay),
             payment(2, 200, "PENDING", kNow - 45 * kDay), payment(3, 300, "PENDING", kNow - 61 * kDay),
             payment(4, 400, "PENDING", kNow - 400 * kDay), payment(5, 500, "PENDING", kNow + kDay),
             payment(6, 600, "COMPLETED", 0, kNow), payment(7, 700, "COMPLETED", 0, kNow - 32 * kDay), dollars, out});
    const ui::PaymentSums sums = ui::sum_payments(ui.app->state().table(Model::payment), "INR", ui.clock.now());
    CHECK(sums.late[0].amount == 100'00);
    CHECK(sums.late[1].amount == 200'00);
    CHECK(sums.late[2].amount == 300'00);
    CHECK(sums.late[3].amount == 400'00);
    CHECK(sums.due_later.amount == 500'00);
    CHECK(sums.months[5].received == 600'00);
    CHECK(sums.months[5].paid_out == 70'00);
    CHECK(sums.months[4].received == 700'00);
    CHECK(sums.other_currencies == 1);
    ui.click("Payments", "navigation");
    CHECK(ui.shows("Over 90 days ₹400"));
    CHECK(ui.shows("₹1,000"));  // all that is overdue
    CHECK(ui.shows("1 payment is not in INR"));
}

TEST_CASE("receipt: printed from the drawer, numbered once by this device, and never again") {
    Driver ui;
    ui.show_sync(view_with_device());
    ui.load({lead(1, "Ravi <Iyer>"), payment(1, 150'000, "COMPLETED", 0, kNow - kDay), payment(2, 5, "PENDING", kNow)});
    ui.app->desk().open(Model::payment, payment(1, 0, "", 0).id);
    ui.frames(3);
    ui.click("Print receipt");
    const std::string prefix = ui::receipt_prefix(kDevice);
    REQUIRE(ui.documents.size() == 1);
    CHECK(ui.documents[0].first == "receipt-" + prefix + "-0001.html");
    const std::string& page = ui.documents[0].second;
    CHECK(page.find("₹1,50,000.00") != std::string::npos);
    CHECK(page.find("Ravi &lt;Iyer&gt;") != std::string::npos);
    CHECK(page.find("@media print") != std::string::npos);
    CHECK(ui.opened.back() == "/documents/receipt-" + prefix + "-0001.html");
    CHECK(ui.saved_configs.back().last_receipt == 1);
    ui.click("Print receipt");
    CHECK(ui.documents[1].first == ui.documents[0].first);
    CHECK(ui.posted<client::Commit>().size() == 1);
    // Who takes the number back does not make it free.
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    ui.click("Print receipt");
    CHECK(ui.documents[2].first == "receipt-" + prefix + "-0002.html");
    ui.app->desk().open(Model::payment, payment(2, 0, "", 0).id);
    ui.frames(3);
    CHECK_FALSE(ui.there("Print receipt"));  // nothing was paid
}

TEST_CASE("receipt numbers: goes on from what the records say, and two devices never meet") {
    client::State state;
    crm::Record numbered = payment(1, 1, "COMPLETED", 0);
    const std::string prefix = ui::receipt_prefix(kDevice);
    CHECK(prefix.size() == 5);
    CHECK(prefix != ui::receipt_prefix("0195f2aa-0000-7000-8000-00001234abce"));
    numbered.fields.set(field_id(Model::payment, "receiptNo"), std::string_view(prefix + "-0041"));
    state.put(numbered);
    crm::Record others = payment(2, 1, "COMPLETED", 0);
    others.fields.set(field_id(Model::payment, "receiptNo"), std::string_view("ZZZZZ-0900"));
    state.put(others);
    CHECK(ui::next_receipt_number(state, 0, kDevice) == prefix + "-0042");
    CHECK(ui::next_receipt_number(state, 99, kDevice) == prefix + "-0100");
    CHECK(ui::next_receipt_number(state, 99, "").empty());
}

TEST_CASE("payments: the page begins with what is overdue, or with what is due, and then stays as one has it") {
    Driver ui;
    std::vector<crm::Record> records{lead(1, "Ravi Iyer"), payment(1, 300, "COMPLETED", 0, kNow - kDay)};
    SUBCASE("overdue") {
        records.push_back(payment(2, 100, "PENDING", kNow - 5 * kDay));
        records.push_back(payment(3, 200, "PENDING", kNow + kDay));
        ui.load(std::move(records));
        ui.click("Payments", "navigation");
        CHECK(ui.there("₹100.00", "table card"));
        CHECK_FALSE(ui.there("₹200.00", "table card"));
        CHECK_FALSE(ui.there("₹300.00", "table card"));
        ui.click("All", "payments");
        CHECK(ui.there("₹300.00", "table card"));
        ui.click("Leads", "navigation");
        ui.click("Payments", "navigation");
        CHECK(ui.there("₹300.00", "table card"));
    }
    SUBCASE("due") {
        records.push_back(payment(3, 200, "PENDING", kNow + kDay));
        ui.load(std::move(records));
        ui.click("Payments", "navigation");
        CHECK(ui.there("₹200.00", "table card"));
        CHECK_FALSE(ui.there("₹300.00", "table card"));
    }
    SUBCASE("neither") {
        ui.load(std::move(records));
        ui.click("Payments", "navigation");
        CHECK(ui.there("₹300.00", "table card"));
    }
}

// ---- paid

namespace {

crm::Record outgoing(crm::Record record) {
    put(record, "direction", "OUT");
    return record;
}

std::int64_t paid_at(Driver& ui, std::uint64_t number) {
    const crm::Record* record = ui.app->state().find(Model::payment, payment(number, 0, "", 0).id);
    REQUIRE(record != nullptr);
    return record->fields.integer(field_id(Model::payment, "paidAt"));
}

std::string status_of(Driver& ui, std::uint64_t number) {
    return text_of(*ui.app->state().find(Model::payment, payment(number, 0, "", 0).id), "status");
}

}  // namespace

TEST_CASE("a payment due is marked as paid on the Today page, and the receipt is offered") {
    Driver ui;
    ui.show_sync(view_with_device());
    ui.load({lead(1, "Ravi Iyer"), payment(1, 100, "PENDING", kNow - kDay)});
    ui.click("Paid ₹100.00");
    CHECK(status_of(ui, 1) == "COMPLETED");
    CHECK(paid_at(ui, 1) >= kNow);
    CHECK(ui.shows("No payment is due in the next seven days."));
    CHECK(ui.shows("Paid: ₹100.00 of Ravi Iyer"));
    ui.click("Print receipt", "toast");
    CHECK(ui.documents.size() == 1);
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);  // the receipt's number
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(status_of(ui, 1) == "PENDING");
    CHECK(paid_at(ui, 1) == 0);
}

TEST_CASE("payments are marked as paid in their rows, or many at once in one undo step") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer"), payment(1, 100, "PENDING", kNow + kDay), payment(2, 200, "PENDING", kNow + kDay),
             payment(3, 300, "PENDING", kNow + kDay), payment(4, 400, "REFUNDED", 0)});
    ui.click("Payments", "navigation");
    ui.click("All", "payments");
    CHECK_FALSE(ui.there("Paid ₹400.00"));
    ui.click("Paid ₹100.00");
    CHECK(status_of(ui, 1) == "COMPLETED");
    ui.key(ImGuiKey_A, ImGuiMod_Ctrl);
    ui.click("Mark as paid##selected");
    for (const std::uint64_t number : {1U, 2U, 3U}) {
        CHECK(status_of(ui, number) == "COMPLETED");
        CHECK(paid_at(ui, number) > 0);
    }
    CHECK(status_of(ui, 4) == "REFUNDED");
    CHECK(ui.shows("Marked as paid: 2 payments"));
    const ui::PaymentSums sums = ui::sum_payments(ui.app->state().table(Model::payment), "INR", ui.clock.now());
    CHECK(sums.months[5].received == 600'00);
    ui.key(ImGuiKey_Z, ImGuiMod_Ctrl);
    CHECK(status_of(ui, 1) == "COMPLETED");
    CHECK(status_of(ui, 2) == "PENDING");
}

TEST_CASE("a payment that is completed was paid now, however that was said, unless it says when") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer"), payment(1, 100, "PENDING", kNow + kDay),
             payment(2, 200, "PENDING", kNow + kDay, kNow - 9 * kDay), payment(3, 300, "PENDING", kNow + 2 * kDay)});
    const auto complete_in_form = [&](std::uint64_t number) {
        ui.app->desk().open(Model::payment, payment(number, 0, "", 0).id);
        ui.frames(3);
        ui.click("Status", "drawer");
        ui.click("Completed", "Popup");
        ui.click("Save");
        CHECK(status_of(ui, number) == "COMPLETED");
    };
    SUBCASE("in the form, where it is no news from elsewhere") {
        complete_in_form(1);
        CHECK(paid_at(ui, 1) >= kNow);
        ui.save_all();
        CHECK_FALSE(ui.shows("Changed elsewhere"));
        CHECK_FALSE(ui.shows("Unsaved changes"));
    }
    SUBCASE("in the form, with a date") {
        complete_in_form(2);
        CHECK(paid_at(ui, 2) == kNow - 9 * kDay);
    }
    SUBCASE("for a selection") {
        ui.click("Payments", "navigation");
        ui.key(ImGuiKey_A, ImGuiMod_Ctrl);
        ui.click("Set Status");
        ui.click("Completed", "Popup");
        CHECK(paid_at(ui, 1) >= kNow);
        CHECK(paid_at(ui, 2) == kNow - 9 * kDay);
    }
    SUBCASE("for a selection, among all fields") {
        ui.click("Payments", "navigation");
        ui.key(ImGuiKey_A, ImGuiMod_Ctrl);
        ui.click("Set another field");
        ui.click("Field");
        ui.click("Status", "Popup");
        ui.click("Value");
        ui.click("Completed", "Popup");
        ui.click("Apply");
        CHECK(paid_at(ui, 1) >= kNow);
        CHECK(paid_at(ui, 2) == kNow - 9 * kDay);
    }
    SUBCASE("in a cell") {
        ui.click("Payments", "navigation");
        ui.click("Columns");
        for (const char* column : {"column orderId", "column direction", "column amount"}) ui.click(column);
        ui.key(ImGuiKey_Escape);
        ui.focus("₹300.00", "table card");
        ui.key(ImGuiKey_F2);  // into the first cell that is left
        ui.click("Completed", "Popup");
        CHECK(status_of(ui, 3) == "COMPLETED");
        CHECK(paid_at(ui, 3) >= kNow);
    }
}

TEST_CASE("what we owe has a minus, and is to be paid, not collected") {
    Driver ui;
    ui.load({lead(1, "Ravi Iyer"), outgoing(payment(1, 70, "PENDING", kNow + kDay))});
    CHECK(ui.shows("To pay · Tomorrow"));
    CHECK(ui.shows("−₹70.00"));
    ui.click("Payments", "navigation");
    CHECK(ui.shows("−₹70.00"));
    CHECK(ui.there("−₹70.00", "table card"));
}

TEST_CASE("a voucher for what was paid out says how much, without a minus") {
    client::State state;
    const std::string page = ui::receipt_page(state, {}, outgoing(payment(1, 70, "COMPLETED", 0, kNow)));
    CHECK(page.find("Payment voucher") != std::string::npos);
    CHECK(page.find("₹70.00") != std::string::npos);
    CHECK(page.find("−₹70.00") == std::string::npos);
}

TEST_CASE("a receipt's number is given once: neither the form nor a cell nor a selection changes it") {
    Driver ui;
    crm::Record numbered = payment(1, 100, "COMPLETED", 0, kNow);
    put(numbered, "receiptNo", "K7Q2M-0018");
    ui.load({lead(1, "Ravi Iyer"), numbered, payment(2, 200, "COMPLETED", 0, kNow)});
    const auto number = [&] { return text_of(*ui.app->state().find(Model::payment, numbered.id), "receiptNo"); };
    SUBCASE("the form") {
        ui.app->desk().open(Model::payment, numbered.id);
        ui.frames(3);
        ui.type("Receipt number", "X-1", "drawer");
        CHECK_FALSE(ui.shows("Unsaved changes"));
        ui.app->desk().open(Model::payment, payment(2, 0, "", 0).id);
        ui.frames(3);
        ui.type("Receipt number", "X-1", "drawer");
        CHECK(ui.shows("Unsaved changes"));
    }
    SUBCASE("a cell") {
        ui.click("Payments", "navigation");
        ui.click("Columns");
        for (const char* column : {"column orderId", "column direction", "column amount", "column status",
                                   "column method", "column dueDate", "column paidAt", "column receiptNo"})
            ui.click(column);
        ui.key(ImGuiKey_Escape);
        ui.focus("₹100.00", "table card");
        ui.key(ImGuiKey_F2);
        CHECK_FALSE(ui.there("Edit Receipt number"));
        ui.focus("₹200.00", "table card");
        ui.key(ImGuiKey_F2);
        CHECK(ui.there("Edit Receipt number"));
    }
    SUBCASE("a selection") {
        ui.click("Payments", "navigation");
        ui.key(ImGuiKey_A, ImGuiMod_Ctrl);
        ui.click("Set another field");
        ui.click("Field");
        CHECK(ui.there("Reference", "Popup"));
        CHECK_FALSE(ui.there("Receipt number", "Popup"));
    }
    CHECK(number() == "K7Q2M-0018");
}

TEST_CASE("what came in is paid back by a payment that says what it pays back") {
    Driver ui({}, {1440, 1200});  // the form's foot is in sight
    const crm::Record paid = payment(1, 100, "COMPLETED", 0, kNow);
    ui.load({lead(1, "Ravi Iyer"), paid, payment(2, 200, "PENDING", kNow)});
    ui.app->desk().open(Model::payment, payment(2, 0, "", 0).id);
    ui.frames(3);
    CHECK_FALSE(ui.there("Refund"));
    ui.click("Mark as paid##this");
    CHECK(text_of(*ui.app->state().find(Model::payment, payment(2, 0, "", 0).id), "status") == "COMPLETED");
    CHECK(ui.there("Refund"));
    const auto press = [&] {
        ui.app->desk().open(Model::payment, paid.id);
        ui.frames(3);
        ui.click("Refund");
        ui.frames(3);
    };
    press();
    CHECK(ui.shows("This is a refund"));
    ui.click("Save");
    const client::Table& all = ui.app->state().table(Model::payment);
    REQUIRE(all.size() == 3);
    const crm::Record& back = all.at(2);
    CHECK(text_of(back, "refundOf") == paid.id.str());
    CHECK(text_of(back, "direction") == "OUT");
    CHECK(text_of(back, "leadId") == lead(1, "").id.str());
    CHECK(back.fields.integer(field_id(Model::payment, "amount")) == 100'00);
    press();  // once is enough
    CHECK(ui.app->desk().shown_id == back.id);
    CHECK(all.size() == 3);
    ui.click("refunded payment");
    ui.frames(3);
    CHECK(ui.app->desk().shown_id == paid.id);
}

TEST_CASE("payments: what came in stands above the months, and a low window has the charts behind a button") {
    const std::vector<crm::Record> records{lead(1, "Ravi Iyer"), payment(1, 100, "PENDING", kNow - 5 * kDay),
                                           payment(2, 700, "COMPLETED", 0, kNow - 32 * kDay)};
    SUBCASE("roomy") {
        Driver ui;
        ui.load(records);
        ui.click("Payments", "navigation");
        CHECK(ui.shows("₹700"));
        CHECK_FALSE(ui.there("Charts##payments"));
    }
    SUBCASE("low") {
        client::Config config;
        config.scale = 2.0F;
        bool narrow = false;
        SUBCASE("wide") {}
        SUBCASE("narrow") { narrow = true; }
        Driver ui(config, narrow ? ImVec2{1024, 640} : ImVec2{1280, 800});
        ui.load(records);
        ui.click("Payments", "navigation");
        CHECK(ui.there("₹100.00", "table card"));
        CHECK_FALSE(ui.shows("Received by month"));
        ui.click("Charts##payments");
        CHECK(ui.shows("31–60 days"));
        if (narrow) ui.click("By month##payments");
        CHECK(ui.shows("Received by month"));
        CHECK_FALSE(ui.there("₹100.00", "table card"));
        ui.click("Table##payments");
        CHECK(ui.there("₹100.00", "table card"));
    }
}
