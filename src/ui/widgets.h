// The small things that all windows are made of, in this program's look. Labels are what tests and screen readers find:
// they are passed to ImGui even where the visible text is drawn by hand.
#pragma once

#include <imgui.h>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "ui/theme.h"

namespace ct::ui {

enum class ButtonKind : std::uint8_t { plain, primary, danger, quiet };

/// A button with an optional icon. `width` 0: as wide as its text. True when pressed.
bool button(const Theme& theme, const char* label, ButtonKind kind = ButtonKind::plain, const char* icon = nullptr,
            float width = 0.0F);
/// A square button that shows only an icon; `label` is its name and tooltip.
bool icon_button(const Theme& theme, const char* label, const char* icon, bool active = false);
/// Text that acts: no frame, accent colour.
bool link(const Theme& theme, const char* label);
/// On or off, as a sliding switch with its label to the right.
bool toggle(const Theme& theme, const char* label, bool* on);
/// A round check mark, as for tasks. True when it was pressed.
bool check_circle(const Theme& theme, const char* label, bool done);
/// One of several, side by side. True when `chosen` changed.
bool segments(const Theme& theme, const char* id, std::span<const std::string> labels, std::size_t& chosen);
/// A closed list that shows `current`; opens `draw_items` in a popup, which says true when something was picked.
bool dropdown(const Theme& theme, const char* label, const std::string& current, float width,
              const std::function<bool()>& draw_items, bool placeholder = false);
/// A line of a popup menu.
bool menu_item(const Theme& theme, const char* label, const char* icon = nullptr, bool chosen = false);
/// One-line text field. True when the text changed.
bool text_field(const Theme& theme, const char* label, const char* hint, std::string& text, float width,
                bool invalid = false, ImGuiInputTextFlags flags = 0);
bool text_area(const Theme& theme, const char* label, std::string& text, float width, float height, bool invalid);
/// Before drawing the field of that label: its text was changed, and somebody may be typing in it.
void reload_field(const char* label);
/// The filter field with its magnifying glass and clear button. `active`: whether it has the keyboard.
bool search_field(const Theme& theme, const char* label, const char* hint, std::string& text, float width,
                  bool* active = nullptr);

/// A word on its soft ground.
void pill(const Theme& theme, std::string_view text, const Tone& tone, const char* icon = nullptr);
[[nodiscard]] ImVec2 pill_size(const Theme& theme, std::string_view text, bool with_icon);
void draw_pill(const Theme& theme, ImVec2 at, std::string_view text, const Tone& tone, const char* icon = nullptr);
/// A number in a small filled capsule, its centre at `center`.
void draw_badge(const Theme& theme, ImVec2 center, std::string_view text, ImU32 ground, ImU32 color);
/// The first letters of a name on a colour that depends on the name.
void draw_avatar(const Theme& theme, ImVec2 center, float radius, std::string_view name);
/// Two turning arcs; asks for further frames by itself.
void draw_spinner(const Theme& theme, ImVec2 center, float radius, ImU32 color, double time_s);

void text(const Theme& theme, std::string_view words, Size size = Size::body, bool semibold = false);
void text(const Theme& theme, std::string_view words, ImU32 color, Size size = Size::body, bool semibold = false);
/// Wraps at the right edge.
void paragraph(const Theme& theme, std::string_view words, ImU32 color, Size size = Size::body);
/// Draws text cut with "…" at `width`; also told to ImGui's log, by which tests read the screen.
void draw_text(ImVec2 at, ImU32 color, std::string_view words, float width = 0.0F);
/// The size of one line as the functions here draw it, in the font that is pushed.
[[nodiscard]] ImVec2 measure(std::string_view words);
void tooltip(const Theme& theme, std::string_view words);
void progress_bar(const Theme& theme, float part);  ///< as wide as the room; `part` of 1
void divider(const Theme& theme);

/// The window that fills the program's, without padding; ImGui::End() ends it.
void begin_screen(const char* name);
/// A titled box. Call `end_card` always.
void begin_card(const Theme& theme, const char* id, float width = 0.0F);
void end_card();
/// A screen with nothing on it yet: what it is for, and a button. True when the button was pressed.
bool empty_state(const Theme& theme, const char* icon, const char* title, const char* words, const char* action);

}  // namespace ct::ui
