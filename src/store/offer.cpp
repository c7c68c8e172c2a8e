// A server restored from a backup has forgotten what came after it; its clients have not. What they hold and the server
// lacks is offered back as ordinary operations, stamped with when it was made: whichever client is first heals the
// server, the others' offers find equal values, and what somebody changed since the restore is later and stays.
#include "store/impl.h"
#include "sync/stamp.h"

namespace ct::store {

using sync::OperationKind;
using sync::QueuedOperation;

/// `local`: as this device had last heard of it from the server as it was before. `server`: as it is now; version 0
/// when the server has no such record.
Result<bool> Store::Impl::offer_back(const crm::Record& local, const crm::Record& server) {
    const bool gone = server.version == 0;
    if (local.version == 0 || (gone && local.deleted)) return false;
    if (!gone && local.updated_at <= server.updated_at) return false;
    QueuedOperation queued;
    sync::Operation& operation = queued.operation;
    operation.model = local.model;
    operation.record = local.id;
    operation.kind = gone ? OperationKind::create : local.deleted ? OperationKind::remove : OperationKind::update;
    if (!local.deleted) operation.changes = crm::difference(server, local);
    const bool revives = !gone && server.deleted && !local.deleted;
    if (!gone && operation.kind == OperationKind::update && operation.changes.empty() && !revives) return false;
    if (operation.kind == OperationKind::remove && server.deleted) return false;
    if (revives && operation.changes.empty()) operation.changes = crm::all_of(local);
    operation.id = ids.next();
    // Base 0: every field is judged by its stamp.
    operation.stamp = sync::format_stamp(local.updated_at, 0, state.device_id);
    queued.before = before_of(server, operation);
    queued.user = state.user.id;
    queued.created_at = clock.now();
    CT_TRY(audit(queued, "OFFERED_BACK", state.user.id));
    // Before the edits of it that wait already: they need the record to be there.
    const bool waits = index.dirty(local.id);
    const Position position = waits ? index.entries().begin()->first - 1 : index.next_position();
    const QueueEntry entry = entry_of(queued, position);
    CT_TRY(tables->queue.insert(entry, queued));
    index.add(entry);
    return true;
}

}  // namespace ct::store
