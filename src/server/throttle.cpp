#include "server/throttle.h"

#include <algorithm>
#include <array>

#include "base/digest.h"

namespace ct::server {

namespace {

constexpr std::int64_t kForgetAfterMs = 15 * 60'000;
constexpr SteadyMs kCleanUpEveryMs = 5 * 60'000;

/// Of one length, and without anybody's address in it.
std::string key(std::string_view kind, std::string_view what, std::string_view more = {}) {
    const Sha256 digest = sha256(std::string(kind).append("\n").append(what).append("\n").append(more));
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::array<std::string, 3> keys_of(const SignInBrake::Guess& guess) {
    return {key("both", guess.account, guess.network), key("account", guess.account), key("network", guess.network)};
}

}  // namespace

std::int64_t Throttle::attempt(Guesses& guesses, UnixMs now) const {
    if (now - guesses.last > kForgetAfterMs) guesses = {};
    guesses.last = std::min(guesses.last, now);  // the clock was set back, or another server's is ahead
    const UnixMs open_at = guesses.last + guesses.wait_ms;
    if (now < open_at) return (open_at - now + 999) / 1'000;
    ++guesses.failures;  // until it succeeds, so that guesses made at the same time count too
    guesses.last = now;
    guesses.wait_ms = 0;
    if (guesses.failures > free_failures_) {
        const auto doublings = std::min<std::int64_t>(guesses.failures - free_failures_ - 1, 9);
        guesses.wait_ms = 1'000 * std::min<std::int64_t>(std::int64_t{1} << doublings, wait_max_s_);
    }
    return 0;
}

void Throttle::take_back(Guesses& guesses) {
    if (--guesses.failures <= 0) guesses = {};
}

Result<std::int64_t> SignInBrake::count(Guess& guess, bool known_device) {
    clean_up();
    std::int64_t wait = 0;
    const auto counted = storage_.change_guesses(keys_of(guess), [&](std::span<Guesses> all) {
        const std::array<Guesses, 3> before{all[0], all[1], all[2]};
        const UnixMs now = clock_.now();
        const std::int64_t of_both = per_both_.attempt(all[0], now);
        const std::int64_t of_account = per_account_.attempt(all[1], now);
        const std::int64_t of_network = per_network_.attempt(all[2], now);
        guess.by_itself = of_both > 0;
        guess.account_counted = of_account == 0;
        guess.network_counted = of_network == 0;
        wait = of_both > 0 || known_device ? of_both : std::max(of_account, of_network);
        if (wait > 0) std::copy(before.begin(), before.end(), all.begin());  // it is not tried
    });
    if (!counted) return fail(counted.error());
    return wait;
}

void SignInBrake::succeeded(const Guess& guess) {
    // What cannot be taken back is held against them for a quarter of an hour, and no worse.
    (void)storage_.change_guesses(keys_of(guess), [&](std::span<Guesses> all) {
        all[0] = {};
        if (guess.account_counted) Throttle::take_back(all[1]);
        if (guess.network_counted) Throttle::take_back(all[2]);
    });
}

Result<std::int64_t> SignInBrake::count(std::string_view what) {
    std::int64_t wait = 0;
    const std::array<std::string, 1> keys{key("one", what)};
    const auto counted =
        storage_.change_guesses(keys, [&](std::span<Guesses> all) { wait = per_both_.attempt(all[0], clock_.now()); });
    if (!counted) return fail(counted.error());
    return wait;
}

void SignInBrake::succeeded(std::string_view what) {
    const std::array<std::string, 1> keys{key("one", what)};
    (void)storage_.change_guesses(keys, [](std::span<Guesses> all) { all[0] = {}; });
}

/// Whoever signs in sweeps, now and then: a flood of names fills the table for a quarter of an hour and no longer.
void SignInBrake::clean_up() {
    const SteadyMs now = clock_.steady();
    SteadyMs due = clean_at_;
    if (now < due || !clean_at_.compare_exchange_strong(due, now + kCleanUpEveryMs)) return;
    (void)storage_.forget_guesses(clock_.now() - kForgetAfterMs);
}

}  // namespace ct::server
