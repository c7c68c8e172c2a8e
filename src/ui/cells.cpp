#include "ui/cells.h"

#include <cmath>

#include "base/utf8.h"
#include "crm/tables.h"
#include "crm/validate.h"
#include "ui/actions.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/payment_acts.h"
#include "ui/people.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::FieldType;
using crm::Model;

struct Cell {
    Desk& desk;
    const Theme& theme;
    const Palette& p;
    ImVec2 at;  ///< top left
    float width;
    float height;

    [[nodiscard]] float text_y() const { return at.y + (height - ImGui::GetFontSize()) / 2; }
    void words(std::string_view words, ImU32 color) const { draw_text({at.x, text_y()}, color, words, width); }
    void words_right(std::string_view words, ImU32 color) const {
        const float size = ImGui::CalcTextSize(words.data(), words.data() + words.size()).x;
        draw_text({std::max(at.x, at.x + width - size), text_y()}, color, words, width);
    }
};

void draw_title(const Cell& cell, const crm::Record& record) {
    std::string name = title_of(record);
    if (record.model == Model::payment) {
        name = lead_of(cell.desk.state, record);
        if (name.empty()) {
            cell.words("No lead", cell.p.faint);
            return;
        }
    }
    const float radius = cell.theme.px(14);
    draw_avatar(cell.theme, {cell.at.x + radius, cell.at.y + cell.height / 2}, radius, name);
    const float indent = 2 * radius + cell.theme.px(10);
    ImGui::PushFont(cell.theme.font(true), 0.0F);
    draw_text({cell.at.x + indent, cell.text_y()}, cell.p.text, name, cell.width - indent);
    ImGui::PopFont();
}

void draw_due(const Cell& cell, const crm::Record& record, crm::FieldId field) {
    const bool reminder = record.model == Model::reminder;
    const UnixMs at = reminder ? due_at(record) : shown_at(record.model, field, record.fields.integer(field));
    if (at == 0) return cell.words("—", cell.p.faint);
    const UnixMs now = cell.desk.now();
    const bool open =
        reminder ? !is_done(record) : record.fields.text(crm::field_id(Model::payment, "status")) == "PENDING";
    // A date without a time is late when its day is over.
    const bool late = open && at < now && (at != start_of_day(at) || days_between(at, now) > 0);
    const bool today = open && !late && days_between(now, at) == 0;
    const ImU32 color = late ? cell.p.danger.strong : today ? cell.p.warn.strong : cell.p.text;
    cell.words(due_text(at, now), color);
}

void draw_labels(const Cell& cell, std::string_view labels) {
    float x = cell.at.x;
    while (!labels.empty()) {
        const std::string_view label = labels.substr(0, labels.find('\n'));
        labels.remove_prefix(std::min(labels.size(), label.size() + 1));
        const ImVec2 size = pill_size(cell.theme, label, false);
        if (x > cell.at.x && x + size.x > cell.at.x + cell.width) return;
        draw_pill(cell.theme, {x, cell.at.y + (cell.height - size.y) / 2}, label, cell.p.neutral);
        x += size.x + cell.theme.px(4);
    }
}

void draw_field(const Cell& cell, const crm::Record& record, crm::FieldId field) {
    const crm::FieldDef& def = crm::def(record.model, field);
    if (!record.fields.has(field)) return cell.words("—", cell.p.faint);
    switch (def.type) {
        case FieldType::choice: {
            const std::string_view value = record.fields.text(field);
            const float height = pill_size(cell.theme, "x", false).y;
            draw_pill(cell.theme, {cell.at.x, cell.at.y + (cell.height - height) / 2}, words_of_choice(value),
                      tone_of_choice(cell.p, value));
            return;
        }
        case FieldType::instant:
            return cell.words(due_text(record.fields.integer(field), cell.desk.now()), cell.p.text);
        case FieldType::labels: return draw_labels(cell, record.fields.text(field));
        case FieldType::flag: return cell.words(record.fields.flag(field) ? "Yes" : "No", cell.p.text);
        case FieldType::integer: return cell.words_right(std::to_string(record.fields.integer(field)), cell.p.text);
        case FieldType::multiline: {
            const std::string_view whole = record.fields.text(field);
            return cell.words(whole.substr(0, whole.find('\n')), cell.p.text);
        }
        default: return cell.words(record.fields.text(field), cell.p.text);
    }
}

void draw_sync(const Cell& cell, const crm::Record& record) {
    const SyncMark mark = sync_mark(cell.p, record, cell.desk.editor.saving(record.id));
    ImGui::PushFont(cell.theme.font(), 15.0F);
    ImGui::GetWindowDrawList()->AddText(
        {std::floor(cell.at.x + cell.theme.px(2)), std::floor(cell.text_y())},
        record.sync_status == crm::SyncStatus::synced ? cell.p.faint : mark.tone->strong, mark.icon);
    ImGui::PopFont();
    if (ImGui::IsMouseHoveringRect(cell.at, {cell.at.x + cell.width, cell.at.y + cell.height}) &&
        ImGui::IsWindowHovered()) {
        ImGui::SetTooltip("%s", mark.words);
    }
}

void draw_done(const Cell& cell, const crm::Record& record) {
    const float side = cell.theme.px(24);
    ImGui::SetCursorScreenPos({cell.at.x, cell.at.y + (cell.height - side) / 2});
    const bool done = is_done(record);
    const std::string label = (done ? "Reopen " : "Done ") + crm::title(record);
    if (!check_circle(cell.theme, label.c_str(), done)) return;
    Desk& desk = cell.desk;
    desk.later([&desk, id = record.id, done] { set_reminder_done(desk, id, !done); });
}

