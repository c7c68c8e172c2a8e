// What a device leaves out, and how it comes back: the value alone.
#include <doctest/doctest.h>

#include <algorithm>

#include "crm/tables.h"
#include "sync/selection.h"

namespace ct::sync {
namespace {

using crm::Model;

Parts parts(std::initializer_list<std::string_view> places) {
    Parts made;
    for (const std::string_view place : places) REQUIRE_MESSAGE(made.add(place), std::string(place));
    return made;
}

TEST_CASE("parts: models and fields by name, and what is none or cannot be left out is named") {
    CHECK(parts({"Payment", "Lead.notes", "Lead.city"}).text() == "Lead.city,Lead.notes,Payment");
    CHECK(Parts::read("Lead.city,Lead.notes,Payment") == parts({"Payment", "Lead.notes", "Lead.city"}));
    CHECK(Parts::read("").empty());
    CHECK(Parts::read("Lead.later,Invoice,Payment") == parts({"Payment"}));  // a newer version's
    struct Row {
        std::string_view place, why;
    };
    const Row rows[] = {
        {"Paymnt", "is neither a model nor a field"},
        {"Lead.", "is neither a model nor a field"},
        {"Lead.colour", "is neither a model nor a field"},
        {"lead.notes", "is neither a model nor a field"},
        {"Lead", "the rest hangs on it"},
        {"Lead.name", "no record can do without it"},
        {"Note.leadId", "no record can do without it"},
        {"Payment.leadId", "no record can do without it"},
        {"Payment.currency", "no record can do without it"},
        {"Lead.phoneE164", "no record can do without it"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.place));
        Parts made;
        const auto added = made.add(row.place);
        REQUIRE_FALSE(added.has_value());
        CHECK(added.error().code == "INVALID_PART");
        CHECK(added.error().message.find(row.why) != std::string::npos);
        CHECK(added.error().message.find(row.place) != std::string::npos);
        CHECK(made.empty());
    }
}

TEST_CASE("selection: without anything left out a pull asks for everything, in the old words") {
    CHECK(Selection{}.scope() == Scope{});
    Selection selection;
    selection.choose({}, false);
    CHECK(selection == Selection{});
}

TEST_CASE("selection: the main pull leaves out what is not wanted; a pull from the start is told so at once") {
    Selection selection;
    selection.choose(parts({"Payment", "Lead.notes", "Lead.city"}), false);
    CHECK(selection.catching_up.empty());
    CHECK(selection.scope() == Scope{{Model::lead, Model::note, Model::reminder}, {{Model::lead, {"city", "notes"}}}});
    selection.choose(parts({"Note"}), true);
    CHECK(selection.scope() == Scope{{Model::lead, Model::payment, Model::reminder}, {}});
    CHECK(selection.catching_up.empty());
}

TEST_CASE("selection: what is wanted again is fetched alone, and joins when it is here") {
    Selection selection;
    selection.choose(parts({"Payment", "Lead.notes"}), false);
    const Scope before = selection.scope();
    selection.choose({}, false);
    CHECK(selection.catching_up == parts({"Payment", "Lead.notes"}));
    CHECK(selection.scope() == before);  // goes on as it was
    const Scope fetched = selection.catch_up_scope();
    CHECK(fetched.models == std::vector{Model::lead, Model::payment});
    REQUIRE(fetched.exclude.size() == 1);
    CHECK(fetched.exclude[0].first == Model::lead);
    const auto& names = fetched.exclude[0].second;
    CHECK(std::find(names.begin(), names.end(), "notes") == names.end());
    CHECK(std::find(names.begin(), names.end(), "name") != names.end());
    CHECK(names.size() + 2 == crm::def(Model::lead).fields.size());  // but notes, and what never travels
    selection.cursor = "c";
    selection.join({});
    CHECK(selection == Selection{});
}

TEST_CASE("selection: a change of mind while it is being fetched") {
    Selection selection;
    selection.choose(parts({"Payment", "Reminder"}), false);
    selection.choose({}, false);
    selection.cursor = "half";
    SUBCASE("less of it: the rest goes on where it stands") {
        selection.choose(parts({"Payment"}), false);
        CHECK(selection.catching_up == parts({"Reminder"}));
        CHECK(selection.cursor == "half");
        selection.choose({}, false);  // and again: from the start, when the other is through
        CHECK(selection.catching_up == parts({"Reminder"}));
        selection.join({});
        CHECK(selection.left_out == parts({"Payment"}));
        CHECK(selection.catching_up == parts({"Payment"}));
        CHECK(!selection.cursor.has_value());
        selection.join({});
        CHECK(selection == Selection{});
    }
    SUBCASE("none of it") {
        selection.choose(parts({"Payment", "Reminder"}), false);
        CHECK(selection.catching_up.empty());
        CHECK(!selection.cursor.has_value());
    }
    SUBCASE("a field of a model that is on its way") {
        selection.choose(parts({"Payment.notes"}), false);
        CHECK(selection.catching_up == parts({"Payment", "Reminder"}));
        CHECK(selection.catch_up_scope().exclude ==
              std::vector<std::pair<Model, std::vector<std::string>>>{{Model::payment, {"notes"}}});
        selection.join(parts({"Payment.notes"}));
        CHECK(selection.left_out == parts({"Payment.notes"}));
        CHECK(selection.catching_up.empty());
    }
    SUBCASE("the main pull begins anew: it brings everything") {
        selection.choose({}, true);
        CHECK(selection == Selection{});
    }
}

TEST_CASE("selection: a field of a model that was left out altogether comes or stays away with it") {
    Selection selection;
    selection.choose(parts({"Payment", "Payment.notes"}), false);
    selection.choose(parts({"Payment.notes"}), false);
    CHECK(selection.catching_up == parts({"Payment"}));
    selection.join(parts({"Payment.notes"}));
    CHECK(selection.left_out == parts({"Payment.notes"}));
    selection.choose(parts({"Payment"}), false);
    selection.choose({}, false);
    CHECK(selection.catching_up == parts({"Payment"}));
    CHECK(selection.catch_up_scope().exclude.empty());
}

}  // namespace
}  // namespace ct::sync
