#include "client/recorder.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/part_file.h"

namespace ct::client {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".rec";

[[nodiscard]] std::string segment_name(std::int64_t number) {
    std::string digits = std::to_string(number);
    digits.insert(0, digits.size() < 8 ? 8 - digits.size() : 0, '0');
    return digits + std::string(kEnding);
}

[[nodiscard]] std::string segment_path(const std::string& directory, std::int64_t number) {
    return directory + "/" + segment_name(number);
}

/// Numbers of the segments that there are, rising.
[[nodiscard]] std::vector<std::int64_t> segment_numbers(const std::string& directory) {
    std::vector<std::int64_t> numbers;
    std::error_code problem;
    for (fs::directory_iterator at(directory, problem), end; !problem && at != end; at.increment(problem)) {
        const std::string name = at->path().filename().string();
        if (!name.ends_with(kEnding)) continue;
        std::int64_t number = 0;
        const char* const last = name.data() + name.size() - kEnding.size();
        if (std::from_chars(name.data(), last, number).ptr == last && number > 0) numbers.push_back(number);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

}  // namespace

std::vector<std::string> recording_segments(const std::string& directory) {
    std::vector<std::string> paths;
    for (const std::int64_t number : segment_numbers(directory)) paths.push_back(segment_path(directory, number));
    return paths;
}

Recorded look_at_recording(const std::string& directory, std::size_t requests_most) {
    constexpr std::size_t kSegmentsRead = 3;
    Recorded found;
    const std::vector<std::string> segments = recording_segments(directory);
    found.segments = static_cast<int>(segments.size());
    for (const std::string& segment : segments) found.bytes += file_size(segment).value_or(0);
    for (std::size_t back = 1; back <= std::min(segments.size(), kSegmentsRead); ++back) {
        std::vector<sync::Exchange> requests;
        const auto bytes = read_file(segments[segments.size() - back]);
        if (!bytes) continue;  // it went meanwhile
        sync::read_recording(*bytes, [&](sync::Entry&& entry) {
            if (const auto* step = std::get_if<sync::Step>(&entry)) found.last_at = std::max(found.last_at, step->wall);
            if (auto* exchange = std::get_if<sync::Exchange>(&entry)) requests.push_back(std::move(*exchange));
        });
        found.requests.insert(found.requests.begin(), requests.begin(), requests.end());
        if (found.requests.size() >= requests_most) break;
    }
    if (found.requests.size() > requests_most)
        found.requests.erase(found.requests.begin(), found.requests.end() - static_cast<std::ptrdiff_t>(requests_most));
    return found;
}

Recorder::Recorder(std::string directory, std::string program, const Clock& clock, RecorderOptions options)
    : directory_(std::move(directory)), program_(std::move(program)), clock_(clock), options_(options) {
    status_.directory = directory_;
    status_.bytes_most = options_.segment_bytes * options_.segments;
    if (directory_.empty()) {
        status_.why_off = "switched off in config.json (flightRecorder)";
    } else if (auto opened = open_last(); !opened) {
        switch_off(opened.error().message);
    }
}

Recorder::~Recorder() {
    if (file_ && !seen_.empty()) (void)file_->append(seen_);
}

/// Goes on in the newest segment.
Result<void> Recorder::open_last() {
    if (auto made = make_directories(directory_); !made) return made;
    const std::vector<std::int64_t> there = segment_numbers(directory_);
    return open_segment(there.empty() ? 1 : there.back());
}

/// The segments before the newest ones go.
Result<void> Recorder::open_segment(std::int64_t number) {
    file_.reset();
    auto opened = AppendFile::open(segment_path(directory_, number));
    if (!opened) return fail(opened.error());
    file_ = std::move(*opened);
    number_ = number;
    std::int64_t bytes = 0;
    int kept = 0;
    for (const std::int64_t old : segment_numbers(directory_)) {
        const std::string path = segment_path(directory_, old);
        if (old <= number - options_.segments) {
            if (auto removed = remove_file(path); !removed) return removed;
        } else {
            ++kept;
            bytes += file_size(path).value_or(0);
        }
    }
    const std::scoped_lock lock(mutex_);
    status_.on = true;
    status_.segments = kept;
    status_.file = segment_path(directory_, number);
    status_.bytes_on_disk = bytes;
    return {};
}

void Recorder::switch_off(const std::string& why) {
    file_.reset();
    {
        const std::scoped_lock lock(mutex_);
        status_.on = false;
        status_.why_off = why;
    }
    log::warn("the flight recorder is off until the next start: " + why);
}

void Recorder::begins(const sync::Engine& engine, SteadyMs now) { begin(engine, now, false); }

void Recorder::begin(const sync::Engine& engine, SteadyMs now, bool goes_on) {
    if (file_) write(sync::begin_entry(engine, now, clock_.now(), program_, goes_on));
}

void Recorder::takes(const sync::Event& event, SteadyMs now) {
    at_ = now;
    if (file_) step_.takes(event, now, clock_.now());
}

void Recorder::gives(const sync::Engine& engine, const std::vector<sync::Action>& actions,
                     const std::vector<std::uint64_t>& drawn) {
    if (!file_) {
        const std::scoped_lock lock(mutex_);
        if (!directory_.empty()) ++status_.dropped;
        return;
    }
    write(step_.gives(actions, drawn));
    if (!file_) return;
    {
        const std::scoped_lock lock(mutex_);
        ++status_.steps;
    }
    if (file_->size() < options_.segment_bytes) return;
    if (auto opened = open_segment(number_ + 1); !opened) return switch_off(opened.error().message);
    begin(engine, at_, true);
}

void Recorder::saw(const RequestSeen& seen) {
    if (!file_) return;
    const http::Traffic& traffic = seen.traffic;
    sync::Exchange exchange;
    exchange.wall = seen.began_at;
    exchange.lane = name(seen.lane);
    exchange.what = seen.what;
    exchange.path = seen.path;
    exchange.status = seen.status;
    exchange.failure = seen.failure;
    exchange.detail = seen.detail;
    exchange.attempt = seen.attempt;
    exchange.request_bytes = seen.request_bytes;
    exchange.response_bytes = seen.response_bytes;
    exchange.sent = traffic.bytes_sent;
    exchange.received = traffic.bytes_received;
    exchange.reused = traffic.reused;
    exchange.look_up_us = traffic.look_up_us;
    exchange.connect_us = traffic.connect_us;
    exchange.tls_us = traffic.tls_us;
    exchange.send_us = traffic.send_us;
    exchange.wait_us = traffic.wait_us;
    exchange.receive_us = traffic.receive_us;
    exchange.total_us = traffic.total_us;
    sync::append_frame(seen_, sync::exchange_entry(exchange));
    const std::scoped_lock lock(mutex_);
    ++status_.requests;
}

void Recorder::note(std::string_view words) {
    if (file_) write(sync::note_entry(clock_.now(), words));
}

void Recorder::write(std::string_view entry) {
    frame_.assign(seen_);
    seen_.clear();
    sync::append_frame(frame_, entry);
    if (auto written = file_->append(frame_); !written) return switch_off(written.error().message);
    const std::scoped_lock lock(mutex_);
    status_.bytes += static_cast<std::int64_t>(frame_.size());
    status_.bytes_on_disk += static_cast<std::int64_t>(frame_.size());
}

RecorderStatus Recorder::status() const {
    const std::scoped_lock lock(mutex_);
    return status_;
}

}  // namespace ct::client
