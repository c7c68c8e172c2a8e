#include "ui/shell.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "ui/actions.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/pages.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::Model;

constexpr float kNavigationWidth = 212;
constexpr float kTopBarHeight = 64;
constexpr float kDrawerWidth = 480;
constexpr float kPagePadding = 28;
constexpr float kPageLeast = 560;         // narrower, a table beside the drawer says nothing
constexpr float kIconsOnlyBelow = 1'040;  // windows narrower than this have a navigation of icons
constexpr float kIconsOnlyWidth = 64;
constexpr float kItemStep = 40;
constexpr float kShortBelow = 470;  // windows lower than this have no room for more than the pages' names

}  // namespace

Shell::Shell(const Clock& clock) : leads_(leads_page()), payments_(clock) {}

Records& Shell::records(Model model) {
    return model == Model::payment ? payments_.records() : model == Model::reminder ? reminders_.records() : leads_;
}

Records* Shell::current(const Desk& desk) {
    switch (desk.page) {
        case Page::leads: return &leads_;
        case Page::payments: return &payments_.records();
        case Page::reminders: return &reminders_.records();
        default: return nullptr;
    }
}

Records* Shell::table(const Desk& desk) {
    return desk.page == Page::reminders && !reminders_.table() ? nullptr : current(desk);
}

// ---- keys

void Shell::handle_keys(Desk& desk) {
    const auto pressed = [](ImGuiKey key) { return ImGui::IsKeyPressed(key, false); };
    if (ImGui::GetIO().KeyCtrl) handle_control_keys(desk);
    if (pressed(ImGuiKey_F5)) desk.post(client::SyncNow{});
    const ImWchar typed =
        ImGui::GetIO().InputQueueCharacters.empty() ? ImWchar{0} : ImGui::GetIO().InputQueueCharacters[0];
    if (typed == '?' && !ImGui::GetIO().WantTextInput) keys_.open();  // wherever the keyboard's layout has it
    // Before the windows are drawn: a text field would take back what was typed when it sees the key.
    const Records* shown = current(desk);
    const bool in_cell = shown != nullptr && shown->editing();
    if (pressed(ImGuiKey_Escape) && !popup_was_open_ && !search_active_ && !in_cell) drawer_.close(desk);
    if (pressed(ImGuiKey_Delete) && !ImGui::GetIO().WantTextInput && !desk.keys_elsewhere) {
        if (Records* page = table(desk)) page->remove_selected(desk);
    }
}

/// Ctrl +, Ctrl − and Ctrl 0, as in a browser.
void Shell::zoom(Desk& desk) {
    const auto pressed = [](std::initializer_list<ImGuiKey> keys) {
        return std::any_of(keys.begin(), keys.end(), [](ImGuiKey key) { return ImGui::IsKeyPressed(key, false); });
    };
    constexpr std::array kSteps{0.75F, 0.9F, 1.0F, 1.15F, 1.3F, 1.5F, 1.75F, 2.0F, 2.5F, 3.0F};
    const float now = desk.config.scale;
    float next = now;
    if (pressed({ImGuiKey_Equal, ImGuiKey_KeypadAdd})) {
        const auto* larger = std::find_if(kSteps.begin(), kSteps.end(), [&](float step) { return step > now + 0.01F; });
        if (larger != kSteps.end()) next = *larger;
    }
    if (pressed({ImGuiKey_Minus, ImGuiKey_KeypadSubtract})) {
        for (const float step : kSteps) {
            if (step < now - 0.01F) next = step;
        }
    }
    if (pressed({ImGuiKey_0, ImGuiKey_Keypad0})) next = 1.0F;
    if (next == now) return;
    desk.config.scale = next;
    desk.config_changed = true;
}

void Shell::handle_control_keys(Desk& desk) {
    const ImGuiIO& io = ImGui::GetIO();
    const auto pressed = [](ImGuiKey key) { return ImGui::IsKeyPressed(key, false); };
    zoom(desk);
    if (pressed(ImGuiKey_K)) palette_.open();
    if (pressed(ImGuiKey_N)) desk.create(Model::lead);
    if (pressed(ImGuiKey_F)) desk.focus_search = true;
    if (pressed(ImGuiKey_S) || pressed(ImGuiKey_Enter) || pressed(ImGuiKey_KeypadEnter)) {
        desk.later([this, &desk] { drawer_.save(desk); });  // after the fields have taken what was typed in this frame
    }
    for (int i = 0; i < kPageCount; ++i) {
        if (pressed(static_cast<ImGuiKey>(ImGuiKey_1 + i))) desk.page = static_cast<Page>(i);
    }
    if (io.WantTextInput) return;  // a text field has its own undo and its own "all"
    if (pressed(ImGuiKey_Z)) desk.later([&desk, again = io.KeyShift] { again ? redo(desk) : undo(desk); });
    if (pressed(ImGuiKey_Y)) desk.later([&desk] { redo(desk); });
    if (pressed(ImGuiKey_A) && !desk.keys_elsewhere) {
        if (Records* page = table(desk)) page->select_all();
    }
    if (pressed(ImGuiKey_C) && !desk.keys_elsewhere) {
        if (Records* page = current(desk)) page->copy(desk);
    }
}

