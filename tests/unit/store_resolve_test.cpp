// What people decide about edits in conflict, and what of the policies' own decisions can be found again.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/random.h"
#include "crm/tables.h"
#include "store/store.h"
#include "sync/stamp.h"

using namespace ct;
using crm::Model;
using store::Side;
using sync::OperationKind;
using sync::Verdict;

namespace {

class FixedClock final : public Clock {
  public:
    [[nodiscard]] UnixMs now() const override { return 1'790'000'000'000; }
    [[nodiscard]] SteadyMs steady() const override { return 0; }
};

constexpr crm::FieldId kAmount = crm::field_id(Model::payment, "amount");
constexpr crm::FieldId kStatus = crm::field_id(Model::payment, "status");
constexpr crm::FieldId kNotes = crm::field_id(Model::payment, "notes");

/// A client that pulled one payment of 100 at version 5; others have changed it on the server since.
struct Desk {
    Desk() {
        auto opened = store::Store::open(":memory:", clock, random);
        REQUIRE(opened);
        store = std::move(*opened);
        sync::PullPage page;
        page.epoch = "e";
        page.cursor = "c5";
        for (const Uuid& id : {payment, other}) {
            sync::PullRow& row = page.rows.emplace_back();
            row.model = Model::payment;
            row.whole = true;
            row.id = id;
            row.version = 5;
            row.created_at = row.updated_at = 1'780'000'000'000;
            row.changes.set(kAmount, std::int64_t{100});
            row.changes.set(kStatus, "PENDING");
        }
        REQUIRE(store->apply(page));
    }

    [[nodiscard]] std::string stamp() { return stamps.next(clock.now()); }

    Uuid edit(const Uuid& record, std::int64_t amount, const Uuid& group = {}) {
        sync::Operation operation;
        operation.id = ids.next();
        operation.model = Model::payment;
        operation.record = record;
        operation.stamp = stamp();
        operation.policy = crm::Policy::manual;
        operation.group = group;
        operation.changes.set(kAmount, amount);
        operation.changes.set(kNotes, "mine");
        return commit(std::move(operation));
    }
    Uuid remove(const Uuid& record) {
        sync::Operation operation;
        operation.id = ids.next();
        operation.kind = OperationKind::remove;
        operation.model = Model::payment;
        operation.record = record;
        operation.stamp = stamp();
        operation.policy = crm::Policy::manual;
        return commit(std::move(operation));
    }
    Uuid commit(sync::Operation operation) {
        const Uuid id = operation.id;
        std::vector<sync::Operation> one;
        one.push_back(std::move(operation));
        REQUIRE(store->commit(one, "me"));
        return id;
    }

    [[nodiscard]] crm::Record server(const Uuid& record, std::int64_t version, std::int64_t amount) const {
        crm::Record theirs;
        theirs.id = record;
        theirs.model = Model::payment;
        theirs.version = version;
        theirs.fields.set(kAmount, amount);
        theirs.fields.set(kStatus, std::string_view("COMPLETED"));
        return theirs;
    }
    sync::OperationResult result(const Uuid& id, Verdict verdict, std::optional<crm::Record> record = {}) {
        sync::OperationResult one;
        one.id = id;
        one.verdict = verdict;
        one.version = record ? record->version : 9;
        one.record = std::move(record);
        if (verdict == Verdict::conflict) one.fields = {"amount"};
        if (verdict == Verdict::rejected) one.error = {ErrorKind::invalid, "GROUP_FAILED", "company", {}};
        return one;
    }
    void settle(std::vector<sync::OperationResult> results) {
        REQUIRE(store->take_batch({}));
        sync::PushAnswer answer;
        answer.results = std::move(results);
        REQUIRE(store->settle(answer));
    }
    Uuid conflict(std::int64_t mine, std::int64_t theirs) {
        const Uuid id = edit(payment, mine);
        settle({result(id, Verdict::conflict, server(payment, 7, theirs))});
        return id;
    }
    [[nodiscard]] Result<store::Visible> resolve(const Uuid& id, const store::Resolution& resolution) {
        return store->resolve(id, resolution, ids.next(), stamp());
    }
    [[nodiscard]] crm::Record shown(const Uuid& record) const {
        auto found = store->get(Model::payment, record);
        REQUIRE(found);
        REQUIRE(*found);
        return **found;
    }
    [[nodiscard]] std::vector<sync::Operation> sent() {
        auto batch = store->take_batch({});
        REQUIRE(batch);
        return batch->operations;
    }

    FixedClock clock;
    SeededRandom random{5};
    UuidGenerator ids{clock, random};
    sync::HybridClock stamps{"01a0c450-6fe8-770c-94cb-ba08fca51f9f", 0, 0};
    Uuid payment = ids.next(), other = ids.next();
    std::unique_ptr<store::Store> store;
};

}  // namespace

