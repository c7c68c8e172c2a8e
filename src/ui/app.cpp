#include "ui/app.h"

#include <algorithm>
#include <utility>

#include "ui/format.h"

namespace ct::ui {
namespace {

constexpr std::int64_t kCaretBlink_ms = 400;

}  // namespace

App::App(AppOptions options)
    : options_(std::move(options)),
      config_(options_.config),
      ids_(*options_.clock, *options_.random),
      editor_(state_, *options_.clock, *options_.random,
              [this](client::Command command) {
                  if (const auto* commit = std::get_if<client::Commit>(&command)) desk_.last_ticket = commit->ticket;
                  options_.post(std::move(command));
              }),
      desk_{state_,          editor_, options_.post, [this] { return ids_.next(); }, options_.open_url,
            *options_.clock, config_, options_.about} {
    ImGuiIO& io = ImGui::GetIO();
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    io.ConfigInputTextCursorBlink = true;
    io.IniFilename = nullptr;
    static const FontData none;
    desk_.theme.load_fonts(options_.fonts != nullptr ? *options_.fonts : none);
    apply_theme();
}

bool App::dark() const {
    if (options_.dark_in_this_run) return *options_.dark_in_this_run;
    if (config_.theme == client::Theme::system) return options_.system_dark;
    return config_.theme == client::Theme::dark;
}

void App::apply_theme() { desk_.theme.apply(dark(), config_.scale * options_.display_scale); }

void App::set_display_scale(float scale) {
    options_.display_scale = scale;
    apply_theme();
}

void App::open_first_lead() {
    const client::Table& leads = state_.table(crm::Model::lead);
    const auto newest = std::max_element(leads.all().begin(), leads.all().end(),
                                         [](const auto& a, const auto& b) { return a.updated_at < b.updated_at; });
    if (newest != leads.all().end()) desk_.open(crm::Model::lead, newest->id);
}

bool App::open_inspector(std::string_view tab) {
    if (!tab.empty() && !inspector_.show(tab)) return false;
    inspector_.open(desk_);
    return true;
}

void App::save_config() {
    desk_.config_changed = false;
    if (std::exchange(options_.config.theme, config_.theme) != config_.theme) options_.dark_in_this_run.reset();
    apply_theme();
    desk_.redraw_within(0);
    if (options_.save_config) desk_.accepted(options_.save_config(config_));
}

void App::frame() {
    desk_.frame_due_in_ms = 60'000;  // relative times ("5 min ago") grow older
    const std::int64_t begun = client::inspect::steady_us();
    if (inspector_.is_open()) {
        if (ImGui::IsKeyPressed(ImGuiKey_F5, false)) desk_.post(client::SyncNow{});
        inspector_.draw(desk_);
        inspector_.drew(static_cast<float>(client::inspect::steady_us() - begun) / 1'000.0F);
    } else {
        shell_.handle_keys(desk_);
        shell_.draw(desk_);
    }
    if (ImGui::IsKeyPressed(ImGuiKey_F12, false)) desk_.inspector_wanted = true;
    // Beside the drawer, whose buttons are in that corner; unless the drawer is all there is.
    const float width = ImGui::GetMainViewport()->Size.x;
    const float right = inspector_.is_open() ? width : shell_.page_right(desk_.theme);
    const float toast_right = right < width / 2 ? width : right;
    desk_.redraw_within(desk_.toasts.draw(desk_.theme, options_.clock->steady(), toast_right));
    // Edits move records in memory, so they wait until nothing points there; each may ask for another.
    const auto acts = std::exchange(desk_.at_frame_end, {});
    for (const auto& act : acts) act();
    if (desk_.open_request) shell_.drawer().show(desk_, *std::exchange(desk_.open_request, std::nullopt));
    if (!acts.empty()) desk_.redraw_within(0);
    if (std::exchange(desk_.inspector_wanted, false)) inspector_.toggle(desk_);
    if (desk_.config_changed) save_config();
    if (ImGui::GetIO().WantTextInput) desk_.redraw_within(kCaretBlink_ms);
}

void App::on_finished(const client::SyncFinished& finished) {
    const store::SyncHistoryRow& row = finished.row;
    if (row.outcome != "done") {
        if (finished.asked_for)
            desk_.toasts.add(ToastKind::problem, finished.detail.empty() ? row.outcome : finished.detail);
    } else if (finished.asked_for && config_.toast_on_success) {
        desk_.toasts.add(ToastKind::done, row.pushed + row.pulled == 0
                                              ? "Synced. Nothing was new"
                                              : "Synced. " + count_text(row.pushed, "", "") + " sent, " +
                                                    count_text(row.pulled, "", "") + " received");
    }
    if (row.conflicts + row.failed > 0) {
        desk_.toasts.add(ToastKind::problem,
                         count_text(row.conflicts + row.failed, "change needs", "changes need") + " you", "Show",
                         [this, conflicts = row.conflicts > 0] {
                             if (conflicts) {
                                 desk_.page = Page::conflicts;
                             } else {
                                 shell_.indicator().open();
                             }
                         });
    }
    if (finished.verify) desk_.verified = finished.verify;
    shell_.indicator().refresh(desk_);
}

void App::handle(client::Event event) {
    const std::optional<std::string> not_saved = editor_.observe(event);
    state_.apply(event);
    if (auto* answer = std::get_if<client::inspect::Answer>(&event)) {
        if (inspector_.is_open()) inspector_.take(std::move(*answer), state_);
    } else if (const auto* saved = std::get_if<client::Saved>(&event)) {
        shell_.drawer().on_saved(desk_, saved->ticket);
    } else if (const auto* failed = std::get_if<client::SaveFailed>(&event)) {
        shell_.drawer().on_save_failed(desk_, failed->ticket, failed->error);
        desk_.toasts.add(ToastKind::problem, "Not saved: " + not_saved.value_or("Edit") + ". " + failed->error.message);
    } else if (auto* queue = std::get_if<client::QueueListed>(&event)) {
        desk_.queue = std::move(queue->operations);
    } else if (auto* history = std::get_if<client::HistoryListed>(&event)) {
        desk_.history = std::move(history->rows);
    } else if (auto* conflicts = std::get_if<client::ConflictsListed>(&event)) {
        desk_.conflicts = std::move(conflicts->conflicts);
    } else if (auto* decisions = std::get_if<client::DecisionsListed>(&event)) {
        desk_.decisions = std::move(decisions->decisions);
    } else if (const auto* finished = std::get_if<client::SyncFinished>(&event)) {
        on_finished(*finished);
    } else if (std::holds_alternative<client::SyncChanged>(event)) {
        shell_.indicator().refresh(desk_);
    } else if (const auto* signed_in = std::get_if<client::SignedIn>(&event)) {
        desk_.sign_in = {};
        desk_.toasts.add(ToastKind::done, "Signed in as " + (signed_in->user.name.empty() ? signed_in->user.email
                                                                                          : signed_in->user.name));
    } else if (const auto* refused = std::get_if<client::SignInFailed>(&event)) {
        desk_.sign_in = {false, refused->error.message};
    } else if (const auto* rescued = std::get_if<client::RescueDone>(&event)) {
        desk_.rescue = {false, false, {}, true};
        desk_.toasts.add(ToastKind::done, "The rescue copy is written, and was read again: " +
                                              count_text(rescued->summary.operations, "edit", "edits"));
    } else if (const auto* not_rescued = std::get_if<client::RescueFailed>(&event)) {
        desk_.rescue.busy = false;
        desk_.rescue.error = not_rescued->error.message;
    } else if (const auto* trouble = std::get_if<client::Trouble>(&event)) {
        desk_.toasts.add(ToastKind::problem, trouble->error.message);
    }
}

}  // namespace ct::ui
