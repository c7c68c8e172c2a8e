// How a decision that the policies made without asking is turned round: by one edit, for everybody.
#pragma once

#include <optional>

#include "client/commands.h"
#include "store/store.h"

namespace ct::client {

/// What brings back what lost in `decision`, a row of Store::decisions: the values; the record, with them, where a
/// deletion won; or its end, where a deletion lost. `there`: the record as it is, null when it is not there or deleted.
/// Nothing: nothing lost, or all of it stands again. Pure.
[[nodiscard]] std::optional<Edit> turning_round(const store::AuditRow& decision, const crm::Record* there);

}  // namespace ct::client
