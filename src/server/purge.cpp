#include "server/purge.h"

#include <algorithm>
#include <limits>

namespace ct::server {

namespace {

constexpr UnixMs kDayMs = 86'400'000;

}  // namespace

Result<std::int64_t> purge_tombstones(Storage& storage, WorkspaceKey workspace, UnixMs now, const PurgeRules& rules) {
    const auto devices = storage.pulled(workspace);
    if (!devices) return fail(devices.error());
    std::int64_t seen_by_all = std::numeric_limits<std::int64_t>::max();
    for (const PulledTo& device : *devices) {
        if (now - device.seen_at > rules.device_days * kDayMs) continue;
        seen_by_all = std::min(seen_by_all, device.version);
    }
    if (seen_by_all == 0) return 0;  // somebody is about to pull for the first time
    return storage.purge(workspace, seen_by_all, now - rules.trash_days * kDayMs);
}

Result<std::int64_t> purge_tombstones(Storage& storage, UnixMs now, const PurgeRules& rules) {
    const auto workspaces = storage.workspaces();
    if (!workspaces) return fail(workspaces.error());
    std::int64_t purged = 0;
    for (const Workspace& workspace : *workspaces) {
        const auto gone = purge_tombstones(storage, workspace.key, now, rules);
        if (!gone) return fail(gone.error());
        purged += *gone;
    }
    return purged;
}

}  // namespace ct::server
