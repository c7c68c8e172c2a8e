#include "server/verify.h"

#include <nlohmann/json.hpp>

#include "crm/json_codec.h"

namespace ct::server {

namespace {

constexpr std::int64_t kBucketsMax = 256;

struct Bucket {
    std::int64_t count = 0;
    std::uint64_t digest = 0;
};

struct Question {
    std::vector<crm::Model> models;
    std::size_t buckets = 256;
};

Result<Question> read_question(const std::string& body) {
    const auto malformed = [](std::string message) {
        return fail(ErrorKind::invalid, "MALFORMED", std::move(message));
    };
    const auto document = crm::parse_json(body);
    if (!document) return fail(document.error());
    if (!document->is_object()) return malformed("body must be a JSON object");
    Question question;
    if (const auto at = document->find("buckets"); at != document->end() && !at->is_null()) {
        const bool fits = at->is_number_integer() && *at >= 1 && *at <= kBucketsMax;
        if (!fits) return malformed("buckets must be a whole number from 1 to 256");
        question.buckets = at->get<std::size_t>();
    }
    const auto models = document->find("models");
    if (models == document->end() || models->is_null()) {
        for (const crm::ModelDef& model : crm::models()) question.models.push_back(model.model);
        return question;
    }
    if (!models->is_array()) return malformed("models must be an array");
    for (const auto& entry : *models) {
        const auto model = entry.is_string() ? crm::find_model(entry.get<std::string>()) : std::nullopt;
        if (!model) return malformed("models must hold names of models");
        question.models.push_back(*model);
    }
    return question;
}

std::string hex(std::uint64_t value) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift & 0xff));
    return to_hex(bytes);
}

void write_buckets(crm::JsonWriter& json, const std::vector<Bucket>& buckets) {
    json.raw("{\"counts\":[");
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        if (i > 0) json.raw(",");
        json.number(buckets[i].count);
    }
    json.raw("],\"digests\":[");
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        if (i > 0) json.raw(",");
        json.string(hex(buckets[i].digest));
    }
    json.raw("]}");
}

}  // namespace

std::uint64_t record_digest(const Uuid& id, std::int64_t version) {
    std::string bytes(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
    for (int shift = 0; shift < 64; shift += 8) {
        bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(version) >> shift & 0xff));
    }
    return checksum64(bytes);
}

Answer verify(Storage& storage, const Session& session, const std::string& body) {
    const auto question = read_question(body);
    if (!question) return refuse(question.error());
    auto transaction = storage.begin_read(session.user.workspace.key);
    if (!transaction) return refuse(transaction.error());
    const Viewer viewer{session.user.id, session.user.role != Role::employee};

    std::string text = "{\"epoch\":";
    crm::JsonWriter json(text);
    json.string(storage.epoch());
    json.raw(",\"version\":");
    json.number((*transaction)->version());
    json.raw(",\"models\":{");
    for (std::size_t i = 0; i < question->models.size(); ++i) {
        std::vector<Bucket> buckets(question->buckets);
        const auto read = (*transaction)->versions(question->models[i], viewer, [&](const RowView& row) {
            const Uuid id = Uuid::parse(row.id).value_or(Uuid{});
            Bucket& bucket = buckets[id.bytes[15] % buckets.size()];
            ++bucket.count;
            bucket.digest += record_digest(id, row.version);
            return true;
        });
        if (!read) return refuse(read.error());
        if (i > 0) json.raw(",");
        json.string(crm::name(question->models[i]));
        json.raw(":");
        write_buckets(json, buckets);
    }
    json.raw("}}");
    return text;
}

}  // namespace ct::server
