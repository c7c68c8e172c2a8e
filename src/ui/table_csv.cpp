#include "ui/table_csv.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/local_time.h"
#include "base/utf8.h"
#include "crm/csv.h"
#include "crm/csv_columns.h"
#include "crm/validate.h"
#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/people.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::Model;

constexpr std::size_t kRowsPerFrame = 20'000;

/// A column of names of others: not what the field itself is called, or reading the file back would take names for ids.
bool of_lead(Model model, const Column& column) {
    return column.kind == Column::Kind::lead || (column.kind == Column::Kind::title && model == Model::payment);
}

std::string header_of(Model model, const Column& column) {
    switch (column.kind) {
        case Column::Kind::updated: return "updatedAt";
        case Column::Kind::sync: return "syncStatus";
        default: break;
    }
    const std::string label(crm::def(model, column.field).label);
    if (column.kind == Column::Kind::person) return label + " (name)";
    return of_lead(model, column) ? "Lead's name" : label;
}

std::string cell_of(const client::State& state, const crm::Record& record, const Column& column) {
    if (column.kind == Column::Kind::updated) return format_rfc3339(record.updated_at);
    if (column.kind == Column::Kind::sync) return std::string(crm::name(record.sync_status));
    if (column.kind == Column::Kind::person)
        return crm::csv_text_cell(person_text(state, record.fields.text(column.field)));
    if (of_lead(record.model, column)) return crm::csv_text_cell(lead_of(state, record));
    return crm::csv_cell(record.model, column.field, record.fields.get(column.field), currency_of(record));
}

std::string suggested_file(Model model, UnixMs now) {
    const char* home = std::getenv("HOME");
    std::string name(crm::def(model).plural);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    return (home == nullptr ? std::string(".") : std::string(home)) + "/" + name + "-" +
           date_input_text(start_of_day(now)) + ".csv";
}

/// One column for each field, and the names beside the ids of people; they live as long as the program.
std::vector<const Column*> all_columns(Model model) {
    static const auto kColumns = [] {
        std::array<std::vector<Column>, crm::kModelCount> all;
        for (const crm::ModelDef& known : crm::models()) {
            std::vector<Column>& columns = all[static_cast<std::size_t>(known.model)];
            for (std::size_t i = 0; i < known.fields.size(); ++i) {
                columns.push_back({Column::Kind::field, static_cast<crm::FieldId>(i)});
                if (known.fields[i].names_person())
                    columns.push_back({Column::Kind::person, static_cast<crm::FieldId>(i)});
            }
        }
        return all;
    }();
    std::vector<const Column*> columns;
    for (const Column& column : kColumns[static_cast<std::size_t>(model)]) columns.push_back(&column);
    return columns;
}

}  // namespace

void append_csv_header(std::string& out, Model model, std::span<const Column* const> columns, bool with_ids) {
    std::vector<std::string> cells;
    if (with_ids) cells.emplace_back("id");
    for (const Column* column : columns) cells.push_back(header_of(model, *column));
    crm::write_csv_row(out, cells);
}

void append_csv_row(std::string& out, const client::State& state, const crm::Record& record,
                    std::span<const Column* const> columns, bool with_ids) {
    std::vector<std::string> cells;
    if (with_ids) cells.push_back(record.id.str());
    for (const Column* column : columns) cells.push_back(cell_of(state, record, *column));
    crm::write_csv_row(out, cells);
}

void TableExport::begin(View view, bool with_ids) {
    view_ = std::move(view);
    with_ids_ = with_ids;
    next_ = written_ = 0;
    text_.clear();
    append_csv_header(text_, view_->model, view_->columns, with_ids);
}

void TableExport::copy(Desk& desk, View view) {
    if (view_) return;
    begin(std::move(view), false);
    go_on(desk);
}

void TableExport::go_on(Desk& desk) {
    const std::size_t end = std::min(next_ + kRowsPerFrame, view_->rows.size());
    for (; next_ < end; ++next_) {
        const crm::Record* record = desk.state.find(view_->model, view_->rows[next_]);
        if (record == nullptr) continue;
        append_csv_row(text_, desk.state, *record, view_->columns, with_ids_);
        ++written_;
    }
    desk.redraw_within(0);
    if (next_ < view_->rows.size()) return;
    if (with_ids_) {
        desk.post(client::WriteFile{file_, std::move(text_)});
    } else if (written_ > 0) {
        ImGui::SetClipboardText(text_.c_str());
        desk.toasts.add(ToastKind::info, "Copied " + count_of(view_->model, written_) + " as CSV");
    }
    view_.reset();
    text_ = {};
}

void TableExport::open(const Desk& desk, Model model) {
    file_ = suggested_file(model, desk.now());
    ImGui::OpenPopup("export");
}

void TableExport::draw(Desk& desk, Model model, std::size_t rows, const std::function<View()>& view) {
    const Theme& theme = desk.theme;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (view_) go_on(desk);
    ImGui::BeginDisabled(view_.has_value());
    if (icon_button(theme, "Export this table", icon::kDownload)) open(desk, model);
    ImGui::EndDisabled();
    ImGui::SetNextWindowPos({at.x + theme.px(32), at.y + theme.px(38)}, ImGuiCond_Always, {1, 0});
    draw_popup(desk, model, rows,
               "The rows and columns of this table, in its order, as CSV. Reading it back changes nothing.", view);
}

void TableExport::draw_all(Desk& desk, Model model) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (view_) go_on(desk);
    const client::Table& table = desk.state.table(model);
    ImGui::PushID(static_cast<int>(model));
    ImGui::BeginDisabled(view_.has_value() || table.size() == 0);
    const std::string label = std::string(crm::def(model).plural) + "##export all";
    if (button(desk.theme, label.c_str(), ButtonKind::plain, icon::kDownload)) open(desk, model);
    ImGui::EndDisabled();
    ImGui::SetNextWindowPos({at.x, at.y + desk.theme.px(40)}, ImGuiCond_Appearing);
    draw_popup(desk, model, table.size(), "All of them with all their fields, as CSV. Reading it back changes nothing.",
               [&table, model] {
                   View view{model, {}, all_columns(model)};
                   view.rows.reserve(table.size());
                   for (const crm::Record& record : table.all()) view.rows.push_back(record.id);
                   return view;
               });
    ImGui::PopID();
}

void TableExport::draw_popup(Desk& desk, Model model, std::size_t rows, const char* what,
                             const std::function<View()>& view) {
    const Theme& theme = desk.theme;
    ImGui::SetNextWindowSize({theme.px(420), 0});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(16), theme.px(14)});
    if (ImGui::BeginPopup("export")) {
        text(theme, "Export " + count_of(model, rows), Size::body, true);
        paragraph(theme, what, theme.colors().muted, Size::small);
        if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
        const bool enter =
            chooser_.field(desk, {"##Export to", "Path of the file", true}, file_, ImGui::GetContentRegionAvail().x);
        ImGui::Dummy({0, theme.px(4)});
        ImGui::BeginDisabled(trim(file_).empty());
        const bool pressed = button(theme, "Export", ButtonKind::primary, icon::kDownload);
        ImGui::EndDisabled();
        if ((pressed || enter) && !trim(file_).empty()) {
            file_ = trim(file_);
            begin(view(), true);
            ImGui::CloseCurrentPopup();
        }
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
}

}  // namespace ct::ui
