#include "sync/selection.h"

#include <algorithm>

#include "base/utf8.h"
#include "crm/tables.h"

namespace ct::sync {

namespace {

using crm::FieldDef;
using crm::FieldId;
using crm::Model;
using crm::ModelDef;

static_assert([] {
    for (const ModelDef& model : crm::tables::kModels) {
        if (model.fields.size() > sizeof(Parts::Fields) * 8) return false;
    }
    return true;
}());

/// A field that a record can be without: everything that leans on its being there would be misled.
bool can_be_left_out(const ModelDef& model, FieldId id) {
    const FieldDef& field = model.fields[id];
    return !field.required && !field.derived() && field.fallback.empty() && model.parent != id;
}

struct Place {
    Model model = Model::lead;
    std::optional<FieldId> field;
};

std::optional<Place> find_place(std::string_view text) {
    const std::size_t dot = text.find('.');
    const auto model = crm::find_model(text.substr(0, dot));
    if (!model) return std::nullopt;
    if (dot == std::string_view::npos) return Place{*model, {}};
    const auto field = crm::find_field(*model, text.substr(dot + 1));
    if (!field) return std::nullopt;
    return Place{*model, field};
}

Failure invalid(std::string_view place, const std::string& why) {
    return fail(ErrorKind::invalid, "INVALID_PART", quote(place) + " " + why);
}

/// The fields of a model that travel, but for some.
std::vector<std::string> all_but(const ModelDef& model, Parts::Fields some) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < model.fields.size(); ++i) {
        if (!model.fields[i].derived() && (some >> i & 1U) == 0) names.emplace_back(model.fields[i].name);
    }
    return names;
}

std::vector<std::string> names_of(const ModelDef& model, Parts::Fields some) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < model.fields.size(); ++i) {
        if ((some >> i & 1U) != 0) names.emplace_back(model.fields[i].name);
    }
    return names;
}

}  // namespace

Result<void> Parts::add(std::string_view place) {
    const auto found = find_place(place);
    if (!found) return invalid(place, "is neither a model nor a field such as \"Lead.notes\"");
    if (!found->field) {
        if (!crm::def(found->model).parent) return invalid(place, "cannot be left out: the rest hangs on it");
        at(found->model).whole = true;
        return {};
    }
    if (!can_be_left_out(crm::def(found->model), *found->field)) {
        return invalid(place, "cannot be left out: no record can do without it");
    }
    at(found->model).fields |= Fields{1} << *found->field;
    return {};
}

Parts Parts::read(std::string_view text) {
    Parts parts;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        // What another version could leave out and this one cannot is not left out here.
        (void)parts.add(text.substr(0, comma)).has_value();
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

std::vector<std::string> Parts::places() const {
    std::vector<std::string> places;
    for (const ModelDef& model : crm::models()) {
        if (whole(model.model)) places.emplace_back(model.name);
        for (const std::string& field : names_of(model, fields(model.model))) {
            places.push_back(std::string(model.name) + "." + field);
        }
    }
    return places;
}

std::string Parts::text() const {
    std::string text;
    for (const std::string& place : places()) text += (text.empty() ? "" : ",") + place;
    return text;
}

void Selection::choose(const Parts& wanted, bool fresh) {
    if (fresh) {
        left_out = wanted;
        catching_up = {};
        cursor.reset();
        return;
    }
    for (const ModelDef& def : crm::models()) {
        const Model model = def.model;
        const Parts::Fields fields = wanted.fields(model);
        if (wanted.whole(model)) {
            left_out.set_whole(model, true);
            left_out.set_fields(model, fields);
            catching_up.set_whole(model, false);
            catching_up.set_fields(model, 0);
            continue;
        }
        // Nothing of a model that is left out altogether is known to be up to date, and nothing is fetched yet.
        const bool untouched = left_out.whole(model) && !catching_up.whole(model);
        left_out.set_fields(model, untouched ? fields : left_out.fields(model) | fields);
        catching_up.set_fields(model, catching_up.fields(model) & ~fields);
    }
    if (catching_up.empty()) begin_missing(wanted);
}

void Selection::other_epoch() {
    for (const ModelDef& model : crm::models()) {
        if (left_out.whole(model.model)) uncompared.set_whole(model.model, true);
    }
}

void Selection::compared_all_but(const Parts& these) {
    for (const ModelDef& model : crm::models()) {
        if (!these.whole(model.model)) uncompared.set_whole(model.model, false);
    }
}

void Selection::join(const Parts& wanted) {
    for (const ModelDef& def : crm::models()) {
        const Model model = def.model;
        if (catching_up.whole(model)) left_out.set_whole(model, false);
        if (catching_up.whole(model)) uncompared.set_whole(model, false);
        left_out.set_fields(model, left_out.fields(model) & ~catching_up.fields(model));
    }
    catching_up = {};
    begin_missing(wanted);
}

void Selection::begin_missing(const Parts& wanted) {
    cursor.reset();
    for (const ModelDef& def : crm::models()) {
        const Model model = def.model;
        if (wanted.whole(model)) continue;
        if (left_out.whole(model)) {
            catching_up.set_whole(model, true);
        } else {
            catching_up.set_fields(model, left_out.fields(model) & ~wanted.fields(model));
        }
    }
}

Scope Selection::scope() const {
    Scope scope;
    bool all = true;
    for (const ModelDef& model : crm::models()) {
        if (left_out.whole(model.model)) {
            all = false;
            continue;
        }
        scope.models.push_back(model.model);
        const Parts::Fields fields = left_out.fields(model.model);
        if (fields != 0) scope.exclude.emplace_back(model.model, names_of(model, fields));
    }
    if (all) scope.models.clear();
    return scope;
}

Scope Selection::catch_up_scope() const {
    Scope scope;
    for (const ModelDef& model : crm::models()) {
        if (!catching_up.any(model.model)) continue;
        scope.models.push_back(model.model);
        std::vector<std::string> exclude = catching_up.whole(model.model)
                                               ? names_of(model, left_out.fields(model.model))
                                               : all_but(model, catching_up.fields(model.model));
        if (!exclude.empty()) scope.exclude.emplace_back(model.model, std::move(exclude));
    }
    return scope;
}

}  // namespace ct::sync
