// Why it does not sync, or that it does: everything in words and numbers on one page.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "ui/format.h"
#include "ui/icons.h"
#include "ui/inspector_parts.h"
#include "ui/inspector_tabs.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using client::SyncView;

constexpr std::int64_t kDay_ms = 24 * 3'600'000;
constexpr std::int64_t kClockWarn_ms = 60'000;
constexpr float kHead = 84;
constexpr float kPanel = 192;
constexpr float kRoundsLeast = 150;

constexpr GridColumn kRounds[] = {
    {"AT", -64},         {"OUTCOME", -120},       {"TOOK", -64, true},   {"REQUESTS", -64, true},
    {"SENT", -56, true}, {"RECEIVED", -64, true}, {"BYTES", -112, true}, {"WHY", 1}};

std::string signed_seconds(std::int64_t ms) {
    if (ms == 0) return "0 s";
    return (ms > 0 ? "+" : "−") + age_words(std::abs(ms)) + " (" + std::to_string(ms) + " ms)";
}

void draw_head(Desk& desk, const client::inspect::Look& look) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const auto words = client::inspect::words_of(look, desk.state.sync());
    begin_panel(theme, "##State", {0, theme.px(kHead)});
    std::string doing = words.doing;
    if (words.until > 0)
        doing += ", until " + time_words(words.until) + " (in " + age_words(words.until - desk.now()) + ")";
    text(theme, doing, Size::heading, true);
    ImGui::Dummy({0, theme.px(6)});
    const float room = ImGui::GetContentRegionAvail().x;
    for (const std::string& line : {"Because " + words.why, "Link: " + words.link}) {
        const ImVec2 at = ImGui::GetCursorScreenPos();
        theme.push(Size::small);
        draw_text(at, p.muted, line, room);
        ImGui::Dummy({room, ImGui::GetFontSize() + theme.px(4)});
        if (measure(line).x > room) tooltip(theme, line);
        Theme::pop();
    }
    end_panel();
}

void draw_waiting(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const SyncView& view = desk.state.sync();
    const store::QueueSummary& queue = view.queue;
    fact(theme, "Unsettled",
         count_text(queue.operations, "edit", "edits") + " of " + count_text(queue.records, "record", "records") +
             ", " + bytes_text(queue.bytes));
    std::string states;
    const auto add = [&states](std::int64_t count, const char* what) {
        if (count > 0) states += (states.empty() ? "" : ", ") + count_text(count, "", "") + " " + what;
    };
    add(queue.sendable - queue.in_flight, "to be sent");
    add(queue.in_flight, "sent, no verdict");
    add(queue.parked, "parked");
    add(queue.errors, "refused");
    add(queue.conflicts, "in conflict");
    fact(theme, "Of these", states, queue.errors + queue.conflicts > 0 ? &p.danger : nullptr);
    const std::int64_t age = view.oldest_unsent_at == 0 ? 0 : desk.now() - view.oldest_unsent_at;
    fact(theme, "Oldest unsent edit",
         view.oldest_unsent_at == 0 ? "" : age_words(age) + ", made " + ago_text(view.oldest_unsent_at, desk.now()),
         age > kDay_ms ? &p.warn : nullptr);
    fact(theme, "What holds it up", view.reason, view.reason.empty() ? nullptr : &p.warn);
    fact(theme, "Watchdog",
         view.attempts_in_vain == 0 ? "Quiet: the queue moves"
                                    : count_text(view.attempts_in_vain, "round", "rounds") + " in a row sent nothing",
         view.attempts_in_vain >= 2 ? &p.danger : nullptr);
    fact(theme, "Last error", view.last_error_code, view.last_error_code.empty() ? nullptr : &p.danger);
}

