#include "ui/filter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include "base/utf8.h"
#include "crm/tables.h"
#include "crm/validate.h"
#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/format.h"
#include "ui/people.h"

namespace ct::ui {
namespace {

using crm::FieldId;
using crm::FieldType;
using crm::Model;

constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();

enum class Sign : std::uint8_t { has, equals, differs, below, at_most, above, at_least };

/// What a condition looks at: a field, or one of those that are in no table.
enum class Subject : std::uint8_t { field, changed, created, sync, lead_due };

struct Extra {
    std::string_view name, label;
    Subject subject;
};
constexpr std::array kExtras{Extra{"changed", "Changed", Subject::changed},
                             Extra{"created", "Created", Subject::created}, Extra{"sync", "Sync", Subject::sync},
                             Extra{"due", "Due", Subject::lead_due}};

/// Names that people say instead of the table's.
struct Alias {
    Model model;
    std::string_view said, field;
};
constexpr std::array kAliases{Alias{Model::lead, "value", "amount"},
                              Alias{Model::lead, "label", "labels"},
                              Alias{Model::lead, "mail", "email"},
                              Alias{Model::payment, "due", "dueDate"},
                              Alias{Model::payment, "lead", "leadId"},
                              Alias{Model::payment, "paid", "paidAt"},
                              Alias{Model::payment, "order", "orderId"},
                              Alias{Model::payment, "receipt", "receiptNo"},
                              Alias{Model::reminder, "assigned", "assigneeId"},
                              Alias{Model::reminder, "due", "reminderDate"},
                              Alias{Model::reminder, "lead", "leadId"},
                              Alias{Model::reminder, "done", "isCompleted"}};

/// "Follow_up", "follow up" and "FOLLOW-UP" are one.
std::string plain(std::string_view text) {
    std::string out = fold(text);
    std::erase_if(out, [](char c) { return c == ' ' || c == '_' || c == '-' || c == '.' || c == ','; });
    return out;
}

/// Half-open: [low, high).
struct Span {
    std::int64_t low = kLow, high = kHigh;
    [[nodiscard]] bool holds(std::int64_t value) const { return value >= low && (value < high || high == kHigh); }
};

Span span_of(Sign sign, std::int64_t first, std::int64_t end) {
    switch (sign) {
        case Sign::below: return {kLow, first};
        case Sign::at_most: return {kLow, end};
        case Sign::above: return {end, kHigh};
        case Sign::at_least: return {first, kHigh};
        default: return {first, end};
    }
}

std::optional<double> plain_number(std::string_view text) {
    std::string digits(text);
    std::erase(digits, ',');
    double factor = 1;
    const std::string folded = fold(digits);
    constexpr std::array<std::pair<std::string_view, double>, 7> kUnits{
        {{"lakh", 1e5}, {"cr", 1e7}, {"crore", 1e7}, {"k", 1e3}, {"l", 1e5}, {"m", 1e6}, {"mn", 1e6}}};
    for (const auto& [unit, times] : kUnits) {
        if (folded.size() <= unit.size() || !folded.ends_with(unit)) continue;
        if (const char before = folded[folded.size() - unit.size() - 1]; before < '0' || before > '9') continue;
        digits.resize(digits.size() - unit.size());
        factor = times;
        break;
    }
    char* end = nullptr;
    const double number = std::strtod(digits.c_str(), &end);
    if (digits.empty() || end != digits.c_str() + digits.size() || !std::isfinite(number)) return std::nullopt;
    return number * factor;
}

/// "7d", "-2w", "3h", "1m": so many milliseconds or days from now.
struct Distance {
    int days = 0;
    std::int64_t ms = 0;
    bool by_the_hour = false;
};
std::optional<Distance> distance_of(std::string_view text) {
    if (text.size() < 2) return std::nullopt;
    const char unit = text.back();
    const std::string_view digits = text.substr(0, text.size() - 1);
    const std::size_t start = digits.front() == '-' || digits.front() == '+' ? 1 : 0;
    if (digits.size() == start || digits.size() > start + 4) return std::nullopt;
    int number = 0;
    for (const char c : digits.substr(start)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    if (digits.front() == '-') number = -number;
    switch (unit) {
        case 'h': return Distance{0, number * std::int64_t{3'600'000}, true};
        case 'd': return Distance{number};
        case 'w': return Distance{number * 7};
        case 'm': return Distance{number * 30};
        case 'y': return Distance{number * 365};
        default: return std::nullopt;
    }
}

std::string list_of(const std::vector<std::string>& items) {
    std::string out;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += i + 1 == items.size() ? " or " : ", ";
        out += items[i];
    }
    return out;
}

/// The first date that a lead's open reminders and unpaid payments name; 0: none.
UnixMs first_due(const client::State& state, const Uuid& lead) {
    UnixMs first = 0;
    const auto take = [&](UnixMs at) {
        if (at != 0 && (first == 0 || at < first)) first = at;
    };
    for (const Uuid& id : state.children(Model::reminder, lead)) {
        const crm::Record* reminder = state.find(Model::reminder, id);
        if (reminder != nullptr && !is_done(*reminder)) take(due_at(*reminder));
    }
    for (const Uuid& id : state.children(Model::payment, lead)) {
        const crm::Record* payment = state.find(Model::payment, id);
        if (payment != nullptr && payment->fields.text(crm::field_id(Model::payment, "status")) == "PENDING")
            take(payment->fields.integer(crm::field_id(Model::payment, "dueDate")));
    }
    return first;
}

}  // namespace

struct Filter::Condition {
    Subject subject = Subject::field;
    FieldId field = 0;
    FieldType type = FieldType::text;
    bool negated = false;
    Sign sign = Sign::has;
    bool any = false, none = false;      ///< the field has a value; it has none
    std::vector<std::string> texts;      ///< folded; one of them is enough
    std::vector<Span> spans;             ///< likewise; of money in whole units of currencies without digits
    std::vector<double> amounts;         ///< of money, in the currency's unit
    std::vector<std::size_t> positions;  ///< of choices

