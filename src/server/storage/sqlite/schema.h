// The tables, derived from the table of models, and the SQL texts that name their columns.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "crm/model.h"
#include "server/storage/storage.h"
#include "store/sqlite/connection.h"

namespace ct::server::sqlite {

using ct::sqlite::Connection;
using ct::sqlite::Use;

inline constexpr std::int64_t kApplicationId = 0x43547372;  // "CTsr"
[[nodiscard]] std::int64_t schema_version();                ///< of this program's last migration

/// Makes or updates the tables in one transaction. Error NOT_OURS for a file of another program, NEWER_DATABASE for
/// one of a later version; neither is touched.
[[nodiscard]] Result<void> migrate(Connection& connection, Random& random);

/// The columns that every record table has before its fields, in the order of `kFirstField`.
inline constexpr int kId = 0, kVersion = 1, kFeed = 2, kDeleted = 3, kCreatedAt = 4, kUpdatedAt = 5, kOwner = 6,
                     kOwnerVersion = 7, kFormerOwners = 8, kExtra = 9, kOrigins = 10, kFirstField = 11;

/// "id, version, … , <fields>" as a SELECT list; `prefix` is "" or "r.".
[[nodiscard]] std::string columns(crm::Model model, const std::string& prefix = {});
[[nodiscard]] std::string insert_sql(crm::Model model);  ///< workspace, then the columns in the order above
/// The same parameters in the same order. Not `moved`: owner and parent are as they were and are left alone, since
/// SQLite takes an entry out of an index and puts it back for what is merely named.
[[nodiscard]] std::string update_sql(crm::Model model, bool moved);
[[nodiscard]] std::string quoted(std::string_view identifier);
[[nodiscard]] std::string table(crm::Model model);

/// Operations that the device ever sent; 0 for one that is not known.
/// As ReadTransaction::authors.
[[nodiscard]] Result<std::vector<std::string>> authors(Connection& connection, std::int64_t workspace,
                                                       std::span<const Made> made);
[[nodiscard]] Result<std::int64_t> next_sequence(Connection& connection, std::int64_t workspace,
                                                 std::string_view device);

}  // namespace ct::server::sqlite
