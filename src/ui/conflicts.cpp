#include "ui/conflicts.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "client/turn_round.h"
#include "crm/validate.h"
#include "ui/actions.h"
#include "ui/activity.h"
#include "ui/cells.h"
#include "ui/form.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/people.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using store::Conflict;
using store::ConflictField;
using store::Side;

constexpr std::size_t kShownAtMost = 50;
constexpr float kLabelWidth = 128;
constexpr float kRowHeight = 44;       // of a field to choose for
constexpr float kQuietRowHeight = 28;  // of one that only this device changed

std::string words_of(const Desk& desk, const Conflict& conflict, const ConflictField& field, const crm::Value& value) {
    return field_text(desk.state, conflict.queued.operation.model, field.field, crm::view(value),
                      currency_of(conflict.theirs));
}

bool removes(const Conflict& conflict) { return conflict.queued.operation.kind == sync::OperationKind::remove; }

/// Of a conflict about a record's being there at all there are two answers, and no fields to choose from.
bool whole(const Conflict& conflict) { return removes(conflict) || conflict.theirs.deleted; }

/// Where a value differs from what it was: the bytes between what both begin and both end with, on whole characters.
std::pair<std::size_t, std::size_t> different_part(std::string_view was, std::string_view is) {
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
    std::size_t begin = 0;
    while (begin < was.size() && begin < is.size() && was[begin] == is[begin]) ++begin;
    while (begin > 0 && begin < is.size() && continues(is[begin])) --begin;
    std::size_t tail = 0;
    const std::size_t most = std::min(was.size(), is.size()) - std::min(begin, std::min(was.size(), is.size()));
    while (tail < most && was[was.size() - 1 - tail] == is[is.size() - 1 - tail]) ++tail;
    while (tail > 0 && continues(is[is.size() - tail])) --tail;
    return {begin, is.size() - tail};
}

/// Text on one line, with a ground behind what differs from `was`.
void draw_marked(const Theme& theme, ImVec2 at, std::string_view was, std::string_view words, ImU32 color,
                 const Tone& tone, float width) {
    const auto [begin, end] = different_part(was, words);
    const auto wide = [&](std::size_t bytes) {
        return ImGui::CalcTextSize(words.data(), words.data() + bytes, false).x;
    };
    const float left = std::min(wide(begin), width);
    const float right = std::min(wide(end), width);
    if (right > left && (begin > 0 || end < words.size())) {
        const float over = theme.px(2);
        ImGui::GetWindowDrawList()->AddRectFilled({at.x + left - over, at.y - over},
                                                  {at.x + right + over, at.y + ImGui::GetFontSize() + over}, tone.soft,
                                                  theme.px(3));
    }
    draw_text(at, color, words, width);
}

std::string headline(const Desk& desk, const Conflict& conflict) {
    const sync::Operation& operation = conflict.queued.operation;
    const crm::Record* record = desk.state.find(operation.model, operation.record);
    const crm::Record& shown = record != nullptr ? *record : conflict.theirs;
    std::string words = std::string(crm::name(operation.model)) + ": " + title_of(shown);
    if (const std::string lead = lead_of(desk.state, shown); !lead.empty()) words += " · " + lead;
    return words;
}

std::string question_of(const Desk& desk, const Conflict& conflict) {
    const std::string other = other_text(desk.state, conflict.other);
    if (removes(conflict)) return "You deleted this record, and " + other + " changed it.";
    if (conflict.theirs.deleted) return "You changed this record, and " + other + " deleted it.";
    return "You and " + other + " changed the same. Nothing was overwritten: which one is right?";
}

/// What a decision comes to as an edit, and what takes it back.
struct BothWays {
    client::Edit forward, back;
};

/// Of a decision about a record's being there. Nothing where nobody knows any more what it said.
std::optional<BothWays> whole_ways(const Desk& desk, const Conflict& conflict, Side side) {
    const sync::Operation& operation = conflict.queued.operation;
    const crm::Record* shown = desk.state.find(operation.model, operation.record);
    crm::Changes said = crm::all_of(shown != nullptr ? *shown : conflict.theirs);
    if (!crm::validate_new(operation.model, said)) return std::nullopt;
    client::Edit gone{sync::OperationKind::remove, operation.model, operation.record, {}};
    client::Edit there{sync::OperationKind::create, operation.model, operation.record, std::move(said)};
    const bool stays = removes(conflict) == (side == Side::theirs);
    if (stays) return BothWays{std::move(there), std::move(gone)};
    return BothWays{std::move(gone), std::move(there)};
}

