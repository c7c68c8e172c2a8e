// Edits: record, queue row and audit row of each in one transaction, joined with what waits unsent (rule 7).
#include "base/mutant.h"
#include "store/impl.h"
#include "store/state_table.h"
#include "sync/stamp.h"
#include "sync/wire.h"

namespace ct::store {

namespace {

using sync::Compaction;
using sync::Operation;
using sync::OperationKind;
using sync::QueuedOperation;
using sync::QueueState;

constexpr std::string_view kRestore = "RESTORE";

Failure no_such_record(const Operation& operation, std::string_view why) {
    return fail(ErrorKind::not_found, "NO_SUCH_RECORD",
                std::string(crm::name(operation.model)) + " " + operation.record.str() + " " + std::string(why));
}

/// The record as it becomes, with everything but its place in the queue.
crm::Record replayed(crm::Record current, QueuedOperation& queued) {
    std::vector<QueuedOperation> one;
    one.push_back(std::move(queued));
    crm::Record next = sync::replay(std::move(current), one);
    queued = std::move(one.front());
    return next;
}

}  // namespace

QueueEntry entry_of(const QueuedOperation& queued, Position position) {
    const Operation& operation = queued.operation;
    QueueEntry entry;
    entry.position = position;
    entry.id = operation.id;
    entry.record = operation.record;
    entry.parent = QueueTable::parent_of(operation);
    entry.group = operation.group;
    entry.model = operation.model;
    entry.kind = operation.kind;
    entry.state = queued.state;
    entry.sequence = queued.sequence;
    entry.created_at = queued.created_at;
    entry.bytes = static_cast<std::int64_t>(sync::encoded_size(operation));
    entry.retry_count = queued.retry_count;
    return entry;
}

UnixMs due_of(const crm::Record& record) {
    const auto field = due_field(record.model);
    if (!field) return 0;
    const crm::ValueView value = record.fields.get(*field);
    const auto* const at = std::get_if<std::int64_t>(&value);
    return at == nullptr ? 0 : *at;
}

crm::Changes before_of(const crm::Record& current, const Operation& operation) {
    crm::Changes before;
    for (const auto& [field, value] : operation.changes.fields) before.set(field, crm::own(current.fields.get(field)));
    if (!operation.changes.extra.empty()) before.extra = current.extra.str();
    return before;
}

Result<Committed> Store::commit(std::span<const Operation> operations, const std::string& user) {
    Committed committed;
    auto done = impl_->transaction([&]() -> Result<void> {
        for (const Operation& operation : operations) CT_TRY(impl_->commit_one(operation, user, committed));
        if (!operations.empty()) impl_->observe(operations.back().stamp);
        if (committed.visible.removed.empty()) impl_->journal.only_adds();
        // The queue's newest row remembers the stamp, unless the edit cancelled another and there is no row.
        return committed.visible.removed.empty() ? Result<void>() : impl_->write_state(impl_->state);
    });
    if (!done && !CT_MUTANT(saved_when_refused)) return fail(done.error());
    return committed;
}

Result<void> Store::Impl::commit_one(const Operation& operation, const std::string& user, Committed& committed) {
    auto found = records(operation.model).get(operation.record);
    if (!found) return fail(found.error());
    const bool there = found->has_value();
    const bool restores =
        operation.kind == OperationKind::create && there && (*found)->deleted;  // the undo of a delete
    if (operation.kind == OperationKind::create && there && !restores) {
        return fail(ErrorKind::invalid, "RECORD_EXISTS",
                    std::string(crm::name(operation.model)) + " " + operation.record.str() + " exists already");
    }
    if (operation.kind != OperationKind::create && !there) return no_such_record(operation, "does not exist");
    if (operation.kind == OperationKind::remove && (*found)->deleted)
        return no_such_record(operation, "is deleted already");

    crm::Record current;
    if (there) current = std::move(**found);
    current.id = operation.record;
    current.model = operation.model;
    if (there && !index.dirty(current.id)) CT_TRY(shadows(current.model).put(current));

    QueuedOperation queued;
    queued.operation = operation;
    if (restores) queued.operation.kind = OperationKind::update;
    // What the old epoch's version says may be of the server as it was before; and of what is left out, others may have
    // changed what nobody here has seen since: then the stamp alone judges.
    queued.operation.base = of_other_epoch(operation.model) || edits_left_out(operation) ? 0 : current.version;
    queued.before = before_of(current, operation);
    queued.operation.seen = sync::merging(operation.model, queued.before);
    queued.user = user;
    queued.created_at = clock.now();
    CT_TRY(audit_edit(queued, current, restores ? kRestore : name(operation.kind), user));
    crm::Record next = replayed(std::move(current), queued);

    const auto joined = join(queued, due_of(next), committed);
    if (!joined) return fail(joined.error());
    if (*joined == Compaction::cancelled) {
        CT_TRY(records(next.model).remove(next.id));
        committed.visible.removed.emplace_back(next.model, next.id);
        return {};
    }
    if (*joined == Compaction::impossible) CT_TRY(enqueue(queued, due_of(next), committed));
    if (*joined == Compaction::joined && index.at(index.of_record(next.id).back()).kind == OperationKind::create) {
        next.created_at = sync::stamp_ms(operation.stamp);  // of the joined create, as the server will take it
    }
    next.sync_status = index.status_of(next.id);
    CT_TRY(there ? records(next.model).put(next) : to_void(records(next.model).insert_new(next)));
    committed.visible.changed.push_back(std::move(next));
    return {};
}

Result<void> Store::Impl::audit_edit(const QueuedOperation& queued, const crm::Record& current, std::string_view what,
                                     const std::string& user) {
    if (queued.operation.kind != OperationKind::remove || current.version > 0) return audit(queued, what, user);
    // What the server never had may leave no tombstone: to restore it, the trail says what it was.
    QueuedOperation noted = queued;
    noted.before = crm::all_of(current);
    return audit(noted, what, user);
}

Result<Compaction> Store::Impl::join(const QueuedOperation& later, UnixMs due_at, Committed& committed) {
    const auto& waiting = index.of_record(later.operation.record);
    if (waiting.empty()) return Compaction::impossible;
    const QueueEntry last = index.at(waiting.back());
    const bool sent = last.state != QueueState::queued || last.sequence >= 0;
    if ((sent && !CT_MUTANT(compact_sent)) || !last.group.nil()) return Compaction::impossible;
    // Children that wait to be created need their parent on the server, be it as a tombstone.
    const bool cancels = last.kind == OperationKind::create && later.operation.kind == OperationKind::remove;
    if (cancels && !index.of_parent(last.record).empty()) return Compaction::impossible;
    if (cancels) {  // nor is a delete to be forgotten when the server turned out to have a record of that id
        const auto known = shadows(last.model).stand(last.record);
        if (!known) return fail(known.error());
        if (*known) return Compaction::impossible;
    }

    auto earlier = tables->queue.read(last.position);
    if (!earlier) return fail(earlier.error());
    const Compaction outcome = sync::compact(*earlier, later);
    if (outcome == Compaction::impossible) return outcome;
    CT_TRY(drop(last.position));
    if (outcome == Compaction::joined) CT_TRY(enqueue(*earlier, due_at, committed));  // at the end: touched last
    return outcome;
}

Result<void> Store::Impl::enqueue(const QueuedOperation& queued, UnixMs due_at, Committed& committed) {
    QueueEntry entry = entry_of(queued, index.next_position());
    entry.due_at = due_at;
    if (CT_MUTANT(drop_operation) && entry.kind == OperationKind::update && entry.id.bytes[15] % 8 == 0) return {};
    CT_TRY(tables->queue.insert(entry, queued));
    index.add(entry);
    committed.operations.push_back(entry.id);
    std::map<Uuid, crm::Model> touched;  // waiting looks the same, parked or not
    return park_and_free({entry.record}, touched);
}

Result<void> Store::Impl::audit(const QueuedOperation& queued, std::string_view what, const std::string& user,
                                const std::string& other) {
    AuditRow row;
    // Edits by their stamp; what became of them by when that was.
    const bool edit = what == name(queued.operation.kind) || what == kRestore;
    row.at = edit ? sync::stamp_ms(queued.operation.stamp) : clock.now() + state.clock_offset_ms;
    row.model = queued.operation.model;
    row.record = queued.operation.record;
    row.operation = queued.operation.id;
    row.user = user;
    row.what = what;
    row.before = queued.before;
    row.after = queued.operation.changes;
    row.other = other;
    return add_audit(*connection, row);
}

// ---- sending

Result<Batch> Store::take_batch(const BatchLimits& limits) {
    Batch batch;
    CT_TRY(impl_->ready());
    const std::vector<Position> chosen = impl_->index.choose(limits, impl_->clock.now() + impl_->state.clock_offset_ms);
    if (chosen.empty()) return batch;
    const bool again = impl_->index.at(chosen.front()).state == QueueState::sent;
    auto done = impl_->transaction([&]() -> Result<void> {
        SyncState next = impl_->state;
        batch.sequence = again ? impl_->index.at(chosen.front()).sequence : next.next_sequence;
        for (const Position position : chosen) {
            auto queued = impl_->tables->queue.read(position);
            if (!queued) return fail(queued.error());
            batch.operations.push_back(std::move(queued->operation));
            batch.bytes += static_cast<std::size_t>(impl_->index.at(position).bytes);
            if (again) continue;
            const std::int64_t sequence = next.next_sequence++;
            CT_TRY(impl_->tables->queue.mark_sent(position, sequence, impl_->clock.now()));
            impl_->index.change(position, [sequence](QueueEntry& entry) {
                entry.state = QueueState::sent;
                entry.sequence = sequence;
            });
        }
        impl_->journal.only_adds();
        return again ? Result<void>() : impl_->write_state(next);
    });
    if (!done) return fail(done.error());
    return batch;
}

}  // namespace ct::store
