#include "ui/format.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/local_time.h"
#include "base/utf8.h"
#include "crm/tables.h"
#include "crm/validate.h"
#include "ui/icons.h"

namespace ct::ui {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array kLongMonths = {"January", "February", "March",     "April",   "May",      "June",
                                    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array kWeekdays = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

std::string with_time(std::string day, UnixMs at) {
    const LocalTime local = to_local(at);
    return local.hour == 0 && local.minute == 0 ? day : std::move(day) + " " + format_local_time(at);
}

/// The numbers in a text and the signs between them: "23.11.2026 14:30" -> 23 11 2026 14 30, "..  :" without spaces.
struct Numbers {
    std::vector<int> values;
    std::vector<std::size_t> digits;
    std::string signs;
    bool clean = true;  ///< nothing but digits, signs and spaces
};

Numbers numbers_in(std::string_view typed) {
    Numbers found;
    for (std::size_t i = 0; i < typed.size();) {
        if (typed[i] >= '0' && typed[i] <= '9') {
            int value = 0;
            const auto [end, error] = std::from_chars(typed.data() + i, typed.data() + typed.size(), value);
            if (error != std::errc{}) found.clean = false;
            const auto length = static_cast<std::size_t>(end - (typed.data() + i));
            found.values.push_back(value);
            found.digits.push_back(length);
            i += length;
            continue;
        }
        const char c = typed[i++];
        if (c == '-' || c == '.' || c == '/' || c == ':') {
            found.signs += c;
        } else if (c != ' ' && c != 'T') {
            found.clean = false;
        }
    }
    return found;
}

bool possible(const LocalTime& time) {
    return time.month >= 1 && time.month <= 12 && time.day >= 1 && time.day <= 31 && time.hour <= 23 &&
           time.minute <= 59 && time.year >= 1900 && time.year <= 9999;
}

}  // namespace

std::string words_of_choice(std::string_view choice) {
    if (choice == "UPI") return "UPI";
    if (choice == "IN") return "Money in";
    if (choice == "OUT") return "Money out";
    if (choice == "EMAIL") return "E-mail";
    std::string words(choice);
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == '_') {
            words[i] = ' ';
        } else if (i > 0 && words[i] >= 'A' && words[i] <= 'Z') {
            words[i] = static_cast<char>(words[i] - 'A' + 'a');
        }
    }
    return words;
}

const Tone& tone_of_choice(const Palette& p, std::string_view choice) {
    if (choice == "CONVERTED" || choice == "COMPLETED" || choice == "QUALIFIED") return p.ok;
    if (choice == "FOLLOW_UP" || choice == "WARM" || choice == "MEDIUM") return p.info;
    if (choice == "REJECTED" || choice == "FAILED" || choice == "URGENT" || choice == "HOT") return p.danger;
    if (choice == "HIGH" || choice == "PENDING") return p.warn;
    if (choice == "REFUNDED") return p.violet;
    return p.neutral;
}

const char* icon_of_choice(std::string_view choice) {
    if (choice == "CALL") return icon::kPhone;
    if (choice == "EMAIL") return icon::kEmail;
    if (choice == "MEETING" || choice == "VISIT") return icon::kPeople;
    if (choice == "FOLLOW_UP") return icon::kRefresh;
    if (choice == "TASK") return icon::kCheckbox;
    if (choice == "GENERAL") return icon::kReminder;
    return nullptr;
}

std::string money_text(std::int64_t minor, std::string_view currency) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kSigns{
        {{"INR", "₹"}, {"USD", "$"}, {"EUR", "€"}, {"GBP", "£"}, {"JPY", "¥"}}};
    std::string sign = std::string(currency) + " ";
    for (const auto& [code, known] : kSigns) {
        if (code == currency) sign = known;
    }
    const std::string amount = crm::format_money(minor, currency);
    if (amount.starts_with('-')) return "-" + sign + amount.substr(1);
    return sign + amount;
}

std::string value_text(crm::Model model, crm::FieldId field, const crm::ValueView& value, std::string_view currency) {
    const crm::FieldDef& def = crm::def(model, field);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "Yes" : "No";
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        if (def.type == crm::FieldType::money) return money_text(*number, currency);
        if (def.type == crm::FieldType::instant) {
            const UnixMs at = shown_at(model, field, *number);
            return with_time(day_text(at), at);
        }
        return std::to_string(*number);
    }
    const auto* words = std::get_if<std::string_view>(&value);
    if (words == nullptr || words->empty()) return "—";
    if (def.type == crm::FieldType::choice) return words_of_choice(*words);
    std::string line;
    for (const char c : *words) {
        if (c == '\n') {
            line += def.type == crm::FieldType::labels ? ", " : " / ";
        } else {
            line += c;
        }
    }
    return line;
}

std::string count_text(std::int64_t number, std::string_view one, std::string_view many) {
    std::string digits = std::to_string(number);
    for (std::ptrdiff_t at = std::ssize(digits) - 3; at > (number < 0 ? 1 : 0); at -= 3) {
        digits.insert(static_cast<std::size_t>(at), ",");
    }
    if (one.empty()) return digits;
    return digits + " " + std::string(number == 1 ? one : many);
}

