// The server's verdicts, and what people decide about operations that it refused.
#include <algorithm>

#include "base/log.h"
#include "base/mutant.h"
#include "crm/tables.h"
#include "store/impl.h"
#include "store/state_table.h"
#include "sync/stamp.h"

namespace ct::store {

namespace {

using sync::OperationKind;
using sync::OperationResult;
using sync::QueuedOperation;
using sync::QueueState;
using sync::Verdict;

constexpr int kRetryMax = 10;  // rule 6: then a person looks
constexpr std::string_view kMissingParent = "MISSING_PARENT";

/// What the operation made of the record on the server, when the answer says no more than "applied".
void apply_accepted(crm::Record& server, const sync::Operation& operation, std::int64_t version) {
    QueuedOperation done;
    done.operation = operation;
    server = sync::replay(std::move(server), {done});
    server.version = std::max(server.version, version);
}

crm::Changes only(const crm::Changes& changes, crm::Model model, const std::vector<std::string>& names) {
    crm::Changes some;
    for (const auto& [field, value] : changes.fields) {
        if (std::find(names.begin(), names.end(), crm::def(model, field).name) != names.end()) some.set(field, value);
    }
    return some;
}

/// What the record has in the fields that `changes` names.
crm::Changes values_of(const crm::Record& record, const crm::Changes& changes) {
    crm::Changes values;
    for (const auto& [field, value] : changes.fields) values.set(field, crm::own(record.fields.get(field)));
    return values;
}

crm::Changes values_of(const crm::Record& record, const std::vector<std::string>& names) {
    crm::Changes values;
    for (const std::string& name : names) {
        if (const auto field = crm::find_field(record.model, name))
            values.set(*field, crm::own(record.fields.get(*field)));
    }
    return values;
}

bool merged_away(const crm::Record& record) {
    constexpr crm::FieldId kInto = crm::field_id(crm::Model::lead, "mergedInto");
    return record.model == crm::Model::lead && record.fields.has(kInto);
}

/// The hybrid clock moves on with whatever it hears of (Kulkarni and others: "Logical Physical Clocks", 2014): who has
/// seen a value writes after it.
UnixMs newest_of(const sync::PushAnswer& answer) {
    UnixMs newest = 0;
    for (const OperationResult& result : answer.results) {
        if (result.record) newest = std::max(newest, result.record->updated_at);
    }
    for (const crm::Record& record : answer.later) newest = std::max(newest, record.updated_at);
    return newest;
}

Failure no_such_operation(const Uuid& id) {
    return fail(ErrorKind::not_found, "NO_SUCH_OPERATION", "operation " + id.str() + " is not in the queue");
}

}  // namespace

Result<Settled> Store::settle(const sync::PushAnswer& answer) {
    Settled settled;
    auto done = impl_->transaction([&]() -> Result<void> {
        std::map<Uuid, crm::Model> touched;
        std::set<Uuid> around, groups;
        for (const OperationResult& result : answer.results) {
            const QueueEntry* entry = impl_->index.find(result.id);
            if (entry == nullptr || entry->state != QueueState::sent) continue;
            const Uuid record = entry->record;
            if (!entry->group.nil()) groups.insert(entry->group);
            CT_TRY(impl_->settle_one(result, settled, touched));
            if (result.verdict != Verdict::rejected && result.verdict != Verdict::conflict) impl_->parent_came(record);
            if (impl_->index.dirty(record) || !impl_->index.of_parent(record).empty()) around.insert(record);
        }
        for (const Uuid& group : groups) CT_TRY(impl_->wait_together(group, settled));
        for (const crm::Record& record : answer.later) {
            CT_TRY(impl_->take_later(record, settled.visible));
            if (impl_->index.of_parent(record.id).empty()) continue;
            impl_->parent_came(record.id);
            around.insert(record.id);
        }
        CT_TRY(impl_->park_and_free(std::move(around), touched));
        CT_TRY(impl_->refresh(touched, settled.visible));
        for (const auto& [position, entry] : impl_->index.entries()) {
            if (entry.state == QueueState::parked) ++settled.parked;
        }
        settled.newest_stamp_ms = newest_of(answer);
        impl_->hear_of(settled.newest_stamp_ms);
        SyncState next = impl_->state;
        if (settled.lost) next.cursor.reset();
        return impl_->write_state(next);
    });
    if (!done) return fail(done.error());
    return settled;
}

/// What became of a record since an operation of ours that was settled long ago.
Result<void> Store::Impl::take_later(const crm::Record& record, Visible& visible) {
    const auto known = server_record(record.model, record.id);
    if (!known) return fail(known.error());
    if (record.version < known->version && !of_other_epoch(record.model)) return {};
    crm::Record server = record;
    server.last_synced_at = clock.now();
    return show(record.model, std::move(server), visible);
}

Result<void> Store::Impl::settle_one(const OperationResult& result, Settled& settled,
                                     std::map<Uuid, crm::Model>& touched) {
    const QueueEntry entry = *index.find(result.id);
    switch (result.verdict) {
        case Verdict::applied: ++settled.applied; return accept(entry, result, settled);
        case Verdict::merged:
            ++settled.merged;
            if (CT_MUTANT(never_settled)) return {};
            return accept(entry, result, settled);
        case Verdict::superseded: ++settled.superseded; return accept(entry, result, settled);
        case Verdict::conflict: {
            ++settled.conflicts;
            CT_TRY(keep(entry, result, QueueState::conflict, "CONFLICT", "somebody else changed the same fields"));
            const auto here = records(entry.model).stand(entry.record);
            if (!here) return fail(here.error());
            if (!result.record || !*here) break;
            crm::Record server = *result.record;
            server.last_synced_at = clock.now();
            return show(entry.model, std::move(server), settled.visible);
        }
        case Verdict::rejected: {
            const auto parent = parent_is_there(entry);
            if (!parent) return fail(parent.error());
            const bool known = *parent || index.creation_of(entry.parent) != nullptr || mirror_incomplete();
            const bool waits = result.error.code == kMissingParent && known && entry.retry_count + 1 < kRetryMax;
            if (!waits) ++settled.rejected;
            CT_TRY(keep(entry, result, waits ? QueueState::parked : QueueState::error, result.error.code,
                        result.error.message));
            break;
        }
    }
    touched[entry.record] = entry.model;
    return {};
}

/// Where all that kept a group back will pass by itself, those that failed for its company's sake wait with it: in
/// error they would hold the others for ever.
Result<void> Store::Impl::wait_together(const Uuid& group, Settled& settled) {
    const std::vector<Position> members = index.of_group(group);
    const bool waits = std::any_of(members.begin(), members.end(), [this](Position position) {
        const QueueEntry& member = index.at(position);
        return member.state == QueueState::parked && member.wants_parent;
    });
    if (!waits) return {};
    const auto failed = failed_for_company(group);
    if (!failed) return fail(failed.error());
    const bool worn_out = std::any_of(failed->begin(), failed->end(), [this](Position position) {
        return index.at(position).retry_count >= kRetryMax;
    });
    if (worn_out) return {};
    for (const Position position : *failed) {
        CT_TRY(set_state(position, QueueState::parked));
        --settled.rejected;
    }
    return {};
}

/// The server has changed what is not here. Pulls leave out what this device has changed itself, and so would bring a
/// part of it that passes for all.
void Store::Impl::note_lost(const QueueEntry& entry, Settled& settled) {
    if (entry.kind != OperationKind::update) return;
    log::warn(std::string(crm::name(entry.model)) + " " + entry.record.str() +
              " was changed and is not here: everything is pulled anew");
    settled.lost = true;
}

Result<void> Store::Impl::accept(const QueueEntry& entry, const OperationResult& result, Settled& settled) {
    const bool alone = index.of_record(entry.record).size() == 1;
    if (alone && !result.record) {  // nearly always: what is shown is what the server has now
        auto shown = records(entry.model).get(entry.record);
        if (!shown) return fail(shown.error());
        CT_TRY(drop(entry.position));
        const auto before = shadows(entry.model).remove(entry.record);
        if (!before) return fail(before.error());
        if (!*shown) {
            mirror.moved(entry.model, entry.record, *before, {});
            note_lost(entry, settled);
            return {};
        }
        crm::Record& record = **shown;
        record.version = std::max(record.version, result.version);
        mirror.moved(entry.model, entry.record, *before, {record.version, record.deleted});
        record.sync_status = crm::SyncStatus::synced;
        record.last_synced_at = clock.now();
        CT_TRY(records(entry.model).put(record));
        settled.visible.changed.push_back(std::move(record));
        return {};
    }
    const auto here = records(entry.model).stand(entry.record);
    if (!here) return fail(here.error());
    if (!*here) {  // taken from our sight while it was under way, or by the disk
        note_lost(entry, settled);
        return drop(entry.position);
    }
    auto server = server_record(entry.model, entry.record);
    if (!server) return fail(server.error());
    const auto queued = tables->queue.read(entry.position);
    if (!queued) return fail(queued.error());
    if (!result.record) {
        apply_accepted(*server, queued->operation, result.version);
    } else if (result.record->version >= server->version || of_other_epoch(entry.model)) {
        server = *result.record;
    }
    server->last_synced_at = clock.now();
    if (result.verdict != Verdict::applied) CT_TRY(tell_decision(*queued, *server, result));
    CT_TRY(drop(entry.position));
    return show(entry.model, std::move(*server), settled.visible);
}

/// What the policies made of an edit of ours: what lost, and what it lost to. See deletion_won, deletion_lost.
Result<void> Store::Impl::tell_decision(const QueuedOperation& queued, const crm::Record& server,
                                        const OperationResult& result) {
    const bool removes = queued.operation.kind == OperationKind::remove;
    const bool merged = result.verdict == Verdict::merged;
    // A lead that was merged into another: what is told of lost values is about that one.
    const bool gone = server.deleted && !merged_away(server);
    const auto tell = [&](std::string_view what, crm::Changes lost, crm::Changes to) {
        QueuedOperation note = queued;
        note.before = std::move(lost);
        note.operation.changes = std::move(to);
        return audit(note, what, queued.user, result.by);
    };
    const auto winners = [&](const crm::Changes& lost) { return gone ? crm::Changes{} : values_of(server, lost); };
    if (result.revived) CT_TRY(tell("OVERRODE", {}, values_of(server, queued.operation.changes)));
    // Of a deletion that won, or lost, nothing was joined.
    if (!merged || !(result.revived || (removes && !result.overrode.fields.empty()))) {
        const crm::Changes lost = only(queued.operation.changes, server.model, result.fields);
        CT_TRY(tell(merged ? "MERGED" : "SUPERSEDED", lost,
                    removes && !merged ? values_of(server, result.fields) : winners(lost)));
    }
    if (result.overrode.fields.empty()) return {};
    return tell("OVERRODE", result.overrode, winners(result.overrode));
}

Result<void> Store::Impl::keep(const QueueEntry& entry, const OperationResult& result, QueueState next,
                               std::string_view code, std::string_view message) {
    auto queued = tables->queue.read(entry.position);
    if (!queued) return fail(queued.error());
    queued->state = next;
    queued->retry_count += 1;
    queued->error_code = code;
    queued->error_message = message;
    CT_TRY(tables->queue.update(entry, *queued));
    index.change(entry.position, [&](QueueEntry& changed) {
        changed.state = next;
        changed.retry_count = queued->retry_count;
        changed.wants_parent = code == kMissingParent;
        changed.parent_news = false;
        changed.pulls_in_vain = 0;
    });
    return audit(*queued, result.verdict == Verdict::conflict ? "CONFLICT" : "REJECTED", queued->user, result.by);
}

// ---- decisions of people

Result<std::vector<Position>> Store::Impl::decidable(const Uuid& operation) const {
    const QueueEntry* entry = index.find(operation);
    if (entry == nullptr) return no_such_operation(operation);
    std::vector<Position> unit =
        entry->group.nil() ? std::vector<Position>{entry->position} : index.of_group(entry->group);
    for (const Position position : unit) {
        if (index.at(position).state != QueueState::sent) continue;
        return fail(ErrorKind::busy, "OPERATION_IN_FLIGHT",
                    "operation " + operation.str() + " was sent and its answer is not in yet: sync first");
    }
    return unit;
}

Result<Visible> Store::discard(const Uuid& operation) {
    CT_TRY(impl_->ready());
    const auto unit = impl_->decidable(operation);
    if (!unit) return fail(unit.error());
    Visible visible;
    auto done = impl_->transaction([&]() -> Result<void> {
        std::map<Uuid, crm::Model> touched;
        std::set<Uuid> around;
        std::map<Uuid, std::pair<crm::Model, crm::Record>> servers;
        for (const Position position : *unit) {
            if (!impl_->index.entries().contains(position)) continue;  // gone with the creation of its record
            const QueueEntry entry = impl_->index.at(position);
            auto server = impl_->server_record(entry.model, entry.record);
            if (!server) return fail(server.error());
            // Without its creation, a record that the server does not have cannot be edited either.
            std::vector<Position> gone{position};
            if (entry.kind == OperationKind::create && server->version == 0)
                gone = impl_->index.of_record(entry.record);
            for (const Position each : gone) {
                for (const Position member : impl_->index.of_group(impl_->index.at(each).group)) {
                    around.insert(impl_->index.at(member).record);
                }
                CT_TRY(impl_->discard_one(each));
            }
            servers.try_emplace(entry.record, entry.model, std::move(*server));
            around.insert(entry.record);
        }
        for (auto& [id, server] : servers) CT_TRY(impl_->show(server.first, std::move(server.second), visible));
        CT_TRY(impl_->park_and_free(std::move(around), touched));
        CT_TRY(impl_->refresh(touched, visible));
        return impl_->write_state(impl_->state);
    });
    if (!done) return fail(done.error());
    return visible;
}

Result<Visible> Store::discard_all() {
    Visible visible;
    auto done = impl_->transaction([&]() -> Result<void> {
        std::map<Uuid, crm::Record> servers;
        for (const auto& [position, entry] : impl_->index.entries()) {
            auto server = impl_->server_record(entry.model, entry.record);
            if (!server) return fail(server.error());
            servers.try_emplace(entry.record, std::move(*server));
        }
        while (!impl_->index.empty()) CT_TRY(impl_->discard_one(impl_->index.entries().begin()->first));
        for (auto& [id, server] : servers) CT_TRY(impl_->show(server.model, std::move(server), visible));
        SyncState next = impl_->state;
        next.cursor.reset();
        return impl_->write_state(next);
    });
    if (!done) return fail(done.error());
    return visible;
}

Result<void> Store::Impl::discard_one(Position position) {
    auto queued = tables->queue.read(position);
    if (!queued) return fail(queued.error());
    CT_TRY(audit(*queued, "DISCARDED", state.user.id));
    return drop(position);
}

}  // namespace ct::store
