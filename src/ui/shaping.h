// Shaped text: in many scripts a letter's form depends on its neighbours (Devanagari, Arabic, Tamil …) or runs from
// right to left (Arabic, Hebrew), which Dear ImGui knows nothing of. FriBidi puts a line into visual order (UAX #9),
// HarfBuzz turns each run of one script into glyphs, and every glyph with its place gets a code point of its own, which
// a font source of ours draws. So shaped text is a string again, which ImGui measures, wraps and draws as any other.
// Emoji go the same way, from a font of coloured bitmaps (CBDT): families, flags and skin tones are ligatures there.
//
// The code points are those of U+14680..U+167FF, which no script has: beyond the Basic Plane's private use, where the
// icons are, and low enough that ImGui's tables by code point stay small. UI thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ct::ui {

/// A font file that is read when a character needs it.
struct FontFile {
    std::string path;
    std::string bytes{};  ///< empty: not read yet, or cannot be read
    bool tried = false;
    bool colour = false;  ///< of emoji, and for them alone: other characters that it has are drawn with other fonts

    /// False when it cannot be read.
    bool read();
};

class Shaper {
  public:
    /// The files must outlive it, at their place. The first one that has a run's first letter is taken for the run.
    explicit Shaper(std::vector<FontFile>& files);
    ~Shaper();
    Shaper(const Shaper&) = delete;
    Shaper& operator=(const Shaper&) = delete;

    /// The line or lines as ImGui is to draw them; `words` itself where nothing is to be shaped, or when all code
    /// points are given away. A view of the result lives until the next call.
    [[nodiscard]] std::string_view display(std::string_view words);

    /// From the file's highest ascender to its lowest descender, in ems; 0 when it cannot be read.
    [[nodiscard]] float height(std::size_t file);

    /// A glyph at its place; distances in parts of the em, to the right and up.
    struct Glyph {
        std::size_t file = 0;
        std::uint32_t index = 0;  ///< in the font
        float x = 0, y = 0, advance = 0;
    };
    [[nodiscard]] const Glyph* glyph(std::uint32_t code_point) const;  ///< null: not one of ours

    /// 8-bit coverage of a glyph at `em` pixels, or its colours (8-bit RGBA, alpha not multiplied in); false when it
    /// cannot be drawn. `pixels` lives until the next call.
    struct Picture {
        const unsigned char* pixels = nullptr;
        bool colour = false;
        int width = 0, height = 0, pitch = 0;  ///< pitch in bytes
        int left = 0, top = 0;                 ///< of the origin: to the right, and up
    };
    [[nodiscard]] bool draw(const Glyph& glyph, float em, Picture& picture);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// `Shaper::display` of the current ImGui context's fonts; `words` itself where they have no shaper.
[[nodiscard]] std::string_view display_text(std::string_view words);

}  // namespace ct::ui
