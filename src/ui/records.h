// A page with a table of records: search, quick filters, sorting, selection, bulk edits. Leads, payments and reminders
// are descriptions of it (leads.cpp, payments.cpp, reminders.cpp).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "ui/desk.h"
#include "ui/order.h"

namespace ct::ui {

struct Column {
    enum class Kind : std::uint8_t {
        title,  ///< avatar and name; of a payment: its lead
        field,  ///< by the field's type
        money,  ///< a money field with the record's currency
        due,    ///< an instant, red when it has passed
        done,   ///< the reminder's check mark
        lead,   ///< the lead that it belongs to
        updated,
        sync,
    };
    Kind kind = Kind::field;
    crm::FieldId field = 0;
    const char* header = "";
    float weight = 1.0F;  ///< share of the free width; below zero: fixed width in pixels at scale 1
    bool hidden_at_first = false;
    float wide_from = 0;  ///< in tables narrower than this (pixels at scale 1) it makes room for others
};

struct QuickFilter {
    std::string label;
    Tally::Condition accept;
};

struct RecordsSpec {
    crm::Model model = crm::Model::lead;
    std::vector<Column> columns;
    std::vector<QuickFilter> quick;  ///< the first one is chosen at the start
    crm::FieldId bulk_field = 0;     ///< a choice that a whole selection can be given
    int sort_column = 0;
    bool sort_descending = false;
    const char* new_label = "";
    const char* empty_icon = "";
    const char* empty_title = "";
    const char* empty_words = "";
};

class Records {
  public:
    explicit Records(RecordsSpec spec);

    void draw(Desk& desk);
    /// The text that is searched for; the shell's search field edits it.
    [[nodiscard]] std::string& search() { return query_.filter; }
    void select_all();
    void remove_selected(Desk& desk);
    void clear_selection() { selected_.clear(); }
    [[nodiscard]] const std::unordered_set<Uuid>& selected() const { return selected_; }
    [[nodiscard]] crm::Model model() const { return spec_.model; }
    [[nodiscard]] std::size_t shown() const { return order_.rows().size(); }

  private:
    void update(Desk& desk);
    [[nodiscard]] Rules rules(const Desk& desk) const;
    void draw_head(Desk& desk);
    void draw_bulk_bar(Desk& desk);
    void draw_nothing(Desk& desk);
    void draw_table(Desk& desk);
    void set_up_columns(const Theme& theme);
    void draw_header_row(const Theme& theme);
    void draw_rows(Desk& desk);
    void draw_row(Desk& desk, const crm::Record& record, std::size_t index);
    void follow_keys(Desk& desk, const crm::Record& record);
    [[nodiscard]] std::optional<std::size_t> row_to_focus(const Desk& desk) const;
    void apply(std::span<const ImGuiSelectionRequest> requests);
    [[nodiscard]] std::vector<Uuid> selected_in_order() const;

    RecordsSpec spec_;
    Query query_;
    Query selected_under_;
    Order order_;
    const client::Table* table_ = nullptr;
    std::vector<Tally::Condition> conditions_;  // of the quick filters
    Tally tally_;                               // what they let pass
    std::uint64_t selected_revision_ = 0;       // of the table, when those who went were last taken out of selected_
    std::unordered_set<Uuid> selected_;
    Uuid focused_;                          // the row that the keyboard is on
    std::optional<std::size_t> focus_row_;  // to be given the keyboard in this frame
    bool leafing_ = false;                  // an arrow was pressed; the row that it leads to is not known yet
    bool scroll_to_top_ = false;
    std::uint64_t away_ = 0;  // columns that made room, one bit each
};

}  // namespace ct::ui
