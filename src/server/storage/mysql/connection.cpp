#include "server/storage/mysql/connection.h"

#include <array>
#include <charconv>
#include <mutex>

namespace ct::server::mysql {

namespace {

constexpr unsigned kConnectSeconds = 5, kAnswerSeconds = 120;
constexpr std::size_t kStatementBytes = 4u << 20;  // a quarter of what a server takes unless told otherwise

/// Text is taken as it is or refused, never cut; transactions see what others have committed; a statement that waits
/// for a lock, or a transaction whose process went away, holds others up, but not for ever.
constexpr const char* kSession =
    "SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit = 1,"
    " innodb_lock_wait_timeout = 10, wait_timeout = 600, time_zone = '+00:00',"
    " SESSION transaction_isolation = 'READ-COMMITTED'";
constexpr const char* kSessionOfMariadb =
    "SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit = 1,"
    " innodb_lock_wait_timeout = 10, wait_timeout = 600, time_zone = '+00:00', tx_isolation = 'READ-COMMITTED',"
    " idle_transaction_timeout = 60, in_predicate_conversion_threshold = 0";

struct Meaning {
    unsigned number;
    ErrorKind kind;
    std::string_view code;
    bool lost = false;
};

constexpr std::array<Meaning, 36> kMeanings{{
    {1213, ErrorKind::busy, "DATABASE_BUSY"},  // deadlock
    {1205, ErrorKind::busy, "DATABASE_BUSY"},  // lock not to be had in time
    {1020, ErrorKind::busy, "DATABASE_BUSY"},  // changed since it was read
    {1040, ErrorKind::busy, "DATABASE_BUSY"},  // too many connections
    {1203, ErrorKind::busy, "DATABASE_BUSY"},       {1226, ErrorKind::busy, "DATABASE_BUSY"},
    {1317, ErrorKind::busy, "DATABASE_BUSY"},                                                  // interrupted
    {1969, ErrorKind::busy, "DATABASE_BUSY"},                                                  // statement time
    {3024, ErrorKind::busy, "DATABASE_BUSY"},       {1037, ErrorKind::busy, "DATABASE_BUSY"},  // memory
    {1041, ErrorKind::busy, "DATABASE_BUSY"},       {2006, ErrorKind::disk, "DATABASE_LOST", true},
    {2013, ErrorKind::disk, "DATABASE_LOST", true}, {2055, ErrorKind::disk, "DATABASE_LOST", true},
    {1053, ErrorKind::disk, "DATABASE_LOST", true},                                                  // shutting down
    {1077, ErrorKind::disk, "DATABASE_LOST", true}, {1927, ErrorKind::disk, "DATABASE_LOST", true},  // killed
    {4031, ErrorKind::disk, "DATABASE_LOST", true},  // idle for too long
    {1158, ErrorKind::disk, "DATABASE_LOST", true}, {1159, ErrorKind::disk, "DATABASE_LOST", true},
    {1160, ErrorKind::disk, "DATABASE_LOST", true}, {1161, ErrorKind::disk, "DATABASE_LOST", true},
    {1021, ErrorKind::disk, "DISK_FULL"},           {1114, ErrorKind::disk, "DISK_FULL"},
    {1290, ErrorKind::disk, "DISK_ERROR"},  // read only: a replica
    {1836, ErrorKind::disk, "DISK_ERROR"},          {1026, ErrorKind::disk, "DISK_ERROR"},
    {1030, ErrorKind::disk, "DISK_ERROR"},          {1034, ErrorKind::corrupt, "DATABASE_DAMAGED"},
    {1194, ErrorKind::corrupt, "DATABASE_DAMAGED"}, {1712, ErrorKind::corrupt, "DATABASE_DAMAGED"},
    {1044, ErrorKind::disk, "CANNOT_OPEN"},  // no permission
    {1045, ErrorKind::disk, "CANNOT_OPEN"},         {1142, ErrorKind::disk, "CANNOT_OPEN"},
    {1698, ErrorKind::disk, "CANNOT_OPEN"},         {1049, ErrorKind::not_found, "NO_DATABASE"},
}};

const Meaning* meaning_of(unsigned number) {
    for (const Meaning& meaning : kMeanings) {
        if (meaning.number == number) return &meaning;
    }
    return nullptr;
}

struct FreeResult {
    void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};

class MysqlRows final : public Rows {
  public:
    explicit MysqlRows(MYSQL_RES* result) : result_(result) {
        if (result_) cells_.resize(mysql_num_fields(result));
    }
    bool next() override {
        MYSQL_ROW row = result_ ? mysql_fetch_row(result_.get()) : nullptr;
        if (row == nullptr) return false;
        const unsigned long* const lengths = mysql_fetch_lengths(result_.get());
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            cells_[i].null = row[i] == nullptr;
            cells_[i].text = cells_[i].null ? std::string_view{} : std::string_view(row[i], lengths[i]);
        }
        return true;
    }

