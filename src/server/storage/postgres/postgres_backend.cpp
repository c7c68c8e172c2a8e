#include "server/storage/postgres/postgres_backend.h"

#include <libpq-fe.h>

#include "server/storage/postgres/changes.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/migrations.h"

namespace ct::server::postgres {

namespace {

std::string list(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// "$FROM, …, $TO"
std::string marks(std::size_t from, std::size_t to) {
    std::string text;
    for (std::size_t i = from; i <= to; ++i) text += (text.empty() ? "$" : ", $") + std::to_string(i);
    return text;
}

class PostgresBackend final : public sql::Backend {
  public:
    PostgresBackend(std::string url, std::string place) : url_(std::move(url)), place_(std::move(place)) {}

    [[nodiscard]] std::string place() const override { return place_; }
    [[nodiscard]] Result<std::unique_ptr<sql::Connection>> connect() override {
        return PostgresConnection::open(url_, place_);
    }

    // Two statements in one round trip; the number is our own and not a text from anywhere.
    [[nodiscard]] Result<std::unique_ptr<Rows>> begin_read(sql::Connection& connection,
                                                           WorkspaceKey workspace) override {
        return connection.query(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
            "SELECT version, purge_floor FROM workspace WHERE workspace_id = " +
                std::to_string(workspace),
            {});
    }
    [[nodiscard]] Result<std::unique_ptr<Rows>> begin_write(sql::Connection& connection,
                                                            WorkspaceKey workspace) override {
        return connection.query(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
            "SELECT version FROM workspace WHERE workspace_id = " +
                std::to_string(workspace) + " FOR UPDATE",
            {});
    }

    [[nodiscard]] std::string among(std::string_view column, int parameter) const override {
        return std::string(column) + " = ANY($" + std::to_string(parameter) + ")";
    }
    [[nodiscard]] std::string insert(const sql::Insert& insert) const override;
    /// One look into the index for each, whatever the planner thinks of a table that grew since its statistics were
    /// made: OFFSET keeps it from turning this into a join, which may read all of the table.
    [[nodiscard]] std::string rows_of(const std::string& columns, const std::string& table, const std::string& column,
                                      const std::string& and_also) const override {
        return "SELECT r.* FROM unnest($2) wanted(wanted_key) CROSS JOIN LATERAL (SELECT " + columns + " FROM " +
               table + " WHERE workspace_id = $1 AND " + column + " = wanted_key" + and_also + " OFFSET 0) r";
    }

    /// Heard when it is committed, and in the same order.
    [[nodiscard]] std::string set_version() const override {
        return "WITH set AS (UPDATE workspace SET version = $2 WHERE workspace_id = $1 RETURNING workspace_id, version)"
               " SELECT pg_notify('" +
               std::string(kChannel) + "', workspace_id || ' ' || version) FROM set";
    }
    [[nodiscard]] Result<std::unique_ptr<Changes>> listen() override { return postgres::listen(url_, place_); }

    [[nodiscard]] std::vector<sql::Migration> migrations() const override { return postgres::migrations(); }
    [[nodiscard]] std::vector<std::string> create_table(const crm::ModelDef& model) const override {
        return postgres::create_table(model);
    }
    [[nodiscard]] std::string column_type(const crm::FieldDef& field) const override {
        return postgres::column_type(field);
    }
    [[nodiscard]] std::string schema_name() const override { return "current_schema()"; }
    /// The schema changes in one transaction, under a lock of our own ("CTsr").
    [[nodiscard]] Result<void> enter_schema(sql::Connection& connection) override {
        return connection.execute("BEGIN; SELECT pg_advisory_xact_lock(1129608050)");
    }
    [[nodiscard]] Result<void> leave_schema(sql::Connection& connection) override { return connection.commit(); }

  private:
    const std::string url_, place_;
};

std::string PostgresBackend::insert(const sql::Insert& insert) const {
    const std::size_t count = insert.columns.size();
    std::string text = "INSERT INTO " + insert.table + "(" + list(insert.columns) + ") ";
    if (insert.fixed == count)
        text += "VALUES(" + marks(1, count) + ")";
    else
        text += "SELECT " + marks(1, insert.fixed) + ", s.* FROM unnest(" + marks(insert.fixed + 1, count) + ") s";
    if (!insert.may_exist) return text;
    if (insert.update.empty()) return text + " ON CONFLICT DO NOTHING";
    text += " ON CONFLICT (" + list(insert.key) + ") DO UPDATE SET ";
    for (std::size_t i = 0; i < insert.update.size(); ++i) {
        text += (i > 0 ? ", " : "") + insert.update[i] + " = excluded." + insert.update[i];
    }
    return text;
}

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

}  // namespace

Result<std::unique_ptr<sql::Backend>> backend(const std::string& url) {
    char* said = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(url.c_str(), &said));
    if (!options) {
        PQfreemem(said);  // it may quote the password
        return fail(ErrorKind::invalid, "BAD_DATABASE_URL",
                    "DATABASE_URL is not as PostgreSQL writes it: postgresql://user:password@host:port/database");
    }
    std::string host, port, database;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string_view keyword = option->keyword;
        if (keyword == "host" || keyword == "hostaddr") host = option->val;
        if (keyword == "port") port = std::string(":") + option->val;
        if (keyword == "dbname") database = option->val;
    }
    return std::make_unique<PostgresBackend>(url, "postgresql://" + host + port + "/" + database);
}

}  // namespace ct::server::postgres
