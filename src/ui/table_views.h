// How a table's columns are arranged, and the views that were saved under a name: behind two buttons at the table's
// head.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/table_layout.h"
#include "ui/desk.h"

namespace ct::ui {

struct Column;
struct RecordsSpec;

/// What a layout calls a column: its field's name, "updatedAt" or "syncStatus".
[[nodiscard]] std::string_view column_name(crm::Model model, const Column& column);

/// Of the table under way, between its set-up and EndTable. `away`: columns that only made room, one bit each: they
/// count as shown.
[[nodiscard]] client::TableLayout read_layout(const RecordsSpec& spec, const Theme& theme, std::uint64_t away);
/// Gives the table under way this arrangement; behind TableSetupColumn, before the first row.
void apply_layout(const RecordsSpec& spec, const Theme& theme, const client::TableLayout& layout);
/// The columns that are drawn, from left to right.
[[nodiscard]] std::vector<int> columns_in_order(std::size_t count);

class TableViews {
  public:
    /// What the page is to do.
    struct Wish {
        std::optional<client::SavedView> open;
        std::optional<client::TableLayout> arrange;
    };
    /// `now`: the view as it is on the screen, without a name.
    void draw_views(Desk& desk, const client::SavedView& now, Wish& wish);
    void draw_columns(Desk& desk, const RecordsSpec& spec, const client::TableLayout& layout, Wish& wish);

  private:
    void draw_list(Desk& desk, const client::SavedView& now, Wish& wish);

    std::string name_;  // being typed
};

}  // namespace ct::ui
