#include "ui/cell_edit.h"

#include "crm/validate.h"
#include "ui/cells.h"
#include "ui/form.h"
#include "ui/format.h"
#include "ui/payment_acts.h"
#include "ui/people.h"
#include "ui/widgets.h"

namespace ct::ui {

using crm::FieldType;

bool CellEditor::can_edit(crm::Model model, crm::FieldId field) {
    const crm::FieldDef& def = crm::def(model, field);
    const bool other_record = def.type == FieldType::reference && !def.names_person();
    return !def.derived() && !other_record && def.type != FieldType::multiline && def.type != FieldType::flag &&
           !crm::def(model).append_only;
}

void CellEditor::begin(const crm::Record& record, int column, crm::FieldId field) {
    record_ = record.id;
    column_ = column;
    field_ = field;
    text_ = typed_text(record.model, field, record.fields.get(field), currency_of(record));
    if (crm::def(record.model, field).type == FieldType::labels) {
        for (char& c : text_) c = c == '\n' ? ',' : c;
    }
    original_ = text_;
    problem_.clear();
    frames_ = 0;
    drawn_in_ = ImGui::GetFrameCount();
    left_by_ = End::saved;
}

bool CellEditor::save(Desk& desk, const crm::Record& record) {
    if (text_ == original_) return true;
    std::string typed = text_;
    const crm::FieldDef& def = crm::def(record.model, field_);
    if (def.type == FieldType::labels) {
        for (char& c : typed) c = c == ',' ? '\n' : c;
    }
    Result<crm::Value> value = typed_value(record.model, field_, typed, currency_of(record), desk.now());
    if (value && def.required && value->index() == 0) problem_ = std::string(def.label) + " is needed";
    if (!value) problem_ = value.error().message;
    if (!problem_.empty()) return false;
    crm::Changes changes;
    changes.set(field_, *std::move(value));
    crm::complete_phones(record.model, changes, desk.config.default_country);
    date_completed(record, changes, desk.now());
    desk.later([&desk, model = record.model, id = record.id, changes = std::move(changes)] {
        desk.accepted(desk.editor.set(model, id, changes));
    });
    return true;
}

void CellEditor::leave_out_of_sight(Desk& desk, crm::Model model) {
    if (!open() || ImGui::GetFrameCount() - drawn_in_ <= 2) return;
    const crm::Record* record = desk.state.find(model, record_);
    if (record != nullptr && !save(desk, *record)) desk.toasts.add(ToastKind::problem, "Not saved: " + problem_);
    close();
}

CellEditor::End CellEditor::draw(Desk& desk, const crm::Record& record, float height) {
    ++frames_;
    drawn_in_ = ImGui::GetFrameCount();
    const float width = ImGui::GetContentRegionAvail().x;
    const crm::FieldDef& def = crm::def(record.model, field_);
    const bool choice = def.type == FieldType::choice || def.names_person();
    const End end = choice ? draw_choice(desk, record, width, height) : draw_text(desk, record, width, height);
    if (end != End::none) close();
    return end;
}

CellEditor::End CellEditor::draw_text(Desk& desk, const crm::Record& record, float width, float height) {
    const Theme& theme = desk.theme;
    const crm::FieldDef& def = crm::def(record.model, field_);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::SetCursorScreenPos({at.x - theme.px(6), at.y + (height - theme.px(36)) / 2});
    const std::string label = "##Edit " + std::string(def.label);
    if (frames_ <= 2) ImGui::SetKeyboardFocusHere();
    const bool enter = text_field(theme, label.c_str(), "", text_, width + theme.px(12), !problem_.empty(),
                                  ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
    const bool left = frames_ > 3 && ImGui::IsItemDeactivated();
    if (ImGui::IsItemEdited()) problem_.clear();
    if (!problem_.empty()) ImGui::SetTooltip("%s", problem_.c_str());
    // ImGui leaves the field in the frame behind the key.
    if (ImGui::IsKeyPressed(ImGuiKey_Escape, false)) left_by_ = End::given_up;
    if (ImGui::IsKeyPressed(ImGuiKey_Tab, false)) left_by_ = ImGui::GetIO().KeyShift ? End::previous : End::next;
    if (left && left_by_ == End::given_up) return End::given_up;
    if (!enter && !left) return End::none;
    if (!save(desk, record)) return End::none;
    return left ? left_by_ : End::saved;
}

CellEditor::End CellEditor::draw_choice(Desk& desk, const crm::Record& record, float width, float height) {
    const Theme& theme = desk.theme;
    const crm::FieldDef& def = crm::def(record.model, field_);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::GetWindowDrawList()->AddRect({at.x - theme.px(4), at.y + theme.px(4)},
                                        {at.x + width + theme.px(4), at.y + height - theme.px(4)},
                                        theme.colors().accent.strong, theme.px(7), 0, theme.px(1.5F));
    if (frames_ == 1) ImGui::OpenPopup("cell choices");
    ImGui::SetNextWindowPos({at.x - theme.px(6), at.y + height}, ImGuiCond_Always);
    ImGui::SetNextWindowSizeConstraints({theme.px(160), 0}, {theme.px(320), theme.px(360)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(6), theme.px(6)});
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{theme.px(4), theme.px(2)});
    End end = frames_ > 2 ? End::given_up : End::none;
    if (ImGui::BeginPopup("cell choices")) {
        end = End::none;
        const auto offer = [&](std::string_view value, const std::string& words) {
            const bool current = original_ == value;
            if (current && ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
            if (!menu_item(theme, words.c_str(), nullptr, current)) return;
            text_ = value;
            end = save(desk, record) ? End::saved : End::given_up;
            ImGui::CloseCurrentPopup();
        };
        if (def.names_person()) {
            if (draw_people(desk, def, text_, sought_, theme.px(240))) {
                end = save(desk, record) ? End::saved : End::given_up;
                ImGui::CloseCurrentPopup();
            }
        } else {
            if (def.fallback.empty()) offer("", "None");
            for (const std::string_view choice : def.choices) offer(choice, words_of_choice(choice));
        }
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar(2);
    return end;
}

}  // namespace ct::ui
