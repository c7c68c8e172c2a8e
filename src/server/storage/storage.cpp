#include "server/storage/storage.h"

#include <array>

#include "base/file.h"
#include "server/storage/sqlite/sqlite_storage.h"

namespace ct::server {

namespace {

constexpr std::array<std::string_view, 3> kRoles{"ADMIN", "MANAGER", "EMPLOYEE"};

}  // namespace

std::string_view name(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

std::optional<Role> find_role(std::string_view wanted) {
    for (std::size_t i = 0; i < kRoles.size(); ++i) {
        if (kRoles[i] == wanted) return static_cast<Role>(i);
    }
    return std::nullopt;
}

Result<std::unique_ptr<Storage>> open_storage(const std::string& url, Random& random, IfMissing missing) {
    for (const std::string_view scheme : {"postgresql://", "postgres://", "mysql://", "mariadb://"}) {
        if (url.starts_with(scheme)) {
            return fail(ErrorKind::invalid, "UNSUPPORTED_DATABASE",
                        "databases of the kind " + std::string(scheme) + " are not supported by this build yet");
        }
    }
    std::string_view path = url;
    if (path.starts_with("file:")) path.remove_prefix(5);
    if (path.empty() || path.find("://") != std::string_view::npos) {
        return fail(ErrorKind::invalid, "UNSUPPORTED_DATABASE", "\"" + url + "\" names no database: use file:PATH");
    }
    if (missing == IfMissing::refuse && !path_exists(std::string(path))) {
        return fail(ErrorKind::not_found, "NO_DATABASE",
                    "there is no database " + std::string(path) + "; `colortouchd migrate` makes one");
    }
    return sqlite::SqliteStorage::open(std::string(path), random);
}

}  // namespace ct::server
