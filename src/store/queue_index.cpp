#include "store/queue_index.h"

#include <algorithm>

namespace ct::store {

namespace {

using sync::QueueState;

bool needs_person(QueueState state) { return state == QueueState::error || state == QueueState::conflict; }

bool stuck(QueueState state) { return state == QueueState::parked || needs_person(state); }

crm::SyncStatus shown(QueueState state) {
    switch (state) {
        case QueueState::sent: return crm::SyncStatus::syncing;
        case QueueState::error: return crm::SyncStatus::error;
        case QueueState::conflict: return crm::SyncStatus::conflict;
        case QueueState::queued:
        case QueueState::parked: break;
    }
    return crm::SyncStatus::pending;
}

template <class Map, class Key>
void drop(Map& map, const Key& key, Position position) {
    const auto at = map.find(key);
    if (at == map.end()) return;
    at->second.erase(position);
    if (at->second.empty()) map.erase(at);
}

/// What is due within a day, or was due within the last one, is due today wherever on earth that is.
constexpr UnixMs kTodayMs = 24 * 3'600'000;

/// Others hang on such a record: its deletion hides the most, and nobody waits for it.
bool deletes_much(const QueueEntry& entry) {
    if (entry.kind != sync::OperationKind::remove) return false;
    const auto models = crm::models();
    return std::any_of(models.begin(), models.end(), [&](const crm::ModelDef& model) {
        return model.parent && model.fields[*model.parent].target == entry.model;
    });
}

/// Chooses units (an operation, or a whole group): what is due today, then the last touched first, deletions that hide
/// much at the end; each behind what it depends on.
class Choice {
  public:
    Choice(const QueueIndex& index, const BatchLimits& limits) : index_(index), limits_(limits) {}

    std::vector<Position> run(UnixMs now) {
        const auto& due = index_.due();
        for (auto at = due.lower_bound({now - kTodayMs, 0}); at != due.end() && !full_; ++at) {
            if (at->first > now + kTodayMs) break;
            consider(index_.at(at->second));
        }
        for (const bool last : {false, true}) {
            for (auto at = index_.entries().rbegin(); at != index_.entries().rend() && !full_; ++at) {
                if (deletes_much(at->second) == last) consider(at->second);
            }
        }
        return std::move(chosen_);
    }

  private:
    void consider(const QueueEntry& entry) {
        if (entry.state == QueueState::queued) place(entry);
    }

    /// False: it cannot go now, and neither can what depends on it.
    bool place(const QueueEntry& entry) {
        if (seen_.contains(entry.position)) return placed_.contains(entry.position);
        const std::vector<Position> unit = unit_of(entry);
        seen_.insert(unit.begin(), unit.end());
        for (const Position position : unit) {
            if (!place_before(index_.at(position), unit)) return false;
        }
        return take(unit);
    }

    [[nodiscard]] std::vector<Position> unit_of(const QueueEntry& entry) const {
        return entry.group.nil() ? std::vector<Position>{entry.position} : index_.of_group(entry.group);
    }

    /// Earlier operations of the same record, and the creation of the parent.
    bool place_before(const QueueEntry& entry, const std::vector<Position>& unit) {
        if (entry.state != QueueState::queued) return false;  // one of a group that is not free to go
        for (const Position earlier : index_.of_record(entry.record)) {
            if (earlier >= entry.position) break;
            if (!place_one(index_.at(earlier), unit)) return false;
        }
        if (entry.parent.nil()) return true;
        const QueueEntry* creation = index_.creation_of(entry.parent);
        return creation == nullptr || place_one(*creation, unit);
    }

    bool place_one(const QueueEntry& needed, const std::vector<Position>& unit) {
        if (std::binary_search(unit.begin(), unit.end(), needed.position)) return true;
        return needed.state == QueueState::queued && place(needed);
    }

