// Conflicts that wait for a person, and what the policies decided without one: with versions, stamps and operations.
#include <algorithm>
#include <array>

#include "ui/format.h"
#include "ui/icons.h"
#include "ui/inspector_parts.h"
#include "ui/inspector_tabs.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

constexpr GridColumn kConflicts[] = {{"MODEL", -80}, {"RECORD", -84}, {"FIELD", -120},     {"AS IT WAS", 1},
                                     {"MINE", 1},    {"THEIRS", 1},   {"BASE", -52, true}, {"THEIRS AT", -72, true},
                                     {"POLICY", -64}};
constexpr GridColumn kDecided[] = {{"AT", -132},       {"DECISION", -100}, {"MODEL", -80}, {"RECORD", -84},
                                   {"OPERATION", -84}, {"LOST", 1},        {"WON", 1}};

struct ConflictRow {
    const store::Conflict* conflict;
    const store::ConflictField* field;  ///< null: the whole record
};

}  // namespace

void InspectorDecisions::draw(Desk& desk, InspectorData& data) {
    const Theme& theme = desk.theme;
    if (!std::exchange(asked_, true)) {
        desk.post(client::ListConflicts{});
        desk.post(client::ListDecisions{});
    }
    const std::array<std::string, 2> parts{
        "Waiting for a person (" + std::to_string(desk.conflicts.size()) + ")##waiting",
        "Decided by rule (" + std::to_string(desk.decisions.size()) + ")##decided"};
    segments(theme, "decisions", parts, part_);
    ImGui::SameLine(0, theme.px(12));
    if (button(theme, "Read again##decisions", ButtonKind::plain, icon::kRefresh)) asked_ = false;
    if (!desk.conflicts.empty()) {
        ImGui::SameLine(0, theme.px(8));
        if (button(theme, "Decide them")) {
            desk.page = Page::conflicts;
            request_.close = true;
        }
    }
    ImGui::Dummy({0, theme.px(2)});
    if (part_ == 0) {
        draw_conflicts(desk, data);
    } else {
        draw_decided(desk, data);
    }
}

void InspectorDecisions::draw_conflicts(Desk& desk, const InspectorData& data) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    std::vector<ConflictRow> rows;
    for (const store::Conflict& conflict : desk.conflicts) {
        if (conflict.fields.empty()) rows.push_back({&conflict, nullptr});
        for (const store::ConflictField& field : conflict.fields) rows.push_back({&conflict, &field});
    }
    if (rows.empty()) {
        empty_state(theme, icon::kCheckCircle, "Nobody is asked", "No edit met another one that a person must decide.",
                    nullptr);
        return;
    }
    begin_panel(theme, "##Conflicts", ImGui::GetContentRegionAvail());
    {
        const Grid grid(theme, "conflicts", kConflicts, {0, 0});
        grid.rows(rows.size(), [&](std::size_t i) {
            const auto* const conflict = rows[i].conflict;
            const auto* const field = rows[i].field;
            const sync::Operation& operation = conflict->queued.operation;
            if (grid.row(("conflict " + std::to_string(i)).c_str(), false))
                request_.record = {operation.model, operation.record};
            grid.cell(crm::name(operation.model), p.text);
            grid.cell(short_id(operation.record), p.muted);
            if (field == nullptr) {
                grid.cell("The whole record", p.text);
                grid.cell("", p.muted);
                grid.cell(words_of_choice(sync::name(operation.kind)), p.info.strong);
                grid.cell(conflict->theirs.deleted ? "Deleted" : "Kept", p.warn.strong);
            } else {
                const auto words = [&](const crm::Value& value) {
                    return shown_value(operation.model, field->field, crm::view(value), data.show_personal);
                };
                grid.cell(crm::def(operation.model, field->field).name, p.text, field->clashes);
                grid.cell(words(field->base), p.muted);
                grid.cell(words(field->mine), field->clashes ? p.info.strong : p.text);
                grid.cell(words(field->theirs), field->clashes ? p.warn.strong : p.text);
            }
            grid.cell(std::to_string(operation.base), p.muted);
            grid.cell(std::to_string(conflict->theirs.version), p.muted);
            grid.cell(crm::name(operation.policy), p.muted);
        });
    }
    end_panel();
}

void InspectorDecisions::draw_decided(Desk& desk, const InspectorData& data) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (desk.decisions.empty()) {
        empty_state(theme, icon::kHourglass, "Nothing was decided by rule",
                    "Where two people change the same field, the later change wins; it is listed here then.", nullptr);
        return;
    }
    const auto words = [&](const store::AuditRow& row, const crm::Changes& changes) {
        std::string list;
        for (const auto& [field, value] : changes.fields) {
            list += (list.empty() ? "" : ", ") + std::string(crm::def(row.model, field).name) + " = " +
                    shown_value(row.model, field, crm::view(value), data.show_personal);
        }
        return list;
    };
    begin_panel(theme, "##Decided", ImGui::GetContentRegionAvail());
    {
        const Grid grid(theme, "decided", kDecided, {0, 0});
        grid.rows(desk.decisions.size(), [&](std::size_t i) {
            const store::AuditRow& row = desk.decisions[i];
            if (grid.row(("decision " + std::to_string(i)).c_str(), false)) request_.record = {row.model, row.record};
            const bool ours_lost = row.what == "SUPERSEDED";
            grid.cell(date_input_text(row.at), p.muted);
            grid.cell(ours_lost ? "Ours lost" : "Theirs lost", ours_lost ? p.warn.strong : p.info.strong, true);
            grid.cell(crm::name(row.model), p.text);
            grid.cell(short_id(row.record), p.muted);
            grid.cell(short_id(row.operation), p.muted);
            grid.cell(words(row, row.before), p.text);
            grid.cell(words(row, row.after), p.text);
        });
    }
    end_panel();
}

}  // namespace ct::ui
