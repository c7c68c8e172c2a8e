// Codec of pushes: operations up, verdicts down.
#include <algorithm>
#include <array>

#include "crm/validate.h"
#include "sync/stamp.h"
#include "sync/wire.h"
#include "sync/wire_json.h"
#include "sync/wire_operation.h"

namespace ct::sync {

using crm::JsonWriter;
using wire::json;
using wire::ObjectWriter;
using wire::Reader;

namespace {

constexpr std::array<std::string_view, 5> kVerdicts{"applied", "merged", "superseded", "conflict", "rejected"};

void write_operation(std::string& out, const Operation& operation) {
    ObjectWriter object(out);
    object.text("id", operation.id.str()).text("operation", name(operation.kind));
    object.text("model", crm::name(operation.model)).text("recordId", operation.record.str());
    object.integer("base", operation.base).text("stamp", operation.stamp);
    if (operation.policy != crm::Policy::lww) object.text("policy", crm::name(operation.policy));
    if (!operation.group.nil()) object.text("group", operation.group.str());
    if (operation.kind != OperationKind::remove) {
        crm::write_changes(object.begin("data"), operation.model, operation.changes);
        if (!operation.seen.fields.empty()) {
            crm::write_changes(object.begin("before"), operation.model, operation.seen);
        }
    }
    object.end();
}

/// Everything of an operation but its id. Faults here reject this operation alone.
Result<Operation> read_operation(const json& object, const std::string& path) {
    Reader reader(object, path);
    Operation operation;
    operation.id = reader.uuid("id");
    operation.record = reader.uuid("recordId");
    operation.base = reader.integer_or("base", 0);
    operation.stamp = reader.text("stamp");
    operation.group = reader.uuid_or_nil("group");
    const auto kind = find_kind(reader.text("operation"));
    if (!kind) reader.fault("operation", "must be CREATE, UPDATE or DELETE");
    const std::string model_name = reader.text("model");
    const std::string policy_name = reader.text_or("policy", "lww");
    if (!reader.ok()) return reader.failure();
    operation.kind = *kind;

    const auto model = crm::find_model(model_name);
    if (!model) return fail(ErrorKind::invalid, "UNKNOWN_MODEL", "there is no model \"" + model_name + "\"", "model");
    operation.model = *model;
    const auto policy = crm::find_policy(policy_name);
    if (!policy)
        return fail(ErrorKind::invalid, "UNKNOWN_POLICY", "there is no policy \"" + policy_name + "\"", "policy");
    operation.policy = *policy;
    if (!parse_stamp(operation.stamp)) {
        return fail(ErrorKind::invalid, "INVALID_STAMP", "the stamp is not of the form ms-counter-device", "stamp");
    }
    if (operation.kind == OperationKind::remove) return operation;

    const json* data = reader.object("data");
    if (data == nullptr) return reader.failure();
    auto changes = crm::read_changes(operation.model, *data);
    if (!changes) return fail(changes.error());
    operation.changes = std::move(*changes);
    // Not in the contract, and only a help: what cannot be read is as if it were not said.
    if (const json* before = reader.find("before"); before != nullptr && before->is_object()) {
        if (auto seen = crm::read_changes(operation.model, *before)) operation.seen = merging(*model, *seen);
    }
    return operation;
}

Result<std::optional<crm::Record>> read_record(const json& object, const std::string& path) {
    Reader reader(object, path);
    crm::Record record;
    record.id = reader.uuid("id");
    const auto model = crm::find_model(reader.text("model"));
    if (!model) reader.fault("model", "is not known");
    record.version = reader.integer("version");
    record.deleted = reader.flag_or("deleted", false);
    record.created_at = reader.time_or("createdAt", 0);
    record.updated_at = reader.time_or("updatedAt", 0);
    if (!reader.ok()) return reader.failure();
    record.model = *model;
    json data = object;
    data.erase("model");
    auto changes = crm::read_changes(*model, data, crm::Misfits::keep_aside);
    if (!changes) {
        Error error = changes.error();
        error.message.insert(0, path + ": ");
        return fail(std::move(error));
    }
    crm::apply(record, *changes);
    return std::optional(std::move(record));
}

void write_result(std::string& out, const OperationResult& result) {
    ObjectWriter object(out);
    object.text("id", result.id.str()).text("status", name(result.verdict)).integer("version", result.version);
    if (result.record) object.raw("record", encode_record(*result.record));
    if (!result.fields.empty()) {
        JsonWriter& list = object.begin("fields");
        for (std::size_t i = 0; i < result.fields.size(); ++i) {
            list.raw(i == 0 ? "[" : ",");
            list.string(result.fields[i]);
        }
        list.raw("]");
    }
    if (result.record && !result.overrode.fields.empty()) {
        crm::write_changes(object.begin("overrode"), result.record->model, result.overrode);
    }
    if (result.revived) object.flag("revived", true);
    if (!result.by.empty()) object.text("by", result.by);
    if (result.verdict == Verdict::rejected) {
        object.begin("error");
        ObjectWriter error(out);
        error.text("code", result.error.code);
        if (!result.error.field.empty()) error.text("field", result.error.field);
        error.text("message", result.error.message).end();
    }
    object.end();
}

Result<OperationResult> read_result(const json& object, const std::string& path) {
    if (!object.is_object()) return wire::malformed(path, "must be an object");
    Reader reader(object, path);
    OperationResult result;
    result.id = reader.uuid("id");
    const auto verdict = find_verdict(reader.text("status"));
    if (!verdict) reader.fault("status", "is not a verdict");
    if (!reader.ok()) return reader.failure();
    result.verdict = *verdict;
    result.version = *verdict == Verdict::rejected ? reader.integer_or("version", 0) : reader.integer("version");
    if (const json* fields = reader.find("fields"); fields != nullptr && fields->is_array()) {
        for (const json& field : *fields) {
            if (field.is_string()) result.fields.push_back(field.get<std::string>());
        }
    }
    if (const json* record = reader.find("record"); record != nullptr && record->is_object()) {
        auto read = read_record(*record, path + ".record");
        if (!read) return fail(read.error());
        result.record = std::move(*read);
        const json* overrode = reader.find("overrode");
        if (overrode != nullptr && overrode->is_object()) {
            if (auto values = crm::read_changes(result.record->model, *overrode)) result.overrode = std::move(*values);
        }
    }
    if (const json* back = reader.find("revived"); back != nullptr && back->is_boolean())
        result.revived = back->get<bool>();
    if (const json* by = reader.find("by"); by != nullptr && by->is_string()) result.by = by->get<std::string>();
    if (*verdict == Verdict::rejected) {
        const json* error = reader.object("error");
        if (error == nullptr) return reader.failure();
        Reader error_reader(*error, path + ".error");
        result.error = {ErrorKind::invalid, error_reader.text("code"), error_reader.text_or("message"),
                        error_reader.text_or("field")};
        if (!error_reader.ok()) return error_reader.failure();
    }
    if (!reader.ok()) return reader.failure();
    return result;
}

}  // namespace

std::string_view name(Verdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }

std::optional<Verdict> find_verdict(std::string_view wanted) {
    const auto at = std::find(kVerdicts.begin(), kVerdicts.end(), wanted);
    if (at == kVerdicts.end()) return std::nullopt;
    return static_cast<Verdict>(at - kVerdicts.begin());
}

/// Whether a member of this name would stand there twice. A field that is not set hides nothing: the value kept aside
/// is what a newer server wrote there and this version could not read.
static bool hides_member(const crm::Record& record, std::string_view member) {
    if (member == "model" || crm::is_system_name(member)) return true;
    const auto field = crm::find_field(record.model, member);
    return field && (crm::def(record.model, *field).derived() || record.fields.has(*field));
}

std::string encode_record(const crm::Record& record) {
    std::string out;
    ObjectWriter object(out);
    object.text("id", record.id.str()).text("model", crm::name(record.model)).integer("version", record.version);
    object.flag("deleted", record.deleted).time("createdAt", record.created_at).time("updatedAt", record.updated_at);
    record.fields.each([&](crm::FieldId id, const crm::ValueView& value) {
        const crm::FieldDef& field = crm::def(record.model, id);
        if (!field.derived()) crm::write_value(object.begin(field.name), field, value);
    });
    if (record.extra.view().size() > 2) {  // more than {}
        const json extra = json::parse(record.extra.view(), nullptr, false);
        if (extra.is_object()) {
            for (const auto& [member, value] : extra.items()) {
                if (!hides_member(record, member)) object.raw(member, value.dump());
            }
        }
    }
    object.end();
    return out;
}

std::string encode(const PushRequest& request) {
    std::string out;
    ObjectWriter object(out);
    object.integer("protocol", request.protocol).text("deviceId", request.device_id).text("epoch", request.epoch);
    object.integer("sequence", request.sequence);
    object.waiting(request.waiting);
    JsonWriter& list = object.begin("operations");
    list.raw("[");
    for (std::size_t i = 0; i < request.operations.size(); ++i) {
        if (i > 0) list.raw(",");
        write_operation(out, request.operations[i]);
    }
    list.raw("]");
    object.end();
    return out;
}

Result<PushRequest> decode_push_request(std::string_view body) {
    const auto document = wire::parse_object(body);
    if (!document) return fail(document.error());
    Reader reader(*document);
    PushRequest request;
    request.protocol = reader.integer("protocol");
    request.device_id = reader.text("deviceId");
    request.epoch = reader.text_or("epoch");
    request.sequence = reader.integer("sequence");
    request.waiting = reader.waiting();
    const json* list = reader.array("operations");
    if (!reader.ok()) return reader.failure();
    request.operations.reserve(list->size());
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string path = "operations[" + std::to_string(i) + "]";
        const json& entry = (*list)[i];
        if (!entry.is_object()) return wire::malformed(path, "must be an object");
        // Without an id there is nothing to hang a verdict on; and a group takes effect all or none, whatever else of
        // its operations cannot be read.
        Reader frame(entry, path);
        const Uuid id = frame.uuid("id");
        const Uuid group = frame.find("group") == nullptr ? Uuid{} : frame.uuid("group");
        if (!frame.ok()) return frame.failure();

        auto operation = read_operation(entry, path);
        if (operation) {
            request.operations.push_back(std::move(*operation));
            if (!request.faults.empty()) request.faults.emplace_back();
            continue;
        }
        request.faults.resize(request.operations.size());
        request.faults.emplace_back(operation.error());
        Operation& unreadable = request.operations.emplace_back();
        unreadable.id = id;
        unreadable.group = group;
    }
    return request;
}

