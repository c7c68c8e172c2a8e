#include "ui/shaping.h"

#include <fribidi.h>
#include <ft2build.h>
#include <hb-ot.h>
#include <hb.h>
#include <imgui.h>
#include <imgui_internal.h>
#include FT_FREETYPE_H

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/file.h"

namespace ct::ui {
namespace {

using Text = std::vector<ImWchar>;

constexpr std::uint32_t kFirstSlot = 0x14680, kLastSlot = 0x167FF;
constexpr std::size_t kCachedAtMost = 20'000;  // lines: more than a screen shows in an hour of scrolling
constexpr std::size_t kNoFile = ~std::size_t{0};

struct Range {
    ImWchar first, last;
};
/// Scripts whose letters change with their neighbours, stack, or run from right to left.
constexpr std::array kShaped{Range{0x0590, 0x08FF}, Range{0x0900, 0x0DFF}, Range{0x0E00, 0x0FFF},
                             Range{0x1000, 0x109F}, Range{0x1780, 0x17FF}, Range{0xA8E0, 0xA8FF},
                             Range{0xFB1D, 0xFDFF}, Range{0xFE70, 0xFEFC}};

constexpr ImWchar kJoiner = 0x200D, kAsText = 0xFE0E, kAsEmoji = 0xFE0F;

/// Pictures by themselves; others become one by a kAsEmoji behind them.
bool is_emoji(ImWchar c) { return c >= 0x1F000 && c <= 0x1FAFF; }

/// Says how what is before it is to look, and has no look of its own.
bool is_invisible(ImWchar c) { return c == kJoiner || c == kAsText || c == kAsEmoji; }

bool needs_shaping(ImWchar c) {
    return is_emoji(c) || is_invisible(c) || std::any_of(kShaped.begin(), kShaped.end(), [c](Range range) {
               return c >= range.first && c <= range.last;
           });
}

Text decode(std::string_view words) {
    Text text(words.size() + 1);
    const int length =
        ImTextStrFromUtf8(text.data(), static_cast<int>(text.size()), words.data(), words.data() + words.size());
    text.resize(static_cast<std::size_t>(length));
    return text;
}

void append(std::string& to, ImWchar c) {
    std::array<char, 5> bytes{};
    to.append(bytes.data(), static_cast<std::size_t>(ImTextCharToUtf8(bytes.data(), c)));
}

/// The first two bytes of a character tell enough: what begins below U+0590 is never shaped.
bool may_need_shaping(std::string_view words) {
    return std::any_of(words.begin(), words.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xD6; });
}

struct Run {
    std::size_t begin = 0, end = 0;
    FriBidiLevel level = 0;
    hb_script_t script = HB_SCRIPT_COMMON;
    std::size_t file = kNoFile;  ///< that it is shaped with; none: drawn as it is
    bool emoji = false;
    [[nodiscard]] bool backwards() const { return level % 2 == 1; }
};

/// The embedding level of each character; all 0 when there is nothing that runs from right to left.
std::vector<FriBidiLevel> levels_of(const Text& text) {
    const auto length = static_cast<FriBidiStrIndex>(text.size());
    const std::vector<FriBidiChar> characters(text.begin(), text.end());
    std::vector<FriBidiCharType> types(text.size());
    std::vector<FriBidiBracketType> brackets(text.size());
    std::vector<FriBidiLevel> levels(text.size());
    fribidi_get_bidi_types(characters.data(), length, types.data());
    fribidi_get_bracket_types(characters.data(), length, types.data(), brackets.data());
    FriBidiParType direction = FRIBIDI_PAR_ON;  // by the first strong letter
    const FriBidiLevel most =
        fribidi_get_par_embedding_levels_ex(types.data(), brackets.data(), length, &direction, levels.data());
    if (most == 0) std::fill(levels.begin(), levels.end(), FriBidiLevel{0});  // out of memory
    return levels;
}

/// Rule L2 of UAX #9, on whole runs.
void put_in_visual_order(std::vector<Run>& runs) {
    FriBidiLevel highest = 0;
    for (const Run& run : runs) highest = std::max(highest, run.level);
    for (FriBidiLevel level = highest; level > 0; --level) {
        for (auto at = runs.begin(); at != runs.end();) {
            const auto end = std::find_if(at, runs.end(), [&](const Run& run) { return run.level < level; });
            std::reverse(at, end);
            at = end == runs.end() ? end : end + 1;
        }
    }
}

/// To that size, as RGBA: every pixel is the mean of those that fall into it. FreeType's are BGRA, and multiplied by
/// their alpha.
std::vector<unsigned char> shrunk(const FT_Bitmap& from, unsigned width, unsigned height) {
    std::vector<unsigned char> to;
    to.reserve(std::size_t{width} * height * 4);
    for (unsigned y = 0; y < height; ++y) {
        const unsigned top = y * from.rows / height, bottom = std::max(top + 1, (y + 1) * from.rows / height);
        for (unsigned x = 0; x < width; ++x) {
            const unsigned left = x * from.width / width, right = std::max(left + 1, (x + 1) * from.width / width);
            std::array<unsigned, 4> sum{};
            for (unsigned row = top; row < bottom; ++row) {
                const unsigned char* pixel = from.buffer + static_cast<int>(row) * from.pitch + left * 4;
                for (unsigned i = 0; i < (right - left) * 4; ++i) sum[i % 4] += pixel[i];
            }
            for (const std::size_t i : {2U, 1U, 0U})
                to.push_back(static_cast<unsigned char>(sum[3] == 0 ? 0 : std::min(255U, sum[i] * 255 / sum[3])));
            to.push_back(static_cast<unsigned char>(sum[3] / ((right - left) * (bottom - top))));
        }
    }
    return to;
}

}  // namespace

