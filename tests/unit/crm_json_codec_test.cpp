#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/utf8.h"
#include "crm/json_codec.h"
#include "crm/tables.h"
#include "crm/validate.h"

namespace ct::crm {
namespace {

using namespace std::string_literals;
using Json = nlohmann::json;

std::string written(std::string_view text) {
    std::string out;
    JsonWriter(out).string(text);
    return out;
}

std::string written(Model model, const Changes& changes) {
    std::string out;
    JsonWriter writer(out);
    write_changes(writer, model, changes);
    return out;
}

std::string written(const Record& record) {
    std::string out;
    JsonWriter writer(out);
    write_record(writer, record);
    return out;
}

Result<Changes> read(Model model, std::string_view text) { return read_changes(model, parse_json(text).value()); }

TEST_CASE("JSON strings: escaped as needed, and no more") {
    CHECK(written("") == "\"\"");
    CHECK(written("plain आशा 😀 /") == "\"plain आशा 😀 /\"");
    CHECK(written("a\"b\\c") == R"("a\"b\\c")");
    CHECK(written("\n\r\t") == R"("\n\r\t")");
    CHECK(written("\0\x01\x1f\x7f"s) == "\"\\u0000\\u0001\\u001f\x7f\"");
}

TEST_CASE("JSON strings: any bytes give a valid string, and valid text survives") {
    SeededRandom random(4);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes(random.below(24), '\0');
        const bool odd = random.below(2) == 0;
        for (char& c : bytes) c = static_cast<char>(odd ? random.below(256) : random.below(128));
        const Json parsed = Json::parse(written(bytes), nullptr, false);
        REQUIRE(parsed.is_string());
        if (valid_utf8(bytes)) REQUIRE(parsed.get_ref<const std::string&>() == bytes);
    }
    CHECK(written("a\xff\xc3z") == "\"a\xef\xbf\xbd\xef\xbf\xbdz\"");
}

TEST_CASE("JSON numbers and times") {
    std::string out;
    JsonWriter writer(out);
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-7}, INT64_MAX, INT64_MIN}) {
        out.clear();
        writer.number(number);
        CHECK(out == std::to_string(number));
    }
    out.clear();
    writer.instant(1'795'453'888'042);
    CHECK(out == "\"2026-11-23T17:11:28.042Z\"");
}

TEST_CASE("parse_json: takes JSON and nothing else") {
    CHECK(parse_json(R"({"a":[1,-2,1.5,true,null,"x",{}],"b":{"c":[]}})").value() ==
          Json::parse(R"({"a":[1,-2,1.5,true,null,"x",{}],"b":{"c":[]}})"));
    CHECK(parse_json("7").value() == 7);
    for (const std::string number :
         {"0", "-0", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615",
          "18446744073709551616", "-9223372036854775809", "1e3", "0.1", "123456789012345678901234567890.5", "1E-400"}) {
        CAPTURE(number);
        const Json ours = parse_json(number).value(), theirs = Json::parse(number);
        CHECK(ours.dump() == theirs.dump());
        CHECK(ours.is_number_unsigned() == theirs.is_number_unsigned());
    }
    CHECK(parse_json("[]").value() == Json::array());
    for (const std::string& bad : {""s,
                                   "{"s,
                                   "[1,]"s,
                                   "{\"a\":1,}"s,
                                   "{a:1}"s,
                                   "[1] x"s,
                                   "nul"s,
                                   "'a'"s,
                                   "\"a"s,
                                   "\"\xff\""s,
                                   "01"s,
                                   "1e999"s,
                                   "<html>"s,
                                   "NaN"s,
                                   "\"\n\""s,
                                   "\"\x1f\""s,
                                   "\"\\ud800\""s,
                                   "\"\\udc00\""s,
                                   "{\"\\udc00\":1}"s,
                                   "[1]\0"s,
                                   "[1]\0x"s,
                                   "-"s,
                                   "1."s,
                                   "-1e400"s,
                                   ".5"s,
                                   "+1"s,
                                   "{\"a\":1,\"a\":1}"s,
                                   "[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]"s}) {
        CAPTURE(bad);
        const Result<Json> parsed = parse_json(bad);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().code == "MALFORMED");
        CHECK(valid_utf8(parsed.error().message));
    }
    CHECK(parse_json("[{\"a\":1},{\"a\":1}]").has_value());  // the same name in two objects is well
}

TEST_CASE("parse_json: nesting ends before the stack does") {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(parse_json(nested(kJsonDepthMax)).has_value());
    CHECK_FALSE(parse_json(nested(kJsonDepthMax + 1)).has_value());
    CHECK_FALSE(parse_json(std::string(1'000'000, '[')).has_value());
}

