#include "ui/reminders_page.h"

#include <algorithm>
#include <cmath>

#include "base/local_time.h"
#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/ics.h"
#include "ui/pages.h"
#include "ui/people.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::field_id;
using crm::Model;

constexpr float kLineHeight = 52;
constexpr UnixMs kHour_ms = 3'600'000;
constexpr std::size_t kTriedPerFrame = 5'000;  // words of a reminder take a microsecond to put together

/// "Overdue", "Today", "Tomorrow, Tuesday, 24 November" …
std::string group_of(UnixMs at, UnixMs now) {
    const std::int64_t days = days_between(now, at);
    if (days < 0) return "Overdue";
    if (days == 0) return "Today, " + long_day_text(at);
    if (days == 1) return "Tomorrow, " + long_day_text(at);
    if (days < 15) return long_day_text(at);
    return "Later";
}

}  // namespace

std::vector<SnoozeChoice> snooze_choices(UnixMs now) {
    const UnixMs today = start_of_day(now);
    std::vector<SnoozeChoice> choices{{"In an hour", now + kHour_ms}};
    if (now < today + 17 * kHour_ms) choices.push_back({"This evening 18:00", today + 18 * kHour_ms});
    choices.push_back({"Tomorrow 09:00", start_of_day(now, 1) + 9 * kHour_ms});
    const int to_monday = (8 - to_local(now).weekday) % 7;
    choices.push_back({"Next Monday 09:00", start_of_day(now, to_monday == 0 ? 7 : to_monday) + 9 * kHour_ms});
    choices.push_back({"In a month", start_of_day(now, 30) + 9 * kHour_ms});
    return choices;
}

RemindersPage::RemindersPage() : records_(reminders_page()) {}

void RemindersPage::update(Desk& desk) {
    const client::Table& reminders = desk.state.table(Model::reminder);
    if (seen_ == reminders.revision()) return filter(desk);
    seen_ = reminders.revision();
    std::vector<std::pair<UnixMs, Uuid>> order;
    for (const crm::Record& reminder : reminders.all()) {
        if (!is_done(reminder)) order.emplace_back(due_at(reminder), reminder.id);
    }
    std::sort(order.begin(), order.end());
    open_.clear();
    for (const auto& [at, id] : order) open_.push_back(id);
    parsed_on_ = 0;
    filter(desk);
}

/// By the same words and conditions as the table, on as many as a frame has time for.
void RemindersPage::filter(Desk& desk) {
    const UnixMs today = start_of_day(desk.now());
    const std::uint64_t leads = desk.state.table(Model::lead).revision();
    const std::uint64_t people = desk.state.people_revision();
    // A lead's name is among a reminder's words.
    const bool moved = !filter_.empty() && (seen_leads_ != leads || seen_people_ != people);
    if (parsed_ != records_.search() || parsed_on_ != today || moved) {
        parsed_ = records_.search();
        parsed_on_ = today;
        seen_leads_ = leads;
        seen_people_ = people;
        filter_ = Filter::parse(Model::reminder, parsed_, desk.now());
        found_.clear();
        next_ = 0;
    }
    if (filter_.empty() && next_ < open_.size()) {
        found_ = open_;
        next_ = open_.size();
    }
    const std::size_t end = std::min(open_.size(), next_ + kTriedPerFrame);
    for (; next_ < end; ++next_) {
        const crm::Record* reminder = desk.state.find(Model::reminder, open_[next_]);
        if (reminder == nullptr || !filter_.matches(desk.state, *reminder)) continue;
        const std::string words = filter_.words().empty() ? std::string() : search_words(desk.state, *reminder);
        const bool all = std::all_of(filter_.words().begin(), filter_.words().end(),
                                     [&](const std::string& word) { return words.find(word) != std::string::npos; });
        if (all) found_.push_back(open_[next_]);
    }
    if (next_ < open_.size()) desk.redraw_within(0);
}

void RemindersPage::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    update(desk);
    draw_head(desk);
    if (table()) return records_.draw(desk);
    ImGui::PushStyleColor(ImGuiCol_ChildBg, theme.colors().surface);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(20), theme.px(14)});
    ImGui::BeginChild("agenda", {0, 0}, ImGuiChildFlags_Borders | ImGuiChildFlags_NavFlattened);
    ImGui::PopStyleVar();
    ImGui::PopStyleColor();
    draw_agenda(desk);
    ImGui::EndChild();
}

/// Of the agenda whole; above the table only the switch, for the table has a head of its own.
void RemindersPage::draw_head(Desk& desk) {
    const Theme& theme = desk.theme;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float right = at.x + ImGui::GetContentRegionAvail().x;
    if (!table()) {
        text(theme, "Reminders", Size::title, true);
        ImGui::SameLine(0, theme.px(10));
        ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, at.y + theme.px(8)});
        const std::string open = count_text(static_cast<std::int64_t>(open_.size()), "open", "open");
        const bool some = found_.size() < open_.size();
        text(theme, (some ? count_text(static_cast<std::int64_t>(found_.size()), "", "") + " of " : "") + open,
             theme.colors().muted);
        const float width = theme.px(148);
        ImGui::SetCursorScreenPos({right - width, at.y - theme.px(2)});
        if (button(theme, "New reminder", ButtonKind::primary, icon::kAdd, width)) desk.create(Model::reminder);
        ImGui::SetCursorScreenPos({at.x, at.y + theme.px(42)});
    }
    const std::string views[] = {"By day", "Table"};
    segments(theme, "view", views, view_);
    if (!table() && desk.save_document && !open_.empty()) {
        ImGui::SameLine(0, theme.px(12));
        if (button(theme, "Calendar file (.ics)", ButtonKind::plain, icon::kCalendar))
            desk.later([&desk] { export_reminders(desk); });
    }
    if (!table()) records_.draw_filter_words(theme, filter_);
    ImGui::Dummy({0, theme.px(2)});
}

