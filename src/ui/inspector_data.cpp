#include "ui/inspector_data.h"

#include <algorithm>

#include "base/log.h"
#include "client/request_log.h"

namespace ct::ui {
namespace {

using namespace client;

constexpr std::int64_t kLookEvery_us = 250'000;
constexpr std::int64_t kLogEveryLooks = 4;

float ms(std::int64_t us) { return static_cast<float>(std::max<std::int64_t>(us, 0)) / 1'000.0F; }

float part_of(std::int64_t busy, std::int64_t of) {
    return of <= 0 ? 0.0F : std::clamp(static_cast<float>(busy) / static_cast<float>(of), 0.0F, 1.0F);
}

LogLine line_of(std::string_view line) {
    const auto read = log::read_line(line);
    if (!read || read->time.size() < 23) return {1, {}, std::string(line)};
    const std::string time = std::string(read->time.substr(0, 10)) + " " + std::string(read->time.substr(11, 12));
    return {static_cast<int>(read->level), time, read->text};
}

/// What must have changed for the queue to be worth listing again.
std::string sign_of(const store::QueueSummary& queue, std::int64_t sent) {
    return std::to_string(queue.operations) + "/" + std::to_string(queue.in_flight) + "/" +
           std::to_string(queue.parked) + "/" + std::to_string(queue.errors) + "/" + std::to_string(queue.conflicts) +
           "/" + std::to_string(queue.bytes) + "/" + std::to_string(queue.oldest_created_at) + "/" +
           std::to_string(sent);
}

}  // namespace

void InspectorData::begin() {
    const bool personal = false;  // shown on purpose only, and not for ever
    *this = InspectorData();
    show_personal = personal;
}

void InspectorData::ask(const Desk& desk) {
    const std::int64_t now = inspect::steady_us();
    if (asked_ || now - asked_at_us_ < kLookEvery_us) return;
    asked_ = true;
    asked_at_us_ = now;
    queue_now_ = desk.state.sync().queue.operations;
    desk.post(inspect::LookNow{now});
    const SyncView& view = desk.state.sync();
    std::string sign = sign_of(view.queue, look ? look->next_sequence : 0);
    if (sign != queue_seen_) {
        queue_seen_ = std::move(sign);
        desk.post(inspect::ListQueue{});
    }
    std::string ended = std::to_string(view.last_sync_at) + view.last_error_code + std::to_string(view.next_try_at);
    if (ended != rounds_seen_) {
        rounds_seen_ = std::move(ended);
        desk.post(inspect::ListRounds{});
    }
    if (looks_ % kLogEveryLooks == 0 && !log_asked_) {
        log_asked_ = true;
        desk.post(inspect::ReadLog{log_end_});
    }
}

std::int64_t InspectorData::unanswered_ms() const { return asked_ ? (inspect::steady_us() - asked_at_us_) / 1'000 : 0; }

void InspectorData::drew(float frame_ms) { frames[frames_drawn++ % kFrames] = frame_ms; }

void InspectorData::take(inspect::Answer&& answer) {
    if (auto* now = std::get_if<std::shared_ptr<const inspect::Look>>(&answer)) {
        look = std::move(*now);
        asked_ = false;
        ++looks_;
        sample();
    } else if (auto* news = std::get_if<inspect::Requests>(&answer)) {
        take_requests(*news);
    } else if (auto* listed = std::get_if<std::shared_ptr<const inspect::QueueListed>>(&answer)) {
        queue = std::move(*listed);
    } else if (auto* listed_rounds = std::get_if<inspect::RoundsListed>(&answer)) {
        rounds = std::move(listed_rounds->rows);
    } else if (auto* found = std::get_if<std::shared_ptr<const inspect::RecordFound>>(&answer)) {
        record = std::move(*found);
    } else if (auto* said = std::get_if<std::shared_ptr<const inspect::ServerSaid>>(&answer)) {
        server = std::move(*said);
    } else if (auto* done = std::get_if<std::shared_ptr<const inspect::QueryDone>>(&answer)) {
        query = std::move(*done);
    } else if (auto* read = std::get_if<inspect::LogRead>(&answer)) {
        take_log(*read);
    } else if (auto* part = std::get_if<inspect::MirrorPart>(&answer)) {
        mirror.take(std::move(*part));
    } else if (auto* again = std::get_if<inspect::DigestsRead>(&answer)) {
        mirror.take(std::move(*again));
    } else if (auto* tried_page = std::get_if<std::shared_ptr<const inspect::PageTried>>(&answer)) {
        tried = std::move(*tried_page);
        trying = 0;
    }
}

void InspectorData::take_requests(inspect::Requests& news) {
    for (auto& seen : news.seen) {
        held_ += seen->held();
        requests.push_back(std::move(seen));
    }
    trim(requests, held_);
}

void InspectorData::take_log(inspect::LogRead& read) {
    log_asked_ = false;
    if (read.from != log_end_) log.clear();
    log_end_ = read.to;
    std::string_view rest = read.text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        log.push_back(line_of(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    while (log.size() > kLogLines) log.pop_front();
}

void InspectorData::sample() {
    InspectorSample now;
    now.at_ms = look->steady;
    now.queue = queue_now_;
    std::int64_t sent = 0, received = 0, busy = 0;
    for (const inspect::LaneLook& lane : look->lanes) {
        sent += lane.bytes_sent;
        received += lane.bytes_received;
    }
    for (const Lane lane : {Lane::records, Lane::files}) busy += look->lanes[static_cast<std::size_t>(lane)].busy_us;
    now.sent = samples.empty() ? 0 : sent - bytes_sent_;
    now.received = samples.empty() ? 0 : received - bytes_received_;
    bytes_sent_ = sent;
    bytes_received_ = received;
    now.to_worker_ms = ms(look->popped_us - look->sent_us);
    now.to_window_ms = ms(inspect::steady_us() - look->pushed_us);
    now.worker = part_of(look->worker_busy_us, look->since_last_us);
    now.network = part_of(busy, look->since_last_us);
    samples.push_back(now);
    if (samples.size() > kSamples) samples.pop_front();
}

}  // namespace ct::ui