/// Of any decision. Who takes it back sees again what was given up, as an edit of their own.
std::optional<BothWays> ways_of(const Desk& desk, const Conflict& conflict, const store::Resolution& resolution) {
    if (whole(conflict)) return whole_ways(desk, conflict, resolution.otherwise);
    crm::Changes given_up, taken;
    for (const ConflictField& field : conflict.fields) {
        if (!field.clashes) continue;
        const auto choice = std::find_if(resolution.fields.begin(), resolution.fields.end(),
                                         [&](const store::FieldChoice& one) { return one.field == field.field; });
        Side kept = resolution.otherwise;
        const crm::Value* third = nullptr;
        if (choice != resolution.fields.end()) {
            const auto* side = std::get_if<Side>(&choice->decision);
            kept = side != nullptr ? *side : Side::mine;
            third = std::get_if<crm::Value>(&choice->decision);
        }
        given_up.set(field.field, kept == Side::mine ? field.theirs : field.mine);
        taken.set(field.field, third != nullptr ? *third : kept == Side::mine ? field.mine : field.theirs);
    }
    if (given_up.empty()) return std::nullopt;
    const sync::Operation& operation = conflict.queued.operation;
    const auto edit = [&operation](crm::Changes changes) {
        return client::Edit{sync::OperationKind::update, operation.model, operation.record, std::move(changes)};
    };
    return BothWays{edit(std::move(taken)), edit(std::move(given_up))};
}

bool has_third_value(const store::Resolution& resolution) {
    return std::any_of(resolution.fields.begin(), resolution.fields.end(),
                       [](const store::FieldChoice& one) { return std::holds_alternative<crm::Value>(one.decision); });
}

/// What can be turned round still: not what says again what lost. A record that is gone comes back once, as the newest
/// decision about it left it.
std::vector<const store::AuditRow*> decisions_standing(const Desk& desk) {
    std::vector<const store::AuditRow*> standing;
    std::set<Uuid> gone;
    for (const store::AuditRow& row : desk.decisions) {  // newest first
        if (!can_turn_round(desk, row)) continue;
        if (desk.state.find(row.model, row.record) == nullptr && !gone.insert(row.record).second) continue;
        standing.push_back(&row);
    }
    return standing;
}

