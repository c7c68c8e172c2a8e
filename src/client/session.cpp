#include "client/session.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <thread>

#include "base/file.h"
#include "client/attachments.h"
#include "client/network_thread.h"
#include "client/people.h"
#include "client/recorder.h"
#include "client/replica.h"
#include "client/request_log.h"
#include "client/shifted_clock.h"

namespace ct::client {

namespace {

// A file whose part was cut is tried again so often within one run, as long as the break is short.
constexpr int kBreaksMax = 3;
constexpr SteadyMs kBreakMaxMs = 8'000;

std::string why_files_wait(const sync::AttachmentLane& lane) {
    switch (lane.waits_for()) {
        case sync::LaneWait::account: return "not signed in";
        case sync::LaneWait::record_sync: return "records go first";
        case sync::LaneWait::metered: return "the link is set as metered; --attachments sends them all the same";
        case sync::LaneWait::slow: return "the link is slow; --attachments sends them all the same";
        case sync::LaneWait::trouble: return lane.last_error();
        case sync::LaneWait::nothing: break;
    }
    return "their records have not reached the server yet";
}

}  // namespace

struct Session::Impl {
    Impl(FileLock held, std::unique_ptr<ShiftedClock> its_clock, std::unique_ptr<store::Store> opened,
         const Profile& profile, const Config& config, Random& random, const std::string& program)
        : lock(std::move(held)),
          own_clock(std::move(its_clock)),
          clock(*own_clock),
          live_updates(config.live_updates),
          store(std::move(opened)),
          recorder(config.flight_recorder ? profile.recording().string() : std::string{}, program, clock),
          network(clock, &simulator),
          replica(*store, Secrets(profile.token_file().string()), clock, random, options(config), ports()),
          attachments(*store, clock, random, attachment_options(profile, config),
                      {[this](NetJob job) { file_jobs.push_back(std::move(job)); }, [this] { file_jobs.clear(); },
                       [this](Event event) { take(event); }}),
          people(*store, clock, config.ca_file,
                 {[this](NetJob job) { people_jobs.push_back(std::move(job)); }, [](Event) {}}) {}

    ReplicaOptions options(const Config& config) {
        ReplicaOptions options;
        options.witness = &recorder;
        options.ca_file = config.ca_file;
        options.conflicts = config.conflicts;
        options.left_out = config.left_out;
        options.device_name = "colortouchctl";
        options.tuning.interval_ms = config.sync_interval_s * 1'000;
        return options;
    }

    ReplicaPorts ports() {
        return {[this](NetJob job) { jobs.push_back(std::move(job)); }, [this] { jobs.clear(); },
                [this](Event event) { take(event); },
                [this](NetJob job) {
                    if (ear) ear->send(std::move(job));
                },
                [this] {
                    if (ear) ear->cancel();
                }};
    }

    void take(Event& event) {
        if (auto* finished = std::get_if<SyncFinished>(&event)) {
            people.round_ended(finished->row.outcome == "done");
            if (ear) rounds.push_back(*finished);
            last_round = std::move(*finished);
        }
        if (auto* failed = std::get_if<SignInFailed>(&event)) sign_in_error = std::move(failed->error);
        if (std::holds_alternative<SignedIn>(event)) signed_in_now = true;
        if (auto* refused = std::get_if<SaveFailed>(&event)) refusals.push_back(std::move(*refused));
        if (auto* changed = std::get_if<AttachmentsChanged>(&event); changed != nullptr && progress) {
            for (const store::Attachment& attachment : changed->attachments) {
                if (attachment.offset > 0 && attachment.offset < attachment.size) progress(attachment);
            }
        }
    }

    /// One round, as asked for, to its end.
    [[nodiscard]] SyncReport round(const sync::event::SyncAsked& asked);

    void saw(Lane lane, const NetAnswer& answer) {
        requests.add(lane, answer.seen);
        recorder.saw(*answer.seen);
    }

