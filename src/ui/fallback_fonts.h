// Fonts for scripts that the program's own font lacks. Together they are tens of megabytes, and most people write in
// one script: a font is opened when a character is to be drawn that no font before it has.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace ct::ui {

class FallbackFonts {
  public:
    /// Files in the order in which they are asked; those that are missing are passed over.
    explicit FallbackFonts(const std::vector<std::string>& files = {});
    ~FallbackFonts();
    FallbackFonts(FallbackFonts&&) noexcept;
    FallbackFonts& operator=(FallbackFonts&&) noexcept;
    FallbackFonts(const FallbackFonts&) = delete;
    FallbackFonts& operator=(const FallbackFonts&) = delete;

    /// Puts them, and the glyphs of shaped text (ui/shaping.h), behind the fonts that the current ImGui context's last
    /// font is made of. One set for each context.
    void merge(float size) const;
    [[nodiscard]] std::size_t opened() const;

    struct Impl;  ///< for the functions that ImGui calls

  private:
    std::unique_ptr<Impl> impl_;
};

/// Those of the Noto fonts that are installed, where Debian, Fedora or Arch have them.
[[nodiscard]] FallbackFonts system_fallback_fonts();

}  // namespace ct::ui
