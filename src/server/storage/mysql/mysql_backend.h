// MariaDB 10.6 or newer and MySQL 8, through MariaDB's client library.
#pragma once

#include <memory>

#include "server/storage/sql/backend.h"

namespace ct::server::mysql {

/// For the form of the URL see url.h. Error BAD_DATABASE_URL.
[[nodiscard]] Result<std::unique_ptr<sql::Backend>> backend(const std::string& url);

}  // namespace ct::server::mysql