bool FontFile::read() {
    if (!std::exchange(tried, true)) bytes = read_file(path).value_or("");
    return !bytes.empty();
}

struct Shaper::Impl {
    struct Font {
        hb_font_t* shaper = nullptr;
        FT_Face face = nullptr;
        float per_em = 1.0F;  ///< the font's units
        bool tried = false;
    };
    using Slot = std::tuple<std::size_t, std::uint32_t, std::int32_t, std::int32_t, std::int32_t>;

    explicit Impl(std::vector<FontFile>& from) : files(from), fonts(from.size()), buffer(hb_buffer_create()) {
        if (FT_Init_FreeType(&library) != 0) library = nullptr;
    }
    ~Impl() {
        for (Font& font : fonts) {
            if (font.shaper != nullptr) hb_font_destroy(font.shaper);
            if (font.face != nullptr) FT_Done_Face(font.face);
        }
        hb_buffer_destroy(buffer);
        if (library != nullptr) FT_Done_FreeType(library);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    hb_font_t* shaper_of(std::size_t file);
    FT_Face face_of(std::size_t file);
    bool has(std::size_t file, ImWchar character);
    std::size_t file_for(ImWchar letter, bool emoji);
    bool begins_emoji(const Text& text, std::size_t at);
    bool draw_colour(FT_Face face, std::uint32_t index, float em, Picture& picture);
    bool joins(const Run& run, ImWchar character, hb_script_t script);
    std::vector<Run> runs_of(const Text& text);
    ImWchar slot_for(const Slot& slot, float per_em);
    bool shape_run(const Text& text, const Run& run, std::string& to);
    void shape_line(std::string_view line, std::string& to);

    std::vector<FontFile>& files;
    std::vector<Font> fonts;  // by file
    hb_buffer_t* buffer;
    FT_Library library = nullptr;
    std::vector<Glyph> glyphs;  // by slot
    std::map<Slot, std::uint32_t> slots;
    std::unordered_map<std::string, std::string> cache;
    std::vector<unsigned char> pixels;  // of the last coloured picture
};

hb_font_t* Shaper::Impl::shaper_of(std::size_t file) {
    Font& font = fonts[file];
    if (std::exchange(font.tried, true)) return font.shaper;
    if (!files[file].read()) return nullptr;
    const std::string& bytes = files[file].bytes;
    hb_blob_t* blob =
        hb_blob_create(bytes.data(), static_cast<unsigned>(bytes.size()), HB_MEMORY_MODE_READONLY, nullptr, nullptr);
    hb_face_t* face = hb_face_create(blob, 0);
    font.per_em = static_cast<float>(std::max(1U, hb_face_get_upem(face)));
    if (hb_face_get_glyph_count(face) > 0) font.shaper = hb_font_create(face);
    hb_face_destroy(face);
    hb_blob_destroy(blob);
    return font.shaper;
}

FT_Face Shaper::Impl::face_of(std::size_t file) {
    Font& font = fonts[file];
    if (font.face != nullptr || library == nullptr || !files[file].read()) return font.face;
    const std::string& bytes = files[file].bytes;
    const auto* data = reinterpret_cast<const FT_Byte*>(bytes.data());
    if (FT_New_Memory_Face(library, data, static_cast<FT_Long>(bytes.size()), 0, &font.face) != 0) font.face = nullptr;
    return font.face;
}

bool Shaper::Impl::has(std::size_t file, ImWchar character) {
    hb_codepoint_t found = 0;
    hb_font_t* font = shaper_of(file);
    return font != nullptr && hb_font_get_nominal_glyph(font, character, &found) != 0;
}

std::size_t Shaper::Impl::file_for(ImWchar letter, bool emoji) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (files[i].colour == emoji && has(i, letter)) return i;
    }
    return kNoFile;
}

