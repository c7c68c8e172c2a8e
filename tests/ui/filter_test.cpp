// What people type into the filter field, and which records they mean by it.
#include "ui/filter.h"

#include <doctest/doctest.h>

#include "crm/validate.h"
#include "driver.h"
#include "ui/format.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

struct Book {
    client::State state;
    UnixMs now = TestClock::kStart;

    Book() {
        put(1, "Asha Rao", "Pune", "FOLLOW_UP", "HOT", 60'000'00);
        put(2, "Ravi Iyer", "New Delhi", "PENDING", "WARM", 50'000'00);
        put(3, "Zoë Khan", "", "CONVERTED", "", 0);
    }
    void put(std::uint64_t number, std::string_view name, std::string_view city, std::string_view status,
             std::string_view tag, std::int64_t amount) {
        crm::Record record = lead(number, name);
        const auto set = [&](std::string_view field, crm::ValueView value) {
            record.fields.set(crm::field(Model::lead, field), value);
        };
        set("city", city);
        set("status", status);
        set("tag", tag);
        if (amount != 0) set("amount", amount);
        record.updated_at = now - static_cast<UnixMs>(number) * 86'400'000 * 5;
        state.put(record);
    }
    void remind(std::uint64_t of, UnixMs at) {
        crm::Record reminder = lead(100 + of, "");
        reminder.model = Model::reminder;
        reminder.fields = {};
        reminder.fields.set(crm::field(Model::reminder, "leadId"), std::string_view(lead(of, "").id.str()));
        reminder.fields.set(crm::field(Model::reminder, "reminderDate"), at);
        state.put(reminder);
    }
    /// The numbers of the leads that pass, and what the page would say of the filter.
    [[nodiscard]] std::string found(std::string_view typed) const {
        const ui::Filter filter = ui::Filter::parse(Model::lead, typed, now);
        std::string out;
        for (std::uint64_t number = 1; number <= 3; ++number) {
            const crm::Record* record = state.find(Model::lead, lead(number, "").id);
            if (record != nullptr && filter.matches(state, *record)) out += std::to_string(number);
        }
        return out;
    }
    [[nodiscard]] std::string problem(std::string_view typed) const {
        return ui::Filter::parse(Model::lead, typed, now).problem();
    }
};

}  // namespace

TEST_CASE("filter: conditions on fields of every kind") {
    Book book;
    book.remind(1, book.now + 3 * 86'400'000);
    book.remind(2, book.now + 30 * std::int64_t{86'400'000});
    const std::pair<const char*, const char*> kCases[] = {
        {"", "123"},
        {"status:FOLLOW_UP", "1"},
        {"status:follow", "1"},
        {"status:\"follow up\"", "1"},
        {"status:pending,converted", "23"},
        {"-status:pending", "13"},
        {"status!=pending", "13"},
        {"status>pending", "13"},
        {"amount>50000", "1"},
        {"amount>=50,000", "12"},
        {"amount<=50k", "2"},
        {"amount:0.6L", "1"},
        {"value>0.5l", "1"},
        {"amount:", "3"},
        {"amount:*", "12"},
        {"-amount:", "12"},
        {"city:pune", "1"},
        {"city:delhi", "2"},
        {"city=delhi", ""},
        {"city:\"new delhi\"", "2"},
        {"-city:Pune", "23"},
        {"CITY:Pune", "1"},
        {"tag:HOT", "1"},
        {"tag:hot,warm", "12"},
        {"name:zoe", "3"},
        {"changed<7d", "1"},
        {"changed>7d", "23"},
        {"due<7d", "1"},
        {"due<40d", "12"},
        {"due>7d", "2"},
        {"due:3d", "1"},
        {"-due:*", "3"},
        {"status:FOLLOW_UP amount>50000 due<7d tag:HOT -city:Delhi", "1"},
        {"sync:synced", "123"},
    };
    for (const auto& row : kCases) {
        const auto& typed = row.first;
        CAPTURE(typed);
        CHECK(book.found(typed) == row.second);
        CHECK(book.problem(typed).empty());
    }
}

