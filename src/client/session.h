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

/// What a comparison of this profile with the server came to.
struct VerifyReport {
    SyncReport round;  ///< that went before it: a mirror is compared when it is up to date
    sync::VerifyCounts counts;
    std::int64_t waiting = 0;  ///< operations not sent yet; they are no difference
};

/// What became of the attachments that waited.
struct TransferReport {
    std::int64_t sent = 0, fetched = 0, removed = 0, failed = 0;
    std::int64_t waiting = 0;  ///< that did not go through, or not yet
    std::string reason;        ///< why they wait, when they do
    bool cut_off = false;      ///< they wait because the server could not be reached
};

class Session {
  public:
    /// Takes the profile's lock (PROFILE_IN_USE: another program has it open).
    [[nodiscard]] static Result<std::unique_ptr<Session>> open(const Profile& profile, const Config& config,
                                                               const Clock& clock, Random& random,
                                                               const std::string& program = "colortouchctl");
    ~Session();

    /// After an error that store::is_damage: the database anew, with all unsent work.
    [[nodiscard]] Result<store::Rebuilt> rebuild(const Error& why);
    [[nodiscard]] store::Store& store();  ///< for reading; edits go through `commit`
    /// Validates and stores; durable when it returns. More than one edit: a group, all or none.
    [[nodiscard]] Result<store::Committed> commit(std::vector<Edit> edits);
    /// Edits that are nothing to each other, in one transaction: the n-th error is the n-th edit's, none: it is saved,
    /// durably. Fails as a whole when it is the disk's matter; some may be saved then.
    [[nodiscard]] Result<std::vector<std::optional<Error>>> commit_each(std::vector<Edit> edits);
    [[nodiscard]] Uuid new_id();
    /// UNAUTHENTICATED (wrong e-mail or password), OFFLINE, NOT_COLORTOUCH, INSECURE_SERVER …; binds the profile.
    /// OTHER_WORKSPACE when the profile holds another workspace's data; UNSENT_WORK when another user's edits wait in
    /// it, unless they are to be discarded.
    [[nodiscard]] Result<sync::LoginAnswer> login(const std::string& server_url, const std::string& email,
                                                  const std::string& password, const std::string& workspace,
                                                  bool discard_unsent = false);
    [[nodiscard]] Result<void> logout();
    /// As known here; with `ask`, after asking the server where that is some minutes old.
    [[nodiscard]] const PeopleList& people(bool ask);
    /// Why the last asking brought nothing; nothing when it did, or nobody asked.
    [[nodiscard]] const std::optional<Error>& people_trouble() const;
    [[nodiscard]] bool signed_in() const;
    /// One whole round; never throws, never hangs (deadlines). One that would remove very many records ends with code
    /// MASS_DELETE when that is done which goes without, unless `allow_deletes`.
    [[nodiscard]] SyncReport sync(SyncMode mode, bool allow_deletes = false);
    /// Rounds at the times that the engine sets, and others' edits as they are made, until `interrupt`, or until trying
    /// again is of no use (sign in again, a newer program is wanted, the disk): the report says which. `each` hears of
    /// every round, the first one included, on the caller's thread.
    SyncReport watch(const std::function<void(const SyncReport&)>& each);
    void interrupt();  ///< ends `watch`, whatever it waits for; nothing reaches the server any more. Any thread
    /// A whole round, then every record here read and compared with the server; with `repair` what differs is fetched
    /// again. `counts.complete` is false when the round did not go through, or the server had moved on.
    [[nodiscard]] VerifyReport verify(bool repair);
    /// From now on, as long as this lives. See Client's SimulateLink.
    void simulate_link(const net::LinkWeather& weather);
    [[nodiscard]] SyncView view();
    [[nodiscard]] Result<store::Visible> retry(const Uuid& operation);
    [[nodiscard]] Result<store::Visible> mend(const Uuid& operation, const crm::Changes& mended);  ///< and retry
    [[nodiscard]] Result<store::Visible> discard(const Uuid& operation);
    [[nodiscard]] Result<store::Visible> resolve(const Uuid& operation, const store::Resolution& resolution);
    [[nodiscard]] Result<store::Committed> take_back(const store::AuditRow& decision);

    // ---- attachments (client/attachments.h has their errors)
    [[nodiscard]] Result<store::Attachment> attach(crm::Model model, const Uuid& record, const std::string& file);
    [[nodiscard]] Result<void> detach(const Uuid& attachment);
    /// As known here; with `ask`, after asking the server, whose silence is then the second.
    struct AttachmentList {
        std::vector<store::Attachment> attachments;
        std::optional<Error> not_asked;
    };
    [[nodiscard]] Result<AttachmentList> attachments(crm::Model model, const Uuid& record, bool ask);
    /// To be called after a round that went through: attachments come behind records. With `now`, also over a slow or
    /// metered link. `progress` hears of every part.
    [[nodiscard]] TransferReport transfer(bool now, const std::function<void(const store::Attachment&)>& progress = {});
    /// Fetches it unless it is here, and puts a checked copy at `file`. OFFLINE and those of the server.
    [[nodiscard]] Result<store::Attachment> fetch(const Uuid& attachment, const std::string& file);

  private:
    struct Impl;
    explicit Session(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ct::client
