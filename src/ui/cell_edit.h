// One cell of a table being typed into.
#pragma once

#include <optional>
#include <string>

#include "ui/desk.h"

namespace ct::ui {

class CellEditor {
  public:
    enum class End : std::uint8_t { none, saved, given_up, next, previous };

    /// Whether a field can be edited in a cell: not what is derived, refers to other records or has several lines.
    [[nodiscard]] static bool can_edit(crm::Model model, crm::FieldId field);

    void begin(const crm::Record& record, int column, crm::FieldId field);
    void close() { column_ = -1; }
    /// A cell that is not drawn any more (scrolled away, filtered out) is saved and closed.
    void leave_out_of_sight(Desk& desk, crm::Model model);
    [[nodiscard]] bool open() const { return column_ >= 0; }
    [[nodiscard]] int column() const { return column_; }
    [[nodiscard]] bool at(const Uuid& record, int column) const { return column_ == column && record_ == record; }
    /// Into the cell whose top left is the cursor. What it was left by; saving is carried out at the frame's end. A
    /// value that is wrong keeps the editor open, with the reason beneath.
    [[nodiscard]] End draw(Desk& desk, const crm::Record& record, float height);

  private:
    [[nodiscard]] End draw_choice(Desk& desk, const crm::Record& record, float width, float height);
    [[nodiscard]] End draw_text(Desk& desk, const crm::Record& record, float width, float height);
    [[nodiscard]] bool save(Desk& desk, const crm::Record& record);

    Uuid record_;
    int column_ = -1;
    crm::FieldId field_ = 0;
    std::string text_, original_, problem_;
    std::string sought_;        // among people
    End left_by_ = End::saved;  // the key that was pressed last says how
    int drawn_in_ = 0;          // frame
    int frames_ = 0;            // since it began: the keyboard comes in the second
};

}  // namespace ct::ui
