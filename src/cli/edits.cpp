// add, set, rm: each is one durable edit.
#include "cli/context.h"
#include "cli/names.h"
#include "cli/output.h"
#include "crm/validate.h"

namespace ct::cli {
namespace {

/// Stores one edit and says which record it was; the id is printed only once the edit is durable.
[[nodiscard]] Outcome commit(Context& context, client::Edit edit, bool print_id) {
    const std::string id = edit.record.str();
    std::vector<client::Edit> edits;
    edits.push_back(std::move(edit));
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto committed = (*session)->commit(std::move(edits));
    if (!committed) return fail(committed.error());
    if (context.json()) {
        print_json(context.out(), Json{{"id", id}});
    } else if (print_id) {
        context.out() << id << '\n';
    }
    return ExitCode::done;
}

/// The id that the command speaks of, and whether it is in the trash already.
struct Named {
    Uuid id;
    bool deleted = false;
};

[[nodiscard]] Result<Named> named_record(Context& context, crm::Model model) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const store::Store& store = (*session)->store();
    const auto id = find_id(store, model, context.options().id);
    if (!id) return fail(id.error());
    const auto record = store.get(model, *id);
    if (!record) return fail(record.error());
    return Named{*id, *record && (*record)->deleted};
}

}  // namespace

Outcome run_add(Context& context) {
    const auto model = known_model(context.options().model);
    if (!model) return fail(model.error());
    auto changes = given_changes(context, *model, context.options().assignments);
    if (!changes) return fail(changes.error());
    crm::complete_phones(*model, *changes, context.config().default_country);
    if (auto valid = crm::validate_new(*model, *changes); !valid) return fail(valid.error());
    auto session = context.session();
    if (!session) return fail(session.error());
    return commit(context, {sync::OperationKind::create, *model, (*session)->new_id(), *std::move(changes)}, true);
}

Outcome run_set(Context& context) {
    const auto model = known_model(context.options().model);
    if (!model) return fail(model.error());
    if (crm::def(*model).append_only) {
        return fail(ErrorKind::invalid, "APPEND_ONLY",
                    "a " + std::string(crm::name(*model)) + " cannot be changed: add another, or remove this one");
    }
    auto changes = given_changes(context, *model, context.options().assignments);
    if (!changes) return fail(changes.error());
    crm::complete_phones(*model, *changes, context.config().default_country);
    if (auto valid = crm::validate(*model, *changes); !valid) return fail(valid.error());
    const auto record = named_record(context, *model);
    if (!record) return fail(record.error());
    return commit(context, {sync::OperationKind::update, *model, record->id, *std::move(changes)}, false);
}

Outcome run_rm(Context& context) {
    const auto model = known_model(context.options().model);
    if (!model) return fail(model.error());
    const auto record = named_record(context, *model);
    if (!record) return fail(record.error());
    if (record->deleted) {  // as it was asked for: a script that runs twice is no error
        if (context.json()) print_json(context.out(), Json{{"id", record->id.str()}});
        return ExitCode::done;
    }
    return commit(context, {sync::OperationKind::remove, *model, record->id, {}}, false);
}

}  // namespace ct::cli
