// Text, text fields and what is only looked at: the quiet half of widgets.h.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "ui/icons.h"
#include "ui/shaping.h"
#include "ui/widgets.h"

// Behind imgui.h, which it needs and does not include.
#include <imgui_internal.h>
#include <imgui_stdlib.h>

namespace ct::ui {
namespace {

const char* end_of(std::string_view words) { return words.data() + words.size(); }

/// Length in bytes of the UTF-8 sequence that `first` begins.
std::size_t sequence_length(char first) {
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// "Asha Rao" -> "AR". The letters as they are: not every script has capitals.
std::string initials(std::string_view name) {
    std::string letters;
    int words = 0;
    bool at_start = true;
    for (std::size_t i = 0; i < name.size();) {
        const std::size_t length = std::min(sequence_length(name[i]), name.size() - i);
        const bool space = name[i] == ' ';
        const bool picture = length == 4;  // of emoji: no letter of a living script is so long
        if (!space && !picture && at_start && words < 2) {
            letters += name.substr(i, length);
            ++words;
        }
        if (!picture) at_start = space;
        i += length;
    }
    for (char& c : letters) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return letters;
}

/// Frame, border and padding that all text fields share.
class FieldStyle {
  public:
    FieldStyle(const Theme& theme, bool invalid) {
        const Palette& p = theme.colors();
        ImGui::PushStyleColor(ImGuiCol_Border, invalid ? p.danger.strong : p.border_strong);
        ImGui::PushStyleColor(ImGuiCol_TextDisabled, p.faint);
        ImGui::PushStyleVar(ImGuiStyleVar_FramePadding,
                            ImVec2{theme.px(12), (theme.px(36) - ImGui::GetFontSize()) / 2});
    }
    ~FieldStyle() {
        ImGui::PopStyleVar();
        ImGui::PopStyleColor(2);
    }
    FieldStyle(const FieldStyle&) = delete;
    FieldStyle& operator=(const FieldStyle&) = delete;
};

/// Whether a field's whole text fits into it once it is wrapped, and needs to be. Measuring a long text costs more than
/// drawing its field, so the answer is kept while text and room stand; for as many fields as a form has.
class WrapAnswers {
  public:
    bool operator()(ImGuiID field, std::string_view text, ImVec2 room) {
        const float font = ImGui::GetFontSize();
        const auto known = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& one) {
            return one.field == field && one.room.x == room.x && one.room.y == room.y && one.font == font &&
                   one.text == text;
        });
        if (known != kept_.end()) return known->fits;
        const auto size = [&](float wrap) {
            return ImGui::CalcTextSize(text.data(), text.data() + text.size(), false, wrap);
        };
        const bool fits = size(-1).x > room.x && size(room.x).y <= room.y;
        const auto same = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& one) { return one.field == field; });
        Kept& place = same != kept_.end() ? *same : kept_[next_++ % kept_.size()];
        place = {field, std::string(text), room, font, fits};
        return fits;
    }

  private:
    struct Kept {
        ImGuiID field = 0;
        std::string text;
        ImVec2 room;
        float font = 0;
        bool fits = false;
    };
    std::array<Kept, 8> kept_;
    std::size_t next_ = 0;
};

/// ImGui edits characters as they are stored: neither shaped nor wrapped. While nobody types, the field shows its text
/// as it is read elsewhere.
class AtRest {
  public:
    /// Before the field is drawn. `width`, `height`: of a field of several lines, which wraps where all of it then
    /// fits.
    AtRest(const char* label, std::string_view text, float width, float height = 0) {
        const ImVec2 padding = ImGui::GetStyle().FramePadding;
        const std::string_view shown = display_text(text);
        wrap_ = std::max(0.0F, width - 2 * padding.x);
        draws_ = shown.data() != text.data();
        if (!draws_ && wrap_ > 0) {
            static WrapAnswers wrapped;
            draws_ = wrapped(ImGui::GetID(label), text, {wrap_, height - 2 * padding.y});
        }
        draws_ = draws_ && ImGui::GetActiveID() != ImGui::GetID(label);
        if (!draws_) return;
        shown_ = shown;
        color_ = ImGui::GetColorU32(ImGuiCol_Text);
        ImGui::PushStyleColor(ImGuiCol_Text, IM_COL32_BLACK_TRANS);
    }
    void draw() {
        if (!draws_) return;
        ImGui::PopStyleColor();
        if (ImGui::IsItemActive()) return;  // since this frame: the field draws it from the next one on
        const ImVec2 padding = ImGui::GetStyle().FramePadding;
        const ImVec2 min = ImGui::GetItemRectMin(), max = ImGui::GetItemRectMax();
        const ImVec4 clip{min.x + padding.x, min.y, max.x - padding.x, max.y};
        ImGui::GetWindowDrawList()->AddText(ImGui::GetFont(), ImGui::GetFontSize(),
                                            {min.x + padding.x, min.y + padding.y}, color_, shown_.data(),
                                            shown_.data() + shown_.size(), wrap_, &clip);
    }

