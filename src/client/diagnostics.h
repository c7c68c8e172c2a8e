// `Export diagnostics`: one file that tells why a profile does not sync, and nothing about customers. Lines of JSON,
// compressed (zstd -dc FILE reads it). Reads the profile's files by itself: neither the profile's lock nor its open
// database is needed, and whoever has them is not disturbed.
//
// In it: the flight recorder, the log, the schema and how many rows each table has, settings, what the profile knows of
// its server, the queue, the history of syncs and the list of attachments. Texts that people typed, names, phones,
// e-mails, notes and amounts are replaced by hashes under a key that is made for this one file and then forgotten: what
// is equal stays equal within the file, and nothing can be tried against it. What stays: ids, versions, stamps and
// times, choices (status, kind), sizes, error codes, the server's address. Tokens and passwords are never looked at.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "client/config.h"

namespace ct::client {

struct DiagnosticsRequest {
    Profile profile;
    Config config;
    std::string program;  ///< who exports, with its version: "colortouch 1.2.3"
    std::string state;    ///< in words, what the client says of itself now (Engine::reason); may be empty
};

struct DiagnosticsSummary {
    std::int64_t bytes = 0;      ///< of the file
    std::int64_t steps = 0;      ///< of the flight recorder
    std::int64_t log_lines = 0;  ///< of the log
    std::int64_t hashed = 0;     ///< values that were replaced
};

/// Any thread; takes a second for each 50 MB of log and recording. The file is there whole or not at all (mode 0600).
/// CANNOT_WRITE, DISK_FULL; a database that cannot be read is told in the file instead.
[[nodiscard]] Result<DiagnosticsSummary> export_diagnostics(const DiagnosticsRequest& request, const std::string& file,
                                                            const Clock& clock, Random& random);

}  // namespace ct::client
