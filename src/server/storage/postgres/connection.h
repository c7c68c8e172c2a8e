// libpq as a Connection: statements are prepared once per connection, parameters go in binary form (a Column as an
// array), results come as text and are read in place.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <unordered_map>

#include "server/storage/sql/connection.h"

namespace ct::server::postgres {

using sql::Column;
using sql::ColumnType;
using sql::Parameter;
using sql::Parameters;
using sql::Rows;

struct FreeResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, FreeResult>;

class PostgresConnection final : public sql::Connection {
  public:
    /// `url` as libpq reads it; `place` names the database in messages.
    [[nodiscard]] static Result<std::unique_ptr<sql::Connection>> open(const std::string& url,
                                                                       const std::string& place);
    [[nodiscard]] static Result<std::unique_ptr<PostgresConnection>> connect(const std::string& url,
                                                                             const std::string& place);
    [[nodiscard]] PGconn* raw() const { return connection_; }  ///< for what is no statement
    ~PostgresConnection() override { PQfinish(connection_); }
    PostgresConnection(const PostgresConnection&) = delete;
    PostgresConnection& operator=(const PostgresConnection&) = delete;

    using sql::Connection::query;
    using sql::Connection::run;
    [[nodiscard]] Result<std::unique_ptr<Rows>> query(const std::string& text, Parameters parameters) override;
    [[nodiscard]] Result<std::int64_t> run(const std::string& text, Parameters parameters) override;
    [[nodiscard]] Result<void> execute(const std::string& text) override;
    [[nodiscard]] Result<void> commit() override;
    [[nodiscard]] bool usable() const override;
    [[nodiscard]] bool lost() const override { return PQstatus(connection_) != CONNECTION_OK; }

  private:
    PostgresConnection(PGconn* connection, std::string place) : connection_(connection), place_(std::move(place)) {}
    [[nodiscard]] Result<void> begin_use();  ///< right after it was opened
    /// Several statements in one text are possible without parameters; the last one's answer counts.
    [[nodiscard]] Result<Answer> send(const std::string& text, Parameters parameters);
    [[nodiscard]] Result<std::string> prepared(const std::string& text, Parameters parameters);
    [[nodiscard]] Result<Answer> checked(PGresult* result);
    [[nodiscard]] Error error_of(const PGresult* result) const;

    PGconn* const connection_;
    const std::string place_;
    std::unordered_map<std::string, std::string> names_;  // of prepared statements, by text
};

}  // namespace ct::server::postgres
