// The tables of `colortouch.db`, derived from the table of models, and how older files become newer ones.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "crm/model.h"
#include "store/sqlite/connection.h"

namespace ct::store {

inline constexpr std::int64_t kApplicationId = 0x43546368;  // "CTch": what `file` and we tell our files by

/// What a connection keeps of the file in memory; while all is read once from one end to the other, no more than this.
inline constexpr int kCacheKiB = 16'000, kReadOnceKiB = 1'000;

/// One step from version n-1 to n of the schema; the n-th of the list. Runs inside the migration's transaction.
using Migration = Result<void> (*)(sqlite::Connection&);
[[nodiscard]] std::span<const Migration> migrations();

/// Sets the connection up (WAL, synchronous=FULL), refuses what is not ours or newer than us, and brings the rest up
/// to date in one transaction; a file that holds data is copied first, to "<file>.before-v<n>".
/// Codes: NOT_A_DATABASE, NOT_OUR_DATABASE, DATABASE_NEWER, DATABASE_DAMAGED, CANNOT_OPEN, DISK_FULL, DISK_ERROR.
[[nodiscard]] Result<void> prepare_file(sqlite::Connection& connection, const std::string& file,
                                        std::span<const Migration> steps);

/// "lead", and "lead_shadow" for what the server last said of records with unsettled edits.
[[nodiscard]] std::string record_table_name(crm::Model model, bool shadow);
[[nodiscard]] std::string quoted(std::string_view name);

}  // namespace ct::store
