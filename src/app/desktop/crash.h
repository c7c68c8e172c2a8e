// What is left behind when the program ends by a fault: a small text file with the place in the program, for a report.
// No contents of records are in it.
#pragma once

#include <optional>
#include <string>

namespace ct::app {

/// From now on a fatal signal, or an exception that nobody catches, writes DIRECTORY/crash-TIME-PID.txt before the
/// program ends as it would have. Once, before threads begin.
void report_crashes(const std::string& directory, const std::string& version);
/// The newest report that was not told of yet; it is marked as told.
[[nodiscard]] std::optional<std::string> take_crash_report(const std::string& directory);

}  // namespace ct::app
