#include "ui/today.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/local_time.h"
#include "client/merge_leads.h"
#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/payment_acts.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::field_id;
using crm::Model;

constexpr std::size_t kShownInGroup = 12;
constexpr std::size_t kPaymentsShown = 8;
constexpr std::size_t kChangedShown = 8;
constexpr crm::FieldId kPaymentDue = field_id(Model::payment, "dueDate");
constexpr crm::FieldId kPaymentStatus = field_id(Model::payment, "status");

std::string greeting(UnixMs now) {
    const int hour = to_local(now).hour;
    return hour < 5 ? "Good night" : hour < 12 ? "Good morning" : hour < 17 ? "Good afternoon" : "Good evening";
}

void sort_by_due(const client::Table& table, std::vector<Uuid>& ids) {
    std::sort(ids.begin(), ids.end(), [&](const Uuid& a, const Uuid& b) {
        const UnixMs x = due_at(*table.find(a));
        const UnixMs y = due_at(*table.find(b));
        return x != y ? x < y : a < b;
    });
}

}  // namespace

std::size_t Today::update(const Desk& desk) {
    const client::Table& leads = desk.state.table(Model::lead);
    const client::Table& payments = desk.state.table(Model::payment);
    const client::Table& reminders = desk.state.table(Model::reminder);
    const UnixMs now = desk.now();
    const bool later = std::exchange(minute_, now / 60'000) != now / 60'000;
    if (std::exchange(seen_reminders_, reminders.revision()) != reminders.revision() || later)
        find_reminders(reminders, now);
    if (std::exchange(seen_payments_, payments.revision()) != payments.revision() || later)
        find_payments(payments, now);
    if (seen_leads_ != leads.revision()) find_changed(leads);
    return late_.size() + today_.size();
}

void Today::find_reminders(const client::Table& reminders, UnixMs now) {
    late_.clear(), today_.clear(), soon_.clear();
    const UnixMs tomorrow = start_of_day(now, 1);
    const UnixMs next_week = start_of_day(now, 8);
    for (const crm::Record& reminder : reminders.all()) {
        const UnixMs at = due_at(reminder);
        if (at >= next_week || is_done(reminder)) continue;
        const bool whole_day = at == start_of_day(at);
        const bool late = at < now && !(whole_day && days_between(at, now) == 0);
        (late ? late_ : at < tomorrow ? today_ : soon_).push_back(reminder.id);
    }
    for (std::vector<Uuid>* group : {&late_, &today_, &soon_}) sort_by_due(reminders, *group);
}

void Today::find_payments(const client::Table& payments, UnixMs now) {
    const UnixMs next_week = start_of_day(now, 8);
    payments_.clear();
    for (const crm::Record& payment : payments.all()) {
        const std::int64_t due = payment.fields.integer(kPaymentDue);
        if (due != 0 && due < next_week && payment.fields.text(kPaymentStatus) == "PENDING")
            payments_.push_back(payment.id);
    }
    std::sort(payments_.begin(), payments_.end(), [&](const Uuid& a, const Uuid& b) {
        return payments.find(a)->fields.integer(kPaymentDue) < payments.find(b)->fields.integer(kPaymentDue);
    });
    payments_total_ = payments_.size();
    payments_.resize(std::min(payments_.size(), kPaymentsShown));
}

/// The newest ones. Edits only make records newer, so that those that were found and those that changed since are
/// enough to look at; unless one of the former is gone, was merged away or has become older again.
void Today::find_changed(const client::Table& leads) {
    const auto rows = leads.changed_since(std::exchange(seen_leads_, leads.revision()));
    const auto newer = [](const crm::Record* a, const crm::Record* b) {
        return a->updated_at != b->updated_at ? a->updated_at > b->updated_at : a->id > b->id;
    };
    std::vector<const crm::Record*> all;
    bool enough = rows && changed_.size() == kChangedShown;
    for (const Changed& one : changed_) {
        const crm::Record* lead = leads.find(one.id);
        enough = enough && lead != nullptr && lead->updated_at >= one.at && !client::merged_away(*lead);
        if (enough) all.push_back(lead);
    }
    if (enough) {
        for (const std::uint32_t row : *rows) {
            if (row < leads.size() && !client::merged_away(leads.at(row))) all.push_back(&leads.at(row));
        }
        std::sort(all.begin(), all.end(), newer);
        all.erase(std::unique(all.begin(), all.end()), all.end());
    } else {
        all.clear();
        for (const crm::Record& lead : leads.all()) {
            if (!client::merged_away(lead)) all.push_back(&lead);
        }
    }
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kChangedShown));
    std::partial_sort(all.begin(), end, all.end(), newer);
    changed_.clear();
    for (auto at = all.begin(); at != end; ++at) changed_.push_back({(*at)->id, (*at)->updated_at});
}

