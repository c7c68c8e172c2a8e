// Workspaces, users, devices and sessions.
#include "base/utf8.h"
#include "server/storage/sql/sql_storage.h"
#include "server/storage/sql/texts.h"

namespace ct::server::sql {

namespace {

std::string key_of(const Sha256& digest) {
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

/// The form by which names and addresses are compared: made here, so that no database's idea of letters comes into it.
/// As SQLite's NOCASE, it is for the 26 letters alone.
std::string compared(std::string_view text) {
    std::string folded(text);
    for (char& c : folded) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return folded;
}

User read_user(const Rows& rows) {
    User user;
    user.workspace = {rows.integer(0), rows.string(1), rows.string(2)};
    user.id = rows.string(3);
    user.email = rows.string(4);
    user.name = rows.string(5);
    user.role = find_role(rows.text(6)).value_or(Role::employee);
    user.disabled = rows.flag(7);
    user.password = rows.string(8);
    return user;
}

std::vector<User> read_users(Rows& rows) {
    std::vector<User> users;
    while (rows.next()) users.push_back(read_user(rows));
    return users;
}

/// The same of the same account in the same millisecond is one.
Result<void> log(Connection& connection, const Backend& backend, WorkspaceKey workspace, AccountChange change,
                 std::string_view user, std::string_view detail, const By& by) {
    return done(connection.run(
        backend.insert(insert_account_log()),
        {workspace, by.at, name(change), user, detail, std::string_view(by.user), std::string_view(by.device)}));
}

}  // namespace

Result<Workspace> SqlStorage::add_workspace(const std::string& id, const std::string& name, UnixMs now) {
    Workspace workspace{0, id, name};
    const std::string key = compared(name);
    const auto added = write([&](Connection& connection) -> Result<void> {
        const auto made = connection.run(backend_->insert(insert_workspace()),
                                         {std::string_view(id), std::string_view(name), std::string_view(key), now});
        if (!made) return fail(made.error());
        if (*made == 0) {
            return fail(ErrorKind::invalid, "NAME_TAKEN", "there is a workspace " + quote(name) + " already", "name");
        }
        auto rows = connection.query(text::kWorkspaceById, {std::string_view(id)});
        if (!rows) return fail(rows.error());
        if ((*rows)->next()) workspace.key = (*rows)->integer(0);
        return {};
    });
    if (!added) return fail(added.error());
    return workspace;
}

Result<std::vector<Workspace>> SqlStorage::workspaces() {
    auto rows = look(text::kWorkspaces, {});
    if (!rows) return fail(rows.error());
    std::vector<Workspace> found;
    while ((*rows)->next()) found.push_back({(*rows)->integer(0), (*rows)->string(1), (*rows)->string(2)});
    return found;
}

Result<void> SqlStorage::add_user(const User& user, const By& by) {
    const std::string key = compared(user.email);
    return write([&](Connection& connection) -> Result<void> {
        const auto made = connection.run(
            backend_->insert(insert_user()),
            {user.workspace.key, std::string_view(user.id), std::string_view(user.email), std::string_view(key),
             std::string_view(user.name), name(user.role), user.disabled, std::string_view(user.password), by.at});
        if (!made) return fail(made.error());
        if (*made == 0) {
            return fail(ErrorKind::invalid, "EMAIL_TAKEN", "there is a user " + quote(user.email) + " already",
                        "email");
        }
        return log(connection, *backend_, user.workspace.key, AccountChange::user_added, user.id, name(user.role), by);
    });
}

Result<std::vector<User>> SqlStorage::users(WorkspaceKey workspace) {
    auto rows = look(text::kUsers, {workspace});
    if (!rows) return fail(rows.error());
    return read_users(**rows);
}

Result<std::vector<User>> SqlStorage::find_users(std::string_view email, std::string_view workspace) {
    const std::string address = compared(email), name = compared(workspace);
    auto rows =
        look(text::kFindUsers, {std::string_view(address), workspace.empty(), std::string_view(name), workspace});
    if (!rows) return fail(rows.error());
    return read_users(**rows);
}

Result<void> SqlStorage::set_password(const User& user, std::string_view keep_device, const By& by) {
    return write([&](Connection& connection) -> Result<void> {
        const std::string_view id = user.id;
        auto set = done(connection.run(text::kSetPassword, {user.workspace.key, id, std::string_view(user.password)}));
        if (!set) return set;
        set = done(connection.run(text::kEndOtherSessions, {user.workspace.key, id, keep_device}));
        if (!set) return set;
        return log(connection, *backend_, user.workspace.key, AccountChange::password_set, id, {}, by);
    });
}

Result<void> SqlStorage::set_disabled(const User& user, bool disabled, const By& by) {
    return write([&](Connection& connection) -> Result<void> {
        const std::string_view id = user.id;
        auto set = done(connection.run(text::kSetDisabled, {user.workspace.key, id, disabled}));
        if (!set) return set;
        set = log(connection, *backend_, user.workspace.key,
                  disabled ? AccountChange::disabled : AccountChange::enabled, id, {}, by);
        if (!set || !disabled) return set;
        return done(connection.run(text::kEndSessions, {user.workspace.key, id}));
    });
}

Result<void> SqlStorage::set_role(const User& user, Role role, const By& by) {
    return write([&](Connection& connection) -> Result<void> {
        const std::string_view id = user.id;
        auto set = done(connection.run(text::kSetRole, {user.workspace.key, id, name(role)}));
        if (!set) return set;
        return log(connection, *backend_, user.workspace.key, AccountChange::role_changed, id, name(role), by);
    });
}

Result<void> SqlStorage::add_session(const User& user, const NewSession& session) {
    const std::string token = key_of(session.token);
    const WorkspaceKey workspace = user.workspace.key;
    const std::string_view device = session.device, id = user.id;
    return write([&](Connection& connection) -> Result<void> {
        auto known = done(connection.run(
            backend_->insert(insert_device(true)),
            {workspace, device, std::string_view(session.device_name), id, device, session.now, session.now}));
        if (!known) return known;
        auto ended = done(connection.run(text::kEndDeviceSession, {workspace, device}));
        if (!ended) return ended;
        auto added =
            done(connection.run(backend_->insert(insert_session()),
                                {std::string_view(token), workspace, device, id, session.expires_at, session.now}));
        if (!added) return added;
        return log(connection, *backend_, workspace, AccountChange::signed_in, id, device,
                   {user.id, session.device, session.now});
    });
}

Result<std::optional<Session>> SqlStorage::session(const Sha256& token) {
    const std::string key = key_of(token);
    auto rows = look(text::kSession, {std::string_view(key)});
    if (!rows) return fail(rows.error());
    if (!(*rows)->next()) return std::optional<Session>{};
    return std::optional(Session{read_user(**rows), (*rows)->string(9), (*rows)->integer(10), (*rows)->integer(11)});
}

Result<void> SqlStorage::touch_session(const Sha256& token, UnixMs now, UnixMs expires_at) {
    const std::string key = key_of(token);
    return write([&](Connection& connection) -> Result<void> {
        auto touched = done(connection.run(text::kTouchSession, {std::string_view(key), now, expires_at}));
        if (!touched) return touched;
        auto rows = connection.query(text::kSessionDevice, {std::string_view(key)});
        if (!rows) return fail(rows.error());
        if (!(*rows)->next()) return {};
        return done(connection.run(text::kTouchDevice, {(*rows)->integer(0), (*rows)->text(1), now}));
    });
}

Result<bool> SqlStorage::register_device(const Session& session, std::string_view device, UnixMs now) {
    const WorkspaceKey workspace = session.user.workspace.key;
    auto known = look(text::kDevice, {workspace, device});  // as a rule it is known, and nothing has to be written
    if (!known) return fail(known.error());
    if ((*known)->next()) return (*known)->text(0) == session.user.id;
    bool own = false;
    const auto added = write([&](Connection& connection) -> Result<void> {
        const std::string_view signed_in = session.device, user = session.user.id;
        auto before = connection.query(text::kDevice, {workspace, signed_in});
        if (!before) return fail(before.error());
        if (!(*before)->next()) return {};  // its session was ended at this very moment
        auto made = done(connection.run(backend_->insert(insert_device(false)),
                                        {workspace, device, (*before)->text(1), user, signed_in, now, now}));
        if (!made) return made;
        auto after = connection.query(text::kDevice, {workspace, device});  // another request may have been first
        if (!after) return fail(after.error());
        own = (*after)->next() && (*after)->text(0) == user;
        return {};
    });
    if (!added) return fail(added.error());
    return own;
}

Result<std::vector<Device>> SqlStorage::devices(WorkspaceKey workspace) {
    auto rows = look(text::kDevices, {workspace});
    if (!rows) return fail(rows.error());
    std::vector<Device> found;
    while ((*rows)->next()) {
        const Rows& row = **rows;
        found.push_back({row.string(0), row.string(1), row.string(2), row.string(3), row.integer(4), row.integer(5),
                         row.integer(6), row.flag(7), row.integer(8), row.integer(9), row.integer(10)});
    }
    return found;
}

Result<bool> SqlStorage::end_session(WorkspaceKey workspace, std::string_view device, const By& by) {
    bool ended = false;
    const auto written = write([&](Connection& connection) -> Result<void> {
        std::string owner;
        {
            auto known = connection.query(text::kDevice, {workspace, device});
            if (!known) return fail(known.error());
            if ((*known)->next()) owner = (*known)->string(0);
        }
        const auto deleted = connection.run(text::kEndSession, {workspace, device});
        ended = deleted && *deleted > 0;
        if (!ended) return done(deleted);
        return log(connection, *backend_, workspace, AccountChange::session_ended, owner, device, by);
    });
    if (!written) return fail(written.error());
    return ended;
}

Result<std::vector<AccountEntry>> SqlStorage::account_log(WorkspaceKey workspace, std::string_view user, int most) {
    auto rows = look(sql::account_log(most), {workspace, user});
    if (!rows) return fail(rows.error());
    std::vector<AccountEntry> found;
    while ((*rows)->next()) {
        const Rows& row = **rows;
        found.push_back({row.integer(0), row.string(1), row.string(2), row.string(3), row.string(4), row.string(5),
                         row.string(6), row.string(7), row.string(8)});
    }
    return found;
}

}  // namespace ct::server::sql
