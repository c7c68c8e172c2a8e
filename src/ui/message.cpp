#include "ui/message.h"

#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {

bool message_screen(const Theme& theme, const char* title, const std::string& words) {
    const ImGuiViewport& screen = *ImGui::GetMainViewport();
    ImGui::SetNextWindowPos(screen.Pos);
    ImGui::SetNextWindowSize(screen.Size);
    ImGui::Begin("Message", nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings);
    const bool pressed = empty_state(theme, icon::kErrorOutline, title, words.c_str(), "Close");
    ImGui::End();
    return pressed || ImGui::IsKeyPressed(ImGuiKey_Enter) || ImGui::IsKeyPressed(ImGuiKey_Escape);
}

}  // namespace ct::ui
