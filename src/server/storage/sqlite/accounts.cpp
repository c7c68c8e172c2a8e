// Workspaces, users, devices and sessions.
#include "base/utf8.h"
#include "server/storage/sqlite/sqlite_storage.h"

namespace ct::server::sqlite {

namespace {

std::string_view bytes(const Sha256& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

constexpr const char* kUserColumns =
    "w.workspace_id, w.id, w.name, u.id, u.email, u.name, u.role, u.disabled, u.password";

User read_user(const Use& use) {
    User user;
    user.workspace = {use.column_integer(0), use.column_string(1), use.column_string(2)};
    user.id = use.column_string(3);
    user.email = use.column_string(4);
    user.name = use.column_string(5);
    user.role = find_role(use.column_text(6)).value_or(Role::employee);
    user.disabled = use.column_integer(7) != 0;
    user.password = use.column_string(8);
    return user;
}

template <class Read>
Result<void> each_row(Use& use, Read&& read) {
    for (;;) {
        const auto row = use.step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        read(use);
    }
}

Result<bool> exists(Connection& connection, const std::string& sql, std::string_view a, WorkspaceKey b) {
    auto use = connection.prepare(sql);
    if (!use) return fail(use.error());
    return use->text(a).integer(b).step();
}

/// The same of the same account in the same millisecond is one.
Result<void> log(Connection& connection, WorkspaceKey workspace, AccountChange change, std::string_view user,
                 std::string_view detail, const By& by) {
    auto use = connection.prepare(
        "INSERT OR IGNORE INTO account_log(workspace_id, at, what, user_id, detail, by_user, by_device)"
        " VALUES(?, ?, ?, ?, ?, ?, ?)");
    if (!use) return fail(use.error());
    return use->integer(workspace)
        .integer(by.at)
        .text(name(change))
        .text(user)
        .text(detail)
        .text(by.user)
        .text(by.device)
        .run();
}

}  // namespace

Result<Workspace> SqliteStorage::add_workspace(const std::string& id, const std::string& name, UnixMs now) {
    Workspace workspace{0, id, name};
    const auto done = write([&](Connection& connection) -> Result<void> {
        const auto taken = exists(connection, "SELECT 1 FROM workspace WHERE name = ? AND ? = 0", name, 0);
        if (!taken) return fail(taken.error());
        if (*taken)
            return fail(ErrorKind::invalid, "NAME_TAKEN", "there is a workspace " + quote(name) + " already", "name");
        auto use =
            connection.prepare("INSERT INTO workspace(id, name, created_at) VALUES(?, ?, ?) RETURNING workspace_id");
        if (!use) return fail(use.error());
        const auto row = use->text(id).text(name).integer(now).step();
        if (!row) return fail(row.error());
        workspace.key = use->column_integer(0);
        return {};
    });
    if (!done) return fail(done.error());
    return workspace;
}

Result<std::vector<Workspace>> SqliteStorage::workspaces() {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use = (*loan)->prepare("SELECT workspace_id, id, name FROM workspace ORDER BY workspace_id");
    if (!use) return fail(use.error());
    std::vector<Workspace> found;
    auto read = each_row(*use, [&](const Use& row) {
        found.push_back({row.column_integer(0), row.column_string(1), row.column_string(2)});
    });
    if (!read) return fail(read.error());
    return found;
}

Result<void> SqliteStorage::add_user(const User& user, const By& by) {
    return write([&](Connection& connection) -> Result<void> {
        const auto taken = exists(connection, "SELECT 1 FROM user WHERE email = ? AND workspace_id = ?", user.email,
                                  user.workspace.key);
        if (!taken) return fail(taken.error());
        if (*taken)
            return fail(ErrorKind::invalid, "EMAIL_TAKEN", "there is a user " + quote(user.email) + " already",
                        "email");
        auto use = connection.prepare(
            "INSERT INTO user(workspace_id, id, email, name, role, disabled, password, created_at) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
        if (!use) return fail(use.error());
        use->integer(user.workspace.key).text(user.id).text(user.email).text(user.name).text(name(user.role));
        use->integer(user.disabled ? 1 : 0).text(user.password).integer(by.at);
        if (auto added = use->run(); !added) return added;
        return log(connection, user.workspace.key, AccountChange::user_added, user.id, name(user.role), by);
    });
}

Result<std::vector<User>> SqliteStorage::users(WorkspaceKey workspace) {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use =
        (*loan)->prepare(std::string("SELECT ") + kUserColumns +
                         " FROM user u JOIN workspace w USING(workspace_id) WHERE u.workspace_id = ? ORDER BY u.email");
    if (!use) return fail(use.error());
    std::vector<User> found;
    use->integer(workspace);
    auto read = each_row(*use, [&](const Use& row) { found.push_back(read_user(row)); });
    if (!read) return fail(read.error());
    return found;
}

Result<std::vector<User>> SqliteStorage::find_users(std::string_view email, std::string_view workspace) {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use = (*loan)->prepare(std::string("SELECT ") + kUserColumns +
                                " FROM user u JOIN workspace w USING(workspace_id)"
                                " WHERE u.email = ?1 AND (?2 = '' OR w.name = ?2 OR w.id = ?2)");
    if (!use) return fail(use.error());
    std::vector<User> found;
    use->text(email).text(workspace);
    auto read = each_row(*use, [&](const Use& row) { found.push_back(read_user(row)); });
    if (!read) return fail(read.error());
    return found;
}

Result<void> SqliteStorage::set_password(const User& user, std::string_view keep_device, const By& by) {
    return write([&](Connection& connection) -> Result<void> {
        auto update = connection.prepare("UPDATE user SET password = ? WHERE workspace_id = ? AND id = ?");
        if (!update) return fail(update.error());
        auto done = update->text(user.password).integer(user.workspace.key).text(user.id).run();
        if (!done) return done;
        auto end = connection.prepare("DELETE FROM session WHERE workspace_id = ? AND user_id = ? AND device_id <> ?");
        if (!end) return fail(end.error());
        done = end->integer(user.workspace.key).text(user.id).text(keep_device).run();
        if (!done) return done;
        return log(connection, user.workspace.key, AccountChange::password_set, user.id, {}, by);
    });
}

Result<void> SqliteStorage::set_disabled(const User& user, bool disabled, const By& by) {
    return write([&](Connection& connection) -> Result<void> {
        auto update = connection.prepare("UPDATE user SET disabled = ? WHERE workspace_id = ? AND id = ?");
        if (!update) return fail(update.error());
        auto done = update->integer(disabled ? 1 : 0).integer(user.workspace.key).text(user.id).run();
        if (!done) return done;
        done = log(connection, user.workspace.key, disabled ? AccountChange::disabled : AccountChange::enabled, user.id,
                   {}, by);
        if (!done || !disabled) return done;
        auto end = connection.prepare("DELETE FROM session WHERE workspace_id = ? AND user_id = ?");
        if (!end) return fail(end.error());
        return end->integer(user.workspace.key).text(user.id).run();
    });
}

Result<void> SqliteStorage::set_role(const User& user, Role role, const By& by) {
    return write([&](Connection& connection) -> Result<void> {
        auto update = connection.prepare("UPDATE user SET role = ? WHERE workspace_id = ? AND id = ?");
        if (!update) return fail(update.error());
        auto done = update->text(name(role)).integer(user.workspace.key).text(user.id).run();
        if (!done) return done;
        return log(connection, user.workspace.key, AccountChange::role_changed, user.id, name(role), by);
    });
}

Result<void> SqliteStorage::add_session(const User& user, const NewSession& session) {
    return write([&](Connection& connection) -> Result<void> {
        const WorkspaceKey workspace = user.workspace.key;
        auto device = connection.prepare(
            "INSERT INTO device(workspace_id, id, name, user_id, session_device, created_at, seen_at)"
            " VALUES(?1, ?2, ?3, ?4, ?2, ?5, ?5)"
            " ON CONFLICT DO UPDATE SET name = ?3, user_id = ?4, session_device = ?2, seen_at = ?5");
        if (!device) return fail(device.error());
        device->integer(workspace).text(session.device).text(session.device_name).text(user.id).integer(session.now);
        if (auto done = device->run(); !done) return done;
        auto before = connection.prepare("DELETE FROM session WHERE workspace_id = ? AND device_id = ?");
        if (!before) return fail(before.error());
        if (auto done = before->integer(workspace).text(session.device).run(); !done) return done;
        auto use = connection.prepare(
            "INSERT INTO session(token, workspace_id, device_id, user_id, expires_at, seen_at) VALUES(?, ?, ?, ?, ?, "
            "?)");
        if (!use) return fail(use.error());
        use->blob(bytes(session.token)).integer(workspace).text(session.device).text(user.id);
        if (auto added = use->integer(session.expires_at).integer(session.now).run(); !added) return added;
        return log(connection, workspace, AccountChange::signed_in, user.id, session.device,
                   {user.id, session.device, session.now});
    });
}

Result<std::optional<Session>> SqliteStorage::session(const Sha256& token) {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use = (*loan)->prepare(std::string("SELECT ") + kUserColumns +
                                ", s.device_id, s.expires_at, s.seen_at FROM session s"
                                " JOIN user u ON u.workspace_id = s.workspace_id AND u.id = s.user_id"
                                " JOIN workspace w ON w.workspace_id = s.workspace_id WHERE s.token = ?");
    if (!use) return fail(use.error());
    const auto row = use->blob(bytes(token)).step();
    if (!row) return fail(row.error());
    if (!*row) return std::optional<Session>{};
    return std::optional(
        Session{read_user(*use), use->column_string(9), use->column_integer(10), use->column_integer(11)});
}

Result<void> SqliteStorage::touch_session(const Sha256& token, UnixMs now, UnixMs expires_at) {
    return write([&](Connection& connection) -> Result<void> {
        auto session = connection.prepare("UPDATE session SET seen_at = ?2, expires_at = ?3 WHERE token = ?1");
        if (!session) return fail(session.error());
        if (auto done = session->blob(bytes(token)).integer(now).integer(expires_at).run(); !done) return done;
        auto device = connection.prepare(
            "UPDATE device SET seen_at = ?2 WHERE (workspace_id, id) = "
            "(SELECT workspace_id, device_id FROM session WHERE token = ?1)");
        if (!device) return fail(device.error());
        return device->blob(bytes(token)).integer(now).run();
    });
}

namespace {

/// Whose the device is; nothing when it is unknown.
Result<std::optional<std::string>> user_of(Connection& connection, WorkspaceKey workspace, std::string_view device) {
    auto use = connection.prepare("SELECT user_id FROM device WHERE id = ? AND workspace_id = ?");
    if (!use) return fail(use.error());
    const auto row = use->text(device).integer(workspace).step();
    if (!row) return fail(row.error());
    return *row ? std::optional(use->column_string(0)) : std::nullopt;
}

}  // namespace

Result<bool> SqliteStorage::register_device(const Session& session, std::string_view device, UnixMs now) {
    const WorkspaceKey workspace = session.user.workspace.key;
    std::optional<std::string> owner;
    {
        auto loan = reader();
        if (!loan) return fail(loan.error());
        auto known = user_of(**loan, workspace, device);  // as a rule it is known, and nothing has to be written
        if (!known) return fail(known.error());
        owner = std::move(*known);
    }
    if (owner) return *owner == session.user.id;
    const auto done = write([&](Connection& connection) -> Result<void> {
        auto use = connection.prepare(
            "INSERT INTO device(workspace_id, id, name, user_id, session_device, created_at, seen_at)"
            " SELECT ?1, ?2, name, ?3, ?4, ?5, ?5 FROM device WHERE workspace_id = ?1 AND id = ?4"
            " ON CONFLICT DO NOTHING");
        if (!use) return fail(use.error());
        use->integer(workspace).text(device).text(session.user.id).text(session.device).integer(now);
        if (auto added = use->run(); !added) return added;
        auto known = user_of(connection, workspace, device);  // another request may have been first
        if (!known) return fail(known.error());
        owner = std::move(*known);
        return {};
    });
    if (!done) return fail(done.error());
    return owner == session.user.id;
}

Result<std::vector<Device>> SqliteStorage::devices(WorkspaceKey workspace) {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use = (*loan)->prepare(
        "SELECT d.id, d.name, d.user_id, coalesce(u.name, ''), d.created_at, d.seen_at, d.next_sequence,"
        " s.token IS NOT NULL, coalesce(q.operations, 0), coalesce(q.since, 0), coalesce(q.told_at, 0) FROM device d"
        " LEFT JOIN waiting q ON q.workspace_id = d.workspace_id AND q.device_id = d.id"
        " LEFT JOIN user u ON u.workspace_id = d.workspace_id AND u.id = d.user_id"
        " LEFT JOIN session s ON s.workspace_id = d.workspace_id AND s.device_id = d.session_device"
        " WHERE d.workspace_id = ? ORDER BY d.seen_at DESC, d.id");
    if (!use) return fail(use.error());
    std::vector<Device> found;
    use->integer(workspace);
    auto read = each_row(*use, [&](const Use& row) {
        found.push_back({row.column_string(0), row.column_string(1), row.column_string(2), row.column_string(3),
                         row.column_integer(4), row.column_integer(5), row.column_integer(6),
                         row.column_integer(7) != 0, row.column_integer(8), row.column_integer(9),
                         row.column_integer(10)});
    });
    if (!read) return fail(read.error());
    return found;
}

Result<bool> SqliteStorage::end_session(WorkspaceKey workspace, std::string_view device, const By& by) {
    bool ended = false;
    const auto done = write([&](Connection& connection) -> Result<void> {
        const auto owner = user_of(connection, workspace, device);
        if (!owner) return fail(owner.error());
        auto use = connection.prepare(
            "DELETE FROM session WHERE workspace_id = ?1 AND device_id ="
            " (SELECT session_device FROM device WHERE workspace_id = ?1 AND id = ?2)");
        if (!use) return fail(use.error());
        auto deleted = use->integer(workspace).text(device).run();
        ended = deleted && connection.changed() > 0;
        if (!ended) return deleted;
        return log(connection, workspace, AccountChange::session_ended, owner->value_or(std::string()), device, by);
    });
    if (!done) return fail(done.error());
    return ended;
}

Result<std::vector<AccountEntry>> SqliteStorage::account_log(WorkspaceKey workspace, std::string_view user, int most) {
    auto loan = reader();
    if (!loan) return fail(loan.error());
    auto use = (*loan)->prepare(
        "SELECT l.at, l.what, l.user_id, coalesce(u.name, ''), l.detail, l.by_user, coalesce(b.name, ''), l.by_device,"
        " coalesce(d.name, '') FROM account_log l"
        " LEFT JOIN user u ON u.workspace_id = l.workspace_id AND u.id = l.user_id"
        " LEFT JOIN user b ON b.workspace_id = l.workspace_id AND b.id = l.by_user"
        " LEFT JOIN device d ON d.workspace_id = l.workspace_id AND d.id = l.by_device"
        " WHERE l.workspace_id = ?1 AND ?2 IN ('', l.user_id, l.by_user)"
        " ORDER BY l.at DESC, l.what DESC, l.user_id LIMIT ?3");
    if (!use) return fail(use.error());
    use->integer(workspace).text(user).integer(most);
    std::vector<AccountEntry> found;
    auto read = each_row(*use, [&](const Use& row) {
        found.push_back({row.column_integer(0), row.column_string(1), row.column_string(2), row.column_string(3),
                         row.column_string(4), row.column_string(5), row.column_string(6), row.column_string(7),
                         row.column_string(8)});
    });
    if (!read) return fail(read.error());
    return found;
}

}  // namespace ct::server::sqlite
