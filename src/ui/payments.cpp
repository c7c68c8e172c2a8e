#include "crm/tables.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/pages.h"

namespace ct::ui {
namespace {

using crm::Model;

consteval crm::FieldId payment(std::string_view name) { return crm::field_id(Model::payment, name); }

std::function<bool(const crm::Record&)> with_status(std::string_view status) {
    return [status](const crm::Record& record) { return record.fields.text(payment("status")) == status; };
}

/// What waits to be paid: late, or not yet. Without a date it is not late.
std::function<bool(const crm::Record&)> waiting(const Clock& clock, bool late) {
    return [&clock, late](const crm::Record& record) {
        if (record.fields.text(payment("status")) != "PENDING") return false;
        const std::int64_t due = record.fields.integer(payment("dueDate"));
        return (due != 0 && due < start_of_day(clock.now())) == late;
    };
}

}  // namespace

RecordsSpec payments_page(const Clock& clock) {
    using Kind = Column::Kind;
    RecordsSpec spec;
    spec.model = Model::payment;
    spec.columns = {
        {Kind::title, payment("leadId"), "Lead", 2.0F, false, 0, 160},
        {Kind::field, payment("orderId"), "Order", 1.0F, false, 6, 80},
        {Kind::field, payment("direction"), "Direction", -104, false, 7},
        {Kind::money, payment("amount"), "Amount", 1.3F, false, 0, 104},
        {Kind::field, payment("status"), "Status", -116, false, 1},
        {Kind::field, payment("method"), "Method", -124, false, 5},
        {Kind::due, payment("dueDate"), "Due", -112, false, 2},
        {Kind::paid, payment("paidAt"), "Paid", -112, false, 3},
        {Kind::field, payment("receiptNo"), "Receipt", 1.0F, true, 0, 80},
        {Kind::field, payment("reference"), "Reference", 1.0F, true, 0, 80},
        {Kind::updated, 0, "Changed", -104, true},
        {Kind::sync, 0, "Sync", -64, false, 4},
    };
    spec.quick = {{"All", [](const crm::Record&) { return true; }},
                  {"Overdue", waiting(clock, true)},
                  {"Due", waiting(clock, false)},
                  {"Paid", with_status("COMPLETED")},
                  {"Failed", with_status("FAILED")},
                  {"Refunded", with_status("REFUNDED")}};
    spec.begin_with = {1, 2};  // one comes to see who is to be asked for money
    spec.bulk_field = payment("status");
    spec.sort_column = 6;
    spec.example = "status:PENDING amount>50000 due<7d lead:Asha";
    spec.new_label = "New payment";
    spec.empty_icon = icon::kPayments;
    spec.empty_title = "No payments yet";
    spec.empty_words =
        "Record what customers pay and what is still due. Nobody's payment is ever overwritten in silence.";
    return spec;
}

}  // namespace ct::ui
