// THE table: every field of every model, in the order in which the product names them. Everything else is derived
// from it. Adding a field is one line here.
//
// It is a header so that field names in our own source are checked by the compiler:
//     constexpr FieldId kLeadName = field_id(Model::lead, "name");   // a wrong name does not compile
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "crm/model.h"

namespace ct::crm {
namespace tables {

inline constexpr std::uint16_t kNameLength = 200;
inline constexpr std::uint16_t kProseLength = 20'000;
inline constexpr std::uint16_t kEmailLength = 254;  // RFC 5321: a path of 256 with its angle brackets
inline constexpr std::uint16_t kPhoneLength = 40;
inline constexpr std::uint16_t kShortLength = 100;
inline constexpr std::uint16_t kLabelsLength = 1'000;

inline constexpr std::string_view kLeadSources[] = {"SOCIAL",  "REFERRAL", "EVENT", "MARKETING",
                                                    "WEBSITE", "WALK_IN",  "OTHER"};
inline constexpr std::string_view kLeadStatuses[] = {"PENDING", "FOLLOW_UP", "CONVERTED", "REJECTED"};
inline constexpr std::string_view kLeadTags[] = {"HOT", "WARM", "COLD", "QUALIFIED", "DISQUALIFIED"};
inline constexpr std::string_view kNoteKinds[] = {"NOTE", "CALL", "VISIT", "MESSAGE", "SYSTEM"};
inline constexpr std::string_view kPaymentDirections[] = {"IN", "OUT"};
inline constexpr std::string_view kPaymentStatuses[] = {"PENDING", "COMPLETED", "FAILED", "REFUNDED"};
inline constexpr std::string_view kPaymentMethods[] = {"CASH", "UPI", "CARD", "BANK_TRANSFER", "CHEQUE", "OTHER"};
inline constexpr std::string_view kReminderTypes[] = {"CALL", "EMAIL", "MEETING", "FOLLOW_UP", "GENERAL", "TASK"};
inline constexpr std::string_view kReminderPriorities[] = {"LOW", "MEDIUM", "HIGH", "URGENT"};
inline constexpr std::string_view kReminderRepeats[] = {"NONE", "DAILY", "WEEKLY", "MONTHLY"};

// Amount and currency of a lead are an estimate of what it may bring, nobody's payment: the later estimate is the
// better one, so they are last-write-wins like the rest. The money fields of a payment are not (see below).
// ownerId, assigneeId and by name users, who are no records: no target.
inline constexpr FieldDef kLead[] = {
    {.name = "name", .label = "Name", .required = true, .max_length = kNameLength},
    {.name = "company", .label = "Company", .max_length = kNameLength},
    {.name = "phone", .label = "Phone", .type = FieldType::phone, .max_length = kPhoneLength},
    {.name = "phoneE164", .label = "Phone, international", .derived_from = "phone", .max_length = kPhoneLength},
    {.name = "email", .label = "E-mail", .type = FieldType::email, .max_length = kEmailLength},
    {.name = "city", .label = "City", .max_length = kNameLength},
    {.name = "address", .label = "Address", .type = FieldType::multiline},
    {.name = "source", .label = "Source", .type = FieldType::choice, .choices = kLeadSources},
    {.name = "status", .label = "Status", .type = FieldType::choice, .fallback = "PENDING", .choices = kLeadStatuses},
    {.name = "lostReason", .label = "Lost because"},
    {.name = "tag", .label = "Tag", .type = FieldType::choice, .choices = kLeadTags},
    {.name = "amount", .label = "Expected value", .type = FieldType::money, .not_negative = true},
    {.name = "currency", .label = "Currency", .type = FieldType::currency, .fallback = "INR"},
    {.name = "enquiryDate", .label = "Enquiry date", .type = FieldType::instant},
    {.name = "bookingDate", .label = "Booking date", .type = FieldType::instant},
    {.name = "notes",
     .label = "Notes",
     .type = FieldType::multiline,
     .merge = Merge::lines,
     .max_length = kProseLength},
    {.name = "labels", .label = "Labels", .type = FieldType::labels, .merge = Merge::set, .max_length = kLabelsLength},
    {.name = "ownerId", .label = "Owner", .type = FieldType::reference},
    {.name = "mergedInto", .label = "Merged into", .type = FieldType::reference, .target = Model::lead},
};

inline constexpr FieldDef kNote[] = {
    {.name = "leadId", .label = "Lead", .type = FieldType::reference, .required = true, .target = Model::lead},
    {.name = "kind", .label = "Kind", .type = FieldType::choice, .fallback = "NOTE", .choices = kNoteKinds},
    {.name = "text", .label = "Text", .type = FieldType::multiline, .required = true, .max_length = kProseLength},
    {.name = "at", .label = "When", .type = FieldType::instant},
    {.name = "by", .label = "By", .type = FieldType::reference},
};

// Policy::manual: nobody's payment is overwritten in silence. The direction tells money in from money out, so the
// amount is never below zero.
inline constexpr FieldDef kPayment[] = {
    {.name = "leadId", .label = "Lead", .type = FieldType::reference, .target = Model::lead},
    {.name = "orderId", .label = "Order", .max_length = kShortLength},
    {.name = "direction",
     .label = "Direction",
     .type = FieldType::choice,
     .policy = Policy::manual,
     .fallback = "IN",
     .choices = kPaymentDirections},
    {.name = "amount",
     .label = "Amount",
     .type = FieldType::money,
     .required = true,
     .policy = Policy::manual,
     .not_negative = true},
    {.name = "currency", .label = "Currency", .type = FieldType::currency, .policy = Policy::manual, .fallback = "INR"},
    {.name = "status",
     .label = "Status",
     .type = FieldType::choice,
     .policy = Policy::manual,
     .fallback = "PENDING",
     .choices = kPaymentStatuses},
    {.name = "method", .label = "Method", .type = FieldType::choice, .choices = kPaymentMethods},
    {.name = "dueDate", .label = "Due", .type = FieldType::instant},
    {.name = "paidAt", .label = "Paid", .type = FieldType::instant},
    {.name = "receiptNo", .label = "Receipt number", .max_length = kShortLength},
    {.name = "refundOf",
     .label = "Refund of",
     .type = FieldType::reference,
     .policy = Policy::manual,
     .target = Model::payment},
    {.name = "reference", .label = "Reference"},
    {.name = "failureReason", .label = "Failed because"},
    {.name = "notes", .label = "Notes", .type = FieldType::multiline, .max_length = kProseLength},
};

inline constexpr FieldDef kReminder[] = {
    {.name = "leadId", .label = "Lead", .type = FieldType::reference, .target = Model::lead},
    {.name = "title", .label = "Title", .required = true, .max_length = kNameLength},
    {.name = "description", .label = "Description", .type = FieldType::multiline, .max_length = kProseLength},
    {.name = "reminderDate", .label = "Due", .type = FieldType::instant, .required = true},
    {.name = "type", .label = "Type", .type = FieldType::choice, .fallback = "GENERAL", .choices = kReminderTypes},
    {.name = "priority",
     .label = "Priority",
     .type = FieldType::choice,
     .fallback = "MEDIUM",
     .choices = kReminderPriorities},
    {.name = "isCompleted", .label = "Done", .type = FieldType::flag, .fallback = "false"},
    {.name = "repeat", .label = "Repeat", .type = FieldType::choice, .fallback = "NONE", .choices = kReminderRepeats},
    {.name = "snoozedUntil", .label = "Snoozed until", .type = FieldType::instant},
    {.name = "assigneeId", .label = "Assigned to", .type = FieldType::reference},
};

/// Names that every record has and no model may use for a field; on the wire they are never part of `data`.
inline constexpr std::string_view kSystemNames[] = {"id",      "createdAt",  "updatedAt",    "deleted",
                                                    "version", "syncStatus", "lastSyncedAt", "extra"};

constexpr std::optional<FieldId> find(std::span<const FieldDef> fields, std::string_view name) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name == name) return static_cast<FieldId>(i);
    }
    return std::nullopt;
}