// ---- drawing

float Shell::navigation_width(const Theme& theme) {
    return theme.px(ImGui::GetMainViewport()->WorkSize.x < theme.px(kIconsOnlyBelow) ? kIconsOnlyWidth
                                                                                     : kNavigationWidth);
}

float Shell::page_right(const Theme& theme) const {
    const float width = ImGui::GetMainViewport()->WorkSize.x;
    if (!drawer_.open()) return width;
    // Where both would be cramped, the drawer has all the room.
    const float beside = width - theme.px(kDrawerWidth);
    const float left = navigation_width(theme);
    return beside - left < theme.px(kPageLeast) ? left : beside;
}

bool Shell::drawer_covers(const Theme& theme) const {
    return drawer_.open() && page_right(theme) <= navigation_width(theme);
}

void Shell::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    conflicts_.update(desk);
    begin_screen("ColorTouch");
    // The keyboard was on something of the page before, which is not there any more: Tab would lead nowhere.
    const bool other_page = std::exchange(drawn_page_, desk.page) != desk.page;
    if (other_page && !ImGui::GetIO().WantTextInput) ImGui::SetWindowFocus();
    // A record that covers the page, and was there when another was asked for, would hide what was asked for.
    if (other_page && drawer_covers(desk.theme) && drawn_record_ == desk.shown_id) drawer_.leave(desk);
    const ImGuiViewport& screen = *ImGui::GetMainViewport();
    const float navigation = navigation_width(theme);
    const float bar = theme.px(kTopBarHeight);
    const bool with_drawer = drawer_.open();
    const float drawer = screen.WorkSize.x - page_right(theme);
    const auto child = [&](const char* id, ImVec2 at, ImVec2 size, ImU32 ground, ImVec2 padding,
                           ImGuiWindowFlags flags) {
        ImGui::SetCursorScreenPos(at);
        ImGui::PushStyleColor(ImGuiCol_ChildBg, ground);
        ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, padding);
        ImGui::PushStyleVar(ImGuiStyleVar_ChildRounding, 0.0F);
        ImGui::BeginChild(id, size, ImGuiChildFlags_AlwaysUseWindowPadding | ImGuiChildFlags_NavFlattened, flags);
        ImGui::PopStyleVar(2);
        ImGui::PopStyleColor();
    };
    constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
    const Palette& p = theme.colors();
    const ImVec2 origin = screen.Pos;
    child("navigation", origin, {navigation, screen.WorkSize.y}, p.surface, {theme.px(12), theme.px(12)}, kFixed);
    draw_navigation(desk);
    ImGui::EndChild();
    const float page_width = screen.WorkSize.x - navigation - drawer;
    child("top bar", {origin.x + navigation, origin.y}, {screen.WorkSize.x - navigation, bar}, p.surface, {0, 0},
          kFixed);
    draw_top_bar(desk, screen.WorkSize.x - navigation);
    ImGui::EndChild();
    const float padding = theme.px(kPagePadding);
    const bool with_page = page_width > 1.0F;
    if (with_page) {
        child("page", {origin.x + navigation, origin.y + bar}, {page_width, screen.WorkSize.y - bar}, p.ground,
              {padding, theme.px(22)}, current(desk) != nullptr ? kFixed : ImGuiWindowFlags_None);
        draw_page(desk);
        ImGui::EndChild();
    }
    bool drawer_focused = false;
    if (with_drawer) {
        child("drawer", {origin.x + screen.WorkSize.x - drawer, origin.y + bar}, {drawer, screen.WorkSize.y - bar},
              p.surface, {0, 0}, kFixed);
        drawer_.draw(desk);
        drawer_focused = ImGui::IsWindowFocused(ImGuiFocusedFlags_ChildWindows);
        ImGui::EndChild();
    }
    ImDrawList* lines = ImGui::GetWindowDrawList();
    lines->AddLine({origin.x + navigation, origin.y}, {origin.x + navigation, origin.y + screen.WorkSize.y}, p.border);
    lines->AddLine({origin.x + navigation, origin.y + bar}, {origin.x + screen.WorkSize.x, origin.y + bar}, p.border);
    drawn_record_ = with_drawer ? std::optional(desk.shown_id) : std::nullopt;
    if (with_drawer) {
        const float x = origin.x + screen.WorkSize.x - drawer;
        lines->AddLine({x, origin.y + bar}, {x, origin.y + screen.WorkSize.y}, p.border);
    }
    desk.unsaved_form = drawer_.unsaved();
    if (std::exchange(desk.bring_back_wanted, false)) desk.later([this, &desk] { drawer_.bring_back(desk); });
    desk.set_aside = drawer_.set_aside_name();
    if (std::exchange(desk.sign_out_wanted, false)) leave_.ask(Leaving::sign_out);
    palette_.draw(desk);
    keys_.draw(desk);
    leave_.draw(desk);
    imports_.draw(desk);
    duplicates_.draw(desk);
    ImGui::End();
    popup_was_open_ = ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
    desk.keys_elsewhere = popup_was_open_ || drawer_focused;
}

