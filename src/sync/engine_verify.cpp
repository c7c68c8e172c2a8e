// Verify: behind every so many rounds the mirror is compared with what the server has, and what differs is fetched
// again. Level by level, so that a mirror that is right costs next to nothing: all of a model in one sum; where that
// differs, 256 buckets; where those differ, their records by id and version; then those records that differ.
#include <utility>

#include "sync/engine.h"

namespace ct::sync {

namespace {

/// All in one; buckets; records; and once more each, when records moved meanwhile.
constexpr int kVerifyStepsMax = 6;

}  // namespace

/// What would take too much away waits for a person; what is to be sent goes meanwhile.
void Engine::hold_pull() {
    if (!pull_held_ || asked_for_ || now_ >= pull_held_until_) pull_held_until_ = now_ + tuning_.interval_ms;
    pull_held_ = true;
    caught_up_ = false;
    finish(Obstacle::none, std::string(kMassDelete),
           "it would remove so many records here that it waits for your word");
}

void Engine::on(const event::RemovalsDecided& event) {
    if (!event.allowed) return;  // kept as it is; asked again by and by
    pull_held_ = false;
    on(event::SyncAsked{});
}

void Engine::end_of_pull() {
    pull_held_ = false;
    ++rounds_unverified_;
    const bool often = tuning_.verify_every_rounds > 0 && rounds_unverified_ >= tuning_.verify_every_rounds;
    const bool due = often && !spares();  // what differs is fetched again, and that may be much
    if (!verify_asked_ && !due) return finish(Obstacle::none, "done", {});
    phase_ = Phase::verifying;
    verify_ = VerifyCounts{};
    VerifyRequest question;
    question.buckets = 1;
    ask_mirror(std::move(question), verify_asked_);
}

void Engine::ask_mirror(VerifyRequest question, bool thorough) {
    if (++verify_steps_ > kVerifyStepsMax) return end_verify(false);
    out_.push_back(action::SendVerify{new_request(), std::move(question), thorough});
}

void Engine::on_verify_answer(VerifyAnswer&& answer) {
    comparing_ = true;
    out_.push_back(action::CompareMirror{std::move(answer)});
}

void Engine::on(event::Compared& event) {
    if (phase_ != Phase::verifying || !comparing_) return;
    comparing_ = false;
    if (!event.usable) return end_verify(false);
    if (verify_steps_ == 1) verify_->compared = event.compared;
    verify_->differing += event.differing;
    if (event.next) return ask_mirror(std::move(*event.next), false);
    if (event.fetch.empty() || !repair_) return end_verify(true);
    out_.push_back(action::SendRepair{new_request(), std::move(event.fetch)});
}

void Engine::on_repair(PullPage&& page) {
    comparing_ = true;
    out_.push_back(action::ApplyRepair{std::move(page)});
}

/// The round itself went well, whatever this came to. What differed is looked at again soon: one pass heals a part.
void Engine::end_verify(bool complete) {
    verify_->complete = complete;
    rounds_unverified_ = complete && verify_->differing == 0 ? 0 : tuning_.verify_every_rounds / 2;
    finish(Obstacle::none, "done", {});
}

/// An older server may not know how, and a busy one may want us to pull first: that is no failure of the round.
bool Engine::verify_refused(const Problem& problem) {
    if (phase_ != Phase::verifying) return false;
    if (problem.status != 404 && problem.status != 413 && problem.code != "PULL_FIRST") return false;
    end_verify(false);
    return true;
}

}  // namespace ct::sync