    /// Carries out what the replica asked for until it asks for nothing more.
    void drain() {
        while (!jobs.empty()) {
            const NetJob job = std::move(jobs.front());
            jobs.pop_front();
            NetAnswer answer = network.run(job);
            saw(Lane::records, answer);
            attachments.measured(answer.traffic);
            replica.on_answer(std::move(answer));
        }
    }

    /// Who there is, where it is time to ask; behind a round, whose connection it takes.
    void drain_people() {
        people.follow(replica);
        while (!people_jobs.empty()) {
            const NetJob job = std::move(people_jobs.front());
            people_jobs.pop_front();
            NetAnswer answer = network.run(job);
            saw(Lane::records, answer);
            people.on_answer(std::move(answer));
        }
    }

    [[nodiscard]] SyncReport report(const SyncFinished& round) const {
        SyncReport report;
        report.indicator = replica.view().indicator;
        report.row = round.row;
        report.reached = round.row.outcome == "done";
        if (report.reached) return report;
        report.code = round.row.outcome;
        report.message = round.detail;
        return report;
    }

    /// Whether a report says that the next attempts will not go better by themselves.
    [[nodiscard]] bool hopeless(const SyncReport& report) const {
        return !report.reached && (!replica.signed_in() || report.indicator == Indicator::local_trouble);
    }

    /// What came from the server meanwhile, and what is due.
    void work() {
        while (auto heard = ear->answer()) {
            saw(Lane::news, *heard);
            replica.on_answer(std::move(*heard));
        }
        drain();
        drain_people();
        const auto due = replica.due();
        if (!due || clock.steady() < *due) return;
        replica.tell(sync::event::TimerFired{});
        drain();
        drain_people();
    }

    /// Carries files until nothing is left to do, a few short breaks after failures included.
    void drain_files() {
        attachments.follow(replica);
        for (int breaks = 0;; ++breaks) {
            while (!file_jobs.empty()) {
                const NetJob job = std::move(file_jobs.front());
                file_jobs.pop_front();
                NetAnswer answer = network.run(job);
                saw(Lane::files, answer);
                attachments.on_answer(std::move(answer));
            }
            if (attachments.lane().waits_for() != sync::LaneWait::trouble || breaks >= kBreaksMax) return;
            const auto due = attachments.due();
            if (!due || *due - clock.steady() > kBreakMaxMs) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(std::max<SteadyMs>(0, *due - clock.steady())));
            attachments.on_timer();
        }
    }

    FileLock lock;
    const std::unique_ptr<ShiftedClock> own_clock;
    const Clock& clock;
    const bool live_updates;
    std::unique_ptr<store::Store> store;
    net::LinkSimulator simulator;
    Recorder recorder;
    RequestLog requests;
    Network network;
    std::deque<NetJob> jobs;
    std::optional<SyncFinished> last_round;
    std::optional<Error> sign_in_error;
    bool signed_in_now = false;
    std::vector<SaveFailed> refusals;  // of the saves that are being committed
    std::deque<NetJob> file_jobs, people_jobs;
    std::function<void(const store::Attachment&)> progress;
    Bell bell;
    std::atomic<bool> interrupted{false};
    std::unique_ptr<NetworkThread> ear;  // while it watches
    std::deque<SyncFinished> rounds;     // that nobody was told of yet, while it watches
    Replica replica;
    Attachments attachments;
    People people;
};

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() {
    impl_->own_clock->shift(0);
    impl_->replica.link_simulated({});  // the next start is to find this computer's clock as it is
}

Result<std::unique_ptr<Session>> Session::open(const Profile& profile, const Config& config, const Clock& clock,
                                               Random& random, const std::string& program) {
    auto lock = FileLock::acquire(profile.lock_file().string());
    if (!lock) return fail(lock.error());
    auto own_clock = std::make_unique<ShiftedClock>(clock);
    auto store = store::Store::open(profile.database().string(), *own_clock, random);
    if (!store) return fail(store.error());
    auto impl = std::make_unique<Impl>(std::move(*lock), std::move(own_clock), std::move(*store), profile, config,
                                       random, program);
    impl->replica.tell(sync::event::Metered{config.metered_link});
    impl->replica.start();
    impl->people.start(impl->replica);
    return std::unique_ptr<Session>(new Session(std::move(impl)));
}

