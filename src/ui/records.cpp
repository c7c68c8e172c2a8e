#include "ui/records.h"

#include <algorithm>
#include <utility>

#include "crm/model.h"
#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/payment_acts.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

/// Of a whole table, between two frames: each is a look somewhere else in memory.
constexpr std::size_t kRowsPerFrame = 100'000;
constexpr float kRoomForWords = 700;  // at scale 1: with less, the bar over a selection has fewer of them

}  // namespace

Records::Records(RecordsSpec spec) : spec_(std::move(spec)) {
    query_.sort = {{spec_.sort_column, spec_.sort_descending}};
    for (const QuickFilter& quick : spec_.quick) conditions_.push_back(quick.accept);
}

Rules Records::rules(const Desk& desk) const {
    const client::State* state = &desk.state;
    return {[state, this](const crm::Record& record, int column) {
                return sort_key(*state, spec_.columns[static_cast<std::size_t>(column)], record);
            },
            [state](const crm::Record& record) { return search_words(*state, record); },
            [state, this](const crm::Record& record) {
                return spec_.quick[query_.quick].accept(record) && filter_.matches(*state, record);
            }};
}

void Records::update(Desk& desk) {
    table_ = &desk.state.table(spec_.model);
    count_quick(desk);
    const UnixMs today = start_of_day(desk.now());
    if (search_ != parsed_ || today != parsed_on_) {
        filter_ = Filter::parse(spec_.model, search_, desk.now());
        parsed_ = search_;
        parsed_on_ = today;
        query_.words = filter_.words();
        query_.conditions = filter_.conditions();
    }
    query_.epoch = today;
    if (filter_.looks_at_children()) {
        query_.epoch += static_cast<std::int64_t>(desk.state.table(crm::Model::reminder).revision() +
                                                  desk.state.table(crm::Model::payment).revision());
    }
    follow_people(desk);
    // A selection that one cannot see must not be deleted: it ends with the filter under which it was made.
    if (search_ != selected_under_ || query_.quick != selected_under_quick_) clear_selection();
    selected_under_ = search_;
    selected_under_quick_ = query_.quick;
    // Of a start with many records the first ones stand there while the rest comes, and all is sorted once.
    if (!desk.state.loaded() && !order_.rows().empty() && query_ == asked_) {
        order_.hold(*table_);
    } else {
        order_.update(*table_, query_, rules(desk));
        asked_ = query_;
        if (!order_.complete()) desk.redraw_within(0);
    }
    const bool changed = std::exchange(selected_revision_, table_->revision()) != table_->revision();
    if (changed && select_next_) select_next_ = 0;  // those that are shown may be others, or elsewhere
    if (changed && !selected_.empty()) prune_next_ = 0;
    if (select_all_later_ && order_.complete()) select_all();
    go_on_selecting(desk);
    prune_selection(desk);
    go_on_gathering(desk);
}

/// Names are no part of the records: where rows stand by them, they are sorted anew. Nobody has asked for that, so the
/// table stays where it is, and the row that the keyboard is on where it was seen.
void Records::follow_people(const Desk& desk) {
    const std::uint64_t now = desk.state.people_revision();
    if (filter_.looks_at_people()) query_.epoch += static_cast<std::int64_t>(now);
    const bool by_name = std::any_of(query_.sort.begin(), query_.sort.end(), [this](const SortBy& by) {
        return spec_.columns[static_cast<std::size_t>(by.column)].kind == Column::Kind::person;
    });
    const std::uint64_t by = by_name ? now + 1 : 0;  // 0: by no names
    const bool renamed = by_name && query_.keys_epoch != 0 && query_.keys_epoch != by;
    if (renamed && !focused_top_) focused_top_ = top_of_focused();
    query_.keys_epoch = by;
}

