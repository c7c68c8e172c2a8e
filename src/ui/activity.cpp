#include "ui/activity.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/local_time.h"
#include "base/utf8.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using store::Whose;

constexpr std::size_t kPage = 100;
constexpr std::size_t kDetailsShown = 4;
constexpr float kLineHeight = 44, kDetailHeight = 20;

const char* icon_of(const store::AuditRow& row) {
    if (row.what == "CREATE" || row.what == "PULLED_CREATE") return icon::kAdd;
    if (row.what == "DELETE" || row.what == "PULLED_DELETE") return icon::kTrash;
    if (row.what == "RESTORE") return icon::kUndo;
    if (row.what == "CONFLICT" || row.what == "REJECTED") return icon::kWarning;
    if (row.what == "UPDATE" || row.what == "PULLED") return icon::kEdit;
    return icon::kConflict;
}

const Tone& tone_of(const Palette& p, const store::AuditRow& row) {
    if (row.what == "REJECTED" || row.what == "CONFLICT") return p.danger;
    if (row.what.starts_with("PULLED")) return p.violet;
    if (row.what == "SUPERSEDED" || row.what == "OVERRODE" || row.what == "MERGED") return p.warn;
    return p.accent;
}

std::uint64_t revisions(const client::State& state) {
    std::uint64_t sum = 0;
    for (const crm::ModelDef& model : crm::models()) sum += state.table(model.model).revision();
    return sum;
}

}  // namespace

void Activity::ask(Desk& desk, const store::ActivityQuery& query) {
    asked_ = query;
    desk.post(client::ListActivity{query});
}

/// Asks for the newest part again when something happened, for as many lines as are there.
void Activity::update(Desk& desk) {
    const std::uint64_t now = revisions(desk.state);
    if (asked_ || (known_ && seen_ == now) || !desk.state.loaded()) return;
    seen_ = now;
    const std::size_t pages = std::max<std::size_t>(1, (lines_.size() + kPage - 1) / kPage);
    ask(desk, {std::nullopt, static_cast<Whose>(whose_), model_, pages * kPage});
}

void Activity::listed(client::ActivityListed listed) {
    if (!asked_ || *asked_ != listed.query) return;  // of another filter than the one that holds now
    asked_.reset();
    known_ = true;
    if (!listed.query.older_than) lines_.clear();
    for (store::AuditRow& row : listed.page.rows) lines_.push_back({std::move(row), {}, {}});
    older_ = listed.page.older;
}

void Activity::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    update(desk);
    draw_head(desk);
    if (lines_.empty() && !older_) return draw_nothing(desk);
    const std::string wanted = fold(trim(filter_));
    begin_card(theme, "activity card");
    UnixMs day = -1;
    std::size_t drawn = 0;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        Line& line = lines_[i];
        if (line.sentence.empty()) {
            line.sentence = sentence_of(desk, line.row);
            line.details = details_of(desk, line.row);
        }
        if (!shown(line, wanted)) continue;
        if (const UnixMs begins = start_of_day(line.row.at); begins != day) {
            ImGui::Dummy({0, theme.px(drawn > 0 ? 6 : 0)});
            text(theme, long_day_text(begins), theme.colors().muted, Size::small, true);
            day = begins;
        }
        draw_line(desk, line, i);
        ++drawn;
    }
    if (drawn == 0) text(theme, "Nothing of this kind in the part that was looked through.", theme.colors().muted);
    draw_older(desk);
    end_card();
}

void Activity::draw_head(Desk& desk) {
    const Theme& theme = desk.theme;
    text(theme, "Activity", Size::title, true);
    ImGui::Dummy({0, theme.px(2)});
    const std::string whose[] = {"Everything", "Mine", "From others", "By rule"};
    bool changed = segments(theme, "whose", whose, whose_);
    ImGui::SameLine(0, theme.px(12));
    const float width = theme.px(150);
    const std::string current = model_ ? std::string(crm::def(*model_).plural) : "All records";
    changed = dropdown(theme, "Kind of record", current, width,
                       [&] {
                           if (menu_item(theme, "All records", nullptr, !model_)) {
                               model_.reset();
                               return true;
                           }
                           for (const crm::ModelDef& model : crm::models()) {
                               const std::string name(model.plural);
                               if (!menu_item(theme, name.c_str(), nullptr, model_ == model.model)) continue;
                               model_ = model.model;
                               return true;
                           }
                           return false;
                       }) ||
              changed;
    ImGui::SameLine(0, theme.px(12));
    const float room = std::max(theme.px(120), std::min(ImGui::GetContentRegionAvail().x, theme.px(260)));
    search_field(theme, "##Filter activity", "Filter", filter_, room);
    ImGui::Dummy({0, theme.px(4)});
    if (!changed) return;
    lines_.clear();
    older_.reset();
    asked_.reset();
    known_ = false;
}

