#include "crm/csv_columns.h"

#include <algorithm>

#include "base/utf8.h"
#include "crm/digits.h"
#include "crm/validate.h"

namespace ct::crm {
namespace {

/// What every record has and no file can set; a column of that name is no mistake.
[[nodiscard]] bool kept_by_program(Model model, std::string_view name) {
    const auto field = find_field(model, trim(name));
    return is_system_name(trim(name)) || (field && def(model, *field).derived());
}

/// dd/mm/yyyy, with - or . for the slashes, as ISO 8601; other texts as they are.
[[nodiscard]] std::string day_first_to_iso(std::string_view text) {
    const auto digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
    std::size_t at = 0;
    const auto number = [&](std::size_t most) {
        const std::size_t start = at;
        while (at - start < most && digit(at)) ++at;
        return text.substr(start, at - start);
    };
    const std::string_view day = number(2);
    if (day.empty() || at >= text.size() || std::string_view("/-.").find(text[at]) == std::string_view::npos)
        return std::string(text);
    const char between = text[at++];
    const std::string_view month = number(2);
    if (month.empty() || at >= text.size() || text[at] != between) return std::string(text);
    ++at;
    const std::string_view year = number(4);
    if (year.size() != 4 || digit(at)) return std::string(text);
    const auto two = [](std::string_view part) { return (part.size() == 1 ? "0" : "") + std::string(part); };
    return std::string(year) + "-" + two(month) + "-" + two(day) + std::string(text.substr(at));
}

/// A time of day without seconds or zone, as spreadsheets show it, is completed; it is UTC like all that have none.
[[nodiscard]] std::string complete_time(std::string iso) {
    constexpr std::size_t kDate = std::string_view("2026-11-23").size();
    constexpr std::size_t kMinutes = std::string_view("2026-11-23 09:30").size();
    constexpr std::size_t kSeconds = std::string_view("2026-11-23 09:30:00").size();
    if (iso.size() <= kDate || (iso[kDate] != ' ' && iso[kDate] != 'T')) return iso;
    if (iso.size() == kDate + std::string_view(" 9:30").size()) iso.insert(kDate + 1, "0");
    if (iso.size() == kMinutes) iso += ":00";
    if (iso.size() == kSeconds) iso += 'Z';
    return iso;
}

/// What a spreadsheet computes: behind = and @ anything, behind + and - what is no number, be it one to call.
[[nodiscard]] bool is_formula(std::string_view text) {
    const std::size_t start = text.find_first_not_of("' \t\r\n");  // with apostrophes before it, it was one once
    if (start == std::string_view::npos) return false;
    const char first = text[start];
    if (first == '=' || first == '@') return true;
    return (first == '+' || first == '-') &&
           text.find_first_not_of("0123456789 ()-./,", start + 1) != std::string_view::npos;
}

[[nodiscard]] std::string_view without_apostrophe(std::string_view cell) {
    return cell.starts_with('\'') && is_formula(cell) ? cell.substr(1) : cell;
}

[[nodiscard]] Error refused(Model model, FieldId field, std::string why) {
    const std::string_view name_of_field = def(model, field).name;
    return {ErrorKind::invalid, "INVALID_FIELD",
            std::string(name(model)) + "." + std::string(name_of_field) + ": " + std::move(why),
            std::string(name_of_field)};
}

}  // namespace

std::string plain_column_name(std::string_view name) {
    std::string out = fold(trim(name));
    std::erase_if(out, [](char c) { return c == ' ' || c == '-' || c == '_' || c == '.'; });
    return out;
}

std::optional<FieldId> csv_field(Model model, std::string_view name) {
    const std::string wanted = plain_column_name(name);
    const auto& fields = def(model).fields;
    const auto find = [&](std::string_view FieldDef::*which) -> std::optional<FieldId> {
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (!fields[i].derived() && plain_column_name(fields[i].*which) == wanted) return static_cast<FieldId>(i);
        }
        return std::nullopt;
    };
    const auto by_name = find(&FieldDef::name);
    return by_name ? by_name : find(&FieldDef::label);
}

std::optional<FieldId> currency_field(Model model) {
    const auto& fields = def(model).fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].type == FieldType::currency) return static_cast<FieldId>(i);
    }
    return std::nullopt;
}

std::vector<std::string> csv_header(Model model) {
    std::vector<std::string> header{"id"};
    for (const FieldDef& field : def(model).fields) {
        if (!field.derived()) header.emplace_back(field.name);
    }
    return header;
}

std::string csv_text_cell(std::string text) {
    if (is_formula(text)) text.insert(0, 1, '\'');
    return text;
}

std::string csv_cell(Model model, FieldId field, ValueView value, std::string_view currency) {
    const auto* const number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return csv_text_cell(format_value(model, field, value));
    if (def(model, field).type != FieldType::money) return format_value(model, field, value);
    std::string text = format_money(*number, currency);
    std::erase(text, ',');  // plain, so that every spreadsheet takes it for a number
    return text;
}

std::vector<std::string> csv_row(const Record& record) {
    const auto currency = currency_field(record.model);
    const std::string_view code = currency ? record.fields.text(*currency) : std::string_view();
    std::vector<std::string> cells{record.id.str()};
    const auto& fields = def(record.model).fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].derived()) continue;
        const auto field = static_cast<FieldId>(i);
        cells.push_back(csv_cell(record.model, field, record.fields.get(field), code));
    }
    return cells;
}

