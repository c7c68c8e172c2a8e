// merge, unmerge: two leads of the same customer become one, and two again.
#include <algorithm>

#include "cli/context.h"
#include "cli/names.h"
#include "cli/output.h"
#include "client/merge_leads.h"
#include "crm/tables.h"

namespace ct::cli {
namespace {

using crm::Model;
using Children = std::vector<std::pair<Model, Uuid>>;

constexpr std::size_t kChunk = 1'000;

[[nodiscard]] Result<crm::Record> named_lead(const store::Store& store, const std::string& typed) {
    const auto id = find_id(store, Model::lead, typed);
    if (!id) return fail(id.error());
    auto record = store.get(Model::lead, *id);
    if (!record) return fail(record.error());
    if (!*record || (*record)->deleted) {
        return fail(ErrorKind::not_found, "NO_SUCH_RECORD", "there is no lead " + id->str());
    }
    return std::move(**record);
}

[[nodiscard]] Result<Children> children_of(const store::Store& store, const Uuid& lead) {
    Children children;
    const std::string wanted = lead.str();
    for (const crm::ModelDef& model : crm::models()) {
        if (!model.parent) continue;
        const auto loaded = store.load(model.model, kChunk, [&](std::vector<crm::Record>&& records) {
            for (const crm::Record& record : records) {
                if (record.fields.text(*model.parent) == wanted) children.emplace_back(model.model, record.id);
            }
        });
        if (!loaded) return fail(loaded.error());
    }
    return children;
}

/// Those of the survivor's children that this laptop moved there from the old lead.
[[nodiscard]] Result<Children> came_from(const store::Store& store, const Uuid& old, const Uuid& survivor) {
    auto all = children_of(store, survivor);
    if (!all) return all;
    Children moved;
    for (const auto& [model, id] : *all) {
        const auto rows = store.audit(id);
        if (!rows) return fail(rows.error());
        const crm::FieldId parent = *crm::def(model).parent;
        const bool came = std::any_of(rows->begin(), rows->end(), [&](const store::AuditRow& row) {
            const crm::Value* before = row.before.find(parent);
            return row.what == "UPDATE" && before != nullptr && *before == crm::Value(old.str());
        });
        if (came) moved.emplace_back(model, id);
    }
    return moved;
}

[[nodiscard]] Outcome save(Context& context, client::Session& session, Result<std::vector<client::Edit>> edits,
                           const crm::Record& lead) {
    if (!edits) return fail(edits.error());
    const auto committed = session.commit(std::move(*edits));
    if (!committed) return fail(committed.error());
    if (context.json()) {
        print_json(context.out(), {{"id", lead.id.str()}});
    } else {
        context.out() << lead.id.str() << '\n';
    }
    return ExitCode::done;
}

}  // namespace

Outcome run_merge(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const store::Store& store = (*session)->store();
    const auto survivor = named_lead(store, context.options().id);
    if (!survivor) return fail(survivor.error());
    const auto other = named_lead(store, context.options().other);
    if (!other) return fail(other.error());
    const auto children = children_of(store, other->id);
    if (!children) return fail(children.error());
    return save(context, **session, client::merge_edits(*survivor, *other, *children), *survivor);
}

Outcome run_unmerge(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const store::Store& store = (*session)->store();
    const auto old = named_lead(store, context.options().id);
    if (!old) return fail(old.error());
    Children children;
    const auto survivor = Uuid::parse(old->fields.text(crm::field_id(Model::lead, "mergedInto")));
    if (survivor) {
        auto moved = came_from(store, old->id, *survivor);
        if (!moved) return fail(moved.error());
        children = std::move(*moved);
    }
    return save(context, **session, client::unmerge_edits(*old, children), *old);
}

}  // namespace ct::cli
