// The schema of each back end: SQL in files of its own (<back end>/migrations/NNN_*.sql), which CMake puts into the
// program. Steps are never changed once released; later ones follow.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crm/model.h"

namespace ct::server {

struct MigrationFile {
    std::string_view path;  ///< "postgres/migrations/001_tables.sql"
    std::string_view text;
};
/// All of them, in the order of their paths. Its text is generated.
[[nodiscard]] std::span<const MigrationFile> migration_files();

struct MigrationStep {
    std::int64_t version = 0;
    std::string_view text;
};
/// The numbered files of a back end ("sqlite", "postgres", "mysql"), rising.
[[nodiscard]] std::vector<MigrationStep> migration_steps(std::string_view backend);

/// A model's table and indexes, from the back end's record.sql; `type` gives a field's column type.
[[nodiscard]] std::string record_table(std::string_view backend, const crm::ModelDef& model,
                                       const std::function<std::string(const crm::FieldDef&)>& type);

/// The single statements: each ends with a ';' at the end of a line.
[[nodiscard]] std::vector<std::string> statements_of(std::string_view text);

/// Every {name} replaced.
[[nodiscard]] std::string with(std::string text, std::string_view name, std::string_view value);

}  // namespace ct::server