std::string bytes_text(std::int64_t bytes) {
    if (bytes < 1'000) return std::to_string(bytes) + " B";
    if (bytes < 1'000'000) return std::to_string((bytes + 500) / 1'000) + " kB";
    return std::to_string(bytes / 1'000'000) + "." + std::to_string(bytes / 100'000 % 10) + " MB";
}

std::string duration_text(std::int64_t ms) {
    if (ms < 1'000) return std::to_string(ms) + " ms";
    if (ms < kMinute) return std::to_string(ms / 1'000) + "." + std::to_string(ms / 100 % 10) + " s";
    if (ms < kHour) return std::to_string(ms / kMinute) + " min";
    if (ms < 2 * kDay) return std::to_string(ms / kHour) + " h";
    return std::to_string(ms / kDay) + " days";
}

std::string day_text(UnixMs at) {
    const LocalTime local = to_local(at);
    return std::to_string(local.day) + " " + kMonths[static_cast<std::size_t>(local.month - 1)] + " " +
           std::to_string(local.year);
}

std::string long_day_text(UnixMs at) {
    const LocalTime local = to_local(at);
    return std::string(kWeekdays[static_cast<std::size_t>(local.weekday)]) + ", " + std::to_string(local.day) + " " +
           kLongMonths[static_cast<std::size_t>(local.month - 1)];
}

UnixMs start_of_day(UnixMs at, int days_later) {
    LocalTime local = to_local(at);
    local.hour = local.minute = local.second = 0;
    local.day += days_later;
    return from_local(local);
}

std::int64_t days_between(UnixMs from, UnixMs to) {
    // A day that changes to or from summer time has 23 or 25 hours: round.
    return std::llround(static_cast<double>(start_of_day(to) - start_of_day(from)) / static_cast<double>(kDay));
}

std::string ago_text(UnixMs at, UnixMs now) {
    const std::int64_t past = now - at;
    if (past < kMinute) return "just now";
    if (past < kHour) return std::to_string(past / kMinute) + " min ago";
    const std::int64_t days = days_between(at, now);
    if (days == 0) return std::to_string(past / kHour) + " h ago";
    if (days == 1) return "yesterday";
    if (days < 7) return std::to_string(days) + " days ago";
    return day_text(at);
}

std::string due_text(UnixMs at, UnixMs now) {
    const std::int64_t days = days_between(now, at);
    if (days == 0) return with_time("Today", at);
    if (days == 1) return with_time("Tomorrow", at);
    if (days == -1) return with_time("Yesterday", at);
    if (days > 1 && days < 7) return with_time(kWeekdays[static_cast<std::size_t>(to_local(at).weekday)], at);
    return with_time(day_text(at), at);
}

UnixMs shown_at(crm::Model model, crm::FieldId field, UnixMs at) {
    using crm::field_id, crm::Model;
    const bool day = (model == Model::payment && field == field_id(Model::payment, "dueDate")) ||
                     (model == Model::lead &&
                      (field == field_id(Model::lead, "enquiryDate") || field == field_id(Model::lead, "bookingDate")));
    const bool same_day = day && at != 0 && at % kDay == 0 && format_rfc3339(at).starts_with(format_local_date(at));
    return same_day ? start_of_day(at) : at;
}

std::string date_input_text(UnixMs at) { return with_time(format_local_date(at), at); }

std::optional<UnixMs> parse_date_input(std::string_view typed, UnixMs now) {
    typed = trim(typed);
    const std::string word = fold(typed);
    if (word == "today") return start_of_day(now);
    if (word == "tomorrow") return start_of_day(now, 1);
    if (word == "yesterday") return start_of_day(now, -1);
    const Numbers found = numbers_in(word.starts_with('+') ? typed.substr(1) : typed);
    if (!found.clean || found.values.empty()) return std::nullopt;
    if (word.starts_with('+')) {
        if (found.values.size() != 1 || !found.signs.empty() || found.values[0] > 36'500) return std::nullopt;
        return start_of_day(now, found.values[0]);
    }
    LocalTime local = to_local(now);
    local.hour = local.minute = local.second = 0;
    const std::vector<int>& n = found.values;
    const std::string& signs = found.signs;
    std::size_t time_from = 0;
    if (n.size() >= 3 && signs.size() >= 2 && signs[0] == signs[1] && signs[0] != ':') {
        const bool year_first = found.digits[0] == 4;
        local.year = year_first ? n[0] : n[2];
        local.month = n[1];
        local.day = year_first ? n[2] : n[0];
        time_from = 3;
    }
    const std::size_t rest = n.size() - time_from;
    if (rest == 2 && signs.ends_with(':')) {
        local.hour = n[time_from];
        local.minute = n[time_from + 1];
    } else if (rest != 0) {
        return std::nullopt;
    }
    if (!possible(local)) return std::nullopt;
    const UnixMs at = from_local(local);
    if (to_local(at).day != local.day) return std::nullopt;  // 31 February
    return at;
}

}  // namespace ct::ui