    bool take(const std::vector<Position>& unit) {
        std::size_t bytes = 0;
        for (const Position position : unit) bytes += static_cast<std::size_t>(index_.at(position).bytes);
        const bool fits = bytes_ + bytes <= limits_.bytes_max && chosen_.size() + unit.size() <= limits_.operations_max;
        if (full_ || (!fits && !chosen_.empty())) {  // one that is too large for any batch goes alone
            full_ = true;
            return false;
        }
        bytes_ += bytes;
        chosen_.insert(chosen_.end(), unit.begin(), unit.end());
        placed_.insert(unit.begin(), unit.end());
        return true;
    }

    const QueueIndex& index_;
    const BatchLimits& limits_;
    std::vector<Position> chosen_;
    std::set<Position> seen_, placed_;
    std::size_t bytes_ = 0;
    bool full_ = false;
};

}  // namespace

void QueueIndex::clear() { *this = QueueIndex{}; }

void QueueIndex::count(const QueueEntry& entry, int sign) {
    const auto add = [sign](std::int64_t& total, std::int64_t amount = 1) { total += sign * amount; };
    add(summary_.operations);
    add(bytes_, entry.bytes);
    switch (entry.state) {
        case QueueState::parked: add(summary_.parked); break;
        case QueueState::error: add(summary_.errors); break;
        case QueueState::conflict: add(summary_.conflicts); break;
        case QueueState::sent: add(summary_.in_flight); [[fallthrough]];
        case QueueState::queued: {
            add(summary_.sendable);
            add(summary_.bytes, entry.bytes);
            if (sign > 0)
                ages_.insert(ages_.end(), entry.created_at);  // mostly the youngest: found at once
            else
                ages_.erase(ages_.find(entry.created_at));
            break;
        }
    }
    if (sign > 0)
        all_ages_.insert(all_ages_.end(), entry.created_at);
    else
        all_ages_.erase(all_ages_.find(entry.created_at));
    summary_.oldest_created_at = ages_.empty() ? 0 : *ages_.begin();
    summary_.oldest_unsettled_at = all_ages_.empty() ? 0 : *all_ages_.begin();
    if (entry.state != QueueState::sent) return;
    if (sign > 0)
        by_sequence_[entry.sequence] = entry.position;
    else
        by_sequence_.erase(entry.sequence);
}

void QueueIndex::add(const QueueEntry& entry) {
    entries_.insert_or_assign(entries_.end(), entry.position, entry);  // mostly the last one: found at once
    by_id_[entry.id] = entry.position;
    auto& positions = by_record_[entry.record];
    if (positions.empty()) {
        ++summary_.records;
        ++summary_.records_by_model[static_cast<std::size_t>(entry.model)];
    }
    positions.insert(std::lower_bound(positions.begin(), positions.end(), entry.position), entry.position);
    if (!entry.parent.nil()) by_parent_[entry.parent].insert(entry.position);
    if (!entry.group.nil()) by_group_[entry.group].insert(entry.position);
    if (entry.due_at != 0) due_.emplace(entry.due_at, entry.position);
    count(entry, +1);
    look_whether_held(entry.record);
}

void QueueIndex::remove(Position position) {
    const auto at = entries_.find(position);
    if (at == entries_.end()) return;
    const QueueEntry& entry = at->second;
    count(entry, -1);
    by_id_.erase(entry.id);
    auto& positions = by_record_[entry.record];
    std::erase(positions, position);
    if (positions.empty()) {
        by_record_.erase(entry.record);
        --summary_.records;
        --summary_.records_by_model[static_cast<std::size_t>(entry.model)];
    }
    drop(by_parent_, entry.parent, position);
    drop(by_group_, entry.group, position);
    if (entry.due_at != 0) due_.erase({entry.due_at, position});
    const Uuid record = entry.record;
    entries_.erase(at);
    look_whether_held(record);
}

void QueueIndex::look_whether_held(const Uuid& record) {
    const std::vector<Position>& positions = of_record(record);
    const auto any = [&](const auto& has) {
        return std::any_of(positions.begin(), positions.end(), [&](Position each) { return has(entries_.at(each)); });
    };
    const bool held = any([](const QueueEntry& entry) { return needs_person(entry.state); }) &&
                      !any([](const QueueEntry& entry) { return !stuck(entry.state); });
    if (held)
        held_.insert(record);
    else
        held_.erase(record);
    summary_.records_held = static_cast<std::int64_t>(held_.size());
}

void QueueIndex::change(Position position, const std::function<void(QueueEntry&)>& change) {
    QueueEntry entry = entries_.at(position);
    remove(position);
    change(entry);
    add(entry);
}

const QueueEntry* QueueIndex::find(const Uuid& operation) const {
    const auto at = by_id_.find(operation);
    return at == by_id_.end() ? nullptr : &entries_.at(at->second);
}

const std::vector<Position>& QueueIndex::of_record(const Uuid& record) const {
    static const std::vector<Position> kNone;
    const auto at = by_record_.find(record);
    return at == by_record_.end() ? kNone : at->second;
}

const std::set<Position>& QueueIndex::of_parent(const Uuid& record) const {
    static const std::set<Position> kNone;
    const auto at = by_parent_.find(record);
    return at == by_parent_.end() ? kNone : at->second;
}

std::vector<Position> QueueIndex::of_group(const Uuid& group) const {
    const auto at = by_group_.find(group);
    if (at == by_group_.end()) return {};
    return {at->second.begin(), at->second.end()};
}

const QueueEntry* QueueIndex::creation_of(const Uuid& record) const {
    for (const Position position : of_record(record)) {
        const QueueEntry& entry = entries_.at(position);
        if (entry.kind == sync::OperationKind::create) return &entry;
    }
    return nullptr;
}

crm::SyncStatus QueueIndex::status_of(const Uuid& record) const {
    crm::SyncStatus worst = crm::SyncStatus::synced;
    for (const Position position : of_record(record)) worst = std::max(worst, shown(entries_.at(position).state));
    return worst;
}

bool QueueIndex::obstructed(const QueueEntry& entry,
                            const std::function<bool(const QueueEntry&)>& parent_is_there) const {
    if (entry.group.nil()) return obstructed_alone(entry, parent_is_there);
    const auto members = of_group(entry.group);
    return std::any_of(members.begin(), members.end(), [&](Position position) {
        const QueueEntry& member = entries_.at(position);  // one that needs a person keeps the others back
        return needs_person(member.state) || obstructed_alone(member, parent_is_there);
    });
}

bool QueueIndex::obstructed_alone(const QueueEntry& entry,
                                  const std::function<bool(const QueueEntry&)>& parent_is_there) const {
    // Those of the same group go together: none waits for another.
    const auto in_the_way = [&entry](const QueueEntry& other) {
        return stuck(other.state) && (entry.group.nil() || other.group != entry.group);
    };
    for (const Position earlier : of_record(entry.record)) {
        if (earlier >= entry.position) break;
        if (in_the_way(entries_.at(earlier))) return true;
    }
    const QueueEntry* creation = entry.parent.nil() ? nullptr : creation_of(entry.parent);
    if (creation != nullptr) return in_the_way(*creation);
    return entry.wants_parent && (!entry.parent_news || !parent_is_there(entry));
}

std::vector<Position> QueueIndex::in_flight(const BatchLimits& limits) const {
    std::vector<Position> chosen;
    std::size_t bytes = 0;
    Uuid group;
    for (const auto& [sequence, position] : by_sequence_) {
        const QueueEntry& entry = entries_.at(position);
        bytes += static_cast<std::size_t>(entry.bytes);
        const bool fits = bytes <= limits.bytes_max && chosen.size() < limits.operations_max;
        const bool of_last_group = !entry.group.nil() && entry.group == group;
        if (!fits && !chosen.empty() && !of_last_group) break;
        chosen.push_back(position);
        group = entry.group;
    }
    return chosen;
}

std::vector<Position> QueueIndex::choose(const BatchLimits& limits, UnixMs now) const {
    if (!by_sequence_.empty()) return in_flight(limits);
    return Choice(*this, limits).run(now);
}

}  // namespace ct::store
