// Parameters in the binary form of PostgreSQL's protocol.
#pragma once

#include <string>
#include <vector>

#include "server/storage/sql/connection.h"

namespace ct::server::postgres {

/// The type's number in pg_type, which is the same in every PostgreSQL.
[[nodiscard]] unsigned type_number(const sql::Parameter& parameter);

/// What PQexecPrepared takes. Texts are not copied.
class BoundParameters {
  public:
    explicit BoundParameters(sql::Parameters parameters);
    [[nodiscard]] int count() const { return static_cast<int>(values_.size()); }
    [[nodiscard]] const char* const* values() const { return values_.data(); }
    [[nodiscard]] const int* lengths() const { return lengths_.data(); }
    [[nodiscard]] const int* formats() const { return formats_.data(); }

  private:
    void add(std::string_view bytes);
    std::vector<std::string> made_;  // what the values point to, unless it is the caller's
    std::vector<const char*> values_;
    std::vector<int> lengths_, formats_;
};

}  // namespace ct::server::postgres