void RemindersPage::draw_agenda(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (open_.empty()) {
        if (!desk.state.loaded()) return text(theme, "Reading the records …", p.muted);
        if (empty_state(theme, icon::kReminder, "Nothing to remember",
                        "Write down whom to call and when. What is due appears on the Today page.", "New reminder"))
            desk.create(Model::reminder);
        return;
    }
    std::string group;
    for (const Uuid& id : found_) {
        const crm::Record* reminder = desk.state.find(Model::reminder, id);
        if (reminder == nullptr || is_done(*reminder)) continue;
        std::string next = group_of(due_at(*reminder), desk.now());
        if (next != group) {
            ImGui::Dummy({0, theme.px(group.empty() ? 0 : 8)});
            group = std::move(next);
            text(theme, group, group == "Overdue" ? p.danger.strong : p.muted, Size::small, true);
        }
        draw_one(desk, *reminder);
    }
    if (group.empty()) text(theme, next_ < open_.size() ? "Searching…" : "Nothing that is open matches.", p.muted);
}

void RemindersPage::draw_one(Desk& desk, const crm::Record& reminder) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const float height = theme.px(kLineHeight);
    if (!ImGui::IsRectVisible({width, height})) return ImGui::Dummy({width, height});
    const std::string title = crm::title(reminder);
    ImGui::PushID(reminder.id.str().c_str());
    const float snooze = theme.px(36);
    ImGui::SetCursorScreenPos({at.x + theme.px(36), at.y});
    if (ImGui::InvisibleButton(title.c_str(), {width - theme.px(36) - snooze, height}, ImGuiButtonFlags_EnableNav))
        desk.open(Model::reminder, reminder.id);
    ImDrawList* list = ImGui::GetWindowDrawList();
    if (ImGui::IsMouseHoveringRect(at, {at.x + width, at.y + height}) && ImGui::IsWindowHovered())
        list->AddRectFilled({at.x - theme.px(8), at.y}, {at.x + width + theme.px(8), at.y + height}, p.hover,
                            theme.px(8));
    ImGui::SetCursorScreenPos({at.x, at.y + theme.px(14)});
    if (check_circle(theme, ("Done " + title).c_str(), false))
        desk.later([&desk, id = reminder.id] { set_reminder_done(desk, id, true); });
    draw_snooze(desk, reminder, {at.x + width - snooze, at.y + theme.px(10)});
    float right = at.x + width - snooze - theme.px(8);
    const auto mark = [&](const std::string& words, const Tone& tone) {
        const ImVec2 size = pill_size(theme, words, false);
        right -= size.x;
        draw_pill(theme, {right, at.y + (height - size.y) / 2}, words, tone);
        right -= theme.px(8);
    };
    const std::string_view priority = reminder.fields.text(field_id(Model::reminder, "priority"));
    if (priority == "HIGH" || priority == "URGENT") mark(words_of_choice(priority), tone_of_choice(p, priority));
    const std::string_view repeat = reminder.fields.text(field_id(Model::reminder, "repeat"));
    if (!repeat.empty() && repeat != "NONE") mark(words_of_choice(repeat), p.neutral);
    const float x = at.x + theme.px(36);
    draw_text({x, at.y + theme.px(7)}, p.text, title, right - x);
    theme.push(Size::small);
    const std::string lead = lead_of(desk.state, reminder);
    const UnixMs due = due_at(reminder);
    const bool snoozed = due > reminder.fields.integer(field_id(Model::reminder, "reminderDate"));
    const std::string_view assigned = reminder.fields.text(field_id(Model::reminder, "assigneeId"));
    const std::string who = assigned.empty()                ? ""
                            : assigned == my_id(desk.state) ? " · For me"
                                                            : " · For " + person_shown(desk, assigned);
    const std::string below =
        due_text(due, desk.now()) + (snoozed ? ", put off" : "") + (lead.empty() ? "" : " · " + lead) + who;
    draw_text({x, at.y + theme.px(27)}, due < desk.now() ? p.danger.strong : p.muted, below, right - x);
    Theme::pop();
    ImGui::SetCursorScreenPos({at.x, at.y + height});
    ImGui::Dummy({0, 0});
    ImGui::PopID();
}

void RemindersPage::draw_snooze(Desk& desk, const crm::Record& reminder, ImVec2 at) {
    const Theme& theme = desk.theme;
    ImGui::SetCursorScreenPos(at);
    if (icon_button(theme, ("Put off##Put off " + crm::title(reminder)).c_str(), icon::kSnooze))
        ImGui::OpenPopup("snooze");
    draw_snooze_choices(desk, reminder.id);
}

void draw_snooze_choices(Desk& desk, const Uuid& reminder) {
    const Theme& theme = desk.theme;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(6), theme.px(6)});
    if (ImGui::BeginPopup("snooze")) {
        for (const SnoozeChoice& choice : snooze_choices(desk.now())) {
            if (!menu_item(theme, choice.words.c_str(), icon::kSnooze)) continue;
            desk.later([&desk, id = reminder, until = choice.until] { snooze_reminder(desk, id, until); });
            ImGui::CloseCurrentPopup();
        }
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
}

}  // namespace ct::ui
