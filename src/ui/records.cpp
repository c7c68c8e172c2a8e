#include "ui/records.h"

#include <algorithm>
#include <utility>

#include "crm/model.h"
#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

constexpr float kRowHeight = 42;

bool only_plain_click() {
    const ImGuiIO& io = ImGui::GetIO();
    return !io.KeyCtrl && !io.KeyShift && !io.KeyAlt;
}

}  // namespace

Records::Records(RecordsSpec spec) : spec_(std::move(spec)) {
    query_.sort = spec_.sort_column;
    query_.descending = spec_.sort_descending;
    for (const QuickFilter& quick : spec_.quick) conditions_.push_back(quick.accept);
}

Rules Records::rules(const Desk& desk) const {
    const client::State* state = &desk.state;
    const Column* column = &spec_.columns[static_cast<std::size_t>(query_.sort)];
    return {[state, column](const crm::Record& record) { return sort_key(*state, *column, record); },
            [state](const crm::Record& record) { return search_words(*state, record); },
            spec_.quick[query_.quick].accept};
}

void Records::update(Desk& desk) {
    table_ = &desk.state.table(spec_.model);
    // A selection that one cannot see must not be deleted: it ends with the filter under which it was made.
    if (query_.filter != selected_under_.filter || query_.quick != selected_under_.quick) selected_.clear();
    selected_under_ = query_;
    order_.update(*table_, query_, rules(desk));
    tally_.update(*table_, conditions_);
    if (std::exchange(selected_revision_, table_->revision()) == table_->revision()) return;
    std::erase_if(selected_, [this](const Uuid& id) { return table_->find(id) == nullptr; });
}

void Records::select_all() {
    for (const std::uint32_t row : order_.rows()) selected_.insert(table_->at(row).id);
}

std::vector<Uuid> Records::selected_in_order() const {
    std::vector<Uuid> ids;
    ids.reserve(selected_.size());
    for (const std::uint32_t row : order_.rows()) {
        if (selected_.contains(table_->at(row).id)) ids.push_back(table_->at(row).id);
    }
    return ids;
}

void Records::remove_selected(Desk& desk) {
    if (selected_.empty()) return;
    remove_records(desk, spec_.model, selected_in_order());
    selected_.clear();
}

void Records::draw(Desk& desk) {
    update(desk);
    draw_head(desk);
    ImGui::Dummy({0, desk.theme.px(2)});
    ImGui::PushStyleColor(ImGuiCol_ChildBg, desk.theme.colors().surface);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{desk.theme.px(5), desk.theme.px(5)});
    ImGui::BeginChild("table card", {0, 0}, ImGuiChildFlags_Borders | ImGuiChildFlags_NavFlattened,
                      ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
    ImGui::PopStyleVar();
    ImGui::PopStyleColor();
    if (order_.rows().empty()) {
        draw_nothing(desk);
    } else {
        draw_table(desk);
    }
    ImGui::EndChild();
}

void Records::draw_head(Desk& desk) {
    const Theme& theme = desk.theme;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    text(theme, crm::def(spec_.model).plural, Size::title, true);
    ImGui::SameLine(0, theme.px(10));
    ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, at.y + theme.px(8)});
    const auto total = static_cast<std::int64_t>(table_->size());
    const auto shown = static_cast<std::int64_t>(order_.rows().size());
    text(theme,
         shown == total ? count_text(total, "", "") : count_text(shown, "", "") + " of " + count_text(total, "", ""),
         theme.colors().muted);
    const float right = at.x + ImGui::GetContentRegionAvail().x;
    theme.push(Size::body, true);
    const float width = ImGui::CalcTextSize(spec_.new_label).x + theme.px(52);
    Theme::pop();
    ImGui::SetCursorScreenPos({right - width, at.y - theme.px(2)});
    if (button(theme, spec_.new_label, ButtonKind::primary, icon::kAdd, width)) desk.create(spec_.model);
    ImGui::SetCursorScreenPos({at.x, at.y + theme.px(42)});
    if (selected_.size() > 1) return draw_bulk_bar(desk);
    std::vector<std::string> labels;
    for (std::size_t i = 0; i < spec_.quick.size(); ++i) {
        labels.push_back(spec_.quick[i].label + "  " + count_text(static_cast<std::int64_t>(tally_.count(i)), "", "") +
                         "##" + spec_.quick[i].label);
    }
    if (segments(theme, "quick filters", labels, query_.quick)) scroll_to_top_ = true;
}

