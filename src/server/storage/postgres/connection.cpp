#include "server/storage/postgres/connection.h"

#include <array>
#include <charconv>

#include "server/storage/postgres/parameters.h"

namespace ct::server::postgres {

namespace {

constexpr int kOldest = 130'000;  // PostgreSQL 13

/// A statement that waits for a lock, or a transaction whose process went away, holds others up: not for ever. Plans
/// are made anew each time, because tables grow from nothing to millions of rows while a prepared statement lives. What
/// is asked for in an order is read in the order of an index: without statistics, which a table has none of until it
/// was vacuumed once, the planner takes it for small and sorts all of it for each page. Where no index has the order it
/// sorts all the same, and has no need to compile the statement for what it then believes the cost to be.
constexpr const char* kSession =
    "SET lock_timeout = '10s'; SET statement_timeout = '120s'; SET idle_in_transaction_session_timeout = '60s';"
    "SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off;"
    "SET plan_cache_mode = force_custom_plan; SET enable_sort = off; SET enable_incremental_sort = off; SET jit = off;"
    "SET client_min_messages = warning; SET TimeZone = 'UTC'";

struct Meaning {
    std::string_view state;  // the beginning of an SQLSTATE
    ErrorKind kind;
    std::string_view code;
};

/// The first that fits.
constexpr std::array<Meaning, 17> kMeanings{{
    {"40", ErrorKind::busy, "DATABASE_BUSY"},     // serialisation failure, deadlock
    {"55P03", ErrorKind::busy, "DATABASE_BUSY"},  // lock not to be had in time
    {"57014", ErrorKind::busy, "DATABASE_BUSY"},  // statement_timeout
    {"25P0", ErrorKind::busy, "DATABASE_BUSY"},   // idle_in_transaction_session_timeout
    {"25006", ErrorKind::disk, "DISK_ERROR"},     // read only: a replica
    {"53100", ErrorKind::disk, "DISK_FULL"},
    {"53", ErrorKind::busy, "DATABASE_BUSY"},  // too many connections, out of memory
    {"57P", ErrorKind::disk, "DATABASE_LOST"},
    {"08", ErrorKind::disk, "DATABASE_LOST"},
    {"58", ErrorKind::disk, "DISK_ERROR"},
    {"72", ErrorKind::busy, "DATABASE_BUSY"},  // snapshot too old
    {"XX001", ErrorKind::corrupt, "DATABASE_DAMAGED"},
    {"XX002", ErrorKind::corrupt, "DATABASE_DAMAGED"},
    {"3D", ErrorKind::not_found, "NO_DATABASE"},
    {"28", ErrorKind::disk, "CANNOT_OPEN"},
    {"42501", ErrorKind::disk, "CANNOT_OPEN"},  // no permission
    {"", ErrorKind::internal, "DATABASE"},
}};

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) line.push_back(c == '\n' || c == '\t' ? ' ' : c);
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

class PostgresRows final : public Rows {
  public:
    explicit PostgresRows(Answer answer) : answer_(std::move(answer)), count_(PQntuples(answer_.get())) {
        cells_.resize(static_cast<std::size_t>(PQnfields(answer_.get())));
    }
    bool next() override {
        if (++row_ >= count_) return false;
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            const int column = static_cast<int>(i);
            cells_[i].text = {PQgetvalue(answer_.get(), row_, column),
                              static_cast<std::size_t>(PQgetlength(answer_.get(), row_, column))};
            cells_[i].null = PQgetisnull(answer_.get(), row_, column) != 0;
        }
        return true;
    }

  private:
    Answer answer_;
    int count_;
    int row_ = -1;
};

/// libpq cannot tell otherwise why it did not get in.
Error connect_error(PGconn* connection, const std::string& place) {
    const std::string said = one_line(PQerrorMessage(connection));
    if (said.find("database \"") != std::string::npos && said.ends_with("does not exist")) {
        return {ErrorKind::not_found,
                "NO_DATABASE",
                place + ": there is no such database; `createdb` makes one, and `colortouchd migrate` its tables",
                {}};
    }
    const bool full = said.find("too many") != std::string::npos;
    return {full ? ErrorKind::busy : ErrorKind::disk,
            full ? "DATABASE_BUSY" : "CANNOT_OPEN",
            "cannot open the database " + place + ": " + said,
            {}};
}

}  // namespace

