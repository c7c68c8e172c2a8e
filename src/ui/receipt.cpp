#include "ui/receipt.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/format.h"

namespace ct::ui {
namespace {

using crm::field_id;
using crm::Model;

constexpr crm::FieldId kNumber = field_id(Model::payment, "receiptNo");
constexpr std::size_t kPrefixLength = 5, kDigits = 4;

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\n': out += "<br>"; break;
            default: out += c;
        }
    }
    return out;
}

/// The number behind the prefix; 0: it is another device's, or no such number.
std::int64_t counter_in(std::string_view number, std::string_view prefix) {
    if (!number.starts_with(prefix) || number.size() <= prefix.size() || number[prefix.size()] != '-') return 0;
    std::int64_t counter = 0;
    const char* const end = number.data() + number.size();
    const auto read = std::from_chars(number.data() + prefix.size() + 1, end, counter);
    return read.ec == std::errc{} && read.ptr == end ? counter : 0;
}

std::string file_name(std::string_view number) {
    std::string name;
    for (const char c : number) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
        name += plain ? c : '_';
    }
    return "receipt-" + name + ".html";
}

constexpr std::string_view kStyle = R"(
@page { size: A5 landscape; margin: 12mm }
* { box-sizing: border-box }
body { font: 14px/1.45 "Inter", "Noto Sans", system-ui, sans-serif; color: #171d2b; max-width: 720px; margin: 32px auto;
       padding: 0 20px }
