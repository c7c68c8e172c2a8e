#include "ui/payment_acts.h"

#include <utility>

#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/receipt.h"

namespace ct::ui {
namespace {

using crm::field_id;
using crm::Model;

constexpr crm::FieldId kStatus = field_id(Model::payment, "status"), kPaidAt = field_id(Model::payment, "paidAt"),
                       kDirection = field_id(Model::payment, "direction"),
                       kRefundOf = field_id(Model::payment, "refundOf");
constexpr std::string_view kCompleted = "COMPLETED";

client::Edit paid_now(const crm::Record& payment, UnixMs now) {
    client::Edit edit{sync::OperationKind::update, Model::payment, payment.id, {}};
    edit.changes.set(kStatus, std::string(kCompleted));
    date_completed(payment, edit.changes, now);
    return edit;
}

/// "₹100.00 of Ravi Iyer"
std::string words_of(const Desk& desk, const crm::Record& payment) {
    const std::string lead = lead_of(desk.state, payment);
    return title_of(payment) + (lead.empty() ? "" : (is_outgoing(payment) ? " to " : " of ") + lead);
}

void mark_one_paid(Desk& desk, const crm::Record& payment) {
    const std::string words = words_of(desk, payment);
    const Uuid id = payment.id;
    const bool receipt = !is_outgoing(payment) && desk.save_document;
    if (!desk.accepted(desk.editor.apply({paid_now(payment, desk.now())}, "Mark " + words + " as paid"))) return;
    if (!receipt) return offer_undo(desk, "Paid: " + words);
    // Who has paid waits for something in the hand.
    desk.toasts.add(
        ToastKind::done, "Paid: " + words, "Undo", [&desk] { undo(desk); }, "Print receipt",
        [&desk, id] { print_receipt(desk, id); });
}

}  // namespace

bool is_outgoing(const crm::Record& payment) { return payment.fields.text(kDirection) == "OUT"; }

bool can_be_paid(const crm::Record& payment) {
    const std::string_view status = payment.fields.text(kStatus);
    return status == "PENDING" || status == "FAILED";
}

void date_completed(Model model, bool dated, crm::Changes& changes, UnixMs now) {
    if (model != Model::payment) return;
    const crm::Value* status = changes.find(kStatus);
    if (status == nullptr || *status != crm::Value(std::string(kCompleted))) return;
    const crm::Value* said = changes.find(kPaidAt);
    if (said != nullptr ? said->index() != 0 : dated) return;
    changes.set(kPaidAt, now);
}

void date_completed(const crm::Record& record, crm::Changes& changes, UnixMs now) {
    date_completed(record.model, record.model == Model::payment && record.fields.has(kPaidAt), changes, now);
}

bool is_given_once(Model model, crm::FieldId field) {
    return model == Model::payment && field == field_id(Model::payment, "receiptNo");
}

bool can_be_refunded(const crm::Record& payment) {
    return payment.model == Model::payment && payment.fields.text(kStatus) == kCompleted && !is_outgoing(payment);
}

void refund(Desk& desk, const Uuid& id) {
    const crm::Record* payment = desk.state.find(Model::payment, id);
    if (payment == nullptr || !can_be_refunded(*payment)) return;
    const std::string paid = id.str();
    for (const crm::Record& other : desk.state.table(Model::payment).all()) {
        if (other.fields.text(kRefundOf) != paid) continue;
        desk.toasts.add(ToastKind::info, "This is the refund of " + words_of(desk, *payment));
        return desk.open(Model::payment, other.id);
    }
    crm::Changes preset;
    for (const char* field : {"leadId", "orderId", "amount", "currency", "method"}) {
        const crm::FieldId same = crm::field(Model::payment, field);
        if (payment->fields.has(same)) preset.set(same, crm::own(payment->fields.get(same)));
    }
    preset.set(kDirection, std::string("OUT"));
    preset.set(kRefundOf, paid);
    desk.create(Model::payment, std::move(preset));
}

void mark_paid(Desk& desk, const std::vector<Uuid>& ids) {
    if (ids.size() == 1) {
        const crm::Record* payment = desk.state.find(Model::payment, ids.front());
        if (payment != nullptr && can_be_paid(*payment)) mark_one_paid(desk, *payment);
        return;
    }
    client::Editor::Many many;
    many.records = ids;
    many.edit = [&desk](const Uuid& id) -> Result<std::optional<client::Edit>> {
        const crm::Record* payment = desk.state.find(Model::payment, id);
        if (payment == nullptr || !can_be_paid(*payment)) return std::nullopt;
        return paid_now(*payment, desk.now());
    };
    many.label = [](std::size_t count) { return "Mark " + count_of(Model::payment, count) + " as paid"; };
    many.done =
        told_at_end(desk, [](std::size_t count) { return "Marked as paid: " + count_of(Model::payment, count); });
    desk.editor.apply_each(std::move(many));
}

}  // namespace ct::ui
