// Leads that were merged into another keep their id as an alias for ever: what a device that had not heard of the merge
// sends to the old id lands on the survivor.
#pragma once

#include <optional>

#include "server/batch.h"
#include "sync/operation.h"

namespace ct::server {

/// Loads the leads into which those of `leads` were merged, as far as the chain goes.
[[nodiscard]] Result<void> load_survivors(Batch& batch, std::vector<RecordKey> leads);

/// The lead that stands for this one now; itself when it was not merged. Circles end where they began.
[[nodiscard]] Uuid survivor_of(const Batch& batch, const Uuid& lead);

/// The operation as it lands elsewhere: an edit of a merged lead by a device that did not know on the survivor, a child
/// of a merged lead below the survivor. Nothing when it stays as it is.
[[nodiscard]] std::optional<sync::Operation> landing(const Batch& batch, const sync::Operation& operation,
                                                     std::string_view device);

}  // namespace ct::server
