// The channel between window and worker, the threads, and what takes time: as charts over the last minute.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/format.h"
#include "ui/inspector_parts.h"
#include "ui/inspector_tabs.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using client::inspect::Histogram;

constexpr float kTwoColumnsBelow = 1'100;

template <class Get>
std::vector<float> values_of(const InspectorData& data, Get get) {
    std::vector<float> values;
    values.reserve(data.samples.size());
    for (const InspectorSample& sample : data.samples) values.push_back(static_cast<float>(get(sample)));
    return values;
}

float last_of(const std::vector<float>& values) { return values.empty() ? 0.0F : values.back(); }

std::string ms_words(float ms) { return us_words(static_cast<std::int64_t>(ms * 1'000)); }
std::string percent_words(float part) { return std::to_string(static_cast<int>(std::lround(part * 100))) + " %"; }
std::string whole_words(float value) { return count_text(static_cast<std::int64_t>(std::lround(value)), "", ""); }
std::string bytes_words(float value) { return bytes_text(static_cast<std::int64_t>(value)); }

void lines(const Theme& theme, std::span<const Series> series, float at_least,
           const std::function<std::string(float)>& words) {
    draw_legend(theme, series);
    draw_lines(theme, series, InspectorData::kSamples, at_least, words);
}

void draw_queue(const Theme& theme, const InspectorData& data) {
    const Palette& p = theme.colors();
    Series edits{values_of(data, [](const auto& s) { return s.queue; }), p.accent.strong, {}};
    edits.name = "Unsettled edits: " + whole_words(last_of(edits.values));
    lines(theme, std::span(&edits, 1), 10, whole_words);
}

void draw_bytes(const Theme& theme, const InspectorData& data) {
    const Palette& p = theme.colors();
    std::array<Series, 2> series{Series{values_of(data, [](const auto& s) { return s.sent; }), p.info.strong, {}},
                                 Series{values_of(data, [](const auto& s) { return s.received; }), p.ok.strong, {}}};
    std::int64_t sent = 0, received = 0;
    for (const auto& lane : data.look->lanes) {
        sent += lane.bytes_sent;
        received += lane.bytes_received;
    }
    series[0].name = "Sent: " + bytes_text(sent);
    series[1].name = "Received: " + bytes_text(received);
    lines(theme, series, 1'000, bytes_words);
}

void draw_rings(const Theme& theme, const InspectorData& data) {
    const Palette& p = theme.colors();
    std::array<Series, 2> series{
        Series{values_of(data, [](const auto& s) { return s.to_worker_ms; }), p.accent.strong, {}},
        Series{values_of(data, [](const auto& s) { return s.to_window_ms; }), p.violet.strong, {}}};
    series[0].name = "To the worker: " + ms_words(last_of(series[0].values));
    series[1].name = "To the window: " + ms_words(last_of(series[1].values));
    lines(theme, series, 1, ms_words);
}

void draw_busy(const Theme& theme, const InspectorData& data) {
    const Palette& p = theme.colors();
    std::array<Series, 2> series{Series{values_of(data, [](const auto& s) { return s.worker; }), p.accent.strong, {}},
                                 Series{values_of(data, [](const auto& s) { return s.network; }), p.info.strong, {}}};
    series[0].name = "Worker: " + percent_words(last_of(series[0].values));
    series[1].name = "Network: " + percent_words(last_of(series[1].values));
    lines(theme, series, 1, percent_words);
}

void draw_histogram(const Theme& theme, const Histogram& times, ImU32 color, const char* none) {
    const Palette& p = theme.colors();
    if (times.count == 0) return text(theme, none, p.muted, Size::small);
    text(theme,
         count_text(times.count, "", "") + ", on average " + us_words(times.sum_us / times.count) + ", longest " +
             us_words(times.longest_us),
         p.text, Size::caption);
    ImGui::Dummy({0, theme.px(4)});
    std::array<Bar, Histogram::kBins> bars;
    for (std::size_t i = 0; i < Histogram::kBins; ++i) {
        const std::int64_t edge = Histogram::edge_ms(i);
        bars[i].value = static_cast<float>(times.bins[i]);
        if (i % 2 == 0)
            bars[i].below = edge == 0      ? "more"
                            : edge < 1'000 ? "<" + std::to_string(edge)
                                           : "<" + std::to_string(edge / 1'000) + "k";
    }
    draw_bars(theme, bars, color, whole_words);
}

void draw_frames(const Theme& theme, const InspectorData& data) {
    const Palette& p = theme.colors();
    const std::size_t count = std::min(data.frames_drawn, InspectorData::kFrames);
    Series frames{{}, p.accent.strong, {}};
    float longest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        frames.values.push_back(data.frames[(data.frames_drawn - count + i) % InspectorData::kFrames]);
        longest = std::max(longest, frames.values.back());
    }
    frames.name = "Built in " + ms_words(last_of(frames.values)) + ", longest " + ms_words(longest);
    draw_legend(theme, std::span(&frames, 1));
    draw_lines(theme, std::span(&frames, 1), InspectorData::kFrames, 1, ms_words);
}

void draw_channel_facts(const Theme& theme, const InspectorData& data) {
    const auto words = [](const client::inspect::Ring& ring) {
        return std::to_string(ring.depth) + " now, " + std::to_string(ring.high_water) + " at most" +
               (ring.waiting > 0 ? ", " + std::to_string(ring.waiting) + " find no room" : "");
    };
    fact(theme, "Commands in the ring", words(data.look->commands));
    fact(theme, "Events in the ring", words(data.look->events));
    for (std::size_t i = 0; i < client::kLaneCount; ++i) {
        const auto& lane = data.look->lanes[i];
        std::string state =
            lane.under_way.empty() ? "Idle" : capital(lane.under_way) + " for " + us_words(lane.for_ms * 1'000);
        state += ", " + count_text(lane.requests, "request", "requests");
        fact(theme, (capital(client::name(static_cast<client::Lane>(i))) + " connection").c_str(), state);
    }
}

}  // namespace

void InspectorThreads::draw(Desk& desk, InspectorData& data) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (!data.look) {
        text(theme, "Asking the worker …", p.muted);
        return;
    }
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{theme.px(12), theme.px(12)});
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float gap = theme.px(12);
    const int columns = room.x < theme.px(kTwoColumnsBelow) ? 2 : 3;
    const int rows = (8 + columns - 1) / columns;
    ImVec2 size{
        std::floor((room.x - gap * static_cast<float>(columns - 1)) / static_cast<float>(columns)),
        std::max(theme.px(190), std::floor((room.y - gap * static_cast<float>(rows - 1)) / static_cast<float>(rows)))};
    int index = 0;
    const auto panel = [&](const char* title, const auto& draw) {
        if (index++ % columns > 0) ImGui::SameLine(0, gap);
        begin_panel(theme, title, size);
        draw();
        end_panel();
    };
    panel("QUEUE, LAST MINUTE", [&] { draw_queue(theme, data); });
    panel("BYTES, LAST MINUTE", [&] { draw_bytes(theme, data); });
    panel("FROM PUSH TO POP", [&] { draw_rings(theme, data); });
    panel("BUSY", [&] { draw_busy(theme, data); });
    panel("SAVES UNTIL DURABLE, MS",
          [&] { draw_histogram(theme, data.look->commits, p.accent.strong, "Nothing was saved since the start"); });
    panel("ANSWERS UNTIL BOOKED, MS",
          [&] { draw_histogram(theme, data.look->answers, p.ok.strong, "Nothing was answered since the start"); });
    panel("FRAMES", [&] { draw_frames(theme, data); });
    size.x = room.x - (size.x + gap) * static_cast<float>(index % columns);  // what is left of the row
    panel("CHANNEL AND CONNECTIONS", [&] { draw_channel_facts(theme, data); });
    ImGui::PopStyleVar();
}

}  // namespace ct::ui
