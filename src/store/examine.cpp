#include "store/examine.h"

#include <memory>

#include "base/disk.h"
#include "store/impl.h"
#include "store/journal.h"
#include "store/queue_table.h"
#include "store/schema.h"
#include "store/state_table.h"

namespace ct::store {

namespace {

using sqlite::Connection;

/// One text column of each row.
Result<void> each_text(Connection& connection, const std::string& sql,
                       const std::function<void(std::string_view)>& visit) {
    auto use = connection.prepare(sql);
    if (!use) return fail(use.error());
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        visit(use->column_text(0));
    }
}

Result<std::vector<std::string>> texts(Connection& connection, const std::string& sql) {
    std::vector<std::string> all;
    auto read = each_text(connection, sql, [&](std::string_view text) { all.emplace_back(text); });
    if (!read) return fail(read.error());
    return all;
}

/// As they stand at one moment.
Result<std::unique_ptr<Connection>> open_to_read(const std::string& file) {
    auto connection = Connection::open(file, true);
    if (!connection) return connection;
    if (auto begun = (*connection)->execute("BEGIN"); !begun) return fail(begun.error());
    return connection;
}

Result<void> read_counts(Connection& connection, Examined& into) {
    const auto tables = texts(connection, "SELECT name FROM sqlite_schema WHERE type='table' ORDER BY name");
    if (!tables) return fail(tables.error());
    for (const std::string& table : *tables) {
        const auto count = connection.integer("SELECT count(*) FROM " + quoted(table));
        if (!count) return fail(count.error());
        into.counts.emplace_back(table, *count);
    }
    return {};
}

Result<void> read_values(Connection& connection, Examined& into) {
    auto use = connection.prepare("SELECT key, value FROM sync_state");
    if (!use) return fail(use.error());
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        into.state.emplace(use->column_string(0), use->column_string(1));
    }
}

Result<void> read_queue(Connection& connection, std::size_t limit, Examined& into) {
    Journal none(system_disk(), {});
    QueueTable queue(connection, none);
    std::vector<Position> positions;
    auto listed = queue.each_entry([&](const QueueEntry& entry) { positions.push_back(entry.position); });
    if (!listed) return listed;
    for (const Position position : positions) {
        if (into.queue.size() >= limit) break;
        auto row = queue.read(position);
        if (row)
            into.queue.push_back(std::move(*row));
        else
            ++into.unreadable;
    }
    return {};
}

Result<void> read_attachments(Connection& connection, std::size_t limit, Examined& into) {
    auto use = connection.prepare(
        "SELECT id,model,recordId,name,type,size,state,sent,error,createdAt FROM attachment ORDER BY createdAt DESC "
        "LIMIT ?");
    if (!use) return fail(use.error());
    use->integer(static_cast<std::int64_t>(limit));
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        Attachment& attachment = into.attachments.emplace_back();
        attachment.id = use->column_uuid(0);
        attachment.model = crm::find_model(use->column_text(1)).value_or(crm::Model::lead);
        attachment.record = use->column_uuid(2);
        attachment.name = use->column_string(3);
        attachment.type = use->column_string(4);
        attachment.size = use->column_integer(5);
        attachment.state = find_attachment_state(use->column_text(6)).value_or(AttachmentState::failed);
        attachment.offset = use->column_integer(7);
        attachment.error = use->column_string(8);
        attachment.created_at = use->column_integer(9);
    }
}

/// Texts of changes as the queue and the audit trail hold them.
void visit_changes(crm::Model model, std::string_view json, const std::function<void(std::string_view)>& visit) {
    const auto changes = changes_from(model, json);
    if (!changes) return;
    for (const auto& [field, value] : changes->fields) {
        const auto* text = std::get_if<std::string>(&value);
        if (text != nullptr && is_personal(crm::def(model, field))) visit(*text);
    }
    if (!changes->extra.empty()) visit(changes->extra);
}

Result<void> each_changed_text(Connection& connection, const std::string& table, const std::string& columns,
                               const std::function<void(std::string_view)>& visit) {
    auto use = connection.prepare("SELECT model," + columns + " FROM " + table);
    if (!use) return fail(use.error());
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        const auto model = crm::find_model(use->column_text(0));
        if (!model) continue;
        visit_changes(*model, use->column_text(1), visit);
        visit_changes(*model, use->column_text(2), visit);
    }
}

}  // namespace

bool is_personal(const crm::FieldDef& field) {
    switch (field.type) {
        case crm::FieldType::text:
        case crm::FieldType::multiline:
        case crm::FieldType::phone:
        case crm::FieldType::email:
        case crm::FieldType::money:
        case crm::FieldType::labels: return true;
        case crm::FieldType::choice:
        case crm::FieldType::currency:
        case crm::FieldType::instant:
        case crm::FieldType::flag:
        case crm::FieldType::reference:
        case crm::FieldType::integer: break;
    }
    return false;
}

Result<Examined> examine(const std::string& file, std::size_t limit) {
    auto connection = open_to_read(file);
    if (!connection) return fail(connection.error());
    Examined found;
    auto schema = texts(**connection, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name");
    if (!schema) return fail(schema.error());
    found.schema = std::move(*schema);
    if (auto read = read_counts(**connection, found); !read) return fail(read.error());
    if (auto read = read_values(**connection, found); !read) return fail(read.error());
    if (auto read = read_queue(**connection, limit, found); !read) return fail(read.error());
    if (auto read = read_attachments(**connection, limit, found); !read) return fail(read.error());
    auto history = read_history(**connection, limit);
    if (!history) return fail(history.error());
    found.history = std::move(*history);
    return found;
}

Result<void> each_personal_text(const std::string& file, const std::function<void(std::string_view)>& visit) {
    auto connection = open_to_read(file);
    if (!connection) return fail(connection.error());
    for (const crm::ModelDef& model : crm::models()) {
        for (const bool shadow : {false, true}) {
            const std::string table = quoted(record_table_name(model.model, shadow));
            for (const crm::FieldDef& field : model.fields) {
                if (!is_personal(field)) continue;
                const std::string column = quoted(field.name);
                auto read = each_text(
                    **connection, "SELECT " + column + " FROM " + table + " WHERE " + column + " IS NOT NULL", visit);
                if (!read) return read;
            }
        }
    }
    if (auto read = each_changed_text(**connection, "sync_queue", "data,before", visit); !read) return read;
    if (auto read = each_changed_text(**connection, "audit", "before,after", visit); !read) return read;
    return each_text(**connection, "SELECT name FROM attachment", visit);
}

}  // namespace ct::store
