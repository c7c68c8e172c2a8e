#include "ui/sign_in.h"

#include "base/utf8.h"
#include "client/messages.h"
#include "ui/icons.h"
#include "ui/rescue.h"
#include "ui/widgets.h"

namespace ct::ui {

namespace {

/// Of a sign-in. The catalogue's speaks of a laptop that was signed in before.
constexpr client::Message kWrong{"UNAUTHENTICATED", "E-mail or password is wrong",
                                 "The server knows nobody who has both.", "Type them again.", client::Fix::sign_in};

}  // namespace

void SignInForm::submit(Desk& desk) {
    missing_.clear();
    if (trim(server_).empty()) missing_ = "Server";
    if (missing_.empty() && trim(email_).empty()) missing_ = "E-mail";
    if (missing_.empty() && password_.empty()) missing_ = "Password";
    desk.sign_in.error.clear();
    if (!missing_.empty()) return;
    std::string url(trim(server_));
    if (url.find("://") == std::string::npos) url = "https://" + url;  // what people mean by "crm.example.com"
    desk.sign_in.busy = true;
    desk.post(client::SignIn{url, std::string(trim(email_)), password_, std::string(trim(workspace_)), discard_});
    desk.sign_in.unsent = discard_ = false;
    sent_ = true;
}

void SignInForm::draw_error(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const SignInState& failed = desk.sign_in;
    if (failed.error.empty()) return;
    const bool wrong = failed.code == kWrong.code;
    const client::Message& message = wrong ? kWrong : client::message_of(failed.code);
    text(theme, message.title, p.danger.strong, Size::small, true);
    paragraph(theme, std::string(message.detail) + " " + std::string(message.action), p.text, Size::small);
    if (!wrong) paragraph(theme, failed.error, p.muted, Size::caption);
}

void SignInForm::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const client::SyncView& view = desk.state.sync();
    if (server_.empty() && email_.empty() && !view.server_url.empty()) {
        server_ = view.server_url;
        email_ = view.user_email;
    }
    // Where only the network failed, nobody types a password again.
    if (sent_ && !desk.sign_in.busy) {
        sent_ = false;
        if (desk.sign_in.error.empty() || desk.sign_in.code == kWrong.code) forget();
    }
    const float room = ImGui::GetContentRegionAvail().x;
    const float gap = theme.px(14);
    const float half = (room - gap) / 2;
    bool entered = false;
    const ImVec2 origin = ImGui::GetCursorScreenPos();
    const auto field = [&](int column, int row, const char* label, const char* hint, std::string& value,
                           ImGuiInputTextFlags flags) {
        ImGui::SetCursorScreenPos(
            {origin.x + static_cast<float>(column) * (half + gap), origin.y + static_cast<float>(row) * theme.px(72)});
        ImGui::BeginGroup();
        text(theme, label, p.muted, Size::small, true);
        text_field(theme, ("##" + std::string(label)).c_str(), hint, value, half, missing_ == label, flags);
        entered = entered || (ImGui::IsItemDeactivated() && ImGui::IsKeyPressed(ImGuiKey_Enter));
        ImGui::EndGroup();
    };
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{gap, theme.px(6)});
    field(0, 0, "Server", "https://crm.example.com", server_, 0);
    field(1, 0, "Workspace", "Only if you have several", workspace_, 0);
    field(0, 1, "E-mail", "name@example.com", email_, 0);
    field(1, 1, "Password", "", password_, ImGuiInputTextFlags_Password);
    ImGui::PopStyleVar();
    if (!missing_.empty()) text(theme, missing_ + " is needed", p.danger.strong, Size::small);
    draw_error(desk);
    if (desk.sign_in.unsent) {
        RescueForm::draw_offer(desk);
        (void)toggle(theme, "Discard what is unsent here, and sign in", &discard_);
    }
    ImGui::Dummy({0, theme.px(4)});
    ImGui::BeginDisabled(desk.sign_in.busy);
    const bool pressed =
        button(theme, desk.sign_in.busy ? "Signing in…##Sign in" : "Sign in", ButtonKind::primary, icon::kKey);
    ImGui::EndDisabled();
    if ((pressed || entered) && !desk.sign_in.busy) submit(desk);
}

}  // namespace ct::ui
