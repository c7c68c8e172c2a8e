#include "server/storage/mysql/mysql_backend.h"

#include <atomic>

#include "server/storage/mysql/connection.h"
#include "server/storage/mysql/migrations.h"

namespace ct::server::mysql {

namespace {

class MysqlBackend final : public sql::Backend {
  public:
    explicit MysqlBackend(Address address) : address_(std::move(address)) {}

    [[nodiscard]] std::string place() const override { return address_.place(); }
    [[nodiscard]] Result<std::unique_ptr<sql::Connection>> connect() override {
        auto connection = MysqlConnection::open(address_);
        if (!connection) return fail(connection.error());
        mariadb_ = (*connection)->is_mariadb();
        return std::unique_ptr<sql::Connection>(std::move(*connection));
    }

    [[nodiscard]] Result<std::unique_ptr<Rows>> begin_read(sql::Connection& connection,
                                                           WorkspaceKey workspace) override {
        for (const char* step : {"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                                 "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"}) {
            if (auto done = connection.execute(step); !done) return fail(done.error());
        }
        return connection.query("SELECT version, purge_floor FROM workspace WHERE workspace_id = $1", {workspace});
    }
    [[nodiscard]] Result<std::unique_ptr<Rows>> begin_write(sql::Connection& connection,
                                                            WorkspaceKey workspace) override {
        if (auto begun = connection.execute("START TRANSACTION"); !begun) return fail(begun.error());
        return connection.query("SELECT version FROM workspace WHERE workspace_id = $1 FOR UPDATE", {workspace});
    }

    [[nodiscard]] std::string among(std::string_view column, int parameter) const override {
        return std::string(column) + " IN ($" + std::to_string(parameter) + ")";
    }
    [[nodiscard]] std::string insert(const sql::Insert& insert) const override;

    [[nodiscard]] std::vector<sql::Migration> migrations() const override { return mysql::migrations(mariadb_); }
    [[nodiscard]] std::vector<std::string> create_table(const crm::ModelDef& model) const override {
        return mysql::create_table(model, mariadb_);
    }
    [[nodiscard]] std::string column_type(const crm::FieldDef& field) const override {
        return mysql::column_type(field);
    }
    [[nodiscard]] std::string schema_name() const override { return "DATABASE()"; }
    [[nodiscard]] Result<void> enter_schema(sql::Connection& connection) override;
    [[nodiscard]] Result<void> leave_schema(sql::Connection& connection) override {
        return connection.execute("DO RELEASE_LOCK(CONCAT('colortouchd ', DATABASE()))");
    }

  private:
    const Address address_;
    std::atomic<bool> mariadb_{true};  // as the last connection found it
};

std::string MysqlBackend::insert(const sql::Insert& insert) const {
    std::string columns, marks;
    for (std::size_t i = 0; i < insert.columns.size(); ++i) {
        columns += (i > 0 ? ", " : "") + insert.columns[i];
        marks += (i > 0 ? ",$" : "$") + std::to_string(i + 1);
    }
    const bool set = insert.fixed < insert.columns.size();
    std::string text =
        "INSERT INTO " + insert.table + "(" + columns + ") VALUES " + (set ? "{(" + marks + ")}" : "(" + marks + ")");
    if (!insert.may_exist) return text;
    text += " ON DUPLICATE KEY UPDATE ";
    if (insert.update.empty()) return text + insert.key.front() + " = " + insert.key.front();  // touches no row
    for (std::size_t i = 0; i < insert.update.size(); ++i) {
        text += (i > 0 ? ", " : "") + insert.update[i] + " = VALUES(" + insert.update[i] + ")";
    }
    return text;
}

Result<void> MysqlBackend::enter_schema(sql::Connection& connection) {
    auto rows = connection.query("SELECT GET_LOCK(CONCAT('colortouchd ', DATABASE()), 60)", {});
    if (!rows) return fail(rows.error());
    if ((*rows)->next() && (*rows)->flag(0)) return {};
    return fail(ErrorKind::busy, "DATABASE_BUSY", place() + ": another program changes its tables just now");
}

}  // namespace

Result<std::unique_ptr<sql::Backend>> backend(const std::string& url) {
    auto address = parse_url(url);
    if (!address) return fail(address.error());
    return std::make_unique<MysqlBackend>(std::move(*address));
}

}  // namespace ct::server::mysql
