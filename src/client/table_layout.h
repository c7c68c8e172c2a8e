// How a table is arranged, and the arrangements that somebody gave names: kept in config.json.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace ct::client {

/// Columns and sorting by the names of fields, "updatedAt" and "syncStatus". What it does not name is as the program
/// has it; names that this version does not know are passed over.
struct TableLayout {
    struct Column {
        std::string name;
        float width = 0;  ///< share of the free width, or pixels at scale 1, as the column has it; 0: its own
        bool shown = true;
        bool operator==(const Column&) const = default;
    };
    struct Sort {
        std::string column;
        bool descending = false;
        bool operator==(const Sort&) const = default;
    };
    std::vector<Column> columns;  ///< from left to right
    std::vector<Sort> sort;       ///< the first counts most
    bool operator==(const TableLayout&) const = default;
};

/// A filter, a sorting and columns by a name.
struct SavedView {
    std::string name, model, filter;
    std::string quick;  ///< the quick filter's label; empty: the first
    TableLayout layout;
    bool operator==(const SavedView&) const = default;
};

using TableLayouts = std::map<std::string, TableLayout>;  ///< by the model's name

[[nodiscard]] nlohmann::json to_json(const TableLayouts& layouts);
[[nodiscard]] nlohmann::json to_json(const std::vector<SavedView>& views);
/// Errors are sentences that go on behind the member's name ("must be …").
[[nodiscard]] Result<TableLayouts> layouts_from_json(const nlohmann::json& value);
[[nodiscard]] Result<std::vector<SavedView>> views_from_json(const nlohmann::json& value);

}  // namespace ct::client
