// A worse network than there is, for trying what the program does on it; and all that is known in one file for whoever
// helps from afar.
#include <array>
#include <cmath>
#include <cstdlib>

#include "base/local_time.h"
#include "base/utf8.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/inspector_parts.h"
#include "ui/inspector_tabs.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

constexpr float kRecorder = 196;
constexpr float kLeast = 470;

struct Preset {
    const char* words;
    const char* weather;
};
constexpr std::array<Preset, 7> kPresets{{{"No network", "offline"},
                                          {"Login page", "portal"},
                                          {"Village, 2G", "latency=700,rate=40k,loss=3"},
                                          {"Train, cut again and again", "latency=300,rate=256k,cut=60k,loss=5"},
                                          {"Satellite", "latency=650,rate=2M"},
                                          {"Dead air", "loss=100"},
                                          {"Clock 3 h behind", "clock=-3h"}}};

std::string suggested_file(UnixMs now) {
    const char* home = std::getenv("HOME");
    return (home == nullptr ? std::string(".") : std::string(home)) + "/colortouch-diagnostics-" +
           format_local_date(now) + ".jsonl.zst";
}

}  // namespace

void InspectorLink::draw(Desk& desk, InspectorData& data) {
    const Theme& theme = desk.theme;
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{theme.px(12), theme.px(12)});
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float gap = theme.px(12);
    const float half = std::floor((room.x - gap) / 2);
    const float height = theme.px(kLeast);
    begin_panel(theme, "LINK SIMULATOR", {half, height});
    draw_weather(desk);
    end_panel();
    ImGui::SameLine(0, gap);
    ImGui::BeginGroup();
    begin_panel(theme, "DIAGNOSTICS", {room.x - half - gap, height - theme.px(kRecorder) - gap});
    draw_export(desk);
    end_panel();
    begin_panel(theme, "FLIGHT RECORDER", {room.x - half - gap, theme.px(kRecorder)});
    draw_recorder(desk, data);
    end_panel();
    ImGui::EndGroup();
    ImGui::PopStyleVar();
}

void InspectorLink::draw_recorder(Desk& desk, const InspectorData& data) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (!data.look) return text(theme, "Asking the worker …", p.muted, Size::small);
    const client::RecorderStatus& recorder = data.look->recorder;
    fact(theme, "State", recorder.on ? "On" : "Off", recorder.on ? &p.ok : &p.warn);
    fact(theme, "Last error", recorder.why_off, recorder.why_off.empty() ? nullptr : &p.danger);
    fact(theme, "On the disk",
         bytes_text(recorder.bytes_on_disk) + " of " + bytes_text(recorder.bytes_most) + " in " +
             count_text(recorder.segments, "file", "files"));
    fact(theme, "File", recorder.file);
    fact(theme, "Since the start",
         count_text(recorder.steps, "step", "steps") + ", " + count_text(recorder.requests, "request", "requests") +
             ", " + bytes_text(recorder.bytes));
    fact(theme, "Dropped", count_text(recorder.dropped, "step", "steps"), recorder.dropped > 0 ? &p.danger : nullptr);
}

void InspectorLink::simulate(Desk& desk, const std::string& text) {
    const auto weather = net::parse_link_weather(trim(text));
    error_ = weather ? std::string{} : weather.error().message;
    if (weather) desk.post(client::SimulateLink{*weather});
}

void InspectorLink::draw_weather(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const std::string& on = desk.state.sync().simulated_link;
    paragraph(theme,
              "Makes the network worse within this program alone, over the real connection. What is under way is cut. "
              "It is off after a restart.",
              p.muted, Size::small);
    ImGui::Dummy({0, theme.px(10)});
    if (on.empty()) {
        pill(theme, "Off: the link is as it is", p.neutral);
    } else {
        pill(theme, "On: " + on, p.danger, icon::kWarning);
    }
    ImGui::Dummy({0, theme.px(10)});
    const float room = ImGui::GetContentRegionAvail().x;
    text_field(theme, "##Weather", "latency=400,rate=64k,cut=20k,loss=5,clock=-3h", weather_, room);
    if (!error_.empty()) paragraph(theme, error_, p.danger.strong, Size::small);
    ImGui::Dummy({0, theme.px(8)});
    ImGui::BeginDisabled(trim(weather_).empty());
    if (button(theme, "Simulate", ButtonKind::danger)) simulate(desk, weather_);
    ImGui::EndDisabled();
    ImGui::SameLine(0, theme.px(8));
    ImGui::BeginDisabled(on.empty());
    if (button(theme, "Switch off")) simulate(desk, {});
    ImGui::EndDisabled();
    ImGui::Dummy({0, theme.px(12)});
    text(theme, "READY TO TAKE", p.muted, Size::caption, true);
    ImGui::Dummy({0, theme.px(4)});
    for (const Preset& preset : kPresets) {
        const ImVec2 at = ImGui::GetCursorScreenPos();
        theme.push(Size::small);
        if (link(theme, preset.words)) {
            weather_ = preset.weather;
            error_.clear();
        }
        draw_text({at.x + theme.px(190), at.y}, p.muted, preset.weather, room - theme.px(190));
        Theme::pop();
        ImGui::Dummy({0, theme.px(6)});
    }
}

void InspectorLink::draw_export(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (file_.empty()) file_ = suggested_file(desk.now());
    paragraph(theme,
              "One file that tells why this laptop does not sync, and nothing of its customers: the flight recorder's "
              "steps, the log, the queue, counts and settings. Names, phones, texts and amounts are in it as hashes "
              "under a key that is forgotten at once.",
              p.muted, Size::small);
    ImGui::Dummy({0, theme.px(10)});
    text(theme, "File", p.muted, Size::small, true);
    ImGui::Dummy({0, theme.px(4)});
    (void)chooser_.field(desk, {"##Diagnostics file", "", true}, file_, ImGui::GetContentRegionAvail().x);
    ImGui::Dummy({0, theme.px(8)});
    const bool busy = desk.diagnostics.busy;
    ImGui::BeginDisabled(busy || trim(file_).empty());
    if (button(theme, busy ? "Exporting …" : "Export diagnostics", ButtonKind::primary, icon::kSave)) {
        desk.diagnostics = {true, {}, {}};
        desk.post(client::ExportDiagnostics{std::string(trim(file_))});
    }
    ImGui::EndDisabled();
    ImGui::Dummy({0, theme.px(8)});
    if (!desk.diagnostics.error.empty()) paragraph(theme, desk.diagnostics.error, p.danger.strong, Size::small);
    if (!desk.diagnostics.done.empty()) paragraph(theme, desk.diagnostics.done, p.text, Size::small);
    ImGui::Dummy({0, theme.px(12)});
    paragraph(
        theme,
        "The same without a window: colortouchctl inspect --export FILE. To see it step by step: tools/replay FILE.",
        p.muted, Size::small);
}

}  // namespace ct::ui
