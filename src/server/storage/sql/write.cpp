// One push.
#include <array>

#include "crm/tables.h"
#include "server/origins.h"
#include "server/storage/sql/sql_storage.h"
#include "server/storage/sql/texts.h"

namespace ct::server::sql {

namespace {

StoredRecord read_record(const Rows& rows, const RecordKey& key) {
    StoredRecord stored;
    stored.stored = true;
    crm::Record& record = stored.server.record;
    record.id = key.id;
    record.model = key.model;
    record.version = rows.integer(kVersion);
    record.deleted = rows.flag(kDeleted);
    record.created_at = rows.integer(kCreatedAt);
    record.updated_at = rows.integer(kUpdatedAt);
    record.extra = rows.string(kExtra);
    stored.feed = rows.integer(kFeed);
    stored.owner = rows.string(kOwner);
    stored.owner_version = rows.integer(kOwnerVersion);
    stored.former_owners = unpack_former_owners(rows.text(kFormerOwners));
    unpack_origins(rows.text(kOrigins), stored);
    const auto fields = crm::def(key.model).fields;
    for (std::size_t id = 0; id < fields.size(); ++id) {
        const std::size_t column = kFirstField + id;
        if (rows.null(column)) continue;
        const auto field = static_cast<crm::FieldId>(id);
        switch (type_of(fields[id])) {
            case ColumnType::text: record.fields.append(field, rows.text(column)); break;
            case ColumnType::integer: record.fields.append(field, rows.integer(column)); break;
            case ColumnType::flag: record.fields.append(field, rows.flag(column)); break;
        }
    }
    return stored;
}

/// The rows of one model, column by column, in the order of save_records().
class RecordColumns {
  public:
    explicit RecordColumns(crm::Model model) {
        using enum ColumnType;
        for (const ColumnType type : {text, integer, integer, flag, integer, integer, text, integer, text, text, text})
            columns_.emplace_back(type);
        for (const crm::FieldDef& field : crm::def(model).fields) columns_.emplace_back(type_of(field));
    }

    void add(const StoredRecord& stored) {
        const crm::Record& record = stored.server.record;
        columns_[kId].text(record.id.str());
        columns_[kVersion].integer(record.version);
        columns_[kFeed].integer(stored.feed);
        columns_[kDeleted].flag(record.deleted);
        columns_[kCreatedAt].integer(record.created_at);
        columns_[kUpdatedAt].integer(record.updated_at);
        columns_[kOwner].text_or_null(stored.owner);
        columns_[kOwnerVersion].integer(stored.owner_version);
        columns_[kFormerOwners].text_or_null(pack_former_owners(stored.former_owners));
        columns_[kExtra].text_or_null(record.extra);
        columns_[kOrigins].text(pack_origins(stored));
        std::size_t next = kFirstField;
        record.fields.each([&](crm::FieldId field, const crm::ValueView& value) {
            for (; next < kFirstField + field; ++next) columns_[next].null();
            put(columns_[next++], value);
        });
        for (; next < columns_.size(); ++next) columns_[next].null();
    }

    [[nodiscard]] std::vector<Parameter> parameters(WorkspaceKey workspace) const {
        std::vector<Parameter> all{workspace};
        for (const Column& column : columns_) all.emplace_back(&column);
        return all;
    }

  private:
    static void put(Column& column, const crm::ValueView& value) {
        if (const auto* words = std::get_if<std::string_view>(&value))
            column.text(*words);
        else if (const auto* number = std::get_if<std::int64_t>(&value))
            column.integer(*number);
        else
            column.flag(std::get<bool>(value));
    }
    std::vector<Column> columns_;
};

/// The entries of a log, column by column, in the order of insert_log().
class LogColumns {
  public:
    LogColumns() {
        using enum ColumnType;
        for (const ColumnType type : {text, text, text, text, integer, text, text, text, text, text, text, integer,
                                      integer, text, integer, text, text})
            columns_.emplace_back(type);
    }

    void add(const LogEntry& entry) {
        const sync::Operation& operation = *entry.operation;
        std::size_t at = 0;
        columns_[at++].text(operation.id.str());
        columns_[at++].text(name(operation.kind));
        columns_[at++].text(crm::name(operation.model));
        columns_[at++].text(operation.record.str());
        columns_[at++].integer(operation.base);
        columns_[at++].text(operation.stamp);
        columns_[at++].text(crm::name(operation.policy));
        columns_[at++].text_or_null(operation.group.nil() ? std::string{} : operation.group.str());
        columns_[at++].text_or_null(entry.data);
        columns_[at++].text(entry.user);
        columns_[at++].text(entry.device);
        columns_[at++].integer(entry.sequence);
        columns_[at++].integer(static_cast<std::int64_t>(entry.content));
        columns_[at++].text(name(entry.verdict));
        columns_[at++].integer(entry.version);
        columns_[at++].text_or_null(entry.result);
        columns_[at++].text_or_null(entry.lost);
    }

