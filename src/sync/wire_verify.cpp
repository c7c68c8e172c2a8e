// The codec of POST /api/sync/verify.
#include <algorithm>
#include <bit>
#include <charconv>

#include "sync/mirror.h"
#include "sync/wire_json.h"

namespace ct::sync {

namespace {

using crm::JsonWriter;
using wire::json;
using wire::ObjectWriter;
using wire::Reader;

/// `items` as an array, each written by `write`.
template <class Items, class Write>
void write_list(JsonWriter& out, const Items& items, Write write) {
    out.raw("[");
    bool first = true;
    for (const auto& item : items) {
        if (!first) out.raw(",");
        first = false;
        write(item);
    }
    out.raw("]");
}

/// An object with one member per model: the name, and what `write` makes of the entry.
template <class Entries, class Write>
void write_by_model(JsonWriter& out, const Entries& entries, Write write) {
    out.raw("{");
    bool first = true;
    for (const auto& [model, content] : entries) {
        if (!first) out.raw(",");
        first = false;
        out.string(crm::name(model));
        out.raw(":");
        write(content);
    }
    out.raw("}");
}

void write_model(JsonWriter& out, const VerifyModel& model, bool with_records) {
    out.raw("{\"counts\":");
    write_list(out, model.buckets, [&](const Bucket& bucket) { out.number(bucket.count); });
    out.raw(",\"digests\":");
    write_list(out, model.buckets, [&](const Bucket& bucket) { out.string(digest_text(bucket.digest)); });
    if (with_records) {
        out.raw(",\"records\":");
        write_list(out, model.records, [&](const VersionedId& record) {
            out.raw("[");
            out.string(record.id.str());
            out.raw(",");
            out.number(record.version);
            out.raw("]");
        });
    }
    out.raw("}");
}

/// Calls `read` for each member of `object` that is named like a model of ours; others are a newer peer's.
template <class Read>
Result<void> read_by_model(const json& object, const std::string& path, Read read) {
    if (!object.is_object()) return wire::malformed(path, "must be an object");
    for (const auto& [name, content] : object.items()) {
        const auto model = crm::find_model(name);
        if (!model) continue;
        if (auto done = read(*model, content, path + "." + name); !done) return done;
    }
    return {};
}

Result<Uuid> read_id(const json& value, const std::string& path) {
    const auto id = value.is_string() ? Uuid::parse(value.get_ref<const std::string&>()) : std::nullopt;
    if (!id) return wire::malformed(path, "must hold ids");
    return *id;
}

Result<std::int64_t> read_count(const json& value, const std::string& path) {
    if (!value.is_number_integer() || value < 0) return wire::malformed(path, "must hold whole numbers");
    return value.get<std::int64_t>();
}

Result<std::uint64_t> read_digest(const json& value, const std::string& path) {
    std::uint64_t digest = 0;
    const std::string text = value.is_string() ? value.get<std::string>() : std::string{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), digest, 16);
    if (text.size() != 16 || error != std::errc{} || end != text.data() + text.size()) {
        return wire::malformed(path, "must hold 16 hexadecimal digits");
    }
    return digest;
}

Result<void> read_buckets(const json& content, const std::string& path, VerifyModel& model) {
    Reader reader(content, path);
    const json* counts = reader.array("counts");
    const json* digests = reader.array("digests");
    if (!reader.ok()) return reader.failure();
    if (counts->size() != digests->size() || counts->size() > kBuckets || !std::has_single_bit(counts->size())) {
        return wire::malformed(path, "must have as many counts as digests, a power of two up to 256");
    }
    for (std::size_t i = 0; i < counts->size(); ++i) {
        const auto count = read_count((*counts)[i], path + ".counts");
        if (!count) return fail(count.error());
        const auto digest = read_digest((*digests)[i], path + ".digests");
        if (!digest) return fail(digest.error());
        model.buckets.push_back({*count, *digest});
    }
    return {};
}

Result<void> read_model(const json& content, const std::string& path, VerifyModel& model) {
    if (!content.is_object()) return wire::malformed(path, "must be an object");
    if (auto read = read_buckets(content, path, model); !read) return read;
    Reader reader(content, path);
    if (reader.find("records") == nullptr) return {};
    const json* records = reader.array("records");
    if (records == nullptr) return reader.failure();
    for (const json& entry : *records) {
        if (!entry.is_array() || entry.size() < 2) return wire::malformed(path + ".records", "must hold [id, version]");
        const auto id = read_id(entry[0], path + ".records");
        if (!id) return fail(id.error());
        const auto version = read_count(entry[1], path + ".records");
        if (!version) return fail(version.error());
        model.records.push_back({*id, *version});
    }
    return {};
}

Result<void> read_models(const json& list, VerifyRequest& request) {
    if (!list.is_array()) return wire::malformed("models", "must be an array");
    for (const json& entry : list) {
        if (!entry.is_string()) return wire::malformed("models", "must hold names of models");
        if (const auto model = crm::find_model(entry.get<std::string>())) request.models.push_back(*model);
    }
    if (request.models.empty() && !list.empty()) return wire::malformed("models", "names no model of this server");
    return {};
}

Result<void> read_list(const json& object, VerifyRequest& request) {
    return read_by_model(object, "list",
                         [&](crm::Model model, const json& content, const std::string& path) -> Result<void> {
                             if (!content.is_array()) return wire::malformed(path, "must be an array");
                             auto& wanted = request.list.emplace_back(model, std::vector<std::size_t>{}).second;
                             for (const json& entry : content) {
                                 const auto bucket = read_count(entry, path);
                                 if (!bucket) return fail(bucket.error());
                                 if (*bucket >= static_cast<std::int64_t>(request.buckets)) {
                                     return wire::malformed(path, "must hold numbers of buckets");
                                 }
                                 wanted.push_back(static_cast<std::size_t>(*bucket));
                             }
                             return {};
                         });
}

}  // namespace

