#include "client/client.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <thread>

#include "base/channel.h"
#include "base/file.h"
#include "base/log.h"
#include "client/attachments.h"
#include "client/backup.h"
#include "client/import_lane.h"
#include "client/inspection.h"
#include "client/network_thread.h"
#include "client/people.h"
#include "client/replica.h"
#include "client/shifted_clock.h"
#include "client/storage.h"
#include "net/link_monitor.h"

namespace ct::client {

namespace {

constexpr std::size_t kRingCapacity = 4'096;
/// Records per Loaded event: the window shows the first ones while the rest is read.
constexpr std::size_t kLoadChunk = 5'000;
/// Saves joined into one transaction at most: bounds how long the first of them waits.
constexpr std::size_t kGroupCommitMax = 512;
/// Lines of a record's timeline.
constexpr std::size_t kTrailMax = 500;

}  // namespace

struct Client::Impl {
    Impl(ClientOptions given, FileLock held, std::unique_ptr<ShiftedClock> its_clock,
         std::unique_ptr<store::Store> opened)
        : options(std::move(given)),
          lock(std::move(held)),
          clock(std::move(its_clock)),
          store(std::move(opened)),
          recorder(options.config.flight_recorder ? options.profile.recording().string() : std::string{},
                   options.program, *clock),
          network(*clock, bell, &simulator),
          ear(*clock, bell, &simulator),
          replica(*store, Secrets(options.profile.token_file().string()), *clock, *options.random, replica_options(),
                  {[this](NetJob job) { network.send(std::move(job)); }, [this] { network.cancel(); },
                   [this](Event event) { emit(std::move(event)); }, [this](NetJob job) { ear.send(std::move(job)); },
                   [this] { ear.cancel(); }}),
          file_network(*clock, bell, &simulator),
          attachments(*store, *clock, *options.random, attachment_options(options.profile, options.config),
                      {[this](NetJob job) { file_network.send(std::move(job)); }, [this] { file_network.cancel(); },
                       [this](Event event) { emit(std::move(event)); }}),
          people(*store, *clock, options.config.ca_file,
                 {[this](NetJob job) { file_network.send(std::move(job)); },
                  [this](Event event) { emit(std::move(event)); }}),
          inspection(options.profile, options.config, *clock, bell, replica, simulator, {&network, &ear, &file_network},
                     {[this](Event event) { emit(std::move(event)); },
                      [this] {
                          return std::pair(inspect::Ring{commands.depth(), commands.high_water(), 0},
                                           inspect::Ring{events.depth(), events.high_water(), events.overflowed()});
                      },
                      recorder}),
          imports(import_doors(), [this](Event event) { emit(std::move(event)); }),
          links([this](bool up) {
              link_up.store(up, std::memory_order_relaxed);
              link_news.store(true, std::memory_order_release);
              bell.ring();
          }),
          worker([this] { run(); }) {}