void Records::draw_bulk_bar(Desk& desk) {
    const Theme& theme = desk.theme;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const std::string words = count_text(static_cast<std::int64_t>(selected_.size()), "", "") + " selected";
    ImGui::SetCursorScreenPos({at.x + theme.px(4), at.y + (theme.px(34) - ImGui::GetFontSize()) / 2});
    text(theme, words, theme.colors().accent.strong, Size::body, true);
    ImGui::SameLine(0, theme.px(16));
    ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, at.y});
    const crm::FieldDef& field = crm::def(spec_.model, spec_.bulk_field);
    const std::string label = "Set " + std::string(field.label);
    if (button(theme, label.c_str(), ButtonKind::plain, icon::kEdit)) ImGui::OpenPopup("bulk choice");
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(6), theme.px(6)});
    if (ImGui::BeginPopup("bulk choice")) {
        for (const std::string_view choice : field.choices) {
            if (!menu_item(theme, words_of_choice(choice).c_str())) continue;
            desk.later([this, &desk, choice] {
                set_choice(desk, spec_.model, selected_in_order(), spec_.bulk_field, choice);
            });
            ImGui::CloseCurrentPopup();
        }
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
    ImGui::SameLine();
    if (button(theme, "Delete", ButtonKind::danger, icon::kTrash)) desk.later([this, &desk] { remove_selected(desk); });
    ImGui::SameLine();
    if (button(theme, "Clear selection", ButtonKind::quiet)) clear_selection();
}

void Records::draw_nothing(Desk& desk) {
    const Theme& theme = desk.theme;
    if (!desk.state.loaded() && table_->size() == 0) {
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const ImVec2 room = ImGui::GetContentRegionAvail();
        draw_spinner(theme, {at.x + room.x / 2, at.y + room.y / 2}, theme.px(14), theme.colors().accent.strong,
                     ImGui::GetTime());
        desk.redraw_within(50);
    } else if (table_->size() == 0) {
        if (empty_state(theme, spec_.empty_icon, spec_.empty_title, spec_.empty_words, spec_.new_label)) {
            desk.create(spec_.model);
        }
    } else if (empty_state(theme, icon::kSearch, "Nothing matches",
                           "No record has all of these words and passes the filter above.", "Show all")) {
        query_.filter.clear();
        for (std::size_t i = 0; i < spec_.quick.size(); ++i) {
            if (tally_.count(i) > tally_.count(query_.quick)) query_.quick = i;
        }
    }
}

void Records::draw_table(Desk& desk) {
    const Theme& theme = desk.theme;
    constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_ScrollY | ImGuiTableFlags_Sortable | ImGuiTableFlags_Resizable |
                                       ImGuiTableFlags_Hideable | ImGuiTableFlags_Reorderable |
                                       ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_NoSavedSettings |
                                       ImGuiTableFlags_PadOuterX | ImGuiTableFlags_NoBordersInBody;
    ImGui::PushStyleVar(ImGuiStyleVar_CellPadding, ImVec2{theme.px(10), 0});
    // ImGui draws lines between the headers of columns that can be resized; the headers' own distance says enough.
    ImGui::PushStyleColor(ImGuiCol_TableBorderStrong, 0);
    const auto columns = static_cast<int>(spec_.columns.size());
    const bool begun = ImGui::BeginTable("records", columns, kFlags, {0, 0});
    ImGui::PopStyleColor();
    if (begun) {
        ImGui::TableSetupScrollFreeze(0, 1);
        set_up_columns(theme);
        draw_header_row(theme);
        if (ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs(); specs != nullptr && specs->SpecsDirty) {
            if (specs->SpecsCount > 0) {
                query_.sort = specs->Specs[0].ColumnIndex;
                query_.descending = specs->Specs[0].SortDirection == ImGuiSortDirection_Descending;
            }
            specs->SpecsDirty = false;
            update(desk);
        }
        draw_rows(desk);
        ImGui::EndTable();
    }
    ImGui::PopStyleVar();
}