    [[nodiscard]] bool empty() const { return columns_.front().size() == 0; }
    [[nodiscard]] std::vector<Parameter> parameters(WorkspaceKey workspace, UnixMs at) const {
        std::vector<Parameter> all{workspace, at};
        for (const Column& column : columns_) all.emplace_back(&column);
        return all;
    }

  private:
    std::vector<Column> columns_;
};

Column ids_of(std::span<const Uuid> ids) {
    Column column(ColumnType::text);
    for (const Uuid& id : ids) column.text(id.str());
    return column;
}

Uuid read_id(const Rows& rows, std::size_t column) { return Uuid::parse(rows.text(column)).value_or(Uuid{}); }

class SqlWrite final : public WriteTransaction {
  public:
    SqlWrite(Lease lease, Backend& backend, WorkspaceKey workspace, std::int64_t version)
        : lease_(std::move(lease)), backend_(backend), workspace_(workspace), version_(version) {}
    ~SqlWrite() override {
        if (open_) (void)lease_->execute("ROLLBACK");
    }

    [[nodiscard]] std::int64_t version() const override { return version_; }
    [[nodiscard]] Result<std::int64_t> next_sequence(std::string_view device) override;
    [[nodiscard]] Result<std::vector<Uuid>> sent(std::string_view device, std::int64_t from, std::int64_t to) override;
    [[nodiscard]] Result<std::map<Uuid, Receipt>> receipts(std::span<const Uuid> operations) override;
    [[nodiscard]] Result<std::vector<PastEdit>> past_edits(const RecordKey& record) override;
    [[nodiscard]] Result<std::vector<std::string>> authors(std::span<const Made> made) override {
        return sql::authors(*lease_, backend_, workspace_, made);
    }
    [[nodiscard]] Result<std::vector<StoredRecord>> load(std::span<const RecordKey> keys) override;
    [[nodiscard]] Result<std::vector<RecordKey>> children(std::span<const Uuid> leads) override;
    [[nodiscard]] Result<void> save(std::span<const StoredRecord* const> records) override;
    [[nodiscard]] Result<void> log(std::span<const LogEntry> entries, UnixMs at) override;
    [[nodiscard]] Result<void> mark_sent(std::string_view device, std::int64_t from,
                                         std::span<const Uuid> operations) override;
    [[nodiscard]] Result<void> commit(std::int64_t version, std::string_view device, std::int64_t next_sequence,
                                      UnixMs now) override;

  private:
    [[nodiscard]] Result<void> run(const std::string& text, Parameters parameters) {
        const auto done = lease_->run(text, parameters);
        if (!done) return fail(done.error());
        return {};
    }
    [[nodiscard]] Result<void> load_model(crm::Model model, std::span<const RecordKey> keys,
                                          std::vector<StoredRecord>& found);

    Lease lease_;
    Backend& backend_;
    const WorkspaceKey workspace_;
    const std::int64_t version_;
    bool open_ = true;
};

Result<std::int64_t> SqlWrite::next_sequence(std::string_view device) {
    auto rows = lease_->query(text::kNextSequence, {workspace_, device});
    if (!rows) return fail(rows.error());
    return (*rows)->next() ? (*rows)->integer(0) : 0;
}

Result<std::vector<Uuid>> SqlWrite::sent(std::string_view device, std::int64_t from, std::int64_t to) {
    auto rows = lease_->query(text::kSent, {workspace_, device, from, to});
    if (!rows) return fail(rows.error());
    std::vector<Uuid> ids;
    while ((*rows)->next()) ids.push_back(read_id(**rows, 0));
    return ids;
}

Result<std::map<Uuid, Receipt>> SqlWrite::receipts(std::span<const Uuid> operations) {
    std::map<Uuid, Receipt> found;
    if (operations.empty()) return found;
    const Column ids = ids_of(operations);
    auto rows = lease_->query(sql::receipts(backend_), {workspace_, &ids});
    if (!rows) return fail(rows.error());
    while ((*rows)->next()) {
        found[read_id(**rows, 0)] = {static_cast<std::uint64_t>((*rows)->integer(1)),
                                     sync::find_verdict((*rows)->text(2)).value_or(sync::Verdict::applied),
                                     (*rows)->integer(3), (*rows)->string(4)};
    }
    return found;
}

Result<std::vector<PastEdit>> SqlWrite::past_edits(const RecordKey& record) {
    const std::string id = record.id.str();
    auto rows = lease_->query(text::kPastEdits, {workspace_, std::string_view(id), crm::name(record.model)});
    if (!rows) return fail(rows.error());
    std::vector<PastEdit> edits;
    while ((*rows)->next()) {
        edits.push_back({(*rows)->text(0) == "CREATE", (*rows)->string(1), (*rows)->integer(2), (*rows)->string(3),
                         (*rows)->string(4)});
    }
    return edits;
}

Result<void> SqlWrite::load_model(crm::Model model, std::span<const RecordKey> keys, std::vector<StoredRecord>& found) {
    Column ids(ColumnType::text);
    std::multimap<Uuid, std::size_t> places;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i].model != model) continue;
        ids.text(keys[i].id.str());
        places.emplace(keys[i].id, i);
    }
    if (places.empty()) return {};
    auto rows = lease_->query(sql::load(backend_, model), {workspace_, &ids});
    if (!rows) return fail(rows.error());
    while ((*rows)->next()) {
        const RecordKey key{model, read_id(**rows, kId)};
        const auto [first, last] = places.equal_range(key.id);
        for (auto at = first; at != last; ++at) found[at->second] = read_record(**rows, key);
    }
    return {};
}

