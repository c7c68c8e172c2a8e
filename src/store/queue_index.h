// The queue in memory: what stands where, who waits for whom, what to send next. Always equal to the table
// `sync_queue`, but without the edits' contents, which stay on the disk: a hundred thousand waiting edits take a few
// megabytes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/uuid.h"
#include "store/store.h"
#include "sync/operation.h"

namespace ct::store {

/// Order in which edits were made; the key of a queue row.
using Position = std::int64_t;

struct QueueEntry {
    Position position = 0;
    Uuid id, record, parent, group;  ///< parent: the record that must exist first, or nil
    crm::Model model = crm::Model::lead;
    sync::OperationKind kind = sync::OperationKind::update;
    sync::QueueState state = sync::QueueState::queued;
    std::int64_t sequence = -1;
    UnixMs created_at = 0;
    std::int64_t bytes = 0;
    bool wants_parent = false;  ///< the server said MISSING_PARENT
    bool parent_news = false;   ///< … and since then its parent came, or a pull brought what may have changed that
    int pulls_in_vain = 0;      ///< … that brought nothing; forgotten with the process
    int retry_count = 0;
    UnixMs due_at = 0;  ///< when somebody waits for the record (`due_field`); 0: never
};

class QueueIndex {
  public:
    void clear();
    void add(const QueueEntry& entry);
    void remove(Position position);
    /// Changes an entry through `change`, which may alter all but position, record, parent and model.
    void change(Position position, const std::function<void(QueueEntry&)>& change);

    [[nodiscard]] const QueueEntry* find(const Uuid& operation) const;
    [[nodiscard]] const QueueEntry& at(Position position) const { return entries_.at(position); }
    /// Positions of a record's operations, oldest first; empty when it has none.
    [[nodiscard]] const std::vector<Position>& of_record(const Uuid& record) const;
    /// Positions of operations that name this record as their parent.
    [[nodiscard]] const std::set<Position>& of_parent(const Uuid& record) const;
    [[nodiscard]] std::vector<Position> of_group(const Uuid& group) const;
    [[nodiscard]] bool dirty(const Uuid& record) const { return by_record_.contains(record); }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] Position next_position() const { return entries_.empty() ? 1 : entries_.rbegin()->first + 1; }
    [[nodiscard]] const std::map<Position, QueueEntry>& entries() const { return entries_; }

    /// The worst state among the record's operations, as people see it; synced when it has none.
    [[nodiscard]] crm::SyncStatus status_of(const Uuid& record) const;
    [[nodiscard]] const QueueSummary& summary() const { return summary_; }
    /// Of all operations, as they go into pushes, about.
    [[nodiscard]] std::int64_t bytes() const { return bytes_; }

    /// Those to send next, in order (see Store::take_batch).
    [[nodiscard]] std::vector<Position> choose(const BatchLimits& limits, UnixMs now) const;
    /// Positions of what somebody waits for, by when.
    [[nodiscard]] const std::set<std::pair<UnixMs, Position>>& due() const { return due_; }

    /// Something must be settled before this operation (or its group) can be sent: an earlier operation of its record,
    /// or the creation of its parent, stands in error, in conflict or is parked itself; one of its group needs a
    /// person; or the server said that its parent is missing, and nothing was heard since then, or `parent_is_there`
    /// does not know better.
    [[nodiscard]] bool obstructed(const QueueEntry& entry,
                                  const std::function<bool(const QueueEntry&)>& parent_is_there) const;
    /// The operation in this queue that creates the record, if there is one.
    [[nodiscard]] const QueueEntry* creation_of(const Uuid& record) const;

  private:
    void count(const QueueEntry& entry, int sign);
    void look_whether_held(const Uuid& record);
    [[nodiscard]] bool obstructed_alone(const QueueEntry& entry,
                                        const std::function<bool(const QueueEntry&)>& parent_is_there) const;
    [[nodiscard]] std::vector<Position> in_flight(const BatchLimits& limits) const;

    std::map<Position, QueueEntry> entries_;
    std::unordered_map<Uuid, Position> by_id_;
    std::unordered_map<Uuid, std::vector<Position>> by_record_;  // rising
    std::unordered_map<Uuid, std::set<Position>> by_parent_;
    std::unordered_map<Uuid, std::set<Position>> by_group_;
    std::map<std::int64_t, Position> by_sequence_;  // in flight
    std::unordered_set<Uuid> held_;                 // see QueueSummary::records_held
    std::multiset<UnixMs> ages_;                    // of what can be sent
    std::multiset<UnixMs> all_ages_;
    std::set<std::pair<UnixMs, Position>> due_;
    QueueSummary summary_;
    std::int64_t bytes_ = 0;
};

}  // namespace ct::store
