// The table of a page of records: columns, rows, selection, and what keys and mouse do there.
#include <imgui_internal.h>

#include <algorithm>
#include <utility>

#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/icons.h"
#include "ui/payment_acts.h"
#include "ui/records.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

constexpr float kRowHeight = 42;

bool only_plain_click() {
    const ImGuiIO& io = ImGui::GetIO();
    return !io.KeyCtrl && !io.KeyShift && !io.KeyAlt;
}

}  // namespace

void Records::draw_table(Desk& desk) {
    const Theme& theme = desk.theme;
    constexpr ImGuiTableFlags kFlags =
        ImGuiTableFlags_ScrollY | ImGuiTableFlags_Sortable | ImGuiTableFlags_SortMulti | ImGuiTableFlags_Resizable |
        ImGuiTableFlags_Hideable | ImGuiTableFlags_Reorderable | ImGuiTableFlags_BordersInnerH |
        ImGuiTableFlags_NoSavedSettings | ImGuiTableFlags_PadOuterX | ImGuiTableFlags_NoBordersInBody;
    ImGui::PushStyleVar(ImGuiStyleVar_CellPadding, ImVec2{theme.px(10), 0});
    // ImGui draws lines between the headers of columns that can be resized; the headers' own distance says enough.
    ImGui::PushStyleColor(ImGuiCol_TableBorderStrong, 0);
    const auto columns = static_cast<int>(spec_.columns.size());
    const float room = ImGui::GetContentRegionAvail().x - ImGui::GetStyle().ScrollbarSize;
    const bool sideways = table_width_ > room;
    const bool begun = ImGui::BeginTable("records", columns, kFlags | (sideways ? ImGuiTableFlags_ScrollX : 0), {0, 0},
                                         sideways ? table_width_ : 0.0F);
    ImGui::PopStyleColor();
    if (begun) {
        ImGui::TableSetupScrollFreeze(0, 1);
        set_up_columns(theme, room);
        draw_header_row(theme);
        if (ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs(); specs != nullptr && specs->SpecsDirty) {
            if (specs->SpecsCount > 0) query_.sort.clear();
            for (int i = 0; i < specs->SpecsCount; ++i) {
                query_.sort.push_back(
                    {specs->Specs[i].ColumnIndex, specs->Specs[i].SortDirection == ImGuiSortDirection_Descending});
            }
            specs->SpecsDirty = false;
            update(desk);
        }
        shown_columns_ = columns_in_order(spec_.columns.size());
        chosen_columns_ = columns_in_order(spec_.columns.size(), away_);
        draw_rows(desk);
        remember_layout(desk);
        ImGui::EndTable();
    }
    ImGui::PopStyleVar();
}

/// What the user has arranged is kept once the mouse has let go of it.
void Records::remember_layout(Desk& desk) {
    client::TableLayout layout = read_layout(spec_, desk.theme, away_);
    if (layout_ == layout) return;
    const bool first = !layout_.has_value();
    if (!first && ImGui::IsMouseDown(ImGuiMouseButton_Left)) return;
    layout_ = std::move(layout);
    if (first) return;
    desk.config.tables[std::string(crm::name(spec_.model))] = *layout_;
    desk.config_changed = true;
}

void Records::set_up_columns(const Theme& theme, float room) {
    for (std::size_t i = 0; i < spec_.columns.size(); ++i) {
        const Column& column = spec_.columns[i];
        ImGuiTableColumnFlags flags =
            column.weight < 0 ? ImGuiTableColumnFlags_WidthFixed : ImGuiTableColumnFlags_WidthStretch;
        if (column.hidden_at_first) flags |= ImGuiTableColumnFlags_DefaultHide;
        if (static_cast<int>(i) == spec_.sort_column) {
            flags |=
                ImGuiTableColumnFlags_DefaultSort | (spec_.sort_descending ? ImGuiTableColumnFlags_PreferSortDescending
                                                                           : ImGuiTableColumnFlags_PreferSortAscending);
        }
        if (column.kind == Column::Kind::updated) flags |= ImGuiTableColumnFlags_PreferSortDescending;
        ImGui::TableSetupColumn(column.header, flags, column.weight < 0 ? theme.px(-column.weight) : column.weight);
    }
    if (layout_wanted_) {
        apply_layout(spec_, theme, *layout_wanted_);
        layout_wanted_.reset();
        away_ = 0;
    }
    const Fit fit = fit_columns(spec_, theme, query_.sort, away_, room);
    table_width_ = fit.width;
    for (std::size_t i = 0; i < spec_.columns.size(); ++i) {
        const bool goes = (fit.away >> i & 1U) != 0;
        if (goes || (away_ >> i & 1U) != 0) ImGui::TableSetColumnEnabled(static_cast<int>(i), !goes);
    }
    away_ = fit.away;
}