  private:
    std::string shown_;
    ImU32 color_ = 0;
    float wrap_ = 0;
    bool draws_ = false;
};

void active_ring(const Theme& theme, bool invalid) {
    if (!ImGui::IsItemActive()) return;
    const Palette& p = theme.colors();
    ImGui::GetWindowDrawList()->AddRect(ImGui::GetItemRectMin(), ImGui::GetItemRectMax(),
                                        invalid ? p.danger.strong : p.accent.strong, theme.px(7), 0, theme.px(1.5F));
}

}  // namespace

bool text_field(const Theme& theme, const char* label, const char* hint, std::string& text, float width, bool invalid,
                ImGuiInputTextFlags flags) {
    const FieldStyle style(theme, invalid);
    ImGui::SetNextItemWidth(width);
    const bool secret = (flags & ImGuiInputTextFlags_Password) != 0;
    AtRest at_rest(label, secret ? std::string_view{} : text, 0);
    const bool changed = ImGui::InputTextWithHint(label, hint, &text, flags);
    at_rest.draw();
    active_ring(theme, invalid);
    return changed;
}

bool text_area(const Theme& theme, const char* label, std::string& text, float width, float height, bool invalid) {
    const FieldStyle style(theme, invalid);
    AtRest at_rest(label, text, width, height);
    const bool changed = ImGui::InputTextMultiline(label, &text, {width, height});
    at_rest.draw();
    active_ring(theme, invalid);
    return changed;
}

void reload_field(const char* label) {
    if (ImGuiInputTextState* typing = ImGui::GetInputTextState(ImGui::GetID(label)))
        typing->ReloadUserBufAndKeepSelection();
}

bool search_field(const Theme& theme, const char* label, const char* hint, std::string& text, float width,
                  bool* active) {
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::PushStyleColor(ImGuiCol_Border, p.border_strong);
    ImGui::PushStyleColor(ImGuiCol_TextDisabled, p.faint);
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{theme.px(36), (theme.px(36) - ImGui::GetFontSize()) / 2});
    ImGui::SetNextItemWidth(width);
    AtRest at_rest(label, text, 0);
    bool changed = ImGui::InputTextWithHint(label, hint, &text, ImGuiInputTextFlags_EscapeClearsAll);
    at_rest.draw();
    ImGui::PopStyleVar();
    ImGui::PopStyleColor(2);
    active_ring(theme, false);
    if (active != nullptr) *active = ImGui::IsItemActive();
    const float y = at.y + (theme.px(36) - ImGui::GetFontSize()) / 2;
    ImGui::GetWindowDrawList()->AddText({at.x + theme.px(11), std::floor(y)}, p.muted, icon::kSearch);
    if (text.empty()) return changed;
    const ImVec2 after = ImGui::GetCursorScreenPos();
    ImGui::SameLine();
    ImGui::SetCursorScreenPos({at.x + width - theme.px(34), at.y + theme.px(2)});
    ImGui::SetNextItemAllowOverlap();
    if (icon_button(theme, "Clear filter", icon::kClose)) {
        text.clear();
        changed = true;
    }
    ImGui::SetCursorScreenPos(after);
    ImGui::Dummy({0, 0});
    return changed;
}

namespace {

/// Hinting takes so much of the spaces in small bold type that two words look like one: pixels that each gets back.
constexpr float kSpaceMore = 2;

/// Text of other scripts is put in order as a whole.
bool spaced_by_word(std::string_view words) {
    return words.find(' ') != std::string_view::npos &&
           std::all_of(words.begin(), words.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void draw_spaced(ImVec2 at, ImU32 color, std::string_view words) {
    if (!spaced_by_word(words)) return draw_text(at, color, words);
    const float space = measure(" ").x + kSpaceMore;
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(' '));
        words.remove_prefix(std::min(words.size(), word.size() + 1));
        draw_text(at, color, word);
        at.x += measure(word).x + space;
    }
}

}  // namespace

