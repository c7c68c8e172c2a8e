// The wire codec on what it cannot read: refused, with a word on what is wrong and where.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "crm/tables.h"
#include "sync/wire.h"

namespace ct::sync {
namespace {

using crm::Model;

const std::string kId = "0192f3c4-a5b6-7000-8000-000000000001", kOther = "0192f3c4-a5b6-7000-8000-000000000002";

std::string in_request(const std::string& operations) {
    return R"({"protocol":1,"deviceId":"d","sequence":3,"operations":[)" + operations + "]}";
}

/// The object with each member once: where one stands twice, the later.
std::string once(const std::string& object) { return nlohmann::json::parse(object).dump(); }

/// An update of a lead; a member that `more` names again counts instead.
std::string update(const std::string& more = {}) {
    return once(R"({"id":")" + kId + R"(","operation":"UPDATE","model":"Lead","recordId":")" + kOther +
                R"(","base":1,"stamp":"0192f3c4a5b6-0001-d","data":{"name":"Asha"})" + more + "}");
}

std::string in_answer(const std::string& results) {
    return R"({"epoch":"e","sequence":3,"version":9,"serverTime":"2026-11-23T17:11:28.000Z","results":[)" + results +
           "]}";
}

std::string told(const std::string& record_more) {
    return once(R"({"id":")" + kId + R"(","status":"merged","version":9,"record":{"id":")" + kOther +
                R"(","model":"Lead","version":9)" + record_more + "}}");
}

std::string in_page(const std::string& groups) {
    return R"({"epoch":"e","cursor":"c","serverTime":"2026-11-23T17:11:28Z","changes":[)" + groups + "]}";
}

std::string group(const std::string& fields, const std::string& cells) {
    return R"({"model":"Lead","fields":[)" + fields + R"(],"rows":[[")" + kId + "\",9" + cells + "]]}";
}

template <class T>
std::string message_of(const Result<T>& result) {
    if (result) return "read";
    CHECK(result.error().kind == ErrorKind::invalid);
    CHECK_FALSE(result.error().code.empty());
    return result.error().message;
}

bool speaks_of(const std::string& message, const std::string& what) { return message.find(what) != std::string::npos; }

TEST_CASE("wire: members that are not known are ignored") {
    CHECK(decode_push_request(R"({"new":{"a":[1]},"protocol":1,"deviceId":"d","sequence":3,"operations":[)" +
                              update(R"(,"newer":[[{}]])") + R"(],"more":null})")
              ->faults.empty());
    const auto answer =
        decode_push_answer(in_answer(R"({"id":")" + kId + R"(","status":"applied","version":1,"x":{}})"));
    CHECK(answer.has_value());
    const auto page =
        decode_pull_page(R"({"epoch":"e","cursor":"c","serverTime":"2026-11-23T17:11:28Z","x":[[{}]],)"
                         R"("changes":[{"model":"Lead","why":{"a":[[1]]},"also":[1,[2]]},)"
                         R"({"model":"Ship","fields":["x"],"rows":[[1]],"deleted":[[2]]}],"y":{"changes":[3]}})");
    REQUIRE(page.has_value());
    CHECK(page->rows.empty());
}

TEST_CASE("wire: a member that is there twice is refused in a request; of a page the last one counts") {
    std::string twice = update();
    twice.insert(twice.find("\"name\""), "\"name\":\"A\",");
    const auto request = decode_push_request(in_request(twice));
    REQUIRE_FALSE(request.has_value());
    CHECK(request.error().code == "MALFORMED");
    CHECK(request.error().message.find("\"name\" is there twice") != std::string::npos);
    const auto page = decode_pull_page(R"({"cursor":"x",)" + in_page("").substr(1));
    REQUIRE(page.has_value());
    CHECK(page->cursor == "c");
}

