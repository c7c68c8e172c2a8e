#include "ui/duplicates.h"

#include <algorithm>
#include <array>
#include <utility>

#include "client/merge_leads.h"
#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/form.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/people.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::FieldId;
using crm::Model;

constexpr const char* kTitle = "Duplicates";
constexpr float kPairHeight = 60;

std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

std::string about(const Desk& desk, const crm::Record& lead) {
    const auto count = [&](Model model) {
        return static_cast<std::int64_t>(desk.state.children(model, lead.id).size());
    };
    std::string words = "Added " + day_text(lead.created_at);
    if (const auto payments = count(Model::payment); payments > 0)
        words += " · " + count_text(payments, "payment", "payments");
    if (const auto reminders = count(Model::reminder); reminders > 0)
        words += " · " + count_text(reminders, "reminder", "reminders");
    if (const auto notes = count(Model::note); notes > 0) words += " · " + count_text(notes, "note", "notes");
    return words;
}

}  // namespace

void Duplicates::compare(const Desk& desk, const Uuid& one, const Uuid& other, bool from_list) {
    const auto weight = [&](const Uuid& id) {
        return desk.state.children(Model::payment, id).size() + desk.state.children(Model::reminder, id).size() +
               desk.state.children(Model::note, id).size();
    };
    const bool turned = weight(other) > weight(one);
    kept_ = turned ? other : one;
    other_ = turned ? one : other;
    chosen_.clear();
    comparing_ = just_compared_ = true;
    from_list_ = from_list;
}

void Duplicates::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    if (std::exchange(desk.duplicates_wanted, false)) {
        search_.begin(desk);
        comparing_ = false;
        open_ = true;
        ImGui::OpenPopup(kTitle);
    }
    if (desk.merge_wanted) {
        const auto [one, other] = *std::exchange(desk.merge_wanted, std::nullopt);
        compare(desk, one, other, false);
        open_ = true;
        ImGui::OpenPopup(kTitle);
    }
    if (!open_) return;
    search_.go_on(desk);
    const ImVec2 screen = ImGui::GetMainViewport()->WorkSize;
    ImGui::SetNextWindowPos(ImGui::GetMainViewport()->GetWorkCenter(), ImGuiCond_Always, {0.5F, 0.5F});
    ImGui::SetNextWindowSize(
        {std::min(theme.px(860), screen.x - theme.px(32)), std::min(theme.px(640), screen.y - theme.px(32))});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(24), theme.px(20)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(12));  // a modal one is a window
    open_ = ImGui::BeginPopupModal(kTitle, nullptr,
                                   ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize |
                                       ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
    if (open_) {
        const crm::Record* kept = comparing_ ? desk.state.find(Model::lead, kept_) : nullptr;
        const crm::Record* other = comparing_ ? desk.state.find(Model::lead, other_) : nullptr;
        const bool gone =
            kept == nullptr || other == nullptr || client::merged_away(*kept) || client::merged_away(*other);
        if (comparing_ && gone) {
            comparing_ = false;
            if (!from_list_) ImGui::CloseCurrentPopup();
        }
        if (comparing_)
            draw_compared(desk, *kept, *other);
        else
            draw_list(desk);
        if (ImGui::IsKeyPressed(ImGuiKey_Escape, false)) ImGui::CloseCurrentPopup();
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar(2);
}

// ---- the list

void Duplicates::draw_list(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    text(theme, "Leads that may be one", Size::title, true);
    std::vector<const DuplicateSearch::Pair*> pairs;
    for (const DuplicateSearch::Pair& pair : search_.pairs()) {
        const crm::Record* one = desk.state.find(Model::lead, pair.one);
        const crm::Record* other = desk.state.find(Model::lead, pair.other);
        if (one != nullptr && other != nullptr && !client::merged_away(*one) && !client::merged_away(*other))
            pairs.push_back(&pair);
    }
    paragraph(theme,
              !search_.done() ? std::string("Looking through all leads…")
              : pairs.empty() ? std::string("By phone number, e-mail address, or name and company.")
                              : count_text(static_cast<std::int64_t>(pairs.size()), "pair", "pairs") +
                                    " with the same phone number, e-mail address, or name and company.",
              p.muted);
    ImGui::Dummy({0, theme.px(4)});
    ImGui::BeginChild("pairs", {0, -theme.px(52)}, ImGuiChildFlags_NavFlattened);
    if (search_.done() && pairs.empty())
        (void)empty_state(theme, icon::kCheckCircle, "No duplicates", "Every lead is one of its own.", nullptr);
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0, 0});
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(pairs.size()), theme.px(kPairHeight));
    while (clipper.Step()) {
        for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i)
            draw_pair(desk, *pairs[static_cast<std::size_t>(i)]);
    }
    ImGui::PopStyleVar();
    ImGui::EndChild();
    ImGui::Dummy({0, theme.px(4)});
    if (button(theme, "Close##duplicates", ButtonKind::plain)) ImGui::CloseCurrentPopup();
}

