// The heart of the client: the store, the engine, and what lies between. It carries the engine's actions out, gives
// operations their ids and stamps, and says in events what became visible. No threads, no sockets, no waiting: the
// worker thread of Client, the one-shot Session and the simulator all drive this same object. One thread at a time.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "client/conflict_rules.h"
#include "client/event.h"
#include "client/network.h"
#include "client/secrets.h"
#include "client/true_time.h"
#include "store/store.h"
#include "sync/engine.h"
#include "sync/recording.h"
#include "sync/stamp.h"

namespace ct::client {

/// What the replica needs of its surroundings. All are called from within the replica's own calls.
struct ReplicaPorts {
    std::function<void(NetJob)> send;  ///< start it; the answer comes by `on_answer`
    std::function<void()> cancel;      ///< end what is under way; answers of it may still come and are ignored
    std::function<void(Event)> emit;   ///< for the window
    /// The same for the request that waits for news, over a lane of its own. Without them nothing listens.
    std::function<void(NetJob)> listen = {};
    std::function<void()> stop_listening = {};
};

struct ReplicaOptions {
    sync::Tuning tuning;
    std::string ca_file;
    std::string device_name = "ColorTouch";
    ConflictRules conflicts;
    sync::Parts left_out;              ///< of what is pulled (sync/selection.h)
    sync::Witness* witness = nullptr;  ///< hears all that the engine is told and says; outlives the replica. Null: none
};

class Replica {
  public:
    Replica(store::Store& store, Secrets secrets, const Clock& clock, Random& random, ReplicaOptions options,
            ReplicaPorts ports);

    /// Reads the token and tells the engine how things stand. Call once, before everything else.
    void start();

    // ---- edits
    /// One save: validated, stamped, durable when it returns a value.
    [[nodiscard]] Result<store::Committed> commit(const std::vector<Edit>& edits);
    /// Several saves in one transaction (group commit); each gets its Saved or SaveFailed event. One that is wrong
    /// fails alone.
    void commit(std::span<const Commit> saves);
    /// What was refused goes again, with other values where `mended` has some. See Store::retry for its errors.
    [[nodiscard]] Result<store::Visible> retry(const Uuid& operation, const crm::Changes& mended = {});
    [[nodiscard]] Result<store::Visible> discard(const Uuid& operation);
    [[nodiscard]] Result<store::Visible> resolve(const Uuid& operation, const store::Resolution& resolution);
    /// The value that lost, again, as a new edit. NOTHING_TO_TAKE_BACK.
    [[nodiscard]] Result<store::Committed> take_back(const store::AuditRow& decision);
    [[nodiscard]] Uuid new_id() { return ids_.next(); }

    // ---- account
    /// Starts a sign-in; its end is a SignedIn or SignInFailed event. INSECURE_SERVER, BAD_URL at once.
    [[nodiscard]] Result<void> sign_in(const SignIn& request);
    [[nodiscard]] Result<void> sign_out();
    [[nodiscard]] bool signed_in() const { return !token_.empty(); }
    [[nodiscard]] const std::string& token() const { return token_; }  ///< for requests beside record sync

    /// Something could not be read: a database that is damaged is made anew (DatabaseReopened), the rest is told.
    void trouble(const Error& error);
    /// After the store took over work from elsewhere.
    void taken_over(store::Visible visible);

    // ---- the world
    void tell(sync::Event event);  ///< link, focus, timer, SyncAsked, OfflineChosen …
    void on_answer(NetAnswer answer);
    [[nodiscard]] std::optional<SteadyMs> due() const { return engine_.due(); }

    /// Whether the pull that is held may take away what it would; false: everything stays as it is.
    void decide_removals(bool allowed);

    /// What is to be left out from the next round on, which begins at once.
    void leave_out(const sync::Parts& parts);
    /// The network, or this computer's clock, is made worse on purpose, or (empty) is as it is again: shown, and
    /// logged.
    void link_simulated(std::string words);

    /// Files changed, or why those wait that are unsent (in words): shown.
    void files_stand(std::string wait);

    [[nodiscard]] SyncView view() const;
    [[nodiscard]] const sync::Engine& engine() const { return engine_; }
    [[nodiscard]] store::Store& store() { return store_; }

