#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "crm/tables.h"
#include "sync/operation.h"
#include "sync/stamp.h"

namespace ct::sync {
namespace {

using crm::Model;
using enum OperationKind;

constexpr crm::FieldId kName = crm::field_id(Model::lead, "name");
constexpr crm::FieldId kCity = crm::field_id(Model::lead, "city");
constexpr crm::FieldId kPhone = crm::field_id(Model::lead, "phone");

crm::Changes changes(std::vector<std::pair<crm::FieldId, std::string>> texts, std::string extra = {}) {
    crm::Changes all;
    for (auto& [field, text] : texts) all.set(field, text.empty() ? crm::Value{} : crm::Value{std::move(text)});
    all.extra = std::move(extra);
    return all;
}

QueuedOperation queued(OperationKind kind, UnixMs at, crm::Changes with = {}, crm::Changes before = {}) {
    QueuedOperation entry;
    entry.operation.kind = kind;
    entry.operation.record = Uuid{{7}};
    entry.operation.stamp = format_stamp(at, 0, "d");
    entry.operation.changes = std::move(with);
    entry.before = std::move(before);
    return entry;
}

TEST_CASE("names of kinds and states are found again, and nothing else is") {
    for (const OperationKind kind : {create, update, remove}) CHECK(find_kind(name(kind)) == kind);
    for (const QueueState state :
         {QueueState::queued, QueueState::sent, QueueState::parked, QueueState::error, QueueState::conflict}) {
        CHECK(find_queue_state(name(state)) == state);
    }
    CHECK(name(remove) == "DELETE");
    CHECK(name(QueueState::parked) == "PARKED");
    CHECK_FALSE(find_kind("delete").has_value());
    CHECK_FALSE(find_queue_state("").has_value());
}

TEST_CASE("compact: every pair of kinds") {
    struct Row {
        OperationKind earlier, later;
        Compaction result;
        OperationKind kind;  // of what is left
    };
    const std::vector<Row> table{
        {create, update, Compaction::joined, create},     {create, create, Compaction::joined, create},
        {create, remove, Compaction::cancelled, create},  {update, update, Compaction::joined, update},
        {update, create, Compaction::joined, update},     {update, remove, Compaction::impossible, update},
        {remove, update, Compaction::joined, update},     {remove, create, Compaction::joined, update},
        {remove, remove, Compaction::impossible, remove},
    };
    for (const Row& row : table) {
        CAPTURE(name(row.earlier));
        CAPTURE(name(row.later));
        QueuedOperation earlier = queued(row.earlier, 10);
        CHECK(compact(earlier, queued(row.later, 20)) == row.result);
        CHECK(earlier.operation.kind == row.kind);
        const bool joined = row.result == Compaction::joined;
        CHECK(earlier.operation.stamp == format_stamp(joined ? 20 : 10, 0, "d"));
    }
}

TEST_CASE("compact: the later value counts, and of those before, the oldest") {
    QueuedOperation earlier = queued(update, 10, changes({{kName, "B"}, {kCity, "Pune"}}, R"({"x":1,"y":2})"),
                                     changes({{kName, "A"}, {kCity, ""}}, R"({"x":null,"y":0})"));
    QueuedOperation later = queued(update, 20, changes({{kName, "C"}, {kPhone, "1"}}, R"({"y":3,"z":4})"),
                                   changes({{kName, "B"}, {kPhone, "0"}}, R"({"y":2,"z":null})"));
    earlier.operation.base = 5;
    later.operation.base = 9;
    REQUIRE(compact(earlier, later) == Compaction::joined);
    CHECK(earlier.operation.changes ==
          changes({{kName, "C"}, {kCity, "Pune"}, {kPhone, "1"}}, R"({"x":1,"y":3,"z":4})"));
    CHECK(earlier.before == changes({{kName, "A"}, {kCity, ""}, {kPhone, "0"}}, R"({"x":null,"y":0,"z":null})"));
    CHECK(earlier.operation.base == 5);
    later.operation.base = 0;  // of a value that is not kept up to date here
    REQUIRE(compact(earlier, later) == Compaction::joined);
    CHECK(earlier.operation.base == 0);
}

TEST_CASE("compact: a stamp never goes back") {
    QueuedOperation earlier = queued(update, 20, changes({{kName, "B"}}));
    REQUIRE(compact(earlier, queued(update, 10, changes({{kName, "C"}}))) == Compaction::joined);
    CHECK(earlier.operation.stamp == format_stamp(20, 0, "d"));
}

TEST_CASE("compact: leaves alone what was sent, grouped, decided otherwise, or is of another record") {
    const auto tried = [](auto&& alter) {
        QueuedOperation earlier = queued(create, 10, changes({{kName, "A"}}));
        QueuedOperation later = queued(update, 20, changes({{kName, "B"}}));
        alter(earlier, later);
        const Operation untouched = earlier.operation;
        const Compaction result = compact(earlier, later);
        if (result == Compaction::impossible) CHECK(earlier.operation == untouched);
        return result;
    };
    using Entry = QueuedOperation;
    CHECK(tried([](Entry&, Entry&) {}) == Compaction::joined);
    const Compaction no = Compaction::impossible;
    CHECK(tried([](Entry& earlier, Entry&) { earlier.state = QueueState::sent; }) == no);
    CHECK(tried([](Entry& earlier, Entry&) { earlier.sequence = 0; }) == no);
    CHECK(tried([](Entry& earlier, Entry&) { earlier.state = QueueState::parked; }) == no);
    CHECK(tried([](Entry& earlier, Entry&) { earlier.state = QueueState::error; }) == no);
    CHECK(tried([](Entry& earlier, Entry&) { earlier.state = QueueState::conflict; }) == no);
    CHECK(tried([](Entry&, Entry& later) { later.state = QueueState::sent; }) == no);
    CHECK(tried([](Entry&, Entry& later) { later.sequence = 3; }) == no);
    CHECK(tried([](Entry& earlier, Entry&) { earlier.operation.group = Uuid{{1}}; }) == no);
    CHECK(tried([](Entry&, Entry& later) { later.operation.group = Uuid{{1}}; }) == no);
    CHECK(tried([](Entry&, Entry& later) { later.operation.policy = crm::Policy::manual; }) == no);
    CHECK(tried([](Entry&, Entry& later) { later.operation.record = Uuid{{8}}; }) == no);
    CHECK(tried([](Entry&, Entry& later) { later.operation.model = Model::payment; }) == no);
}

crm::Record nothing() {
    crm::Record record;
    record.id = Uuid{{7}};
    record.deleted = true;
    return record;
}

TEST_CASE("replay: without operations the record is as the server has it, and synced") {
    crm::Record server = nothing();
    server.deleted = false;
    server.version = 4;
    server.updated_at = 99;
    server.sync_status = crm::SyncStatus::error;
    const crm::Record visible = replay(server, {});
    server.sync_status = crm::SyncStatus::synced;
    CHECK(visible == server);
}

TEST_CASE("replay: a create makes the record, an update changes it, a delete hides it, a restore brings it back") {
    std::vector<QueuedOperation> queue{queued(create, 10, changes({{kName, "A"}, {kPhone, "98765 43210"}}))};
    crm::Record visible = replay(nothing(), queue);
    CHECK_FALSE(visible.deleted);
    CHECK(visible.created_at == 10);
    CHECK(visible.updated_at == 10);
    CHECK(visible.version == 0);
    CHECK(visible.fields.text(crm::field_id(Model::lead, "phoneE164")) == "+919876543210");  // derived anew

    queue.push_back(queued(update, 20, changes({{kName, "B"}, {kPhone, ""}})));
    visible = replay(nothing(), queue);
    CHECK(visible.fields.text(kName) == "B");
    CHECK_FALSE(visible.fields.has(kPhone));
    CHECK(visible.created_at == 10);
    CHECK(visible.updated_at == 20);

    queue.push_back(queued(remove, 30));
    CHECK(replay(nothing(), queue).deleted);
    queue.push_back(queued(update, 40, changes({{kCity, "Pune"}})));
    visible = replay(nothing(), queue);
    CHECK_FALSE(visible.deleted);
    CHECK(visible.fields.text(kName) == "B");
    CHECK(visible.fields.text(kCity) == "Pune");
}

TEST_CASE("replay: the server's later time is kept, and its creation time") {
    crm::Record server = nothing();
    server.deleted = false;
    server.version = 3;
    server.created_at = 5;
    server.updated_at = 100;
    const crm::Record visible = replay(server, {queued(update, 50, changes({{kName, "B"}}))});
    CHECK(visible.created_at == 5);
    CHECK(visible.updated_at == 100);
    CHECK(visible.version == 3);
}

TEST_CASE("replay: the worst state of the operations is the record's") {
    using crm::SyncStatus;
    const auto status = [](std::vector<QueueState> states) {
        std::vector<QueuedOperation> queue;
        for (const QueueState state : states) queue.push_back(queued(update, 10)), queue.back().state = state;
        return replay(nothing(), queue).sync_status;
    };
    using enum QueueState;
    CHECK(status({queued}) == SyncStatus::pending);
    CHECK(status({parked}) == SyncStatus::pending);
    CHECK(status({sent, queued}) == SyncStatus::syncing);
    CHECK(status({sent, conflict, queued}) == SyncStatus::conflict);
    CHECK(status({error, conflict}) == SyncStatus::error);
}

TEST_CASE("replay: a compacted queue shows what the full one does") {
    SeededRandom random(23);
    for (int run = 0; run < 2'000; ++run) {
        crm::Record server = nothing();
        if (random.below(2) == 0) {
            server.version = 1;
            server.deleted = random.below(2) == 0;
            server.created_at = 1;
            crm::apply(server, changes({{kName, "S"}, {kCity, "Goa"}}));
        }
        std::vector<QueuedOperation> full, compacted;
        bool there = !server.deleted;
        for (UnixMs at = 10; at < 18; ++at) {
            const bool removes = there && random.below(4) == 0;
            const OperationKind kind = removes ? remove : there || server.version > 0 ? update : create;
            there = !removes;
            crm::Changes with;
            if (!removes) {
                with = changes(
                    {{random.below(2) == 0 ? kName : kCity, random.below(4) == 0 ? "" : "T" + std::to_string(at)}});
            }
            full.push_back(queued(kind, at, with));
            // A create that was taken back leaves nothing, so what comes after it is a create again.
            if (!removes && server.version == 0 && compacted.empty()) full.back().operation.kind = create;
            const QueuedOperation& last = full.back();
            const Compaction done = compacted.empty() ? Compaction::impossible : compact(compacted.back(), last);
            if (done == Compaction::cancelled) {
                compacted.pop_back();
                full.clear();  // it never was
            }
            if (done == Compaction::impossible) compacted.push_back(last);
        }
        REQUIRE(compacted.size() <= full.size());
        crm::Record shown = replay(server, compacted), wanted = replay(server, full);
        // One operation has one stamp, its last: a record that nobody else has seen yet counts from there.
        if (server.version == 0 && !compacted.empty()) wanted.created_at = stamp_ms(compacted[0].operation.stamp);
        REQUIRE(shown == wanted);
    }
}

}  // namespace
}  // namespace ct::sync
