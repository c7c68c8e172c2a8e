#include "server/page_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crm/json_codec.h"

namespace ct::server {

namespace {

using nlohmann::json;

constexpr std::string_view kCreatedAt = "createdAt";
constexpr std::string_view kUpdatedAt = "updatedAt";

json parse_extra(std::string_view extra) {
    json document = extra.empty() ? json::object() : json::parse(extra, nullptr, false);
    return document.is_object() ? document : json::object();
}

void write_member(crm::JsonWriter& out, const json& extra, const std::string& name) {
    const auto at = extra.find(name);
    out.raw(at == extra.end() ? std::string("null") : at->dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

PageWriter::PageWriter(const std::vector<std::pair<crm::Model, std::vector<std::string>>>& exclude)
    : exclude_(exclude) {
    for (const crm::ModelDef& model : crm::models()) {
        const auto index = static_cast<std::size_t>(model.model);
        for (std::size_t i = 0; i < model.fields.size(); ++i) {
            const crm::FieldDef& field = model.fields[i];
            if (field.derived() || excluded(model.model, field.name)) continue;
            columns_[index].push_back({static_cast<crm::FieldId>(i), &field});
            whole_names_[index].emplace_back(field.name);
        }
        whole_names_[index].emplace_back(kCreatedAt);
        whole_names_[index].emplace_back(kUpdatedAt);
    }
}

bool PageWriter::excluded(crm::Model model, std::string_view field) const {
    return std::any_of(exclude_.begin(), exclude_.end(), [&](const auto& entry) {
        return entry.first == model && std::find(entry.second.begin(), entry.second.end(), field) != entry.second.end();
    });
}

PageWriter::Group& PageWriter::group(crm::Model model, char kind, const std::vector<std::string>& fields) {
    std::string key{static_cast<char>('0' + static_cast<int>(model)), kind};
    for (const std::string& field : fields) key.append(field).push_back('\0');
    const auto [at, fresh] = groups_.try_emplace(std::move(key));
    if (!fresh) return at->second;
    std::string& head = at->second.head;
    crm::JsonWriter json(head);
    json.raw("{\"model\":");
    json.string(crm::name(model));
    if (kind == 'd') {
        json.raw(",\"deleted\":[");
    } else if (kind == 'r') {
        json.raw(",\"revoked\":[");
    } else {
        json.raw(",\"fields\":[");
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (i > 0) json.raw(",");
            json.string(fields[i]);
        }
        json.raw("],\"rows\":[");
    }
    return at->second;
}

void PageWriter::begin_row(Group& group, const RowView& row) {
    row_began_ = group.rows.size();
    group.rows.append(group.rows.empty() ? "[\"" : ",[\"").append(row.id).append("\",");
    crm::JsonWriter(group.rows).number(row.version);
}

void PageWriter::end_row(Group& group) {
    group.rows.push_back(']');
    bytes_ += group.rows.size() - row_began_;
    ++rows_;
}

void PageWriter::whole(const RowView& row) {
    const auto index = static_cast<std::size_t>(row.model);
    const json extra = row.extra.empty() ? json() : parse_extra(row.extra);
    std::vector<std::string> unknown;
    if (extra.is_object()) {
        for (const auto& [name, value] : extra.items()) {
            if (!excluded(row.model, name)) unknown.push_back(name);
        }
    }
    Group* group = unknown.empty() ? whole_group_[index] : nullptr;
    if (group == nullptr) {
        std::vector<std::string> names = whole_names_[index];
        names.insert(names.end(), unknown.begin(), unknown.end());
        group = &this->group(row.model, 'a', names);
        if (unknown.empty()) whole_group_[index] = group;
    }
    begin_row(*group, row);
    crm::JsonWriter json(group->rows);
    for (const Column& column : columns_[index]) {
        group->rows.push_back(',');
        crm::write_value(json, *column.def, row.values[column.field]);
    }
    group->rows.push_back(',');
    json.instant(row.created_at);
    group->rows.push_back(',');
    json.instant(row.updated_at);
    for (const std::string& name : unknown) {
        group->rows.push_back(',');
        write_member(json, extra, name);
    }
    end_row(*group);
}

void PageWriter::partial(const RowView& row, const std::vector<std::string>& fields) {
    std::vector<crm::FieldId> known;
    std::vector<std::string> unknown;
    for (const std::string& name : fields) {
        if (excluded(row.model, name)) continue;
        const auto field = crm::find_field(row.model, name);
        if (!field)
            unknown.push_back(name);
        else if (!crm::def(row.model, *field).derived())
            known.push_back(*field);
    }
    std::sort(known.begin(), known.end());
    std::sort(unknown.begin(), unknown.end());
    std::vector<std::string> names;
    for (const crm::FieldId field : known) names.emplace_back(crm::def(row.model, field).name);
    names.emplace_back(kUpdatedAt);
    names.insert(names.end(), unknown.begin(), unknown.end());

    Group& group = this->group(row.model, 'b', names);
    begin_row(group, row);
    crm::JsonWriter json(group.rows);
    for (const crm::FieldId field : known) {
        group.rows.push_back(',');
        crm::write_value(json, crm::def(row.model, field), row.values[field]);
    }
    group.rows.push_back(',');
    json.instant(row.updated_at);
    const nlohmann::json extra = unknown.empty() ? nlohmann::json() : parse_extra(row.extra);
    for (const std::string& name : unknown) {
        group.rows.push_back(',');
        write_member(json, extra, name);
    }
    end_row(group);
}

void PageWriter::short_row(char kind, const RowView& row) {
    Group& group = this->group(row.model, kind, {});
    begin_row(group, row);
    end_row(group);
}

void PageWriter::deleted(const RowView& row) { short_row('d', row); }
void PageWriter::revoked(const RowView& row) { short_row('r', row); }

void PageWriter::write(std::string& out) const {
    bool first = true;
    for (const auto& [key, group] : groups_) {
        if (!first) out.push_back(',');
        first = false;
        out.append(group.head).append(group.rows).append("]}");
    }
}

}  // namespace ct::server
