#include "crm/validate.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "crm/digits.h"
#include "crm/json_codec.h"

namespace ct::crm {
namespace {

constexpr std::size_t kLabelLength = 60;        // code points of one label
constexpr std::size_t kExtraBytes = 64 * 1024;  // fields of newer versions that one change may carry
constexpr std::size_t kPhoneDigitsMin = 3;      // "100", "911"

/// The field that a message speaks of.
struct Place {
    Model model;
    FieldId id;
    [[nodiscard]] const FieldDef& field() const { return def(model, id); }
};

[[nodiscard]] Failure refuse(Place place, const std::string& why, std::string_view code = "INVALID_FIELD") {
    const std::string_view field = place.field().name;
    std::string message = std::string(name(place.model)) + "." + std::string(field) + ": " + why;
    return fail(ErrorKind::invalid, code, std::move(message), field);
}

/// Upper case, with "_" for what people put between words: "walk in" is WALK_IN.
[[nodiscard]] std::string as_choice(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (c == ' ' || c == '-') c = '_';
    }
    return out;
}

[[nodiscard]] std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// Pragmatic: what a mail server could possibly take, not what RFC 5322 would let one write. Any script's letters pass.
[[nodiscard]] bool is_email(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at > 64 || text.find('@', at + 1) != std::string_view::npos) {
        return false;
    }
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return false;
        if (std::string_view("\"(),:;<>[\\]").find(c) != std::string_view::npos) return false;
    }
    const std::string_view local = text.substr(0, at);
    if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) return false;
    std::string_view domain = text.substr(at + 1);
    if (domain.find('.') == std::string_view::npos) return false;
    while (true) {
        const std::size_t dot = domain.find('.');
        const std::string_view part = domain.substr(0, dot);
        if (part.empty() || part.front() == '-' || part.back() == '-') return false;
        if (dot == std::string_view::npos) return true;
        domain.remove_prefix(dot + 1);
    }
}

[[nodiscard]] bool has_phone_digits(std::string_view text) {
    const std::string plain = plain_digits(text);
    return static_cast<std::size_t>(std::count_if(plain.begin(), plain.end(),
                                                  [](char c) { return c >= '0' && c <= '9'; })) >= kPhoneDigitsMin;
}

/// CRLF and lone CR become LF, the one line break inside.
void unify_line_breaks(std::string& text) {
    if (text.find('\r') == std::string::npos) return;
    std::size_t to = 0;
    for (std::size_t from = 0; from < text.size(); ++from) {
        if (text[from] != '\r') {
            text[to++] = text[from];
            continue;
        }
        text[to++] = '\n';
        if (from + 1 < text.size() && text[from + 1] == '\n') ++from;
    }
    text.resize(to);
}

[[nodiscard]] bool has_control(std::string_view text, bool lines_allowed) {
    return std::any_of(text.begin(), text.end(), [&](char c) {
        return static_cast<unsigned char>(c) < 0x20 && !(lines_allowed && (c == '\n' || c == '\t'));
    });
}

void trim_in_place(std::string& text) {
    const std::string_view inner = trim(text);
    if (inner.size() == text.size()) return;
    const auto start = static_cast<std::size_t>(inner.data() - text.data());
    text.erase(start + inner.size());
    text.erase(0, start);
}

[[nodiscard]] std::string joined(std::span<const std::string_view> choices) {
    std::string out;
    for (const std::string_view choice : choices) {
        if (!out.empty()) out += ", ";
        out += choice;
    }
    return out;
}

[[nodiscard]] Result<Value> canonical_labels(Place place, std::string_view text) {
    std::vector<std::string_view> labels;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view label = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (label.empty()) continue;
        // A comma separates labels where people type them.
        if (label.find(',') != std::string_view::npos || has_control(label, false)) {
            return refuse(place, quote(label) + " cannot be a label: no commas and no control characters");
        }
        if (utf8_length(label) > kLabelLength) {
            return refuse(place, quote(label) + " is longer than " + std::to_string(kLabelLength) + " characters");
        }
        labels.push_back(label);
    }
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    std::string all;
    for (const std::string_view label : labels) {
        if (!all.empty()) all += '\n';
        all += label;
    }
    if (utf8_length(all) > place.field().max_length) {
        return refuse(place, "longer than " + std::to_string(place.field().max_length) + " characters");
    }
    return all.empty() ? Value() : Value(std::move(all));
}

