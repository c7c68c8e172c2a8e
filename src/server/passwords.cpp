#include "server/passwords.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/utf8.h"

namespace ct::server {

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

}  // namespace ct::server
