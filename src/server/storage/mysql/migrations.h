// The tables on MariaDB and MySQL, step by step. A change of the schema cannot be undone there, so that each statement
// bears being run again after a migration that was cut off.
#pragma once

#include <string>
#include <vector>

#include "server/storage/sql/backend.h"

namespace ct::server::mysql {

/// `mariadb`: the two name the collation that compares bytes, trailing spaces too, differently.
[[nodiscard]] std::vector<sql::Migration> migrations(bool mariadb);
[[nodiscard]] std::vector<std::string> create_table(const crm::ModelDef& model, bool mariadb);
[[nodiscard]] std::string column_type(const crm::FieldDef& field);

}  // namespace ct::server::mysql