/// With which of them the page begins is known once the records are there and counted.
void Records::count_quick(Desk& desk) {
    const bool counted = tally_.update(*table_, conditions_);
    if (!counted) desk.redraw_within(0);
    if (begun_ || !counted || !desk.state.loaded() || table_->size() == 0) return;
    begun_ = true;
    if (query_.quick != 0 || !search_.empty()) return;  // somebody was faster
    const auto first = std::find_if(spec_.begin_with.begin(), spec_.begin_with.end(),
                                    [this](std::size_t quick) { return tally_.count(quick) > 0; });
    if (first != spec_.begin_with.end()) query_.quick = *first;
}

void Records::clear_selection() {
    selected_.clear();
    select_all_later_ = false;
    select_next_.reset();
    prune_next_.reset();
    errand_.reset();
}

void Records::select_all() {
    if (table_ == nullptr) return;
    select_all_later_ = !order_.complete();
    if (!select_all_later_) select_next_ = 0;
}

void Records::go_on_selecting(Desk& desk) {
    if (!select_next_) return;
    if (!order_.complete()) {  // they are being sorted or filtered anew
        select_all_later_ = true;
        select_next_.reset();
        return;
    }
    const std::span<const std::uint32_t> rows = order_.rows();
    if (*select_next_ == 0) selected_.reserve(rows.size());
    const std::size_t end = std::min(rows.size(), *select_next_ + kRowsPerFrame);
    for (std::size_t i = *select_next_; i < end; ++i) selected_.insert(table_->at(rows[i]).id);
    select_next_ = end;
    desk.redraw_within(0);
    if (end == rows.size()) select_next_.reset();
}

void Records::prune_selection(Desk& desk) {
    if (!prune_next_) return;
    prune_next_ =
        selected_.prune(*prune_next_, kRowsPerFrame, [this](const Uuid& id) { return table_->find(id) == nullptr; });
    if (*prune_next_ == 0)
        prune_next_.reset();
    else
        desk.redraw_within(0);
}

void Records::with_selected(Desk& desk, Act act) {
    if (busy()) return;
    errand_ = Errand{std::move(act), {}, 0, table_->revision(), query_.sort};
    errand_->ids.reserve(selected_.size());
    go_on_gathering(desk);
}

void Records::go_on_gathering(Desk& desk) {
    if (!errand_) return;
    // Rows that are filtered anew are not all there yet, and those that are sorted anew stand elsewhere.
    if (errand_->revision != table_->revision() || errand_->sort != query_.sort || !order_.complete()) {
        errand_->ids.clear();
        errand_->next = 0;
        errand_->revision = table_->revision();
        errand_->sort = query_.sort;
    }
    if (!order_.complete()) return desk.redraw_within(0);
    const std::span<const std::uint32_t> rows = order_.rows();
    const std::size_t end = std::min(rows.size(), errand_->next + kRowsPerFrame);
    for (; errand_->next < end && errand_->ids.size() < selected_.size(); ++errand_->next) {
        const Uuid& id = table_->at(rows[errand_->next]).id;
        if (selected_.contains(id)) errand_->ids.push_back(id);
    }
    if (errand_->next < rows.size() && errand_->ids.size() < selected_.size()) return desk.redraw_within(0);
    Errand done = *std::exchange(errand_, std::nullopt);
    desk.later([&desk, done = std::move(done)] { done.act(desk, done.ids); });
}

void Records::remove_selected(Desk& desk) {
    if (selected_.empty()) return;
    with_selected(desk, [this](Desk& at, const std::vector<Uuid>& ids) {
        remove_records(at, spec_.model, ids);
        clear_selection();
    });
}

void Records::copy(Desk& desk) {
    if (selected_.empty()) {
        if (!focused_.nil()) copy_rows(desk, {focused_});
        return;
    }
    with_selected(desk, [this](Desk& at, const std::vector<Uuid>& ids) { copy_rows(at, ids); });
}

