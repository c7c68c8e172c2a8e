#include "ui/form.h"

#include <algorithm>

#include "base/utf8.h"
#include "crm/tables.h"
#include "crm/validate.h"
#include "sync/three_way.h"
#include "ui/format.h"
#include "ui/payment_acts.h"

namespace ct::ui {
namespace {

using crm::FieldId;
using crm::FieldType;
using crm::Model;

std::vector<std::vector<std::string_view>> named_rows(Model model) {
    switch (model) {
        case Model::lead:
            return {{"name"},
                    {"company", "city"},
                    {"phone", "email"},
                    {"status", "tag"},
                    {"lostReason"},
                    {"amount", "currency"},
                    {"source", "labels"},
                    {"ownerId"},
                    {"enquiryDate", "bookingDate"},
                    {"address"},
                    {"notes"}};
        case Model::payment:
            return {{"leadId"},
                    {"amount", "currency"},
                    {"direction", "status"},
                    {"failureReason"},
                    {"method", "orderId"},
                    {"dueDate", "paidAt"},
                    {"receiptNo", "reference"},
                    {"notes"}};
        case Model::reminder:
            return {{"title"},       {"leadId"},      {"reminderDate", "repeat"}, {"type", "priority"}, {"assigneeId"},
                    {"description"}, {"snoozedUntil"}};
        case Model::note: return {{"text"}, {"kind", "at"}};
    }
    return {};
}

/// Known to the program and not for typing: ids of refunded and of merged records.
bool never_shown(Model model, FieldId field) {
    const crm::FieldDef& def = crm::def(model, field);
    if (def.derived()) return true;
    if (def.type == FieldType::reference && !def.names_person() && def.target != Model::lead) return true;
    if (def.name == "by") return true;  // whoever writes the note
    return def.name == "mergedInto" || def.name == "isCompleted";
}

}  // namespace

std::vector<std::vector<FieldId>> form_layout(Model model) {
    std::vector<std::vector<FieldId>> rows;
    std::vector<bool> placed(crm::def(model).fields.size(), false);
    for (const auto& names : named_rows(model)) {
        std::vector<FieldId> row;
        for (const std::string_view name : names) {
            row.push_back(crm::field(model, name));
            placed[row.back()] = true;
        }
        rows.push_back(std::move(row));
    }
    for (std::size_t i = 0; i < placed.size(); ++i) {
        const auto field = static_cast<FieldId>(i);
        if (!placed[i] && !never_shown(model, field)) rows.push_back({field});
    }
    return rows;
}

// ---- from and to records

std::string typed_text(Model model, FieldId field, crm::ValueView value, std::string_view currency) {
    if (const auto* words = std::get_if<std::string_view>(&value)) return std::string(*words);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "";
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return {};
    switch (crm::def(model, field).type) {
        case FieldType::money: return crm::format_money(*number, currency);
        case FieldType::instant: return date_input_text(shown_at(model, field, *number));
        default: return std::to_string(*number);
    }
}

Result<crm::Value> typed_value(Model model, FieldId field, std::string_view text, std::string_view currency,
                               UnixMs now) {
    const crm::FieldDef& definition = crm::def(model, field);
    const std::string_view typed = trim(text);
    if (definition.type == FieldType::flag) return crm::Value(!typed.empty());
    if (typed.empty()) return crm::Value{};
    if (definition.type == FieldType::money) {
        Result<std::int64_t> amount = crm::parse_money(typed, currency);
        if (!amount) return fail(amount.error());
        return crm::canonical(model, field, *amount);
    }
    if (definition.type == FieldType::instant) {
        const std::optional<UnixMs> at = parse_date_input(typed, now);
        if (!at) {
            return fail(ErrorKind::invalid, "INVALID_FIELD", "Not a date. Try 2026-11-23, 14:30, tomorrow or +3",
                        definition.name);
        }
        return crm::canonical(model, field, *at);
    }
    if (definition.type == FieldType::integer) return crm::parse_value(model, field, typed);
    return crm::canonical(model, field, std::string(definition.type == FieldType::multiline ? text : typed));
}

Form::Form(const crm::Record& record)
    : model_(record.model), is_new_(false), entries_(crm::def(record.model).fields.size()) {
    refresh(record);
    news_read();
}

Form::Form(Model model, const crm::Changes& preset, const client::Config& config)
    : model_(model), is_new_(true), entries_(crm::def(model).fields.size()) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const auto field = static_cast<FieldId>(i);
        const crm::FieldDef& definition = def(field);
        Entry& entry = entries_[i];
        entry.text = definition.type == FieldType::currency ? config.currency : std::string(definition.fallback);
        if (definition.type == FieldType::flag && entry.text == "false") entry.text.clear();
        entry.original = entry.text;
    }
    for (const auto& [field, value] : preset.fields) {
        entries_[field].text = entries_[field].original = typed_text(model, field, crm::view(value), config.currency);
    }
}

