// One field of many records, given the same value in one undo step.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ui/desk.h"

namespace ct::ui {

class BulkEdit {
  public:
    /// Opens the popup in this frame.
    void open() { open_next_ = true; }
    /// Under the cursor; `records` are asked for when the value is applied.
    void draw(Desk& desk, crm::Model model, std::size_t count, const std::function<std::vector<Uuid>()>& records);

  private:
    void draw_value(Desk& desk, crm::Model model);
    [[nodiscard]] bool apply(Desk& desk, crm::Model model, const std::vector<Uuid>& records);

    bool open_next_ = false;
    std::optional<crm::FieldId> field_;
    std::string text_, problem_;
};

}  // namespace ct::ui
