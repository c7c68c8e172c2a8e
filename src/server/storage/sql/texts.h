// The SQL texts that both database servers share. Where they differ, the Backend has the phrase.
#pragma once

#include <string>

#include "server/storage/sql/backend.h"
#include "server/storage/storage.h"

namespace ct::server::sql {

/// The columns that every record table has before its fields, in this order.
inline constexpr std::size_t kId = 0, kVersion = 1, kFeed = 2, kDeleted = 3, kCreatedAt = 4, kUpdatedAt = 5, kOwner = 6,
                             kOwnerVersion = 7, kFormerOwners = 8, kExtra = 9, kOrigins = 10, kFirstField = 11;

[[nodiscard]] std::string quoted(std::string_view identifier);
[[nodiscard]] std::string table(crm::Model model);
[[nodiscard]] ColumnType type_of(const crm::FieldDef& field);

// ---- accounts
namespace text {

inline constexpr const char* kEpoch = "SELECT value FROM meta WHERE name = 'epoch'";
inline constexpr const char* kSetEpoch = "UPDATE meta SET value = $1 WHERE name = 'epoch'";
inline constexpr const char* kReady = "SELECT count(*) FROM meta";
inline constexpr const char* kWorkspaces = "SELECT workspace_id, id, name FROM workspace ORDER BY workspace_id";
inline constexpr const char* kWorkspaceById = "SELECT workspace_id FROM workspace WHERE id = $1";
inline constexpr const char* kSetPassword = R"(UPDATE "user" SET password = $3 WHERE workspace_id = $1 AND id = $2)";
inline constexpr const char* kEndOtherSessions =
    "DELETE FROM session WHERE workspace_id = $1 AND user_id = $2 AND device_id <> $3";
inline constexpr const char* kSetDisabled = R"(UPDATE "user" SET disabled = $3 WHERE workspace_id = $1 AND id = $2)";
inline constexpr const char* kSetRole = R"(UPDATE "user" SET role = $3 WHERE workspace_id = $1 AND id = $2)";
inline constexpr const char* kEndSessions = "DELETE FROM session WHERE workspace_id = $1 AND user_id = $2";
inline constexpr const char* kEndDeviceSession = "DELETE FROM session WHERE workspace_id = $1 AND device_id = $2";
inline constexpr const char* kTouchSession = "UPDATE session SET seen_at = $2, expires_at = $3 WHERE token = $1";
inline constexpr const char* kSessionDevice = "SELECT workspace_id, device_id FROM session WHERE token = $1";
inline constexpr const char* kTouchDevice = "UPDATE device SET seen_at = $3 WHERE workspace_id = $1 AND id = $2";
inline constexpr const char* kDevice = "SELECT user_id, name FROM device WHERE workspace_id = $1 AND id = $2";
inline constexpr const char* kEndSession =
    "DELETE FROM session WHERE workspace_id = $1 AND device_id ="
    " (SELECT session_device FROM device WHERE workspace_id = $1 AND id = $2)";
inline constexpr const char* kDevices =
    R"(SELECT d.id, d.name, d.user_id, coalesce(u.name, ''), d.created_at, d.seen_at, d.next_sequence,
              s.token IS NOT NULL, coalesce(q.operations, 0), coalesce(q.since, 0), coalesce(q.told_at, 0)
       FROM device d
       LEFT JOIN waiting q ON q.workspace_id = d.workspace_id AND q.device_id = d.id
       LEFT JOIN "user" u ON u.workspace_id = d.workspace_id AND u.id = d.user_id
       LEFT JOIN session s ON s.workspace_id = d.workspace_id AND s.device_id = d.session_device
       WHERE d.workspace_id = $1 ORDER BY d.seen_at DESC, d.id)";
inline constexpr const char* kUsers =
    R"(SELECT w.workspace_id, w.id, w.name, u.id, u.email, u.name, u.role, u.disabled, u.password
       FROM "user" u JOIN workspace w ON w.workspace_id = u.workspace_id
       WHERE u.workspace_id = $1 ORDER BY u.email_key)";
inline constexpr const char* kFindUsers =  // $2: in any workspace
    R"(SELECT w.workspace_id, w.id, w.name, u.id, u.email, u.name, u.role, u.disabled, u.password
       FROM "user" u JOIN workspace w ON w.workspace_id = u.workspace_id
       WHERE u.email_key = $1 AND ($2 OR w.name_key = $3 OR w.id = $4) ORDER BY u.workspace_id)";
inline constexpr const char* kSession =
    R"(SELECT w.workspace_id, w.id, w.name, u.id, u.email, u.name, u.role, u.disabled, u.password,
              s.device_id, s.expires_at, s.seen_at
       FROM session s
       JOIN "user" u ON u.workspace_id = s.workspace_id AND u.id = s.user_id
       JOIN workspace w ON w.workspace_id = s.workspace_id WHERE s.token = $1)";
inline constexpr const char* kGuesses = "SELECT failures, last_at, wait_ms FROM guess WHERE id = $1 FOR UPDATE";
inline constexpr const char* kSetGuesses = "UPDATE guess SET failures = $2, last_at = $3, wait_ms = $4 WHERE id = $1";
inline constexpr const char* kForgetGuesses = "DELETE FROM guess WHERE last_at < $1";

