#include "ui/indicator.h"

#include <algorithm>
#include <cmath>

#include "crm/model.h"
#include "ui/actions.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using client::Indicator;

constexpr SteadyMs kPaceFrom_ms = 1'500;  // shorter syncs need no prophecy
constexpr std::int64_t kDay_ms = 24 * 3'600'000;
constexpr float kPopoverWidth = 400;
constexpr std::size_t kHistoryShown = 5;
constexpr std::size_t kFailedMore = 50;

/// The popover's first line.
std::string line_of(const Desk& desk) {
    const client::SyncView& view = desk.state.sync();
    const auto saving = static_cast<std::int64_t>(desk.editor.records_saving());
    if (view.indicator == Indicator::synced && saving > 0)
        return "Saving " + count_text(saving, "record", "records") + " on this laptop";
    return client::headline(view, desk.now());
}

/// "3 sent, 1 received · 4 kB in 0.8 s" for a row of history.
std::string result_words(const store::SyncHistoryRow& row) {
    if (row.outcome != "done") return "Did not finish: " + words_of_choice(row.outcome);
    std::string words;
    const auto add = [&words](std::int64_t number, const char* what) {
        if (number == 0) return;
        words += (words.empty() ? "" : ", ") + count_text(number, "", "") + " " + what;
    };
    add(row.pushed, "sent");
    add(row.pulled, "received");
    add(row.merged, "merged");
    add(row.conflicts, "to decide");
    add(row.failed, "refused");
    if (words.empty()) words = "Nothing was new";
    return words + " · " + bytes_text(row.bytes_sent + row.bytes_received) + " in " + duration_text(row.duration_ms);
}

}  // namespace

IndicatorLook look_of(const Palette& p, Indicator indicator) {
    switch (indicator) {
        case Indicator::synced: return {icon::kWifi, nullptr, "All sent", &p.ok, false};
        case Indicator::pending: return {icon::kCloudUpload, nullptr, "Waiting", &p.warn, false};
        case Indicator::syncing: return {nullptr, nullptr, "Syncing", &p.info, false};
        case Indicator::offline: return {icon::kWifiOff, nullptr, "Offline", &p.danger, false};
        case Indicator::server_away: return {icon::kCloud, icon::kClock, "Server away", &p.warn, false};
        case Indicator::login_page: return {icon::kCloud, icon::kKey, "Login page", &p.warn, false};
        case Indicator::signed_out: return {icon::kCloud, icon::kPerson, "Sign in again", &p.warn, false};
        case Indicator::local_trouble: return {icon::kError, nullptr, "Cannot save", &p.danger, true};
        case Indicator::needs_you: return {icon::kWarning, nullptr, "Needs you", &p.warn, false};
        case Indicator::update_needed: return {icon::kCloud, icon::kErrorOutline, "Update needed", &p.warn, false};
        case Indicator::local_only: return {icon::kComputer, nullptr, "On this laptop", &p.neutral, false};
    }
    return {icon::kCloud, nullptr, "", &p.neutral, false};
}

IndicatorLook look_while_saving(const Palette& p) { return {icon::kSave, nullptr, "Saving…", &p.info, false}; }

std::string badge_of(const client::SyncView& view) {
    if (view.indicator == Indicator::syncing && view.sending_total > 0) {
        return std::to_string(view.sending_done) + "/" + std::to_string(view.sending_total);
    }
    // On a device without a server nothing waits: the number would never go down.
    if (view.indicator == Indicator::local_only) return {};
    const std::int64_t waiting = view.queue.records - view.queue.records_held;  // those have a badge of their own
    return waiting > 0 ? count_text(waiting, "", "") : std::string{};
}

