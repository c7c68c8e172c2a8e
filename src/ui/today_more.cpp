// The Today page's beginnings and its outbox.
#include <algorithm>
#include <cmath>

#include "crm/record.h"
#include "ui/actions.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/sample_data.h"
#include "ui/today.h"
#include "ui/widgets.h"

namespace ct::ui {

using crm::Model;

/// Nothing is there yet: work at once, sign in, or look around.
void Today::draw_welcome(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    const float width = std::min(room, theme.px(520));
    ImGui::SetCursorScreenPos({at.x + std::floor((room - width) / 2), at.y + theme.px(16)});
    begin_card(theme, "welcome card", width);
    text(theme, "A fresh start", Size::heading, true);
    paragraph(theme,
              "Everything works on this laptop alone. What you save is safe here at once, with or without a "
              "connection; a server can be added on any day.",
              p.muted);
    ImGui::Dummy({0, theme.px(6)});
    const float wide = ImGui::GetContentRegionAvail().x;
    const auto choice = [&](const char* label, const char* icon, ButtonKind kind, const char* words) {
        const bool pressed = button(theme, label, kind, icon, wide);
        paragraph(theme, words, p.muted, Size::small);
        ImGui::Dummy({0, theme.px(4)});
        return pressed;
    };
    const bool local = desk.state.sync().server_url.empty();
    if (choice("New lead", icon::kAdd, ButtonKind::primary, "Work offline, at once.")) desk.create(Model::lead);
    if (local && choice("Sign in", icon::kPerson, ButtonKind::plain,
                        "To the server of your team: its leads come here, and yours go there."))
        desk.page = Page::settings;
    // On a server everybody would get them.
    if (local && choice("Show me sample data", icon::kPeople, ButtonKind::plain,
                        "Eight leads with payments and reminders to look around in. One undo takes them away."))
        desk.later([&desk] { add_sample_data(desk); });
    end_card();
}

/// Messages that were written without a connection.
void Today::draw_outbox(Desk& desk, float width) {
    if (desk.outbox.waiting().empty()) return;
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    begin_card(theme, "outbox card", width);
    const std::size_t count = desk.outbox.waiting().size();
    text(theme, count_text(static_cast<std::int64_t>(count), "message", "messages") + " to send", Size::heading, true);
    const bool online = seems_online(desk);
    if (!online) text(theme, "Waiting for a connection.", p.muted, Size::small);
    for (std::size_t i = 0; i < count; ++i) {
        const Message& message = desk.outbox.waiting()[i];
        const crm::Record* lead = desk.state.find(Model::lead, message.lead);
        ImGui::PushID(static_cast<int>(i));
        divider(theme);
        const std::string whom = lead == nullptr ? std::string("A deleted lead") : crm::title(*lead);
        text(theme, whom + " · " + ago_text(message.written_at, desk.now()), Size::body, true);
        paragraph(theme, message.text, p.muted);
        ImGui::BeginDisabled(lead == nullptr || !online);
        if (button(theme, ("Send##Send to " + whom).c_str(), ButtonKind::primary, icon::kSend))
            desk.later([&desk, i] { desk.outbox.send(desk, i); });
        ImGui::EndDisabled();
        ImGui::SameLine(0, theme.px(8));
        if (button(theme, ("Discard##Discard " + whom).c_str(), ButtonKind::quiet))
            desk.later([&desk, i] { desk.outbox.discard(desk, i); });
        ImGui::PopID();
    }
    end_card();
    ImGui::Dummy({0, theme.px(2)});
}

}  // namespace ct::ui