TEST_CASE("wire: null and empty are absent, in every field") {
    for (const char* nothing : {"null", "\"\""}) {
        CAPTURE(nothing);
        const auto request =
            decode_push_request(in_request(update(R"(,"data":{"city":)" + std::string(nothing) + "}")));
        REQUIRE(request.has_value());
        REQUIRE(request->operations[0].changes.fields.size() == 1);
        CHECK(request->operations[0].changes.fields[0].second == crm::Value{});
        const auto page =
            decode_pull_page(in_page(group(R"("city","enquiryDate")", "," + std::string(nothing) + ",null")));
        REQUIRE(page.has_value());
        REQUIRE(page->rows[0].changes.fields.size() == 2);
        CHECK(page->rows[0].changes.fields[0].second == crm::Value{});
    }
    const auto request = decode_push_request(in_request(update(R"(,"data":{"labels":[]},"group":null,"policy":null)")));
    REQUIRE(request.has_value());
    CHECK(request->faults.empty());
    CHECK(request->operations[0].changes.fields[0].second == crm::Value{});
    CHECK(request->operations[0].group.nil());
}

TEST_CASE("wire: what is wrong with a push request as a whole, and where") {
    const auto says = [](const std::string& body) { return message_of(decode_push_request(body)); };
    const std::string fine = in_request(update());
    CHECK(says(fine) == "read");
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string body = fine;
        REQUIRE(body.find(from) != std::string::npos);
        return says(body.replace(body.find(from), from.size(), to));
    };
    CHECK(says("") == "body is empty");
    CHECK(says(" \n") == "body is empty");
    CHECK(says("[]") == "body must be a JSON object");
    CHECK(says(fine + "x") == "body is not valid JSON in UTF-8");
    CHECK(says(fine + std::string(1, '\0')) == "body is not valid JSON in UTF-8");
    CHECK(says(fine + std::string(1, '\0') + "x") == "body is not valid JSON in UTF-8");
    CHECK(with("Asha", "As\xff") == "body is not valid JSON in UTF-8");
    CHECK(with("Asha", "\xed\xa0\x80") == "body is not valid JSON in UTF-8");
    CHECK(with("Asha", R"(\ud800)") == "body is not valid JSON in UTF-8");
    CHECK(with("Asha", R"(\udc00)") == "body is not valid JSON in UTF-8");
    CHECK(with("Asha", R"(\ud83d\u0041)") == "body is not valid JSON in UTF-8");
    CHECK(with("Asha", "a\nb") == "body is not valid JSON in UTF-8");
    CHECK(with("\"sequence\":3", "\"sequence\":1e999") == "body is not valid JSON in UTF-8");
    for (const char* number :
         {"-1", "1.5", "\"3\"", "9223372036854775808", "99999999999999999999", "null", "true", "[]"}) {
        CAPTURE(number);
        CHECK(with("\"sequence\":3", "\"sequence\":" + std::string(number)) ==
              "sequence must be a whole number from 0");
    }
    CHECK(with("\"sequence\":3", "\"sequence\":9223372036854775807") == "read");
    CHECK(with("\"deviceId\":\"d\"", "\"deviceId\":7") == "deviceId must be a string");
    CHECK(with("\"protocol\":1,", "") == "protocol must be a whole number from 0");
    CHECK(says(R"({"protocol":1,"deviceId":"d","sequence":3,"operations":{}})") == "operations must be an array");
    CHECK(says(in_request(update() + ",7")) == "operations[1] must be an object");
    CHECK(says(in_request(update() + ",{}")) == "operations[1].id must be a string");
    CHECK(with(kId, "x") == "operations[0].id must be a UUID");
}

TEST_CASE("wire: an unreadable operation stays in its group; one whose group cannot be read refuses the request") {
    const char* const group = "0192f3c4-a5b6-7000-8000-000000000009";
    const auto in_group =
        decode_push_request(in_request(update(std::string(R"(,"model":"Ship","group":")") + group + "\"")));
    REQUIRE(in_group.has_value());
    REQUIRE(in_group->faults.size() == 1);
    CHECK(in_group->operations[0].group.str() == group);
    CHECK(message_of(decode_push_request(in_request(update(R"(,"group":"x")")))) ==
          "operations[0].group must be a UUID");
}