void Records::set_up_columns(const Theme& theme) {
    for (std::size_t i = 0; i < spec_.columns.size(); ++i) {
        const Column& column = spec_.columns[i];
        ImGuiTableColumnFlags flags = column.weight < 0
                                          ? ImGuiTableColumnFlags_WidthFixed | ImGuiTableColumnFlags_NoResize
                                          : ImGuiTableColumnFlags_WidthStretch;
        if (column.hidden_at_first) flags |= ImGuiTableColumnFlags_DefaultHide;
        if (static_cast<int>(i) == spec_.sort_column) {
            flags |=
                ImGuiTableColumnFlags_DefaultSort | (spec_.sort_descending ? ImGuiTableColumnFlags_PreferSortDescending
                                                                           : ImGuiTableColumnFlags_PreferSortAscending);
        }
        if (column.kind == Column::Kind::updated) flags |= ImGuiTableColumnFlags_PreferSortDescending;
        ImGui::TableSetupColumn(column.header, flags, column.weight < 0 ? theme.px(-column.weight) : column.weight);
    }
    // Only when other columns fit: between, the user's own choice of columns holds.
    const float width = ImGui::GetContentRegionAvail().x / theme.scale();
    std::uint64_t away = 0;
    for (std::size_t i = 0; i < spec_.columns.size(); ++i) {
        const bool sorted_by = static_cast<int>(i) == query_.sort;  // hiding it would sort the table anew
        if (spec_.columns[i].wide_from > width && !sorted_by) away |= std::uint64_t{1} << i;
    }
    if (away == away_) return;
    for (std::size_t i = 0; i < spec_.columns.size(); ++i) {
        const std::uint64_t bit = std::uint64_t{1} << i;
        if ((away & bit) != (away_ & bit)) ImGui::TableSetColumnEnabled(static_cast<int>(i), (away & bit) == 0);
    }
    away_ = away;
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
        ImGui::TableHeader(column.header);
        ImGui::PopID();
    }
    ImGui::PopStyleColor();
    ImGui::PopStyleVar(2);
    Theme::pop();
}

void Records::apply(std::span<const ImGuiSelectionRequest> requests) {
    const std::span<const std::uint32_t> rows = order_.rows();
    for (const ImGuiSelectionRequest& request : requests) {
        if (request.Type == ImGuiSelectionRequestType_SetAll) {
            selected_.clear();
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

void Records::draw_rows(Desk& desk) {
    if (scroll_to_top_) {
        ImGui::SetScrollY(0);
        scroll_to_top_ = false;
    }
    const auto count = static_cast<int>(order_.rows().size());
    const auto span_of = [](const ImGuiMultiSelectIO& io) {
        return std::span<const ImGuiSelectionRequest>(io.Requests.Data, static_cast<std::size_t>(io.Requests.Size));
    };
    ImGuiMultiSelectIO* io =
        ImGui::BeginMultiSelect(ImGuiMultiSelectFlags_SelectOnClickRelease, static_cast<int>(selected_.size()), count);
    apply(span_of(*io));
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0, 0});  // a row's ground is as high as the row
    ImGuiListClipper clipper;
    clipper.Begin(count, desk.theme.px(kRowHeight));
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
    if (focus_row_ == index) ImGui::SetKeyboardFocusHere();
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
    if (ImGui::IsItemFocused()) follow_keys(desk, record);
    ImGui::SetCursorScreenPos(at);
    for (int i = 0; i < static_cast<int>(spec_.columns.size()); ++i) {
        if (ImGui::TableSetColumnIndex(i)) draw_cell(desk, spec_.columns[static_cast<std::size_t>(i)], record, height);
    }
    ImGui::PopID();
}

/// The arrows lead into the table from anywhere on the page, to beside the row that they were on last.
std::optional<std::size_t> Records::row_to_focus(const Desk& desk) const {
    const bool down = ImGui::IsKeyPressed(ImGuiKey_DownArrow);
    const bool up = ImGui::IsKeyPressed(ImGuiKey_UpArrow);
    if (!(down || up) || desk.keys_elsewhere || ImGui::GetIO().WantTextInput || ImGui::IsWindowFocused())
        return std::nullopt;
    const std::span<const std::uint32_t> rows = order_.rows();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (table_->at(rows[i]).id != focused_) continue;
        return down ? std::min(i + 1, rows.size() - 1) : i - std::min<std::size_t>(i, 1);
    }
    return 0;
}

void Records::follow_keys(Desk& desk, const crm::Record& record) {
    const bool moved = focused_ != record.id;
    focused_ = record.id;
    if (ImGui::GetIO().WantTextInput) return;
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
