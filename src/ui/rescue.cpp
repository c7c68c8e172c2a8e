#include "ui/rescue.h"

#include "base/utf8.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {

namespace {

constexpr const char* kTitle = "Rescue copy";
constexpr float kWidth = 440;
constexpr std::size_t kShortest = 8;  // characters of a passphrase

}  // namespace

void RescueForm::draw_offer(Desk& desk) {
    if (desk.state.sync().queue.operations == 0) return;
    if (!button(desk.theme, "Save a rescue copy", ButtonKind::plain, icon::kSave)) return;
    desk.rescue = {true, false, {}, false};
    desk.redraw_within(0);
    ImGui::CloseCurrentPopup();
}

void RescueForm::submit(Desk& desk) {
    std::string& error = desk.rescue.error;
    error.clear();
    if (trim(file_).empty()) error = "A file is needed";
    if (error.empty() && passphrase_.size() < kShortest)
        error = "The passphrase needs 8 characters or more: without it nobody can read the copy";
    if (error.empty() && passphrase_ != again_) error = "The two passphrases are not the same";
    if (!error.empty()) return;
    desk.rescue.busy = true;
    desk.post(client::SaveRescue{std::string(trim(file_)), passphrase_});
}

void RescueForm::draw_fields(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    text(theme, "Save a rescue copy", p.text, Size::heading, true);
    paragraph(
        theme,
        "One sealed file with all that has not been sent: " +
            count_text(desk.state.sync().queue.operations, "edit", "edits") +
            " and their files. Any laptop of the same workspace can send it (colortouchctl rescue replay); nothing "
            "arrives twice.",
        p.muted, Size::small);
    const auto field = [&](const char* label, std::string& value, ImGuiInputTextFlags flags) {
        text(theme, label, p.muted, Size::small, true);
        text_field(theme, ("##" + std::string(label)).c_str(), "", value, theme.px(kWidth - 40), false, flags);
    };
    text(theme, "File", p.muted, Size::small, true);
    (void)chooser_.field(desk, {"##File", "", true}, file_, theme.px(kWidth - 40));
    field("Passphrase", passphrase_, ImGuiInputTextFlags_Password);
    field("Passphrase again", again_, ImGuiInputTextFlags_Password);
    if (!desk.rescue.error.empty()) paragraph(theme, desk.rescue.error, p.danger.strong, Size::small);
    ImGui::Dummy({0, theme.px(4)});
    ImGui::BeginDisabled(desk.rescue.busy);
    if (button(theme, desk.rescue.busy ? "Saving…##Save copy" : "Save copy", ButtonKind::primary, icon::kSave))
        submit(desk);
    ImGui::EndDisabled();
    ImGui::SameLine(0, theme.px(8));
    if (button(theme, "Cancel", ButtonKind::quiet)) ImGui::CloseCurrentPopup();
}

void RescueForm::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    if (std::exchange(desk.rescue.wanted, false)) {
        file_ = home_folder() + "/colortouch-rescue.ctr";
        open_ = true;
        ImGui::OpenPopup(kTitle);
    }
    if (!open_) return;
    ImGui::SetNextWindowPos(ImGui::GetMainViewport()->GetWorkCenter(), ImGuiCond_Always, {0.5F, 0.5F});
    ImGui::SetNextWindowSize({theme.px(kWidth), 0});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(20), theme.px(18)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(12));  // a modal one is a window
    open_ = ImGui::BeginPopupModal(
        kTitle, nullptr, ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_AlwaysAutoResize);
    if (open_) {
        if (std::exchange(desk.rescue.done, false)) ImGui::CloseCurrentPopup();
        draw_fields(desk);
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar(2);
    if (open_) return;
    passphrase_.clear();  // not kept longer than needed
    again_.clear();
}

}  // namespace ct::ui
