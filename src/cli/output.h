// How results and errors look: one JSON value for scripts, aligned tables for people.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crm/record.h"

namespace ct::cli {

using Json = nlohmann::ordered_json;

/// One line of JSON; text that is no UTF-8 (an argument in an error, say) is mended rather than refused.
void print_json(std::ostream& out, const Json& value);

/// Columns that are empty in every row are left out.
class TextTable {
  public:
    enum class Align : std::uint8_t { left, right };
    void add_column(std::string_view title, Align align = Align::left);
    void add_row(std::vector<std::string> cells);  ///< one per column; line breaks and controls become spaces
    /// `width` columns of the terminal; longer lines end in "…". 0: nothing is cut.
    void print(std::ostream& out, std::size_t width) const;
    [[nodiscard]] std::size_t rows() const { return rows_.size(); }

  private:
    std::vector<std::string> titles_;
    std::vector<Align> aligns_;
    std::vector<std::vector<std::string>> rows_;
};

/// Columns that the text takes on a terminal: 2 for East Asian wide signs and most emoji, 0 for combining marks.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// At most `width` columns, the last one "…" when something was cut.
[[nodiscard]] std::string cut(std::string_view text, std::size_t width);

/// A field's value for people: money grouped and with its currency, times local, labels spaced.
[[nodiscard]] std::string shown(const crm::Record& record, crm::FieldId field);
[[nodiscard]] std::string shown_time(UnixMs at);  ///< "2026-11-23 14:03", "" for 0
[[nodiscard]] std::string shown_bytes(std::int64_t bytes);
/// The end of an id: the part that tells neighbours apart, and enough to name a record by.
[[nodiscard]] std::string short_id(const Uuid& id);
[[nodiscard]] std::string joined(const std::vector<std::string>& words);  ///< "Payment, Lead.notes"

}  // namespace ct::cli