[[nodiscard]] Result<Value> canonical_text(Place place, std::string text) {
    const FieldDef& field = place.field();
    if (const std::size_t fault = utf8_fault(text); fault != std::string::npos) {
        return refuse(place, "not UTF-8 text (byte " + std::to_string(fault) + ")");
    }
    if (field.type == FieldType::labels) return canonical_labels(place, text);
    if (field.type == FieldType::multiline) unify_line_breaks(text);
    trim_in_place(text);
    if (text.empty()) return Value();
    if (has_control(text, field.type == FieldType::multiline)) {
        return refuse(place, quote(text) + " has control characters" +
                                 (field.type == FieldType::multiline ? "" : " or line breaks"));
    }
    // Bytes are at least as many as code points: nearly every text passes without being counted.
    if (text.size() > field.max_length && utf8_length(text) > field.max_length) {
        return refuse(place, "longer than " + std::to_string(field.max_length) + " characters");
    }

    switch (field.type) {
        case FieldType::choice: {
            const auto is = [&](std::string_view wanted) {
                return std::find(field.choices.begin(), field.choices.end(), wanted) != field.choices.end();
            };
            if (is(text)) break;
            if (std::string choice = as_choice(text); is(choice)) return Value(std::move(choice));
            return refuse(place, quote(text) + " is not one of " + joined(field.choices));
        }
        case FieldType::currency: {
            std::string code = as_choice(text);
            const bool letters = std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
            if (code.size() != 3 || !letters) return refuse(place, quote(text) + " is not a currency code such as INR");
            return Value(std::move(code));
        }
        case FieldType::email:
            if (!is_email(text)) return refuse(place, quote(text) + " is not an e-mail address");
            break;
        case FieldType::phone:
            if (!has_phone_digits(text)) return refuse(place, quote(text) + " is not a phone number");
            break;
        case FieldType::reference: {
            const std::optional<Uuid> id = Uuid::parse(text);
            if (!id) return refuse(place, quote(text) + " is not an id (36 characters, a UUID)");
            return Value(id->str());
        }
        case FieldType::text:
        case FieldType::multiline:
        case FieldType::labels:
        case FieldType::money:
        case FieldType::instant:
        case FieldType::flag:
        case FieldType::integer: break;
    }
    return Value(std::move(text));
}

[[nodiscard]] Result<Value> canonical_number(Place place, std::int64_t number) {
    const FieldDef& field = place.field();
    if (field.type == FieldType::instant && (number < kRfc3339Min || number > kRfc3339Max)) {
        return refuse(place, "outside the years 0000 to 9999");
    }
    if (field.not_negative && number < 0) return refuse(place, "must not be below zero");
    return Value(number);
}

[[nodiscard]] std::string_view what_it_holds(FieldType type) {
    switch (type) {
        case FieldType::money: return "must be a whole number of minor units";
        case FieldType::integer: return "must be a whole number";
        case FieldType::instant: return "must be a time";
        case FieldType::flag: return "must be true or false";
        default: return "must be a text";
    }
}

[[nodiscard]] Result<Value> parse_number(Place place, std::string_view text) {
    const std::string plain = plain_digits(text);
    std::string_view digits = plain;
    if (digits.size() > 1 && digits.front() == '+' && digits[1] != '-') digits.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (problem == std::errc::result_out_of_range) return refuse(place, quote(text) + " is too large");
    if (problem != std::errc() || end != digits.data() + digits.size()) {
        const bool money = place.field().type == FieldType::money;
        return refuse(place,
                      quote(text) + " is not a whole number" + (money ? " of minor units (150050 for 1,500.50)" : ""));
    }
    return canonical_number(place, number);
}

[[nodiscard]] Result<Value> parse_flag(Place place, std::string_view text) {
    const std::string word = lower(text);
    for (const std::string_view yes : {"true", "yes", "1"}) {
        if (word == yes) return Value(true);
    }
    for (const std::string_view no : {"false", "no", "0"}) {
        if (word == no) return Value(false);
    }
    return refuse(place, quote(text) + " is not true or false");
}

[[nodiscard]] Result<void> check_extra(Model model, const std::string& extra) {
    if (extra.size() <= kExtraBytes) return {};
    return fail(ErrorKind::invalid, "INVALID_FIELD",
                std::string(name(model)) + ": more than " + std::to_string(kExtraBytes / 1024) +
                    " KiB of fields that this version does not know",
                "extra");
}

