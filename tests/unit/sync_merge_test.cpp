#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "crm/tables.h"
#include "sync_merge_support.h"

namespace ct::sync {
namespace {

using namespace test;
using Names = std::vector<std::string>;

// ---- what becomes of an operation

struct Row {
    const char* what;
    std::vector<Operation> before;  // versions 2, 3 …
    Operation operation;
    Verdict verdict;
    Names fields;  // that lost or are in conflict
    std::string name, city;
    bool deleted = false;
};

void check(const std::vector<Row>& table) {
    for (const Row& row : table) {
        CAPTURE(row.what);
        Server server = one_lead();
        for (const Operation& operation : row.before) server.take(operation);
        const ServerRecord before = server.record;
        const Decision decision = server.take(row.operation);
        CHECK(name(decision.verdict) == name(row.verdict));
        CHECK(decision.fields == row.fields);
        CHECK(server.text(kName) == row.name);
        CHECK(server.text(kCity) == row.city);
        CHECK(server.record.record.deleted == row.deleted);
        if (row.verdict != applied) CHECK(decision.tell_record);
        if (row.verdict == conflict) CHECK(server.record.record == before.record);
    }
}

TEST_CASE("decide: edits against edits") {
    const Operation bala = does(update, "b", 30, 1, {{kName, "Bala"}});
    const Texts clea{{kName, "Clea"}}, clea_in_pune{{kName, "Clea"}, {kCity, "Pune"}};
    check({
        {"nobody else", {}, does(update, "a", 20, 1, clea), applied, {}, "Clea", "Goa"},
        {"another field", {bala}, does(update, "a", 20, 1, {{kCity, "Pune"}}), merged, {}, "Bala", "Pune"},
        {"seen before", {bala}, does(update, "a", 40, 2, clea), applied, {}, "Clea", "Goa"},
        {"seen before, by a slow clock", {bala}, does(update, "a", 20, 2, clea), applied, {}, "Clea", "Goa"},
        {"later", {bala}, does(update, "a", 31, 1, clea), merged, {}, "Clea", "Goa"},
        {"earlier", {bala}, does(update, "a", 29, 1, clea), superseded, {"name"}, "Bala", "Goa"},
        {"one field of two", {bala}, does(update, "a", 29, 1, clea_in_pune), superseded, {"name"}, "Bala", "Pune"},
        {"same time: the device decides", {bala}, does(update, "c", 30, 1, clea), merged, {}, "Clea", "Goa"},
        {"same time, the other way", {bala}, does(update, "a", 30, 1, clea), superseded, {"name"}, "Bala", "Goa"},
        {"equal value", {bala}, does(update, "a", 20, 1, {{kName, "Bala"}}), merged, {}, "Bala", "Goa"},
        {"equal but for spaces", {bala}, does(update, "a", 20, 1, {{kName, " Bala "}}), merged, {}, "Bala", "Goa"},
        {"same device", {bala}, does(update, "b", 31, 1, clea), applied, {}, "Clea", "Goa"},
        {"same device, clamped to an earlier time", {bala}, does(update, "b", 20, 1, clea), applied, {}, "Clea", "Goa"},
        {"earlier, but clears", {bala}, does(update, "a", 20, 1, {{kCity, ""}}), merged, {}, "Bala", ""},
        {"a cleared field counts as changed",
         {does(update, "b", 30, 1, {{kCity, ""}})},
         does(update, "a", 20, 1, {{kCity, "Pune"}}),
         superseded,
         {"city"},
         "Asha",
         ""},
        {"both cleared it",
         {does(update, "b", 30, 1, {{kCity, ""}})},
         does(update, "a", 20, 1, {{kCity, ""}}, Policy::manual),
         merged,
         {},
         "Asha",
         ""},
        {"nothing at all", {}, does(update, "a", 20, 1), applied, {}, "Asha", "Goa"},
    });
}

TEST_CASE("decide: manual asks, force does") {
    const Operation bala = does(update, "b", 30, 1, {{kName, "Bala"}});
    const Texts clea{{kName, "Clea"}}, clea_in_pune{{kName, "Clea"}, {kCity, "Pune"}};
    const auto manual = [](std::string_view device, UnixMs at, std::int64_t base, const Texts& texts) {
        return does(update, device, at, base, texts, Policy::manual);
    };
    check({
        {"manual, nobody else", {}, manual("a", 20, 1, clea), applied, {}, "Clea", "Goa"},
        {"manual, later", {bala}, manual("a", 40, 1, clea), conflict, {"name"}, "Bala", "Goa"},
        {"manual, earlier", {bala}, manual("a", 20, 1, clea), conflict, {"name"}, "Bala", "Goa"},
        {"manual: nothing of it", {bala}, manual("a", 40, 1, clea_in_pune), conflict, {"name"}, "Bala", "Goa"},
        {"manual, another field", {bala}, manual("a", 20, 1, {{kCity, "Pune"}}), merged, {}, "Bala", "Pune"},
        {"manual, equal", {bala}, manual("a", 40, 1, {{kName, "Bala"}}), merged, {}, "Bala", "Goa"},
        {"manual, same device", {bala}, manual("b", 40, 1, clea), applied, {}, "Clea", "Goa"},
        {"manual, seen", {bala}, manual("a", 40, 2, clea), applied, {}, "Clea", "Goa"},
        {"force, earlier", {bala}, does(update, "a", 20, 1, clea, Policy::force), merged, {}, "Clea", "Goa"},
    });
}

TEST_CASE("decide: deletes against edits") {
    const Operation bala = does(update, "b", 30, 1, {{kName, "Bala"}}), gone = does(remove, "b", 30, 1);
    const Operation back = does(update, "b", 35, 2, {{kCity, "Pune"}});
    const auto removes = [](std::string_view device, UnixMs at, std::int64_t base, Policy policy = Policy::lww) {
        return does(remove, device, at, base, {}, policy);
    };
    const auto edits = [](std::string_view device, UnixMs at, std::int64_t base, Policy policy = Policy::lww) {
        return does(update, device, at, base, {{kName, "Clea"}}, policy);
    };
    check({
        {"delete, nobody else", {}, removes("a", 20, 1), applied, {}, "Asha", "Goa", true},
        {"delete of what was seen", {bala}, removes("a", 20, 2), applied, {}, "Bala", "Goa", true},
        {"delete after an edit", {bala}, removes("a", 31, 1), merged, {}, "Bala", "Goa", true},
        {"delete before an edit", {bala}, removes("a", 29, 1), superseded, {"name"}, "Bala", "Goa"},
        {"delete after one's own edit", {bala}, removes("b", 31, 1), applied, {}, "Bala", "Goa", true},
        {"delete, manual", {bala}, removes("a", 40, 1, Policy::manual), conflict, {"name"}, "Bala", "Goa"},
        {"delete, manual, seen", {bala}, removes("a", 40, 2, Policy::manual), applied, {}, "Bala", "Goa", true},
        {"delete, force", {bala}, removes("a", 20, 1, Policy::force), merged, {}, "Bala", "Goa", true},
        {"delete after delete", {gone}, removes("a", 31, 1), applied, {}, "Asha", "Goa", true},
        {"delete before delete", {gone}, removes("a", 29, 1), applied, {}, "Asha", "Goa", true},
        {"delete before it came back", {gone, back}, removes("a", 34, 1), superseded, {"city"}, "Asha", "Pune"},
        {"delete before it came back unchanged",
         {gone, does(update, "b", 35, 2)},
         removes("a", 34, 1),
         superseded,
         {},
         "Asha",
         "Goa"},
        {"delete after it came back", {gone, back}, removes("a", 36, 1), merged, {}, "Asha", "Pune", true},
        {"edit before delete", {gone}, edits("a", 29, 1), superseded, {"name"}, "Asha", "Goa", true},
        {"edit after delete", {gone}, edits("a", 31, 1), merged, {}, "Clea", "Goa"},
        {"edit, manual", {gone}, edits("a", 31, 1, Policy::manual), conflict, {"deleted"}, "Asha", "Goa", true},
        {"edit, force", {gone}, edits("a", 20, 1, Policy::force), merged, {}, "Clea", "Goa"},
        {"edit of a delete that was seen", {gone}, edits("a", 20, 2), applied, {}, "Clea", "Goa"},
        {"edit after one's own delete", {gone}, edits("b", 31, 1), applied, {}, "Clea", "Goa"},
        {"restore without changes", {gone}, does(update, "a", 40, 2), applied, {}, "Asha", "Goa"},
        {"edit before a later delete of a third device",
         {gone, removes("c", 40, 1)},
         edits("a", 35, 1),
         superseded,
         {"name"},
         "Asha",
         "Goa",
         true},
    });
}

TEST_CASE("decide: a create of an id that exists is an update that has seen nothing") {
    const auto creates = [](std::string_view device, UnixMs at, Policy policy = Policy::lww) {
        return does(create, device, at, 0, {{kName, "Clea"}}, policy);
    };
    const Operation gone = does(remove, "s", 30, 1);
    check({
        {"later", {}, creates("a", 11), merged, {}, "Clea", "Goa"},
        {"earlier", {}, creates("a", 9), superseded, {"name"}, "Asha", "Goa"},
        {"manual", {}, creates("a", 11, Policy::manual), conflict, {"name"}, "Asha", "Goa"},
        {"same device", {}, creates("s", 11), applied, {}, "Clea", "Goa"},
        {"earlier than its delete", {gone}, creates("a", 29), superseded, {"name"}, "Asha", "Goa", true},
        {"later than its delete", {gone}, creates("a", 31), merged, {}, "Clea", "Goa"},
    });
    // What stands there has the required fields already: such a create need not.
    Server server = one_lead();
    CHECK(server.take(does(create, "a", 20, 0, {{kCity, "Pune"}})).verdict == merged);
    CHECK(server.record.record.created_at == 10);
}

TEST_CASE("decide: what can never be applied is rejected, and changes nothing") {
    const auto code = [](const ServerRecord& now, const Operation& operation) {
        const Decision decision = decide(now, operation, operation.stamp, 9, made_by_same(operation));
        CHECK(name(decision.verdict) == "rejected");
        CHECK_FALSE(decision.changes_record);
        CHECK_FALSE(decision.error.message.empty());
        return decision.error.code + " " + decision.error.field;
    };
    const ServerRecord none, there = one_lead().record;
    CHECK(code(none, does(update, "a", 20, 1, {{kName, "Clea"}})) == "NOT_FOUND recordId");
    CHECK(code(none, does(remove, "a", 20, 1)) == "NOT_FOUND recordId");
    CHECK(code(none, does(create, "a", 20, 0, {{kCity, "Pune"}})) == "MISSING_FIELD name");
    CHECK(code(there, does(update, "a", 20, 1, {{kName, ""}})) == "MISSING_FIELD name");
    CHECK(code(there, does(update, "a", 20, 1, {{kCity, std::string(500, 'x')}})) == "INVALID_FIELD city");
    // Also where the policy would have refused it, and where it would have been forced.
    CHECK(code(there, does(create, "a", 5, 0, {{kName, ""}}, Policy::force)) == "MISSING_FIELD name");
}

TEST_CASE("decide: notes are made, deleted and restored, never rewritten") {
    constexpr crm::FieldId kText = crm::field_id(Model::note, "text");
    const auto note = [](OperationKind kind, UnixMs at, std::int64_t base, const char* text) {
        Operation operation = does(kind, "a", at, base);
        operation.model = Model::note;
        if (text != nullptr) operation.changes.set(kText, std::string(text));
        return operation;
    };
    Server server;
    Operation made = note(create, 10, 0, "called");
    made.changes.set(crm::field_id(Model::note, "leadId"), Uuid{{9}}.str());
    REQUIRE(server.take(made).verdict == applied);
    CHECK(server.take(note(update, 20, 1, "called twice")).error.code == "APPEND_ONLY");
    CHECK(server.take(note(remove, 30, 1, nullptr)).verdict == applied);
    CHECK(server.take(note(update, 40, 2, "called twice")).error.code == "APPEND_ONLY");
    CHECK(server.record.record.deleted);
    CHECK(server.take(note(update, 50, 2, "called")).verdict == applied);
    CHECK_FALSE(server.record.record.deleted);
    CHECK(server.text(kText) == "called");
}

TEST_CASE("decide: who made a record and when, and who changed it last") {
    Server server = one_lead();
    CHECK(server.record.record.id == Uuid{{7}});
    CHECK(server.record.record.created_at == 10);
    CHECK(server.record.record.updated_at == 10);
    CHECK(server.text(crm::field_id(Model::lead, "status")) == "PENDING");  // filled in, and the device is told
    CHECK(server.origin("status") == FieldOrigin{1, stamp(10, "s")});
    server.take(does(update, "b", 30, 1, {{kName, "Bala"}}));
    CHECK(server.take(does(update, "a", 20, 1, {{kCity, "Pune"}})).verdict == merged);
    CHECK(server.record.record.updated_at == 30);
    CHECK(server.record.record.created_at == 10);
    CHECK(server.origin("name") == FieldOrigin{2, stamp(30, "b")});
    CHECK(server.origin("city") == FieldOrigin{3, stamp(20, "a")});
    CHECK(server.record.deletion == FieldOrigin{});
    server.take(does(remove, "a", 40, 3));
    CHECK(server.record.deletion == FieldOrigin{4, stamp(40, "a")});
}

TEST_CASE("decide: of two equal values the later stamp is the one to beat") {
    Server server = one_lead();
    server.take(does(update, "b", 20, 1, {{kCity, "Pune"}}));
    CHECK(server.take(does(update, "a", 30, 1, {{kCity, "Pune"}})).changes_record);
    CHECK(server.origin("city") == FieldOrigin{3, stamp(30, "a")});
    const Decision earlier = server.take(does(update, "c", 25, 1, {{kCity, "Pune"}}));
    CHECK(earlier.verdict == merged);
    CHECK_FALSE(earlier.changes_record);
    CHECK(server.take(does(update, "c", 26, 1, {{kCity, "Goa"}})).verdict == superseded);
}

TEST_CASE("decide: who pushed counts, not whose name the stamp has: two laptops may go by one") {
    Server server = one_lead();
    REQUIRE(server.take(does(update, "a", 20, 1, {{kCity, "Pune"}})).verdict == applied);
    const Operation clone = does(update, "a", 30, 1, {{kCity, "Surat"}}, Policy::manual);
    CHECK(decide(server.record, clone, clone.stamp, 3, made_by_same(clone)).verdict == applied);
    CHECK(decide(server.record, clone, clone.stamp, 3, [](const FieldOrigin&) { return false; }).verdict == conflict);
    const Operation earlier = does(update, "a", 15, 1, {{kCity, "Surat"}});
    CHECK(decide(server.record, earlier, earlier.stamp, 3, [](const FieldOrigin&) { return false; }).verdict ==
          superseded);
}

TEST_CASE("decide: the device is told what it cannot know, and no more") {
    Server server = one_lead();
    CHECK_FALSE(server.take(does(update, "s", 20, 1, {{kCity, "Pune"}})).tell_record);
    CHECK(server.take(does(update, "s", 21, 1, {{kCity, "  Goa "}})).tell_record);  // made canonical
    const Operation ahead = does(update, "s", 900'000, 1, {{kCity, "Pune"}});
    const Decision clamped = decide(server.record, ahead, clamp_stamp(ahead.stamp, 50), 9, made_by_same(ahead));
    CHECK(clamped.verdict == applied);
    CHECK(clamped.tell_record);
    CHECK(clamped.after.record.updated_at == 50);
    CHECK(server.take(does(remove, "b", 60, 1)).tell_record);
    CHECK(server.take(does(remove, "a", 70, 1)).tell_record);  // both deleted it: the version is another
    const Decision back = server.take(does(update, "a", 80, server.record.record.version, {{kCity, "Oslo"}}));
    CHECK(back.verdict == applied);
    CHECK(back.tell_record);  // tombstones come without the values that others had changed before
}

TEST_CASE("decide: what lost, and what lost against the operation, are told by value") {
    const Operation bala = does(update, "b", 30, 1, {{kName, "Bala"}, {kCity, "Pune"}});
    Server server = one_lead();
    server.take(bala);
    const Decision lost = server.take(does(update, "a", 20, 1, {{kName, "Clea"}, {kPhone, "98765 43210"}}));
    CHECK(lost.lost == changes({{kName, "Clea"}}));
    CHECK(lost.overrode.empty());
    const Decision won = server.take(does(update, "c", 40, 1, {{kName, "Dora"}, {kCity, "Pune"}}));
    CHECK(won.lost.empty());
    CHECK(won.overrode == changes({{kName, "Bala"}}));
    CHECK(server.take(does(update, "c", 50, 1, {{kName, "Dana"}})).overrode.empty());  // its own
    const Decision seen = server.take(does(update, "a", 60, server.version, {{kName, "Esha"}}));
    CHECK(seen.overrode.empty());
    server.take(does(remove, "b", 70, server.version));
    CHECK(server.take(does(update, "a", 65, 1, {{kCity, "Agra"}})).lost == changes({{kCity, "Agra"}}));
}

TEST_CASE("decide: a delete that wins tells what others had changed") {
    for (const Policy policy : {Policy::lww, Policy::force}) {
        Server server = one_lead();
        server.take(does(update, "b", 30, 1, {{kCity, "Pune"}}));
        server.take(does(update, "a", 35, 1, {{kPhone, "98765 43210"}}));  // its own
        const Decision won = server.take(does(remove, "a", 40, 1, {}, policy));
        CHECK(won.verdict == merged);
        CHECK(won.overrode == changes({{kCity, "Pune"}}));
    }
    Server server = one_lead();
    server.take(does(update, "b", 30, 1, {{kCity, "Pune"}}));
    CHECK(server.take(does(remove, "a", 20, 1)).overrode.empty());               // lost
    CHECK(server.take(does(remove, "a", 40, server.version)).overrode.empty());  // had seen it
}

TEST_CASE("decide: what was met is what won, or was decided about, and a revival says that it is one") {
    Server server = one_lead();
    server.take(does(update, "b", 50, 1, {{kCity, "Pune"}}));
    const std::int64_t won = server.version;
    server.take(does(update, "c", 40, 1, {{kName, "Bala"}}));
    CHECK(server.take(does(update, "a", 45, 1, {{kCity, "Agra"}})).met == won);
    CHECK(server.take(does(remove, "a", 45, 1)).met == won);  // not the newest: the one that it lost to
    const Decision merged_in = server.take(does(update, "a", 60, 1, {{kPhone, "98765 43210"}}));
    CHECK(merged_in.met == won);
    CHECK_FALSE(merged_in.revived);
    server.take(does(remove, "b", 70, server.version));
    const std::int64_t gone = server.version;
    const Decision back = server.take(does(update, "a", 80, gone - 1, {{kCity, "Oslo"}}));
    CHECK(back.revived);
    CHECK(back.met == gone);
    server.take(does(remove, "b", 90, server.version));
    CHECK_FALSE(server.take(does(update, "a", 95, server.version, {{kCity, "Bonn"}})).revived);  // knew of it
}

TEST_CASE("decide: fields of a later version are fields like the others") {
    const auto with = [](std::string_view device, UnixMs at, std::string extra, Policy policy = Policy::lww) {
        Operation operation = does(update, device, at, 1, {}, policy);
        operation.changes.extra = std::move(extra);
        return operation;
    };
    Server server = one_lead();
    CHECK(server.take(with("b", 30, R"({"size":41,"tint":"red"})")).verdict == applied);
    const Decision lost = server.take(with("a", 20, R"({"size":42,"width":7})"));
    CHECK(lost.verdict == superseded);
    CHECK(lost.fields == Names{"size"});
    CHECK(lost.lost.extra == R"({"size":42})");
    CHECK(server.record.record.extra == R"({"size":41,"tint":"red","width":7})");
    CHECK(server.take(with("a", 40, R"({"tint":null})")).verdict == merged);
    CHECK(server.record.record.extra == R"({"size":41,"width":7})");
    CHECK(server.take(with("b", 35, R"({"tint":null})", Policy::manual)).verdict == merged);  // both removed it
    CHECK(server.take(with("b", 45, R"({"width":8})", Policy::manual)).fields == Names{"width"});
    CHECK(server.take(with("b", 5, R"({"width":8})", Policy::force)).verdict == merged);
    CHECK(server.record.record.extra == R"({"size":41,"width":8})");
    CHECK(server.take(with("b", 50, "no JSON")).verdict == merged);
    CHECK(server.record.record.extra == R"({"size":41,"width":8})");
}

// ---- stamps

TEST_CASE("clamp_stamp: five minutes ahead are borne, more is brought down to the server's time") {
    const UnixMs now = 1'000'000'000;
    const std::string near = format_stamp(now + kStampAheadMaxMs, 3, "a");
    CHECK(clamp_stamp(near, now) == near);
    CHECK(clamp_stamp(format_stamp(now + kStampAheadMaxMs + 1, 3, "a"), now) == format_stamp(now, 3, "a"));
    CHECK(clamp_stamp(stamp(0, "a"), now) == stamp(0, "a"));
    CHECK(clamp_stamp("ffffffffffff no stamp", now) == "ffffffffffff no stamp");
}

TEST_CASE("later_stamp: the stamp itself, or the next one behind the other") {
    CHECK(later_stamp(stamp(20, "a"), stamp(10, "b")) == stamp(20, "a"));
    CHECK(later_stamp(stamp(20, "a"), "") == stamp(20, "a"));
    CHECK(later_stamp(stamp(10, "a"), stamp(20, "b")) == format_stamp(20, 1, "a"));
    CHECK(later_stamp(stamp(10, "a"), stamp(10, "a")) == format_stamp(10, 1, "a"));
    CHECK(later_stamp(stamp(10, "a"), stamp(10, "b")) == format_stamp(10, 1, "a"));
    CHECK(later_stamp(stamp(10, "a"), format_stamp(20, 0xffff, "b")) == format_stamp(21, 0, "a"));
    CHECK(later_stamp(stamp(10, "a"), "x, which is no stamp") == stamp(10, "a"));
}

TEST_CASE("decide: whoever writes after what they saw is later, whatever their clock says") {
    Server server = one_lead();
    server.take(does(update, "b", 1'000, 1, {{kName, "Bala"}}));
    const Decision slow = server.take(does(update, "a", 20, 2, {{kName, "Clea"}}));
    CHECK(slow.verdict == applied);
    CHECK(slow.tell_record);  // it counts with another stamp than its own
    CHECK(server.origin("name") == FieldOrigin{3, format_stamp(1'000, 1, "a")});
    CHECK(server.record.record.updated_at == 1'000);

    SUBCASE("the other device, which has not seen it, is not taken for its author") {
        CHECK(server.take(does(update, "b", 2'000, 2, {{kName, "Dora"}}, Policy::manual)).verdict == conflict);
    }
    SUBCASE("a third one that is between the two clocks loses") {
        CHECK(server.take(does(update, "c", 500, 1, {{kName, "Dora"}})).verdict == superseded);
    }
    SUBCASE("its other fields count from then as well") {
        server.take(does(update, "a", 21, 3, {{kCity, "Pune"}}));
        CHECK(server.take(does(update, "c", 500, 1, {{kCity, "Agra"}})).verdict == superseded);
    }
    SUBCASE("so does its delete") {
        CHECK(server.take(does(remove, "a", 21, 3)).verdict == applied);
        CHECK(server.take(does(update, "c", 500, 1, {{kCity, "Agra"}})).verdict == superseded);
        CHECK(server.record.record.deleted);
        CHECK(server.record.deletion.stamp == format_stamp(1'000, 2, "a"));
    }
    SUBCASE("and its restoring of what another one deleted") {
        server.take(does(remove, "b", 3'000, 3));
        CHECK(server.take(does(update, "a", 22, 4)).verdict == applied);
        CHECK(server.record.deletion == FieldOrigin{5, format_stamp(3'000, 1, "a")});
        CHECK(server.take(does(remove, "c", 2'500, 1)).verdict == superseded);
    }
}

TEST_CASE("decide: of labels and lines the part of the edit alone counts, also where what it was made on never came") {
    Server server = one_lead();  // without labels: the edit that added "fair" was refused
    Operation edit = does(update, "a", 20, 1, {{kLabels, "fair\nvip"}, {kNotes, "one\ntwo"}});
    edit.seen = changes({{kLabels, "fair"}, {kNotes, "one"}});
    const Decision decision = server.take(edit);
    CHECK(decision.verdict == merged);
    CHECK(decision.tell_record);
    CHECK(server.record.record.fields.text(kLabels) == "vip");
    QueuedOperation queued;
    queued.operation = edit;
    const crm::Record there = replay(one_lead().record.record, {queued});
    CHECK(there.fields == server.record.record.fields);  // as the device had shown it
}

TEST_CASE("decide: what was not seen lends no stamp, but for those who force") {
    Server server = one_lead();
    server.take(does(update, "b", 1'000, 1, {{kName, "Bala"}}));
    Server other = server;
    server.take(does(update, "a", 20, 1, {{kCity, "Pune"}}));
    CHECK(server.origin("city").stamp == stamp(20, "a"));
    other.take(does(update, "a", 20, 1, {{kName, "Clea"}, {kCity, "Pune"}}, Policy::force));
    CHECK(other.origin("name").stamp == format_stamp(1'000, 1, "a"));
    CHECK(other.origin("city").stamp == format_stamp(1'000, 1, "a"));
}

TEST_CASE("decide: a field's stamp never goes back") {
    Server server = one_lead();
    server.take(does(update, "a", 100, 1, {{kCity, "Pune"}}));
    server.take(does(update, "a", 50, 1, {{kCity, "Agra"}}));  // clamped, say
    CHECK(server.text(kCity) == "Agra");
    CHECK(server.origin("city") == FieldOrigin{3, stamp(100, "a")});
    CHECK(server.record.record.updated_at == 100);
}

// ---- values that join

TEST_CASE("decide: labels and lines are joined, whoever is later and whatever the policy") {
    struct Case {
        crm::FieldId field;
        const char *mine, *both;
    };
    for (const Policy policy : {Policy::lww, Policy::manual, Policy::force}) {
        for (const UnixMs at : {20, 40}) {
            for (const Case& each : {Case{kLabels, "old\nmine", "mine\nold\ntheirs"},
                                     Case{kNotes, "old\nmine", "old\ntheirs\nmine"}, Case{kLabels, "", "theirs"}}) {
                CAPTURE(name(policy));
                CAPTURE(at);
                CAPTURE(each.mine);
                Server server = one_lead();
                server.take(does(update, "s", 11, 1, {{each.field, "old"}}));
                server.take(turns(each.field, "b", 30, "old", "old\ntheirs"));
                Operation mine = turns(each.field, "a", at, "old", each.mine, policy);
                mine.base = 2;
                CHECK(server.take(mine).verdict == merged);
                CHECK(server.text(each.field) == each.both);
            }
        }
    }
}

TEST_CASE("decide: who forces and does not say what was seen replaces; lines that clash go over theirs") {
    Server server = one_lead();
    server.take(turns(kLabels, "b", 30, "", "theirs"));
    CHECK(server.take(does(update, "a", 20, 1, {{kLabels, "mine"}}, Policy::force)).verdict == merged);
    CHECK(server.text(kLabels) == "mine");
    server.take(turns(kNotes, "b", 31, "", "theirs"));
    Operation mine = turns(kNotes, "a", 20, "old", "mine", Policy::force);
    CHECK(server.take(mine).overrode == changes({{kNotes, "theirs"}}));
    CHECK(server.text(kNotes) == "mine");
}

TEST_CASE("decide: lines that both changed are left to the policy") {
    Server server = one_lead();
    server.take(turns(kNotes, "b", 30, "", "theirs"));
    CHECK(server.take(turns(kNotes, "a", 40, "old", "mine", Policy::manual)).verdict == conflict);
    CHECK(server.take(turns(kNotes, "a", 20, "old", "mine")).verdict == superseded);
    CHECK(server.take(does(update, "a", 20, 1, {{kNotes, "mine"}})).verdict == superseded);  // old value not told
    CHECK(server.take(turns(kNotes, "a", 40, "old", "mine")).overrode == changes({{kNotes, "theirs"}}));
    CHECK(server.text(kNotes) == "mine");
}

TEST_CASE("decide: who joins earlier words to later ones has changed the field, not the other device") {
    Server server = one_lead();
    server.take(turns(kLabels, "b", 30, "", "theirs"));
    CHECK(server.take(turns(kLabels, "a", 20, "", "mine")).verdict == merged);
    CHECK(server.origin("labels") == FieldOrigin{3, format_stamp(30, 1, "a")});
    // The other device goes on from what it knows: what was joined in stays.
    CHECK(server.take(turns(kLabels, "b", 50, "theirs", "theirs\nthird")).verdict == merged);
    CHECK(server.text(kLabels) == "mine\ntheirs\nthird");
}

TEST_CASE("decide: a device's second edit keeps what its first one was joined with") {
    Server server = one_lead();
    server.take(turns(kLabels, "b", 20, "", "theirs"));
    server.take(turns(kNotes, "b", 21, "", "theirs"));
    server.take(turns(kLabels, "a", 30, "", "mine"));
    server.take(turns(kNotes, "a", 31, "", "mine"));
    const Decision labels = server.take(turns(kLabels, "a", 40, "mine", "mine\nmore"));
    CHECK(labels.verdict == merged);
    CHECK(labels.tell_record);
    CHECK(server.text(kLabels) == "mine\nmore\ntheirs");
    CHECK(server.take(turns(kNotes, "a", 41, "mine", "mine\nmore")).verdict == merged);
    CHECK(server.text(kNotes) == "theirs\nmine\nmore");
    // It takes away what it put there, and no more; and where it does not say what it replaced, it replaces.
    server.take(turns(kLabels, "a", 50, "mine\nmore", "more"));
    CHECK(server.text(kLabels) == "more\ntheirs");
    CHECK(server.take(does(update, "a", 60, 1, {{kLabels, "only"}})).verdict == applied);
    CHECK(server.text(kLabels) == "only");
}

}  // namespace
}  // namespace ct::sync
