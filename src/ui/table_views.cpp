#include "ui/table_views.h"

// Behind imgui.h: how ImGui keeps the columns of a table, which its public functions only set.
#include <imgui_internal.h>

#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "ui/icons.h"
#include "ui/records.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

constexpr float kPopupWidth = 280;

/// Widths as they are kept: two decimals, so that what comes back is what was kept.
float rounded(float width) { return std::round(width * 100.0F) / 100.0F; }

void below_button(const Theme& theme, ImVec2 at) {
    ImGui::SetNextWindowPos({at.x + theme.px(32), at.y + theme.px(38)}, ImGuiCond_Always, {1, 0});
    ImGui::SetNextWindowSizeConstraints({theme.px(kPopupWidth), 0}, {theme.px(kPopupWidth), theme.px(600)});
}

}  // namespace

std::string_view column_name(crm::Model model, const Column& column) {
    switch (column.kind) {
        case Column::Kind::updated: return "updatedAt";
        case Column::Kind::sync: return "syncStatus";
        default: return crm::def(model, column.field).name;
    }
}

client::TableLayout read_layout(const RecordsSpec& spec, const Theme& theme, std::uint64_t away) {
    client::TableLayout layout;
    const ImGuiTable* table = ImGui::GetCurrentTable();
    layout.columns.resize(spec.columns.size());
    std::vector<std::pair<int, client::TableLayout::Sort>> sort;
    for (int i = 0; i < table->ColumnsCount; ++i) {
        const ImGuiTableColumn& column = table->Columns[i];
        const Column& known = spec.columns[static_cast<std::size_t>(i)];
        const std::string name(column_name(spec.model, known));
        const bool fixed = known.weight < 0;
        const bool shown = column.IsUserEnabledNextFrame || (away >> i & 1U) != 0;
        layout.columns[static_cast<std::size_t>(column.DisplayOrder)] = {
            name, rounded(fixed ? column.WidthRequest / theme.scale() : column.StretchWeight), shown};
        if (column.SortOrder >= 0) {
            sort.emplace_back(column.SortOrder,
                              client::TableLayout::Sort{name, column.SortDirection == ImGuiSortDirection_Descending});
        }
    }
    std::sort(sort.begin(), sort.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [order, by] : sort) layout.sort.push_back(std::move(by));
    return layout;
}

namespace {

/// `width` in unscaled pixels, or as a weight where the column stretches; 0: as it is.
void arrange(const RecordsSpec& spec, const Theme& theme, int at, bool shown, float width) {
    ImGuiTableColumn& column = ImGui::GetCurrentTable()->Columns[at];
    column.IsUserEnabled = column.IsUserEnabledNextFrame = shown;
    if (width <= 0) return;
    if (spec.columns[static_cast<std::size_t>(at)].weight < 0)
        column.WidthRequest = width * theme.scale();
    else
        column.StretchWeight = width;
    column.AutoFitQueue = 0;
}

}  // namespace

void apply_layout(const RecordsSpec& spec, const Theme& theme, const client::TableLayout& layout) {
    ImGuiTable* table = ImGui::GetCurrentTable();
    std::vector<int> order;
    const auto find = [&](const std::string& name) {
        for (std::size_t i = 0; i < spec.columns.size(); ++i) {
            if (column_name(spec.model, spec.columns[i]) == name) return static_cast<int>(i);
        }
        return -1;
    };
    for (const client::TableLayout::Column& wanted : layout.columns) {
        const int at = find(wanted.name);
        if (at < 0 || std::find(order.begin(), order.end(), at) != order.end()) continue;
        order.push_back(at);
        arrange(spec, theme, at, wanted.shown, wanted.width);
    }
    for (int i = 0; i < table->ColumnsCount; ++i) {
        table->Columns[i].SortOrder = -1;
        if (std::find(order.begin(), order.end(), i) != order.end()) continue;
        order.push_back(i);  // not mentioned: as at first
        const Column& column = spec.columns[static_cast<std::size_t>(i)];
        arrange(spec, theme, i, !column.hidden_at_first, std::abs(column.weight));
    }
    for (std::size_t i = 0; i < order.size(); ++i) {
        table->Columns[order[i]].DisplayOrder = static_cast<ImGuiTableColumnIdx>(i);
        table->DisplayOrderToIndex[static_cast<int>(i)] = static_cast<ImGuiTableColumnIdx>(order[i]);
    }
    ImGuiTableColumnIdx next = 0;
    for (const client::TableLayout::Sort& by : layout.sort) {
        const int at = find(by.column);
        if (at < 0) continue;
        table->Columns[at].SortOrder = next++;
        table->Columns[at].SortDirection = by.descending ? ImGuiSortDirection_Descending : ImGuiSortDirection_Ascending;
    }
    if (next == 0) {
        table->Columns[spec.sort_column].SortOrder = 0;
        table->Columns[spec.sort_column].SortDirection =
            spec.sort_descending ? ImGuiSortDirection_Descending : ImGuiSortDirection_Ascending;
    }
    table->IsSortSpecsDirty = true;
}

