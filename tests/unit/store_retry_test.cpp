// What was refused goes again, as it was or mended, and without taking away what others did meanwhile.
#include "unit/store_support.h"

namespace ct::store::test {
namespace {

/// An update of lead 1 that was sent and refused.
Operation refused_update(Desk& desk, Texts texts, std::uint64_t group = 0) {
    desk.commit({desk.update(1, texts, group)});
    const Batch batch = desk.take();
    REQUIRE(batch.operations.size() == 1);
    desk.settle({Desk::rejected(batch.operations[0], "FORBIDDEN")});
    REQUIRE(desk.queue() == "UPDATE 1 ERROR");
    return batch.operations[0];
}

/// The order of an operation's fields means nothing.
crm::Changes sorted(crm::Changes changes) {
    std::sort(changes.fields.begin(), changes.fields.end());
    return changes;
}

std::string code_of(const Result<Visible>& done) { return done ? "" : done.error().code; }

TEST_CASE("retry: labels and lines keep what others added since the edit was made") {
    Desk desk;
    desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}, {"labels", "a"}, {"notes", "one"}})}, "c1"));
    const Operation first = refused_update(desk, {{"labels", "a\nmine"}, {"notes", "one\nmine"}});
    desk.apply(
        desk.page({Desk::row(1, 11, {{"name", "Asha"}, {"labels", "a\ntheirs"}, {"notes", "zero\none"}})}, "c2"));
    REQUIRE(desk.store->retry(first.id, id_of(2'000), desk.stamp()));

    const Operation again = desk.take().operations.at(0);
    CHECK(again.id == id_of(2'000));
    CHECK(again.base == 11);
    const auto text = [](const crm::Changes& changes, std::string_view field) {
        const crm::Value* value = changes.find(crm::field(Model::lead, field));
        return value == nullptr ? std::string("none") : std::get<std::string>(*value);
    };
    CHECK(text(again.changes, "labels") == "a\nmine\ntheirs");
    CHECK(text(again.changes, "notes") == "zero\none\nmine");
    CHECK(text(again.seen, "labels") == "a\ntheirs");  // so that the server joins what is added later still
    CHECK(text(again.seen, "notes") == "zero\none");
    CHECK(text_of(*desk.get(1), "labels") == "a\nmine\ntheirs");
    desk.check_memory_is_disk();
}

TEST_CASE("retry: an edit on top of another unsent one has seen that one") {
    Desk desk;
    desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}, {"labels", "a"}})}, "c1"));
    desk.commit({desk.update(1, {{"labels", "a\nfirst"}}, 500)});  // of a group: it stays for itself
    desk.commit({desk.update(1, {{"labels", "a\nfirst\nsecond"}})});
    const Batch batch = desk.take();
    REQUIRE(batch.operations.size() == 2);
    desk.settle({Desk::rejected(batch.operations[0], "FORBIDDEN"), Desk::rejected(batch.operations[1], "FORBIDDEN")});
    REQUIRE(desk.store->retry(batch.operations[1].id, id_of(2'000), desk.stamp()));
    CHECK(desk.queue() == "UPDATE 1 ERROR; UPDATE 1 PARKED");
    const auto list = desk.store->list_queue();
    REQUIRE(list.has_value());
    const crm::FieldId labels = crm::field(Model::lead, "labels");
    CHECK(std::get<std::string>(*list->at(1).operation.seen.find(labels)) == "a\nfirst");
    CHECK(text_of(*desk.get(1), "labels") == "a\nfirst\nsecond");
}

TEST_CASE("mend: other values take the place of the refused ones, durably") {
    Desk desk;
    pull_three(desk);
    const Operation first = refused_update(desk, {{"city", "Goa"}, {"email", "asha@example.org"}});
    const auto city = text_changes(Model::lead, {{"city", "Pune"}, {"company", "Rao"}});
    REQUIRE(desk.store->retry(first.id, id_of(2'000), desk.stamp(), city));
    CHECK(desk.shown(1) == "Asha,Pune v10 PENDING");
    CHECK(desk.audit(1).find("MENDED") != std::string::npos);
    desk.check_memory_is_disk();
    desk.reopen();
    CHECK(desk.shown(1) == "Asha,Pune v10 PENDING");
    const Operation again = desk.take().operations.at(0);
    CHECK(again.id == id_of(2'000));
    CHECK(sorted(again.changes) ==
          sorted(text_changes(Model::lead, {{"city", "Pune"}, {"email", "asha@example.org"}, {"company", "Rao"}})));
    desk.settle({Desk::result(again, Verdict::applied, 12)});
    CHECK(desk.queue().empty());
    CHECK(desk.shown(1) == "Asha,Pune v12 SYNCED");
}

TEST_CASE("mend: a create gets what it lacked, and its children follow it") {
    Desk desk;
    desk.commit({desk.create(5), desk.create_note(8, 6)});
    const Batch batch = desk.take();
    desk.settle(
        {Desk::rejected(batch.operations[0], "MISSING_PARENT"), Desk::rejected(batch.operations[1], "INVALID_FIELD")});
    const std::uint64_t note = number_of(batch.operations[0].record) == 8 ? 0 : 1;
    const Uuid id = batch.operations[note].id;
    // The note was on a lead that is not there: it goes to the one that is.
    const auto lead = text_changes(Model::note, {{"leadId", id_of(5).str()}});
    REQUIRE(desk.store->retry(id, id_of(2'000), desk.stamp(), lead));
    CHECK(desk.queue() == "CREATE 5 ERROR; CREATE 8 PARKED");
    for (const auto& each : batch.operations) {
        if (each.id != id) REQUIRE(desk.store->retry(each.id, id_of(2'001), desk.stamp()));
    }
    CHECK(records_of(desk.take()) == "5 8");
    desk.check_memory_is_disk();
}

TEST_CASE("mend: what cannot be is refused, and changes nothing") {
    Desk desk;
    pull_three(desk);
    const Operation first = refused_update(desk, {{"city", "Goa"}});
    desk.commit({desk.remove(2)});
    const Operation removal = desk.take().operations.at(0);
    desk.settle({Desk::rejected(removal, "FORBIDDEN")});
    desk.commit({desk.update(3, {{"city", "Goa"}})});
    const Operation disputed = desk.take().operations.at(0);
    OperationResult clash = Desk::result(disputed, Verdict::conflict, 11);
    clash.record = Desk::server_lead(3, 11, {{"name", "Cy"}, {"city", "Rome"}});
    desk.settle({clash});
    const std::string before = dump(desk.file);

    const auto mend = [&](const Operation& operation, Texts texts) {
        return desk.store->retry(operation.id, id_of(2'000), desk.stamp(), text_changes(Model::lead, texts));
    };
    CHECK(code_of(mend(first, {{"email", "nobody"}})) == "INVALID_FIELD");
    CHECK(code_of(mend(first, {{"name", ""}})) == "MISSING_FIELD");
    CHECK(code_of(mend(first, {{"city", ""}})) == "NOTHING_TO_SEND");
    CHECK(code_of(mend(removal, {{"city", "Pune"}})) == "NOTHING_TO_MEND");
    CHECK(code_of(mend(disputed, {{"city", "Pune"}})) == "IN_CONFLICT");
    CHECK(code_of(mend(disputed, {})) == "IN_CONFLICT");
    CHECK((dump(desk.file) == before));
    desk.check_memory_is_disk();
}

TEST_CASE("resolve: labels and lines of both sides stay, also what comes after the decision") {
    Desk desk;
    desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}, {"labels", "a"}})}, "c1"));
    desk.commit({desk.update(1, {{"labels", "a\nmine"}, {"city", "Goa"}})});
    const Operation first = desk.take().operations.at(0);
    OperationResult clash = Desk::result(first, Verdict::conflict, 11);
    clash.record = Desk::server_lead(1, 11, {{"name", "Asha"}, {"labels", "a\ntheirs"}, {"city", "Rome"}});
    desk.settle({clash});
    const auto conflicts = desk.store->conflicts();
    REQUIRE(conflicts.has_value());
    for (const ConflictField& field : conflicts->at(0).fields) {
        CHECK(field.clashes == (field.field == crm::field(Model::lead, "city")));
    }
    REQUIRE(desk.store->resolve(first.id, {Side::mine, {}}, id_of(2'000), desk.stamp()));
    const Operation again = desk.take().operations.at(0);
    CHECK(again.policy == crm::Policy::force);
    CHECK(sorted(again.changes) == sorted(text_changes(Model::lead, {{"labels", "a\nmine\ntheirs"}, {"city", "Goa"}})));
    CHECK(again.seen == text_changes(Model::lead, {{"labels", "a\ntheirs"}}));
}

}  // namespace
}  // namespace ct::store::test
