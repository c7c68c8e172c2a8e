// A body of the protocol as a tree: folded and unfolded by clicks, personal data hidden, also when the body was cut.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ui/desk.h"

namespace ct::ui {

/// One line of a tree.
struct JsonLine {
    int depth = 0;
    std::string key;    ///< name or number of the member; empty at the top
    std::string value;  ///< as JSON; of an object or array what it holds: "{4}"
    bool holder = false;
    bool hidden = false;  ///< the value is personal
    std::size_t end = 0;  ///< of a holder: behind its last line
};

/// What the text says, as far as it is JSON: a body that was cut gives what came before. `whole`: it was all of it.
/// Rows of a pull's page, which name no fields, get the names of their group.
[[nodiscard]] std::vector<JsonLine> json_lines(std::string_view text, bool* whole);

class JsonView {
  public:
    /// `identity`: another one is another text.
    void draw(const Theme& theme, std::uint64_t identity, std::string_view text, bool show_personal, ImVec2 size);

  private:
    std::uint64_t identity_ = 0;
    bool whole_ = true;
    std::vector<JsonLine> lines_;
    std::set<std::size_t> folded_;
};

}  // namespace ct::ui
