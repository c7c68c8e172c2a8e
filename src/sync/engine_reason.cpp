// What the engine says of itself: that it never stands still without a reason, and which one that is.
#include <array>

#include "sync/engine.h"

namespace ct::sync {

namespace {

std::string edits(std::int64_t number) { return std::to_string(number) + (number == 1 ? " edit" : " edits"); }

}  // namespace

std::optional<SteadyMs> Engine::due() const {
    if (phase_ != Phase::idle) return heard_of_at_ + tuning_.answer_max_ms;
    if (listening_ != 0 || !may_listen()) return due_;
    return due_ ? std::min(*due_, std::max(now_, listen_not_before_)) : listen_not_before_;
}

bool Engine::needs_person() const {
    if (!may_sync() || obstacle_ == Obstacle::upgrade) return true;
    return sendable_ == 0 && errors_ + conflicts_ > 0;
}

bool Engine::invariant() const {
    if (unsettled() > 0 && reason().empty()) return false;
    if (phase_ == Phase::idle) return may_sync() ? due_.has_value() : needs_person();
    const bool waits = phase_ == Phase::probing || phase_ == Phase::pushing;
    const bool pulls = phase_ == Phase::pulling, verifies = phase_ == Phase::verifying;
    return (!waits || awaited_ != 0) && (!pulls || awaited_ != 0 || page_being_applied_) &&
           (!verifies || awaited_ != 0 || comparing_);
}

std::string Engine::reason() const {
    if (unsettled() == 0) return {};
    if (!has_server_) return "No server is set, so nothing is sent";
    if (!signed_in_) return "Waiting for you to sign in again";
    if (offline_chosen_) return "Working offline is switched on";
    if (sendable_ == 0) return why_held_back();
    if (phase_ != Phase::idle) return "Sending now";
    return obstacle_ == Obstacle::none ? "Waiting a moment for more edits" : obstacle_in_words();
}

std::string Engine::obstacle_in_words() const {
    switch (obstacle_) {
        case Obstacle::none: return {};
        case Obstacle::no_route: return "No connection";
        case Obstacle::server_away: return "The server does not answer: " + last_detail_;
        case Obstacle::login_page: return "A login page or another site answers in the server's place";
        case Obstacle::signed_out: return "Waiting for you to sign in again";
        case Obstacle::upgrade: return "The server wants a newer version of this program";
        case Obstacle::busy: return "The server is busy and asked us to wait";
        case Obstacle::local: return "This computer could not read or write its database: " + last_detail_;
        case Obstacle::protocol:
            return "The server answered with something unexpected: " + last_error_ + " " + last_detail_;
        case Obstacle::held_back:
            return edits(sendable_) +
                   " could go and the queue gives none out: a fault of this program, please report it";
    }
    return {};
}

/// Nothing can be sent, and yet there is something: each of it waits for a person, or for what does.
std::string Engine::why_held_back() const {
    std::string text;
    const auto add = [&text](std::int64_t number, const char* one, const char* many) {
        if (number == 0) return;
        text += (text.empty() ? "" : ", ") + edits(number) + (number == 1 ? one : many);
    };
    add(conflicts_, " needs your decision", " need your decision");
    add(errors_, " was refused: mend or discard it", " were refused: mend or discard them");
    add(parked_,
        errors_ + conflicts_ > 0 ? " waits for that"
                                 : " waits for the record that it belongs to: the server misses that",
        errors_ + conflicts_ > 0 ? " wait for that"
                                 : " wait for the records that they belong to: the server misses them");
    return text;
}

// ---- for the inspector

Standing Engine::standing() const {
    constexpr std::array<std::string_view, 8> kPhases{"idle",     "probing", "preparing", "pushing",
                                                      "settling", "pulling", "verifying", "renewing"};
    Standing now;
    now.phase = kPhases[static_cast<std::size_t>(phase_)];
    if (phase_ == Phase::idle) {
        now.due = due_;
    } else {
        now.since = round_began_at_;
        if (awaited_ != 0) now.asked_at = asked_at_;
        now.answer_by = heard_of_at_ + tuning_.answer_max_ms;
    }
    if (last_edit_at_ >= 0) now.edited_at = last_edit_at_;
    if (listening_ != 0) now.listening_since = listen_began_at_;
    if (listening_ == 0 && may_listen()) now.listen_not_before = listen_not_before_;
    now.obstacle = obstacle_;
    now.failures = failures_;
    now.retry_after_ms = retry_after_ms_;
    now.interval_ms = tuning_.interval_ms;
    now.batch_bytes = batch_bytes_.size();
    now.page_rows = page_rows_.size();
    now.rounds_unverified = rounds_unverified_;
    now.ear_faults = ear_faults_;
    now.trusted = trusted_;
    return now;
}

// ---- the watchdog

/// At the end of a round: whether the queue moves. A reason is told when it is new, and again after twice as many
/// rounds in vain.
void Engine::watch_queue(std::string outcome) {
    const bool moved = counts_.pushed + counts_.conflicts + counts_.failed > 0;
    const bool for_parents = sendable_ == 0 && parked_ > 0 && errors_ + conflicts_ == 0;  // nobody is asked about those
    if ((sendable_ == 0 && !for_parents) || moved || !may_sync()) {
        in_vain_ = 0;
        told_outcome_.clear();
        return;
    }
    if (for_parents && outcome.empty()) outcome = "MISSING_PARENT";
    if (!link_up_) return;
    ++in_vain_;
    const bool news = outcome != told_outcome_;
    if (in_vain_ < tuning_.stall_rounds || (!news && in_vain_ < tell_at_)) return;
    told_outcome_ = outcome;
    tell_at_ = 2 * in_vain_;
    out_.push_back(action::Stalled{reason(), outcome, in_vain_});
}

}  // namespace ct::sync
