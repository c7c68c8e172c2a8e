#include "ui/import_window.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/utf8.h"
#include "crm/csv.h"
#include "ui/actions.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using client::OnDuplicate;
using crm::FieldId;
using crm::Model;

constexpr const char* kTitle = "Import";
constexpr std::array kModels{Model::lead, Model::payment, Model::reminder, Model::note};
constexpr float kPadding = 24;

std::vector<std::string> model_labels() {
    std::vector<std::string> labels;
    for (const Model model : kModels)
        labels.push_back(std::string(crm::def(model).plural) + "##import " + std::string(crm::def(model).plural));
    return labels;
}

const char* separator_words(char separator) {
    return separator == ';' ? "semicolons" : separator == '\t' ? "tabs" : "commas";
}

}  // namespace

// ---- what happens

void ImportWindow::open(Desk& desk, std::string file) {
    open_ = true;
    ImGui::OpenPopup(kTitle);
    if (running_ != 0) return;  // it is shown how far that is
    step_ = Step::file;
    problem_.clear();
    result_.reset();
    refused_.clear();
    mended_.clear();
    if (desk.page == Page::payments) model_ = Model::payment;
    if (desk.page == Page::reminders) model_ = Model::reminder;
    if (desk.page == Page::leads) model_ = Model::lead;
    if (file.empty()) return;
    file_ = std::move(file);
    reading_ = file_;
    desk.post(client::ReadFile{file_});
}

void ImportWindow::on_read(const client::FileRead& read) {
    if (read.file != reading_) return;
    reading_.clear();
    if (read.error) {
        problem_ = read.error->message;
        return;
    }
    encoded_ = crm::csv_text(*read.text);
    text_ = std::make_shared<const std::string>(std::move(encoded_.text));
    encoded_.text.clear();
    look_ = crm::look_at_csv(*text_);
    if (look_.header.empty()) {
        problem_ = "The file is empty, or its first line cannot be read. That line must name the columns";
        return;
    }
    problem_.clear();
    guess();
    step_ = Step::columns;
}

/// Each field at most once; the first column that looks like it.
void ImportWindow::guess() {
    meanings_.assign(look_.header.size(), {});
    for (std::size_t i = 0; i < meanings_.size(); ++i) {
        Meaning meaning;
        meaning.id = crm::plain_column_name(look_.header[i]) == "id";
        if (!meaning.id) meaning.field = crm::likely_field(model_, look_.header[i]);
        const bool taken = std::find(meanings_.begin(), meanings_.begin() + static_cast<std::ptrdiff_t>(i), meaning) !=
                           meanings_.begin() + static_cast<std::ptrdiff_t>(i);
        if (!taken) meanings_[i] = meaning;
    }
}

std::string ImportWindow::problem_of_columns() const {
    std::string missing;
    for (std::size_t i = 0; i < crm::def(model_).fields.size(); ++i) {
        const auto field = static_cast<FieldId>(i);
        const crm::FieldDef& def = crm::def(model_, field);
        if (!def.required || !def.fallback.empty()) continue;
        const bool there = std::any_of(meanings_.begin(), meanings_.end(),
                                       [&](const Meaning& meaning) { return meaning.field == field; });
        if (!there) missing += (missing.empty() ? "" : ", ") + std::string(def.label);
    }
    const bool by_id =
        std::any_of(meanings_.begin(), meanings_.end(), [](const Meaning& meaning) { return meaning.id; });
    if (missing.empty() || by_id) return {};
    return "No column is: " + missing + ". Say below which one it is";
}

client::ImportOptions ImportWindow::options(const Desk& desk, bool dry_run) const {
    client::ImportOptions options;
    options.model = model_;
    options.on_duplicate = on_duplicate_;
    options.dry_run = dry_run;
    options.default_country = desk.config.default_country;
    options.currency = desk.config.currency;
    for (std::size_t i = 0; i < meanings_.size(); ++i) {
        if (trim(look_.header[i]).empty()) continue;
        const Meaning& meaning = meanings_[i];
        options.map.emplace_back(look_.header[i], meaning.id      ? std::string("id")
                                                  : meaning.field ? std::string(crm::def(model_, *meaning.field).name)
                                                                  : std::string());
    }
    return options;
}

