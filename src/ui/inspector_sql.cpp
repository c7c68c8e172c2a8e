// One question in SQL to this laptop's database; it can only read, and ends after two seconds.
#include <algorithm>
#include <array>

#include "ui/format.h"
#include "ui/icons.h"
#include "ui/inspector_parts.h"
#include "ui/inspector_tabs.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

struct Example {
    const char* words;
    const char* sql;
};
constexpr std::array<Example, 6> kExamples{{
    {"What waits, by state",
     "SELECT state, count(*) AS edits, sum(bytes) AS bytes, min(createdAt) AS oldest\nFROM sync_queue GROUP BY state"},
    {"Refused edits",
     "SELECT id, model, recordId, error, errorMessage, retryCount\nFROM sync_queue WHERE error IS NOT NULL"},
    {"The last rounds",
     "SELECT datetime(startedAt/1000,'unixepoch','localtime') AS at, durationMs, outcome, pushed, pulled, bytesSent,\n"
     "bytesReceived FROM sync_history ORDER BY id DESC LIMIT 50"},
    {"What this laptop knows of itself", "SELECT key, value FROM sync_state ORDER BY key"},
    {"Records that the server has not seen", "SELECT id, createdAt, syncStatus FROM lead WHERE version = 0"},
    {"What there is", "SELECT name, type, sql FROM sqlite_schema ORDER BY name"},
}};

std::string csv_cell(const std::optional<std::string>& cell) {
    if (!cell) return {};
    if (cell->find_first_of("\",\r\n") == std::string::npos) return *cell;
    std::string quoted = "\"";
    for (const char c : *cell) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

std::string csv_of(const store::QueryResult& result) {
    std::string csv;
    const auto line = [&csv](std::size_t count, const auto& cell) {
        for (std::size_t i = 0; i < count; ++i) csv += (i > 0 ? "," : "") + csv_cell(cell(i));
        csv += "\r\n";
    };
    line(result.columns.size(), [&](std::size_t i) { return std::optional(result.columns[i]); });
    for (const auto& row : result.rows) line(row.size(), [&](std::size_t i) { return row[i]; });
    return csv;
}

std::string one_line(std::string words) {
    std::replace_if(
        words.begin(), words.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return words;
}

}  // namespace

void InspectorSql::run(Desk& desk) {
    running_ = true;
    desk.post(client::inspect::RunQuery{sql_});
}

void InspectorSql::draw(Desk& desk, InspectorData& data) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (data.query != before_) {
        before_ = data.query;
        running_ = false;
    }
    const float width = ImGui::GetContentRegionAvail().x;
    text_area(theme, "##Query", sql_, width, theme.px(92), false);
    const bool entered = ImGui::IsItemActive() && ImGui::GetIO().KeyCtrl && ImGui::IsKeyPressed(ImGuiKey_Enter, false);
    ImGui::BeginDisabled(running_ || sql_.empty());
    if (button(theme, running_ ? "Running …" : "Run", ButtonKind::primary, nullptr, theme.px(96)) || entered) run(desk);
    ImGui::EndDisabled();
    ImGui::SameLine(0, theme.px(8));
    dropdown(theme, "Examples", "Examples", theme.px(150), [&] {
        for (const Example& example : kExamples) {
            if (!menu_item(theme, example.words)) continue;
            sql_ = example.sql;
            return true;
        }
        return false;
    });
    ImGui::SameLine(0, theme.px(12));
    const float y = ImGui::GetCursorPosY();
    ImGui::SetCursorPosY(y + theme.px(9));
    if (data.query && data.query->error) {
        text(theme, data.query->error->message, p.danger.strong, Size::small);
    } else if (data.query) {
        const store::QueryResult& result = data.query->result;
        std::string words = count_text(static_cast<std::int64_t>(result.rows.size()), "row", "rows") + " in " +
                            us_words(result.took_us);
        if (result.cut) words += "; there are more";
        text(theme, words, p.muted, Size::small);
        ImGui::SameLine(0, theme.px(16));
        if (link(theme, "Copy as CSV")) {
            ImGui::SetClipboardText(csv_of(result).c_str());
            desk.toasts.add(ToastKind::done,
                            "Copied " + count_text(static_cast<std::int64_t>(result.rows.size()), "row", "rows"));
        }
    } else {
        text(theme, "Reads only; ends after 2 s. Ctrl+Enter runs it", p.muted, Size::small);
    }
    ImGui::SetCursorPosY(y + theme.px(44));
    ImGui::Dummy({0, 0});  // also where nothing follows
    draw_result(desk, data);
}

void InspectorSql::draw_result(Desk& desk, const InspectorData& data) {
    if (!data.query || data.query->error || data.query->result.columns.empty()) return;
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const store::QueryResult& result = data.query->result;
    constexpr std::size_t kColumnsMax = 64;  // as many as ImGui's tables take with ease
    const std::size_t count = std::min(result.columns.size(), kColumnsMax);
    std::vector<GridColumn> columns;
    for (std::size_t i = 0; i < count; ++i) {
        // As wide as what is in it, within reason: a wide result scrolls nowhere.
        std::size_t longest = result.columns[i].size();
        for (std::size_t row = 0; row < std::min<std::size_t>(result.rows.size(), 50); ++row) {
            if (result.rows[row][i]) longest = std::max(longest, result.rows[row][i]->size());
        }
        columns.push_back({result.columns[i].c_str(), static_cast<float>(std::clamp<std::size_t>(longest, 4, 40)),
                           result.numeric[i]});
    }
    begin_panel(theme, "##Result", ImGui::GetContentRegionAvail());
    {
        const Grid grid(theme, "result", columns, {0, 0});
        grid.rows(result.rows.size(), [&](std::size_t i) {
            (void)grid.row(("row " + std::to_string(i)).c_str(), false);
            for (std::size_t c = 0; c < count; ++c) {
                const auto& cell = result.rows[i][c];
                grid.cell(cell ? one_line(*cell) : std::string("NULL"), cell ? p.text : p.faint);
            }
        });
    }
    end_panel();
}

}  // namespace ct::ui
