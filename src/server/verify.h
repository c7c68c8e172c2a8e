// POST /api/sync/verify: digests of what this user sees, for the client to compare its mirror with (sync/mirror.h says
// what a digest is). With a cursor, of what a client that stands there should have: records that changed since are left
// out and named in `moved`, so that a busy workspace can be compared at any moment.
#pragma once

#include "server/answer.h"
#include "server/storage/storage.h"

namespace ct::server {

[[nodiscard]] Answer verify(Storage& storage, const Session& session, const std::string& body);

}  // namespace ct::server
