#include "sync/attachment_lane.h"

#include <algorithm>
#include <utility>

namespace ct::sync {

namespace {

constexpr int kContentMismatch = 460;  // tus, "Checksum"

/// Weight of the newest measurement against all before it.
constexpr std::int64_t kNewest = 1, kOf = 3;

}  // namespace

std::vector<LaneAction> AttachmentLane::handle(LaneEvent event, SteadyMs now) {
    now_ = now;
    out_.clear();
    std::visit([this](const auto& specific) { on(specific); }, event);
    return std::move(out_);
}

std::optional<SteadyMs> AttachmentLane::due() const {
    if (phase_ != Phase::idle || !something_ || !resting()) return std::nullopt;
    if (not_before_) return not_before_;
    return uploads() || metered_ ? std::nullopt : trial_at_;
}

LaneWait AttachmentLane::waits_for() const {
    if (!something_ || working()) return LaneWait::nothing;
    if (!ready_) return LaneWait::account;
    if (!resting()) return LaneWait::record_sync;
    if (not_before_) return LaneWait::trouble;
    if (metered_ && !asked_) return LaneWait::metered;
    return slow() && !asked_ ? LaneWait::slow : LaneWait::nothing;
}

// ---- what we are told

void AttachmentLane::on(const lane_event::Work&) {
    something_ = true;
    look();
}

void AttachmentLane::on(const lane_event::Account& event) {
    ready_ = event.ready;
    if (!ready_) yield_to_sync();
    if (ready_) not_before_.reset();
    look();
}

void AttachmentLane::on(const lane_event::RecordSync& event) {
    sync_working_ = event.working;
    sync_reached_ = event.reached;
    if (!resting()) yield_to_sync();
    look();
}

void AttachmentLane::on(const lane_event::Link& event) {
    metered_ = event.metered;
    if (!metered_) {  // another link, perhaps a better one
        rate_ = -1;
        trial_at_.reset();
    }
    look();
}

void AttachmentLane::on(const lane_event::Measured& event) {
    measured(event.bytes, event.ms);
    look();
}

void AttachmentLane::on(const lane_event::AskedNow&) {
    asked_ = true;
    something_ = true;
    not_before_.reset();
    look();
}

void AttachmentLane::on(const lane_event::TimerFired&) {
    if (not_before_ && now_ >= *not_before_) not_before_.reset();
    if (!not_before_ && !uploads() && !metered_ && trial_at_ && now_ >= *trial_at_) {
        trial_ = true;
        part_ = tuning_.part_min;
    }
    look();
}

void AttachmentLane::measured(std::int64_t bytes, std::int64_t ms) {
    if (bytes < tuning_.sample_min) return;
    const std::int64_t now = bytes * 1'000 / std::max<std::int64_t>(1, ms);
    const bool was_slow = slow();
    // A link that was slow is another one now when it carries a part well: what was before does not count.
    rate_ = rate_ < 0 || was_slow ? now : (rate_ * (kOf - kNewest) + now * kNewest) / kOf;
    if (slow() && (!was_slow || trial_)) trial_at_ = now_ + tuning_.slow_retry_ms;
    if (!slow()) trial_at_.reset();
}

// ---- one transfer

void AttachmentLane::look() {
    if (phase_ != Phase::idle || !something_ || !resting() || not_before_) return;
    phase_ = Phase::picking;
    out_.emplace_back(lane_action::Pick{uploads()});
}

template <class Action>
void AttachmentLane::ask(Phase phase, Action action) {
    phase_ = phase;
    action.request = awaited_ = ++last_request_;
    action.id = item_.id;
    part_began_at_ = now_;
    out_.emplace_back(std::move(action));
}

void AttachmentLane::on(const lane_event::Picked& event) {
    if (phase_ != Phase::picking) return;
    phase_ = Phase::idle;
    if (!event.item) {
        if (uploads()) something_ = asked_ = trial_ = false;  // else some may still wait for a better link
        return;
    }
    if (!resting()) return;
    item_ = *event.item;
    offset_ = item_.offset;
    if (restarted_ != item_.id) {
        restarted_ = item_.id;
        restarts_ = 0;
    }
    begin_again();
}

void AttachmentLane::begin_again() {
    switch (item_.task) {
        case LaneTask::upload: return ask(Phase::creating, lane_action::Create{});
        case LaneTask::remove: return ask(Phase::removing, lane_action::Remove{});
        case LaneTask::download: return proceed(offset_);
    }
}

/// The receiving end holds `offset` bytes: what comes next.
void AttachmentLane::proceed(std::int64_t offset) {
    offset_ = std::clamp<std::int64_t>(offset, 0, item_.size);
    if (offset_ == item_.size) {
        if (item_.task == LaneTask::upload) return finish();
        phase_ = Phase::verifying;
        out_.emplace_back(lane_action::Verify{item_.id});
        return;
    }
    if (item_.task == LaneTask::upload && !uploads()) {  // the link turned slow, or metered
        phase_ = Phase::idle;
        return look();
    }
    const auto most = static_cast<std::int64_t>(part_now());
    length_ = static_cast<std::size_t>(std::min(most, item_.size - offset_));
    if (item_.task == LaneTask::upload) {
        ask(Phase::sending, lane_action::SendPart{0, {}, offset_, length_});
    } else {
        ask(Phase::fetching, lane_action::FetchPart{0, {}, offset_, length_});
    }
}

void AttachmentLane::finish() {
    phase_ = Phase::idle;
    failures_ = 0;
    last_error_.clear();
    out_.emplace_back(lane_action::Done{item_.id, item_.task});
    look();
}

void AttachmentLane::give_up(const std::string& code, const std::string& message) {
    phase_ = Phase::idle;
    awaited_ = 0;
    last_error_ = code;
    out_.emplace_back(lane_action::Failed{item_.id, item_.task, code, message});
    look();
}

/// It did not go through, and nobody is at fault: later, with a smaller part.
void AttachmentLane::stumble(const std::string& detail, std::int64_t retry_after_s) {
    phase_ = Phase::idle;
    trial_ = false;
    last_error_ = detail;
    part_ = std::max(tuning_.part_min, part_ / 2);
    const std::int64_t most = std::min(tuning_.backoff_max_ms, tuning_.backoff_first_ms << std::min(failures_, 16));
    ++failures_;
    const auto wait = most / 2 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(most / 2 + 1)));
    not_before_ = now_ + std::max(wait, retry_after_s * 1'000);
}

