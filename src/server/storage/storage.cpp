#include "server/storage/storage.h"

#include <array>

#include "base/file.h"
#include "server/storage/mysql/mysql_backend.h"
#include "server/storage/postgres/postgres_backend.h"
#include "server/storage/sql/sql_storage.h"
#include "server/storage/sqlite/sqlite_storage.h"

namespace ct::server {

namespace {

constexpr std::array<std::string_view, 3> kRoles{"ADMIN", "MANAGER", "EMPLOYEE"};
constexpr std::array<std::string_view, 7> kAccountChanges{"USER_ADDED",   "PASSWORD_SET", "DISABLED",     "ENABLED",
                                                          "ROLE_CHANGED", "SIGNED_IN",    "SESSION_ENDED"};

bool has_scheme(const std::string& url, std::string_view one, std::string_view other) {
    return url.starts_with(one) || url.starts_with(other);
}

Result<std::unique_ptr<Storage>> on_server(Result<std::unique_ptr<sql::Backend>> backend, Random& random,
                                           IfMissing missing) {
    if (!backend) return fail(backend.error());
    return sql::SqlStorage::open(std::move(*backend), random, missing);
}

}  // namespace

std::string_view name(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

std::string_view name(AccountChange change) { return kAccountChanges[static_cast<std::size_t>(change)]; }

std::optional<Role> find_role(std::string_view wanted) {
    for (std::size_t i = 0; i < kRoles.size(); ++i) {
        if (kRoles[i] == wanted) return static_cast<Role>(i);
    }
    return std::nullopt;
}

Result<std::unique_ptr<Storage>> open_storage(const std::string& url, Random& random, IfMissing missing) {
    if (has_scheme(url, "postgresql://", "postgres://")) return on_server(postgres::backend(url), random, missing);
    if (has_scheme(url, "mysql://", "mariadb://")) return on_server(mysql::backend(url), random, missing);
    std::string_view path = url;
    if (path.starts_with("file:")) path.remove_prefix(5);
    if (path.empty() || path.find("://") != std::string_view::npos) {
        return fail(ErrorKind::invalid, "UNSUPPORTED_DATABASE",
                    "DATABASE_URL names no database: use file:PATH, postgresql://… or mysql://…");
    }
    if (missing == IfMissing::refuse && !path_exists(std::string(path))) {
        return fail(ErrorKind::not_found, "NO_DATABASE",
                    "there is no database " + std::string(path) + "; `colortouchd migrate` makes one");
    }
    return sqlite::SqliteStorage::open(std::string(path), random);
}

Result<std::unique_ptr<Storage>> open_replica(const std::string& url) {
    const bool postgres = has_scheme(url, "postgresql://", "postgres://");
    if (!postgres && !has_scheme(url, "mysql://", "mariadb://")) {
        return fail(ErrorKind::invalid, "UNSUPPORTED_DATABASE",
                    "DATABASE_URL_REPLICA names no database server: use postgresql://… or mysql://…");
    }
    auto backend = postgres ? postgres::backend(url) : mysql::backend(url);
    if (!backend) return fail(backend.error());
    return sql::SqlStorage::open_as_it_is(std::move(*backend));
}

}  // namespace ct::server
