#include "ui/trail.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/local_time.h"
#include "base/utf8.h"
#include "crm/tables.h"
#include "ui/activity.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/people.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::field_id;
using crm::Model;

constexpr std::size_t kDetailsShown = 4;
constexpr std::array<const char*, 4> kNoteKinds{"NOTE", "CALL", "VISIT", "MESSAGE"};
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

UnixMs when(const crm::Record& note) { return note.fields.integer(field_id(Model::note, "at"), note.created_at); }

constexpr std::size_t kEachShown = 100;

std::vector<store::AuditRow> rows_of(const TrailLine& line) {
    std::vector<store::AuditRow> rows{line.row};
    rows.insert(rows.end(), line.more.begin(), line.more.end());
    return rows;
}

/// Opens a line of many, or closes it again.
void look_into(TrailLine& line) {
    if (!line.each.empty()) return line.each.clear();
    line.each.push_back({line.row});
    for (std::size_t i = 0; i < std::min(line.more.size(), kEachShown - 1); ++i) line.each.push_back({line.more[i]});
}

}  // namespace

void draw_trail_day(const Theme& theme, UnixMs day, bool first) {
    ImGui::Dummy({0, theme.px(first ? 0 : 6)});
    text(theme, long_day_text(day), theme.colors().muted, Size::small, true);
}

void put_in_words(const Desk& desk, TrailLine& line) {
    if (!line.sentence.empty()) return;
    line.sentence = line.more.empty() ? sentence_of(desk, line.row) : sentence_of_many(desk, line);
    line.details = line.more.empty() ? details_of(desk, line.row) : details_of_many(desk, line);
}

void draw_trail_line(Desk& desk, TrailLine& line, std::size_t index, bool narrow) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    put_in_words(desk, line);
    const std::size_t shown_details = std::min(line.details.size(), kDetailsShown);
    const bool cut = line.details.size() > kDetailsShown;
    const float height = theme.px(kLineHeight + kDetailHeight * static_cast<float>(shown_details + (cut ? 1 : 0)) +
                                  (line.details.empty() ? 0.0F : 6.0F));
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    if (!ImGui::IsRectVisible({width, height})) return ImGui::Dummy({width, height});
    ImGui::PushID(static_cast<int>(index));
    const bool many = !line.more.empty();
    const bool there = many || desk.state.find(line.row.model, line.row.record) != nullptr;
    const bool back = many ? can_take_back_many(desk, line) : can_take_back(desk, line.row);
    ImDrawList* list = ImGui::GetWindowDrawList();
    ImGui::SetNextItemAllowOverlap();
    const bool pressed =
        ImGui::InvisibleButton(line.sentence.c_str(), {width, height}, there ? ImGuiButtonFlags_EnableNav : 0);
    if (pressed && many) {
        look_into(line);
    } else if (pressed && there) {
        desk.open(line.row.model, line.row.record);
    }
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
    const float button_width = theme.px(narrow ? 32 : 118);
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
        const char* const label = is_delete(line.row) ? "Restore" : "Take back";
        const bool wanted = narrow ? icon_button(theme, label, icon::kUndo)
                                   : button(theme, label, ButtonKind::plain, icon::kUndo, button_width);
        if (wanted && many)
            desk.later([&desk, rows = rows_of(line)] { take_back_many(desk, rows); });
        else if (wanted)
            desk.later([&desk, row = line.row] { take_back(desk, row); });
    }
    ImGui::SetCursorScreenPos({at.x, at.y + height});
    ImGui::Dummy({0, 0});
    ImGui::PopID();
}

// ---- one record's

void Timeline::forget() {
    note_ = added_ = {};
    added_as_ = 0;
    lines_.clear();
    of_ = asked_ = {};
}

void Timeline::listed(client::TrailListed listed) {
    if (asked_ != listed.record) return;  // of a record that is not shown any more
    asked_ = {};
    of_ = listed.record;
    lines_.clear();
    for (store::AuditRow& row : listed.rows) {
        if (row.model != Model::note) lines_.push_back({std::move(row)});  // notes are there themselves
    }
}

void Timeline::update(Desk& desk, const crm::Record& record) {
    const std::uint64_t now = desk.state.revision();
    if (asked_ == record.id || (of_ == record.id && seen_ == now)) return;
    seen_ = now;
    asked_ = record.id;
    client::ListTrail wanted{record.id, {}};
    for (const Model model : {Model::payment, Model::reminder}) {
        const std::span<const Uuid> children = desk.state.children(model, record.id);
        wanted.children.insert(wanted.children.end(), children.begin(), children.end());
    }
    desk.post(std::move(wanted));
}

