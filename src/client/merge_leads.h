// Two leads of the same customer become one: a group of edits, undone like any other. The old id stays as an alias (the
// field mergedInto), so that what others still send to it lands on the survivor.
#pragma once

#include <span>
#include <vector>

#include "client/event.h"
#include "crm/record.h"

namespace ct::client {

/// Merged into another lead: not shown in lists any more.
[[nodiscard]] bool merged_away(const crm::Record& record);

/// The edits, to be saved as one group: the survivor keeps its values and takes those that it lacks, labels and notes
/// of both are kept, the other's children move. `children`: all notes, payments and reminders of `other`. `chosen`:
/// fields that get a value of somebody's choice instead. SAME_LEAD, ALREADY_MERGED (either was merged before).
[[nodiscard]] Result<std::vector<Edit>> merge_edits(const crm::Record& survivor, const crm::Record& other,
                                                    std::span<const std::pair<crm::Model, Uuid>> children,
                                                    const crm::Changes& chosen = {});

/// The way back: the old lead is one of its own again, and has the children that came with it. What edits brought to
/// the survivor stays there. NOT_MERGED.
[[nodiscard]] Result<std::vector<Edit>> unmerge_edits(const crm::Record& other,
                                                      std::span<const std::pair<crm::Model, Uuid>> children);

}  // namespace ct::client
