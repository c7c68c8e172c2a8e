// conflict list, show, resolve, decided, undo: where two devices changed the same thing. history: what became of a
// record.
#include <algorithm>

#include "cli/context.h"
#include "cli/names.h"
#include "cli/output.h"
#include "crm/json_codec.h"
#include "crm/validate.h"

namespace ct::cli {
namespace {

using store::Conflict;
using store::ConflictField;
using store::Side;

/// For people to read: who somebody is by name, where that is known.
[[nodiscard]] std::string shown_value(crm::Model model, crm::FieldId field, const crm::Value& value,
                                      const client::PeopleList& people) {
    std::string text = crm::format_value(model, field, crm::view(value));
    const sync::Person* person = crm::def(model, field).names_person() ? people.find(text) : nullptr;
    return person == nullptr ? text : person->name;
}

[[nodiscard]] Json value_json(crm::Model model, crm::FieldId field, const crm::Value& value) {
    std::string text;
    crm::JsonWriter writer(text);
    crm::write_value(writer, crm::def(model, field), crm::view(value));
    return Json::parse(text, nullptr, false);
}

[[nodiscard]] Json values_json(crm::Model model, const crm::Changes& changes) {
    Json values = Json::object();
    for (const auto& [field, value] : changes.fields) {
        values[std::string(crm::def(model, field).name)] = value_json(model, field, value);
    }
    return values;
}

[[nodiscard]] Json conflict_json(const Conflict& conflict) {
    const sync::Operation& operation = conflict.queued.operation;
    Json fields = Json::object();
    for (const ConflictField& field : conflict.fields) {
        fields[std::string(crm::def(operation.model, field.field).name)] = {
            {"base", value_json(operation.model, field.field, field.base)},
            {"mine", value_json(operation.model, field.field, field.mine)},
            {"theirs", value_json(operation.model, field.field, field.theirs)},
            {"clashes", field.clashes}};
    }
    return {{"id", operation.id.str()},
            {"operation", sync::name(operation.kind)},
            {"model", crm::name(operation.model)},
            {"recordId", operation.record.str()},
            {"since", format_rfc3339(conflict.queued.created_at)},
            {"theirsDeleted", conflict.theirs.deleted},
            {"theirsVersion", conflict.theirs.version},
            {"fields", std::move(fields)}};
}

[[nodiscard]] std::string clashing(const Conflict& conflict) {
    if (conflict.queued.operation.kind == sync::OperationKind::remove) return "deleted here, changed there";
    if (conflict.theirs.deleted) return "changed here, deleted there";
    std::vector<std::string_view> names;
    for (const ConflictField& field : conflict.fields) {
        if (field.clashes) names.push_back(crm::def(conflict.queued.operation.model, field.field).name);
    }
    return listed(names);
}

/// The conflict that the command names by its operation's id, or the record's when that has only one.
[[nodiscard]] Result<Conflict> named_conflict(client::Session& session, const std::string& typed) {
    auto all = session.store().conflicts();
    if (!all) return fail(all.error());
    std::vector<Uuid> ids;
    for (const Conflict& conflict : *all) ids.push_back(conflict.queued.operation.id);
    auto id = choose_id(ids, typed, "edit in conflict", "NO_CONFLICT");
    if (!id && id.error().code == "NO_CONFLICT") {
        std::vector<Uuid> records;
        for (const Conflict& conflict : *all) records.push_back(conflict.queued.operation.record);
        const auto record = choose_id(records, typed, "edit in conflict", "NO_CONFLICT");
        if (!record) return fail(id.error());
        id = ids[static_cast<std::size_t>(std::find(records.begin(), records.end(), *record) - records.begin())];
    }
    if (!id) return fail(id.error());
    const auto at = std::find(ids.begin(), ids.end(), *id);
    return std::move((*all)[static_cast<std::size_t>(at - ids.begin())]);
}

/// "amount=mine", "amount=theirs", "amount==17500": a value of one's own stands behind a second '='.
[[nodiscard]] Result<store::FieldChoice> parse_choice(Context& context, crm::Model model, const std::string& text) {
    const auto assignment = split_assignment(text);
    if (!assignment) return fail(assignment.error());
    const auto field = known_field(model, assignment->name);
    if (!field) return fail(field.error());
    store::FieldChoice choice;
    choice.field = *field;
    if (assignment->value == "mine") {
        choice.decision = Side::mine;
    } else if (assignment->value == "theirs") {
        choice.decision = Side::theirs;
    } else if (assignment->value.starts_with('=')) {
        auto value = given_value(context, model, *field, assignment->value.substr(1));
        if (!value) return fail(value.error());
        choice.decision = std::move(*value);
    } else {
        return fail(ErrorKind::invalid, "USAGE",
                    "--set " + text + ": say " + std::string(assignment->name) + "=mine, =theirs, or ==VALUE");
    }
    return choice;
}

[[nodiscard]] Result<store::Resolution> parse_resolution(Context& context, crm::Model model) {
    const Options& options = context.options();
    if (options.mine && options.theirs) return fail(ErrorKind::invalid, "USAGE", "either --mine or --theirs");
    if (!options.mine && !options.theirs && options.choices.empty()) {
        return fail(ErrorKind::invalid, "USAGE", "say --mine, --theirs, or --set FIELD=mine|theirs|=VALUE");
    }
    store::Resolution resolution;
    resolution.otherwise = options.theirs ? Side::theirs : Side::mine;
    for (const std::string& text : options.choices) {
        auto choice = parse_choice(context, model, text);
        if (!choice) return fail(choice.error());
        resolution.fields.push_back(std::move(*choice));
    }
    return resolution;
}

[[nodiscard]] Json audit_json(const store::AuditRow& row) {
    return {{"at", format_rfc3339(row.at)},
            {"what", row.what},
            {"model", crm::name(row.model)},
            {"recordId", row.record.str()},
            {"operationId", row.operation.str()},
            {"userId", row.user.empty() ? Json() : Json(row.user)},
            {"otherId", row.other.empty() ? Json() : Json(row.other)},
            {"before", values_json(row.model, row.before)},
            {"after", values_json(row.model, row.after)}};
}

/// By name where it is known; an edit of another version's trail, or of nobody that is told, has none.
[[nodiscard]] std::string who_shown(const client::PeopleList& people, const std::string& id) {
    const sync::Person* person = people.find(id);
    return person == nullptr ? std::string() : person->name;
}

void print_audit(Context& context, const client::PeopleList& people, const std::vector<store::AuditRow>& rows) {
    TextTable table;
    for (const char* const title : {"When", "Edit", "What", "By", "Met", "Record", "Field", "Before", "After"}) {
        table.add_column(title);
    }
    for (const store::AuditRow& row : rows) {
        const crm::Changes& named = row.after.fields.empty() ? row.before : row.after;
        const auto add = [&](std::string field, std::string before, std::string after) {
            table.add_row({shown_time(row.at), short_id(row.operation), row.what, who_shown(people, row.user),
                           who_shown(people, row.other), short_id(row.record), std::move(field), std::move(before),
                           std::move(after)});
        };
        if (named.fields.empty()) add("", "", "");
        for (const auto& [id, value] : named.fields) {
            const crm::FieldId field = id;
            const auto shown = [&](const crm::Value* said) {
                return said == nullptr ? std::string() : shown_value(row.model, field, *said, people);
            };
            add(std::string(crm::def(row.model, field).name), shown(row.before.find(field)),
                shown(row.after.find(field)));
        }
    }
    if (table.rows() > 0) table.print(context.out(), context.surroundings().width);
}

[[nodiscard]] Outcome print_rows(Context& context, client::Session& session, const std::vector<store::AuditRow>& rows) {
    if (context.json()) {
        Json list = Json::array();
        for (const store::AuditRow& row : rows) list.push_back(audit_json(row));
        print_json(context.out(), list);
    } else {
        print_audit(context, session.people(false), rows);
    }
    return ExitCode::done;
}

constexpr std::size_t kDecisionsMax = 10'000;

}  // namespace

Outcome run_conflict_list(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto all = (*session)->store().conflicts();
    if (!all) return fail(all.error());
    if (context.json()) {
        Json list = Json::array();
        for (const Conflict& conflict : *all) list.push_back(conflict_json(conflict));
        print_json(context.out(), list);
        return ExitCode::done;
    }
    TextTable table;
    for (const char* const title : {"ID", "Model", "Record", "Since", "Conflict"}) table.add_column(title);
    for (const Conflict& conflict : *all) {
        const sync::Operation& operation = conflict.queued.operation;
        table.add_row({short_id(operation.id), std::string(crm::name(operation.model)), short_id(operation.record),
                       shown_time(conflict.queued.created_at), clashing(conflict)});
    }
    if (table.rows() > 0) table.print(context.out(), context.surroundings().width);
    context.surroundings().err << all->size() << (all->size() == 1 ? " edit in conflict\n" : " edits in conflict\n");
    return ExitCode::done;
}

Outcome run_conflict_show(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto conflict = named_conflict(**session, context.options().id);
    if (!conflict) return fail(conflict.error());
    if (context.json()) {
        print_json(context.out(), conflict_json(*conflict));
        return ExitCode::done;
    }
    const crm::Model model = conflict->queued.operation.model;
    context.out() << crm::name(model) << ' ' << conflict->queued.operation.record.str() << ": " << clashing(*conflict)
                  << '\n';
    const client::PeopleList& people = (*session)->people(false);
    TextTable table;
    for (const char* const title : {"Field", "Before", "Mine", "Theirs", ""}) table.add_column(title);
    for (const ConflictField& field : conflict->fields) {
        table.add_row({std::string(crm::def(model, field.field).name),
                       shown_value(model, field.field, field.base, people),
                       shown_value(model, field.field, field.mine, people),
                       shown_value(model, field.field, field.theirs, people), field.clashes ? "conflict" : ""});
    }
    if (table.rows() > 0) table.print(context.out(), context.surroundings().width);
    return ExitCode::done;
}

Outcome run_conflict_resolve(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto conflict = named_conflict(**session, context.options().id);
    if (!conflict) return fail(conflict.error());
    const auto resolution = parse_resolution(context, conflict->queued.operation.model);
    if (!resolution) return fail(resolution.error());
    const auto visible = (*session)->resolve(conflict->queued.operation.id, *resolution);
    if (!visible) return fail(visible.error());
    if (context.json()) {
        print_json(context.out(), {{"resolved", conflict->queued.operation.id.str()}});
    } else {
        context.out() << "resolved; the next sync sends the decision\n";
    }
    return ExitCode::done;
}

Outcome run_conflict_decided(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto limit = context.options().limit;
    const auto rows = (*session)->store().decisions(limit < 0 ? kDecisionsMax : static_cast<std::size_t>(limit));
    if (!rows) return fail(rows.error());
    return print_rows(context, **session, *rows);
}

Outcome run_conflict_undo(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto rows = (*session)->store().decisions(kDecisionsMax);
    if (!rows) return fail(rows.error());
    // An edit's id, or a record's: then the newest that was decided of it.
    std::vector<Uuid> ids, records;
    for (const store::AuditRow& row : *rows) {
        ids.push_back(row.operation);
        if (std::find(records.begin(), records.end(), row.record) == records.end()) records.push_back(row.record);
    }
    auto id = choose_id(ids, context.options().id, "decided edit", "NO_DECISION");
    if (!id && id.error().code == "NO_DECISION") {
        id = choose_id(records, context.options().id, "record", "NO_DECISION");
    }
    if (!id) return fail(id.error());
    const auto& row = *std::find_if(rows->begin(), rows->end(), [&id](const store::AuditRow& one) {
        return one.operation == *id || one.record == *id;
    });
    const auto committed = (*session)->take_back(row);
    if (!committed) return fail(committed.error());
    if (context.json()) {
        print_json(context.out(), {{"id", row.record.str()}});
    } else {
        context.out() << "turned round; the next sync sends it\n";
    }
    return ExitCode::done;
}

Outcome run_history(Context& context) {
    const auto model = known_model(context.options().model);
    if (!model) return fail(model.error());
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto id = find_id((*session)->store(), *model, context.options().id);
    if (!id) return fail(id.error());
    const auto rows = (*session)->store().audit(*id);
    if (!rows) return fail(rows.error());
    return print_rows(context, **session, *rows);
}

}  // namespace ct::cli
