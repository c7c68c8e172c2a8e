// Fonts for other scripts cost nothing until somebody writes in one.
#include <doctest/doctest.h>
#include <imgui.h>
#include <imgui_internal.h>

#include "base/file.h"
#include "ui/shaping.h"
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
    CHECK(width(13, "Asha\tRao") > 0);  // no font has the control characters: none is asked
    CHECK(fallbacks.opened() == 0);
    REQUIRE(glyph(13, 0x0915) != nullptr);  // ka
    CHECK(glyph(13, 0x0915)->AdvanceX > 0);
    CHECK(fallbacks.opened() == 1);
    CHECK(width(26, "\u0915") == doctest::Approx(2 * width(13, "\u0915")).epsilon(0.1));  // a second size of it
    REQUIRE(glyph(13, 0x0BB4) != nullptr);                                                // zha
    CHECK(fallbacks.opened() == 2);
    CHECK(glyph(13, 0x4E00) == nullptr);
}

TEST_CASE("text of scripts that need it is shaped and put in visual order; all else is left alone") {
    const std::string noto = "/usr/share/fonts/truetype/noto/NotoSans";
    const std::vector<std::string> files{noto + "Devanagari-Regular.ttf", noto + "Hebrew-Regular.ttf",
                                         noto + "Arabic-Regular.ttf"};
    for (const std::string& file : files) {
        if (!path_exists(file)) {
            MESSAGE("fonts-noto-core is not installed");
            return;
        }
    }
    const ui::FallbackFonts fallbacks(files);
    const Context context;
    ImGui::GetIO().BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
    ImFont* font = ImGui::GetIO().Fonts->AddFontDefault();
    const auto shown = [](std::string_view words) { return std::string(ui::display_text(words)); };
    CHECK(shown("अ") == "अ");  // no fonts yet
    fallbacks.merge(13);
    const std::string_view plain = "Asha Žofie Олег 李小龙 ₹";
    CHECK(ui::display_text(plain).data() == plain.data());
    CHECK(fallbacks.opened() == 0);

    // Hebrew runs from right to left, numbers and Latin within it do not.
    const std::string alef = shown("א"), bet = shown("ב");
    CHECK(alef != "א");
    CHECK(shown("אב") == bet + alef);
    CHECK(shown("ab אב") == "ab " + bet + alef);
    CHECK(shown("אב 12").starts_with("12"));
    CHECK(shown("אב 12").ends_with(bet + alef));
    CHECK(shown("א(ב") == bet + ")" + alef);  // what the font lacks is another's, and mirrored

    // The vowel sign i is written behind its consonant and stands before it.
    const std::string ka = shown("क"), ki = shown("कि");
    CHECK(ki.ends_with(ka));
    CHECK(ki.size() > ka.size());
    // A conjunct is no longer the sum of its letters.
    CHECK(shown("क्ष").size() < shown("क").size() + shown("ष").size() + 4);
    // Arabic letters join: the same letter looks different at the beginning and at the end.
    CHECK(shown("بب").find(shown("ب")) == std::string::npos);
    // Lines stay lines.
    CHECK(shown("अ\nक") == shown("अ") + "\n" + ka);

    const auto width = [&](const std::string& words) { return font->CalcTextSizeA(26, 1e6F, 0, words.c_str()).x; };
    CHECK(width(ka) > 0);
    CHECK(width(bet + alef) == doctest::Approx(width(bet) + width(alef)).epsilon(0.01));
    // A font that lacks the script: left as it is.
    CHECK(shown("ഷ") == "ഷ");
}

TEST_CASE("emoji are pictures: sequences are one, and text beside them stays text") {
    const std::string file = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
    if (!path_exists(file)) {
        MESSAGE("fonts-noto-color-emoji is not installed");
        return;
    }
    const ui::FallbackFonts fallbacks({file});
    const Context context;
    ImGui::GetIO().BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
    ImFont* font = ImGui::GetIO().Fonts->AddFontDefault();
    fallbacks.merge(13);
    const auto shown = [](std::string_view words) { return std::string(ui::display_text(words)); };
    const auto count = [&](std::string_view words) { return shown(words).size() / 4; };  // each takes four bytes
    const std::string smile = shown("😀");
    CHECK(smile != "😀");
    CHECK(count("😀") == 1);
    CHECK(count("👨‍👩‍👧") == 1);                         // a family, joined
    CHECK(count("👍🏽") == 1);                                   // a thumb and its skin
    CHECK(count("🇮🇳") == 1);                                         // two letters make a flag
    CHECK(count("❤️") == 1);                                     // a black heart, said to be a red one
    CHECK(shown("Room 12 😀 ok 7") == "Room 12 " + smile + " ok 7");  // digits are the text font's, not the keycaps'
    CHECK(shown("❤") == "❤");
    CHECK(shown("a\u200Db\uFE0F") == "ab");  // what has no look shows none

    ImWchar code = 0;
    ImTextCharFromUtf8(reinterpret_cast<unsigned*>(&code), smile.data(), smile.data() + smile.size());
    const ImFontGlyph* glyph = font->GetFontBaked(26)->FindGlyphNoFallback(code);
    REQUIRE(glyph != nullptr);
    CHECK(glyph->Colored);
    CHECK(glyph->Visible);
    CHECK(glyph->X1 - glyph->X0 == doctest::Approx(26).epsilon(0.2));
    CHECK(glyph->AdvanceX >= glyph->X1 - glyph->X0 - 2);
}