void Today::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const client::SyncView& sync = desk.state.sync();
    const std::string first_name = sync.user_name.substr(0, sync.user_name.find(' '));
    text(theme, greeting(desk.now()) + (first_name.empty() ? "" : ", " + first_name), Size::title, true);
    text(theme, long_day_text(desk.now()), p.muted);
    ImGui::Dummy({0, theme.px(6)});
    if (desk.state.loaded() && desk.state.table(Model::lead).size() == 0 &&
        desk.state.table(Model::reminder).size() == 0)
        return draw_welcome(desk);
    draw_tiles(desk);
    ImGui::Dummy({0, theme.px(6)});
    const float room = ImGui::GetContentRegionAvail().x;
    const float gap = theme.px(16);
    const bool wide = room > theme.px(820);
    const float left = wide ? std::floor((room - gap) * 0.55F) : room;
    ImGui::BeginGroup();
    begin_card(theme, "reminders card", left);
    draw_reminders(desk);
    end_card();
    ImGui::EndGroup();
    if (wide) ImGui::SameLine(0, gap);
    ImGui::BeginGroup();
    draw_outbox(desk, wide ? room - gap - left : room);
    begin_card(theme, "payments card", wide ? room - gap - left : room);
    draw_payments(desk);
    end_card();
    ImGui::Dummy({0, theme.px(2)});
    begin_card(theme, "changed card", wide ? room - gap - left : room);
    draw_changed(desk);
    end_card();
    ImGui::EndGroup();
}

void Today::draw_tiles(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const float gap = theme.px(16);
    const float width = (ImGui::GetContentRegionAvail().x - 3 * gap) / 4;
    const std::array<Tally::Condition, 1> there{[](const crm::Record& lead) { return !client::merged_away(lead); }};
    const bool counted = leads_.update(desk.state.table(Model::lead), there);
    if (!counted) desk.redraw_within(0);
    const auto number = [&desk](std::size_t count, bool known = true) {  // half of the records would give a wrong one
        return desk.state.loaded() && known ? count_text(static_cast<std::int64_t>(count), "", "") : std::string("…");
    };
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{gap, gap});
    bool reminders =
        draw_tile(desk, "Overdue", number(late_.size()), icon::kWarning, late_.empty() ? p.neutral : p.danger, width);
    ImGui::SameLine();
    reminders = draw_tile(desk, "Due today", number(today_.size()), icon::kReminder, p.accent, width) || reminders;
    ImGui::SameLine();
    if (draw_tile(desk, "Payments due", number(payments_total_), icon::kPayments, p.ok, width))
        desk.page = Page::payments;
    ImGui::SameLine();
    if (draw_tile(desk, "Leads", number(leads_.count(0), counted), icon::kPeople, p.violet, width)) {
        desk.page = Page::leads;
    }
    if (reminders) desk.page = Page::reminders;
    ImGui::PopStyleVar();
}

bool Today::draw_tile(Desk& desk, const char* label, const std::string& number, const char* icon, const Tone& tone,
                      float width) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const float height = theme.px(88);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const bool pressed = ImGui::InvisibleButton(label, {width, height}, ImGuiButtonFlags_EnableNav);
    const ImVec2 max{at.x + width, at.y + height};
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(at, max, p.surface, theme.px(10));
    list->AddRect(at, max, ImGui::IsItemHovered() ? p.border_strong : p.border, theme.px(10), 0, theme.px(1));
    const float side = theme.px(44);
    const ImVec2 box{at.x + theme.px(20), at.y + (height - side) / 2};
    float x = box.x;
    if (width >= theme.px(170)) {  // with less room the words come first
        list->AddRectFilled(box, {box.x + side, box.y + side}, tone.soft, theme.px(12));
        ImGui::PushFont(theme.font(), 18.0F);
        const ImVec2 size = ImGui::CalcTextSize(icon);
        list->AddText({std::floor(box.x + (side - size.x) / 2), std::floor(box.y + (side - size.y) / 2)}, tone.strong,
                      icon);
        ImGui::PopFont();
        x += side + theme.px(16);
    }
    theme.push(Size::title, true);
    draw_text({x, at.y + theme.px(18)}, p.text, number, max.x - x);
    Theme::pop();
    theme.push(Size::small);
    draw_text({x, at.y + theme.px(50)}, p.muted, label, max.x - x - theme.px(8));
    Theme::pop();
    return pressed;
}

