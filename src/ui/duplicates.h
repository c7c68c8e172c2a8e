// Leads that may be one: the list of them, and two of them side by side, merged field by field in one undo step.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "ui/desk.h"
#include "ui/leads_alike.h"

namespace ct::ui {

class Duplicates {
  public:
    /// When `desk.duplicates_wanted` or `desk.merge_wanted`, or already open.
    void draw(Desk& desk);

  private:
    /// Whose value a field gets.
    enum class Side : std::uint8_t { kept, other, both };

    void compare(const Desk& desk, const Uuid& one, const Uuid& other, bool from_list);
    void draw_list(Desk& desk);
    void draw_pair(Desk& desk, const DuplicateSearch::Pair& pair);
    void draw_compared(Desk& desk, const crm::Record& kept, const crm::Record& other);
    void draw_side(const Desk& desk, const crm::Record& record, bool kept, float width);
    void draw_field(const Desk& desk, crm::FieldId field, const crm::Record& kept, const crm::Record& other,
                    float label_width, float width);
    [[nodiscard]] Side side_of(crm::FieldId field, const crm::Record& kept, const crm::Record& other) const;
    void merge(Desk& desk, const crm::Record& kept, const crm::Record& other);

    bool open_ = false;
    bool comparing_ = false, from_list_ = false;
    bool just_compared_ = false;  // the keyboard is to be led to the first thing to do
    DuplicateSearch search_;
    Uuid kept_, other_;
    std::map<crm::FieldId, Side> chosen_;  // by hand
};

}  // namespace ct::ui
