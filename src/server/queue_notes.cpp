#include "server/queue_notes.h"

#include <algorithm>

#include "base/log.h"

namespace ct::server {

namespace {

constexpr UnixMs kAgainAfterMs = 3'600'000;
constexpr UnixMs kSameMs = 60'000;                         // ages come in whole seconds, and clocks drift
constexpr std::int64_t kOldestMaxS = 20LL * 366 * 86'400;  // a clock that was never set
constexpr std::int64_t kOperationsMax = 1'000'000'000'000;

}  // namespace

void QueueNotes::note(const Session& session, const std::optional<sync::Waiting>& told, std::int64_t settled) {
    if (!told) return;
    const UnixMs now = clock_.now();
    Note note{std::clamp<std::int64_t>(told->operations - settled, 0, kOperationsMax), 0, now};
    if (note.operations > 0) note.since = now - std::clamp<std::int64_t>(told->oldest_s, 0, kOldestMaxS) * 1'000;
    const std::pair<WorkspaceKey, std::string> device{session.user.workspace.key, session.device};
    {
        const std::lock_guard lock(mutex_);
        const auto [at, first] = noted_.try_emplace(device, note);
        const bool same = at->second.operations == note.operations && std::abs(at->second.since - note.since) < kSameMs;
        if (!first && same && now - at->second.told_at < kAgainAfterMs) return;
        at->second = note;
    }
    const auto done = storage_.note_waiting(device.first, device.second, note.operations, note.since, now);
    if (done) return;
    log::warn("what a device said of its queue could not be noted: " + done.error().message);
    const std::lock_guard lock(mutex_);
    noted_.erase(device);  // with the next request, then
}

}  // namespace ct::server
