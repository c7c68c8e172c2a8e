#include "server/seen.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "crm/json_codec.h"

namespace ct::server {

namespace {

using crm::FieldId;
using nlohmann::json;

/// Fields of the operation that would be joined if it were known what they replaced.
std::vector<FieldId> wanted(const sync::ServerRecord& now, const sync::Operation& operation) {
    std::vector<FieldId> fields;
    if (operation.policy == crm::Policy::force || !now.exists()) return fields;
    for (const auto& [field, value] : operation.changes.fields) {
        const crm::FieldDef& def = crm::def(operation.model, field);
        if (def.merge == crm::Merge::replace || operation.seen.find(field) != nullptr) continue;
        const auto origin = now.origins.find(std::string(def.name));
        if (origin != now.origins.end() && origin->second.version > operation.base) fields.push_back(field);
    }
    return fields;
}

/// The field's value in a JSON object of fields; nothing when it does not mention it.
std::optional<crm::Value> value_in(const crm::FieldDef& field, const json& object) {
    if (!object.is_object()) return std::nullopt;
    const auto at = object.find(std::string(field.name));
    if (at == object.end()) return std::nullopt;
    if (at->is_null()) return crm::Value{};
    auto value = crm::read_value(field, *at);
    return value ? std::optional(std::move(*value)) : std::nullopt;
}

/// What the field was to the device after this past edit, if the edit tells.
std::optional<crm::Value> told_by(const PastEdit& edit, const crm::FieldDef& field, std::string_view device,
                                  std::int64_t base) {
    const bool seen = edit.version <= base;
    if (!seen && edit.device != device) return std::nullopt;
    if (seen && !edit.result.empty()) {  // the record as it became
        const json result = json::parse(edit.result, nullptr, false);
        if (result.is_object() && result.contains("record")) {
            return value_in(field, result["record"]).value_or(crm::Value{});
        }
    }
    auto value = value_in(field, json::parse(edit.data, nullptr, false));
    if (!value && edit.creates) return crm::Value{};
    return value;
}

}  // namespace

Result<void> fill_seen(WriteTransaction& transaction, const sync::ServerRecord& now, std::string_view device,
                       sync::Operation& operation) {
    const std::vector<FieldId> fields = wanted(now, operation);
    if (fields.empty()) return {};
    const auto edits = transaction.past_edits({operation.model, operation.record});
    if (!edits) return fail(edits.error());
    for (const FieldId field : fields) {
        const crm::FieldDef& def = crm::def(operation.model, field);
        for (const PastEdit& edit : *edits) {
            auto value = told_by(edit, def, device, operation.base);
            if (!value) continue;
            operation.seen.set(field, std::move(*value));
            break;
        }
    }
    return {};
}

}  // namespace ct::server