/// What lost, and to what, a line each.
std::vector<std::string> outcome_of(const Desk& desk, const store::AuditRow& row, const crm::Record& record) {
    const bool ours_lost = row.what == "SUPERSEDED";
    const std::string_view currency = currency_of(record);
    const auto value_of = [&](crm::FieldId field, const crm::ValueView& value) {
        return field_text(desk.state, row.model, field, value, currency);
    };
    std::vector<std::string> lines;
    if (store::deletion_lost(row))
        lines.emplace_back(ours_lost ? "Your deletion lost to a later change" : "A deletion lost to your later change");
    if (store::deletion_won(row))
        lines.emplace_back(ours_lost ? "Your change lost to a later deletion" : "A change lost to your later deletion");
    for (const auto& [field, value] : store::deletion_lost(row) ? row.after.fields : row.before.fields) {
        std::string line = std::string(crm::def(row.model, field).label) + ": ";
        if (store::deletion_lost(row)) {
            line += value_of(field, crm::view(value));
        } else {
            line += (ours_lost ? "your " : "their ") + value_of(field, crm::view(value));
            if (!store::deletion_won(row)) {
                line += ours_lost ? " lost to the later " : " lost to your later ";
                line += value_of(field, record.fields.get(field));
            }
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

/// What the button says that turns it round.
const char* words_of_way(const Desk& desk, const store::AuditRow& row) {
    switch (client::way_round(row, desk.state.find(row.model, row.record))) {
        case client::WayRound::restore: return "Restore it";
        case client::WayRound::remove: return "Delete it";
        case client::WayRound::values:
        case client::WayRound::none: break;
    }
    return row.what == "SUPERSEDED" ? "Take mine" : "Take theirs";
}

}  // namespace

bool alike(const Conflict& a, const Conflict& b) {
    const auto question = [](const Conflict& conflict) {
        std::vector<int> parts{static_cast<int>(conflict.queued.operation.model), removes(conflict),
                               conflict.theirs.deleted};
        for (const ConflictField& field : conflict.fields) {
            if (field.clashes) parts.push_back(field.field);
        }
        return parts;
    };
    return question(a) == question(b);
}

std::size_t Conflicts::count(const Desk& desk) { return static_cast<std::size_t>(desk.state.sync().queue.conflicts); }

void Conflicts::update(Desk& desk) {
    const client::SyncView& sync = desk.state.sync();
    const bool here = desk.page == Page::conflicts;
    const bool arrived = here && !std::exchange(shown_, here);
    shown_ = here;
    const bool changed = seen_operations_ != sync.queue.operations || seen_conflicts_ != sync.queue.conflicts ||
                         seen_sync_at_ != sync.last_sync_at;
    if (!here || !(arrived || changed)) return;
    seen_operations_ = sync.queue.operations;
    seen_conflicts_ = sync.queue.conflicts;
    seen_sync_at_ = sync.last_sync_at;
    desk.post(client::ListConflicts{});
    desk.post(client::ListDecisions{});
}

void Conflicts::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    text(theme, "Conflicts", Size::title, true);
    paragraph(theme, "Where two people changed the same. What you decide goes to everybody.", p.muted);
    ImGui::Dummy({0, theme.px(6)});
    const std::vector<const store::AuditRow*> standing = decisions_standing(desk);
    const std::string labels[] = {"To decide  " + std::to_string(desk.conflicts.size()) + "##waiting",
                                  "Decided by rule  " + std::to_string(standing.size()) + "##decided"};
    segments(theme, "conflict tabs", labels, tab_);
    ImGui::Dummy({0, theme.px(6)});
    if (tab_ == 0) {
        draw_waiting(desk);
    } else {
        draw_decided(desk, standing);
    }
}

// ---- what waits for a decision

void Conflicts::draw_waiting(Desk& desk) {
    if (desk.conflicts.empty()) {
        empty_state(desk.theme, icon::kCheckCircle, "Nothing to decide",
                    "When somebody else changes the same payment as you, both versions are kept and shown here side "
                    "by side.",
                    nullptr);
        return;
    }
    std::size_t shown = 0;
    for (const Conflict& conflict : desk.conflicts) {
        if (++shown > kShownAtMost) break;
        draw_conflict(desk, conflict);
        ImGui::Dummy({0, desk.theme.px(4)});
    }
    if (desk.conflicts.size() > kShownAtMost) {
        text(desk.theme, std::to_string(desk.conflicts.size() - kShownAtMost) + " more follow when these are decided.",
             desk.theme.colors().muted);
    }
}

void Conflicts::draw_conflict(Desk& desk, const Conflict& conflict) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const sync::Operation& operation = conflict.queued.operation;
    ImGui::PushID(operation.id.str().c_str());
    begin_card(theme, "conflict card");
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const std::string when = "Changed here " + ago_text(conflict.queued.created_at, desk.now());
    theme.push(Size::small);
    const float when_width = ImGui::CalcTextSize(when.c_str()).x;
    draw_text({at.x + width - when_width, at.y + theme.px(2)}, p.muted, when);
    Theme::pop();
    theme.push(Size::heading, true);
    draw_text(at, p.text, headline(desk, conflict), width - when_width - theme.px(24));
    ImGui::Dummy({0, ImGui::GetFontSize()});
    Theme::pop();
    paragraph(theme, question_of(desk, conflict), p.muted);
    ImGui::Dummy({0, theme.px(4)});
    Choices& choices = choices_[operation.id];
    if (!conflict.fields.empty()) draw_fields(desk, conflict, choices);
    draw_buttons(desk, conflict, choices);
    end_card();
    ImGui::PopID();
}

void Conflicts::draw_fields(Desk& desk, const Conflict& conflict, Choices& choices) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float label = theme.px(kLabelWidth);
    const float column = (ImGui::GetContentRegionAvail().x - label) / 3;
    theme.push(Size::caption, true);
    const char* const heads[] = {"AS IT WAS", "MINE", "THEIRS"};
    for (int i = 0; i < 3; ++i) {
        draw_text({at.x + label + column * static_cast<float>(i) + theme.px(12), at.y}, p.muted, heads[i]);
    }
    ImGui::Dummy({0, ImGui::GetFontSize() + theme.px(2)});
    Theme::pop();
    for (const ConflictField& field : conflict.fields) draw_field(desk, conflict, field, choices[field.field]);
}

