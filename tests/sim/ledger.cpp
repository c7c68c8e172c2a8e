#include "sim/ledger.h"

#include "crm/json_codec.h"

namespace ct::sim {

using nlohmann::json;

json as_json(crm::Model model, const crm::Changes& changes) {
    std::string text;
    crm::JsonWriter writer(text);
    crm::write_changes(writer, model, changes);
    return json::parse(text);
}

void Ledger::note(const std::vector<client::Edit>& edits, bool surely) {
    for (const client::Edit& edit : edits) {
        Promise& promise = promises_[edit.record];
        promise.model = edit.model;
        promise.created = promise.created || edit.kind == sync::OperationKind::create;
        promise.removed = promise.removed || edit.kind == sync::OperationKind::remove;
        if (edit.kind == sync::OperationKind::remove) continue;
        const json values = as_json(edit.model, edit.changes);
        for (const auto& item : values.items()) {
            const auto known = promise.fields.find(item.key());
            if (!surely && known == promise.fields.end()) continue;
            auto& accepted = promise.fields[item.key()];
            if (surely) accepted.clear();
            const bool empty = item.value() == "" || item.value() == json::array();  // saved as a field without a value
            accepted.insert(empty ? "null" : item.value().dump());
        }
    }
}

void Ledger::saved(const std::vector<client::Edit>& edits) { note(edits, true); }
void Ledger::perhaps(const std::vector<client::Edit>& edits) {
    for (const client::Edit& edit : edits) {
        const auto at = promises_.find(edit.record);
        if (at == promises_.end()) continue;
        if (edit.kind == sync::OperationKind::remove) {  // it may have cancelled the creation
            promises_.erase(at);
            continue;
        }
        note({edit}, false);
    }
}
void Ledger::forget(const Uuid& record) { promises_.erase(record); }

std::string Wire::passed(const http::Request& request, const http::Response& response, bool copies_about) {
    if (request.path != "/api/sync/push") return {};
    const json sent = json::parse(request.body, nullptr, false);
    if (!sent.is_object() || !sent.contains("operations")) return "a push is no JSON object";
    ++pushes_;
    for (const json& operation : sent["operations"]) {
        const std::string id = operation.value("id", "");
        const auto [first, is_first] = contents_.emplace(id, operation.dump());
        if (!is_first && first->second != operation.dump() && !copies_about)
            return "rule 7: operation " + id + " was altered after it was sent: " + first->second + " became " +
                   operation.dump();
    }
    if (response.status != 200) return {};
    const json answer = json::parse(response.body, nullptr, false);
    if (!answer.is_object() || answer["results"].size() != sent["operations"].size())
        return "a push answer without one result per operation";
    for (const json& result : answer["results"]) {
        const std::string verdict = result.value("status", ""), id = result.value("id", "");
        const std::int64_t version = result.value("version", std::int64_t{-1});
        if (version < 0 || version > answer.value("version", std::int64_t{0})) {
            return "operation " + id + " was answered with version " + std::to_string(version) +
                   ", which the workspace never had: " + verdict;
        }
        if (verdict == "rejected") continue;
        const std::string said = verdict + " " + std::to_string(version);
        const auto [first, is_first] = answers_.emplace(id, said);
        if (first->second != said) {
            return "rule 3: operation " + id + " was answered \"" + first->second + "\" and then \"" + said + "\"";
        }
    }
    return {};
}

}  // namespace ct::sim
