// /api/auth/…: signing in and out, passwords, devices.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_message.h"
#include "server/answer.h"
#include "server/passwords.h"
#include "server/storage/storage.h"
#include "server/throttle.h"
#include "sync/wire.h"

namespace ct::server {

class SignIn {
  public:
    SignIn(Storage& storage, const Clock& clock, Random& random, PasswordCost cost, std::int64_t token_days,
           std::vector<std::string> trusted_proxies = {})
        : storage_(storage),
          clock_(clock),
          random_(random),
          passwords_(cost),
          brake_(storage, clock),
          token_days_(token_days),
          trusted_proxies_(std::move(trusted_proxies)) {}

    /// Who is asking, by the bearer token of the request.
    [[nodiscard]] tl::expected<Session, Refusal> session(const http::Request& request);

    /// The same user as the device that the request speaks for. A token stands for user and workspace: a client that
    /// had to take a new device id goes on with it; only another user's device is refused.
    [[nodiscard]] tl::expected<Session, Refusal> as_device(const Session& session, const std::string& device);

    [[nodiscard]] Answer login(const http::Request& request);
    [[nodiscard]] Answer logout(const Session& session);
    [[nodiscard]] Answer set_password(const Session& session, const http::Request& request);
    [[nodiscard]] Answer devices(const Session& session);
    [[nodiscard]] Answer revoke(const Session& session, std::string_view device);

  private:
    [[nodiscard]] Result<std::optional<User>> matching(const std::string& email, const std::string& workspace,
                                                       const std::string& password);
    void touch(const Sha256& token, Session& session);

    [[nodiscard]] By by(const Session& session) const;
    [[nodiscard]] bool knows_device(const sync::LoginRequest& wanted);

    Storage& storage_;
    const Clock& clock_;
    Random& random_;
    std::mutex random_mutex_;  // guards random_
    Passwords passwords_;
    SignInBrake brake_;
    const std::int64_t token_days_;
    const std::vector<std::string> trusted_proxies_;
};

}  // namespace ct::server
