// PostgreSQL's tables, step by step.
#pragma once

#include <string>
#include <vector>

#include "server/storage/sql/backend.h"

namespace ct::server::postgres {

[[nodiscard]] std::vector<sql::Migration> migrations();
[[nodiscard]] std::vector<std::string> create_table(const crm::ModelDef& model);
[[nodiscard]] std::string column_type(const crm::FieldDef& field);

}  // namespace ct::server::postgres