void Records::copy_rows(Desk& desk, std::vector<Uuid> rows) {
    TableExport::View view{spec_.model, std::move(rows), {}};
    for (const int column : chosen_columns_) {
        const Column& known = spec_.columns[static_cast<std::size_t>(column)];
        if (known.kind != Column::Kind::sync) view.columns.push_back(&known);
    }
    export_.copy(desk, std::move(view));
}

void Records::draw(Desk& desk) {
    if (!layout_ && !layout_wanted_) {  // as it was left
        const auto kept = desk.config.tables.find(std::string(crm::name(spec_.model)));
        if (kept != desk.config.tables.end()) layout_wanted_ = kept->second;
    }
    cell_.leave_out_of_sight(desk, spec_.model);
    update(desk);
    draw_head(desk);
    ImGui::Dummy({0, desk.theme.px(2)});
    ImGui::PushStyleColor(ImGuiCol_ChildBg, desk.theme.colors().surface);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{desk.theme.px(5), desk.theme.px(5)});
    ImGui::BeginChild("table card", {0, 0}, ImGuiChildFlags_Borders | ImGuiChildFlags_NavFlattened,
                      ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
    ImGui::PopStyleVar();
    ImGui::PopStyleColor();
    if (order_.rows().empty()) {
        draw_nothing(desk);
    } else {
        draw_table(desk);
    }
    ImGui::EndChild();
}

float Records::tools_width(const Theme& theme) const {
    const float count = spec_.model == crm::Model::lead ? 5 : 4;
    return theme.px(count * 36 - 4);
}

void Records::draw_head(Desk& desk) {
    const Theme& theme = desk.theme;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    text(theme, crm::def(spec_.model).plural, Size::title, true);
    ImGui::SameLine(0, theme.px(10));
    ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, at.y + theme.px(8)});
    // What no quick filter shows (a lead that was merged away) is not missing anywhere.
    std::size_t most = order_.rows().size();
    for (std::size_t i = 0; i < spec_.quick.size(); ++i) most = std::max(most, tally_.count(i));
    const auto total = static_cast<std::int64_t>(most);
    const auto shown = static_cast<std::int64_t>(order_.rows().size());
    const std::string counted = count_text(shown, "", "") + (order_.complete() ? "" : "+");
    text(theme,
         (shown == total ? counted : counted + " of " + count_text(total, "", "")) +
             (order_.sorting() ? " · sorting…" : ""),
         theme.colors().muted);
    const float right = at.x + ImGui::GetContentRegionAvail().x;
    theme.push(Size::body, true);
    const float width = ImGui::CalcTextSize(spec_.new_label).x + theme.px(52);
    Theme::pop();
    ImGui::SetCursorScreenPos({right - width, at.y - theme.px(2)});
    if (button(theme, spec_.new_label, ButtonKind::primary, icon::kAdd, width)) desk.create(spec_.model);
    const float line = at.y + theme.px(42);
    const float tools = right - tools_width(theme);
    ImGui::SetCursorScreenPos({tools, line + theme.px(1)});
    draw_tools(desk, right);
    ImGui::SetCursorScreenPos({at.x, line});
    if (selected_.size() > 1) {
        draw_bulk_bar(desk, tools - at.x);
    } else {
        draw_quick(theme, tools - at.x - theme.px(16));
    }
    draw_filter_words(theme, filter_);
}

/// The quick filters with their counts; with less room without them, and with still less as a list.
void Records::draw_quick(const Theme& theme, float room) {
    const auto counted = [this](std::size_t i) {
        return spec_.quick[i].label + "  " + count_text(static_cast<std::int64_t>(tally_.count(i)), "", "");
    };
    std::vector<std::string> with_counts, names;
    float width_counted = theme.px(6), width_named = theme.px(6);
    for (std::size_t i = 0; i < spec_.quick.size(); ++i) {
        const std::string& name = spec_.quick[i].label;
        with_counts.push_back(counted(i) + "##" + name);
        names.push_back(name);
        width_counted += measure(counted(i)).x + theme.px(24);
        width_named += measure(name).x + theme.px(24);
    }
    bool changed = false;
    if (std::min(width_counted, width_named) <= room) {
        changed = segments(theme, "quick filters", width_counted <= room ? with_counts : names, query_.quick);
    } else {
        changed = dropdown(theme, "Quick filter", counted(query_.quick), std::min(room, theme.px(220)), [&] {
            for (std::size_t i = 0; i < names.size(); ++i) {
                if (!menu_item(theme, with_counts[i].c_str(), nullptr, query_.quick == i)) continue;
                query_.quick = i;
                return true;
            }
            return false;
        });
    }
    if (changed) scroll_to_top_ = true;
}

