// Settings of what is on this laptop: its data, what the desktop says, what is printed.
#include <array>

#include "base/local_time.h"
#include "base/utf8.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/ics.h"
#include "ui/sample_data.h"
#include "ui/settings.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

std::string suggested_backup(UnixMs now) { return home_folder() + "/colortouch-" + format_local_date(now) + ".ctb"; }

void heading(const Theme& theme, const char* words) {
    text(theme, words, Size::heading, true);
    ImGui::Dummy({0, theme.px(2)});
}

void field(const Theme& theme, const char* label, const char* hint, std::string& value, ImGuiInputTextFlags flags = 0) {
    text(theme, label, theme.colors().muted, Size::small, true);
    text_field(theme, ("##" + std::string(label)).c_str(), hint, value, ImGui::GetContentRegionAvail().x, false, flags);
}

}  // namespace

void Settings::draw_notices(Desk& desk) {
    const Theme& theme = desk.theme;
    heading(theme, "Reminders and messages");
    if (toggle(theme, "The desktop says when a reminder is due", &desk.config.notifications))
        desk.config_changed = true;
    ImGui::Dummy({0, theme.px(2)});
    text(theme, "Messages begin with", theme.colors().muted, Size::small, true);
    text_area(theme, "##Message template", desk.config.message_template, ImGui::GetContentRegionAvail().x, theme.px(64),
              false);
    if (ImGui::IsItemDeactivatedAfterEdit()) desk.config_changed = true;
    paragraph(theme, "{name}, {company} and {me} stand for the lead's first name, its company and your name.",
              theme.colors().muted, Size::small);
}

void Settings::draw_receipts(Desk& desk) {
    const Theme& theme = desk.theme;
    heading(theme, "Receipts");
    field(theme, "Name of the business", "As it stands at the head of a receipt", desk.config.business_name);
    if (ImGui::IsItemDeactivatedAfterEdit()) desk.config_changed = true;
    field(theme, "Address of the business", "", desk.config.business_address);
    if (ImGui::IsItemDeactivatedAfterEdit()) desk.config_changed = true;
}

void Settings::draw_storage(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const client::StorageListed& storage = desk.storage;
    const std::pair<const char*, std::int64_t> rows[] = {{"Records and history", storage.database},
                                                         {"Side journal of unsent work", storage.journal},
                                                         {"Attached files", storage.attachments},
                                                         {"Log", storage.log},
                                                         {"Set aside by repairs and updates", storage.set_aside}};
    for (const auto& [words, bytes] : rows) {
        if (bytes == 0) continue;
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const float room = ImGui::GetContentRegionAvail().x;
        const std::string number = bytes_text(bytes);
        draw_text(at, p.muted, words, room - theme.px(90));
        draw_text({at.x + room - measure(number).x, at.y}, p.text, number);
        ImGui::Dummy({room, ImGui::GetFontSize()});
    }
}

void Settings::draw_data(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    heading(theme, "Data on this laptop");
    draw_storage(desk);
    ImGui::Dummy({0, theme.px(4)});
    divider(theme);
    if (backup_file_.empty()) backup_file_ = suggested_backup(desk.now());
    text(theme, "Backup file", p.muted, Size::small, true);
    (void)backup_chooser_.field(desk, {"##Backup file", "", true}, backup_file_, ImGui::GetContentRegionAvail().x);
    field(theme, "Backup passphrase", "Empty: whoever has the file can read it", backup_passphrase_,
          ImGuiInputTextFlags_Password);
    ImGui::BeginDisabled(desk.backing_up || trim(backup_file_).empty());
    if (button(theme, desk.backing_up ? "Writing…##Back up" : "Back up", ButtonKind::plain, icon::kSave)) {
        desk.backing_up = true;
        desk.post(client::BackUp{std::string(trim(backup_file_)), backup_passphrase_});
    }
    ImGui::EndDisabled();
    if (desk.restore) {
        ImGui::SameLine(0, theme.px(8));
        if (button(theme, "Restore a backup", ButtonKind::quiet)) restoring_ = !restoring_;
    }
    if (desk.restore && restoring_) {
        static constexpr std::array<std::string_view, 1> kBackups = {".ctb"};
        text(theme, "Restore from", p.muted, Size::small, true);
        (void)restore_chooser_.field(desk, {"##Restore from", "A file that was made by Back up", false, kBackups},
                                     restore_file_, ImGui::GetContentRegionAvail().x);
        field(theme, "Its passphrase", "", restore_passphrase_, ImGuiInputTextFlags_Password);
        paragraph(theme,
                  "The program starts anew with what is in the backup. What is here now is kept aside; with unsent "
                  "work it refuses.",
                  p.muted, Size::small);
        ImGui::BeginDisabled(trim(restore_file_).empty());
        if (button(theme, "Restore now", ButtonKind::danger, icon::kHistory))
            desk.restore(std::string(trim(restore_file_)), restore_passphrase_);
        ImGui::EndDisabled();
    }
    ImGui::Dummy({0, theme.px(2)});
    divider(theme);
    draw_exchange(desk);
}

/// To and from other programs.
void Settings::draw_exchange(Desk& desk) {
    const Theme& theme = desk.theme;
    if (button(theme, "Import a CSV file", ButtonKind::plain, icon::kUpload)) desk.import_wanted = "";
    if (desk.state.sync().server_url.empty() && desk.state.loaded()) {
        ImGui::SameLine(0, theme.px(8));
        if (button(theme, "Add sample data", ButtonKind::quiet)) desk.later([&desk] { add_sample_data(desk); });
    }
    ImGui::Dummy({0, theme.px(2)});
    text(theme, "Export as CSV", theme.colors().muted, Size::small, true);
    const float right = ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x;
    for (const crm::ModelDef& model : crm::models()) {
        if (&model != crm::models().data()) {
            ImGui::SameLine(0, theme.px(8));
            const float width = measure(model.plural).x + theme.px(56);  // about what the button takes
            if (ImGui::GetCursorScreenPos().x + width > right) ImGui::NewLine();
        }
        exports_[static_cast<std::size_t>(model.model)].draw_all(desk, model.model);
    }
    if (desk.save_document && button(theme, "Reminders as a calendar file", ButtonKind::plain, icon::kCalendar))
        desk.later([&desk] { export_reminders(desk); });
}

}  // namespace ct::ui