header { display: flex; justify-content: space-between; border-bottom: 2px solid #171d2b; padding-bottom: 14px }
h1 { font-size: 22px; margin: 0 }
.muted { color: #5a6478 }
.number { text-align: right }
.amount { font-size: 30px; font-weight: 600; margin: 22px 0 6px; font-variant-numeric: tabular-nums }
table { border-collapse: collapse; width: 100%; margin-top: 14px }
td { padding: 7px 0; border-bottom: 1px solid #e4e7ee; vertical-align: top }
td:first-child { color: #5a6478; width: 34% }
footer { margin-top: 44px; display: flex; justify-content: space-between }
.line { border-top: 1px solid #5a6478; padding-top: 6px; width: 220px; text-align: center }
button { font: inherit; padding: 8px 18px; margin-top: 28px }
@media print { body { margin: 0; max-width: none; padding: 0 } button { display: none } }
)";

}  // namespace

std::string receipt_prefix(std::string_view device_id) {
    const auto id = Uuid::parse(device_id);
    if (!id) return {};
    constexpr std::string_view kLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // none that look like others
    std::uint32_t chance = 0;  // the last bytes of a version 7 id are random
    for (std::size_t i = 12; i < 16; ++i) chance = chance << 8 | id->bytes[i];
    std::string prefix;
    for (std::size_t i = 0; i < kPrefixLength; ++i, chance >>= 5) prefix += kLetters[chance & 31U];
    return prefix;
}

std::string next_receipt_number(const client::State& state, std::int64_t last_given, std::string_view device_id) {
    const std::string prefix = receipt_prefix(device_id);
    if (prefix.empty()) return {};
    for (const crm::Record& payment : state.table(Model::payment).all())
        last_given = std::max(last_given, counter_in(payment.fields.text(kNumber), prefix));
    std::string digits = std::to_string(last_given + 1);
    if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
    return prefix + "-" + digits;
}

bool has_receipt(const crm::Record& payment) {
    const std::string_view status = payment.fields.text(field_id(Model::payment, "status"));
    return status == "COMPLETED" || status == "REFUNDED";
}

std::string receipt_page(const client::State& state, const client::Config& config, const crm::Record& payment) {
    const crm::Fields& fields = payment.fields;
    const auto text = [&](crm::FieldId field) { return std::string(fields.text(field)); };
    const bool out = fields.text(field_id(Model::payment, "direction")) == "OUT";
    const std::string number = text(kNumber);
    const std::int64_t paid = fields.integer(field_id(Model::payment, "paidAt"), payment.updated_at);
    const auto lead_id = Uuid::parse(fields.text(field_id(Model::payment, "leadId")));
    const crm::Record* lead = lead_id ? state.find(Model::lead, *lead_id) : nullptr;
    std::vector<std::pair<std::string, std::string>> rows;
    const auto row = [&rows](std::string label, std::string value) {
        if (!value.empty()) rows.emplace_back(std::move(label), std::move(value));
    };
    if (lead != nullptr) {
        std::string whom = crm::title(*lead);
        for (const crm::FieldId field :
             {field_id(Model::lead, "company"), field_id(Model::lead, "address"), field_id(Model::lead, "city")}) {
            if (const std::string_view more = lead->fields.text(field); !more.empty()) whom.append("\n").append(more);
        }
        row(out ? "Paid to" : "Received from", std::move(whom));
    }
    const std::string_view method = fields.text(field_id(Model::payment, "method"));
    row("Method", method.empty() ? std::string{} : words_of_choice(method));
    row("Order", text(field_id(Model::payment, "orderId")));
    row("Reference", text(field_id(Model::payment, "reference")));
    if (fields.text(field_id(Model::payment, "status")) == "REFUNDED") row("Status", "Refunded");
    row("Notes", text(field_id(Model::payment, "notes")));
    std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>Receipt " +
                       escaped(number) + "</title>\n<style>" + std::string(kStyle) +
                       "</style></head>\n<body>\n<header><div><h1>";
    page += escaped(config.business_name.empty() ? state.sync().workspace_name : config.business_name) + "</h1>";
    page += "<div class=\"muted\">" + escaped(config.business_address) + "</div></div>\n<div class=\"number\"><strong>";
    page += std::string(out ? "Payment voucher" : "Receipt") + " " + escaped(number) +
            "</strong><div class=\"muted\">" + escaped(day_text(paid)) +
            "</div></div></header>\n<div class=\"amount\">" +
            escaped(money_text(fields.integer(field_id(Model::payment, "amount")),
                               text(field_id(Model::payment, "currency")))) +
            "</div>\n<table>\n";
    for (const auto& [label, value] : rows)
        page += "<tr><td>" + escaped(label) + "</td><td>" + escaped(value) + "</td></tr>\n";
    page += "</table>\n<footer><div class=\"muted\">" + escaped(state.sync().user_name) +
            "</div><div class=\"line\">Signature</div></footer>\n"
            "<button onclick=\"print()\">Print</button>\n</body></html>\n";
    return page;
}

void print_receipt(Desk& desk, const Uuid& id) {
    const crm::Record* payment = desk.state.find(Model::payment, id);
    if (payment == nullptr || !desk.save_document) return;
    if (payment->fields.text(kNumber).empty()) {
        const std::string number =
            next_receipt_number(desk.state, desk.config.last_receipt, desk.state.sync().device_id);
        if (number.empty()) return desk.toasts.add(ToastKind::problem, "This device has no name yet: try again");
        crm::Changes changes;
        changes.set(kNumber, number);
        client::Edit edit{sync::OperationKind::update, Model::payment, id, std::move(changes)};
        if (!desk.accepted(desk.editor.apply({std::move(edit)}, "Give receipt number " + number))) return;
        // Also when the payment is deleted again: a number is given once.
        desk.config.last_receipt = counter_in(number, receipt_prefix(desk.state.sync().device_id));
        desk.config_changed = true;
        payment = desk.state.find(Model::payment, id);
    }
    const std::string number(payment->fields.text(kNumber));
    const auto file = desk.save_document(file_name(number), receipt_page(desk.state, desk.config, *payment));
    if (!desk.accepted(file)) return;
    desk.toasts.add(ToastKind::done, "Receipt " + number + " is in " + *file);
    if (desk.open_url) desk.open_url(*file);
}

}  // namespace ct::ui