ImVec2 pill_size(const Theme& theme, std::string_view words, bool with_icon) {
    theme.push(Size::caption, true);
    ImVec2 size = measure(words);
    if (spaced_by_word(words)) size.x += kSpaceMore * static_cast<float>(std::count(words.begin(), words.end(), ' '));
    Theme::pop();
    size.x += theme.px(18) + (with_icon ? theme.px(18) : 0.0F);
    size.y = theme.px(22);
    return size;
}

void draw_pill(const Theme& theme, ImVec2 at, std::string_view words, const Tone& tone, const char* icon) {
    const ImVec2 size = pill_size(theme, words, icon != nullptr);
    ImDrawList* list = ImGui::GetWindowDrawList();
    at = {std::floor(at.x), std::floor(at.y)};
    list->AddRectFilled(at, {at.x + size.x, at.y + size.y}, tone.soft, size.y / 2);
    theme.push(Size::caption, true);
    float x = at.x + theme.px(9);
    const float y = at.y + (size.y - ImGui::GetFontSize()) / 2;
    if (icon != nullptr) {
        list->AddText({x - theme.px(2), std::floor(y)}, tone.strong, icon);
        x += theme.px(18);
    }
    draw_spaced({x, y}, tone.strong, words);
    Theme::pop();
}

void pill(const Theme& theme, std::string_view words, const Tone& tone, const char* icon) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    draw_pill(theme, at, words, tone, icon);
    ImGui::Dummy(pill_size(theme, words, icon != nullptr));
}

void draw_badge(const Theme& theme, ImVec2 center, std::string_view words, ImU32 ground, ImU32 color) {
    theme.push(Size::caption, true);
    const ImVec2 size = measure(words);
    const float half_height = theme.px(9);
    const float half_width = std::max(half_height, size.x / 2 + theme.px(6));
    ImGui::GetWindowDrawList()->AddRectFilled({center.x - half_width, center.y - half_height},
                                              {center.x + half_width, center.y + half_height}, ground, half_height);
    draw_text({center.x - size.x / 2, center.y - size.y / 2}, color, words);
    Theme::pop();
}

void draw_avatar(const Theme& theme, ImVec2 center, float radius, std::string_view name) {
    const Palette& p = theme.colors();
    const std::array<const Tone*, 6> tones{&p.accent, &p.ok, &p.warn, &p.info, &p.violet, &p.neutral};
    std::size_t sum = 0;
    for (const char c : name) sum = sum * 31 + static_cast<unsigned char>(c);
    const Tone& tone = *tones[sum % tones.size()];
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddCircleFilled(center, radius, tone.soft, 32);
    const std::string letters = initials(name);
    ImGui::PushFont(theme.font(true), std::floor(radius / theme.scale() * 0.8F));
    const ImVec2 size = measure(letters);
    draw_text({center.x - size.x / 2, center.y - size.y / 2}, tone.strong, letters);
    ImGui::PopFont();
}

void draw_spinner(const Theme& theme, ImVec2 center, float radius, ImU32 color, double time_s) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    if (theme.reduced_motion()) time_s = 0;
    const auto turn = static_cast<float>(std::fmod(time_s * 1.1, 1.0) * 2.0 * std::numbers::pi);
    constexpr float kPi = std::numbers::pi_v<float>;
    for (const float start : {turn, turn + kPi}) {
        list->PathArcTo(center, radius, start, start + 0.72F * kPi, 24);
        list->PathStroke(color, 0, theme.px(2));
    }
}

void text(const Theme& theme, std::string_view words, Size size, bool semibold) {
    text(theme, words, theme.colors().text, size, semibold);
}

void text(const Theme& theme, std::string_view words, ImU32 color, Size size, bool semibold) {
    theme.push(size, semibold);
    ImGui::PushStyleColor(ImGuiCol_Text, color);
    const std::string_view shown = display_text(words);
    ImGui::TextUnformatted(shown.data(), end_of(shown));
    ImGui::PopStyleColor();
    Theme::pop();
}

void paragraph(const Theme& theme, std::string_view words, ImU32 color, Size size) {
    ImGui::PushTextWrapPos(0.0F);
    text(theme, words, color, size);
    ImGui::PopTextWrapPos();
}

