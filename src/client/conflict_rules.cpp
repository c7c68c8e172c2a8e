#include "client/conflict_rules.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace ct::client {

namespace {

constexpr std::array<std::string_view, 4> kNames{"lww", "ask", "mine", "server"};

bool known_place(std::string_view place) {
    if (place == "*") return true;
    const std::size_t dot = place.find('.');
    const auto model = crm::find_model(place.substr(0, dot));
    return model && (dot == std::string_view::npos || crm::find_field(*model, place.substr(dot + 1)));
}

}  // namespace

std::string_view name(ConflictRule rule) { return kNames[static_cast<std::size_t>(rule)]; }

std::optional<ConflictRule> find_conflict_rule(std::string_view wanted) {
    const auto at = std::find(kNames.begin(), kNames.end(), wanted);
    if (at == kNames.end()) return std::nullopt;
    return static_cast<ConflictRule>(at - kNames.begin());
}

Result<void> ConflictRules::set(std::string_view place, std::string_view rule) {
    if (!known_place(place)) {
        return fail(ErrorKind::invalid, "INVALID_RULE",
                    quote(place) + " is neither \"*\" nor a model nor a field such as \"Payment.amount\"");
    }
    const auto found = find_conflict_rule(rule);
    if (!found) {
        return fail(ErrorKind::invalid, "INVALID_RULE", quote(rule) + " must be lww, ask, mine or server");
    }
    rules_.insert_or_assign(std::string(place), *found);
    return {};
}

ConflictRule ConflictRules::of(crm::Model model, crm::FieldId field) const {
    const crm::FieldDef& def = crm::def(model, field);
    const std::string whole(crm::name(model));
    for (const std::string& place : {whole + "." + std::string(def.name), whole, std::string("*")}) {
        if (const auto at = rules_.find(place); at != rules_.end()) return at->second;
    }
    return def.policy == crm::Policy::manual ? ConflictRule::ask : ConflictRule::last_write;
}

ConflictRule ConflictRules::of(crm::Model model) const {
    for (const std::string_view place : {crm::name(model), std::string_view("*")}) {
        if (const auto at = rules_.find(place); at != rules_.end()) return at->second;
    }
    const auto fields = crm::def(model).fields;
    const bool asks = std::any_of(fields.begin(), fields.end(),
                                  [](const crm::FieldDef& field) { return field.policy == crm::Policy::manual; });
    return asks ? ConflictRule::ask : ConflictRule::last_write;
}

crm::Policy ConflictRules::policy(crm::Model model) const {
    switch (of(model)) {
        case ConflictRule::last_write: return crm::Policy::lww;
        case ConflictRule::prefer_mine: return crm::Policy::force;
        case ConflictRule::ask:
        case ConflictRule::prefer_server: break;
    }
    return crm::Policy::manual;
}

crm::Policy ConflictRules::policy(crm::Model model, const crm::Changes& changes) const {
    bool all_later = true, all_mine = !changes.fields.empty();
    for (const auto& [field, value] : changes.fields) {
        const ConflictRule rule = of(model, field);
        all_later = all_later && rule == ConflictRule::last_write;
        all_mine = all_mine && rule == ConflictRule::prefer_mine;
    }
    return all_mine ? crm::Policy::force : all_later ? crm::Policy::lww : crm::Policy::manual;
}

}  // namespace ct::client
