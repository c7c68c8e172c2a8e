#include "ui/fallback_fonts.h"

#include <imgui.h>
#include <imgui_internal.h>
#include <misc/freetype/imgui_freetype.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/file.h"

namespace ct::ui {

struct FallbackFonts::Impl {
    struct File {
        std::string path;
        std::string bytes;
        bool tried = false;
    };
    std::vector<File> files;
};

namespace {

using File = FallbackFonts::Impl::File;

// ImGui's loader for FreeType does the work, once there is something to do. An ImFontConfig tells by its FontNo which
// of the files it stands for; the atlas's user data are the files.

const ImFontLoader& freetype() { return *ImGuiFreeType::GetFontLoader(); }

bool open(ImFontAtlas* atlas, ImFontConfig* source) {
    if (source->FontLoaderData != nullptr) return true;
    File& file = static_cast<FallbackFonts::Impl*>(atlas->UserData)->files[source->FontNo];
    if (!std::exchange(file.tried, true)) file.bytes = read_file(file.path).value_or("");
    if (file.bytes.empty()) return false;
    const ImU32 number = std::exchange(source->FontNo, 0U);  // to FreeType it is the face within the file
    source->FontData = file.bytes.data();
    source->FontDataSize = static_cast<int>(file.bytes.size());
    const bool good = freetype().FontSrcInit(atlas, source);
    source->FontNo = number;
    source->FontData = nullptr;  // FreeType has it; ImGui would free it
    source->FontDataSize = 0;
    if (!good) file.bytes = {};
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

bool contains(ImFontAtlas* atlas, ImFontConfig* source, ImWchar character) {
    return open(atlas, source) && freetype().FontSrcContainsGlyph(atlas, source, character);
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

}  // namespace

FallbackFonts::FallbackFonts(const std::vector<std::string>& files) : impl_(std::make_unique<Impl>()) {
    for (const std::string& path : files) {
        if (path_exists(path)) impl_->files.push_back({path, {}, false});
    }
}
FallbackFonts::~FallbackFonts() = default;
FallbackFonts::FallbackFonts(FallbackFonts&&) noexcept = default;
FallbackFonts& FallbackFonts::operator=(FallbackFonts&&) noexcept = default;

void FallbackFonts::merge(float size) const {
    ImFontAtlas* atlas = ImGui::GetIO().Fonts;
    atlas->UserData = impl_.get();
    for (std::size_t i = 0; i < impl_->files.size(); ++i) {
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
    const auto count =
        std::count_if(impl_->files.begin(), impl_->files.end(), [](const File& file) { return !file.bytes.empty(); });
    return static_cast<std::size_t>(count);
}

FallbackFonts system_fallback_fonts() {
    // Most frequent where the program is sold first; the 20 MB collection of Chinese, Japanese and Korean comes last.
    constexpr std::array kNoto = {"NotoSansDevanagari", "NotoSansTamil",     "NotoSansTelugu",   "NotoSansBengali",
                                  "NotoSansKannada",    "NotoSansMalayalam", "NotoSansGujarati", "NotoSansGurmukhi",
                                  "NotoSansOriya",      "NotoSansSinhala",   "NotoSansArabic",   "NotoSansHebrew",
                                  "NotoSansThai",       "NotoSansEthiopic",  "NotoSansGeorgian", "NotoSansArmenian",
                                  "NotoSansSymbols2",   "NotoSans"};
    std::vector<std::string> files;
    for (const char* name : kNoto)
        files.push_back(std::string("/usr/share/fonts/truetype/noto/") + name + "-Regular.ttf");
    files.emplace_back("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc");
    return FallbackFonts(files);
}

}  // namespace ct::ui