/// Also "1" with a keycap around it, and the black heart that is said to be a red one.
bool Shaper::Impl::begins_emoji(const Text& text, std::size_t at) {
    if (is_emoji(text[at])) return true;
    return at + 1 < text.size() && text[at + 1] == kAsEmoji && file_for(text[at], true) != kNoFile;
}

bool Shaper::Impl::joins(const Run& run, ImWchar character, hb_script_t script) {
    if (run.emoji) return script == HB_SCRIPT_INHERITED;
    switch (script) {
        case HB_SCRIPT_INHERITED: return true;  // accents, joiners: they stand on what is before them
        case HB_SCRIPT_COMMON:                  // spaces and signs, where the font has them
        case HB_SCRIPT_UNKNOWN: return run.file == kNoFile || has(run.file, character);
        default: return run.file == kNoFile ? !needs_shaping(character) : run.script == script;
    }
}

/// Parts of one level, one script and one font.
std::vector<Run> Shaper::Impl::runs_of(const Text& text) {
    const std::vector<FriBidiLevel> levels = levels_of(text);
    hb_unicode_funcs_t* unicode = hb_unicode_funcs_get_default();
    std::vector<Run> runs;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const hb_script_t script = hb_unicode_script(unicode, text[i]);
        const bool emoji = begins_emoji(text, i);
        const bool same = !runs.empty() && runs.back().level == levels[i] &&
                          (emoji ? runs.back().emoji : joins(runs.back(), text[i], script));
        if (!same) {
            const bool shaped = emoji || (needs_shaping(text[i]) && !is_invisible(text[i]));
            runs.push_back({i, i, levels[i], script, shaped ? file_for(text[i], emoji) : kNoFile, emoji});
        }
        runs.back().end = i + 1;
    }
    return runs;
}

/// 0: all are given away.
ImWchar Shaper::Impl::slot_for(const Slot& slot, float per_em) {
    if (const auto at = slots.find(slot); at != slots.end()) return kFirstSlot + at->second;
    if (kFirstSlot + glyphs.size() > kLastSlot) return 0;
    const auto& [file, index, x, y, advance] = slot;
    const auto number = static_cast<std::uint32_t>(glyphs.size());
    glyphs.push_back({file, index, static_cast<float>(x) / per_em, static_cast<float>(y) / per_em,
                      static_cast<float>(advance) / per_em});
    slots.emplace(slot, number);
    return kFirstSlot + number;
}