TEST_CASE("wire: a single bad operation is refused alone, and says what and where") {
    struct Case {
        const char *more, *code, *says;
    };
    const Case cases[] = {
        {R"(,"recordId":"x")", "MALFORMED", "operations[1].recordId must be a UUID"},
        {R"(,"base":-1)", "MALFORMED", "operations[1].base must be a whole number from 0"},
        {R"(,"base":1e30)", "MALFORMED", "operations[1].base must be a whole number from 0"},
        {R"(,"stamp":null)", "MALFORMED", "operations[1].stamp must be a string"},
        {R"(,"stamp":"0192F3C4A5B6-0001-d")", "INVALID_STAMP", "stamp"},
        {R"(,"operation":"update")", "MALFORMED", "operations[1].operation must be CREATE, UPDATE or DELETE"},
        {R"(,"operation":3)", "MALFORMED", "operations[1].operation must be a string"},
        {R"(,"model":"Ship")", "UNKNOWN_MODEL", "\"Ship\""},
        {R"(,"model":{})", "MALFORMED", "operations[1].model must be a string"},
        {R"(,"policy":"best")", "UNKNOWN_POLICY", "\"best\""},
        {R"(,"policy":[])", "MALFORMED", "operations[1].policy must be a string"},
        {R"(,"data":[])", "MALFORMED", "operations[1].data must be an object"},
        {R"(,"data":null)", "MALFORMED", "operations[1].data must be an object"},
        {R"(,"data":{"name":7})", "INVALID_FIELD", "Lead.name must be"},
        {R"(,"data":{"labels":"x"})", "INVALID_FIELD", "Lead.labels must be"},
        {R"(,"data":{"labels":["a\nb"]})", "INVALID_FIELD", "Lead.labels must be"},
        {R"(,"data":{"enquiryDate":5})", "INVALID_FIELD", "Lead.enquiryDate must be"},
        {R"(,"data":{"enquiryDate":"2026-02-30T00:00:00Z"})", "INVALID_FIELD", "Lead.enquiryDate must be"},
        {R"(,"data":{"amount":1.5})", "INVALID_FIELD", "Lead.amount must be"},
        {R"(,"data":{"amount":9223372036854775808})", "INVALID_FIELD", "Lead.amount must be"},
        {R"(,"data":{"amount":-9223372036854775809})", "INVALID_FIELD", "Lead.amount must be"},
        {R"(,"data":{"x":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]})", "MALFORMED", "Lead: nested too deep"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.more);
        const auto request = decode_push_request(in_request(update() + "," + update(each.more) + "," + update()));
        REQUIRE(request.has_value());
        REQUIRE(request->operations.size() == 3);
        REQUIRE(request->faults.size() == 3);
        CHECK_FALSE(request->faults[0].has_value());
        CHECK_FALSE(request->faults[2].has_value());
        REQUIRE(request->faults[1].has_value());
        CHECK(request->operations[1].id.str() == kId);
        CHECK(request->faults[1]->code == each.code);
        CHECK_MESSAGE(speaks_of(request->faults[1]->message, each.says), request->faults[1]->message);
    }
    // What it replaced is only a help: what cannot be read of it is as if it were not said.
    for (const char* before : {"7", R"({"labels":7})", "[]"}) {
        const auto request = decode_push_request(in_request(update(R"(,"before":)" + std::string(before))));
        REQUIRE(request.has_value());
        CHECK(request->faults.empty());
        CHECK(request->operations[0].seen.empty());
    }
}