void ImportWindow::start(Desk& desk, bool dry_run) {
    client::ImportOptions wanted = options(desk, dry_run);
    wanted.mended = mended_;
    running_ = next_ticket_++;
    rows_ = 0;
    rows_total_ = look_.lines;
    step_ = Step::running;
    desk.post(client::StartImport{running_, text_, std::move(wanted)});
}

/// After an import: what was refused and is mended now, alone, so that nothing else comes twice.
void ImportWindow::start_with_refused(Desk& desk) {
    text_ = std::make_shared<const std::string>(refused_csv(false));
    look_.lines = static_cast<std::int64_t>(refused_.size()) + 1;
    mended_.clear();
    start(desk, false);
}

std::string ImportWindow::refused_csv(bool with_reasons) const {
    std::string out;
    std::vector<std::string> cells = look_.header;
    if (with_reasons) cells.insert(cells.end(), {"Line", "Why it was refused"});
    crm::write_csv_row(out, cells);
    for (const client::RejectedRow& row : refused_) {
        if (row.cells.empty() && !with_reasons) continue;
        cells = row.cells;
        cells.resize(look_.header.size());
        if (with_reasons) cells.insert(cells.end(), {std::to_string(row.line), row.reason});
        crm::write_csv_row(out, cells);
    }
    return out;
}

void ImportWindow::save_refused(Desk& desk) {
    std::string file = file_;
    if (file.size() > 4 && fold(file.substr(file.size() - 4)) == ".csv") file.resize(file.size() - 4);
    desk.post(client::WriteFile{file + "-refused.csv", refused_csv(true)});
}

void ImportWindow::on_ended(Desk& desk, const client::ImportEnded& ended) {
    const client::ImportReport& report = ended.report;
    const auto saved = static_cast<std::size_t>(report.created + report.updated);
    if (ended.reversed) {
        desk.toasts.add(ended.error ? ToastKind::problem : ToastKind::done,
                        ended.error ? ended.error->message
                                    : count_text(static_cast<std::int64_t>(saved), "record", "records") + " as before");
        return;
    }
    if (!ended.dry_run && saved > 0) {
        const std::string what = count_of(model_, saved);
        const auto turn = [&desk, ticket = ended.ticket] { desk.post(client::ReverseImport{ticket}); };
        desk.editor.note("Import " + what, turn);
        if (!open_) {
            offer_undo(desk, "Imported " + what);
        }
    }
    if (ended.ticket != running_) return;
    running_ = 0;
    result_ = ended;
    refused_ = report.rejected;
    result_->report.rejected.clear();
    step_ = Step::result;
}

void ImportWindow::handle(Desk& desk, const client::Event& event) {
    if (const auto* read = std::get_if<client::FileRead>(&event)) {
        on_read(*read);
    } else if (const auto* progress = std::get_if<client::ImportProgress>(&event)) {
        if (progress->ticket != running_) return;
        rows_ = progress->rows;
        rows_total_ = progress->rows_total;
    } else if (const auto* ended = std::get_if<client::ImportEnded>(&event)) {
        on_ended(desk, *ended);
    }
}

// ---- how it looks

