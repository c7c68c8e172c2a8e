// Telephone numbers. Google's libphonenumber knows far more, but its static chain (protobuf, ICU) adds about 40 MB to
// a program that is to stay light and portable. What the user typed is kept as it is; the E.164 form beside it only
// serves to find duplicates and to dial, so a number that this table does not know loses nothing.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "crm/digits.h"
#include "crm/validate.h"

namespace ct::crm {
namespace {

constexpr std::size_t kE164Digits = 15;  // ITU-T E.164: at most, calling code included
constexpr std::size_t kE164DigitsMin = 7;

struct Country {
    std::string_view iso;
    std::string_view calling;  ///< country calling code
    std::string_view trunk;    ///< dialled before a national number inside the country, never from abroad
    std::uint8_t digits_min;   ///< of a national number without trunk prefix
    std::uint8_t digits_max;
    std::string_view abroad = "00";  ///< dialled before a calling code
};

constexpr Country kCountries[] = {
    // South Asia and the Gulf first: most of our users' numbers.
    {"IN", "91", "0", 10, 10},
    {"PK", "92", "0", 9, 10},
    {"BD", "880", "0", 8, 10},
    {"LK", "94", "0", 9, 9},
    {"NP", "977", "0", 8, 10},
    {"BT", "975", "", 7, 8},
    {"MV", "960", "", 7, 7},
    {"AF", "93", "0", 9, 9},
    {"AE", "971", "0", 8, 9},
    {"SA", "966", "0", 9, 9},
    {"QA", "974", "", 8, 8},
    {"KW", "965", "", 8, 8},
    {"OM", "968", "", 8, 8},
    {"BH", "973", "", 8, 8},
    {"IR", "98", "0", 10, 10},
    {"IQ", "964", "0", 8, 10},
    {"IL", "972", "0", 8, 9},
    {"TR", "90", "0", 10, 10},
    {"JO", "962", "0", 8, 9},
    {"LB", "961", "0", 7, 8},
    // East Asia and the Pacific.
    {"CN", "86", "0", 10, 11},
    {"HK", "852", "", 8, 8, "001"},
    {"MO", "853", "", 8, 8},
    {"TW", "886", "0", 8, 9},
    {"JP", "81", "0", 9, 10, "010"},
    {"KR", "82", "0", 8, 10, "001"},
    {"SG", "65", "", 8, 8, "001"},
    {"MY", "60", "0", 8, 10},
    {"TH", "66", "0", 8, 9, "001"},
    {"VN", "84", "0", 9, 10},
    {"PH", "63", "0", 8, 10},
    {"ID", "62", "0", 8, 12, "001"},
    {"MM", "95", "0", 7, 10},
    {"KH", "855", "0", 8, 9, "001"},
    {"LA", "856", "0", 8, 10},
    {"AU", "61", "0", 9, 9, "0011"},
    {"NZ", "64", "0", 8, 10},
    // The Americas.
    {"US", "1", "1", 10, 10, "011"},
    {"CA", "1", "1", 10, 10, "011"},
    {"MX", "52", "", 10, 10},
    {"BR", "55", "0", 10, 11},
    {"AR", "54", "0", 10, 11},
    {"CL", "56", "", 9, 9},
    {"CO", "57", "", 8, 10},
    {"PE", "51", "0", 8, 9},
    {"VE", "58", "0", 10, 10},
    // Europe.
    {"GB", "44", "0", 9, 10},
    {"IE", "353", "0", 7, 9},
    {"FR", "33", "0", 9, 9},
    {"DE", "49", "0", 6, 11},
    {"ES", "34", "", 9, 9},
    {"PT", "351", "", 9, 9},
    {"IT", "39", "", 6, 11},
    {"NL", "31", "0", 9, 9},
    {"BE", "32", "0", 8, 9},
    {"LU", "352", "", 5, 11},
    {"CH", "41", "0", 9, 9},
    {"AT", "43", "0", 5, 12},
    {"PL", "48", "", 9, 9},
    {"CZ", "420", "", 9, 9},
    {"SK", "421", "0", 9, 9},
    {"HU", "36", "06", 8, 9},
    {"RO", "40", "0", 9, 9},
    {"BG", "359", "0", 7, 9},
    {"GR", "30", "", 10, 10},
    {"DK", "45", "", 8, 8},
    {"NO", "47", "", 8, 8},
    {"SE", "46", "0", 7, 9},
    {"FI", "358", "0", 6, 10},
    {"EE", "372", "", 7, 8},
    {"LV", "371", "", 8, 8},
    {"LT", "370", "8", 8, 8},
    {"UA", "380", "0", 9, 9},
    {"RU", "7", "8", 10, 10, "810"},
    {"KZ", "7", "8", 10, 10, "810"},
    {"BY", "375", "8", 9, 9, "810"},
    {"GE", "995", "0", 9, 9},
    {"AM", "374", "0", 8, 8},
    {"AZ", "994", "0", 9, 9},
    {"UZ", "998", "", 9, 9},
    {"RS", "381", "0", 8, 9},
    {"HR", "385", "0", 8, 9},
    {"SI", "386", "0", 8, 8},
    // Africa.
    {"EG", "20", "0", 8, 10},
    {"ZA", "27", "0", 9, 9},
    {"NG", "234", "0", 8, 10},
    {"KE", "254", "0", 9, 9, "000"},
    {"TZ", "255", "0", 9, 9, "000"},
    {"UG", "256", "0", 9, 9, "000"},
    {"GH", "233", "0", 9, 9},
    {"ET", "251", "0", 9, 9},
    {"RW", "250", "0", 9, 9},
    {"ZM", "260", "0", 9, 9},
    {"ZW", "263", "0", 8, 9},
    {"MU", "230", "", 7, 8},
    {"MA", "212", "0", 9, 9},
    {"DZ", "213", "0", 8, 9},
    {"TN", "216", "", 8, 8},
};

/// Calling codes are prefix free: at most one fits. Countries that share one have the same lengths.
[[nodiscard]] const Country* by_calling_code(std::string_view digits) {
    for (const Country& country : kCountries) {
        if (digits.starts_with(country.calling)) return &country;
    }
    return nullptr;
}

[[nodiscard]] const Country* by_iso(std::string_view iso) {
    for (const Country& country : kCountries) {
        if (country.iso == iso) return &country;
    }
    return nullptr;
}

/// The national number, without trunk prefix; empty when its length fits no number of that country.
[[nodiscard]] std::string_view national(const Country& country, std::string_view digits) {
    // No national number begins with a trunk prefix of 0 (or 1 in North America), so one that does has it dialled
    // along, "+44 (0)20 …". Other trunk prefixes also begin numbers: there only the length tells.
    const bool certain = country.trunk == "0" || country.trunk == "1";
    const bool begins_with_trunk = !country.trunk.empty() && digits.starts_with(country.trunk);
    if (begins_with_trunk && (certain || digits.size() > country.digits_max)) {
        digits.remove_prefix(country.trunk.size());
    }
    if (certain && digits.starts_with(country.trunk)) return {};
    const bool fits = digits.size() >= country.digits_min && digits.size() <= country.digits_max;
    return fits ? digits : std::string_view{};
}

[[nodiscard]] std::string e164(std::string_view calling, std::string_view rest) {
    std::string number(1, '+');
    number += calling;
    number += rest;
    return number;
}

/// `digits` begin with a calling code.
[[nodiscard]] std::string international(std::string_view digits) {
    const Country* const country = by_calling_code(digits);
    if (country == nullptr) {
        const bool possible = digits.size() >= kE164DigitsMin && digits.size() <= kE164Digits && digits.front() != '0';
        return possible ? e164(digits, {}) : std::string();
    }
    const std::string_view rest = national(*country, digits.substr(country->calling.size()));
    return rest.empty() ? std::string() : e164(country->calling, rest);
}

}  // namespace

std::string phone_e164(std::string_view typed, std::string_view default_country) {
    std::string digits;
    bool plus = false;
    for (const char c : plain_digits(typed)) {
        if (c >= '0' && c <= '9') {
            digits += c;
        } else if (c == '+' && !plus && digits.empty()) {
            plus = true;
        } else if (std::string_view(" -.()/").find(c) == std::string_view::npos) {
            return {};
        }
    }
    if (digits.size() < 3) return {};
    if (plus) return international(digits);

    const std::string_view all = digits;
    const Country* const home = by_iso(default_country);
    const std::string_view abroad = home == nullptr ? std::string_view("00") : home->abroad;
    // "00" is understood everywhere, as it is what most people in the world dial and what address books hold.
    for (const std::string_view prefix : {abroad, std::string_view("00")}) {
        if (!all.starts_with(prefix)) continue;
        if (std::string number = international(all.substr(prefix.size())); !number.empty()) return number;
    }
    if (home == nullptr) return {};
    if (const std::string_view rest = national(*home, all); !rest.empty()) return e164(home->calling, rest);
    // "919876543210": the own calling code without its plus, as chat programs show it.
    if (all.starts_with(home->calling)) {
        const std::string_view rest = all.substr(home->calling.size());
        if (national(*home, rest) == rest && !rest.empty()) return e164(digits, {});
    }
    return {};
}

}  // namespace ct::crm