namespace {

/// Of its least, what a column may have before the table scrolls sideways.
constexpr float kSqueezed = 0.7F;

/// What these columns need: those of fixed width as wide as they are, the others so that, when they share the rest,
/// none is narrower than `part` of its least. Between two stands the padding of both.
float width_of(const RecordsSpec& spec, const Theme& theme, std::uint64_t columns, float part = 1) {
    const ImGuiTable* table = ImGui::GetCurrentTable();
    float fixed = 0, shares = 0, for_one_share = 0;
    for (std::size_t i = 0; i < spec.columns.size(); ++i) {
        if ((columns >> i & 1U) == 0) continue;
        const Column& column = spec.columns[i];
        fixed += 2 * ImGui::GetStyle().CellPadding.x;
        if (column.weight < 0) {
            const float wanted = table->Columns[static_cast<int>(i)].WidthRequest;
            fixed += wanted > 0 ? wanted : theme.px(-column.weight);
        } else {
            shares += column.weight;
            for_one_share = std::max(for_one_share, theme.px(column.least) * part / column.weight);
        }
    }
    return std::ceil(fixed + shares * for_one_share);
}

}  // namespace

Fit fit_columns(const RecordsSpec& spec, const Theme& theme, std::span<const SortBy> sort, std::uint64_t away,
                float room) {
    const ImGuiTable* table = ImGui::GetCurrentTable();
    std::uint64_t shown = 0;
    bool chosen = false;  // somebody asked for more than the page has by itself
    std::vector<std::size_t> may_go;
    for (std::size_t i = 0; i < spec.columns.size(); ++i) {
        const std::uint64_t bit = std::uint64_t{1} << i;
        if (!table->Columns[static_cast<int>(i)].IsUserEnabledNextFrame && (away & bit) == 0) continue;
        shown |= bit;
        chosen = chosen || spec.columns[i].hidden_at_first;
        // Hiding one that it is sorted by would sort the table anew.
        const bool sorted_by =
            std::any_of(sort.begin(), sort.end(), [&](const SortBy& by) { return by.column == static_cast<int>(i); });
        if (spec.columns[i].rank > 0 && !sorted_by) may_go.push_back(i);
    }
    std::stable_sort(may_go.begin(), may_go.end(),
                     [&](std::size_t a, std::size_t b) { return spec.columns[a].rank > spec.columns[b].rank; });
    Fit fit;
    for (const std::size_t i : may_go) {
        if (width_of(spec, theme, shown & ~fit.away) <= room) break;
        fit.away |= std::uint64_t{1} << i;
    }
    fit.width = width_of(spec, theme, shown & ~fit.away);
    // Names that are cut are better than a bar that takes a row's place, where there are but few rows. Who chose many
    // columns expects to look to the side.
    const float squeezed = width_of(spec, theme, shown & ~fit.away, kSqueezed);
    if (!chosen && fit.width > room && squeezed <= room) fit.width = squeezed;
    return fit;
}

std::vector<int> columns_in_order(std::size_t count, std::uint64_t away) {
    const ImGuiTable* table = ImGui::GetCurrentTable();
    std::vector<int> shown;
    for (std::size_t i = 0; i < count; ++i) {
        const int column = table->DisplayOrderToIndex[static_cast<int>(i)];
        if (table->Columns[column].IsEnabled || (away >> column & 1U) != 0) shown.push_back(column);
    }
    return shown;
}

// ---- the two buttons

void TableViews::draw_views(Desk& desk, const client::SavedView& now, Wish& wish) {
    const Theme& theme = desk.theme;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (icon_button(theme, "Views", icon::kBookmark)) ImGui::OpenPopup("views");
    below_button(theme, at);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(12), theme.px(12)});
    if (ImGui::BeginPopup("views")) {
        draw_list(desk, now, wish);
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
}

