// How it stands, in one view for whoever shows it.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "client/replica.h"

namespace ct::client {

Indicator Replica::indicator() const {
    if (in_trouble_) return Indicator::local_trouble;
    if (store_.state().server_url.empty()) return Indicator::local_only;
    if (!signed_in()) return Indicator::signed_out;
    if (engine_.transferring()) return Indicator::syncing;
    if (engine_.offline_chosen() || !engine_.link_up()) return Indicator::offline;
    switch (engine_.obstacle()) {
        case sync::Obstacle::no_route: return Indicator::offline;
        case sync::Obstacle::login_page: return Indicator::login_page;
        case sync::Obstacle::signed_out: return Indicator::signed_out;
        case sync::Obstacle::local: return Indicator::local_trouble;
        case sync::Obstacle::upgrade: return Indicator::update_needed;
        case sync::Obstacle::server_away:
        case sync::Obstacle::busy:
        case sync::Obstacle::protocol: return Indicator::server_away;
        case sync::Obstacle::held_back:
        case sync::Obstacle::none: break;
    }
    const store::QueueSummary& queue = store_.queue();
    const store::UnsentFiles& files = store_.unsent_files();
    const bool somebody = queue.errors + queue.conflicts + files.failed > 0 || removals_.any();
    if (queue.sendable == 0 && somebody) return Indicator::needs_you;
    const bool all_sent = queue.operations == 0 && files.waiting() == 0;
    return all_sent && store_.state().last_sync_at > 0 ? Indicator::synced : Indicator::pending;
}

/// What the indicator does not say by itself.
std::string Replica::obstacle(Indicator indicator) const {
    const bool known = engine_.obstacle() == sync::Obstacle::server_away;  // "does not answer" is what is meant
    if (indicator == Indicator::server_away) return known ? std::string{} : engine_.obstacle_in_words();
    if (indicator != Indicator::local_trouble) return {};
    return in_trouble_ ? trouble_words_ : engine_.last_detail();
}

/// Why what waits is not settled: until this process has tried itself, by what became of the last attempt.
std::string Replica::reason() const {
    const bool would_go = store_.queue().sendable > 0 && signed_in() && !engine_.offline_chosen() && engine_.link_up();
    return would_go && !engine_.working() && !last_reason_.empty() ? last_reason_ : engine_.reason();
}

SyncView Replica::view() const {
    const store::SyncState& state = store_.state();
    SyncView view;
    view.indicator = indicator();
    view.obstacle = obstacle(view.indicator);
    view.queue = store_.queue();
    view.removals = removals_;
    view.removals_refused = removals_refused_;
    if (removals_.any())
        view.removals_reason = "A sync would remove " + in_words(removals_) + " here, and waits for your word";
    view.files = store_.unsent_files();
    if (view.files.waiting() > 0) view.files_wait = files_wait_;
    view.needs_you =
        view.queue.conflicts + view.queue.errors + view.files.failed + (removals_.any() && !removals_refused_ ? 1 : 0);
    view.sending_done = engine_.working() ? engine_.counts().pushed : 0;
    view.sending_total = engine_.working() ? engine_.counts().pushed + view.queue.sendable : 0;
    view.receiving_done = engine_.working() ? engine_.counts().pulled : 0;
    view.receiving_total = engine_.working() ? engine_.counts().pulled + engine_.pull_remaining() : 0;
    view.bytes_sent = round_bytes_sent_;
    view.bytes_received = round_bytes_received_;
    if (const auto due = engine_.next_round())
        view.next_try_at = clock_.now() + std::max<SteadyMs>(0, *due - clock_.steady());
    view.last_sync_at = state.last_sync_at;
    view.oldest_unsent_at = view.queue.oldest_unsettled_at;
    view.reason = reason();
    view.attempts_in_vain = engine_.rounds_in_vain();
    view.deferred_rows = engine_.deferred();
    view.listening = engine_.listening();
    view.last_error_code = engine_.last_error();
    view.working_offline = engine_.offline_chosen();
    view.server_url = state.server_url;
    view.user_id = state.user.id;
    view.user_name = state.user.name;
    view.user_email = state.user.email;
    view.user_role = state.user.role;
    view.workspace_name = state.workspace_name;
    view.device_id = state.device_id;
    view.epoch = state.epoch;
    view.cursor = state.cursor.value_or("");
    view.left_out = options_.left_out.places();
    view.catching_up = missing_parts();
    view.clock_offset_ms = state.clock_offset_ms;
    view.simulated_link = simulated_link_;
    return view;
}

void Replica::files_stand(std::string wait) {
    files_wait_ = std::move(wait);
    const bool waiting = store_.unsent_files().waiting() > 0;
    const bool shown = published_ && published_->files == store_.unsent_files() &&
                       published_->files_wait == (waiting ? files_wait_ : std::string{});
    if (!shown) publish();
}

void Replica::publish() {
    note_reopening();
    SyncView now = view();
    // A next try that moved by a few ms of measuring is the same next try.
    if (published_ && std::abs(published_->next_try_at - now.next_try_at) < 50)
        now.next_try_at = published_->next_try_at;
    if (published_ == now) return;
    published_ = now;
    ports_.emit(SyncChanged{std::move(now)});
}

}  // namespace ct::client
