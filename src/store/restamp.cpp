// Stamps of what was never sent, when it turns out that the clock was wrong.
#include "store/impl.h"

namespace ct::store {

Result<Visible> Store::restamp(const std::function<std::string(const std::string&)>& stamp_of,
                               const std::function<std::pair<UnixMs, std::uint16_t>()>& reading) {
    Visible visible;
    auto done = impl_->transaction([&]() -> Result<void> {
        std::map<Uuid, crm::Model> touched;
        std::vector<Position> unsent;
        for (const auto& [position, entry] : impl_->index.entries()) {
            if (entry.sequence < 0) unsent.push_back(position);  // what was sent once is never altered again
        }
        for (const Position position : unsent) {
            const QueueEntry entry = impl_->index.at(position);
            auto queued = impl_->tables->queue.read(position);
            if (!queued) return fail(queued.error());
            std::string stamp = stamp_of(queued->operation.stamp);
            if (stamp == queued->operation.stamp) continue;
            queued->operation.stamp = std::move(stamp);
            CT_TRY(impl_->tables->queue.update(entry, *queued));
            touched[entry.record] = entry.model;
        }
        CT_TRY(impl_->show_again(touched, visible));
        SyncState next = impl_->state;
        std::tie(next.stamp_ms, next.stamp_counter) = reading();
        return impl_->write_state(next);
    });
    if (!done) return fail(done.error());
    return visible;
}

}  // namespace ct::store
