#include "ui/file_chooser.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/utf8.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {

namespace {

namespace fs = std::filesystem;
namespace inspect = client::inspect;

constexpr const char* kTitle = "Choose a file";
constexpr float kWidth = 620, kHeight = 460, kLine = 36;

/// As it is meant: "~/x" of the user's own folder, others from `folder` on.
std::string absolute(const std::string& typed, const std::string& folder) {
    if (typed == "~" || typed.starts_with("~/")) return home_folder() + typed.substr(1);
    return (fs::path(folder) / typed).lexically_normal().string();
}

bool is_path(std::string_view typed) { return typed.starts_with('/') || typed.starts_with('~'); }

std::string without_slash(std::string folder) {
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    return folder;
}

/// The end of a path that is too long says more than its beginning.
std::string fitting(std::string folder, float width) {
    if (measure(folder).x <= width) return folder;
    for (std::size_t at = folder.find('/', 1); at != std::string::npos; at = folder.find('/', at + 1)) {
        std::string shorter = "…" + folder.substr(at);
        if (measure(shorter).x <= width) return shorter;
    }
    return folder;
}

}  // namespace

std::string home_folder() {
    const char* const home = std::getenv("HOME");
    return home == nullptr || *home == '\0' ? "/" : without_slash(home);
}

bool FileChooser::field(Desk& desk, const Wanted& wanted, std::string& file, float width, bool invalid) {
    const Theme& theme = desk.theme;
    const float side = theme.px(36);
    const bool done = text_field(theme, wanted.label, wanted.hint, file, width - side - theme.px(4), invalid,
                                 ImGuiInputTextFlags_EnterReturnsTrue);
    ImGui::SameLine(0, theme.px(4));
    ImGui::PushID(wanted.label);
    if (icon_button(theme, (std::string("Browse: ") + (wanted.label + 2)).c_str(), icon::kFolder)) {
        begin(desk, wanted, file);
        ImGui::OpenPopup(kTitle);
    }
    std::string chosen = draw(desk, wanted);
    ImGui::PopID();
    if (chosen.empty()) return done;
    file = std::move(chosen);
    reload_field(wanted.label);
    return !wanted.save;
}

void FileChooser::begin(Desk& desk, const Wanted& wanted, const std::string& file) {
    const std::string whole = file.empty() ? std::string() : absolute(file, home_folder());
    typed_ = wanted.save ? fs::path(whole).filename().string() : std::string();
    all_ = wanted.endings.empty();
    type_on_ = true;
    go_to(desk, whole.empty() ? home_folder() : fs::path(whole).parent_path().string());
}

void FileChooser::go_to(Desk& desk, std::string folder) {
    folder_ = without_slash(std::move(folder));
    desk.post(inspect::Question(inspect::ListFolder{folder_}));
}

std::string FileChooser::draw(Desk& desk, const Wanted& wanted) {
    const Theme& theme = desk.theme;
    const ImVec2 screen = ImGui::GetMainViewport()->WorkSize;
    ImGui::SetNextWindowPos(ImGui::GetMainViewport()->GetWorkCenter(), ImGuiCond_Always, {0.5F, 0.5F});
    ImGui::SetNextWindowSize(
        {std::min(theme.px(kWidth), screen.x - theme.px(32)), std::min(theme.px(kHeight), screen.y - theme.px(32))});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(20), theme.px(18)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(12));  // a modal one is a window
    std::string chosen;
    if (ImGui::BeginPopupModal(kTitle, nullptr,
                               ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize |
                                   ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse)) {
        chosen = draw_inside(desk, wanted);
        if (!chosen.empty() || ImGui::IsKeyPressed(ImGuiKey_Escape, false)) ImGui::CloseCurrentPopup();
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar(2);
    return chosen;
}