TEST_CASE("wire: nesting that would take the stack is refused before it is built") {
    for (const std::size_t depth : {31u, 33u, 1'000u, 1'000'000u}) {
        CAPTURE(depth);
        for (const char* open : {"[", "{\"a\":"}) {
            std::string deep;
            for (std::size_t i = 1; i < depth; ++i) deep += open;
            deep += "{}";
            for (std::size_t i = 1; i < depth; ++i) deep += *open == '[' ? ']' : '}';
            const bool fits = depth < 32;
            const auto verdict = [&](const std::string& message) {
                return fits ? message == "read" : speaks_of(message, "deep");
            };
            CHECK(verdict(message_of(decode_push_request(R"({"x":)" + deep + "," + in_request("").substr(1)))));
            CHECK(verdict(message_of(decode_push_answer(R"({"x":)" + deep + "," + in_answer("").substr(1)))));
            CHECK(verdict(message_of(decode_pull_page(R"({"x":)" + deep + "," + in_page("").substr(1)))));
            CHECK(verdict(message_of(decode_pull_page(in_page(R"({"model":"Lead","x":)" + deep + "}")))));
            CHECK(verdict(message_of(decode_pull_page(in_page(group("\"x\"", "," + deep))))));
            CHECK(message_of(decode_pull_page(deep)) != "read");
            CHECK(message_of(decode_pull_page(in_page(deep.substr(0, deep.size() / 2)))) != "read");
        }
    }
    // Brackets in texts are no nesting.
    CHECK(decode_push_request(in_request(update(R"(,"x":"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")"))).has_value());
}

TEST_CASE("wire: what is wrong with a push answer, and where") {
    const auto says = [](const std::string& body) { return message_of(decode_push_answer(body)); };
    CHECK(says(in_answer(told(R"(,"name":"Asha","new":[1])"))) == "read");
    CHECK(says(in_answer("7")) == "results[0] must be an object");
    CHECK(says(in_answer(told("") + ",{}")) == "results[1].id must be a string");
    CHECK(says(in_answer(R"({"id":")" + kId + R"(","status":"done"})")) == "results[0].status is not a verdict");
    CHECK(says(in_answer(R"({"id":")" + kId + R"(","status":"applied"})")) ==
          "results[0].version must be a whole number from 0");
    CHECK(says(in_answer(R"({"id":")" + kId + R"(","status":"rejected"})")) == "results[0].error must be an object");
    CHECK(says(in_answer(R"({"id":")" + kId + R"(","status":"rejected","error":{}})")) ==
          "results[0].error.code must be a string");
    CHECK(says(in_answer(told(R"(,"model":"Ship")"))) == "results[0].record.model is not known");
    CHECK(says(in_answer(told(R"(,"version":-1)"))) == "results[0].record.version must be a whole number from 0");
    CHECK(says(in_answer(told(R"(,"deleted":1)"))) == "results[0].record.deleted must be true or false");
    CHECK(says(in_answer(told(R"(,"createdAt":"yesterday")"))) ==
          "results[0].record.createdAt must be a time as RFC 3339 has it");
    const std::string later = R"("results":[],"later":[7])", none = in_answer("");
    CHECK(says(none.substr(0, none.find("\"results\"")) + later + "}") == "later[0] must be an object");
    std::string no_time = none;
    CHECK(says(no_time.replace(no_time.find("2026"), 4, "soon")) == "serverTime must be a time as RFC 3339 has it");
}

TEST_CASE("wire: a value of a push answer that does not fit its field is kept aside, and nothing waits for it") {
    const auto answer = decode_push_answer(in_answer(told(R"(,"amount":"much","city":"Pune")")));
    REQUIRE(answer.has_value());
    REQUIRE(answer->results[0].record.has_value());
    CHECK(answer->results[0].record->fields.text(crm::field_id(Model::lead, "city")) == "Pune");
    CHECK(answer->results[0].record->extra == R"({"amount":"much"})");
}

TEST_CASE("wire: a record that has a field of a name that the envelope uses does not hide its own") {
    crm::Record record;
    record.id = Uuid{{7}};
    record.version = 3;
    record.extra = R"({"id":"x","model":"Ship","name":"x","phoneE164":"x","shoeSize":41,"version":"x"})";
    record.fields.set(crm::field_id(Model::lead, "name"), std::string_view("Asha"));
    PushAnswer answer;
    answer.later = {record};
    const auto read = decode_push_answer(encode(answer));
    REQUIRE(read.has_value());
    CHECK(read->later[0].id == record.id);
    CHECK(read->later[0].version == 3);
    CHECK(read->later[0].fields.text(crm::field_id(Model::lead, "name")) == "Asha");
    CHECK(read->later[0].extra == R"({"shoeSize":41})");
}

TEST_CASE("wire: a value that was kept aside goes on under its name as long as the field holds no other") {
    crm::Record record;
    record.id = Uuid{{7}};
    record.version = 3;
    record.extra = R"({"address":false,"name":false})";
    record.fields.set(crm::field_id(Model::lead, "name"), std::string_view("Asha"));
    PushAnswer answer;
    answer.later = {record};
    const auto read = decode_push_answer(encode(answer));
    REQUIRE(read.has_value());
    CHECK(read->later[0].fields.text(crm::field_id(Model::lead, "name")) == "Asha");
    CHECK(read->later[0].extra == R"({"address":false})");
}

TEST_CASE("wire: the cursor of a page with more behind it, of its head alone") {
    struct Row {
        const char *page, *cursor;
    };
    for (const Row& row :
         {Row{R"({"epoch":"e","from":null,"cursor":"s.4","hasMore":true,"changes":[this is not read)", "s.4"},
          Row{R"({"hasMore":true,"cursor":"a\"b","more":{"cursor":"x","hasMore":false},"changes":[])", "a\"b"},
          Row{R"({"cursor":"c","hasMore":false,"changes":[]})", ""}, Row{R"({"cursor":"c","changes":[]})", ""},
          Row{R"({"changes":[],"cursor":"c","hasMore":true})", ""}, Row{R"({"x":{"cursor":"c","hasMore":true}})", ""},
          Row{R"({"hasMore":true,"cursor":)", ""}, Row{"[]", ""}, Row{"", ""}}) {
        CAPTURE(row.page);
        CHECK(next_cursor(row.page).value_or("") == row.cursor);
    }
}

