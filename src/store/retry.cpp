// What was refused goes again: as it was, or mended.
#include "crm/validate.h"
#include "store/impl.h"
#include "sync/stamp.h"

namespace ct::store {

namespace {

using sync::Operation;
using sync::OperationKind;
using sync::QueuedOperation;
using sync::QueueState;

/// The operation with other values. What would change nothing any more is left out.
Result<void> mend(Operation& operation, const crm::Record& there, const crm::Changes& mended) {
    if (mended.empty()) return {};
    if (operation.kind == OperationKind::remove) {
        return fail(ErrorKind::invalid, "NOTHING_TO_MEND", "a delete has no values that could be mended");
    }
    crm::Changes& changes = operation.changes;
    for (const auto& [field, value] : mended.fields) changes.set(field, value);
    const bool creates = operation.kind == OperationKind::create;
    const auto valid = creates ? crm::validate_new(operation.model, changes) : crm::validate(operation.model, changes);
    if (!valid) return valid;
    if (creates) return {};
    std::erase_if(changes.fields, [&](const auto& change) {
        return mended.find(change.first) != nullptr && crm::view(change.second) == there.fields.get(change.first);
    });
    if (!changes.empty()) return {};
    return fail(ErrorKind::invalid, "NOTHING_TO_SEND",
                "with these values the edit changes nothing any more; discard it instead");
}

Failure in_conflict(const Uuid& id) {
    return fail(ErrorKind::invalid, "IN_CONFLICT",
                "operation " + id.str() + " waits for a decision between two edits: resolve the conflict");
}

Failure out_of_sight(const QueueEntry& entry) {
    return fail(ErrorKind::invalid, "OUT_OF_SIGHT",
                std::string(crm::name(entry.model)) + " " + entry.record.str() +
                    " is not here any more: ask whoever took it over, or discard the edit");
}

}  // namespace

Result<crm::Record> Store::Impl::before_operation(const QueueEntry& entry, crm::Record server) {
    std::vector<QueuedOperation> earlier;
    for (const Position position : index.of_record(entry.record)) {
        if (position >= entry.position) break;
        auto queued = tables->queue.read(position);
        if (!queued) return fail(queued.error());
        earlier.push_back(std::move(*queued));
    }
    return sync::replay(std::move(server), earlier);
}

/// Later edits of a record are later ones, whatever is sent again before them: stamps grow along its operations. One
/// that was sent once is not moved behind this; this one keeps its place before that with the stamp it has.
Result<std::string> Store::Impl::stamp_again(const QueueEntry& entry, const std::string& own,
                                             const std::string& wanted) {
    std::string stamp = wanted;
    for (const Position position : index.of_record(entry.record)) {
        const QueueEntry& other = index.at(position);
        const bool refused = other.state == QueueState::error || other.state == QueueState::conflict;
        if (position > entry.position && other.sequence >= 0 && !refused) return own;
        if (position >= entry.position) continue;
        const auto queued = tables->queue.read(position);
        if (!queued) return fail(queued.error());
        stamp = sync::later_stamp(stamp, queued->operation.stamp);
    }
    return stamp;
}

Result<void> Store::Impl::stamp_behind(const QueueEntry& entry, std::string stamp) {
    for (const Position position : index.of_record(entry.record)) {
        const QueueEntry& later = index.at(position);
        if (position <= entry.position || later.sequence >= 0) continue;
        auto queued = tables->queue.read(position);
        if (!queued) return fail(queued.error());
        std::string next = sync::later_stamp(queued->operation.stamp, stamp);
        if (next != queued->operation.stamp) {
            queued->operation.stamp = next;
            CT_TRY(tables->queue.update(later, *queued));
            observe(next);
        }
        stamp = std::move(next);
    }
    return {};
}

Result<void> Store::Impl::put_again(Position position, QueuedOperation queued, const std::string& new_stamp) {
    auto stamp = stamp_again(index.at(position), queued.operation.stamp, new_stamp);
    if (!stamp) return fail(stamp.error());
    queued.operation.stamp = *std::move(stamp);
    queued.state = QueueState::queued;
    queued.sequence = -1;
    queued.retry_count = 0;
    queued.error_code.clear();
    queued.error_message.clear();
    const UnixMs due_at = index.at(position).due_at;
    CT_TRY(drop(position));
    QueueEntry again = entry_of(queued, position);
    again.due_at = due_at;
    CT_TRY(tables->queue.insert(again, queued));
    index.add(again);
    observe(queued.operation.stamp);
    return stamp_behind(again, queued.operation.stamp);
}

Result<void> Store::Impl::queue_again(Position position, const Uuid& new_id, const std::string& new_stamp,
                                      const crm::Changes& mended) {
    const QueueEntry entry = index.at(position);
    auto queued = tables->queue.read(position);
    if (!queued) return fail(queued.error());
    auto server = server_record(entry.model, entry.record);
    if (!server) return fail(server.error());
    Operation& operation = queued->operation;
    operation.id = new_id;
    // Whoever sends it again has seen what the server holds, as far as that is kept up to date here.
    operation.base = of_other_epoch(entry.model) || edits_left_out(operation) ? 0 : server->version;
    const auto there = before_operation(entry, std::move(*server));
    if (!there) return fail(there.error());
    operation.changes = sync::merged_onto(*there, operation);
    CT_TRY(mend(operation, *there, mended));
    queued->before = before_of(*there, operation);
    operation.seen = sync::merging(operation.model, queued->before);
    if (!mended.empty()) CT_TRY(audit(*queued, "MENDED", state.user.id));
    return put_again(position, std::move(*queued), new_stamp);
}

Result<Visible> Store::retry(const Uuid& operation, const Uuid& new_id, const std::string& new_stamp,
                             const crm::Changes& mended) {
    CT_TRY(impl_->ready());
    const auto unit = impl_->decidable(operation);
    if (!unit) return fail(unit.error());
    for (const Position position : *unit) {
        const QueueEntry& entry = impl_->index.at(position);
        if (entry.state == QueueState::conflict) return in_conflict(entry.id);
        const auto here = impl_->records(entry.model).stand(entry.record);
        if (!here) return fail(here.error());
        if (!*here) return out_of_sight(entry);
    }
    Visible visible;
    auto done = impl_->transaction([&]() -> Result<void> {
        std::map<Uuid, crm::Model> touched, again;
        std::set<Uuid> around;
        for (const Position position : *unit) {
            const QueueEntry entry = impl_->index.at(position);
            const bool named = entry.id == operation;
            CT_TRY(impl_->queue_again(position, named ? new_id : impl_->ids.next(), new_stamp,
                                      named ? mended : crm::Changes{}));
            again[entry.record] = entry.model;
            around.insert(entry.record);
        }
        CT_TRY(impl_->park_and_free(std::move(around), touched));
        for (const auto& [record, model] : again) touched.erase(record);
        CT_TRY(impl_->refresh(touched, visible));
        return impl_->show_again(again, visible);
    });
    if (!done) return fail(done.error());
    return visible;
}

}  // namespace ct::store