  private:
    std::unique_ptr<MYSQL_RES, FreeResult> result_;
};

void set_options(MYSQL* connection, const Address& address) {
    mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &kConnectSeconds);
    mysql_options(connection, MYSQL_OPT_READ_TIMEOUT, &kAnswerSeconds);
    mysql_options(connection, MYSQL_OPT_WRITE_TIMEOUT, &kAnswerSeconds);
    const my_bool no = 0, tls = address.tls ? 1 : 0, verify = address.verify ? 1 : 0;
    mysql_options(connection, MYSQL_OPT_RECONNECT, &no);  // it would begin a new session in the middle of a transaction
    mysql_options(connection, MYSQL_OPT_LOCAL_INFILE, nullptr);
    if (address.tls) {
        mysql_ssl_set(connection, nullptr, nullptr, address.ca.empty() ? nullptr : address.ca.c_str(), nullptr,
                      nullptr);
        mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &tls);
        mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    }
    // To the library, "localhost" is a Unix socket whatever the port says.
    const bool tcp = address.socket.empty() && (address.port != 0 || address.host != "localhost");
    const unsigned protocol = tcp ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
    mysql_options(connection, MYSQL_OPT_PROTOCOL, &protocol);
}

}  // namespace

Error MysqlConnection::last_error() {
    const unsigned number = mysql_errno(connection_);
    const Meaning* const meaning = meaning_of(number);
    const std::string tag = " (" + std::to_string(number) + ")";
    // What has no meaning here may quote values ("Duplicate entry 'asha@…'"), which do not belong into a log.
    if (meaning == nullptr) {
        return {ErrorKind::internal,
                "DATABASE",
                place_ + ": error " + std::to_string(number) + " (" + mysql_sqlstate(connection_) + ")",
                {}};
    }
    if (meaning->lost) lost_ = true;
    return {meaning->kind, std::string(meaning->code), place_ + ": " + mysql_error(connection_) + tag, {}};
}

Result<std::unique_ptr<MysqlConnection>> MysqlConnection::open(const Address& address) {
    static std::once_flag once;
    std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
    MYSQL* const raw = mysql_init(nullptr);
    if (raw == nullptr) return fail(ErrorKind::internal, "DATABASE", "out of memory");
    std::unique_ptr<MysqlConnection> connection(new MysqlConnection(raw, address.place()));
    set_options(raw, address);
    const char* const socket = address.socket.empty() ? nullptr : address.socket.c_str();
    if (mysql_real_connect(raw, address.host.c_str(), address.user.c_str(), address.password.c_str(),
                           address.database.c_str(), address.port, socket, 0) == nullptr) {
        Error error = connection->last_error();
        if (error.code == "NO_DATABASE") {
            error.message =
                address.place() +
                ": there is no such database; CREATE DATABASE makes one, and `colortouchd migrate` its tables";
        } else if (error.kind != ErrorKind::busy) {
            error = {ErrorKind::disk,
                     "CANNOT_OPEN",
                     "cannot open the database " + address.place() + ": " + mysql_error(raw),
                     {}};
        }
        return fail(std::move(error));
    }
    if (auto begun = connection->begin_use(); !begun) return fail(begun.error());
    return connection;
}

Result<void> MysqlConnection::begin_use() {
    const bool mariadb = is_mariadb();
    if (mysql_get_server_version(connection_) < (mariadb ? 100'600u : 80'000u)) {
        return fail(ErrorKind::invalid, "UNSUPPORTED_DATABASE", place_ + ": MariaDB 10.6 or MySQL 8 is needed");
    }
    return execute(mariadb ? kSessionOfMariadb : kSession);
}

