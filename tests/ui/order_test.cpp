// The index of a table page, kept up by what changed, is always the one that would be made from scratch.
#include "ui/order.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "driver.h"

using namespace ct;
using namespace ct::test;

namespace {

const crm::FieldId kName = crm::field(crm::Model::lead, "name");
const crm::FieldId kStatus = crm::field(crm::Model::lead, "status");

bool pending(const crm::Record& record) { return record.fields.text(kStatus) == "PENDING"; }

ui::Rules rules_for(const ui::Query& query) {
    return {[](const crm::Record& record, int column) {
                return column == 0 ? ui::SortKey::of(std::string(record.fields.text(kName)))
                                   : ui::SortKey::of(record.updated_at);
            },
            [](const crm::Record& record) { return std::string(record.fields.text(kName)); },
            [all = query.quick == 0](const crm::Record& record) { return all || pending(record); }};
}

std::vector<std::string> words_of(const std::string& typed) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < typed.size();) {
        const std::size_t end = std::min(typed.find(' ', at), typed.size());
        if (end > at) words.push_back(typed.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

std::vector<Uuid> ids_of(const client::Table& table, const ui::Order& order) {
    std::vector<Uuid> ids;
    for (const std::uint32_t row : order.rows()) ids.push_back(table.at(row).id);
    return ids;
}

std::vector<Uuid> from_scratch(const client::Table& table, const ui::Query& query) {
    ui::Order order;
    (void)order.update(table, query, rules_for(query), table.size() * 100);
    return ids_of(table, order);
}

/// A table whose records come, change and go by chance.
struct Office {
    explicit Office(std::uint64_t seed) : random(seed) {}

    crm::Record any_lead() {
        static constexpr const char* kNames[] = {"", "asha", "ravi", "asha rao", "ravi rao", "zoya", "aaaaaaaab"};
        crm::Record record = lead(1 + random.below(300), kNames[random.below(std::size(kNames))]);
        record.updated_at = TestClock::kStart + static_cast<UnixMs>(random.below(20));
        if (random.below(2) == 0) record.fields.set(kStatus, std::string_view("CONVERTED"));
        return record;
    }
    void change(std::size_t times) {
        for (std::size_t i = 0; i < times; ++i) {
            if (random.below(4) == 0) {
                table.remove(any_lead().id);
            } else {
                table.put(any_lead());
            }
        }
    }

    SeededRandom random;
    client::Table table;
};

}  // namespace

TEST_CASE("order: kept up through changes, sorting and typing, it is as if made from scratch") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Office office(seed);
        ui::Order order;
        ui::Query query;
        query.sort = {{0, false}};
        std::string typed;
        for (int step = 0; step < 300; ++step) {
            CAPTURE(step);
            switch (office.random.below(9)) {
                case 0: query.sort = {{static_cast<int>(office.random.below(2)), false}}; break;
                case 1:
                    query.sort.push_back({static_cast<int>(office.random.below(2)), office.random.below(2) == 0});
                    break;
                case 2: query.quick = office.random.below(2); break;
                case 3: typed += "ra "[office.random.below(3)]; break;
                case 4: typed.clear(); break;
                case 5: office.change(office.random.below(200)); break;
                case 6: ++query.keys_epoch; break;
                default: office.change(1 + office.random.below(4)); break;
            }
            query.words = words_of(typed);
            if (query.sort.size() > 3) query.sort.resize(1);
            // Often the next change comes before the filter has seen every row.
            (void)order.update(office.table, query, rules_for(query), 1 + office.random.below(2'000));
            if (office.random.below(2) == 0) continue;
            while (!order.complete()) (void)order.update(office.table, query, rules_for(query), 50);
            REQUIRE(ids_of(office.table, order) == from_scratch(office.table, query));
        }
    }
}

TEST_CASE("order: many are sorted in parts: the first page comes first, and what changes meanwhile is not lost") {
    constexpr std::uint64_t kAll = 60'000;
    client::Table table;
    SeededRandom random(6);
    const auto put_some = [&](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t number = 1 + random.below(kAll);
            if (random.below(10) == 0) {
                table.remove(lead(number, "").id);
                continue;
            }
            crm::Record record = lead(number, "name " + std::to_string(random.below(1'000)));
            record.updated_at = static_cast<UnixMs>(random.below(50'000));
            table.put(std::move(record));
        }
    };
    for (std::uint64_t i = 1; i <= kAll; ++i) table.put(lead(i, "name " + std::to_string(i % 1'000)));
    ui::Order order;
    ui::Query query;
    query.sort = {{0, false}};
    const auto check = [&] { REQUIRE((ids_of(table, order) == from_scratch(table, query))); };
    const auto go_on = [&](std::size_t budget) { (void)order.update(table, query, rules_for(query), budget); };
    const auto finish = [&] {
        int frames = 0;
        for (; !order.complete() && frames < 10'000; ++frames) go_on(20'000);
        return frames;
    };
    go_on(20'000);
    CHECK(order.sorting());
    CHECK(order.rows().empty());  // nothing to show yet
    CHECK(finish() > 5);
    check();

    // Another column: the old order stays until the first page of the new one is there, which is right at once.
    const std::vector<Uuid> old = ids_of(table, order);
    query.sort = {{1, true}, {0, false}};
    go_on(20'000);
    CHECK((ids_of(table, order) == old));
    while (!order.complete() && order.rows().size() == kAll) go_on(5'000);
    REQUIRE_FALSE(order.complete());
    const std::vector<Uuid> top = ids_of(table, order);
    const std::vector<Uuid> whole = from_scratch(table, query);
    REQUIRE(top.size() >= 100);
    CHECK((top == std::vector<Uuid>(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(top.size()))));
    put_some(500);  // while the rest is merged
    finish();
    check();

    for (int round = 0; round < 12; ++round) {
        CAPTURE(round);
        put_some(round % 3 == 0 ? 3'000 : round % 3 == 1 ? 1'000 : 12);
        if (round == 4) query.sort = {{1, false}, {0, false}};  // only the other way round
        go_on(20'000);
        if (round % 2 == 0) put_some(50);
        if (round == 6) query.words = {"7"};
        if (round == 9) query.words.clear();
        go_on(30'000);
        if (round == 8) put_some(150'000);  // more than the table remembers
        go_on(100);
        for (const std::uint32_t row : order.rows()) REQUIRE(row < table.size());
        finish();
        check();
    }
}

TEST_CASE("order: where only the keys have changed, the old order stays whole until the new one is") {
    constexpr std::uint64_t kAll = 20'000;
    client::Table table;
    for (std::uint64_t i = 1; i <= kAll; ++i) table.put(lead(i, "name " + std::to_string(i % 1'000)));
    ui::Order order;
    ui::Query query;
    query.sort = {{0, false}};
    std::string prefix = "a";
    ui::Rules rules = rules_for(query);
    rules.key = [&prefix](const crm::Record& record, int) {
        const std::string name(record.fields.text(kName));
        return ui::SortKey::of(name.ends_with('7') ? prefix + name : name);  // "name 7" and its like are renamed
    };
    (void)order.update(table, query, rules, kAll * 100);
    const std::vector<Uuid> old = ids_of(table, order);
    REQUIRE(order.complete());

    prefix = "z";
    ++query.keys_epoch;
    int frames = 0;
    for (; frames == 0 || !order.complete(); ++frames) {
        (void)order.update(table, query, rules, 3'000);
        if (!order.complete()) REQUIRE((ids_of(table, order) == old));
    }
    CHECK(frames > 5);
    ui::Order anew;
    (void)anew.update(table, query, rules, kAll * 100);
    CHECK((ids_of(table, order) == ids_of(table, anew)));
    CHECK_FALSE((ids_of(table, order) == old));
}

TEST_CASE("order: while a table is being filled, what is shown holds, but for what went") {
    client::Table table;
    for (std::uint64_t i = 1; i <= 20; ++i) table.put(lead(i, "name"));
    ui::Order order;
    ui::Query query;
    (void)order.update(table, query, rules_for(query));
    for (std::uint64_t i = 21; i <= 40; ++i) table.put(lead(i, "name"));
    order.hold(table);
    CHECK(order.rows().size() == 20);
    for (std::uint64_t i = 1; i <= 35; ++i) table.remove(lead(i, "").id);
    order.hold(table);
    CHECK(order.rows().size() == 5);
    (void)order.update(table, query, rules_for(query));
    CHECK((ids_of(table, order) == from_scratch(table, query)));
}

TEST_CASE("tally: many new rows are counted over several frames, and those that change meanwhile with them") {
    client::Table table;
    for (std::uint64_t i = 1; i <= 5'000; ++i) table.put(lead(i, i % 3 == 0 ? "rao" : "iyer"));
    ui::Tally tally;
    const ui::Tally::Condition conditions[] = {
        [](const crm::Record& record) { return record.fields.text(kName) == "rao"; }};
    CHECK_FALSE(tally.update(table, conditions, 1'000));
    for (std::uint64_t i = 1; i <= 5'000; i += 7) table.put(lead(i, "rao"));
    for (std::uint64_t i = 2; i <= 5'000; i += 50) table.remove(lead(i, "").id);
    int frames = 1;
    while (!tally.update(table, conditions, 1'000)) ++frames;
    CHECK(frames == 4);
    const auto all = table.all();
    CHECK(tally.count(0) == static_cast<std::size_t>(std::count_if(all.begin(), all.end(), conditions[0])));
}

TEST_CASE("order: what is typed into a filter before there is anything finds what comes then") {
    client::Table table;
    ui::Order order;
    ui::Query query;
    query.sort = {{0, false}};
    query.words = {"rao"};
    (void)order.update(table, query, rules_for(query));
    table.put(lead(1, "asha rao"));
    table.put(lead(2, "ravi"));
    CHECK(order.update(table, query, rules_for(query)));
    CHECK(ids_of(table, order) == std::vector{lead(1, "").id});
}

TEST_CASE("order: nothing changed, nothing to do") {
    Office office(3);
    office.change(50);
    ui::Order order;
    ui::Query query;
    query.sort = {{1, true}};
    CHECK(order.update(office.table, query, rules_for(query)));
    CHECK_FALSE(order.update(office.table, query, rules_for(query)));
}

TEST_CASE("order: it catches up however much it has missed") {
    Office office(4);
    office.change(50);
    ui::Order order;
    ui::Tally tally;
    const ui::Query query;
    const ui::Tally::Condition conditions[] = {pending};
    (void)order.update(office.table, query, rules_for(query));
    tally.update(office.table, conditions);
    office.change(200'000);
    (void)order.update(office.table, query, rules_for(query));
    tally.update(office.table, conditions);
    CHECK(ids_of(office.table, order) == from_scratch(office.table, query));
    const auto all = office.table.all();
    CHECK(tally.count(0) == static_cast<std::size_t>(std::count_if(all.begin(), all.end(), pending)));
}

TEST_CASE("tally: kept up through changes, it is what one would count") {
    Office office(5);
    ui::Tally tally;
    const ui::Tally::Condition conditions[] = {
        [](const crm::Record&) { return true; }, pending,
        [](const crm::Record& record) { return record.fields.text(kName).find("rao") != std::string_view::npos; }};
    for (int step = 0; step < 500; ++step) {
        office.change(1 + office.random.below(5));
        tally.update(office.table, conditions);
        const auto all = office.table.all();
        for (std::size_t i = 0; i < std::size(conditions); ++i) {
            REQUIRE(tally.count(i) == static_cast<std::size_t>(std::count_if(all.begin(), all.end(), conditions[i])));
        }
    }
}

TEST_CASE("today: the leads that changed last, kept up by what changed") {
    Driver driver;
    std::vector<crm::Record> leads;
    for (std::uint64_t i = 1; i <= 30; ++i) leads.push_back(lead(i, "Lead " + std::to_string(i) + "."));
    driver.load(leads);
    driver.app->desk().page = ui::Page::today;
    const auto shown = [&] {
        std::vector<int> numbers;
        const std::string& screen = driver.screen();
        for (std::size_t at = screen.find("Lead "); at != std::string::npos; at = screen.find("Lead ", at + 1)) {
            numbers.push_back(std::stoi(screen.substr(at + 5)));
        }
        return numbers;
    };
    CHECK(shown() == std::vector{1, 2, 3, 4, 5, 6, 7, 8});
    const auto touch = [&](std::uint64_t number) {
        crm::Record record = leads[number - 1];
        record.updated_at = driver.clock.now();
        driver.send(client::RecordsChanged{{{record}, {}}});
    };
    touch(20);
    CHECK(shown() == std::vector{20, 1, 2, 3, 4, 5, 6, 7});
    touch(4);
    CHECK(shown() == std::vector{4, 20, 1, 2, 3, 5, 6, 7});
    driver.send(client::RecordsChanged{{{}, {{crm::Model::lead, leads[0].id}}}});
    CHECK(shown() == std::vector{4, 20, 2, 3, 5, 6, 7, 8});
    driver.send(client::RecordsChanged{{{leads[19]}, {}}});  // as it was before
    CHECK(shown() == std::vector{4, 2, 3, 5, 6, 7, 8, 9});
}