std::string portal_url(std::string_view server_url) {
    const std::size_t scheme = server_url.find("://");
    std::string_view host = scheme == std::string_view::npos ? server_url : server_url.substr(scheme + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    host = host.substr(host.rfind('@') + 1);      // npos + 1: from the start
    const std::size_t bracket = host.rfind(']');  // an IPv6 address has colons
    const std::size_t port = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
    return "http://" + std::string(host.substr(0, port)) + "/";
}

void IndicatorView::refresh(Desk& desk) {
    if (!shown_) return;
    desk.post(client::ListQueue{});
    desk.post(client::ListHistory{});
}

void IndicatorView::draw(Desk& desk, float right, float middle_y) {
    const Theme& theme = desk.theme;
    const ImVec2 corner = draw_button(desk, right, middle_y);
    if (open_next_) {
        open_next_ = false;
        failed_shown_ = kFailedFirst;
        ImGui::OpenPopup("sync popover");
        desk.post(client::ListQueue{});
        desk.post(client::ListHistory{});
    }
    ImGui::SetNextWindowPos({corner.x, corner.y + theme.px(8)}, ImGuiCond_Always, {1, 0});
    ImGui::SetNextWindowSizeConstraints({theme.px(kPopoverWidth), 0}, {theme.px(kPopoverWidth), theme.px(640)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(20), theme.px(18)});
    ImGui::PushStyleVar(ImGuiStyleVar_PopupRounding, theme.px(12));
    shown_ = ImGui::BeginPopup("sync popover");
    if (shown_) {
        draw_popover(desk);
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar(2);
    rescue_.draw(desk);
}

/// The capsule; its lower right corner.
ImVec2 IndicatorView::draw_button(Desk& desk, float right, float middle_y) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const client::SyncView& view = desk.state.sync();
    const bool saving = view.indicator == Indicator::synced && desk.editor.saving() > 0;
    const IndicatorLook look = saving ? look_while_saving(p) : look_of(p, view.indicator);
    const std::string badge = badge_of(view);
    const std::string needs = view.needs_you > 0 ? "! " + count_text(view.needs_you, "", "") : std::string{};
    const float gap = theme.px(8);
    theme.push(Size::caption, true);
    const auto badge_width = [&](const std::string& words) {
        return words.empty() ? 0.0F : std::max(theme.px(18), ImGui::CalcTextSize(words.c_str()).x + theme.px(12)) + gap;
    };
    const float badges = badge_width(badge) + badge_width(needs);
    const float first_badge = badge_width(badge);
    Theme::pop();
    theme.push(Size::small, true);
    const ImVec2 words_size = ImGui::CalcTextSize(look.words);
    Theme::pop();
    const ImVec2 size{std::ceil(theme.px(38) + words_size.x + badges + theme.px(14)), theme.px(36)};
    const ImVec2 at{std::floor(right - size.x), std::floor(middle_y - size.y / 2)};
    const ImVec2 max{at.x + size.x, at.y + size.y};
    ImGui::SetCursorScreenPos(at);
    if (ImGui::InvisibleButton("Sync", size, ImGuiButtonFlags_EnableNav)) open_next_ = true;
    if (!shown_) tooltip(theme, line_of(desk));
    const ImU32 ground = look.boxed ? p.danger.strong : look.tone->soft;
    const ImU32 color = look.boxed ? p.surface : look.tone->strong;
    const float rounding = look.boxed ? theme.px(4) : size.y / 2;
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(at, max, ground, rounding);
    if (ImGui::IsItemHovered() || shown_) list->AddRect(at, max, color, rounding, 0, theme.px(1));
    draw_icon(desk, look, {at.x + theme.px(22), middle_y}, color, ground);
    float x = at.x + theme.px(38);
    theme.push(Size::small, true);
    draw_text({x, middle_y - words_size.y / 2}, color, look.words);
    Theme::pop();
    x += words_size.x + gap;
    if (!badge.empty()) {
        draw_badge(theme, {x + (first_badge - gap) / 2, middle_y}, badge, color,
                   look.boxed ? p.danger.strong : p.surface);
        x += first_badge;
    }
    if (!needs.empty()) {
        draw_badge(theme, {x + (badges - first_badge - gap) / 2, middle_y}, needs,
                   look.boxed ? p.surface : p.danger.strong, look.boxed ? p.danger.strong : p.surface);
    }
    return max;
}

void IndicatorView::draw_icon(Desk& desk, const IndicatorLook& look, ImVec2 center, ImU32 color, ImU32 ground) {
    const Theme& theme = desk.theme;
    ImDrawList* list = ImGui::GetWindowDrawList();
    const auto centered = [&](const char* icon, float size, ImVec2 middle) {
        ImGui::PushFont(theme.font(), size);
        const ImVec2 box = ImGui::CalcTextSize(icon);
        list->AddText({std::floor(middle.x - box.x / 2), std::floor(middle.y - box.y / 2)}, color, icon);
        ImGui::PopFont();
    };
    if (look.icon == nullptr) {
        draw_spinner(theme, center, theme.px(7.5F), color, ImGui::GetTime());
        if (!theme.reduced_motion()) desk.redraw_within(40);
        return;
    }
    centered(look.icon, 16.0F, center);
    if (look.mark == nullptr) return;
    const ImVec2 corner{center.x + theme.px(7), center.y + theme.px(6)};
    list->AddCircleFilled(corner, theme.px(7.5F), ground, 20);
    centered(look.mark, 10.0F, corner);
}

void IndicatorView::draw_popover(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const client::SyncView& view = desk.state.sync();
    ImGui::PushTextWrapPos(theme.px(kPopoverWidth - 20));
    const std::string line = line_of(desk);
    text(theme, line, p.text, Size::heading, true);
    if (!view.reason.empty() && line.find(view.reason) == std::string::npos) text(theme, view.reason, p.muted);
    ImGui::PopTextWrapPos();
    // The countdown in the headline runs by the second.
    if (view.next_try_at > desk.now()) desk.redraw_within(1'000 - (desk.now() % 1'000));
    draw_progress(desk);
    ImGui::Dummy({0, theme.px(4)});
    const bool has_server = view.indicator != Indicator::local_only;
    if (button(theme, "Sync now", ButtonKind::primary, icon::kSync, theme.px(132))) desk.post(client::SyncNow{});
    ImGui::SameLine(0, theme.px(8));
    if (view.indicator == Indicator::signed_out || !has_server) {
        if (button(theme, "Sign in", ButtonKind::plain, icon::kPerson)) {
            desk.page = Page::settings;
            ImGui::CloseCurrentPopup();
        }
    } else {
        const ImVec2 at = ImGui::GetCursorScreenPos();
        ImGui::SetCursorScreenPos({at.x + theme.px(8), at.y + theme.px(7)});
        bool offline = view.working_offline;
        if (toggle(theme, "Work offline", &offline)) desk.post(client::WorkOffline{offline});
    }
    if (view.indicator == Indicator::login_page && !view.server_url.empty()) {
        ImGui::Dummy({0, theme.px(2)});
        if (button(theme, "Open browser", ButtonKind::plain, icon::kKey) && desk.open_url)
            desk.open_url(portal_url(view.server_url));
    }
    draw_removals(desk);
    draw_waiting(desk);
    draw_files(desk);
    RescueForm::draw_offer(desk);
    draw_failed(desk);
    draw_history(desk);
}

