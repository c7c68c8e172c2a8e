// One push. A point look-up of a prepared statement costs about a microsecond in this process: "set-wise" here is a
// loop.
#include "crm/tables.h"
#include "server/origins.h"
#include "server/storage/sqlite/schema.h"
#include "server/storage/sqlite/sqlite_storage.h"

namespace ct::server::sqlite {

namespace {

StoredRecord read_record(const Use& use, const RecordKey& key) {
    StoredRecord stored;
    stored.stored = true;
    crm::Record& record = stored.server.record;
    record.id = key.id;
    record.model = key.model;
    record.version = use.column_integer(kVersion);
    record.deleted = use.column_integer(kDeleted) != 0;
    record.created_at = use.column_integer(kCreatedAt);
    record.updated_at = use.column_integer(kUpdatedAt);
    record.extra = use.column_string(kExtra);
    stored.feed = use.column_integer(kFeed);
    stored.owner = use.column_string(kOwner);
    stored.owner_version = use.column_integer(kOwnerVersion);
    stored.former_owners = unpack_former_owners(use.column_text(kFormerOwners));
    unpack_origins(use.column_text(kOrigins), stored);
    const auto fields = crm::def(key.model).fields;
    for (std::size_t id = 0; id < fields.size(); ++id) {
        crm::ValueView value = use.column_value(kFirstField + static_cast<int>(id));
        if (crm::absent(value)) continue;
        if (fields[id].type == crm::FieldType::flag) value = std::get<std::int64_t>(value) != 0;
        record.fields.append(static_cast<crm::FieldId>(id), value);
    }
    return stored;
}

Result<void> write_record(Use& use, WorkspaceKey workspace, const StoredRecord& stored) {
    const crm::Record& record = stored.server.record;
    const std::string id = record.id.str();
    const std::string former_owners = pack_former_owners(stored.former_owners);
    const std::string origins = pack_origins(stored);
    use.integer(workspace).text(id).integer(record.version).integer(stored.feed).integer(record.deleted ? 1 : 0);
    use.integer(record.created_at).integer(record.updated_at).text_or_null(stored.owner);
    use.integer(stored.owner_version).text_or_null(former_owners).text_or_null(record.extra).text(origins);
    const std::size_t count = crm::def(record.model).fields.size();
    std::size_t next = 0;
    record.fields.each([&](crm::FieldId field, const crm::ValueView& value) {
        for (; next < field; ++next) use.null();
        use.value(value);
        ++next;
    });
    for (; next < count; ++next) use.null();
    return use.run();
}

/// What the indexes say of a record beside its feed.
struct Place {
    std::string owner, parent;
    bool operator==(const Place&) const = default;
};

Place place_of(const StoredRecord& stored) {
    const auto& parent = crm::def(stored.server.record.model).parent;
    return {stored.owner, parent ? std::string(stored.server.record.fields.text(*parent)) : std::string()};
}

class SqliteWrite final : public WriteTransaction {
  public:
    SqliteWrite(std::unique_lock<std::mutex> lock, Connection& connection, WorkspaceKey workspace)
        : lock_(std::move(lock)), connection_(connection), workspace_(workspace) {}
    ~SqliteWrite() override {
        if (open_) (void)connection_.run("ROLLBACK");
    }
    Result<void> begin();

