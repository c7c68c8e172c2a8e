#include "crm/model.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "crm/tables.h"

namespace ct::crm {
namespace {

[[noreturn]] void no_such_field(std::string_view model, std::string_view field) {
    std::fprintf(stderr, "no field %.*s in model %.*s: a mistake in this program\n", static_cast<int>(field.size()),
                 field.data(), static_cast<int>(model.size()), model.data());
    std::abort();
}

[[nodiscard]] bool same_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::span<const ModelDef> models() { return tables::kModels; }

const ModelDef& def(Model model) { return tables::kModels[static_cast<std::size_t>(model)]; }

const FieldDef& def(Model model, FieldId field) {
    const ModelDef& found = def(model);
    if (field >= found.fields.size()) no_such_field(found.name, std::to_string(field));
    return found.fields[field];
}

std::optional<Model> find_model(std::string_view name) {
    for (const ModelDef& model : tables::kModels) {
        if (model.name == name) return model.model;
    }
    return std::nullopt;
}

std::optional<Model> find_model_loose(std::string_view name) {
    for (const ModelDef& model : tables::kModels) {
        if (same_ignoring_case(model.name, name) || same_ignoring_case(model.plural, name)) return model.model;
    }
    return std::nullopt;
}

std::optional<FieldId> find_field(Model model, std::string_view name) { return tables::find(def(model).fields, name); }

FieldId field(Model model, std::string_view name) {
    const std::optional<FieldId> found = find_field(model, name);
    if (!found) no_such_field(def(model).name, name);
    return *found;
}

bool is_system_name(std::string_view name) {
    return std::find(std::begin(tables::kSystemNames), std::end(tables::kSystemNames), name) !=
           std::end(tables::kSystemNames);
}

std::string_view name(Model model) { return def(model).name; }

std::string_view name(Policy policy) {
    switch (policy) {
        case Policy::lww: return "lww";
        case Policy::manual: return "manual";
        case Policy::force: return "force";
    }
    return "lww";
}

std::optional<Policy> find_policy(std::string_view name_) {
    for (const Policy policy : {Policy::lww, Policy::manual, Policy::force}) {
        if (name(policy) == name_) return policy;
    }
    return std::nullopt;
}

}  // namespace ct::crm
