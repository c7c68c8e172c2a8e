// The engine's ear: a pull that waits at the server (long poll), so that others' edits arrive as they are made. It is
// no part of a round and holds none back: it has a lane of its own, ends when a round begins, and begins again when
// that went well. Where it does not work, or costs money, the rounds at their interval do alone.
#include <algorithm>
#include <utility>

#include "sync/engine.h"

namespace ct::sync {

bool Engine::may_listen() const {
    return phase_ == Phase::idle && listen_chosen_ && !metered_ && may_sync() && link_up_ && trusted_ &&
           failures_ == 0 && caught_up_ && !heard_being_applied_;
}

void Engine::tend_ear() {
    const bool lost = listening_ != 0 && now_ - listen_began_at_ > listen_wait_s_ * 1'000 + tuning_.answer_max_ms;
    if (listening_ != 0 && (lost || !may_listen())) {
        listening_ = 0;
        out_.push_back(action::StopListening{});
    }
    if (listening_ != 0 || !may_listen() || now_ < listen_not_before_) return;
    listening_ = ++last_request_;
    listen_began_at_ = now_;
    out_.push_back(action::Listen{listening_, listen_wait_s_, tuning_.pull_limit});
}

void Engine::on_heard(Reply&& reply) {
    listening_ = 0;
    const std::int64_t took = now_ - listen_began_at_;
    if (auto* page = std::get_if<PullPage>(&reply)) return on_heard_page(std::move(*page), took);
    if (std::holds_alternative<Unreachable>(reply)) return on_ear_cut(took);
    const auto* problem = std::get_if<Problem>(&reply);
    ear_failed();
    if (problem == nullptr) return;
    if (problem->retry_after_s > 0) {
        listen_not_before_ = std::max(listen_not_before_, now_ + problem->retry_after_s * 1'000);
    } else if (problem->status == 401 || problem->status == 409 || problem->status == 426) {
        due_ = now_;  // a round meets the same, and knows what to do
    }
}

void Engine::on_heard_page(PullPage&& page, std::int64_t took) {
    const bool news = !page.rows.empty() || page.has_more;
    // A server, or something before it, that does not know how to wait: that many requests are worse than polling.
    const bool at_once = !news && took < listen_wait_s_ * 1'000 / 2;
    if (at_once) {
        ear_failed();
    } else {
        ear_faults_ = 0;
        listen_not_before_ = news ? now_ + tuning_.listen_gap_ms : now_;
    }
    if (!news && page.from == page.cursor) return;
    heard_being_applied_ = true;
    heard_more_ = page.has_more;
    out_.push_back(action::ApplyPage{std::move(page), false});
}

void Engine::on_heard_applied(const event::PageDone& event) {
    heard_being_applied_ = false;
    if (event.held || event.lost) caught_up_ = false;  // a round meets the same, and says so; or pulls anew
    if (event.held && phase_ == Phase::idle && may_sync()) due_ = now_;
    if (phase_ != Phase::idle || !may_sync()) return;
    if (event.ignored || event.lost || heard_more_)
        due_ = now_;  // a round goes from where we really are, and to the end
    if (event.ignored || event.rows == 0) return;
    RoundCounts counts;
    counts.pulled = event.rows;
    counts.requests = 1;
    last_success_at_ = now_;
    out_.push_back(action::RoundFinished{counts, 0, "done", {}, false, {}});
}

/// Proxies and phone networks end what is silent for long: wait shorter next time. What breaks at once means that the
/// server is away; a round finds out.
void Engine::on_ear_cut(std::int64_t took) {
    const std::int64_t held_s = took / 1'000;
    ear_failed();
    if (held_s >= tuning_.listen_wait_min_s) {
        listen_wait_s_ = std::max(tuning_.listen_wait_min_s, std::min(listen_wait_s_, held_s * 2 / 3));
        return;
    }
    trusted_ = false;
    const SteadyMs soon = now_ + backoff_ms();
    if (ear_faults_ < tuning_.listen_faults_max && (!due_ || *due_ > soon)) due_ = soon;
}

void Engine::ear_failed() {
    if (++ear_faults_ < tuning_.listen_faults_max) {
        listen_not_before_ = now_ + backoff_ms();
        return;
    }
    ear_faults_ = tuning_.listen_faults_max - 1;  // after the rest a single one is enough
    listen_not_before_ = now_ + tuning_.listen_rest_ms +
                         static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(tuning_.listen_rest_ms)));
}

}  // namespace ct::sync
