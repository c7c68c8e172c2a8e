// CSV by RFC 4180, streaming both ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ct::crm {

/// Reads rows one by one from text held in memory. Takes CRLF and LF, a byte order mark, quoted fields with
/// embedded line breaks; the separator (comma, semicolon or tab) is taken from the first line.
class CsvReader {
  public:
    explicit CsvReader(std::string_view text);
    /// False at the end. Blank lines are skipped. Error INVALID_CSV says what is wrong, and line() where; the next
    /// call goes on behind the bad row, so that the good ones can be read.
    [[nodiscard]] Result<bool> next(std::vector<std::string>& row);
    [[nodiscard]] std::int64_t line() const { return row_line_; }  ///< where the last row began, from 1
    [[nodiscard]] char separator() const { return separator_; }

  private:
    bool take_line_end();  // LF, CRLF, or the lone CR of old spreadsheets
    void count_lines(std::string_view quoted);
    [[nodiscard]] Failure skip_row(std::string_view what);

    std::string_view text_;
    std::size_t at_ = 0;
    std::int64_t line_ = 1;
    std::int64_t row_line_ = 1;
    char separator_ = ',';
};

/// Appends one row, CRLF ended, quoting where needed.
void write_csv_row(std::string& out, const std::vector<std::string>& row);

}  // namespace ct::crm