Result<std::vector<StoredRecord>> SqlWrite::load(std::span<const RecordKey> keys) {
    std::vector<StoredRecord> found(keys.size());
    for (const crm::ModelDef& model : crm::models()) {
        if (auto loaded = load_model(model.model, keys, found); !loaded) return fail(loaded.error());
    }
    return found;
}

Result<std::vector<RecordKey>> SqlWrite::children(std::span<const Uuid> leads) {
    std::vector<RecordKey> found;
    if (leads.empty()) return found;
    const Column ids = ids_of(leads);
    for (const crm::ModelDef& model : crm::models()) {
        if (!model.parent) continue;
        auto rows = lease_->query(sql::children(backend_, model.model), {workspace_, &ids});
        if (!rows) return fail(rows.error());
        while ((*rows)->next()) found.push_back({model.model, read_id(**rows, 0)});
    }
    return found;
}

Result<void> SqlWrite::save(std::span<const StoredRecord* const> records) {
    for (const crm::ModelDef& model : crm::models()) {
        for (const bool new_ones : {true, false}) {
            RecordColumns columns(model.model);
            bool any = false;
            for (const StoredRecord* record : records) {
                if (record->server.record.model != model.model || record->stored == new_ones) continue;
                columns.add(*record);
                any = true;
            }
            if (!any) continue;
            const std::string text = backend_.insert(save_records(model.model, new_ones));
            if (auto done = run(text, columns.parameters(workspace_)); !done) return done;
        }
    }
    return {};
}

Result<void> SqlWrite::log(std::span<const LogEntry> entries, UnixMs at) {
    std::array<LogColumns, 2> columns;  // first attempts, and those again
    for (const LogEntry& entry : entries) columns[entry.again ? 1 : 0].add(entry);
    for (const bool again : {false, true}) {
        const LogColumns& set = columns[again ? 1 : 0];
        if (set.empty()) continue;
        if (auto done = run(backend_.insert(insert_log(again)), set.parameters(workspace_, at)); !done) return done;
    }
    return {};
}

Result<void> SqlWrite::mark_sent(std::string_view device, std::int64_t from, std::span<const Uuid> operations) {
    if (operations.empty()) return {};
    Column numbers(ColumnType::integer);
    for (std::size_t i = 0; i < operations.size(); ++i) numbers.integer(from + static_cast<std::int64_t>(i));
    const Column ids = ids_of(operations);
    const std::array<Parameter, 4> parameters{workspace_, device, &numbers, &ids};
    return run(backend_.insert(insert_sent()), parameters);
}

Result<void> SqlWrite::commit(std::int64_t version, std::string_view device, std::int64_t next_sequence, UnixMs now) {
    const std::array<Parameter, 2> counter{workspace_, version};
    if (auto done = run(backend_.set_version(), counter); !done) return done;
    const std::array<Parameter, 4> row{workspace_, device, next_sequence, now};
    if (auto done = run(text::kSetSequence, row); !done) return done;
    open_ = false;
    return lease_->commit();
}

}  // namespace

Result<std::unique_ptr<WriteTransaction>> begin_write_transaction(Pool& pool, Backend& backend,
                                                                  WorkspaceKey workspace) {
    std::int64_t version = 0;
    auto lease = pool.take([&](Connection& connection) -> Result<void> {
        auto rows = backend.begin_write(connection, workspace);
        if (!rows) return fail(rows.error());
        if (!(*rows)->next()) return fail(ErrorKind::not_found, "NO_WORKSPACE", "there is no such workspace");
        version = (*rows)->integer(0);
        return {};
    });
    if (!lease) return fail(lease.error());
    return std::make_unique<SqlWrite>(std::move(*lease), backend, workspace, version);
}

}  // namespace ct::server::sql
