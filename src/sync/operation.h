// An operation: one change of one record, made once, named for ever. The unit of the queue and of the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "crm/record.h"

namespace ct::sync {

enum class OperationKind : std::uint8_t { create, update, remove };
[[nodiscard]] std::string_view name(OperationKind kind);  ///< "CREATE", "UPDATE", "DELETE"
[[nodiscard]] std::optional<OperationKind> find_kind(std::string_view name);

struct Operation {
    Uuid id;
    OperationKind kind = OperationKind::update;
    crm::Model model = crm::Model::lead;
    Uuid record;
    std::int64_t base = 0;  ///< the record's version that the device last saw; 0 for a create
    std::string stamp;
    crm::Policy policy = crm::Policy::lww;
    Uuid group;            ///< nil: none. Operations of one group take effect all or none
    crm::Changes changes;  ///< changed fields only; empty for a remove
    crm::Changes seen;     ///< of changed fields that merge (labels, notes): what the edit replaced (see `merging`)

    bool operator==(const Operation&) const = default;
};

/// Where an operation of the client's queue stands.
enum class QueueState : std::uint8_t {
    queued,    ///< never sent: may still be compacted
    sent,      ///< sent at least once, verdict unknown: never altered, sent again as it is
    parked,    ///< waits for another operation (its parent's create, or an earlier one of its record that failed)
    error,     ///< refused by the server: a person looks
    conflict,  ///< manual policy: a person decides
};
[[nodiscard]] std::string_view name(QueueState state);  ///< "QUEUED"
[[nodiscard]] std::optional<QueueState> find_queue_state(std::string_view name);

struct QueuedOperation {
    Operation operation;
    QueueState state = QueueState::queued;
    crm::Changes before;         ///< the visible values that the edit replaced; as they were then, for ever
    std::int64_t sequence = -1;  ///< the device's count of operations sent before this one; -1: never sent
    std::string user;            ///< id of the user who made the edit, or empty before the first sign-in
    UnixMs created_at = 0;
    int retry_count = 0;     ///< verdicts of the server against this operation, not transport failures
    std::string error_code;  ///< of the last verdict, or empty
    std::string error_message;
};

/// Joins `later` into `earlier`, both never sent, on the same record (rule 7 of architecture.md):
/// create+update = create, update+update = update, create+delete = nothing, delete+update = update (a restore). An
/// update before a delete is kept: after a restore it must not be lost.
enum class Compaction : std::uint8_t { joined, cancelled, impossible };
[[nodiscard]] Compaction compact(QueuedOperation& earlier, const QueuedOperation& later);

/// Those of `before` that a three-way merge needs: the fields whose changes join (crm::Merge) and do not replace.
[[nodiscard]] crm::Changes merging(crm::Model model, const crm::Changes& before);

/// What two changes of one field that merges come to: `seen` is what `mine` replaced (nothing: not known), `theirs`
/// what stands there now. Nothing when the field does not merge or both changed the same part of it.
[[nodiscard]] std::optional<crm::Value> merge_values(crm::Model model, crm::FieldId field, const crm::Value* seen,
                                                     const crm::ValueView& theirs, const crm::Value& mine);

/// What the operation's changes come to on this record: those that merge joined with what stands there now.
[[nodiscard]] crm::Changes merged_onto(const crm::Record& there, const Operation& operation);

/// Rebase (rule 1): the server's record with the device's own unsettled operations on top, in their order.
/// `server` has version 0 and `deleted` set when the server has no such record. The result's sync_status is
/// the worst of the operations' states.
[[nodiscard]] crm::Record replay(crm::Record server, const std::vector<QueuedOperation>& unsettled);

}  // namespace ct::sync