Result<std::unique_ptr<sql::Connection>> PostgresConnection::open(const std::string& url, const std::string& place) {
    auto connection = connect(url, place);
    if (!connection) return fail(connection.error());
    return std::unique_ptr<sql::Connection>(std::move(*connection));
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::connect(const std::string& url,
                                                                        const std::string& place) {
    // What stands before the URL it may override, what stands after it it may not.
    const std::array<const char*, 7> names{"connect_timeout",
                                           "application_name",
                                           "keepalives_idle",
                                           "tcp_user_timeout",
                                           "dbname",
                                           "client_encoding",
                                           nullptr};
    const std::array<const char*, 7> values{"5", "colortouchd", "30", "30000", url.c_str(), "UTF8", nullptr};
    PGconn* const raw = PQconnectdbParams(names.data(), values.data(), 1);
    std::unique_ptr<PostgresConnection> connection(new PostgresConnection(raw, place));
    if (raw == nullptr) return fail(ErrorKind::internal, "DATABASE", "out of memory");
    if (PQstatus(raw) != CONNECTION_OK) return fail(connect_error(raw, place));
    if (auto begun = connection->begin_use(); !begun) return fail(begun.error());
    return connection;
}

Result<void> PostgresConnection::begin_use() {
    PQsetNoticeProcessor(
        connection_, [](void*, const char*) {}, nullptr);
    const char* const encoding = PQparameterStatus(connection_, "server_encoding");
    if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
        return fail(ErrorKind::invalid, "UNSUPPORTED_DATABASE",
                    place_ + ": the database is not in UTF8; make it with `createdb -E UTF8 -T template0`");
    }
    if (PQserverVersion(connection_) < kOldest) {
        return fail(ErrorKind::invalid, "UNSUPPORTED_DATABASE", place_ + ": PostgreSQL 13 or newer is needed");
    }
    return execute(kSession);
}

Error PostgresConnection::error_of(const PGresult* result) const {
    const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);  // the details quote the values
    if (state == nullptr) {
        return {ErrorKind::disk, "DATABASE_LOST", place_ + ": " + one_line(PQerrorMessage(connection_)), {}};
    }
    // Nor do those of wrong data belong into a log ("invalid input syntax for type uuid: …").
    const bool quotes = std::string_view(state).starts_with("22") || std::string_view(state).starts_with("23");
    if (said == nullptr || quotes) said = "error";
    for (const Meaning& meaning : kMeanings) {
        if (!std::string_view(state).starts_with(meaning.state)) continue;
        return {meaning.kind, std::string(meaning.code), place_ + ": " + one_line(said) + " (" + state + ")", {}};
    }
    return {};
}

Result<Answer> PostgresConnection::checked(PGresult* result) {
    Answer answer(result);
    const ExecStatusType status = PQresultStatus(result);  // takes null for a fatal error
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return answer;
    return fail(error_of(result));
}

Result<std::string> PostgresConnection::prepared(const std::string& text, Parameters parameters) {
    if (const auto at = names_.find(text); at != names_.end()) return at->second;
    std::string name = "s" + std::to_string(names_.size());
    std::vector<Oid> types;
    for (const Parameter& parameter : parameters) types.push_back(type_number(parameter));
    auto made =
        checked(PQprepare(connection_, name.c_str(), text.c_str(), static_cast<int>(types.size()), types.data()));
    if (!made) return fail(made.error());
    names_.emplace(text, name);
    return name;
}

Result<Answer> PostgresConnection::send(const std::string& text, Parameters parameters) {
    if (parameters.empty()) return checked(PQexec(connection_, text.c_str()));
    const auto name = prepared(text, parameters);
    if (!name) return fail(name.error());
    const BoundParameters bound(parameters);
    return checked(
        PQexecPrepared(connection_, name->c_str(), bound.count(), bound.values(), bound.lengths(), bound.formats(), 0));
}

Result<std::unique_ptr<Rows>> PostgresConnection::query(const std::string& text, Parameters parameters) {
    auto answer = send(text, parameters);
    if (!answer) return fail(answer.error());
    return std::make_unique<PostgresRows>(std::move(*answer));
}

Result<std::int64_t> PostgresConnection::run(const std::string& text, Parameters parameters) {
    const auto answer = send(text, parameters);
    if (!answer) return fail(answer.error());
    const std::string_view digits = PQcmdTuples(answer->get());
    std::int64_t touched = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), touched);
    return touched;
}

Result<void> PostgresConnection::execute(const std::string& text) {
    const auto answer = send(text, {});
    if (!answer) return fail(answer.error());
    return {};
}

Result<void> PostgresConnection::commit() {
    const auto answer = send("COMMIT", {});
    if (!answer) return fail(answer.error());
    // A transaction in which something failed answers COMMIT with success, and rolls back.
    if (std::string_view(PQcmdStatus(answer->get())) == "COMMIT") return {};
    return fail(ErrorKind::internal, "DATABASE", place_ + ": the transaction was rolled back instead of committed");
}

bool PostgresConnection::usable() const {
    return PQstatus(connection_) == CONNECTION_OK && PQtransactionStatus(connection_) == PQTRANS_IDLE;
}

}  // namespace ct::server::postgres
