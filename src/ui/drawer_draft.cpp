// What is typed into the drawer and not saved, kept outside of it: a crash must not cost more than two seconds of
// typing.
#include <nlohmann/json.hpp>
#include <utility>

#include "base/utf8.h"
#include "crm/tables.h"
#include "ui/drawer.h"

namespace ct::ui {
namespace {

using nlohmann::json;

json form_json(crm::Model model, const Uuid& id, const Form& form) {
    json fields = json::array();
    for (const Form::Typed& typed : form.typed()) {
        fields.push_back(
            {{"field", typed.field}, {"text", typed.text}, {"extra", typed.extra}, {"original", typed.original}});
    }
    return {{"model", crm::name(model)}, {"id", id.nil() ? std::string() : id.str()}, {"fields", std::move(fields)}};
}

std::string text_in(const json& object, const char* name) {
    const auto at = object.find(name);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

bool Drawer::typing() const { return (form_ && form_->dirty()) || !trim(timeline_.note()).empty(); }

std::string Drawer::draft() const {
    if (!typing()) return {};
    json forms = json::array();
    if (form_ && form_->dirty()) forms.push_back(form_json(shown_.model, shown_.id, *form_));
    json all{{"forms", std::move(forms)}};
    if (!trim(timeline_.note()).empty()) all["note"] = {{"lead", shown_.id.str()}, {"text", timeline_.note()}};
    return all.dump();
}

void Drawer::restore(Desk& desk, const std::string& draft) {
    const json all = json::parse(draft, nullptr, false);
    if (!all.is_object()) return;
    bool any = false;
    const auto forms = all.find("forms");
    if (forms != all.end() && forms->is_array()) {
        for (const json& one : *forms) {
            const auto model = one.is_object() ? crm::find_model(text_in(one, "model")) : std::nullopt;
            if (!model) continue;
            const Uuid id = Uuid::parse(text_in(one, "id")).value_or(Uuid{});
            const crm::Record* record = id.nil() ? nullptr : desk.state.find(*model, id);
            // Of a record that went away meanwhile, what was typed begins a new one.
            Form form = record != nullptr ? Form(*record) : Form(*model, {}, desk.config);
            const auto fields = one.find("fields");
            if (fields == one.end() || !fields->is_array()) continue;
            for (const json& field : *fields) {
                if (field.is_object())
                    form.put({text_in(field, "field"), text_in(field, "text"), text_in(field, "extra"),
                              text_in(field, "original")});
            }
            if (!form.dirty()) continue;
            any = true;
            const Shown shown{*model, record != nullptr ? id : Uuid{}};
            if (!open()) {
                take(desk, shown, std::move(form));
            } else if (!aside_) {
                aside_ = SetAside{shown, std::move(form)};
                desk.toasts.add(ToastKind::info, "Unsaved changes to " + aside_->form.name() + " are kept",
                                "Bring back", [this, &desk] { bring_back(desk); });
            }
        }
    }
    if (const auto note = all.find("note"); note != all.end() && note->is_object()) {
        const Uuid lead = Uuid::parse(text_in(*note, "lead")).value_or(Uuid{});
        const crm::Record* record = lead.nil() ? nullptr : desk.state.find(crm::Model::lead, lead);
        if (record != nullptr && !open()) take(desk, {crm::Model::lead, lead}, Form(*record));
        if (record != nullptr && shown_.id == lead && timeline_.note().empty()) {
            timeline_.note() = text_in(*note, "text");
            tab_ = Tab::timeline;
            any = true;
        }
    }
    if (any) desk.toasts.add(ToastKind::info, "What you typed before the program ended is back");
}

}  // namespace ct::ui
