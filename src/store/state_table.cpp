#include "store/state_table.h"

#include <charconv>
#include <map>

#include "store/impl.h"
#include "sync/stamp.h"

namespace ct::store {

namespace {

using sqlite::Connection;

constexpr std::int64_t kHistoryKept = 1'000;

/// How a member of SyncState stands in the table; one line per member, for reading and for writing.
struct Member {
    std::string_view key;
    std::string (*write)(const StoredState&);
    void (*read)(StoredState&, std::string_view);
};

std::int64_t number(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

#define CT_TEXT(key, member)                                                     \
    Member {                                                                     \
        key, [](const StoredState& s) { return s.state.member; },                \
            [](StoredState& s, std::string_view text) { s.state.member = text; } \
    }
#define CT_NUMBER(key, member)                                                        \
    Member {                                                                          \
        key, [](const StoredState& s) { return std::to_string(s.state.member); },     \
            [](StoredState& s, std::string_view text) {                               \
                s.state.member = static_cast<decltype(s.state.member)>(number(text)); \
            }                                                                         \
    }

const Member kMembers[] = {
    CT_TEXT("deviceId", device_id),
    CT_TEXT("serverUrl", server_url),
    CT_TEXT("workspaceId", workspace_id),
    CT_TEXT("workspaceName", workspace_name),
    CT_TEXT("userId", user.id),
    CT_TEXT("userName", user.name),
    CT_TEXT("userEmail", user.email),
    CT_TEXT("userRole", user.role),
    CT_TEXT("epoch", epoch),
    CT_NUMBER("nextSequence", next_sequence),
    CT_NUMBER("stampMs", stamp_ms),
    CT_NUMBER("stampCounter", stamp_counter),
    CT_NUMBER("clockOffsetMs", clock_offset_ms),
    CT_NUMBER("lastSyncAt", last_sync_at),
    {"cursor", [](const StoredState& s) { return s.state.cursor.value_or(""); },
     [](StoredState& s, std::string_view text) {
         if (!text.empty()) s.state.cursor = std::string(text);
     }},
    {"leftOut", [](const StoredState& s) { return s.state.selection.left_out.text(); },
     [](StoredState& s, std::string_view text) { s.state.selection.left_out = sync::Parts::read(text); }},
    {"catchingUp", [](const StoredState& s) { return s.state.selection.catching_up.text(); },
     [](StoredState& s, std::string_view text) { s.state.selection.catching_up = sync::Parts::read(text); }},
    {"catchUpCursor", [](const StoredState& s) { return s.state.selection.cursor.value_or(""); },
     [](StoredState& s, std::string_view text) {
         if (!text.empty()) s.state.selection.cursor = std::string(text);
     }},
    {"uncompared", [](const StoredState& s) { return s.state.selection.uncompared.text(); },
     [](StoredState& s, std::string_view text) { s.state.selection.uncompared = sync::Parts::read(text); }},
    {"foreignEpoch", [](const StoredState& s) { return std::string(s.foreign_epoch ? "1" : ""); },
     [](StoredState& s, std::string_view text) { s.foreign_epoch = !text.empty(); }},
};

#undef CT_TEXT
#undef CT_NUMBER

/// Commits do not write the clock's reading, for the queue's rows have it.
Result<void> observe_queue(Connection& connection, SyncState& state) {
    auto use = connection.prepare("SELECT max(stamp) FROM sync_queue");
    if (!use) return fail(use.error());
    CT_TRY(use->step());
    const auto newest = sync::parse_stamp(use->column_text(0));
    if (!newest) return {};
    if (newest->ms < state.stamp_ms) return {};
    if (newest->ms == state.stamp_ms && newest->counter < state.stamp_counter) return {};
    state.stamp_ms = newest->ms;
    state.stamp_counter = newest->counter;
    return {};
}

}  // namespace

Result<StoredState> read_state(Connection& connection) {
    StoredState stored;
    auto use = connection.prepare("SELECT key, value FROM sync_state");
    if (!use) return fail(use.error());
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) break;
        const std::string_view key = use->column_text(0);
        for (const Member& member : kMembers) {
            if (member.key == key) member.read(stored, use->column_text(1));
        }
    }
    CT_TRY(observe_queue(connection, stored.state));
    return stored;
}