TEST_CASE("wire: what is wrong with a page, and where") {
    const auto says = [](const std::string& body) { return message_of(decode_pull_page(body)); };
    CHECK(says(in_page(group("\"name\"", ",\"Asha\""))) == "read");
    CHECK(speaks_of(says(""), "body has a syntax fault at byte 0"));
    CHECK(says("[]") == "body has a document that is not an object");
    CHECK(says("7") == "body has a misplaced value");
    CHECK(says(in_page("") + "x") != "read");
    CHECK(says(in_page("") + " \n") == "read");
    CHECK(says(in_page("") + std::string(1, '\0')) == "body has something behind its end");
    CHECK(speaks_of(says(in_page(group("\"name\"", ",\"As\xff\""))), "body is not UTF-8 at byte"));
    for (char control = 1; control < 0x20; ++control) {
        CAPTURE(static_cast<int>(control));
        for (const std::size_t before : {0UL, 40UL}) {  // short texts are read otherwise than long ones
            const std::string text = std::string(before, 'a') + control + std::string(20, 'b');
            CHECK(speaks_of(says(in_page(group("\"name\"", ",\"" + text + "\""))), "body has "));
        }
    }
    for (const char* lone : {R"("\ud800")", R"("\udc00")", R"("\uDFFF")", R"("\ud83d\u0041")", R"("\udc00\ud800")"}) {
        CAPTURE(lone);
        for (const char* field : {"\"name\"", "\"shoeSize\""}) {
            CHECK(speaks_of(says(in_page(group(field, "," + std::string(lone)))), "body has "));
        }
        CHECK(speaks_of(says(in_page(group("\"x\"", ",[{\"a\":" + std::string(lone) + "}]"))), "body has "));
        CHECK(speaks_of(says(in_page(group(lone, ",1"))), "body has "));
        CHECK(speaks_of(says(in_page("{" + std::string(lone) + ":1}")), "body has "));
        CHECK(speaks_of(says(R"({"x":)" + std::string(lone) + "}"), "body has "));
    }
    CHECK(says(in_page(group("\"name\"", R"(,"\ud83d\ude00\udbff\udfff")"))) == "read");
    CHECK(speaks_of(says(in_page(group("\"amount\"", ",1e999"))), "body has a syntax fault at byte"));
    CHECK(says(in_page(group("\"x\"", ",0.0000000000000000000000000"))) == "read");
    CHECK(says(in_page("7")) == "body has a misplaced value");
    CHECK(says(in_page("[]")) == "body has a group that is not an object");
    CHECK(says(in_page("{}")) == "changes.model must be a string");
    CHECK(says(in_page(R"({"model":"Lead","rows":[7]})")) == "body has a misplaced value");
    CHECK(says(in_page(R"({"model":"Lead","rows":[{}]})")) == "body has a row that is not an array");
    CHECK(says(in_page(R"({"model":"Lead","rows":[[]]})")) == "changes.fields must be an array");
    CHECK(says(in_page(R"({"model":"Lead","fields":[7],"rows":[[]]})")) == "changes.fields must hold strings");
    for (const char* head : {"", "7,9", "\"x\",9", "null,9"}) {
        CAPTURE(head);
        CHECK(speaks_of(says(in_page(R"({"model":"Lead","deleted":[[)" + std::string(head) + "]]}")),
                        "does not begin with"));
    }
    for (const char* version : {"-1", "1.5", "\"9\"", "9223372036854775808", "null"}) {
        CAPTURE(version);
        CHECK(speaks_of(says(in_page(R"({"model":"Lead","revoked":[[")" + kId + "\"," + version + "]]}")),
                        "does not begin with"));
    }
    CHECK(speaks_of(says(in_page(group("\"name\"", ""))), "another length"));
    CHECK(speaks_of(says(in_page(group("\"name\"", ",1,2"))), "another length"));
    CHECK(says(R"({"epoch":"e","cursor":7,"serverTime":"2026-11-23T17:11:28Z"})") == "cursor must be a string");
    CHECK(says(R"({"epoch":"e","cursor":"c","remaining":-1,"serverTime":"2026-11-23T17:11:28Z"})") ==
          "remaining must be a whole number from 0");
}