TEST_CASE("filter: what is no condition is a word, folded") {
    const UnixMs now = TestClock::kStart;
    using Words = std::vector<std::string>;
    CHECK(ui::Filter::parse(Model::lead, "  Zoë   pune ", now).words() == Words{"zoe", "pune"});
    CHECK(ui::Filter::parse(Model::lead, "\"status:x y\"", now).words() == Words{"status:x y"});
    CHECK(ui::Filter::parse(Model::lead, "https://example.com 10:30 +91", now).words() ==
          Words{"https://example.com", "10:30", "+91"});
    CHECK(ui::Filter::parse(Model::lead, "rao status:pending", now).words() == Words{"rao"});
    CHECK(ui::Filter::parse(Model::lead, "-", now).words() == Words{"-"});
}

TEST_CASE("filter: what is wrong is said, and the rest holds") {
    const Book book;
    CHECK(book.problem("colour:red").find("Leads have no field \"colour\"") == 0);
    CHECK(book.problem("colour:red").find("status, city, amount, due, changed") != std::string::npos);
    CHECK(book.found("colour:red city:pune") == "1");
    CHECK(book.problem("status:maybe") == "Status is PENDING, FOLLOW_UP, CONVERTED or REJECTED");
    CHECK(book.problem("amount>much").find("not an amount") != std::string::npos);
    CHECK(book.problem("due<someday").find("not a date") != std::string::npos);
    CHECK(book.problem("city>Pune").find("no order") != std::string::npos);
    CHECK(book.problem("amount>").find("compared") != std::string::npos);
}

TEST_CASE("filter: said back in words") {
    const auto said = [](std::string_view typed) {
        return ui::Filter::parse(Model::lead, typed, TestClock::kStart).in_words();
    };
    CHECK(said("status:follow -city:Pune") == "Status Follow up, not City Pune");
    CHECK(said("amount>50000") == "Expected value above 50000");
    CHECK(said("due<7d") == "Due before 7d");
}

TEST_CASE("filter: every field of every model can be asked for, by name and by label") {
    for (const crm::ModelDef& model : crm::models()) {
        for (const crm::FieldDef& field : model.fields) {
            std::string label(field.label);
            std::erase_if(label, [](char c) { return c < 'A'; });
            for (const std::string& name : {std::string(field.name), label}) {
                if (name == "phoneE") continue;
                CAPTURE(name);
                CHECK(ui::Filter::parse(model.model, name + ":*", TestClock::kStart).problem().empty());
            }
        }
    }
}

TEST_CASE("filter: dates of payments and reminders") {
    Book book;
    const auto passes = [&](std::string_view typed, UnixMs due) {
        crm::Record payment = lead(9, "");
        payment.model = Model::payment;
        payment.fields = {};
        payment.fields.set(crm::field(Model::payment, "dueDate"), due);
        const ui::Filter filter = ui::Filter::parse(Model::payment, typed, book.now);
        CHECK(filter.problem().empty());
        return filter.matches(book.state, payment);
    };
    const UnixMs today = ui::start_of_day(book.now);
    CHECK(passes("due:today", today));
    CHECK(passes("due:today", today + 86'399'999));
    CHECK_FALSE(passes("due:today", ui::start_of_day(book.now, 1)));
    CHECK(passes("due:tomorrow", ui::start_of_day(book.now, 1)));
    CHECK(passes("due:overdue", today - 1));
    CHECK_FALSE(passes("due:overdue", today));
    CHECK(passes("due<=7d", ui::start_of_day(book.now, 7)));
    CHECK_FALSE(passes("due<7d", ui::start_of_day(book.now, 7)));
    CHECK(passes("due>-2d", today));
    CHECK(passes("due<2h", book.now + 3'600'000));
    CHECK_FALSE(passes("due<2h", book.now + 3 * 3'600'000));
    CHECK(passes("due>=2026-09-01", book.now));
    CHECK_FALSE(passes("due<today", today));
}
