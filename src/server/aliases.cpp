#include "server/aliases.h"

#include "crm/tables.h"
#include "sync/stamp.h"

namespace ct::server {

namespace {

using sync::Operation;
using sync::OperationKind;

constexpr crm::FieldId kMergedInto = crm::field_id(crm::Model::lead, "mergedInto");
constexpr int kChainMax = 16;

std::optional<Uuid> merged_into(const Batch& batch, const Uuid& lead) {
    const StoredRecord& record = batch.find({crm::Model::lead, lead});
    return record.server.exists() ? Uuid::parse(record.server.record.fields.text(kMergedInto)) : std::nullopt;
}

/// Somebody else merged it after the device had last seen it.
bool merged_unseen(const sync::ServerRecord& lead, const Operation& operation, std::string_view device) {
    const auto origin = lead.origins.find("mergedInto");
    return origin != lead.origins.end() && origin->second.version > operation.base &&
           sync::stamp_device(origin->second.stamp) != device;
}

std::optional<Operation> edit_of_survivor(const Batch& batch, const Operation& operation, std::string_view device) {
    if (operation.kind == OperationKind::remove || operation.changes.find(kMergedInto) != nullptr) return std::nullopt;
    const Uuid survivor = survivor_of(batch, operation.record);
    if (survivor == operation.record) return std::nullopt;
    const StoredRecord& known = batch.find({crm::Model::lead, operation.record});
    if (!merged_unseen(known.server, operation, device)) return std::nullopt;
    Operation moved = operation;
    moved.kind = OperationKind::update;
    moved.record = survivor;
    moved.policy = crm::Policy::lww;  // whoever edited the old lead cannot be asked about the new one
    moved.seen = {};
    return moved;
}

std::optional<Operation> child_of_survivor(const Batch& batch, const Operation& operation) {
    const auto field = crm::def(operation.model).parent;
    const crm::Value* value = field ? operation.changes.find(*field) : nullptr;
    const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
    const auto parent = text == nullptr ? std::nullopt : Uuid::parse(*text);
    if (!parent) return std::nullopt;
    const Uuid survivor = survivor_of(batch, *parent);
    if (survivor == *parent) return std::nullopt;
    Operation moved = operation;
    moved.changes.set(*field, survivor.str());
    return moved;
}

}  // namespace

Uuid survivor_of(const Batch& batch, const Uuid& lead) {
    Uuid at = lead;
    for (int step = 0; step < kChainMax; ++step) {
        const auto next = merged_into(batch, at);
        if (!next || *next == lead || !batch.visible({crm::Model::lead, *next})) return at;
        at = *next;
    }
    return at;
}

Result<void> load_survivors(Batch& batch, std::vector<RecordKey> leads) {
    for (int step = 0; step < kChainMax && !leads.empty(); ++step) {
        std::vector<RecordKey> next;
        for (const RecordKey& lead : leads) {
            if (lead.model != crm::Model::lead) continue;
            if (const auto survivor = merged_into(batch, lead.id)) next.push_back({crm::Model::lead, *survivor});
        }
        if (auto loaded = batch.load(next); !loaded) return loaded;
        leads = std::move(next);
    }
    return {};
}

std::optional<Operation> landing(const Batch& batch, const Operation& operation, std::string_view device) {
    return operation.model == crm::Model::lead ? edit_of_survivor(batch, operation, device)
                                               : child_of_survivor(batch, operation);
}

}  // namespace ct::server
