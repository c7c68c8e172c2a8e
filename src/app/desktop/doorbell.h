// One window per profile: a second start knocks, and the window that is open comes to the front.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace ct::app {

/// Asks the window that has this profile open to come to the front and to go to `where` (as --open takes it; may be
/// empty). False when nobody answers within two seconds: the profile is held by something else.
[[nodiscard]] bool knock(const std::string& data_dir, const std::string& where);

/// Hears who knocks, in a thread of its own.
class Doorbell {
  public:
    /// `wake` is called from that thread after something came. CANNOT_LISTEN: a second start will only say that the
    /// profile is in use.
    [[nodiscard]] static Result<std::unique_ptr<Doorbell>> hang(const std::string& data_dir,
                                                                std::function<void()> wake);
    ~Doorbell();
    Doorbell(const Doorbell&) = delete;
    Doorbell& operator=(const Doorbell&) = delete;

    /// Where those who knocked since the last call want to go, "" for nowhere in particular. UI thread.
    [[nodiscard]] std::vector<std::string> take();

  private:
    struct Impl;
    explicit Doorbell(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ct::app