void Records::draw_header_row(const Theme& theme) {
    theme.push(Size::small, true);
    ImGui::PushStyleVar(ImGuiStyleVar_CellPadding, ImVec2{theme.px(10), theme.px(9)});
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{theme.px(2), 0});
    ImGui::PushStyleColor(ImGuiCol_Text, theme.colors().muted);
    ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
    for (int i = 0; i < static_cast<int>(spec_.columns.size()); ++i) {
        if (!ImGui::TableSetColumnIndex(i)) continue;
        const Column& column = spec_.columns[static_cast<std::size_t>(i)];
        ImGui::PushID(i);
        if (column.kind == Column::Kind::money) {  // over its numbers, with room for the arrow
            const float arrow = ImGui::GetFontSize() * 0.65F + ImGui::GetStyle().FramePadding.x;
            const float room = ImGui::GetContentRegionAvail().x - ImGui::CalcTextSize(column.header).x;
            ImGui::SetCursorPosX(ImGui::GetCursorPosX() +
                                 std::max(0.0F, room - std::max(0.0F, arrow - ImGui::GetStyle().CellPadding.x)));
        }
        draw_header(theme, i);
        ImGui::PopID();
    }
    ImGui::PopStyleColor();
    ImGui::PopStyleVar(2);
    Theme::pop();
}

/// ImGui draws the arrow of a sorted column at that column's end, where it seems to belong to the next one: the words
/// and the arrow behind them are drawn here.
void Records::draw_header(const Theme& theme, int column) {
    const char* const words = spec_.columns[static_cast<std::size_t>(column)].header;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::PushStyleColor(ImGuiCol_Text, 0);
    ImGui::TableHeader(words);
    ImGui::PopStyleColor();
    const auto by =
        std::find_if(query_.sort.begin(), query_.sort.end(), [&](const SortBy& one) { return one.column == column; });
    const bool sorted = by != query_.sort.end();
    const ImU32 color = sorted ? theme.colors().text : theme.colors().muted;
    ImDrawList* const list = ImGui::GetWindowDrawList();
    list->AddText(at, color, words);
    if (!sorted) return;
    constexpr float kArrow = 0.65F;
    const float x = at.x + ImGui::CalcTextSize(words).x + theme.px(3);
    ImGui::RenderArrow(list, {x, at.y}, color, by->descending ? ImGuiDir_Down : ImGuiDir_Up, kArrow);
    if (query_.sort.size() < 2) return;
    const std::string rank = std::to_string(by - query_.sort.begin() + 1);
    list->AddText({x + ImGui::GetFontSize() * kArrow + theme.px(2), at.y}, color, rank.c_str());
}

void Records::apply(std::span<const ImGuiSelectionRequest> requests) {
    const std::span<const std::uint32_t> rows = order_.rows();
    for (const ImGuiSelectionRequest& request : requests) {
        if (request.Type == ImGuiSelectionRequestType_SetAll) {
            clear_selection();
            if (request.Selected) select_all();
        } else if (request.Type == ImGuiSelectionRequestType_SetRange) {
            for (ImGuiSelectionUserData i = request.RangeFirstItem; i <= request.RangeLastItem; ++i) {
                const Uuid& id = table_->at(rows[static_cast<std::size_t>(i)]).id;
                if (request.Selected) {
                    selected_.insert(id);
                } else {
                    selected_.erase(id);
                }
            }
        }
    }
}

std::optional<std::size_t> Records::place_of(const Uuid& id) const {
    const crm::Record* record = table_->find(id);
    if (record == nullptr) return std::nullopt;
    const std::span<const std::uint32_t> rows = order_.rows();
    const auto at = std::find(rows.begin(), rows.end(), static_cast<std::uint32_t>(record - table_->all().data()));
    if (at == rows.end()) return std::nullopt;
    return static_cast<std::size_t>(at - rows.begin());
}

