// What a device had before it when it made an edit, told by the log: for clients that do not say so themselves.
#pragma once

#include "server/storage/storage.h"
#include "sync/merge.h"
#include "sync/operation.h"

namespace ct::server {

/// Fills `operation.seen` for fields that merge, that changed since the device had last seen the record, and that the
/// device did not tell itself. Asks the log only when there is such a field.
[[nodiscard]] Result<void> fill_seen(WriteTransaction& transaction, const sync::ServerRecord& now,
                                     std::string_view device, sync::Operation& operation);

}  // namespace ct::server
