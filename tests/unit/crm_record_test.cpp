#include <doctest/doctest.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "crm/record.h"
#include "crm/tables.h"

namespace ct::crm {
namespace {

using namespace std::string_literals;

constexpr FieldId kName = field_id(Model::lead, "name");
constexpr FieldId kPhone = field_id(Model::lead, "phone");
constexpr FieldId kE164 = field_id(Model::lead, "phoneE164");
constexpr FieldId kAmount = field_id(Model::lead, "amount");
constexpr FieldId kCity = field_id(Model::lead, "city");

Value random_value(Random& random) {
    switch (random.below(5)) {
        case 0: return Value();
        case 1: return Value(random.below(2) == 1);
        case 2: {
            const std::uint64_t shift = random.below(64);
            const auto number = static_cast<std::int64_t>(random.next() >> shift);
            return Value(random.below(2) == 1 ? number : -number);
        }
        default: {
            // Words that are packed as one byte, and others as long.
            constexpr std::array kWords{"PENDING", "FOLLOW_UP", "INR", "IN", "PENDIN", "INX", "Pending"};
            if (random.below(4) == 0) return Value(std::string(kWords[random.below(kWords.size())]));
            // Lengths around the borders of the encoding: 0, 1, 197, 198, 199, and beyond two varint bytes.
            constexpr std::array<std::size_t, 9> kLengths{0, 1, 12, 197, 198, 199, 325, 326, 20'000};
            const std::size_t length =
                random.below(10) == 0 ? kLengths[random.below(kLengths.size())] : random.below(40);
            std::string text(length, '\0');
            for (char& c : text) c = static_cast<char>(random.below(256));
            return Value(std::move(text));
        }
    }
}

bool counts_as_absent(const Value& value) {
    return std::holds_alternative<std::monostate>(value) || value == Value(std::string());
}

std::map<FieldId, Value> contents(const Fields& fields) {
    std::map<FieldId, Value> all;
    int last = -1;
    fields.each([&](FieldId id, ValueView value) {
        REQUIRE(static_cast<int>(id) > last);  // each once, rising
        last = id;
        all.emplace(id, own(value));
    });
    return all;
}

Fields built_in_order(const std::map<FieldId, Value>& model) {
    Fields fields;
    for (const auto& [id, value] : model) fields.append(id, view(value));
    return fields;
}

TEST_CASE("Fields: behave as a map, whatever is done to them, and equal contents have equal bytes") {
    SeededRandom random(2024);
    for (int run = 0; run < 200; ++run) {
        Fields fields;
        std::map<FieldId, Value> model;
        for (int step = 0; step < 120; ++step) {
            // A few ids near each other, and the largest ones now and then.
            const auto id = static_cast<FieldId>(random.below(20) == 0 ? 250 + random.below(6) : random.below(12));
            const Value value = random_value(random);
            fields.set(id, view(value));
            if (counts_as_absent(value)) {
                model.erase(id);
            } else {
                model[id] = value;
            }
            REQUIRE(own(fields.get(id)) == (counts_as_absent(value) ? Value() : value));
            REQUIRE(fields.has(id) == !counts_as_absent(value));
        }
        REQUIRE(contents(fields) == model);
        for (int id = 0; id < 256; ++id) {
            const auto found = model.find(static_cast<FieldId>(id));
            REQUIRE(own(fields.get(static_cast<FieldId>(id))) == (found == model.end() ? Value() : found->second));
        }
        REQUIRE(fields == built_in_order(model));
        REQUIRE(fields.empty() == model.empty());

        // Taking all away in any order ends where it began.
        while (!model.empty()) {
            auto victim = model.begin();
            std::advance(victim, static_cast<std::ptrdiff_t>(random.below(model.size())));
            fields.set(victim->first, {});
            model.erase(victim);
            REQUIRE(contents(fields) == model);
        }
        REQUIRE(fields == Fields{});
    }
}

TEST_CASE("Fields: numbers at the borders") {
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{63}, std::int64_t{64},
                                      std::int64_t{-64}, std::int64_t{-65}, INT64_MAX, INT64_MIN}) {
        Fields fields;
        fields.set(3, number);
        fields.set(9, true);
        CHECK(fields.integer(3) == number);
        CHECK(fields.flag(9));
    }
}

TEST_CASE("Fields: typed readers give their fallback for another type") {
    Fields fields;
    fields.set(1, std::string_view("text"));
    fields.set(2, std::int64_t{5});
    fields.set(3, true);
    fields.set(4, false);
    CHECK(fields.text(1) == "text");
    CHECK(fields.text(2).empty());
    CHECK(fields.text(9).empty());
    CHECK(fields.integer(2, -1) == 5);
    CHECK(fields.integer(1, -1) == -1);
    CHECK(fields.integer(3, -1) == -1);
    CHECK(fields.integer(9, -1) == -1);
    CHECK(fields.flag(3));
    CHECK_FALSE(fields.flag(4));
    CHECK_FALSE(fields.flag(2));
    CHECK(fields.has(4));  // false is a value
    CHECK_FALSE(fields.has(0));
}

TEST_CASE("Fields: a value may be a view into the same object") {
    Fields fields;
    fields.set(1, std::string_view("first text"));
    fields.set(5, std::string(300, 'y'));
    for (int i = 0; i < 50; ++i) fields.set(static_cast<FieldId>(10 + i), std::string_view("filler"));
    fields.set(0, fields.text(5));  // moves everything behind it
    CHECK(fields.text(0) == std::string(300, 'y'));
    fields.set(5, fields.text(1));  // shrinks
    CHECK(fields.text(5) == "first text");
    fields.set(1, fields.text(0).substr(10, 5));
    CHECK(fields.text(1) == "yyyyy");
    fields.append(200, fields.text(0));
    CHECK(fields.text(200) == std::string(300, 'y'));
    CHECK(fields.text(59) == "filler");
}

TEST_CASE("Fields: absent fields take no room, and a copy takes exactly what it needs") {
    Fields fields;
    CHECK(Fields{}.empty());
    fields.set(7, {});
    fields.set(7, std::string_view());
    CHECK(fields.empty());
    for (int i = 0; i < 15; ++i) fields.append(static_cast<FieldId>(i), std::string_view("twelve chars"));
    const Fields copy = fields;
    CHECK(copy.memory() <= 1 + 15 * 14);
    const std::size_t room = fields.memory();
    fields.clear();
    CHECK(fields.empty());
    CHECK(fields.memory() == room);
    CHECK(copy.text(14) == "twelve chars");
}

TEST_CASE("Changes: each field once") {
    Changes changes;
    CHECK(changes.empty());
    CHECK(changes.find(kName) == nullptr);
    changes.set(kName, "a"s);
    changes.set(kCity, "b"s);
    changes.set(kName, Value());
    REQUIRE(changes.fields.size() == 2);
    CHECK(*changes.find(kName) == Value());
    CHECK(*changes.find(kCity) == Value("b"s));
    CHECK_FALSE(changes.empty());
}

TEST_CASE("apply: sets, clears and derives") {
    Record record;
    Changes changes;
    changes.set(kName, "Asha"s);
    changes.set(kPhone, "098765 43210"s);
    changes.set(kAmount, std::int64_t{150'050});
    apply(record, changes);
    CHECK(record.fields.text(kPhone) == "098765 43210");
    CHECK(record.fields.text(kE164) == "+919876543210");

    Changes unrelated;
    unrelated.set(kCity, "Pune"s);
    unrelated.set(kE164, "forged"s);  // computed on each side, never taken from outside
    apply(record, unrelated);
    CHECK(record.fields.text(kE164) == "+919876543210");
    CHECK(record.fields.text(kCity) == "Pune");

    Changes odd;
    odd.set(kPhone, "ask his brother 123"s);
    apply(record, odd);
    CHECK(record.fields.text(kPhone) == "ask his brother 123");
    CHECK_FALSE(record.fields.has(kE164));

    Changes cleared;
    cleared.set(kPhone, Value());
    cleared.set(kAmount, Value());
    apply(record, cleared);
    CHECK_FALSE(record.fields.has(kPhone));
    CHECK_FALSE(record.fields.has(kAmount));
    CHECK(record.fields.text(kName) == "Asha");
}

TEST_CASE("apply: unknown members are merged, and null removes one") {
    Record record;
    const auto apply_extra = [&](std::string extra) {
        Changes changes;
        changes.extra = std::move(extra);
        apply(record, changes);
    };
    apply_extra(R"({"score": 7, "deep": {"b": [1, null], "a": "x"}})");
    CHECK(record.extra == R"({"deep":{"a":"x","b":[1,null]},"score":7})");
    apply_extra(R"({"score": 8})");
    CHECK(record.extra == R"({"deep":{"a":"x","b":[1,null]},"score":8})");
    apply_extra(R"({"deep": null, "nothing": null})");
    CHECK(record.extra == R"({"score":8})");
    for (const char* const broken : {"", "not json", "[1]", "{\"a\":", "7", "{\"a\":1,\"a\":2}"}) {
        CAPTURE(broken);
        apply_extra(broken);
        CHECK(record.extra == R"({"score":8})");
    }
    apply_extra(R"({"score": null})");
    CHECK(record.extra.empty());
}

TEST_CASE("difference: applied to the one it gives the other") {
    SeededRandom random(77);
    const std::span<const FieldDef> table = def(Model::lead).fields;
    const auto random_record = [&] {
        Record record;
        Changes changes;
        for (std::size_t i = 0; i < table.size(); ++i) {
            if (table[i].derived() || random.below(3) == 0) continue;
            const auto id = static_cast<FieldId>(i);
            // Few different values, so that equal ones occur.
            if (table[i].type == FieldType::money || table[i].type == FieldType::instant) {
                changes.set(id, static_cast<std::int64_t>(random.below(3)));
            } else {
                changes.set(id, "98765 4321" + std::to_string(random.below(3)));
            }
        }
        nlohmann::json extra = nlohmann::json::object();
        for (const char* const key : {"a", "b", "c"}) {
            if (random.below(2) == 0) extra[key] = random.below(2);
        }
        if (!extra.empty()) changes.extra = extra.dump();
        apply(record, changes);
        return record;
    };
    for (int i = 0; i < 500; ++i) {
        const Record from = random_record(), to = random_record();
        const Changes changes = difference(from, to);
        for (const auto& [id, value] : changes.fields) {
            REQUIRE_FALSE(def(Model::lead, id).derived());
            REQUIRE(own(from.fields.get(id)) != value);
        }
        Record result = from;
        apply(result, changes);
        REQUIRE(result.fields == to.fields);
        REQUIRE(result.extra == to.extra);
        REQUIRE(difference(to, to).empty());
    }
}

TEST_CASE("title: one short line, or the id") {
    Record record;
    record.id = *Uuid::parse("0192f3c4-a5b6-7def-89ab-cdef01234567");
    CHECK(title(record) == "0192f3c4-a5b6-7def-89ab-cdef01234567");
    record.fields.set(kName, std::string_view("Asha Rao"));
    CHECK(title(record) == "Asha Rao");

    Record note;
    note.model = Model::note;
    note.fields.set(field_id(Model::note, "text"), std::string_view("Called.\nWill come on Monday."));
    CHECK(title(note) == "Called.");
    std::string hindi;
    for (int i = 0; i < 100; ++i) hindi += "आ";
    note.fields.set(field_id(Model::note, "text"), std::string_view(hindi));
    CHECK(title(note) == hindi.substr(0, 80 * 3) + "…");
    note.fields.set(field_id(Model::note, "text"), std::string_view(hindi).substr(0, 80 * 3));
    CHECK(title(note) == hindi.substr(0, 80 * 3));
}

TEST_CASE("sync statuses have the product's names") {
    CHECK(name(SyncStatus::synced) == "SYNCED");
    CHECK(name(SyncStatus::pending) == "PENDING");
    CHECK(name(SyncStatus::syncing) == "SYNCING");
    CHECK(name(SyncStatus::conflict) == "CONFLICT");
    CHECK(name(SyncStatus::error) == "ERROR");
}

TEST_CASE("values: views own nothing, owners keep") {
    const Value text = "abc"s;
    CHECK(std::get<std::string_view>(view(text)).data() == std::get<std::string>(text).data());
    for (const Value& value : {Value(), Value(true), Value(std::int64_t{-5}), text}) CHECK(own(view(value)) == value);
    CHECK(absent(view(Value())));
    CHECK_FALSE(absent(view(Value(false))));
}

}  // namespace
}  // namespace ct::crm