/// Nothing: it is not in sight.
std::optional<float> Records::top_of_focused() const {
    const auto row = place_of(focused_);
    if (!row) return std::nullopt;
    const float top = static_cast<float>(*row) * row_height_ - rows_from_;
    if (top <= -row_height_ || top >= rows_room_) return std::nullopt;
    return top;
}

void Records::bring_focused_back() {
    if (!focused_top_ || !order_.complete()) return;
    const float top = *std::exchange(focused_top_, std::nullopt);
    if (const auto row = place_of(focused_))
        ImGui::SetScrollY(std::max(0.0F, static_cast<float>(*row) * row_height_ - top));
}

void Records::draw_rows(Desk& desk) {
    if (scroll_to_top_) {
        ImGui::SetScrollY(0);
        scroll_to_top_ = false;
        focused_top_.reset();
    }
    row_height_ = desk.theme.px(kRowHeight);
    bring_focused_back();
    rows_from_ = ImGui::GetScrollY();
    rows_room_ = ImGui::GetWindowHeight();
    const auto count = static_cast<int>(order_.rows().size());
    const auto span_of = [](const ImGuiMultiSelectIO& io) {
        return std::span<const ImGuiSelectionRequest>(io.Requests.Data, static_cast<std::size_t>(io.Requests.Size));
    };
    ImGuiMultiSelectIO* io =
        ImGui::BeginMultiSelect(ImGuiMultiSelectFlags_SelectOnClickRelease, static_cast<int>(selected_.size()), count);
    apply(span_of(*io));
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0, 0});  // a row's ground is as high as the row
    ImGuiListClipper clipper;
    clipper.Begin(count, row_height_);
    if (io->RangeSrcItem >= 0 && io->RangeSrcItem < count) {
        clipper.IncludeItemByIndex(static_cast<int>(io->RangeSrcItem));
    }
    focus_row_ = row_to_focus(desk);
    if (focus_row_) clipper.IncludeItemByIndex(static_cast<int>(*focus_row_));
    while (clipper.Step()) {
        for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
            const auto index = static_cast<std::size_t>(i);
            draw_row(desk, table_->at(order_.rows()[index]), index);
        }
    }
    ImGui::PopStyleVar();
    focus_row_.reset();
    io = ImGui::EndMultiSelect();
    apply(span_of(*io));
}

void Records::draw_row(Desk& desk, const crm::Record& record, std::size_t index) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const float height = theme.px(kRowHeight);
    ImGui::TableNextRow(ImGuiTableRowFlags_None, height);
    ImGui::TableSetColumnIndex(0);
    const auto* id_bytes = reinterpret_cast<const char*>(record.id.bytes.data());
    ImGui::PushID(id_bytes, id_bytes + record.id.bytes.size());
    const bool selected = selected_.contains(record.id);
    const bool shown = desk.shown_id == record.id;
    if (focus_row_ == index || focus_next_ == record.id) ImGui::SetKeyboardFocusHere();
    if (focus_next_ == record.id) focus_next_ = {};
    ImGui::SetNextItemSelectionUserData(static_cast<ImGuiSelectionUserData>(index));
    ImGui::SetNextItemAllowOverlap();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const std::string label = "##" + title_of(record);
    ImGui::PushStyleColor(ImGuiCol_Header, p.selected);
    ImGui::PushStyleColor(ImGuiCol_HeaderActive, p.selected);
    const bool pressed =
        ImGui::Selectable(label.c_str(), selected || shown,
                          ImGuiSelectableFlags_SpanAllColumns | ImGuiSelectableFlags_AllowOverlap, {0, height});
    ImGui::PopStyleColor(2);
    if (pressed && ImGui::IsMouseReleased(ImGuiMouseButton_Left) && only_plain_click())
        desk.open(spec_.model, record.id);
    if (ImGui::IsItemHovered()) follow_mouse(record);
    if (ImGui::IsItemFocused()) follow_keys(desk, record);
    ImGui::SetCursorScreenPos(at);
    draw_cells(desk, record, height);
    ImGui::PopID();
}

