// Which way a decision of the policies is turned round, and when no more.
#include <doctest/doctest.h>

#include "client/turn_round.h"
#include "crm/tables.h"

using namespace ct;
using client::WayRound;
using crm::Model;

namespace {

constexpr crm::FieldId kName = crm::field_id(Model::lead, "name"), kCity = crm::field_id(Model::lead, "city");

crm::Record lead(std::string_view city) {
    crm::Record record;
    record.model = Model::lead;
    record.fields.set(kName, std::string_view("Asha"));
    record.fields.set(kCity, city);
    return record;
}

crm::Changes city(std::string_view city) {
    crm::Changes changes;
    if (!city.empty()) changes.set(kCity, std::string(city));
    return changes;
}

}  // namespace

TEST_CASE("turning round: by what was decided, and by what is there now") {
    struct Case {
        const char* name;
        const char *what, *before, *after;
        const char* there;  ///< the city that it has now; null: it is deleted
        WayRound way;
    };
    const Case cases[] = {
        {"a value lost, and the winner stands", "SUPERSEDED", "Goa", "Pune", "Pune", WayRound::values},
        {"… and was changed again", "SUPERSEDED", "Goa", "Pune", "Agra", WayRound::values},
        {"… and is back", "SUPERSEDED", "Goa", "Pune", "Goa", WayRound::none},
        {"… and the record was deleted since", "OVERRODE", "Goa", "Pune", nullptr, WayRound::none},
        {"our deletion won", "OVERRODE", "Goa", "", nullptr, WayRound::restore},
        {"… and somebody restored the record", "OVERRODE", "Goa", "", "Agra", WayRound::none},
        {"their deletion won", "SUPERSEDED", "Goa", "", nullptr, WayRound::restore},
        {"… and somebody restored the record", "SUPERSEDED", "Goa", "", "Pune", WayRound::values},
        {"our deletion lost", "SUPERSEDED", "", "Pune", "Pune", WayRound::remove},
        {"… and the record was changed again", "SUPERSEDED", "", "Pune", "Agra", WayRound::none},
        {"… and deleted again", "SUPERSEDED", "", "Pune", nullptr, WayRound::none},
        {"their deletion lost", "OVERRODE", "", "Pune", "Pune", WayRound::remove},
        {"nothing is known to have lost", "SUPERSEDED", "", "", "Pune", WayRound::none},
    };
    for (const Case& each : cases) {
        INFO(each.name);
        store::AuditRow row;
        row.what = each.what;
        row.before = city(each.before);
        row.after = city(each.after);
        if (each.there == nullptr) row.whole = crm::all_of(lead("Delhi"));
        const crm::Record there = lead(each.there == nullptr ? "" : each.there);
        const crm::Record* now = each.there == nullptr ? nullptr : &there;
        CHECK(client::way_round(row, now) == each.way);
        const auto edit = client::turning_round(row, now);
        REQUIRE(edit.has_value() == (each.way != WayRound::none));
        if (!edit) continue;
        CHECK((edit->kind == sync::OperationKind::remove) == (each.way == WayRound::remove));
        if (each.way == WayRound::remove) continue;
        CHECK(*edit->changes.find(kCity) == crm::Value(std::string(each.before)));
        CHECK((edit->changes.find(kName) != nullptr) == (each.way == WayRound::restore));
    }
}

TEST_CASE("turning round: of a deleted record that nobody knows any more nothing can be made") {
    store::AuditRow row;
    row.what = "OVERRODE";
    row.before = city("Goa");
    CHECK_FALSE(client::turning_round(row, nullptr).has_value());
}
