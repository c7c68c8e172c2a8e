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

}  // namespace

void Activity::ask(Desk& desk, const store::ActivityQuery& query) {
    asked_ = query;
    desk.post(client::ListActivity{query});
}

/// Asks for the newest part again when something happened, for as many lines as are there.
void Activity::update(Desk& desk) {
    const std::uint64_t now = desk.state.revision();
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
    for (store::AuditRow& row : listed.page.rows) lines_.push_back({std::move(row)});
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
        TrailLine& line = lines_[i];
        if (line.sentence.empty()) {
            line.sentence = sentence_of(desk, line.row);
            line.details = details_of(desk, line.row);
        }
        if (!shown(line, wanted)) continue;
        if (const UnixMs begins = start_of_day(line.row.at); begins != day)
            draw_trail_day(theme, day = begins, drawn == 0);
        draw_trail_line(desk, line, i, false);
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
    if (ImGui::GetContentRegionAvail().x < theme.px(120)) ImGui::NewLine();
    const float room = std::min(ImGui::GetContentRegionAvail().x, theme.px(260));
    search_field(theme, "##Filter activity", "Filter", filter_, room);
    ImGui::Dummy({0, theme.px(4)});
    if (!changed) return;
    lines_.clear();
    older_.reset();
    asked_.reset();
    known_ = false;
}

void Activity::draw_nothing(Desk& desk) {
    if (!known_ || !desk.state.loaded()) return text(desk.theme, "Reading the trail …", desk.theme.colors().muted);
    const bool all = whose_ == 0 && !model_;
    empty_state(desk.theme, icon::kHistory, all ? "Nothing has happened yet" : "Nothing of this kind",
                all ? "Every edit leaves a line here: who, what and when. What still stands can be taken back."
                    : "Another filter may show more.",
                nullptr);
}

bool Activity::shown(const TrailLine& line, const std::string& wanted) const {
    if (wanted.empty() || fold(line.sentence).find(wanted) != std::string::npos) return true;
    return std::any_of(line.details.begin(), line.details.end(),
                       [&](const std::string& one) { return fold(one).find(wanted) != std::string::npos; });
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
