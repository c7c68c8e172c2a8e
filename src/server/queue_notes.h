// What devices say of their own queues, kept for whoever looks after the laptops: a laptop that has not been able to
// send for days shows here, as soon as it gets through at all.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.h"
#include "server/storage/storage.h"
#include "sync/wire.h"

namespace ct::server {

class QueueNotes {
  public:
    QueueNotes(Storage& storage, const Clock& clock) : storage_(storage), clock_(clock) {}

    /// `settled`: how many of them the request that said so has settled. Written only where it tells something new, and
    /// else once an hour: most requests of most devices say that nothing waits. Never fails the request. Any thread.
    void note(const Session& session, const std::optional<sync::Waiting>& told, std::int64_t settled = 0);

  private:
    struct Note {
        std::int64_t operations = 0;
        UnixMs since = 0, told_at = 0;
    };
    Storage& storage_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::pair<WorkspaceKey, std::string>, Note> noted_;  // guarded by mutex_
};

}  // namespace ct::server
