#include "ui/inspector.h"

#include <algorithm>
#include <cmath>

#include "ui/format.h"
#include "ui/icons.h"
#include "ui/indicator.h"
#include "ui/inspector_parts.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

constexpr float kBar = 56;
constexpr float kTabs_px = 42;
constexpr float kTabsDense_px = 32;  // where there is more than one row
constexpr float kPadding = 20;
constexpr std::int64_t kLook_ms = 250;
/// So long without an answer, and something holds the worker up.
constexpr std::int64_t kOwing_ms = 2'000;

constexpr std::array<std::pair<const char*, const char*>, Inspector::kTabs> kNames{{{"overview", "Overview"},
                                                                                    {"queue", "Queue"},
                                                                                    {"requests", "Requests"},
                                                                                    {"threads", "Threads"},
                                                                                    {"records", "Records"},
                                                                                    {"decisions", "Decisions"},
                                                                                    {"log", "Log"},
                                                                                    {"sql", "SQL"},
                                                                                    {"link", "Link and export"}}};

std::string number_of_tab(const Desk& desk, std::size_t tab) {
    const store::QueueSummary& queue = desk.state.sync().queue;
    const std::int64_t count = tab == 1 ? queue.operations : tab == 5 ? queue.conflicts : 0;
    return count > 0 ? count_text(count, "", "") : std::string{};
}

struct TabPlaces {
    std::array<ImVec2, Inspector::kTabs> at{};  // from below the bar, at the window's left edge
    std::array<float, Inspector::kTabs> widths{};
    float row = 0, height = 0;  // of one row, of all
};

/// In a second row what the first has no room for, as with large letters in a small window.
TabPlaces places_of_tabs(const Desk& desk, std::size_t chosen) {
    const Theme& theme = desk.theme;
    const float left = theme.px(kPadding - 10);
    const float right = ImGui::GetMainViewport()->WorkSize.x - left;
    TabPlaces places;
    float x = left;
    std::size_t rows = 1;
    for (std::size_t i = 0; i < Inspector::kTabs; ++i) {
        ImGui::PushFont(theme.font(i == chosen), 0.0F);
        places.widths[i] = measure(kNames[i].second).x + theme.px(20);
        ImGui::PopFont();
        theme.push(Size::caption, true);
        if (const std::string number = number_of_tab(desk, i); !number.empty())
            places.widths[i] += measure(number).x + theme.px(8);
        Theme::pop();
        if (x + places.widths[i] > right && x > left) {
            x = left;
            ++rows;
        }
        places.at[i] = {x, static_cast<float>(rows - 1)};
        x += places.widths[i];
    }
    places.row = theme.px(rows > 1 ? kTabsDense_px : kTabs_px);
    for (ImVec2& at : places.at) at.y *= places.row;
    places.height = places.row * static_cast<float>(rows);
    return places;
}

}  // namespace

void Inspector::open(Desk& desk) {
    if (open_) return;
    open_ = true;
    data_.begin();
    desk.post(client::inspect::Open{true});
    desk.redraw_within(0);
}

void Inspector::close(Desk& desk) {
    if (!open_) return;
    open_ = false;
    desk.post(client::inspect::Open{false});
    data_.begin();  // what it held is of no use any more
    desk.redraw_within(0);
}

bool Inspector::show(std::string_view tab) {
    for (std::size_t i = 0; i < kTabs; ++i) {
        if (tab != kNames[i].first) continue;
        tab_ = static_cast<Tab>(i);
        return true;
    }
    return false;
}

/// Before anything is drawn: a field that has the keyboard lets go of it when it sees the key.
void Inspector::handle_keys(Desk& desk) {
    const bool busy = popup_was_open_ || ImGui::GetIO().WantTextInput || ImGui::IsAnyItemActive();
    if (!busy && ImGui::IsKeyPressed(ImGuiKey_Escape, false)) desk.later([this, &desk] { close(desk); });
}

void Inspector::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    data_.ask(desk);
    desk.redraw_within(kLook_ms);
    data_.mirror.go_on(desk);
    begin_screen("Sync inspector");
    const ImGuiViewport& screen = *ImGui::GetMainViewport();
    const float head = theme.px(kBar) + places_of_tabs(desk, static_cast<std::size_t>(tab_)).height;
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(screen.Pos, {screen.Pos.x + screen.WorkSize.x, screen.Pos.y + head}, p.surface);
    list->AddLine({screen.Pos.x, screen.Pos.y + head}, {screen.Pos.x + screen.WorkSize.x, screen.Pos.y + head},
                  p.border);
    draw_bar(desk);
    draw_tabs(desk);
    ImGui::SetCursorScreenPos({screen.Pos.x, screen.Pos.y + head + 1});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(kPadding), theme.px(16)});
    ImGui::PushStyleVar(ImGuiStyleVar_ChildRounding, 0.0F);
    ImGui::BeginChild("inspector page", {screen.WorkSize.x, screen.WorkSize.y - head - 1},
                      ImGuiChildFlags_AlwaysUseWindowPadding | ImGuiChildFlags_NavFlattened);
    ImGui::PopStyleVar(2);
    draw_tab(desk);
    ImGui::EndChild();
    ImGui::End();
    go_on(desk);
    popup_was_open_ = ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
}

