#include "sync/engine.h"

#include <algorithm>
#include <utility>

namespace ct::sync {

namespace {

/// A server that keeps changing its mind about who we are is at fault; do not run in circles.
constexpr int kRestartsMax = 3;
/// What another incarnation of the server has lost is offered back first: our own edits may need it to be there. But a
/// pull that never gets through is not to hold them back for ever.
constexpr int kPullFirstMax = 10;
/// Coming back to the window right after a round is no reason for another.
constexpr std::int64_t kNudgeQuietMs = 10'000;

Obstacle obstacle_of(Unreachable::Kind kind) {
    switch (kind) {
        case Unreachable::Kind::no_route: return Obstacle::no_route;
        case Unreachable::Kind::server_away: return Obstacle::server_away;
        case Unreachable::Kind::login_page: return Obstacle::login_page;
    }
    return Obstacle::server_away;
}

const char* code_of(Obstacle obstacle) {
    switch (obstacle) {
        case Obstacle::none: return "";
        case Obstacle::no_route: return "OFFLINE";
        case Obstacle::server_away: return "SERVER_AWAY";
        case Obstacle::login_page: return "LOGIN_PAGE";
        case Obstacle::signed_out: return "UNAUTHENTICATED";
        case Obstacle::upgrade: return "UPGRADE_REQUIRED";
        case Obstacle::busy: return "SERVER_BUSY";
        case Obstacle::local: return "LOCAL_DATABASE";
        case Obstacle::protocol: return "PROTOCOL";
        case Obstacle::held_back: return "HELD_BACK";
    }
    return "";
}

/// Whether an event is what an action is waited for with.
bool answers(const Event& event) {
    return std::holds_alternative<event::BatchReady>(event) || std::holds_alternative<event::Answered>(event) ||
           std::holds_alternative<event::Settled>(event) || std::holds_alternative<event::PageDone>(event) ||
           std::holds_alternative<event::Compared>(event) || std::holds_alternative<event::IdentityRenewed>(event);
}

}  // namespace

std::vector<Action> Engine::handle(Event event, SteadyMs now) {
    now_ = now;
    if (phase_ == Phase::idle || answers(event)) heard_of_at_ = now;
    std::visit([this](auto& specific) { on(specific); }, event);
    tend_ear();
    return std::exchange(out_, {});
}

std::uint64_t Engine::new_request() {
    ++counts_.requests;
    asked_at_ = now_;
    awaited_ = ++last_request_;
    return awaited_;
}

// ---- what we are told

void Engine::on(const event::QueueChanged& event) {
    const bool more = event.sendable > sendable_;
    if (event.sendable != sendable_) {
        held_back_ = 0;
        if (obstacle_ == Obstacle::held_back) obstacle_ = Obstacle::none;
    }
    sendable_ = event.sendable;
    parked_ = event.parked;
    errors_ = event.errors;
    conflicts_ = event.conflicts;
    if (event.edited) {
        last_edit_at_ = now_;
        if (first_edit_at_ < 0) first_edit_at_ = now_;
    }
    if (phase_ != Phase::idle || !may_sync()) return;
    // After a failure the backoff decides: edits must not turn into a hammer on a server that is away.
    const bool waiting_for_retry = failures_ > 0 && due_ && *due_ > now_;
    if ((event.edited || more) && sendable_ > 0 && !waiting_for_retry) schedule(failures_ == 0);
    if (!due_) schedule(failures_ == 0);
}

void Engine::on(const event::Account& event) {
    has_server_ = event.has_server;
    pull_first_ = event.pull_first ? kPullFirstMax : 0;
    const bool newly = event.signed_in && !signed_in_;
    if (newly) caught_up_ = false;
    signed_in_ = event.signed_in;
    if (!may_sync()) {
        if (phase_ != Phase::idle) finish(Obstacle::signed_out, code_of(Obstacle::signed_out), "signed out");
        due_.reset();
        return;
    }
    if (newly) {
        obstacle_ = Obstacle::none;
        failures_ = 0;
        retry_after_ms_ = -1;
    }
    if (phase_ == Phase::idle && (newly || !due_)) due_ = now_;
}

void Engine::on(const event::LinkChanged& event) {
    const bool came_up = event.up && !link_up_, went_down = !event.up && link_up_;
    link_up_ = event.up;
    if (listening_ != 0 && event.up) due_ = now_;  // what we listen by may lead nowhere any more
    trusted_ = false;                              // another network may have another idea of who our server is
    pace_.forget();
    if (phase_ != Phase::idle || !may_sync()) return;
    if (came_up) {
        failures_ = 0;
        retry_after_ms_ = -1;
        due_ = now_;
    } else if (went_down) {
        obstacle_ = Obstacle::no_route;
        last_error_ = code_of(obstacle_);
        due_ = now_ + tuning_.link_down_retry_ms;
    }
}

void Engine::on(const event::OfflineChosen& event) {
    if (offline_chosen_ == event.on) return;
    offline_chosen_ = event.on;
    if (event.on) {
        if (phase_ != Phase::idle) finish(Obstacle::none, "OFFLINE_CHOSEN", "working offline, as chosen");
        due_.reset();
    } else if (may_sync()) {
        failures_ = 0;
        if (phase_ == Phase::idle) due_ = now_;
    }
}

void Engine::on(const event::SyncAsked& event) {
    if (phase_ != Phase::idle) {
        again_ = true;
        return;
    }
    if (may_sync()) {
        asked_for_ = true;
        want_push_ = event.push;
        want_pull_ = event.pull;
        verify_asked_ = event.verify;
        repair_ = event.repair;
        start_round();
    } else {  // the button is never dead: say at once why nothing can happen
        round_began_at_ = now_;
        counts_ = {};
        const bool signed_out = has_server_ && !signed_in_;
        const char* outcome = offline_chosen_ ? "OFFLINE_CHOSEN" : signed_out ? "UNAUTHENTICATED" : "NO_SERVER";
        const char* detail = offline_chosen_ ? "Working offline is switched on"
                             : signed_out    ? "Sign in again to sync"
                                             : "No server is set: everything stays on this computer";
        out_.push_back(action::RoundFinished{counts_, 0, outcome, detail, true, {}});
    }
}

void Engine::on(const event::Nudged&) {
    if (phase_ != Phase::idle || !may_sync()) return;
    const bool quiet = last_success_at_ >= 0 && now_ - last_success_at_ < kNudgeQuietMs;
    if (quiet && sendable_ == 0) return;
    if (retry_after_ms_ > 0) return;  // the server asked for patience
    due_ = now_;
}

void Engine::on(const event::IntervalChanged& event) {
    tuning_.interval_ms = event.interval_ms;
    if (phase_ == Phase::idle && may_sync() && failures_ == 0) schedule(true);
}

void Engine::on(const event::ListenChosen& event) { listen_chosen_ = event.on; }

void Engine::on(const event::Metered& event) {
    if (metered_ == event.on) return;
    metered_ = event.on;
    if (phase_ != Phase::idle || !may_sync() || failures_ > 0) return;
    if (!metered_ && (deferred_ > 0 || parts_wait_)) {
        due_ = now_;
    } else {
        schedule(true);
    }
}

void Engine::on(const event::TimerFired&) {
    if (phase_ != Phase::idle && now_ - heard_of_at_ >= tuning_.answer_max_ms) {
        return finish(Obstacle::protocol, code_of(Obstacle::protocol), "an answer got lost within this program");
    }
    if (phase_ != Phase::idle || !due_ || now_ < *due_) return;
    if (may_sync()) {
        start_round();
    } else {
        due_.reset();
    }
}

// ---- a round

void Engine::start_round() {
    counts_ = {};
    round_began_at_ = now_;
    restarts_ = 0;
    due_.reset();
    retry_after_ms_ = -1;  // kept, or overruled by the user
    held_back_ = 0;
    first_edit_at_ = -1;
    pull_remaining_ = 0;
    breaks_in_a_row_ = 0;
    verify_steps_ = 0;
    verify_.reset();
    if (trusted_) {
        begin_exchange();
    } else {
        phase_ = Phase::probing;
        out_.push_back(action::SendProbe{new_request()});
    }
}

void Engine::begin_exchange() {
    if (pull_first_ <= 0 || !want_pull_ || pull_held_) return begin_push();
    --pull_first_;
    begin_pull();
}

void Engine::begin_push() {
    if (!want_push_) {
        begin_pull();
        return;
    }
    phase_ = Phase::preparing;
    out_.push_back(action::PrepareBatch{batch_bytes_.size(), tuning_.batch_operations_max});
}

void Engine::on(event::BatchReady& event) {
    if (phase_ != Phase::preparing) return;
    if (event.operations.empty()) {
        held_back_ = sendable_;
        begin_pull();
        return;
    }
    phase_ = Phase::pushing;
    sent_sequence_ = event.sequence;
    sent_bytes_ = event.bytes == 0 ? batch_bytes_.size() : event.bytes;
    sent_ids_.clear();
    for (const Operation& operation : event.operations) sent_ids_.push_back(operation.id);
    out_.push_back(action::SendPush{new_request(), event.sequence, std::move(event.operations)});
}

void Engine::begin_pull() {
    if (!want_pull_) {
        finish(Obstacle::none, "done", {});
        return;
    }
    if (pull_held_ && !asked_for_ && now_ < pull_held_until_) return hold_pull();
    phase_ = Phase::pulling;
    catching_up_ = false;
    pull_complete_ = false;
    page_being_applied_ = false;
    send_pull(std::nullopt);
}

void Engine::send_pull(std::optional<std::string> cursor) {
    asked_cursor_ = cursor;
    auto limit = static_cast<std::int64_t>(page_rows_.size());
    if (spares()) limit = std::min(limit, tuning_.pull_first_limit);
    out_.push_back(action::SendPull{new_request(), std::move(cursor), limit, catching_up_});
}

void Engine::on(event::Answered& event) {
    if (event.request == listening_ && listening_ != 0) return on_heard(std::move(event.reply));
    if (event.request != awaited_ || awaited_ == 0) return;  // of a round that is over
    awaited_ = 0;
    if (auto* unreachable = std::get_if<Unreachable>(&event.reply)) return on_unreachable(*unreachable);
    if (auto* problem = std::get_if<Problem>(&event.reply)) return on_problem(*problem);
    if (auto* health = std::get_if<Health>(&event.reply); health && phase_ == Phase::probing) return on_health(*health);
    if (auto* push = std::get_if<PushAnswer>(&event.reply); push && phase_ == Phase::pushing) {
        return on_push_answer(std::move(*push));
    }
    if (auto* page = std::get_if<PullPage>(&event.reply); page && phase_ == Phase::pulling)
        return on_page(std::move(*page));
    if (auto* verify = std::get_if<VerifyAnswer>(&event.reply); verify && phase_ == Phase::verifying)
        return on_verify_answer(std::move(*verify));
    if (auto* page = std::get_if<PullPage>(&event.reply); page && phase_ == Phase::verifying)
        return on_repair(std::move(*page));
    finish(Obstacle::protocol, code_of(Obstacle::protocol), "an answer to another question");
}

void Engine::on_health(const Health&) {
    trusted_ = true;
    failures_ = 0;  // "reset by a successful probe"
    pace_.through(now_ - asked_at_);
    begin_exchange();
}

void Engine::on_push_answer(PushAnswer&& answer) {
    bool matches = answer.sequence == sent_sequence_ && answer.results.size() == sent_ids_.size();
    for (std::size_t i = 0; matches && i < sent_ids_.size(); ++i) matches = answer.results[i].id == sent_ids_[i];
    if (!matches) {
        finish(Obstacle::protocol, code_of(Obstacle::protocol), "the answer does not belong to what was sent");
        return;
    }
    went_through(batch_bytes_, sent_bytes_);
    // What was sent is never altered here: another goes by this device's name (a copied disk), and what that one sent
    // passes for our own.
    const bool copied = std::any_of(answer.results.begin(), answer.results.end(), [](const OperationResult& result) {
        return result.verdict == Verdict::rejected && result.error.code == "ID_REUSED";
    });
    phase_ = Phase::settling;
    out_.push_back(action::Settle{std::move(answer)});
    if (!copied || ++restarts_ > kRestartsMax) return;
    phase_ = Phase::renewing;
    out_.push_back(action::RenewDevice{});
}

void Engine::on(const event::Settled& event) {
    if (phase_ != Phase::settling && phase_ != Phase::renewing) return;
    counts_.pushed += event.applied + event.merged + event.superseded;
    counts_.merged += event.merged;
    counts_.superseded += event.superseded;
    counts_.conflicts += event.conflicts;
    counts_.failed += event.rejected;
    if (phase_ == Phase::settling) begin_push();
}

void Engine::on_page(PullPage&& page) {
    if (catching_up_) return on_part_page(std::move(page));
    trusted_ = true;
    went_through(page_rows_, page.rows.size());
    const bool defers = page.has_more && spares();  // one page of what is most urgent; the rest is not worth its price
    deferred_ = defers ? std::max<std::int64_t>(1, page.remaining) : 0;
    caught_up_ = !page.has_more;
    pull_complete_ = !page.has_more || defers;
    pull_remaining_ = defers ? 0 : page.remaining;
    page_being_applied_ = true;
    std::optional<std::string> next;
    if (!pull_complete_) next = page.cursor;
    out_.push_back(action::ApplyPage{std::move(page), false});
    if (next) send_pull(std::move(next));  // on its way while this one is written
}

void Engine::on(const event::PageDone& event) {
    if (heard_being_applied_) return on_heard_applied(event);
    if (phase_ == Phase::verifying && comparing_) {
        comparing_ = false;
        if (event.held) return hold_pull();
        verify_->repaired += event.rows;
        counts_.pulled += event.rows;
        return end_verify(!event.ignored);
    }
    if (phase_ != Phase::pulling || !page_being_applied_) return;
    page_being_applied_ = false;
    if (event.held) return hold_pull();
    counts_.pulled += event.rows;
    if (event.ignored) {
        finish(Obstacle::protocol, code_of(Obstacle::protocol), "a page that does not start where ours ends");
    } else if (event.lost) {
        pull_anew();
    } else if (pull_complete_) {
        if (std::exchange(pull_first_, 0) > 0 && want_push_ && sendable_ > 0) return begin_push();
        parts_wait_ = event.parts_missing && spares();
        if (event.parts_missing && caught_up_ && !parts_wait_) return begin_catch_up();
        end_of_pull();
    }
}

/// The store's cursor went back to the start. From there records come whole, so that it is not lost again.
void Engine::pull_anew() {
    if (++restarts_ > kRestartsMax)
        return finish(Obstacle::protocol, code_of(Obstacle::protocol),
                      "only a part comes of a record that is not here");
    if (std::exchange(awaited_, 0) != 0) out_.push_back(action::CancelRequests{});
    if (catching_up_) return begin_catch_up();
    caught_up_ = false;
    begin_pull();
}

// ---- when it does not go as it should

void Engine::went_through(Portion& portion, std::size_t amount) {
    const SteadyMs took = now_ - asked_at_;
    breaks_in_a_row_ = 0;
    pace_.through(took);
    portion.through(pace_, amount, took);
}

/// The server was there a moment ago, and the link broke under what was on it: no reason to wait, nor to ask who is
/// there, but one for less at a time. What was sent goes first again (its first result is kept), a page is asked for
/// again.
bool Engine::go_on_after_break() {
    if (phase_ != Phase::pushing && phase_ != Phase::pulling) return false;
    ++breaks_in_a_row_;
    pace_.broke(now_ - asked_at_);
    (phase_ == Phase::pushing ? batch_bytes_ : page_rows_).broke(pace_, breaks_in_a_row_);
    if (breaks_in_a_row_ > tuning_.breaks_in_a_row_max) return false;
    if (phase_ == Phase::pushing)
        begin_push();
    else
        send_pull(std::move(asked_cursor_));
    return true;
}

/// What the server takes in no size goes to those that a person looks at: nothing else is to wait behind it. It has
/// taken nothing of it, and next time says which number it expects instead of those that are now missing.
void Engine::give_up_sent(const Problem& problem) {
    PushAnswer answer;
    answer.sequence = sent_sequence_;
    for (const Uuid& id : sent_ids_) {
        OperationResult& result = answer.results.emplace_back();
        result.id = id;
        result.verdict = Verdict::rejected;
        result.error = {ErrorKind::invalid, problem.code, problem.detail, {}};
    }
    phase_ = Phase::settling;
    out_.push_back(action::Settle{std::move(answer)});
}

void Engine::on_unreachable(const Unreachable& unreachable) {
    if (unreachable.broken_off) {
        if (go_on_after_break()) return;
    } else if (unreachable.timed_out) {
        if (phase_ == Phase::pushing) batch_bytes_.halve();
        if (phase_ == Phase::pulling) page_rows_.halve();
    }
    trusted_ = false;
    const Obstacle obstacle = obstacle_of(unreachable.kind);
    finish(obstacle, code_of(obstacle), unreachable.detail);
}

void Engine::on_problem(const Problem& problem) {
    trusted_ = true;  // it is our server that speaks
    if (verify_refused(problem)) return;
    const bool gap = problem.code == "SEQUENCE_GAP";
    const bool forked = problem.code == "DEVICE_FORKED" || gap;
    const bool restart = problem.code == "EPOCH_CHANGED" || problem.code == "RESYNC_REQUIRED";
    if ((forked || restart) && ++restarts_ <= kRestartsMax) {
        phase_ = Phase::renewing;
        const bool part = catching_up_ && problem.code == "RESYNC_REQUIRED";
        if (restart && !part) caught_up_ = false;
        if (problem.code == "EPOCH_CHANGED") pull_first_ = kPullFirstMax;
        if (gap && problem.expected >= 0)
            out_.push_back(action::NumberFrom{problem.expected});
        else if (forked)
            out_.push_back(action::RenewDevice{});
        else
            out_.push_back(action::RestartPull{problem.code == "EPOCH_CHANGED", problem.epoch, part});
        return;
    }
    retry_after_ms_ = problem.retry_after_s < 0 ? -1 : problem.retry_after_s * 1'000;
    const bool of_batch = problem.status == 413 || (problem.status == 400 && problem.code == "MALFORMED");
    if (phase_ == Phase::pushing && of_batch) return send_less(problem);
    switch (problem.status) {
        case 401:
            signed_in_ = false;
            out_.push_back(action::DropToken{});
            return finish(Obstacle::signed_out, problem.code, problem.detail);
        case 426: return finish(Obstacle::upgrade, problem.code, problem.detail);
        case 429:
        case 503: return finish(Obstacle::busy, problem.code, problem.detail);
        default: return finish(Obstacle::protocol, problem.code, problem.detail);
    }
}

/// Too much at a time, or something in it that the server cannot read: half of it at once, down to the one unit that is
/// at fault.
void Engine::send_less(const Problem& problem) {
    const bool divisible = sent_ids_.size() > 1 && batch_bytes_.size() > 1;  // a group stays whole even at 1
    batch_bytes_.halve();
    divisible ? begin_push() : give_up_sent(problem);
}

void Engine::on(const event::IdentityRenewed&) {
    if (phase_ != Phase::renewing) return;
    begin_exchange();
}

void Engine::on(const event::LocalFailure& event) {
    if (std::exchange(heard_being_applied_, false)) {
        ear_failed();
        if (phase_ == Phase::idle && may_sync()) due_ = now_;  // a round meets the same, and says so
        return;
    }
    if (phase_ == Phase::idle) return;
    finish(Obstacle::local, code_of(Obstacle::local), event.message);
}

// ---- the end of a round, and the next

void Engine::finish(Obstacle obstacle, std::string outcome, std::string detail) {
    const bool done = outcome == "done", succeeded = done || outcome == kMassDelete;  // what was to go has gone
    if (awaited_ != 0) out_.push_back(action::CancelRequests{});
    awaited_ = 0;
    phase_ = Phase::idle;
    page_being_applied_ = comparing_ = catching_up_ = false;
    // Level-triggered, and still nothing is given out: that must be seen, though it is nobody's doing but ours.
    const bool held_back = succeeded && sendable_ > 0 && held_back_ >= sendable_;
    obstacle_ = held_back ? Obstacle::held_back : obstacle;
    last_error_ = done ? std::string{} : outcome;
    last_detail_ = detail;
    if (succeeded) {
        failures_ = 0;
        retry_after_ms_ = -1;
        trusted_ = true;
        last_success_at_ = now_;
    } else {
        ++failures_;
    }
    out_.push_back(action::RoundFinished{counts_, now_ - round_began_at_, std::move(outcome), std::move(detail),
                                         asked_for_, verify_});
    if (want_push_) watch_queue(last_error_.empty() ? code_of(obstacle_) : last_error_);
    asked_for_ = std::exchange(again_, false);
    want_push_ = want_pull_ = repair_ = true;
    verify_asked_ = false;
    if (!may_sync()) {
        due_.reset();
        asked_for_ = false;
    } else if (asked_for_) {
        due_ = now_;
    } else {
        schedule(succeeded);
    }
}

std::int64_t Engine::backoff_ms() {
    if (retry_after_ms_ >= 0) return std::max(retry_after_ms_, tuning_.backoff_floor_ms);
    const int doublings = std::clamp(failures_ - 1, 0, 30);
    const std::int64_t ceiling = std::min(tuning_.backoff_max_ms, tuning_.backoff_first_ms << doublings);
    return tuning_.backoff_floor_ms + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(ceiling)));
}

void Engine::schedule(bool succeeded) {
    if (!succeeded) {
        due_ = now_ + backoff_ms();
        return;
    }
    const auto spread = static_cast<std::int64_t>(static_cast<double>(tuning_.interval_ms) * tuning_.interval_jitter);
    const auto jitter = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * spread + 1))) - spread;
    SteadyMs at = now_ + (tuning_.interval_ms + jitter) * (metered_ ? tuning_.metered_interval_factor : 1);
    if (sendable_ > held_back_ || (sendable_ > 0 && first_edit_at_ >= 0)) {
        const SteadyMs calm = last_edit_at_ < 0 ? now_ : last_edit_at_ + tuning_.after_edit_ms;
        const SteadyMs latest = first_edit_at_ < 0 ? calm : first_edit_at_ + tuning_.after_edit_max_ms;
        at = std::min(at, std::max(now_, std::min(calm, latest)));
    } else if (due_ && *due_ > now_) {
        at = std::min(at, *due_);
    }
    due_ = at;
}

}  // namespace ct::sync
