// Recordings from the field: where they are read from, and what a simulation makes of one.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "sim/plan.h"
#include "sync/recording.h"

namespace ct::sim {

/// Every entry of what `inspect --export` wrote, of a profile's directory, of its `recording`, or of one segment; other
/// lines of an export are passed over. FILE_NOT_FOUND, NO_RECORDING.
[[nodiscard]] Result<void> read_recording_file(const std::string& path,
                                               const std::function<void(sync::Entry&&)>& visit);

/// What happened to that laptop, as steps of a plan in their order and with their pauses: it is switched on and off,
/// its user edits, syncs and works offline, its network goes, loses answers and shows login pages, its server is away.
/// What was edited is not in a recording: the seed makes it. A second laptop edits along. NO_RECORDING.
[[nodiscard]] Result<Plan> plan_of_recording(const std::string& path, std::uint64_t seed);

}  // namespace ct::sim