TEST_CASE_FIXTURE(Desk, "resolve: a conflict shows base, mine and theirs, and a later pull moves theirs on") {
    const Uuid id = conflict(150, 200);
    auto all = store->conflicts();
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    const store::Conflict& one = all->front();
    CHECK(one.queued.operation.id == id);
    CHECK(one.theirs.version == 7);
    REQUIRE(one.fields.size() == 2);
    CHECK(one.fields[0].base == crm::Value(std::int64_t{100}));
    CHECK(one.fields[0].mine == crm::Value(std::int64_t{150}));
    CHECK(one.fields[0].theirs == crm::Value(std::int64_t{200}));
    CHECK(one.fields[0].clashes);
    CHECK_FALSE(one.fields[1].clashes);  // the notes: nobody else wrote any
    CHECK(shown(payment).fields.integer(kAmount) == 150);
    CHECK(shown(payment).fields.text(kStatus) == "COMPLETED");
    CHECK(shown(payment).sync_status == crm::SyncStatus::conflict);
    CHECK(sent().empty());

    sync::PullPage page;
    page.from = "c5";
    page.cursor = "c8";
    sync::PullRow& row = page.rows.emplace_back();
    row.model = Model::payment;
    row.id = payment;
    row.version = 8;
    row.changes.set(kAmount, std::int64_t{300});
    REQUIRE(store->apply(page));
    all = store->conflicts();
    REQUIRE(all);
    CHECK(all->front().theirs.version == 8);
    CHECK(all->front().fields[0].theirs == crm::Value(std::int64_t{300}));
    CHECK(all->front().fields[0].base == crm::Value(std::int64_t{100}));
}

TEST_CASE_FIXTURE(Desk, "resolve: keep mine goes over theirs") {
    const Uuid id = conflict(150, 200);
    REQUIRE(resolve(id, {Side::mine, {}}));
    const auto operations = sent();
    REQUIRE(operations.size() == 1);
    CHECK(operations[0].id != id);
    CHECK(operations[0].policy == crm::Policy::force);
    CHECK(operations[0].base == 7);
    CHECK(operations[0].changes.find(kAmount) != nullptr);
    CHECK(shown(payment).fields.integer(kAmount) == 150);
    CHECK(store->queue().conflicts == 0);
}

TEST_CASE_FIXTURE(Desk, "resolve: keep theirs leaves nothing to send") {
    const Uuid id = conflict(150, 200);
    REQUIRE(resolve(id, {Side::theirs, {}}));
    CHECK(sent().empty());
    CHECK(store->queue().operations == 0);
    CHECK(shown(payment).fields.integer(kAmount) == 200);
    CHECK(shown(payment).fields.text(kNotes) == "");
    CHECK(shown(payment).sync_status == crm::SyncStatus::synced);
    auto audit = store->audit(payment);
    REQUIRE(audit);
    const auto decided = std::find_if(audit->begin(), audit->end(),
                                      [](const store::AuditRow& row) { return row.what == "RESOLVED_THEIRS"; });
    REQUIRE(decided != audit->end());
    CHECK(decided->after.find(kAmount) != nullptr);  // what was given up
}

