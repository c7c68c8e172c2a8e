#include "ui/date_picker.h"

#include <array>
#include <cmath>
#include <string>

#include "base/local_time.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

constexpr std::array kMonths = {"January", "February", "March",     "April",   "May",      "June",
                                "July",    "August",   "September", "October", "November", "December"};
constexpr std::array kDays = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
constexpr float kCell = 34;

bool same_day(const LocalTime& a, const LocalTime& b) {
    return a.year == b.year && a.month == b.month && a.day == b.day;
}

bool day_button(const Theme& theme, const LocalTime& day, bool chosen, bool today, bool outside) {
    const Palette& p = theme.colors();
    const std::string words = std::to_string(day.day);
    const std::string label = words + "##" + std::to_string(day.month) + "-" + words;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float side = theme.px(kCell);
    const bool pressed = ImGui::InvisibleButton(label.c_str(), {side, side}, ImGuiButtonFlags_EnableNav);
    const ImVec2 center{at.x + side / 2, at.y + side / 2};
    ImDrawList* list = ImGui::GetWindowDrawList();
    if (chosen) {
        list->AddCircleFilled(center, theme.px(15), p.accent.strong, 28);
    } else if (ImGui::IsItemHovered()) {
        list->AddCircleFilled(center, theme.px(15), p.hover, 28);
    } else if (today) {
        list->AddCircle(center, theme.px(15), p.accent.strong, 28, theme.px(1));
    }
    const ImVec2 size = ImGui::CalcTextSize(words.c_str());
    draw_text({center.x - size.x / 2, center.y - size.y / 2}, chosen ? p.surface : outside ? p.faint : p.text, words);
    return pressed;
}

/// Name of the month between two arrows; the shown month, as year * 12 + month - 1.
int head(const Theme& theme, int shown) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = theme.px(kCell) * 7;
    if (icon_button(theme, "Earlier", icon::kChevronLeft)) --shown;
    ImGui::SetCursorScreenPos({at.x + width - theme.px(32), at.y});
    if (icon_button(theme, "Later", icon::kChevronRight)) ++shown;
    const std::string words =
        std::string(kMonths[static_cast<std::size_t>(shown % 12)]) + " " + std::to_string(shown / 12);
    ImGui::PushFont(theme.font(true), 0.0F);
    const ImVec2 size = ImGui::CalcTextSize(words.c_str());
    draw_text({at.x + (width - size.x) / 2, at.y + (theme.px(32) - size.y) / 2}, theme.colors().text, words);
    ImGui::PopFont();
    ImGui::SetCursorScreenPos({at.x, at.y + theme.px(36)});
    return shown;
}

void weekdays(const Theme& theme) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    theme.push(Size::caption, true);
    for (std::size_t i = 0; i < kDays.size(); ++i) {
        const float width = ImGui::CalcTextSize(kDays[i]).x;
        draw_text({at.x + theme.px(kCell) * (static_cast<float>(i) + 0.5F) - width / 2, at.y}, theme.colors().muted,
                  kDays[i]);
    }
    Theme::pop();
    ImGui::Dummy({theme.px(kCell) * 7, theme.px(18)});
}

}  // namespace

std::optional<UnixMs> date_picker(const Theme& theme, std::optional<UnixMs> current, UnixMs now) {
    const LocalTime today = to_local(now);
    const LocalTime chosen = to_local(current.value_or(now));
    ImGuiStorage& storage = *ImGui::GetStateStorage();
    const ImGuiID key = ImGui::GetID("month");
    if (ImGui::IsWindowAppearing()) storage.SetInt(key, chosen.year * 12 + chosen.month - 1);
    const int shown = head(theme, storage.GetInt(key, chosen.year * 12 + chosen.month - 1));
    storage.SetInt(key, shown);
    weekdays(theme);
    LocalTime first;
    first.year = shown / 12;
    first.month = shown % 12 + 1;
    first.hour = 12;  // away from midnight, where summer time changes
    const int lead_in = (to_local(from_local(first)).weekday + 6) % 7;
    std::optional<UnixMs> picked;
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0, 0});
    for (int i = 0; i < 42; ++i) {
        LocalTime day = first;
        day.day = 1 + i - lead_in;
        day = to_local(from_local(day));
        if (i % 7 != 0) ImGui::SameLine();
        if (day_button(theme, day, current && same_day(day, chosen), same_day(day, today), day.month != first.month)) {
            day.hour = current ? chosen.hour : 0;
            day.minute = current ? chosen.minute : 0;
            day.second = 0;
            picked = from_local(day);
        }
    }
    ImGui::PopStyleVar();
    return picked;
}

}  // namespace ct::ui
