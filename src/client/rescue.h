// The rescue copy: all unsent work of a profile (edits of any state with what they replaced, and attached files) in one
// sealed file, to be replayed on another profile of the same workspace. Operations keep their ids: wherever they are
// sent from, and however often, the server takes each once.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace ct::client {

/// Whose work it is, as the profile knew it.
struct RescueOrigin {
    std::string device_id, server_url, workspace_id, workspace_name, user_id, user_name, user_email;
    UnixMs at = 0;  ///< when the copy was made
};

struct RescueSummary {
    RescueOrigin origin;
    std::int64_t operations = 0;
    std::int64_t attachments = 0;  ///< files and removals of files
    std::int64_t known = 0;        ///< replay: operations that were in the queue already
    std::int64_t bytes = 0;        ///< save: size of the copy
};

/// Writes the copy, reads it again, and only then gives it its name. `attachments`: the profile's directory of
/// contents. NOTHING_TO_RESCUE, PASSPHRASE_NEEDED (kind invalid), CANNOT_WRITE, and what client/archive.h and the store
/// say.
[[nodiscard]] Result<RescueSummary> save_rescue(store::Store& store, const std::string& attachments,
                                                const std::string& file, const std::string& passphrase, UnixMs now);

/// Takes the work over into the queue, durably, all or nothing. SIGN_IN_FIRST, OTHER_WORKSPACE, NOT_A_RESCUE_COPY, and
/// what client/archive.h and the store say; nothing was changed then.
[[nodiscard]] Result<RescueSummary> replay_rescue(store::Store& store, const std::string& attachments,
                                                  const std::string& file, const std::string& passphrase,
                                                  store::Visible* visible = nullptr);

/// What to say of a database that was made anew, in one or two sentences.
[[nodiscard]] Error rebuilt_notice(const store::Rebuilt& rebuilt);

}  // namespace ct::client
