// Codec of pull requests, and the encoder of pages. The decoder of pages is in wire_page_reader.cpp.
#include <algorithm>
#include <map>

#include "sync/wire.h"
#include "sync/wire_json.h"

namespace ct::sync {

using crm::JsonWriter;
using wire::json;
using wire::ObjectWriter;
using wire::Reader;

namespace {

void write_strings(JsonWriter& out, const std::vector<std::string>& texts) {
    out.raw("[");
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i > 0) out.raw(",");
        out.string(texts[i]);
    }
    out.raw("]");
}

Result<std::vector<std::string>> read_strings(const json& list, const std::string& path) {
    std::vector<std::string> texts;
    if (!list.is_array()) return wire::malformed(path, "must be an array");
    for (const json& entry : list) {
        if (!entry.is_string()) return wire::malformed(path, "must hold strings");
        texts.push_back(entry.get<std::string>());
    }
    return texts;
}

Result<void> read_exclude(const json& object, PullRequest& request) {
    for (const auto& [model_name, fields] : object.items()) {
        auto names = read_strings(fields, "exclude." + model_name);
        if (!names) return fail(names.error());
        // A model that this server does not know cannot be left out: nothing of it is sent anyway.
        if (const auto model = crm::find_model(model_name)) request.exclude.emplace_back(*model, std::move(*names));
    }
    return {};
}

Result<void> read_records(const json& object, PullRequest& request) {
    for (const auto& [model_name, list] : object.items()) {
        const std::string path = "records." + model_name;
        const auto texts = read_strings(list, path);
        if (!texts) return fail(texts.error());
        const auto model = crm::find_model(model_name);
        if (!model) continue;  // of a newer peer: there is nothing of it here
        auto& ids = request.records.emplace_back(*model, std::vector<Uuid>{}).second;
        for (const std::string& text : *texts) {
            const auto id = Uuid::parse(text);
            if (!id) return wire::malformed(path, "must hold ids");
            ids.push_back(*id);
        }
    }
    return {};
}

/// One group of a page: rows of one model and kind that have the same columns.
struct Group {
    const PullRow* first = nullptr;
    std::vector<const PullRow*> rows;
    std::vector<bool> known;           // by field id
    std::vector<std::string> unknown;  // members of extra, sorted
    bool updated_at = false;
};

json extra_of(const PullRow& row) {
    json extra = row.changes.extra.empty() ? json::object() : json::parse(row.changes.extra, nullptr, false);
    return extra.is_object() ? extra : json::object();
}

std::string signature(const PullRow& row) {
    std::string key{static_cast<char>(row.model), static_cast<char>(row.kind), static_cast<char>(row.whole)};
    if (row.kind != RowKind::changed || row.whole) return key;  // whole rows share the union of their columns
    key.push_back(row.updated_at != 0 ? 'u' : '-');
    for (const auto& change : row.changes.fields) key.push_back(static_cast<char>(change.first));
    const json extra = extra_of(row);
    for (const auto& [member, value] : extra.items()) key.append("\n").append(member);
    return key;
}

void widen(Group& group, const PullRow& row) {
    group.rows.push_back(&row);
    group.updated_at = group.updated_at || row.updated_at != 0;
    group.known.resize(crm::def(row.model).fields.size());
    for (const auto& change : row.changes.fields) group.known[change.first] = true;
    const json extra = extra_of(row);
    for (const auto& [member, value] : extra.items()) {
        const auto at = std::lower_bound(group.unknown.begin(), group.unknown.end(), member);
        if (at == group.unknown.end() || *at != member) group.unknown.insert(at, member);
    }
}

void write_group_fields(JsonWriter& out, const Group& group) {
    const auto& fields = crm::def(group.first->model).fields;
    bool first = true;
    const auto name = [&](std::string_view text) {
        out.raw(first ? "[" : ",");
        first = false;
        out.string(text);
    };
    for (std::size_t id = 0; id < fields.size(); ++id) {
        if (group.known[id]) name(fields[id].name);
    }
    if (group.first->whole) name("createdAt");
    if (group.updated_at) name("updatedAt");
    for (const std::string& member : group.unknown) name(member);
    out.raw(first ? "[]" : "]");
}

void write_cells(JsonWriter& out, const Group& group, const PullRow& row) {
    const auto& fields = crm::def(row.model).fields;
    for (std::size_t id = 0; id < fields.size(); ++id) {
        if (!group.known[id]) continue;
        out.raw(",");
        const crm::Value* value = row.changes.find(static_cast<crm::FieldId>(id));
        crm::write_value(out, fields[id], value == nullptr ? crm::ValueView{} : crm::view(*value));
    }
    const auto time = [&](UnixMs at) {
        out.raw(",");
        out.string(format_rfc3339(at));
    };
    if (group.first->whole) time(row.created_at);
    if (group.updated_at) time(row.updated_at);
    if (group.unknown.empty()) return;
    const json extra = extra_of(row);
    for (const std::string& member : group.unknown) {
        out.raw(",");
        const auto at = extra.find(member);
        out.raw(at == extra.end() ? "null" : at->dump());
    }
}

