#include "sync/people.h"
#include "sync/wire_json.h"

namespace ct::sync {

using wire::ObjectWriter;
using wire::Reader;

std::string encode(const People& people) {
    std::string out = "{\"people\":[";
    for (const Person& person : people) {
        if (out.back() != '[') out.push_back(',');
        ObjectWriter object(out);
        object.text("id", person.id).text("name", person.name).text("role", person.role);
        if (!person.email.empty()) object.text("email", person.email);
        if (person.disabled) object.flag("disabled", true);
        object.end();
    }
    return out.append("]}");
}

Result<People> decode_people(std::string_view body) {
    const auto document = wire::parse_object(body);
    if (!document) return fail(document.error());
    Reader reader(*document);
    const wire::json* all = reader.array("people");
    if (all == nullptr) return reader.failure();
    People people;
    for (const wire::json& one : *all) {
        const std::string path = "people[" + std::to_string(people.size()) + "]";
        if (!one.is_object()) return wire::malformed(path, "is not an object");
        Reader member(one, path);
        people.push_back({member.text("id"), member.text("name"), member.text_or("role"), member.text_or("email"),
                          member.flag_or("disabled", false)});
        if (!member.ok()) return member.failure();
    }
    return people;
}

}  // namespace ct::sync
