// POST /api/sync/push: the verdicts on a batch, and their effect, in one transaction.
#pragma once

#include "base/clock.h"
#include "server/answer.h"
#include "server/bell.h"
#include "server/metrics.h"
#include "server/storage/storage.h"
#include "sync/wire.h"

namespace ct::server {

class Push {
  public:
    Push(Storage& storage, const Clock& clock, Bells& bells, Metrics& metrics)
        : storage_(storage), clock_(clock), bells_(bells), metrics_(metrics) {}

    /// The JSON of the answer. Any thread.
    [[nodiscard]] Answer run(const Session& session, const sync::PushRequest& request);

  private:
    Storage& storage_;
    const Clock& clock_;
    Bells& bells_;
    Metrics& metrics_;
};

}  // namespace ct::server
