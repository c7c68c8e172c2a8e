#include "cli/filter.h"

#include <algorithm>
#include <numeric>

#include "base/utf8.h"
#include "crm/validate.h"

namespace ct::cli {
namespace {

constexpr std::size_t kDateLength = std::string_view("2026-11-23").size();

/// A column's value as something that sorts: numbers as numbers, texts as people read them.
struct Key {
    bool absent = false;
    std::int64_t number = 0;
    std::string text;
};

[[nodiscard]] Key key_of(const crm::Record& record, const Column& column) {
    if (const auto* const system = std::get_if<SystemColumn>(&column)) {
        switch (*system) {
            case SystemColumn::id: return {false, 0, record.id.str()};
            case SystemColumn::sync_status: return {false, 0, std::string(crm::name(record.sync_status))};
            case SystemColumn::created_at: return {false, record.created_at, {}};
            case SystemColumn::updated_at: return {false, record.updated_at, {}};
            case SystemColumn::version: return {false, record.version, {}};
        }
    }
    const crm::ValueView value = record.fields.get(std::get<crm::FieldId>(column));
    if (const auto* const number = std::get_if<std::int64_t>(&value)) return {false, *number, {}};
    if (const auto* const flag = std::get_if<bool>(&value)) return {false, *flag ? 1 : 0, {}};
    if (const auto* const text = std::get_if<std::string_view>(&value)) return {false, 0, fold(*text)};
    return {true, 0, {}};
}

/// The text that --where compares: equal for values that people would call the same.
[[nodiscard]] std::string comparable(crm::Model model, crm::FieldId field, crm::ValueView value) {
    const std::string text = crm::format_value(model, field, value);
    if (crm::def(model, field).type == crm::FieldType::phone) {
        if (std::string number = crm::phone_e164(text); !number.empty()) return number;
    }
    return fold(text);
}

[[nodiscard]] std::string system_text(const crm::Record& record, SystemColumn column) {
    switch (column) {
        case SystemColumn::id: return record.id.str();
        case SystemColumn::sync_status: return fold(crm::name(record.sync_status));
        case SystemColumn::created_at: return fold(format_rfc3339(record.created_at));
        case SystemColumn::updated_at: return fold(format_rfc3339(record.updated_at));
        case SystemColumn::version: return std::to_string(record.version);
    }
    return {};
}

[[nodiscard]] bool has_all_labels(std::string_view folded, std::string_view wanted) {
    const std::string all = "," + std::string(folded) + ",";
    while (!wanted.empty()) {
        const std::size_t comma = std::min(wanted.find(','), wanted.size());
        if (all.find("," + std::string(wanted.substr(0, comma)) + ",") == std::string::npos) return false;
        wanted.remove_prefix(std::min(comma + 1, wanted.size()));
    }
    return true;
}

[[nodiscard]] Failure bad_value(std::string_view column, std::string_view value, const std::string& why) {
    return fail(ErrorKind::invalid, "INVALID_FIELD", std::string(column) + ": " + quote(value) + " " + why);
}

/// What may be compared with a system column.
[[nodiscard]] Result<std::string> parse_system(SystemColumn column, const Assignment& typed) {
    switch (column) {
        case SystemColumn::id:
            if (const auto id = Uuid::parse(typed.value)) return id->str();
            return bad_value(typed.name, typed.value, "is not an id (36 characters, a UUID)");
        case SystemColumn::sync_status: {
            using crm::SyncStatus;
            std::vector<std::string_view> names;
            for (const auto status : {SyncStatus::synced, SyncStatus::pending, SyncStatus::syncing,
                                      SyncStatus::conflict, SyncStatus::error}) {
                names.push_back(crm::name(status));
                if (valid_utf8(typed.value) && fold(names.back()) == fold(typed.value)) return fold(typed.value);
            }
            return bad_value(typed.name, typed.value, "is not one of " + listed(names));
        }
        case SystemColumn::created_at:
        case SystemColumn::updated_at: {
            const auto at = parse_rfc3339(typed.value);
            if (!at) return bad_value(typed.name, typed.value, "is not a time (2026-11-23 or 2026-11-23T14:03:00Z)");
            return fold(format_rfc3339(*at));
        }
        case SystemColumn::version:
            if (!typed.value.empty() && typed.value.find_first_not_of("0123456789") == std::string_view::npos) {
                return std::string(typed.value);
            }
            return bad_value(typed.name, typed.value, "is not a whole number");
    }
    return std::string();
}

[[nodiscard]] bool is_instant(crm::Model model, const Column& column) {
    if (const auto* const system = std::get_if<SystemColumn>(&column)) {
        return *system == SystemColumn::created_at || *system == SystemColumn::updated_at;
    }
    return crm::def(model, std::get<crm::FieldId>(column)).type == crm::FieldType::instant;
}

}  // namespace

Result<Filter::Condition> Filter::parse_condition(crm::Model model, std::string_view text) {
    const auto typed = split_assignment(text);
    if (!typed) return fail(typed.error());
    const auto column = known_column(model, typed->name);
    if (!column) return fail(column.error());
    Condition condition{*column, {}, false};
    if (const auto* const system = std::get_if<SystemColumn>(&*column)) {
        auto value = parse_system(*system, *typed);
        if (!value) return fail(value.error());
        condition.text = *std::move(value);
    } else {
        const auto field = std::get<crm::FieldId>(*column);
        const auto value = crm::parse_value(model, field, typed->value);
        if (!value) return fail(value.error());
        condition.text = comparable(model, field, crm::view(*value));
    }
    // A date stands for its whole day.
    condition.whole_day = is_instant(model, *column) && typed->value.size() == kDateLength;
    if (condition.whole_day) condition.text.resize(kDateLength);
    return condition;
}

Result<Filter> Filter::parse(crm::Model model, const Options& options) {
    Filter filter;
    for (const std::string& text : options.where) {
        auto condition = parse_condition(model, text);
        if (!condition) return fail(condition.error());
        filter.conditions_.push_back(*std::move(condition));
    }
    if (!valid_utf8(options.search)) {
        return fail(ErrorKind::invalid, "USAGE", "--search " + quote(options.search) + ": not UTF-8 text");
    }
    const std::string folded = fold(options.search);
    for (std::string_view rest = trim(folded); !rest.empty(); rest = trim(rest)) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        filter.words_.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end);
    }
    return filter;
}

