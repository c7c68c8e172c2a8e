// What differs between one database server and another, beside its driver: how a transaction begins, three turns of
// phrase in SQL, and the types of columns.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crm/model.h"
#include "server/storage/account.h"
#include "server/storage/sql/connection.h"
#include "server/storage/storage.h"

namespace ct::server::sql {

/// One or many rows into one table. The first `fixed` columns are the same in every row and are parameters of their
/// own; each further column is a Column. Without any there is one row.
struct Insert {
    std::string table;
    std::vector<std::string> columns;  ///< quoted where they have to be
    std::size_t fixed = 1;
    std::vector<std::string> key{};     ///< the columns whose values must be unique …
    std::vector<std::string> update{};  ///< … and those that a row in the way takes over. None: it stays as it is
    bool may_exist = false;             ///< false: a row in the way is an error
};

/// One step of the schema. Steps are never changed once released; later ones follow.
struct Migration {
    std::int64_t version = 0;
    std::vector<std::string> statements;
};

class Backend {
  public:
    virtual ~Backend() = default;
    /// The database for messages, without the password.
    [[nodiscard]] virtual std::string place() const = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<Connection>> connect() = 0;

    /// Begins one consistent look, and gives the workspace's version and purge_floor; no row: there is none.
    [[nodiscard]] virtual Result<std::unique_ptr<Rows>> begin_read(Connection& connection, WorkspaceKey workspace) = 0;
    /// Begins a transaction, locks the workspace's row, and only then reads its version: whoever comes second waits
    /// here and sees what the first has committed.
    [[nodiscard]] virtual Result<std::unique_ptr<Rows>> begin_write(Connection& connection, WorkspaceKey workspace) = 0;

    /// "column is one of parameter N", which is a Column.
    [[nodiscard]] virtual std::string among(std::string_view column, int parameter) const = 0;
    [[nodiscard]] virtual std::string insert(const Insert& insert) const = 0;
    /// A query for the rows of the workspace ($1) whose `column` is one of the Column $2, by way of that column's
    /// index. `and_also`: a further condition, beginning with " AND ", or nothing.
    [[nodiscard]] virtual std::string rows_of(const std::string& columns, const std::string& table,
                                              const std::string& column, const std::string& and_also) const;

    /// Sets the workspace's ($1) version ($2), and tells who listens.
    [[nodiscard]] virtual std::string set_version() const;
    [[nodiscard]] virtual Result<std::unique_ptr<Changes>> listen() { return std::unique_ptr<Changes>(); }

    // The schema; see sql/migrate.h.
    [[nodiscard]] virtual std::vector<Migration> migrations() const = 0;
    [[nodiscard]] virtual std::vector<std::string> create_table(const crm::ModelDef& model) const = 0;
    [[nodiscard]] virtual std::string column_type(const crm::FieldDef& field) const = 0;
    [[nodiscard]] virtual std::string schema_name() const = 0;  ///< an expression: where our tables are
    /// One process at a time changes the schema; held until `leave_schema`.
    [[nodiscard]] virtual Result<void> enter_schema(Connection& connection) = 0;
    [[nodiscard]] virtual Result<void> leave_schema(Connection& connection) = 0;
};

}  // namespace ct::server::sql