void Activity::draw_nothing(Desk& desk) {
    if (asked_ || !desk.state.loaded()) return text(desk.theme, "Reading the trail …", desk.theme.colors().muted);
    const bool all = whose_ == 0 && !model_;
    empty_state(desk.theme, icon::kHistory, all ? "Nothing has happened yet" : "Nothing of this kind",
                all ? "Every edit leaves a line here: who, what and when. What still stands can be taken back."
                    : "Another filter may show more.",
                nullptr);
}

bool Activity::shown(const Line& line, const std::string& wanted) const {
    if (wanted.empty() || fold(line.sentence).find(wanted) != std::string::npos) return true;
    return std::any_of(line.details.begin(), line.details.end(),
                       [&](const std::string& one) { return fold(one).find(wanted) != std::string::npos; });
}

void Activity::draw_line(Desk& desk, Line& line, std::size_t index) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const std::size_t shown_details = std::min(line.details.size(), kDetailsShown);
    const bool cut = line.details.size() > kDetailsShown;
    const float height = theme.px(kLineHeight + kDetailHeight * static_cast<float>(shown_details + (cut ? 1 : 0)) +
                                  (line.details.empty() ? 0.0F : 6.0F));
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    if (!ImGui::IsRectVisible({width, height})) return ImGui::Dummy({width, height});
    ImGui::PushID(static_cast<int>(index));
    const bool there = desk.state.find(line.row.model, line.row.record) != nullptr;
    const bool back = can_take_back(desk, line.row);
    ImDrawList* list = ImGui::GetWindowDrawList();
    ImGui::SetNextItemAllowOverlap();
    const bool pressed =
        ImGui::InvisibleButton(line.sentence.c_str(), {width, height}, there ? ImGuiButtonFlags_EnableNav : 0);
    if (pressed && there) desk.open(line.row.model, line.row.record);
    if (ImGui::IsItemHovered() && there) {
        list->AddRectFilled({at.x - theme.px(8), at.y}, {at.x + width + theme.px(8), at.y + height}, p.hover,
                            theme.px(8));
    }
    const Tone& tone = tone_of(p, line.row);
    const ImVec2 center{at.x + theme.px(15), at.y + theme.px(22)};
    list->AddCircleFilled(center, theme.px(15), tone.soft, 32);
    const char* const icon = icon_of(line.row);
    const ImVec2 icon_size = ImGui::CalcTextSize(icon);
    list->AddText({std::floor(center.x - icon_size.x / 2), std::floor(center.y - icon_size.y / 2)}, tone.strong, icon);
    const float button_width = theme.px(118);
    const float right = at.x + width - button_width - theme.px(8);
    const float x = at.x + theme.px(44);
    theme.push(Size::body, true);
    draw_text({x, at.y + theme.px(5)}, p.text, line.sentence, right - x - theme.px(8));
    Theme::pop();
    theme.push(Size::small);
    const bool elsewhere = line.row.what.starts_with("PULLED");
    const std::string below =
        format_local_time(line.row.at) + (elsewhere ? " · from another device" : " · on this laptop");
    draw_text({x, at.y + theme.px(24)}, p.muted, below, right - x);
    Theme::pop();
    float y = at.y + theme.px(kLineHeight);
    for (std::size_t i = 0; i < shown_details; ++i, y += theme.px(kDetailHeight))
        draw_text({x, y}, p.text, line.details[i], right - x - theme.px(8));
    if (cut) draw_text({x, y}, p.muted, "and " + std::to_string(line.details.size() - kDetailsShown) + " more");
    if (back) {
        ImGui::SetCursorScreenPos({at.x + width - button_width, at.y + theme.px(5)});
        if (button(theme, "Take back", ButtonKind::plain, icon::kUndo, button_width))
            desk.later([&desk, row = line.row] { take_back(desk, row); });
    }
    ImGui::SetCursorScreenPos({at.x, at.y + height});
    ImGui::Dummy({0, 0});
    ImGui::PopID();
}

void Activity::draw_older(Desk& desk) {
    if (!older_) return;
    ImGui::Dummy({0, desk.theme.px(4)});
    ImGui::BeginDisabled(asked_.has_value());
    if (button(desk.theme, "Show older", ButtonKind::plain, icon::kHistory))
        ask(desk, {older_, static_cast<Whose>(whose_), model_, kPage});
    ImGui::EndDisabled();
}

}  // namespace ct::ui
