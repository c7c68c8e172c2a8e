#include "ui/contact.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/utf8.h"
#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/icons.h"
#include "ui/ics.h"
#include "ui/outbox.h"
#include "ui/payment_acts.h"
#include "ui/receipt.h"
#include "ui/reminders_page.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::field_id;
using crm::Model;

constexpr const char* kPopup = "message";
constexpr float kPopupWidth = 380;
constexpr float kOneRowFrom = 760;  // a drawer as wide has room for the contact and the record's own buttons

/// The lead itself, or the one that a payment or reminder belongs to; null: none is known here.
const crm::Record* lead_behind(const client::State& state, const crm::Record& record) {
    if (record.model == Model::lead) return &record;
    const auto parent = crm::def(record.model).parent;
    const auto id = parent ? Uuid::parse(record.fields.text(*parent)) : std::nullopt;
    return id ? state.find(Model::lead, *id) : nullptr;
}

bool can_be_reached(const crm::Record& lead) {
    return !lead.fields.text(field_id(Model::lead, "phoneE164")).empty() ||
           !lead.fields.text(field_id(Model::lead, "email")).empty();
}

std::string first_word(std::string_view words) { return std::string(words.substr(0, words.find(' '))); }

bool receipt(const Desk& desk, const crm::Record& payment) { return has_receipt(payment) && desk.save_document; }

}  // namespace

std::string filled(const std::string& words, const crm::Record& lead, const std::string& me) {
    std::string out = words;
    const std::pair<std::string_view, std::string> values[] = {
        {"{name}", first_word(lead.fields.text(field_id(Model::lead, "name")))},
        {"{company}", std::string(lead.fields.text(field_id(Model::lead, "company")))},
        {"{me}", me},
    };
    for (const auto& [name, value] : values) {
        for (std::size_t at = out.find(name); at != std::string::npos; at = out.find(name, at + value.size()))
            out.replace(at, name.size(), value);
    }
    return out;
}

void Contact::draw(Desk& desk, const crm::Record& record, float left) {
    const Theme& theme = desk.theme;
    const crm::Record* lead = lead_behind(desk.state, record);
    const auto begin_row = [&] { ImGui::SetCursorScreenPos({left, ImGui::GetCursorScreenPos().y + theme.px(4)}); };
    if (lead != nullptr && lead->id != record.id) {
        begin_row();
        if (link(theme, (crm::title(*lead) + "##its lead").c_str())) desk.follow(Model::lead, lead->id);
        tooltip(theme, "Open the lead");
    }
    const bool reach = lead != nullptr && can_be_reached(*lead);
    if (reach) {
        begin_row();
        draw_reach(desk, *lead);
    }
    // Where there is room for both, the form keeps the height of a row.
    const auto go_on = [&] {
        if (reach && ImGui::GetWindowWidth() >= theme.px(kOneRowFrom)) return ImGui::SameLine(0, theme.px(24));
        begin_row();
    };
    if (record.model == Model::reminder) {
        go_on();
        draw_reminder(desk, record);
    } else if (record.model == Model::payment &&
               (can_be_paid(record) || can_be_refunded(record) || receipt(desk, record))) {
        go_on();
        draw_payment(desk, record);
    }
}

void Contact::draw_payment(Desk& desk, const crm::Record& payment) {
    const Theme& theme = desk.theme;
    bool first = true;
    const auto wanted = [&](bool fits, const char* label, const char* icon) {
        if (!fits) return false;
        if (!std::exchange(first, false)) ImGui::SameLine();
        return button(theme, label, ButtonKind::plain, icon);
    };
    const Uuid id = payment.id;
    if (wanted(can_be_paid(payment), "Mark as paid##this", icon::kCheck))
        desk.later([&desk, id] { mark_paid(desk, {id}); });
    if (wanted(receipt(desk, payment), "Print receipt", icon::kPrint))
        desk.later([&desk, id] { print_receipt(desk, id); });
    if (wanted(can_be_refunded(payment), "Refund", icon::kUndo)) desk.later([&desk, id] { refund(desk, id); });
}

