// A page with a table of records: search and structured filters, quick filters, sorting by several columns, saved
// views, selection, edits in place and of many at once, CSV. Leads, payments and reminders are descriptions of it
// (leads.cpp, payments.cpp, reminders.cpp).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ui/bulk_edit.h"
#include "ui/cell_edit.h"
#include "ui/desk.h"
#include "ui/filter.h"
#include "ui/id_set.h"
#include "ui/order.h"
#include "ui/table_csv.h"
#include "ui/table_views.h"

namespace ct::ui {

struct Column {
    enum class Kind : std::uint8_t {
        title,   ///< avatar and name; of a payment: its lead
        field,   ///< by the field's type
        money,   ///< a money field with the record's currency
        due,     ///< an instant, red when it has passed
        paid,    ///< when a payment was paid, or a button that says that it was
        done,    ///< the reminder's check mark
        lead,    ///< the lead that it belongs to
        person,  ///< the name of the user whom the field means
        updated,
        sync,
    };
    Kind kind = Kind::field;
    crm::FieldId field = 0;
    const char* header = "";
    float weight = 1.0F;  ///< share of the free width; below zero: fixed width in pixels at scale 1
    bool hidden_at_first = false;
    int rank = 0;     ///< where there is no room for all, those of the highest rank go first; 0 stays
    float least = 0;  ///< of one with a share: never narrower than this, pixels at scale 1
};

struct QuickFilter {
    std::string label;
    Tally::Condition accept;
};

struct RecordsSpec {
    crm::Model model = crm::Model::lead;
    std::vector<Column> columns;
    std::vector<QuickFilter> quick;
    std::vector<std::size_t> begin_with;  ///< of quick: the first that shows anything is chosen at the start; else [0]
    crm::FieldId bulk_field = 0;          ///< a choice that a whole selection can be given
    int sort_column = 0;
    bool sort_descending = false;
    const char* example = "";  ///< of a filter, for those who do not know what they could type
    const char* new_label = "";
    const char* empty_icon = "";
    const char* empty_title = "";
    const char* empty_words = "";
};

class Records {
  public:
    explicit Records(RecordsSpec spec);

    void draw(Desk& desk);
    /// The text that is searched for (filter.h); the shell's search field edits it.
    [[nodiscard]] std::string& search() { return search_; }
    /// Many over several frames, as all that is done with a whole selection.
    void select_all();
    void remove_selected(Desk& desk);
    /// The selected rows, or the one that the keyboard is on, into the clipboard.
    void copy(Desk& desk);
    void in_search(bool on) { in_search_ = on; }  ///< the keyboard is on the field of search()
    /// A line below the head: what `filter` is taken to mean, or what is wrong with it; while the keyboard is on the
    /// empty field, what could be typed.
    void draw_filter_words(const Theme& theme, const Filter& filter) const;
    void clear_selection();
    [[nodiscard]] bool editing() const { return cell_.open(); }  ///< a cell: Esc is its own
    [[nodiscard]] const IdSet& selected() const { return selected_; }
    [[nodiscard]] crm::Model model() const { return spec_.model; }
    [[nodiscard]] std::size_t shown() const { return order_.rows().size(); }
    [[nodiscard]] bool complete() const { return order_.complete(); }  ///< the filter has seen every row
    /// All are being selected, or gathered for what is to be done with them.
    [[nodiscard]] bool busy() const { return select_next_.has_value() || errand_.has_value(); }

