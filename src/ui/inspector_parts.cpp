#include "ui/inspector_parts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/local_time.h"
#include "store/examine.h"
#include "sync/stamp.h"
#include "ui/format.h"

namespace ct::ui {
namespace {

constexpr float kFactLabel = 148;
constexpr float kFactHeight = 24;
constexpr float kGridRow = 26;

}  // namespace

void fact(const Theme& theme, const char* label, std::string_view value, const Tone* tone) {
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    const float label_width = std::min(theme.px(kFactLabel), room * 0.42F);
    theme.push(Size::small);
    const float y = at.y + (theme.px(kFactHeight) - ImGui::GetFontSize()) / 2;
    draw_text({at.x, y}, p.muted, label, label_width - theme.px(8));
    if (measure(label).x > label_width - theme.px(8)) {
        ImGui::Dummy({label_width, theme.px(kFactHeight)});
        tooltip(theme, label);
    }
    ImGui::PushID(label);
    ImGui::SetCursorScreenPos({at.x + label_width, at.y});
    const std::string_view shown = value.empty() ? std::string_view("—") : value;
    if (ImGui::InvisibleButton("value", {std::max(room - label_width, 1.0F), theme.px(kFactHeight)}) &&
        !value.empty()) {
        ImGui::SetClipboardText(std::string(value).c_str());
    }
    const bool cut = measure(shown).x > room - label_width;
    if (cut) tooltip(theme, value);
    const ImU32 color = value.empty() ? p.faint : tone != nullptr ? tone->strong : p.text;
    draw_text({at.x + label_width, y}, color, shown, room - label_width);
    ImGui::PopID();
    Theme::pop();
    ImGui::SetCursorScreenPos({at.x, at.y + theme.px(kFactHeight)});
    ImGui::Dummy({0, 0});
}

void begin_panel(const Theme& theme, const char* title, ImVec2 size) {
    ImGui::PushStyleColor(ImGuiCol_ChildBg, theme.colors().surface);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(16), theme.px(12)});
    ImGui::BeginChild(title, size, ImGuiChildFlags_Borders | ImGuiChildFlags_NavFlattened);
    ImGui::PopStyleVar();
    ImGui::PopStyleColor();
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{theme.px(8), 0});
    if (std::string_view(title).starts_with("##")) return;
    text(theme, title, theme.colors().muted, Size::caption, true);
    ImGui::Dummy({0, theme.px(6)});
}

void end_panel() {
    ImGui::PopStyleVar();  // the distance to what follows is the page's
    ImGui::EndChild();
}

Grid::Grid(const Theme& theme, const char* id, std::span<const GridColumn> columns, ImVec2 size)
    : theme_(theme), columns_(columns), begun_(false) {
    constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_ScrollY | ImGuiTableFlags_Resizable |
                                       ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_NoSavedSettings |
                                       ImGuiTableFlags_PadOuterX | ImGuiTableFlags_NoBordersInBody;
    const Palette& p = theme.colors();
    ImGui::PushStyleVar(ImGuiStyleVar_CellPadding, ImVec2{theme.px(8), 0});
    ImGui::PushStyleColor(ImGuiCol_TableBorderStrong, 0);
    begun_ = ImGui::BeginTable(id, static_cast<int>(columns.size()), kFlags, size);
    ImGui::PopStyleColor();
    if (!begun_) {
        ImGui::PopStyleVar();
        return;
    }
    ImGui::TableSetupScrollFreeze(0, 1);
    for (const GridColumn& column : columns) {
        const bool fixed = column.width < 0;
        ImGui::TableSetupColumn(column.head,
                                fixed ? ImGuiTableColumnFlags_WidthFixed : ImGuiTableColumnFlags_WidthStretch,
                                fixed ? theme.px(-column.width) : column.width);
    }
    theme.push(Size::caption, true);
    ImGui::TableNextRow(ImGuiTableRowFlags_Headers, theme.px(kGridRow));
    for (int i = 0; i < static_cast<int>(columns.size()); ++i) {
        if (!ImGui::TableSetColumnIndex(i)) continue;
        const GridColumn& column = columns[static_cast<std::size_t>(i)];
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const float room = ImGui::GetContentRegionAvail().x;
        const float x = column.right ? std::max(0.0F, room - measure(column.head).x) : 0.0F;
        draw_text({at.x + x, at.y + (theme.px(kGridRow) - ImGui::GetFontSize()) / 2}, p.muted, column.head, room);
    }
    Theme::pop();
    theme.push(Size::small);
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0, 0});
}

