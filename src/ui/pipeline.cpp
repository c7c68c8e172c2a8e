#include "ui/pipeline.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>

#include "client/merge_leads.h"
#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::field_id;
using crm::Model;

constexpr crm::FieldId kStatus = field_id(Model::lead, "status");
constexpr crm::FieldId kAmount = field_id(Model::lead, "amount");
constexpr crm::FieldId kCompany = field_id(Model::lead, "company");
constexpr crm::FieldId kTag = field_id(Model::lead, "tag");
constexpr const char* kPayload = "lead";
constexpr float kCardHeight = 84;
constexpr float kCardGap = 8;
/// More rows than this are cheaper to sort anew than to move one by one.
constexpr std::size_t kMovedAtMost = 256;

std::span<const std::string_view> statuses() { return crm::def(Model::lead, kStatus).choices; }

/// The largest sum first; others are told of by a plus.
std::string value_words(const Board::Column& column) {
    if (column.value.empty()) return {};
    const auto largest = std::max_element(column.value.begin(), column.value.end(),
                                          [](const auto& a, const auto& b) { return a.second < b.second; });
    return money_text(largest->second, largest->first) + (column.value.size() > 1 ? " +" : "");
}

}  // namespace

// ---- which lead stands where

Board::Counted Board::look_at(const crm::Record& lead) const {
    Counted counted;
    if (client::merged_away(lead)) return counted;
    const std::string_view status = lead.fields.text(kStatus);
    const auto at = std::find(statuses().begin(), statuses().end(), status);
    // A status that this version does not know stands with those that nobody has looked at.
    counted.column = at == statuses().end() ? 0 : static_cast<std::size_t>(at - statuses().begin());
    counted.card = {lead.updated_at, lead.id};
    counted.amount = lead.fields.integer(kAmount);
    const std::string_view currency = currency_of(lead);
    std::memcpy(counted.currency.data(), currency.data(), std::min<std::size_t>(currency.size(), 3));
    return counted;
}

void Board::add_value(const Counted& counted, std::int64_t sign) {
    if (counted.amount == 0) return;
    auto& sums = columns_[counted.column].value;
    const std::int64_t sum = sums[counted.currency.data()] += sign * counted.amount;
    if (sum == 0) sums.erase(counted.currency.data());
}

void Board::build(const client::Table& leads) {
    columns_.assign(statuses().size(), {});
    rows_.clear();
    rows_.reserve(leads.size());
    for (const crm::Record& lead : leads.all()) {
        const Counted& counted = rows_.emplace_back(look_at(lead));
        if (counted.column == kNowhere) continue;
        columns_[counted.column].cards.push_back(counted.card);
        add_value(counted, 1);
    }
    for (Column& column : columns_) std::sort(column.cards.begin(), column.cards.end());
}

void Board::take_out(const Counted& counted) {
    if (counted.column == kNowhere) return;
    std::vector<Card>& cards = columns_[counted.column].cards;
    const auto at = std::lower_bound(cards.begin(), cards.end(), counted.card);
    if (at != cards.end() && at->id == counted.card.id) cards.erase(at);
    add_value(counted, -1);
}

void Board::put_in(const Counted& counted) {
    if (counted.column == kNowhere) return;
    std::vector<Card>& cards = columns_[counted.column].cards;
    cards.insert(std::lower_bound(cards.begin(), cards.end(), counted.card), counted.card);
    add_value(counted, 1);
}

void Board::update(const client::Table& leads) {
    if (revision_ == leads.revision()) return;
    const auto changed = leads.changed_since(revision_);
    revision_ = leads.revision();
    if (!changed || columns_.empty() || changed->size() > kMovedAtMost) return build(leads);
    // First all out, then all in: a record may stand in a row that another left.
    std::vector<std::uint32_t> rows(changed->begin(), changed->end());
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    for (const std::uint32_t row : rows) {
        if (row < rows_.size()) take_out(rows_[row]);
    }
    rows_.resize(leads.size());
    for (const std::uint32_t row : rows) {
        if (row >= leads.size()) continue;
        rows_[row] = look_at(leads.at(row));
        put_in(rows_[row]);
    }
}

// ---- the page

void Pipeline::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    const client::Table& leads = desk.state.table(Model::lead);
    board_.update(leads);
    const ImVec2 head = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    text(theme, "Pipeline", Size::title, true);
    const float width = theme.px(118);
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + room - width - theme.px(16));  // clear of the button
    text(theme, "Drag a card to where the lead stands now, or move it with Ctrl and the arrows.", theme.colors().muted);
    ImGui::PopTextWrapPos();
    const ImVec2 after = ImGui::GetCursorScreenPos();
    ImGui::SetCursorScreenPos({head.x + room - width, head.y - theme.px(2)});
    if (button(theme, "New lead", ButtonKind::primary, icon::kAdd, width)) desk.create(Model::lead);
    ImGui::SetCursorScreenPos({after.x, after.y + theme.px(8)});
    if (leads.size() == 0 && desk.state.loaded()) {
        empty_state(theme, icon::kPipeline, "No leads yet",
                    "Every lead is a card here, and moves from left to right as you win it.", nullptr);
        return;
    }
    const float gap = theme.px(12);
    const auto columns = static_cast<float>(board_.columns());
    const float least = theme.px(180);
    const float column = std::max(least, std::floor((room - gap * (columns - 1)) / columns));
    const float height = ImGui::GetContentRegionAvail().y;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{0, 0});
    ImGui::BeginChild("board", {room, height}, ImGuiChildFlags_NavFlattened,
                      ImGuiWindowFlags_HorizontalScrollbar | ImGuiWindowFlags_NoBackground);
    ImGui::PopStyleVar();
    for (std::size_t i = 0; i < board_.columns(); ++i) {
        if (i > 0) ImGui::SameLine(0, gap);
        draw_column(desk, i, column, ImGui::GetContentRegionAvail().y);
    }
    ImGui::EndChild();
}

