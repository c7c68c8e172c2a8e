#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "base/utf8.h"
#include "crm/tables.h"
#include "crm/validate.h"

namespace ct::crm {
namespace {

using namespace std::string_literals;

FieldId lead(std::string_view name) { return field(Model::lead, name); }

/// The canonical text, or the error's message with "! " before it.
std::string lead_text(std::string_view name, std::string text) {
    const Result<Value> value = canonical(Model::lead, lead(name), std::move(text));
    if (!value) {
        CHECK(value.error().code == "INVALID_FIELD");
        CHECK(value.error().kind == ErrorKind::invalid);
        CHECK(value.error().field == name);
        CHECK(valid_utf8(value.error().message));
        return "! " + value.error().message;
    }
    return std::holds_alternative<std::monostate>(*value) ? "(absent)" : std::get<std::string>(*value);
}

bool refused(std::string_view name, std::string text) { return lead_text(name, std::move(text)).starts_with("! "); }

TEST_CASE("texts: trimmed, limited, free of control characters") {
    CHECK(lead_text("name", "  Asha Rao \n") == "Asha Rao");
    CHECK(lead_text("name", "") == "(absent)");
    CHECK(lead_text("name", " \u00a0\t") == "(absent)");
    CHECK(lead_text("name", "a\nb") == "! Lead.name: \"a?b\" has control characters or line breaks");
    CHECK(refused("name", "a\tb"));
    CHECK(refused("name", "a\0b"s));
    CHECK(refused("name",
                  "a\x1f"
                  "b"));
    CHECK(lead_text("name", "a\xff") == "! Lead.name: not UTF-8 text (byte 1)");

    CHECK(lead_text("name", std::string(200, 'x')).size() == 200);
    CHECK(lead_text("name", std::string(201, 'x')) == "! Lead.name: longer than 200 characters");
    std::string hindi;
    for (int i = 0; i < 200; ++i) hindi += "आ";
    CHECK(lead_text("name", hindi) == hindi);  // characters, not bytes
    CHECK(refused("name", hindi + "आ"));
}

TEST_CASE("texts of several lines: one kind of line break") {
    CHECK(lead_text("notes", "a\r\nb\rc\n\td\r\n") == "a\nb\nc\n\td");
    CHECK(lead_text("notes", "\r\n") == "(absent)");
    CHECK(refused("notes",
                  "a\x0b"
                  "b"));
    CHECK(refused("notes", "a\0"s));
    CHECK(lead_text("notes", std::string(20'000, 'n')).size() == 20'000);
    CHECK(refused("notes", std::string(20'001, 'n')));
}

TEST_CASE("e-mail addresses") {
    for (const char* const good : {"a@b.in", "asha.rao+crm@mail.example.co.in", "आशा@उदाहरण.भारत",
                                   "o'brien@example.com", "a_b-c@x-y.example", "1@2.3"}) {
        CAPTURE(good);
        CHECK(lead_text("email", good) == good);
    }
    CHECK(lead_text("email", " a@b.in ") == "a@b.in");
    CHECK(lead_text("email", "foo@") == "! Lead.email: \"foo@\" is not an e-mail address");
    for (const char* const bad :
         {"foo", "@b.in", "a@b", "a@@b.in", "a@b@c.in", "a b@c.in", "a@b .in", "a@.in", "a@b.", "a@b..in", ".a@b.in",
          "a.@b.in", "a..c@b.in", "a@-b.in", "a@b-.in", "<a@b.in>", "a@b.in,c@d.in", "a@b.in;", "a\\b@c.in"}) {
        CAPTURE(bad);
        CHECK(refused("email", bad));
    }
    const std::string long_domain =
        "@" + std::string(61, 'd') + "." + std::string(61, 'e') + "." + std::string(61, 'f') + ".in";
    CHECK_FALSE(refused("email", std::string(64, 'a') + long_domain));         // 253
    CHECK(refused("email", std::string(65, 'a') + long_domain));               // the local part alone is too long
    CHECK(refused("email", std::string(60, 'a') + long_domain + ".toolong"));  // 257
}

TEST_CASE("phones: a national number of another country than all devices assume gets its country") {
    const auto completed = [](const std::string& typed, std::string_view country) {
        Changes changes;
        changes.set(lead("name"), typed);
        changes.set(lead("phone"), typed);
        complete_phones(Model::lead, changes, country);
        CHECK(std::get<std::string>(*changes.find(lead("name"))) == typed);
        return std::get<std::string>(*changes.find(lead("phone")));
    };
    CHECK(completed("(212) 555-0123", "US") == "+12125550123");
    CHECK(completed("98765 43210", "IN") == "98765 43210");
    CHECK(completed("+91 98765 43210", "US") == "+91 98765 43210");
    CHECK(completed("100", "US") == "100");
    CHECK(completed("none", "US") == "none");
}

TEST_CASE("phones: the typed text stays, but must have digits") {
    CHECK(lead_text("phone", " 98765-43210 (office) ") == "98765-43210 (office)");
    CHECK(lead_text("phone", "९८७६५ ४३२१०") == "९८७६५ ४३२१०");
    CHECK(lead_text("phone", "100") == "100");
    CHECK(lead_text("phone", "none") == "! Lead.phone: \"none\" is not a phone number");
    CHECK(refused("phone", "12"));
    CHECK(refused("phone", "1" + std::string(40, '2')));
}

TEST_CASE("choices: the product's words, typed loosely") {
    CHECK(lead_text("status", "FOLLOW_UP") == "FOLLOW_UP");
    CHECK(lead_text("status", "follow up") == "FOLLOW_UP");
    CHECK(lead_text("source", "Walk-in") == "WALK_IN");
    CHECK(lead_text("status", "DONE") ==
          "! Lead.status: \"DONE\" is not one of PENDING, FOLLOW_UP, CONVERTED, REJECTED");
    CHECK(lead_text("status", "") == "(absent)");
}

TEST_CASE("currencies") {
    CHECK(lead_text("currency", "inr") == "INR");
    for (const char* const bad : {"RUPEE", "IN", "IN1", "₹", "I R"}) {
        CAPTURE(bad);
        CHECK(refused("currency", bad));
    }
}

TEST_CASE("references are ids") {
    CHECK(lead_text("mergedInto", "0192F3C4-A5B6-7DEF-89AB-CDEF01234567") == "0192f3c4-a5b6-7def-89ab-cdef01234567");
    CHECK(refused("mergedInto", "17"));
    CHECK(refused("ownerId", "asha"));
}

TEST_CASE("labels: a set") {
    CHECK(lead_text("labels", "vip\nred\n\n vip \nAlpha") == "Alpha\nred\nvip");
    CHECK(lead_text("labels", "\n \n") == "(absent)");
    CHECK(refused("labels", "a,b"));
    CHECK(refused("labels", "a\tb"));
    CHECK(refused("labels", std::string(61, 'x')));
    std::string many;
    for (int i = 0; i < 400; ++i) many += "label" + std::to_string(i) + "\n";
    CHECK(refused("labels", many));
}

TEST_CASE("numbers, times and flags have their own types") {
    const auto result = [](Model model, std::string_view name, Value value) {
        return canonical(model, field(model, name), std::move(value));
    };
    CHECK(result(Model::payment, "amount", std::int64_t{0}).value() == Value(std::int64_t{0}));
    CHECK(result(Model::payment, "amount", std::int64_t{INT64_MAX}).value() == Value(std::int64_t{INT64_MAX}));
    CHECK(result(Model::payment, "amount", std::int64_t{-1}).error().message ==
          "Payment.amount: must not be below zero");
    CHECK(result(Model::payment, "amount", "150"s).error().message ==
          "Payment.amount: must be a whole number of minor units");
    CHECK_FALSE(result(Model::payment, "amount", true).has_value());
    CHECK_FALSE(result(Model::lead, "name", std::int64_t{5}).has_value());
    CHECK_FALSE(result(Model::lead, "name", true).has_value());
    CHECK_FALSE(result(Model::reminder, "isCompleted", std::int64_t{1}).has_value());
    CHECK_FALSE(result(Model::reminder, "isCompleted", "true"s).has_value());
    CHECK(result(Model::reminder, "isCompleted", false).value() == Value(false));
    CHECK(result(Model::reminder, "reminderDate", kRfc3339Max).has_value());
    CHECK_FALSE(result(Model::reminder, "reminderDate", kRfc3339Max + 1).has_value());
    CHECK_FALSE(result(Model::reminder, "reminderDate", kRfc3339Min - 1).has_value());
    CHECK(result(Model::reminder, "reminderDate", ""s).value() == Value());
    CHECK(result(Model::reminder, "reminderDate", Value()).value() == Value());
}

TEST_CASE("typed text becomes values") {
    const auto typed = [](Model model, std::string_view name, std::string_view text) {
        return parse_value(model, field(model, name), text);
    };
    CHECK(typed(Model::payment, "amount", "150050").value() == Value(std::int64_t{150'050}));
    CHECK(typed(Model::payment, "amount", " +7 ").value() == Value(std::int64_t{7}));
    CHECK(typed(Model::payment, "amount", "१५०").value() == Value(std::int64_t{150}));
    CHECK(typed(Model::payment, "amount", "").value() == Value());
    for (const char* const bad :
         {"1.5", "1,500", "abc", "12x", "-1", "+-1", "--1", "9223372036854775808", "0x10", "+"}) {
        CAPTURE(bad);
        const Result<Value> value = typed(Model::payment, "amount", bad);
        REQUIRE_FALSE(value.has_value());
        CHECK(value.error().field == "amount");
        CHECK(value.error().code == "INVALID_FIELD");
    }
    CHECK(typed(Model::lead, "enquiryDate", "2026-11-23").value() == Value(std::int64_t{1'795'392'000'000}));
    const Result<Value> bad_date = typed(Model::lead, "enquiryDate", "23/11/2026");
    REQUIRE_FALSE(bad_date.has_value());
    CHECK(bad_date.error().message ==
          "Lead.enquiryDate: \"23/11/2026\" is not a time such as 2026-11-23T17:11:28Z or 2026-11-23");
    for (const char* const yes : {"true", "YES", "1"}) {
        CHECK(typed(Model::reminder, "isCompleted", yes).value() == Value(true));
    }
    for (const char* const no : {"false", "No", "0"}) {
        CHECK(typed(Model::reminder, "isCompleted", no).value() == Value(false));
    }
    CHECK_FALSE(typed(Model::reminder, "isCompleted", "maybe").has_value());
    CHECK(typed(Model::lead, "labels", "red, green,,red").value() == Value("green\nred"s));
    CHECK_FALSE(typed(Model::lead, "name", "\xff").has_value());
    CHECK_FALSE(typed(Model::lead, "amount", "\xff").has_value());
}

/// Some canonical value of the field.
Value example(const FieldDef& field, Random& random) {
    switch (field.type) {
        case FieldType::money:
        case FieldType::integer: return static_cast<std::int64_t>(random.next() >> (1 + random.below(62)));
        case FieldType::instant:
            return kRfc3339Min +
                   static_cast<UnixMs>(random.below(static_cast<std::uint64_t>(kRfc3339Max - kRfc3339Min)));
        case FieldType::flag: return random.below(2) == 1;
        case FieldType::labels: return "a b\nred\nआशा"s;
        case FieldType::choice: return std::string(field.choices[random.below(field.choices.size())]);
        case FieldType::currency: return "KWD"s;
        case FieldType::reference: {
            Uuid id;
            random.fill(id.bytes);
            return id.str();
        }
        case FieldType::email: return "asha@example.in"s;
        case FieldType::phone: return "+91 98765 43210"s;
        case FieldType::multiline: return "one\n\ttwo, \"three\"\n\n4"s;
        case FieldType::text: return "Asha \"A\" Rao, आशा 😀"s;
    }
    return Value();
}

TEST_CASE("every field of every model: formatted, parsed, and canonical already") {
    SeededRandom random(12);
    for (const ModelDef& model : models()) {
        for (std::size_t i = 0; i < model.fields.size(); ++i) {
            const auto id = static_cast<FieldId>(i);
            CAPTURE(model.name);
            CAPTURE(model.fields[i].name);
            for (int run = 0; run < 20; ++run) {
                const Value value = example(model.fields[i], random);
                REQUIRE(canonical(model.model, id, value).value() == value);
                REQUIRE(parse_value(model.model, id, format_value(model.model, id, view(value))).value() == value);
            }
            CHECK(format_value(model.model, id, {}).empty());
            CHECK(parse_value(model.model, id, "").value() == Value());
        }
    }
}

TEST_CASE("validate: all or nothing") {
    Changes changes;
    changes.set(lead("name"), "  Asha "s);
    changes.set(lead("currency"), "inr"s);
    changes.set(lead("city"), ""s);
    REQUIRE(validate(Model::lead, changes).has_value());
    CHECK(*changes.find(lead("name")) == Value("Asha"s));
    CHECK(*changes.find(lead("currency")) == Value("INR"s));
    CHECK(*changes.find(lead("city")) == Value());  // cleared

    Changes bad;
    bad.set(lead("name"), "  Asha "s);
    bad.set(lead("email"), "foo@"s);
    const Changes before = bad;
    const Result<void> outcome = validate(Model::lead, bad);
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().field == "email");
    CHECK(bad == before);
}

TEST_CASE("validate: required fields cannot be cleared, derived ones cannot be set") {
    Changes cleared;
    cleared.set(lead("name"), "  "s);
    const Result<void> missing = validate(Model::lead, cleared);
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().code == "MISSING_FIELD");
    CHECK(missing.error().field == "name");

    Changes derived;
    derived.set(lead("phoneE164"), "+919876543210"s);
    const Result<void> computed = validate(Model::lead, derived);
    REQUIRE_FALSE(computed.has_value());
    CHECK(computed.error().code == "INVALID_FIELD");
    CHECK(computed.error().field == "phoneE164");

    Changes huge;
    huge.extra = "{\"x\":\"" + std::string(70'000, 'x') + "\"}";
    CHECK_FALSE(validate(Model::lead, huge).has_value());
}

TEST_CASE("validate_new: fallbacks are filled in, required fields must be there") {
    Changes reminder;
    const auto id = [](std::string_view name) { return field(Model::reminder, name); };
    reminder.set(id("title"), "Call back"s);
    reminder.set(id("priority"), "urgent"s);
    reminder.set(id("repeat"), Value());
    CHECK(validate_new(Model::reminder, reminder).error().field == "reminderDate");
    CHECK(validate_new(Model::reminder, reminder).error().code == "MISSING_FIELD");
    CHECK(reminder.find(id("type")) == nullptr);  // a refusal leaves no trace

    reminder.set(id("reminderDate"), std::int64_t{1'795'392'000'000});
    REQUIRE(validate_new(Model::reminder, reminder).has_value());
    CHECK(*reminder.find(id("type")) == Value("GENERAL"s));
    CHECK(*reminder.find(id("priority")) == Value("URGENT"s));
    CHECK(*reminder.find(id("repeat")) == Value("NONE"s));
    CHECK(*reminder.find(id("isCompleted")) == Value(false));

    Changes payment;
    payment.set(field(Model::payment, "amount"), std::int64_t{100});
    REQUIRE(validate_new(Model::payment, payment).has_value());
    CHECK(*payment.find(field(Model::payment, "direction")) == Value("IN"s));
    CHECK(*payment.find(field(Model::payment, "currency")) == Value("INR"s));
    CHECK(*payment.find(field(Model::payment, "status")) == Value("PENDING"s));

    Changes note;
    CHECK(validate_new(Model::note, note).error().field == "leadId");
}

}  // namespace
}  // namespace ct::crm
