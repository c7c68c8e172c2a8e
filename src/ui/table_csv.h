// A table as it stands on the screen, as CSV: into the clipboard, or into a file.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ui/desk.h"
#include "ui/file_chooser.h"

namespace ct::ui {

struct Column;

/// The columns' labels, and a row for each record; those that went are left out. With ids it can be read back: the
/// first column says which record a row is.
void append_csv_header(std::string& out, crm::Model model, std::span<const Column* const> columns, bool with_ids);
void append_csv_row(std::string& out, const client::State& state, const crm::Record& record,
                    std::span<const Column* const> columns, bool with_ids);

/// Writes the view into a file whose name is asked for, or into the clipboard; many rows over several frames.
class TableExport {
  public:
    struct View {
        crm::Model model = crm::Model::lead;
        std::vector<Uuid> rows;
        std::vector<const Column*> columns;
    };
    /// A button with its popup. `view` is asked for when the export begins.
    void draw(Desk& desk, crm::Model model, std::size_t rows, const std::function<View()>& view);
    /// Into the clipboard, for a spreadsheet: without ids. Goes on in `draw`; not while another one is under way.
    void copy(Desk& desk, View view);
    /// The same for everything of a model, all fields included; the button bears its name.
    void draw_all(Desk& desk, crm::Model model);

  private:
    void draw_popup(Desk& desk, crm::Model model, std::size_t rows, const char* what,
                    const std::function<View()>& view);
    void open(const Desk& desk, crm::Model model);
    void begin(View view, bool with_ids);
    void go_on(Desk& desk);

    std::string file_, problem_;
    FileChooser chooser_;
    std::optional<View> view_;  // under way
    bool with_ids_ = false;     // into a file; without: into the clipboard
    std::size_t written_ = 0;   // rows so far
    std::string text_;
    std::size_t next_ = 0;
};

}  // namespace ct::ui