std::string FileChooser::draw_inside(Desk& desk, const Wanted& wanted) {
    const Theme& theme = desk.theme;
    std::string chosen;
    draw_head(desk, wanted);
    if (std::exchange(type_on_, false)) ImGui::SetKeyboardFocusHere();
    if (text_field(theme, "##Find a file", wanted.save ? "Name of the file" : "Type to find it, or where it is", typed_,
                   ImGui::GetContentRegionAvail().x, false, ImGuiInputTextFlags_EnterReturnsTrue))
        chosen = entered(desk, wanted);
    if (!wanted.save) follow(desk);
    ImGui::Dummy({0, theme.px(4)});
    const bool replaces = wanted.save && taken(desk);
    ImGui::BeginChild("entries", {0, -theme.px(replaces ? 74 : 48)}, ImGuiChildFlags_NavFlattened);
    if (std::string of_list = draw_list(desk, wanted); !of_list.empty()) chosen = std::move(of_list);
    ImGui::EndChild();
    ImGui::Dummy({0, theme.px(4)});
    if (wanted.save) draw_save(desk, wanted, chosen);
    if (button(theme, "Cancel##choosing", wanted.save ? ButtonKind::quiet : ButtonKind::plain))
        ImGui::CloseCurrentPopup();
    if (!wanted.endings.empty()) {
        ImGui::SameLine(0, theme.px(16));
        toggle(theme, "All kinds of files", &all_);
    }
    return chosen;
}

void FileChooser::draw_save(Desk& desk, const Wanted& wanted, std::string& chosen) {
    const Theme& theme = desk.theme;
    const bool replaces = taken(desk);
    if (replaces)
        text(theme, "There is a file of that name here: it will be replaced", theme.colors().danger.strong,
             Size::small);
    ImGui::BeginDisabled(trim(typed_).empty());
    if (button(theme, replaces ? "Replace it" : "Save it here", replaces ? ButtonKind::danger : ButtonKind::primary,
               icon::kSave))
        chosen = entered(desk, wanted);
    ImGui::EndDisabled();
    ImGui::SameLine(0, theme.px(8));
}

bool FileChooser::taken(const Desk& desk) const {
    const std::string_view typed = trim(typed_);
    if (typed.empty() || desk.folder.folder != folder_) return false;
    const fs::path path(absolute(std::string(typed), folder_));
    if (without_slash(path.parent_path().string()) != folder_) return false;
    const std::string name = path.filename().string();
    return std::any_of(desk.folder.entries.begin(), desk.folder.entries.end(),
                       [&](const FolderEntry& entry) { return !entry.folder && entry.name == name; });
}

void FileChooser::draw_head(Desk& desk, const Wanted& wanted) {
    const Theme& theme = desk.theme;
    text(theme, wanted.save ? "Where to save it" : "Choose a file", Size::heading, true);
    ImGui::BeginDisabled(folder_ == "/");
    if (icon_button(theme, "Folder above", icon::kUp)) go_to(desk, fs::path(folder_).parent_path().string());
    ImGui::EndDisabled();
    ImGui::SameLine(0, theme.px(4));
    if (icon_button(theme, "My own folder", icon::kHome)) go_to(desk, home_folder());
    ImGui::SameLine(0, theme.px(8));
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    const float height = ImGui::GetItemRectSize().y;
    draw_text({at.x, at.y + std::floor((height - ImGui::GetFontSize()) / 2)}, theme.colors().text,
              fitting(folder_, room), room);
    ImGui::Dummy({room, height});
}

void FileChooser::follow(Desk& desk) {
    const std::size_t slash = typed_.rfind('/');
    if (!is_path(typed_) || slash == std::string::npos) return;
    std::string folder = without_slash(absolute(typed_.substr(0, slash + 1), folder_));
    if (folder != folder_) go_to(desk, std::move(folder));
}