  private:
    [[nodiscard]] std::vector<sync::Action> step(sync::Event event);
    void carry_out(sync::Action& action);
    void on(sync::action::SendProbe& action);
    void on(sync::action::PrepareBatch& action);
    void on(sync::action::SendPush& action);
    void on(sync::action::Settle& action);
    void on(sync::action::SendPull& action);
    void on(sync::action::ApplyPage& action);
    void on(sync::action::SendVerify& action);
    void on(sync::action::CompareMirror& action);
    void on(sync::action::SendRepair& action);
    void on(sync::action::ApplyRepair& action);
    void on(sync::action::CancelRequests& action);
    void on(sync::action::Listen& action);
    void on(sync::action::StopListening& action);
    void on(sync::action::Stalled& action);
    void on(sync::action::RenewDevice& action);
    void on(sync::action::NumberFrom& action);
    void on(sync::action::RestartPull& action);
    void on(sync::action::DropToken& action);
    void on(sync::action::RoundFinished& action);

    [[nodiscard]] bool hold(const store::PageApplied& applied);
    void on_login(const Result<sync::LoginAnswer>& answer);
    [[nodiscard]] Result<void> bind(const sync::LoginAnswer& answer);
    [[nodiscard]] Result<std::vector<sync::Operation>> operations_for(const std::vector<Edit>& edits);
    [[nodiscard]] Result<store::Committed> write(const std::vector<sync::Operation>& operations);
    [[nodiscard]] NetJob job(NetJob::Kind kind, std::uint64_t id, http::Request request) const;
    void send(NetJob::Kind kind, std::uint64_t id, http::Request request);
    [[nodiscard]] sync::PullRequest pull_request(std::int64_t limit) const;
    [[nodiscard]] sync::Waiting waiting() const;  ///< what the queue is like now, as the server is told
    [[nodiscard]] sync::PullRequest catch_up_request(std::int64_t limit) const;
    [[nodiscard]] std::vector<std::string> missing_parts() const;
    [[nodiscard]] sync::Event queue_event(bool edited) const;
    [[nodiscard]] sync::Event account() const;
    void learn(const NetAnswer& answer);
    void learn_time(UnixMs server_now, std::int64_t doubt_ms);
    void correct_stamps();
    [[nodiscard]] std::string next_stamp();
    void observe_store();  ///< after the store gave out stamps of its own
    void note_jump();
    void queue_changed(bool edited);
    void show(store::Visible visible);
    void decide_by_rules(const sync::PushAnswer& answer, store::Settled& settled);
    [[nodiscard]] std::optional<store::Resolution> decision_by_rules(const store::Conflict& conflict) const;
    void local_trouble(const Error& error);
    void cannot_carry_out(const Error& error);  ///< an action: the engine has to hear of it, whatever it was
    [[nodiscard]] bool rebuild(const Error& error);
    void note_reopening();
    void publish();
    [[nodiscard]] Indicator indicator() const;
    [[nodiscard]] std::string reason() const;
    [[nodiscard]] std::string obstacle(Indicator indicator) const;

    store::Store& store_;
    Secrets secrets_;
    const Clock& clock_;
    ReplicaOptions options_;
    ReplicaPorts ports_;
    sync::NotedRandom engine_random_;
    sync::Engine engine_;
    UuidGenerator ids_;
    TrueTime time_;
    sync::HybridClock stamps_;
    std::map<std::string, SteadyMs> made_at_;  // stamps that no word of the server has confirmed yet
    std::string token_;

    std::deque<sync::Event> told_;  // events for the engine, in order
    bool telling_ = false;          // the engine is at work further up the stack
    std::int64_t openings_ = 0;     // of the store, that the window knows of
    bool in_trouble_ = false;       // the last write to the disk failed
    std::string trouble_words_;     // … and why; empty: it is full
    std::optional<SignIn> signing_in_;
    store::HeldRemovals removals_;  // that wait for somebody's word
    bool removals_refused_ = false;
    sync::VerifyRequest verify_asked_;  // the question whose answer is awaited
    std::int64_t round_bytes_sent_ = 0, round_bytes_received_ = 0;
    std::optional<SyncView> published_;
    std::string simulated_link_;
    std::string last_reason_;  // why the last attempt before this start did not go through; empty: it did, or we tried
    std::string files_wait_;   // why files wait that are unsent
};

/// Edits that are nothing to each other, in one transaction: the n-th error is the n-th edit's, none: it is saved,
/// durably. Fails as a whole when it is the disk's matter; some may be saved then. `refusals`: where the replica's
/// SaveFailed events go while this runs; empty at first.
[[nodiscard]] Result<std::vector<std::optional<Error>>> commit_each(Replica& replica, std::vector<Edit> edits,
                                                                    std::vector<SaveFailed>& refusals);

}  // namespace ct::client