void Today::draw_reminders(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    text(theme, "Reminders", Size::heading, true);
    const float width = theme.px(142);
    const ImVec2 after = ImGui::GetCursorScreenPos();
    ImGui::SetCursorScreenPos({at.x + ImGui::GetContentRegionAvail().x - width, at.y - theme.px(6)});
    if (button(theme, "New reminder", ButtonKind::plain, icon::kAdd, width)) desk.create(Model::reminder);
    ImGui::SetCursorScreenPos({after.x, after.y + theme.px(12)});
    if (late_.empty() && today_.empty() && soon_.empty()) {
        text(theme, desk.state.loaded() ? "Nothing is due in the next seven days." : "Reading the records …", p.muted);
        return;
    }
    draw_group(desk, "Overdue", late_, p.danger.strong);
    draw_group(desk, "Today", today_, p.accent.strong);
    draw_group(desk, "Next seven days", soon_, p.muted);
}

void Today::draw_group(Desk& desk, const char* title, const std::vector<Uuid>& ids, ImU32 color) {
    if (ids.empty()) return;
    const Theme& theme = desk.theme;
    text(theme, std::string(title) + "  " + std::to_string(ids.size()), color, Size::small, true);
    for (std::size_t i = 0; i < std::min(ids.size(), kShownInGroup); ++i) {
        if (const crm::Record* reminder = desk.state.find(Model::reminder, ids[i])) draw_reminder(desk, *reminder);
    }
    if (ids.size() > kShownInGroup) {
        const std::string more = "Show all " + std::to_string(ids.size()) + "##" + title;
        if (link(theme, more.c_str())) desk.page = Page::reminders;
    }
    ImGui::Dummy({0, theme.px(6)});
}

void Today::draw_reminder(Desk& desk, const crm::Record& reminder) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const float height = theme.px(48);
    const std::string title = crm::title(reminder);
    ImGui::PushID(reminder.id.str().c_str());
    ImGui::SetNextItemAllowOverlap();
    if (ImGui::InvisibleButton(title.c_str(), {width, height}, ImGuiButtonFlags_EnableNav)) {
        desk.open(Model::reminder, reminder.id);
    }
    ImDrawList* list = ImGui::GetWindowDrawList();
    const bool hot = ImGui::IsMouseHoveringRect(at, {at.x + width, at.y + height}) && ImGui::IsWindowHovered();
    if (hot) {
        list->AddRectFilled({at.x - theme.px(8), at.y}, {at.x + width + theme.px(8), at.y + height}, p.hover,
                            theme.px(8));
    }
    ImGui::SetCursorScreenPos({at.x, at.y + theme.px(12)});
    if (check_circle(theme, ("Done " + title).c_str(), false)) {
        desk.later([&desk, id = reminder.id] { set_reminder_done(desk, id, true); });
    }
    const float x = at.x + theme.px(36);
    float right = at.x + width;
    const std::string_view priority = reminder.fields.text(field_id(Model::reminder, "priority"));
    right -= theme.px(34);
    ImGui::SetCursorScreenPos({right, at.y + theme.px(8)});
    if (icon_button(theme, ("Put off to tomorrow 09:00##Put off " + title).c_str(), icon::kSnooze)) {
        const UnixMs until = start_of_day(desk.now(), 1) + 9 * 3'600'000;
        desk.later([&desk, id = reminder.id, until] { snooze_reminder(desk, id, until); });
    }
    if (priority == "HIGH" || priority == "URGENT") {
        const ImVec2 size = pill_size(theme, words_of_choice(priority), false);
        right -= size.x + theme.px(6);
        draw_pill(theme, {right, at.y + (height - size.y) / 2}, words_of_choice(priority), tone_of_choice(p, priority));
    }
    draw_text({x, at.y + theme.px(6)}, p.text, title, right - x - theme.px(12));
    theme.push(Size::small);
    const std::string lead = lead_of(desk.state, reminder);
    const std::string below = due_text(due_at(reminder), desk.now()) + (lead.empty() ? "" : " · " + lead);
    draw_text({x, at.y + theme.px(25)}, p.muted, below, right - x - theme.px(12));
    Theme::pop();
    ImGui::SetCursorScreenPos({at.x, at.y + height});
    ImGui::Dummy({0, 0});
    ImGui::PopID();
}

