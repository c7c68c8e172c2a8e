// What hangs on a lead: its payments and reminders, in the drawer.
#include <algorithm>
#include <cmath>

#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/drawer.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::field_id;
using crm::Model;

/// Newest or most urgent first.
std::int64_t rank(const crm::Record& record) {
    switch (record.model) {
        case Model::payment: {
            const std::int64_t due = record.fields.integer(field_id(Model::payment, "dueDate"));
            return due != 0 ? -due : -record.created_at;
        }
        case Model::reminder: return (is_done(record) ? 1'000'000'000'000'000 : 0) + due_at(record);
        default: return -record.fields.integer(field_id(Model::note, "at"), record.created_at);
    }
}

struct Totals {
    std::int64_t paid = 0, due = 0;
    std::string currency;
    bool mixed = false;  ///< of several currencies: no sum
};

Totals add_up(const std::vector<const crm::Record*>& payments) {
    Totals totals;
    for (const crm::Record* payment : payments) {
        const std::string_view currency = payment->fields.text(field_id(Model::payment, "currency"));
        if (totals.currency.empty()) totals.currency = currency;
        totals.mixed = totals.mixed || totals.currency != currency;
        const std::int64_t sign = payment->fields.text(field_id(Model::payment, "direction")) == "OUT" ? -1 : 1;
        const std::int64_t amount = sign * payment->fields.integer(field_id(Model::payment, "amount"));
        const std::string_view status = payment->fields.text(field_id(Model::payment, "status"));
        if (status == "COMPLETED") totals.paid += amount;
        if (status == "PENDING") totals.due += amount;
    }
    return totals;
}

}  // namespace

std::vector<const crm::Record*> Drawer::children(const Desk& desk, Model model, const Uuid& lead) const {
    std::vector<const crm::Record*> found;
    for (const Uuid& id : desk.state.children(model, lead)) {
        if (const crm::Record* child = desk.state.find(model, id)) found.push_back(child);
    }
    std::sort(found.begin(), found.end(), [](const crm::Record* a, const crm::Record* b) {
        return rank(*a) != rank(*b) ? rank(*a) < rank(*b) : a->id < b->id;
    });
    return found;
}

void Drawer::draw_children(Desk& desk, Model model, const Uuid& lead) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const bool payments = model == Model::payment;
    crm::Changes preset;
    preset.set(*crm::def(model).parent, lead.str());
    const std::vector<const crm::Record*> found = children(desk, model, lead);
    if (found.empty()) {
        if (empty_state(
                theme, payments ? icon::kPayments : icon::kReminder, payments ? "No payments" : "No reminders",
                payments ? "Nothing was paid yet, and nothing is due." : "Nothing to do here. Note when to call again.",
                payments ? "Add payment" : "Add reminder")) {
            desk.create(model, std::move(preset));
        }
        return;
    }
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (payments) {
        const Totals totals = add_up(found);
        const std::string words = totals.mixed ? "In several currencies"
                                               : money_text(totals.paid, totals.currency) + " paid, " +
                                                     money_text(totals.due, totals.currency) + " due";
        ImGui::SetCursorScreenPos({at.x, at.y + theme.px(8)});
        text(theme, words, p.muted);
    }
    const char* label = payments ? "Add payment" : "Add reminder";
    const float width = theme.px(146);
    ImGui::SetCursorScreenPos({at.x + ImGui::GetContentRegionAvail().x - width, at.y});
    if (button(theme, label, ButtonKind::plain, icon::kAdd, width)) desk.create(model, std::move(preset));
    ImGui::SetCursorScreenPos({at.x, at.y + theme.px(46)});
    for (const crm::Record* child : found) draw_child(desk, *child);
}

void Drawer::draw_child(Desk& desk, const crm::Record& child) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const float height = theme.px(56);
    const std::string title = title_of(child);
    ImGui::PushID(child.id.str().c_str());
    ImGui::SetNextItemAllowOverlap();
    if (ImGui::InvisibleButton(title.c_str(), {width, height}, ImGuiButtonFlags_EnableNav))
        desk.follow(child.model, child.id);
    ImDrawList* list = ImGui::GetWindowDrawList();
    if (ImGui::IsItemHovered()) {
        list->AddRectFilled({at.x - theme.px(8), at.y}, {at.x + width + theme.px(8), at.y + height}, p.hover,
                            theme.px(8));
    }
    list->AddLine({at.x, at.y + height}, {at.x + width, at.y + height}, p.border, theme.px(1));
    float x = at.x;
    const bool reminder = child.model == Model::reminder;
    if (reminder) {
        ImGui::SetCursorScreenPos({x, at.y + theme.px(16)});
        const bool done = is_done(child);
        if (check_circle(theme, ((done ? "Reopen " : "Done ") + title).c_str(), done)) {
            desk.later([&desk, id = child.id, done] { set_reminder_done(desk, id, !done); });
        }
        x += theme.px(34);
    }
    const std::string_view choice =
        child.fields.text(reminder ? field_id(Model::reminder, "priority") : field_id(Model::payment, "status"));
    const ImVec2 size = pill_size(theme, words_of_choice(choice), false);
    draw_pill(theme, {at.x + width - size.x, at.y + (height - size.y) / 2}, words_of_choice(choice),
              tone_of_choice(p, choice));
    const float room = at.x + width - size.x - theme.px(12) - x;
    ImGui::PushFont(theme.font(true), 0.0F);
    draw_text({x, at.y + theme.px(9)}, reminder && is_done(child) ? p.muted : p.text, title, room);
    ImGui::PopFont();
    theme.push(Size::small);
    std::string below;
    if (reminder) {
        below = due_text(due_at(child), desk.now());
    } else {
        constexpr crm::FieldId kDue = field_id(Model::payment, "dueDate");
        const UnixMs due = shown_at(Model::payment, kDue, child.fields.integer(kDue));
        const std::int64_t paid = child.fields.integer(field_id(Model::payment, "paidAt"));
        below = paid != 0  ? "Paid " + due_text(paid, desk.now())
                : due != 0 ? "Due " + due_text(due, desk.now())
                           : words_of_choice(child.fields.text(field_id(Model::payment, "method")));
    }
    draw_text({x, at.y + theme.px(30)}, p.muted, below, room);
    Theme::pop();
    ImGui::SetCursorScreenPos({at.x, at.y + height + theme.px(1)});
    ImGui::Dummy({0, 0});
    ImGui::PopID();
}

}  // namespace ct::ui
