// One field of many records, given the same value in one undo step.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ui/desk.h"

namespace ct::ui {

class BulkEdit {
  public:
    /// Opens the popup in this frame.
    void open() { open_next_ = true; }
    /// What is done with the records: see `draw`.
    using Act = std::function<void(Desk&, const std::vector<Uuid>&)>;
    /// Under the cursor. `with_records` is asked for them when the value is applied: it calls what it is given in
    /// a later frame.
    void draw(Desk& desk, crm::Model model, std::size_t count, const std::function<void(const Act&)>& with_records);

  private:
    void draw_value(Desk& desk, crm::Model model);
    [[nodiscard]] bool apply(Desk& desk, crm::Model model, const std::vector<Uuid>& records);

    bool open_next_ = false, close_next_ = false;
    std::optional<crm::FieldId> field_;
    std::string text_, problem_;
    std::string sought_;  // among people
};

}  // namespace ct::ui