/// A pull that would take very much away waits until somebody says that it was meant.
void IndicatorView::draw_removals(Desk& desk) {
    const client::SyncView& view = desk.state.sync();
    if (!view.removals.any()) return;
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    ImGui::Dummy({0, theme.px(4)});
    divider(theme);
    text(theme, "Needs your word", p.danger.strong, Size::small, true);
    paragraph(theme, "A sync would remove " + client::in_words(view.removals) + " from this laptop.", p.text);
    paragraph(theme,
              view.removals_refused
                  ? "You kept them. Until you allow it nothing is received; your own edits are sent."
                  : "Nothing is removed yet. Somebody may have tidied up, or the server may have lost its data: ask "
                    "whoever looks after it when you do not know.",
              p.muted, Size::small);
    if (button(theme, "Remove them here", ButtonKind::danger, icon::kTrash)) desk.post(client::DecideRemovals{true});
    if (view.removals_refused) return;
    ImGui::SameLine(0, theme.px(8));
    if (button(theme, "Keep them")) desk.post(client::DecideRemovals{false});
}

void IndicatorView::draw_progress(Desk& desk) {
    const client::SyncView& view = desk.state.sync();
    const bool sending = view.sending_total > view.sending_done || view.receiving_total == 0;
    const std::int64_t total = sending ? view.sending_total : view.receiving_total;
    const std::int64_t done = sending ? view.sending_done : view.receiving_done;
    if (view.indicator != Indicator::syncing || total <= 0) return;
    const Theme& theme = desk.theme;
    progress_bar(theme, static_cast<float>(done) / static_cast<float>(total));
    const std::string left = time_left(desk, done, total);
    if (!left.empty()) text(theme, left, theme.colors().muted, Size::small);
}

