#include "ui/widgets.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "ui/icons.h"
#include "ui/shaping.h"

namespace ct::ui {
namespace {

const char* end_of(std::string_view words) { return words.data() + words.size(); }

/// What follows "##" names an item but is not shown.
std::string_view visible_part(std::string_view label) { return label.substr(0, label.find("##")); }

/// As many whole characters as fit, and "…". Of text that runs from right to left the end is cut as well, not what
/// stands at the right: so it is cut before it is put in order.
std::string shortened(std::string_view words, float width) {
    constexpr std::string_view kEllipsis = "…";
    std::vector<std::size_t> ends{0};
    for (std::size_t i = 1; i <= words.size(); ++i) {
        const bool inside = i < words.size() && (static_cast<unsigned char>(words[i]) & 0xC0) == 0x80;
        if (!inside) ends.push_back(i);
    }
    const auto made = [&](std::size_t end) { return std::string(words.substr(0, end)).append(kEllipsis); };
    const auto beyond = std::partition_point(ends.begin() + 1, ends.end(),
                                             [&](std::size_t end) { return measure(made(end)).x <= width; });
    return made(*(beyond - 1));
}

struct ButtonColors {
    ImU32 ground, hover, pressed, border, text;
};

ButtonColors colors_of(const Palette& p, ButtonKind kind) {
    switch (kind) {
        case ButtonKind::primary: {
            const ImU32 ground = IM_COL32(61, 87, 219, 255);
            return {ground, IM_COL32(47, 71, 194, 255), IM_COL32(40, 60, 170, 255), 0, p.on_accent};
        }
        case ButtonKind::danger: return {p.surface, p.danger.soft, p.danger.soft, p.border_strong, p.danger.strong};
        case ButtonKind::quiet: return {0, p.hover, p.pressed, 0, p.muted};
        case ButtonKind::plain: break;
    }
    return {p.surface, p.hover, p.pressed, p.border_strong, p.text};
}

}  // namespace

ImVec2 measure(std::string_view words) {
    const std::string_view shown = display_text(words);
    return ImGui::CalcTextSize(shown.data(), end_of(shown), false);
}

void draw_text(ImVec2 at, ImU32 color, std::string_view words, float width) {
    at = {std::floor(at.x), std::floor(at.y)};
    ImGui::LogText("%.*s ", static_cast<int>(words.size()), words.data());
    std::string cut;
    if (width > 0.0F && measure(words).x > width) words = cut = shortened(words, width);
    const std::string_view shown = display_text(words);
    ImGui::GetWindowDrawList()->AddText(at, color, shown.data(), end_of(shown));
}

bool button(const Theme& theme, const char* label, ButtonKind kind, const char* icon, float width) {
    const Palette& p = theme.colors();
    const ButtonColors colors = colors_of(p, kind);
    const std::string_view words = visible_part(label);
    ImGui::PushFont(theme.font(kind != ButtonKind::quiet), 0.0F);
    const ImVec2 text_size = measure(words);
    const float icon_width = icon != nullptr ? ImGui::CalcTextSize(icon).x + theme.px(6) : 0.0F;
    const float height = theme.px(34);
    const ImVec2 size{width > 0 ? width : text_size.x + icon_width + theme.px(kind == ButtonKind::quiet ? 20 : 28),
                      height};
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const bool pressed = ImGui::InvisibleButton(label, size, ImGuiButtonFlags_EnableNav);
    const ImU32 ground = ImGui::IsItemActive() ? colors.pressed : ImGui::IsItemHovered() ? colors.hover : colors.ground;
    const ImVec2 max{at.x + size.x, at.y + size.y};
    const float alpha = ImGui::GetStyle().Alpha;
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float rounding = theme.px(7);
    if (ground != 0) list->AddRectFilled(at, max, faded(ground, alpha), rounding);
    if (colors.border != 0) list->AddRect(at, max, faded(colors.border, alpha), rounding, 0, theme.px(1));
    const ImU32 color = faded(colors.text, alpha);
    float x = at.x + (size.x - text_size.x - icon_width) / 2;
    const float y = at.y + (height - text_size.y) / 2;
    if (icon != nullptr) {
        list->AddText({std::floor(x), std::floor(y)}, color, icon);
        x += icon_width;
    }
    draw_text({x, y}, color, words, max.x - x);
    ImGui::PopFont();
    return pressed;
}

bool icon_button(const Theme& theme, const char* label, const char* icon, bool active) {
    const Palette& p = theme.colors();
    const float side = theme.px(32);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const bool pressed = ImGui::InvisibleButton(label, {side, side}, ImGuiButtonFlags_EnableNav);
    const ImVec2 max{at.x + side, at.y + side};
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float alpha = ImGui::GetStyle().Alpha;
    if (ImGui::IsItemHovered() || active) {
        list->AddRectFilled(at, max, faded(active ? p.accent.soft : p.hover, alpha), theme.px(7));
    }
    ImGui::PushFont(theme.font(), 16.0F);
    const ImVec2 size = ImGui::CalcTextSize(icon);
    const ImU32 color = active ? p.accent.strong : ImGui::IsItemHovered() ? p.text : p.muted;
    list->AddText({std::floor(at.x + (side - size.x) / 2), std::floor(at.y + (side - size.y) / 2)}, faded(color, alpha),
                  icon);
    ImGui::PopFont();
    tooltip(theme, visible_part(label));
    return pressed;
}

bool link(const Theme& theme, const char* label) {
    const std::string_view words = visible_part(label);
    const ImVec2 size = measure(words);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const bool pressed = ImGui::InvisibleButton(label, size, ImGuiButtonFlags_EnableNav);
    const ImU32 color = theme.colors().accent.strong;
    draw_text(at, color, words);
    if (ImGui::IsItemHovered()) {
        ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
        ImGui::GetWindowDrawList()->AddLine({at.x, at.y + size.y}, {at.x + size.x, at.y + size.y}, color);
    }
    return pressed;
}

bool toggle(const Theme& theme, const char* label, bool* on) {
    const Palette& p = theme.colors();
    const std::string_view words = visible_part(label);
    const float width = theme.px(34);
    const float height = theme.px(20);
    const ImVec2 text_size = measure(words);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float line = std::max(height, text_size.y);
    const bool pressed =
        ImGui::InvisibleButton(label, {width + theme.px(10) + text_size.x, line}, ImGuiButtonFlags_EnableNav);
    if (pressed) *on = !*on;
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 top{at.x, at.y + (line - height) / 2};
    const ImVec2 bottom{top.x + width, top.y + height};
    list->AddRectFilled(top, bottom, *on ? p.accent.strong : p.border_strong, height / 2);
    const float knob = height / 2 - theme.px(2.5F);
    const float x = *on ? bottom.x - height / 2 : top.x + height / 2;
    list->AddCircleFilled({x, top.y + height / 2}, knob, p.surface, 24);
    draw_text({bottom.x + theme.px(10), at.y + (line - text_size.y) / 2}, p.text, words);
    return pressed;
}

bool check_circle(const Theme& theme, const char* label, bool done) {
    const Palette& p = theme.colors();
    const float side = theme.px(24);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const bool pressed = ImGui::InvisibleButton(label, {side, side}, ImGuiButtonFlags_EnableNav);
    const bool hot = ImGui::IsItemHovered();
    const ImVec2 center{at.x + side / 2, at.y + side / 2};
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float radius = theme.px(8.5F);
    if (done) {
        list->AddCircleFilled(center, radius, p.ok.strong, 28);
    } else {
        list->AddCircle(center, radius, hot ? p.ok.strong : p.border_strong, 28, theme.px(1.6F));
    }
    if (done || hot) {
        const ImU32 color = done ? p.surface : p.ok.strong;
        const std::array<ImVec2, 3> tick{{{center.x - theme.px(3.6F), center.y + theme.px(0.2F)},
                                          {center.x - theme.px(0.9F), center.y + theme.px(2.9F)},
                                          {center.x + theme.px(3.9F), center.y - theme.px(2.8F)}}};
        list->AddPolyline(tick.data(), 3, color, 0, theme.px(1.8F));
    }
    tooltip(theme, done ? "Mark as not done" : "Mark as done");
    return pressed;
}

bool segments(const Theme& theme, const char* id, std::span<const std::string> labels, std::size_t& chosen) {
    const Palette& p = theme.colors();
    ImGui::PushID(id);
    const float height = theme.px(34);
    const float inset = theme.px(3);
    float total = inset;
    for (const std::string& label : labels) total += measure(visible_part(label)).x + theme.px(24);
    total += inset;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(at, {at.x + total, at.y + height}, p.neutral.soft, theme.px(8));
    bool changed = false;
    float x = at.x + inset;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::string_view words = visible_part(labels[i]);
        const ImVec2 size = measure(words);
        const ImVec2 min{x, at.y + inset};
        const ImVec2 max{x + size.x + theme.px(24), at.y + height - inset};
        ImGui::SetCursorScreenPos(min);
        if (ImGui::InvisibleButton(labels[i].c_str(), {max.x - min.x, max.y - min.y}, ImGuiButtonFlags_EnableNav)) {
            changed = chosen != i;
            chosen = i;
        }
        const bool on = chosen == i;
        if (on) {
            list->AddRectFilled({min.x, min.y + theme.px(1)}, {max.x, max.y + theme.px(1)}, p.shadow, theme.px(6));
            list->AddRectFilled(min, max, p.surface, theme.px(6));
        }
        const ImU32 color = on ? p.text : ImGui::IsItemHovered() ? p.text : p.muted;
        draw_text({min.x + theme.px(12), min.y + (max.y - min.y - size.y) / 2}, color, words);
        x = max.x;
    }
    ImGui::SetCursorScreenPos(at);
    ImGui::Dummy({total, height});
    ImGui::PopID();
    return changed;
}