Grid::~Grid() {
    if (!begun_) return;
    ImGui::PopStyleVar();
    Theme::pop();
    ImGui::EndTable();
    ImGui::PopStyleVar();
}

bool Grid::row(const char* label, bool selected) const {
    const Palette& p = theme_.colors();
    ImGui::TableNextRow(ImGuiTableRowFlags_None, theme_.px(kGridRow));
    ImGui::TableSetColumnIndex(0);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::PushStyleColor(ImGuiCol_Header, p.selected);
    ImGui::PushStyleColor(ImGuiCol_HeaderActive, p.selected);
    const bool picked = ImGui::Selectable((std::string("##") + label).c_str(), selected,
                                          ImGuiSelectableFlags_SpanAllColumns | ImGuiSelectableFlags_AllowOverlap,
                                          {0, theme_.px(kGridRow)});
    ImGui::PopStyleColor(2);
    ImGui::SetCursorScreenPos(at);
    return picked;
}

void Grid::cell(std::string_view words, ImU32 color, bool semibold) const {
    const bool right = columns_[static_cast<std::size_t>(ImGui::TableGetColumnIndex())].right;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    theme_.push(Size::small, semibold);
    const float x = right ? std::max(0.0F, room - measure(words).x) : 0.0F;
    draw_text({at.x + x, at.y + (theme_.px(kGridRow) - ImGui::GetFontSize()) / 2}, color, words, room);
    Theme::pop();
    next();
}

void Grid::next() const {  // behind the last one ImGui would begin a row
    const int column = ImGui::TableGetColumnIndex() + 1;
    if (column < static_cast<int>(columns_.size())) ImGui::TableSetColumnIndex(column);
}

std::pair<ImVec2, ImVec2> Grid::cell_by_hand() const {
    return {ImGui::GetCursorScreenPos(), {ImGui::GetContentRegionAvail().x, theme_.px(kGridRow)}};
}

void Grid::rows(std::size_t count, const std::function<void(std::size_t)>& draw) const {
    if (!begun_) return;
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(count), theme_.px(kGridRow));
    while (clipper.Step()) {
        for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
            ImGui::PushID(i);
            draw(static_cast<std::size_t>(i));
            ImGui::PopID();
        }
    }
}

// ---- charts

namespace {

struct Plot {
    ImVec2 min, max;
    float top = 1;  // value at the upper edge
};

/// 1, 2 or 5 times a power of ten, at least that much.
float round_up(float value) {
    if (value <= 0) return 1;
    const float power = std::pow(10.0F, std::floor(std::log10(value)));
    for (const float step : {1.0F, 2.0F, 5.0F, 10.0F}) {
        if (value <= step * power * 1.0001F) return step * power;
    }
    return value;
}

/// Axis, grid lines and their labels in the room that is left.
Plot begin_plot(const Theme& theme, float highest, float below, const std::function<std::string(float)>& words) {
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const ImVec2 room = ImGui::GetContentRegionAvail();
    Plot plot;
    plot.top = round_up(highest);
    theme.push(Size::caption);
    const std::array<std::string, 3> labels{words(0), words(plot.top / 2), words(plot.top)};
    float label = 0;
    for (const std::string& one : labels) label = std::max(label, measure(one).x + theme.px(8));
    plot.min = {at.x + label, at.y + theme.px(6)};
    plot.max = {at.x + room.x, at.y + std::max(room.y - below, theme.px(30)) - theme.px(4)};
    ImDrawList* list = ImGui::GetWindowDrawList();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::string& value = labels[i];
        if (i == 1 && (value == labels[0] || value == labels[2])) continue;  // there is no half of one
        const float y = std::floor(plot.max.y - (plot.max.y - plot.min.y) * static_cast<float>(i) / 2) + 0.5F;
        list->AddLine({plot.min.x, y}, {plot.max.x, y}, i == 0 ? p.border_strong : p.border);
        draw_text({plot.min.x - theme.px(6) - measure(value).x, y - ImGui::GetFontSize() / 2}, p.muted, value);
    }
    Theme::pop();
    ImGui::Dummy(room);
    return plot;
}

}  // namespace

