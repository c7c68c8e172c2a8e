// The last requests over all connections: when, how long each part took, what was said and answered.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/format.h"
#include "ui/icons.h"
#include "ui/inspector_parts.h"
#include "ui/inspector_tabs.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using client::RequestSeen;

constexpr float kDetail = 440;
constexpr std::int64_t kBurst_ms = 2'000;  // requests closer together than this are drawn on one axis
constexpr std::int64_t kAxisLeast_us = 10'000;

constexpr GridColumn kColumns[] = {{"AT", -56},        {"REQUEST", -58},  {"STATUS", -84},     {"TRY", -28, true},
                                   {"OUT", -54, true}, {"IN", -54, true}, {"TIME", -56, true}, {"WHERE IT WENT", 1}};
/// Where there is no room for bytes: those of the one that is chosen stand beside.
constexpr GridColumn kNarrow[] = {{"AT", -56},        {"REQUEST", -58},    {"STATUS", -84},
                                  {"TRY", -28, true}, {"TIME", -56, true}, {"WHERE IT WENT", 1}};
constexpr float kNarrowBelow = 680;
constexpr GridColumn kHeaders[] = {{"HEADER", 0.8F}, {"VALUE", 1.2F}};

struct Part {
    const char* name;
    std::int64_t us;
    ImU32 color;
};

/// In their order; what did not happen is left out.
std::vector<Part> parts_of(const Palette& p, const http::Traffic& traffic) {
    std::vector<Part> parts;
    std::int64_t sum = 0;
    const auto add = [&](const char* name, std::int64_t us, ImU32 color) {
        if (us < 0) return;
        sum += us;
        parts.push_back({name, us, color});
    };
    add("Look up the name", traffic.look_up_us, p.violet.strong);
    add("Connect", traffic.connect_us, p.warn.strong);
    add("TLS", traffic.tls_us, p.danger.strong);
    add("Send", traffic.send_us, p.info.strong);
    add("Wait", traffic.wait_us, p.faint);
    add("Receive", traffic.receive_us, p.ok.strong);
    const std::int64_t rest = traffic.total_us - sum;
    if (rest > 0) parts.insert(parts.begin(), {"Compress, digest, unpack", rest, p.border_strong});
    return parts;
}

std::string status_of(const RequestSeen& seen) {
    if (seen.failure.empty()) return std::to_string(seen.status);
    return seen.status == 0 ? capital(seen.failure) : std::to_string(seen.status) + ", " + seen.failure;
}

const Tone& tone_of(const Palette& p, const RequestSeen& seen) {
    if (seen.failure == "cancelled") return p.neutral;
    return seen.failed() ? p.danger : p.ok;
}

void draw_waterfall(const Theme& theme, ImVec2 at, ImVec2 size, const http::Traffic& traffic, std::int64_t offset_us,
                    std::int64_t axis_us) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const Palette& p = theme.colors();
    const float height = theme.px(9);
    const float y = std::floor(at.y + (size.y - height) / 2);
    const float width = size.x - theme.px(8);  // so that the shortest at the end is seen as well
    const auto x_of = [&](std::int64_t us) {
        return at.x + width * std::min(static_cast<float>(us) / static_cast<float>(axis_us), 1.0F);
    };
    std::int64_t us = offset_us;
    float x = x_of(us);
    for (const Part& part : parts_of(p, traffic)) {
        us += part.us;
        const float end = std::max(x_of(us), x + 1.0F);
        if (x < at.x + size.x) list->AddRectFilled({x, y}, {std::min(end, at.x + size.x), y + height}, part.color);
        x = end;
    }
    // What goes on beyond the axis: a request that waited for news.
    if (us > axis_us)
        list->AddTriangleFilled({at.x + size.x - theme.px(4), y}, {at.x + size.x, y + height / 2},
                                {at.x + size.x - theme.px(4), y + height}, p.text);
}

/// Where each request begins on the axis of its burst, and how long the axis is.
struct Axis {
    std::vector<std::int64_t> offset_us;
    std::int64_t us = kAxisLeast_us;
};
Axis axis_of(const std::vector<const RequestSeen*>& shown) {
    Axis axis;
    axis.offset_us.assign(shown.size(), 0);
    UnixMs burst = 0, burst_end = 0;
    for (std::size_t i = shown.size(); i-- > 0;) {  // oldest first
        const RequestSeen& seen = *shown[i];
        if (seen.what == "listen") continue;
        if (seen.began_at > burst_end + kBurst_ms || seen.began_at < burst) burst = seen.began_at;
        burst_end = std::max(burst_end, seen.began_at + seen.traffic.total_ms);
        axis.offset_us[i] = std::min<std::int64_t>((seen.began_at - burst) * 1'000, 30'000'000);
        axis.us = std::max(axis.us, axis.offset_us[i] + seen.traffic.total_us);
    }
    return axis;
}

}  // namespace