void Shell::draw_page(Desk& desk) {
    switch (desk.page) {
        case Page::leads: return leads_.draw(desk);
        case Page::payments: return payments_.draw(desk);
        case Page::reminders: return reminders_.draw(desk);
        case Page::pipeline: return pipeline_.draw(desk);
        case Page::conflicts: return conflicts_.draw(desk);
        case Page::activity: return activity_.draw(desk);
        case Page::settings: return settings_.draw(desk);
        default: today_.update(desk); today_.draw(desk);
    }
}

void Shell::draw_brand(const Theme& theme, ImVec2 at) {
    const float side = theme.px(30);
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 max{at.x + side, at.y + side};
    list->AddRectFilled(at, max, IM_COL32(61, 87, 219, 255), theme.px(9));
    const ImVec2 center{at.x + side / 2, at.y + side / 2};
    list->PathArcTo(center, side * 0.26F, 0.7F, 5.6F, 32);
    list->PathStroke(IM_COL32_WHITE, 0, theme.px(3));
    list->AddCircleFilled({center.x + side * 0.24F, center.y}, theme.px(2.6F), IM_COL32(255, 190, 92, 255), 20);
    if (ImGui::GetWindowWidth() < theme.px(kNavigationWidth)) return;
    theme.push(Size::heading, true);
    draw_text({max.x + theme.px(10), at.y + (side - ImGui::GetFontSize()) / 2}, theme.colors().text, "ColorTouch");
    Theme::pop();
}

void Shell::draw_navigation(Desk& desk) {
    const Theme& theme = desk.theme;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float height = ImGui::GetWindowHeight();
    const bool low = height < theme.px(kShortBelow);
    item_step_ = std::min(theme.px(kItemStep), std::floor((height - theme.px(24)) / kPageCount));
    if (!low) {
        draw_brand(theme, {at.x + theme.px(5), at.y + theme.px(5)});
        ImGui::SetCursorScreenPos({at.x, at.y + theme.px(60)});
    }
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0, theme.px(2)});
    draw_item(desk, Page::today, "Today", icon::kToday, today_.update(desk));
    draw_item(desk, Page::leads, "Leads", icon::kPeople, 0);
    draw_item(desk, Page::pipeline, "Pipeline", icon::kPipeline, 0);
    draw_item(desk, Page::payments, "Payments", icon::kPayments, 0);
    draw_item(desk, Page::reminders, "Reminders", icon::kReminder, 0);
    draw_item(desk, Page::conflicts, "Conflicts", icon::kConflict, Conflicts::count(desk));
    draw_item(desk, Page::activity, "Activity", icon::kHistory, 0);
    if (!low) ImGui::SetCursorScreenPos({at.x, ImGui::GetWindowPos().y + height - theme.px(116)});
    draw_item(desk, Page::settings, "Settings", icon::kSettings, 0);
    ImGui::PopStyleVar();
    if (!low) draw_account(desk);  // it leads to the settings, too
}

bool Shell::draw_item(Desk& desk, Page page, const char* label, const char* icon, std::size_t count) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const bool on = desk.page == page;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const ImVec2 size{ImGui::GetContentRegionAvail().x, item_step_ - theme.px(2)};
    const bool pressed = ImGui::InvisibleButton(label, size, ImGuiButtonFlags_EnableNav);
    if (pressed) desk.page = page;
    const ImVec2 max{at.x + size.x, at.y + size.y};
    ImDrawList* list = ImGui::GetWindowDrawList();
    if (on || ImGui::IsItemHovered()) list->AddRectFilled(at, max, on ? p.accent.soft : p.hover, theme.px(8));
    const ImU32 color = on ? p.accent.strong : p.muted;
    ImGui::PushFont(theme.font(), 16.0F);
    list->AddText({at.x + theme.px(10), std::floor(at.y + (size.y - ImGui::GetFontSize()) / 2)}, color, icon);
    ImGui::PopFont();
    if (ImGui::GetWindowWidth() < theme.px(kNavigationWidth)) {
        tooltip(theme, label);
        if (count > 0)
            list->AddCircleFilled({max.x - theme.px(8), at.y + theme.px(9)}, theme.px(4), p.danger.strong, 16);
        return pressed;
    }
    ImGui::PushFont(theme.font(on), 0.0F);
    draw_text({at.x + theme.px(44), at.y + (size.y - ImGui::GetFontSize()) / 2}, on ? p.accent.strong : p.text, label);
    ImGui::PopFont();
    if (count > 0) {
        const std::string number = count > 99 ? "99+" : std::to_string(count);
        draw_badge(theme, {max.x - theme.px(24), at.y + size.y / 2}, number, p.danger.soft, p.danger.strong);
    }
    return pressed;
}

