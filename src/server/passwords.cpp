#include "server/passwords.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/utf8.h"

namespace ct::server {

namespace {

constexpr SteadyMs kForgetAfterMs = 15 * 60'000;
constexpr std::size_t kEntriesMax = 20'000;

}  // namespace

Result<void> check_password(std::string_view password) {
    if (!valid_utf8(password) || password.size() > kPasswordMax) {
        return fail(ErrorKind::invalid, "INVALID_PASSWORD", "the password must be text of at most 1,024 bytes",
                    "password");
    }
    if (utf8_length(password) < kPasswordMin) {
        return fail(ErrorKind::invalid, "WEAK_PASSWORD", "the password must have at least 8 characters", "password");
    }
    return {};
}

/// A place among those that hash at the same time.
class Passwords::Seat {
  public:
    explicit Seat(Passwords& passwords) : passwords_(passwords) {
        std::unique_lock lock(passwords_.mutex_);
        passwords_.freed_.wait(lock, [&] { return passwords_.free_ > 0; });
        --passwords_.free_;
    }
    ~Seat() {
        {
            const std::lock_guard lock(passwords_.mutex_);
            ++passwords_.free_;
        }
        passwords_.freed_.notify_one();
    }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

  private:
    Passwords& passwords_;
};

Passwords::Passwords(PasswordCost cost, int at_once) : cost_(cost), free_(at_once) {
    if (sodium_init() < 0) std::abort();  // no generator of the system: nothing secret could be made
}

Result<std::string> Passwords::hash(std::string_view password) {
    const Seat seat(*this);
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), cost_.passes, cost_.memory,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return fail(ErrorKind::busy, "NO_MEMORY", "not enough memory to hash a password");
    }
    return std::string(text.data());
}

bool Passwords::verify(const std::string& hash, std::string_view password) {
    const Seat seat(*this);
    return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

void Passwords::pretend(std::string_view password) {
    std::call_once(decoy_made_, [&] { decoy_ = hash("nobody's password").value_or(std::string{}); });
    (void)verify(decoy_, password);
}

std::string make_token(Random& random) {
    std::array<std::uint8_t, 32> bytes{};
    random.fill(bytes);
    std::array<char, sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_URLSAFE_NO_PADDING)> text{};
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return std::string(text.data());
}

Sha256 token_hash(std::string_view token) { return sha256(token); }

std::int64_t Throttle::attempt(const std::string& key, SteadyMs now) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() > kEntriesMax) forget_old(now);
    Entry& entry = entries_[key];
    if (now - entry.last > kForgetAfterMs) entry = {};
    if (now < entry.open_at) return (entry.open_at - now + 999) / 1'000;
    ++entry.failures;  // until it succeeds, so that guesses made at the same time count too
    entry.last = now;
    if (entry.failures > free_failures_) {
        const int doublings = std::min(entry.failures - free_failures_ - 1, 9);
        entry.open_at = now + 1'000 * std::min<std::int64_t>(std::int64_t{1} << doublings, wait_max_s_);
    }
    return 0;
}

void Throttle::succeeded(const std::string& key) {
    const std::lock_guard lock(mutex_);
    entries_.erase(key);
}

void Throttle::take_back(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(key);
    if (at == entries_.end()) return;
    if (--at->second.failures <= 0) entries_.erase(at);
}

void Throttle::forget_old(SteadyMs now) {
    std::erase_if(entries_, [&](const auto& entry) { return now - entry.second.last > kForgetAfterMs; });
    if (entries_.size() > kEntriesMax) entries_.clear();  // under such an attack the limit per address must help
}

}  // namespace ct::server