void Timeline::draw_note_field(Desk& desk, const Uuid& lead) {
    const Theme& theme = desk.theme;
    text(theme, "What was said? What was agreed?", theme.colors().muted, Size::small, true);
    text_area(theme, "##Write a note", note_.text, ImGui::GetContentRegionAvail().x, theme.px(72), false);
    theme.push(Size::small);
    const std::string kinds[] = {"Note##kind", "Call##kind", "Visit##kind", "Message##kind"};
    segments(theme, "kind of note", kinds, note_.kind);
    Theme::pop();
    ImGui::SameLine(0, theme.px(8));
    ImGui::BeginDisabled(!typing());
    if (button(theme, "Add note", ButtonKind::plain, icon::kAdd))
        desk.later([this, &desk, lead] { add_note(desk, lead); });
    ImGui::EndDisabled();
    tooltip(theme, "Ctrl+Enter");
    ImGui::Dummy({0, theme.px(8)});
}

void Timeline::add_note(Desk& desk, const Uuid& lead) {
    crm::Changes changes;
    changes.set(field_id(Model::note, "leadId"), lead.str());
    changes.set(field_id(Model::note, "text"), note_.text);
    changes.set(field_id(Model::note, "kind"),
                std::string(kNoteKinds[std::min(note_.kind, std::size(kNoteKinds) - 1)]));
    changes.set(field_id(Model::note, "at"), desk.now());
    const std::string& me = desk.state.sync().user_id;
    if (Uuid::parse(me)) changes.set(field_id(Model::note, "by"), me);
    if (!desk.accepted(desk.editor.add(Model::note, std::move(changes)))) return;
    added_ = std::exchange(note_, {});
    added_as_ = desk.last_ticket;
}

void Timeline::on_save_failed(std::uint64_t ticket) {
    if (ticket == 0 || ticket != added_as_) return;
    added_as_ = 0;
    if (!typing()) note_ = std::move(added_);
}

void Timeline::draw_note(Desk& desk, const crm::Record& note) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 center{at.x + theme.px(15), at.y + theme.px(18)};
    list->AddCircleFilled(center, theme.px(15), p.ok.soft, 32);
    const ImVec2 size = ImGui::CalcTextSize(icon::kChat);
    list->AddText({std::floor(center.x - size.x / 2), std::floor(center.y - size.y / 2)}, p.ok.strong, icon::kChat);
    ImGui::Indent(theme.px(44));
    paragraph(theme, note.fields.text(field_id(Model::note, "text")), p.text);
    const std::string_view by = note.fields.text(field_id(Model::note, "by"));
    const std::string name = by.empty() ? std::string{} : person_shown(desk, by);
    const bool known = desk.state.people().find(by) != nullptr;
    const std::string who = by.empty()                        ? ""
                            : by == desk.state.sync().user_id ? " · You"
                            : known                           ? " · " + name
                                                              : " · A colleague";
    text(theme,
         words_of_choice(note.fields.text(field_id(Model::note, "kind"))) + " · " + format_local_time(when(note)) + who,
         p.muted, Size::small);
    ImGui::Unindent(theme.px(44));
    ImGui::Dummy({0, theme.px(6)});
}

void Timeline::draw(Desk& desk, const crm::Record& record) {
    const Theme& theme = desk.theme;
    update(desk, record);
    std::vector<const crm::Record*> notes;
    if (record.model == Model::lead) {
        draw_note_field(desk, record.id);
        for (const Uuid& id : desk.state.children(Model::note, record.id)) {
            if (const crm::Record* note = desk.state.find(Model::note, id)) notes.push_back(note);
        }
        std::sort(notes.begin(), notes.end(), [](const crm::Record* a, const crm::Record* b) {
            return when(*a) != when(*b) ? when(*a) > when(*b) : a->id > b->id;
        });
    }
    std::size_t line = of_ == record.id ? 0 : lines_.size();
    std::size_t note = 0;
    UnixMs day = -1;
    while (line < lines_.size() || note < notes.size()) {
        const bool a_note = note < notes.size() && (line == lines_.size() || when(*notes[note]) >= lines_[line].row.at);
        const UnixMs begins = start_of_day(a_note ? when(*notes[note]) : lines_[line].row.at);
        if (begins != day) draw_trail_day(theme, begins, day < 0);
        day = begins;
        if (a_note) {
            draw_note(desk, *notes[note++]);
        } else {
            draw_trail_line(desk, lines_[line], line, true);
            ++line;
        }
    }
    if (day >= 0) return;
    text(theme,
         asked_ == record.id ? "Reading the trail …" : "Nothing has happened since this laptop knows the record.",
         theme.colors().muted);
}

}  // namespace ct::ui
