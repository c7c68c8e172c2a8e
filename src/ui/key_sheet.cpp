#include "ui/key_sheet.h"

#include <utility>

#include "ui/palette.h"
#include "ui/widgets.h"

namespace ct::ui {

void KeySheet::draw(const Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (std::exchange(open_next_, false)) ImGui::OpenPopup("keys");
    const ImGuiViewport& screen = *ImGui::GetMainViewport();
    ImGui::SetNextWindowPos({screen.Pos.x + screen.WorkSize.x / 2, screen.Pos.y + screen.WorkSize.y / 2},
                            ImGuiCond_Always, {0.5F, 0.5F});
    ImGui::SetNextWindowSizeConstraints({theme.px(440), 0}, {theme.px(440), screen.WorkSize.y - theme.px(48)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(24), theme.px(20)});
    ImGui::PushStyleVar(ImGuiStyleVar_PopupRounding, theme.px(12));
    if (ImGui::BeginPopup("keys")) {
        text(theme, "Keys", Size::title, true);
        ImGui::Dummy({0, theme.px(4)});
        for (const KeyHelp& help : all_keys()) {
            const ImVec2 at = ImGui::GetCursorScreenPos();
            draw_text(at, p.text, help.words);
            theme.push(Size::small, true);
            const float width = measure(help.keys).x;
            draw_text({at.x + ImGui::GetContentRegionAvail().x - width, at.y}, p.muted, help.keys);
            Theme::pop();
            ImGui::Dummy({0, theme.px(18)});
        }
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar(2);
}

}  // namespace ct::ui