/// Views, columns, import, export, and for leads the search for duplicates: at the right of the line.
void Records::draw_tools(Desk& desk, float right) {
    const float step = desk.theme.px(36);
    ImVec2 at{right - tools_width(desk.theme), ImGui::GetCursorScreenPos().y};
    const auto next = [&] { ImGui::SetCursorScreenPos({std::exchange(at.x, at.x + step), at.y}); };
    TableViews::Wish wish;
    client::SavedView now;
    now.model = crm::name(spec_.model);
    now.filter = search_;
    now.quick = query_.quick == 0 ? "" : spec_.quick[query_.quick].label;
    if (layout_) now.layout = *layout_;
    next();
    views_.draw_views(desk, now, wish);
    next();
    if (layout_) views_.draw_columns(desk, spec_, *layout_, away_, wish);
    if (spec_.model == crm::Model::lead) {
        next();
        if (icon_button(desk.theme, "Find duplicates", icon::kMerge)) desk.duplicates_wanted = true;
    }
    next();
    if (icon_button(desk.theme, "Import a CSV file", icon::kUpload)) desk.import_wanted = "";
    next();
    export_.draw(desk, spec_.model, order_.rows().size(), [this] {
        TableExport::View view;
        view.model = spec_.model;
        view.rows.reserve(order_.rows().size());
        for (const std::uint32_t row : order_.rows()) view.rows.push_back(table_->at(row).id);
        for (const int column : chosen_columns_)
            view.columns.push_back(&spec_.columns[static_cast<std::size_t>(column)]);
        return view;
    });
    if (wish.arrange) layout_wanted_ = std::move(wish.arrange);
    if (!wish.open) return;
    search_ = wish.open->filter;
    query_.quick = 0;
    begun_ = true;
    for (std::size_t i = 0; i < spec_.quick.size(); ++i) {
        if (spec_.quick[i].label == wish.open->quick) query_.quick = i;
    }
    layout_wanted_ = wish.open->layout;
    scroll_to_top_ = true;
    desk.redraw_within(0);
}

void Records::draw_filter_words(const Theme& theme, const Filter& filter) const {
    const bool wrong = !filter.problem().empty();
    std::string words = wrong ? filter.problem() : filter.in_words();
    if (in_search_ && search_.empty()) words = std::string("Any words, or conditions: ") + spec_.example;
    if (words.empty()) return;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const ImU32 color = wrong ? theme.colors().warn.strong : theme.colors().muted;
    theme.push(Size::small);
    ImGui::GetWindowDrawList()->AddText({at.x + theme.px(2), at.y + theme.px(1)}, color,
                                        wrong ? icon::kWarning : icon::kFilter);
    draw_text({at.x + theme.px(24), at.y + theme.px(1)}, color, words, ImGui::GetContentRegionAvail().x - theme.px(24));
    ImGui::Dummy({0, ImGui::GetFontSize() + theme.px(3)});
    Theme::pop();
}

