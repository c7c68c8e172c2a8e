// Rule 1: what is visible is the server's record as last known, with this device's unsettled operations on top.
#include "base/mutant.h"
#include "store/impl.h"

namespace ct::store {

using sync::OperationKind;
using sync::QueuedOperation;
using sync::QueueState;

constexpr int kPullsInVainMax = 10;  // that told nothing of a missing parent: then the server is asked all the same

Result<crm::Record> Store::Impl::server_record(crm::Model model, const Uuid& id) {
    auto found = shadows(model).get(id);
    if (found && !*found && !index.dirty(id)) found = records(model).get(id);
    if (!found) return fail(found.error());
    if (*found) return std::move(**found);
    crm::Record none;
    none.id = id;
    none.model = model;
    none.deleted = true;
    return none;
}

Result<Stand> Store::Impl::stand(crm::Model model, const Uuid& id) {
    auto found = shadows(model).stand(id);
    if (found && !*found) found = records(model).stand(id);  // one that was made here has version 0
    if (!found) return fail(found.error());
    return found->value_or(Stand{});
}

Result<void> Store::Impl::forget(crm::Model model, const Uuid& id, Visible& visible) {
    const auto before = stand(model, id);
    if (!before) return fail(before.error());
    CT_TRY(shadows(model).remove(id));
    CT_TRY(records(model).remove(id));
    mirror.moved(model, id, *before, {});
    damaged[static_cast<std::size_t>(model)].erase(id);
    visible.removed.emplace_back(model, id);
    return {};
}

Result<std::vector<QueuedOperation>> Store::Impl::unsettled(const Uuid& record) {
    std::vector<QueuedOperation> operations;
    for (const Position position : index.of_record(record)) {
        auto queued = tables->queue.read(position);
        if (!queued) return fail(queued.error());
        operations.push_back(std::move(*queued));
    }
    return operations;
}

Result<void> Store::Impl::show(crm::Model model, crm::Record server, Visible& visible) {
    const Uuid id = server.id;
    auto operations = unsettled(id);
    if (!operations) return fail(operations.error());
    const auto before = stand(model, id);
    if (!before) return fail(before.error());
    mirror.moved(model, id, *before, {server.version, server.deleted});
    damaged[static_cast<std::size_t>(model)].erase(id);
    const bool on_server = server.version > 0;
    const bool made_here = !operations->empty() && operations->front().operation.kind == OperationKind::create;
    if (!operations->empty() && on_server) {
        CT_TRY(shadows(model).put(server));
    } else {
        CT_TRY(shadows(model).remove(id));
    }
    if (!on_server && !made_here) {  // the server has none and nothing here makes one
        CT_TRY(records(model).remove(id));
        visible.removed.emplace_back(model, id);
        return {};
    }
    if (CT_MUTANT(skip_rebase) && on_server) operations->clear();
    crm::Record shown = sync::replay(std::move(server), *operations);
    shown.sync_status = index.status_of(id);
    CT_TRY(records(model).put(shown));
    visible.changed.push_back(std::move(shown));
    return {};
}

Result<void> Store::Impl::drop(Position position) {
    CT_TRY(tables->queue.remove(position));
    index.remove(position);
    return {};
}

Result<void> Store::Impl::set_state(Position position, QueueState next) {
    CT_TRY(tables->queue.set_state(position, next, index.at(position).sequence));
    index.change(position, [next](QueueEntry& entry) { entry.state = next; });
    return {};
}

Result<bool> Store::Impl::parent_is_there(const QueueEntry& entry) {
    const auto field = crm::def(entry.model).parent;
    if (!field || entry.parent.nil()) return true;
    const auto parent = server_record(crm::def(entry.model, *field).target.value_or(crm::Model::lead), entry.parent);
    if (!parent) return fail(parent.error());
    return parent->version > 0 && !parent->deleted;  // a tombstone may be that of one that is out of sight
}

/// Records are still to come: one that is not here may be there all the same.
bool Store::Impl::mirror_incomplete() const { return !state.cursor || foreign_epoch || !unconfirmed.empty(); }

void Store::Impl::parent_came(const Uuid& record) {
    const std::set<Position> children = index.of_parent(record);
    for (const Position position : children) {
        const QueueEntry& entry = index.at(position);
        if (!entry.wants_parent || entry.parent_news) continue;
        index.change(position, [](QueueEntry& changed) { changed.parent_news = true; });
    }
}

/// Asked again at once, the server would say the same ten times over. What brought something may have brought what it
/// was about: that the parent is out of sight, mostly, or in sight again. A pull that is answered by a copy which lags
/// behind brings nothing for a while; one that never brings anything must not keep an edit for ever either.
Result<void> Store::Impl::ask_again_for_parents(bool moved, Visible& visible) {
    if (index.summary().parked == 0) return {};
    std::set<Uuid> around;
    std::vector<Position> again;
    for (const auto& [position, entry] : index.entries()) {
        if (entry.state != QueueState::parked || !entry.wants_parent) continue;
        around.insert(entry.record);
        again.push_back(position);
    }
    for (const Position position : again) {
        index.change(position, [moved](QueueEntry& changed) {
            changed.parent_news = changed.parent_news || moved || ++changed.pulls_in_vain >= kPullsInVainMax;
        });
    }
    std::map<Uuid, crm::Model> touched;
    CT_TRY(park_and_free(std::move(around), touched));
    return refresh(touched, visible);
}

Result<void> Store::Impl::park_and_free(std::set<Uuid> around, std::map<Uuid, crm::Model>& touched) {
    const auto there = [this](const QueueEntry& entry) { return parent_is_there(entry).value_or(false); };
    while (!around.empty()) {
        const Uuid record = *around.begin();
        around.erase(around.begin());
        std::vector<Position> positions = index.of_record(record);
        const auto& children = index.of_parent(record);
        positions.insert(positions.end(), children.begin(), children.end());
        for (const Position position : positions) {
            const QueueEntry entry = index.at(position);
            if (entry.state != QueueState::queued && entry.state != QueueState::parked) continue;
            // A parent that nobody here creates and the server does not have will not come by waiting.
            const bool hopeless = entry.wants_parent && index.creation_of(entry.parent) == nullptr && !there(entry) &&
                                  !mirror_incomplete();
            if (CT_MUTANT(parked_for_ever) && entry.state == QueueState::parked) continue;
            const QueueState next = hopeless                         ? QueueState::error
                                    : index.obstructed(entry, there) ? QueueState::parked
                                                                     : QueueState::queued;
            if (next == entry.state) continue;
            CT_TRY(set_state(position, next));
            touched[entry.record] = entry.model;
            around.insert(entry.record);
            for (const Position member : index.of_group(entry.group)) around.insert(index.at(member).record);
        }
    }
    return {};
}

Result<void> Store::Impl::show_again(const std::map<Uuid, crm::Model>& records_changed, Visible& visible) {
    for (const auto& [id, model] : records_changed) {
        auto server = server_record(model, id);
        if (!server) return fail(server.error());
        CT_TRY(show(model, std::move(*server), visible));
    }
    return {};
}

Result<void> Store::Impl::refresh(const std::map<Uuid, crm::Model>& touched, Visible& visible) {
    for (const auto& [id, model] : touched) {
        auto record = records(model).get(id);
        if (!record) return fail(record.error());
        if (!*record) continue;
        (*record)->sync_status = index.status_of(id);
        CT_TRY(records(model).put(**record));
        visible.changed.push_back(std::move(**record));
    }
    return {};
}

}  // namespace ct::store
