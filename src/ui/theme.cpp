#include "ui/theme.h"

#include <misc/freetype/imgui_freetype.h>

namespace ct::ui {
namespace {

constexpr ImU32 rgb(std::uint32_t hex, std::uint32_t alpha = 255) {
    return IM_COL32((hex >> 16) & 255, (hex >> 8) & 255, hex & 255, alpha);
}

ImVec4 vec(ImU32 color) { return ImGui::ColorConvertU32ToFloat4(color); }

void set_colors(ImGuiStyle& style, const Palette& p) {
    const auto set = [&style](ImGuiCol which, ImU32 color) { style.Colors[which] = vec(color); };
    set(ImGuiCol_Text, p.text);
    set(ImGuiCol_TextDisabled, p.muted);
    set(ImGuiCol_WindowBg, p.ground);
    set(ImGuiCol_ChildBg, 0);
    set(ImGuiCol_PopupBg, p.raised);
    set(ImGuiCol_Border, p.border);
    set(ImGuiCol_FrameBg, p.sunken);
    set(ImGuiCol_FrameBgHovered, p.sunken);
    set(ImGuiCol_FrameBgActive, p.sunken);
    set(ImGuiCol_ScrollbarBg, 0);
    set(ImGuiCol_ScrollbarGrab, faded(p.faint, 0.45F));
    set(ImGuiCol_ScrollbarGrabHovered, faded(p.faint, 0.8F));
    set(ImGuiCol_ScrollbarGrabActive, p.faint);
    set(ImGuiCol_CheckMark, p.accent.strong);
    set(ImGuiCol_SliderGrab, p.accent.strong);
    set(ImGuiCol_SliderGrabActive, p.accent_hover);
    set(ImGuiCol_Button, p.surface);
    set(ImGuiCol_ButtonHovered, p.hover);
    set(ImGuiCol_ButtonActive, p.pressed);
    set(ImGuiCol_Header, p.selected);
    set(ImGuiCol_HeaderHovered, p.hover);
    set(ImGuiCol_HeaderActive, p.pressed);
    set(ImGuiCol_Separator, p.border);
    set(ImGuiCol_SeparatorHovered, p.border_strong);
    set(ImGuiCol_SeparatorActive, p.accent.strong);
    set(ImGuiCol_TableHeaderBg, p.zebra);
    set(ImGuiCol_TableBorderStrong, p.border);
    set(ImGuiCol_TableBorderLight, faded(p.border, 0.7F));
    set(ImGuiCol_TableRowBg, 0);
    set(ImGuiCol_TableRowBgAlt, p.zebra);
    set(ImGuiCol_TextSelectedBg, faded(p.accent.strong, 0.28F));
    set(ImGuiCol_InputTextCursor, p.accent.strong);
    set(ImGuiCol_NavCursor, p.accent.strong);
    set(ImGuiCol_ModalWindowDimBg, p.shadow);
}

// Inter has glyphs of its own in the private use area, where the icons are.
constexpr ImWchar kPrivateUse[] = {0xE000, 0xF8FF, 0};

ImFont* add_bytes(std::span<const unsigned char> bytes, ImFontConfig config) {
    config.FontDataOwnedByAtlas = false;
    // ImGui takes a pointer to non-const, but only reads bytes that it does not own.
    return ImGui::GetIO().Fonts->AddFontFromMemoryTTF(const_cast<unsigned char*>(bytes.data()),
                                                      static_cast<int>(bytes.size()), config.SizePixels, &config);
}

ImFont* add_font(std::span<const unsigned char> data, const FontData& all) {
    constexpr float kReference = static_cast<float>(Size::body);
    ImFontConfig main;
    main.SizePixels = kReference;
    main.GlyphExcludeRanges = kPrivateUse;
    // Whole-pixel advances, as full hinting has them, jam words together at 12 and 13 pixels.
    main.FontLoaderFlags = ImGuiFreeTypeLoaderFlags_LightHinting;
    ImFont* font = add_bytes(data, main);
    if (!all.icons.empty()) {
        ImFontConfig merged;
        merged.MergeMode = true;
        // Material Icons fill their em square: a little larger than the text and lower, they sit on its middle line.
        merged.SizePixels = kReference * 1.3F;
        merged.GlyphOffset = {0.0F, 5.2F};
        add_bytes(all.icons, merged);
    }
    all.fallbacks.merge(kReference);  // last: what a font before them has opens none of them
    return font;
}

}  // namespace

ImU32 faded(ImU32 color, float opacity) {
    const float alpha = static_cast<float>((color >> IM_COL32_A_SHIFT) & 255U) * opacity;
    return (color & ~IM_COL32_A_MASK) | (static_cast<ImU32>(alpha + 0.5F) << IM_COL32_A_SHIFT);
}

Palette light_palette() {
    Palette p;
    p.ground = rgb(0xF5F6F9);
    p.surface = rgb(0xFFFFFF);
    p.raised = rgb(0xFFFFFF);
    p.sunken = rgb(0xFFFFFF);
    p.border = rgb(0xE4E7EE);
    p.border_strong = rgb(0x848C9D);
    p.text = rgb(0x171D2B);
    p.muted = rgb(0x5A6478);
    p.faint = rgb(0x646E81);
    p.hover = rgb(0xF0F2F7);
    p.pressed = rgb(0xE5E8F0);
    p.selected = rgb(0xE9EDFD);
    p.zebra = rgb(0xF9FAFC);
    p.accent_hover = rgb(0x2F47C2);
    p.on_accent = rgb(0xFFFFFF);
    p.shadow = rgb(0x10162A, 50);
    p.accent = {rgb(0x3D57DB), rgb(0xE9EDFD)};
    p.ok = {rgb(0x14703F), rgb(0xDDF4E6)};
    p.warn = {rgb(0xA15600), rgb(0xFFF0D6)};
    p.danger = {rgb(0xB92525), rgb(0xFDE6E4)};
    p.info = {rgb(0x0B63A5), rgb(0xDFF0FC)};
    p.neutral = {rgb(0x4C566A), rgb(0xECEEF3)};
    p.violet = {rgb(0x6A36B8), rgb(0xF0E8FC)};
    return p;
}

Palette dark_palette() {
    Palette p;
    p.ground = rgb(0x10131A);
    p.surface = rgb(0x181C25);
    p.raised = rgb(0x1F2430);
    p.sunken = rgb(0x12161E);
    p.border = rgb(0x2A303D);
    p.border_strong = rgb(0x6E7688);
    p.text = rgb(0xE9ECF3);
    p.muted = rgb(0xA0A9BA);
    p.faint = rgb(0x8B94A7);
    p.hover = rgb(0x222835);
    p.pressed = rgb(0x2A3140);
    p.selected = rgb(0x252F52);
    p.zebra = rgb(0x1B202A);
    p.accent_hover = rgb(0x6F86F2);
    p.on_accent = rgb(0xFFFFFF);
    p.shadow = rgb(0x000000, 120);
    p.accent = {rgb(0x8C9EFF), rgb(0x252F52)};
    p.ok = {rgb(0x63D297), rgb(0x16352A)};
    p.warn = {rgb(0xF5B759), rgb(0x3B2C14)};
    p.danger = {rgb(0xFF8A80), rgb(0x42211F)};
    p.info = {rgb(0x6FBDF2), rgb(0x17314A)};
    p.neutral = {rgb(0xB7BFCE), rgb(0x2A303D)};
    p.violet = {rgb(0xC4A2F8), rgb(0x33264A)};
    return p;
}

Palette contrast_palette() {
    Palette p;
    p.ground = rgb(0x000000);
    p.surface = rgb(0x000000);
    p.raised = rgb(0x101010);
    p.sunken = rgb(0x000000);
    p.border = rgb(0xB0B0B0);
    p.border_strong = rgb(0xFFFFFF);
    p.text = rgb(0xFFFFFF);
    p.muted = rgb(0xE6E6E6);
    p.faint = rgb(0xC4C4C4);
    p.hover = rgb(0x303030);
    p.pressed = rgb(0x444444);
    p.selected = rgb(0x00346B);
    p.zebra = rgb(0x121212);
    p.accent_hover = rgb(0xFFF0A0);
    p.on_accent = rgb(0xFFFFFF);
    p.shadow = rgb(0x000000, 160);
    p.accent = {rgb(0xFFE14D), rgb(0x3A3200)};
    p.ok = {rgb(0x7CFFAE), rgb(0x003A1C)};
    p.warn = {rgb(0xFFC44D), rgb(0x402B00)};
    p.danger = {rgb(0xFF9D94), rgb(0x4A0F0A)};
    p.info = {rgb(0x8CD3FF), rgb(0x00304D)};
    p.neutral = {rgb(0xFFFFFF), rgb(0x303030)};
    p.violet = {rgb(0xDDBFFF), rgb(0x35194F)};
    return p;
}

void Theme::load_fonts(const FontData& data) {
    if (data.regular.empty()) {
        fonts_.regular = fonts_.semibold = ImGui::GetIO().Fonts->AddFontDefault();
    } else {
        fonts_.regular = add_font(data.regular, data);
        fonts_.semibold = data.semibold.empty() ? fonts_.regular : add_font(data.semibold, data);
    }
    ImGui::GetIO().FontDefault = fonts_.regular;
}

void Theme::apply(Look look, float scale, bool reduced_motion) {
    look_ = look;
    scale_ = scale;
    reduced_motion_ = reduced_motion;
    palette_ = look == Look::contrast ? contrast_palette() : look == Look::dark ? dark_palette() : light_palette();
    ImGuiStyle style;
    style.FontSizeBase = static_cast<float>(Size::body);
    style.WindowPadding = {16, 16};
    style.FramePadding = {12, 8};
    style.ItemSpacing = {8, 8};
    style.ItemInnerSpacing = {8, 6};
    style.CellPadding = {12, 0};
    style.WindowBorderSize = 0;
    style.ChildBorderSize = 1;
    style.PopupBorderSize = 1;
    style.FrameBorderSize = 1;
    style.WindowRounding = 0;
    style.ChildRounding = 10;
    style.PopupRounding = 10;
    style.FrameRounding = 7;
    style.ScrollbarSize = 10;
    style.ScrollbarRounding = 6;
    style.GrabRounding = 6;
    style.GrabMinSize = 24;
    style.DisabledAlpha = 0.5F;
    style.ScaleAllSizes(scale);
    style.FontScaleMain = scale;
    set_colors(style, palette_);
    ImGui::GetStyle() = style;
}

void Theme::push(Size size, bool semibold) const { ImGui::PushFont(font(semibold), static_cast<float>(size)); }

}  // namespace ct::ui
