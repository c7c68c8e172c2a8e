#include "client/people_list.h"

#include <vector>

#include "base/utf8.h"

namespace ct::client {

PeopleList::PeopleList(sync::People people, UnixMs told_at) : people_(std::move(people)), told_at_(told_at) {
    for (std::size_t i = 0; i < people_.size(); ++i) by_id_.emplace(people_[i].id, i);
}

const sync::Person* PeopleList::find(std::string_view id) const {
    const auto at = by_id_.find(std::string(id));
    return at == by_id_.end() ? nullptr : &people_[at->second];
}

Result<const sync::Person*> PeopleList::resolve(std::string_view typed) const {
    const std::string wanted = fold(trim(typed));
    if (const sync::Person* person = find(wanted)) return person;
    std::vector<const sync::Person*> named;
    for (const sync::Person& person : people_) {
        if (!wanted.empty() && fold(person.email) == wanted) return &person;
        if (!person.disabled && fold(person.name) == wanted) named.push_back(&person);
    }
    if (named.size() == 1) return named.front();
    if (named.empty())
        return fail(ErrorKind::invalid, "NO_SUCH_PERSON", "nobody in this workspace is called " + quote(typed));
    std::string who;
    for (const sync::Person* person : named)
        who += (who.empty() ? "" : ", ") + (person->email.empty() ? person->id : person->email);
    return fail(ErrorKind::invalid, "AMBIGUOUS_PERSON",
                std::to_string(named.size()) + " people are called " + quote(typed) + ": " + who);
}

Result<std::string> person_id(const PeopleList& people, std::string_view me, std::string_view typed) {
    if (!me.empty() && fold(trim(typed)) == "me") return std::string(me);
    if (!people.known())
        return fail(ErrorKind::invalid, "PEOPLE_UNKNOWN", "no names are known here yet: they come with a sync");
    const auto found = people.resolve(typed);
    if (!found) return fail(found.error());
    return (*found)->id;
}

}  // namespace ct::client
