// Records as rows of a CSV: which column is which field, and cells to values and back. Cells are what people write in
// spreadsheets: money with its point and grouping ("1,50,000.50"; not minor units), dates as 2026-11-23 or 23/11/2026,
// times in UTC. What `csv_row` writes comes back as it was.
//
// A spreadsheet would compute a text that looks like a formula ("=HYPERLINK(…)", in a lead's name from a web form).
// Such a text has an apostrophe before it in the file, which reading takes off again; numbers, and phone numbers with
// their plus, are left as they are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crm/record.h"

namespace ct::crm {

/// "id", then every field that is not derived, by name.
[[nodiscard]] std::vector<std::string> csv_header(Model model);
[[nodiscard]] std::vector<std::string> csv_row(const Record& record);
/// A text as a cell that no spreadsheet takes for a formula.
[[nodiscard]] std::string csv_text_cell(std::string text);
/// One value as its cell. `currency` is the record's; only money looks at it.
[[nodiscard]] std::string csv_cell(Model model, FieldId field, ValueView value, std::string_view currency);
/// The inverse. Blank is absent. Errors as parse_value: INVALID_FIELD, with `field` set.
[[nodiscard]] Result<Value> parse_csv_cell(Model model, FieldId field, std::string_view cell,
                                           std::string_view currency);
/// The currency of the model's amounts, where it has any.
[[nodiscard]] std::optional<FieldId> currency_field(Model model);

/// What two names have in common that people would call the same: "E-mail", "email"; "Enquiry date", "enquiry_date".
[[nodiscard]] std::string plain_column_name(std::string_view name);
/// The field of that name or label; not one that is derived.
[[nodiscard]] std::optional<FieldId> csv_field(Model model, std::string_view name);

class CsvColumns {
  public:
    /// A column's name for a field, by its user: {"Mobile no", "phone"}; "" as the field: to be left out.
    using Map = std::vector<std::pair<std::string, std::string>>;

    /// Columns are found by their names: a field's name or label in any case, with or without spaces, hyphens and
    /// underscores; "id" is the record's. UNKNOWN_COLUMN (the map names one that is not there), UNKNOWN_FIELD (the map
    /// names none of the model's), DUPLICATE_COLUMN (two for one field), NO_COLUMNS (none fits).
    [[nodiscard]] static Result<CsvColumns> find(Model model, const std::vector<std::string>& header, const Map& map);

    /// Columns that are no field, as they are called in the file.
    [[nodiscard]] const std::vector<std::string>& ignored() const { return ignored_; }
    [[nodiscard]] bool has_id() const { return id_.has_value(); }
    [[nodiscard]] std::string_view id(std::span<const std::string> cells) const;
    [[nodiscard]] std::string_view cell(std::span<const std::string> cells, FieldId field) const;
    [[nodiscard]] std::optional<std::size_t> column(FieldId field) const;  ///< in the file, from 0
    [[nodiscard]] static bool blank(std::span<const std::string> cells);

    /// What the row says of a record: its cells that are not blank and, with `existing`, differ from what is there.
    /// `currency` counts where neither the row nor the record tells one. A row longer than the header is refused
    /// (TOO_MANY_CELLS): an unquoted separator has shifted what follows.
    [[nodiscard]] Result<Changes> changes(std::span<const std::string> cells, const Record* existing,
                                          std::string_view currency) const;

  private:
    explicit CsvColumns(Model model) : model_(model) {}
    [[nodiscard]] Result<std::string> row_currency(std::span<const std::string> cells, const Record* existing,
                                                   std::string_view fallback) const;

    Model model_;
    std::size_t width_ = 0;
    std::optional<std::size_t> id_;
    std::vector<std::pair<FieldId, std::size_t>> fields_;  // in the order of the file
    std::vector<std::string> ignored_;
};

}  // namespace ct::crm