/// False, with nothing appended, where the font lacks something of the run.
bool Shaper::Impl::shape_run(const Text& text, const Run& run, std::string& to) {
    hb_buffer_reset(buffer);
    const std::vector<std::uint32_t> characters(text.begin(), text.end());
    hb_buffer_add_codepoints(buffer, characters.data(), static_cast<int>(characters.size()),
                             static_cast<unsigned>(run.begin), static_cast<int>(run.end - run.begin));
    hb_buffer_set_direction(buffer, run.backwards() ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
    hb_buffer_set_script(buffer, run.script);
    hb_buffer_guess_segment_properties(buffer);
    hb_shape(fonts[run.file].shaper, buffer, nullptr, 0);
    unsigned count = 0;
    const hb_glyph_info_t* info = hb_buffer_get_glyph_infos(buffer, &count);
    const hb_glyph_position_t* places = hb_buffer_get_glyph_positions(buffer, &count);
    std::string shaped;
    for (unsigned i = 0; i < count; ++i) {
        if (info[i].codepoint == 0) return false;
        const hb_glyph_position_t& place = places[i];
        const ImWchar slot = slot_for({run.file, info[i].codepoint, place.x_offset, place.y_offset, place.x_advance},
                                      fonts[run.file].per_em);
        if (slot == 0) return false;
        append(shaped, slot);
    }
    to += shaped;
    return true;
}

void Shaper::Impl::shape_line(std::string_view line, std::string& to) {
    const Text text = decode(line);
    if (text.empty()) return;
    std::vector<Run> runs = runs_of(text);
    put_in_visual_order(runs);
    for (const Run& run : runs) {
        if (run.file != kNoFile && shape_run(text, run, to)) continue;
        for (std::size_t i = 0; i < run.end - run.begin; ++i) {
            FriBidiChar c = text[run.backwards() ? run.end - 1 - i : run.begin + i];
            if (is_invisible(c)) continue;
            if (run.backwards()) fribidi_get_mirror_char(c, &c);
            append(to, c);
        }
    }
}

Shaper::Shaper(std::vector<FontFile>& files) : impl_(std::make_unique<Impl>(files)) {}
Shaper::~Shaper() = default;

std::string_view Shaper::display(std::string_view words) {
    if (impl_->files.empty() || !may_need_shaping(words)) return words;
    std::string key(words);
    if (const auto at = impl_->cache.find(key); at != impl_->cache.end()) return at->second;
    const Text text = decode(words);
    if (std::none_of(text.begin(), text.end(), needs_shaping)) return words;
    if (impl_->cache.size() >= kCachedAtMost) impl_->cache.clear();
    std::string shaped;
    for (std::size_t begin = 0; begin <= words.size();) {
        const std::size_t end = std::min(words.find('\n', begin), words.size());
        impl_->shape_line(words.substr(begin, end - begin), shaped);
        if (end < words.size()) shaped += '\n';
        begin = end + 1;
    }
    return impl_->cache.emplace(std::move(key), std::move(shaped)).first->second;
}

float Shaper::height(std::size_t file) {
    const FT_Face face = impl_->face_of(file);
    if (face == nullptr || face->units_per_EM == 0) return 0;
    return static_cast<float>(face->ascender - face->descender) / static_cast<float>(face->units_per_EM);
}

const Shaper::Glyph* Shaper::glyph(std::uint32_t code_point) const {
    const std::uint32_t slot = code_point - kFirstSlot;  // wraps for those before it
    return slot < impl_->glyphs.size() ? &impl_->glyphs[slot] : nullptr;
}

/// Such fonts have one size, much larger than text.
bool Shaper::Impl::draw_colour(FT_Face face, std::uint32_t index, float em, Picture& picture) {
    if (!FT_HAS_FIXED_SIZES(face) || FT_Select_Size(face, 0) != 0) return false;
    if (FT_Load_Glyph(face, index, FT_LOAD_COLOR) != 0) return false;
    const FT_Bitmap& from = face->glyph->bitmap;
    picture = {};
    if (from.width == 0 || from.rows == 0) return true;
    if (from.pixel_mode != FT_PIXEL_MODE_BGRA) return false;
    const float scale = em / static_cast<float>(face->size->metrics.y_ppem);
    const auto scaled = [scale](auto at) { return static_cast<int>(std::lround(static_cast<float>(at) * scale)); };
    const int width = std::max(1, scaled(from.width)), height = std::max(1, scaled(from.rows));
    pixels = shrunk(from, static_cast<unsigned>(width), static_cast<unsigned>(height));
    picture = {pixels.data(),
               true,
               width,
               height,
               width * 4,
               scaled(face->glyph->bitmap_left),
               scaled(face->glyph->bitmap_top)};
    return true;
}

bool Shaper::draw(const Glyph& glyph, float em, Picture& picture) {
    FT_Face face = impl_->face_of(glyph.file);
    if (face == nullptr) return false;
    if (impl_->files[glyph.file].colour) return impl_->draw_colour(face, glyph.index, em, picture);
    if (FT_Set_Char_Size(face, 0, static_cast<FT_F26Dot6>(em * 64), 72, 72) != 0) return false;
    if (FT_Load_Glyph(face, glyph.index, FT_LOAD_NO_HINTING) != 0) return false;
    if (FT_Render_Glyph(face->glyph, FT_RENDER_MODE_NORMAL) != 0) return false;
    const FT_Bitmap& bitmap = face->glyph->bitmap;
    if (bitmap.width > 0 && bitmap.pixel_mode != FT_PIXEL_MODE_GRAY) return false;
    picture = {bitmap.buffer,
               false,
               static_cast<int>(bitmap.width),
               static_cast<int>(bitmap.rows),
               bitmap.pitch,
               face->glyph->bitmap_left,
               face->glyph->bitmap_top};
    return true;
}

}  // namespace ct::ui