    [[nodiscard]] std::int64_t version() const override { return version_; }
    [[nodiscard]] Result<std::int64_t> next_sequence(std::string_view device) override;
    [[nodiscard]] Result<std::vector<Uuid>> sent(std::string_view device, std::int64_t from, std::int64_t to) override;
    [[nodiscard]] Result<std::map<Uuid, Receipt>> receipts(std::span<const Uuid> operations) override;
    [[nodiscard]] Result<std::vector<PastEdit>> past_edits(const RecordKey& record) override;
    [[nodiscard]] Result<std::vector<std::string>> authors(std::span<const Made> made) override {
        return sqlite::authors(connection_, workspace_, made);
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
    std::unique_lock<std::mutex> lock_;  // the writer connection is ours while this lives
    Connection& connection_;
    const WorkspaceKey workspace_;
    std::int64_t version_ = 0;
    std::map<RecordKey, Place> places_;  // of the records that were loaded, as they stand in the table
    bool open_ = false;
};

Result<void> SqliteWrite::begin() {
    if (auto begun = connection_.run("BEGIN IMMEDIATE"); !begun) return begun;
    open_ = true;
    auto use = connection_.prepare("SELECT version FROM workspace WHERE workspace_id = ?");
    if (!use) return fail(use.error());
    const auto row = use->integer(workspace_).step();
    if (!row) return fail(row.error());
    if (!*row) return fail(ErrorKind::not_found, "NO_WORKSPACE", "there is no such workspace");
    version_ = use->column_integer(0);
    return {};
}

Result<std::int64_t> SqliteWrite::next_sequence(std::string_view device) {
    return sqlite::next_sequence(connection_, workspace_, device);
}

Result<std::vector<Uuid>> SqliteWrite::sent(std::string_view device, std::int64_t from, std::int64_t to) {
    auto use = connection_.prepare(
        "SELECT operation_id FROM sent WHERE workspace_id = ? AND device_id = ? AND sequence >= ? AND sequence < ? "
        "ORDER BY sequence");
    if (!use) return fail(use.error());
    use->integer(workspace_).text(device).integer(from).integer(to);
    std::vector<Uuid> ids;
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return ids;
        ids.push_back(Uuid::parse(use->column_text(0)).value_or(Uuid{}));
    }
}

Result<std::map<Uuid, Receipt>> SqliteWrite::receipts(std::span<const Uuid> operations) {
    auto use = connection_.prepare(
        "SELECT content, verdict, version, result FROM operation_log WHERE workspace_id = ? AND id = ?");
    if (!use) return fail(use.error());
    std::map<Uuid, Receipt> found;
    for (const Uuid& operation : operations) {
        const std::string id = operation.str();
        const auto row = use->integer(workspace_).text(id).step();
        if (!row) return fail(row.error());
        if (*row) {
            found[operation] = {static_cast<std::uint64_t>(use->column_integer(0)),
                                sync::find_verdict(use->column_text(1)).value_or(sync::Verdict::applied),
                                use->column_integer(2), use->column_string(3)};
        }
        use->again();
    }
    return found;
}

Result<std::vector<PastEdit>> SqliteWrite::past_edits(const RecordKey& record) {
    auto use = connection_.prepare(
        "SELECT operation, device_id, version, data, result FROM operation_log WHERE workspace_id = ? AND record_id = "
        "? "
        "AND model = ? AND operation <> 'DELETE' AND verdict IN ('applied', 'merged', 'superseded') "
        "ORDER BY version DESC");
    if (!use) return fail(use.error());
    const std::string id = record.id.str();
    use->integer(workspace_).text(id).text(crm::name(record.model));
    std::vector<PastEdit> edits;
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return edits;
        edits.push_back({use->column_text(0) == "CREATE", use->column_string(1), use->column_integer(2),
                         use->column_string(3), use->column_string(4)});
    }
}

Result<std::vector<StoredRecord>> SqliteWrite::load(std::span<const RecordKey> keys) {
    std::vector<StoredRecord> found;
    found.reserve(keys.size());
    for (std::size_t i = 0; i < keys.size();) {
        const crm::Model model = keys[i].model;  // a statement is looked up once per run of one model
        auto use = connection_.prepare("SELECT " + columns(model) + " FROM " + table(model) +
                                       " WHERE workspace_id = ? AND id = ?");
        if (!use) return fail(use.error());
        for (; i < keys.size() && keys[i].model == model; ++i) {
            const std::string id = keys[i].id.str();
            const auto row = use->integer(workspace_).text(id).step();
            if (!row) return fail(row.error());
            found.push_back(*row ? read_record(*use, keys[i]) : StoredRecord{});
            if (*row) places_[keys[i]] = place_of(found.back());
            use->again();
        }
    }
    return found;
}

Result<std::vector<RecordKey>> SqliteWrite::children(std::span<const Uuid> leads) {
    std::vector<RecordKey> found;
    for (const crm::ModelDef& model : crm::models()) {
        if (!model.parent) continue;
        auto use = connection_.prepare("SELECT id FROM " + table(model.model) + " WHERE workspace_id = ? AND " +
                                       quoted(model.fields[*model.parent].name) + " = ?");
        if (!use) return fail(use.error());
        for (const Uuid& lead : leads) {
            const std::string id = lead.str();
            use->integer(workspace_).text(id);
            for (;;) {
                const auto row = use->step();
                if (!row) return fail(row.error());
                if (!*row) break;
                found.push_back({model.model, Uuid::parse(use->column_text(0)).value_or(Uuid{})});
            }
            use->again();
        }
    }
    return found;
}

Result<void> SqliteWrite::save(std::span<const StoredRecord* const> records) {
    for (std::size_t i = 0; i < records.size();) {
        const crm::Model model = records[i]->server.record.model;
        auto insert = connection_.prepare(insert_sql(model));
        if (!insert) return fail(insert.error());
        auto update = connection_.prepare(update_sql(model, false));
        if (!update) return fail(update.error());
        auto move = connection_.prepare(update_sql(model, true));
        if (!move) return fail(move.error());
        for (; i < records.size() && records[i]->server.record.model == model; ++i) {
            const StoredRecord& record = *records[i];
            const auto before = places_.find({model, record.server.record.id});
            const bool stays = before != places_.end() && before->second == place_of(record);
            Use& use = !record.stored ? *insert : stays ? *update : *move;
            if (auto done = write_record(use, workspace_, record); !done) return done;
            places_[{model, record.server.record.id}] = place_of(record);
        }
    }
    return {};
}

Result<void> SqliteWrite::log(std::span<const LogEntry> entries, UnixMs at) {
    static const std::string kColumns =
        "(workspace_id, id, operation, model, record_id, base, stamp, policy, group_id, data, user_id, device_id, "
        "sequence, received_at, content, verdict, version, result, lost) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    auto insert = connection_.prepare("INSERT INTO operation_log" + kColumns);
    if (!insert) return fail(insert.error());
    auto replace = connection_.prepare("REPLACE INTO operation_log" + kColumns);
    if (!replace) return fail(replace.error());
    for (const LogEntry& entry : entries) {
        const sync::Operation& operation = *entry.operation;
        const std::string id = operation.id.str(), record = operation.record.str();
        const std::string group = operation.group.nil() ? std::string{} : operation.group.str();
        Use& use = entry.again ? *replace : *insert;
        use.integer(workspace_).text(id).text(name(operation.kind)).text(crm::name(operation.model)).text(record);
        use.integer(operation.base).text(operation.stamp).text(crm::name(operation.policy)).text_or_null(group);
        use.text_or_null(entry.data).text(entry.user).text(entry.device).integer(entry.sequence).integer(at);
        use.integer(static_cast<std::int64_t>(entry.content)).text(name(entry.verdict)).integer(entry.version);
        if (auto done = use.text_or_null(entry.result).text_or_null(entry.lost).run(); !done) return done;
    }
    return {};
}

Result<void> SqliteWrite::mark_sent(std::string_view device, std::int64_t from, std::span<const Uuid> operations) {
    auto use =
        connection_.prepare("INSERT INTO sent(workspace_id, device_id, sequence, operation_id) VALUES(?, ?, ?, ?)");
    if (!use) return fail(use.error());
    for (const Uuid& operation : operations) {
        const std::string id = operation.str();
        if (auto done = use->integer(workspace_).text(device).integer(from++).text(id).run(); !done) return done;
    }
    return {};
}

Result<void> SqliteWrite::commit(std::int64_t version, std::string_view device, std::int64_t next_sequence,
                                 UnixMs now) {
    auto counter = connection_.prepare("UPDATE workspace SET version = ?2 WHERE workspace_id = ?1");
    if (!counter) return fail(counter.error());
    if (auto done = counter->integer(workspace_).integer(version).run(); !done) return done;
    auto row =
        connection_.prepare("UPDATE device SET next_sequence = ?3, seen_at = ?4 WHERE workspace_id = ?1 AND id = ?2");
    if (!row) return fail(row.error());
    if (auto done = row->integer(workspace_).text(device).integer(next_sequence).integer(now).run(); !done) return done;
    if (auto done = connection_.run("COMMIT"); !done) return done;
    open_ = false;
    return {};
}

}  // namespace

Result<std::unique_ptr<WriteTransaction>> begin_write_transaction(std::unique_lock<std::mutex> lock,
                                                                  Connection& connection, WorkspaceKey workspace) {
    auto transaction = std::make_unique<SqliteWrite>(std::move(lock), connection, workspace);
    if (auto begun = transaction->begin(); !begun) return fail(begun.error());
    return std::unique_ptr<WriteTransaction>(std::move(transaction));
}

}  // namespace ct::server::sqlite