void Duplicates::draw_pair(Desk& desk, const DuplicateSearch::Pair& pair) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const crm::Record& one = *desk.state.find(Model::lead, pair.one);
    const crm::Record& other = *desk.state.find(Model::lead, pair.other);
    ImGui::PushID((pair.one.str() + pair.other.str()).c_str());
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const float height = theme.px(kPairHeight);
    const float button_width = theme.px(104);
    const float half = (width - button_width - theme.px(40)) / 2;
    const auto side = [&](const crm::Record& lead, float x) {
        const float radius = theme.px(15);
        draw_avatar(theme, {x + radius, at.y + height / 2}, radius, crm::title(lead));
        ImGui::PushFont(theme.font(true), 0.0F);
        draw_text({x + theme.px(40), at.y + theme.px(11)}, p.text, crm::title(lead), half - theme.px(44));
        ImGui::PopFont();
        std::string below(lead.fields.text(crm::field_id(Model::lead, "company")));
        for (const std::string_view field : {"city", "phone"}) {
            const std::string_view value = lead.fields.text(crm::field(Model::lead, field));
            if (!value.empty()) below += (below.empty() ? "" : ", ") + std::string(value);
        }
        theme.push(Size::small);
        draw_text({x + theme.px(40), at.y + theme.px(32)}, p.muted, below, half - theme.px(44));
        Theme::pop();
    };
    side(one, at.x);
    side(other, at.x + half + theme.px(8));
    ImGui::SetCursorScreenPos({at.x + width - button_width, at.y + theme.px(13)});
    const std::string label = "Compare##" + crm::title(one) + " and " + crm::title(other);
    if (button(theme, label.c_str(), ButtonKind::plain, icon::kMerge, button_width))
        compare(desk, pair.one, pair.other, true);
    tooltip(theme, words_of(pair.likeness));
    ImGui::GetWindowDrawList()->AddLine({at.x, at.y + height - 1}, {at.x + width, at.y + height - 1}, p.border);
    ImGui::SetCursorScreenPos({at.x, at.y + height});
    ImGui::PopID();
}

// ---- two side by side

Duplicates::Side Duplicates::side_of(FieldId field, const crm::Record& kept, const crm::Record& other) const {
    if (const auto by_hand = chosen_.find(field); by_hand != chosen_.end()) return by_hand->second;
    if (!kept.fields.has(field)) return Side::other;
    const bool joined = crm::def(Model::lead, field).merge != crm::Merge::replace && other.fields.has(field);
    return joined ? Side::both : Side::kept;
}

void Duplicates::draw_side(const Desk& desk, const crm::Record& record, bool kept, float width) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::PushFont(theme.font(true), 0.0F);
    draw_text(at, p.text, crm::title(record), width);
    ImGui::PopFont();
    theme.push(Size::small);
    draw_text({at.x, at.y + theme.px(21)}, p.muted, about(desk, record), width);
    Theme::pop();
    ImGui::SetCursorScreenPos({at.x, at.y + theme.px(42)});
    if (kept)
        pill(theme, "This one stays", p.ok, icon::kCheck);
    else if (link(theme, "Keep this one instead"))
        comparing_ = true, std::swap(kept_, other_), chosen_.clear();
}

void Duplicates::draw_compared(Desk& desk, const crm::Record& kept, const crm::Record& other) {
    const Theme& theme = desk.theme;
    text(theme, "Two leads, one customer", Size::title, true);
    paragraph(theme,
              "Payments, reminders and notes of both come together. The other one's id goes on leading here, also for "
              "what colleagues still send to it.",
              theme.colors().muted);
    ImGui::Dummy({0, theme.px(6)});
    const float label_width = theme.px(140);
    const float width = (ImGui::GetContentRegionAvail().x - label_width - theme.px(14)) / 2;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::SetCursorScreenPos({at.x + label_width, at.y});
    draw_side(desk, kept, true, width - theme.px(16));
    ImGui::SetCursorScreenPos({at.x + label_width + width, at.y});
    draw_side(desk, other, false, width - theme.px(16));
    ImGui::SetCursorScreenPos({at.x, at.y + theme.px(74)});
    ImGui::BeginChild("fields", {0, -theme.px(52)}, ImGuiChildFlags_NavFlattened);
    for (const auto& row : form_layout(Model::lead)) {
        for (const FieldId field : row) {
            if (kept.fields.has(field) || other.fields.has(field))
                draw_field(desk, field, kept, other, label_width, width);
        }
    }
    ImGui::EndChild();
    ImGui::Dummy({0, theme.px(4)});
    if (std::exchange(just_compared_, false)) ImGui::SetKeyboardFocusHere();
    if (button(theme, "Merge##leads", ButtonKind::primary, icon::kMerge)) {
        desk.later([this, &desk, one = kept.id, two = other.id] {
            const crm::Record* stays = desk.state.find(Model::lead, one);
            const crm::Record* goes = desk.state.find(Model::lead, two);
            if (stays != nullptr && goes != nullptr) merge(desk, *stays, *goes);
        });
    }
    ImGui::SameLine(0, theme.px(8));
    if (!button(theme, from_list_ ? "Back to the list##merge" : "Cancel##merge", ButtonKind::quiet)) return;
    comparing_ = false;
    if (!from_list_) ImGui::CloseCurrentPopup();
}