// ---- a push
inline constexpr const char* kNextSequence = "SELECT next_sequence FROM device WHERE workspace_id = $1 AND id = $2";
inline constexpr const char* kSent =
    "SELECT operation_id FROM sent WHERE workspace_id = $1 AND device_id = $2 AND sequence >= $3 AND sequence < $4"
    " ORDER BY sequence";
inline constexpr const char* kPastEdits =
    "SELECT operation, device_id, version, data, result FROM operation_log WHERE workspace_id = $1 AND record_id = $2"
    " AND model = $3 AND operation <> 'DELETE' AND verdict IN ('applied', 'merged', 'superseded')"
    " ORDER BY version DESC";
inline constexpr const char* kSetVersion = "UPDATE workspace SET version = $2 WHERE workspace_id = $1";
inline constexpr const char* kSetSequence =
    "UPDATE device SET next_sequence = $3, seen_at = $4 WHERE workspace_id = $1 AND id = $2";

// ---- attachments
inline constexpr const char* kAttachment =
    "SELECT a.id, model, record_id, name, type, size, sha256, user_id, device_id, created_at, completed_at,"
    " COALESCE(metadata, '') FROM attachment a"
    " LEFT JOIN upload_metadata m ON m.workspace_id = a.workspace_id AND m.id = a.id"
    " WHERE a.workspace_id = $1 AND a.id = $2";
inline constexpr const char* kKeepMetadata =
    "INSERT INTO upload_metadata(workspace_id, id, metadata) VALUES($1, $2, $3)";
inline constexpr const char* kForgetMetadata = "DELETE FROM upload_metadata WHERE workspace_id = $1 AND id = $2";
inline constexpr const char* kAttachmentsOf =
    "SELECT id, model, record_id, name, type, size, sha256, user_id, device_id, created_at, completed_at"
    " FROM attachment WHERE workspace_id = $1 AND record_id = $2 AND model = $3 AND completed_at <> 0"
    " ORDER BY created_at DESC, id DESC";
inline constexpr const char* kLockDevice = "SELECT id FROM device WHERE workspace_id = $1 AND id = $2 FOR UPDATE";
inline constexpr const char* kUnderWay =
    "SELECT count(*) FROM attachment WHERE workspace_id = $1 AND device_id = $2 AND completed_at = 0";
inline constexpr const char* kCompleteAttachment =
    "UPDATE attachment SET completed_at = $3 WHERE workspace_id = $1 AND id = $2";
inline constexpr const char* kRemoveAttachment = "DELETE FROM attachment WHERE workspace_id = $1 AND id = $2";
inline constexpr const char* kSameContent =
    "SELECT count(*) FROM attachment WHERE workspace_id = $1 AND sha256 = $2 AND completed_at <> 0";

}  // namespace text

[[nodiscard]] Insert insert_workspace();
[[nodiscard]] Insert insert_user();
[[nodiscard]] Insert insert_account_log();
[[nodiscard]] Insert insert_device(bool sign_in);  ///< a sign-in takes a known device over
[[nodiscard]] Insert insert_session();
[[nodiscard]] Insert insert_guesses();
[[nodiscard]] Insert insert_sent();
[[nodiscard]] Insert insert_log(bool again);
[[nodiscard]] Insert insert_attachment();
/// The workspace, then the columns in the order above. New ones have no row yet, and cost less.
[[nodiscard]] Insert save_records(crm::Model model, bool new_ones);

[[nodiscard]] std::string receipts(const Backend& backend);                    ///< $1 workspace, $2 ids
[[nodiscard]] std::string load(const Backend& backend, crm::Model model);      ///< $1 workspace, $2 ids
[[nodiscard]] std::string children(const Backend& backend, crm::Model model);  ///< $1 workspace, $2 ids of leads

/// $1 workspace, $2 ids of records, $3 lowest version, $4 highest
[[nodiscard]] std::string authors(const Backend& backend);
[[nodiscard]] std::string troubles(int most);     ///< $1 workspace
[[nodiscard]] std::string audit(int most);        ///< $1 workspace, $2 record, $3 user, $4 device, each perhaps ""
[[nodiscard]] std::string account_log(int most);  ///< $1 workspace, $2 user or ""

// ---- pulls. `all`: the viewer sees everything, and there is no $3.
[[nodiscard]] std::string snapshot(Phase phase, bool all, int rows);  ///< $1 workspace, $2 below, $3 as_of, $4 owner
[[nodiscard]] std::string changes(crm::Model model, bool all, int rows);  ///< $1 workspace, $2 after, $3 user
[[nodiscard]] std::string sees(crm::Model model);                         ///< $1 workspace, $2 id, $3 owner or ""
[[nodiscard]] std::string changed_records(const Backend& backend,
                                          crm::Model model);               ///< $1 workspace, $2 ids, $3 after
[[nodiscard]] std::string count(crm::Model model, bool all);               ///< $1 workspace, $2 owner
[[nodiscard]] std::string versions(crm::Model model, bool all, int rows);  ///< $1 workspace, $2 above, $3 owner

}  // namespace ct::server::sql
