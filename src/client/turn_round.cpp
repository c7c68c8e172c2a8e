#include "client/turn_round.h"

#include <algorithm>

namespace ct::client {

namespace {

bool stands(const crm::Record& there, const std::pair<crm::FieldId, crm::Value>& change) {
    return there.fields.get(change.first) == crm::view(change.second);
}

}  // namespace

WayRound way_round(const store::AuditRow& decision, const crm::Record* there) {
    const auto& before = decision.before.fields;
    const auto& after = decision.after.fields;
    const auto stands_now = [there](const auto& change) { return stands(*there, change); };
    if (store::deletion_lost(decision)) {
        // Who has changed again since what won over the deletion wants the record.
        const bool as_decided = there != nullptr && std::all_of(after.begin(), after.end(), stands_now);
        return as_decided ? WayRound::remove : WayRound::none;
    }
    if (there == nullptr) {
        // Where no deletion was decided about, somebody deleted the record since, and meant it.
        return store::deletion_won(decision) && !decision.whole.empty() ? WayRound::restore : WayRound::none;
    }
    // Our own deletion won, and the record is here again: whoever restored it has decided what it says.
    if (store::deletion_won(decision) && decision.what == "OVERRODE") return WayRound::none;
    return std::all_of(before.begin(), before.end(), stands_now) ? WayRound::none : WayRound::values;
}

std::optional<Edit> turning_round(const store::AuditRow& decision, const crm::Record* there) {
    using sync::OperationKind;
    Edit edit{OperationKind::update, decision.model, decision.record, {}};
    switch (way_round(decision, there)) {
        case WayRound::none: return std::nullopt;
        case WayRound::remove: edit.kind = OperationKind::remove; return edit;
        case WayRound::restore:
            edit.kind = OperationKind::create;
            edit.changes = decision.whole;
            break;
        case WayRound::values: break;
    }
    for (const auto& change : decision.before.fields) {
        if (there == nullptr || !stands(*there, change)) edit.changes.set(change.first, change.second);
    }
    return edit;
}

}  // namespace ct::client
