// How the fields of a form are drawn, by their type.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/utf8.h"
#include "crm/tables.h"
#include "crm/validate.h"
#include "ui/actions.h"
#include "ui/date_picker.h"
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

constexpr std::size_t kLeadMatchesMax = 30;
constexpr float kGap = 14;

std::string item_label(const crm::FieldDef& def) { return "##" + std::string(def.label); }

const char* hint_of(const crm::FieldDef& def) {
    if (def.name == "name") return "Full name";
    if (def.name == "title") return "What is to be done";
    if (def.type == FieldType::phone) return "98765 43210";
    if (def.type == FieldType::email) return "name@example.com";
    if (def.type == FieldType::instant) return "2026-11-23, tomorrow, +3";
    if (def.type == FieldType::money) return "0.00";
    return "";
}

}  // namespace

void Form::draw(Desk& desk) {
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{desk.theme.px(8), desk.theme.px(4)});
    for (const std::vector<FieldId>& row : form_layout(model_)) draw_row(desk, row);
    if (model_ == crm::Model::payment) draw_refund(desk);
    ImGui::PopStyleVar();
    focus_first_ = false;
    focus_.reset();
}

bool Form::shown(FieldId field) const {
    const crm::FieldDef& definition = def(field);
    if (!entries_[field].text.empty()) return true;
    if (definition.name == "lostReason") return text_of("status") == "REJECTED";
    if (definition.name == "failureReason") return text_of("status") == "FAILED";
    return definition.name != "snoozedUntil";
}

void Form::draw_row(Desk& desk, const std::vector<FieldId>& row) {
    std::vector<FieldId> visible;
    std::copy_if(row.begin(), row.end(), std::back_inserter(visible), [this](FieldId field) { return shown(field); });
    if (visible.empty()) return;
    const Theme& theme = desk.theme;
    const float gap = theme.px(kGap);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    const auto count = static_cast<float>(visible.size());
    const float width = (room - gap * (count - 1)) / count;
    float bottom = at.y;
    for (std::size_t i = 0; i < visible.size(); ++i) {
        ImGui::SetCursorScreenPos({at.x + static_cast<float>(i) * (width + gap), at.y});
        ImGui::BeginGroup();
        draw_field(desk, visible[i], width);
        ImGui::EndGroup();
        bottom = std::max(bottom, ImGui::GetItemRectMax().y);
    }
    ImGui::SetCursorScreenPos({at.x, bottom + theme.px(10)});
    ImGui::Dummy({0, 0});
}

void Form::draw_field(Desk& desk, FieldId field, float width) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const crm::FieldDef& definition = def(field);
    theme.push(Size::small, true);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const std::string label(definition.label);
    draw_text(at, p.muted, label, width);
    if (definition.required) {
        draw_text({at.x + ImGui::CalcTextSize(label.c_str()).x + theme.px(4), at.y}, p.danger.strong, "*");
    }
    ImGui::Dummy({width, ImGui::GetFontSize() + theme.px(1)});
    Theme::pop();
    ImGui::PushID(static_cast<int>(field));
    if (focus_ == field || (focus_first_ && field == form_layout(model_).front().front()))
        ImGui::SetKeyboardFocusHere();
    draw_widget(desk, field, width);
    draw_note(desk, field, width);
    ImGui::PopID();
}

void Form::draw_widget(Desk& desk, FieldId field, float width) {
    const Theme& theme = desk.theme;
    const crm::FieldDef& definition = def(field);
    Entry& entry = entries_[field];
    const std::string label = item_label(definition);
    if (std::exchange(entry.reload, false)) reload_field(label.c_str());
    bool typed = false;
    if (is_given_once(model_, field) && !entry.original.empty()) {  // to be read and copied
        ImGui::PushID("given");  // another item than the one that is typed into: ImGui has no copy of this one's text
        text_field(theme, label.c_str(), "", entry.text, width, false, ImGuiInputTextFlags_ReadOnly);
        ImGui::PopID();
        return;
    }
    switch (definition.type) {
        case FieldType::choice: return draw_choice(desk, field, width);
        case FieldType::currency: return draw_currency(desk, field, width);
        case FieldType::instant: return draw_date(desk, field, width);
        case FieldType::labels: return draw_labels(desk, field, width);
        case FieldType::reference:
            return definition.names_person() ? draw_person(desk, field, width) : draw_lead(desk, field, width);
        case FieldType::multiline:
            typed = text_area(theme, label.c_str(), entry.text, width, theme.px(88), !entry.error.empty());
            break;
        case FieldType::flag: {
            bool on = !entry.text.empty();
            if (toggle(theme, label.c_str(), &on)) entry.text = on ? "true" : "";
            break;
        }
        default: typed = text_field(theme, label.c_str(), hint_of(definition), entry.text, width, !entry.error.empty());
    }
    if (typed) entry.error.clear();
}