void InspectorRequests::draw(Desk& desk, InspectorData& data) {
    const Theme& theme = desk.theme;
    if (data.requests.empty()) {
        empty_state(theme, icon::kCloud, "No request yet",
                    "Every exchange with the server is listed here, also those from before the inspector was opened.",
                    nullptr);
        return;
    }
    auto at = std::find_if(data.requests.begin(), data.requests.end(),
                           [this](const auto& seen) { return seen->number == chosen_; });
    const auto seen = at == data.requests.end() ? data.requests.back() : *at;
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float detail = std::min(theme.px(kDetail), room.x * 0.40F);
    const float gap = theme.px(12);
    draw_list(desk, data, {room.x - detail - gap, room.y});
    ImGui::SameLine(0, gap);
    begin_panel(theme, "##Request", {detail, room.y});
    draw_detail(desk, data, seen);
    end_panel();
}

void InspectorRequests::draw_list(Desk& desk, const InspectorData& data, ImVec2 size) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    begin_panel(theme, "##Request list", size);
    const std::array<std::string, 3> kinds{"All", "Failed", "Without listening"};
    segments(theme, "requests", kinds, which_);
    ImGui::Dummy({0, theme.px(8)});
    std::vector<const RequestSeen*> shown;  // newest first
    for (auto seen = data.requests.rbegin(); seen != data.requests.rend(); ++seen) {
        if (which_ == 1 && !(*seen)->failed()) continue;
        if (which_ == 2 && (*seen)->what == "listen") continue;
        shown.push_back(seen->get());
    }
    const Axis axis = axis_of(shown);
    {
        const bool narrow = size.x < theme.px(kNarrowBelow);
        const Grid grid(theme, narrow ? "requests narrow" : "requests",
                        narrow ? std::span<const GridColumn>(kNarrow) : std::span<const GridColumn>(kColumns), {0, 0});
        grid.rows(shown.size(), [&](std::size_t i) {
            const RequestSeen& seen = *shown[i];
            const bool chosen = seen.number == chosen_ || (chosen_ == 0 && i == 0);
            if (grid.row(("request " + std::to_string(seen.number)).c_str(), chosen)) chosen_ = seen.number;
            grid.cell(time_words(seen.began_at), p.muted);
            grid.cell(capital(seen.what), p.text);
            grid.cell(status_of(seen), tone_of(p, seen).strong, true);
            grid.cell(std::to_string(seen.attempt), seen.attempt > 1 ? p.warn.strong : p.faint);
            if (!narrow) grid.cell(bytes_text(seen.traffic.bytes_sent), p.text);
            if (!narrow) grid.cell(bytes_text(seen.traffic.bytes_received), p.text);
            grid.cell(us_words(seen.traffic.total_us), p.text);
            const auto [at, room] = grid.cell_by_hand();
            draw_waterfall(theme, at, room, seen.traffic, axis.offset_us[i], axis.us);
        });
    }
    end_panel();
}

void InspectorRequests::draw_detail(Desk& desk, InspectorData& data, const std::shared_ptr<const RequestSeen>& seen) {
    const Theme& theme = desk.theme;
    text(theme, "Request " + std::to_string(seen->number) + ": " + capital(seen->what), Size::body, true);
    std::vector<std::string> names{"Time", "Sent", "Answer"};
    if (seen->what == "pull" || seen->what == "listen") names.emplace_back("On a copy");
    part_ = std::min(part_, names.size() - 1);
    ImGui::Dummy({0, theme.px(8)});
    segments(theme, "request parts", names, part_);
    ImGui::Dummy({0, theme.px(8)});
    switch (part_) {
        case 0: return draw_times(theme, *seen);
        case 3: return draw_trial(desk, data, seen);
        default: return draw_message(desk, data, *seen, part_ == 2);
    }
}

