#include "ui/palette.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/utf8.h"
#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/icons.h"
#include "ui/payment_acts.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::Model;

constexpr float kWidth = 560;
constexpr float kLineHeight = 40;
/// What is looked for, and how many of each are shown.
constexpr std::array<std::pair<Model, std::size_t>, 3> kSearched{
    {{Model::lead, 8}, {Model::reminder, 4}, {Model::payment, 4}}};

constexpr std::array kKeys{
    KeyHelp{"Ctrl+K", "Find a command or a record"},
    KeyHelp{"Ctrl+N", "New lead"},
    KeyHelp{"Ctrl+F", "Filter as you type"},
    KeyHelp{"Ctrl+1 … Ctrl+8", "The pages at the left"},
    KeyHelp{"Arrows, Enter, Esc", "Move, open, close"},
    KeyHelp{"Page Up, Page Down", "Move by a screenful"},
    KeyHelp{"Tab, Shift+Tab", "To the next control, and back"},
    KeyHelp{"Space", "Press it, tick it, select it"},
    KeyHelp{"Ctrl+click, Shift+click", "Select several"},
    KeyHelp{"Ctrl+A", "Select all"},
    KeyHelp{"Shift+click a header", "Sort by one more column"},
    KeyHelp{"F2, double click", "Type into a cell; Tab: the next"},
    KeyHelp{"Ctrl+C", "Copy the selection as CSV"},
    KeyHelp{"Del", "Delete what is selected"},
    KeyHelp{"Ctrl+Left, Ctrl+Right", "In the pipeline: move the card"},
    KeyHelp{"Ctrl+Enter, Ctrl+S", "Save the form"},
    KeyHelp{"Ctrl+Z", "Undo any edit"},
    KeyHelp{"Ctrl+Y, Ctrl+Shift+Z", "Redo it"},
    KeyHelp{"F5", "Sync now"},
    KeyHelp{"F12", "Sync inspector: why it does not sync"},
    KeyHelp{"Ctrl +, Ctrl −, Ctrl 0", "Larger, smaller, as it was"},
    KeyHelp{"?", "This sheet"},
};

struct PageEntry {
    const char* words;
    const char* icon;
    Page page;
};
constexpr std::array kPages{PageEntry{"Go to Today", icon::kToday, Page::today},
                            PageEntry{"Go to Leads", icon::kPeople, Page::leads},
                            PageEntry{"Go to Pipeline", icon::kPipeline, Page::pipeline},
                            PageEntry{"Go to Payments", icon::kPayments, Page::payments},
                            PageEntry{"Go to Reminders", icon::kReminder, Page::reminders},
                            PageEntry{"Go to Conflicts", icon::kConflict, Page::conflicts},
                            PageEntry{"Go to Activity", icon::kHistory, Page::activity},
                            PageEntry{"Go to Settings", icon::kSettings, Page::settings}};
static_assert(kPages.size() == kPageCount);

/// Every word that was typed begins a word, or stands within one.
bool matches(std::string_view folded, std::string_view typed) {
    while (!typed.empty()) {
        const std::size_t end = std::min(typed.find(' '), typed.size());
        if (folded.find(typed.substr(0, end)) == std::string_view::npos) return false;
        typed.remove_prefix(std::min(end + 1, typed.size()));
    }
    return true;
}

/// By which what hangs on a lead is found: its own words and the lead's name.
std::string words_of(const client::State& state, const crm::Record& record) {
    std::string words = title_of(record) + " " + lead_of(state, record);
    if (record.model == Model::payment) {
        for (const char* field : {"orderId", "receiptNo", "reference"})
            words += " " + std::string(record.fields.text(crm::field(Model::payment, field)));
    }
    return fold(words);
}

}  // namespace

std::span<const KeyHelp> all_keys() { return kKeys; }

