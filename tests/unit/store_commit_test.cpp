#include <functional>
#include <set>

#include "unit/store_support.h"

namespace ct::store::test {
namespace {

sync::QueuedOperation queued(const Desk& desk, std::size_t at) {
    const auto list = desk.store->list_queue();
    REQUIRE(list.has_value());
    REQUIRE(list->size() > at);
    return (*list)[at];
}

TEST_CASE("commit: an edit is the record, a row of the queue and a row of the audit trail, durably") {
    Desk desk;
    pull_three(desk);
    const Operation edit = desk.update(1, {{"name", "Asha Rao"}, {"city", "Pune"}});
    const Committed committed = desk.commit({edit});
    REQUIRE(committed.visible.changed.size() == 1);
    CHECK(committed.visible.changed.front() == desk.get(1));
    CHECK(committed.operations == std::vector{edit.id});

    for (const bool again : {false, true}) {
        INFO(again);
        if (again) desk.reopen();
        CHECK(desk.shown(1) == "Asha Rao,Pune v10 PENDING");
        CHECK(desk.get(1)->updated_at == sync::stamp_ms(edit.stamp));
        const sync::QueuedOperation row = queued(desk, 0);
        CHECK(row.operation.id == edit.id);
        CHECK(row.operation.kind == OperationKind::update);
        CHECK(row.operation.base == 10);
        CHECK(row.operation.stamp == edit.stamp);
        CHECK(row.operation.changes == edit.changes);
        CHECK(row.before == text_changes(Model::lead, {{"name", "Asha"}, {"city", ""}}));
        CHECK(row.user == "me");
        CHECK(row.sequence == -1);
        const auto audit = desk.store->audit(id_of(1));
        REQUIRE(audit.has_value());
        REQUIRE(audit->size() == 1);
        CHECK(audit->front().what == "UPDATE");
        CHECK(audit->front().operation == edit.id);
        CHECK(audit->front().user == "me");
        CHECK(audit->front().at == sync::stamp_ms(edit.stamp));
        CHECK(audit->front().before == row.before);
        CHECK(audit->front().after == edit.changes);
        CHECK(desk.store->queue().operations == 1);
        CHECK(desk.store->queue().sendable == 1);
        CHECK(desk.store->queue().records_by_model[0] == 1);
        CHECK(desk.store->queue().bytes > 0);
        CHECK(desk.store->state().stamp_ms == sync::stamp_ms(edit.stamp));
    }
}

TEST_CASE("commit: several edits are stored together") {
    Desk desk;
    std::vector<Operation> edits;
    for (std::uint64_t number = 1; number <= 300; ++number) edits.push_back(desk.create(number));
    const Committed committed = desk.commit(edits);
    CHECK(committed.visible.changed.size() == 300);
    CHECK(std::set<Uuid>(committed.operations.begin(), committed.operations.end()).size() == 300);
    CHECK(*desk.store->count(Model::lead) == 300);
    CHECK(desk.store->queue().records == 300);
    desk.check_memory_is_disk();
}

TEST_CASE("commit: when one edit is wrong, none is stored") {
    struct Case {
        const char* what;
        std::function<Operation(Desk&)> wrong;
        ErrorKind kind;
        const char* code;
    };
    const Case cases[] = {
        {"an update of what is not there",
         [](Desk& d) {
             return d.update(9, {{"city", "Pune"}});
         },
         ErrorKind::not_found, "NO_SUCH_RECORD"},
        {"a delete of what is not there", [](Desk& d) { return d.remove(9); }, ErrorKind::not_found, "NO_SUCH_RECORD"},
        {"a delete of what is deleted", [](Desk& d) { return d.remove(2); }, ErrorKind::not_found, "NO_SUCH_RECORD"},
        {"a creation of what is there", [](Desk& d) { return d.create(1); }, ErrorKind::invalid, "RECORD_EXISTS"},
    };
    for (const Case& each : cases) {
        INFO(std::string(each.what));
        Desk desk;
        pull_three(desk);
        desk.commit({desk.remove(2)});
        const std::string before = dump(desk.file);
        const QueueSummary queue = desk.store->queue();
        const auto committed =
            desk.try_commit({desk.create(5), desk.update(1, {{"city", "Goa"}}), each.wrong(desk), desk.remove(3)});
        REQUIRE_FALSE(committed.has_value());
        CHECK(committed.error().kind == each.kind);
        CHECK(committed.error().code == each.code);
        CHECK(dump(desk.file) == before);
        CHECK(desk.store->queue() == queue);
        desk.check_memory_is_disk();
    }
}

TEST_CASE("commit: what waits unsent of one record is joined, and never more than that (rule 7)") {
    struct Case {
        const char* what;
        std::function<void(Desk&)> edits;
        const char* queue;
        std::uint64_t record;
        const char* shown;
    };
    const Case cases[] = {
        {"create", [](Desk& d) { d.commit({d.create(7)}); }, "CREATE 7 QUEUED", 7, "Asha, v0 PENDING"},
        {"create+update",
         [](Desk& d) {
             d.commit({d.create(7)});
             d.commit({d.update(7, {{"city", "Goa"}})});
         },
         "CREATE 7 QUEUED", 7, "Asha,Goa v0 PENDING"},
        {"create+update in one commit",
         [](Desk& d) {
             d.commit({d.create(7), d.update(7, {{"city", "Goa"}})});
         },
         "CREATE 7 QUEUED", 7, "Asha,Goa v0 PENDING"},
        {"create+delete",
         [](Desk& d) {
             d.commit({d.create(7)});
             const Committed gone = d.commit({d.remove(7)});
             CHECK(records_of(gone.visible) == "-7");
         },
         "", 7, "none"},
        {"create+update+delete+create",
         [](Desk& d) {
             d.commit({d.create(7), d.update(7, {{"city", "Goa"}}), d.remove(7)});
             d.commit({d.create(7, "Anew")});
         },
         "CREATE 7 QUEUED", 7, "Anew, v0 PENDING"},
        {"update+update",
         [](Desk& d) {
             d.commit({d.update(1, {{"city", "Goa"}})});
             d.commit({d.update(1, {{"city", "Pune"}, {"name", "Asha R"}})});
         },
         "UPDATE 1 QUEUED", 1, "Asha R,Pune v10 PENDING"},
        {"update+delete: kept, for whoever restores it",
         [](Desk& d) {
             d.commit({d.update(1, {{"city", "Goa"}}), d.remove(1)});
         },
         "UPDATE 1 QUEUED; DELETE 1 QUEUED", 1, "deleted Asha,Goa v10 PENDING"},
        {"delete+create: restored",
         [](Desk& d) {
             d.commit({d.remove(1), d.create(1, "Back")});
         },
         "UPDATE 1 QUEUED", 1, "Back, v10 PENDING"},
        {"joined: it is the last touched now",
         [](Desk& d) {
             d.commit(
                 {d.update(1, {{"city", "Goa"}}), d.update(2, {{"city", "Goa"}}), d.update(1, {{"city", "Pune"}})});
         },
         "UPDATE 2 QUEUED; UPDATE 1 QUEUED", 1, "Asha,Pune v10 PENDING"},
        {"create, sent, update",
         [](Desk& d) {
             d.commit({d.create(7)});
             d.take();
             d.commit({d.update(7, {{"city", "Goa"}})});
             d.commit({d.update(7, {{"city", "Pune"}})});
         },
         "CREATE 7 SENT; UPDATE 7 QUEUED", 7, "Asha,Pune v0 SYNCING"},
        {"create, sent, delete",
         [](Desk& d) {
             d.commit({d.create(7)});
             d.take();
             d.commit({d.remove(7)});
         },
         "CREATE 7 SENT; DELETE 7 QUEUED", 7, "deleted Asha, v0 SYNCING"},
        {"sent, then queued again under the same id: it may be known to the server",
         [](Desk& d) {
             d.commit({d.create(7)});
             d.take();
             REQUIRE(d.store->renew_device(id_of(99).str()));
             d.commit({d.update(7, {{"city", "Goa"}})});
             d.commit({d.remove(7)});
         },
         "CREATE 7 QUEUED; UPDATE 7 QUEUED; DELETE 7 QUEUED", 7, "deleted Asha,Goa v0 PENDING"},
        {"a parent that children wait for is not cancelled",
         [](Desk& d) {
             d.commit({d.create(7), d.create_note(8, 7), d.remove(7)});
         },
         "CREATE 7 QUEUED; CREATE 8 QUEUED; DELETE 7 QUEUED", 7, "deleted Asha, v0 PENDING"},
        {"groups are not joined",
         [](Desk& d) {
             d.commit({d.update(1, {{"city", "Goa"}}, 500), d.update(2, {{"city", "Goa"}}, 500)});
             d.commit({d.update(1, {{"city", "Pune"}})});
             d.commit({d.update(2, {{"city", "Pune"}}, 501), d.update(3, {{"city", "Pune"}}, 501)});
         },
         "UPDATE 1 QUEUED; UPDATE 2 QUEUED; UPDATE 1 QUEUED; UPDATE 2 QUEUED; UPDATE 3 QUEUED", 1,
         "Asha,Pune v10 PENDING"},
        {"edits of two policies are not joined",
         [](Desk& d) {
             Operation asked = d.update(1, {{"city", "Goa"}});
             asked.policy = crm::Policy::manual;
             d.commit({asked, d.update(1, {{"city", "Pune"}})});
         },
         "UPDATE 1 QUEUED; UPDATE 1 QUEUED", 1, "Asha,Pune v10 PENDING"},
    };
    for (const Case& each : cases) {
        INFO(std::string(each.what));
        Desk desk;
        pull_three(desk);
        each.edits(desk);
        for (const bool again : {false, true}) {
            INFO(again);
            if (again) desk.reopen();
            CHECK(desk.queue() == each.queue);
            CHECK(desk.shown(each.record) == each.shown);
        }
        desk.check_memory_is_disk();
    }
}

TEST_CASE("commit: a joined edit keeps the first one's name, base and 'before', and takes the last one's stamp") {
    Desk desk;
    pull_three(desk);
    const Operation first = desk.update(1, {{"city", "Goa"}});
    desk.commit({first});
    desk.apply(desk.page({Desk::row(1, 11, {{"name", "Asha"}, {"city", "Ooty"}})}, "c2"));  // others were faster
    const Operation second = desk.update(1, {{"city", "Pune"}, {"name", "Asha R"}});
    const Committed joined = desk.commit({second});
    CHECK(joined.operations == std::vector{first.id});
    const sync::QueuedOperation row = queued(desk, 0);
    CHECK(row.operation.id == first.id);
    CHECK(row.operation.base == 10);
    CHECK(row.operation.stamp == second.stamp);
    CHECK(row.before == text_changes(Model::lead, {{"name", "Asha"}, {"city", ""}}));
    CHECK(row.operation.changes == text_changes(Model::lead, {{"name", "Asha R"}, {"city", "Pune"}}));
    CHECK(desk.audit(1) == "UPDATE UPDATE");
}

TEST_CASE("commit: the clock's reading outlives an edit that cancelled another") {
    Desk desk;
    desk.commit({desk.create(1)});
    const Operation last = desk.remove(1);
    desk.commit({last});
    CHECK(desk.queue().empty());
    desk.reopen();
    CHECK(desk.store->state().stamp_ms == sync::stamp_ms(last.stamp));
}

// ---- batches

TEST_CASE("take_batch: what is taken is marked as sent, numbered on, and comes again as it was until it is settled") {
    Desk desk;
    desk.commit({desk.create(1), desk.create(2), desk.create(3)});
    CHECK(desk.store->state().next_sequence == 0);
    const Batch first = desk.take({.bytes_max = 1'000'000, .operations_max = 2});
    CHECK(first.sequence == 0);
    CHECK(records_of(first) == "3 2");
    CHECK(desk.queue() == "CREATE 1 QUEUED; CREATE 2 SENT; CREATE 3 SENT");
    CHECK(desk.store->state().next_sequence == 2);
    CHECK(desk.store->queue().in_flight == 2);
    CHECK(desk.store->queue().sendable == 3);
    desk.commit({desk.create(4), desk.update(3, {{"city", "Goa"}})});

    for (const bool again : {false, true}) {
        INFO(again);
        if (again) desk.reopen();  // crashed, and recovered
        const Batch resent = desk.take();
        CHECK(resent.sequence == 0);
        CHECK(resent.operations == first.operations);  // alone, in the old order, not altered
        CHECK(desk.store->state().next_sequence == 2);
        const Batch smaller = desk.take({.bytes_max = 1, .operations_max = 100});
        CHECK(records_of(smaller) == "3");
    }
    // An answer for a part: the rest comes again, with its own numbers.
    desk.settle({Desk::result(first.operations[0], Verdict::applied, 1)});
    const Batch rest = desk.take();
    CHECK(rest.sequence == 1);
    CHECK(records_of(rest) == "2");
    desk.settle({Desk::result(first.operations[1], Verdict::applied, 1)});
    const Batch next = desk.take();
    CHECK(next.sequence == 2);
    CHECK(records_of(next) == "3 4 1");
    CHECK(desk.store->state().next_sequence == 5);
    desk.check_memory_is_disk();
}

TEST_CASE("take_batch: what goes first, and what stays behind") {
    struct Case {
        const char* what;
        std::function<void(Desk&)> edits;
        BatchLimits limits;
        const char* batch;
    };
    const BatchLimits all{};
    const BatchLimits two{.bytes_max = 1'000'000, .operations_max = 2};
    const BatchLimits tiny{.bytes_max = 1, .operations_max = 100};
    const Case cases[] = {
        {"nothing", [](Desk&) {}, all, ""},
        {"last touched first",
         [](Desk& d) {
             d.commit({d.create(5), d.create(6), d.create(7)});
         },
         all, "7 6 5"},
        {"by count",
         [](Desk& d) {
             d.commit({d.create(5), d.create(6), d.create(7)});
         },
         two, "7 6"},
        {"one that fits into no batch goes alone",
         [](Desk& d) {
             d.commit({d.create(5), d.create(6)});
         },
         tiny, "6"},
        {"parents before children",
         [](Desk& d) {
             d.commit({d.create(5), d.create(6), d.create_note(8, 5)});
         },
         all, "5 8 6"},
        {"parents before children, also where the batch ends",
         [](Desk& d) {
             d.commit({d.create(5), d.create(6), d.create_note(8, 5), d.create_note(9, 6)});
         },
         two, "6 9"},
        {"the order within a record",
         [](Desk& d) {
             d.commit({d.update(1, {{"city", "Goa"}}), d.remove(1), d.create(5)});
         },
         all, "5 1 1"},
        {"what is due today goes first, by when",
         [](Desk& d) {
             const auto reminder = [&d](std::uint64_t record, std::int64_t in_hours) {
                 crm::Changes changes = text_changes(Model::reminder, {{"title", "Call"}});
                 changes.set(crm::field_id(Model::reminder, "reminderDate"), d.clock.wall + in_hours * 3'600'000);
                 return d.operation(OperationKind::create, Model::reminder, record, changes);
             };
             d.commit({reminder(20, 30), reminder(21, 5), reminder(22, -2), reminder(23, -60), d.create(5)});
         },
         all, "22 21 5 23 20"},
        {"an edit of what is due goes with its date, though that is no part of it",
         [](Desk& d) {
             crm::Changes changes = text_changes(Model::reminder, {{"title", "Call"}});
             changes.set(crm::field_id(Model::reminder, "reminderDate"), d.clock.wall);
             d.commit({d.operation(OperationKind::create, Model::reminder, 20, changes)});
             d.send_all(11);
             d.commit({d.operation(OperationKind::update, Model::reminder, 20,
                                   text_changes(Model::reminder, {{"title", "Visit"}})),
                       d.create(5)});
         },
         all, "20 5"},
        {"deletes of leads go last, but before what needs them gone",
         [](Desk& d) {
             d.commit({d.create(5), d.remove(1), d.create(6), d.remove(2)});
             d.commit(
                 {d.operation(OperationKind::create, Model::lead, 2, text_changes(Model::lead, {{"name", "Bo"}}))});
         },
         all, "2 6 5 1"},
        {"a group whole, or not at all",
         [](Desk& d) {
             d.commit({d.create(5, "A", 500), d.create(6, "A", 500), d.create(7)});
         },
         two, "7"},
        {"a group larger than any batch goes alone",
         [](Desk& d) {
             d.commit({d.create(5, "A", 500), d.create(6, "A", 500), d.create(7, "A", 500)});
         },
         two, "5 6 7"},
        {"a group of parent and child in its own order",
         [](Desk& d) {
             d.commit({d.create(5, "A", 500), d.create_note(8, 5, 500)});
         },
         all, "5 8"},
        {"an edit under a parent that is in error waits",
         [](Desk& d) {
             d.commit({d.create(5)});
             d.settle({Desk::rejected(d.take().operations[0], "INVALID_FIELD")});
             d.commit({d.create_note(8, 5), d.create(6)});
         },
         all, "6"},
        {"what is behind an error of its record waits, the rest does not",
         [](Desk& d) {
             d.commit({d.update(1, {{"city", "Goa"}})});
             d.settle({Desk::rejected(d.take().operations[0], "FORBIDDEN")});
             d.commit({d.update(1, {{"city", "Pune"}}), d.update(2, {{"city", "Pune"}})});
         },
         all, "2"},
        {"a group waits for what one of it waits for",
         [](Desk& d) {
             d.commit({d.update(1, {{"city", "Goa"}})});
             d.settle({Desk::rejected(d.take().operations[0], "FORBIDDEN")});
             d.commit({d.update(1, {{"city", "Pune"}}, 500), d.update(2, {{"city", "Pune"}}, 500)});
             d.commit({d.update(3, {{"city", "Pune"}})});
         },
         all, "3"},
    };
    for (const Case& each : cases) {
        INFO(std::string(each.what));
        Desk desk;
        pull_three(desk);
        each.edits(desk);
        desk.check_memory_is_disk();
        desk.reopen();  // the index as read from the disk decides the same
        CHECK(records_of(desk.take(each.limits)) == each.batch);
        desk.check_memory_is_disk();
    }
}

TEST_CASE("take_batch: by bytes, about as they go into a push") {
    Desk desk;
    std::size_t whole = 0;
    for (std::uint64_t number = 1; number <= 40; ++number) {
        const Operation edit = desk.create(number, std::string(150, 'x'));
        whole += sync::encoded_size(edit);
        desk.commit({edit});
    }
    CHECK(desk.store->queue().bytes == static_cast<std::int64_t>(whole));
    const Batch half = desk.take({.bytes_max = whole / 2, .operations_max = 1'000});
    std::size_t bytes = 0;
    for (const Operation& each : half.operations) bytes += sync::encoded_size(each);
    CHECK(bytes <= whole / 2);
    CHECK(half.operations.size() == 20);
}

TEST_CASE("renew_device: what was in flight is queued again under its old id, and numbered anew") {
    Desk desk;
    const Operation edit = desk.create(1);
    desk.commit({edit, desk.create(2)});
    desk.take({.bytes_max = 1'000'000, .operations_max = 1});
    desk.take();
    const std::string device = id_of(77).str();
    REQUIRE(desk.store->renew_device(device));
    CHECK(desk.queue() == "CREATE 1 QUEUED; CREATE 2 QUEUED");
    desk.check_memory_is_disk();
    desk.reopen();
    CHECK(desk.store->state().device_id == device);
    CHECK(desk.store->state().next_sequence == 0);
    const Batch batch = desk.take();
    CHECK(batch.sequence == 0);
    REQUIRE(batch.operations.size() == 2);
    CHECK(batch.operations[1].id == edit.id);
}

TEST_CASE("retry: the clock's reading outlives the operation") {
    Desk desk;
    desk.commit({desk.create(1)});
    desk.settle({Desk::rejected(desk.take().operations[0], "INVALID_FIELD")});
    const std::string stamp = desk.stamp();
    REQUIRE(desk.store->retry(id_of(1'001), id_of(2'000), stamp));
    desk.send_all(5);
    CHECK(desk.queue().empty());
    desk.reopen();
    CHECK(desk.store->state().stamp_ms == sync::stamp_ms(stamp));
}

TEST_CASE("commit: a delete is sent when the server has come to know what was made here and not yet sent") {
    Desk desk;
    desk.commit({desk.create(1)});
    desk.apply(desk.page({Desk::row(1, 7, {{"name", "Theirs"}})}, "c1"));
    desk.commit({desk.remove(1)});
    CHECK(desk.queue() == "CREATE 1 QUEUED; DELETE 1 QUEUED");
    desk.check_memory_is_disk();
    desk.send_all(8);
    CHECK(desk.queue().empty());
    desk.check_memory_is_disk();
}

// ---- long random walks

TEST_CASE("Store: after any walk of edits, batches, verdicts and starts, memory is what the disk holds") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        INFO(seed);
        Desk desk;
        SeededRandom random(seed);
        std::vector<Operation> in_flight;
        std::int64_t version = 0;
        for (int step = 0; step < 250; ++step) {
            const std::uint64_t record = random.below(8) + 1;
            switch (random.below(8)) {
                case 0: (void)desk.try_commit({desk.create(record)}); break;
                case 1: (void)desk.try_commit({desk.update(record, {{"city", "Goa"}})}); break;
                case 2: (void)desk.try_commit({desk.remove(record)}); break;
                case 3:
                    (void)desk.try_commit({desk.update(record, {{"city", "Pune"}}, 5'000 + desk.operations),
                                           desk.create_note(100 + random.below(8), record, 5'000 + desk.operations)});
                    break;
                case 4: {
                    const bool some = desk.store->queue().sendable > 0;
                    in_flight = desk.take({.bytes_max = 2'000, .operations_max = 3}).operations;
                    CHECK(some == !in_flight.empty());  // what can go is given out
                    break;
                }
                case 5: {
                    std::vector<OperationResult> results;
                    for (const Operation& each : in_flight) {
                        if (random.below(6) == 0) continue;  // not heard
                        results.push_back(random.below(5) == 0 ? Desk::rejected(each, "MISSING_PARENT")
                                                               : Desk::result(each, Verdict::applied, ++version));
                    }
                    desk.settle(std::move(results));
                    break;
                }
                case 6:
                    desk.apply(desk.page({random.below(3) == 0 ? Desk::deleted_row(record, ++version)
                                                               : Desk::row(record, ++version, {{"name", "Theirs"}})},
                                         "c" + std::to_string(step), random.below(2) == 0));
                    break;
                default: {
                    const auto list = desk.store->list_queue();
                    REQUIRE(list.has_value());
                    if (list->empty()) break;
                    const Uuid id = (*list)[random.below(list->size())].operation.id;
                    if (random.below(2) == 0)
                        (void)desk.store->discard(id);
                    else
                        (void)desk.store->retry(id, id_of(++desk.operations), desk.stamp());
                    break;
                }
            }
            // What waits for others waits for something that moves, that a person can move, or that a pull brings.
            const QueueSummary& queue = desk.store->queue();
            const auto listed = desk.store->list_queue();
            REQUIRE(listed.has_value());
            const bool for_parents = std::any_of(listed->begin(), listed->end(), [](const auto& each) {
                return each.state == QueueState::parked && each.error_code == "MISSING_PARENT";
            });
            if (queue.parked > 0 && !for_parents) CHECK(queue.sendable + queue.errors + queue.conflicts > 0);
            CHECK((queue.oldest_unsettled_at != 0) == (queue.operations > 0));
            if (step % 5 == 0) desk.check_memory_is_disk();
            if (random.below(25) == 0) desk.reopen();
        }
        desk.apply(desk.page({Desk::row(99, ++version, {{"name", "News"}})}, "the end"));
        const QueueSummary& queue = desk.store->queue();
        if (queue.parked > 0) CHECK(queue.sendable + queue.errors + queue.conflicts > 0);
    }
}

}  // namespace
}  // namespace ct::store::test
