// PostgreSQL 13 or newer, through libpq.
#pragma once

#include <memory>

#include "server/storage/sql/backend.h"

namespace ct::server::postgres {

/// "postgresql://user:password@host:port/database?…" as libpq reads it; a directory as ?host= means a Unix socket.
/// Error BAD_DATABASE_URL.
[[nodiscard]] Result<std::unique_ptr<sql::Backend>> backend(const std::string& url);

}  // namespace ct::server::postgres
