#include "ui/settings.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "ui/form.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/leave.h"
#include "ui/palette.h"
#include "ui/rescue.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

void heading(const Theme& theme, const char* words) {
    text(theme, words, Size::heading, true);
    ImGui::Dummy({0, theme.px(2)});
}

float segments_width(const Theme& theme, std::span<const std::string> labels) {
    float width = theme.px(6);
    for (const std::string& label : labels) width += ImGui::CalcTextSize(label.c_str()).x + theme.px(24);
    return width;
}

constexpr float kFieldsWidth = 240;  // of the list of a model's fields
constexpr float kSwitchHeight = 20;  // of toggle()

constexpr std::array<std::pair<std::int64_t, const char*>, 6> kIntervals{{{60, "Every minute"},
                                                                          {300, "Every 5 minutes"},
                                                                          {900, "Every 15 minutes"},
                                                                          {3'600, "Every hour"},
                                                                          {14'400, "Every 4 hours"},
                                                                          {86'400, "Once a day"}}};

constexpr std::array<std::pair<const char*, const char*>, 12> kCountries{{{"IN", "India +91"},
                                                                          {"AE", "United Arab Emirates +971"},
                                                                          {"AU", "Australia +61"},
                                                                          {"BD", "Bangladesh +880"},
                                                                          {"DE", "Germany +49"},
                                                                          {"FR", "France +33"},
                                                                          {"GB", "United Kingdom +44"},
                                                                          {"LK", "Sri Lanka +94"},
                                                                          {"NP", "Nepal +977"},
                                                                          {"SG", "Singapore +65"},
                                                                          {"US", "United States +1"},
                                                                          {"ZA", "South Africa +27"}}};

constexpr std::array kCurrencies = {"INR", "USD", "EUR", "GBP", "AED", "AUD", "BDT", "LKR", "NPR", "SGD", "ZAR"};

}  // namespace

void label_before(const Theme& theme, const char* words, float widget_width, float widget_height) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    draw_text({at.x, at.y + (theme.px(widget_height) - ImGui::GetFontSize()) / 2}, theme.colors().text, words,
              room - widget_width);
    ImGui::SetCursorScreenPos({at.x + room - widget_width, at.y});
}

void Settings::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    // What the disk holds is asked for when one comes here, not in every frame.
    if (ImGui::GetFrameCount() > shown_in_frame_ + 1) desk.post(client::ListStorage{});
    shown_in_frame_ = ImGui::GetFrameCount();
    text(theme, "Settings", Size::title, true);
    ImGui::Dummy({0, theme.px(6)});
    const float room = ImGui::GetContentRegionAvail().x;
    const float gap = theme.px(16);
    const bool wide = room > theme.px(860);
    const float left = wide ? std::floor((std::min(room, theme.px(1'240)) - gap) * 0.55F) : room;
    const float right = wide ? std::min(room, theme.px(1'240)) - gap - left : room;
    const auto card = [&](const char* id, float width, void (Settings::*draw_inside)(Desk&)) {
        begin_card(theme, id, width);
        (this->*draw_inside)(desk);
        end_card();
        ImGui::Dummy({0, theme.px(2)});
    };
    ImGui::BeginGroup();
    card("account card", left, &Settings::draw_account);
    card("sync card", left, &Settings::draw_sync);
    card("data card", left, &Settings::draw_data);
    card("about card", left, &Settings::draw_about);
    ImGui::EndGroup();
    if (wide) ImGui::SameLine(0, gap);
    ImGui::BeginGroup();
    card("look card", right, &Settings::draw_look);
    card("region card", right, &Settings::draw_region);
    card("notices card", right, &Settings::draw_notices);
    card("receipts card", right, &Settings::draw_receipts);
    card("keys card", right, &Settings::draw_keys);
    ImGui::EndGroup();
}

void Settings::draw_account(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const client::SyncView& view = desk.state.sync();
    heading(theme, "Account");
    const bool signed_in = !view.user_email.empty() && view.indicator != client::Indicator::signed_out &&
                           view.indicator != client::Indicator::local_only;
    if (!signed_in) {
        paragraph(theme,
                  view.server_url.empty()
                      ? "Everything works without a server. Sign in to share leads with your team and to keep a copy."
                      : "Sign in again to go on syncing. What you did meanwhile is safe on this laptop.",
                  p.muted);
        ImGui::Dummy({0, theme.px(4)});
        return sign_in_.draw(desk);
    }
    sign_in_.forget();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float radius = theme.px(22);
    draw_avatar(theme, {at.x + radius, at.y + radius}, radius,
                view.user_name.empty() ? view.user_email : view.user_name);
    const float x = at.x + 2 * radius + theme.px(14);
    const float width = theme.px(110);
    const float room = std::max(at.x + ImGui::GetContentRegionAvail().x - width - theme.px(12) - x, theme.px(24));
    ImGui::PushFont(theme.font(true), 0.0F);
    draw_text({x, at.y + theme.px(3)}, p.text, view.user_name.empty() ? view.user_email : view.user_name, room);
    ImGui::PopFont();
    theme.push(Size::small);
    draw_text({x, at.y + theme.px(24)}, p.muted, view.user_email + " · " + view.workspace_name, room);
    Theme::pop();
    ImGui::SetCursorScreenPos({at.x + ImGui::GetContentRegionAvail().x - width, at.y + theme.px(5)});
    if (button(theme, "Sign out", ButtonKind::plain, icon::kSignOut, width)) {
        if (anything_unsent(desk)) {
            desk.sign_out_wanted = true;
        } else {
            desk.post(client::SignOut{});
        }
    }
    ImGui::SetCursorScreenPos({at.x, at.y + 2 * radius + theme.px(10)});
    text(theme, "Server: " + view.server_url, p.muted, Size::small);
    paragraph(theme, "Signing out keeps all records and unsent changes on this laptop.", p.muted, Size::small);
    RescueForm::draw_offer(desk);
}

void Settings::draw_sync(Desk& desk) {
    const Theme& theme = desk.theme;
    heading(theme, "Syncing");
    const float width = theme.px(220);
    label_before(theme, "Look for changes", width);
    std::string current = "Every " + std::to_string(desk.config.sync_interval_s) + " s";
    for (const auto& [seconds, words] : kIntervals) {
        if (seconds == desk.config.sync_interval_s) current = words;
    }
    dropdown(theme, "Sync interval", current, width, [&] {
        for (const auto& [seconds, words] : kIntervals) {
            if (!menu_item(theme, words, nullptr, seconds == desk.config.sync_interval_s)) continue;
            desk.config.sync_interval_s = seconds;
            desk.config_changed = true;
            desk.post(client::IntervalChanged{seconds});
            return true;
        }
        return false;
    });
    paragraph(theme, "Your own changes are sent two seconds after you make them, whatever is chosen here.",
              theme.colors().muted, Size::small);
    ImGui::Dummy({0, theme.px(4)});
    if (toggle(theme, "Others' edits arrive as they are made", &desk.config.live_updates)) {
        desk.config_changed = true;
        desk.post(client::LiveUpdatesChanged{desk.config.live_updates});
    }
    ImGui::Dummy({0, theme.px(2)});
    if (toggle(theme, "This link is metered: files and old records wait", &desk.config.metered_link)) {
        desk.config_changed = true;
        desk.post(client::MeteredChanged{desk.config.metered_link});
    }
    ImGui::Dummy({0, theme.px(2)});
    if (toggle(theme, "Say so when a sync that I asked for is done", &desk.config.toast_on_success)) {
        desk.config_changed = true;
    }
    ImGui::Dummy({0, theme.px(2)});
    bool offline = desk.state.sync().working_offline;
    if (toggle(theme, "Work offline##settings", &offline)) desk.post(client::WorkOffline{offline});
    draw_parts(desk);
}

/// What is fetched to this laptop. Leads are: the rest hangs on them.
void Settings::draw_parts(Desk& desk) {
    const Theme& theme = desk.theme;
    client::Config& config = desk.config;
    if (desk.state.sync().server_url.empty()) return;
    ImGui::Dummy({0, theme.px(4)});
    text(theme, "Kept up to date on this laptop", theme.colors().muted, Size::small, true);
    for (const crm::ModelDef& model : crm::models()) {
        const ImVec2 at = ImGui::GetCursorScreenPos();
        bool kept = !config.left_out.whole(model.model);
        if (!model.parent) {
            text(theme, model.plural);
        } else if (toggle(theme, (std::string(model.plural) + "##kept").c_str(), &kept)) {
            config.left_out.set_whole(model.model, !kept);
            desk.config_changed = true;
            desk.post(client::LeaveOut{config.left_out});
        }
        const ImVec2 after = ImGui::GetCursorScreenPos();
        ImGui::SetCursorScreenPos(at);
        if (kept) draw_fields_kept(desk, model.model);
        ImGui::SetCursorScreenPos(after);
    }
    paragraph(theme,
              "What is left out stays as it is here and is not fetched any more; your edits are sent all the same.",
              theme.colors().muted, Size::small);
}

/// At the right end of the line: which of the fields.
void Settings::draw_fields_kept(Desk& desk, crm::Model model) {
    const Theme& theme = desk.theme;
    sync::Parts& left_out = desk.config.left_out;
    const auto count = std::popcount(left_out.fields(model));
    const std::string words = count == 0 ? "All fields" : "All fields but " + std::to_string(count);
    const std::string label = words + "##fields of " + std::string(crm::name(model));
    // On the line of the switch, or of the bare name.
    const float name = ImGui::GetFontSize();
    const float line = crm::def(model).parent ? std::max(theme.px(kSwitchHeight), name) : name;
    theme.push(Size::small);
    ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x - measure(words).x,
                               ImGui::GetCursorScreenPos().y + (line - ImGui::GetFontSize()) / 2});
    if (link(theme, label.c_str())) ImGui::OpenPopup(label.c_str() + words.size());
    Theme::pop();
    ImGui::SetNextWindowSizeConstraints({theme.px(kFieldsWidth), 0}, {theme.px(kFieldsWidth), theme.px(640)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(12), theme.px(12)});
    if (ImGui::BeginPopup(label.c_str() + words.size())) {
        text(theme, "Fields that are fetched", theme.colors().muted, Size::small, true);
        for (const std::vector<crm::FieldId>& row : form_layout(model)) {
            for (const crm::FieldId field : row) {
                const crm::FieldDef& def = crm::def(model, field);
                if (!sync::Parts{}.add(std::string(crm::name(model)) + "." + std::string(def.name))) continue;
                const bool kept = !left_out.has(model, field);
                if (!menu_item(theme, (std::string(def.label) + "##field kept").c_str(), nullptr, kept)) continue;
                left_out.set_fields(model, left_out.fields(model) ^ (sync::Parts::Fields{1} << field));
                desk.config_changed = true;
                desk.post(client::LeaveOut{left_out});
            }
        }
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
}

void Settings::draw_look(Desk& desk) {
    const Theme& theme = desk.theme;
    heading(theme, "Appearance");
    const std::string themes[] = {"System", "Light", "Dark", "Contrast"};
    auto chosen = static_cast<std::size_t>(desk.config.theme);
    label_before(theme, "Theme", segments_width(theme, themes), 34);
    if (segments(theme, "theme", themes, chosen)) {
        desk.config.theme = static_cast<client::Theme>(chosen);
        desk.config_changed = true;
    }
    ImGui::Dummy({0, theme.px(2)});
    constexpr std::array kScales = {0.9F, 1.0F, 1.15F, 1.3F, 1.5F, 2.0F};
    const std::string scales[] = {"90%", "100%", "115%", "130%", "150%", "200%"};
    std::size_t scale = kScales.size();
    for (std::size_t i = 0; i < kScales.size(); ++i) {
        if (std::abs(kScales[i] - desk.config.scale) < 0.01F) scale = i;
    }
    label_before(theme, "Size", segments_width(theme, scales), 34);
    if (segments(theme, "scale", scales, scale)) {
        desk.config.scale = kScales[scale];
        desk.config_changed = true;
    }
    ImGui::Dummy({0, theme.px(2)});
    if (toggle(theme, "Less motion: nothing turns", &desk.config.reduced_motion)) desk.config_changed = true;
}

void Settings::draw_region(Desk& desk) {
    const Theme& theme = desk.theme;
    client::Config& config = desk.config;
    heading(theme, "New records");
    const float width = theme.px(220);
    label_before(theme, "Phone numbers", width);
    std::string country = config.default_country;
    for (const auto& [code, words] : kCountries) {
        if (config.default_country == code) country = words;
    }
    dropdown(theme, "Default country", country, width, [&] {
        for (const auto& [code, words] : kCountries) {
            if (!menu_item(theme, words, nullptr, config.default_country == code)) continue;
            config.default_country = code;
            desk.config_changed = true;
            return true;
        }
        return false;
    });
    ImGui::Dummy({0, theme.px(2)});
    label_before(theme, "Currency", width);
    dropdown(theme, "Default currency", config.currency, width, [&] {
        for (const char* code : kCurrencies) {
            if (!menu_item(theme, code, nullptr, config.currency == code)) continue;
            config.currency = code;
            desk.config_changed = true;
            return true;
        }
        return false;
    });
}

void Settings::draw_keys(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    heading(theme, "Keyboard");
    for (const KeyHelp& help : all_keys()) {
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const float room = ImGui::GetContentRegionAvail().x;
        theme.push(Size::small, true);
        const float width = measure(help.keys).x;
        draw_text({at.x + room - width, at.y}, p.text, help.keys);
        Theme::pop();
        draw_text(at, p.muted, help.words, room - width - theme.px(12));
        ImGui::Dummy({room, ImGui::GetFontSize()});
    }
}

void Settings::draw_about(Desk& desk) {
    const Theme& theme = desk.theme;
    heading(theme, "About");
    paragraph(theme, desk.about, theme.colors().muted, Size::small);
    if (!desk.state.sync().device_id.empty()) {
        text(theme, "This device: " + desk.state.sync().device_id, theme.colors().muted, Size::small);
    }
}

}  // namespace ct::ui