void write_group(std::string& out, const Group& group) {
    ObjectWriter object(out);
    object.text("model", crm::name(group.first->model));
    const bool changed = group.first->kind == RowKind::changed;
    if (changed) write_group_fields(object.begin("fields"), group);
    const std::string_view member = changed ? "rows" : group.first->kind == RowKind::deleted ? "deleted" : "revoked";
    JsonWriter& list = object.begin(member);
    for (std::size_t i = 0; i < group.rows.size(); ++i) {
        const PullRow& row = *group.rows[i];
        list.raw(i == 0 ? "[[" : ",[");
        list.string(row.id.str());
        list.raw(",");
        list.number(row.version);
        if (changed) write_cells(list, group, row);
        list.raw("]");
    }
    list.raw("]");
    object.end();
}

}  // namespace

std::string encode(const PullRequest& request) {
    std::string out;
    ObjectWriter object(out);
    object.integer("protocol", request.protocol).text("deviceId", request.device_id).text("epoch", request.epoch);
    if (request.cursor)
        object.text("cursor", *request.cursor);
    else
        object.raw("cursor", "null");
    if (!request.models.empty()) {
        std::vector<std::string> names;
        for (const crm::Model model : request.models) names.emplace_back(crm::name(model));
        write_strings(object.begin("models"), names);
    }
    if (!request.exclude.empty()) {
        object.begin("exclude");
        ObjectWriter exclude(out);
        for (const auto& [model, fields] : request.exclude) write_strings(exclude.begin(crm::name(model)), fields);
        exclude.end();
    }
    if (!request.records.empty()) {
        object.begin("records");
        ObjectWriter records(out);
        for (const auto& [model, ids] : request.records) {
            std::vector<std::string> texts;
            for (const Uuid& id : ids) texts.push_back(id.str());
            write_strings(records.begin(crm::name(model)), texts);
        }
        records.end();
    }
    object.integer("limit", request.limit).integer("wait", request.wait_s);
    if (request.sequence >= 0) object.integer("sequence", request.sequence);
    object.waiting(request.waiting);
    object.end();
    return out;
}

Result<PullRequest> decode_pull_request(std::string_view body) {
    const auto document = wire::parse_object(body);
    if (!document) return fail(document.error());
    Reader reader(*document);
    PullRequest request;
    request.protocol = reader.integer("protocol");
    request.device_id = reader.text("deviceId");
    request.epoch = reader.text_or("epoch");
    if (reader.find("cursor") != nullptr) request.cursor = reader.text("cursor");
    request.limit = reader.integer_or("limit", request.limit);
    request.wait_s = reader.integer_or("wait", 0);
    request.sequence = reader.integer_or("sequence", -1);
    request.waiting = reader.waiting();
    if (const json* models = reader.find("models")) {
        const auto names = read_strings(*models, "models");
        if (!names) return fail(names.error());
        for (const std::string& name : *names) {
            // A newer peer may know more. Of those alone there is nothing to ask for: an empty list means all.
            if (const auto model = crm::find_model(name)) request.models.push_back(*model);
        }
        if (request.models.empty() && !names->empty())
            return wire::malformed("models", "names no model of this server");
    }
    if (reader.find("exclude") != nullptr) {
        if (const json* exclude = reader.object("exclude")) {
            if (auto read = read_exclude(*exclude, request); !read) return fail(read.error());
        }
    }
    if (reader.find("records") != nullptr) {
        if (const json* records = reader.object("records")) {
            if (auto read = read_records(*records, request); !read) return fail(read.error());
        }
    }
    if (!reader.ok()) return reader.failure();
    return request;
}

void write_authors(JsonWriter& out, const std::map<std::string, std::vector<std::int64_t>>& by_user) {
    char open = '{';
    for (const auto& [user, versions] : by_user) {
        out.raw({&open, 1});
        open = ',';
        out.string(user);
        out.raw(":");
        char before = '[';
        for (const std::int64_t version : versions) {
            out.raw({&before, 1});
            before = ',';
            out.number(version);
        }
        out.raw("]");
    }
    out.raw("}");
}

std::string encode(const PullPage& page) {
    std::map<std::string, Group> groups;
    for (const PullRow& row : page.rows) {
        Group& group = groups[signature(row)];
        if (group.first == nullptr) group.first = &row;
        widen(group, row);
    }

    std::string out;
    out.reserve(page.rows.size() * 256 + 512);
    ObjectWriter object(out);
    object.text("epoch", page.epoch);
    if (page.from)
        object.text("from", *page.from);
    else
        object.raw("from", "null");
    object.text("cursor", page.cursor).flag("hasMore", page.has_more).integer("remaining", page.remaining);
    object.integer("purgeFloor", page.purge_floor).time("serverTime", page.server_time);
    std::map<std::string, std::vector<std::int64_t>> by_user;
    for (const PullRow& row : page.rows) {
        if (!row.author.empty()) by_user[row.author].push_back(row.version);
    }
    if (!by_user.empty()) write_authors(object.begin("authors"), by_user);
    JsonWriter& list = object.begin("changes");
    list.raw("[");
    bool first = true;
    for (const auto& [key, group] : groups) {  // keys begin with the model: parents before children
        if (!first) list.raw(",");
        first = false;
        write_group(out, group);
    }
    list.raw("]");
    object.end();
    return out;
}

}  // namespace ct::sync
