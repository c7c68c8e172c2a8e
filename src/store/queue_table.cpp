#include "store/queue_table.h"

#include <nlohmann/json.hpp>

#include "crm/json_codec.h"
#include "crm/tables.h"
#include "store/schema.h"

namespace ct::store {

namespace {

using sqlite::Use;
using sync::QueuedOperation;

Failure damaged(Position position, std::string_view what) {
    return fail(ErrorKind::corrupt, "ROW_DAMAGED",
                "entry " + std::to_string(position) + " of the queue was damaged on the disk: " + std::string(what));
}

constexpr const char* kInsert =
    "INSERT INTO sync_queue(position,id,operation,model,recordId,parentId,data,base,before,stamp,policy,groupId,userId,"
    "createdAt,sequence,error,errorMessage,retryCount,state,bytes) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr const char* kUpdate =
    "UPDATE sync_queue SET "
    "id=?,base=?,stamp=?,policy=?,groupId=?,sequence=?,error=?,errorMessage=?,retryCount=?,state=? "
    "WHERE position=?";
constexpr const char* kRead =
    "SELECT id,operation,model,recordId,data,base,before,stamp,policy,groupId,userId,createdAt,sequence,error,"
    "errorMessage,retryCount,state FROM sync_queue WHERE position=?";
constexpr const char* kEntries =
    "SELECT position,id,recordId,parentId,groupId,model,operation,state,sequence,createdAt,bytes,error,retryCount "
    "FROM sync_queue ORDER BY position";

}  // namespace

std::optional<crm::FieldId> due_field(crm::Model model) {
    switch (model) {
        case crm::Model::payment: return crm::field_id(crm::Model::payment, "dueDate");
        case crm::Model::reminder: return crm::field_id(crm::Model::reminder, "reminderDate");
        case crm::Model::lead:
        case crm::Model::note: break;
    }
    return std::nullopt;
}

std::string changes_text(crm::Model model, const crm::Changes& changes) {
    if (changes.empty()) return {};
    std::string text;
    crm::JsonWriter json(text);
    crm::write_changes(json, model, changes);
    return text;
}

Result<crm::Changes> changes_from(crm::Model model, std::string_view text) {
    if (text.empty()) return crm::Changes{};
    const auto json = crm::parse_json(text);
    if (!json) return fail(json.error());
    return crm::read_changes(model, *json);
}

Uuid QueueTable::parent_of(const sync::Operation& operation) {
    const auto field = crm::def(operation.model).parent;
    const crm::Value* value = field ? operation.changes.find(*field) : nullptr;
    const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
    const auto parsed = text == nullptr ? std::nullopt : Uuid::parse(*text);
    return parsed.value_or(Uuid{});
}

Result<void> QueueTable::insert(const QueueEntry& entry, const QueuedOperation& queued) {
    auto use = connection_.prepare(kInsert);
    if (!use) return fail(use.error());
    const sync::Operation& operation = queued.operation;
    const std::string data = changes_text(operation.model, operation.changes);
    const std::string before = changes_text(operation.model, queued.before);
    use->integer(entry.position).uuid(operation.id).text(name(operation.kind)).text(crm::name(operation.model));
    use->uuid(operation.record).uuid_or_null(entry.parent).text_or_null(data).integer(operation.base);
    use->text_or_null(before).text(operation.stamp).text(crm::name(operation.policy)).uuid_or_null(operation.group);
    use->text(queued.user).integer(queued.created_at).integer(queued.sequence).text_or_null(queued.error_code);
    use->text_or_null(queued.error_message).integer(queued.retry_count).text(name(queued.state)).integer(entry.bytes);
    journal_.put(entry.position, queued);
    return use->run();
}

Result<void> QueueTable::remove(Position position) {
    auto use = connection_.prepare("DELETE FROM sync_queue WHERE position=?");
    if (!use) return fail(use.error());
    journal_.gone(position);
    return use->integer(position).run();
}

Result<void> QueueTable::update(const QueueEntry& entry, const QueuedOperation& queued) {
    auto use = connection_.prepare(kUpdate);
    if (!use) return fail(use.error());
    const sync::Operation& operation = queued.operation;
    use->uuid(operation.id).integer(operation.base).text(operation.stamp).text(crm::name(operation.policy));
    use->uuid_or_null(operation.group).integer(queued.sequence).text_or_null(queued.error_code);
    use->text_or_null(queued.error_message).integer(queued.retry_count).text(name(queued.state));
    journal_.put(entry.position, queued);
    return use->integer(entry.position).run();
}

Result<void> QueueTable::mark_sent(Position position, std::int64_t sequence, UnixMs now) {
    auto use = connection_.prepare("UPDATE sync_queue SET state='SENT',sequence=?,syncedAt=? WHERE position=?");
    if (!use) return fail(use.error());
    journal_.state(position, sync::QueueState::sent, sequence);
    return use->integer(sequence).integer(now).integer(position).run();
}

Result<void> QueueTable::set_state(Position position, sync::QueueState state, std::int64_t sequence) {
    auto use = connection_.prepare("UPDATE sync_queue SET state=? WHERE position=?");
    if (!use) return fail(use.error());
    journal_.state(position, state, sequence);
    return use->text(name(state)).integer(position).run();
}

Result<QueuedOperation> QueueTable::read(Position position) {
    auto use = connection_.prepare(kRead);
    if (!use) return fail(use.error());
    const auto row = use->integer(position).step();
    if (!row) return fail(row.error());
    if (!*row) return damaged(position, "it is gone");
    QueuedOperation queued;
    sync::Operation& operation = queued.operation;
    const auto kind = sync::find_kind(use->column_text(1));
    const auto model = crm::find_model(use->column_text(2));
    const auto policy = crm::find_policy(use->column_text(8));
    const auto state = sync::find_queue_state(use->column_text(16));
    if (!kind || !model || !policy || !state) return damaged(position, "unknown operation, model, policy or state");
    auto changes = changes_from(*model, use->column_text(4));
    auto before = changes_from(*model, use->column_text(6));
    if (!changes || !before) return damaged(position, (changes ? before : changes).error().message);
    operation.id = use->column_uuid(0);
    operation.kind = *kind;
    operation.model = *model;
    operation.record = use->column_uuid(3);
    operation.base = use->column_integer(5);
    operation.stamp = use->column_string(7);
    operation.policy = *policy;
    operation.group = use->column_uuid(9);
    operation.changes = std::move(*changes);
    queued.before = std::move(*before);
    operation.seen = sync::merging(*model, queued.before);
    queued.user = use->column_string(10);
    queued.created_at = use->column_integer(11);
    queued.sequence = use->column_integer(12);
    queued.error_code = use->column_string(13);
    queued.error_message = use->column_string(14);
    queued.retry_count = static_cast<int>(use->column_integer(15));
    queued.state = *state;
    return queued;
}

Result<void> QueueTable::each_stamp(const std::function<void(const Uuid&, std::string_view)>& visit) {
    auto use = connection_.prepare("SELECT id, stamp FROM sync_queue");
    if (!use) return fail(use.error());
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        visit(use->column_uuid(0), use->column_text(1));
    }
}

