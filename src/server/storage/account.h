// Workspaces, users, devices and tokens as a database keeps them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"

namespace ct::server {

/// The database's own short number of a workspace; it leads every key.
using WorkspaceKey = std::int64_t;

enum class Role : std::uint8_t { admin, manager, employee };
[[nodiscard]] std::string_view name(Role role);  ///< "ADMIN"
[[nodiscard]] std::optional<Role> find_role(std::string_view name);

struct Workspace {
    WorkspaceKey key = 0;
    std::string id, name;
};

struct User {
    Workspace workspace;
    std::string id, email, name;
    Role role = Role::employee;
    bool disabled = false;
    std::string password;  ///< argon2id in libsodium's text form
};

/// What a valid token stands for.
struct Session {
    User user;
    std::string device;  ///< that signed in; for a push or pull the device that it names
    UnixMs expires_at = 0;
    UnixMs seen_at = 0;  ///< as last noted: not every request is
};

struct NewSession {
    Sha256 token{};  ///< hash of the token; the token itself is nowhere
    std::string device, device_name;
    UnixMs now = 0, expires_at = 0;
};

struct Device {
    std::string id, name, user_id, user_name;
    UnixMs created_at = 0, seen_at = 0;
    std::int64_t operations = 0;  ///< sent ever
    bool signed_in = false;
    std::int64_t waiting = 0;    ///< operations that it said it had not settled with us; means nothing without told_at
    UnixMs waiting_since = 0;    ///< when the oldest of them was made; 0: none waits
    UnixMs waiting_told_at = 0;  ///< when it said so; 0: never
};

/// Who changes an account, from where and when. No user: whoever runs this program, at its command line.
struct By {
    std::string user, device;  ///< ids
    UnixMs at = 0;
};

enum class AccountChange : std::uint8_t {
    user_added,     ///< detail: the role
    password_set,   ///< ended the user's other sessions
    disabled,       ///< ended the user's sessions
    enabled,        ///< may sign in again
    role_changed,   ///< detail: the role
    signed_in,      ///< detail: the device
    session_ended,  ///< detail: the device; by its user (signed out) or by somebody else (revoked)
};
[[nodiscard]] std::string_view name(AccountChange change);  ///< "USER_ADDED"

/// An entry of the log of accounts, which is for ever.
struct AccountEntry {
    UnixMs at = 0;
    std::string change;                               ///< its name
    std::string user, user_name, detail;              ///< whose account
    std::string by, by_name, by_device, device_name;  ///< names are those of today; `by` empty: see By
};

/// What is held against somebody who guesses passwords.
struct Guesses {
    std::int64_t failures = 0;  ///< 0: nothing
    UnixMs last = 0;            ///< when the last of them was
    std::int64_t wait_ms = 0;   ///< from then on
    bool operator==(const Guesses&) const = default;
};

/// Every method is one transaction of its own; what changes an account writes the log in the same one.
class Accounts {
  public:
    virtual ~Accounts() = default;

    /// Error NAME_TAKEN.
    [[nodiscard]] virtual Result<Workspace> add_workspace(const std::string& id, const std::string& name,
                                                          UnixMs now) = 0;
    [[nodiscard]] virtual Result<std::vector<Workspace>> workspaces() = 0;
    /// Error EMAIL_TAKEN (within the workspace; letter case does not count).
    [[nodiscard]] virtual Result<void> add_user(const User& user, const By& by) = 0;
    [[nodiscard]] virtual Result<std::vector<User>> users(WorkspaceKey workspace) = 0;
    /// Users of that e-mail address in any workspace; `workspace` (a name or an id) narrows it unless empty.
    [[nodiscard]] virtual Result<std::vector<User>> find_users(std::string_view email, std::string_view workspace) = 0;
    /// Ends all sessions of the user except that of `keep_device`.
    [[nodiscard]] virtual Result<void> set_password(const User& user, std::string_view keep_device, const By& by) = 0;
    /// Disabling ends all sessions of the user.
    [[nodiscard]] virtual Result<void> set_disabled(const User& user, bool disabled, const By& by) = 0;
    /// From the next request on, with the sessions as they are: a pull that goes on from a cursor of the old role has
    /// to begin anew.
    [[nodiscard]] virtual Result<void> set_role(const User& user, Role role, const By& by) = 0;

    /// Replaces what the device had; a device that is new gets its row.
    [[nodiscard]] virtual Result<void> add_session(const User& user, const NewSession& session) = 0;
    [[nodiscard]] virtual Result<std::optional<Session>> session(const Sha256& token) = 0;
    [[nodiscard]] virtual Result<void> touch_session(const Sha256& token, UnixMs now, UnixMs expires_at) = 0;
    /// A client that took a new device id goes on with the token it has. False: the id is another user's.
    [[nodiscard]] virtual Result<bool> register_device(const Session& session, std::string_view device, UnixMs now) = 0;
    [[nodiscard]] virtual Result<std::vector<Device>> devices(WorkspaceKey workspace) = 0;
    /// Ends the sign-in that the device uses, its own or that of the id it had before. False when there was none. The
    /// device's sequence stays on record.
    [[nodiscard]] virtual Result<bool> end_session(WorkspaceKey workspace, std::string_view device, const By& by) = 0;

    /// The newest first; empty members leave everything in. `user`: whose account, or who changed it.
    [[nodiscard]] virtual Result<std::vector<AccountEntry>> account_log(WorkspaceKey workspace, std::string_view user,
                                                                        int most) = 0;

    /// Lets `change` change what stands under these keys (64 characters at most, no two alike), in their order, while
    /// nobody else does. It may be called again, with what stands there then.
    [[nodiscard]] virtual Result<void> change_guesses(std::span<const std::string> keys,
                                                      const std::function<void(std::span<Guesses>)>& change) = 0;
    /// Forgets those whose last attempt was before that.
    [[nodiscard]] virtual Result<void> forget_guesses(UnixMs before) = 0;
};

}  // namespace ct::server