/// Who is signed in, at the foot of the navigation; leads to the settings.
void Shell::draw_account(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const client::SyncView& view = desk.state.sync();
    const bool nobody = view.user_email.empty();
    const std::string name = nobody ? "Not signed in" : view.user_name.empty() ? view.user_email : view.user_name;
    const std::string below = nobody ? "Records stay here" : view.workspace_name;
    const ImVec2 window = ImGui::GetWindowPos();
    const ImVec2 at{window.x + theme.px(12), window.y + ImGui::GetWindowHeight() - theme.px(64)};
    const ImVec2 size{ImGui::GetWindowWidth() - theme.px(24), theme.px(52)};
    ImGui::SetCursorScreenPos(at);
    if (ImGui::InvisibleButton("Account", size, ImGuiButtonFlags_EnableNav)) desk.page = Page::settings;
    ImDrawList* list = ImGui::GetWindowDrawList();
    if (ImGui::IsItemHovered()) list->AddRectFilled(at, {at.x + size.x, at.y + size.y}, p.hover, theme.px(8));
    const float radius = theme.px(16);
    const ImVec2 center{at.x + theme.px(4) + radius, at.y + size.y / 2};
    if (nobody) {
        list->AddCircleFilled(center, radius, p.neutral.soft, 32);
        const ImVec2 icon_size = ImGui::CalcTextSize(icon::kPerson);
        list->AddText({std::floor(center.x - icon_size.x / 2), std::floor(center.y - icon_size.y / 2)}, p.muted,
                      icon::kPerson);
    } else {
        draw_avatar(theme, center, radius, name);
    }
    if (ImGui::GetWindowWidth() < theme.px(kNavigationWidth)) return tooltip(theme, name);
    const float x = center.x + radius + theme.px(10);
    const float room = at.x + size.x - x - theme.px(4);
    theme.push(Size::small, true);
    draw_text({x, at.y + theme.px(9)}, p.text, name, room);
    Theme::pop();
    theme.push(Size::caption);
    draw_text({x, at.y + theme.px(27)}, p.muted, below, room);
    Theme::pop();
}

void Shell::draw_top_bar(Desk& desk, float width) {
    const Theme& theme = desk.theme;
    const ImVec2 at = ImGui::GetWindowPos();
    const float middle = at.y + theme.px(kTopBarHeight) / 2;
    Records* page = current(desk);
    Records& searched = page != nullptr ? *page : leads_;
    // What the undo buttons and the widest indicator leave.
    const float search = std::clamp(width - theme.px(kPagePadding + 350), theme.px(120), theme.px(380));
    std::string hint = "Search " + std::string(crm::def(searched.model()).plural);
    if (measure(hint).x > search - theme.px(44)) hint.resize(6);  // the word alone
    ImGui::SetCursorScreenPos({at.x + theme.px(kPagePadding), middle - theme.px(18)});
    if (desk.focus_search) ImGui::SetKeyboardFocusHere();
    desk.focus_search = false;
    const bool typed = search_field(theme, "##Search", hint.c_str(), searched.search(), search, &search_active_);
    if (typed && page == nullptr) {
        desk.page = Page::leads;
        desk.focus_search = true;
    }
    if (typed && drawer_covers(theme)) drawer_.leave(desk);
    searched.in_search(search_active_);
    ImGui::SetCursorScreenPos({at.x + theme.px(kPagePadding + 12) + search, middle - theme.px(16)});
    ImGui::BeginDisabled(!desk.editor.can_undo());
    if (icon_button(theme, "Undo", icon::kUndo)) desk.later([&desk] { undo(desk); });
    ImGui::EndDisabled();
    ImGui::SameLine(0, theme.px(2));
    ImGui::BeginDisabled(!desk.editor.can_redo());
    if (icon_button(theme, "Redo", icon::kRedo)) desk.later([&desk] { redo(desk); });
    ImGui::EndDisabled();
    indicator_.draw(desk, at.x + width - theme.px(20), middle);
}

}  // namespace ct::ui