Result<Value> parse_csv_cell(Model model, FieldId field, std::string_view cell, std::string_view currency) {
    const std::string_view inner = trim(cell);
    if (inner.empty()) return Value();
    switch (def(model, field).type) {
        case FieldType::money: {
            const auto amount = parse_money(inner, currency);
            if (!amount) return fail(refused(model, field, amount.error().message));
            return canonical(model, field, Value(*amount));
        }
        case FieldType::instant: {
            const auto at = parse_rfc3339(complete_time(day_first_to_iso(plain_digits(inner))));
            if (!at) return fail(refused(model, field, quote(inner) + " is not a date: 2026-11-23 or 23/11/2026"));
            return canonical(model, field, Value(*at));
        }
        default: return parse_value(model, field, without_apostrophe(cell));
    }
}

Result<CsvColumns> CsvColumns::find(Model model, const std::vector<std::string>& header, const Map& map) {
    CsvColumns columns(model);
    columns.width_ = header.size();
    std::vector<bool> used(map.size(), false);
    const auto mapped = [&](std::string_view column) -> const std::string* {
        for (std::size_t i = 0; i < map.size(); ++i) {
            if (plain_column_name(map[i].first) != plain_column_name(column)) continue;
            used[i] = true;
            return &map[i].second;
        }
        return nullptr;
    };
    for (std::size_t i = 0; i < header.size(); ++i) {
        const std::string* const wish = mapped(header[i]);
        if (wish != nullptr && wish->empty()) continue;
        const std::string& meant = wish != nullptr ? *wish : header[i];
        const auto field = csv_field(model, meant);
        const bool is_id = !field && plain_column_name(meant) == "id";
        if (!field && !is_id) {
            if (wish != nullptr) {
                return fail(ErrorKind::invalid, "UNKNOWN_FIELD",
                            std::string(name(model)) + " has no field " + quote(*wish) + " to take the column " +
                                quote(header[i]));
            }
            if (!trim(header[i]).empty() && !kept_by_program(model, header[i])) columns.ignored_.push_back(header[i]);
            continue;
        }
        const bool twice = is_id ? columns.id_.has_value()
                                 : std::any_of(columns.fields_.begin(), columns.fields_.end(),
                                               [&](const auto& known) { return known.first == *field; });
        if (twice) {
            return fail(ErrorKind::invalid, "DUPLICATE_COLUMN",
                        "two columns are " + quote(is_id ? "id" : def(model, *field).name) + ", the second is " +
                            quote(header[i]));
        }
        if (is_id) {
            columns.id_ = i;
        } else {
            columns.fields_.emplace_back(*field, i);
        }
    }
    for (std::size_t i = 0; i < map.size(); ++i) {
        if (used[i]) continue;
        return fail(ErrorKind::invalid, "UNKNOWN_COLUMN",
                    "the file has no column " + quote(map[i].first) + "; its first line is where they are named");
    }
    if (columns.fields_.empty()) {
        return fail(ErrorKind::invalid, "NO_COLUMNS",
                    "no column of the first line is a field of " + std::string(name(model)));
    }
    return columns;
}

std::string_view CsvColumns::id(std::span<const std::string> cells) const {
    return id_ && *id_ < cells.size() ? trim(cells[*id_]) : std::string_view();
}

std::optional<std::size_t> CsvColumns::column(FieldId field) const {
    for (const auto& [known, column] : fields_) {
        if (known == field) return column;
    }
    return std::nullopt;
}

std::string_view CsvColumns::cell(std::span<const std::string> cells, FieldId field) const {
    const auto at = column(field);
    return at && *at < cells.size() ? without_apostrophe(trim(cells[*at])) : std::string_view();
}

bool CsvColumns::blank(std::span<const std::string> cells) {
    return std::all_of(cells.begin(), cells.end(), [](const std::string& cell) { return trim(cell).empty(); });
}

Result<std::string> CsvColumns::row_currency(std::span<const std::string> cells, const Record* existing,
                                             std::string_view fallback) const {
    const auto field = currency_field(model_);
    if (!field) return std::string(fallback);
    if (const std::string_view typed = cell(cells, *field); !typed.empty()) {
        const auto value = parse_value(model_, *field, typed);
        if (!value) return fail(value.error());
        return std::get<std::string>(*value);
    }
    if (existing != nullptr && existing->fields.has(*field)) return std::string(existing->fields.text(*field));
    return std::string(fallback);
}

Result<Changes> CsvColumns::changes(std::span<const std::string> cells, const Record* existing,
                                    std::string_view currency) const {
    if (cells.size() > width_ && !blank(cells.subspan(width_))) {
        return fail(ErrorKind::invalid, "TOO_MANY_CELLS",
                    "the row has " + std::to_string(cells.size()) + " cells, the first line " + std::to_string(width_));
    }
    const auto code = row_currency(cells, existing, currency);
    if (!code) return fail(code.error());
    Changes out;
    for (const auto& [field, column] : fields_) {
        if (column >= cells.size() || trim(cells[column]).empty()) continue;
        if (existing != nullptr && csv_cell(model_, field, existing->fields.get(field), *code) == cells[column])
            continue;
        auto value = parse_csv_cell(model_, field, cells[column], *code);
        if (!value) return fail(value.error());
        if (existing != nullptr && view(*value) == existing->fields.get(field)) continue;
        out.set(field, *std::move(value));
    }
    return out;
}

}  // namespace ct::crm
