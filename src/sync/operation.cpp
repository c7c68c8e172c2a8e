#include "sync/operation.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/mutant.h"
#include "crm/validate.h"
#include "sync/stamp.h"
#include "sync/three_way.h"

namespace ct::sync {

namespace {

constexpr std::array<std::string_view, 3> kKinds{"CREATE", "UPDATE", "DELETE"};
constexpr std::array<std::string_view, 5> kStates{"QUEUED", "SENT", "PARKED", "ERROR", "CONFLICT"};

template <class Enum, std::size_t N>
std::optional<Enum> find_in(const std::array<std::string_view, N>& names, std::string_view wanted) {
    const auto at = std::find(names.begin(), names.end(), wanted);
    if (at == names.end()) return std::nullopt;
    return static_cast<Enum>(at - names.begin());
}

/// Unknown members of the later operation win; they travel as JSON text, so they are joined as JSON.
std::string join_extra(const std::string& earlier, const std::string& later) {
    if (earlier.empty()) return later;
    if (later.empty()) return earlier;
    auto joined = nlohmann::json::parse(earlier, nullptr, false);
    const auto over = nlohmann::json::parse(later, nullptr, false);
    if (!joined.is_object() || !over.is_object()) return later;
    joined.update(over);
    return joined.dump();
}

void join_changes(crm::Changes& earlier, const crm::Changes& later) {
    for (const auto& [field, value] : later.fields) earlier.set(field, value);
    earlier.extra = join_extra(earlier.extra, later.extra);
}

/// Of the values that were there before, the oldest one counts.
void join_before(crm::Changes& earlier, const crm::Changes& later) {
    for (const auto& [field, value] : later.fields) {
        if (earlier.find(field) == nullptr) earlier.set(field, value);
    }
    earlier.extra = join_extra(later.extra, earlier.extra);
}

crm::SyncStatus status_of(QueueState state) {
    switch (state) {
        case QueueState::queued: return crm::SyncStatus::pending;
        case QueueState::sent: return crm::SyncStatus::syncing;
        case QueueState::parked: return crm::SyncStatus::pending;
        case QueueState::error: return crm::SyncStatus::error;
        case QueueState::conflict: return crm::SyncStatus::conflict;
    }
    return crm::SyncStatus::pending;
}

}  // namespace

std::string_view name(OperationKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::optional<OperationKind> find_kind(std::string_view wanted) { return find_in<OperationKind>(kKinds, wanted); }
std::string_view name(QueueState state) { return kStates[static_cast<std::size_t>(state)]; }
std::optional<QueueState> find_queue_state(std::string_view wanted) { return find_in<QueueState>(kStates, wanted); }

Compaction compact(QueuedOperation& earlier, const QueuedOperation& later) {
    Operation& first = earlier.operation;
    const Operation& second = later.operation;
    const bool unsent = earlier.state == QueueState::queued && earlier.sequence < 0 &&
                        later.state == QueueState::queued && later.sequence < 0;
    if ((!unsent && !CT_MUTANT(compact_sent)) || first.record != second.record || first.model != second.model)
        return Compaction::impossible;
    if (!first.group.nil() || !second.group.nil() || first.policy != second.policy) return Compaction::impossible;

    using enum OperationKind;
    if (second.kind == remove) {
        // An update before a delete stays an operation of its own: whoever restores the record finds it again.
        return first.kind == create ? Compaction::cancelled : Compaction::impossible;
    } else {
        if (first.kind == remove) first.kind = update;
        join_changes(first.changes, second.changes);
    }
    join_before(earlier.before, later.before);
    first.seen = merging(first.model, earlier.before);
    first.stamp = std::max(first.stamp, second.stamp);
    first.base = std::min(first.base, second.base);  // 0: of values that are not kept up to date here
    return Compaction::joined;
}

crm::Changes merging(crm::Model model, const crm::Changes& before) {
    crm::Changes some;
    for (const auto& [field, value] : before.fields) {
        if (crm::def(model, field).merge != crm::Merge::replace) some.fields.emplace_back(field, value);
    }
    return some;
}

std::optional<crm::Value> merge_values(crm::Model model, crm::FieldId field, const crm::Value* seen,
                                       const crm::ValueView& theirs, const crm::Value& mine) {
    const auto text = [](const crm::ValueView& value) {
        const auto* const found = std::get_if<std::string_view>(&value);
        return found == nullptr ? std::string_view{} : *found;
    };
    const std::string_view base = seen == nullptr ? std::string_view{} : text(crm::view(*seen));
    const std::string_view there = text(theirs), here = text(crm::view(mine));
    std::optional<std::string> merged;
    switch (crm::def(model, field).merge) {
        case crm::Merge::replace: return std::nullopt;
        case crm::Merge::set: merged = merge_sets(base, there, here); break;
        case crm::Merge::lines:
            if (seen != nullptr) merged = merge_lines(base, there, here);
            break;
    }
    if (!merged) return std::nullopt;
    crm::Changes whole;
    whole.set(field, merged->empty() ? crm::Value{} : crm::Value{std::move(*merged)});
    if (!crm::validate(model, whole)) return std::nullopt;  // together they are too long
    return std::move(whole.fields.front().second);
}

crm::Changes merged_onto(const crm::Record& there, const Operation& operation) {
    if (operation.seen.fields.empty()) return operation.changes;
    crm::Changes changes = operation.changes;
    for (auto& [field, mine] : changes.fields) {
        const crm::Value* seen = operation.seen.find(field);
        const crm::ValueView theirs = there.fields.get(field);
        if (seen == nullptr || crm::view(*seen) == theirs) continue;
        if (auto merged = merge_values(there.model, field, seen, theirs, mine)) mine = std::move(*merged);
    }
    return changes;
}

crm::Record replay(crm::Record server, const std::vector<QueuedOperation>& unsettled) {
    crm::Record visible = std::move(server);
    visible.sync_status = crm::SyncStatus::synced;
    for (const QueuedOperation& queued : unsettled) {
        const Operation& operation = queued.operation;
        const UnixMs at = stamp_ms(operation.stamp);
        if (operation.kind == OperationKind::remove) {
            visible.deleted = true;
        } else {
            crm::apply(visible, merged_onto(visible, operation));
            visible.deleted = false;
            if (visible.created_at == 0) visible.created_at = at;
        }
        visible.updated_at = std::max(visible.updated_at, at);
        visible.sync_status = std::max(visible.sync_status, status_of(queued.state));
    }
    return visible;
}

}  // namespace ct::sync
