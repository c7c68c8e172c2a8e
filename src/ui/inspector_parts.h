// What the inspector's tabs are made of: facts in two columns, dense grids with aligned numbers, charts, and what hides
// personal data.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/recorder.h"
#include "crm/record.h"
#include "ui/desk.h"
#include "ui/widgets.h"

namespace ct::ui {

/// A line of label and value; too long a value is cut, and whole in its tooltip. A click copies it.
void fact(const Theme& theme, const char* label, std::string_view value, const Tone* tone = nullptr);
/// A box with a small heading, of the given size; `end_panel` always.
void begin_panel(const Theme& theme, const char* title, ImVec2 size);
void end_panel();

struct GridColumn {
    const char* head;
    float width;         ///< below 0: fixed, so many pixels at scale 1; else a share of what is left
    bool right = false;  ///< numbers
};
/// A table of one-line rows with a head that stays, until the end of its scope. The columns must outlive it.
class Grid {
  public:
    Grid(const Theme& theme, const char* id, std::span<const GridColumn> columns, ImVec2 size);
    ~Grid();
    Grid(const Grid&) = delete;
    Grid& operator=(const Grid&) = delete;

    /// Only the rows in sight: `draw(i)` draws one. Nothing when the table is out of sight itself.
    void rows(std::size_t count, const std::function<void(std::size_t)>& draw) const;
    /// Begins a row. `label` names it for the keyboard and for tests; true when it was picked.
    bool row(const char* label, bool selected) const;
    /// Fills the next cell of the row.
    void cell(std::string_view words, ImU32 color, bool semibold = false) const;
    /// The next cell is drawn by hand: where it begins, and its size.
    [[nodiscard]] std::pair<ImVec2, ImVec2> cell_by_hand() const;
    void next() const;

  private:
    const Theme& theme_;
    std::span<const GridColumn> columns_;
    bool begun_;
};

struct Series {
    std::vector<float> values;  ///< oldest first; drawn to the right edge
    ImU32 color;
    std::string name;  ///< with its last value, for the legend
};
/// Lines over time in the whole panel that is left. `slots`: how many values fill the width.
void draw_lines(const Theme& theme, std::span<const Series> series, std::size_t slots, float at_least,
                const std::function<std::string(float)>& words_of_value);
struct Bar {
    float value = 0;
    std::string below;  ///< its label on the axis, or empty
};
void draw_bars(const Theme& theme, std::span<const Bar> bars, ImU32 color,
               const std::function<std::string(float)>& words_of_value);
void draw_legend(const Theme& theme, std::span<const Series> series);

inline constexpr std::string_view kMasked = "•••";
/// The value for the screen, or kMasked.
[[nodiscard]] std::string shown_value(crm::Model model, crm::FieldId field, const crm::ValueView& value,
                                      bool show_personal);
/// Whether a member of the protocol's JSON may be shown, by its name.
[[nodiscard]] bool structural(std::string_view member);

[[nodiscard]] std::string recorder_words(const client::RecorderStatus& recorder);  ///< "On, 3.1 of 64 MB"
[[nodiscard]] std::string capital(std::string_view words);                         ///< "sign in" -> "Sign in"
[[nodiscard]] std::string short_id(const Uuid& id);             ///< its end, which tells neighbours apart
[[nodiscard]] std::string time_words(UnixMs at);                ///< "14:03:22"; with the date when not today's
[[nodiscard]] std::string stamp_words(std::string_view stamp);  ///< "14:03:22.125 · 0 · 1a2b3c4d"
[[nodiscard]] std::string us_words(std::int64_t us);            ///< "—" below 0, "0.42 ms", "1.2 s"
[[nodiscard]] std::string age_words(std::int64_t ms);           ///< "12 s", "5 min", "3 h", "2 d"

}  // namespace ct::ui
