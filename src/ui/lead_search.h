// Leads found by a few letters or digits of whatever one knows of them: the name, the company, the city, the e-mail
// address, the phone number in any spelling. For the palette and the field that asks for a lead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crm/record.h"

namespace ct::ui {

class LeadSearch {
  public:
    /// Rows that a frame has time for.
    static constexpr std::size_t kRowsPerFrame = 20'000;

    LeadSearch() = default;
    explicit LeadSearch(std::string_view typed);
    /// All words are there, or the digits are its phone's. Never one that was merged into another.
    [[nodiscard]] bool finds(const crm::Record& lead) const;
    /// What to show beside the name: by what it was found, or else the city.
    [[nodiscard]] std::string seen_by(const crm::Record& lead) const;

  private:
    std::vector<std::string> words_;  // folded
    std::string digits_;              // of a phone number, where nothing but one was typed
};

}  // namespace ct::ui
