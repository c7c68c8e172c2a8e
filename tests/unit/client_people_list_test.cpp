#include <doctest/doctest.h>

#include "client/people_list.h"

namespace ct::client {
namespace {

const PeopleList& office() {
    static const PeopleList list({{"a1", "Asha Rao", "EMPLOYEE", "asha@example.org", false},
                                  {"a2", "Asha Rao", "EMPLOYEE", "rao@example.org", false},
                                  {"b1", "Bela", "EMPLOYEE", "bela@example.org", true},
                                  {"m1", "Meera", "MANAGER", "", false}},
                                 5);
    return list;
}

std::string resolved(std::string_view typed) {
    const auto person = office().resolve(typed);
    return person ? (*person)->id : person.error().code;
}

TEST_CASE("people list: by id, address or name, whatever the letter case") {
    CHECK(resolved("a2") == "a2");
    CHECK(resolved("RAO@example.org") == "a2");
    CHECK(resolved(" meera ") == "m1");
    CHECK(resolved("asha rao") == "AMBIGUOUS_PERSON");
    CHECK(office().resolve("asha rao").error().message.find("asha@example.org, rao@example.org") != std::string::npos);
    CHECK(resolved("Asha") == "NO_SUCH_PERSON");
    CHECK(resolved("") == "NO_SUCH_PERSON");
    CHECK(resolved("  ") == "NO_SUCH_PERSON");
}

TEST_CASE("people list: who is disabled goes by id and address only") {
    CHECK(resolved("Bela") == "NO_SUCH_PERSON");
    CHECK(resolved("b1") == "b1");
    CHECK(resolved("bela@example.org") == "b1");
}

TEST_CASE("people list: whom a text means, be it oneself") {
    const auto id = [](const PeopleList& people, std::string_view me, std::string_view typed) {
        const auto found = person_id(people, me, typed);
        return found ? *found : found.error().code;
    };
    CHECK(id(office(), "a2", " ME ") == "a2");
    CHECK(id(office(), "a2", "Meera") == "m1");
    CHECK(id(office(), "", "me") == "NO_SUCH_PERSON");  // nobody is signed in
    CHECK(id(office(), "a2", "Asha Rao") == "AMBIGUOUS_PERSON");
    CHECK(id(PeopleList(), "a2", "me") == "a2");
    CHECK(id(PeopleList(), "a2", "Meera") == "PEOPLE_UNKNOWN");
}

TEST_CASE("people list: nobody is known before somebody told") {
    CHECK_FALSE(PeopleList().known());
    CHECK(PeopleList().find("a1") == nullptr);
    CHECK(PeopleList({}, 1).known());
}

TEST_CASE("people: the wire's codec gives back what it was given, and says where something is wrong") {
    const auto again = sync::decode_people(sync::encode(office().all()));
    REQUIRE(again);
    CHECK(*again == office().all());
    CHECK(sync::decode_people(R"({"people":[],"more":1})")->empty());
    for (const char* wrong : {"", "[]", "{}", R"({"people":{}})", R"({"people":[7]})", R"({"people":[{"id":"a"}]})",
                              R"({"people":[{"id":"a","name":7}]})"}) {
        CAPTURE(wrong);
        const auto decoded = sync::decode_people(wrong);
        REQUIRE_FALSE(decoded);
        CHECK(decoded.error().code == "MALFORMED");
    }
    CHECK(sync::decode_people(R"({"people":[{"id":"a","name":"A"},{"id":"b"}]})").error().message.find("people[1]") !=
          std::string::npos);
}

}  // namespace
}  // namespace ct::client