void CommandPalette::begin(Desk& desk) {
    typed_.clear();
    looked_for_.reset();
    commands_.clear();
    begin_with_toasts(desk);
    if (!desk.set_aside.empty())
        commands_.push_back({"Bring back unsaved changes to " + desk.set_aside, icon::kEdit, "",
                             [](Desk& on) { on.bring_back_wanted = true; }});
    begin_with_payment(desk);
    commands_.push_back({"New lead", icon::kAdd, "Ctrl+N", [](Desk& on) { on.create(Model::lead); }});
    commands_.push_back({"New payment", icon::kAdd, "", [](Desk& on) { on.create(Model::payment); }});
    commands_.push_back({"New reminder", icon::kAdd, "", [](Desk& on) { on.create(Model::reminder); }});
    commands_.push_back({"Import a CSV file", icon::kUpload, "", [](Desk& on) { on.import_wanted = ""; }});
    commands_.push_back({"Find duplicates", icon::kMerge, "", [](Desk& on) { on.duplicates_wanted = true; }});
    commands_.push_back({"Sync now", icon::kSync, "F5", [](Desk& on) { on.post(client::SyncNow{}); }});
    const bool offline = desk.state.sync().working_offline;
    commands_.push_back({offline ? "Stop working offline" : "Work offline", icon::kWifiOff, "",
                         [offline](Desk& on) { on.post(client::WorkOffline{!offline}); }});
    commands_.push_back({"Sync inspector", icon::kInfo, "F12", [](Desk& on) { on.inspector_wanted = true; }});
    if (desk.editor.can_undo()) {
        commands_.push_back({std::string("Undo: ").append(desk.editor.undo_label()), icon::kUndo, "Ctrl+Z",
                             [](Desk& on) { on.later([&on] { undo(on); }); }});
    }
    if (desk.editor.can_redo()) {
        commands_.push_back({std::string("Redo: ").append(desk.editor.redo_label()), icon::kRedo, "Ctrl+Y",
                             [](Desk& on) { on.later([&on] { redo(on); }); }});
    }
    for (const auto& [words, icon, to] : kPages) {
        commands_.push_back({words, icon, "", [page = to](Desk& on) { on.page = page; }});
    }
    const bool dark = desk.theme.dark();
    commands_.push_back({dark ? "Light theme" : "Dark theme", icon::kSettings, "", [dark](Desk& on) {
                             on.config.theme = dark ? client::Theme::light : client::Theme::dark;
                             on.config_changed = true;
                         }});
}

/// What can be done with the payment that the drawer shows.
void CommandPalette::begin_with_payment(const Desk& desk) {
    const crm::Record* payment =
        desk.shown_model == Model::payment ? desk.state.find(Model::payment, desk.shown_id) : nullptr;
    if (payment == nullptr) return;
    const Uuid id = payment->id;
    if (can_be_paid(*payment))
        commands_.push_back({"Mark " + title_of(*payment) + " as paid", icon::kCheck, "",
                             [id](Desk& on) { on.later([&on, id] { mark_paid(on, {id}); }); }});
    if (can_be_refunded(*payment))
        commands_.push_back({"Refund " + title_of(*payment), icon::kUndo, "",
                             [id](Desk& on) { on.later([&on, id] { refund(on, id); }); }});
}

/// What the messages at the lower right offer, newest first: they take no keyboard themselves, and soon go.
void CommandPalette::begin_with_toasts(const Desk& desk) {
    const std::vector<Toast>& toasts = desk.toasts.all();
    for (auto toast = toasts.rbegin(); toast != toasts.rend(); ++toast) {
        for (const bool second : {false, true}) {
            const std::string& label = second ? toast->second : toast->action;
            if (label.empty() || label == "Undo" || label == "Redo") continue;  // those have keys of their own
            commands_.push_back({label + ": " + toast->text, icon::kInfo, "", [words = toast->text, second](Desk& on) {
                                     on.later([&on, words, second] { on.toasts.press(words, second); });
                                 }});
        }
    }
}

void CommandPalette::look_for_commands() {
    looked_for_ = typed_;
    found_.clear();
    chosen_ = 0;
    next_model_ = next_row_ = 0;
    leads_ = LeadSearch(typed_);
    const std::string wanted = fold(trim(typed_));
    for (std::size_t i = 0; i < commands_.size(); ++i) {
        if (matches(fold(commands_[i].words), wanted)) found_.push_back({i});
    }
}

void CommandPalette::look_for_records(Desk& desk) {
    const std::string wanted = fold(trim(typed_));
    if (wanted.empty()) return;
    // A frame must not wait for a search through a million names: it goes on in the next one.
    for (std::size_t budget = LeadSearch::kRowsPerFrame; next_model_ < kSearched.size();) {
        const auto [model, most] = kSearched[next_model_];
        const client::Table& table = desk.state.table(model);
        auto shown =
            static_cast<std::size_t>(std::count_if(found_.begin(), found_.end(), [of = model](const Found& found) {
                return found.command == Found::kNone && found.model == of;
            }));
        for (; next_row_ < table.size() && shown < most && budget > 0; ++next_row_, --budget) {
            const crm::Record& record = table.at(next_row_);
            const bool found =
                model == Model::lead ? leads_.finds(record) : matches(words_of(desk.state, record), wanted);
            if (!found) continue;
            found_.push_back({Found::kNone, model, record.id});
            ++shown;
        }
        if (budget == 0) return desk.redraw_within(0);
        ++next_model_;
        next_row_ = 0;
    }
}