void Contact::draw_reminder(Desk& desk, const crm::Record& reminder) {
    const Theme& theme = desk.theme;
    const bool done = is_done(reminder);
    if (button(theme, done ? "Open again" : "Mark done", ButtonKind::plain, done ? icon::kUndo : icon::kCheck))
        desk.later([&desk, id = reminder.id, done] { set_reminder_done(desk, id, !done); });
    if (!done) {
        ImGui::SameLine();
        if (button(theme, "Put off##Put off this", ButtonKind::plain, icon::kSnooze)) ImGui::OpenPopup("snooze");
        draw_snooze_choices(desk, reminder.id);
    }
    if (!desk.save_document) return;
    ImGui::SameLine();
    if (button(theme, "Calendar file", ButtonKind::plain, icon::kCalendar))
        desk.later([&desk, id = reminder.id] { export_reminders(desk, id); });
}

void Contact::draw_reach(Desk& desk, const crm::Record& lead) {
    const Theme& theme = desk.theme;
    const std::string phone(lead.fields.text(field_id(Model::lead, "phoneE164")));
    const std::string email(lead.fields.text(field_id(Model::lead, "email")));
    std::string url;
    if (!phone.empty()) {
        if (button(theme, "Call", ButtonKind::plain, icon::kPhone)) url = "tel:" + phone;
        ImGui::SameLine();
        if (button(theme, "WhatsApp", ButtonKind::plain, icon::kChat)) {
            std::string& words = texts_[lead.id];
            if (trim(words).empty()) words = filled(desk.config.message_template, lead, desk.state.sync().user_name);
            ImGui::OpenPopup(kPopup);
        }
        draw_message(desk, lead);
        if (!email.empty()) ImGui::SameLine();
    }
    if (!email.empty() && button(theme, "E-mail##write", ButtonKind::plain, icon::kEmail)) {
        url = "mailto:" + email;
        const std::string body = filled(desk.config.message_template, lead, desk.state.sync().user_name);
        if (!body.empty()) url += "?body=" + percent_encoded(body);
    }
    if (!url.empty() && desk.open_url) desk.open_url(url);
}

void Contact::draw_message(Desk& desk, const crm::Record& lead) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    ImGui::SetNextWindowSize({theme.px(kPopupWidth), 0});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(18), theme.px(16)});
    if (ImGui::BeginPopup(kPopup)) {
        const bool online = seems_online(desk);
        text(theme, "Message to " + crm::title(lead), Size::heading, true);
        std::string& words = texts_[lead.id];
        const std::string typed = words;
        text_area(theme, "##Message", words, theme.px(kPopupWidth - 36), theme.px(110), false);
        if (ImGui::IsKeyPressed(ImGuiKey_Escape)) words = typed;  // the field takes it back when it sees the key
        paragraph(theme,
                  online ? "Opens WhatsApp with this text, and keeps it among the notes."
                         : "There is no connection now. The message is kept on this laptop, and Today offers to send "
                           "it when there is one.",
                  p.muted, Size::small);
        const bool nothing = trim(words).empty();
        const Uuid id = lead.id;
        ImGui::BeginDisabled(nothing && !online);
        if (online && button(theme, nothing ? "Open chat##Send" : "Send", ButtonKind::primary, icon::kSend)) {
            desk.later([this, &desk, id] {
                if (send_message(desk, id, std::string(trim(texts_[id])))) texts_.erase(id);
            });
            ImGui::CloseCurrentPopup();
        }
        ImGui::EndDisabled();
        if (online) ImGui::SameLine(0, theme.px(8));
        ImGui::BeginDisabled(nothing);
        if (button(theme, "Keep for later", online ? ButtonKind::quiet : ButtonKind::primary)) {
            if (desk.outbox.add(desk, {id, std::string(trim(words)), desk.now()})) {
                desk.toasts.add(ToastKind::info, "Kept. Today lists what waits to be sent");
                words.clear();
            }
            ImGui::CloseCurrentPopup();
        }
        ImGui::EndDisabled();
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
}

}  // namespace ct::ui
