#include "store/reader.h"

#include <algorithm>

#include "base/file.h"
#include "store/impl.h"
#include "store/schema.h"
#include "store/state_table.h"
#include "sync/stamp.h"

namespace ct::store {

namespace {

using sync::QueueState;

[[nodiscard]] bool stands_still(QueueState state) {
    return state == QueueState::error || state == QueueState::conflict || state == QueueState::parked;
}

/// What must be settled before this operation: see QueueIndex::obstructed.
struct Behind {
    Uuid operation, record;
};
[[nodiscard]] Behind behind_alone(const QueueIndex& index, const QueueEntry& entry) {
    for (const Position position : index.of_record(entry.record)) {
        if (position >= entry.position) break;
        const QueueEntry& earlier = index.at(position);
        if (stands_still(earlier.state)) return {earlier.id, earlier.record};
    }
    if (entry.parent.nil()) return {};
    const QueueEntry* const creation = index.creation_of(entry.parent);
    if (creation != nullptr && stands_still(creation->state)) return {creation->id, creation->record};
    return entry.wants_parent ? Behind{{}, entry.parent} : Behind{};
}

[[nodiscard]] Behind behind(const QueueIndex& index, const QueueEntry& entry) {
    Behind found = behind_alone(index, entry);
    if (!found.record.nil() || entry.group.nil()) return found;
    for (const Position position : index.of_group(entry.group)) {
        const QueueEntry& mate = index.at(position);
        if (mate.id == entry.id) continue;
        if (mate.state == QueueState::error || mate.state == QueueState::conflict) return {mate.id, mate.record};
        found = behind_alone(index, mate);
        if (!found.record.nil()) return found;
    }
    return {};
}

[[nodiscard]] int urgency(const QueueEntry& entry) {
    switch (entry.state) {
        case QueueState::conflict: return 0;
        case QueueState::error: return 1;
        case QueueState::parked: return 2;
        case QueueState::sent:
        case QueueState::queued: break;
    }
    return 3;
}

}  // namespace

std::vector<AuditRow> joined_into(const sync::QueuedOperation& queued, const std::vector<AuditRow>& audit_of_record,
                                  std::int64_t clock_offset_ms) {
    const UnixMs last = sync::stamp_ms(queued.operation.stamp);
    const UnixMs first = std::min(queued.created_at + clock_offset_ms, last);
    std::vector<AuditRow> joined;
    bool begun = false;
    for (const AuditRow& row : audit_of_record) {
        const bool edit = row.what == "CREATE" || row.what == "UPDATE" || row.what == "DELETE" || row.what == "RESTORE";
        if (!edit || row.at > last) continue;
        begun = begun || row.operation == queued.operation.id;
        // A row that is sent again after a refusal has another id: then the time says where it began.
        if (begun || row.at >= first) joined.push_back(row);
    }
    return joined;
}

struct Reader::Impl {
    Impl(std::unique_ptr<sqlite::Connection> opened, bool newer)
        : connection(std::move(opened)), journal(system_disk(), {}), tables(*connection, journal, newer) {}

    [[nodiscard]] Result<void> read_index(QueueIndex& index) {
        return tables.queue.each_entry([&](const QueueEntry& entry) { index.add(entry); });
    }
    [[nodiscard]] Result<QueueItem> item(const QueueIndex& index, const QueueEntry& entry) {
        auto queued = tables.queue.read(entry.position);
        if (!queued) return fail(queued.error());
        QueueItem item;
        item.queued = std::move(*queued);
        item.position = entry.position;
        item.bytes = entry.bytes;
        if (entry.state == QueueState::parked) {
            const Behind found = behind(index, entry);
            item.behind = found.operation;
            item.behind_record = found.record;
        }
        auto sent = connection->prepare("SELECT coalesce(syncedAt,0) FROM sync_queue WHERE position=?");
        if (!sent) return fail(sent.error());
        const auto row = sent->integer(entry.position).step();
        if (row && *row) item.sent_at = sent->column_integer(0);
        return item;
    }
    /// One moment for several statements.
    [[nodiscard]] Result<void> at_one_moment(const std::function<Result<void>()>& read) {
        if (connection->in_transaction()) return read();  // it stands still
        CT_TRY(connection->execute("BEGIN"));
        Result<void> done = read();
        CT_TRY(connection->execute("COMMIT"));
        return done;
    }

