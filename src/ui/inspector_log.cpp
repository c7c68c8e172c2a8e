// The log file, as it grows.
#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/inspector_parts.h"
#include "ui/inspector_tabs.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

constexpr GridColumn kColumns[] = {{"TIME", -172}, {"LEVEL", -72}, {"WHAT", 1}};
constexpr std::array<const char*, 4> kLevels{"Debug", "Info", "Warning", "Error"};

}  // namespace

void InspectorLog::draw(Desk& desk, InspectorData& data) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const float width = ImGui::GetContentRegionAvail().x;
    search_field(theme, "##Log filter", "Filter the log", filter_, std::min(theme.px(320), width * 0.35F));
    ImGui::SameLine(0, theme.px(12));
    const std::array<std::string, 3> levels{"All", "Warnings", "Errors"};
    segments(theme, "log levels", levels, level_);
    ImGui::SameLine(0, theme.px(16));
    ImGui::SetCursorPosY(ImGui::GetCursorPosY() + theme.px(8));
    toggle(theme, "Follow", &follow_);
    ImGui::Dummy({0, theme.px(2)});
    const std::string wanted = fold(filter_);
    const int least = level_ == 0 ? 0 : level_ == 1 ? 2 : 3;
    std::vector<const LogLine*> shown;
    for (const LogLine& line : data.log) {
        if (line.level < least) continue;
        if (!wanted.empty() && fold(line.text).find(wanted) == std::string::npos) continue;
        shown.push_back(&line);
    }
    begin_panel(theme, "##Log", ImGui::GetContentRegionAvail());
    if (shown.empty()) {
        text(theme, data.log.empty() ? "The log is empty" : "No line matches", p.muted);
    } else {
        const Grid grid(theme, "log", kColumns, {0, 0});
        grid.rows(shown.size(), [&](std::size_t i) {
            const LogLine& line = *shown[i];
            const Tone& tone = line.level >= 3 ? p.danger : line.level == 2 ? p.warn : p.neutral;
            if (grid.row(("line " + std::to_string(i)).c_str(), false)) {
                ImGui::SetClipboardText((line.time + " " + line.text).c_str());
                desk.toasts.add(ToastKind::done, "Copied");
            }
            if (ImGui::IsItemHovered()) tooltip(theme, line.text);
            grid.cell(line.time, p.muted);
            grid.cell(kLevels[static_cast<std::size_t>(line.level)], tone.strong, line.level >= 2);
            grid.cell(line.text, p.text);
        });
        if (follow_) ImGui::SetScrollY(ImGui::GetScrollMaxY());
    }
    end_panel();
}

}  // namespace ct::ui
