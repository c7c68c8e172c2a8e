// What people decide about edits that met others' (policy manual), and what the policies decided for them.
#include <algorithm>

#include "crm/validate.h"
#include "store/impl.h"
#include "store/state_table.h"

namespace ct::store {

namespace {

using sync::OperationKind;
using sync::QueuedOperation;
using sync::QueueState;

Conflict conflict_of(QueuedOperation queued, crm::Record theirs) {
    Conflict conflict;
    const sync::Operation& operation = queued.operation;
    for (const auto& [field, mine] : operation.changes.fields) {
        ConflictField& one = conflict.fields.emplace_back();
        one.field = field;
        one.mine = mine;
        if (const crm::Value* base = queued.before.find(field)) one.base = *base;
        one.theirs = crm::own(theirs.fields.get(field));
        one.clashes =
            one.theirs != one.base && one.theirs != one.mine &&
            !sync::merge_values(operation.model, field, operation.seen.find(field), crm::view(one.theirs), mine);
    }
    conflict.queued = std::move(queued);
    conflict.theirs = std::move(theirs);
    return conflict;
}

/// The fields as decided; those that come out as the server has them are left out.
Result<crm::Changes> decided(const Conflict& conflict, const Resolution& resolution) {
    const crm::Model model = conflict.queued.operation.model;
    const crm::Changes mine = sync::merged_onto(conflict.theirs, conflict.queued.operation);
    crm::Changes changes;
    if (resolution.otherwise == Side::mine) changes.extra = conflict.queued.operation.changes.extra;
    for (const ConflictField& field : conflict.fields) {
        const auto choice = std::find_if(resolution.fields.begin(), resolution.fields.end(),
                                         [&](const FieldChoice& one) { return one.field == field.field; });
        crm::Value value = resolution.otherwise == Side::mine ? *mine.find(field.field) : field.theirs;
        if (choice != resolution.fields.end()) {
            if (const auto* side = std::get_if<Side>(&choice->decision)) {
                value = *side == Side::mine ? *mine.find(field.field) : field.theirs;
            } else {
                value = std::get<crm::Value>(choice->decision);
            }
        }
        if (value != field.theirs || conflict.theirs.deleted) changes.set(field.field, std::move(value));
    }
    for (const FieldChoice& choice : resolution.fields) {
        const bool known = std::any_of(conflict.fields.begin(), conflict.fields.end(),
                                       [&](const ConflictField& field) { return field.field == choice.field; });
        if (known) continue;
        return fail(ErrorKind::invalid, "NOT_IN_CONFLICT",
                    std::string(crm::def(model, choice.field).name) + " is not among the fields of this edit",
                    std::string(crm::def(model, choice.field).name));
    }
    if (auto valid = crm::validate(model, changes); !valid) return fail(valid.error());
    return changes;
}

}  // namespace

Result<std::vector<Conflict>> Store::conflicts() const {
    if (!impl_->connection) return impl_->no_connection();
    std::vector<Conflict> all;
    for (const auto& [position, entry] : impl_->index.entries()) {
        if (entry.state != QueueState::conflict) continue;
        auto queued = impl_->tables->queue.read(position);
        if (!queued) return fail(queued.error());
        auto theirs = impl_->server_record(entry.model, entry.record);
        if (!theirs) return fail(theirs.error());
        all.push_back(conflict_of(std::move(*queued), std::move(*theirs)));
        if (auto named = impl_->name_other(all.back()); !named) return fail(named.error());
    }
    return all;
}

Result<Visible> Store::resolve(const Uuid& operation, const Resolution& resolution, const Uuid& new_id,
                               const std::string& new_stamp) {
    CT_TRY(impl_->ready());
    const QueueEntry* found = impl_->index.find(operation);
    if (found == nullptr || found->state != QueueState::conflict) {
        return fail(ErrorKind::not_found, "NO_CONFLICT", "operation " + operation.str() + " is not in conflict");
    }
    const QueueEntry entry = *found;
    Visible visible;
    auto done = impl_->transaction([&]() -> Result<void> {
        auto queued = impl_->tables->queue.read(entry.position);
        if (!queued) return fail(queued.error());
        auto theirs = impl_->server_record(entry.model, entry.record);
        if (!theirs) return fail(theirs.error());
        crm::Record server = *theirs;
        Conflict conflict = conflict_of(std::move(*queued), std::move(*theirs));
        CT_TRY(impl_->name_other(conflict));
        auto changes = decided(conflict, resolution);
        if (!changes) return fail(changes.error());
        const bool removes = entry.kind == OperationKind::remove;
        const bool nothing_left = removes ? resolution.otherwise == Side::theirs : changes->empty();
        if (nothing_left || (conflict.theirs.deleted && resolution.otherwise == Side::theirs)) {
            CT_TRY(resolution.by_rule ? impl_->audit_rule(conflict, nullptr)
                                      : impl_->audit(conflict.queued, "RESOLVED_THEIRS", impl_->state.user.id));
            CT_TRY(impl_->drop(entry.position));
        } else {
            if (resolution.by_rule) CT_TRY(impl_->audit_rule(conflict, &*changes));
            CT_TRY(impl_->decide_anew(entry, conflict, *std::move(changes), new_id, new_stamp, resolution.by_rule));
        }
        return impl_->after_decision(entry, std::move(server), new_stamp, visible);
    });
    if (!done) return fail(done.error());
    return visible;
}

/// Whose change the edit met, as the server said; or whose stands there now, where a pull has brought another one.
Result<void> Store::Impl::name_other(Conflict& conflict) const {
    const sync::Operation& operation = conflict.queued.operation;
    const auto rows = read_audit(*connection, operation.record);
    if (!rows) return fail(rows.error());
    const auto stands = [&](const AuditRow& row) {
        if (row.what == "PULLED_DELETE") return conflict.theirs.deleted;
        return std::any_of(conflict.fields.begin(), conflict.fields.end(), [&](const ConflictField& field) {
            const crm::Value* made = row.after.find(field.field);
            return field.clashes && made != nullptr && *made == field.theirs;
        });
    };
    for (const AuditRow& row : *rows) {
        if (row.what == "CONFLICT" && row.operation == operation.id) conflict.other = row.other;
    }
    for (const AuditRow& row : *rows) {  // by time
        if (row.what.starts_with("PULLED") && !row.user.empty() && stands(row)) conflict.other = row.user;
    }
    return {};
}

/// What a rule decided without asking, as the server's own decisions stand there: the values that lost, by whose they
/// were. `taken`: those of ours that won; null: nothing did, our deletion neither.
Result<void> Store::Impl::audit_rule(const Conflict& conflict, const crm::Changes* taken) {
    crm::Changes ours_lost, over_ours, theirs_lost, over_theirs;
    if (conflict.queued.operation.kind == OperationKind::remove)
        (taken != nullptr ? theirs_lost : over_ours) = crm::all_of(conflict.theirs);
    for (const ConflictField& field : conflict.fields) {
        if (!field.clashes && !conflict.theirs.deleted) continue;
        const crm::Value* won = taken == nullptr ? nullptr : taken->find(field.field);
        if (won == nullptr) {
            ours_lost.set(field.field, field.mine);
            if (!conflict.theirs.deleted) over_ours.set(field.field, field.theirs);
        } else {
            if (!conflict.theirs.deleted) theirs_lost.set(field.field, field.theirs);
            over_theirs.set(field.field, *won);
        }
    }
    sync::QueuedOperation note = conflict.queued;
    const auto tell = [&](const char* what, crm::Changes& lost, crm::Changes& over) -> Result<void> {
        if (lost.empty() && over.empty()) return {};
        note.before = std::move(lost);
        note.operation.changes = std::move(over);
        return audit(note, what, conflict.queued.user, conflict.other);
    };
    CT_TRY(tell("SUPERSEDED", ours_lost, over_ours));
    return tell("OVERRODE", theirs_lost, over_theirs);
}

/// The operation again, by whom has seen what the server holds: it applies over that.
Result<void> Store::Impl::decide_anew(const QueueEntry& entry, const Conflict& conflict, crm::Changes changes,
                                      const Uuid& new_id, const std::string& new_stamp, bool by_rule) {
    QueuedOperation queued = conflict.queued;
    queued.operation.id = new_id;
    queued.operation.policy = crm::Policy::force;
    queued.operation.base = conflict.theirs.version;
    queued.operation.changes = std::move(changes);
    queued.before = before_of(conflict.theirs, queued.operation);
    queued.operation.seen = sync::merging(entry.model, queued.before);
    if (!by_rule) CT_TRY(audit(queued, "RESOLVED", state.user.id));
    return put_again(entry.position, std::move(queued), new_stamp);
}

Result<std::vector<Position>> Store::Impl::failed_for_company(const Uuid& group) {
    std::vector<Position> failed;
    for (const Position position : index.of_group(group)) {
        const QueueEntry& member = index.at(position);
        if (member.state == QueueState::conflict) return std::vector<Position>{};
        if (member.state != QueueState::error) continue;
        const auto queued = tables->queue.read(position);
        if (!queued) return fail(queued.error());
        if (queued->error_code != kGroupFailed) return std::vector<Position>{};
        failed.push_back(position);
    }
    return failed;
}

/// Once nothing of a group is in dispute any more, those that failed for its company's sake go again.
Result<void> Store::Impl::free_group(const Uuid& group, const std::string& new_stamp, std::set<Uuid>& around) {
    const auto failed = failed_for_company(group);
    if (!failed) return fail(failed.error());
    for (const Position position : *failed) {
        CT_TRY(queue_again(position, ids.next(), new_stamp));
        around.insert(index.at(position).record);
    }
    return {};
}

Result<void> Store::Impl::after_decision(const QueueEntry& entry, crm::Record server, const std::string& new_stamp,
                                         Visible& visible) {
    std::set<Uuid> around{entry.record};
    if (!entry.group.nil()) CT_TRY(free_group(entry.group, new_stamp, around));
    for (const Position position : index.of_group(entry.group)) around.insert(index.at(position).record);
    std::map<Uuid, crm::Model> touched;
    for (const Uuid& record : around) {
        for (const Position position : index.of_record(record)) touched[record] = index.at(position).model;
    }
    CT_TRY(park_and_free(std::move(around), touched));
    touched.erase(entry.record);  // shown with its new content
    CT_TRY(show(entry.model, std::move(server), visible));
    CT_TRY(show_again(touched, visible));
    return write_state(state);
}

}  // namespace ct::store
