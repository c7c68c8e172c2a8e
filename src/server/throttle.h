// The brake on guessing passwords. What is held against whom stands in the database: a guess counts whichever of
// several servers it comes to, and one that cannot be counted is not tried.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "server/storage/storage.h"

namespace ct::server {

/// Slows guessing down under one key: after a few free failures each further one doubles the wait. What is older than a
/// quarter of an hour is forgotten.
class Throttle {
  public:
    explicit Throttle(int free_failures = 5, std::int64_t wait_max_s = 300)
        : free_failures_(free_failures), wait_max_s_(wait_max_s) {}
    /// Counts an attempt. 0: go ahead; otherwise seconds to wait, and it was not counted.
    [[nodiscard]] std::int64_t attempt(Guesses& guesses, UnixMs now) const;
    /// One attempt was none, or succeeded; what came before still counts.
    static void take_back(Guesses& guesses);

  private:
    const int free_failures_;
    const std::int64_t wait_max_s_;
};

/// One guesser at one account waits soon and long. Many addresses at one account, and one address at many accounts,
/// wait later and less, and only where the account never signed in on that device: an office behind one address is not
/// locked out by somebody in it, nor is a user by the whole world. Any thread.
class SignInBrake {
  public:
    SignInBrake(Storage& storage, const Clock& clock) : storage_(storage), clock_(clock) {}

    /// A sign-in under way.
    struct Guess {
        std::string account, network;
        bool by_itself = false;  ///< it has to wait, whatever the device
        bool account_counted = false, network_counted = false;
    };
    /// Counts the attempt. 0: go ahead; otherwise seconds to wait. An error: it must not be tried.
    [[nodiscard]] Result<std::int64_t> count(Guess& guess, bool known_device);
    /// The password was right: nothing is held against this guesser at this account any more. An account of one's own
    /// must not buy guesses at others', so of the rest only this attempt is taken back.
    void succeeded(const Guess& guess);

    /// The same for what is guessed by somebody who is signed in.
    [[nodiscard]] Result<std::int64_t> count(std::string_view what);
    void succeeded(std::string_view what);

  private:
    void clean_up();

    Storage& storage_;
    const Clock& clock_;
    const Throttle per_both_;
    const Throttle per_account_{30, 60};
    const Throttle per_network_{100, 30};
    std::atomic<SteadyMs> clean_at_{0};
};

}  // namespace ct::server