Result<void> write_state(Connection& connection, const SyncState& state, bool foreign_epoch) {
    const StoredState stored{state, foreign_epoch};
    for (const Member& member : kMembers) {
        auto use = connection.prepare(
            "INSERT INTO sync_state(key, value) VALUES(?,?) ON CONFLICT(key) DO UPDATE SET value=excluded.value "
            "WHERE value<>excluded.value");
        if (!use) return fail(use.error());
        const std::string value = member.write(stored);
        CT_TRY(use->text(member.key).text(value).run());
    }
    return {};
}

std::map<std::string, std::string> state_values(const StoredState& state) {
    std::map<std::string, std::string> values;
    for (const Member& member : kMembers) values.emplace(member.key, member.write(state));
    return values;
}

StoredState state_from(const std::map<std::string, std::string>& values) {
    StoredState state;
    for (const Member& member : kMembers) {
        if (const auto at = values.find(std::string(member.key)); at != values.end()) member.read(state, at->second);
    }
    return state;
}

namespace {

std::string key_of_kept(std::string_view name) { return "kept." + std::string(name); }

}  // namespace

Result<void> write_kept(Connection& connection, std::string_view name, std::string_view text) {
    auto use = connection.prepare(
        "INSERT INTO sync_state(key, value) VALUES(?,?) ON CONFLICT(key) DO UPDATE SET value=excluded.value");
    if (!use) return fail(use.error());
    const std::string key = key_of_kept(name);
    return use->text(key).text(text).run();
}

Result<std::string> read_kept(Connection& connection, std::string_view name) {
    auto use = connection.prepare("SELECT value FROM sync_state WHERE key=?");
    if (!use) return fail(use.error());
    const std::string key = key_of_kept(name);
    const auto there = use->text(key).step();
    if (!there) return fail(there.error());
    return *there ? use->column_string(0) : std::string{};
}

Result<std::map<Uuid, crm::Model>> read_unconfirmed(Connection& connection) {
    std::map<Uuid, crm::Model> unconfirmed;
    auto use = connection.prepare("SELECT recordId, model FROM unconfirmed");
    if (!use) return fail(use.error());
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return unconfirmed;
        if (const auto model = crm::find_model(use->column_text(1))) unconfirmed.emplace(use->column_uuid(0), *model);
    }
}

Result<void> add_history(Connection& connection, const SyncHistoryRow& row) {
    auto use = connection.prepare(
        "INSERT INTO "
        "sync_history(startedAt,durationMs,pushed,merged,superseded,conflicts,failed,pulled,requests,bytesSent,"
        "bytesReceived,outcome,reason) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)");
    if (!use) return fail(use.error());
    for (const std::int64_t value :
         {row.started_at, row.duration_ms, row.pushed, row.merged, row.superseded, row.conflicts, row.failed,
          row.pulled, row.requests, row.bytes_sent, row.bytes_received}) {
        use->integer(value);
    }
    CT_TRY(use->text(row.outcome).text(row.reason).run());
    auto prune = connection.prepare("DELETE FROM sync_history WHERE id <= (SELECT max(id) FROM sync_history) - ?");
    if (!prune) return fail(prune.error());
    return prune->integer(kHistoryKept).run();
}

