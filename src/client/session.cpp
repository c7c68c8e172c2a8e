#include "client/session.h"

#include <deque>

#include "base/file.h"
#include "client/replica.h"

namespace ct::client {

struct Session::Impl {
    Impl(FileLock held, std::unique_ptr<store::Store> opened, const Profile& profile, const Config& config,
         const Clock& clock, Random& random)
        : lock(std::move(held)),
          store(std::move(opened)),
          network(clock),
          replica(*store, Secrets(profile.token_file().string()), clock, random, options(config), ports()) {}

    static ReplicaOptions options(const Config& config) {
        ReplicaOptions options;
        options.ca_file = config.ca_file;
        options.conflicts = config.conflicts;
        options.device_name = "colortouchctl";
        options.tuning.interval_ms = config.sync_interval_s * 1'000;
        return options;
    }

    ReplicaPorts ports() {
        return {[this](NetJob job) { jobs.push_back(std::move(job)); }, [this] { jobs.clear(); },
                [this](Event event) { take(event); }};
    }

    void take(Event& event) {
        if (auto* finished = std::get_if<SyncFinished>(&event)) last_round = std::move(*finished);
        if (auto* failed = std::get_if<SignInFailed>(&event)) sign_in_error = std::move(failed->error);
        if (std::holds_alternative<SignedIn>(event)) signed_in_now = true;
    }

    /// Carries out what the replica asked for until it asks for nothing more.
    void drain() {
        while (!jobs.empty()) {
            const NetJob job = std::move(jobs.front());
            jobs.pop_front();
            replica.on_answer(network.run(job));
        }
    }

    FileLock lock;
    std::unique_ptr<store::Store> store;
    Network network;
    std::deque<NetJob> jobs;
    std::optional<SyncFinished> last_round;
    std::optional<Error> sign_in_error;
    bool signed_in_now = false;
    Replica replica;
};

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(const Profile& profile, const Config& config, const Clock& clock,
                                               Random& random) {
    auto lock = FileLock::acquire(profile.lock_file().string());
    if (!lock) return fail(lock.error());
    auto store = store::Store::open(profile.database().string(), clock, random);
    if (!store) return fail(store.error());
    auto impl = std::make_unique<Impl>(std::move(*lock), std::move(*store), profile, config, clock, random);
    impl->replica.start();
    return std::unique_ptr<Session>(new Session(std::move(impl)));
}

store::Store& Session::store() { return *impl_->store; }
Uuid Session::new_id() { return impl_->replica.new_id(); }
bool Session::signed_in() const { return impl_->replica.signed_in(); }
SyncView Session::view() { return impl_->replica.view(); }

Result<store::Committed> Session::commit(std::vector<Edit> edits) { return impl_->replica.commit(edits); }
Result<store::Visible> Session::retry(const Uuid& operation) { return impl_->replica.retry(operation); }
Result<store::Visible> Session::resolve(const Uuid& operation, const store::Resolution& resolution) {
    return impl_->replica.resolve(operation, resolution);
}
Result<store::Committed> Session::take_back(const store::AuditRow& decision) {
    return impl_->replica.take_back(decision);
}
Result<store::Visible> Session::discard(const Uuid& operation) { return impl_->replica.discard(operation); }

Result<sync::LoginAnswer> Session::login(const std::string& server_url, const std::string& email,
                                         const std::string& password, const std::string& workspace) {
    impl_->sign_in_error.reset();
    impl_->signed_in_now = false;
    if (auto begun = impl_->replica.sign_in({server_url, email, password, workspace}); !begun)
        return fail(begun.error());
    impl_->drain();
    if (impl_->sign_in_error) return fail(*impl_->sign_in_error);
    if (!impl_->signed_in_now) return fail(ErrorKind::internal, "NO_ANSWER", "the sign-in ended without an answer");
    const store::SyncState& state = impl_->store->state();
    sync::LoginAnswer answer;
    answer.user = state.user;
    answer.workspace_id = state.workspace_id;
    answer.workspace_name = state.workspace_name;
    answer.epoch = state.epoch;
    return answer;
}

Result<void> Session::logout() {
    auto done = impl_->replica.sign_out();
    impl_->drain();
    return done;
}

SyncReport Session::sync(SyncMode mode) {
    impl_->last_round.reset();
    impl_->replica.tell(sync::event::SyncAsked{mode != SyncMode::pull_only, mode != SyncMode::push_only});
    impl_->drain();
    SyncReport report;
    report.indicator = view().indicator;
    if (!impl_->last_round) {
        report.code = "NO_ANSWER";
        report.message = "the round did not end";
        return report;
    }
    report.row = impl_->last_round->row;
    report.reached = report.row.outcome == "done";
    if (!report.reached) {
        report.code = report.row.outcome;
        report.message = impl_->last_round->detail;
    }
    return report;
}

}  // namespace ct::client
