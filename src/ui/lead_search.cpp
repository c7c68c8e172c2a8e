#include "ui/lead_search.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "client/merge_leads.h"
#include "crm/digits.h"
#include "crm/tables.h"

namespace ct::ui {
namespace {

consteval crm::FieldId known(std::string_view name) { return crm::field_id(crm::Model::lead, name); }

constexpr std::size_t kDigitsLeast = 3;  // fewer are in every number
constexpr crm::FieldId kName = known("name"), kPhone = known("phone"), kPhoneE164 = known("phoneE164"),
                       kCity = known("city");
constexpr std::array kOthers{known("company"), known("email"), kCity};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string digits_in(std::string_view text) {
    std::string digits = crm::plain_digits(text);
    std::erase_if(digits, [](char c) { return !is_digit(c); });
    return digits;
}

bool holds(std::string_view folded, const std::string& word) { return folded.find(word) != std::string_view::npos; }

}  // namespace

LeadSearch::LeadSearch(std::string_view typed) {
    const std::string folded = fold(trim(typed));
    for (std::string_view rest = folded; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        if (end > 0) words_.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const std::string plain = crm::plain_digits(typed);
    const auto in_number = [](char c) {
        return is_digit(c) || std::string_view("+ -.()/").find(c) != std::string_view::npos;
    };
    if (!std::all_of(plain.begin(), plain.end(), in_number)) return;
    digits_ = digits_in(typed);
    // What one dials in front of a number from here or from abroad is no part of it.
    digits_.erase(0, std::min(digits_.find_first_not_of('0'), digits_.size()));
    if (digits_.size() < kDigitsLeast) digits_.clear();
}

bool LeadSearch::finds(const crm::Record& lead) const {
    if (client::merged_away(lead)) return false;
    const crm::Fields& fields = lead.fields;
    if (!digits_.empty() && (holds(fields.text(kPhoneE164), digits_) || holds(digits_in(fields.text(kPhone)), digits_)))
        return true;
    std::string all(fields.text(kName));
    for (const crm::FieldId field : kOthers) all.append("\n").append(fields.text(field));
    all = fold(all);
    return std::all_of(words_.begin(), words_.end(), [&](const std::string& word) { return holds(all, word); });
}

std::string LeadSearch::seen_by(const crm::Record& lead) const {
    const crm::Fields& fields = lead.fields;
    const std::string name = fold(fields.text(kName));
    const auto word =
        std::find_if(words_.begin(), words_.end(), [&](const std::string& one) { return !holds(name, one); });
    if (word != words_.end()) {
        for (const crm::FieldId field : kOthers) {
            if (holds(fold(fields.text(field)), *word)) return std::string(fields.text(field));
        }
        if (!digits_.empty()) return std::string(fields.text(kPhone));
    }
    return std::string(fields.text(kCity));
}

}  // namespace ct::ui