void AttachmentLane::yield_to_sync() {
    if (phase_ == Phase::idle || phase_ == Phase::picking || phase_ == Phase::verifying) return;
    phase_ = Phase::idle;
    awaited_ = 0;
    trial_ = false;
    out_.emplace_back(lane_action::CancelRequest{});
}

std::size_t AttachmentLane::part_now() const {
    const bool large = item_.task == LaneTask::upload && !metered_ && !slow();
    return large ? part_ : std::min(part_, tuning_.part_max);
}

void AttachmentLane::grow() {
    failures_ = 0;
    const std::int64_t took = now_ - part_began_at_;
    const bool large = part_ >= tuning_.part_max;
    const std::int64_t within = large ? tuning_.grow_large_within_ms : tuning_.grow_within_ms;
    if (length_ == part_ && took <= within && !trial_) {
        part_ = std::min(item_.task == LaneTask::upload ? tuning_.sent_max : tuning_.part_max, part_ * 2);
    } else if (part_ > tuning_.part_max && took > tuning_.grow_within_ms) {
        part_ = std::max(tuning_.part_max, part_ / 2);
    }
    measured(static_cast<std::int64_t>(length_), took);
    trial_ = false;
}

// ---- answers

void AttachmentLane::on(const lane_event::Answered& event) {
    if (event.request != awaited_ || awaited_ == 0) return;  // of a part that was cancelled
    awaited_ = 0;
    if (const auto* accepted = std::get_if<LaneAccepted>(&event.reply)) return on_accepted(*accepted);
    if (const auto* refused = std::get_if<LaneRefused>(&event.reply)) return on_refused(*refused);
    stumble(std::get<LaneUnreached>(event.reply).detail, -1);
}

void AttachmentLane::on_accepted(const LaneAccepted& reply) {
    if (phase_ == Phase::removing) return finish();
    if (reply.offset < 0 && phase_ == Phase::creating) return ask(Phase::locating, lane_action::Locate{});
    if (reply.offset < 0) return stumble("the server did not say how far it came", -1);
    if (phase_ == Phase::sending || phase_ == Phase::fetching) {
        if (reply.offset <= offset_) return stumble("a part was taken and nothing of it is there", -1);
        grow();
    }
    if (reply.offset > 0 && reply.offset != offset_) {
        out_.emplace_back(lane_action::Progress{item_.id, std::min(reply.offset, item_.size)});
    }
    proceed(reply.offset);
}

void AttachmentLane::on_refused(const LaneRefused& reply) {
    const bool gone = reply.status == 404 || reply.status == 410;
    if (reply.status == 401) {  // record sync sees to that
        phase_ = Phase::idle;
        ready_ = false;
        return;
    }
    if (gone && item_.task == LaneTask::remove) return finish();
    const bool busy = reply.status == 429 || reply.status == 408 || (reply.status >= 500 && reply.status != 501);
    if (busy) return stumble(reply.detail, reply.retry_after_s);
    if (phase_ == Phase::sending) {
        if (reply.status == 409) return ask(Phase::locating, lane_action::Locate{});
        if (reply.status == 413 && part_ > tuning_.part_min) return stumble(reply.detail, -1);
        if (reply.status == kContentMismatch && reply.code != "CONTENT_MISMATCH") return stumble(reply.detail, -1);
    }
    const bool from_the_start =
        (phase_ != Phase::creating && item_.task == LaneTask::upload && (gone || reply.status == kContentMismatch)) ||
        (phase_ == Phase::fetching && reply.status == 416);
    if (from_the_start && restarts_ < tuning_.restarts_max) {
        ++restarts_;
        offset_ = 0;
        return begin_again();
    }
    give_up(reply.code.empty() ? "STATUS_" + std::to_string(reply.status) : reply.code, reply.detail);
}

void AttachmentLane::on(const lane_event::Verified& event) {
    if (phase_ != Phase::verifying) return;
    if (event.intact) return finish();
    phase_ = Phase::idle;
    if (restarts_ >= tuning_.restarts_max) {
        return give_up("CONTENT_MISMATCH", "what the server sends is not the file that was attached");
    }
    ++restarts_;
    offset_ = 0;
    if (resting()) return begin_again();
    look();
}

void AttachmentLane::on(const lane_event::LocalFailure& event) {
    if (phase_ == Phase::idle || phase_ == Phase::picking) {  // not even the list can be read
        phase_ = Phase::idle;
        return stumble(event.message, -1);
    }
    give_up(event.code, event.message);
}

}  // namespace ct::sync