bool Filter::holds(const crm::Record& record, const Condition& condition) {
    if (const auto* const system = std::get_if<SystemColumn>(&condition.column)) {
        const std::string text = system_text(record, *system);
        return condition.whole_day ? text.starts_with(condition.text) : text == condition.text;
    }
    const auto field = std::get<crm::FieldId>(condition.column);
    const std::string text = comparable(record.model, field, record.fields.get(field));
    if (condition.whole_day) return text.starts_with(condition.text);
    const bool labels = crm::def(record.model, field).type == crm::FieldType::labels;
    return labels && !condition.text.empty() ? has_all_labels(text, condition.text) : text == condition.text;
}

bool Filter::matches(const crm::Record& record) const {
    const bool all = std::all_of(conditions_.begin(), conditions_.end(),
                                 [&](const Condition& condition) { return holds(record, condition); });
    if (!all || words_.empty()) return all;
    std::string texts;
    record.fields.each([&](crm::FieldId, crm::ValueView value) {
        if (const auto* const text = std::get_if<std::string_view>(&value)) texts += fold(*text) + '\n';
    });
    return std::all_of(words_.begin(), words_.end(),
                       [&](const std::string& word) { return texts.find(word) != std::string::npos; });
}

Result<Order> Order::parse(crm::Model model, std::string_view text) {
    Order order;
    if (text.empty()) return order;
    order.falling_ = text.front() == '-';
    if (order.falling_) text.remove_prefix(1);
    const auto column = known_column(model, text);
    if (!column) return fail(column.error());
    order.column_ = *column;
    return order;
}

void Order::sort(std::vector<crm::Record>& records) const {
    if (!column_) {  // newest first; equal times by id, which rises with time
        return std::sort(records.begin(), records.end(), [](const crm::Record& a, const crm::Record& b) {
            return std::tie(b.created_at, b.id) < std::tie(a.created_at, a.id);
        });
    }
    std::vector<Key> keys;
    keys.reserve(records.size());
    for (const crm::Record& record : records) keys.push_back(key_of(record, *column_));
    std::vector<std::size_t> places(records.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::stable_sort(places.begin(), places.end(), [&](std::size_t left, std::size_t right) {
        const Key& a = keys[left];
        const Key& b = keys[right];
        if (a.absent != b.absent) return b.absent;
        const auto& [first, second] = falling_ ? std::tie(b, a) : std::tie(a, b);
        return std::tie(first.number, first.text) < std::tie(second.number, second.text);
    });
    std::vector<crm::Record> sorted;
    sorted.reserve(records.size());
    for (const std::size_t place : places) sorted.push_back(std::move(records[place]));
    records = std::move(sorted);
}

}  // namespace ct::cli
