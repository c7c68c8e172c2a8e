// people: who there is to hand records to; and names in place of ids for the fields that mean somebody.
#include "base/utf8.h"
#include "cli/context.h"
#include "cli/names.h"
#include "cli/output.h"

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

[[nodiscard]] Result<std::string> id_of(client::Session& session, std::string_view typed) {
    const std::string& me = session.store().state().user.id;
    if (fold(typed) == "me" && !me.empty()) return me;
    // What is known here is enough; somebody who came meanwhile is asked for.
    auto found = session.people(false).resolve(typed);
    if (!found && found.error().code == "NO_SUCH_PERSON") found = session.people(true).resolve(typed);
    if (found) return (*found)->id;
    if (!session.people(false).known()) return fail(why_unknown(session));
    return fail(found.error());
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

Result<crm::Changes> given_changes(Context& context, crm::Model model) {
    std::vector<std::string> texts = context.options().assignments;
    for (std::string& text : texts) {
        const auto assignment = split_assignment(text);
        if (!assignment) return fail(assignment.error());
        const auto field = known_field(model, assignment->name);
        if (!field) return fail(field.error());
        if (!crm::def(model, *field).names_person()) continue;
        const std::string typed(assignment->value);
        if (trim(typed).empty() || Uuid::parse(typed)) continue;
        auto session = context.session();
        if (!session) return fail(session.error());
        const auto id = id_of(**session, typed);
        if (!id) return fail(id.error());
        text = std::string(assignment->name) + "=" + *id;
    }
    return parse_assignments(model, texts);
}

}  // namespace ct::cli
