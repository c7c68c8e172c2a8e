// The flight recorder: every event that the engine took and every action that it gave, on the disk, so that what went
// wrong in the field can be run again (sync/rerun.h, tools/replay). On by default ("flightRecorder" in config.json).
//
//   <data>/recording/00000001.rec …   segments of 4 MB, the newest 16; what is older goes
//
// What is in it is said in sync/recording.h: ids, versions, stamps, counts, codes, sentences of errors; no values of
// records. It never holds anything up: bytes go to the system with each step (so that they outlive a crash of this
// program, though not of the machine) and are never flushed to the disk; whatever fails switches it off for this run,
// with one line in the log. A step that was cut off by a crash is left out when it is read.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/append_file.h"
#include "base/clock.h"
#include "client/request_seen.h"
#include "sync/recording.h"

namespace ct::client {

struct RecorderOptions {
    std::int64_t segment_bytes = 4'000'000;  ///< a segment ends with the step that makes it longer than that
    int segments = 16;                       ///< kept: 64 MB in all
};

struct RecorderStatus {
    bool on = false;
    std::string why_off;             ///< when it is not: in words
    std::int64_t steps = 0;          ///< written in this run of the program
    std::int64_t requests = 0;       ///< written in this run
    std::int64_t dropped = 0;        ///< steps that were not written because it had failed
    std::int64_t bytes = 0;          ///< written in this run
    std::int64_t bytes_on_disk = 0;  ///< of all segments
    std::int64_t bytes_most = 0;     ///< of all segments: what is older goes
    int segments = 0;                ///< that there are
    std::string directory;
    std::string file;  ///< the segment that grows
};

/// The files of a recording, oldest first; none when there is no such directory.
[[nodiscard]] std::vector<std::string> recording_segments(const std::string& directory);

/// What there is on the disk, whoever wrote it.
struct Recorded {
    int segments = 0;
    std::int64_t bytes = 0;
    UnixMs last_at = 0;                    ///< of the newest entry; 0: there is none
    std::vector<sync::Exchange> requests;  ///< the newest, oldest first
};
/// Reads the newest segments, as many as it takes for so many requests, but no more than 3 (12 MB: a fifth of a
/// second). Beside whoever is writing.
[[nodiscard]] Recorded look_at_recording(const std::string& directory, std::size_t requests_most);

/// One thread; `status` from any.
class Recorder final : public sync::Witness {
  public:
    /// `program`: who records, "colortouch 1.2.3". An empty directory: it is switched off, by the user's wish.
    Recorder(std::string directory, std::string program, const Clock& clock, RecorderOptions options = {});
    ~Recorder() override;
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    void begins(const sync::Engine& engine, SteadyMs now) override;
    void takes(const sync::Event& event, SteadyMs now) override;
    void gives(const sync::Engine& engine, const std::vector<sync::Action>& actions,
               const std::vector<std::uint64_t>& drawn) override;
    /// What an exchange cost, for whoever looks at the times; `attempt` as RequestLog counts it. On the disk with the
    /// step that it leads to.
    void saw(const RequestSeen& seen);
    /// Something beside the engine that whoever reads has to know: "the link is simulated: …". One line.
    void note(std::string_view words);

    [[nodiscard]] RecorderStatus status() const;

  private:
    [[nodiscard]] Result<void> open_segment(std::int64_t number);
    [[nodiscard]] Result<void> open_last();
    void begin(const sync::Engine& engine, SteadyMs now, bool goes_on);
    void write(std::string_view entry);
    void switch_off(const std::string& why);

    const std::string directory_, program_;
    const Clock& clock_;
    const RecorderOptions options_;
    std::unique_ptr<AppendFile> file_;  // null: off
    std::int64_t number_ = 0;           // of the segment
    SteadyMs at_ = 0;                   // of the step
    std::string frame_;                 // what is being put together; keeps its room
    std::string seen_;                  // frames that go with the next one
    sync::StepWriter step_;

    mutable std::mutex mutex_;
    RecorderStatus status_;  // guarded by mutex_
};

}  // namespace ct::client
