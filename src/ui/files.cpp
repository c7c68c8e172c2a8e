#include "ui/files.h"

#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/utf8.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using store::Attachment;
using store::AttachmentState;

constexpr float kLineHeight = 56;
constexpr const char* kLookAt = "\xee\xa3\xb4";  // an eye

struct Standing {
    std::string words;
    const char* icon;
    const Tone* tone;
};

std::string percent(const Attachment& file) {
    return std::to_string(file.size == 0 ? 100 : file.offset * 100 / file.size) + " %";
}

Standing standing(const Palette& p, const Attachment& file) {
    switch (file.state) {
        case AttachmentState::queued:
            if (file.offset > 0) return {percent(file) + " sent", icon::kCloudUpload, &p.info};
            return {"Safe here, waits to be sent", icon::kCloudUpload, &p.warn};
        case AttachmentState::done: return {"Here and on the server", icon::kCloudDone, &p.ok};
        case AttachmentState::remote: return {"On the server only", icon::kCloud, &p.neutral};
        case AttachmentState::wanted:
            if (file.offset > 0) return {percent(file) + " fetched", icon::kDownload, &p.info};
            return {"To be fetched with the next sync", icon::kDownload, &p.info};
        case AttachmentState::failed: return {"Refused: " + file.error_message, icon::kErrorOutline, &p.danger};
        case AttachmentState::removing: break;  // not listed
    }
    return {"", icon::kCloud, &p.neutral};
}

}  // namespace

void Files::forget() {
    asked_ = {};
    known_ = false;
    files_.clear();
    path_.clear();
}

void Files::listed(client::AttachmentsChanged listed) {
    if (listed.record != asked_) return;
    files_ = std::move(listed.attachments);
    known_ = true;
}

void Files::attach(Desk& desk, const crm::Record& record, const std::string& file) {
    desk.post(client::AddAttachment{record.model, record.id, file});
}

void Files::draw(Desk& desk, const crm::Record& record) {
    if (asked_ != record.id) {
        forget();
        asked_ = record.id;
        desk.post(client::ListAttachments{record.model, record.id});
    }
    draw_adding(desk, record);
    if (files_.empty()) {
        text(desk.theme, known_ ? "No files yet: a quotation, a photo, a signed order." : "Looking …",
             desk.theme.colors().muted);
        return;
    }
    for (const Attachment& file : files_) draw_file(desk, file);
}

void Files::draw_adding(Desk& desk, const crm::Record& record) {
    const Theme& theme = desk.theme;
    const float width = theme.px(104);
    const float gap = theme.px(8);
    text(theme, "Drop a file here, or look for it", theme.colors().muted, Size::small, true);
    const bool enter = adding_.field(desk, {"##File to attach", "Where the file is"}, path_,
                                     ImGui::GetContentRegionAvail().x - width - gap);
    ImGui::SameLine(0, gap);
    ImGui::BeginDisabled(trim(path_).empty());
    const bool pressed = button(theme, "Attach", ButtonKind::plain, icon::kAdd, width);
    ImGui::EndDisabled();
    if ((pressed || enter) && !trim(path_).empty()) {
        attach(desk, record, std::string(trim(path_)));
        path_.clear();
    }
    ImGui::Dummy({0, theme.px(8)});
}

void Files::draw_file(Desk& desk, const Attachment& file) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const float height = theme.px(kLineHeight);
    ImGui::PushID(file.id.str().c_str());
    const Standing how = standing(p, file);
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 center{at.x + theme.px(15), at.y + height / 2};
    list->AddCircleFilled(center, theme.px(15), how.tone->soft, 32);
    const ImVec2 size = ImGui::CalcTextSize(how.icon);
    list->AddText({std::floor(center.x - size.x / 2), std::floor(center.y - size.y / 2)}, how.tone->strong, how.icon);
    const float right = at.x + width;
    const float x = at.x + theme.px(44);
    const float room = right - theme.px(file.here() ? 108 : 72) - x;
    ImGui::PushFont(theme.font(true), 0.0F);
    draw_text({x, at.y + theme.px(9)}, p.text, file.name, room);
    ImGui::PopFont();
    theme.push(Size::small);
    draw_text({x, at.y + theme.px(30)}, file.state == AttachmentState::failed ? p.danger.strong : p.muted,
              bytes_text(file.size) + " · " + how.words, room);
    Theme::pop();
    draw_actions(desk, file, right, at.y + theme.px(12));
    list->AddLine({at.x, at.y + height}, {right, at.y + height}, p.border, theme.px(1));
    ImGui::SetCursorScreenPos(at);
    ImGui::Dummy({width, height + theme.px(1)});
    ImGui::PopID();
}

/// What fits its state, and taking it away; names carry the file's, for there are several.
void Files::draw_actions(Desk& desk, const Attachment& file, float right, float y) {
    const Theme& theme = desk.theme;
    ImGui::SetCursorScreenPos({right - theme.px(68), y});
    if (file.state == AttachmentState::remote) {
        if (icon_button(theme, ("Fetch " + file.name).c_str(), icon::kDownload))
            desk.post(client::FetchAttachment{file.id});
    } else if (file.state == AttachmentState::failed) {
        if (icon_button(theme, ("Try again " + file.name).c_str(), icon::kRefresh))
            desk.post(client::RetryAttachment{file.id});
    }
    if (file.here()) {
        ImGui::SetCursorScreenPos({right - theme.px(104), y});
        if (icon_button(theme, ("Open " + file.name).c_str(), kLookAt)) desk.post(client::OpenAttachment{file.id});
    }
    if (file.here() && file.state != AttachmentState::failed) {
        ImGui::SetCursorScreenPos({right - theme.px(68), y});
        if (icon_button(theme, ("Save a copy of " + file.name).c_str(), icon::kSave)) {
            save_as_ = home_folder() + "/" + file.name;
            ImGui::OpenPopup("save a copy");
        }
    }
    draw_saving(desk, file);
    ImGui::SetCursorScreenPos({right - theme.px(32), y});
    if (icon_button(theme, ("Take away " + file.name).c_str(), icon::kTrash))
        desk.later([&desk, id = file.id, name = file.name] { take_away(desk, id, name); });
}

/// The worker keeps what is taken away for longer than this toast stays.
void Files::take_away(Desk& desk, const Uuid& id, const std::string& name) {
    desk.post(client::RemoveAttachment{id});
    desk.toasts.add(ToastKind::done, "Taken away: " + name, "Undo",
                    [&desk, id] { desk.post(client::KeepAttachment{id}); });
}

void Files::draw_saving(Desk& desk, const Attachment& file) {
    const Theme& theme = desk.theme;
    ImGui::SetNextWindowSize({theme.px(380), 0});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(16), theme.px(14)});
    if (ImGui::BeginPopup("save a copy")) {
        text(theme, "Save a copy of " + file.name, Size::body, true);
        if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
        const bool enter =
            saving_.field(desk, {"##Copy to", "Where to save it", true}, save_as_, ImGui::GetContentRegionAvail().x);
        ImGui::Dummy({0, theme.px(4)});
        ImGui::BeginDisabled(trim(save_as_).empty());
        const bool pressed = button(theme, "Save the copy", ButtonKind::primary, icon::kSave);
        ImGui::EndDisabled();
        if ((pressed || enter) && !trim(save_as_).empty()) {
            desk.post(client::SaveAttachment{file.id, std::string(trim(save_as_))});
            ImGui::CloseCurrentPopup();
        }
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
}

}  // namespace ct::ui
