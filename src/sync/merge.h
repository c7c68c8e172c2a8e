// The server's decision on one operation, as a pure function: what is there, what comes in, what happens.
// Normative text: the tables of protocol.md under "push".
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sync/wire.h"

namespace ct::sync {

/// Who last changed one field: the version it got and the stamp it was made with.
struct FieldOrigin {
    std::int64_t version = 0;
    std::string stamp;
    bool operator==(const FieldOrigin&) const = default;
};

/// A record as the server keeps it.
struct ServerRecord {
    crm::Record record;                          ///< version 0: there is none
    std::map<std::string, FieldOrigin> origins;  ///< by field name; unknown (extra) fields too
    FieldOrigin deletion;                        ///< the last delete or revival; version 0: never
    [[nodiscard]] bool exists() const { return record.version > 0; }
};

struct Decision {
    Verdict verdict = Verdict::applied;
    bool changes_record = false;      ///< false: nothing to write but the receipt (conflict, all fields lost)
    bool tell_record = false;         ///< the device cannot know the outcome by itself: its answer carries the record
    ServerRecord after;               ///< valid when changes_record; versions set to `version`
    std::vector<std::string> fields;  ///< that lost, or are in conflict
    crm::Changes lost;                ///< values that lost, for the audit trail
    crm::Changes overrode;            ///< others' values, not seen by the device, that lost against it
    bool revived = false;             ///< others had deleted the record, and this brought it back
    std::int64_t met = 0;             ///< the version of what the device had not seen and this is about, the one with
                                      ///< the latest stamp: of the fields that lost, clash or were overrode; of all
                                      ///< where none did; or 0
    Error error;                      ///< for rejected
};

/// Whether the device that pushes has pushed that, too: it has seen it, whatever `base` says. Who pushed is not what
/// the stamp says where two laptops went by one name.
using Own = std::function<bool(const FieldOrigin&)>;

/// `version`: what the operation gets if it is accepted. `clamped`: its stamp, clamped to the server's clock. Where
/// that is not after what the device had seen of the record, the operation counts as made just after it. Permission and
/// the parent's existence are checked by the caller; validation is done here.
[[nodiscard]] Decision decide(const ServerRecord& now, const Operation& operation, const std::string& clamped,
                              std::int64_t version, const Own& own);

}  // namespace ct::sync