void Today::draw_payments(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    text(theme, "Payments due", Size::heading, true);
    ImGui::Dummy({0, theme.px(2)});
    if (payments_.empty()) {
        return text(theme, desk.state.loaded() ? "No payment is due in the next seven days." : "Reading the records …",
                    p.muted);
    }
    for (const Uuid& id : payments_) {
        if (const crm::Record* payment = desk.state.find(Model::payment, id)) draw_payment(desk, *payment);
    }
    if (payments_total_ > payments_.size() &&
        link(theme, ("Show all " + std::to_string(payments_total_) + "##payments").c_str())) {
        desk.page = Page::payments;
    }
}

/// What we owe stands there too, and says so: it is not to be collected.
void Today::draw_payment(Desk& desk, const crm::Record& payment) {
    const Palette& p = desk.theme.colors();
    const UnixMs due = shown_at(Model::payment, kPaymentDue, payment.fields.integer(kPaymentDue));
    const std::string lead = lead_of(desk.state, payment);
    const std::string amount = title_of(payment);
    const bool late = days_between(due, desk.now()) > 0;
    const Line line{lead.empty() ? "No lead" : lead,
                    (is_outgoing(payment) ? "To pay · " : "") + due_text(due, desk.now()), amount,
                    late ? p.danger.strong : p.text, "Mark as paid##Paid " + amount};
    if (draw_line(desk, payment, line)) desk.later([&desk, id = payment.id] { mark_paid(desk, {id}); });
}

void Today::draw_changed(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    text(theme, "Changed last", Size::heading, true);
    ImGui::Dummy({0, theme.px(2)});
    if (changed_.empty()) return text(theme, desk.state.loaded() ? "No leads yet." : "", p.muted);
    for (const Changed& one : changed_) {
        const crm::Record* lead = desk.state.find(Model::lead, one.id);
        if (lead == nullptr) continue;
        const std::string_view company = lead->fields.text(field_id(Model::lead, "company"));
        const std::string_view city = lead->fields.text(field_id(Model::lead, "city"));
        draw_line(desk, *lead,
                  {crm::title(*lead), std::string(company.empty() ? city : company),
                   ago_text(lead->updated_at, desk.now()), p.muted});
    }
}

bool Today::draw_line(Desk& desk, const crm::Record& record, const Line& line) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const float height = theme.px(48);
    ImGui::PushID(record.id.str().c_str());
    ImGui::SetNextItemAllowOverlap();
    if (ImGui::InvisibleButton(line.title.c_str(), {width, height}, ImGuiButtonFlags_EnableNav))
        desk.open(record.model, record.id);
    if (ImGui::IsMouseHoveringRect(at, {at.x + width, at.y + height}) && ImGui::IsWindowHovered()) {
        ImGui::GetWindowDrawList()->AddRectFilled({at.x - theme.px(8), at.y},
                                                  {at.x + width + theme.px(8), at.y + height}, p.hover, theme.px(8));
    }
    const float upper = at.y + theme.px(6), lower = at.y + theme.px(25);
    const float middle = at.y + (height - ImGui::GetFontSize()) / 2;
    float right_width = measure(line.right).x;
    draw_text({at.x + width - right_width, line.act.empty() ? middle : upper}, line.right_color, line.right);
    bool chosen = false;
    if (!line.act.empty()) {
        theme.push(Size::small);
        const float act_width = measure(line.act.substr(0, line.act.find("##"))).x;
        ImGui::SetCursorScreenPos({at.x + width - act_width, lower});
        chosen = link(theme, line.act.c_str());
        right_width = std::max(right_width, act_width);
        Theme::pop();
    }
    const float radius = theme.px(15);
    draw_avatar(theme, {at.x + radius, at.y + height / 2}, radius, line.title);
    const float x = at.x + 2 * radius + theme.px(12);
    const float room = at.x + width - right_width - theme.px(12) - x;
    draw_text({x, line.below.empty() ? middle : upper}, p.text, line.title, room);
    if (!line.below.empty()) {
        theme.push(Size::small);
        draw_text({x, lower}, p.muted, line.below, room);
        Theme::pop();
    }
    ImGui::SetCursorScreenPos({at.x, at.y + height});
    ImGui::Dummy({0, 0});
    ImGui::PopID();
    return chosen;
}

}  // namespace ct::ui