std::string encode(const PushAnswer& answer) {
    std::string out;
    ObjectWriter object(out);
    object.text("epoch", answer.epoch).integer("sequence", answer.sequence).integer("version", answer.version);
    object.time("serverTime", answer.server_time);
    JsonWriter& list = object.begin("results");
    list.raw("[");
    for (std::size_t i = 0; i < answer.results.size(); ++i) {
        if (i > 0) list.raw(",");
        write_result(out, answer.results[i]);
    }
    list.raw("]");
    for (std::size_t i = 0; i < answer.later.size(); ++i) {
        if (i == 0) object.begin("later");
        list.raw(i == 0 ? "[" : ",");
        list.raw(encode_record(answer.later[i]));
    }
    if (!answer.later.empty()) list.raw("]");
    object.end();
    return out;
}

Result<PushAnswer> decode_push_answer(std::string_view body) {
    const auto document = wire::parse_object(body);
    if (!document) return fail(document.error());
    Reader reader(*document);
    PushAnswer answer;
    answer.epoch = reader.text("epoch");
    answer.sequence = reader.integer("sequence");
    answer.version = reader.integer("version");
    answer.server_time = reader.time("serverTime");
    const json* list = reader.array("results");
    if (!reader.ok()) return reader.failure();
    answer.results.reserve(list->size());
    for (std::size_t i = 0; i < list->size(); ++i) {
        auto result = read_result((*list)[i], "results[" + std::to_string(i) + "]");
        if (!result) return fail(result.error());
        answer.results.push_back(std::move(*result));
    }
    const json* later = reader.find("later");
    if (later == nullptr || !later->is_array()) return answer;
    for (std::size_t i = 0; i < later->size(); ++i) {
        const std::string path = "later[" + std::to_string(i) + "]";
        const json& entry = (*later)[i];
        auto record = entry.is_object() ? read_record(entry, path) : wire::malformed(path, "must be an object");
        if (!record) return fail(record.error());
        answer.later.push_back(std::move(**record));
    }
    return answer;
}

std::string encode_operation(const Operation& operation) {
    std::string out;
    write_operation(out, operation);
    return out;
}

Result<Operation> decode_operation(std::string_view text) {
    const auto object = wire::parse_object(text);
    if (!object) return fail(object.error());
    return read_operation(*object, "operation");
}

std::size_t encoded_size(const Operation& operation) {
    std::string out;
    write_operation(out, operation);
    return out.size() + 1;
}

}  // namespace ct::sync
