// How the handler of a server answers: at once, or when there is something to say. No thread waits meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/http_message.h"

namespace ct::http {

/// "Ask me again later with the same request", whose `waited_ms` tells by then how long that took.
struct Pause {
    std::int64_t at_most_ms = 0;  ///< ask again after this, whatever happens
    /// Called once. Arranges that `wake` is called when it is worth asking sooner: from any thread, also at once, also
    /// more than once. The arrangement lasts as long as what this returns.
    std::function<std::shared_ptr<void>(std::function<void()> wake)> arrange;
};

/// An answer, or a pause before it.
struct Answered {
    Answered(Response answer) : response(std::move(answer)) {}  // NOLINT: most handlers answer at once
    Answered(Pause until) : pause(std::move(until)) {}          // NOLINT
    Response response;                                          ///< means nothing with a pause
    std::optional<Pause> pause;                                 ///< set: there is no answer yet
};

using Handler = std::function<Answered(const Request&)>;

/// The answer, waiting for it on this thread where the handler pauses.
[[nodiscard]] Response answer_of(const Handler& handler, const Request& request);

}  // namespace ct::http
