#include "ui/toasts.h"

#include <algorithm>
#include <cmath>

#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

constexpr SteadyMs kShort_ms = 5'000;
constexpr SteadyMs kWithAction_ms = 9'000;  // long enough to read it and to reach the button
constexpr SteadyMs kProblem_ms = 15'000;
constexpr std::size_t kShownAtMost = 4;
constexpr SteadyMs kFirst = -1, kSecond = -2;  // in the place of a toast's end: what was pressed

SteadyMs lifetime(const Toast& toast) {
    if (toast.kind == ToastKind::problem) return kProblem_ms;
    return toast.action.empty() ? kShort_ms : kWithAction_ms;
}

}  // namespace

void Toasts::add(ToastKind kind, std::string text, std::string action, std::function<void()> act, std::string second,
                 std::function<void()> act_second) {
    // The same message again takes the place of the first: a link that comes and goes must not fill the screen.
    std::erase_if(toasts_, [&](const Toast& toast) { return toast.text == text; });
    toasts_.push_back(
        {kind, std::move(text), std::move(action), std::move(act), std::move(second), std::move(act_second), 0});
    if (toasts_.size() > kShownAtMost) toasts_.erase(toasts_.begin());
}

void Toasts::press(const std::string& text, bool second) {
    const auto at =
        std::find_if(toasts_.begin(), toasts_.end(), [&](const Toast& toast) { return toast.text == text; });
    if (at == toasts_.end()) return;
    const std::function<void()> act = second ? at->act_second : at->act;
    toasts_.erase(at);  // the action may add another
    if (act) act();
}

std::int64_t Toasts::draw(const Theme& theme, SteadyMs now, float right_edge) {
    for (Toast& toast : toasts_) {
        if (toast.ends_at == 0) toast.ends_at = now + lifetime(toast);
    }
    std::erase_if(toasts_, [now](const Toast& toast) { return toast.ends_at <= now; });
    float y = ImGui::GetMainViewport()->WorkSize.y - theme.px(20);
    std::function<void()> act;
    for (std::size_t i = toasts_.size(); i-- > 0;) {
        float height = 0;
        const bool close = draw_one(theme, toasts_[i], i, {right_edge - theme.px(20), y}, height);
        y -= height + theme.px(10);
        if (!close) continue;
        // The action may add a toast: it runs when the list is whole again.
        if (toasts_[i].ends_at == kFirst) act = std::move(toasts_[i].act);
        if (toasts_[i].ends_at == kSecond) act = std::move(toasts_[i].act_second);
        toasts_[i].ends_at = now;
    }
    if (act) act();
    std::int64_t next = 3'600'000;
    for (const Toast& toast : toasts_) next = std::min(next, toast.ends_at - now);
    return next;
}

bool Toasts::draw_one(const Theme& theme, Toast& toast, std::size_t index, ImVec2 lower_right, float& height) {
    const Palette& p = theme.colors();
    const Tone& tone = toast.kind == ToastKind::done ? p.ok : toast.kind == ToastKind::problem ? p.danger : p.info;
    const char* icon = toast.kind == ToastKind::done      ? icon::kCheckCircle
                       : toast.kind == ToastKind::problem ? icon::kError
                                                          : icon::kInfo;
    ImGui::SetNextWindowPos(lower_right, ImGuiCond_Always, {1, 1});
    ImGui::SetNextWindowSize({theme.px(380), 0});
    ImGui::PushStyleColor(ImGuiCol_WindowBg, p.raised);
    ImGui::PushStyleColor(ImGuiCol_Border, p.border_strong);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(10));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, theme.px(1));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(14), theme.px(10)});
    const std::string name = "toast " + std::to_string(index);
    ImGui::Begin(name.c_str(), nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNavFocus |
                     ImGuiWindowFlags_AlwaysAutoResize);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float line = theme.px(28);
    ImGui::GetWindowDrawList()->AddText({at.x, std::floor(at.y + (line - ImGui::GetFontSize()) / 2)}, tone.strong,
                                        icon);
    const float action_width = toast.action.empty() ? 0.0F : ImGui::CalcTextSize(toast.action.c_str()).x + theme.px(12);
    const float text_width = ImGui::GetContentRegionAvail().x - theme.px(26) - action_width - theme.px(34);
    const float text_height = ImGui::CalcTextSize(toast.text.c_str(), nullptr, false, text_width).y;
    ImGui::SetCursorScreenPos({at.x + theme.px(26), at.y + std::max(0.0F, (line - text_height) / 2)});
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + text_width);
    text(theme, toast.text);
    ImGui::PopTextWrapPos();
    bool close = false;
    if (!toast.action.empty()) {
        ImGui::SetCursorScreenPos(
            {at.x + theme.px(26) + text_width + theme.px(8), at.y + (line - ImGui::GetFontSize()) / 2});
        if (link(theme, toast.action.c_str())) {
            close = true;
            toast.ends_at = kFirst;
        }
    }
    const float x = at.x + ImGui::GetWindowWidth() - 2 * theme.px(14) - theme.px(26);
    ImGui::SetCursorScreenPos({x, at.y - theme.px(2)});
    if (icon_button(theme, "Dismiss", icon::kClose)) close = true;
    float bottom = at.y + std::max(line, text_height);
    if (!toast.second.empty()) {
        ImGui::SetCursorScreenPos({at.x + theme.px(26), bottom + theme.px(4)});
        if (link(theme, toast.second.c_str())) {
            close = true;
            toast.ends_at = kSecond;
        }
        bottom += theme.px(8) + ImGui::GetFontSize();
    }
    ImGui::SetCursorScreenPos({at.x, bottom});
    ImGui::Dummy({1, 0});
    height = ImGui::GetWindowHeight();
    ImGui::End();
    ImGui::PopStyleVar(3);
    ImGui::PopStyleColor(2);
    return close;
}

}  // namespace ct::ui