  private:
    void update(Desk& desk);
    void count_quick(Desk& desk);
    void follow_people(const Desk& desk);
    [[nodiscard]] Rules rules(const Desk& desk) const;
    void remember_layout(Desk& desk);
    void draw_head(Desk& desk);
    void draw_quick(const Theme& theme, float room);
    [[nodiscard]] float tools_width(const Theme& theme) const;
    void draw_tools(Desk& desk, float right);
    void draw_bulk_bar(Desk& desk, float room);
    void draw_nothing(Desk& desk);
    void draw_table(Desk& desk);
    void set_up_columns(const Theme& theme, float room);
    void draw_header_row(const Theme& theme);
    void draw_header(const Theme& theme, int column);
    void draw_rows(Desk& desk);
    void draw_row(Desk& desk, const crm::Record& record, std::size_t index);
    void draw_cells(Desk& desk, const crm::Record& record, float height);
    void edit_cell(const crm::Record& record, int column);
    [[nodiscard]] int editable_column(int from, int step) const;  ///< shown; -1: none
    void follow_mouse(const crm::Record& record);
    void follow_keys(Desk& desk, const crm::Record& record);
    [[nodiscard]] std::optional<std::size_t> place_of(const Uuid& id) const;  ///< among the rows; nothing: not shown
    [[nodiscard]] std::optional<float> top_of_focused() const;
    void bring_focused_back();
    [[nodiscard]] std::optional<std::size_t> row_to_focus(const Desk& desk) const;
    void apply(std::span<const ImGuiSelectionRequest> requests);
    /// Calls it with the selected ones in their order, at the end of this frame or of those that it takes to gather
    /// them.
    using Act = std::function<void(Desk&, const std::vector<Uuid>&)>;
    void with_selected(Desk& desk, Act act);
    void go_on_selecting(Desk& desk);
    void go_on_gathering(Desk& desk);
    void prune_selection(Desk& desk);
    void copy_rows(Desk& desk, std::vector<Uuid> rows);

    RecordsSpec spec_;
    std::string search_;
    std::string parsed_ = "\n";  ///< never typed: the first text is always parsed
    UnixMs parsed_on_ = 0;       // the day: "today" is another one tomorrow
    Filter filter_;
    Query query_;
    Query asked_;                 // as the order was last told
    std::string selected_under_;  // the filter
    std::size_t selected_under_quick_ = 0;
    Order order_;
    const client::Table* table_ = nullptr;
    std::vector<Tally::Condition> conditions_;  // of the quick filters
    Tally tally_;                               // what they let pass
    bool begun_ = false;                        // which of them is shown at first is decided
    std::uint64_t selected_revision_ = 0;       // of the table, when those who went were last taken out of selected_
    IdSet selected_;
    bool select_all_later_ = false;           // once the filter has seen every row
    std::optional<std::size_t> select_next_;  // of the rows that are shown: from here on they are to be selected
    std::optional<std::size_t> prune_next_;   // of selected_: from here on those that went are to be taken out
    struct Errand {
        Act act;
        std::vector<Uuid> ids;  // so far
        std::size_t next = 0;   // of the rows that are shown
        std::uint64_t revision = 0;
        decltype(Query::sort) sort;  // at that revision and in that order
    };
    std::optional<Errand> errand_;
    Uuid focused_;                          // the row that the keyboard is on
    std::optional<std::size_t> focus_row_;  // to be given the keyboard in this frame
    float row_height_ = 0;
    float rows_from_ = 0, rows_room_ = 0;  // what was scrolled away above the rows, and how much of them is seen
    std::optional<float> focused_top_;     // where its row was seen before rows were sorted anew, from rows_from_
    Uuid focus_next_;                      // to be given it when it is drawn
    bool in_search_ = false;
    bool leafing_ = false;  // an arrow was pressed; the row that it leads to is not known yet
    bool scroll_to_top_ = false;
    std::uint64_t away_ = 0;    // columns that made room, one bit each
    float table_width_ = 0.0F;  // what those that stayed want at least; wider than the page: it scrolls sideways

    TableViews views_;
    std::optional<client::TableLayout> layout_wanted_;  // to be given to ImGui's table
    std::optional<client::TableLayout> layout_;         // as it is now
    std::vector<int> shown_columns_;                    // from left to right, as drawn last
    std::vector<int> chosen_columns_;                   // those and the ones without room, for what leaves the window
    CellEditor cell_;
    Uuid clicked_;  // where a double click began: its first click may have moved the columns
    int clicked_column_ = -1;
    BulkEdit bulk_;
    TableExport export_;
};

}  // namespace ct::ui
