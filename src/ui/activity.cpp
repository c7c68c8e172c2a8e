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
constexpr float kIndent = 44;  // of what an edit of many consists of
/// Of an edit of many the rest is looked for by itself, but not for ever.
constexpr std::size_t kManyFrom = 20, kManyPage = 1'000, kManyMost = 20'000;

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
    for (store::AuditRow& row : listed.page.rows) {
        if (!lines_.empty() && same_go(lines_.back(), row)) {
            lines_.back().sentence.clear();
            lines_.back().more.push_back(std::move(row));
        } else {
            lines_.push_back({std::move(row)});
        }
    }
    older_ = listed.page.older;
}

/// The last line may go on in what is not read yet.
void Activity::go_on_with_many(Desk& desk) {
    if (asked_ || !older_ || lines_.empty()) return;
    const std::size_t many = lines_.back().more.size() + 1;
    if (many >= kManyFrom && many < kManyMost) ask(desk, {older_, static_cast<Whose>(whose_), model_, kManyPage});
}

void Activity::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    update(desk);
    go_on_with_many(desk);
    draw_head(desk);
    if (lines_.empty() && !older_) return draw_nothing(desk);
    const std::string wanted = fold(trim(filter_));
    begin_card(theme, "activity card");
    UnixMs day = -1;
    std::size_t drawn = 0;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        TrailLine& line = lines_[i];
        put_in_words(desk, line);
        if (!shown(line, wanted)) continue;
        if (const UnixMs begins = start_of_day(line.row.at); begins != day)
            draw_trail_day(theme, day = begins, drawn == 0);
        draw_trail_line(desk, line, i, false);
        ++drawn;
        if (line.each.empty()) continue;
        ImGui::PushID(static_cast<int>(i));
        ImGui::Indent(desk.theme.px(kIndent));
        for (std::size_t j = 0; j < line.each.size(); ++j) draw_trail_line(desk, line.each[j], j, false);
        ImGui::Unindent(desk.theme.px(kIndent));
        ImGui::PopID();
    }
    if (drawn == 0) text(theme, "Nothing of this kind in the part that was looked through.", theme.colors().muted);
    draw_older(desk);
    end_card();
}

void Activity::draw_head(Desk& desk) {
    const Theme& theme = desk.theme;
    text(theme, "Activity", Size::title, true);
    ImGui::Dummy({0, theme.px(2)});
    const std::string whose[] = {"Everything", "Mine", "From others", "By rule", "Deleted"};
    bool changed = segments(theme, "whose", whose, whose_);
    ImGui::SameLine(0, theme.px(12));
    const float width = theme.px(150);
    if (ImGui::GetContentRegionAvail().x < width) ImGui::NewLine();
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
    if (static_cast<Whose>(whose_) == Whose::deleted) {
        empty_state(desk.theme, icon::kTrash, "Nothing was deleted",
                    "What is deleted, here or elsewhere, stands here and can be restored for 30 days.", nullptr);
        return;
    }
    const bool all = whose_ == 0 && !model_;
    empty_state(desk.theme, icon::kHistory, all ? "No changes yet" : "Nothing of this kind",
                all ? "What is changed from now on leaves a line here. What still stands can be taken back."
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
