#include "ui/leave.h"

#include <algorithm>
#include <utility>

#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

constexpr const char* kPopup = "leave";
constexpr float kWidth = 440;

/// Their removal too; 0 where there is no server.
std::int64_t unsent_files(const Desk& desk) {
    const client::SyncView& view = desk.state.sync();
    return view.server_url.empty() ? 0 : view.files.waiting() + view.files.failed;
}

/// "2 files, 3.4 MB, and 1 refused file": what a server does not have.
std::string words_of_files(const store::UnsentFiles& files) {
    std::string words = client::in_words(files);
    if (files.failed == 0) return words;
    return words + (words.empty() ? "" : ", and ") + count_text(files.failed, "refused file", "refused files");
}

}  // namespace

std::int64_t unsent_records(const Desk& desk) {
    const client::SyncView& view = desk.state.sync();
    if (view.server_url.empty()) return 0;
    // What is being saved at this moment is not in the queue yet.
    return std::max(view.queue.records, static_cast<std::int64_t>(desk.editor.records_saving()));
}

bool anything_unsent(const Desk& desk) { return unsent_records(desk) > 0 || unsent_files(desk) > 0; }

void LeaveDialog::go(Desk& desk) {
    waiting_ = false;
    ImGui::CloseCurrentPopup();
    if (wanted_ == Leaving::close) {
        may_close_ = true;
    } else {
        desk.post(client::SignOut{});
    }
    desk.redraw_within(0);
}

void LeaveDialog::draw_inside(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const bool closing = wanted_ == Leaving::close;
    const std::int64_t unsent = unsent_records(desk);
    const std::int64_t files = unsent_files(desk);
    if (unsent + files == 0 && !desk.unsaved_form) {  // sent meanwhile
        go(desk);
        return;
    }
    text(theme, closing ? "Close ColorTouch?" : "Sign out?", Size::heading, true);
    if (desk.unsaved_form) {
        paragraph(theme,
                  "What you have typed is not saved. It is kept on this laptop, and stands here at the next start.",
                  p.danger.strong);
    }
    if (unsent > 0) {
        paragraph(theme,
                  count_text(unsent, "record has", "records have") +
                      (closing ? " not been sent. Nothing is lost: they are safe on this laptop and go out when it is "
                                 "opened again."
                               : " not been sent. Nothing is lost: they stay on this laptop and go out after the next "
                                 "sign-in."),
                  p.muted);
    }
    if (files > 0) {
        const client::SyncView& view = desk.state.sync();
        paragraph(theme,
                  words_of_files(view.files) + (files == 1 ? ", has" : ", have") + " not been sent" +
                      (view.files_wait.empty() ? "" : ": " + view.files_wait) + ".",
                  p.muted);
    }
    ImGui::Dummy({0, theme.px(4)});
    if (unsent + files > 0) {
        ImGui::BeginDisabled(waiting_);
        if (button(theme, waiting_ ? "Syncing…##Sync first" : "Sync first", ButtonKind::primary, icon::kSync)) {
            waiting_ = true;
            if (files > 0) desk.post(client::SendAttachmentsNow{});  // their size and the link's price stand above
            desk.post(client::SyncNow{});
        }
        ImGui::EndDisabled();
        ImGui::SameLine(0, theme.px(8));
    }
    if (button(theme, closing ? "Close" : "Sign out##anyway", ButtonKind::plain)) go(desk);
    ImGui::SameLine(0, theme.px(8));
    if (button(theme, "Stay", ButtonKind::quiet)) {
        waiting_ = false;
        ImGui::CloseCurrentPopup();
    }
}

void LeaveDialog::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    if (std::exchange(open_next_, false)) {
        waiting_ = false;
        ImGui::OpenPopup(kPopup);
    }
    ImGui::SetNextWindowPos(ImGui::GetMainViewport()->GetWorkCenter(), ImGuiCond_Always, {0.5F, 0.5F});
    ImGui::SetNextWindowSize({theme.px(kWidth), 0});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(22), theme.px(20)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(12));  // a modal one is a window
    if (ImGui::BeginPopupModal(
            kPopup, nullptr,
            ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_AlwaysAutoResize)) {
        draw_inside(desk);
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar(2);
}

}  // namespace ct::ui