void TableViews::draw_list(Desk& desk, const client::SavedView& now, Wish& wish) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    std::vector<client::SavedView>& views = desk.config.views;
    text(theme, "Views", p.muted, Size::small, true);
    std::optional<std::size_t> dropped;
    bool any = false;
    for (std::size_t i = 0; i < views.size(); ++i) {
        if (views[i].model != now.model) continue;
        any = true;
        ImGui::PushID(static_cast<int>(i));
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const float width = ImGui::GetContentRegionAvail().x;
        ImGui::SetNextItemAllowOverlap();
        if (menu_item(theme, views[i].name.c_str())) {
            wish.open = views[i];
            ImGui::CloseCurrentPopup();
        }
        const ImVec2 after = ImGui::GetCursorScreenPos();
        ImGui::SetCursorScreenPos({at.x + width - theme.px(34), at.y});
        if (icon_button(theme, ("Forget the view " + views[i].name).c_str(), icon::kClose)) dropped = i;
        ImGui::SetCursorScreenPos(after);
        ImGui::PopID();
    }
    if (dropped) {
        views.erase(views.begin() + static_cast<std::ptrdiff_t>(*dropped));
        desk.config_changed = true;
    }
    if (!any) {
        paragraph(theme, "A view is a filter, a sorting and columns under a name. Set up the table, and save it here.",
                  p.muted, Size::small);
    }
    ImGui::Dummy({0, theme.px(4)});
    const float save_width = theme.px(76);
    const bool enter = text_field(theme, "##Name of the view", "Name of this view", name_,
                                  ImGui::GetContentRegionAvail().x - save_width - theme.px(8), false,
                                  ImGuiInputTextFlags_EnterReturnsTrue);
    ImGui::SameLine(0, theme.px(8));
    ImGui::BeginDisabled(trim(name_).empty());
    const bool pressed = button(theme, "Save##Save view", ButtonKind::primary, nullptr, save_width);
    ImGui::EndDisabled();
    if (!(pressed || enter) || trim(name_).empty()) return;
    client::SavedView saved = now;
    saved.name = trim(name_);
    const auto same = std::find_if(views.begin(), views.end(), [&](const client::SavedView& view) {
        return view.model == saved.model && view.name == saved.name;
    });
    if (same != views.end())
        *same = saved;
    else
        views.push_back(saved);
    name_.clear();
    desk.config_changed = true;
    ImGui::CloseCurrentPopup();
}

void TableViews::draw_columns(Desk& desk, const RecordsSpec& spec, const client::TableLayout& layout,
                              std::uint64_t away, Wish& wish) {
    const Theme& theme = desk.theme;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (icon_button(theme, "Columns", icon::kPipeline)) ImGui::OpenPopup("columns");
    below_button(theme, at);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(12), theme.px(12)});
    if (ImGui::BeginPopup("columns")) {
        text(theme, "Columns", theme.colors().muted, Size::small, true);
        client::TableLayout changed = layout;
        theme.push(Size::small);
        ImGui::SameLine(theme.px(kPopupWidth) - theme.px(12) - measure("As at first").x);
        const bool as_at_first = link(theme, "As at first");
        Theme::pop();
        const auto shown = std::count_if(layout.columns.begin(), layout.columns.end(),
                                         [](const auto& column) { return column.shown; });
        for (client::TableLayout::Column& column : changed.columns) {
            const auto known = std::find_if(spec.columns.begin(), spec.columns.end(), [&](const Column& one) {
                return column_name(spec.model, one) == column.name;
            });
            if (known == spec.columns.end()) continue;
            const bool no_room = column.shown && (away >> (known - spec.columns.begin()) & 1U) != 0;
            const std::string label =
                std::string(known->header) + (no_room ? " (no room)" : "") + "##column " + column.name;
            ImGui::BeginDisabled(column.shown && shown == 1);  // one must stay
            if (menu_item(theme, label.c_str(), nullptr, column.shown)) column.shown = !column.shown;
            ImGui::EndDisabled();
        }
        if (as_at_first) {
            changed = {};
            ImGui::CloseCurrentPopup();
        }
        if (changed != layout) wish.arrange = changed;
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
}

}  // namespace ct::ui