void draw_rounds(Desk& desk, const InspectorData& data) {
    const Theme& theme = desk.theme;
    const SyncView& view = desk.state.sync();
    const client::inspect::Look& look = *data.look;
    std::int64_t sent = 0, received = 0, rounds = 0;
    const UnixMs today = start_of_day(desk.now());
    for (const store::SyncHistoryRow& row : data.rounds) {
        if (row.started_at < today) break;
        sent += row.bytes_sent;
        received += row.bytes_received;
        ++rounds;
    }
    std::string last;
    if (!data.rounds.empty()) {
        const store::SyncHistoryRow& row = data.rounds.front();
        last = time_words(row.started_at) + ", " + us_words(row.duration_ms * 1'000) + ": " + row.outcome + ", " +
               std::to_string(row.pushed) + " sent, " + std::to_string(row.pulled) + " received";
    }
    fact(theme, "Last round", last);
    fact(theme, "Last that went through", view.last_sync_at == 0 ? "" : ago_text(view.last_sync_at, desk.now()));
    fact(theme, "Today",
         count_text(rounds, "round", "rounds") + ", " + bytes_text(sent) + " sent, " + bytes_text(received) +
             " received");
    const auto& files = look.lanes[static_cast<std::size_t>(client::Lane::files)];
    fact(theme, "Files since the start",
         bytes_text(files.bytes_sent) + " sent, " + bytes_text(files.bytes_received) + " received");
    fact(theme, "Next push and pull",
         bytes_text(static_cast<std::int64_t>(look.engine.batch_bytes)) + ", " +
             count_text(static_cast<std::int64_t>(look.engine.page_rows), "row", "rows"));
    std::string ear = "No";
    if (look.engine.listening_since) {
        ear = "For " + age_words(look.steady - *look.engine.listening_since);
    } else if (look.engine.ear_faults > 0) {
        ear = "No: " + std::to_string(look.engine.ear_faults) + " in a row were cut";
    }
    fact(theme, "Listens for edits", ear);
}

void draw_identity(Desk& desk, const client::inspect::Look& look) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const SyncView& view = desk.state.sync();
    fact(theme, "Device", view.device_id);
    fact(theme, "Epoch", view.epoch);
    fact(theme, "Cursor", view.cursor);
    fact(theme, "Ever sent", count_text(look.next_sequence, "operation", "operations"));
    fact(theme, "Clock, server's less ours", signed_seconds(view.clock_offset_ms),
         std::abs(view.clock_offset_ms) > kClockWarn_ms ? &p.warn : nullptr);
    fact(theme, "Hybrid clock",
         time_words(look.stamp_ms) + (look.stamp_ms > look.now + view.clock_offset_ms + 1'000
                                          ? ", ahead by " + age_words(look.stamp_ms - look.now - view.clock_offset_ms)
                                          : std::string{}));
}

void draw_versions(Desk& desk, const client::inspect::Look& look) {
    const Theme& theme = desk.theme;
    const SyncView& view = desk.state.sync();
    fact(theme, "Server", view.server_url);
    fact(theme, "Server's version",
         (look.server_version.empty() ? "Not asked yet" : look.server_version) +
             (look.engine.trusted ? "" : "; a probe goes first"));
    fact(theme, "This program", desk.about.substr(0, desk.about.find(". ")));
    fact(theme, "Protocol, database",
         std::to_string(sync::kProtocol) + ", format " + std::to_string(look.schema) + ", SQLite " +
             look.sqlite_version);
    fact(theme, "Flight recorder", recorder_words(look.recorder), look.recorder.on ? nullptr : &theme.colors().warn);
    fact(theme, "Mirror last compared", count_text(look.engine.rounds_unverified, "round", "rounds") + " ago");
}

void draw_last_rounds(const Theme& theme, const InspectorData& data) {
    const Palette& p = theme.colors();
    if (data.rounds.empty()) return text(theme, "None yet", p.muted, Size::small);
    const Grid grid(theme, "last rounds", kRounds, {0, 0});
    grid.rows(data.rounds.size(), [&](std::size_t i) {
        const store::SyncHistoryRow& row = data.rounds[i];
        const bool done = row.outcome == "done";
        (void)grid.row(("round " + std::to_string(i)).c_str(), false);
        if (!row.reason.empty()) tooltip(theme, row.reason);
        grid.cell(time_words(row.started_at), p.muted);
        grid.cell(done ? "Done" : row.outcome, done ? p.ok.strong : p.danger.strong, true);
        grid.cell(us_words(row.duration_ms * 1'000), p.text);
        grid.cell(count_text(row.requests, "", ""), p.text);
        grid.cell(count_text(row.pushed, "", ""), row.pushed == 0 ? p.faint : p.text);
        grid.cell(count_text(row.pulled, "", ""), row.pulled == 0 ? p.faint : p.text);
        grid.cell(bytes_text(row.bytes_sent) + " / " + bytes_text(row.bytes_received), p.text);
        grid.cell(row.reason, p.muted);
    });
}

}  // namespace

void InspectorOverview::draw(Desk& desk, InspectorData& data) {
    const Theme& theme = desk.theme;
    if (!data.look) {
        text(theme, "Asking the worker …", theme.colors().muted);
        return;
    }
    const client::inspect::Look& look = *data.look;
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{theme.px(12), theme.px(12)});
    draw_head(desk, look);
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float gap = theme.px(12);
    const float height = theme.px(kPanel);
    const ImVec2 half{std::floor((room.x - gap) / 2), height};
    begin_panel(theme, "WAITING", half);
    draw_waiting(desk);
    end_panel();
    ImGui::SameLine(0, gap);
    begin_panel(theme, "ROUNDS", {room.x - half.x - gap, height});
    draw_rounds(desk, data);
    end_panel();
    begin_panel(theme, "IDENTITY", half);
    draw_identity(desk, look);
    end_panel();
    ImGui::SameLine(0, gap);
    begin_panel(theme, "VERSIONS", {room.x - half.x - gap, height});
    draw_versions(desk, look);
    end_panel();
    begin_panel(theme, "LAST ROUNDS", {0, std::max(ImGui::GetContentRegionAvail().y, theme.px(kRoundsLeast))});
    draw_last_rounds(theme, data);
    end_panel();
    ImGui::PopStyleVar();
    if (look.engine.due || look.engine.answer_by) desk.redraw_within(1'000 - (desk.now() % 1'000));
}

}  // namespace ct::ui
