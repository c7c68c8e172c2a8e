#include "client/table_layout.h"

#include <nlohmann/json.hpp>

namespace ct::client {
namespace {

using nlohmann::json;

constexpr float kWidthMax = 4'000;

[[nodiscard]] json layout_json(const TableLayout& layout) {
    json columns = json::array();
    for (const TableLayout::Column& column : layout.columns)
        columns.push_back({{"name", column.name}, {"width", column.width}, {"shown", column.shown}});
    json sort = json::array();
    for (const TableLayout::Sort& by : layout.sort)
        sort.push_back({{"column", by.column}, {"descending", by.descending}});
    return {{"columns", std::move(columns)}, {"sort", std::move(sort)}};
}

/// The member when it has the type of `otherwise`; a missing one is `otherwise`, another type a fault.
template <class T>
[[nodiscard]] T take(const json& object, const char* name, T otherwise, bool& well) {
    const auto at = object.find(name);
    if (at == object.end()) return otherwise;
    bool fits = false;
    if constexpr (std::is_same_v<T, std::string>)
        fits = at->is_string();
    else if constexpr (std::is_same_v<T, bool>)
        fits = at->is_boolean();
    else
        fits = at->is_number();
    well = well && fits;
    return fits ? at->template get<T>() : otherwise;
}

[[nodiscard]] TableLayout layout_of(const json& object, bool& well) {
    TableLayout layout;
    well = well && object.is_object();
    if (!well) return layout;
    const auto each = [&](const char* name, auto&& visit) {
        const auto at = object.find(name);
        if (at == object.end()) return;
        well = well && at->is_array();
        if (!well) return;
        for (const json& one : *at) {
            well = well && one.is_object();
            if (!well) return;
            visit(one);
        }
    };
    each("columns", [&](const json& one) {
        TableLayout::Column column{take(one, "name", std::string(), well), take(one, "width", 0.0F, well),
                                   take(one, "shown", true, well)};
        well = well && column.width >= 0 && column.width <= kWidthMax;
        layout.columns.push_back(std::move(column));
    });
    each("sort", [&](const json& one) {
        layout.sort.push_back({take(one, "column", std::string(), well), take(one, "descending", false, well)});
    });
    return layout;
}

[[nodiscard]] Failure malformed(const char* what) { return fail(ErrorKind::invalid, "BAD_CONFIG", what); }

}  // namespace

json to_json(const TableLayouts& layouts) {
    json all = json::object();
    for (const auto& [model, layout] : layouts) all[model] = layout_json(layout);
    return all;
}

json to_json(const std::vector<SavedView>& views) {
    json all = json::array();
    for (const SavedView& view : views) {
        json one = layout_json(view.layout);
        one["name"] = view.name;
        one["model"] = view.model;
        one["filter"] = view.filter;
        one["quick"] = view.quick;
        all.push_back(std::move(one));
    }
    return all;
}

Result<TableLayouts> layouts_from_json(const json& value) {
    TableLayouts layouts;
    bool well = value.is_object();
    for (auto at = value.begin(); well && at != value.end(); ++at) layouts[at.key()] = layout_of(*at, well);
    if (!well) return malformed("must be an object of layouts, each with \"columns\" and \"sort\"");
    return layouts;
}

Result<std::vector<SavedView>> views_from_json(const json& value) {
    std::vector<SavedView> views;
    bool well = value.is_array();
    for (auto at = value.begin(); well && at != value.end(); ++at) {
        well = at->is_object();
        if (!well) break;
        SavedView view{take(*at, "name", std::string(), well), take(*at, "model", std::string(), well),
                       take(*at, "filter", std::string(), well), take(*at, "quick", std::string(), well),
                       layout_of(*at, well)};
        views.push_back(std::move(view));
    }
    if (!well) return malformed("must be a list of views, each with \"name\", \"model\", \"filter\" and \"columns\"");
    return views;
}

}  // namespace ct::client