void Duplicates::draw_field(const Desk& desk, FieldId field, const crm::Record& kept, const crm::Record& other,
                            float label_width, float width) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const crm::FieldDef& def = crm::def(Model::lead, field);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float height = theme.px(38);
    const bool same = kept.fields.get(field) == other.fields.get(field);
    const Side side = side_of(field, kept, other);
    theme.push(Size::small, true);
    draw_text({at.x, at.y + (height - ImGui::GetFontSize()) / 2}, p.muted, def.label, label_width - theme.px(12));
    Theme::pop();
    const auto value = [&](const crm::Record& record, Side of, float x, const char* whose) {
        const std::string words =
            one_line(field_text(desk.state, Model::lead, field, record.fields.get(field), currency_of(record)));
        const ImVec2 min{x, at.y + theme.px(2)}, max{x + width - theme.px(8), at.y + height - theme.px(2)};
        const bool on = !same && (side == of || side == Side::both);
        ImGui::SetCursorScreenPos(min);
        const std::string label = std::string(def.label) + " " + whose + "##merge field";
        ImGui::BeginDisabled(same);
        const bool pressed =
            ImGui::InvisibleButton(label.c_str(), {max.x - min.x, max.y - min.y}, ImGuiButtonFlags_EnableNav);
        ImGui::EndDisabled();
        ImDrawList* list = ImGui::GetWindowDrawList();
        if (on) list->AddRectFilled(min, max, p.accent.soft, theme.px(7));
        if (!same && ImGui::IsItemHovered()) list->AddRect(min, max, p.accent.strong, theme.px(7));
        const float y = at.y + (height - ImGui::GetFontSize()) / 2;
        if (on) list->AddText({min.x + theme.px(8), y}, p.accent.strong, icon::kCheck);
        draw_text({min.x + theme.px(same ? 10 : 30), y},
                  on     ? p.accent.strong
                  : same ? p.muted
                         : p.text,
                  words, max.x - min.x - theme.px(38));
        if (!pressed) return;
        // Where values can be joined, a second choice adds to the first.
        const bool can_join = def.merge != crm::Merge::replace && kept.fields.has(field) && other.fields.has(field);
        if (!can_join || side == Side::both)
            chosen_[field] = side == Side::both ? (of == Side::kept ? Side::other : Side::kept) : of;
        else
            chosen_[field] = side == of ? of : Side::both;
    };
    value(kept, Side::kept, at.x + label_width, "of the one that stays");
    value(other, Side::other, at.x + label_width + width, "of the other");
    ImGui::SetCursorScreenPos({at.x, at.y + height});
    ImGui::Dummy({0, 0});
}

void Duplicates::merge(Desk& desk, const crm::Record& kept, const crm::Record& other) {
    std::vector<std::pair<Model, Uuid>> children;
    for (const Model model : {Model::note, Model::payment, Model::reminder}) {
        for (const Uuid& id : desk.state.children(model, other.id)) children.emplace_back(model, id);
    }
    crm::Changes chosen;
    for (const auto& [field, side] : chosen_) {
        if (side == Side::both) continue;  // that is what the merge does by itself
        chosen.set(field, crm::own((side == Side::kept ? kept : other).fields.get(field)));
    }
    auto edits = client::merge_edits(kept, other, children, chosen);
    if (!desk.accepted(edits)) return;
    const std::string label = "Merge " + crm::title(other) + " into " + crm::title(kept);
    if (!desk.accepted(desk.editor.apply(*std::move(edits), label))) return;
    offer_undo(desk, "Merged into " + crm::title(kept));
}

}  // namespace ct::ui