void Conflicts::draw_field(Desk& desk, const Conflict& conflict, const ConflictField& field, Choice& choice) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const crm::FieldDef& def = crm::def(conflict.queued.operation.model, field.field);
    const bool asks = field.clashes && !whole(conflict);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float label = theme.px(kLabelWidth);
    const float column = (ImGui::GetContentRegionAvail().x - label) / 3;
    const float height = theme.px(asks ? kRowHeight : kQuietRowHeight);
    const float text_y = at.y + std::floor((height - theme.px(14)) / 2) - theme.px(1);
    draw_text({at.x, text_y}, asks ? p.text : p.muted, def.label, label - theme.px(8));
    const std::string base = words_of(desk, conflict, field, field.base);
    draw_text({at.x + label + theme.px(12), text_y}, p.muted, base, column - theme.px(20));
    for (const Side side : {Side::mine, Side::theirs}) {
        const bool mine = side == Side::mine;
        const std::string words = words_of(desk, conflict, field, mine ? field.mine : field.theirs);
        const ImVec2 box{at.x + label + column * (mine ? 1.0F : 2.0F), at.y};
        const ImVec2 max{box.x + column - theme.px(8), box.y + height - theme.px(6)};
        const bool chosen = asks && choice.side == side;
        float x = box.x + theme.px(12);
        if (asks) {
            ImGui::SetCursorScreenPos(box);
            const std::string name = std::string(mine ? "Mine: " : "Theirs: ") + std::string(def.label);
            if (ImGui::InvisibleButton(name.c_str(), {max.x - box.x, max.y - box.y}, ImGuiButtonFlags_EnableNav)) {
                choice = {side, {}, false, {}};
            }
            ImDrawList* list = ImGui::GetWindowDrawList();
            const ImU32 edge = chosen ? p.accent.strong : ImGui::IsItemHovered() ? p.border_strong : p.border;
            list->AddRectFilled(box, max, chosen ? p.accent.soft : p.sunken, theme.px(8));
            list->AddRect(box, max, edge, theme.px(8), 0, theme.px(chosen ? 2.0F : 1.0F));
            const ImVec2 dot{box.x + theme.px(18), (box.y + max.y) / 2};
            list->AddCircle(dot, theme.px(7), chosen ? p.accent.strong : p.muted, 24, theme.px(1.5F));
            if (chosen) list->AddCircleFilled(dot, theme.px(4), p.accent.strong, 20);
            x += theme.px(22);
        }
        draw_marked(theme, {x, text_y - theme.px(asks ? 2 : 0)}, base, words, asks ? p.text : p.muted,
                    mine ? p.info : p.warn, max.x - x - theme.px(8));
    }
    ImGui::SetCursorScreenPos({at.x, at.y + height});
    ImGui::Dummy({0, 0});
    if (asks) draw_other(desk, conflict, field, choice);
}

/// A third value, which neither of the two is.
void Conflicts::draw_other(Desk& desk, const Conflict& conflict, const ConflictField& field, Choice& choice) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const crm::Model model = conflict.queued.operation.model;
    const crm::FieldDef& def = crm::def(model, field.field);
    const float indent = theme.px(kLabelWidth + 12);
    ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x + indent, ImGui::GetCursorScreenPos().y});
    if (!choice.typing) {
        const std::string name = "Neither, another value##" + std::string(def.label);
        if (link(theme, name.c_str())) choice = {std::nullopt, {}, true, {}};
        return;
    }
    const std::string label = "##Other " + std::string(def.label);
    if (def.type == crm::FieldType::choice) {
        const std::string current = choice.typed.empty() ? std::string("Choose") : words_of_choice(choice.typed);
        dropdown(
            theme, label.c_str(), current, theme.px(220),
            [&] {
                for (const std::string_view one : def.choices) {
                    if (!menu_item(theme, words_of_choice(one).c_str(), nullptr, choice.typed == one)) continue;
                    choice.typed = one;
                    return true;
                }
                return false;
            },
            choice.typed.empty());
    } else if (def.names_person()) {
        (void)person_dropdown(desk, def, label.c_str(), choice.typed, sought_, theme.px(220));
    } else {
        text_field(theme, label.c_str(), "The right value", choice.typed, theme.px(220), !choice.error.empty());
    }
    ImGui::SameLine(0, theme.px(12));
    if (link(theme, ("Give up typing##" + std::string(def.label)).c_str())) choice = {};
    if (choice.error.empty()) return;
    ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x + indent, ImGui::GetCursorScreenPos().y});
    text(theme, choice.error, p.danger.strong, Size::small);
}