void Form::refresh(const crm::Record& record) {
    const auto currency_field = crm::find_field(model_, "currency");
    const std::string_view currency = currency_field ? record.fields.text(*currency_field) : std::string_view{};
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        Entry& entry = entries_[i];
        const auto field = static_cast<FieldId>(i);
        std::string now = typed_text(model_, field, record.fields.get(field), currency);
        if (now == entry.original) continue;
        const crm::FieldDef& definition = def(field);
        const bool typed = entry.text != entry.original;
        const std::string shown = entry.text;
        if (!typed) {
            entry.text = now;
        } else if (definition.merge == crm::Merge::set) {
            entry.text = sync::merge_sets(entry.original, now, entry.text);
        } else {
            auto joined = definition.merge == crm::Merge::lines ? sync::merge_lines(entry.original, now, entry.text)
                                                                : std::nullopt;
            if (joined) entry.text = *std::move(joined);
            entry.clash = !joined && entry.text != now;
        }
        entry.reload = entry.reload || entry.text != shown;
        const bool known = std::find(taken_over_.begin(), taken_over_.end(), field) != taken_over_.end();
        if (!entry.clash && !known && !definition.derived()) taken_over_.push_back(field);
        entry.original = std::move(now);
    }
}

std::string Form::news() const {
    std::string taken, both;
    for (const FieldId field : taken_over_) taken += (taken.empty() ? "" : ", ") + std::string(def(field).label);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (!entries_[i].clash || entries_[i].text == entries_[i].original) continue;
        both += (both.empty() ? "" : ", ") + std::string(def(static_cast<FieldId>(i)).label);
    }
    if (taken.empty() && both.empty()) return {};
    std::string words = "Changed elsewhere meanwhile.";
    if (!taken.empty()) words += " Taken over: " + taken + ".";
    if (!both.empty()) words += " You typed something else, and see both: " + both + ".";
    return words;
}

std::vector<Form::Typed> Form::typed() const {
    std::vector<Typed> all;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (!changed(static_cast<FieldId>(i))) continue;
        const Entry& entry = entries_[i];
        all.push_back({std::string(def(static_cast<FieldId>(i)).name), entry.text, entry.extra, entry.original});
    }
    return all;
}

void Form::put(const Typed& typed) {
    const auto field = crm::find_field(model_, typed.field);
    if (!field) return;
    Entry& entry = entries_[*field];
    entry.text = typed.text;
    entry.extra = typed.extra;
    entry.clash = !is_new_ && typed.original != entry.original && typed.text != entry.original;
}

Result<crm::Value> Form::value_of(FieldId field, UnixMs now) const {
    return typed_value(model_, field, entries_[field].text, text_of("currency"), now);
}

std::string_view Form::text_of(std::string_view name) const {
    const auto field = crm::find_field(model_, name);
    return field ? std::string_view(entries_[*field].text) : std::string_view{};
}

bool Form::changed(FieldId field) const {
    const Entry& entry = entries_[field];
    if (entry.text != entry.original || !trim(entry.extra).empty()) return true;
    // The same digits mean another amount in another currency.
    if (def(field).type != FieldType::money || entry.text.empty()) return false;
    const auto currency = crm::find_field(model_, "currency");
    return currency && entries_[*currency].text != entries_[*currency].original;
}

bool Form::dirty() const {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (changed(static_cast<FieldId>(i))) return true;
    }
    return false;
}

std::string Form::name() const {
    if (const std::string& typed = entries_[crm::def(model_).title].text; !typed.empty() && model_ != Model::payment) {
        return typed;
    }
    std::string word(crm::name(model_));
    word.front() = static_cast<char>(word.front() - 'A' + 'a');
    return (is_new_ ? "New " : "This ") + word;
}

std::optional<crm::Changes> Form::collect(const Desk& desk) {
    crm::Changes changes;
    focus_.reset();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const auto field = static_cast<FieldId>(i);
        Entry& entry = entries_[i];
        entry.error.clear();
        add_typed_label(entry);
        const crm::FieldDef& definition = def(field);
        if (definition.derived()) continue;
        const bool wanted = is_new_ ? !trim(entry.text).empty() || definition.required : changed(field);
        if (!wanted) continue;
        Result<crm::Value> value = value_of(field, desk.now());
        if (!value) {
            entry.error = value.error().message;
        } else if (definition.required && value->index() == 0) {
            entry.error = std::string(definition.label) + " is needed";
        } else {
            changes.set(field, std::move(*value));
        }
        if (!entry.error.empty() && !focus_) focus_ = field;
    }
    if (focus_) return std::nullopt;
    crm::complete_phones(model_, changes, desk.config.default_country);
    if (const auto paid = crm::find_field(model_, "paidAt")) {
        date_completed(model_, !entries_[*paid].text.empty(), changes, desk.now());
        // In the form, too: it is no news from elsewhere.
        if (const crm::Value* at = changes.find(*paid))
            entries_[*paid].text = typed_text(model_, *paid, crm::view(*at), text_of("currency"));
    }
    return changes;
}

void Form::show_error(const Error& error) {
    const auto field = crm::find_field(model_, error.field);
    if (!field) return;
    entries_[*field].error = error.message;
    focus_ = *field;
}

void Form::mark_saved() {
    is_new_ = false;
    for (Entry& entry : entries_) {
        entry.original = entry.text;
        entry.clash = false;
    }
}

void Form::mark_unsaved(const crm::Record* record) {
    if (record == nullptr) {
        is_new_ = true;
        for (Entry& entry : entries_) entry.original.clear();
        return;
    }
    const std::vector<Entry> typed = entries_;
    for (Entry& entry : entries_) entry.text = entry.original;
    refresh(*record);
    for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].text = typed[i].text;
    news_read();
}

}  // namespace ct::ui
