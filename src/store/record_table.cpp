#include "store/record_table.h"

#include <array>
#include <cstring>
#include <limits>

#include "base/digest.h"
#include "crm/tables.h"
#include "store/schema.h"

namespace ct::store {

namespace {

enum Column {
    kId,
    kVersion,
    kCreatedAt,
    kUpdatedAt,
    kDeleted,
    kSyncStatus,
    kLastSyncedAt,
    kExtra,
    kChecksum,
    kFirstField
};
constexpr std::string_view kColumnNames =
    "id, version, createdAt, updatedAt, deleted, syncStatus, lastSyncedAt, extra, checksum";

constexpr std::array kStatuses{crm::SyncStatus::synced, crm::SyncStatus::pending, crm::SyncStatus::syncing,
                               crm::SyncStatus::conflict, crm::SyncStatus::error};

crm::SyncStatus status_from(std::string_view text) {
    for (const crm::SyncStatus status : kStatuses) {
        if (crm::name(status) == text) return status;
    }
    return crm::SyncStatus::pending;
}

/// Tells fields apart in a checksum, whatever their place in the table becomes (FNV-1a of the name).
constexpr std::uint16_t name_tag(std::string_view name) {
    std::uint32_t hash = 2166136261U;
    for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
    return static_cast<std::uint16_t>(hash ^ (hash >> 16));
}

template <class T>
void append_bytes(std::string& out, const T& value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out.append(bytes, sizeof(T));
}

void append_text(std::string& out, std::string_view text) {
    append_bytes(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
}

/// Over content, not over the packed form: that one changes with the table of fields.
std::int64_t checksum_of(const crm::Record& record, const crm::Fields& fields, std::string& scratch) {
    scratch.clear();
    append_bytes(scratch, record.id.bytes);
    const std::int64_t numbers[] = {record.version, record.created_at, record.updated_at, record.last_synced_at,
                                    static_cast<std::int64_t>(record.sync_status) * 2 + (record.deleted ? 1 : 0)};
    append_bytes(scratch, numbers);
    append_text(scratch, record.extra);
    const auto defs = crm::def(record.model).fields;
    fields.each([&](crm::FieldId field, crm::ValueView value) {
        append_bytes(scratch, name_tag(defs[field].name));
        if (const auto* text = std::get_if<std::string_view>(&value)) {
            append_text(scratch, *text);
        } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
            append_bytes(scratch, *number);
        } else if (const auto* flag = std::get_if<bool>(&value)) {
            append_bytes(scratch, std::int64_t{*flag});
        }
    });
    return static_cast<std::int64_t>(checksum64(scratch));
}

}  // namespace

RecordTable::RecordTable(sqlite::Connection& connection, crm::Model model, bool shadow, bool foreign)
    : connection_(connection), model_(model), foreign_(foreign), name_(quoted(record_table_name(model, shadow))) {
    std::string columns(kColumnNames), marks = "?,?,?,?,?,?,?,?,?";
    const auto fields = crm::def(model).fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        columns.append(", ").append(quoted(fields[i].name));
        marks.append(",?");
        flag_[i] = fields[i].type == crm::FieldType::flag;
    }
    select_ = "SELECT " + columns + " FROM " + name_ + " WHERE id=?";
    scan_ = "SELECT " + columns + " FROM " + name_ + " WHERE deleted=0";
    scan_some_ =
        "SELECT " + columns + ", rowid FROM " + name_ + " WHERE deleted=0 AND rowid<? ORDER BY rowid DESC LIMIT ?";
    insert_ = "INSERT INTO " + name_ + "(" + columns + ") VALUES(" + marks + ") ON CONFLICT DO NOTHING";
    put_ = "INSERT INTO " + name_ + "(" + columns + ") VALUES(" + marks + ") ON CONFLICT(id) DO UPDATE SET ";
    const auto set = [this](std::string_view column) {
        const std::string name = quoted(column);
        put_.append(name).append("=excluded.").append(name).append(",");
    };
    for (const std::string_view column :
         {"version", "createdAt", "updatedAt", "deleted", "syncStatus", "lastSyncedAt", "extra", "checksum"}) {
        set(column);
    }
    for (const crm::FieldDef& field : fields) set(field.name);
    put_.pop_back();
    remove_ = "DELETE FROM " + name_ + " WHERE id=? RETURNING version, deleted";
    stand_ = "SELECT version, deleted FROM " + name_ + " WHERE id=?";
    scan_all_ = "SELECT " + columns + " FROM " + name_;
    count_ = "SELECT count(*) FROM " + name_ + " WHERE deleted=0";
}