bool FileChooser::listed(const FolderEntry& entry, const Wanted& wanted) const {
    const std::string name = fold(entry.name);
    if (!entry.folder && !all_ &&
        std::none_of(wanted.endings.begin(), wanted.endings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); }))
        return false;
    const std::string_view typed = trim(typed_);
    const bool path = is_path(typed);  // what stands after its folder is looked for in there
    return wanted.save || name.find(fold(path ? typed.substr(typed.rfind('/') + 1) : typed)) != std::string::npos;
}

std::string FileChooser::draw_list(Desk& desk, const Wanted& wanted) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (desk.folder.folder != folder_) {
        text(theme, "Looking …", p.muted);
        return {};
    }
    if (desk.folder.error) {
        paragraph(theme, desk.folder.error->message, p.danger.strong);
        return {};
    }
    std::vector<const FolderEntry*> shown;
    for (const FolderEntry& entry : desk.folder.entries) {
        if (listed(entry, wanted)) shown.push_back(&entry);
    }
    if (shown.empty()) text(theme, "Nothing here", p.muted);
    const FolderEntry* pressed = nullptr;
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(shown.size()), theme.px(kLine));
    while (clipper.Step()) {
        for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
            if (draw_entry(theme, *shown[static_cast<std::size_t>(i)])) pressed = shown[static_cast<std::size_t>(i)];
        }
    }
    clipper.End();
    return pressed == nullptr ? std::string() : take(desk, *pressed, wanted);
}

bool FileChooser::draw_entry(const Theme& theme, const FolderEntry& entry) {
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const ImVec2 size{ImGui::GetContentRegionAvail().x, theme.px(kLine)};
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0, 0});
    const bool pressed = ImGui::InvisibleButton((entry.name + "##entry").c_str(), size, ImGuiButtonFlags_EnableNav);
    ImGui::PopStyleVar();
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 max{at.x + size.x, at.y + size.y};
    if (ImGui::IsItemHovered() || ImGui::IsItemFocused()) list->AddRectFilled(at, max, p.hover, theme.px(6));
    const float y = at.y + std::floor((size.y - ImGui::GetFontSize()) / 2);
    list->AddText({at.x + theme.px(8), y}, entry.folder ? p.accent.strong : p.muted,
                  entry.folder ? icon::kFolder : icon::kFile);
    theme.push(Size::small);
    const float small_y = at.y + std::floor((size.y - ImGui::GetFontSize()) / 2);
    const float date_x = max.x - theme.px(100), size_right = date_x - theme.px(16);
    if (entry.changed != 0) draw_text({date_x, small_y}, p.muted, day_text(entry.changed), theme.px(92));
    const std::string bytes = entry.folder ? std::string() : bytes_text(entry.size);
    draw_text({size_right - measure(bytes).x, small_y}, p.muted, bytes);
    Theme::pop();
    draw_text({at.x + theme.px(36), y}, p.text, entry.name, size_right - theme.px(76) - at.x - theme.px(36));
    return pressed;
}

std::string FileChooser::take(Desk& desk, const FolderEntry& entry, const Wanted& wanted) {
    std::string path = (fs::path(folder_) / entry.name).string();
    if (!entry.folder && !wanted.save) return path;
    type_on_ = true;
    if (!entry.folder) {
        typed_ = entry.name;  // a new version of that one
        return {};
    }
    if (!wanted.save) typed_.clear();
    go_to(desk, std::move(path));
    return {};
}

std::string FileChooser::entered(Desk& desk, const Wanted& wanted) {
    const std::string typed(trim(typed_));
    type_on_ = true;
    if (typed.empty()) return {};
    if (wanted.save) return absolute(typed, folder_);
    if (desk.folder.folder == folder_) {
        const auto first = std::find_if(desk.folder.entries.begin(), desk.folder.entries.end(),
                                        [&](const FolderEntry& entry) { return listed(entry, wanted); });
        if (first != desk.folder.entries.end()) return take(desk, *first, wanted);
    }
    return is_path(typed) && !typed.ends_with('/') ? absolute(typed, folder_) : std::string();
}

}  // namespace ct::ui