/// Throws while compiling, where that is an error message.
constexpr FieldId need(std::span<const FieldDef> fields, std::string_view name) {
    const std::optional<FieldId> found = find(fields, name);
    if (!found) throw "no field of that name in the table";
    return *found;
}

/// Parents before children.
inline constexpr std::array<ModelDef, kModelCount> kModels{{
    {.model = Model::lead,
     .name = "Lead",
     .table = "lead",
     .plural = "Leads",
     .fields = kLead,
     .title = need(kLead, "name"),
     .parent = std::nullopt},
    {.model = Model::note,
     .name = "Note",
     .table = "note",
     .plural = "Notes",
     .fields = kNote,
     .title = need(kNote, "text"),
     .parent = need(kNote, "leadId"),
     .append_only = true},
    {.model = Model::payment,
     .name = "Payment",
     .table = "payment",
     .plural = "Payments",
     .fields = kPayment,
     .title = need(kPayment, "receiptNo"),
     .parent = need(kPayment, "leadId")},
    {.model = Model::reminder,
     .name = "Reminder",
     .table = "reminder",
     .plural = "Reminders",
     .fields = kReminder,
     .title = need(kReminder, "title"),
     .parent = need(kReminder, "leadId")},
}};

/// The mistakes that one can make when adding a line above; each is a compile error.
constexpr bool consistent() {
    for (std::size_t m = 0; m < kModels.size(); ++m) {
        const ModelDef& model = kModels[m];
        if (static_cast<std::size_t>(model.model) != m) return false;  // def() indexes by the enum
        if (model.fields.size() >= 255) return false;                  // FieldId
        if (model.parent && !model.fields[*model.parent].target) return false;
        for (std::size_t i = 0; i < model.fields.size(); ++i) {
            const FieldDef& field = model.fields[i];
            if (field.name.empty() || field.label.empty() || field.max_length == 0) return false;
            if (find(model.fields, field.name) != static_cast<FieldId>(i)) return false;  // the name is used twice
            for (const std::string_view system : kSystemNames) {
                if (field.name == system) return false;
            }
            if ((field.type == FieldType::choice) == field.choices.empty()) return false;
            if (field.type == FieldType::choice && !field.fallback.empty()) {
                bool known = false;
                for (const std::string_view choice : field.choices) known = known || choice == field.fallback;
                if (!known) return false;
            }
            if (field.target && field.type != FieldType::reference) return false;
            if (field.merge == Merge::set && field.type != FieldType::labels) return false;
            if (field.merge == Merge::lines && field.type != FieldType::multiline) return false;
            if (field.derived()) {
                if (field.required || !field.fallback.empty()) return false;
                if (!find(model.fields, field.derived_from)) return false;
            }
        }
    }
    return true;
}
static_assert(consistent());

}  // namespace tables

/// A field by its name, while compiling.
consteval FieldId field_id(Model model, std::string_view name) {
    return tables::need(tables::kModels[static_cast<std::size_t>(model)].fields, name);
}

}  // namespace ct::crm
