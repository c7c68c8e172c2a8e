// The wire contract (protocol version 1) as plain structs, and its JSON codec for both sides.
// Decoders never throw and never trust: wrong shapes give MALFORMED with a path ("operations[3].stamp").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crm/record.h"
#include "sync/mirror.h"
#include "sync/operation.h"

namespace ct::crm {
class JsonWriter;
}

namespace ct::sync {

inline constexpr int kProtocol = 1;
inline constexpr std::string_view kProtocolHeader = "ColorTouch-Protocol";
inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kProblemJson = "application/problem+json";

struct LoginRequest {
    std::string email, password, workspace;  ///< workspace may be empty when the user has only one
    std::string device_id, device_name;
};
struct UserInfo {
    std::string id, name, email, role;
};
struct LoginAnswer {
    std::string token;
    UnixMs expires_at = 0;
    UserInfo user;
    std::string workspace_id, workspace_name;
    std::string epoch;
    UnixMs server_time = 0;
};

/// What a device says of its own queue when it sends: for whoever looks after the laptops. Edits that wait for their
/// user's decision count, too.
struct Waiting {
    std::int64_t operations = 0;  ///< that the server has not settled, those of this request included
    std::int64_t oldest_s = 0;    ///< age of the oldest by the device's own clock
    bool operator==(const Waiting&) const = default;
};

struct PushRequest {
    std::int64_t protocol = kProtocol;
    std::string device_id, epoch;
    std::int64_t sequence = 0;
    std::vector<Operation> operations;
    std::optional<Waiting> waiting;  ///< older clients do not say it
    /// Server side: operations[i] could not be read as one (unknown model, bad field …); its result is `rejected`
    /// with this error. Same length as operations, or empty when all are well.
    std::vector<std::optional<Error>> faults;
};

enum class Verdict : std::uint8_t { applied, merged, superseded, conflict, rejected };
[[nodiscard]] std::string_view name(Verdict verdict);
[[nodiscard]] std::optional<Verdict> find_verdict(std::string_view name);

struct OperationResult {
    Uuid id;
    Verdict verdict = Verdict::applied;
    std::int64_t version = 0;           ///< the record's version after it; 0 when rejected
    std::optional<crm::Record> record;  ///< as it is on the server now (merged, superseded, conflict; also with
                                        ///< applied, when the server changed something: a clamped stamp, a default)
    std::vector<std::string> fields;    ///< that lost (superseded) or are in conflict
    crm::Changes overrode;              ///< others' values that lost against this operation; not in the contract,
                                        ///< older servers do not say it
    bool revived = false;               ///< others had deleted the record, and this brought it back; likewise
    std::string by;                     ///< whose change it met (merged, superseded, conflict): a user's id, or empty;
                                        ///< likewise
    Error error;                        ///< for rejected: code, field, message
};
struct PushAnswer {
    std::string epoch;
    std::int64_t sequence = 0;
    std::int64_t version = 0;
    UnixMs server_time = 0;
    std::vector<OperationResult> results;
    /// Of operations that were settled before: their records as they are now, where they changed since. The results
    /// themselves are given again as they were. Not in the contract; older servers do not say it.
    std::vector<crm::Record> later;
};

struct PullRequest {
    std::int64_t protocol = kProtocol;
    std::string device_id, epoch;
    std::optional<std::string> cursor;
    std::vector<crm::Model> models;  ///< empty: all
    std::vector<std::pair<crm::Model, std::vector<std::string>>> exclude;
    std::int64_t limit = 2'000;
    std::int64_t wait_s = 0;
    /// Not empty: these as they are now, whole, or gone; the cursor stays where it is. For what `verify` found to
    /// differ.
    IdsByModel records;
    /// Operations that the device ever sent, as it counts; -1: not told. Where the server counts more, somebody else
    /// goes by the same device id, and what they pushed would never come back: DEVICE_FORKED.
    std::int64_t sequence = -1;
    std::optional<Waiting> waiting;  ///< older clients do not say it
};

enum class RowKind : std::uint8_t { changed, deleted, revoked };
struct PullRow {
    RowKind kind = RowKind::changed;
    crm::Model model = crm::Model::lead;
    bool whole = false;  ///< all fields are there: absent ones are absent (the group's fields have createdAt)
    Uuid id;
    std::int64_t version = 0;
    UnixMs created_at = 0;  ///< 0: not told
    UnixMs updated_at = 0;  ///< 0: not told
    crm::Changes changes;   ///< a field that was cleared is there with an absent value
    std::string author;     ///< whose doing that is: a user's id. Empty where it is that of several people, in first
                            ///< pulls, and with older servers: it is not in the contract
};
struct PullPage {
    std::string epoch;
    std::optional<std::string> from;
    std::string cursor;
    bool has_more = false;
    std::int64_t remaining = 0;  ///< rows to come, as estimated
    std::int64_t purge_floor = 0;
    UnixMs server_time = 0;
    std::vector<PullRow> rows;
};

struct Health {
    std::string product, version, epoch;
    UnixMs server_time = 0;
};

/// RFC 9457.
struct Problem {
    int status = 0;
    std::string code, detail;
    std::int64_t retry_after_s = -1;  ///< from the header; -1: absent
    std::int64_t expected = -1;       ///< for SEQUENCE_GAP
    std::string epoch;                ///< for EPOCH_CHANGED: the server's
};

[[nodiscard]] std::string encode(const LoginRequest& request);
[[nodiscard]] std::string encode(const LoginAnswer& answer);
[[nodiscard]] std::string encode(const PushRequest& request);
[[nodiscard]] std::string encode(const PushAnswer& answer);
[[nodiscard]] std::string encode(const PullRequest& request);
/// Groups rows by model, kind and the set of their fields, keeping their order as far as parents need it.
[[nodiscard]] std::string encode(const PullPage& page);
[[nodiscard]] std::string encode(const Health& health);
[[nodiscard]] std::string encode(const Problem& problem);

[[nodiscard]] Result<LoginRequest> decode_login_request(std::string_view body);
[[nodiscard]] Result<LoginAnswer> decode_login_answer(std::string_view body);
[[nodiscard]] Result<PushRequest> decode_push_request(std::string_view body);  ///< single bad operations go to `faults`
[[nodiscard]] Result<PushAnswer> decode_push_answer(std::string_view body);
[[nodiscard]] Result<PullRequest> decode_pull_request(std::string_view body);
/// A page's `authors`: by user, the versions of the rows that are their doing alone. No two rows have one version.
void write_authors(crm::JsonWriter& out, const std::map<std::string, std::vector<std::int64_t>>& by_user);
[[nodiscard]] Result<PullPage> decode_pull_page(std::string_view body);
/// The cursor of a page behind which there are more, when both stand before its rows; the rest is not looked at.
[[nodiscard]] std::optional<std::string> next_cursor(std::string_view page);
[[nodiscard]] Result<Health> decode_health(std::string_view body);
[[nodiscard]] Result<Problem> decode_problem(std::string_view body);

/// A record as push results carry it: {id, version, deleted, createdAt, updatedAt, …fields}.
[[nodiscard]] std::string encode_record(const crm::Record& record);

/// Bytes that the operation takes in a push body, for filling batches.
[[nodiscard]] std::size_t encoded_size(const Operation& operation);

}  // namespace ct::sync