void InspectorRequests::draw_times(const Theme& theme, const RequestSeen& seen) {
    const Palette& p = theme.colors();
    fact(theme, "Address", seen.method + " " + seen.path);
    fact(theme, "Outcome", (seen.status > 0 && seen.failure.empty() ? "Status " : "") + status_of(seen),
         &tone_of(p, seen));
    if (!seen.detail.empty()) fact(theme, "Because", seen.detail, &p.danger);
    fact(theme, "Attempt",
         std::to_string(seen.attempt) + (seen.traffic.sent_twice ? ", sent twice: the kept connection was dead" : ""));
    fact(theme, "Connection",
         std::string("For ") + client::name(seen.lane) + (seen.traffic.reused ? ", one that stood" : ", a new one"));
    const auto sizes = [](std::int64_t plain, std::int64_t travelled) {
        if (plain == 0 && travelled > 0) return bytes_text(travelled) + ", not taken";
        if (plain == 0) return std::string("No body");
        if (plain == travelled) return bytes_text(plain) + ", not compressed";
        return bytes_text(plain) + " as " + bytes_text(travelled);
    };
    fact(theme, "Body sent", sizes(seen.request_bytes, seen.traffic.body_sent));
    fact(theme, "Body answered", sizes(seen.response_bytes, seen.traffic.body_received));
    fact(theme, "On the wire",
         bytes_text(seen.traffic.bytes_sent) + " out, " + bytes_text(seen.traffic.bytes_received) + " in");
    ImGui::Dummy({0, theme.px(10)});
    const std::int64_t total = std::max<std::int64_t>(seen.traffic.total_us, 1);
    std::int64_t us = 0;
    theme.push(Size::small);
    const float room = ImGui::GetContentRegionAvail().x;
    const float label = theme.px(160), number = theme.px(64);
    const float line = theme.px(24);
    const auto draw_line = [&](const char* name, std::int64_t took, std::int64_t from, ImU32 color, bool bold) {
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const float y = at.y + (line - ImGui::GetFontSize()) / 2;
        draw_text({at.x, y}, bold ? p.text : p.muted, name, label - theme.px(8));
        const std::string words = us_words(took);
        draw_text({at.x + label + number - measure(words).x, y}, p.text, words);
        const float x = at.x + label + number + theme.px(12);
        const float width = at.x + room - x;
        const float begin = width * static_cast<float>(from) / static_cast<float>(total);
        const float length = std::max(width * static_cast<float>(took) / static_cast<float>(total), theme.px(1.5F));
        ImGui::GetWindowDrawList()->AddRectFilled(
            {x + begin, at.y + line / 2 - theme.px(5)},
            {std::min(x + begin + length, x + width), at.y + line / 2 + theme.px(5)}, color, theme.px(2));
        ImGui::Dummy({room, line});
    };
    for (const Part& part : parts_of(p, seen.traffic)) {
        draw_line(part.name, part.us, us, part.color, false);
        us += part.us;
    }
    draw_line("All of it", seen.traffic.total_us, 0, p.text, true);
    Theme::pop();
}

void InspectorRequests::draw_message(Desk& desk, const InspectorData& data, const RequestSeen& seen, bool answer) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (!seen.with_bodies) {
        paragraph(theme, "This one went before the inspector was opened: only its times and sizes are known.", p.muted,
                  Size::small);
        return;
    }
    const http::Headers& headers = answer ? seen.response_headers : seen.request_headers;
    const std::string& body = answer ? seen.response_body : seen.request_body;
    if (!headers.empty()) {
        {  // its end is the table's
            const Grid grid(
                theme, answer ? "answer headers" : "sent headers", kHeaders,
                {0, theme.px(26.0F * static_cast<float>(std::min<std::size_t>(headers.size(), 6) + 1) + 2)});
            grid.rows(headers.size(), [&](std::size_t i) {
                (void)grid.row(("header " + std::to_string(i)).c_str(), false);
                grid.cell(headers[i].first, p.muted);
                grid.cell(headers[i].second, p.text);
            });
        }
        ImGui::Dummy({0, theme.px(8)});
    }
    const std::int64_t whole = answer ? seen.response_bytes : seen.request_bytes;
    if (body.empty()) {
        const std::int64_t travelled = answer ? seen.traffic.body_received : 0;
        paragraph(
            theme,
            whole == 0 && travelled > 0 ? "A body of " + bytes_text(travelled) + " that was not taken: " + seen.detail
            : whole == 0
                ? "No body."
                : "A body of " + bytes_text(whole) + " that is not kept: a sign-in, a file, or it had to make room.",
            p.muted, Size::small);
        return;
    }
    json_.draw(theme, seen.number * 2 + (answer ? 1 : 0), body, data.show_personal, {0, 0});
}

}  // namespace ct::ui
