// Copies of the server's database, for the SQLite back end: a database server has tools of its own for that.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace ct::server {

struct Copied {
    std::int64_t tables = 0, rows = 0;  ///< counted in both, and equal
    std::string set_aside;              ///< restore: where the database of before is now; empty: there was none
    std::string epoch;                  ///< restore: the new one
};

/// The database as it stands at one moment, while others go on writing, into a new file. It is at `target` only once
/// it has been read back: whole (integrity_check) and with as many rows in each table.
/// Errors UNSUPPORTED_DATABASE, NO_DATABASE, NOT_OURS, FILE_EXISTS, BACKUP_DAMAGED, and those of the disk.
[[nodiscard]] Result<Copied> back_up(const std::string& url, const std::string& target);

/// Puts a checked copy of the backup in the database's place, with a new epoch, by which clients see that they have to
/// compare. What stood there is set aside, never deleted; until the last step it is untouched.
/// Errors as above, and DATABASE_IN_USE while another process has the database open, NEWER_DATABASE.
[[nodiscard]] Result<Copied> restore(const std::string& url, const std::string& source, const Clock& clock,
                                     Random& random);

}  // namespace ct::server