void ImportWindow::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    if (desk.import_wanted) open(desk, *std::exchange(desk.import_wanted, std::nullopt));
    if (!open_) return;
    const ImVec2 screen = ImGui::GetMainViewport()->WorkSize;
    ImGui::SetNextWindowPos(ImGui::GetMainViewport()->GetWorkCenter(), ImGuiCond_Always, {0.5F, 0.5F});
    ImGui::SetNextWindowSize(
        {std::min(theme.px(940), screen.x - theme.px(32)), std::min(theme.px(660), screen.y - theme.px(32))});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(kPadding), theme.px(20)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(12));  // a modal one is a window
    open_ = ImGui::BeginPopupModal(kTitle, nullptr,
                                   ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize |
                                       ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
    if (open_) {
        text(theme, step_ == Step::file ? "Import a CSV file" : "Import " + file_.substr(file_.rfind('/') + 1),
             Size::title, true);
        ImGui::Dummy({0, theme.px(4)});
        ImGui::BeginChild("import body", {0, -theme.px(56)}, ImGuiChildFlags_NavFlattened);
        if (step_ == Step::file) draw_file(desk);
        if (step_ == Step::columns) draw_columns(desk);
        if (step_ == Step::running) draw_running(desk);
        if (step_ == Step::result) draw_result(desk);
        ImGui::EndChild();
        draw_foot(desk);
        if (ImGui::IsKeyPressed(ImGuiKey_Escape, false) && !ImGui::GetIO().WantTextInput) ImGui::CloseCurrentPopup();
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar(2);
}

void ImportWindow::draw_file(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    paragraph(theme,
              "A table of customers from a spreadsheet, a telephone or another program, saved as CSV. Nothing is saved "
              "before you have seen what would happen.",
              p.muted);
    ImGui::Dummy({0, theme.px(10)});
    text(theme, "What the rows are", p.muted, Size::small, true);
    const std::vector<std::string> labels = model_labels();
    auto chosen = static_cast<std::size_t>(std::find(kModels.begin(), kModels.end(), model_) - kModels.begin());
    if (segments(theme, "import model", labels, chosen)) model_ = kModels[chosen];
    ImGui::Dummy({0, theme.px(10)});
    text(theme, "File", p.muted, Size::small, true);
    if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
    static constexpr std::array<std::string_view, 3> kTables = {".csv", ".txt", ".tsv"};
    const bool enter = chooser_.field(desk, {"##File to import", "/home/you/customers.csv", false, kTables}, file_,
                                      ImGui::GetContentRegionAvail().x, !problem_.empty());
    text(theme, "Or drop the file onto this window.", p.muted, Size::small);
    if (!problem_.empty()) paragraph(theme, problem_, p.danger.strong, Size::small);
    if (!enter || trim(file_).empty()) return;
    reading_ = file_ = trim(file_);
    desk.post(client::ReadFile{file_});
}

/// How the file was understood, so that a wrong guess is seen here and not in the records.
void ImportWindow::draw_seen(const Desk& desk) const {
    const Theme& theme = desk.theme;
    std::vector<std::string> seen{count_text(std::max<std::int64_t>(look_.lines - 1, 0), "line", "lines"),
                                  std::string("separated by ") + separator_words(look_.separator), encoded_.encoding};
    if (look_.day_first) seen.emplace_back("dates as dd/mm/yyyy");
    if (look_.lakhs) seen.emplace_back("amounts in lakhs (1,50,000)");
    if (look_.blank_lines > 0) seen.push_back(count_text(look_.blank_lines, "blank line", "blank lines") + " left out");
    const float start = ImGui::GetCursorPosX();
    const float room = ImGui::GetContentRegionAvail().x;
    float x = 0;
    for (const std::string& words : seen) {
        const float width = pill_size(theme, words, false).x;
        if (x > 0 && x + width <= room) ImGui::SameLine(0, theme.px(6));
        if (x > 0 && x + width > room) x = 0;
        if (x == 0) ImGui::SetCursorPosX(start);
        pill(theme, words, theme.colors().neutral);
        x += width + theme.px(6);
    }
}

void ImportWindow::draw_columns(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    draw_seen(desk);
    ImGui::Dummy({0, theme.px(4)});
    if (const std::string problem = problem_of_columns(); !problem.empty())
        paragraph(theme, problem, p.warn.strong, Size::small);
    const bool leads = model_ == Model::lead;
    text(
        theme,
        leads ? "When a lead is known already (by phone, e-mail, or name and company)" : "When the id is known already",
        p.muted, Size::small, true);
    constexpr std::array kChoices{OnDuplicate::skip, OnDuplicate::update, OnDuplicate::create};
    const std::string labels[] = {"Skip the row##Skip", "Update the record##Update", "Add another##Create"};
    auto chosen = static_cast<std::size_t>(on_duplicate_);
    if (segments(theme, "on duplicate", labels, chosen)) on_duplicate_ = kChoices[chosen];
    ImGui::Dummy({0, theme.px(6)});
    constexpr ImGuiTableFlags kFlags =
        ImGuiTableFlags_ScrollY | ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_NoSavedSettings;
    ImGui::PushStyleVar(ImGuiStyleVar_CellPadding, ImVec2{theme.px(8), theme.px(4)});
    if (ImGui::BeginTable("columns of the file", 3, kFlags, {0, ImGui::GetContentRegionAvail().y})) {
        ImGui::TableSetupScrollFreeze(0, 1);
        ImGui::TableSetupColumn("Column", ImGuiTableColumnFlags_WidthStretch, 1.0F);
        ImGui::TableSetupColumn("In the file", ImGuiTableColumnFlags_WidthStretch, 1.5F);
        ImGui::TableSetupColumn("Becomes", ImGuiTableColumnFlags_WidthStretch, 1.1F);
        ImGui::TableNextRow();
        for (const char* head : {"Column", "In the file", "Becomes"}) {
            ImGui::TableNextColumn();
            text(theme, head, p.muted, Size::small, true);
        }
        for (std::size_t i = 0; i < look_.header.size(); ++i) {
            ImGui::PushID(static_cast<int>(i));
            ImGui::TableNextRow(ImGuiTableRowFlags_None, theme.px(44));
            const bool used = meanings_[i].id || meanings_[i].field;
            ImGui::TableNextColumn();
            const float down = (theme.px(36) - ImGui::GetFontSize()) / 2;
            ImVec2 at = ImGui::GetCursorScreenPos();
            const std::string name = look_.header[i].empty() ? "(no name)" : look_.header[i];
            draw_text({at.x, at.y + down}, used ? p.text : p.faint, name, ImGui::GetContentRegionAvail().x);
            ImGui::TableNextColumn();
            at = ImGui::GetCursorScreenPos();
            std::string sample;
            for (const auto& row : look_.sample) {
                if (!row[i].empty()) sample += (sample.empty() ? "" : "  ·  ") + row[i];
            }
            std::replace(sample.begin(), sample.end(), '\n', ' ');
            draw_text({at.x, at.y + down}, p.muted, sample.empty() ? "—" : sample, ImGui::GetContentRegionAvail().x);
            ImGui::TableNextColumn();
            draw_meaning(theme, i, ImGui::GetContentRegionAvail().x - theme.px(8));
            ImGui::PopID();
        }
        ImGui::EndTable();
    }
    ImGui::PopStyleVar();
}

void ImportWindow::draw_meaning(const Theme& theme, std::size_t column, float width) {
    Meaning& meaning = meanings_[column];
    const std::string current = meaning.id      ? "Record id"
                                : meaning.field ? std::string(crm::def(model_, *meaning.field).label)
                                                : "Left out";
    const std::string label = "Becomes " + look_.header[column];
    dropdown(
        theme, label.c_str(), current, width,
        [&] {
            const auto pick = [&](const Meaning& picked, const char* words) {
                if (!menu_item(theme, words, nullptr, meaning == picked)) return false;
                for (Meaning& other : meanings_) {  // each field at most once
                    if (other == picked && (picked.id || picked.field)) other = {};
                }
                meaning = picked;
                return true;
            };
            if (pick({}, "Left out")) return true;
            for (std::size_t i = 0; i < crm::def(model_).fields.size(); ++i) {
                const auto field = static_cast<FieldId>(i);
                const crm::FieldDef& def = crm::def(model_, field);
                if (!def.derived() && pick({false, field}, std::string(def.label).c_str())) return true;
            }
            return pick({true, std::nullopt}, "Record id");
        },
        !meaning.id && !meaning.field);
}

void ImportWindow::draw_running(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    ImGui::Dummy({0, theme.px(24)});
    text(theme, count_text(rows_, "row", "rows") + (rows_total_ > 0 ? " of " + count_text(rows_total_, "", "") : ""),
         Size::heading, true);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const float height = theme.px(8);
    const float part =
        rows_total_ > 0 ? std::clamp(static_cast<float>(rows_) / static_cast<float>(rows_total_), 0.0F, 1.0F) : 0.0F;
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(at, {at.x + width, at.y + height}, p.neutral.soft, height / 2);
    if (part > 0)
        list->AddRectFilled(at, {at.x + std::max(height, width * part), at.y + height}, p.info.strong, height / 2);
    ImGui::Dummy({width, height});
    ImGui::Dummy({0, theme.px(8)});
    paragraph(theme,
              "You can close this window and work on. What is imported by then stays when you stop, and can be undone.",
              p.muted, Size::small);
}

void ImportWindow::draw_counts(const Desk& desk) const {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const client::ImportReport& report = result_->report;
    const bool dry = result_->dry_run;
    const auto say = [&](std::int64_t count, const char* would, const char* did, const Tone& tone) {
        pill(theme, count_text(count, "", "") + (dry ? would : did), count > 0 ? tone : p.neutral);
        ImGui::SameLine(0, theme.px(6));
    };
    say(report.created, " would be added", " added", p.ok);
    say(report.updated, " would be updated", " updated", p.info);
    say(report.skipped, " would be skipped", " skipped", p.neutral);
    say(static_cast<std::int64_t>(refused_.size()), " would be refused", " refused", p.danger);
    ImGui::NewLine();
}

void ImportWindow::draw_result(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (result_->error) paragraph(theme, result_->error->message, p.danger.strong);
    if (result_->cancelled) paragraph(theme, "Stopped. What is counted here is saved.", p.warn.strong);
    draw_counts(desk);
    ImGui::Dummy({0, theme.px(4)});
    if (refused_.empty()) {
        if (result_->error) return;
        paragraph(theme,
                  result_->dry_run ? "Every row can be read. Nothing is saved yet." : "Everything is on this laptop.",
                  p.muted);
        return;
    }
    text(theme, "Refused: mend them here, or import without them", p.muted, Size::small, true);
    draw_grid(desk);
}

void ImportWindow::draw_grid(Desk& desk) {
    const Theme& theme = desk.theme;
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < meanings_.size(); ++i) {
        if (meanings_[i].id || meanings_[i].field) columns.push_back(i);
    }
    const auto count = static_cast<int>(std::min<std::size_t>(columns.size(), 60)) + 2;
    constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_ScrollX | ImGuiTableFlags_ScrollY |
                                       ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_NoSavedSettings;
    ImGui::PushStyleVar(ImGuiStyleVar_CellPadding, ImVec2{theme.px(5), theme.px(4)});
    if (ImGui::BeginTable("refused rows", count, kFlags, {0, ImGui::GetContentRegionAvail().y})) {
        ImGui::TableSetupScrollFreeze(1, 1);
        ImGui::TableSetupColumn("Line", ImGuiTableColumnFlags_WidthFixed, theme.px(56));
        ImGui::TableSetupColumn("Why", ImGuiTableColumnFlags_WidthFixed, theme.px(250));
        for (int i = 2; i < count; ++i) ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, theme.px(150));
        ImGui::TableNextRow();
        for (int i = 0; i < count; ++i) {
            ImGui::TableNextColumn();
            const std::string head = i == 0   ? "Line"
                                     : i == 1 ? "Why"
                                              : look_.header[columns[static_cast<std::size_t>(i) - 2]];
            text(theme, head, theme.colors().muted, Size::small, true);
        }
        ImGuiListClipper clipper;
        clipper.Begin(static_cast<int>(refused_.size()), theme.px(44));
        while (clipper.Step()) {
            for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i)
                draw_grid_row(desk, refused_[static_cast<std::size_t>(i)], static_cast<std::size_t>(i));
        }
        ImGui::EndTable();
    }
    ImGui::PopStyleVar();
}