Result<std::vector<SyncHistoryRow>> read_history(Connection& connection, std::size_t limit) {
    auto use = connection.prepare(
        "SELECT startedAt,durationMs,pushed,merged,superseded,conflicts,failed,pulled,requests,bytesSent,bytesReceived,"
        "outcome,reason FROM sync_history ORDER BY id DESC LIMIT ?");
    if (!use) return fail(use.error());
    use->integer(static_cast<std::int64_t>(limit));
    std::vector<SyncHistoryRow> rows;
    for (;;) {
        const auto there = use->step();
        if (!there) return fail(there.error());
        if (!*there) return rows;
        SyncHistoryRow& row = rows.emplace_back();
        std::int64_t* const members[] = {&row.started_at, &row.duration_ms, &row.pushed,        &row.merged,
                                         &row.superseded, &row.conflicts,   &row.failed,        &row.pulled,
                                         &row.requests,   &row.bytes_sent,  &row.bytes_received};
        int column = 0;
        for (std::int64_t* member : members) *member = use->column_integer(column++);
        row.outcome = use->column_string(column++);
        row.reason = use->column_string(column);
    }
}

Result<void> add_audit(Connection& connection, const AuditRow& row) {
    auto use = connection.prepare(
        "INSERT OR REPLACE INTO audit(recordId,at,operationId,what,model,userId,before,after,otherId) "
        "VALUES(?,?,?,?,?,?,?,?,?)");
    if (!use) return fail(use.error());
    const std::string before = changes_text(row.model, row.before);
    const std::string after = changes_text(row.model, row.after);
    use->uuid(row.record).integer(row.at).uuid(row.operation).text(row.what).text(crm::name(row.model)).text(row.user);
    return use->text_or_null(before).text_or_null(after).text(row.other).run();
}

namespace {

constexpr std::string_view kAuditColumns = "recordId,at,operationId,what,model,userId,before,after,otherId";

/// Rows of models that this version does not know are left out.
Result<std::vector<AuditRow>> audit_rows(sqlite::Use& use) {
    std::vector<AuditRow> rows;
    for (;;) {
        const auto there = use.step();
        if (!there) return fail(there.error());
        if (!*there) return rows;
        const auto model = crm::find_model(use.column_text(4));
        if (!model) continue;
        AuditRow& row = rows.emplace_back();
        row.model = *model;
        row.record = use.column_uuid(0);
        row.at = use.column_integer(1);
        row.operation = use.column_uuid(2);
        row.what = use.column_string(3);
        row.user = use.column_string(5);
        auto before = changes_from(*model, use.column_text(6));
        auto after = changes_from(*model, use.column_text(7));
        if (before) row.before = std::move(*before);
        if (after) row.after = std::move(*after);
        row.other = use.column_string(8);
    }
}

}  // namespace

Result<std::vector<AuditRow>> read_audit(Connection& connection, const Uuid& record) {
    auto use = connection.prepare("SELECT " + std::string(kAuditColumns) + " FROM audit WHERE recordId=? ORDER BY at");
    if (!use) return fail(use.error());
    use->uuid(record);
    return audit_rows(*use);
}

Result<std::vector<AuditRow>> read_activity(Connection& connection, const std::optional<AuditPosition>& older_than,
                                            std::size_t limit) {
    auto use = connection.prepare("SELECT " + std::string(kAuditColumns) + " FROM audit" +
                                  (older_than ? " WHERE (at,recordId,operationId,what)<(?,?,?,?)" : "") +
                                  " ORDER BY at DESC, recordId DESC, operationId DESC, what DESC LIMIT ?");
    if (!use) return fail(use.error());
    if (older_than)
        use->integer(older_than->at).uuid(older_than->record).uuid(older_than->operation).text(older_than->what);
    use->integer(static_cast<std::int64_t>(limit));
    return audit_rows(*use);
}

Result<std::vector<AuditRow>> read_decisions(Connection& connection, std::size_t limit) {
    auto use = connection.prepare("SELECT " + std::string(kAuditColumns) +
                                  " FROM audit WHERE what IN ('SUPERSEDED','OVERRODE') ORDER BY at DESC LIMIT ?");
    if (!use) return fail(use.error());
    use->integer(static_cast<std::int64_t>(limit));
    return audit_rows(*use);
}

}  // namespace ct::store
