// The client without threads or window, for programs that come, do one thing and go (colortouchctl, tests): the same
// store, the same engine, the same transport, driven to the end on the caller's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/config.h"
#include "client/event.h"

namespace ct::client {

enum class SyncMode : std::uint8_t { both, push_only, pull_only };

struct SyncReport {
    store::SyncHistoryRow row;
    bool reached = false;  ///< the server answered and the round went through
    Indicator indicator = Indicator::synced;
    std::string code, message;  ///< why not, when not
};

class Session {
  public:
    /// Takes the profile's lock (PROFILE_IN_USE: another program has it open).
    [[nodiscard]] static Result<std::unique_ptr<Session>> open(const Profile& profile, const Config& config,
                                                               const Clock& clock, Random& random);
    ~Session();

    [[nodiscard]] store::Store& store();  ///< for reading; edits go through `commit`
    /// Validates and stores; durable when it returns. More than one edit: a group, all or none.
    [[nodiscard]] Result<store::Committed> commit(std::vector<Edit> edits);
    [[nodiscard]] Uuid new_id();
    /// UNAUTHENTICATED (wrong e-mail or password), OFFLINE, NOT_COLORTOUCH, INSECURE_SERVER …; binds the profile.
    /// OTHER_WORKSPACE when unsent edits of another server or workspace are in the queue.
    [[nodiscard]] Result<sync::LoginAnswer> login(const std::string& server_url, const std::string& email,
                                                  const std::string& password, const std::string& workspace);
    [[nodiscard]] Result<void> logout();
    [[nodiscard]] bool signed_in() const;
    [[nodiscard]] SyncReport sync(SyncMode mode);  ///< one whole round; never throws, never hangs (deadlines)
    [[nodiscard]] SyncView view();
    [[nodiscard]] Result<store::Visible> retry(const Uuid& operation);
    [[nodiscard]] Result<store::Visible> discard(const Uuid& operation);
    [[nodiscard]] Result<store::Visible> resolve(const Uuid& operation, const store::Resolution& resolution);
    [[nodiscard]] Result<store::Committed> take_back(const store::AuditRow& decision);

  private:
    struct Impl;
    explicit Session(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ct::client
