// people: who there is to hand records to; and names in place of ids for the fields that mean somebody.
#include <algorithm>

#include "base/utf8.h"
#include "cli/context.h"
#include "cli/names.h"
#include "cli/output.h"
#include "crm/validate.h"

namespace ct::cli {
namespace {

/// Nobody has told yet who there is: why.
[[nodiscard]] Error why_unknown(client::Session& session) {
    if (!session.signed_in()) {
        return {ErrorKind::denied, "NOT_SIGNED_IN", "sign in first: the server says who there is", {}};
    }
    if (const auto& trouble = session.people_trouble()) return *trouble;
    return {ErrorKind::offline, "OFFLINE", "the server has not said yet who there is", {}};
}

}  // namespace

Outcome run_people(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const client::PeopleList& list = (*session)->people(true);
    if (!list.known()) return fail(why_unknown(**session));
    if (context.json()) {
        Json all = Json::array();
        for (const sync::Person& person : list.all()) {
            Json one{{"id", person.id}, {"name", person.name}, {"role", person.role}};
            if (!person.email.empty()) one["email"] = person.email;
            if (person.disabled) one["disabled"] = true;
            all.push_back(std::move(one));
        }
        print_json(context.out(), all);
        return ExitCode::done;
    }
    TextTable table;
    for (const char* column : {"Name", "Role", "E-mail", "ID"}) table.add_column(column);
    for (const sync::Person& person : list.all()) {
        table.add_row(
            {person.name + (person.disabled ? " (no longer here)" : ""), person.role, person.email, person.id});
    }
    table.print(context.out(), context.surroundings().width);
    return ExitCode::done;
}

Result<std::string> id_of_person(client::Session& session, std::string_view typed) {
    const auto known = [&](bool ask) {
        return client::person_id(session.people(ask), session.store().state().user.id, typed);
    };
    // What is known here is enough; somebody who came meanwhile is asked for.
    auto id = known(false);
    if (!id && id.error().code != "AMBIGUOUS_PERSON") id = known(true);
    if (id) return id;
    Error error = id.error();
    if (error.code == "PEOPLE_UNKNOWN") {
        error = why_unknown(session);
        // Not "offline, kept in the queue", which is what the exit code of that would say: nothing is kept.
        if (error.kind == ErrorKind::offline)
            error = {ErrorKind::invalid, "PEOPLE_UNKNOWN", "no names are known here yet: " + error.message, {}};
    } else if (const auto& trouble = session.people_trouble(); trouble && error.code == "NO_SUCH_PERSON") {
        error.message += "; the server could not be asked: " + trouble->message;
    }
    return fail(std::move(error));
}

namespace {

/// What is typed for the field, with an id in place of a person's name.
[[nodiscard]] Result<std::string> with_id(Context& context, const crm::FieldDef& field, std::string_view typed) {
    if (!field.names_person() || trim(typed).empty() || Uuid::parse(typed)) return std::string(typed);
    auto session = context.session();
    if (!session) return fail(session.error());
    return id_of_person(**session, typed);
}

}  // namespace

Result<std::string> with_person(Context& context, crm::Model model, const std::string& text) {
    const auto assignment = split_assignment(text);
    const auto field = assignment ? known_field(model, assignment->name) : fail(assignment.error());
    if (!field) return text;  // whoever parses it says what is wrong
    const auto typed = with_id(context, crm::def(model, *field), assignment->value);
    if (!typed) return fail(typed.error());
    return std::string(assignment->name) + "=" + *typed;
}

Result<crm::Value> given_value(Context& context, crm::Model model, crm::FieldId field, std::string_view typed) {
    const auto meant = with_id(context, crm::def(model, field), typed);
    if (!meant) return fail(meant.error());
    return crm::parse_value(model, field, *meant);
}

Result<crm::Changes> given_changes(Context& context, crm::Model model, std::span<const std::string> texts) {
    auto given = parse_assignments(model, texts);
    if (!given) return fail(given.error());
    // What is wrong whoever there is comes first.
    std::stable_partition(given->begin(), given->end(),
                          [&](const GivenField& one) { return !crm::def(model, one.field).names_person(); });
    crm::Changes changes;
    for (const GivenField& one : *given) {
        auto value = given_value(context, model, one.field, one.typed);
        if (!value) return fail(value.error());
        changes.set(one.field, *std::move(value));
    }
    return changes;
}

}  // namespace ct::cli
