// Who else is in a workspace, by name: for those who hand a record over, and for records that name somebody.
#pragma once

#include "server/answer.h"
#include "server/storage/storage.h"

namespace ct::server {

/// Of the caller's own workspace, those who are disabled included; addresses are for ADMIN and MANAGER alone.
[[nodiscard]] Answer people(Storage& storage, const Session& session);

}  // namespace ct::server