void CommandPalette::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    if (std::exchange(open_next_, false)) {
        begin(desk);
        ImGui::OpenPopup("palette");
    }
    const ImGuiViewport& screen = *ImGui::GetMainViewport();
    const float width = std::min(theme.px(kWidth), screen.WorkSize.x - theme.px(32));
    ImGui::SetNextWindowPos({screen.Pos.x + screen.WorkSize.x / 2, screen.Pos.y + theme.px(84)}, ImGuiCond_Always,
                            {0.5F, 0});
    ImGui::SetNextWindowSizeConstraints({width, 0}, {width, screen.WorkSize.y - theme.px(120)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(12), theme.px(12)});
    ImGui::PushStyleVar(ImGuiStyleVar_PopupRounding, theme.px(12));
    if (ImGui::BeginPopup("palette", ImGuiWindowFlags_NoNavInputs)) {  // the arrows choose here
        if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
        (void)search_field(theme, "##Palette", "What do you want to do, or whom do you look for?", typed_,
                           ImGui::GetContentRegionAvail().x);
        if (typed_ != looked_for_) look_for_commands();
        look_for_records(desk);
        if (!found_.empty()) {
            if (ImGui::IsKeyPressed(ImGuiKey_DownArrow)) chosen_ = (chosen_ + 1) % found_.size();
            if (ImGui::IsKeyPressed(ImGuiKey_UpArrow)) chosen_ = (chosen_ + found_.size() - 1) % found_.size();
        }
        const bool enter =
            ImGui::IsKeyPressed(ImGuiKey_Enter, false) || ImGui::IsKeyPressed(ImGuiKey_KeypadEnter, false);
        std::size_t done = enter && chosen_ < found_.size() ? chosen_ : Found::kNone;
        ImGui::Dummy({0, theme.px(4)});
        for (std::size_t i = 0; i < found_.size(); ++i) {
            if (draw_found(desk, found_[i], i == chosen_)) done = i;
        }
        if (found_.empty()) text(theme, "Nothing of that name", theme.colors().muted);
        if (done != Found::kNone) {
            ImGui::CloseCurrentPopup();
            carry_out(desk, found_[done]);
        }
        if (ImGui::IsKeyPressed(ImGuiKey_Escape, false)) ImGui::CloseCurrentPopup();
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar(2);
}

bool CommandPalette::draw_found(Desk& desk, const Found& found, bool chosen) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const bool command = found.command != Found::kNone;
    const crm::Record* record = command ? nullptr : desk.state.find(found.model, found.record);
    if (!command && record == nullptr) return false;
    const std::string words = command ? commands_[found.command].words : title_of(*record);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const ImVec2 size{ImGui::GetContentRegionAvail().x, theme.px(kLineHeight)};
    ImGui::PushID(command ? commands_[found.command].words.c_str() : record->id.str().c_str());
    ImGui::PushItemFlag(ImGuiItemFlags_NoNav, true);
    const bool pressed = ImGui::InvisibleButton((words + "##palette").c_str(), size);
    ImGui::PopItemFlag();
    ImGui::PopID();
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 max{at.x + size.x, at.y + size.y};
    if (chosen || ImGui::IsItemHovered()) list->AddRectFilled(at, max, chosen ? p.accent.soft : p.hover, theme.px(8));
    if (chosen) ImGui::SetScrollHereY();
    const float middle = at.y + size.y / 2;
    const float x = at.x + theme.px(44);
    if (command || found.model != Model::lead) {
        const char* icon = command                          ? commands_[found.command].icon
                           : found.model == Model::reminder ? icon::kReminder
                                                            : icon::kPayments;
        ImGui::PushFont(theme.font(), 16.0F);
        const ImVec2 icon_size = ImGui::CalcTextSize(icon);
        list->AddText({std::floor(at.x + theme.px(12)), std::floor(middle - icon_size.y / 2)}, p.muted, icon);
        ImGui::PopFont();
    } else {
        draw_avatar(theme, {at.x + theme.px(20), middle}, theme.px(12), words);
    }
    const std::string right = command                      ? std::string(commands_[found.command].keys)
                              : found.model == Model::lead ? leads_.seen_by(*record)
                                                           : lead_of(desk.state, *record);
    theme.push(Size::small);
    const float right_width = right.empty() ? 0.0F : measure(right).x;
    draw_text({max.x - theme.px(12) - right_width, middle - ImGui::GetFontSize() / 2}, p.muted, right);
    Theme::pop();
    draw_text({x, middle - ImGui::GetFontSize() / 2}, p.text, words, max.x - theme.px(24) - right_width - x);
    return pressed;
}

void CommandPalette::carry_out(Desk& desk, const Found& found) {
    if (found.command != Found::kNone) return commands_[found.command].act(desk);
    desk.open(found.model, found.record);
}

}  // namespace ct::ui