/// The canonical values in the order of `changes.fields`; nothing is altered, so that a refusal leaves no trace.
[[nodiscard]] Result<std::vector<Value>> canonical_values(Model model, const Changes& changes) {
    if (Result<void> well = check_extra(model, changes.extra); !well) return fail(std::move(well).error());
    std::vector<Value> values;
    values.reserve(changes.fields.size());
    for (const auto& [id, given] : changes.fields) {
        const Place place{model, id};
        if (place.field().derived()) {
            return refuse(place, "is computed from " + std::string(place.field().derived_from) + " and cannot be set");
        }
        Result<Value> value = canonical(model, id, given);
        if (!value) return fail(std::move(value).error());
        if (place.field().required && absent(view(*value))) return refuse(place, "must not be empty", "MISSING_FIELD");
        values.push_back(*std::move(value));
    }
    return values;
}

}  // namespace

Result<Value> canonical(Model model, FieldId id, Value value) {
    const Place place{model, id};
    const FieldType type = place.field().type;
    if (std::holds_alternative<std::monostate>(value)) return value;
    if (auto* const text = std::get_if<std::string>(&value)) {
        const bool holds_text = type != FieldType::money && type != FieldType::integer && type != FieldType::instant &&
                                type != FieldType::flag;
        if (holds_text) return canonical_text(place, std::move(*text));
        if (text->empty()) return Value();
    } else if (const auto* const number = std::get_if<std::int64_t>(&value)) {
        if (type == FieldType::money || type == FieldType::integer || type == FieldType::instant) {
            return canonical_number(place, *number);
        }
    } else if (type == FieldType::flag) {
        return value;
    }
    return refuse(place, std::string(what_it_holds(type)));
}

Result<Value> parse_value(Model model, FieldId id, std::string_view text) {
    const Place place{model, id};
    if (const std::size_t fault = utf8_fault(text); fault != std::string_view::npos) {
        return refuse(place, "not UTF-8 text (byte " + std::to_string(fault) + ")");
    }
    const std::string_view inner = trim(text);
    if (inner.empty()) return Value();
    switch (place.field().type) {
        case FieldType::money:
        case FieldType::integer: return parse_number(place, inner);
        case FieldType::flag: return parse_flag(place, inner);
        case FieldType::instant: {
            const Result<UnixMs> at = parse_rfc3339(inner);
            if (!at) return refuse(place, at.error().message);
            return Value(*at);
        }
        case FieldType::labels: {
            std::string lines(inner);
            std::replace(lines.begin(), lines.end(), ',', '\n');
            return canonical(model, id, std::move(lines));
        }
        case FieldType::text:
        case FieldType::multiline:
        case FieldType::phone:
        case FieldType::email:
        case FieldType::choice:
        case FieldType::currency:
        case FieldType::reference: break;
    }
    return canonical(model, id, std::string(inner));
}

std::string format_value(Model model, FieldId id, ValueView value) {
    const FieldType type = def(model, id).type;
    if (const auto* const flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* const number = std::get_if<std::int64_t>(&value)) {
        return type == FieldType::instant ? format_rfc3339(*number) : std::to_string(*number);
    }
    const auto* const text = std::get_if<std::string_view>(&value);
    if (text == nullptr) return {};
    std::string out(*text);
    if (type == FieldType::labels) std::replace(out.begin(), out.end(), '\n', ',');
    return out;
}

Result<void> validate(Model model, Changes& changes) {
    Result<std::vector<Value>> values = canonical_values(model, changes);
    if (!values) return fail(std::move(values).error());
    for (std::size_t i = 0; i < values->size(); ++i) changes.fields[i].second = std::move((*values)[i]);
    return {};
}

Result<void> validate_new(Model model, Changes& changes) {
    Changes complete = changes;
    const std::span<const FieldDef> fields = def(model).fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto id = static_cast<FieldId>(i);
        if (fields[i].fallback.empty()) continue;
        if (const Value* const given = complete.find(id); given != nullptr && !absent(view(*given))) continue;
        Result<Value> value = parse_value(model, id, fields[i].fallback);
        if (!value) return fail(std::move(value).error());
        complete.set(id, *std::move(value));
    }
    if (Result<void> well = validate(model, complete); !well) return well;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].required && complete.find(static_cast<FieldId>(i)) == nullptr) {
            return refuse({model, static_cast<FieldId>(i)}, "is required", "MISSING_FIELD");
        }
    }
    changes = std::move(complete);
    return {};
}

void complete_phones(Model model, Changes& changes, std::string_view default_country) {
    for (auto& [field, value] : changes.fields) {
        auto* const typed = std::get_if<std::string>(&value);
        if (typed == nullptr || def(model, field).type != FieldType::phone) continue;
        std::string meant = phone_e164(*typed, default_country);
        if (!meant.empty() && meant != phone_e164(*typed)) *typed = std::move(meant);
    }
}

}  // namespace ct::crm