Conflicts::Preview Conflicts::preview(const Desk& desk, const Conflict& conflict, Choices& choices) const {
    Preview result;
    const crm::Model model = conflict.queued.operation.model;
    for (const ConflictField& field : conflict.fields) {
        if (!field.clashes) continue;
        Choice& choice = choices[field.field];
        choice.error.clear();
        crm::Value value = choice.side == Side::theirs ? field.theirs : field.mine;
        if (choice.side) {
            result.resolution.fields.push_back({field.field, *choice.side});
        } else if (choice.typing && !choice.typed.empty()) {
            auto typed = typed_value(model, field.field, choice.typed, currency_of(conflict.theirs), desk.now());
            if (!typed) {
                choice.error = typed.error().message;
                result.complete = false;
                continue;
            }
            value = *typed;
            result.resolution.fields.push_back({field.field, std::move(*typed)});
        } else {
            result.complete = false;
            continue;
        }
        result.words += (result.words.empty() ? "" : ", ") + std::string(crm::def(model, field.field).label) + " " +
                        words_of(desk, conflict, field, value);
    }
    return result;
}

void Conflicts::draw_buttons(Desk& desk, const Conflict& conflict, Choices& choices) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const auto like = static_cast<std::size_t>(std::count_if(
        desk.conflicts.begin(), desk.conflicts.end(), [&](const Conflict& other) { return alike(other, conflict); }));
    const Uuid id = conflict.queued.operation.id;
    bool for_all = for_all_.contains(id);
    Preview chosen = preview(desk, conflict, choices);
    ImGui::Dummy({0, theme.px(2)});
    if (!chosen.words.empty()) {
        text(theme, "It will say: " + chosen.words, p.text, Size::small, true);
        ImGui::Dummy({0, theme.px(2)});
    }
    const char* const mine = removes(conflict) ? "Delete it"
                             : whole(conflict) ? "Bring it back with my change"
                                               : "Keep mine";
    const char* const theirs = removes(conflict) ? "Keep the record"
                               : whole(conflict) ? "Leave it deleted"
                                                 : "Keep theirs";
    const auto decide = [&](const store::Resolution& resolution) {
        if (for_all) return resolve_all_like(desk, conflict, resolution);
        resolve(desk, conflict, resolution);
    };
    const bool for_one = has_third_value(chosen.resolution);
    if (!whole(conflict)) {
        ImGui::BeginDisabled(!chosen.complete || (for_all && for_one));
        if (button(theme, "Save my choice", ButtonKind::primary, icon::kCheck)) decide(chosen.resolution);
        ImGui::EndDisabled();
        ImGui::SameLine(0, theme.px(8));
    }
    if (button(theme, mine)) decide({Side::mine, {}});
    ImGui::SameLine(0, theme.px(8));
    if (button(theme, theirs)) decide({Side::theirs, {}});
    const sync::Operation& operation = conflict.queued.operation;
    if (desk.state.find(operation.model, operation.record) != nullptr) {
        ImGui::SameLine(0, theme.px(8));
        if (button(theme, "Open", ButtonKind::quiet)) desk.open(operation.model, operation.record);
    }
    if (like < 2) return;
    const std::string label = "Do the same for all " + std::to_string(like) + " like this";
    ImGui::Dummy({0, theme.px(2)});
    const bool turned = toggle(theme, label.c_str(), &for_all);
    if (for_all && for_one)
        text(theme, "A value of your own is for this one alone: pick a side, or turn this off to save it.",
             p.warn.strong, Size::small);
    if (!turned) return;
    if (for_all) {
        for_all_.insert(id);
    } else {
        for_all_.erase(id);
    }
}

