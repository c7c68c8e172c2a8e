#include "server/storage/sql/texts.h"

#include <array>

namespace ct::server::sql {

namespace {

constexpr std::array<std::string_view, kFirstField> kSystemColumns{
    "id",       "version",       "feed",          "deleted", "created_at", "updated_at",
    "owner_id", "owner_version", "former_owners", "extra",   "origins"};

std::string columns(crm::Model model, const std::string& prefix = {}) {
    std::string list;
    for (const std::string_view column : kSystemColumns) {
        list += (list.empty() ? "" : ", ") + prefix + std::string(column);
    }
    for (const crm::FieldDef& field : crm::def(model).fields) list += ", " + prefix + quoted(field.name);
    return list;
}

std::string limit(int rows) { return " LIMIT " + std::to_string(rows); }

}  // namespace

std::string quoted(std::string_view identifier) { return '"' + std::string(identifier) + '"'; }

std::string table(crm::Model model) { return quoted(crm::def(model).table); }

ColumnType type_of(const crm::FieldDef& field) {
    switch (field.type) {
        case crm::FieldType::money:
        case crm::FieldType::instant:
        case crm::FieldType::integer: return ColumnType::integer;
        case crm::FieldType::flag: return ColumnType::flag;
        default: return ColumnType::text;
    }
}

std::string Backend::set_version() const { return text::kSetVersion; }

std::string Backend::rows_of(const std::string& columns, const std::string& table, const std::string& column,
                             const std::string& and_also) const {
    return "SELECT " + columns + " FROM " + table + " WHERE workspace_id = $1 AND " + among(column, 2) + and_also;
}

Insert insert_workspace() {
    return {.table = "workspace",
            .columns = {"id", "name", "name_key", "created_at"},
            .fixed = 4,
            .key = {"name_key"},
            .may_exist = true};
}

Insert insert_user() {
    return {
        .table = "\"user\"",
        .columns = {"workspace_id", "id", "email", "email_key", "name", "role", "disabled", "password", "created_at"},
        .fixed = 9,
        .key = {"workspace_id", "email_key"},
        .may_exist = true};
}

Insert insert_account_log() {
    return {.table = "account_log",
            .columns = {"workspace_id", "at", "what", "user_id", "detail", "by_user", "by_device"},
            .fixed = 7,
            .key = {"workspace_id", "at", "what", "user_id"},
            .may_exist = true};
}

Insert insert_device(bool sign_in) {
    Insert insert{.table = "device",
                  .columns = {"workspace_id", "id", "name", "user_id", "session_device", "created_at", "seen_at"},
                  .fixed = 7,
                  .key = {"workspace_id", "id"},
                  .may_exist = true};
    if (sign_in) insert.update = {"name", "user_id", "session_device", "seen_at"};
    return insert;
}

Insert insert_attachment() {
    return {.table = "attachment",
            .columns = {"workspace_id", "id", "model", "record_id", "name", "type", "size", "sha256", "user_id",
                        "device_id", "created_at", "completed_at"},
            .fixed = 12,
            .key = {"workspace_id", "id"},
            .may_exist = true};
}

Insert insert_session() {
    return {.table = "session",
            .columns = {"token", "workspace_id", "device_id", "user_id", "expires_at", "seen_at"},
            .fixed = 6};
}

Insert insert_guesses() {
    return {.table = "guess",
            .columns = {"id", "failures", "last_at", "wait_ms"},
            .fixed = 4,
            .key = {"id"},
            .may_exist = true};
}

Insert insert_sent() {
    return {.table = "sent", .columns = {"workspace_id", "device_id", "sequence", "operation_id"}, .fixed = 2};
}

Insert insert_log(bool again) {
    Insert insert{.table = "operation_log",
                  .columns = {"workspace_id", "received_at", "id", "operation", "model", "record_id", "base", "stamp",
                              "policy", "group_id", "data", "user_id", "device_id", "sequence", "content", "verdict",
                              "version", "result", "lost"},
                  .fixed = 2,
                  .key = {"workspace_id", "id"},
                  .may_exist = again};
    if (again) {
        for (const std::string& column : insert.columns) {
            if (column != "workspace_id" && column != "id") insert.update.push_back(column);
        }
    }
    return insert;
}

Insert save_records(crm::Model model, bool new_ones) {
    Insert insert{.table = sql::table(model),
                  .columns = {"workspace_id"},
                  .fixed = 1,
                  .key = {"workspace_id", "id"},
                  .may_exist = !new_ones};
    for (const std::string_view column : kSystemColumns) {
        insert.columns.emplace_back(column);
        if (column != "id") insert.update.emplace_back(column);
    }
    for (const crm::FieldDef& field : crm::def(model).fields) {
        insert.columns.push_back(quoted(field.name));
        insert.update.push_back(quoted(field.name));
    }
    return insert;
}

std::string receipts(const Backend& backend) {
    return backend.rows_of("id, content, verdict, version, result", "operation_log", "id", {});
}

std::string load(const Backend& backend, crm::Model model) {
    return backend.rows_of(columns(model), table(model), "id", {});
}

std::string children(const Backend& backend, crm::Model model) {
    const crm::ModelDef& def = crm::def(model);
    return backend.rows_of("id", table(model), quoted(def.fields[*def.parent].name), {});
}

/// The limit keeps planners from turning the look at each reminder's lead into a join, which reads all leads for a
/// page.
std::string snapshot(Phase phase, bool all, int rows) {
    constexpr const char* kOpenLead = "status IN ('PENDING', 'FOLLOW_UP')";
    const std::string open_reminder =
        "(r.\"isCompleted\" IS NOT TRUE AND EXISTS(SELECT 1 FROM \"lead\" l WHERE l.workspace_id = r.workspace_id"
        " AND l.id = r.\"leadId\" AND NOT l.deleted AND l.version <= $3 AND l." +
        std::string(kOpenLead) + " LIMIT 1 OFFSET 0))";
    std::string where;
    switch (phase) {
        case Phase::open_leads: where = std::string(" AND r.") + kOpenLead; break;
        case Phase::other_leads: where = std::string(" AND (r.") + kOpenLead + ") IS NOT TRUE"; break;
        case Phase::open_reminders: where = " AND " + open_reminder; break;
        case Phase::other_reminders: where = " AND NOT " + open_reminder; break;
        case Phase::payments:
        case Phase::notes: break;
    }
    const crm::Model model = model_of(phase);
    return "SELECT " + columns(model, "r.") + " FROM " + table(model) + " r WHERE r.workspace_id = $1 AND r.id < $2" +
           (all ? "" : " AND r.owner_id = $4") + " AND NOT r.deleted AND r.feed <= $3" + where + " ORDER BY r.id DESC" +
           limit(rows);
}

/// The user's id stands in former_owners as a word of its own, and ids have one form.
std::string changes(crm::Model model, bool all, int rows) {
    return "SELECT " + columns(model) + " FROM " + table(model) + " WHERE workspace_id = $1 AND feed > $2" +
           (all ? "" : " AND (owner_id = $3 OR position($3 IN former_owners) > 0)") + " ORDER BY feed" + limit(rows);
}

std::string troubles(int most) {
    return "SELECT l.received_at, l.verdict, l.operation, l.model, l.record_id, coalesce(u.name, ''), coalesce(d.name, "
           "''),"
           " l.result FROM operation_log l"
           " LEFT JOIN \"user\" u ON u.workspace_id = l.workspace_id AND u.id = l.user_id"
           " LEFT JOIN device d ON d.workspace_id = l.workspace_id AND d.id = l.device_id"
           " WHERE l.workspace_id = $1 AND l.verdict IN ('conflict', 'rejected')"
           " ORDER BY l.received_at DESC, l.id DESC" +
           limit(most);
}

/// Ids of operations are made with the time at which the edit was made: their order is that of the edits.
std::string audit(int most) {
    return "SELECT l.id, l.operation, l.model, l.record_id, l.verdict, l.user_id, coalesce(u.name, ''), l.device_id,"
           " coalesce(d.name, ''), coalesce(l.data, ''), coalesce(l.lost, ''), l.version, l.received_at"
           " FROM operation_log l"
           " LEFT JOIN \"user\" u ON u.workspace_id = l.workspace_id AND u.id = l.user_id"
           " LEFT JOIN device d ON d.workspace_id = l.workspace_id AND d.id = l.device_id"
           " WHERE l.workspace_id = $1 AND ($2 = '' OR l.record_id = $2) AND ($3 = '' OR l.user_id = $3)"
           " AND ($4 = '' OR l.device_id = $4) ORDER BY l.id DESC" +
           limit(most);
}

std::string account_log(int most) {
    return "SELECT l.at, l.what, l.user_id, coalesce(u.name, ''), l.detail, l.by_user, coalesce(b.name, ''),"
           " l.by_device, coalesce(d.name, '') FROM account_log l"
           " LEFT JOIN \"user\" u ON u.workspace_id = l.workspace_id AND u.id = l.user_id"
           " LEFT JOIN \"user\" b ON b.workspace_id = l.workspace_id AND b.id = l.by_user"
           " LEFT JOIN device d ON d.workspace_id = l.workspace_id AND d.id = l.by_device"
           " WHERE l.workspace_id = $1 AND ($2 = '' OR l.user_id = $2 OR l.by_user = $2)"
           " ORDER BY l.at DESC, l.what DESC, l.user_id" +
           limit(most);
}

std::string sees(crm::Model model) {
    return "SELECT id FROM " + table(model) +
           " WHERE workspace_id = $1 AND id = $2 AND NOT deleted AND ($3 = '' OR owner_id = $3)";
}

std::string changed_records(const Backend& backend, crm::Model model) {
    return backend.rows_of(columns(model), table(model), "id", " AND feed > $3");
}

std::string authors(const Backend& backend) {
    return backend.rows_of("record_id, version, device_id, user_id, received_at", "operation_log", "record_id",
                           " AND version >= $3 AND version <= $4");
}

std::string count(crm::Model model, bool all) {
    return "SELECT count(*) FROM " + table(model) + " WHERE workspace_id = $1" + (all ? "" : " AND owner_id = $2");
}

std::string versions(crm::Model model, bool all, int rows) {
    return "SELECT id, version, feed FROM " + table(model) + " WHERE workspace_id = $1 AND id > $2 AND NOT deleted" +
           (all ? "" : " AND owner_id = $3") + " ORDER BY id" + limit(rows);
}

}  // namespace ct::server::sql