    [[nodiscard]] bool names_person(Model model) const {
        return subject == Subject::field && crm::def(model, field).names_person();
    }
    [[nodiscard]] bool holds(const client::State& state, const crm::Record& record) const {
        return test(state, record) != negated;
    }

  private:
    [[nodiscard]] bool test(const client::State& state, const crm::Record& record) const {
        switch (subject) {
            case Subject::changed: return in_spans(record.updated_at);
            case Subject::created: return in_spans(record.created_at);
            case Subject::sync:
                return std::find(positions.begin(), positions.end(), static_cast<std::size_t>(record.sync_status)) !=
                       positions.end();
            case Subject::lead_due: {
                const UnixMs due = first_due(state, record.id);
                return any ? due != 0 : none ? due == 0 : due != 0 && in_spans(due);
            }
            case Subject::field: break;
        }
        const crm::ValueView value = record.fields.get(field);
        if (any) return !crm::absent(value);
        if (none) return crm::absent(value);
        return of_type(state, record, value);
    }
    [[nodiscard]] bool of_type(const client::State& state, const crm::Record& record,
                               const crm::ValueView& value) const {
        const auto* const text = std::get_if<std::string_view>(&value);
        const auto* const number = std::get_if<std::int64_t>(&value);
        switch (type) {
            case FieldType::flag: return (std::get_if<bool>(&value) != nullptr && std::get<bool>(value)) == any_yes();
            case FieldType::choice: return text != nullptr && choice_holds(record.model, *text);
            case FieldType::instant:
            case FieldType::integer: return number != nullptr && in_spans(*number);
            case FieldType::money: return number != nullptr && amount_holds(*number, currency_of(record));
            case FieldType::labels: return text != nullptr && label_holds(*text);
            case FieldType::reference:
                if (names_person(record.model)) return text != nullptr && person_holds(state, *text);
                return has_text(fold(lead_of(state, record)));
            default: return text != nullptr && has_text(fold(*text));
        }
    }
    [[nodiscard]] bool any_yes() const { return !positions.empty() && positions.front() == 1; }
    [[nodiscard]] bool in_spans(std::int64_t value) const {
        return std::any_of(spans.begin(), spans.end(), [&](const Span& span) { return span.holds(value); });
    }
    [[nodiscard]] bool choice_holds(Model model, std::string_view value) const {
        const auto choices = crm::def(model, field).choices;
        for (std::size_t i = 0; i < choices.size(); ++i) {
            if (choices[i] != value) continue;
            return std::any_of(positions.begin(), positions.end(), [&](std::size_t wanted) {
                switch (sign) {
                    case Sign::below: return i < wanted;
                    case Sign::at_most: return i <= wanted;
                    case Sign::above: return i > wanted;
                    case Sign::at_least: return i >= wanted;
                    default: return i == wanted;
                }
            });
        }
        return false;
    }
    [[nodiscard]] bool amount_holds(std::int64_t minor, std::string_view currency) const {
        const double unit = std::pow(10.0, crm::currency_digits(currency));
        return std::any_of(amounts.begin(), amounts.end(), [&](double amount) {
            const auto wanted = static_cast<std::int64_t>(std::llround(amount * unit));
            return span_of(sign, wanted, wanted + 1).holds(minor);
        });
    }
    [[nodiscard]] bool label_holds(std::string_view labels) const {
        const std::string folded = '\n' + fold(labels) + '\n';
        return std::any_of(texts.begin(), texts.end(), [&](const std::string& wanted) {
            return folded.find('\n' + wanted + (sign == Sign::equals ? "\n" : "")) != std::string::npos;
        });
    }
    [[nodiscard]] bool person_holds(const client::State& state, std::string_view id) const {
        const bool mine = !id.empty() && id == my_id(state);
        return (mine && std::find(texts.begin(), texts.end(), "me") != texts.end()) ||
               has_text(person_key(state, id), "me");
    }
    /// `except`: of the texts, one that means something else.
    [[nodiscard]] bool has_text(const std::string& folded, std::string_view except = {}) const {
        return std::any_of(texts.begin(), texts.end(), [&](const std::string& wanted) {
            if (!except.empty() && wanted == except) return false;
            return sign == Sign::equals ? folded == wanted : folded.find(wanted) != std::string::npos;
        });
    }
};

/// Reads one condition after the other into a filter.
struct Filter::Reader {
    Filter& filter;
    Model model;
    UnixMs now;

