#include "ui/theme.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ct::ui {
namespace {

/// WCAG 2.2, "relative luminance" and "contrast ratio".
double luminance(ImU32 color) {
    const auto part = [color](int shift) {
        const double value = static_cast<double>((color >> shift) & 255U) / 255;
        return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * part(IM_COL32_R_SHIFT) + 0.7152 * part(IM_COL32_G_SHIFT) + 0.0722 * part(IM_COL32_B_SHIFT);
}

double contrast(ImU32 a, ImU32 b) {
    const double one = luminance(a), other = luminance(b);
    return (std::max(one, other) + 0.05) / (std::min(one, other) + 0.05);
}

TEST_CASE("theme: every text can be read on every ground that it stands on (AA: 4.5 to 1)") {
    for (const Palette& p : {light_palette(), dark_palette(), contrast_palette()}) {
        for (const ImU32 text : {p.text, p.muted, p.faint}) {
            for (const ImU32 ground : {p.ground, p.surface, p.raised, p.sunken, p.zebra, p.hover})
                CHECK(contrast(text, ground) >= 4.5);
        }
        CHECK(contrast(p.text, p.selected) >= 4.5);
        for (const Tone& tone : {p.accent, p.ok, p.warn, p.danger, p.info, p.neutral, p.violet}) {
            CHECK(contrast(tone.strong, tone.soft) >= 4.5);
            CHECK(contrast(tone.strong, p.surface) >= 4.5);
        }
    }
}

TEST_CASE("theme: the outline of every control is seen on every ground that it stands on (AA: 3 to 1)") {
    for (const Palette& p : {light_palette(), dark_palette(), contrast_palette()}) {
        for (const ImU32 ground : {p.ground, p.surface, p.raised, p.sunken, p.zebra, p.hover})
            CHECK(contrast(p.border_strong, ground) >= 3);
    }
}

}  // namespace
}  // namespace ct::ui
