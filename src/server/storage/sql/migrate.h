// Brings the tables of a database server up to date: the back end's own steps, then what the table of models has and
// the database has not.
#pragma once

#include "base/random.h"
#include "server/storage/sql/backend.h"
#include "server/storage/storage.h"

namespace ct::server::sql {

/// Error NO_DATABASE when nothing is there and `missing` says refuse, NOT_OURS for a database with tables of another
/// program, NEWER_DATABASE for one of a later version; none of them is touched.
[[nodiscard]] Result<void> migrate(Backend& backend, Connection& connection, Random& random, IfMissing missing);

}  // namespace ct::server::sql
