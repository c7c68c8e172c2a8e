#include "client/replica.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "client/turn_round.h"
#include "crm/validate.h"

namespace ct::client {

namespace {

/// Of a group's operations as they are sent: half of what a server takes in one push (net::HttpServerOptions).
constexpr std::size_t kGroupBytesMax = 8 << 20;

std::optional<UnixMs> server_time(const sync::Reply& reply) {
    if (const auto* health = std::get_if<sync::Health>(&reply)) return health->server_time;
    if (const auto* push = std::get_if<sync::PushAnswer>(&reply)) return push->server_time;
    if (const auto* page = std::get_if<sync::PullPage>(&reply)) return page->server_time;
    return std::nullopt;
}

/// A full disk is what a person can do something about, and what the indicator takes it for.
std::string words_of_trouble(const Error& error) { return error.code == "DISK_FULL" ? std::string{} : error.message; }

}  // namespace

Replica::Replica(store::Store& store, Secrets secrets, const Clock& clock, Random& random, ReplicaOptions options,
                 ReplicaPorts ports)
    : store_(store),
      secrets_(std::move(secrets)),
      clock_(clock),
      options_(std::move(options)),
      ports_(std::move(ports)),
      engine_random_(random),
      engine_(options_.tuning, engine_random_),
      ids_(clock, random),
      time_(clock, store.state().clock_offset_ms, store.state().stamp_ms),
      stamps_(store.state().device_id, store.state().stamp_ms, store.state().stamp_counter),
      openings_(store.openings()) {
    if (options_.witness != nullptr) options_.witness->begins(engine_, clock_.steady());
}

void Replica::start() {
    if (const auto& newer = store_.read_only()) {  // nothing is sent, and what came could not be kept
        in_trouble_ = true;
        trouble_words_ = words_of_trouble(*newer);
        ports_.emit(Trouble{*newer});
        queue_changed(false);
        return;
    }
    if (auto token = secrets_.token()) {
        token_ = std::move(*token);
    } else {
        log::error("the token cannot be read: " + token.error().message);
    }
    if (const auto last = store_.history(1); last && !last->empty() && last->front().outcome != "done") {
        const store::SyncHistoryRow& row = last->front();
        last_reason_ = "The last attempt did not go through: " + (row.reason.empty() ? row.outcome : row.reason);
    }
    queue_changed(false);
    tell(account());
}

// ---- edits

Result<std::vector<sync::Operation>> Replica::operations_for(const std::vector<Edit>& edits) {
    std::vector<sync::Operation> operations;
    operations.reserve(edits.size());
    Uuid group;
    std::size_t members = 0, bytes = 0;  // of that group
    for (const Edit& edit : edits) {
        // A push takes so much, and a group goes whole: what is larger is several, each all or none.
        const bool full = members == options_.tuning.batch_operations_max || bytes >= kGroupBytesMax;
        if (edits.size() > 1 && (members == 0 || full)) {
            group = ids_.next();
            members = bytes = 0;
        }
        sync::Operation& operation = operations.emplace_back();
        operation.kind = edit.kind;
        operation.model = edit.model;
        operation.record = edit.record;
        operation.changes = edit.changes;
        operation.group = group;
        if (edit.kind == sync::OperationKind::update) {
            operation.policy = options_.conflicts.policy(edit.model, edit.changes);
        } else if (edit.kind == sync::OperationKind::remove) {
            operation.policy = options_.conflicts.policy(edit.model);
        }
        Result<void> valid;
        if (edit.kind == sync::OperationKind::create) valid = crm::validate_new(edit.model, operation.changes);
        if (edit.kind == sync::OperationKind::update) valid = crm::validate(edit.model, operation.changes);
        if (!valid) return fail(valid.error());
        operation.id = ids_.next();
        operation.stamp = next_stamp();
        ++members;
        if (!group.nil()) bytes += sync::encoded_size(operation);
    }
    return operations;
}

Result<store::Committed> Replica::write(const std::vector<sync::Operation>& operations) {
    auto committed = store_.commit(operations, store_.state().user.id);
    if (!committed && rebuild(committed.error())) committed = store_.commit(operations, store_.state().user.id);
    if (committed) {
        in_trouble_ = false;
    } else {
        local_trouble(committed.error());
    }
    return committed;
}

Result<store::Committed> Replica::commit(const std::vector<Edit>& edits) {
    auto operations = operations_for(edits);
    if (!operations) return fail(operations.error());
    auto committed = write(*operations);
    queue_changed(committed.has_value());
    return committed;
}

void Replica::commit(std::span<const Commit> saves) {
    if (saves.size() > 1) {
        // All in one transaction when all are well, which is nearly always.
        std::vector<sync::Operation> together;
        bool well = true;
        for (const Commit& save : saves) {
            auto operations = operations_for(save.edits);
            well = well && operations.has_value();
            if (!well) break;
            std::move(operations->begin(), operations->end(), std::back_inserter(together));
        }
        if (auto committed =
                well ? store_.commit(together, store_.state().user.id) : Result<store::Committed>(fail({}));
            committed) {
            in_trouble_ = false;
            for (const Commit& save : saves.first(saves.size() - 1)) ports_.emit(Saved{save.ticket, {}});
            ports_.emit(Saved{saves.back().ticket, std::move(committed->visible)});
            queue_changed(true);
            return;
        }
    }
    for (const Commit& save : saves) {
        auto committed = commit(save.edits);
        if (committed) {
            ports_.emit(Saved{save.ticket, std::move(committed->visible)});
        } else {
            ports_.emit(SaveFailed{save.ticket, committed.error()});
        }
    }
}

Result<store::Visible> Replica::retry(const Uuid& operation, const crm::Changes& mended) {
    auto visible = store_.retry(operation, ids_.next(), next_stamp(), mended);
    observe_store();
    if (visible) queue_changed(true);
    note_reopening();
    return visible;
}

Result<store::Visible> Replica::discard(const Uuid& operation) {
    auto visible = store_.discard(operation);
    if (visible) queue_changed(false);
    note_reopening();
    return visible;
}

Result<store::Visible> Replica::resolve(const Uuid& operation, const store::Resolution& resolution) {
    auto visible = store_.resolve(operation, resolution, ids_.next(), next_stamp());
    observe_store();
    if (visible) queue_changed(true);
    note_reopening();
    return visible;
}

Result<store::Committed> Replica::take_back(const store::AuditRow& decision) {
    const auto stored = store_.get(decision.model, decision.record);
    if (!stored) return fail(stored.error());
    const bool there = *stored && !(*stored)->deleted;
    auto edit = turning_round(decision, there ? &**stored : nullptr);
    if (!edit)
        return fail(ErrorKind::invalid, "NOTHING_TO_TAKE_BACK", "nothing of this record lost there, or it is back");
    return commit({*std::move(edit)});
}

/// Nothing: a person is asked.
std::optional<store::Resolution> Replica::decision_by_rules(const store::Conflict& conflict) const {
    const sync::Operation& operation = conflict.queued.operation;
    const bool later = sync::stamp_ms(operation.stamp) >= conflict.theirs.updated_at;
    const auto winner = [later](ConflictRule rule) -> std::optional<store::Side> {
        switch (rule) {
            case ConflictRule::ask: return std::nullopt;
            case ConflictRule::prefer_mine: return store::Side::mine;
            case ConflictRule::prefer_server: return store::Side::theirs;
            case ConflictRule::last_write: break;
        }
        return later ? store::Side::mine : store::Side::theirs;
    };
    store::Resolution resolution;
    resolution.by_rule = true;
    if (operation.kind == sync::OperationKind::remove) {
        const auto side = winner(options_.conflicts.of(operation.model));
        if (!side) return std::nullopt;
        resolution.otherwise = *side;
        return resolution;
    }
    bool any_mine = false, any = false;
    for (const store::ConflictField& field : conflict.fields) {
        if (!field.clashes && !conflict.theirs.deleted) continue;
        const auto side = winner(options_.conflicts.of(operation.model, field.field));
        if (!side) return std::nullopt;
        any = true;
        any_mine = any_mine || *side == store::Side::mine;
        resolution.fields.push_back({field.field, *side});
    }
    if (!any) return std::nullopt;
    if (conflict.theirs.deleted && !any_mine) resolution.otherwise = store::Side::theirs;
    return resolution;
}

/// Conflicts that the user's rules answer are decided at once; the audit trail has what was given up.
void Replica::decide_by_rules(const sync::PushAnswer& answer, store::Settled& settled) {
    const auto waiting = store_.conflicts();
    if (!waiting) return local_trouble(waiting.error());
    store::Visible& visible = settled.visible;
    for (const store::Conflict& conflict : *waiting) {
        const Uuid& id = conflict.queued.operation.id;
        const bool ours = std::any_of(answer.results.begin(), answer.results.end(),
                                      [&](const sync::OperationResult& result) { return result.id == id; });
        const auto resolution = ours ? decision_by_rules(conflict) : std::nullopt;
        if (!resolution) continue;
        auto decided = store_.resolve(id, *resolution, ids_.next(), next_stamp());
        observe_store();
        if (!decided) return local_trouble(decided.error());
        --settled.conflicts;  // nobody is asked
        std::move(decided->changed.begin(), decided->changed.end(), std::back_inserter(visible.changed));
        std::move(decided->removed.begin(), decided->removed.end(), std::back_inserter(visible.removed));
    }
}

// ---- between the engine and the world

void Replica::tell(sync::Event event) {
    told_.push_back(std::move(event));
    if (telling_) return;
    telling_ = true;
    while (!told_.empty()) {
        sync::Event next = std::move(told_.front());
        told_.pop_front();
        for (sync::Action& action : step(std::move(next))) carry_out(action);
    }
    telling_ = false;
    publish();
}

/// The one place where the engine is told something.
std::vector<sync::Action> Replica::step(sync::Event event) {
    const SteadyMs now = clock_.steady();
    engine_random_.forget();
    if (options_.witness != nullptr) options_.witness->takes(event, now);
    std::vector<sync::Action> actions = engine_.handle(std::move(event), now);
    if (options_.witness != nullptr) options_.witness->gives(engine_, actions, engine_random_.drawn());
    return actions;
}

void Replica::carry_out(sync::Action& action) {
    std::visit([this](auto& specific) { on(specific); }, action);
}

void Replica::on_answer(NetAnswer answer) {
    round_bytes_sent_ += answer.traffic.bytes_sent;
    round_bytes_received_ += answer.traffic.bytes_received;
    if (auto* login = std::get_if<Result<sync::LoginAnswer>>(&answer.reply)) return on_login(*login);
    if (answer.kind == NetJob::Kind::logout) return;
    if (answer.kind != NetJob::Kind::listen) learn(answer);  // how long it waited says nothing of the clocks
    tell(sync::event::Answered{answer.id, std::move(std::get<sync::Reply>(answer.reply))});
}

/// The server's clock and, at first contact, its epoch.
void Replica::learn(const NetAnswer& answer) {
    const sync::Reply& reply = std::get<sync::Reply>(answer.reply);
    const auto told = server_time(reply);
    if (!told) return;
    const std::int64_t half_trip = answer.traffic.total_ms / 2;
    if (*told > 0) learn_time(*told + half_trip + (clock_.now() - answer.wall_at_answer), half_trip);
    std::string epoch;
    if (const auto* push = std::get_if<sync::PushAnswer>(&reply)) epoch = push->epoch;
    if (const auto* page = std::get_if<sync::PullPage>(&reply)) epoch = page->epoch;
    if (!store_.state().epoch.empty() || epoch.empty()) return;
    store::SyncState state = store_.state();
    state.epoch = epoch;
    if (auto saved = store_.save_state(state); !saved) local_trouble(saved.error());
}

NetJob Replica::job(NetJob::Kind kind, std::uint64_t id, http::Request request) const {
    NetJob job;
    job.kind = kind;
    job.id = id;
    job.base_url = store_.state().server_url;
    job.ca_file = options_.ca_file;
    job.request = std::move(request);
    job.deadlines = deadlines_of(kind);
    return job;
}

void Replica::send(NetJob::Kind kind, std::uint64_t id, http::Request request) {
    ports_.send(job(kind, id, std::move(request)));
}

void Replica::on(sync::action::SendProbe& action) { send(NetJob::Kind::probe, action.request, sync::probe_request()); }

void Replica::on(sync::action::PrepareBatch& action) {
    auto batch = store_.take_batch({action.bytes_max, action.operations_max});
    if (!batch) return cannot_carry_out(batch.error());
    told_.push_back(sync::event::BatchReady{batch->sequence, std::move(batch->operations), batch->bytes});
}

void Replica::on(sync::action::SendPush& action) {
    sync::PushRequest request;
    request.device_id = store_.state().device_id;
    request.epoch = store_.state().epoch;
    request.sequence = action.sequence;
    request.operations = std::move(action.operations);
    request.waiting = waiting();
    send(NetJob::Kind::push, action.request, sync::api_request("/api/sync/push", sync::encode(request), token_));
}

void Replica::on(sync::action::Settle& action) {
    auto settled = store_.settle(action.answer);
    if (!settled) return cannot_carry_out(settled.error());
    stamps_.observe(settled->newest_stamp_ms);
    if (settled->conflicts > 0) decide_by_rules(action.answer, *settled);
    show(std::move(settled->visible));
    told_.push_back(queue_event(false));
    told_.push_back(sync::event::Settled{settled->applied, settled->merged, settled->superseded, settled->conflicts,
                                         settled->rejected});
}

void Replica::on(sync::action::CancelRequests&) { ports_.cancel(); }

void Replica::on(sync::action::Listen& action) {
    if (!ports_.listen) return;
    sync::PullRequest request = pull_request(action.limit);
    request.wait_s = action.wait_s;
    ports_.listen(
        job(NetJob::Kind::listen, action.request, sync::api_request("/api/sync/pull", sync::encode(request), token_)));
}

void Replica::on(sync::action::StopListening&) {
    if (ports_.stop_listening) ports_.stop_listening();
}

void Replica::on(sync::action::Stalled& action) {
    const UnixMs oldest = store_.queue().oldest_unsettled_at;
    log::warn(std::to_string(store_.queue().operations) + " edits wait, the oldest since " +
              (oldest == 0 ? std::string("now") : format_rfc3339(oldest)) + "; " + std::to_string(action.rounds) +
              " attempts in vain: " + action.reason);
}

void Replica::on(sync::action::RenewDevice&) {
    const std::string device = ids_.next().str();
    if (auto renewed = store_.renew_device(device); !renewed) return cannot_carry_out(renewed.error());
    stamps_ = sync::HybridClock(device, stamps_.last_ms(), stamps_.last_counter());
    log::warn("this profile was copied or restored; it goes on as device " + device);
    told_.push_back(sync::event::IdentityRenewed{device, store_.state().epoch});
}

void Replica::on(sync::action::NumberFrom& action) {
    if (auto numbered = store_.number_from(action.sequence); !numbered) return cannot_carry_out(numbered.error());
    log::warn("the server has seen " + std::to_string(action.sequence) + " edits of this device, and they are fewer " +
              "than were sent; they are numbered on from there");
    told_.push_back(sync::event::IdentityRenewed{store_.state().device_id, store_.state().epoch});
}

void Replica::on(sync::action::RestartPull& action) {
    if (action.catch_up) {
        if (auto restarted = store_.restart_catch_up(); !restarted) return cannot_carry_out(restarted.error());
        return told_.push_back(sync::event::IdentityRenewed{store_.state().device_id, store_.state().epoch});
    }
    store::SyncState state = store_.state();
    state.cursor.reset();
    if (action.other_epoch) state.epoch = action.epoch;
    if (auto saved = store_.save_state(state); !saved) return cannot_carry_out(saved.error());
    log::warn(std::string(action.other_epoch ? "the server's history begins anew" : "what is known here is too old") +
              "; pulling from the start, unsent work is kept");
    for (const std::string& place : store_.state().selection.uncompared.places())
        log::warn(place + ": left out, so what is here of it is compared and offered back once it is wanted again");
    told_.push_back(sync::event::IdentityRenewed{state.device_id, state.epoch});
}

void Replica::on(sync::action::DropToken&) {
    token_.clear();
    if (auto forgotten = secrets_.save_token({}); !forgotten) log::error(forgotten.error().message);
}

void Replica::on(sync::action::RoundFinished& action) {
    last_reason_.clear();
    store::SyncHistoryRow row;
    row.started_at = clock_.now() - action.duration_ms;
    row.duration_ms = action.duration_ms;
    row.pushed = action.counts.pushed;
    row.merged = action.counts.merged;
    row.superseded = action.counts.superseded;
    row.conflicts = action.counts.conflicts;
    row.failed = action.counts.failed;
    row.pulled = action.counts.pulled;
    row.requests = action.counts.requests;
    row.bytes_sent = std::exchange(round_bytes_sent_, 0);
    row.bytes_received = std::exchange(round_bytes_received_, 0);
    row.outcome = action.outcome;
    row.reason = action.detail;
    if (action.outcome == "done" && !engine_.pull_held()) {
        store_.allow_removals(false);  // that was for this once
        removals_ = {};
        removals_refused_ = false;
    }
    if (action.outcome == "done") {
        store::SyncState state = store_.state();
        state.last_sync_at = clock_.now();
        if (auto saved = store_.save_state(state); !saved) local_trouble(saved.error());
    }
    if (auto added = store_.add_history(row); !added) local_trouble(added.error());
    ports_.emit(SyncFinished{std::move(row), action.asked_for, std::move(action.detail), action.verify});
}

// ---- what the engine and the window are told

sync::Event Replica::queue_event(bool edited) const {
    const store::QueueSummary& queue = store_.queue();
    return sync::event::QueueChanged{queue.sendable, edited, queue.parked, queue.errors, queue.conflicts};
}

sync::Event Replica::account() const {
    return sync::event::Account{!store_.state().server_url.empty(), signed_in(), store_.other_incarnation()};
}

void Replica::queue_changed(bool edited) { tell(queue_event(edited)); }

void Replica::show(store::Visible visible) {
    if (!visible.changed.empty() || !visible.removed.empty()) ports_.emit(RecordsChanged{std::move(visible)});
}

void Replica::local_trouble(const Error& error) {
    if (error.kind == ErrorKind::invalid || error.kind == ErrorKind::not_found)
        return;  // an edit's fault, not the disk's
    if (rebuild(error)) return told_.push_back(sync::event::LocalFailure{error.message});
    log::error(error.message);
    trouble_words_ = words_of_trouble(error);
    if (!std::exchange(in_trouble_, true)) ports_.emit(Trouble{error});
    told_.push_back(sync::event::LocalFailure{error.message});
}

void Replica::cannot_carry_out(const Error& error) {
    Error whatever = error;
    if (whatever.kind == ErrorKind::invalid || whatever.kind == ErrorKind::not_found)
        whatever.kind = ErrorKind::internal;  // no edit's fault: the engine would wait for ever
    local_trouble(whatever);
}

/// True: the database was damaged, and is a new one now with all unsent work in it.
bool Replica::rebuild(const Error& error) {
    if (!store::is_damage(error)) return false;
    const auto rebuilt = store_.rebuild(error);
    if (!rebuilt) {
        log::error("the damaged database could not be made anew: " + rebuilt.error().message);
        return false;
    }
    stamps_ = sync::HybridClock(store_.state().device_id, stamps_.last_ms(), stamps_.last_counter());
    ports_.emit(Trouble{rebuilt_notice(*rebuilt)});
    note_reopening();
    told_.push_back(queue_event(false));
    return true;
}

/// What the window shows may not be what the disk holds.
void Replica::note_reopening() {
    if (std::exchange(openings_, store_.openings()) != store_.openings()) ports_.emit(DatabaseReopened{});
}

void Replica::trouble(const Error& error) {
    local_trouble(error);
    queue_changed(false);
}

void Replica::taken_over(store::Visible visible) {
    show(std::move(visible));
    stamps_.observe(store_.state().stamp_ms);
    queue_changed(true);
}

Result<std::vector<std::optional<Error>>> commit_each(Replica& replica, std::vector<Edit> edits,
                                                      std::vector<SaveFailed>& refusals) {
    std::vector<Commit> saves(edits.size());
    for (std::size_t i = 0; i < edits.size(); ++i) {
        saves[i].ticket = i;
        saves[i].edits.push_back(std::move(edits[i]));
    }
    replica.commit(saves);
    std::vector<std::optional<Error>> errors(saves.size());
    for (SaveFailed& refused : refusals) {
        const ErrorKind kind = refused.error.kind;
        if (kind != ErrorKind::invalid && kind != ErrorKind::not_found) return fail(std::move(refused.error));
        errors[refused.ticket] = std::move(refused.error);
    }
    return errors;
}

}  // namespace ct::client