/// Beneath the field: what is wrong, or how it was understood.
void Form::draw_note(Desk& desk, FieldId field, float width) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const Entry& entry = entries_[field];
    const crm::FieldDef& definition = def(field);
    if (entry.clash && entry.text != entry.original) draw_clash(desk, field);
    std::string words = entry.error;
    ImU32 color = p.danger.strong;
    if (words.empty()) {
        color = p.muted;
        if (definition.type == FieldType::phone && !entry.text.empty()) {
            words = crm::phone_e164(entry.text, desk.config.default_country);
            if (words == entry.text) words.clear();
        } else if (definition.type == FieldType::instant && !entry.text.empty()) {
            if (const auto at = parse_date_input(entry.text, desk.now())) words = due_text(*at, desk.now());
        } else if (definition.names_person()) {
            words = hint_beneath(desk, field);
            color = p.warn.strong;
        }
    }
    if (words.empty()) return;
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + width);
    text(theme, words, color, Size::small);
    ImGui::PopTextWrapPos();
}

/// The value from elsewhere, under the one that was typed.
void Form::draw_clash(const Desk& desk, FieldId field) {
    const Theme& theme = desk.theme;
    Entry& entry = entries_[field];
    const std::string label(def(field).label);
    std::string theirs = entry.original.empty()                    ? "nothing"
                         : def(field).type == FieldType::choice    ? words_of_choice(entry.original)
                         : def(field).names_person()               ? person_text(desk.state, entry.original)
                         : def(field).type == FieldType::reference ? "another record"
                                                                   : entry.original;
    std::replace(theirs.begin(), theirs.end(), '\n', ' ');
    text(theme, "Elsewhere it became: " + theirs, theme.colors().warn.strong, Size::small);
    theme.push(Size::small);
    if (link(theme, ("Take it##take " + label).c_str())) entry.text = entry.original;
    ImGui::SameLine(0, theme.px(12));
    if (link(theme, ("Keep mine##keep " + label).c_str())) entry.clash = false;
    Theme::pop();
}

void Form::draw_choice(Desk& desk, FieldId field, float width) {
    const crm::FieldDef& definition = def(field);
    Entry& entry = entries_[field];
    const std::string current = entry.text.empty() ? "None" : words_of_choice(entry.text);
    dropdown(
        desk.theme, std::string(definition.label).c_str(), current, width,
        [&] {
            bool picked = false;
            const auto offer = [&](std::string_view value, const std::string& words) {
                if (!menu_item(desk.theme, words.c_str(), nullptr, entry.text == value)) return;
                entry.text = value;
                entry.error.clear();
                picked = true;
            };
            if (definition.fallback.empty()) offer("", "None");
            for (const std::string_view choice : definition.choices) offer(choice, words_of_choice(choice));
            return picked;
        },
        entry.text.empty());
}

void Form::draw_currency(Desk& desk, FieldId field, float width) {
    constexpr std::array kCommon = {"INR", "USD", "EUR", "GBP", "AED", "SAR", "SGD", "AUD", "CAD", "JPY",
                                    "CNY", "LKR", "NPR", "BDT", "PKR", "KES", "NGN", "ZAR", "BRL", "CHF"};
    Entry& entry = entries_[field];
    dropdown(desk.theme, std::string(def(field).label).c_str(), entry.text, width, [&] {
        bool picked = false;
        for (const char* code : kCommon) {
            if (menu_item(desk.theme, code, nullptr, entry.text == code)) {
                entry.text = code;
                picked = true;
            }
        }
        return picked;
    });
}

void Form::draw_date(Desk& desk, FieldId field, float width) {
    const Theme& theme = desk.theme;
    const crm::FieldDef& definition = def(field);
    Entry& entry = entries_[field];
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float button_width = theme.px(36);
    if (text_field(theme, item_label(definition).c_str(), hint_of(definition), entry.text, width - button_width,
                   !entry.error.empty())) {
        entry.error.clear();
    }
    ImGui::SameLine(0, 0);
    ImGui::SetCursorScreenPos({at.x + width - button_width + theme.px(4), at.y + theme.px(2)});
    if (icon_button(theme, "Pick a day", icon::kCalendar)) ImGui::OpenPopup("calendar");
    ImGui::SetNextWindowPos({at.x + width, at.y + theme.px(40)}, ImGuiCond_Always, {1, 0});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(12), theme.px(12)});
    if (ImGui::BeginPopup("calendar")) {
        if (const auto picked = date_picker(theme, parse_date_input(entry.text, desk.now()), desk.now())) {
            entry.text = date_input_text(*picked);
            entry.error.clear();
            ImGui::CloseCurrentPopup();
        }
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
}

void Form::add_typed_label(Entry& entry) {
    const std::string label(trim(entry.extra));
    entry.extra.clear();
    if (label.empty()) return;
    if (!entry.text.empty()) entry.text += '\n';
    entry.text += label;
}

