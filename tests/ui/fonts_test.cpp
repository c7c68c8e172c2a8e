// Fonts for other scripts cost nothing until somebody writes in one.
#include <doctest/doctest.h>
#include <imgui.h>

#include "base/file.h"
#include "ui/theme.h"

using namespace ct;

namespace {

struct Context {
    Context() { ImGui::CreateContext(); }
    ~Context() { ImGui::DestroyContext(); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
};

}  // namespace

TEST_CASE("fallback fonts are opened when a character needs one, and not before") {
    const std::string noto = "/usr/share/fonts/truetype/noto/NotoSans";
    const std::vector<std::string> files{noto + "Devanagari-Regular.ttf", noto + "Nothing-Regular.ttf",
                                         noto + "Tamil-Regular.ttf"};
    if (!path_exists(files[0]) || !path_exists(files[2])) {
        MESSAGE("fonts-noto-core is not installed");
        return;
    }
    const ui::FallbackFonts fallbacks(files);
    const Context context;
    ImGui::GetIO().BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
    ImFont* font = ImGui::GetIO().Fonts->AddFontDefault();
    fallbacks.merge(13);
    const auto width = [&](float size, const char* words) { return font->CalcTextSizeA(size, 1e6F, 0, words).x; };
    const auto glyph = [&](float size, ImWchar character) {
        return font->GetFontBaked(size)->FindGlyphNoFallback(character);
    };
    CHECK(width(13, "Asha") > 0);
    CHECK(fallbacks.opened() == 0);
    REQUIRE(glyph(13, 0x0915) != nullptr);  // ka
    CHECK(glyph(13, 0x0915)->AdvanceX > 0);
    CHECK(fallbacks.opened() == 1);
    CHECK(width(26, "\u0915") == doctest::Approx(2 * width(13, "\u0915")).epsilon(0.1));  // a second size of it
    REQUIRE(glyph(13, 0x0BB4) != nullptr);                                                // zha
    CHECK(fallbacks.opened() == 2);
    CHECK(glyph(13, 0x4E00) == nullptr);
}