TEST_CASE("wire: a cell that does not fit its field is kept aside") {
    const auto page = decode_pull_page(in_page(
        group(R"("name","amount","labels","size")", R"(,7,9223372036854775808,"x",{"a":[1.5,"\ud83d\ude00"]})")));
    REQUIRE(page.has_value());
    CHECK(page->rows[0].changes.fields.empty());
    CHECK(page->rows[0].changes.extra ==
          R"({"amount":9223372036854775808,"labels":"x","name":7,"size":{"a":[1.5,"😀"]}})");
}

TEST_CASE("wire: what is wrong with a pull request, and where") {
    const auto says = [](const std::string& more) {
        return message_of(decode_pull_request(R"({"protocol":1,"deviceId":"d")" + more + "}"));
    };
    CHECK(says("") == "read");
    CHECK(says(R"(,"cursor":7)") == "cursor must be a string");
    CHECK(says(R"(,"limit":-1)") == "limit must be a whole number from 0");
    CHECK(says(R"(,"models":"Lead")") == "models must be an array");
    CHECK(says(R"(,"models":[7])") == "models must hold strings");
    CHECK(says(R"(,"models":["Ship"])") == "models names no model of this server");
    CHECK(says(R"(,"models":["Ship","Lead"])") == "read");
    CHECK(says(R"(,"records":{"Ship":[]})") == "read");
    CHECK(says(R"(,"exclude":[])") == "exclude must be an object");
    CHECK(says(R"(,"exclude":{"Lead":7})") == "exclude.Lead must be an array");
    CHECK(says(R"(,"exclude":{"Ship":["x"]})") == "read");
}

}  // namespace
}  // namespace ct::sync
