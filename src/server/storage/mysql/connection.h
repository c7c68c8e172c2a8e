// MariaDB Connector/C as a Connection. Statements go as text with their values written in by the library's own quoting:
// the protocol's prepared statements know no sets, and a set as one text is what MariaDB and MySQL take fastest. In a
// text
// "{…}" stands for one row of a set, and is repeated for each; a Column outside of braces becomes a list.
#pragma once

#include <mysql.h>

#include <memory>
#include <string>

#include "server/storage/mysql/url.h"
#include "server/storage/sql/connection.h"

namespace ct::server::mysql {

using sql::Column;
using sql::ColumnType;
using sql::Parameter;
using sql::Parameters;
using sql::Rows;

class MysqlConnection final : public sql::Connection {
  public:
    [[nodiscard]] static Result<std::unique_ptr<MysqlConnection>> open(const Address& address);
    ~MysqlConnection() override { mysql_close(connection_); }
    MysqlConnection(const MysqlConnection&) = delete;
    MysqlConnection& operator=(const MysqlConnection&) = delete;

    using sql::Connection::query;
    using sql::Connection::run;
    [[nodiscard]] Result<std::unique_ptr<Rows>> query(const std::string& text, Parameters parameters) override;
    [[nodiscard]] Result<std::int64_t> run(const std::string& text, Parameters parameters) override;
    [[nodiscard]] Result<void> execute(const std::string& text) override;
    [[nodiscard]] Result<void> commit() override { return execute("COMMIT"); }
    [[nodiscard]] bool usable() const override;
    [[nodiscard]] bool lost() const override { return lost_; }

    [[nodiscard]] bool is_mariadb() const { return mariadb_connection(connection_) != 0; }

  private:
    MysqlConnection(MYSQL* connection, std::string place) : connection_(connection), place_(std::move(place)) {}
    [[nodiscard]] Result<void> begin_use();  ///< right after it was opened
    [[nodiscard]] Result<std::int64_t> send(const std::string& text);
    [[nodiscard]] Error last_error();

    // A statement's text is put together here.
    void append_text(std::string& out, std::string_view value);
    void append_cell(std::string& out, const Column& column, std::size_t row);
    void append(std::string& out, const Parameter& parameter);
    /// `row`: a Column gives that one; npos: all of it as a list.
    void fill(std::string& out, std::string_view text, Parameters parameters, std::size_t row);

    MYSQL* const connection_;
    const std::string place_;
    bool lost_ = false;
};

}  // namespace ct::server::mysql