void Form::draw_labels(Desk& desk, FieldId field, float width) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    Entry& entry = entries_[field];
    if (text_field(theme, item_label(def(field)).c_str(), "Add a label, Enter", entry.extra, width,
                   !entry.error.empty(), ImGuiInputTextFlags_EnterReturnsTrue)) {
        add_typed_label(entry);
        ImGui::SetKeyboardFocusHere(-1);
    }
    const ImVec2 start = ImGui::GetCursorScreenPos();
    float x = start.x;
    std::string kept;
    bool removed = false;
    std::string_view rest = entry.text;
    while (!rest.empty()) {
        const std::string label(rest.substr(0, rest.find('\n')));
        rest.remove_prefix(std::min(rest.size(), label.size() + 1));
        const ImVec2 size = pill_size(theme, label, true);
        if (x > start.x && x + size.x > start.x + width) {
            x = start.x;
            ImGui::SetCursorScreenPos({x, ImGui::GetCursorScreenPos().y});
        } else if (x > start.x) {
            ImGui::SameLine(0, theme.px(4));
        }
        const ImVec2 at = ImGui::GetCursorScreenPos();
        draw_pill(theme, at, label, p.accent, icon::kClose);
        const bool drop = ImGui::InvisibleButton(("Remove " + label).c_str(), size, ImGuiButtonFlags_EnableNav);
        tooltip(theme, "Remove this label");
        x += size.x + theme.px(4);
        removed = removed || drop;
        if (!drop) kept += (kept.empty() ? "" : "\n") + label;
    }
    if (removed) entry.text = kept;
}

void Form::find_leads(Desk& desk) {
    const client::Table& leads = desk.state.table(crm::Model::lead);
    if (picker_.matched_for != picker_.typed || picker_.revision != leads.revision()) {
        picker_.matched_for = picker_.typed;
        picker_.revision = leads.revision();
        picker_.search = LeadSearch(picker_.typed);
        picker_.next = 0;
        picker_.matches.clear();
    }
    const std::size_t end = std::min(leads.size(), picker_.next + LeadSearch::kRowsPerFrame);
    for (; picker_.next < end && picker_.matches.size() < kLeadMatchesMax; ++picker_.next) {
        const crm::Record& lead = leads.at(picker_.next);
        if (picker_.search.finds(lead)) picker_.matches.push_back(lead.id);
    }
    if (picker_.next == end && end < leads.size()) desk.redraw_within(0);
}

void Form::draw_lead(Desk& desk, FieldId field, float width) {
    Entry& entry = entries_[field];
    const auto id = Uuid::parse(entry.text);
    const crm::Record* lead = id ? desk.state.find(crm::Model::lead, *id) : nullptr;
    const std::string current = lead != nullptr ? crm::title(*lead) : entry.text.empty() ? "No lead" : "A deleted lead";
    dropdown(
        desk.theme, std::string(def(field).label).c_str(), current, width,
        [&] {
            if (ImGui::IsWindowAppearing()) {
                picker_.typed.clear();
                ImGui::SetKeyboardFocusHere();
            }
            search_field(desk.theme, "##Find a lead", "Name, company, phone or city", picker_.typed,
                         width - desk.theme.px(14));
            find_leads(desk);
            if (picker_.typed.empty() && menu_item(desk.theme, "No lead", nullptr, entry.text.empty())) {
                entry.text.clear();
                return true;
            }
            for (const Uuid& match : picker_.matches) {
                const crm::Record* found = desk.state.find(crm::Model::lead, match);
                if (found == nullptr) continue;
                ImGui::PushID(match.str().c_str());
                const bool picked =
                    menu_item(desk.theme, crm::title(*found).c_str(), nullptr, entry.text == match.str());
                ImGui::PopID();
                if (picked) {
                    entry.text = match.str();
                    entry.error.clear();
                    return true;
                }
            }
            return false;
        },
        lead == nullptr);
}

void Form::draw_person(Desk& desk, FieldId field, float width) {
    Entry& entry = entries_[field];
    if (person_dropdown(desk, def(field), std::string(def(field).label).c_str(), entry.text, sought_person_, width))
        entry.error.clear();
}

/// What a lead's form says of its owner before it is saved.
std::string Form::hint_beneath(const Desk& desk, FieldId field) const {
    if (model_ != crm::Model::lead || field != crm::field_id(crm::Model::lead, "ownerId")) return {};
    return hand_over_hint(desk.state, entries_[field].original, entries_[field].text);
}

/// What the payment pays back.
void Form::draw_refund(Desk& desk) {
    const std::optional<Uuid> of = Uuid::parse(text_of("refundOf"));
    if (!of) return;
    const crm::Record* paid = desk.state.find(model_, *of);
    text(desk.theme, "This is a refund", desk.theme.colors().muted, Size::small);
    if (paid != nullptr && link(desk.theme, ("Of " + title_of(*paid) + "##refunded payment").c_str()))
        desk.follow(model_, *of);
}

}  // namespace ct::ui