void tooltip(const Theme& theme, std::string_view words) {
    if (!ImGui::IsItemHovered(ImGuiHoveredFlags_DelayNormal | ImGuiHoveredFlags_NoSharedDelay)) return;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(10), theme.px(7)});
    ImGui::BeginTooltip();
    text(theme, words, Size::small);
    ImGui::EndTooltip();
    ImGui::PopStyleVar();
}

void progress_bar(const Theme& theme, float part) {
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const float height = theme.px(6);
    part = std::clamp(part, 0.0F, 1.0F);
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(at, {at.x + width, at.y + height}, p.neutral.soft, height / 2);
    if (part > 0)
        list->AddRectFilled(at, {at.x + std::max(height, width * part), at.y + height}, p.info.strong, height / 2);
    ImGui::Dummy({width, height});
}

void divider(const Theme& theme) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    ImGui::GetWindowDrawList()->AddLine(at, {at.x + width, at.y}, theme.colors().border, theme.px(1));
    ImGui::Dummy({width, theme.px(1)});
}

void begin_screen(const char* name) {
    const ImGuiViewport& screen = *ImGui::GetMainViewport();
    ImGui::SetNextWindowPos(screen.Pos);
    ImGui::SetNextWindowSize(screen.WorkSize);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{0, 0});
    ImGui::Begin(name, nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse);
    ImGui::PopStyleVar();
}

void begin_card(const Theme& theme, const char* id, float width) {
    ImGui::PushStyleColor(ImGuiCol_ChildBg, theme.colors().surface);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(20), theme.px(18)});
    ImGui::BeginChild(id, {width, 0},
                      ImGuiChildFlags_Borders | ImGuiChildFlags_AutoResizeY | ImGuiChildFlags_NavFlattened,
                      ImGuiWindowFlags_NoScrollWithMouse);
    ImGui::PopStyleVar();
    ImGui::PopStyleColor();
}

void end_card() { ImGui::EndChild(); }

namespace {

/// Lines that each stand in the middle, from `top` down; where they end. For words of our own, in one size.
float centered(const Theme& theme, std::string_view words, ImU32 color, float center, float top, float wrap) {
    theme.push(Size::body);
    ImFont* const font = ImGui::GetFont();
    const float size = ImGui::GetFontSize();
    ImDrawList* const list = ImGui::GetWindowDrawList();
    const char* const end = end_of(words);
    const float begin = top;
    for (const char* line = words.data(); line < end; top += size + theme.px(4)) {
        const char* stop = font->CalcWordWrapPosition(size, line, end, wrap);
        if (stop == line) ++stop;  // no room for a single letter
        const float width = ImGui::CalcTextSize(line, stop).x;
        list->AddText({std::floor(center - width / 2), std::floor(top)}, color, line, stop);
        for (line = stop; line < end && *line == ' ';) ++line;
    }
    ImGui::LogText("%.*s\n", static_cast<int>(words.size()), words.data());
    ImGui::SetCursorScreenPos({center - wrap / 2, begin});
    ImGui::Dummy({wrap, top - begin});
    Theme::pop();
    return top;
}

}  // namespace

bool empty_state(const Theme& theme, const char* icon, const char* title, const char* words, const char* action) {
    const Palette& p = theme.colors();
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float center = at.x + room.x / 2;
    float y = at.y + std::max(theme.px(24), room.y / 2 - theme.px(130));
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float radius = theme.px(36);
    list->AddCircleFilled({center, y + radius}, radius, p.accent.soft, 48);
    ImGui::PushFont(theme.font(), 30.0F);
    const ImVec2 icon_size = ImGui::CalcTextSize(icon);
    list->AddText({std::floor(center - icon_size.x / 2), std::floor(y + radius - icon_size.y / 2)}, p.accent.strong,
                  icon);
    ImGui::PopFont();
    y += 2 * radius + theme.px(20);
    theme.push(Size::heading, true);
    draw_text({center - measure(title).x / 2, y}, p.text, title);
    Theme::pop();
    y += theme.px(28);
    const float wrap = std::min(theme.px(420), room.x - theme.px(40));
    y = centered(theme, words, p.muted, center, y, wrap);
    if (action == nullptr) return false;
    y += theme.px(16);
    theme.push(Size::body, true);
    const float width = measure(action).x + theme.px(44);
    Theme::pop();
    ImGui::SetCursorScreenPos({std::floor(center - width / 2), y});
    return button(theme, action, ButtonKind::primary, nullptr, width);
}

}  // namespace ct::ui