void Pipeline::draw_column(Desk& desk, std::size_t index, float width, float height) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const std::string_view status = statuses()[index];
    const Board::Column& column = board_.column(index);
    const std::string name = words_of_choice(status);
    ImGui::PushStyleColor(ImGuiCol_ChildBg, p.sunken);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(10), theme.px(10)});
    ImGui::BeginChild(("column " + name).c_str(), {width, height},
                      ImGuiChildFlags_AlwaysUseWindowPadding | ImGuiChildFlags_NavFlattened);
    ImGui::PopStyleVar();
    ImGui::PopStyleColor();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    draw_pill(theme, at, name, tone_of_choice(p, status));
    const float used = pill_size(theme, name, false).x + theme.px(8);
    draw_text({at.x + used, at.y + theme.px(2)}, p.muted,
              count_text(static_cast<std::int64_t>(column.cards.size()), "", ""));
    const std::string value = value_words(column);
    theme.push(Size::small, true);
    const float value_width = ImGui::CalcTextSize(value.c_str()).x;
    if (used + theme.px(50) + value_width < room) {
        draw_text({at.x + room - value_width, at.y + theme.px(3)}, p.text, value);
    }
    Theme::pop();
    ImGui::Dummy({0, theme.px(24)});
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0, theme.px(kCardGap)});
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(column.cards.size()), theme.px(kCardHeight + kCardGap));
    while (clipper.Step()) {
        for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
            const Uuid& id = column.cards[static_cast<std::size_t>(i)].id;
            if (const crm::Record* lead = desk.state.find(Model::lead, id)) draw_card(desk, *lead, index, room);
        }
    }
    ImGui::PopStyleVar();
    ImGui::EndChild();
    if (!ImGui::BeginDragDropTarget()) return;
    if (const ImGuiPayload* payload = ImGui::AcceptDragDropPayload(kPayload)) {
        Uuid id;
        std::memcpy(id.bytes.data(), payload->Data, id.bytes.size());
        move(desk, id, index);
    }
    ImGui::EndDragDropTarget();
}

void Pipeline::draw_card(Desk& desk, const crm::Record& lead, std::size_t column, float width) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float height = theme.px(kCardHeight);
    const ImVec2 max{at.x + width, at.y + height};
    const std::string name = crm::title(lead);
    ImGui::PushID(lead.id.str().c_str());
    if (follow_ == lead.id) {
        ImGui::SetKeyboardFocusHere();
        follow_.reset();
    }
    if (ImGui::InvisibleButton(name.c_str(), {width, height}, ImGuiButtonFlags_EnableNav)) {
        desk.open(Model::lead, lead.id);
    }
    const bool hot = ImGui::IsItemHovered();
    if (ImGui::IsItemFocused()) follow_keys(desk, lead.id, column);
    if (ImGui::BeginDragDropSource(ImGuiDragDropFlags_None)) {
        ImGui::SetDragDropPayload(kPayload, lead.id.bytes.data(), lead.id.bytes.size());
        text(theme, name, Size::body, true);
        ImGui::EndDragDropSource();
    }
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(at, max, p.surface, theme.px(8));
    list->AddRect(at, max, hot ? p.border_strong : p.border, theme.px(8), 0, theme.px(1));
    const float x = at.x + theme.px(12);
    const float room = width - theme.px(24);
    theme.push(Size::body, true);
    draw_text({x, at.y + theme.px(10)}, p.text, name, room);
    Theme::pop();
    theme.push(Size::small);
    const std::string_view company = lead.fields.text(kCompany);
    draw_text({x, at.y + theme.px(31)}, p.muted, company.empty() ? ago_text(lead.updated_at, desk.now()) : company,
              room);
    const float y = at.y + theme.px(56);
    const SyncMark mark = sync_mark(p, lead, desk.editor.saving(lead.id));
    float right = max.x - theme.px(12);
    if (lead.sync_status != crm::SyncStatus::synced) {
        const float icon = ImGui::CalcTextSize(mark.icon).x;
        right -= icon;
        list->AddText({right, y}, mark.tone->strong, mark.icon);
        right -= theme.px(8);
    }
    if (lead.fields.has(kAmount)) {
        draw_text({x, y}, p.text, money_text(lead.fields.integer(kAmount), currency_of(lead)), right - x);
    }
    Theme::pop();
    if (const std::string_view tag = lead.fields.text(kTag); !tag.empty()) {
        const std::string words = words_of_choice(tag);
        const ImVec2 size = pill_size(theme, words, false);
        if (right - size.x - theme.px(90) > x) {
            draw_pill(theme, {right - size.x, y - theme.px(4)}, words, tone_of_choice(p, tag));
        }
    }
    ImGui::PopID();
}

void Pipeline::follow_keys(Desk& desk, const Uuid& lead, std::size_t column) {
    if (!ImGui::GetIO().KeyCtrl) return;
    if (ImGui::IsKeyPressed(ImGuiKey_LeftArrow, false) && column > 0) {
        follow_ = lead;
        move(desk, lead, column - 1);
    } else if (ImGui::IsKeyPressed(ImGuiKey_RightArrow, false) && column + 1 < board_.columns()) {
        follow_ = lead;
        move(desk, lead, column + 1);
    }
}

void Pipeline::move(Desk& desk, const Uuid& lead, std::size_t column) {
    desk.later([&desk, lead, status = statuses()[column]] { set_choice(desk, Model::lead, {lead}, kStatus, status); });
}

}  // namespace ct::ui
