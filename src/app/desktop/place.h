// Where the window was, so that it is there again.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace ct::app {

struct Place {
    int x = 0, y = 0, width = 0, height = 0;  ///< of its inside, in the desktop's coordinates
    bool maximized = false;

    bool operator==(const Place&) const = default;
};

[[nodiscard]] std::optional<Place> read_place(const std::string& file);
[[nodiscard]] Result<void> write_place(const std::string& file, const Place& place);

}  // namespace ct::app
