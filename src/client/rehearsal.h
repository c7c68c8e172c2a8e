// What a pull's answer would do to this laptop's records, found out on a copy of its database that is thrown away. The
// real database is only read.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "client/inspect.h"

namespace ct::client {

/// Applies `seen.page` by the shipped store to a copy in `directory`, which is this call's own: emptied before, gone
/// after it. Any thread; takes about as long as copying the database does. Errors are in the result: NOT_KEPT (there
/// is no page), MALFORMED, OTHER_EPOCH (the server was another then), CATCH_UP_OVER, PAGE_IGNORED,
/// those of the store and of the disk.
[[nodiscard]] inspect::PageTried rehearse(const std::string& database, const std::string& directory,
                                          const RequestSeen& seen, const Clock& clock, Random& random);

/// Of a program that ended in the middle of it.
void remove_rehearsal(const std::string& directory);

}  // namespace ct::client