    void problem(std::string words) const {
        if (filter.problem_.empty()) filter.problem_ = std::move(words);
    }

    struct Named {
        Subject subject = Subject::field;
        FieldId field = 0;
        FieldType type = FieldType::text;
        std::string label;
    };
    [[nodiscard]] std::optional<Named> find(std::string_view said) const {
        const std::string wanted = plain(said);
        std::vector<Named> begin_so;
        const auto offer = [&](std::string_view name, const Named& named) {
            const std::string here = plain(name);
            if (here == wanted) return true;
            const bool same = std::any_of(begin_so.begin(), begin_so.end(), [&](const Named& known) {
                return known.subject == named.subject && known.field == named.field;
            });
            if (wanted.size() >= 3 && here.starts_with(wanted) && !same) begin_so.push_back(named);
            return false;
        };
        const auto fields = crm::def(model).fields;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            const Named named{Subject::field, static_cast<FieldId>(i), fields[i].type, std::string(fields[i].label)};
            bool exactly = offer(fields[i].name, named) || offer(fields[i].label, named);
            for (const Alias& alias : kAliases)
                exactly =
                    exactly || (alias.model == model && alias.field == fields[i].name && offer(alias.said, named));
            if (exactly) return named;
        }
        for (const Extra& extra : kExtras) {
            if (extra.subject == Subject::lead_due && model != Model::lead) continue;
            const FieldType type = extra.subject == Subject::sync ? FieldType::choice : FieldType::instant;
            const Named named{extra.subject, 0, type, std::string(extra.label)};
            if (offer(extra.name, named)) return named;
        }
        if (begin_so.size() == 1) return begin_so.front();
        return std::nullopt;
    }

    void unknown_field(std::string_view said) const {
        std::string names;
        for (const std::string_view name : {"status", "city", "amount", "due", "method", "priority", "changed"}) {
            if (find(name)) names += (names.empty() ? "" : ", ") + std::string(name);
        }
        problem(std::string(crm::def(model).plural) + " have no field " + quote(said) + ". There is " + names +
                " … In quotes it is a word like others");
    }