void draw_lines(const Theme& theme, std::span<const Series> series, std::size_t slots, float at_least,
                const std::function<std::string(float)>& words_of_value) {
    float highest = at_least;
    for (const Series& one : series) {
        for (const float value : one.values) highest = std::max(highest, value);
    }
    const Plot plot = begin_plot(theme, highest, 0, words_of_value);
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float step = (plot.max.x - plot.min.x) / static_cast<float>(std::max<std::size_t>(slots, 2) - 1);
    std::vector<ImVec2> points;
    for (const Series& one : series) {
        points.clear();
        const std::size_t count = std::min(one.values.size(), slots);
        for (std::size_t i = 0; i < count; ++i) {
            const float value = one.values[one.values.size() - count + i];
            points.push_back({plot.max.x - step * static_cast<float>(count - 1 - i),
                              plot.max.y - (plot.max.y - plot.min.y) * std::min(value / plot.top, 1.0F)});
        }
        for (std::size_t i = 1; i < points.size(); ++i) {
            list->AddQuadFilled({points[i - 1].x, plot.max.y}, points[i - 1], points[i], {points[i].x, plot.max.y},
                                faded(one.color, 0.10F));
        }
        if (points.size() > 1)
            list->AddPolyline(points.data(), static_cast<int>(points.size()), one.color, 0, theme.px(1.5F));
    }
}

void draw_bars(const Theme& theme, std::span<const Bar> bars, ImU32 color,
               const std::function<std::string(float)>& words_of_value) {
    float highest = 1;
    for (const Bar& bar : bars) highest = std::max(highest, bar.value);
    const Plot plot = begin_plot(theme, highest, theme.px(18), words_of_value);
    const Palette& p = theme.colors();
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float step = (plot.max.x - plot.min.x) / static_cast<float>(std::max<std::size_t>(bars.size(), 1));
    const float gap = step > theme.px(8) ? std::min(theme.px(4), step * 0.2F) : 0.5F;
    theme.push(Size::caption);
    for (std::size_t i = 0; i < bars.size(); ++i) {
        const float x = plot.min.x + step * static_cast<float>(i);
        const float height = (plot.max.y - plot.min.y) * std::min(bars[i].value / plot.top, 1.0F);
        // What is there at all is seen, however little it is.
        if (bars[i].value > 0)
            list->AddRectFilled({x + gap / 2, plot.max.y - std::max(height, theme.px(2))},
                                {x + step - gap / 2, plot.max.y}, color, step > theme.px(8) ? theme.px(2) : 0.0F);
        if (bars[i].below.empty()) continue;
        const float width = measure(bars[i].below).x;
        draw_text({x + (step - width) / 2, plot.max.y + theme.px(4)}, p.muted, bars[i].below);
    }
    Theme::pop();
}

void draw_legend(const Theme& theme, std::span<const Series> series) {
    ImVec2 at = ImGui::GetCursorScreenPos();
    theme.push(Size::caption);
    for (const Series& one : series) {
        const float middle = at.y + ImGui::GetFontSize() / 2;
        ImGui::GetWindowDrawList()->AddRectFilled(
            {at.x, middle - theme.px(1.5F)}, {at.x + theme.px(12), middle + theme.px(1.5F)}, one.color, theme.px(1));
        draw_text({at.x + theme.px(18), at.y}, theme.colors().text, one.name);
        at.x += theme.px(34) + measure(one.name).x;
    }
    ImGui::Dummy({0, ImGui::GetFontSize() + theme.px(4)});
    Theme::pop();
}

