#include "ui/inspector_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "ui/icons.h"
#include "ui/inspector_parts.h"

namespace ct::ui {
namespace {

constexpr float kLine = 21;
constexpr std::size_t kUnfoldedAtMost = 60;  // an array that holds more begins folded

/// Turns a parser's events into lines; what is read before an error stays.
class Lines final : public nlohmann::json_sax<nlohmann::json> {
  public:
    std::vector<JsonLine> take() {
        while (!open_.empty()) close();
        return std::move(lines_);
    }

    bool null() override { return scalar("null"); }
    bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
    bool number_integer(std::int64_t value) override { return scalar(std::to_string(value)); }
    bool number_unsigned(std::uint64_t value) override { return scalar(std::to_string(value)); }
    bool number_float(double, const std::string& text) override { return scalar(text); }
    bool string(std::string& value) override {
        if (!open_.empty() && open_.back().name == "fields") open_.back().names.push_back(value);
        return scalar(nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    }
    bool binary(binary_t&) override { return scalar("(bytes)"); }
    bool start_object(std::size_t) override { return begin(false); }
    bool start_array(std::size_t) override { return begin(true); }
    bool key(std::string& name) override {
        key_ = std::move(name);
        return true;
    }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  private:
    struct Open {
        std::size_t line = 0;
        std::string name;  // of the member that it is
        bool array = false, hides = false;
        std::size_t count = 0;
        std::vector<std::string> names;  // of an array "fields": what it says; of an object: those of its "fields"
    };

    /// The name of the value that comes, and whether it may be seen.
    std::string next_name(bool& hides) {
        hides = !open_.empty() && open_.back().hides;
        if (open_.empty()) return {};
        Open& parent = open_.back();
        const std::size_t number = parent.count++;
        if (!parent.array) {
            hides = hides || !structural(key_);
            return key_;
        }
        // [id, version, values by the group's fields …] within "rows"
        const bool cell = open_.size() >= 3 && open_[open_.size() - 2].name == "rows";
        if (!cell) return std::to_string(number);
        if (number < 2) {
            hides = false;
            return number == 0 ? "id" : "version";
        }
        const auto& names = open_[open_.size() - 3].names;
        const std::string name = number - 2 < names.size() ? names[number - 2] : std::string{};
        hides = name.empty() || !structural(name);
        return name.empty() ? std::to_string(number) : name;
    }
    bool scalar(std::string text) {
        JsonLine line;
        line.key = next_name(line.hidden);
        line.depth = static_cast<int>(open_.size());
        line.value = std::move(text);
        line.hidden = line.hidden && line.value != "null";
        lines_.push_back(std::move(line));
        lines_.back().end = lines_.size();
        return true;
    }
    bool begin(bool array) {
        // An object hides nothing by its own name: each of its members speaks for itself. A list of texts does.
        bool hides = false;
        JsonLine line;
        line.key = next_name(hides);
        line.depth = static_cast<int>(open_.size());
        line.holder = true;
        const bool rows = line.key == "rows" || (!open_.empty() && open_.back().name == "rows");
        open_.push_back({lines_.size(), line.key, array, hides && array && !rows, 0, {}});
        lines_.push_back(std::move(line));
        return true;
    }
    bool close() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        JsonLine& line = lines_[closed.line];
        line.end = lines_.size();
        line.value = (closed.array ? "[" : "{") + std::to_string(closed.count) + (closed.array ? "]" : "}");
        if (closed.name == "fields" && !open_.empty()) open_.back().names = std::move(closed.names);
        return true;
    }

    std::vector<JsonLine> lines_;
    std::vector<Open> open_;
    std::string key_;
};

}  // namespace

std::vector<JsonLine> json_lines(std::string_view text, bool* whole) {
    Lines lines;
    const bool good = nlohmann::json::sax_parse(text, &lines);
    if (whole != nullptr) *whole = good;
    return lines.take();
}

void JsonView::draw(const Theme& theme, std::uint64_t identity, std::string_view body, bool show_personal,
                    ImVec2 size) {
    if (identity_ != identity) {
        identity_ = identity;
        lines_ = json_lines(body, &whole_);
        folded_.clear();
        for (std::size_t i = 1; i < lines_.size(); ++i) {
            if (lines_[i].holder && lines_[i].end - i > kUnfoldedAtMost) folded_.insert(i);
        }
    }
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < lines_.size();) {
        shown.push_back(i);
        i = folded_.contains(i) ? lines_[i].end : i + 1;
    }
    const Palette& p = theme.colors();
    ImGui::BeginChild("json", size, ImGuiChildFlags_NavFlattened);
    theme.push(Size::small);
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(shown.size()), theme.px(kLine));
    std::optional<std::size_t> turned;
    while (clipper.Step()) {
        for (int n = clipper.DisplayStart; n < clipper.DisplayEnd; ++n) {
            const std::size_t index = shown[static_cast<std::size_t>(n)];
            const JsonLine& line = lines_[index];
            const ImVec2 at = ImGui::GetCursorScreenPos();
            const float room = ImGui::GetContentRegionAvail().x;
            const float x = at.x + theme.px(16) * static_cast<float>(line.depth);
            ImGui::PushID(static_cast<int>(index));
            const std::string label = "json " + (line.key.empty() ? std::string("body") : line.key);
            const bool pressed = ImGui::InvisibleButton(label.c_str(), {std::max(room, 1.0F), theme.px(kLine)});
            ImGui::PopID();
            if (ImGui::IsItemHovered())
                ImGui::GetWindowDrawList()->AddRectFilled(at, {at.x + room, at.y + theme.px(kLine)}, p.hover,
                                                          theme.px(4));
            const float y = at.y + (theme.px(kLine) - ImGui::GetFontSize()) / 2;
            if (line.holder) {
                const char* icon = folded_.contains(index) ? icon::kChevronRight : icon::kChevronDown;
                ImGui::GetWindowDrawList()->AddText({std::floor(x), std::floor(y)}, p.muted, icon);
                if (pressed) turned = index;
            } else if (pressed && (show_personal || !line.hidden)) {
                ImGui::SetClipboardText(line.value.c_str());
            }
            const std::string key = line.key.empty() ? std::string{} : line.key + ": ";
            draw_text({x + theme.px(18), y}, p.muted, key);
            const float value_x = x + theme.px(18) + measure(key).x;
            const bool masked = line.hidden && !show_personal;
            const ImU32 color = line.holder || masked                         ? p.faint
                                : !line.value.empty() && line.value[0] == '"' ? p.text
                                                                              : p.info.strong;
            draw_text({value_x, y}, color, masked ? kMasked : std::string_view(line.value),
                      std::max(at.x + room - value_x, theme.px(20)));
        }
    }
    if (!whole_) draw_text(ImGui::GetCursorScreenPos(), p.warn.strong, "… the rest was not kept, or is no JSON");
    if (!whole_) ImGui::Dummy({0, theme.px(kLine)});
    Theme::pop();
    ImGui::EndChild();
    if (turned && !folded_.erase(*turned)) folded_.insert(*turned);
}

}  // namespace ct::ui