void Conflicts::resolve(Desk& desk, const Conflict& conflict, store::Resolution resolution) {
    const Uuid id = conflict.queued.operation.id;
    std::optional<BothWays> ways = ways_of(desk, conflict, resolution);
    desk.post(client::ResolveConflict{id, std::move(resolution)});
    choices_.erase(id);
    for_all_.erase(id);
    desk.later([&desk, id] {  // gone from the list at once; the worker's answer confirms it
        std::erase_if(desk.conflicts, [&](const Conflict& one) { return one.queued.operation.id == id; });
    });
    const char* const words = "Decided. It goes to everybody with the next sync";
    if (!ways) return desk.toasts.add(ToastKind::done, words);
    desk.editor.note("Decide a conflict", {std::move(ways->forward)}, {std::move(ways->back)});
    offer_undo(desk, words);
}

void Conflicts::resolve_all_like(Desk& desk, const Conflict& conflict, const store::Resolution& resolution) {
    std::vector<client::Edit> back, forward;
    std::vector<Uuid> ids;
    for (const Conflict& other : desk.conflicts) {
        if (!alike(other, conflict)) continue;
        desk.post(client::ResolveConflict{other.queued.operation.id, resolution});
        ids.push_back(other.queued.operation.id);
        if (auto ways = ways_of(desk, other, resolution)) {
            forward.push_back(std::move(ways->forward));
            back.push_back(std::move(ways->back));
        }
    }
    for (const Uuid& id : ids) {
        choices_.erase(id);
        for_all_.erase(id);
    }
    desk.later([&desk, ids] {
        std::erase_if(desk.conflicts, [&](const Conflict& one) {
            return std::find(ids.begin(), ids.end(), one.queued.operation.id) != ids.end();
        });
    });
    const std::string words = "Decided " + std::to_string(ids.size()) + ". They go to everybody with the next sync";
    if (back.empty()) return desk.toasts.add(ToastKind::done, words);
    desk.editor.note("Decide " + std::to_string(ids.size()) + " conflicts", std::move(forward), std::move(back));
    offer_undo(desk, words);
}

// ---- what was decided without asking

void Conflicts::draw_decided(Desk& desk, std::span<const store::AuditRow* const> standing) {
    const Theme& theme = desk.theme;
    if (standing.empty()) {
        empty_state(theme, icon::kHourglass, "Nothing was decided for you",
                    "Where two people change the same field, the later change wins. What lost is kept, is listed here, "
                    "and comes back with one click.",
                    nullptr);
        return;
    }
    begin_card(theme, "decided card");
    for (std::size_t i = 0; i < std::min(standing.size(), kShownAtMost); ++i) {
        if (i > 0) divider(theme);
        draw_decision(desk, *standing[i], i);
    }
    end_card();
    if (standing.size() > kShownAtMost)
        text(theme, "Older ones stand in Activity, under By rule.", theme.colors().muted, Size::small);
}

void Conflicts::draw_decision(Desk& desk, const store::AuditRow& row, std::size_t index) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const crm::Record record = record_of(desk, row);
    ImGui::PushID(static_cast<int>(index));
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const float button_width = theme.px(112);
    const float room = width - button_width - theme.px(24);
    theme.push(Size::body, true);
    draw_text(at, p.text, std::string(crm::name(row.model)) + ": " + title_of(record), room);
    Theme::pop();
    float y = at.y + theme.px(22);
    for (const std::string& words : outcome_of(desk, row, record)) {
        draw_text({at.x, y}, p.muted, words, room);
        y += theme.px(20);
    }
    theme.push(Size::small);
    std::string when = ago_text(row.at, desk.now());
    if (!row.other.empty()) when += ", against " + other_text(desk.state, row.other);
    draw_text({at.x, y}, p.faint, when, room);
    Theme::pop();
    ImGui::SetCursorScreenPos({at.x + width - button_width, at.y});
    if (button(theme, words_of_way(desk, row), ButtonKind::plain, icon::kUndo, button_width)) {
        desk.later([&desk, row] { turn_round(desk, row); });
    }
    ImGui::SetCursorScreenPos({at.x, y + theme.px(20)});
    ImGui::Dummy({0, 0});
    ImGui::PopID();
}

}  // namespace ct::ui
