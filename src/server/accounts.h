// Making workspaces and users, with the checks that the command line, the demo and tests share.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "server/passwords.h"
#include "server/storage/storage.h"

namespace ct::server {

struct NewUser {
    std::string email, name, password;
    Role role = Role::employee;
};

/// Errors INVALID_NAME, NAME_TAKEN.
[[nodiscard]] Result<Workspace> create_workspace(Storage& storage, const Clock& clock, Random& random,
                                                 std::string name);
/// Errors INVALID_EMAIL, INVALID_NAME, WEAK_PASSWORD, EMAIL_TAKEN.
[[nodiscard]] Result<User> create_user(Storage& storage, const Clock& clock, Random& random, Passwords& passwords,
                                       const Workspace& workspace, const NewUser& user);
/// By name (any letter case) or id. Error NO_WORKSPACE.
[[nodiscard]] Result<Workspace> find_workspace(Storage& storage, std::string_view name);
/// Error NO_USER.
[[nodiscard]] Result<User> find_user(Storage& storage, const Workspace& workspace, std::string_view email);

/// Trimmed and lower case, as it is stored and compared.
[[nodiscard]] Result<std::string> canonical_email(std::string_view email);

}  // namespace ct::server
