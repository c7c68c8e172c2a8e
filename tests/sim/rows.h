// Rows of a query on a database file, as texts: how the checks look at the server.
#pragma once

#include <string>
#include <vector>

namespace ct::sim {

using Row = std::vector<std::string>;  ///< NULL is an empty text

/// Throws Unable when the query cannot be run.
[[nodiscard]] std::vector<Row> rows(const std::string& file, const std::string& sql);

}  // namespace ct::sim