// ---- what is hidden

std::string shown_value(crm::Model model, crm::FieldId field, const crm::ValueView& value, bool show_personal) {
    if (std::holds_alternative<std::monostate>(value)) return "—";
    if (!show_personal && store::is_personal(crm::def(model, field))) return std::string(kMasked);
    return value_text(model, field, value, {});
}

bool structural(std::string_view member) {
    constexpr std::array<std::string_view, 54> kShown{
        "applied",    "base",       "behind",  "buckets",    "code",      "conflict", "counts",   "createdAt",
        "cursor",     "deleted",    "detail",  "deviceId",   "digests",   "epoch",    "expected", "expiresAt",
        "field",      "fields",     "from",    "group",      "hasMore",   "id",       "limit",    "merged",
        "message",    "model",      "models",  "moved",      "operation", "policy",   "product",  "protocol",
        "purgeFloor", "recordId",   "records", "rejected",   "remaining", "revoked",  "role",     "sequence",
        "serverTime", "stamp",      "status",  "superseded", "updatedAt", "version",  "wait",     "verdict",
        "result",     "retryAfter", "exclude", "list",       "count",     "digest"};
    if (std::find(kShown.begin(), kShown.end(), member) != kShown.end()) return true;
    for (const crm::ModelDef& model : crm::models()) {
        if (member == model.name) return true;
        const auto field = crm::find_field(model.model, member);
        if (field && !store::is_personal(crm::def(model.model, *field))) return true;
    }
    return false;
}

// ---- words

std::string recorder_words(const client::RecorderStatus& recorder) {
    if (!recorder.on) return recorder.why_off.empty() ? "Off" : "Off: " + recorder.why_off;
    return "On, " + bytes_text(recorder.bytes_on_disk) + " of " + bytes_text(recorder.bytes_most);
}

std::string capital(std::string_view words) {
    std::string result(words);
    if (!result.empty() && result[0] >= 'a' && result[0] <= 'z') result[0] = static_cast<char>(result[0] - 'a' + 'A');
    return result;
}

std::string short_id(const Uuid& id) {
    if (id.nil()) return {};
    const std::string whole = id.str();
    return whole.substr(whole.size() - 8);
}

std::string time_words(UnixMs at) {
    if (at == 0) return {};
    const LocalTime time = to_local(at);
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%02d:%02d:%02d", time.hour, time.minute, time.second);
    return text.data();
}

std::string stamp_words(std::string_view stamp) {
    const auto parts = sync::parse_stamp(stamp);
    if (!parts) return std::string(stamp);
    std::array<char, 16> rest{};
    std::snprintf(rest.data(), rest.size(), ".%03d", static_cast<int>(parts->ms % 1'000));
    const std::string device =
        parts->device.size() > 8 ? parts->device.substr(parts->device.size() - 8) : parts->device;
    return format_local_date(parts->ms) + " " + time_words(parts->ms) + rest.data() + " · " +
           std::to_string(parts->counter) + " · " + device;
}

std::string us_words(std::int64_t us) {
    if (us < 0) return "—";
    std::array<char, 32> text{};
    const double value = static_cast<double>(us) / 1'000.0;
    if (value < 10) {
        std::snprintf(text.data(), text.size(), "%.2f ms", value);
    } else if (value < 1'000) {
        std::snprintf(text.data(), text.size(), "%.0f ms", value);
    } else {
        std::snprintf(text.data(), text.size(), "%.1f s", value / 1'000);
    }
    return text.data();
}

std::string age_words(std::int64_t ms) {
    const std::int64_t seconds = std::max<std::int64_t>(ms, 0) / 1'000;
    if (seconds < 120) return std::to_string(seconds) + " s";
    if (seconds < 7'200) return std::to_string(seconds / 60) + " min";
    if (seconds < 172'800) return std::to_string(seconds / 3'600) + " h";
    return std::to_string(seconds / 86'400) + " d";
}

}  // namespace ct::ui