Result<void> QueueTable::each_entry(const std::function<void(const QueueEntry&)>& visit) {
    auto use = connection_.prepare(kEntries);
    if (!use) return fail(use.error());
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        QueueEntry entry;
        entry.position = use->column_integer(0);
        const auto model = crm::find_model(use->column_text(5));
        const auto kind = sync::find_kind(use->column_text(6));
        const auto state = sync::find_queue_state(use->column_text(7));
        if (!model || !kind || !state) return damaged(entry.position, "unknown model, operation or state");
        entry.id = use->column_uuid(1);
        entry.record = use->column_uuid(2);
        entry.parent = use->column_uuid(3);
        entry.group = use->column_uuid(4);
        entry.model = *model;
        entry.kind = *kind;
        entry.state = *state;
        entry.sequence = use->column_integer(8);
        entry.created_at = use->column_integer(9);
        entry.bytes = use->column_integer(10);
        entry.wants_parent = use->column_text(11) == "MISSING_PARENT";
        entry.parent_news = entry.state != sync::QueueState::parked;  // it was free to go
        entry.retry_count = static_cast<int>(use->column_integer(12));
        visit(entry);
    }
}

Result<void> QueueTable::each_due(const std::function<void(Position, UnixMs)>& visit) {
    for (const crm::ModelDef& model : crm::models()) {
        const auto field = due_field(model.model);
        if (!field) continue;
        const std::string due = "r." + store::quoted(model.fields[*field].name);
        auto use = connection_.prepare("SELECT q.position," + due + " FROM sync_queue q JOIN " +
                                       store::quoted(record_table_name(model.model, false)) +
                                       " r ON r.id=q.recordId WHERE q.model='" + std::string(model.name) + "' AND " +
                                       due + " IS NOT NULL");
        if (!use) return fail(use.error());
        for (;;) {
            const auto row = use->step();
            if (!row) return fail(row.error());
            if (!*row) break;
            visit(use->column_integer(0), use->column_integer(1));
        }
    }
    return {};
}

}  // namespace ct::store