/// "About 2 min left", by the pace since this part began; nothing while that says too little.
std::string IndicatorView::time_left(Desk& desk, std::int64_t done, std::int64_t total) {
    const SteadyMs now = desk.clock.steady();
    if (total != pace_total_ || done < pace_done_) {
        pace_total_ = total;
        pace_done_ = done;
        pace_since_ = now;
        return {};
    }
    const SteadyMs took = now - pace_since_;
    if (took < kPaceFrom_ms || done == pace_done_ || done >= total) return {};
    const auto left = static_cast<std::int64_t>(static_cast<double>(took) * static_cast<double>(total - done) /
                                                static_cast<double>(done - pace_done_));
    constexpr std::int64_t kMinute_ms = 60'000;
    const std::string words = left < kMinute_ms ? std::to_string(left / 1'000 + 1) + " s" : duration_text(left);
    return "About " + words + " left";
}

void IndicatorView::draw_waiting(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const store::QueueSummary& queue = desk.state.sync().queue;
    if (queue.records == 0) return;
    ImGui::Dummy({0, theme.px(4)});
    divider(theme);
    text(theme, "Waiting to be sent", p.muted, Size::small, true);
    for (const crm::ModelDef& model : crm::models()) {
        const std::int64_t count = queue.records_by_model[static_cast<std::size_t>(model.model)];
        if (count == 0) continue;
        const ImVec2 at = ImGui::GetCursorScreenPos();
        text(theme, model.plural);
        const std::string number = count_text(count, "", "");
        draw_text({at.x + ImGui::GetContentRegionAvail().x - ImGui::CalcTextSize(number.c_str()).x, at.y}, p.text,
                  number);
    }
    if (queue.oldest_created_at == 0) return;
    const bool old = desk.now() - queue.oldest_created_at > kDay_ms;
    const std::string words = "Oldest: " + ago_text(queue.oldest_created_at, desk.now());
    if (old) {
        pill(theme, words, p.warn, icon::kWarning);
    } else {
        text(theme, words, p.muted, Size::small);
    }
}

/// Files beside the records: a green indicator would be a lie as long as the server lacks one.
void IndicatorView::draw_files(Desk& desk) {
    const client::SyncView& view = desk.state.sync();
    if (view.files.waiting() + view.files.failed == 0) return;
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    ImGui::Dummy({0, theme.px(4)});
    divider(theme);
    text(theme, "Files", p.muted, Size::small, true);
    const std::string line = client::files_line(view);
    if (!line.empty()) paragraph(theme, line, p.text);
    const bool has_server = view.indicator != Indicator::local_only;
    if (view.files.sending > 0 && has_server && link(theme, "Send the files now"))
        desk.post(client::SendAttachmentsNow{});
    if (view.files.failed == 0) return;
    paragraph(theme, count_text(view.files.failed, "file was", "files were") + " refused by the server",
              p.danger.strong);
    paragraph(theme, "Files, in its record, says why. It can be tried again there, or be taken away.", p.muted,
              Size::small);
    if (desk.state.find(view.files.failed_model, view.files.failed_record) == nullptr) return;
    if (!button(theme, "Open its record", ButtonKind::plain)) return;
    desk.open(view.files.failed_model, view.files.failed_record);
    ImGui::CloseCurrentPopup();
}

void IndicatorView::draw_failed(Desk& desk) {
    std::vector<const sync::QueuedOperation*> failed;
    for (const sync::QueuedOperation& operation : desk.queue) {
        if (operation.state == sync::QueueState::error || operation.state == sync::QueueState::conflict) {
            failed.push_back(&operation);
        }
    }
    if (failed.empty()) return;
    const Theme& theme = desk.theme;
    ImGui::Dummy({0, theme.px(4)});
    divider(theme);
    text(theme, "Needs you", theme.colors().danger.strong, Size::small, true);
    // The queue is listed up to a limit; the count is of all.
    const store::QueueSummary& queue = desk.state.sync().queue;
    const std::size_t all = std::max(failed.size(), static_cast<std::size_t>(queue.errors + queue.conflicts));
    const std::size_t listed = failed.size();
    failed.resize(std::min(listed, failed_shown_));
    for (const sync::QueuedOperation* operation : failed) draw_failed_one(desk, *operation);
    if (failed.size() == all) return;
    ImGui::Dummy({0, theme.px(4)});
    const std::string more = "and " + count_text(static_cast<std::int64_t>(all - failed.size()), "", "") + " more";
    if (failed.size() == listed) {
        text(theme, more + ". They come as these are settled", theme.colors().muted, Size::small);
    } else if (link(theme, (more + "##failed").c_str())) {
        failed_shown_ += kFailedMore;
    }
}

void IndicatorView::draw_failed_one(Desk& desk, const sync::QueuedOperation& queued) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const sync::Operation& operation = queued.operation;
    const crm::Record* record = desk.state.find(operation.model, operation.record);
    ImGui::PushID(operation.id.str().c_str());
    ImGui::Dummy({0, theme.px(2)});
    const std::string title = record != nullptr ? title_of(*record) : "A deleted record";
    text(theme, std::string(crm::name(operation.model)) + ": " + title, Size::body, true);
    const bool conflict = queued.state == sync::QueueState::conflict;
    const client::Message& message = client::message_of(conflict ? "CONFLICT" : queued.error_code);
    text(theme, message.title, p.danger.strong, Size::small, true);
    paragraph(theme, conflict || queued.error_message.empty() ? std::string(message.detail) : queued.error_message,
              p.muted, Size::small);
    paragraph(theme, message.action, p.text, Size::small);
    if (draw_fix(desk, conflict ? client::Fix::decide : message.fix, record)) ImGui::SameLine();
    if (!conflict) {
        if (button(theme, "Try again", ButtonKind::plain, icon::kRefresh))
            desk.post(client::RetryOperation{operation.id});
        ImGui::SameLine();
    }
    if (button(theme, conflict ? "Keep theirs" : "Discard my change", ButtonKind::danger)) {
        desk.later([&desk, queued] { discard_change(desk, queued); });
    }
    if (record != nullptr && message.fix != client::Fix::mend) {
        ImGui::SameLine();
        if (button(theme, "Open", ButtonKind::quiet)) {
            desk.open(operation.model, operation.record);
            ImGui::CloseCurrentPopup();
        }
    }
    ImGui::PopID();
}

