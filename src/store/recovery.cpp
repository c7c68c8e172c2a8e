// Where database and side journal differ, or the database is damaged or gone. What a crash, a lost tail of the WAL or a
// file put back from a copy can leave:
//
//   in the journal only   the commit was cut off, or has been lost: the operation is queued again. At worst its user
//   was
//                         never told that it is saved, or the server has it already: it answers with its first result.
//   in the database only  what the journal called gone was not committed, or the journal was damaged: it stays, as
//   above. in both, but other    the later stamp is the edit that was made last.
//
// Whatever may have been sent is never altered again, and where the count of what was sent is not known for certain,
// the profile goes on as a new device (see DEVICE_FORKED in the protocol).
#include <algorithm>
#include <array>

#include "base/log.h"
#include "store/impl.h"
#include "store/schema.h"
#include "store/state_table.h"

namespace ct::store {

namespace {

using sync::QueuedOperation;
using sync::QueueState;

constexpr std::int64_t kOnceSent = 0;  // a sequence number that says: may have been sent

/// "2026-11-26T101500Z": no file system minds it.
std::string date_of(UnixMs at) {
    std::string text = format_rfc3339(at).substr(0, 19) + "Z";
    std::erase(text, ':');
    return text;
}

/// Puts the file and what SQLite keeps beside it aside; where the file is then.
Result<std::string> move_aside(Disk& disk, const std::string& file, UnixMs now) {
    const std::string wanted = file + ".damaged-" + date_of(now);
    std::string aside = wanted;
    for (int n = 2; disk.exists(aside); ++n) aside = wanted + "-" + std::to_string(n);
    // The database goes last: as long as it is there, it is looked at together with its WAL.
    for (const char* end : {"-shm", "-wal", ""}) {
        if (!disk.exists(file + end)) continue;
        CT_TRY(disk.move(file + end, aside + end));
    }
    return aside;
}

/// As it was put aside: to be sent again, unaltered.
void freeze(QueuedOperation& queued) {
    if (queued.state == QueueState::sent) queued.state = QueueState::queued;
    if (queued.sequence < 0) queued.sequence = kOnceSent;
}

}  // namespace

std::string Store::Impl::journal_beside(const std::string& database) {
    if (database.empty() || database.starts_with(":memory:")) return {};
    const std::string stem = database.ends_with(".db") ? database.substr(0, database.size() - 3) : database;
    return stem + ".queue";
}

Result<void> Store::Impl::renew_journal() {
    if (journal.path().empty()) return {};
    JournalContent content;
    content.identity = state_values({state, foreign_epoch});
    for (const auto& [position, entry] : index.entries()) {
        auto queued = tables->queue.read(position);
        if (!queued) return fail(queued.error());
        content.queue.emplace(position, std::move(*queued));
    }
    auto attachments = read_unsent_attachments(*connection);
    if (!attachments) return fail(attachments.error());
    for (Attachment& attachment : *attachments) content.attachments.emplace(attachment.id, attachment);
    return journal.rewrite(content);
}

Result<void> Store::Impl::recover() {
    if (!state.device_id.empty()) {
        const auto glance = journal.glance();
        if (!glance) return fail(glance.error());
        const auto same = *glance ? same_as(**glance) : Result<bool>(false);
        if (!same) return fail(same.error());
        if (*same) return journal.mostly_history(index.bytes()) ? renew_journal() : Result<void>();
    }
    auto opened = journal.open();
    if (!opened) return fail(opened.error());
    if (!*opened) return {};
    const JournalContent& content = **opened;
    if (state.device_id.empty()) {
        if (content.identity.empty() && content.queue.empty()) return {};
        rebuilt = Rebuilt{{}, "the local database was gone", 0, 0};
        return restore(std::move(**opened), {});
    }
    const std::string workspace = state_from(content.identity).state.workspace_id;
    if (!workspace.empty() && !state.workspace_id.empty() && workspace != state.workspace_id) {
        log::warn("the side journal is of another workspace; it was set aside");
        const std::string aside = journal.path() + ".foreign-" + date_of(clock.now());
        CT_TRY(journal.set_aside(aside));
        return renew_journal();
    }
    return catch_up(content);
}

/// Whether the database says the same as the journal.
Result<bool> Store::Impl::same_as(const JournalGlance& glance) {
    const JournalContent& content = glance.rest;
    const SyncState told = state_from(content.identity).state;
    bool same = content.damaged == 0 && glance.queue.size() == index.entries().size() &&
                told.device_id == state.device_id && told.server_url == state.server_url &&
                told.workspace_id == state.workspace_id && told.user.id == state.user.id && told.epoch == state.epoch &&
                content.next_sequence <= state.next_sequence;
    if (!same) return false;
    CT_TRY(tables->queue.each_stamp([&](const Uuid& id, std::string_view stamp) {
        const QueueEntry* entry = same ? index.find(id) : nullptr;
        const auto at = entry == nullptr ? glance.queue.end() : glance.queue.find(entry->position);
        same = at != glance.queue.end() && at->second.state == entry->state && at->second.sequence == entry->sequence &&
               at->second.stamp == stamp && at->second.id == id;
    }));
    auto attachments = read_unsent_attachments(*connection);
    if (!attachments) return fail(attachments.error());
    same = same && attachments->size() == content.attachments.size();
    for (const Attachment& attachment : *attachments) same = same && content.attachments.contains(attachment.id);
    return same;
}

Result<void> Store::Impl::catch_up(const JournalContent& content) {
    std::map<Uuid, std::string> stamps;
    CT_TRY(tables->queue.each_stamp([&](const Uuid& id, std::string_view stamp) { stamps.emplace(id, stamp); }));
    const SyncState told = state_from(content.identity).state;
    const bool uncertain =
        content.next_sequence > state.next_sequence || (!told.device_id.empty() && told.device_id != state.device_id);
    std::int64_t returned = 0;
    journal.switch_off(true);
    auto done = transaction([&]() -> Result<void> {
        Visible visible;
        for (const auto& [position, queued] : content.queue) {
            const QueueEntry* known = index.find(queued.operation.id);
            // Before anything is dropped: a record without edits is taken for what the server said.
            auto server = server_record(queued.operation.model, queued.operation.record);
            if (!server) return fail(server.error());
            if (known != nullptr) {
                const bool older = known->state == QueueState::queued && known->sequence < 0 &&
                                   stamps[known->id] < queued.operation.stamp;
                if (!older) continue;
                CT_TRY(drop(known->position));
            } else if (const auto at = index.entries().find(position); at != index.entries().end()) {
                // The same edit under a new id: a retry, or a decision, whose commit was cut off.
                const bool replaced =
                    at->second.record == queued.operation.record &&
                    (at->second.state == QueueState::error || at->second.state == QueueState::conflict);
                if (replaced) CT_TRY(drop(position));
            }
            ++returned;
            const Position free = index.entries().contains(position) ? index.next_position() : position;
            CT_TRY(adopt(queued, free, visible, std::move(*server)));
        }
        for (const auto& [id, attachment] : content.attachments) CT_TRY(write_attachment(attachment));
        if (!uncertain) return {};
        CT_TRY(freeze_unsent());
        SyncState next = state;
        next.device_id = ids.next().str();
        next.next_sequence = 0;
        return write_state(next);
    });
    journal.switch_off(false);
    if (!done) return done;
    if (returned > 0) log::warn(std::to_string(returned) + " unsent edits came back from the side journal");
    return renew_journal();
}

Result<void> Store::Impl::freeze_unsent() {
    for (const auto& [position, entry] : std::map<Position, QueueEntry>(index.entries())) {
        const bool sent = entry.state == QueueState::sent;
        if (!sent && entry.sequence >= 0) continue;
        auto queued = tables->queue.read(position);
        if (!queued) return fail(queued.error());
        const bool waits = queued->state == QueueState::queued || queued->state == QueueState::parked;
        if (!sent && !waits) continue;  // sent again, it gets a new id anyway
        freeze(*queued);
        CT_TRY(tables->queue.update(entry, *queued));
        index.change(position, [&](QueueEntry& changed) {
            changed.state = queued->state;
            changed.sequence = queued->sequence;
        });
    }
    return {};
}

Result<void> Store::Impl::adopt(QueuedOperation queued, Position position, Visible& visible,
                                std::optional<crm::Record> server) {
    freeze(queued);
    const crm::Model model = queued.operation.model;
    if (!server) {
        auto found = server_record(model, queued.operation.record);
        if (!found) return fail(found.error());
        server = std::move(*found);
    }
    QueueEntry entry = entry_of(queued, position);
    entry.wants_parent = queued.error_code == "MISSING_PARENT";
    entry.parent_news = entry.state != QueueState::parked;
    CT_TRY(tables->queue.insert(entry, queued));
    index.add(entry);
    observe(queued.operation.stamp);
    CT_TRY(show(model, std::move(*server), visible));
    std::map<Uuid, crm::Model> touched;
    CT_TRY(park_and_free({entry.record}, touched));
    return refresh(touched, visible);
}

Result<void> Store::Impl::restore(JournalContent content, const std::string& damaged_file) {
    StoredState stored = state_from(content.identity);
    SyncState next = stored.state;
    next.device_id = ids.next().str();  // how many operations were sent is not known for certain
    next.next_sequence = 0;
    next.cursor.reset();
    next.last_sync_at = 0;
    foreign_epoch = false;
    journal.switch_off(true);
    auto done = transaction([&]() -> Result<void> {
        CT_TRY(write_state(next));
        if (!damaged_file.empty()) CT_TRY(salvage(damaged_file));
        Visible visible;
        for (auto& [position, queued] : content.queue) CT_TRY(adopt(std::move(queued), position, visible));
        for (const auto& [id, attachment] : content.attachments) CT_TRY(write_attachment(attachment));
        return write_state(state);
    });
    journal.switch_off(false);
    if (!done) return done;
    if (rebuilt) rebuilt->operations = static_cast<std::int64_t>(content.queue.size());
    return renew_journal();
}

Result<void> Store::Impl::rebuild(const Error& why) {
    tables.reset();
    connection.reset();
    auto opened = journal.open();
    if (!opened) return fail(opened.error());
    if (!*opened || (*opened)->identity.empty()) return fail(why);
    auto aside = move_aside(disk, file, clock.now());
    if (!aside) return fail(aside.error());
    log::error(why.message + "; it was set aside as " + *aside);
    rebuilt = Rebuilt{*aside, why.message, 0, 0};
    CT_TRY(connect());
    return restore(std::move(**opened), *aside);
}

/// The records of the server that can still be read: who is offline goes on with them. What is missing or was damaged
/// comes with the next pull, which is from the start. Nothing that is wrong in there is an error.
Result<void> Store::Impl::salvage(const std::string& damaged_file) {
    auto old = sqlite::Connection::open(damaged_file, false);  // its WAL has to be replayed
    if (!old) return {};
    for (const crm::ModelDef& model : crm::models()) {
        for (const bool shadow : {true, false}) {  // where there is a shadow, that is what the server said
            RecordTable table(**old, model.model, shadow);
            Result<void> written;
            const auto read = table.each_living(
                [&](crm::Record&& record) {
                    if (record.version <= 0 || !written) return;
                    record.sync_status = crm::SyncStatus::synced;
                    const auto fresh = records(model.model).insert_new(record);
                    if (!fresh) written = fail(fresh.error());
                    if (!fresh || !*fresh) return;
                    mirror.moved(model.model, record.id, {}, {record.version, false});
                    if (rebuilt) ++rebuilt->records;
                },
                [](const Uuid&) {});
            if (!written) return written;
            if (!read) log::warn("not all could be read: " + read.error().message);
        }
    }
    return {};
}

// ---- what others call

bool is_damage(const Error& error) {
    static constexpr std::array<std::string_view, 4> kCodes{"DATABASE_DAMAGED", "NOT_A_DATABASE", "NOT_OUR_DATABASE",
                                                            "ROW_DAMAGED"};
    return std::find(kCodes.begin(), kCodes.end(), error.code) != kCodes.end();
}

Result<void> Store::copy_to(const std::string& file_name) {
    CT_TRY(impl_->ready());
    auto use = impl_->connection->prepare("VACUUM INTO ?");
    if (!use) return fail(use.error());
    return use->text(file_name).run();
}

const std::optional<Rebuilt>& Store::rebuilt() const { return impl_->rebuilt; }

Result<Rebuilt> Store::rebuild(const Error& why) {
    if (auto done = impl_->rebuild(why); !done) return fail(done.error());
    return *impl_->rebuilt;
}

Result<Unsent> Store::unsent() {
    CT_TRY(impl_->transaction([&] { return impl_->freeze_unsent(); }));
    Unsent all;
    for (const auto& [position, entry] : impl_->index.entries()) {
        auto queued = impl_->tables->queue.read(position);
        if (!queued) return fail(queued.error());
        all.operations.push_back(std::move(*queued));
    }
    auto attachments = unsent_attachments();
    if (!attachments) return fail(attachments.error());
    all.attachments = std::move(*attachments);
    return all;
}

Result<Adopted> Store::adopt(const Unsent& unsent) {
    Adopted adopted;
    auto done = impl_->transaction([&]() -> Result<void> {
        for (const QueuedOperation& queued : unsent.operations) {
            if (impl_->index.find(queued.operation.id) != nullptr) {
                ++adopted.known;
                continue;
            }
            CT_TRY(impl_->adopt(queued, impl_->index.next_position(), adopted.visible));
            ++adopted.operations;
        }
        for (const Attachment& attachment : unsent.attachments) {
            CT_TRY(impl_->write_attachment(attachment));
            ++adopted.attachments;
        }
        return impl_->write_state(impl_->state);
    });
    if (!done) return fail(done.error());
    return adopted;
}

}  // namespace ct::store