void ImportWindow::draw_grid_row(Desk& desk, client::RejectedRow& row, std::size_t index) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    ImGui::TableNextRow(ImGuiTableRowFlags_None, theme.px(44));
    ImGui::PushID(static_cast<int>(index));
    ImGui::TableNextColumn();
    const float down = (theme.px(36) - ImGui::GetFontSize()) / 2;
    ImVec2 at = ImGui::GetCursorScreenPos();
    draw_text({at.x, at.y + down}, p.muted, std::to_string(row.line));
    ImGui::TableNextColumn();
    at = ImGui::GetCursorScreenPos();
    const bool mended = mended_.contains(row.line);
    draw_text({at.x, at.y + down}, mended ? p.ok.strong : p.danger.strong, mended ? "Mended. Try again" : row.reason,
              ImGui::GetContentRegionAvail().x);
    if (ImGui::IsMouseHoveringRect(at, {at.x + theme.px(250), at.y + theme.px(36)}) && ImGui::IsWindowHovered())
        ImGui::SetTooltip("%s", row.reason.c_str());
    for (std::size_t i = 0; i < meanings_.size(); ++i) {
        if (!meanings_[i].id && !meanings_[i].field) continue;
        if (!ImGui::TableNextColumn()) continue;
        if (row.cells.size() <= i) row.cells.resize(look_.header.size());
        const bool at_fault = !mended && meanings_[i].field && crm::def(model_, *meanings_[i].field).name == row.field;
        const std::string label = "##" + look_.header[i] + " of line " + std::to_string(row.line);
        if (text_field(theme, label.c_str(), "", row.cells[i], ImGui::GetContentRegionAvail().x, at_fault))
            mended_[row.line] = row.cells;
    }
    ImGui::PopID();
}

