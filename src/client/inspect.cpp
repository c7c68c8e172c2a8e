// What the inspector's snapshots come to in words.
#include "client/inspect.h"

#include <algorithm>
#include <bit>
#include <chrono>

#include "base/digest.h"
#include "base/local_time.h"
#include "client/event.h"
#include "sync/wire.h"

namespace ct::client::inspect {

namespace {

std::string seconds(std::int64_t ms) {
    if (ms < 1'000) return std::to_string(ms) + " ms";
    if (ms < 120'000) return std::to_string(ms / 1'000) + " s";
    return std::to_string(ms / 60'000) + " min";
}

std::string times(int count) { return std::to_string(count) + (count == 1 ? " attempt" : " attempts"); }

std::string obstacle_words(sync::Obstacle obstacle) {
    switch (obstacle) {
        case sync::Obstacle::none: return {};
        case sync::Obstacle::no_route: return "no route to the server";
        case sync::Obstacle::server_away: return "the network works, the server does not answer";
        case sync::Obstacle::login_page:
            return "something else answers in the server's place: a login page, most likely";
        case sync::Obstacle::signed_out: return "the server does not take the token any more";
        case sync::Obstacle::upgrade: return "the server wants a newer version of this program";
        case sync::Obstacle::busy: return "the server is busy";
        case sync::Obstacle::local: return "this computer's database could not be read or written";
        case sync::Obstacle::protocol: return "the server answered with something unexpected";
        case sync::Obstacle::held_back:
            return "the queue gives nothing out though something could go: a fault of this program";
    }
    return {};
}

void at_rest(const Look& look, const SyncView& view, Words& words) {
    const sync::Standing& engine = look.engine;
    if (engine.due) words.until = look.now + std::max<SteadyMs>(0, *engine.due - look.steady);
    if (engine.obstacle != sync::Obstacle::none || engine.failures > 0) {
        words.doing = "Waiting to try again";
        words.why = obstacle_words(engine.obstacle);
        if (!view.last_error_code.empty()) words.why += " (" + view.last_error_code + ")";
        words.why += ", " + times(engine.failures) + " in vain";
        if (engine.retry_after_ms >= 0) {
            words.why += "; the server asked for " + seconds(engine.retry_after_ms) + " of patience";
        } else if (!look.link_up) {
            words.why += "; tried at once when a link comes up";
        } else {
            words.why += "; the pause grows with each, up to 5 min";
        }
    } else if (engine.edited_at) {
        words.doing = "Waiting a moment for more edits";
        words.why = "typing comes in bursts: what was edited within 2 s goes together";
    } else {
        words.doing = "Waiting for the next round";
        words.why = "every " + seconds(engine.interval_ms) + " when nothing else asks for one";
        if (engine.listening_since) words.why += "; meanwhile it listens for others' edits";
    }
}

void at_work(const Look& look, Words& words) {
    constexpr std::pair<std::string_view, const char*> kDoing[] = {
        {"probing", "Asking whether the server is there"},
        {"preparing", "Taking a batch from the queue"},
        {"pushing", "Waiting for the verdict on a push"},
        {"settling", "Booking the server's verdicts"},
        {"pulling", "Fetching what is new"},
        {"verifying", "Comparing the mirror with the server"},
        {"renewing", "Taking a new identity, for the profile was copied or the server restored"}};
    for (const auto& [phase, doing] : kDoing) {
        if (phase == look.engine.phase) words.doing = doing;
    }
    if (look.engine.asked_at) {
        words.why = "asked " + seconds(std::max<SteadyMs>(0, look.steady - *look.engine.asked_at)) + " ago";
        for (const LaneLook& lane : look.lanes) {
            if (lane.under_way == "listen" || lane.under_way.empty()) continue;
            words.why = "a " + lane.under_way + " is under way for " + seconds(lane.for_ms);
            break;
        }
    }
    if (look.engine.answer_by) words.until = look.now + std::max<SteadyMs>(0, *look.engine.answer_by - look.steady);
}

std::string link_words(const Look& look) {
    std::string words = look.link_up ? "Up" : "Down";
    if (look.server_is_here) {
        words += ", for the server is on this computer";
    } else if (look.link_heard_at == 0) {
        words += ", assumed: the system has not said yet";
    } else {
        words += look.system_link ? ": the system told of an interface with an address at "
                                  : ": the system told that no interface has an address at ";
        words += format_local_time(look.link_heard_at);
    }
    if (look.answered_at > 0) {
        words += ". The server last answered " + seconds(std::max<UnixMs>(0, look.now - look.answered_at)) + " ago";
    } else {
        words += ". The server has not answered since the start";
    }
    return words;
}

}  // namespace

void Histogram::add(std::int64_t us) {
    us = std::max<std::int64_t>(us, 0);
    const auto bin = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(us / 1'000)));
    ++bins[std::min(bin, kBins - 1)];
    longest_us = std::max(longest_us, us);
    sum_us += us;
    ++count;
}

std::int64_t Histogram::edge_ms(std::size_t bin) { return bin + 1 < kBins ? std::int64_t{1} << bin : 0; }

std::uint64_t digest_of(const crm::Record& record) {
    std::string text = sync::encode_record(record);
    text += crm::name(record.sync_status);
    return checksum64(text);
}

Words words_of(const Look& look, const SyncView& view) {
    Words words;
    words.link = link_words(look);
    if (view.server_url.empty()) {
        words.doing = "Keeping everything on this laptop";
        words.why = "no server is set";
    } else if (view.indicator == Indicator::signed_out) {
        words.doing = "Waiting for a sign-in";
        words.why = "there is no token that the server takes; the queue stays";
    } else if (view.working_offline) {
        words.doing = "Waiting until offline work is switched off";
        words.why = "somebody chose to work offline";
    } else if (look.engine.phase == "idle") {
        at_rest(look, view, words);
    } else {
        at_work(look, words);
    }
    if (!view.removals_reason.empty()) words.why += ". " + view.removals_reason;
    return words;
}

std::int64_t steady_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace ct::client::inspect