    /// One value of a condition; false when it was not understood.
    bool value(const Named& named, Condition& into, std::string_view said, std::string& shown) const {
        switch (named.type) {
            case FieldType::choice: return choice(named, into, said, shown);
            case FieldType::flag: {
                const std::string word = plain(said);
                const bool yes = word == "yes" || word == "true" || word == "1" || word == "y";
                if (!yes && word != "no" && word != "false" && word != "0" && word != "n") {
                    problem(named.label + " is yes or no");
                    return false;
                }
                into.positions.push_back(yes ? 1 : 0);
                shown = yes ? "yes" : "no";
                return true;
            }
            case FieldType::money:
            case FieldType::integer: {
                const auto number = plain_number(said);
                if (!number) {
                    problem(quote(said) + " is not an amount. Try 50000, 50k or 2.5L");
                    return false;
                }
                into.amounts.push_back(*number);
                const auto whole = static_cast<std::int64_t>(std::llround(*number));
                into.spans.push_back(span_of(into.sign, whole, whole + 1));
                shown = said;
                return true;
            }
            case FieldType::instant: return instant(named, into, said, shown);
            default:
                into.texts.push_back(fold(said));
                shown = said;
                return true;
        }
    }

    bool choice(const Named& named, Condition& into, std::string_view said, std::string& shown) const {
        std::vector<std::string_view> names;
        if (named.subject == Subject::sync) {
            for (int i = 0; i <= static_cast<int>(crm::SyncStatus::error); ++i)
                names.push_back(crm::name(static_cast<crm::SyncStatus>(i)));
        } else {
            const auto choices = crm::def(model, named.field).choices;
            names.assign(choices.begin(), choices.end());
        }
        const std::string wanted = plain(said);
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (plain(names[i]) == wanted) found = {i};
            if (!found.empty() && plain(names[found.front()]) == wanted) break;
            if (plain(names[i]).starts_with(wanted)) found.push_back(i);
        }
        if (found.size() == 1) {
            into.positions.push_back(found.front());
            shown = words_of_choice(names[found.front()]);
            return true;
        }
        std::vector<std::string> all(names.begin(), names.end());
        problem(named.label + " is " + list_of(all));
        return false;
    }

    bool instant(const Named& named, Condition& into, std::string_view said, std::string& shown) const {
        // What is behind us is told by its age: changed<7d is "less than seven days ago".
        const bool age = named.subject == Subject::changed || named.subject == Subject::created;
        Sign sign = into.sign;
        shown = said;
        if (const auto distance = distance_of(said)) {
            const bool backwards = age && said.front() != '-' && said.front() != '+';
            constexpr std::array kTurned{Sign::has,      Sign::equals, Sign::differs, Sign::above,
                                         Sign::at_least, Sign::below,  Sign::at_most};
            if (backwards) sign = kTurned[static_cast<std::size_t>(sign)];
            if (distance->by_the_hour) {
                const UnixMs at = now + (backwards ? -distance->ms : distance->ms);
                into.spans.push_back(span_of(sign, at, at + 3'600'000));
                return true;
            }
            const int days = backwards ? -distance->days : distance->days;
            into.spans.push_back(span_of(sign, start_of_day(now, days), start_of_day(now, days + 1)));
            return true;
        }
        if (plain(said) == "overdue") {
            into.spans.push_back({kLow, start_of_day(now)});
            return true;
        }
        const auto at = parse_date_input(said, now);
        if (!at) {
            problem(quote(said) + " is not a date. Try 2026-11-23, today, 7d (in seven days), -7d or overdue");
            return false;
        }
        into.spans.push_back(span_of(sign, start_of_day(*at), start_of_day(*at, 1)));
        return true;
    }

    void condition(std::string_view said, Sign sign, std::string_view values, bool negated) const {
        const auto named = find(said);
        if (!named) return unknown_field(said);
        Condition made;
        made.subject = named->subject;
        made.field = named->field;
        made.type = named->type;
        made.sign = sign == Sign::differs ? Sign::has : sign;
        made.negated = negated != (sign == Sign::differs);
        const bool compares = sign >= Sign::below;
        const bool ordered = named->type == FieldType::choice || named->type == FieldType::money ||
                             named->type == FieldType::instant || named->type == FieldType::integer;
        if (compares && !ordered) return problem(named->label + " has no order. Use : with it");
        std::string shown;
        if (values.empty() && compares) return problem("What is " + named->label + " compared with?");
        made.none = values.empty();
        made.any = values == "*";
        if (made.none || made.any) {
            shown = made.any ? "anything" : "nothing";
        } else {
            for (std::string_view rest = values; !rest.empty();) {
                // In amounts the comma groups digits.
                const std::size_t end = named->type == FieldType::money ? rest.size() : rest.find(',');
                const std::string_view one = rest.substr(0, end);
                rest.remove_prefix(end >= rest.size() ? rest.size() : end + 1);
                std::string words;
                if (one.empty()) continue;
                if (!value(*named, made, one, words)) return;
                shown += (shown.empty() ? "" : " or ") + words;
            }
        }
        tell(*named, made, sign, shown);
        filter.looks_at_people_ = filter.looks_at_people_ || made.names_person(model);
        filter.all_.push_back(std::make_unique<const Condition>(std::move(made)));
    }

    void tell(const Named& named, const Condition& made, Sign sign, const std::string& shown) const {
        constexpr std::array<std::string_view, 7> kSigns{" ",         " is ",    " ",         " below ",
                                                         " at most ", " above ", " at least "};
        constexpr std::array<std::string_view, 7> kDates{" ", " on ", " ", " before ", " up to ", " after ", " from "};
        std::string& out = filter.in_words_;
        if (!out.empty()) out += ", ";
        if (made.negated) out += "not ";
        const bool date =
            named.type == FieldType::instant && made.subject != Subject::changed && made.subject != Subject::created;
        out += named.label;
        out += (date ? kDates : kSigns)[static_cast<std::size_t>(sign)];
        out += shown;
    }

    /// A token: a word, a quoted text, or a condition.
    void token(std::string_view text, bool quoted) const {
        if (quoted) return word(text);
        const bool negated = text.size() > 1 && text.front() == '-';
        const std::string_view body = negated ? text.substr(1) : text;
        std::size_t end = 0;
        while (end < body.size() && ((body[end] | 0x20) >= 'a' && (body[end] | 0x20) <= 'z')) ++end;
        const std::string_view rest = body.substr(end);
        constexpr std::array<std::pair<std::string_view, Sign>, 8> kSigns{{{"!=", Sign::differs},
                                                                           {"<=", Sign::at_most},
                                                                           {">=", Sign::at_least},
                                                                           {":", Sign::has},
                                                                           {"=", Sign::equals},
                                                                           {"<", Sign::below},
                                                                           {">", Sign::above},
                                                                           {"≠", Sign::differs}}};
        const auto sign = std::find_if(kSigns.begin(), kSigns.end(),
                                       [&](const auto& known) { return rest.starts_with(known.first); });
        if (end == 0 || sign == kSigns.end()) return word(text);
        std::string_view values = rest.substr(sign->first.size());
        if (values.starts_with("//")) return word(text);  // an address of the web
        std::string without_quotes(values);
        std::erase(without_quotes, '"');
        filter.conditions_ += std::string(text) + ' ';
        condition(body.substr(0, end), sign->second, without_quotes, negated);
    }
    void word(std::string_view text) const {
        if (std::string folded = fold(text); !folded.empty()) filter.words_.push_back(std::move(folded));
    }
};

