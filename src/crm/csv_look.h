// What a CSV file looks like, before anybody imports it: so that a person sees that it was understood.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/model.h"

namespace ct::crm {

/// A file's bytes as UTF-8 text. UTF-16 is known by its byte order mark; what is no UTF-8 is taken for Windows-1252, in
/// which every byte is some character.
struct CsvText {
    std::string text;
    std::string encoding;  ///< "UTF-8", "UTF-8 with byte order mark", "UTF-16", "Windows-1252"
};
[[nodiscard]] CsvText csv_text(std::string_view bytes);

struct CsvLook {
    char separator = ',';
    std::int64_t lines = 0;        ///< of the file
    std::int64_t blank_lines = 0;  ///< in the part that was looked at
    bool day_first = false;        ///< 23/11/2026 was seen
    bool lakhs = false;            ///< 1,50,000 was seen
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> sample;  ///< the first rows, each as long as the header
};
/// Reads the first rows; those that cannot be read are passed over.
[[nodiscard]] CsvLook look_at_csv(std::string_view text);

/// The field that a column of this name most likely is: its name or label, or what people call it ("Mobile no").
[[nodiscard]] std::optional<FieldId> likely_field(Model model, std::string_view column);

}  // namespace ct::crm
