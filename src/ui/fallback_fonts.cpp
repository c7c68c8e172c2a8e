#include "ui/fallback_fonts.h"

#include <imgui.h>
#include <imgui_internal.h>
#include <misc/freetype/imgui_freetype.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/file.h"
#include "ui/shaping.h"

namespace ct::ui {

struct FallbackFonts::Impl {
    std::vector<FontFile> files;
    std::unique_ptr<Shaper> shaper;
};

namespace {

// ImGui's loader for FreeType does the work, once there is something to do. An ImFontConfig tells by its FontNo which
// of the files it stands for; the atlas's user data are the files.

const ImFontLoader& freetype() { return *ImGuiFreeType::GetFontLoader(); }

/// ImGui's sizes are from the highest ascender to the lowest descender of the first font, which differ between
/// typefaces; other fonts have the em of Inter at that size (its ascender and descender are 1.21 em apart).
constexpr float kEmOfSize = 1.0F / 1.21F;

Shaper& shaper_of(const ImFontAtlas* atlas) { return *static_cast<FallbackFonts::Impl*>(atlas->UserData)->shaper; }

bool open(ImFontAtlas* atlas, ImFontConfig* source) {
    if (source->FontLoaderData != nullptr) return true;
    FontFile& file = static_cast<FallbackFonts::Impl*>(atlas->UserData)->files[source->FontNo];
    if (!file.read()) return false;
    const ImU32 number = std::exchange(source->FontNo, 0U);  // to FreeType it is the face within the file
    source->FontData = file.bytes.data();
    source->FontDataSize = static_cast<int>(file.bytes.size());
    const bool good = freetype().FontSrcInit(atlas, source);
    source->FontNo = number;
    // In the same em, so that a word is as large while it is typed as it is in a table.
    if (const float height = shaper_of(atlas).height(number); good && height > 0)
        source->SizePixels *= height * kEmOfSize;
    source->FontData = nullptr;  // FreeType has it; ImGui would free it
    source->FontDataSize = 0;
    return good;
}

bool is_begun(const void* baked) {
    void* size = nullptr;
    std::memcpy(&size, baked, sizeof size);
    return size != nullptr;
}

bool init_nothing(ImFontAtlas*, ImFontConfig*) { return true; }

void destroy(ImFontAtlas* atlas, ImFontConfig* source) {
    if (source->FontLoaderData != nullptr) freetype().FontSrcDestroy(atlas, source);
}

/// ImGui asks every font of every size for a tabulator: that would open them all.
bool in_no_font(ImWchar character) { return character < 0x20; }

bool contains(ImFontAtlas* atlas, ImFontConfig* source, ImWchar character) {
    return !in_no_font(character) && open(atlas, source) && freetype().FontSrcContainsGlyph(atlas, source, character);
}

bool begin_size(ImFontAtlas*, ImFontConfig*, ImFontBaked*, void* baked_data) {
    std::memset(baked_data, 0, freetype().FontBakedSrcLoaderDataSize);
    return true;
}

void end_size(ImFontAtlas* atlas, ImFontConfig* source, ImFontBaked* baked, void* baked_data) {
    if (is_begun(baked_data)) freetype().FontBakedDestroy(atlas, source, baked, baked_data);
}

bool load(ImFontAtlas* atlas, ImFontConfig* source, ImFontBaked* baked, void* baked_data, ImWchar character,
          ImFontGlyph* glyph, float* advance) {
    if (!contains(atlas, source, character)) return false;
    if (!is_begun(baked_data) && !freetype().FontBakedInit(atlas, source, baked, baked_data)) return false;
    return freetype().FontBakedLoadGlyph(atlas, source, baked, baked_data, character, glyph, advance);
}

const ImFontLoader& lazy_loader() {
    static const ImFontLoader loader = [] {
        ImFontLoader made;
        made.Name = "on demand";
        made.FontSrcInit = init_nothing;
        made.FontSrcDestroy = destroy;
        made.FontSrcContainsGlyph = contains;
        made.FontBakedInit = begin_size;
        made.FontBakedDestroy = end_size;
        made.FontBakedLoadGlyph = load;
        made.FontBakedSrcLoaderDataSize = freetype().FontBakedSrcLoaderDataSize;
        return made;
    }();
    return loader;
}

// ---- the glyphs of shaped text

bool has_shaped(ImFontAtlas* atlas, ImFontConfig*, ImWchar character) {
    return shaper_of(atlas).glyph(character) != nullptr;
}

bool load_shaped(ImFontAtlas* atlas, ImFontConfig* source, ImFontBaked* baked, void*, ImWchar character,
                 ImFontGlyph* glyph, float* advance) {
    const Shaper::Glyph* shaped = shaper_of(atlas).glyph(character);
    if (shaped == nullptr) return false;
    const float em = baked->Size * kEmOfSize;
    if (advance != nullptr) {
        *advance = shaped->advance * em;
        return true;
    }
    const float density = source->RasterizerDensity * baked->RasterizerDensity;
    Shaper::Picture picture;
    if (!shaper_of(atlas).draw(*shaped, em * density, picture)) return false;
    glyph->Codepoint = character & 0x3FFFFFFU;  // a field of 26 bits
    glyph->AdvanceX = shaped->advance * em;
    if (picture.width == 0 || picture.height == 0) return true;
    const ImFontAtlasRectId rect = ImFontAtlasPackAddRect(atlas, picture.width, picture.height);
    if (rect == ImFontAtlasRectId_Invalid) return false;
    const float left = static_cast<float>(picture.left) / density + shaped->x * em;
    const float top = std::round(baked->Ascent) - static_cast<float>(picture.top) / density - shaped->y * em;
    glyph->X0 = left;
    glyph->Y0 = top;
    glyph->X1 = left + static_cast<float>(picture.width) / density;
    glyph->Y1 = top + static_cast<float>(picture.height) / density;
    glyph->Visible = true;
    glyph->Colored = picture.colour;
    glyph->PackId = rect;
    ImFontAtlasBakedSetFontGlyphBitmap(atlas, baked, source, glyph, ImFontAtlasPackGetRect(atlas, rect), picture.pixels,
                                       picture.colour ? ImTextureFormat_RGBA32 : ImTextureFormat_Alpha8, picture.pitch);
    return true;
}

const ImFontLoader& shaped_loader() {
    static const ImFontLoader loader = [] {
        ImFontLoader made;
        made.Name = "shaped";
        made.FontSrcInit = init_nothing;
        made.FontSrcContainsGlyph = has_shaped;
        made.FontBakedLoadGlyph = load_shaped;
        return made;
    }();
    return loader;
}

}  // namespace

std::string_view display_text(std::string_view words) {
    const ImFontAtlas* atlas = ImGui::GetIO().Fonts;
    return atlas->UserData == nullptr ? words : shaper_of(atlas).display(words);
}

FallbackFonts::FallbackFonts(const std::vector<std::string>& files) : impl_(std::make_unique<Impl>()) {
    for (const std::string& path : files) {
        if (!path_exists(path)) continue;
        impl_->files.push_back({path});
        impl_->files.back().colour = path.find("ColorEmoji") != std::string::npos;
    }
    impl_->shaper = std::make_unique<Shaper>(impl_->files);
}
FallbackFonts::~FallbackFonts() = default;
FallbackFonts::FallbackFonts(FallbackFonts&&) noexcept = default;
FallbackFonts& FallbackFonts::operator=(FallbackFonts&&) noexcept = default;

void FallbackFonts::merge(float size) const {
    ImFontAtlas* atlas = ImGui::GetIO().Fonts;
    atlas->UserData = impl_.get();
    ImFontConfig shaped;
    shaped.MergeMode = true;
    shaped.SizePixels = size;
    shaped.FontLoader = &shaped_loader();
    std::string_view("shaped").copy(shaped.Name, sizeof shaped.Name - 1);
    atlas->AddFont(&shaped);
    for (std::size_t i = 0; i < impl_->files.size(); ++i) {
        if (impl_->files[i].colour) continue;  // by shaping only
        ImFontConfig config;
        config.MergeMode = true;
        config.SizePixels = size;
        config.FontNo = static_cast<ImU32>(i);
        config.FontLoader = &lazy_loader();
        const std::string& path = impl_->files[i].path;
        const std::string name = path.substr(path.rfind('/') + 1);
        name.copy(config.Name, sizeof config.Name - 1);
        atlas->AddFont(&config);
    }
}

std::size_t FallbackFonts::opened() const {
    const auto count = std::count_if(impl_->files.begin(), impl_->files.end(),
                                     [](const FontFile& file) { return !file.bytes.empty(); });
    return static_cast<std::size_t>(count);
}

FallbackFonts system_fallback_fonts() {
    // Most frequent where the program is sold first; the 20 MB collection of Chinese, Japanese and Korean comes last.
    constexpr std::array kNoto = {
        "NotoSansDevanagari-Regular.ttf", "NotoSansTamil-Regular.ttf",    "NotoSansTelugu-Regular.ttf",
        "NotoSansBengali-Regular.ttf",    "NotoSansKannada-Regular.ttf",  "NotoSansMalayalam-Regular.ttf",
        "NotoSansGujarati-Regular.ttf",   "NotoSansGurmukhi-Regular.ttf", "NotoSansOriya-Regular.ttf",
        "NotoSansSinhala-Regular.ttf",    "NotoSansArabic-Regular.ttf",   "NotoSansHebrew-Regular.ttf",
        "NotoSansThai-Regular.ttf",       "NotoSansLao-Regular.ttf",      "NotoSansKhmer-Regular.ttf",
        "NotoSansMyanmar-Regular.ttf",    "NotoSerifTibetan-Regular.ttf", "NotoSansEthiopic-Regular.ttf",
        "NotoSansGeorgian-Regular.ttf",   "NotoSansArmenian-Regular.ttf", "NotoSansSymbols2-Regular.ttf",
        "NotoSans-Regular.ttf",           "NotoSansCJK-Regular.ttc",      "NotoColorEmoji.ttf"};
    // Debian and its like; Fedora; Arch; what people put there themselves.
    std::vector<std::string> folders{
        "/usr/share/fonts/truetype/noto",     "/usr/share/fonts/opentype/noto", "/usr/share/fonts/google-noto",
        "/usr/share/fonts/google-noto-cjk",   "/usr/share/fonts/noto",          "/usr/share/fonts/noto-cjk",
        "/usr/share/fonts/google-noto-emoji", "/usr/local/share/fonts"};
    if (const auto own = data_home()) folders.push_back(*own + "/fonts");
    std::erase_if(folders, [](const std::string& folder) { return !path_exists(folder); });
    std::vector<std::string> files;
    for (const char* name : kNoto) {
        const auto in = std::find_if(folders.begin(), folders.end(),
                                     [name](const std::string& folder) { return path_exists(folder + "/" + name); });
        if (in != folders.end()) files.push_back(*in + "/" + name);
    }
    return FallbackFonts(files);
}

}  // namespace ct::ui
