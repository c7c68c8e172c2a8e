#include "ui/bulk_edit.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "crm/validate.h"
#include "sync/three_way.h"
#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/form.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/payment_acts.h"
#include "ui/people.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::FieldId;
using crm::FieldType;

constexpr float kWidth = 340;

bool can_be_given(crm::Model model, FieldId field) {
    const crm::FieldDef& def = crm::def(model, field);
    return !def.derived() && (def.type != FieldType::reference || def.names_person()) &&
           field != crm::def(model).title && !is_given_once(model, field);
}

const char* hint_of(const crm::FieldDef& def) {
    switch (def.type) {
        case FieldType::instant: return "2026-11-23, tomorrow, +3";
        case FieldType::money: return "0.00";
        case FieldType::labels: return "One or more, with commas: they are added";
        default: return def.required ? "" : "Nothing: clears it";
    }
}

Result<std::optional<client::Edit>> edit_of(Desk& desk, crm::Model model, FieldId field, const std::string& typed,
                                            const Uuid& id) {
    const crm::Record* record = desk.state.find(model, id);
    if (record == nullptr) return std::nullopt;
    Result<crm::Value> value = typed_value(model, field, typed, currency_of(*record), desk.now());
    if (!value) return fail(value.error());
    const auto* labels = std::get_if<std::string>(&*value);
    if (labels != nullptr && crm::def(model, field).type == FieldType::labels)
        value = crm::Value(sync::merge_sets({}, record->fields.text(field), *labels));
    if (crm::view(*value) == record->fields.get(field)) return std::nullopt;
    client::Edit edit;
    edit.kind = sync::OperationKind::update;
    edit.model = model;
    edit.record = id;
    edit.changes.set(field, *std::move(value));
    crm::complete_phones(model, edit.changes, desk.config.default_country);
    date_completed(*record, edit.changes, desk.now());
    return edit;
}

}  // namespace

void BulkEdit::draw(Desk& desk, crm::Model model, std::size_t count,
                    const std::function<void(const Act&)>& with_records) {
    const Theme& theme = desk.theme;
    if (std::exchange(open_next_, false)) {
        field_.reset();
        text_.clear();
        problem_.clear();
        close_next_ = false;
        ImGui::OpenPopup("bulk edit");
    }
    ImGui::SetNextWindowSize({theme.px(kWidth), 0});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(16), theme.px(14)});
    if (ImGui::BeginPopup("bulk edit")) {
        text(theme, "Set a field of " + count_of(model, count), Size::body, true);
        ImGui::Dummy({0, theme.px(2)});
        const std::string current = field_ ? std::string(crm::def(model, *field_).label) : "Which field?";
        dropdown(
            theme, "Field", current, ImGui::GetContentRegionAvail().x,
            [&] {
                bool picked = false;
                for (const auto& row : form_layout(model)) {
                    for (const FieldId field : row) {
                        if (!can_be_given(model, field)) continue;
                        const std::string label(crm::def(model, field).label);
                        if (!menu_item(theme, label.c_str(), nullptr, field_ == field)) continue;
                        field_ = field;
                        text_.clear();
                        problem_.clear();
                        picked = true;
                    }
                }
                return picked;
            },
            !field_);
        if (field_) draw_value(desk, model);
        if (!problem_.empty()) paragraph(theme, problem_, theme.colors().danger.strong, Size::small);
        ImGui::Dummy({0, theme.px(4)});
        ImGui::BeginDisabled(!field_);
        const bool enter =
            field_ && ImGui::GetIO().WantTextInput &&
            (ImGui::IsKeyPressed(ImGuiKey_Enter, false) || ImGui::IsKeyPressed(ImGuiKey_KeypadEnter, false));
        if (button(theme, "Apply", ButtonKind::primary) || enter) {
            with_records(
                [this, model](Desk& on, const std::vector<Uuid>& records) { close_next_ = apply(on, model, records); });
        }
        if (std::exchange(close_next_, false)) ImGui::CloseCurrentPopup();
        ImGui::EndDisabled();
        ImGui::SameLine(0, theme.px(8));
        if (button(theme, "Cancel##bulk edit", ButtonKind::quiet)) ImGui::CloseCurrentPopup();
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
}

void BulkEdit::draw_value(Desk& desk, crm::Model model) {
    const Theme& theme = desk.theme;
    const crm::FieldDef& def = crm::def(model, *field_);
    const float width = ImGui::GetContentRegionAvail().x;
    const auto one_of = [&](const std::vector<std::pair<std::string, std::string>>& values) {
        const auto known =
            std::find_if(values.begin(), values.end(), [&](const auto& value) { return value.first == text_; });
        dropdown(theme, "Value", known == values.end() ? "None" : known->second, width, [&] {
            for (const auto& [value, words] : values) {
                if (!menu_item(theme, words.c_str(), nullptr, text_ == value)) continue;
                text_ = value;
                return true;
            }
            return false;
        });
    };
    std::vector<std::pair<std::string, std::string>> values;
    if (def.type == FieldType::flag) {
        one_of({{"true", "Yes"}, {"", "No"}});
    } else if (def.type == FieldType::choice) {
        if (def.fallback.empty()) values.emplace_back("", "None");
        for (const std::string_view choice : def.choices) values.emplace_back(choice, words_of_choice(choice));
        if (!def.fallback.empty() && text_.empty()) text_ = values.front().first;
        one_of(values);
    } else if (def.names_person()) {
        if (person_dropdown(desk, def, "Value", text_, sought_, width)) problem_.clear();
    } else if (def.type == FieldType::multiline) {
        if (text_area(theme, "##Value", text_, width, theme.px(80), !problem_.empty())) problem_.clear();
    } else if (text_field(theme, "##Value", hint_of(def), text_, width, !problem_.empty())) {
        problem_.clear();
    }
}

bool BulkEdit::apply(Desk& desk, crm::Model model, const std::vector<Uuid>& records) {
    const FieldId field = *field_;
    const crm::FieldDef& def = crm::def(model, field);
    std::string typed = text_;
    if (def.type == FieldType::labels) std::replace(typed.begin(), typed.end(), ',', '\n');
    if (def.required && trim(typed).empty()) {
        problem_ = std::string(def.label) + " is needed";
        return false;
    }
    // Whether it can be read is found out before anything is changed: with the first record that has it.
    if (!records.empty()) {
        const crm::Record* first = desk.state.find(model, records.front());
        const auto value = typed_value(model, field, typed, first == nullptr ? "" : currency_of(*first), desk.now());
        if (!value) {
            problem_ = value.error().message;
            return false;
        }
    }
    client::Editor::Many many;
    many.records = records;
    many.edit = [&desk, model, field, typed](const Uuid& id) { return edit_of(desk, model, field, typed, id); };
    many.label = [model, label = std::string(def.label)](std::size_t count) {
        return "Set " + label + " of " + count_of(model, count);
    };
    many.done = told_at_end(desk, [model, label = std::string(def.label)](std::size_t count) {
        return label + " of " + count_of(model, count) + " is set";
    });
    desk.editor.apply_each(std::move(many));
    return true;
}

}  // namespace ct::ui
