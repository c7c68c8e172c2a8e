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

bool hidden(const store::QueryResult& result, const InspectorData& data) {
    return result.personal && !data.show_personal;
}

/// Of what is on the screen: hidden values stay hidden.
std::string csv_of(const store::QueryResult& result, bool masked) {
    std::string csv;
    const auto line = [&csv](std::size_t count, const auto& cell) {
        for (std::size_t i = 0; i < count; ++i) csv += (i > 0 ? "," : "") + csv_cell(cell(i));
        csv += "\r\n";
    };
    line(result.columns.size(), [&](std::size_t i) { return std::optional(result.columns[i]); });
    for (const auto& row : result.rows)
        line(row.size(), [&](std::size_t i) { return masked && row[i] ? std::string(kMasked) : row[i]; });
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
    if (data.query != before_) {
        before_ = data.query;
        running_ = false;
    }
    text_area(theme, "##Query", sql_, ImGui::GetContentRegionAvail().x, theme.px(92), false);
    // By the time that it is asked, the field has let go of the keyboard: Ctrl+Enter ends typing in it.
    const bool entered =
        ImGui::IsItemDeactivated() && ImGui::GetIO().KeyCtrl &&
        (ImGui::IsKeyPressed(ImGuiKey_Enter, false) || ImGui::IsKeyPressed(ImGuiKey_KeypadEnter, false));
    draw_buttons(desk, entered);
    ImGui::SameLine(0, theme.px(12));
    const float y = ImGui::GetCursorPosY();
    ImGui::SetCursorPosY(y + theme.px(9));
    draw_outcome(desk, data);
    ImGui::SetCursorPosY(y + theme.px(44));
    ImGui::Dummy({0, 0});  // also where nothing follows
    draw_result(desk, data);
}

void InspectorSql::draw_buttons(Desk& desk, bool entered) {
    const Theme& theme = desk.theme;
    const bool ready = !running_ && !sql_.empty();
    ImGui::BeginDisabled(!ready);
    const bool pressed = button(theme, running_ ? "Running …" : "Run", ButtonKind::primary, nullptr, theme.px(96));
    ImGui::EndDisabled();
    if (ready && (pressed || entered)) run(desk);
    ImGui::SameLine(0, theme.px(8));
    dropdown(theme, "Examples", "Examples", theme.px(150), [&] {
        for (const Example& example : kExamples) {
            if (!menu_item(theme, example.words)) continue;
            sql_ = example.sql;
            return true;
        }
        return false;
    });
}

void InspectorSql::draw_outcome(Desk& desk, const InspectorData& data) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (!data.query) return text(theme, "Reads only; ends after 2 s. Ctrl+Enter runs it", p.muted, Size::small);
    if (data.query->error) return text(theme, data.query->error->message, p.danger.strong, Size::small);
    const store::QueryResult& result = data.query->result;
    const std::string rows = count_text(static_cast<std::int64_t>(result.rows.size()), "row", "rows");
    std::string words = rows + " in " + us_words(result.took_us);
    if (result.cut) words += "; there are more";
    text(theme, words, p.muted, Size::small);
    ImGui::SameLine(0, theme.px(16));
    if (!link(theme, "Copy as CSV")) return;
    ImGui::SetClipboardText(csv_of(result, hidden(result, data)).c_str());
    desk.toasts.add(ToastKind::done, "Copied " + rows);
}

void InspectorSql::draw_result(Desk& desk, InspectorData& data) {
    if (!data.query || data.query->error || data.query->result.columns.empty()) return;
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const store::QueryResult& result = data.query->result;
    const bool masked = hidden(result, data);
    if (masked) {
        text(theme, "Hidden: it reads what people typed, or may.", p.muted, Size::small);
        ImGui::SameLine(0, theme.px(8));
        if (link(theme, "Show what is hidden")) data.show_personal = true;
        ImGui::Dummy({0, theme.px(4)});
    }
    constexpr std::size_t kColumnsMax = 64;  // as many as ImGui's tables take with ease
    const std::size_t count = std::min(result.columns.size(), kColumnsMax);
    std::vector<GridColumn> columns;
    for (std::size_t i = 0; i < count; ++i) {
        // As wide as what is in it, within reason: a wide result scrolls nowhere.
        std::size_t longest = result.columns[i].size();
        for (std::size_t row = 0; row < std::min<std::size_t>(result.rows.size(), 50); ++row) {
            if (result.rows[row][i] && !masked) longest = std::max(longest, result.rows[row][i]->size());
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
                grid.cell(!cell ? "NULL" : masked ? std::string(kMasked) : one_line(*cell), cell ? p.text : p.faint);
            }
        });
    }
    end_panel();
}

}  // namespace ct::ui
