// The replica's sense of time: stamps of edits, what the server's clock says, and clocks that jump.
#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "client/replica.h"

namespace ct::client {

namespace {

/// So many edits between two words of the server are remembered with their time: some megabytes.
constexpr std::size_t kMadeMax = 50'000;

}  // namespace

std::string Replica::next_stamp() {
    note_jump();
    std::string stamp = stamps_.next(time_.now());
    if (made_at_.size() < kMadeMax) made_at_.emplace(stamp, clock_.steady());
    return stamp;
}

void Replica::observe_store() { stamps_.observe(store_.state().stamp_ms, store_.state().stamp_counter); }

/// The wall clock went another way than the monotonic one: the offset to it is another now. It is kept, so that the
/// next start of the program does not believe the wall clock again.
void Replica::note_jump() {
    const std::int64_t offset = time_.offset_ms();
    const std::int64_t jumped = store_.state().clock_offset_ms - offset;
    if (std::abs(jumped) < kClockJumpMs) return;
    log::warn("the clock of this computer was moved by " + std::to_string(jumped / 1'000) +
              " s; edits go on as before");
    store::SyncState state = store_.state();
    state.clock_offset_ms = offset;
    if (auto saved = store_.save_state(state); !saved) local_trouble(saved.error());
}

void Replica::link_simulated(std::string words) {
    if (words == simulated_link_) return;
    log::warn(words.empty() ? std::string("the link is as it is again") : "the link is simulated: " + words);
    simulated_link_ = std::move(words);
    note_jump();  // the clock may be another one now
    publish();
}

void Replica::learn_time(UnixMs server_now, std::int64_t doubt_ms) {
    const std::int64_t behind = time_.learn(server_now, doubt_ms);
    if (behind != 0) {
        store::SyncState state = store_.state();
        state.clock_offset_ms = time_.offset_ms();
        if (auto saved = store_.save_state(state); !saved) local_trouble(saved.error());
    }
    const bool wrong = std::abs(behind) > sync::kStampAheadMaxMs;
    const bool ahead = stamps_.last_ms() > server_now + sync::kStampAheadMaxMs;
    if (wrong || ahead) correct_stamps();
    made_at_.clear();
}

/// The clock was wrong by more than the server lets pass. What was never sent gets the stamp of when it was made:
/// exactly where this program made it, and otherwise at least not one of the future, which would win over what others
/// do until then. Of what is older nothing better is known than its own stamp.
void Replica::correct_stamps() {
    const UnixMs now = time_.now();
    const SteadyMs steady = clock_.steady();
    sync::HybridClock again(store_.state().device_id, 0, 0);
    const auto stamp_of = [&](const std::string& stamp) {
        const auto made = made_at_.find(stamp);
        const UnixMs at = made == made_at_.end() ? std::min(sync::stamp_ms(stamp), now) : now - (steady - made->second);
        return again.next(at);
    };
    const UnixMs latest = now + sync::kStampAheadMaxMs;  // what the server lets pass, of whoever
    const auto reading = [&] {
        again.observe(stamps_.last_ms() <= latest ? stamps_.last_ms() : now, stamps_.last_counter());
        return std::pair(again.last_ms(), again.last_counter());
    };
    log::warn("the clock of this computer was wrong; unsent edits get the times at which they were made");
    auto visible = store_.restamp(stamp_of, reading, latest);
    if (!visible) return local_trouble(visible.error());
    stamps_ = sync::HybridClock(store_.state().device_id, store_.state().stamp_ms, store_.state().stamp_counter);
    show(std::move(*visible));
}

}  // namespace ct::client
