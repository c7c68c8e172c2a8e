// The end of tombstones. A deleted record stays for a while, so that it can be restored, and so that every device hears
// of it; then its row goes, and a cursor older than that has to begin anew (RESYNC_REQUIRED).
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "server/storage/storage.h"

namespace ct::server {

struct PurgeRules {
    std::int64_t trash_days = 30;   ///< a deleted record can be restored so long
    std::int64_t device_days = 90;  ///< a device that was not seen for so long holds nothing back
};

/// Purges what all active devices of the workspace have seen; how many records went.
[[nodiscard]] Result<std::int64_t> purge_tombstones(Storage& storage, WorkspaceKey workspace, UnixMs now,
                                                    const PurgeRules& rules = {});
/// In all workspaces. For `serve`, now and then.
[[nodiscard]] Result<std::int64_t> purge_tombstones(Storage& storage, UnixMs now, const PurgeRules& rules = {});

}  // namespace ct::server