bool dropdown(const Theme& theme, const char* label, const std::string& current, float width,
              const std::function<bool()>& draw_items, bool placeholder) {
    const Palette& p = theme.colors();
    ImGui::PushID(label);
    const float height = theme.px(36);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (ImGui::InvisibleButton(label, {width, height}, ImGuiButtonFlags_EnableNav)) ImGui::OpenPopup("choices");
    const bool open = ImGui::IsPopupOpen("choices");
    const ImVec2 max{at.x + width, at.y + height};
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(at, max, p.sunken, theme.px(7));
    list->AddRect(at, max, open ? p.accent.strong : p.border_strong, theme.px(7), 0, theme.px(open ? 1.5F : 1.0F));
    const float line = ImGui::GetFontSize();
    const float y = at.y + (height - line) / 2;
    draw_text({at.x + theme.px(12), y}, placeholder ? p.faint : p.text, current, width - theme.px(42));
    ImGui::GetWindowDrawList()->AddText({std::floor(max.x - theme.px(26)), std::floor(y)}, p.muted, icon::kChevronDown);
    bool picked = false;
    ImGui::SetNextWindowPos({at.x, max.y + theme.px(4)});
    ImGui::SetNextWindowSizeConstraints({width, 0}, {std::max(width, theme.px(420)), theme.px(360)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(6), theme.px(6)});
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{theme.px(4), theme.px(2)});
    if (ImGui::BeginPopup("choices")) {
        picked = draw_items();
        if (picked) ImGui::CloseCurrentPopup();
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar(2);
    ImGui::PopID();
    return picked;
}

bool menu_item(const Theme& theme, const char* label, const char* icon, bool chosen) {
    const Palette& p = theme.colors();
    const std::string_view words = visible_part(label);
    const float height = theme.px(32);
    const float indent = icon != nullptr ? theme.px(28) : 0.0F;
    const float needed = measure(words).x + indent + theme.px(44);
    const ImVec2 size{std::max(ImGui::GetContentRegionAvail().x, needed), height};
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const bool pressed = ImGui::InvisibleButton(label, size, ImGuiButtonFlags_EnableNav);
    const ImVec2 max{at.x + size.x, at.y + size.y};
    ImDrawList* list = ImGui::GetWindowDrawList();
    if (ImGui::IsItemHovered() || ImGui::IsItemFocused()) list->AddRectFilled(at, max, p.hover, theme.px(6));
    const float y = at.y + (height - ImGui::GetFontSize()) / 2;
    if (icon != nullptr) list->AddText({at.x + theme.px(8), std::floor(y)}, p.muted, icon);
    draw_text({at.x + theme.px(10) + indent, y}, p.text, words);
    if (chosen) list->AddText({max.x - theme.px(26), std::floor(y)}, p.accent.strong, icon::kCheck);
    return pressed;
}

}  // namespace ct::ui