Result<store::Rebuilt> Session::rebuild(const Error& why) { return impl_->store->rebuild(why); }
store::Store& Session::store() { return *impl_->store; }
Uuid Session::new_id() { return impl_->replica.new_id(); }
bool Session::signed_in() const { return impl_->replica.signed_in(); }
SyncView Session::view() {
    impl_->attachments.follow(impl_->replica);
    impl_->replica.files_stand(impl_->attachments.why_waiting());
    return impl_->replica.view();
}

Result<store::Committed> Session::commit(std::vector<Edit> edits) { return impl_->replica.commit(edits); }
Result<std::vector<std::optional<Error>>> Session::commit_each(std::vector<Edit> edits) {
    impl_->refusals.clear();
    return client::commit_each(impl_->replica, std::move(edits), impl_->refusals);
}

Result<store::Visible> Session::retry(const Uuid& operation) { return impl_->replica.retry(operation); }
Result<store::Visible> Session::mend(const Uuid& operation, const crm::Changes& mended) {
    return impl_->replica.retry(operation, mended);
}
Result<store::Visible> Session::resolve(const Uuid& operation, const store::Resolution& resolution) {
    return impl_->replica.resolve(operation, resolution);
}
Result<store::Committed> Session::take_back(const store::AuditRow& decision) {
    return impl_->replica.take_back(decision);
}
Result<store::Visible> Session::discard(const Uuid& operation) { return impl_->replica.discard(operation); }