Filter::Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

Filter Filter::parse(Model model, std::string_view typed, UnixMs now) {
    Filter filter;
    const Reader reader{filter, model, now};
    for (std::size_t at = 0; at < typed.size();) {
        if (typed[at] == ' ' || typed[at] == '\t') {
            ++at;
            continue;
        }
        if (typed[at] == '"') {
            const std::size_t end = std::min(typed.find('"', at + 1), typed.size());
            reader.token(typed.substr(at + 1, end - at - 1), true);
            at = std::min(end + 1, typed.size());
            continue;
        }
        // A quoted value keeps its spaces: city:"New Delhi".
        std::size_t end = at;
        bool inside = false;
        for (; end < typed.size() && (inside || typed[end] != ' '); ++end) inside = inside != (typed[end] == '"');
        reader.token(typed.substr(at, end - at), false);
        at = end;
    }
    return filter;
}

bool Filter::matches(const client::State& state, const crm::Record& record) const {
    return std::all_of(all_.begin(), all_.end(), [&](const auto& one) { return one->holds(state, record); });
}

bool Filter::looks_at_people() const { return looks_at_people_; }

bool Filter::looks_at_children() const {
    return std::any_of(all_.begin(), all_.end(), [](const auto& one) { return one->subject == Subject::lead_due; });
}

}  // namespace ct::ui
