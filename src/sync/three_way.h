// Three-way merges of one field's value: what two people did to the same text, joined where that is clean.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ct::sync {

/// Sets of short texts, one per line (crm::FieldType::labels): what either side added is in, what either removed is
/// out. Always possible. Sorted by bytes, as crm::validate has them.
[[nodiscard]] std::string merge_sets(std::string_view base, std::string_view first, std::string_view second);

/// Texts, line by line (diff3; Khanna, Kunal, Pierce: "A Formal Investigation of Diff3", 2007, over Myers' O(ND)
/// differences, 1986). Changes of different lines are joined, and so are insertions at the same place, which is what
/// two people do who both add to the end: those of `first` come first. Nothing when both changed the same lines
/// differently, or when the texts have too little in common to tell (more than 2,000 lines differ).
/// The caller passes as `first` whoever is earlier, so that every device comes to the same result.
[[nodiscard]] std::optional<std::string> merge_lines(std::string_view base, std::string_view first,
                                                     std::string_view second);

}  // namespace ct::sync