void ImportWindow::draw_foot(Desk& desk) {
    const Theme& theme = desk.theme;
    ImGui::Dummy({0, theme.px(6)});
    const auto next = [&] { ImGui::SameLine(0, theme.px(8)); };
    const auto close = [&](const char* label) {
        if (button(theme, label, ButtonKind::quiet)) ImGui::CloseCurrentPopup();
    };
    // The keyboard begins at what is mostly done next; not where Enter, pressed once too often, would stop or undo.
    const bool leads_on = step_ == Step::columns || (step_ == Step::result && result_->dry_run);
    if (step_ != step_drawn_ && leads_on) ImGui::SetKeyboardFocusHere();
    step_drawn_ = step_;
    switch (step_) {
        case Step::file: {
            ImGui::BeginDisabled(trim(file_).empty() || !reading_.empty());
            if (button(theme, reading_.empty() ? "Read it##Read file" : "Reading…##Read file", ButtonKind::primary)) {
                reading_ = file_ = trim(file_);
                desk.post(client::ReadFile{file_});
            }
            ImGui::EndDisabled();
            next();
            return close("Cancel##import");
        }
        case Step::columns:
            if (button(theme, "Try it, save nothing##Try import", ButtonKind::primary)) start(desk, true);
            next();
            if (button(theme, "Another file")) step_ = Step::file;
            next();
            return close("Cancel##import");
        case Step::running:
            if (button(theme, "Stop##Stop import", ButtonKind::danger)) desk.post(client::CancelImport{});
            next();
            return close("Close##import");
        case Step::result: break;
    }
    const bool dry = result_->dry_run;
    if (dry && !result_->error) {
        if (!mended_.empty()) {
            if (button(theme, "Try again##Try import", ButtonKind::primary)) start(desk, true);
            next();
        }
        ImGui::BeginDisabled(result_->report.created + result_->report.updated == 0 && mended_.empty());
        if (button(theme, "Import##Do import", mended_.empty() ? ButtonKind::primary : ButtonKind::plain))
            start(desk, false);
        ImGui::EndDisabled();
        next();
    }
    if (dry || result_->error) {
        if (button(theme, "Back##To columns")) {
            step_ = Step::columns;
        }
        next();
    } else if (!mended_.empty()) {
        if (button(theme, "Import what is mended##Import mended", ButtonKind::primary)) start_with_refused(desk);
        next();
    }
    if (!refused_.empty()) {
        if (button(theme, "Save the refused rows##Save refused", ButtonKind::plain, icon::kDownload))
            save_refused(desk);
        next();
    }
    if (!dry && result_->report.created + result_->report.updated > 0) {
        if (button(theme, "Undo the import##Undo import", ButtonKind::plain, icon::kUndo)) {
            desk.later([&desk] { undo(desk); });
            ImGui::CloseCurrentPopup();
        }
        next();
    }
    close(dry ? "Cancel##import" : "Done##import");
}

}  // namespace ct::ui