Result<std::int64_t> MysqlConnection::send(const std::string& text) {
    if (mysql_real_query(connection_, text.data(), text.size()) != 0) return fail(last_error());
    if (mysql_field_count(connection_) > 0) return 0;
    return static_cast<std::int64_t>(mysql_affected_rows(connection_));
}

Result<std::unique_ptr<Rows>> MysqlConnection::query(const std::string& text, Parameters parameters) {
    std::string filled;
    fill(filled, text, parameters, std::string::npos);
    if (auto sent = send(filled); !sent) return fail(sent.error());
    MYSQL_RES* const result = mysql_store_result(connection_);
    if (result == nullptr && mysql_errno(connection_) != 0) return fail(last_error());
    return std::make_unique<MysqlRows>(result);
}

Result<std::int64_t> MysqlConnection::run(const std::string& text, Parameters parameters) {
    const std::size_t open = text.find('{'), close = text.find('}');
    std::string filled;
    if (open == std::string::npos) {
        fill(filled, text, parameters, std::string::npos);
        return send(filled);
    }
    const std::string_view whole = text, row = whole.substr(open + 1, close - open - 1), tail = whole.substr(close + 1);
    const auto* const* set = std::get_if<const Column*>(&parameters.back());
    const std::size_t rows = set == nullptr ? 1 : (*set)->size();
    std::int64_t touched = 0;
    for (std::size_t i = 0; i < rows;) {
        filled.assign(whole.substr(0, open));
        for (bool first = true; i < rows && (first || filled.size() < kStatementBytes); ++i, first = false) {
            if (!first) filled.push_back(',');
            fill(filled, row, parameters, i);
        }
        filled.append(tail);
        const auto sent = send(filled);
        if (!sent) return sent;
        touched += *sent;
    }
    return touched;
}

Result<void> MysqlConnection::execute(const std::string& text) {
    auto rows = query(text, {});  // some answer with a row that nobody wants
    if (!rows) return fail(rows.error());
    return {};
}

bool MysqlConnection::usable() const {
    unsigned status = 0;
    if (lost_ || mariadb_get_infov(connection_, MARIADB_CONNECTION_SERVER_STATUS, &status) != 0) return false;
    return (status & SERVER_STATUS_IN_TRANS) == 0;
}

// ---- texts

void MysqlConnection::append_text(std::string& out, std::string_view value) {
    const std::size_t from = out.size();
    out.resize(from + 2 * value.size() + 3);
    out[from] = '\'';
    const unsigned long length =
        mysql_real_escape_string(connection_, out.data() + from + 1, value.data() == nullptr ? "" : value.data(),
                                 static_cast<unsigned long>(value.size()));
    out[from + 1 + length] = '\'';
    out.resize(from + 2 + length);
}

void MysqlConnection::append_cell(std::string& out, const Column& column, std::size_t row) {
    if (column.is_null(row))
        out.append("NULL");
    else if (column.type() == ColumnType::text)
        append_text(out, column.words(row));
    else
        out.append(std::to_string(column.number(row)));
}

void MysqlConnection::append(std::string& out, const Parameter& parameter) {
    if (const auto* words = std::get_if<std::string_view>(&parameter)) return append_text(out, *words);
    if (const auto* number = std::get_if<std::int64_t>(&parameter)) {
        out.append(std::to_string(*number));
    } else if (const auto* flag = std::get_if<bool>(&parameter)) {
        out.append(*flag ? "TRUE" : "FALSE");
    } else {
        const Column& column = *std::get<const Column*>(parameter);
        if (column.size() == 0) out.append("NULL");  // as a list: nothing is equal to it
        for (std::size_t row = 0; row < column.size(); ++row) {
            if (row > 0) out.push_back(',');
            append_cell(out, column, row);
        }
    }
}

void MysqlConnection::fill(std::string& out, std::string_view text, Parameters parameters, std::size_t row) {
    for (;;) {
        const std::size_t mark = text.find('$');
        out.append(text.substr(0, mark));
        if (mark == std::string_view::npos) return;
        text.remove_prefix(mark + 1);
        std::size_t number = 0;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const Parameter& parameter = parameters[number - 1];
        const auto* const* column = std::get_if<const Column*>(&parameter);
        if (column != nullptr && row != std::string_view::npos)
            append_cell(out, **column, row);
        else
            append(out, parameter);
    }
}

}  // namespace ct::server::mysql
