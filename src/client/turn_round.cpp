#include "client/turn_round.h"

namespace ct::client {

std::optional<Edit> turning_round(const store::AuditRow& decision, const crm::Record* there) {
    using sync::OperationKind;
    Edit edit{OperationKind::update, decision.model, decision.record, {}};
    if (store::deletion_lost(decision)) {
        if (there == nullptr) return std::nullopt;
        edit.kind = OperationKind::remove;
        return edit;
    }
    if (there == nullptr) {
        // Where no deletion was decided about, somebody deleted the record since, and meant it.
        if (!store::deletion_won(decision) || decision.whole.empty()) return std::nullopt;
        edit.kind = OperationKind::create;
        edit.changes = decision.whole;
        for (const auto& [field, value] : decision.before.fields) edit.changes.set(field, value);
        return edit;
    }
    for (const auto& [field, value] : decision.before.fields) {
        if (crm::own(there->fields.get(field)) != value) edit.changes.set(field, value);
    }
    if (edit.changes.empty()) return std::nullopt;
    return edit;
}

}  // namespace ct::client
