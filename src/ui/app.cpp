#include "ui/app.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ui/format.h"

// Behind imgui.h, which it needs and does not include.
#include <imgui_internal.h>

namespace ct::ui {
namespace {

constexpr std::int64_t kCaretBlink_ms = 400;

std::string in_words(const std::string& file, const client::DiagnosticsSummary& summary) {
    return file + ": " + bytes_text(summary.bytes) + ", " + count_text(summary.steps, "step", "steps") +
           " of the engine, " + count_text(summary.log_lines, "line", "lines") + " of the log";
}
constexpr SteadyMs kDraftEvery_ms = 2'000;

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
            *options_.clock, config_, options_.about},
      shell_(*options_.clock) {
    desk_.save_document = options_.save_document;
    desk_.keep = options_.keep;
    desk_.kept = options_.kept;
    desk_.notify = options_.notify;
    desk_.restore = options_.restore;
    if (desk_.kept) desk_.outbox.read(desk_.kept("outbox.json"));
    ImGuiIO& io = ImGui::GetIO();
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    io.ConfigInputTextCursorBlink = true;
    io.IniFilename = nullptr;
    static const FontData none;
    desk_.theme.load_fonts(options_.fonts != nullptr ? *options_.fonts : none);
    apply_theme();
    if (!options_.notice.empty()) desk_.toasts.add(ToastKind::info, options_.notice);
    if (!options_.crash_report.empty()) {
        desk_.toasts.add(
            ToastKind::problem,
            "ColorTouch ended unexpectedly last time. What was saved is safe. A report is in " + options_.crash_report,
            "Open", [this] {
                if (desk_.open_url) desk_.open_url(options_.crash_report);
            });
    }
}

Look App::look() const {
    if (options_.dark_in_this_run) return *options_.dark_in_this_run ? Look::dark : Look::light;
    switch (config_.theme) {
        case client::Theme::system: return options_.system_look;
        case client::Theme::light: return Look::light;
        case client::Theme::dark: return Look::dark;
        case client::Theme::contrast: return Look::contrast;
    }
    return Look::light;
}

void App::apply_theme() { desk_.theme.apply(look(), config_.scale * options_.display_scale, config_.reduced_motion); }

void App::set_display_scale(float scale) {
    options_.display_scale = scale;
    apply_theme();
}

bool App::set_system_look(Look look) {
    if (std::exchange(options_.system_look, look) == look) return false;
    apply_theme();
    return true;
}

bool App::may_close() {
    editor_.finish();
    if (closing() || (!anything_unsent(desk_) && !shell_.drawer().unsaved())) return true;
    inspector_.close(desk_);  // it would cover the question
    shell_.leave().ask(Leaving::close);
    return false;
}

void App::drop(std::string file) {
    if (!shell_.drawer().take_file(desk_, file)) desk_.import_wanted = std::move(file);
}

void App::open_first_lead() {
    const client::Table& leads = state_.table(crm::Model::lead);
    const auto newest = std::max_element(leads.all().begin(), leads.all().end(),
                                         [](const auto& a, const auto& b) { return a.updated_at < b.updated_at; });
    if (newest != leads.all().end()) desk_.open(crm::Model::lead, newest->id);
}

bool App::go_to(std::string_view where) {
    constexpr std::pair<std::string_view, Page> kPages[] = {
        {"today", Page::today},       {"leads", Page::leads},         {"pipeline", Page::pipeline},
        {"payments", Page::payments}, {"reminders", Page::reminders}, {"conflicts", Page::conflicts},
        {"activity", Page::activity}, {"settings", Page::settings}};
    const auto behind = [where](std::string_view kind) { return where.substr(kind.size()); };
    const auto page =
        std::find_if(std::begin(kPages), std::end(kPages), [&](const auto& one) { return one.first == where; });
    inspector_.close(desk_);  // it would cover what is asked for
    if (page != std::end(kPages)) {
        desk_.page = page->second;
        return true;
    }
    if (where.starts_with("new:")) {
        const auto model = crm::find_model_loose(behind("new:"));
        if (model) desk_.create(*model);
        return model.has_value();
    }
    const auto id = where.starts_with("lead:") ? Uuid::parse(behind("lead:")) : std::nullopt;
    if (where == "first-lead") {
        open_first_lead();
    } else if (where.starts_with("leads:")) {
        shell_.records(crm::Model::lead).search() = behind("leads:");
    } else if (where.starts_with("import:")) {
        desk_.import_wanted = std::string(behind("import:"));
    } else if (where == "duplicates") {
        desk_.duplicates_wanted = true;
    } else if (id) {
        desk_.open(crm::Model::lead, *id);
    } else {
        return false;
    }
    desk_.page = Page::leads;
    return true;
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

/// Whatever is on the screen: nobody is to take a link that was made worse on purpose for the real one. All else has
/// the room above it, from the next frame on.
void App::draw_simulated() {
    const std::string& link = state_.sync().simulated_link;
    const bool was_there = std::exchange(simulated_shown_, !link.empty());
    if (simulated_shown_ != was_there) desk_.redraw_within(0);
    if (link.empty()) return;
    const Theme& theme = desk_.theme;
    const Palette& p = theme.colors();
    const ImGuiViewport& screen = *ImGui::GetMainViewport();
    const std::string words = "Simulated link: " + link + ". Switch it off in the inspector (F12), or start again";
    theme.push(Size::small, true);
    const float height = ImGui::GetFontSize() + theme.px(10);
    static_cast<ImGuiViewportP*>(ImGui::GetMainViewport())->BuildWorkInsetMax.y += height;
    const ImVec2 min{screen.Pos.x, screen.Pos.y + screen.Size.y - height};
    const ImVec2 max{screen.Pos.x + screen.Size.x, screen.Pos.y + screen.Size.y};
    ImDrawList* list = ImGui::GetForegroundDrawList();
    list->AddRectFilled(min, max, p.danger.strong);
    // Where they are wider than the window, their beginning says what counts.
    const float middle = (min.x + max.x - ImGui::CalcTextSize(words.c_str()).x) / 2;
    list->AddText({std::floor(std::max(min.x + theme.px(12), middle)), min.y + theme.px(5)}, p.surface, words.c_str());
    ImGui::LogText("%s", words.c_str());
    Theme::pop();
}

void App::frame() {
    desk_.frame_due_in_ms = 60'000;  // relative times ("5 min ago") grow older
    const std::int64_t begun = client::inspect::steady_us();
    if (inspector_.is_open()) {
        if (ImGui::IsKeyPressed(ImGuiKey_F5, false)) desk_.post(client::SyncNow{});
        if (ImGui::GetIO().KeyCtrl) Shell::zoom(desk_);
        inspector_.handle_keys(desk_);
        inspector_.draw(desk_);
        inspector_.drew(static_cast<float>(client::inspect::steady_us() - begun) / 1'000.0F);
    } else {
        shell_.handle_keys(desk_);
        shell_.draw(desk_);
    }
    shell_.notices().update(desk_);
    draw_simulated();
    if (ImGui::IsKeyPressed(ImGuiKey_F12, false)) desk_.inspector_wanted = true;
    // Beside the drawer, whose buttons are in that corner; unless the drawer is all there is.
    const float width = ImGui::GetMainViewport()->Size.x;
    const float right = inspector_.is_open() ? width : shell_.page_right(desk_.theme);
    const float toast_right = right < width / 2 ? width : right;
    desk_.redraw_within(desk_.toasts.draw(desk_.theme, options_.clock->steady(), toast_right));
    // Edits move records in memory, so they wait until nothing points there; each may ask for another.
    const auto acts = std::exchange(desk_.at_frame_end, {});
    for (const auto& act : acts) act();
    if (acts.empty() && editor_.go_on()) desk_.redraw_within(0);
    if (desk_.open_request) shell_.drawer().show(desk_, *std::exchange(desk_.open_request, std::nullopt));
    if (!acts.empty()) desk_.redraw_within(0);
    if (std::exchange(desk_.inspector_wanted, false)) inspector_.toggle(desk_);
    keep_draft();
    if (desk_.config_changed) save_config();
    ask_people();
    if (ImGui::GetIO().WantTextInput) desk_.redraw_within(kCaretBlink_ms);
}

/// Somebody may have come to the workspace since it was told who is there.
void App::ask_people() {
    const SteadyMs now = options_.clock->steady();
    if (!std::exchange(desk_.unknown_person, false) || now < people_due_) return;
    people_due_ = now + client::kPeopleFreshMs;
    desk_.post(client::AskPeople{});
}

/// What is typed is kept every two seconds, and forgotten once it is saved or given up.
void App::keep_draft() {
    Drawer& drawer = shell_.drawer();
    if (!draft_found_.empty() && state_.loaded()) {
        draft_kept_ = std::exchange(draft_found_, {});
        drawer.restore(desk_, draft_kept_);
    }
    const SteadyMs now = options_.clock->steady();
    if (!drawer.unsaved()) {
        draft_due_ = 0;
        if (!std::exchange(draft_kept_, {}).empty()) desk_.post(client::KeepDraft{});
        return;
    }
    if (draft_due_ == 0) draft_due_ = now + kDraftEvery_ms;
    if (now < draft_due_) return desk_.redraw_within(draft_due_ - now);
    draft_due_ = now + kDraftEvery_ms;
    std::string draft = drawer.draft();
    if (draft == draft_kept_) return;
    draft_kept_ = draft;
    desk_.post(client::KeepDraft{std::move(draft)});
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
    shell_.leave().on_finished();
}

void App::handle(client::Event event) {
    const std::optional<std::string> not_saved = editor_.observe(event);
    state_.apply(event);
    shell_.imports().handle(desk_, event);
    if (auto* answer = std::get_if<client::inspect::Answer>(&event)) {
        if (auto* folder = std::get_if<client::inspect::FolderListed>(answer))
            desk_.folder = std::move(*folder);
        else if (inspector_.is_open())
            inspector_.take(std::move(*answer));
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
    } else if (auto* activity = std::get_if<client::ActivityListed>(&event)) {
        shell_.activity().listed(std::move(*activity));
    } else if (auto* trail = std::get_if<client::TrailListed>(&event)) {
        shell_.drawer().timeline().listed(std::move(*trail));
    } else if (auto* attached = std::get_if<client::AttachmentsChanged>(&event)) {
        shell_.drawer().files().listed(std::move(*attached));
    } else if (const auto* ready = std::get_if<client::AttachmentReady>(&event)) {
        if (desk_.open_url) desk_.open_url(ready->file);
    } else if (const auto* not_attached = std::get_if<client::AttachmentFailed>(&event)) {
        desk_.toasts.add(ToastKind::problem, not_attached->error.message);
    } else if (const auto* finished = std::get_if<client::SyncFinished>(&event)) {
        on_finished(*finished);
    } else if (std::holds_alternative<client::SyncChanged>(event)) {
        shell_.indicator().refresh(desk_);
    } else if (const auto* signed_in = std::get_if<client::SignedIn>(&event)) {
        desk_.sign_in = {};
        desk_.toasts.add(ToastKind::done, "Signed in as " + (signed_in->user.name.empty() ? signed_in->user.email
                                                                                          : signed_in->user.name));
    } else if (const auto* refused = std::get_if<client::SignInFailed>(&event)) {
        desk_.sign_in = {false, refused->error.message, refused->error.code == "UNSENT_WORK", refused->error.code};
    } else if (const auto* rescued = std::get_if<client::RescueDone>(&event)) {
        desk_.rescue = {false, false, {}, true};
        desk_.toasts.add(ToastKind::done, "The rescue copy is written, and was read again: " +
                                              count_text(rescued->summary.operations, "edit", "edits"));
    } else if (const auto* not_rescued = std::get_if<client::RescueFailed>(&event)) {
        desk_.rescue.busy = false;
        desk_.rescue.error = not_rescued->error.message;
    } else if (const auto* storage = std::get_if<client::StorageListed>(&event)) {
        desk_.storage = *storage;
    } else if (const auto* backed_up = std::get_if<client::BackedUp>(&event)) {
        desk_.backing_up = false;
        desk_.toasts.add(ToastKind::done, "The backup is written, and was read again: " + backed_up->file + ", " +
                                              bytes_text(backed_up->bytes));
    } else if (const auto* not_backed_up = std::get_if<client::BackUpFailed>(&event)) {
        desk_.backing_up = false;
        desk_.toasts.add(ToastKind::problem, "No backup was made: " + not_backed_up->error.message);
    } else if (auto* draft = std::get_if<client::DraftFound>(&event)) {
        draft_found_ = std::move(draft->text);
    } else if (const auto* written = std::get_if<client::FileWritten>(&event)) {
        if (written->error) {
            desk_.toasts.add(ToastKind::problem, written->error->message);
        } else {
            desk_.toasts.add(ToastKind::done, "Written to " + written->file, "Open", [this, file = written->file] {
                if (desk_.open_url) desk_.open_url(file);
            });
        }
    } else if (const auto* exported = std::get_if<client::DiagnosticsDone>(&event)) {
        desk_.diagnostics = {false, {}, in_words(exported->file, exported->summary)};
    } else if (const auto* not_exported = std::get_if<client::DiagnosticsFailed>(&event)) {
        desk_.diagnostics = {false, not_exported->error.message, {}};
    } else if (const auto* trouble = std::get_if<client::Trouble>(&event)) {
        desk_.toasts.add(ToastKind::problem, trouble->error.message);
    }
}

}  // namespace ct::ui
