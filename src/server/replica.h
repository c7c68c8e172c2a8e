// A read replica for pulls. It may be behind; nobody is ever shown less than they have seen.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"
#include "server/storage/storage.h"

namespace ct::server {

/// Any thread.
class Replica {
  public:
    Replica(Storage* storage, const Clock& clock) : storage_(storage), clock_(clock) {}

    /// Null: there is none, it has not yet got to `at_least`, it is of another epoch, or it does not answer (and is
    /// left alone for a while then).
    [[nodiscard]] std::unique_ptr<ReadTransaction> begin_read(WorkspaceKey workspace, std::int64_t at_least,
                                                              const std::string& epoch);

  private:
    Storage* const storage_;
    const Clock& clock_;
    std::atomic<SteadyMs> again_at_{0};  // not asked before
};

}  // namespace ct::server
