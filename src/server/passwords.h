// Passwords (argon2id) and tokens.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/random.h"
#include "base/result.h"

namespace ct::server {

/// What one hashing costs. The default takes about 0.1 s: OWASP asks for no less than 19 MiB and 2 passes.
struct PasswordCost {
    unsigned long long passes = 3;
    std::size_t memory = std::size_t{48} << 20;
};

inline constexpr std::size_t kPasswordMin = 8;      ///< code points
inline constexpr std::size_t kPasswordMax = 1'024;  ///< bytes

/// WEAK_PASSWORD or INVALID_PASSWORD, or nothing.
[[nodiscard]] Result<void> check_password(std::string_view password);

/// Hashes and verifies, a few at a time: each takes PasswordCost::memory, and a rush of sign-ins must not take all.
class Passwords {
  public:
    explicit Passwords(PasswordCost cost, int at_once = 2);
    [[nodiscard]] Result<std::string> hash(std::string_view password);
    [[nodiscard]] bool verify(const std::string& hash, std::string_view password);
    /// Takes as long as verifying, so that an unknown e-mail address cannot be told from a wrong password.
    void pretend(std::string_view password);

  private:
    class Seat;
    const PasswordCost cost_;
    std::once_flag decoy_made_;
    std::string decoy_;  // set once by decoy_made_
    std::mutex mutex_;
    std::condition_variable freed_;
    int free_;  // guarded by mutex_
};

/// 256 random bits, base64url.
[[nodiscard]] std::string make_token(Random& random);
[[nodiscard]] Sha256 token_hash(std::string_view token);

}  // namespace ct::server
