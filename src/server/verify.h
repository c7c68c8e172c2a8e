// POST /api/sync/verify: digests of what this user sees, for the client to compare its mirror with.
//
// A record's digest is checksum64 (base/digest.h) of its id's 16 bytes followed by its version as 8 bytes, lowest
// first; a bucket's digest is the sum of its records' digests modulo 2^64, written as 16 hexadecimal digits; the
// bucket of a record is the last byte of its id modulo the number of buckets. Deleted records do not count.
//
//   {"epoch", "version", "models": {"Lead": {"counts": [n, …], "digests": ["0123456789abcdef", …]}, …}}
#pragma once

#include "server/answer.h"
#include "server/storage/storage.h"

namespace ct::server {

[[nodiscard]] std::uint64_t record_digest(const Uuid& id, std::int64_t version);
[[nodiscard]] Answer verify(Storage& storage, const Session& session, const std::string& body);

}  // namespace ct::server