void draw_paid(const Cell& cell, const crm::Record& record, crm::FieldId field) {
    if (record.fields.has(field) || !can_be_paid(record)) return draw_field(cell, record, field);
    cell.theme.push(Size::small);
    ImGui::SetCursorScreenPos({cell.at.x, cell.text_y()});
    Desk& desk = cell.desk;
    if (link(cell.theme, ("Mark as paid##Paid " + title_of(record)).c_str()))
        desk.later([&desk, id = record.id] { mark_paid(desk, {id}); });
    Theme::pop();
}

}  // namespace

SyncMark sync_mark(const Palette& p, const crm::Record& record, bool saving) {
    if (saving) return {icon::kSave, &p.info, "Saving…"};
    switch (record.sync_status) {
        case crm::SyncStatus::synced: return {icon::kCloudDone, &p.ok, "Saved and sent"};
        case crm::SyncStatus::pending: return {icon::kCloudUpload, &p.warn, "Saved here, waits to be sent"};
        case crm::SyncStatus::syncing: return {icon::kSync, &p.info, "Being sent"};
        case crm::SyncStatus::conflict: return {icon::kConflict, &p.danger, "Needs your decision"};
        case crm::SyncStatus::error: return {icon::kErrorOutline, &p.danger, "The server refused the last change"};
    }
    return {icon::kCloud, &p.neutral, ""};
}

std::string_view currency_of(const crm::Record& record) {
    const auto field = crm::find_field(record.model, "currency");
    return field ? record.fields.text(*field) : std::string_view{};
}

void draw_cell(Desk& desk, const Column& column, const crm::Record& record, float height) {
    const Cell cell{
        desk, desk.theme, desk.theme.colors(), ImGui::GetCursorScreenPos(), ImGui::GetContentRegionAvail().x, height};
    switch (column.kind) {
        case Column::Kind::title: return draw_title(cell, record);
        case Column::Kind::field: return draw_field(cell, record, column.field);
        case Column::Kind::money:
            if (!record.fields.has(column.field)) return cell.words_right("—", cell.p.faint);
            return cell.words_right(record.model == Model::payment
                                        ? title_of(record)
                                        : money_text(record.fields.integer(column.field), currency_of(record)),
                                    cell.p.text);
        case Column::Kind::due: return draw_due(cell, record, column.field);
        case Column::Kind::paid: return draw_paid(cell, record, column.field);
        case Column::Kind::done: return draw_done(cell, record);
        case Column::Kind::lead: {
            const std::string name = lead_of(desk.state, record);
            return name.empty() ? cell.words("—", cell.p.faint) : cell.words(name, cell.p.text);
        }
        case Column::Kind::person: {
            const std::string name = person_shown(desk, record.fields.text(column.field));
            return name.empty() ? cell.words("—", cell.p.faint) : cell.words(name, cell.p.text);
        }
        case Column::Kind::updated: return cell.words(ago_text(record.updated_at, desk.now()), cell.p.muted);
        case Column::Kind::sync: return draw_sync(cell, record);
    }
}

SortKey sort_key(const client::State& state, const Column& column, const crm::Record& record) {
    switch (column.kind) {
        case Column::Kind::title:
            return SortKey::of(fold(record.model == Model::payment ? lead_of(state, record) : crm::title(record)));
        case Column::Kind::lead: return SortKey::of(fold(lead_of(state, record)));
        case Column::Kind::person: return SortKey::of(person_key(state, record.fields.text(column.field)));
        case Column::Kind::updated: return SortKey::of(record.updated_at);
        case Column::Kind::sync: return SortKey::of(static_cast<std::int64_t>(record.sync_status));
        case Column::Kind::done: return SortKey::of(is_done(record) ? 1 : 0);
        case Column::Kind::due:
            if (record.model == Model::reminder) return SortKey::of(due_at(record));
            break;
        case Column::Kind::field:
        case Column::Kind::paid:
        case Column::Kind::money: break;
    }
    const crm::ValueView value = record.fields.get(column.field);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return SortKey::of(*number);
    if (const auto* flag = std::get_if<bool>(&value)) return SortKey::of(*flag ? 1 : 0);
    const auto* words = std::get_if<std::string_view>(&value);
    if (words == nullptr) return {};
    const crm::FieldDef& def = crm::def(record.model, column.field);
    if (def.type != FieldType::choice) return SortKey::of(fold(*words));
    // Choices in the order of the table: that is the order in which they happen, or of their weight.
    for (std::size_t i = 0; i < def.choices.size(); ++i) {
        if (def.choices[i] == *words) return SortKey::of(static_cast<std::int64_t>(i));
    }
    return SortKey::of(fold(*words));
}

std::string search_words(const client::State& state, const crm::Record& record) {
    std::string all;
    record.fields.each([&](crm::FieldId field, crm::ValueView value) {
        const FieldType type = crm::def(record.model, field).type;
        if (type == FieldType::reference || type == FieldType::currency) return;
        if (const auto* words = std::get_if<std::string_view>(&value)) {
            all += type == FieldType::choice ? words_of_choice(*words) : std::string(*words);
        } else if (const auto* number = std::get_if<std::int64_t>(&value);
                   number != nullptr && type == FieldType::money) {
            all += crm::format_money(*number, currency_of(record));
        }
        all += '\n';
    });
    if (record.model != Model::lead) all += lead_of(state, record);
    return fold(all);
}

}  // namespace ct::ui
