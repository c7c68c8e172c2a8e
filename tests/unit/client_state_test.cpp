#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "client/state.h"
#include "crm/tables.h"

namespace ct::client {
namespace {

using crm::Model;

Uuid id_of(std::uint64_t number) {
    Uuid id;
    for (std::size_t i = 0; i < 8; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

crm::Record lead(std::uint64_t number, std::string_view name = "Asha") {
    crm::Record record;
    record.id = id_of(number);
    record.fields.set(crm::field_id(Model::lead, "name"), name);
    return record;
}

crm::Record payment(std::uint64_t number, const Uuid& lead) {
    crm::Record record;
    record.id = id_of(number);
    record.model = Model::payment;
    if (!lead.nil()) record.fields.set(crm::field_id(Model::payment, "leadId"), std::string_view(lead.str()));
    return record;
}

std::vector<Uuid> sorted(std::span<const Uuid> ids) {
    std::vector<Uuid> all(ids.begin(), ids.end());
    std::sort(all.begin(), all.end());
    return all;
}

TEST_CASE("Table: holds what was put, at the place where find says, whatever came and went") {
    SeededRandom random(11);
    Table table;
    std::map<Uuid, crm::Record> model;
    for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t number = random.below(200);
        if (random.below(3) == 0) {
            table.remove(id_of(number));
            model.erase(id_of(number));
        } else {
            crm::Record record = lead(number, std::to_string(step));
            record.deleted = random.below(5) == 0;
            if (record.deleted)
                model.erase(record.id);
            else
                model[record.id] = record;
            table.put(std::move(record));
        }
        REQUIRE(table.size() == model.size());
        if (step % 100 != 0) continue;
        for (std::uint64_t each = 0; each < 200; ++each) {
            const auto wanted = model.find(id_of(each));
            const crm::Record* found = table.find(id_of(each));
            REQUIRE((found != nullptr) == (wanted != model.end()));
            if (found == nullptr) continue;
            REQUIRE(*found == wanted->second);
            const auto row = static_cast<std::size_t>(found - table.all().data());
            REQUIRE(&table.at(row) == found);  // dense: it is one of the rows
        }
    }
}

TEST_CASE("Table: the revision grows with every change, and with nothing else") {
    Table table;
    std::uint64_t before = table.revision();
    const auto grew = [&] { return table.revision() > std::exchange(before, table.revision()); };
    table.put(lead(1));
    CHECK(grew());
    table.put(lead(1, "Another"));
    CHECK(grew());
    (void)table.find(id_of(1));
    table.reserve(100);
    table.remove(id_of(2));  // is not there
    CHECK_FALSE(grew());
    crm::Record tombstone = lead(1);
    tombstone.deleted = true;
    table.put(tombstone);
    CHECK(grew());
    CHECK(table.size() == 0);
    table.put(tombstone);  // gone already
    CHECK_FALSE(grew());
}

TEST_CASE("Table: tells which rows changed since a revision, until that is too long ago") {
    Table table;
    const auto changed = [&](std::uint64_t since) {
        const auto rows = table.changed_since(since);
        return rows ? std::optional(std::vector<std::uint32_t>(rows->begin(), rows->end())) : std::nullopt;
    };
    using Rows = std::vector<std::uint32_t>;
    CHECK_FALSE(changed(0));
    CHECK(changed(table.revision()) == Rows{});
    const std::uint64_t empty = table.revision();
    table.put(lead(1));
    table.put(lead(2));
    table.put(lead(3));
    CHECK(changed(empty) == Rows{0, 1, 2});
    const std::uint64_t full = table.revision();
    table.put(lead(2, "Other"));
    table.remove(id_of(1));  // the last one takes its row
    CHECK(changed(full) == Rows{1, 0, 2});
    CHECK(changed(table.revision()) == Rows{});
    for (int i = 0; i < 300'000; ++i) table.put(lead(2));
    CHECK_FALSE(changed(full));
    CHECK(changed(table.revision() - 50'000)->size() == 50'000);
    CHECK(changed(table.revision()) == Rows{});
}

TEST_CASE("State: a lead's children follow as they come, move to another lead, and go") {
    State state;
    state.put(payment(10, id_of(1)));  // a child may come before its lead
    state.put(lead(1));
    state.put(lead(2));
    state.put(payment(11, id_of(1)));
    state.put(payment(12, {}));  // of nobody
    CHECK(sorted(state.children(Model::payment, id_of(1))) == std::vector{id_of(10), id_of(11)});
    CHECK(state.children(Model::note, id_of(1)).empty());

    state.put(payment(11, id_of(1)));  // again: still there once
    CHECK(state.children(Model::payment, id_of(1)).size() == 2);
    state.put(payment(11, id_of(2)));
    CHECK(sorted(state.children(Model::payment, id_of(1))) == std::vector{id_of(10)});
    CHECK(sorted(state.children(Model::payment, id_of(2))) == std::vector{id_of(11)});

    crm::Record tombstone = payment(10, id_of(1));
    tombstone.deleted = true;
    state.put(tombstone);
    state.remove(Model::payment, id_of(11));
    state.put(payment(12, id_of(2)));
    state.put(payment(12, {}));
    CHECK(state.children(Model::payment, id_of(1)).empty());
    CHECK(state.children(Model::payment, id_of(2)).empty());
    CHECK(state.table(Model::payment).size() == 1);
}

TEST_CASE("State: children are always the records that name the lead") {
    SeededRandom random(5);
    State state;
    for (int step = 0; step < 5'000; ++step) {
        const std::uint64_t number = 100 + random.below(40);
        if (random.below(4) == 0) {
            state.remove(Model::payment, id_of(number));
        } else {
            crm::Record record = payment(number, random.below(5) == 0 ? Uuid{} : id_of(random.below(4) + 1));
            record.deleted = random.below(6) == 0;
            state.put(std::move(record));
        }
        std::map<std::string, std::vector<Uuid>> wanted;
        for (const crm::Record& record : state.table(Model::payment).all()) {
            wanted[std::string(record.fields.text(crm::field_id(Model::payment, "leadId")))].push_back(record.id);
        }
        for (std::uint64_t each = 1; each <= 4; ++each) {
            REQUIRE(sorted(state.children(Model::payment, id_of(each))) == sorted(wanted[id_of(each).str()]));
        }
    }
}

TEST_CASE("State: takes over what events say of records and sync") {
    State state;
    Event loaded = Loaded{Model::lead, {lead(1), lead(2)}};
    state.apply(loaded);
    CHECK_FALSE(state.loaded());
    Event done = LoadDone{};
    state.apply(done);
    CHECK(state.loaded());
    CHECK(state.table(Model::lead).size() == 2);

    Event saved = Saved{1, {{lead(1, "Saved")}, {}}};
    state.apply(saved);
    REQUIRE(state.find(Model::lead, id_of(1)) != nullptr);
    CHECK(crm::title(*state.find(Model::lead, id_of(1))) == "Saved");

    Event changed = RecordsChanged{{{lead(3)}, {{Model::lead, id_of(2)}}}};
    state.apply(changed);
    CHECK(state.find(Model::lead, id_of(2)) == nullptr);
    CHECK(state.find(Model::lead, id_of(3)) != nullptr);

    SyncView view;
    view.needs_you = 7;
    Event sync = SyncChanged{view};
    state.apply(sync);
    CHECK(state.sync().needs_you == 7);
}

TEST_CASE("State: an event that is none of its business changes nothing") {
    State state;
    state.put(lead(1));
    const std::uint64_t revision = state.table(Model::lead).revision();
    for (Event event : {Event{SaveFailed{1, {}}}, Event{Trouble{}}, Event{SignedIn{}}, Event{QueueListed{}}}) {
        state.apply(event);
    }
    CHECK(state.table(Model::lead).revision() == revision);
    CHECK_FALSE(state.loaded());
}

}  // namespace
}  // namespace ct::client
