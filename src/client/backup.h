// A whole profile as one file, and back: database, side journal, attached files and settings. The sign-in is not in it:
// whoever restores it signs in again.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "client/config.h"
#include "store/store.h"

namespace ct::client {

struct BackupSummary {
    std::int64_t files = 0, bytes = 0;  ///< bytes of the backup's file
    UnixMs at = 0;                      ///< when it was made
    std::int64_t unsent = 0;            ///< restore: operations that wait in what was restored
    std::string replaced;  ///< restore: where the data are that it took the place of; empty: none were there
};

/// A consistent copy, also while `store` is at work in this process; read again and checked before it gets its name. An
/// empty passphrase: readable by whoever has the file. Errors of client/archive.h and of the store.
[[nodiscard]] Result<BackupSummary> back_up(store::Store& store, const Profile& profile, const std::string& file,
                                            const std::string& passphrase, UnixMs now);

/// Puts a backup in the place of the profile's data, which are kept aside in a directory of their own. Holds the
/// profile's lock meanwhile. Everything is read and checked before anything is replaced. With unsent work in the
/// profile it refuses (UNSENT_WORK) unless `discard_unsent`. What is restored goes on as a new device, and nothing in
/// its queue is altered any more: what was sent since the backup was made is sent again as it was, and the server takes
/// it once. PROFILE_IN_USE, NOT_A_BACKUP, CANNOT_WRITE, and what client/archive.h and the store say.
[[nodiscard]] Result<BackupSummary> restore_backup(const Profile& profile, const std::string& file,
                                                   const std::string& passphrase, bool discard_unsent,
                                                   const Clock& clock, Random& random);

}  // namespace ct::client
