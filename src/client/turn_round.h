// How a decision that the policies made without asking is turned round: by one edit, for everybody.
#pragma once

#include <cstdint>
#include <optional>

#include "client/commands.h"
#include "store/store.h"

namespace ct::client {

/// What turns it round: the values that lost are set again, the deleted record is restored with them, or it is deleted
/// after all.
enum class WayRound : std::uint8_t { none, values, restore, remove };

/// `decision`: a row of Store::decisions. `there`: the record as it is, null when it is not there or deleted. None:
/// nothing lost, all of it stands again, or people have decided otherwise since. Pure.
[[nodiscard]] WayRound way_round(const store::AuditRow& decision, const crm::Record* there);

/// The edit; nothing where there is no way round.
[[nodiscard]] std::optional<Edit> turning_round(const store::AuditRow& decision, const crm::Record* there);

}  // namespace ct::client
