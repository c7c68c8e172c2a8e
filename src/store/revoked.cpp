// Records that this user may no longer see, and those that come back. What waits for one cannot be sent: it stands in
// error until somebody decides, or until the record is in sight again.
#include <algorithm>

#include "store/impl.h"

namespace ct::store {

namespace {

using sync::QueueState;

constexpr std::string_view kRevoked = "REVOKED";
constexpr std::string_view kGone = "you may no longer see this record; ask whoever took it over";
constexpr std::string_view kCompany = "another edit of the same save is for a record that you may no longer see";

}  // namespace

std::vector<Position> Store::Impl::unit_of(Position position) const {
    const Uuid& group = index.at(position).group;
    return group.nil() ? std::vector<Position>{position} : index.of_group(group);
}

Result<void> Store::Impl::mark(Position position, QueueState next, std::string_view code, std::string_view message,
                               Visible& visible) {
    const QueueEntry entry = index.at(position);
    auto queued = tables->queue.read(position);
    if (!queued) return fail(queued.error());
    queued->state = next;
    queued->error_code = code;
    queued->error_message = message;
    if (next == QueueState::queued) queued->retry_count = 0;  // as for any that goes again: its tries begin anew
    CT_TRY(tables->queue.update(entry, *queued));
    index.change(position, [&](QueueEntry& changed) {
        changed.state = next;
        changed.retry_count = queued->retry_count;
    });
    return refresh({{entry.record, entry.model}}, visible);
}

Result<void> Store::Impl::apply_revoked(const sync::PullRow& row, PageApplied& applied) {
    ++applied.rows;
    const std::vector<Position> waiting = index.of_record(row.id);
    for (const Position position : waiting) {
        const std::vector<Position> unit = unit_of(position);
        // What was sent may have been taken: that is the server's to say.
        if (std::any_of(unit.begin(), unit.end(),
                        [this](Position member) { return index.at(member).state == QueueState::sent; }))
            continue;
        for (const Position member : unit) {
            const QueueState was = index.at(member).state;
            const bool own = index.at(member).record == row.id;
            if (!own && was != QueueState::queued && was != QueueState::parked) continue;
            CT_TRY(mark(member, QueueState::error, kRevoked, own ? kGone : kCompany, applied.visible));
        }
    }
    std::erase_if(applied.visible.changed, [&](const crm::Record& shown) { return shown.id == row.id; });
    return forget(row.model, row.id, applied.visible);
}

Result<void> Store::Impl::revive(const Uuid& record, Visible& visible) {
    const std::vector<Position> waiting = index.of_record(record);
    for (const Position position : waiting) {
        const std::vector<Position> unit = unit_of(position);
        bool free = true, revoked = false;
        std::vector<Position> again;
        for (const Position member : unit) {
            const QueueEntry& entry = index.at(member);
            const auto here = records(entry.model).stand(entry.record);
            if (!here) return fail(here.error());
            free = free && (entry.record == record || *here);  // others of its save may be out of sight still
            if (entry.state != QueueState::error) continue;
            const auto queued = tables->queue.read(member);
            if (!queued) return fail(queued.error());
            // All of a save or none: what failed for its company's sake goes again with it, what was refused for a
            // reason of its own keeps the others back.
            revoked = revoked || queued->error_code == kRevoked;
            free = free && (queued->error_code == kRevoked || queued->error_code == kGroupFailed);
            again.push_back(member);
        }
        if (!free || !revoked) continue;
        for (const Position member : again) CT_TRY(mark(member, QueueState::queued, {}, {}, visible));
    }
    return {};
}

}  // namespace ct::store
