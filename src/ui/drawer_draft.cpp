// What is typed into the drawer and not saved, kept outside of it: a crash must not cost more than two seconds of
// typing.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/utf8.h"
#include "crm/tables.h"
#include "ui/drawer.h"

namespace ct::ui {
namespace {

using nlohmann::json;

json form_json(crm::Model model, const Uuid& id, const Form& form, const Timeline::TypedNote& note) {
    json fields = json::array();
    for (const Form::Typed& typed : form.typed()) {
        fields.push_back(
            {{"field", typed.field}, {"text", typed.text}, {"extra", typed.extra}, {"original", typed.original}});
    }
    json all{{"model", crm::name(model)}, {"id", id.nil() ? std::string() : id.str()}, {"fields", std::move(fields)}};
    if (!trim(note.text).empty()) all["note"] = {{"text", note.text}, {"kind", note.kind}};
    return all;
}

std::string text_in(const json& object, const char* name) {
    const auto at = object.find(name);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

Timeline::TypedNote note_in(const json& form) {
    const auto at = form.find("note");
    if (at == form.end() || !at->is_object()) return {};
    const auto kind = at->find("kind");
    return {text_in(*at, "text"), kind != at->end() && kind->is_number_unsigned() ? kind->get<std::size_t>() : 0};
}

}  // namespace

bool Drawer::typing() const { return form_ && (form_->dirty() || timeline_.typing()); }

bool Drawer::unsaved() const {
    return typing() || std::any_of(aside_.begin(), aside_.end(), [](const SetAside& aside) { return !aside.given_up; });
}

std::string Drawer::draft() const {
    if (!unsaved()) return {};
    json forms = json::array();
    if (typing()) forms.push_back(form_json(shown_.model, shown_.id, *form_, timeline_.typed_note()));
    for (const SetAside& aside : aside_) {
        if (!aside.given_up) forms.push_back(form_json(aside.shown.model, aside.shown.id, aside.form, aside.note));
    }
    return json{{"forms", std::move(forms)}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

void Drawer::restore(Desk& desk, const std::string& draft) {
    const json all = json::parse(draft, nullptr, false);
    const auto forms = all.is_object() ? all.find("forms") : all.end();
    if (forms == all.end() || !forms->is_array()) return;
    bool any = false;
    for (const json& one : *forms) {
        const auto model = one.is_object() ? crm::find_model(text_in(one, "model")) : std::nullopt;
        if (!model) continue;
        const auto fields = one.find("fields");
        if (fields == one.end() || !fields->is_array()) continue;
        const Uuid id = Uuid::parse(text_in(one, "id")).value_or(Uuid{});
        const crm::Record* record = id.nil() ? nullptr : desk.state.find(*model, id);
        // Of a record that went away meanwhile, what was typed begins a new one.
        Form form = record != nullptr ? Form(*record) : Form(*model, {}, desk.config);
        for (const json& field : *fields) {
            if (field.is_object())
                form.put({text_in(field, "field"), text_in(field, "text"), text_in(field, "extra"),
                          text_in(field, "original")});
        }
        Timeline::TypedNote note = note_in(one);
        if (!form.dirty() && trim(note.text).empty()) continue;
        any = true;
        SetAside aside{++asides_, {*model, record != nullptr ? id : Uuid{}}, std::move(form), std::move(note)};
        if (open()) {
            keep_aside(desk, std::move(aside), " are kept");
        } else {
            open_again(desk, std::move(aside));
        }
    }
    if (any) desk.toasts.add(ToastKind::info, "What you typed before the program ended is back");
}

}  // namespace ct::ui
