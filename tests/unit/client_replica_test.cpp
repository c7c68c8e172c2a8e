// What the replica tells the window when the disk was not what it should be.
#include <map>
#include <variant>

#include "client/replica.h"
#include "client/state.h"
#include "unit/store_support.h"

namespace ct::client {
namespace {

using store::test::Desk;
using store::test::FaultyDisk;
using store::test::id_of;

/// A replica on a desk's store, and what it said.
struct Told {
    explicit Told(Desk& desk)
        : replica(*desk.store, Secrets(desk.directory.file("token")), desk.clock, desk.random, {},
                  {[](NetJob) {}, [] {}, [this](Event event) { events.push_back(std::move(event)); }}) {
        replica.start();
        events.clear();
    }
    template <class Kind>
    [[nodiscard]] std::size_t count() const {
        return static_cast<std::size_t>(std::count_if(
            events.begin(), events.end(), [](const Event& event) { return std::holds_alternative<Kind>(event); }));
    }
    std::vector<Event> events;
    Replica replica;
};

Edit new_lead(Replica& replica) {
    Edit edit;
    edit.kind = sync::OperationKind::create;
    edit.record = replica.new_id();
    edit.changes = store::test::text_changes(crm::Model::lead, {{"name", "Asha"}});
    return edit;
}

}  // namespace

TEST_CASE("Replica: after a flush that failed the window loads again, for the edit may be there all the same") {
    Desk desk;
    Told told(desk);
    REQUIRE(told.replica.commit({new_lead(told.replica)}));
    CHECK(told.count<DatabaseReopened>() == 0);
    FaultyDisk::arm(FaultyDisk::Call::sync, 0, SQLITE_IOERR_FSYNC, false);
    CHECK_FALSE(told.replica.commit({new_lead(told.replica)}));
    FaultyDisk::disarm();
    CHECK(told.count<DatabaseReopened>() == 1);
    REQUIRE(told.replica.commit({new_lead(told.replica)}));
    CHECK(told.count<DatabaseReopened>() == 1);
}

TEST_CASE("Replica: its clock goes on after stamps that the store gave out") {
    Desk desk;
    store::test::pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    const sync::Operation refused = desk.take().operations.at(0);
    desk.settle({Desk::rejected(refused, "FORBIDDEN")});
    for (std::uint64_t group = 500; group < 504; ++group) desk.commit({desk.update(1, {{"city", "Pune"}}, group)});
    Told told(desk);
    REQUIRE(told.replica.retry(refused.id));
    Edit edit;
    edit.record = id_of(1);
    edit.changes = store::test::text_changes(crm::Model::lead, {{"city", "Rome"}});
    REQUIRE(told.replica.commit({edit}));
    const auto list = *desk.store->list_queue();
    for (std::size_t i = 1; i < list.size(); ++i) CHECK(list[i - 1].operation.stamp < list[i].operation.stamp);
}

TEST_CASE("Replica: a save that is too large for one push becomes several groups, each of which a server takes") {
    Desk desk;
    Told told(desk);
    std::vector<Edit> edits;
    for (int i = 0; i < 300; ++i) {
        edits.push_back(new_lead(told.replica));
        const std::string notes(20'000, i % 2 == 0 ? 'a' : '"');  // some take twice the room on the wire
        edits.back().changes.set(crm::field_id(crm::Model::lead, "notes"), notes);
    }
    REQUIRE(told.replica.commit(edits));
    std::map<Uuid, std::size_t> bytes;
    const auto queue = desk.store->list_queue();
    REQUIRE(queue);
    for (const sync::QueuedOperation& queued : *queue) {
        CHECK_FALSE(queued.operation.group.nil());
        bytes[queued.operation.group] += sync::encoded_size(queued.operation);
    }
    CHECK(bytes.size() == 2);
    for (const auto& [group, size] : bytes) CHECK(size < 9'000'000);
    // And what fits stays together.
    REQUIRE(told.replica.commit({new_lead(told.replica), new_lead(told.replica)}));
    bytes.clear();
    const auto then = desk.store->list_queue();
    REQUIRE(then);
    for (const sync::QueuedOperation& queued : *then) bytes[queued.operation.group] = 1;
    CHECK(bytes.size() == 3);
}

}  // namespace ct::client
