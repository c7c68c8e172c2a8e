// CSV into records, step by step: which file, which column is what, a trial, the rows that were refused mended in the
// grid, and then the import, which can be stopped, and taken back as a whole.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crm/csv_look.h"
#include "ui/desk.h"
#include "ui/file_chooser.h"

namespace ct::ui {

class ImportWindow {
  public:
    /// When `desk.import_wanted`, or already open.
    void draw(Desk& desk);
    /// FileRead, ImportProgress, ImportEnded.
    void handle(Desk& desk, const client::Event& event);

  private:
    enum class Step : std::uint8_t { file, columns, running, result };
    /// What a column of the file is taken for.
    struct Meaning {
        bool id = false;
        std::optional<crm::FieldId> field;  ///< neither: it is left out
        bool operator==(const Meaning&) const = default;
    };

    void open(Desk& desk, std::string file);
    void on_read(const client::FileRead& read);
    void on_ended(Desk& desk, const client::ImportEnded& ended);
    void guess();
    void start(Desk& desk, bool dry_run);
    void start_with_refused(Desk& desk);
    void save_refused(Desk& desk);
    [[nodiscard]] client::ImportOptions options(const Desk& desk, bool dry_run) const;
    [[nodiscard]] std::string refused_csv(bool with_reasons) const;
    [[nodiscard]] std::string problem_of_columns() const;

    void draw_file(Desk& desk);
    void draw_columns(Desk& desk);
    void draw_seen(const Desk& desk) const;
    void draw_meaning(const Theme& theme, std::size_t column, float width);
    void draw_running(Desk& desk);
    void draw_result(Desk& desk);
    void draw_counts(const Desk& desk) const;
    void draw_grid(Desk& desk);
    void draw_grid_row(Desk& desk, client::RejectedRow& row, std::size_t index);
    void draw_foot(Desk& desk);

    bool open_ = false;
    Step step_ = Step::file;
    Step step_drawn_ = Step::file;
    crm::Model model_ = crm::Model::lead;
    FileChooser chooser_;
    std::string file_, problem_;
    std::string reading_;  // the file that is awaited
    std::shared_ptr<const std::string> text_;
    crm::CsvText encoded_;  // but for its text
    crm::CsvLook look_;
    std::vector<Meaning> meanings_;  // by column
    client::OnDuplicate on_duplicate_ = client::OnDuplicate::skip;

    std::uint64_t next_ticket_ = 1;
    std::uint64_t running_ = 0;  // 0: nothing is
    std::int64_t rows_ = 0, rows_total_ = 0;
    std::optional<client::ImportEnded> result_;
    std::vector<client::RejectedRow> refused_;  // as mended so far
    std::map<std::int64_t, std::vector<std::string>> mended_;
};

}  // namespace ct::ui