TEST_CASE("parse_json: what nlohmann reads, we read alike") {
    SeededRandom random(6);
    const std::vector<std::string> pieces{"{",     "}", "[",    "]",    ",",    ":", "\"a\"",
                                          "\"b\"", "1", "-2.5", "true", "null", " "};
    int valid = 0;
    for (int i = 0; i < 200'000; ++i) {
        std::string text;
        for (std::uint64_t n = random.below(9); n > 0; --n) text += pieces[random.below(pieces.size())];
        const Json theirs = Json::parse(text, nullptr, false);
        const Result<Json> ours = parse_json(text);
        if (ours) {
            ++valid;
            REQUIRE(*ours == theirs);
        } else if (!theirs.is_discarded()) {
            CAPTURE(text);
            REQUIRE(ours.error().message.find("twice") != std::string::npos);
        }
    }
    CHECK(valid > 1000);
}

TEST_CASE("values: the wire form of every type") {
    const auto wire = [](Model model, std::string_view name, const Value& value) {
        std::string out;
        JsonWriter writer(out);
        write_value(writer, def(model, field(model, name)), view(value));
        return out;
    };
    CHECK(wire(Model::lead, "name", "Asha"s) == "\"Asha\"");
    CHECK(wire(Model::lead, "name", Value()) == "null");
    CHECK(wire(Model::lead, "amount", std::int64_t{150'050}) == "150050");
    CHECK(wire(Model::lead, "enquiryDate", std::int64_t{0}) == "\"1970-01-01T00:00:00.000Z\"");
    CHECK(wire(Model::reminder, "isCompleted", true) == "true");
    CHECK(wire(Model::lead, "labels", "a\nb"s) == R"(["a","b"])");
    CHECK(wire(Model::lead, "labels", "a"s) == R"(["a"])");
    CHECK(wire(Model::lead, "labels", Value()) == "null");
    // What should not be there is written all the same, as valid JSON.
    CHECK(wire(Model::lead, "labels", "\n\n"s) == "[]");
    CHECK(wire(Model::lead, "amount", "x"s) == "\"x\"");
    CHECK(wire(Model::lead, "name", true) == "true");
}

TEST_CASE("values: of another type are refused") {
    struct Case {
        Model model;
        const char* name;
        const char* json;
        const char* message;
    };
    const Case cases[] = {
        {Model::lead, "name", "5", "name must be a text"},
        {Model::lead, "name", "[]", "name must be a text"},
        {Model::lead, "phone", "9876543210", "phone must be a text"},
        {Model::lead, "amount", "1.5", "amount must be a whole number of minor units"},
        {Model::lead, "amount", "1.0", "amount must be a whole number of minor units"},
        {Model::lead, "amount", "\"150\"", "amount must be a whole number of minor units"},
        {Model::lead, "amount", "true", "amount must be a whole number of minor units"},
        {Model::lead, "amount", "9223372036854775808", nullptr},
        {Model::lead, "amount", "1e3", "amount must be a whole number of minor units"},
        {Model::lead, "enquiryDate", "1795453888042", nullptr},
        {Model::lead, "enquiryDate", "\"yesterday\"", nullptr},
        {Model::lead, "labels", "\"a\"", "labels must be a list of texts"},
        {Model::lead, "labels", "[1]", "labels must be a list of texts"},
        {Model::lead, "labels", "[\"a\\nb\"]", "labels must be labels of one line each"},
        {Model::lead, "labels", "{}", "labels must be a list of texts"},
        {Model::reminder, "isCompleted", "1", "isCompleted must be true or false"},
        {Model::reminder, "isCompleted", "\"true\"", "isCompleted must be true or false"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.name);
        CAPTURE(each.json);
        const Result<Value> value = read_value(def(each.model, field(each.model, each.name)), Json::parse(each.json));
        REQUIRE_FALSE(value.has_value());
        CHECK(value.error().code == "INVALID_FIELD");
        CHECK(value.error().field == each.name);
        if (each.message != nullptr) CHECK(value.error().message == each.message);
    }
    CHECK(read_value(def(Model::lead, field(Model::lead, "amount")), Json::parse("9223372036854775807")).value() ==
          Value(INT64_MAX));
    CHECK(read_value(def(Model::lead, field(Model::lead, "name")), Json::parse("\"\"")).value() == Value());
    CHECK(read_value(def(Model::lead, field(Model::lead, "labels")), Json::parse("[]")).value() == Value());
}

TEST_CASE("changes: read in the table's order, unknown members kept, the record's own left out") {
    const Changes changes = read(Model::lead, R"({"score": 1.5, "email": "a@b.in", "name": "Asha", "city": null,
        "id": "x", "createdAt": 1, "updatedAt": 1, "deleted": true, "version": 3, "syncStatus": "x",
        "phoneE164": "+1", "nested": {"a": [1]}})")
                                .value();
    REQUIRE(changes.fields.size() == 3);
    CHECK(def(Model::lead, changes.fields[0].first).name == "name");
    CHECK(def(Model::lead, changes.fields[1].first).name == "email");
    CHECK(def(Model::lead, changes.fields[2].first).name == "city");
    CHECK(changes.fields[2].second == Value());
    CHECK(changes.extra == R"({"nested":{"a":[1]},"score":1.5})");
    CHECK(written(Model::lead, changes) ==
          R"({"name":"Asha","email":"a@b.in","city":null,"nested":{"a":[1]},"score":1.5})");
    CHECK(read(Model::lead, "{}").value().empty());
    CHECK(written(Model::lead, Changes{}) == "{}");
}

TEST_CASE("changes: a removed unknown member stays a null on the wire") {
    const Changes changes = read(Model::lead, R"({"score": null})").value();
    CHECK(changes.extra == R"({"score":null})");
    CHECK(written(Model::lead, changes) == R"({"score":null})");
}

TEST_CASE("changes: bad ones are errors, not exceptions") {
    for (const char* const text : {"[]", "7", "null", "\"x\"", "true"}) {
        CAPTURE(text);
        CHECK(read(Model::lead, text).error().code == "MALFORMED");
    }
    const Result<Changes> bad = read(Model::payment, R"({"amount": 1.5})");
    REQUIRE_FALSE(bad.has_value());
    CHECK(bad.error().code == "INVALID_FIELD");
    CHECK(bad.error().field == "amount");
    CHECK(bad.error().message == "Payment.amount must be a whole number of minor units");

    // What is taken here must fit, nested, into every other message.
    const auto nested = [](std::size_t depth) {
        return R"({"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    CHECK(read(Model::lead, nested(kExtraDepthMax - 1)).has_value());
    CHECK(read(Model::lead, nested(kExtraDepthMax)).error().code == "MALFORMED");
}

TEST_CASE("every model and field goes through JSON unchanged") {
    SeededRandom random(21);
    for (const ModelDef& model : models()) {
        for (int run = 0; run < 50; ++run) {
            Changes changes;
            for (std::size_t i = 0; i < model.fields.size(); ++i) {
                const FieldDef& each = model.fields[i];
                if (each.derived() || random.below(4) == 0) continue;
                const auto id = static_cast<FieldId>(i);
                if (random.below(8) == 0) {
                    changes.set(id, Value());
                    continue;
                }
                switch (each.type) {
                    case FieldType::money:
                    case FieldType::integer:
                        changes.set(id, static_cast<std::int64_t>(random.next() >> 1 >> random.below(62)));
                        break;
                    case FieldType::instant:
                        changes.set(id, static_cast<std::int64_t>(random.below(1ULL << 47)));
                        break;
                    case FieldType::flag: changes.set(id, random.below(2) == 1); break;
                    case FieldType::labels: changes.set(id, "a\"b\nc\\d\nआशा"s); break;
                    default: changes.set(id, "text \"quoted\" \\ \n\t\x01 आशा 😀 " + std::to_string(random.next()));
                }
            }
            if (random.below(2) == 0) changes.extra = R"({"later":[1,{"a":null}],"more":"x"})";
            const std::string text = written(model.model, changes);
            CAPTURE(text);
            REQUIRE(read(model.model, text).value() == changes);
        }
    }
}

TEST_CASE("records: everything by name, absent as null") {
    Record record;
    record.id = *Uuid::parse("0192f3c4-a5b6-7def-89ab-cdef01234567");
    record.model = Model::note;
    record.sync_status = SyncStatus::pending;
    record.version = 12;
    record.created_at = 0;
    record.updated_at = 1000;
    record.fields.set(field_id(Model::note, "text"), std::string_view("Called"));
    record.extra = R"({"mood":"good"})";
    CHECK(
        written(record) ==
        R"({"id":"0192f3c4-a5b6-7def-89ab-cdef01234567","leadId":null,"kind":null,"text":"Called","at":null,"by":null,)"
        R"("syncStatus":"PENDING","createdAt":"1970-01-01T00:00:00.000Z","updatedAt":"1970-01-01T00:00:01.000Z",)"
        R"("deleted":false,"version":12,"mood":"good"})");
}

TEST_CASE("records: whatever is stored, the JSON is valid and names nothing twice") {
    Record record;
    record.fields.set(field_id(Model::lead, "name"), std::string_view("a\xff\"\0b", 5));
    record.fields.set(field_id(Model::lead, "phone"), std::int64_t{5});
    for (const char* const extra :
         {"not json", "[1]", "{\"a\":", "{\"name\":\"again\",\"id\":1,\"b\":2}", "{\"\xff\":1}"}) {
        record.extra = extra;
        const Result<Json> parsed = parse_json(written(record));
        REQUIRE(parsed.has_value());
        CHECK((*parsed)["phone"] == 5);
        CHECK_FALSE(parsed->contains("a"));
        CHECK((*parsed)["name"] != "again");
    }
}

}  // namespace
}  // namespace ct::crm