Result<sync::LoginAnswer> Session::login(const std::string& server_url, const std::string& email,
                                         const std::string& password, const std::string& workspace,
                                         bool discard_unsent) {
    impl_->sign_in_error.reset();
    impl_->signed_in_now = false;
    if (auto begun = impl_->replica.sign_in({server_url, email, password, workspace, discard_unsent}); !begun)
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

const PeopleList& Session::people(bool ask) {
    impl_->people.follow(impl_->replica);
    if (ask) impl_->people.ask();
    impl_->drain_people();
    return impl_->people.list();
}

const std::optional<Error>& Session::people_trouble() const { return impl_->people.trouble(); }

SyncReport Session::Impl::round(const sync::event::SyncAsked& asked) {
    last_round.reset();
    SyncReport none;
    if (const auto& newer = store->read_only()) {
        none.indicator = Indicator::local_trouble;
        none.code = newer->code;
        none.message = newer->message;
        return none;
    }
    replica.tell(asked);
    drain();
    drain_people();
    if (last_round) return report(*last_round);
    none.indicator = replica.view().indicator;
    none.code = "NO_ANSWER";
    none.message = "the round did not end";
    return none;
}

SyncReport Session::sync(SyncMode mode, bool allow_deletes) {
    impl_->store->allow_removals(allow_deletes);
    return impl_->round({mode != SyncMode::pull_only, mode != SyncMode::push_only});
}

VerifyReport Session::verify(bool repair) {
    VerifyReport report;
    report.round = impl_->round({true, true, true, repair});
    if (impl_->last_round && impl_->last_round->verify) report.counts = *impl_->last_round->verify;
    report.waiting = impl_->store->queue().operations;
    return report;
}

SyncReport Session::watch(const std::function<void(const SyncReport&)>& each) {
    Impl& impl = *impl_;
    impl.ear = std::make_unique<NetworkThread>(impl.clock, impl.bell, &impl.simulator);
    impl.replica.tell(sync::event::ListenChosen{impl.live_updates});
    impl.replica.tell(sync::event::SyncAsked{});
    SyncReport last;
    while (!impl.interrupted) {
        impl.work();
        while (!impl.rounds.empty() && !impl.interrupted) {
            last = impl.report(impl.rounds.front());
            impl.rounds.pop_front();
            each(last);
        }
        if (impl.hopeless(last)) break;
        const auto due = impl.replica.due();
        const SteadyMs now = impl.clock.steady();
        impl.bell.wait(due ? std::optional(std::max<SteadyMs>(0, *due - now)) : std::nullopt);
    }
    impl.replica.tell(sync::event::ListenChosen{false});
    impl.ear.reset();
    return last;
}

void Session::simulate_link(const net::LinkWeather& weather) {
    const std::string words = net::in_words(weather);
    impl_->simulator.set(weather);
    impl_->own_clock->shift(weather.clock_shift_ms);
    if (!words.empty()) impl_->recorder.note("the link is simulated: " + words);
    impl_->replica.link_simulated(words);
    impl_->replica.tell(sync::event::LinkChanged{!weather.offline});
}

void Session::interrupt() {
    impl_->interrupted = true;
    impl_->network.close();
    impl_->bell.ring();
}

// ---- attachments

Result<store::Attachment> Session::attach(crm::Model model, const Uuid& record, const std::string& file) {
    return impl_->attachments.add(model, record, file);
}

Result<void> Session::detach(const Uuid& attachment) { return impl_->attachments.remove(attachment); }

Result<Session::AttachmentList> Session::attachments(crm::Model model, const Uuid& record, bool ask) {
    AttachmentList list;
    if (ask) {
        impl_->attachments.follow(impl_->replica);
        impl_->attachments.refresh(model, record);
        impl_->drain_files();
        list.not_asked = impl_->attachments.refresh_error();
    }
    auto known = impl_->attachments.list(record);
    if (!known) return fail(known.error());
    list.attachments = std::move(*known);
    return list;
}

TransferReport Session::transfer(bool now, const std::function<void(const store::Attachment&)>& progress) {
    TransferReport report;
    const auto before = impl_->store->transfers();
    if (!before) {
        report.reason = before.error().message;
        return report;
    }
    impl_->progress = progress;
    impl_->attachments.round_ended(true);
    if (now) impl_->attachments.ask_now();
    impl_->drain_files();
    impl_->progress = {};
    for (const store::Attachment& was : *before) {
        const auto is = impl_->store->attachment(was.id);
        if (!is) continue;
        if (!*is) {
            ++report.removed;
        } else if ((*is)->state == store::AttachmentState::done) {
            ++(was.state == store::AttachmentState::wanted ? report.fetched : report.sent);
        } else if ((*is)->state == store::AttachmentState::failed || (*is)->state == store::AttachmentState::remote) {
            ++report.failed;
        } else {
            ++report.waiting;
        }
    }
    if (report.waiting > 0) report.reason = why_files_wait(impl_->attachments.lane());
    report.cut_off = report.waiting > 0 && impl_->attachments.lane().waits_for() == sync::LaneWait::trouble;
    return report;
}

Result<store::Attachment> Session::fetch(const Uuid& id, const std::string& file) {
    auto wanted = impl_->attachments.want(id);
    if (!wanted) return fail(wanted.error());
    if (!wanted->here()) {
        if (!signed_in()) {
            return fail(ErrorKind::denied, "NOT_SIGNED_IN", "its bytes are at the server; sign in to fetch them");
        }
        impl_->attachments.round_ended(true);
        impl_->drain_files();
        const auto is = impl_->store->attachment(id);
        if (!is) return fail(is.error());
        if (!*is) return fail(ErrorKind::not_found, "NO_SUCH_ATTACHMENT", "it was taken away meanwhile");
        wanted = **is;
        if (wanted->state == store::AttachmentState::remote) {
            return fail(ErrorKind::not_found, wanted->error,
                        wanted->error_message.empty() ? "the server does not give it" : wanted->error_message);
        }
        if (!wanted->here()) {
            return fail(ErrorKind::offline, "OFFLINE",
                        "it could not be fetched; " + std::to_string(wanted->offset) + " of " +
                            std::to_string(wanted->size) +
                            " bytes are here, and it goes on there: " + impl_->attachments.lane().last_error());
        }
    }
    if (auto saved = impl_->attachments.save_as(*wanted, file); !saved) return fail(saved.error());
    return *wanted;
}

}  // namespace ct::client
