#include "store/store.h"

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "base/mutant.h"
#include "store/impl.h"
#include "store/schema.h"
#include "store/state_table.h"
#include "sync/stamp.h"

namespace ct::store {

namespace {

std::string directory_of(const std::string& file) {
    const auto slash = file.rfind('/');
    return slash == std::string::npos ? "." : file.substr(0, slash);
}

}  // namespace

Tables::Tables(sqlite::Connection& connection, Journal& journal, bool foreign) : queue(connection, journal) {
    for (const crm::ModelDef& model : crm::models()) {
        records.emplace_back(connection, model.model, false, foreign);
        shadows.emplace_back(connection, model.model, true, foreign);
    }
}

Error rows_damaged(std::int64_t count, const std::string& file) {
    const char* what = count == 1 ? " record was damaged on the disk" : " records were damaged on the disk";
    return {ErrorKind::corrupt, "ROW_DAMAGED", (file.empty() ? "" : file + ": ") + std::to_string(count) + what, {}};
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& file, const Clock& clock, Random& random, Disk& disk) {
    auto impl = std::make_unique<Impl>(file, clock, random, disk);
    auto ready = impl->connect();
    if (ready && impl->newer) return std::unique_ptr<Store>(new Store(std::move(impl)));
    if (ready) ready = impl->recover();
    if (!ready && is_damage(ready.error())) ready = impl->rebuild(ready.error());
    if (!ready) {
        Error error = ready.error();
        if (error.code == "CANNOT_OPEN") error.message = "cannot create or open " + file + " in " + directory_of(file);
        if (error.code == "NOT_A_DATABASE") error.message = file + " is no database; it was left as it is";
        return fail(std::move(error));
    }
    if (impl->state.device_id.empty()) {
        SyncState fresh = impl->state;
        fresh.device_id = impl->ids.next().str();
        if (auto saved = impl->transaction([&] { return impl->write_state(fresh); }); !saved)
            return fail(saved.error());
    }
    if (impl->journal.broken()) {  // who cannot write it now can still read, and is refused edits
        if (auto renewed = impl->renew_journal(); !renewed) log::error(renewed.error().message);
    }
    return std::unique_ptr<Store>(new Store(std::move(impl)));
}

// ---- connection and transactions

std::int64_t Store::openings() const { return impl_->openings; }

Result<void> Store::Impl::connect() {
    tables.reset();
    connection.reset();
    auto opened = sqlite::Connection::open(file, false);
    if (!opened) return fail(opened.error());
    newer.reset();
    if (auto prepared = prepare_file(**opened, file, migrations()); !prepared) {
        if (prepared.error().code != "DATABASE_NEWER") return prepared;
        newer = prepared.error();
        CT_TRY((*opened)->execute("PRAGMA query_only=ON"));
    }
    connection = std::move(*opened);
    tables = std::make_unique<Tables>(*connection, journal, newer.has_value());
    auto loaded = reload();
    if (!loaded) connection.reset();
    if (loaded) ++openings;
    return loaded || !newer ? loaded : Result<void>(fail(*newer));  // not even readable for this one
}

Failure Store::Impl::no_connection() const {
    return fail(ErrorKind::disk, "CANNOT_OPEN", file + " cannot be opened any more");
}

Result<void> Store::Impl::reload() {
    index.clear();
    CT_TRY(mirror.read(*connection));
    for (auto& rows : damaged) rows.clear();
    CT_TRY(tables->queue.each_entry([this](const QueueEntry& entry) { index.add(entry); }));
    CT_TRY(tables->queue.each_due([this](Position position, UnixMs at) {
        index.change(position, [at](QueueEntry& entry) { entry.due_at = at; });
    }));
    files.clear();
    auto unsent = read_unsent_attachments(*connection);
    if (!unsent) return fail(unsent.error());
    for (const Attachment& attachment : *unsent) files.note(attachment);
    auto read = read_state(*connection);
    if (!read) return fail(read.error());
    auto left = read_unconfirmed(*connection);
    if (!left) return fail(left.error());
    unconfirmed = std::move(*left);
    state = std::move(read->state);
    foreign_epoch = read->foreign_epoch;
    return {};
}

Result<void> Store::Impl::transaction(const std::function<Result<void>()>& work) {
    CT_TRY(ready());
    if (newer) return fail(*newer);
    if (journal.broken()) CT_TRY(renew_journal());
    Result<void> done = connection->run("BEGIN IMMEDIATE");
    if (done) done = work();
    if (done) done = mirror.write(*connection);
    if (done) done = journal.write();
    if (done) done = connection->run("COMMIT");
    if (done) {
        if (auto flushed = journal.committed(); !flushed) return renew_journal();
        if (!journal.mostly_history(index.bytes())) return done;
        if (auto renewed = renew_journal(); !renewed) log::warn(renewed.error().message);
        return done;
    }

    journal.take_back();
    if (connection->in_transaction()) {
        if (auto undone = connection->run("ROLLBACK"); !undone) log::warn(undone.error().message);
    }
    const bool renew = connection->doubtful() || connection->in_transaction();
    if (auto again = renew ? connect() : reload(); !again) {
        log::error("after a failed write: " + again.error().message);
        tables.reset();
        connection.reset();
    }
    if (renew && connection) {  // it may have taken the change all the same: what it holds now is what counts
        if (auto renewed = renew_journal(); !renewed) log::error(renewed.error().message);
    }
    return done;
}

Result<void> Store::Impl::write_state(SyncState next) {
    if (next.epoch != state.epoch && !state.epoch.empty()) {
        foreign_epoch = true;
        next.selection.other_epoch();
        CT_TRY(forget_bases());
        CT_TRY(recall_sent());
    }
    CT_TRY(store::write_state(*connection, next, foreign_epoch));
    const bool same = next.device_id == state.device_id && next.server_url == state.server_url &&
                      next.workspace_id == state.workspace_id && next.user.id == state.user.id &&
                      next.epoch == state.epoch && next.next_sequence >= state.next_sequence &&
                      next.selection.left_out == state.selection.left_out &&
                      next.selection.uncompared == state.selection.uncompared;
    if (!same) journal.identity(state_values({next, foreign_epoch}));
    state = std::move(next);
    return {};
}

/// Versions of the server as it was before say nothing of what it is now: every field is judged by its stamp.
Result<void> Store::Impl::forget_bases() {
    for (const auto& [position, entry] : index.entries()) {
        if (entry.sequence >= 0) continue;  // what was sent once is never altered
        auto queued = tables->queue.read(position);
        if (!queued) return fail(queued.error());
        if (queued->operation.base == 0) continue;
        queued->operation.base = 0;
        CT_TRY(tables->queue.update(entry, *queued));
    }
    return {};
}

/// A restored server may have lost what an edit needs, which then has to be offered back before it. As itself it stays
/// as it was, and so does the count of what was sent: how many of those the server still knows is its to say.
Result<void> Store::Impl::recall_sent() {
    std::vector<Position> in_flight;
    for (const auto& [position, entry] : index.entries()) {
        if (entry.state == sync::QueueState::sent) in_flight.push_back(position);
    }
    // Their old sequence numbers stay: what was sent once is never altered again (see sync::compact).
    for (const Position position : in_flight) CT_TRY(set_state(position, sync::QueueState::queued));
    return {};
}

void Store::Impl::observe(const std::string& stamp) {
    const auto parts = sync::parse_stamp(stamp);
    if (!parts || std::tie(parts->ms, parts->counter) <= std::tie(state.stamp_ms, state.stamp_counter)) return;
    state.stamp_ms = parts->ms;
    state.stamp_counter = parts->counter;
}

void Store::Impl::hear_of(UnixMs changed_at) {
    if (changed_at == 0 || changed_at < state.stamp_ms) return;
    state.stamp_ms = changed_at;
    state.stamp_counter = 0xffff;  // the counter is not told: whatever it was, what comes next is later
}

// ---- reading

namespace {

void log_damaged(crm::Model model, const Uuid& id) {
    log::error(std::string(crm::name(model)) + " " + id.str() + " was damaged on the disk and is left out");
}

}  // namespace

Result<void> Store::load(crm::Model model, std::size_t chunk,
                         const std::function<void(std::vector<crm::Record>&&)>& visit) const {
    if (!impl_->connection) return impl_->no_connection();
    std::vector<crm::Record> records;
    records.reserve(chunk);
    const auto flush = [&] {
        if (records.empty()) return;
        visit(std::move(records));
        records = {};
        records.reserve(chunk);
    };
    std::int64_t damaged = 0;
    auto read = impl_->records(model).each_living(
        [&](crm::Record&& record) {
            if (impl_->index.dirty(record.id)) record.sync_status = impl_->index.status_of(record.id);
            records.push_back(std::move(record));
            if (records.size() >= chunk) flush();
        },
        [&](const Uuid& id) {
            ++damaged;
            log_damaged(model, id);
        });
    flush();
    if (!read || damaged == 0) return read;
    return fail(rows_damaged(damaged, impl_->file));
}

Result<Store::Part> Store::load_part(crm::Model model, std::optional<std::int64_t> before, std::size_t count) const {
    if (!impl_->connection) return impl_->no_connection();
    Part part;
    part.records.reserve(count);
    auto read = impl_->records(model).some_living(
        before, count,
        [&](crm::Record&& record) {
            if (impl_->index.dirty(record.id)) record.sync_status = impl_->index.status_of(record.id);
            part.records.push_back(std::move(record));
        },
        [&](const Uuid& id) {
            ++part.damaged;
            log_damaged(model, id);
        });
    if (!read) return fail(read.error());
    part.next = *read;
    return part;
}

void Store::read_once(bool on) {
    if (!impl_->connection) return;
    const auto set = impl_->connection->execute("PRAGMA cache_size=-" + std::to_string(on ? kReadOnceKiB : kCacheKiB));
    if (!set) log::warn(set.error().message);
}

Result<std::optional<crm::Record>> Store::get(crm::Model model, const Uuid& id) const {
    if (!impl_->connection) return impl_->no_connection();
    auto record = impl_->records(model).get(id);
    if (record && *record && impl_->index.dirty(id)) (*record)->sync_status = impl_->index.status_of(id);
    return record;
}

Result<std::int64_t> Store::count(crm::Model model) const {
    if (!impl_->connection) return impl_->no_connection();
    return impl_->records(model).count_living();
}

// ---- queue

const QueueSummary& Store::queue() const { return impl_->index.summary(); }

Result<std::vector<sync::QueuedOperation>> Store::list_queue(std::size_t limit) const {
    if (!impl_->connection) return impl_->no_connection();
    std::vector<sync::QueuedOperation> list;
    for (const auto& [position, entry] : impl_->index.entries()) {
        if (list.size() >= limit) break;
        auto queued = impl_->tables->queue.read(position);
        if (!queued) return fail(queued.error());
        list.push_back(std::move(*queued));
    }
    return list;
}

// ---- identity, state, history

const std::optional<Error>& Store::read_only() const { return impl_->newer; }

const SyncState& Store::state() const { return impl_->state; }

bool Store::other_incarnation() const { return impl_->foreign_epoch; }

Result<void> Store::save_state(const SyncState& state) {
    return impl_->transaction([&] { return impl_->write_state(state); });
}

Result<void> Store::renew_device(const std::string& device_id) {
    return impl_->transaction([&]() -> Result<void> {
        CT_TRY(impl_->recall_sent());
        CT_TRY(impl_->stamp_as(device_id));
        SyncState next = impl_->state;
        next.device_id = device_id;
        if (!CT_MUTANT(sequence_after_renew)) next.next_sequence = 0;
        next.cursor.reset();
        return impl_->write_state(next);
    });
}

Result<void> Store::number_from(std::int64_t sequence) {
    return impl_->transaction([&]() -> Result<void> {
        CT_TRY(impl_->recall_sent());
        SyncState next = impl_->state;
        next.next_sequence = sequence;
        next.cursor.reset();
        return impl_->write_state(next);
    });
}

/// A copy of this profile goes on under the old name: what it does must not pass for ours.
Result<void> Store::Impl::stamp_as(const std::string& device_id) {
    for (const auto& [position, entry] : index.entries()) {
        if (entry.sequence >= 0) continue;
        auto queued = tables->queue.read(position);
        if (!queued) return fail(queued.error());
        const auto parts = sync::parse_stamp(queued->operation.stamp);
        if (!parts) continue;
        queued->operation.stamp = sync::format_stamp(parts->ms, parts->counter, device_id);
        CT_TRY(tables->queue.update(entry, *queued));
    }
    return {};
}

Result<void> Store::add_history(const SyncHistoryRow& row) {
    return impl_->transaction([&] { return store::add_history(*impl_->connection, row); });
}

Result<std::vector<SyncHistoryRow>> Store::history(std::size_t limit) const {
    if (!impl_->connection) return impl_->no_connection();
    return read_history(*impl_->connection, limit);
}

Result<void> Store::keep(std::string_view name, std::string_view text) {
    return impl_->transaction([&] { return write_kept(*impl_->connection, name, text); });
}

Result<std::string> Store::kept(std::string_view name) const {
    if (!impl_->connection) return impl_->no_connection();
    return read_kept(*impl_->connection, name);
}

Result<std::vector<AuditRow>> Store::audit(const Uuid& record) const {
    if (!impl_->connection) return impl_->no_connection();
    return read_audit(*impl_->connection, record);
}

}  // namespace ct::store
