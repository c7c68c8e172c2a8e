// The small tables: what the client knows of itself, the history of syncs, the audit trail.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace ct::store {

struct StoredState {
    SyncState state;
    bool foreign_epoch = false;  ///< the server's database is another one, and its first pull is not through yet
};

/// The stamp is at least that of every operation in the queue, whatever was saved.
[[nodiscard]] Result<StoredState> read_state(sqlite::Connection& connection);
[[nodiscard]] Result<void> write_state(sqlite::Connection& connection, const SyncState& state, bool foreign_epoch);

/// All of it under its keys, for the side journal; unknown keys are ignored.
[[nodiscard]] std::map<std::string, std::string> state_values(const StoredState& state);
[[nodiscard]] StoredState state_from(const std::map<std::string, std::string>& values);

/// Texts beside the state, in its table under keys that no member of it has.
[[nodiscard]] Result<void> write_kept(sqlite::Connection& connection, std::string_view name, std::string_view text);
[[nodiscard]] Result<std::string> read_kept(sqlite::Connection& connection, std::string_view name);

[[nodiscard]] Result<std::map<Uuid, crm::Model>> read_unconfirmed(sqlite::Connection& connection);

[[nodiscard]] Result<void> add_history(sqlite::Connection& connection, const SyncHistoryRow& row);
[[nodiscard]] Result<std::vector<SyncHistoryRow>> read_history(sqlite::Connection& connection, std::size_t limit);

[[nodiscard]] Result<void> add_audit(sqlite::Connection& connection, const AuditRow& row);
/// Rows of kind SUPERSEDED and OVERRODE, newest first.
[[nodiscard]] Result<std::vector<AuditRow>> read_decisions(sqlite::Connection& connection, std::size_t limit);
[[nodiscard]] Result<std::vector<AuditRow>> read_audit(sqlite::Connection& connection, const Uuid& record);
/// The rows behind that place, newest first, whatever they are.
[[nodiscard]] Result<std::vector<AuditRow>> read_activity(sqlite::Connection& connection,
                                                          const std::optional<AuditPosition>& older_than,
                                                          std::size_t limit);

}  // namespace ct::store
