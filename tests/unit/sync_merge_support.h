// Operations on one record, and a server that has it: what the tests of the server's decision share.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crm/tables.h"
#include "sync/merge.h"
#include "sync/stamp.h"

namespace ct::sync::test {

using crm::Model;
using crm::Policy;
using enum OperationKind;
using enum Verdict;

inline constexpr crm::FieldId kName = crm::field_id(Model::lead, "name");
inline constexpr crm::FieldId kCity = crm::field_id(Model::lead, "city");
inline constexpr crm::FieldId kPhone = crm::field_id(Model::lead, "phone");
inline constexpr crm::FieldId kLabels = crm::field_id(Model::lead, "labels");
inline constexpr crm::FieldId kNotes = crm::field_id(Model::lead, "notes");

using Texts = std::vector<std::pair<crm::FieldId, std::string>>;

/// Empty text: the field is cleared.
inline crm::Changes changes(const Texts& texts, std::string extra = {}) {
    crm::Changes all;
    for (const auto& [field, text] : texts) all.set(field, text.empty() ? crm::Value{} : crm::Value{text});
    all.extra = std::move(extra);
    return all;
}

inline std::string stamp(UnixMs at, std::string_view device) { return format_stamp(at, 0, device); }

/// What one device does at one time, having seen the record up to the version `base`.
inline Operation does(OperationKind kind, std::string_view device, UnixMs at, std::int64_t base,
                      const Texts& texts = {}, Policy policy = Policy::lww) {
    Operation operation;
    operation.kind = kind;
    operation.record = Uuid{{7}};
    operation.base = base;
    operation.stamp = stamp(at, device);
    operation.policy = policy;
    operation.changes = changes(texts);
    return operation;
}

/// No two devices go by one name: who pushed is who made it.
inline Own made_by_same(const Operation& operation) {
    return [device = std::string(stamp_device(operation.stamp))](const FieldOrigin& origin) {
        return stamp_device(origin.stamp) == device;
    };
}

/// A server with one record.
struct Server {
    ServerRecord record;
    std::int64_t version = 0;  // the workspace's, which other records move on as well

    Decision take(const Operation& operation) {
        Decision decision = decide(record, operation, operation.stamp, version + 1, made_by_same(operation));
        if (!decision.changes_record) return decision;
        ++version;
        record = decision.after;
        REQUIRE(record.record.version == version);
        return decision;
    }
    [[nodiscard]] std::string text(crm::FieldId field) const { return std::string(record.record.fields.text(field)); }
    [[nodiscard]] const FieldOrigin& origin(const char* name) const { return record.origins.at(name); }
};

/// Made by the device "s" at 10 as version 1.
inline Server one_lead() {
    Server server;
    REQUIRE(server.take(does(create, "s", 10, 0, {{kName, "Asha"}, {kCity, "Goa"}})).verdict == applied);
    return server;
}

/// Sets one field, told what it was before.
inline Operation turns(crm::FieldId field, std::string_view device, UnixMs at, const std::string& from,
                       const std::string& to, Policy policy = Policy::lww) {
    Operation operation = does(update, device, at, 1, {{field, to}}, policy);
    operation.seen = changes({{field, from}});
    return operation;
}

}  // namespace ct::sync::test