void Inspector::draw_bar(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetWindowPos();
    const float right = at.x + ImGui::GetWindowWidth() - theme.px(kPadding);
    const float middle = at.y + theme.px(kBar) / 2;
    theme.push(Size::heading, true);
    draw_text({at.x + theme.px(kPadding), middle - ImGui::GetFontSize() / 2}, p.text, "Sync inspector");
    const float title = measure("Sync inspector").x;
    Theme::pop();
    if (data_.unanswered_ms() > kOwing_ms) {
        const std::string words = "The worker has not answered for " + age_words(data_.unanswered_ms());
        draw_pill(theme, {at.x + theme.px(kPadding + 16) + title, middle - theme.px(11)}, words, p.danger,
                  icon::kWarning);
    }
    float x = right - theme.px(32);
    ImGui::SetCursorScreenPos({x, middle - theme.px(16)});
    if (icon_button(theme, "Close the inspector", icon::kClose)) desk.later([this, &desk] { close(desk); });
    const std::string label = "Show personal data";
    x -= theme.px(64) + measure(label).x;
    ImGui::SetCursorScreenPos({x, middle - theme.px(10)});
    ui::toggle(theme, label.c_str(), &data_.show_personal);
    draw_state(desk, x - theme.px(24), middle);
}

/// As the indicator that the inspector covers.
void Inspector::draw_state(Desk& desk, float right, float middle_y) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const IndicatorLook look = look_of(p, desk.state.sync().indicator);
    const std::string badge = badge_of(desk.state.sync());
    const std::string words = std::string(look.words) + (badge.empty() ? "" : " · " + badge);
    const char* icon = look.icon != nullptr ? look.icon : icon::kSync;
    draw_pill(theme, {right - pill_size(theme, words, true).x, middle_y - theme.px(11)}, words, *look.tone, icon);
}

void Inspector::draw_tabs(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 window = ImGui::GetWindowPos();
    const auto chosen = static_cast<std::size_t>(tab_);
    const TabPlaces places = places_of_tabs(desk, chosen);
    for (std::size_t i = 0; i < kTabs; ++i) {
        const bool on = i == chosen;
        const ImVec2 at{window.x + places.at[i].x, window.y + theme.px(kBar) + places.at[i].y};
        const ImVec2 size{places.widths[i], places.row};
        ImGui::PushFont(theme.font(on), 0.0F);
        const float words = measure(kNames[i].second).x;
        ImGui::SetCursorScreenPos(at);
        if (ImGui::InvisibleButton(kNames[i].second, size, ImGuiButtonFlags_EnableNav)) tab_ = static_cast<Tab>(i);
        const bool hot = ImGui::IsItemHovered();
        const float text_y = at.y + (size.y - ImGui::GetFontSize()) / 2;
        draw_text({at.x + theme.px(10), text_y}, on ? p.accent.strong : hot ? p.text : p.muted, kNames[i].second);
        ImGui::PopFont();
        if (const std::string number = number_of_tab(desk, i); !number.empty()) {
            theme.push(Size::caption, true);
            draw_text({at.x + theme.px(16) + words, at.y + (size.y - ImGui::GetFontSize()) / 2}, p.muted, number);
            Theme::pop();
        }
        if (on)
            ImGui::GetWindowDrawList()->AddRectFilled({at.x + theme.px(10), at.y + size.y - theme.px(2)},
                                                      {at.x + size.x - theme.px(10), at.y + size.y}, p.accent.strong);
    }
}

void Inspector::draw_tab(Desk& desk) {
    switch (tab_) {
        case Tab::overview: return overview_.draw(desk, data_);
        case Tab::queue: return queue_.draw(desk, data_);
        case Tab::requests: return requests_.draw(desk, data_);
        case Tab::threads: return threads_.draw(desk, data_);
        case Tab::records: return records_.draw(desk, data_);
        case Tab::decisions: return decisions_.draw(desk, data_);
        case Tab::log: return log_.draw(desk, data_);
        case Tab::sql: return sql_.draw(desk, data_);
        case Tab::link: return link_.draw(desk, data_);
    }
}

/// What the tabs ask for.
void Inspector::go_on(Desk& desk) {
    for (const InspectorRequest& request : {queue_.take_request(), decisions_.take_request()}) {
        if (request.record) {
            records_.show(desk, request.record->first, request.record->second);
            tab_ = Tab::records;
        }
        if (request.close) desk.later([this, &desk] { close(desk); });
    }
}

}  // namespace ct::ui