    std::unique_ptr<sqlite::Connection> connection;
    Journal journal;
    Tables tables;
};

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;

Result<std::unique_ptr<Reader>> Reader::open(const std::string& file) {
    auto connection = sqlite::Connection::open(file, true);
    if (!connection) return fail(connection.error());
    CT_TRY((*connection)->execute("PRAGMA query_only=ON"));
    const auto version = (*connection)->integer("PRAGMA user_version");
    if (!version) return fail(version.error());
    const bool newer = *version > static_cast<std::int64_t>(migrations().size());
    return std::unique_ptr<Reader>(new Reader(std::make_unique<Impl>(std::move(*connection), newer)));
}

Result<QueueLook> Reader::queue(std::size_t limit) {
    QueueLook look;
    auto done = impl_->at_one_moment([&]() -> Result<void> {
        QueueIndex index;
        CT_TRY(impl_->read_index(index));
        std::vector<const QueueEntry*> entries;
        for (const auto& [position, entry] : index.entries()) entries.push_back(&entry);
        std::stable_sort(entries.begin(), entries.end(),
                         [](const auto* a, const auto* b) { return urgency(*a) < urgency(*b); });
        look.summary = index.summary();
        look.total = static_cast<std::int64_t>(entries.size());
        entries.resize(std::min(entries.size(), limit));
        for (const QueueEntry* entry : entries) {
            auto item = impl_->item(index, *entry);
            if (!item) return fail(item.error());
            look.items.push_back(std::move(*item));
        }
        return {};
    });
    if (!done) return fail(done.error());
    return look;
}

Result<RecordLook> Reader::record(crm::Model model, const Uuid& id) {
    RecordLook look;
    auto done = impl_->at_one_moment([&]() -> Result<void> {
        auto stored = impl_->tables.records[static_cast<std::size_t>(model)].get(id);
        if (!stored) return fail(stored.error());
        auto shadow = impl_->tables.shadows[static_cast<std::size_t>(model)].get(id);
        if (!shadow) return fail(shadow.error());
        auto audit = read_audit(*impl_->connection, id);
        if (!audit) return fail(audit.error());
        look.stored = std::move(*stored);
        look.shadow = std::move(*shadow);
        look.audit = std::move(*audit);
        QueueIndex index;
        CT_TRY(impl_->read_index(index));
        for (const Position position : index.of_record(id)) {
            auto item = impl_->item(index, index.at(position));
            if (!item) return fail(item.error());
            look.queue.push_back(std::move(*item));
        }
        return {};
    });
    if (!done) return fail(done.error());
    return look;
}

Result<void> Reader::each(crm::Model model, const std::function<void(crm::Record&&)>& visit) {
    std::int64_t damaged = 0;
    CT_TRY(impl_->tables.records[static_cast<std::size_t>(model)].each_living(visit, [&](const Uuid&) { ++damaged; }));
    if (damaged == 0) return {};
    return fail(rows_damaged(damaged));
}

Result<std::vector<SyncHistoryRow>> Reader::history(std::size_t limit) {
    return read_history(*impl_->connection, limit);
}

Result<std::vector<AuditRow>> Reader::decisions(std::size_t limit) { return read_decisions(*impl_->connection, limit); }

Result<SyncState> Reader::state() {
    auto stored = read_state(*impl_->connection);
    if (!stored) return fail(stored.error());
    return std::move(stored->state);
}

Result<std::optional<crm::Record>> Reader::get(crm::Model model, const Uuid& id) {
    return impl_->tables.records[static_cast<std::size_t>(model)].get(id);
}

Result<std::array<std::int64_t, crm::kModelCount>> Reader::orphans() {
    std::array<std::int64_t, crm::kModelCount> counts{};
    for (const crm::ModelDef& model : crm::models()) {
        if (!model.parent) continue;
        const crm::FieldDef& parent = model.fields[*model.parent];
        const std::string column = "child." + quoted(std::string(parent.name));
        const auto count = impl_->connection->integer(
            "SELECT count(*) FROM " + quoted(record_table_name(model.model, false)) + " AS child WHERE deleted=0 AND " +
            column + " IS NOT NULL AND NOT EXISTS (SELECT 1 FROM " + quoted(record_table_name(*parent.target, false)) +
            " AS parent WHERE parent.id=unhex(" + column + ",'-'))");
        if (!count) return fail(count.error());
        counts[static_cast<std::size_t>(model.model)] = *count;
    }
    return counts;
}

Result<void> Reader::stand_still() {
    CT_TRY(impl_->connection->execute("BEGIN"));
    const auto read = impl_->connection->integer("SELECT count(*) FROM sync_state");  // the moment is that of a read
    return read ? Result<void>() : Result<void>(fail(read.error()));
}

Result<void> copy_database(const std::string& file, const std::string& to) {
    auto source = sqlite::Connection::open(file, true);
    if (!source) return fail(source.error());
    auto target = sqlite::Connection::open(to, false);
    if (!target) return fail(target.error());
    return (*source)->copy_to(**target);
}

}  // namespace ct::store