TEST_CASE_FIXTURE(Desk, "resolve: field by field, and with a value of one's own") {
    const Uuid id = conflict(150, 200);
    SUBCASE("their amount, my notes") {
        REQUIRE(resolve(id, {Side::mine, {{kAmount, Side::theirs}}}));
        const auto operations = sent();
        REQUIRE(operations.size() == 1);
        CHECK(operations[0].changes.find(kAmount) == nullptr);
        CHECK(operations[0].changes.find(kNotes) != nullptr);
        CHECK(shown(payment).fields.integer(kAmount) == 200);
        CHECK(shown(payment).fields.text(kNotes) == "mine");
    }
    SUBCASE("a third amount") {
        REQUIRE(resolve(id, {Side::theirs, {{kAmount, crm::Value(std::int64_t{175})}}}));
        CHECK(shown(payment).fields.integer(kAmount) == 175);
        CHECK(shown(payment).fields.text(kNotes) == "");
    }
    SUBCASE("a value that is none is refused, and all stays") {
        const auto refused = resolve(id, {Side::mine, {{kAmount, crm::Value(std::int64_t{-1})}}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().field == "amount");
        CHECK(store->queue().conflicts == 1);
    }
    SUBCASE("a field that the edit does not have") {
        const auto refused = resolve(id, {Side::mine, {{kStatus, Side::mine}}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == "NOT_IN_CONFLICT");
    }
}

TEST_CASE_FIXTURE(Desk, "resolve: a delete against an edit") {
    const Uuid id = remove(payment);
    settle({result(id, Verdict::conflict, server(payment, 7, 200))});
    CHECK(shown(payment).deleted);
    SUBCASE("mine") {
        REQUIRE(resolve(id, {Side::mine, {}}));
        const auto operations = sent();
        REQUIRE(operations.size() == 1);
        CHECK(operations[0].kind == OperationKind::remove);
        CHECK(operations[0].policy == crm::Policy::force);
        CHECK(operations[0].base == 7);
    }
    SUBCASE("theirs") {
        REQUIRE(resolve(id, {Side::theirs, {}}));
        CHECK_FALSE(shown(payment).deleted);
        CHECK(shown(payment).fields.integer(kAmount) == 200);
    }
}

TEST_CASE_FIXTURE(Desk, "resolve: an edit against a delete") {
    const Uuid id = edit(payment, 150);
    crm::Record gone = server(payment, 7, 100);
    gone.deleted = true;
    settle({result(id, Verdict::conflict, gone)});
    SUBCASE("mine brings it back") {
        REQUIRE(resolve(id, {Side::mine, {}}));
        CHECK_FALSE(shown(payment).deleted);
        CHECK(sent().front().changes.find(kAmount) != nullptr);
    }
    SUBCASE("theirs lets it go") {
        REQUIRE(resolve(id, {Side::theirs, {}}));
        CHECK(shown(payment).deleted);
        CHECK(sent().empty());
    }
}

TEST_CASE_FIXTURE(Desk, "resolve: a group goes again when nothing of it is in dispute any more") {
    const Uuid group = ids.next();
    const Uuid first = edit(payment, 150, group), second = edit(other, 160, group);
    settle({result(first, Verdict::conflict, server(payment, 7, 200)), result(second, Verdict::rejected)});
    CHECK(store->queue().errors == 1);
    SUBCASE("mine") {
        REQUIRE(resolve(first, {Side::mine, {}}));
        const auto operations = sent();
        REQUIRE(operations.size() == 2);
        CHECK(operations[0].group == group);
        CHECK(operations[1].group == group);
    }
    SUBCASE("theirs: the rest of it goes alone") {
        REQUIRE(resolve(first, {Side::theirs, {}}));
        const auto operations = sent();
        REQUIRE(operations.size() == 1);
        CHECK(operations[0].record == other);
    }
}

TEST_CASE_FIXTURE(Desk, "resolve: what is not in conflict cannot be resolved") {
    const Uuid id = edit(payment, 150);
    const auto refused = resolve(id, {Side::mine, {}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "NO_CONFLICT");
}

TEST_CASE_FIXTURE(Desk, "decisions: values that lost, ours and others', are found again") {
    const Uuid first = edit(payment, 150);
    auto superseded = result(first, Verdict::superseded, server(payment, 7, 200));
    superseded.fields = {"amount"};
    settle({superseded});
    const Uuid second = edit(other, 160);
    auto merged = result(second, Verdict::merged, server(other, 8, 160));
    merged.overrode.set(kAmount, std::int64_t{120});
    settle({merged});
    auto all = store->decisions(10);
    REQUIRE(all);
    REQUIRE(all->size() == 2);
    for (const store::AuditRow& row : *all) {
        CHECK(row.what == (row.record == payment ? "SUPERSEDED" : "OVERRODE"));
        CHECK(*row.before.find(kAmount) == crm::Value(std::int64_t{row.record == payment ? 150 : 120}));
    }
    CHECK(store->decisions(1)->size() == 1);
}

TEST_CASE_FIXTURE(Desk, "decisions: where a rule decides whether a record is there, that is what is told") {
    const auto only = [&] {
        const auto rows = store->decisions(10);
        REQUIRE(rows->size() == 1);
        return rows->front();
    };
    const auto meet = [&](const Uuid& id, bool they_deleted, Side kept) {
        crm::Record theirs = server(payment, 7, 200);
        theirs.deleted = they_deleted;
        settle({result(id, Verdict::conflict, theirs)});
        REQUIRE(resolve(id, {kept, {}, true}));
    };
    SUBCASE("our delete won over their change") {
        meet(remove(payment), false, Side::mine);
        CHECK(only().what == "OVERRODE");
        CHECK(store::deletion_won(only()));
        CHECK(*only().before.find(kAmount) == crm::Value(std::int64_t{200}));
    }
    SUBCASE("our delete lost to their change") {
        meet(remove(payment), false, Side::theirs);
        CHECK(only().what == "SUPERSEDED");
        CHECK(store::deletion_lost(only()));
    }
    SUBCASE("our change won over their delete") {
        meet(edit(payment, 150), true, Side::mine);
        CHECK(only().what == "OVERRODE");
        CHECK(store::deletion_lost(only()));
    }
    SUBCASE("our change lost to their delete") {
        meet(edit(payment, 150), true, Side::theirs);
        CHECK(only().what == "SUPERSEDED");
        CHECK(store::deletion_won(only()));
        CHECK(*only().before.find(kAmount) == crm::Value(std::int64_t{150}));
    }
}
