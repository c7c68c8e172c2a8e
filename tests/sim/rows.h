// Rows of queries on a database file, as texts: how the checks look at the server.
#pragma once

#include <string>
#include <vector>

struct sqlite3;

namespace ct::sim {

using Row = std::vector<std::string>;  ///< NULL is an empty text

/// One file, open for reading: most of a short query is reading the schema, which is done once.
class Reader {
  public:
    explicit Reader(const std::string& file);  ///< throws Unable
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    /// Throws Unable when the query cannot be run.
    [[nodiscard]] std::vector<Row> rows(const std::string& sql);

  private:
    sqlite3* database_ = nullptr;
};

}  // namespace ct::sim
