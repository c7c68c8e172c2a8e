// What a profile takes on the disk.
#pragma once

#include "client/config.h"
#include "client/event.h"

namespace ct::client {

/// Looks at the files as they are now; what cannot be looked at counts nothing. Any thread.
[[nodiscard]] StorageListed storage_of(const Profile& profile);

}  // namespace ct::client