void Records::draw_cells(Desk& desk, const crm::Record& record, float height) {
    for (int i = 0; i < static_cast<int>(spec_.columns.size()); ++i) {
        if (!ImGui::TableSetColumnIndex(i)) continue;
        if (!cell_.at(record.id, i)) {
            draw_cell(desk, spec_.columns[static_cast<std::size_t>(i)], record, height);
            continue;
        }
        const CellEditor::End end = cell_.draw(desk, record, height);
        if (end == CellEditor::End::none) continue;
        desk.redraw_within(0);
        const int step = end == CellEditor::End::next ? 1 : end == CellEditor::End::previous ? -1 : 0;
        const int next = step == 0 ? -1 : editable_column(i, step);
        if (next >= 0)
            edit_cell(record, next);
        else
            focus_next_ = record.id;
    }
}

int Records::editable_column(int from, int step) const {
    const auto can = [this](int column) {
        const Column& known = spec_.columns[static_cast<std::size_t>(column)];
        const bool typed = known.kind == Column::Kind::field || known.kind == Column::Kind::money ||
                           known.kind == Column::Kind::due || known.kind == Column::Kind::paid ||
                           known.kind == Column::Kind::title || known.kind == Column::Kind::person;
        return typed && CellEditor::can_edit(spec_.model, known.field);
    };
    const auto at = std::find(shown_columns_.begin(), shown_columns_.end(), from);
    auto i = at == shown_columns_.end() ? -1 : static_cast<std::ptrdiff_t>(at - shown_columns_.begin());
    if (step == 0) return at != shown_columns_.end() && can(from) ? from : -1;
    for (i += step; i >= 0 && i < static_cast<std::ptrdiff_t>(shown_columns_.size()); i += step) {
        if (const int column = shown_columns_[static_cast<std::size_t>(i)]; can(column)) return column;
    }
    return -1;
}

void Records::edit_cell(const crm::Record& record, int column) {
    if (column < 0) return;
    const crm::FieldId field = spec_.columns[static_cast<std::size_t>(column)].field;
    if (is_given_once(spec_.model, field) && record.fields.has(field)) {
        focus_next_ = record.id;
        return;
    }
    cell_.begin(record, column, field);
}

/// A double click edits the cell that its first click was on: that click may have opened the drawer and moved columns.
void Records::follow_mouse(const crm::Record& record) {
    if (!ImGui::IsMouseClicked(ImGuiMouseButton_Left)) return;
    if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
        if (clicked_ == record.id && clicked_column_ >= 0) edit_cell(record, editable_column(clicked_column_, 0));
        return;
    }
    clicked_ = record.id;
    clicked_column_ = ImGui::TableGetHoveredColumn();
}

/// The arrows lead into the table from anywhere on the page, to beside the row that they were on last.
std::optional<std::size_t> Records::row_to_focus(const Desk& desk) const {
    const bool down = ImGui::IsKeyPressed(ImGuiKey_DownArrow);
    const bool up = ImGui::IsKeyPressed(ImGuiKey_UpArrow);
    const bool typing = ImGui::GetIO().WantTextInput && !(in_search_ && down);  // from the search one goes down
    if (!(down || up) || desk.keys_elsewhere || typing || ImGui::IsWindowFocused()) return std::nullopt;
    const auto at = place_of(focused_);
    if (!at) return 0;
    return down ? std::min(*at + 1, order_.rows().size() - 1) : *at - std::min<std::size_t>(*at, 1);
}

void Records::follow_keys(Desk& desk, const crm::Record& record) {
    const bool moved = focused_ != record.id;
    focused_ = record.id;
    if (ImGui::GetIO().WantTextInput) return;
    if (ImGui::IsKeyPressed(ImGuiKey_F2, false)) edit_cell(record, editable_column(-1, 1));
    // With the drawer open, the arrows leaf through the records. ImGui moves in the frame behind the key.
    for (const ImGuiKey key : {ImGuiKey_DownArrow, ImGuiKey_UpArrow, ImGuiKey_PageDown, ImGuiKey_PageUp}) {
        leafing_ = leafing_ || (ImGui::IsKeyPressed(key) && only_plain_click());
    }
    const bool follow =
        moved && std::exchange(leafing_, false) && !desk.shown_id.nil() && desk.shown_model == spec_.model;
    if (follow || ImGui::IsKeyPressed(ImGuiKey_Enter, false) || ImGui::IsKeyPressed(ImGuiKey_KeypadEnter, false)) {
        desk.open(spec_.model, record.id);
    }
}

}  // namespace ct::ui
