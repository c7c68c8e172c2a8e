// Money as people write it. Exact integers throughout: no floating point comes near an amount.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "crm/digits.h"
#include "crm/validate.h"

namespace ct::crm {
namespace {

constexpr std::string_view kNoDigits[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                          "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::string_view kThreeDigits[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
constexpr std::string_view kFourDigits[] = {"CLF", "UYW"};

/// Signs that stand before or behind an amount, and whose they are. A sign of another currency is refused: "$ 500" in
/// a field of rupees is not five hundred rupees.
struct Sign {
    std::string_view text;  ///< lower case
    std::string_view currencies;
};
constexpr Sign kSigns[] = {
    {"₹", "INR"},
    {"rs.", "INR PKR LKR NPR MUR SCR"},
    {"rs", "INR PKR LKR NPR MUR SCR"},
    {"रु.", "INR NPR"},
    {"रु", "INR NPR"},
    {"৳", "BDT"},
    {"$", "USD AUD CAD HKD NZD SGD TWD MXN ARS CLP COP"},
    {"€", "EUR"},
    {"£", "GBP EGP LBP"},
    {"¥", "JPY CNY"},
    {"₩", "KRW"},
    {"₫", "VND"},
    {"₽", "RUB"},
    {"₺", "TRY"},
    {"₴", "UAH"},
    {"₦", "NGN"},
    {"₱", "PHP"},
    {"฿", "THB"},
    {"₪", "ILS"},
};

/// Words for many, as they stand behind a number; the longer of two that begin alike first.
struct Unit {
    std::string_view word;  ///< lower case
    std::size_t zeros;
};
constexpr Unit kUnits[] = {{"lakhs", 5}, {"lakh", 5}, {"lacs", 5}, {"lac", 5}, {"crores", 7}, {"crore", 7}, {"cr", 7}};
constexpr std::string_view kExample = "write it like 1500.50, 1,500.50 or 1.5 lakh";

[[nodiscard]] bool is_one_of(std::string_view code, std::span<const std::string_view> codes) {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

[[nodiscard]] std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// Removes the currency's own sign or code from one end of the text.
[[nodiscard]] std::string_view without_sign(std::string_view text, std::string_view currency) {
    if (currency.empty()) return text;
    const std::string lowered = lower(text);
    const auto strip = [&](std::string_view sign) {
        if (lowered.starts_with(sign)) {
            text = trim(text.substr(sign.size()));
        } else if (lowered.ends_with(sign)) {
            text = trim(text.substr(0, text.size() - sign.size()));
        } else {
            return false;
        }
        return true;
    };
    if (strip(lower(currency))) return text;
    for (const Sign& sign : kSigns) {
        if (sign.currencies.find(currency) != std::string_view::npos && strip(sign.text)) return text;
    }
    return text;
}

/// Groups of digits joined to one run; empty when the grouping is not one that anybody uses. "1,50,000", "150,000" and
/// "1 500" are; "150,50" is not: it may be meant as a decimal comma, and a wrong guess would be a wrong amount.
[[nodiscard]] std::string ungroup(std::string_view text) {
    std::string digits;
    std::size_t group = 0;  // digits since the last separator
    char separator = '\0';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c >= '0' && c <= '9') {
            digits += c;
            ++group;
            continue;
        }
        const bool known = c == ',' || c == ' ' || c == '_' || c == '\'';
        if (!known || (separator != '\0' && c != separator)) return {};
        if (group == 0 || group > 3 || (separator != '\0' && group < 2)) return {};
        separator = c;
        group = 0;
    }
    if (separator != '\0' && group != 3) return {};
    return digits;
}

[[nodiscard]] Failure invalid_money(std::string_view text, std::string_view why) {
    return fail(ErrorKind::invalid, "INVALID_MONEY", quote(text) + " is not an amount: " + std::string(why));
}

/// The minus or plus at the front, taken off: -1, +1, or 0 when there is none.
[[nodiscard]] int take_plus_or_minus(std::string_view& text) {
    if (text.empty() || (text.front() != '-' && text.front() != '+')) return 0;
    const int sign = text.front() == '-' ? -1 : 1;
    text = trim(text.substr(1));
    return sign;
}

/// The word for many at the end, taken off: how many zeros it stands for.
[[nodiscard]] std::size_t take_unit(std::string_view& text) {
    const std::string lowered = lower(text);
    for (const Unit& unit : kUnits) {
        if (!lowered.ends_with(unit.word)) continue;
        text = trim(text.substr(0, text.size() - unit.word.size()));
        return unit.zeros;
    }
    return 0;
}

}  // namespace

int currency_digits(std::string_view code) {
    if (is_one_of(code, kNoDigits)) return 0;
    if (is_one_of(code, kThreeDigits)) return 3;
    return is_one_of(code, kFourDigits) ? 4 : 2;
}

std::string format_money(std::int64_t minor, std::string_view currency) {
    const auto places = static_cast<std::size_t>(currency_digits(currency));
    // Not -minor: the smallest integer has no positive twin.
    const std::uint64_t amount = minor < 0 ? 0 - static_cast<std::uint64_t>(minor) : static_cast<std::uint64_t>(minor);
    std::string digits = std::to_string(amount);
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');

    const std::string_view whole = std::string_view(digits).substr(0, digits.size() - places);
    const std::size_t group = currency == "INR" ? 2 : 3;  // of all groups but the last, which has three
    std::string text = minor < 0 ? "-" : "";
    for (std::size_t i = 0; i < whole.size(); ++i) {
        const std::size_t left = whole.size() - i;
        if (i > 0 && left >= 3 && (left - 3) % group == 0) text += ',';
        text += whole[i];
    }
    if (places > 0) {
        text += '.';
        text += std::string_view(digits).substr(whole.size());
    }
    return text;
}

Result<std::int64_t> parse_money(std::string_view typed, std::string_view currency) {
    if (!valid_utf8(typed)) return invalid_money(typed, "not UTF-8 text");
    const std::string plain = plain_digits(typed);
    std::string_view text = trim(plain);
    if (text.ends_with("/-")) text = trim(text.substr(0, text.size() - 2));  // "1500/-", as cheques have it

    // The sign of the number may stand before or behind that of the currency.
    const int outer = take_plus_or_minus(text);
    text = without_sign(text, currency);
    const int inner = outer == 0 ? take_plus_or_minus(text) : 0;
    const bool negative = outer < 0 || inner < 0;
    const std::size_t zeros = take_unit(text);
    if (text.empty()) return invalid_money(typed, "there is no number");

    const std::size_t point = text.find('.');
    const std::string_view grouped = text.substr(0, point);
    const std::string_view fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    const std::string whole = grouped.empty() && !fraction.empty() ? "0" : ungroup(grouped);
    if (whole.empty() || fraction.find_first_not_of("0123456789") != std::string_view::npos)
        return invalid_money(typed, kExample);
    const auto places = static_cast<std::size_t>(currency_digits(currency));
    if (fraction.size() > places + zeros) {
        return invalid_money(typed,
                             std::string(currency) + " has " + std::to_string(places) + " digits after the point");
    }

    std::string digits = whole;
    for (std::size_t i = 0; i < places + zeros; ++i) digits += i < fraction.size() ? fraction[i] : '0';
    const std::uint64_t limit =
        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (negative ? 1U : 0U);
    std::uint64_t amount = 0;
    for (const char c : digits) {
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (amount > (limit - digit) / 10) return invalid_money(typed, "it is too large");
        amount = amount * 10 + digit;
    }
    return static_cast<std::int64_t>(negative ? 0 - amount : amount);
}

}  // namespace ct::crm
