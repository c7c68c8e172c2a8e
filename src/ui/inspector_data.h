// What the worker told the inspector since it was opened, kept for drawing. UI thread.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/inspect.h"
#include "client/state.h"
#include "ui/desk.h"
#include "ui/mirror_check.h"

namespace ct::ui {

/// One look in numbers, for the charts.
struct InspectorSample {
    std::int64_t at_ms = 0;  ///< of the monotonic clock
    std::int64_t queue = 0;
    std::int64_t sent = 0, received = 0;       ///< bytes since the sample before
    float to_worker_ms = 0, to_window_ms = 0;  ///< from push to pop
    float worker = 0, network = 0;             ///< busy, 0 to 1
};

struct LogLine {
    int level = 1;  ///< 0 debug, 1 info, 2 warning, 3 error
    std::string time, text;
};

class InspectorData {
  public:
    static constexpr std::size_t kSamples = 240;  ///< a minute at four looks a second
    static constexpr std::size_t kFrames = 240;
    static constexpr std::size_t kLogLines = 5'000;

    void begin();  ///< the inspector was opened
    void take(client::inspect::Answer&& answer);
    /// The next question of how things stand, when it is time for one.
    void ask(const Desk& desk);
    void drew(float ms);                               ///< a frame
    [[nodiscard]] std::int64_t unanswered_ms() const;  ///< the worker has owed an answer for so long

    std::shared_ptr<const client::inspect::Look> look;
    std::deque<std::shared_ptr<const client::RequestSeen>> requests;  ///< oldest first
    std::shared_ptr<const client::inspect::QueueListed> queue;
    std::vector<store::SyncHistoryRow> rounds;  ///< newest first
    std::shared_ptr<const client::inspect::RecordFound> record;
    std::shared_ptr<const client::inspect::ServerSaid> server;
    std::shared_ptr<const client::inspect::QueryDone> query;
    std::shared_ptr<const client::inspect::PageTried> tried;
    std::uint64_t trying = 0;  ///< number of the request whose answer is being tried on a copy; 0: none
    std::deque<LogLine> log;
    MirrorCheck mirror;
    std::deque<InspectorSample> samples;
    std::array<float, kFrames> frames{};  ///< ms, a ring
    std::size_t frames_drawn = 0;
    bool show_personal = false;

  private:
    void take_requests(client::inspect::Requests& news);
    void take_log(client::inspect::LogRead& read);
    void sample();

    std::size_t held_ = 0;  // bytes of bodies
    bool asked_ = false;    // a look is under way
    std::int64_t asked_at_us_ = 0;
    std::int64_t log_end_ = -1;
    bool log_asked_ = false;
    std::string queue_seen_, rounds_seen_;  // what was so when they were listed
    std::int64_t bytes_sent_ = 0, bytes_received_ = 0, looks_ = 0;
    std::int64_t queue_now_ = 0;
};

}  // namespace ct::ui