bool RecordTable::read(const sqlite::Use& use, crm::Record& record) {
    record.model = model_;
    record.id = use.column_uuid(kId);
    record.version = use.column_integer(kVersion);
    record.created_at = use.column_integer(kCreatedAt);
    record.updated_at = use.column_integer(kUpdatedAt);
    record.deleted = use.column_integer(kDeleted) != 0;
    record.sync_status = status_from(use.column_text(kSyncStatus));
    record.last_synced_at = use.column_integer(kLastSyncedAt);
    record.extra = use.column_text(kExtra);
    fields_.clear();
    const std::size_t count = crm::def(model_).fields.size();
    for (std::size_t i = 0; i < count; ++i) {
        const crm::ValueView value = use.column_value(static_cast<int>(kFirstField + i));
        if (crm::absent(value)) continue;
        const auto* number = std::get_if<std::int64_t>(&value);
        if (flag_[i] && number != nullptr) {
            fields_.append(static_cast<crm::FieldId>(i), *number != 0);
        } else {
            fields_.append(static_cast<crm::FieldId>(i), value);
        }
    }
    record.fields = fields_;
    return foreign_ || checksum_of(record, fields_, scratch_) == use.column_integer(kChecksum);
}

Result<void> RecordTable::write(sqlite::Use& use, const crm::Record& record) {
    use.uuid(record.id).integer(record.version).integer(record.created_at).integer(record.updated_at);
    use.integer(record.deleted ? 1 : 0).text(crm::name(record.sync_status)).integer(record.last_synced_at);
    use.text_or_null(record.extra).integer(checksum_of(record, record.fields, scratch_));
    std::size_t next = 0;
    const auto absent_until = [&](std::size_t field) {
        for (; next < field; ++next) use.null();
    };
    record.fields.each([&](crm::FieldId field, crm::ValueView value) {
        absent_until(field);
        use.value(value);
        ++next;
    });
    absent_until(crm::def(model_).fields.size());
    return use.run();
}

Result<std::optional<crm::Record>> RecordTable::get(const Uuid& id) {
    auto use = connection_.prepare(select_);
    if (!use) return fail(use.error());
    const auto row = use->uuid(id).step();
    if (!row) return fail(row.error());
    if (!*row) return std::nullopt;
    crm::Record record;
    if (!read(*use, record)) {
        return fail(ErrorKind::corrupt, "ROW_DAMAGED",
                    std::string(crm::name(model_)) + " " + id.str() + " was damaged on the disk");
    }
    return record;
}

Result<bool> RecordTable::insert_new(const crm::Record& record) {
    auto use = connection_.prepare(insert_);
    if (!use) return fail(use.error());
    if (auto written = write(*use, record); !written) return fail(written.error());
    return connection_.changed() > 0;
}

Result<void> RecordTable::put(const crm::Record& record) {
    auto use = connection_.prepare(put_);
    if (!use) return fail(use.error());
    return write(*use, record);
}

Result<Stand> RecordTable::remove(const Uuid& id) {
    auto use = connection_.prepare(remove_);
    if (!use) return fail(use.error());
    const auto row = use->uuid(id).step();
    if (!row) return fail(row.error());
    return *row ? Stand{use->column_integer(0), use->column_integer(1) != 0} : Stand{};
}

Result<std::optional<Stand>> RecordTable::stand(const Uuid& id) {
    auto use = connection_.prepare(stand_);
    if (!use) return fail(use.error());
    const auto row = use->uuid(id).step();
    if (!row) return fail(row.error());
    if (!*row) return std::nullopt;
    return Stand{use->column_integer(0), use->column_integer(1) != 0};
}

Result<void> RecordTable::each_damaged(const std::function<void(const Uuid&, Stand)>& visit) {
    auto use = connection_.prepare(scan_all_);
    if (!use) return fail(use.error());
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        crm::Record record;
        if (!read(*use, record)) visit(record.id, {record.version, record.deleted});
    }
}

Result<void> RecordTable::each_living(const std::function<void(crm::Record&&)>& visit,
                                      const std::function<void(const Uuid&)>& damaged) {
    auto use = connection_.prepare(scan_);
    if (!use) return fail(use.error());
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        crm::Record record;
        if (read(*use, record)) {
            visit(std::move(record));
        } else {
            damaged(record.id);
        }
    }
}

Result<std::optional<std::int64_t>> RecordTable::some_living(std::optional<std::int64_t> before, std::size_t count,
                                                             const std::function<void(crm::Record&&)>& visit,
                                                             const std::function<void(const Uuid&)>& damaged) {
    const auto rowid = static_cast<int>(kFirstField + crm::def(model_).fields.size());
    auto use = connection_.prepare(scan_some_);
    if (!use) return fail(use.error());
    use->integer(before.value_or(std::numeric_limits<std::int64_t>::max())).integer(static_cast<std::int64_t>(count));
    std::optional<std::int64_t> last;
    for (std::size_t seen = 0;; ++seen) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return seen < count ? std::nullopt : last;
        last = use->column_integer(rowid);
        crm::Record record;
        if (read(*use, record)) {
            visit(std::move(record));
        } else {
            damaged(record.id);
        }
    }
}

Result<std::int64_t> RecordTable::count_living() { return connection_.integer(count_); }

}  // namespace ct::store