void Records::draw_bulk_bar(Desk& desk, float room) {
    const Theme& theme = desk.theme;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const bool roomy = room > theme.px(kRoomForWords);
    const std::string words = count_text(static_cast<std::int64_t>(selected_.size()), "", "") +
                              (select_next_ ? "…" : "") + (roomy ? " selected" : "##selected");
    ImGui::SetCursorScreenPos({at.x + theme.px(4), at.y + (theme.px(34) - ImGui::GetFontSize()) / 2});
    text(theme, words.substr(0, words.find("##")), theme.colors().accent.strong, Size::body, true);
    ImGui::SameLine(0, theme.px(16));
    ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, at.y});
    ImGui::BeginDisabled(busy());
    const crm::FieldDef& field = crm::def(spec_.model, spec_.bulk_field);
    const std::string label = "Set " + std::string(field.label);
    if (button(theme, label.c_str(), ButtonKind::plain, roomy ? icon::kEdit : nullptr)) ImGui::OpenPopup("bulk choice");
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(6), theme.px(6)});
    if (ImGui::BeginPopup("bulk choice")) {
        for (const std::string_view choice : field.choices) {
            if (!menu_item(theme, words_of_choice(choice).c_str())) continue;
            with_selected(desk, [this, choice](Desk& on, const std::vector<Uuid>& ids) {
                set_choice(on, spec_.model, ids, spec_.bulk_field, choice);
            });
            ImGui::CloseCurrentPopup();
        }
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
    ImGui::SameLine();
    if (button(theme, roomy ? "Set another field" : "Set …##Set another field")) bulk_.open();
    bulk_.draw(desk, spec_.model, selected_.size(), [this, &desk](const BulkEdit::Act& act) {
        with_selected(desk, [act](Desk& on, const std::vector<Uuid>& ids) { act(on, ids); });
    });
    if (spec_.model == crm::Model::payment) {
        ImGui::SameLine();
        if (button(theme, "Mark as paid##selected", ButtonKind::plain, roomy ? icon::kCheck : nullptr))
            with_selected(desk, [](Desk& on, const std::vector<Uuid>& ids) { mark_paid(on, ids); });
    }
    if (spec_.model == crm::Model::lead && selected_.size() == 2) {
        ImGui::SameLine();
        if (button(theme, "Merge", ButtonKind::plain, roomy ? icon::kMerge : nullptr)) {
            with_selected(desk, [](Desk& on, const std::vector<Uuid>& two) {
                if (two.size() == 2) on.merge_wanted = {two[0], two[1]};
            });
        }
    }
    ImGui::SameLine();
    if (button(theme, "Delete", ButtonKind::danger, roomy ? icon::kTrash : nullptr))
        desk.later([this, &desk] { remove_selected(desk); });
    ImGui::EndDisabled();
    ImGui::SameLine();
    if (roomy ? button(theme, "Clear selection", ButtonKind::quiet)
              : icon_button(theme, "Clear selection", icon::kClose))
        clear_selection();
    ImGui::SetCursorScreenPos(at);
    ImGui::Dummy({0, theme.px(34)});
}

void Records::draw_nothing(Desk& desk) {
    const Theme& theme = desk.theme;
    if (!desk.state.loaded() && table_->size() == 0) {
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const ImVec2 room = ImGui::GetContentRegionAvail();
        draw_spinner(theme, {at.x + room.x / 2, at.y + room.y / 2}, theme.px(14), theme.colors().accent.strong,
                     ImGui::GetTime());
        desk.redraw_within(50);
    } else if (table_->size() == 0) {
        if (empty_state(theme, spec_.empty_icon, spec_.empty_title, spec_.empty_words, spec_.new_label)) {
            desk.create(spec_.model);
        }
    } else if (!order_.complete()) {
        text(theme, query_.words.empty() ? "One moment…" : "Searching…", theme.colors().muted);
    } else if (empty_state(theme, icon::kSearch, "Nothing matches",
                           "No record has all of these words and passes the filter above.", "Show all")) {
        search_.clear();
        for (std::size_t i = 0; i < spec_.quick.size(); ++i) {
            if (tally_.count(i) > tally_.count(query_.quick)) query_.quick = i;
        }
    }
}

}  // namespace ct::ui