std::string encode(const VerifyRequest& request) {
    std::string out;
    ObjectWriter object(out);
    if (!request.models.empty()) {
        JsonWriter& list = object.begin("models");
        write_list(list, request.models, [&](crm::Model model) { list.string(crm::name(model)); });
    }
    object.integer("buckets", static_cast<std::int64_t>(request.buckets));
    if (!request.cursor.empty()) object.text("cursor", request.cursor);
    if (!request.list.empty()) {
        JsonWriter& json = object.begin("list");
        write_by_model(json, request.list, [&](const std::vector<std::size_t>& buckets) {
            write_list(json, buckets, [&](std::size_t bucket) { json.number(static_cast<std::int64_t>(bucket)); });
        });
    }
    object.end();
    return out;
}

Result<VerifyRequest> decode_verify_request(std::string_view body) {
    const auto document = wire::parse_object(body);
    if (!document) return fail(document.error());
    Reader reader(*document);
    VerifyRequest request;
    const std::int64_t buckets = reader.integer_or("buckets", kBuckets);
    request.cursor = reader.text_or("cursor");
    if (!reader.ok()) return reader.failure();
    if (buckets < 1 || buckets > static_cast<std::int64_t>(kBuckets)) {
        return wire::malformed("buckets", "must be a whole number from 1 to 256");
    }
    request.buckets = static_cast<std::size_t>(buckets);
    if (const json* models = reader.find("models")) {
        if (auto read = read_models(*models, request); !read) return fail(read.error());
    }
    if (const json* list = reader.find("list")) {
        if (auto read = read_list(*list, request); !read) return fail(read.error());
    }
    return request;
}

std::string encode(const VerifyAnswer& answer) {
    std::string out;
    ObjectWriter object(out);
    object.text("epoch", answer.epoch).integer("version", answer.version);
    if (!answer.from.empty()) {
        object.text("from", answer.from).flag("behind", answer.behind);
        JsonWriter& json = object.begin("moved");
        write_by_model(json, answer.moved, [&](const std::vector<Uuid>& ids) {
            write_list(json, ids, [&](const Uuid& id) { json.string(id.str()); });
        });
    }
    JsonWriter& json = object.begin("models");
    json.raw("{");
    for (std::size_t i = 0; i < answer.models.size(); ++i) {
        if (i > 0) json.raw(",");
        json.string(crm::name(answer.models[i].model));
        json.raw(":");
        write_model(json, answer.models[i], !answer.models[i].records.empty());
    }
    json.raw("}");
    object.end();
    return out;
}

Result<VerifyAnswer> decode_verify_answer(std::string_view body) {
    const auto document = wire::parse_object(body);
    if (!document) return fail(document.error());
    Reader reader(*document);
    VerifyAnswer answer;
    answer.epoch = reader.text("epoch");
    answer.version = reader.integer("version");
    answer.from = reader.text_or("from");
    answer.behind = reader.flag_or("behind", false);
    const json* models = reader.object("models");
    if (!reader.ok()) return reader.failure();
    auto read = read_by_model(*models, "models", [&](crm::Model model, const json& content, const std::string& path) {
        VerifyModel& one = answer.models.emplace_back();
        one.model = model;
        return read_model(content, path, one);
    });
    if (!read) return fail(read.error());
    const json* moved = reader.find("moved");
    if (moved == nullptr) return answer;
    read = read_by_model(*moved, "moved",
                         [&](crm::Model model, const json& content, const std::string& path) -> Result<void> {
                             if (!content.is_array()) return wire::malformed(path, "must be an array");
                             auto& ids = answer.moved.emplace_back(model, std::vector<Uuid>{}).second;
                             for (const json& entry : content) {
                                 const auto id = read_id(entry, path);
                                 if (!id) return fail(id.error());
                                 ids.push_back(*id);
                             }
                             return {};
                         });
    if (!read) return fail(read.error());
    return answer;
}

}  // namespace ct::sync
