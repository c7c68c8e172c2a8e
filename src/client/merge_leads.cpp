#include "client/merge_leads.h"

#include "crm/tables.h"
#include "sync/three_way.h"

namespace ct::client {

namespace {

using crm::Model;
using sync::OperationKind;

constexpr crm::FieldId kMergedInto = crm::field_id(Model::lead, "mergedInto");

/// What the survivor takes over; nothing where it stays as it is.
std::optional<crm::Value> taken(const crm::FieldDef& field, const crm::ValueView& kept, const crm::ValueView& other) {
    if (crm::absent(other) || kept == other) return std::nullopt;
    if (crm::absent(kept)) return crm::own(other);
    if (field.merge == crm::Merge::replace) return std::nullopt;
    const std::string_view mine = std::get<std::string_view>(kept), theirs = std::get<std::string_view>(other);
    if (field.merge == crm::Merge::set) return crm::Value(sync::merge_sets({}, mine, theirs));
    return crm::Value(std::string(mine) + "\n\n" + std::string(theirs));
}

void move_children(std::vector<Edit>& edits, std::span<const std::pair<Model, Uuid>> children, const Uuid& lead) {
    for (const auto& [model, id] : children) {
        Edit& edit = edits.emplace_back();
        edit.model = model;
        edit.record = id;
        edit.changes.set(*crm::def(model).parent, lead.str());
    }
}

Edit edit_of(const Uuid& lead) {
    Edit edit;
    edit.kind = OperationKind::update;
    edit.model = Model::lead;
    edit.record = lead;
    return edit;
}

}  // namespace

bool merged_away(const crm::Record& record) {
    return record.model == Model::lead && !record.fields.text(kMergedInto).empty();
}

Result<std::vector<Edit>> merge_edits(const crm::Record& survivor, const crm::Record& other,
                                      std::span<const std::pair<Model, Uuid>> children, const crm::Changes& chosen) {
    if (survivor.id == other.id) {
        return fail(ErrorKind::invalid, "SAME_LEAD", "a lead cannot be merged into itself");
    }
    for (const crm::Record* lead : {&survivor, &other}) {
        if (!merged_away(*lead)) continue;
        return fail(ErrorKind::invalid, "ALREADY_MERGED",
                    "lead " + lead->id.str() + " was merged into " + std::string(lead->fields.text(kMergedInto)));
    }
    std::vector<Edit> edits;
    Edit kept = edit_of(survivor.id);
    const auto fields = crm::def(Model::lead).fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto field = static_cast<crm::FieldId>(i);
        if (fields[i].derived() || field == kMergedInto) continue;
        if (const crm::Value* wanted = chosen.find(field); wanted != nullptr) {
            if (crm::view(*wanted) != survivor.fields.get(field)) kept.changes.set(field, *wanted);
            continue;
        }
        auto value = taken(fields[i], survivor.fields.get(field), other.fields.get(field));
        if (value) kept.changes.set(field, std::move(*value));
    }
    if (!kept.changes.empty()) edits.push_back(std::move(kept));
    move_children(edits, children, survivor.id);
    Edit alias = edit_of(other.id);
    alias.changes.set(kMergedInto, survivor.id.str());
    edits.push_back(std::move(alias));
    return edits;
}

Result<std::vector<Edit>> unmerge_edits(const crm::Record& other, std::span<const std::pair<Model, Uuid>> children) {
    if (!merged_away(other)) {
        return fail(ErrorKind::invalid, "NOT_MERGED", "lead " + other.id.str() + " was not merged into another");
    }
    std::vector<Edit> edits;
    Edit alias = edit_of(other.id);  // first: until it is a lead again, its children land on the survivor
    alias.changes.set(kMergedInto, crm::Value{});
    edits.push_back(std::move(alias));
    move_children(edits, children, other.id);
    return edits;
}

}  // namespace ct::client
