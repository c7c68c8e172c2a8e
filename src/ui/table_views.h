// How a table's columns are arranged, and the views that were saved under a name: behind two buttons at the table's
// head.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/table_layout.h"
#include "ui/desk.h"
#include "ui/order.h"

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
/// Which of the columns that the user wants do not fit into `room` pixels, one bit each, and how wide the others are at
/// least. What the table is sorted by stays. `away`: those that did not fit until now.
struct Fit {
    std::uint64_t away = 0;
    float width = 0;
};
[[nodiscard]] Fit fit_columns(const RecordsSpec& spec, const Theme& theme, std::span<const SortBy> sort,
                              std::uint64_t away, float room);
/// The columns that are drawn, from left to right; with `away` also those that there is no room for.
[[nodiscard]] std::vector<int> columns_in_order(std::size_t count, std::uint64_t away = 0);

class TableViews {
  public:
    /// What the page is to do.
    struct Wish {
        std::optional<client::SavedView> open;
        std::optional<client::TableLayout> arrange;
    };
    /// `now`: the view as it is on the screen, without a name.
    void draw_views(Desk& desk, const client::SavedView& now, Wish& wish);
    /// `away`: those for which there is no room.
    void draw_columns(Desk& desk, const RecordsSpec& spec, const client::TableLayout& layout, std::uint64_t away,
                      Wish& wish);

  private:
    void draw_list(Desk& desk, const client::SavedView& now, Wish& wish);

    std::string name_;  // being typed
};

}  // namespace ct::ui
