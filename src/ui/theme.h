// How the program looks: colours by meaning, one scale of text sizes and one of distances, light and dark. Windows name
// meanings ("danger", "muted"), never colours.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <span>

#include "ui/fallback_fonts.h"

namespace ct::ui {

/// A colour and the soft ground that text of that colour can stand on.
struct Tone {
    ImU32 strong = 0;  ///< text and icons; at least 4.5:1 on `soft` and on surfaces
    ImU32 soft = 0;
};

struct Palette {
    ImU32 ground = 0;   ///< behind everything
    ImU32 surface = 0;  ///< cards, tables, the drawer
    ImU32 raised = 0;   ///< popovers, toasts
    ImU32 sunken = 0;   ///< text fields
    ImU32 border = 0, border_strong = 0;
    ImU32 text = 0, muted = 0, faint = 0;  ///< faint: marks and hints, not for what must be read
    ImU32 hover = 0, pressed = 0, selected = 0, zebra = 0;
    ImU32 accent_hover = 0, on_accent = 0;
    ImU32 shadow = 0;
    Tone accent, ok, warn, danger, info, neutral, violet;
};

/// Text sizes at scale 1, in pixels.
enum class Size : std::uint8_t { caption = 12, small = 13, body = 14, heading = 16, title = 22, display = 30 };

struct Fonts {
    ImFont* regular = nullptr;
    ImFont* semibold = nullptr;
};

/// Contents of font files; they must outlive the ImGui context. Empty ones: ImGui's own font (tests).
struct FontData {
    std::span<const unsigned char> regular, semibold, icons;
    FallbackFonts fallbacks{};  ///< for other scripts
};

enum class Look : std::uint8_t { light, dark, contrast };

class Theme {
  public:
    /// Adds the fonts to the current ImGui context's atlas. Once, before the first frame.
    void load_fonts(const FontData& data);
    /// Sets ImGui's style. `scale` is the display's scale times the user's wish.
    void apply(Look look, float scale, bool reduced_motion = false);

    [[nodiscard]] const Palette& colors() const { return palette_; }
    [[nodiscard]] bool dark() const { return look_ != Look::light; }
    [[nodiscard]] bool reduced_motion() const { return reduced_motion_; }
    [[nodiscard]] float px(float at_scale_1) const { return at_scale_1 * scale_; }
    [[nodiscard]] float scale() const { return scale_; }
    void push(Size size, bool semibold = false) const;
    static void pop() { ImGui::PopFont(); }
    [[nodiscard]] ImFont* font(bool semibold = false) const { return semibold ? fonts_.semibold : fonts_.regular; }

  private:
    Palette palette_;
    Fonts fonts_;
    float scale_ = 1.0F;
    Look look_ = Look::light;
    bool reduced_motion_ = false;
};

[[nodiscard]] Palette light_palette();
[[nodiscard]] Palette dark_palette();
[[nodiscard]] Palette contrast_palette();  ///< text at 7:1 or more, and every edge to be seen
/// The colour with its opacity multiplied.
[[nodiscard]] ImU32 faded(ImU32 color, float opacity);

}  // namespace ct::ui