/// The button that does what the message advises; false where the buttons that are always there do.
bool IndicatorView::draw_fix(Desk& desk, client::Fix fix, const crm::Record* record) {
    const Theme& theme = desk.theme;
    const auto go = [&](const char* label, const auto& act) {
        if (!button(theme, label, ButtonKind::primary)) return;
        act();
        ImGui::CloseCurrentPopup();
    };
    switch (fix) {
        case client::Fix::decide: go("Decide", [&] { desk.page = Page::conflicts; }); return true;
        case client::Fix::sign_in: go("Sign in again##fix", [&] { desk.page = Page::settings; }); return true;
        case client::Fix::sync: go("Sync##fix", [&] { desk.post(client::SyncNow{}); }); return true;
        case client::Fix::rescue: go("Rescue copy##fix", [&] { desk.rescue = {true, false, {}, false}; }); return true;
        case client::Fix::mend:
            if (record == nullptr) return false;
            go("Open and correct", [&] { desk.open(record->model, record->id); });
            return true;
        case client::Fix::retry:
        case client::Fix::discard:
        case client::Fix::none: break;
    }
    return false;
}

void IndicatorView::draw_history(Desk& desk) {
    if (desk.history.empty()) return;
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    ImGui::Dummy({0, theme.px(4)});
    divider(theme);
    text(theme, "Last syncs", p.muted, Size::small, true);
    theme.push(Size::small);
    for (std::size_t i = 0; i < std::min(desk.history.size(), kHistoryShown); ++i) {
        const store::SyncHistoryRow& row = desk.history[i];
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const float width = ImGui::GetContentRegionAvail().x;
        const bool done = row.outcome == "done";
        const float line = ImGui::GetFontSize();
        ImGui::GetWindowDrawList()->AddText(at, done ? p.ok.strong : p.danger.strong,
                                            done ? icon::kCheck : icon::kErrorOutline);
        const std::string when = ago_text(row.started_at, desk.now());
        const float when_width = ImGui::CalcTextSize(when.c_str()).x;
        draw_text({at.x + theme.px(22), at.y}, p.text, result_words(row), width - theme.px(30) - when_width);
        draw_text({at.x + width - when_width, at.y}, p.muted, when);
        ImGui::Dummy({width, line});
    }
    Theme::pop();
}

}  // namespace ct::ui
