// The queue on the disk: rows of `sync_queue`. What stands where is in QueueIndex; this has the contents.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/journal.h"
#include "store/queue_index.h"
#include "store/sqlite/connection.h"
#include "sync/operation.h"

namespace ct::store {

class QueueTable {
  public:
    /// Whatever changes is noted in the journal as well.
    QueueTable(sqlite::Connection& connection, Journal& journal) : connection_(connection), journal_(journal) {}

    [[nodiscard]] Result<void> insert(const QueueEntry& entry, const sync::QueuedOperation& queued);
    [[nodiscard]] Result<void> remove(Position position);
    /// Writes id, stamp, base, policy, group and everything about the state; never what the operation changes.
    [[nodiscard]] Result<void> update(const QueueEntry& entry, const sync::QueuedOperation& queued);
    [[nodiscard]] Result<void> mark_sent(Position position, std::int64_t sequence, UnixMs now);
    /// `sequence`: the one that the row has, which stays.
    [[nodiscard]] Result<void> set_state(Position position, sync::QueueState state, std::int64_t sequence);

    /// Error ROW_DAMAGED when the row cannot be read as an operation.
    [[nodiscard]] Result<sync::QueuedOperation> read(Position position);
    [[nodiscard]] Result<void> each_entry(const std::function<void(const QueueEntry&)>& visit);
    /// Rows whose records somebody waits for, with when that is.
    [[nodiscard]] Result<void> each_due(const std::function<void(Position, UnixMs)>& visit);

    /// The record that must exist before this operation can be taken, or nil.
    [[nodiscard]] static Uuid parent_of(const sync::Operation& operation);

    /// Ids and stamps of all rows.
    [[nodiscard]] Result<void> each_stamp(const std::function<void(const Uuid&, std::string_view)>& visit);

  private:
    sqlite::Connection& connection_;
    Journal& journal_;
};

/// The instant that somebody waits for, in models that have one.
[[nodiscard]] std::optional<crm::FieldId> due_field(crm::Model model);

/// Changes as JSON text and back; empty text for none.
[[nodiscard]] std::string changes_text(crm::Model model, const crm::Changes& changes);
[[nodiscard]] Result<crm::Changes> changes_from(crm::Model model, std::string_view text);

}  // namespace ct::store
