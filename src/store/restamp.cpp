// Stamps of what was never sent, when it turns out that the clock was wrong.
#include <algorithm>

#include "store/impl.h"
#include "sync/stamp.h"

namespace ct::store {

/// The stamp that the operation must be after: of the edits of its record before it, and of what its user saw there.
Result<std::string> Store::Impl::stamp_made_on(const QueueEntry& entry, const sync::QueuedOperation& queued,
                                               UnixMs latest) {
    std::string made_on;
    const auto take = [&](std::string stamp) {
        if (sync::stamp_ms(stamp) <= latest) made_on = std::max(made_on, std::move(stamp));
    };
    for (const Position position : index.of_record(entry.record)) {
        if (position >= entry.position) break;
        auto earlier = tables->queue.read(position);
        if (!earlier) return fail(earlier.error());
        take(std::move(earlier->operation.stamp));
    }
    auto server = server_record(entry.model, entry.record);
    if (!server) return fail(server.error());
    const bool seen = server->version > 0 && server->version <= queued.operation.base;
    if (seen) take(sync::format_stamp(server->updated_at, 0xffff, state.device_id));
    return made_on;
}

/// What was sent once is never altered again, so what its record's edits before it have must stay before it. Such a one
/// is in the queue behind others that were not sent only after a crash: of what the side journal alone had kept nobody
/// knows whether it was sent.
bool Store::Impl::stands_before_sent(const QueueEntry& entry) const {
    const auto& of_record = index.of_record(entry.record);
    return std::any_of(of_record.begin(), of_record.end(), [&](Position position) {
        return position > entry.position && index.at(position).sequence >= 0;
    });
}

/// When a record that is known here was changed last, up to `latest`: who has seen it writes after it.
Result<UnixMs> Store::Impl::last_change(UnixMs latest) {
    UnixMs last = 0;
    for (const crm::ModelDef& model : crm::models()) {
        auto use = connection->prepare("SELECT max(updatedAt) FROM " + quoted(record_table_name(model.model, false)) +
                                       " WHERE updatedAt<=?");
        if (!use) return fail(use.error());
        const auto row = use->integer(latest).step();
        if (!row) return fail(row.error());
        last = std::max(last, use->column_integer(0));
    }
    return last;
}

Result<Visible> Store::restamp(const std::function<std::string(const std::string&)>& stamp_of,
                               const std::function<std::pair<UnixMs, std::uint16_t>()>& reading, UnixMs latest) {
    Visible visible;
    auto done = impl_->transaction([&]() -> Result<void> {
        std::map<Uuid, crm::Model> touched;
        std::vector<Position> unsent;
        for (const auto& [position, entry] : impl_->index.entries()) {
            if (entry.sequence < 0 && !impl_->stands_before_sent(entry)) unsent.push_back(position);
        }
        std::string last;
        for (const Position position : unsent) {
            const QueueEntry entry = impl_->index.at(position);
            auto queued = impl_->tables->queue.read(position);
            if (!queued) return fail(queued.error());
            const auto made_on = impl_->stamp_made_on(entry, *queued, latest);
            if (!made_on) return fail(made_on.error());
            std::string stamp = sync::later_stamp(stamp_of(queued->operation.stamp), *made_on);
            last = std::max(last, stamp);
            if (stamp == queued->operation.stamp) continue;
            queued->operation.stamp = std::move(stamp);
            CT_TRY(impl_->tables->queue.update(entry, *queued));
            touched[entry.record] = entry.model;
        }
        CT_TRY(impl_->show_again(touched, visible));
        SyncState next = impl_->state;
        const auto seen = impl_->last_change(latest);
        if (!seen) return fail(seen.error());
        std::tie(next.stamp_ms, next.stamp_counter) = std::max(reading(), std::pair(*seen, std::uint16_t{0xffff}));
        if (const auto parts = sync::parse_stamp(last)) {
            const std::pair now(next.stamp_ms, next.stamp_counter);
            std::tie(next.stamp_ms, next.stamp_counter) = std::max(now, std::pair(parts->ms, parts->counter));
        }
        return impl_->write_state(next);
    });
    if (!done) return fail(done.error());
    return visible;
}

}  // namespace ct::store
