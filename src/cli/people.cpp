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
    Error error = found.error();
    if (!session.people(false).known()) {
        error = why_unknown(session);
        // Not "offline, kept in the queue", which is what the exit code of that would say: nothing is kept.
        if (error.kind == ErrorKind::offline)
            error = {ErrorKind::invalid, "PEOPLE_UNKNOWN", "no names are known here yet: " + error.message, {}};
    } else if (const auto& trouble = session.people_trouble(); trouble && error.code == "NO_SUCH_PERSON") {
        error.message += "; the server could not be asked: " + trouble->message;
    }
    return fail(std::move(error));
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

Result<std::string> with_person(Context& context, crm::Model model, const std::string& text) {
    const auto assignment = split_assignment(text);
    const auto field = assignment ? known_field(model, assignment->name) : fail(assignment.error());
    if (!field || !crm::def(model, *field).names_person()) return text;  // whoever parses it says what is wrong
    const std::string typed(assignment->value);
    if (trim(typed).empty() || Uuid::parse(typed)) return text;
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto id = id_of(**session, typed);
    if (!id) return fail(id.error());
    return std::string(assignment->name) + "=" + *id;
}

Result<crm::Changes> given_changes(Context& context, crm::Model model, std::span<const std::string> texts) {
    for (const std::string& text : texts) {  // what is wrong whoever there is comes first
        const auto assignment = split_assignment(text);
        if (!assignment) return fail(assignment.error());
        if (const auto field = known_field(model, assignment->name); !field) return fail(field.error());
    }
    std::vector<std::string> named;
    for (const std::string& text : texts) {
        auto one = with_person(context, model, text);
        if (!one) return fail(one.error());
        named.push_back(*std::move(one));
    }
    return parse_assignments(model, named);
}

}  // namespace ct::cli
