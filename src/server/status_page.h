// The page at /: what an administrator looks at first. HTML made here, without scripts and without anything from
// elsewhere; a browser's session is one more device of the user's, so that any process answers and it can be revoked.
//
//   GET  /          the state of the administrator's workspace, or the form to sign in
//   POST /login     email, password, workspace
//   POST /logout    csrf
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/http_message.h"
#include "server/sign_in.h"
#include "server/storage/storage.h"

namespace ct::server {

class StatusPage {
  public:
    StatusPage(Storage& storage, const Clock& clock, SignIn& sign_in, std::string version, bool tls)
        : storage_(storage), clock_(clock), sign_in_(sign_in), version_(std::move(version)), tls_(tls) {}

    /// All of it: "GET /", …
    [[nodiscard]] static std::span<const std::string_view> addresses();
    /// Whether the path is of one of these.
    [[nodiscard]] static bool owns(std::string_view path);
    /// Any thread.
    [[nodiscard]] http::Response handle(const http::Request& request);

  private:
    [[nodiscard]] http::Response show(const http::Request& request);
    [[nodiscard]] http::Response login(const http::Request& request);
    [[nodiscard]] http::Response logout(const http::Request& request);
    [[nodiscard]] tl::expected<Session, Refusal> session_of(std::string_view token);
    [[nodiscard]] Result<std::string> page(const Session& session, std::string_view token);
    [[nodiscard]] http::Response to_start(const http::Request& request, const std::string& token) const;

    Storage& storage_;
    const Clock& clock_;
    SignIn& sign_in_;
    const std::string version_;
    const bool tls_;  // browsers reach this process itself by https
};

}  // namespace ct::server