    ~Impl() {
        while (!commands.flush()) {  // saves that wait for room in the channel
            bell.ring();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        stop.store(true, std::memory_order_release);
        bell.ring();
        worker.join();
        if (exporter.joinable()) exporter.join();
    }

    [[nodiscard]] ReplicaOptions replica_options() {
        ReplicaOptions result;
        result.witness = &recorder;
        result.ca_file = options.config.ca_file;
        result.conflicts = options.config.conflicts;
        result.left_out = options.config.left_out;
        result.tuning = options.tuning;
        result.tuning.interval_ms = options.config.sync_interval_s * 1'000;
        return result;
    }

    // ---- the worker thread

    [[nodiscard]] ImportDoors import_doors() {
        return {[this](crm::Model model, const std::function<void(std::vector<crm::Record> &&)>& visit) {
                    return store->load(model, kLoadChunk, visit);
                },
                [this](crm::Model model, std::optional<std::int64_t> before) {
                    return store->load_part(model, before, kLoadChunk);
                },
                [this](crm::Model model, const Uuid& id) { return store->get(model, id); },
                [this](std::vector<Edit>&& edits) { return commit_each(std::move(edits)); },
                [this] { return replica.new_id(); },
                {},
                [this](std::string_view typed) { return named_person(typed); }};
    }

    /// What is not known now is asked for: when the row is tried again, it may be.
    Result<std::string> named_person(std::string_view typed) {
        auto id = person_id(people.list(), store->state().user.id, typed);
        if (!id && id.error().code != "AMBIGUOUS_PERSON") people.ask();
        return id;
    }

    /// Of an import. What became visible goes to the window, which has no tickets for these saves.
    Result<std::vector<std::optional<Error>>> commit_each(std::vector<Edit>&& edits) {
        std::vector<SaveFailed> refusals;
        refused = &refusals;
        auto errors = client::commit_each(replica, std::move(edits), refusals);
        refused = nullptr;
        return errors;
    }

    void run() {
        if (auto draft = read_file(draft_file()); draft && !draft->empty()) emit(DraftFound{*std::move(draft)});
        if (const auto& rebuilt = store->rebuilt()) emit(Trouble{rebuilt_notice(*rebuilt)});
        begin_to_load();
        replica.tell(sync::event::Metered{options.config.metered_link});
        replica.tell(sync::event::ListenChosen{options.config.live_updates});
        replica.start();
        people.start(replica);
        while (!stop.load(std::memory_order_acquire)) {
            bool busy = take_commands();  // each has its turn
            busy = take_link_news() || busy;
            busy = take_answer() || busy;
            busy = take_news() || busy;
            busy = take_file_answer() || busy;
            busy = take_export() || busy;
            busy = inspection.take_answers() || busy;
            busy = take_timer() || busy;
            if (loading) {
                load_part();
                busy = true;
            } else if (imports.busy()) {
                imports.step();
                busy = true;
            }
            attachments.follow(replica);
            people.follow(replica);
            replica.files_stand(attachments.why_waiting());
            if (std::exchange(reload, false)) begin_to_load();
            flush_events();
            if (!busy) sleep();
        }
        take_commands();  // what was posted before the end is saved
        simulate({});     // the next start is to find this computer's clock as it is
        flush_events();
    }

    void begin_to_load() {
        if (!options.load_records) return;
        loading = Loading{};
        store->read_once(true);
    }

    /// Some records for the window: whoever saves meanwhile has his turn between. What is saved or pulled while the
    /// rest is still to be read goes there by itself.
    void load_part() {
        if (loading->model == crm::models().size()) {
            loading.reset();
            store->read_once(false);
            return emit(LoadDone{});
        }
        const crm::Model model = crm::models()[loading->model].model;
        auto part = store->load_part(model, loading->before, kLoadChunk);
        if (part && !part->records.empty()) {
            // What was stored last has the highest number: about how many there are.
            const std::int64_t expected = part->next.value_or(0) + static_cast<std::int64_t>(part->records.size());
            emit(Loaded{model, std::move(part->records), loading->before ? 0 : expected});
        }
        if (part) loading->damaged += part->damaged;
        loading->before = part ? part->next : std::nullopt;
        if (loading->before) return;
        ++loading->model;
        if (!part) return replica.trouble(part.error());
        if (const std::int64_t damaged = std::exchange(loading->damaged, 0); damaged > 0) {
            replica.trouble(store::rows_damaged(damaged, options.profile.database().string()));
        }
    }

    /// Commits that wait together are written together.
    bool take_commands() {
        bool any = false;
        std::vector<Commit> saves;
        const auto write = [&] {
            if (!saves.empty()) {
                const std::int64_t begun = inspect::steady_us();
                replica.commit(saves);
                inspection.saved(inspect::steady_us() - begun);
            }
            saves.clear();
        };
        while (auto command = commands.pop()) {
            any = true;
            if (auto* save = std::get_if<Commit>(&*command)) {
                saves.push_back(std::move(*save));
                if (saves.size() >= kGroupCommitMax) write();
            } else {
                write();
                std::visit([this](auto& specific) { on(specific); }, *command);
            }
        }
        write();
        return any;
    }

    bool take_link_news() {
        if (!link_news.exchange(false, std::memory_order_acquire)) return false;
        // A server on this machine is reached whatever the links do.
        const bool local = replica.store().state().server_url.find("://127.") != std::string::npos ||
                           replica.store().state().server_url.find("://localhost") != std::string::npos ||
                           replica.store().state().server_url.find("://[::1]") != std::string::npos;
        const bool up = link_up.load(std::memory_order_relaxed);
        inspection.link_heard(up, local);
        replica.tell(sync::event::LinkChanged{(local || up) && !simulator.weather().offline});
        return true;
    }

    void simulate(const net::LinkWeather& weather) {
        const net::LinkWeather before = simulator.weather();
        if (weather == before) return;
        simulator.set(weather);
        clock->shift(weather.clock_shift_ms);
        const std::string words = net::in_words(weather);
        recorder.note(words.empty() ? "the link is as it is again" : "the link is simulated: " + words);
        replica.link_simulated(words);
        for (NetworkThread* lane : {&network, &ear, &file_network}) lane->interrupt();
        link_news.store(true, std::memory_order_release);
    }

    /// Beside everything else: it reads files alone.
    void on(ExportDiagnostics& command) {
        if (exporter.joinable()) {
            return emit(DiagnosticsFailed{{ErrorKind::busy, "EXPORTING", "another export is under way", {}}});
        }
        DiagnosticsRequest request{options.profile, options.config, options.program, replica.engine().reason()};
        exporter = std::thread([this, request = std::move(request), file = command.file] {
            auto done = export_diagnostics(request, file, *options.clock, system_random());
            const std::scoped_lock guard(exported_mutex);
            exported = done ? Event(DiagnosticsDone{file, *done}) : Event(DiagnosticsFailed{done.error()});
            bell.ring();
        });
    }
    bool take_export() {
        std::optional<Event> ended;
        {
            const std::scoped_lock guard(exported_mutex);
            ended = std::exchange(exported, std::nullopt);
        }
        if (!ended) return false;
        exporter.join();
        emit(std::move(*ended));
        return true;
    }

    bool take_answer() {
        auto answer = network.answer();
        if (!answer) return false;
        attachments.measured(answer->traffic);
        inspection.saw(Lane::records, *answer);
        const std::int64_t begun = inspect::steady_us();
        replica.on_answer(std::move(*answer));
        inspection.booked(inspect::steady_us() - begun);
        return true;
    }

    bool take_news() {
        auto answer = ear.answer();
        if (!answer) return false;
        inspection.saw(Lane::news, *answer);
        replica.on_answer(std::move(*answer));
        return true;
    }

    bool take_file_answer() {
        auto answer = file_network.answer();
        if (!answer) return false;
        inspection.saw(Lane::files, *answer);
        if (answer->kind == NetJob::Kind::people) {
            people.on_answer(std::move(*answer));
        } else {
            attachments.on_answer(std::move(*answer));
        }
        return true;
    }

    bool take_timer() {
        if (const auto files = attachments.due(); files && options.clock->steady() >= *files) attachments.on_timer();
        const auto due = replica.due();
        if (!due || options.clock->steady() < *due) return false;
        replica.tell(sync::event::TimerFired{});
        return true;
    }

    void sleep() {
        std::optional<std::int64_t> at_most;
        if (const auto due = replica.due()) at_most = std::clamp<SteadyMs>(*due - options.clock->steady(), 0, 60'000);
        if (const auto files = attachments.due()) {
            const SteadyMs in = std::clamp<SteadyMs>(*files - options.clock->steady(), 0, 60'000);
            at_most = std::min(at_most.value_or(in), in);
        }
        if (events.overflowed() > 0) at_most = 5;  // the window is slow to drain: try again soon
        if (!inspection.open()) return bell.wait(at_most);
        const std::int64_t begun = inspect::steady_us();
        bell.wait(at_most);
        inspection.slept(inspect::steady_us() - begun);
    }

    void emit(Event event) {
        if (const auto* finished = std::get_if<SyncFinished>(&event)) {
            attachments.round_ended(finished->row.outcome == "done");
            people.round_ended(finished->row.outcome == "done");
        }
        if (std::holds_alternative<DatabaseReopened>(event)) {
            reload = true;
            inspection.database_changed();
        }
        if (refused != nullptr) {  // a save of an import
            if (auto* failed = std::get_if<SaveFailed>(&event)) return refused->push_back(std::move(*failed));
            if (auto* saved = std::get_if<Saved>(&event)) {
                if (saved->visible.changed.empty() && saved->visible.removed.empty()) return;
                event = RecordsChanged{std::move(saved->visible)};
            }
        }
        events.push(std::move(event));
        emitted = true;
    }
    void flush_events() {
        events.flush();
        if (std::exchange(emitted, false) && options.wake) options.wake();
    }

    void on(SimulateLink& command) { simulate(command.weather); }
    void on(std::monostate&) {}
    void on(Commit&) {}  // taken above
    void on(SyncNow&) { replica.tell(sync::event::SyncAsked{}); }
    void on(VerifyNow& command) { replica.tell(sync::event::SyncAsked{true, true, true, command.repair}); }
    void on(DecideRemovals& command) { replica.decide_removals(command.allowed); }
    void on(WorkOffline& command) { replica.tell(sync::event::OfflineChosen{command.on}); }
    void on(WindowFocused&) { replica.tell(sync::event::Nudged{}); }
    void on(IntervalChanged& command) { replica.tell(sync::event::IntervalChanged{command.seconds * 1'000}); }
    void on(SignIn& command) {
        if (auto begun = replica.sign_in(command); !begun) emit(SignInFailed{begun.error()});
    }
    void on(SignOut&) {
        if (auto done = replica.sign_out(); !done) emit(Trouble{done.error()});
    }
    void on(RetryOperation& command) { shown(replica.retry(command.operation, command.mended)); }
    void on(DiscardOperation& command) { shown(replica.discard(command.operation)); }
    void on(ResolveConflict& command) { shown(replica.resolve(command.operation, command.resolution)); }
    void on(ListConflicts&) {
        auto listed = store->conflicts();
        if (listed)
            emit(ConflictsListed{std::move(*listed)});
        else
            replica.trouble(listed.error());
    }
    void on(ListDecisions&) {
        auto listed = store->decisions(200);
        if (listed)
            emit(DecisionsListed{std::move(*listed)});
        else
            emit(Trouble{listed.error()});
    }
    void on(ListQueue&) {
        auto listed = store->list_queue();
        if (listed)
            emit(QueueListed{std::move(*listed)});
        else
            replica.trouble(listed.error());
    }
    void on(ListHistory&) {
        auto listed = store->history(20);
        if (listed)
            emit(HistoryListed{std::move(*listed)});
        else
            emit(Trouble{listed.error()});
    }
    void on(ListActivity& command) {
        auto listed = store->activity(command.query);
        if (!listed) return emit(Trouble{listed.error()});
        emit(ActivityListed{std::move(command.query), std::move(*listed)});
    }
    void on(ListStorage&) { emit(storage_of(options.profile)); }
    void on(BackUp& command) {
        auto done = back_up(*store, options.profile, command.file, command.passphrase, options.clock->now());
        if (!done) return emit(BackUpFailed{done.error()});
        emit(BackedUp{command.file, done->bytes});
    }
    void on(AddAttachment& command) { told(attachments.add(command.model, command.record, command.file)); }
    void on(RemoveAttachment& command) { told(attachments.remove_soon(command.id)); }
    void on(KeepAttachment& command) { told(attachments.keep(command.id)); }
    void on(OpenAttachment& command) {
        const auto found = known(command.id);
        const auto copy = found ? attachments.copy_to_open(*found) : Result<std::string>(fail(found.error()));
        if (!copy) return emit(AttachmentFailed{copy.error()});
        emit(AttachmentReady{*copy});
    }
    void on(FetchAttachment& command) { told(attachments.want(command.id)); }
    void on(RetryAttachment& command) { told(attachments.retry(command.id)); }
    void on(ListAttachments& command) {
        auto listed = attachments.list(command.record);
        if (!listed) return emit(Trouble{listed.error()});
        emit(AttachmentsChanged{command.record, std::move(*listed)});
        attachments.refresh(command.model, command.record);
    }
    void on(SaveAttachment& command) {
        const auto found = known(command.id);
        const auto saved = found ? attachments.save_as(*found, command.file) : Result<void>(fail(found.error()));
        emit(FileWritten{command.file, saved ? std::nullopt : std::optional(saved.error())});
    }
    [[nodiscard]] Result<store::Attachment> known(const Uuid& attachment) const {
        auto found = store->attachment(attachment);
        if (!found) return fail(found.error());
        if (!*found) return fail(ErrorKind::not_found, "NO_SUCH_ATTACHMENT", "the file was taken away meanwhile");
        return std::move(**found);
    }
    void on(ListTrail& command) {
        std::vector<store::AuditRow> rows;
        command.children.push_back(command.record);
        for (const Uuid& id : command.children) {
            auto some = store->audit(id);
            if (!some) return emit(Trouble{some.error()});
            rows.insert(rows.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
        }
        std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
        if (rows.size() > kTrailMax) rows.resize(kTrailMax);
        emit(TrailListed{command.record, std::move(rows)});
    }
    void on(SendAttachmentsNow&) { attachments.ask_now(); }
    void on(MeteredChanged& command) {
        attachments.set_metered(command.on);
        replica.tell(sync::event::Metered{command.on});
    }
    void on(LiveUpdatesChanged& command) { replica.tell(sync::event::ListenChosen{command.on}); }
    void on(LeaveOut& command) { replica.leave_out(command.parts); }
    void on(SaveRescue& command) {
        auto saved = save_rescue(*store, options.profile.attachments().string(), command.file, command.passphrase,
                                 options.clock->now());
        if (!saved) return emit(RescueFailed{saved.error()});
        emit(RescueDone{std::move(*saved), false});
    }
    void on(ReplayRescue& command) {
        store::Visible visible;
        auto replayed =
            replay_rescue(*store, options.profile.attachments().string(), command.file, command.passphrase, &visible);
        if (!replayed) return emit(RescueFailed{replayed.error()});
        replica.taken_over(std::move(visible));
        emit(RescueDone{std::move(*replayed), true});
    }
    void on(inspect::Question& question) { inspection.take(question); }
    void on(ReadFile& command) {
        auto bytes = read_file(command.file);
        FileRead read{command.file, nullptr, std::nullopt};
        if (bytes)
            read.text = std::make_shared<const std::string>(*std::move(bytes));
        else
            read.error = bytes.error();
        emit(std::move(read));
    }
    void on(WriteFile& command) {
        const auto written = write_file_atomically(command.file, command.bytes, 0644);
        emit(FileWritten{command.file, written ? std::nullopt : std::optional(written.error())});
    }
    void on(StartImport& command) { imports.start(std::move(command)); }
    void on(CancelImport&) { imports.cancel(); }
    void on(ReverseImport& command) { imports.reverse(command); }
    void on(AskPeople&) { people.ask(); }
    void on(KeepDraft& command) {
        std::error_code ignored;
        if (command.text.empty()) {
            std::filesystem::remove(draft_file(), ignored);
        } else if (auto kept = write_file_atomically(draft_file(), command.text); !kept) {
            log::warn("draft not kept: " + kept.error().message);
        }
    }
    [[nodiscard]] std::string draft_file() const { return (options.profile.data_dir / "draft.json").string(); }
    template <class T>
    void told(const Result<T>& done) {
        if (!done) emit(AttachmentFailed{done.error()});
    }
    void shown(Result<store::Visible> visible) {
        if (visible)
            emit(RecordsChanged{std::move(*visible)});
        else
            emit(Trouble{visible.error()});
    }

    ClientOptions options;
    FileLock lock;
    Channel<Command> commands{kRingCapacity};  // UI -> worker
    Channel<Event> events{kRingCapacity};      // worker -> UI
    Bell bell;
    std::atomic<bool> stop{false};
    std::atomic<bool> link_up{true}, link_news{false};
    net::LinkSimulator simulator;
    std::unique_ptr<ShiftedClock> clock;         // the store, the replica and the network go by it; timers need not
    std::vector<SaveFailed>* refused = nullptr;  // worker: while an import saves
    bool emitted = false;                        // worker: events since the last wake
    bool reload = false;                         // worker: the database was opened anew
    struct Loading {
        std::size_t model = 0;  // of crm::models()
        std::optional<std::int64_t> before;
        std::int64_t damaged = 0;
    };
    std::optional<Loading> loading;       // worker: of the records into the window
    std::unique_ptr<store::Store> store;  // worker
    Recorder recorder;                    // worker
    NetworkThread network;
    NetworkThread ear;           // a request that waits for news holds nothing else up
    Replica replica;             // worker
    NetworkThread file_network;  // files go over a connection of their own
    Attachments attachments;     // worker
    People people;               // worker; asks over the files' connection
    std::thread exporter;
    std::mutex exported_mutex;
    std::optional<Event> exported;  // guarded by exported_mutex
    Inspection inspection;          // worker
    ImportLane imports;             // worker
    net::LinkMonitor links;
    std::thread worker;
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::open(ClientOptions options) {
    auto lock = FileLock::acquire(options.profile.lock_file().string());
    if (!lock) return fail(lock.error());
    auto clock = std::make_unique<ShiftedClock>(*options.clock);
    auto store = store::Store::open(options.profile.database().string(), *clock, *options.random);
    if (!store) return fail(store.error());
    return std::unique_ptr<Client>(
        new Client(std::make_unique<Impl>(std::move(options), std::move(*lock), std::move(clock), std::move(*store))));
}

void Client::post(Command command) {
    impl_->commands.push(std::move(command));
    impl_->bell.ring();
}

std::optional<Event> Client::poll() {
    impl_->commands.flush();
    return impl_->events.pop();
}

Client::Gauges Client::gauges() const {
    return {impl_->commands.depth(), impl_->commands.high_water(), impl_->events.depth(), impl_->events.high_water()};
}

RecorderStatus Client::recorder() const { return impl_->recorder.status(); }

net::LinkSimulator::Counts Client::simulated() const { return impl_->simulator.counts(); }

}  // namespace ct::client
