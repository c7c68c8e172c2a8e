// What the flight recorder keeps of an engine: every event that it took, what chance gave it, and every action that
// came of it; each with the monotonic and the wall clock. Enough to run the same engine again (rerun.h), step by step.
// Pure: bytes in, bytes out; client/recorder.h puts them on the disk.
//
// The engine looks at the outside of what it carries: how many rows a page has, not what is in them. So that is what is
// kept: of an operation its id, kind, model, record, base, stamp, policy, group and the names of its fields; of a row
// of a page model, id, version and the number of its fields; of a verdict its code. No value of any record is in it,
// and no name, password or token. Sentences that are: what the transport says of a failure (with the server's address),
// `detail` of the server's problems, and messages of the local disk (with paths).
//
//   frame    "CTre", length of the payload (u32), checksum64 of it (u64), payload; numbers little-endian
//   payload  an entry: its kind (a byte), then its members as recording_members.h lists them
//
// What cannot be read is skipped up to the next frame that can. The layout's fingerprint is in every Begin: what
// another version of this program wrote is left out when read here, and exported (as JSON, which names everything) by
// its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/random.h"
#include "sync/engine.h"

namespace ct::sync {

/// Hears all that an engine is told and says; called by whoever drives it. `takes`, then `gives`, before any of the
/// actions is carried out.
class Witness {
  public:
    virtual ~Witness() = default;
    virtual void begins(const Engine& engine, SteadyMs now) = 0;  ///< as it is now, before its first event
    virtual void takes(const Event& event, SteadyMs now) = 0;
    virtual void gives(const Engine& engine, const std::vector<Action>& actions,
                       const std::vector<std::uint64_t>& drawn) = 0;
};

/// Passes chance on and notes it.
class NotedRandom final : public Random {
  public:
    explicit NotedRandom(Random& source) : source_(source) {}
    void fill(std::span<std::uint8_t> out) override;
    /// Since `forget`, in words of 8 bytes, the first byte lowest; the last word of a call may be filled up with zeros.
    [[nodiscard]] const std::vector<std::uint64_t>& drawn() const { return drawn_; }
    void forget() { drawn_.clear(); }

  private:
    Random& source_;
    std::vector<std::uint64_t> drawn_;
};

/// All that an engine remembers, for going on from there.
struct EngineImage {
    std::string bytes;
    bool operator==(const EngineImage&) const = default;
};
[[nodiscard]] EngineImage image_of(const Engine& engine);
/// False, and an engine to be thrown away, when the image is none of this version's.
[[nodiscard]] bool restore(Engine& engine, const EngineImage& image);

// ---- entries
struct Begin {
    SteadyMs at = 0;
    UnixMs wall = 0;
    std::string program;
    bool goes_on = false;  ///< the same engine as in the entries before; false: a program started
    EngineImage engine;
};
struct Step {
    SteadyMs at = 0;
    UnixMs wall = 0;
    Event event;
    std::vector<std::uint64_t> drawn;
    std::vector<Action> actions;
};
struct Note {
    UnixMs wall = 0;
    std::string words;
};
/// What an exchange with the server cost, beside the step that it led to. No body, no header, no token.
struct Exchange {
    UnixMs wall = 0;                                     ///< when it began
    std::string lane;                                    ///< which connection: "records", "news", "files"
    std::string what;                                    ///< "push"
    std::string path;                                    ///< "/api/sync/push"
    std::int64_t status = 0;                             ///< 0: no answer
    std::string failure;                                 ///< what went wrong on the way, or empty
    std::string detail;                                  ///< of that, one line
    std::int64_t attempt = 1;                            ///< 2: the one before it, of this kind, had failed …
    std::int64_t request_bytes = 0, response_bytes = 0;  ///< bodies before compression
    std::int64_t sent = 0, received = 0;                 ///< on the wire
    bool reused = false;                                 ///< over a connection that stood
    /// The parts of it as http::Traffic has them; -1: it did not happen.
    std::int64_t look_up_us = -1, connect_us = -1, tls_us = -1, send_us = -1, wait_us = -1, receive_us = -1;
    std::int64_t total_us = 0;

    [[nodiscard]] bool failed() const { return !failure.empty() || status >= 400; }
};
struct Gap {  ///< only when reading: what stood here cannot be read
    std::int64_t bytes = 0;
    bool other_version = false;
};
using Entry = std::variant<Begin, Step, Note, Gap, Exchange>;

[[nodiscard]] std::string begin_entry(const Engine& engine, SteadyMs at, UnixMs wall, std::string_view program,
                                      bool goes_on);
[[nodiscard]] std::string note_entry(UnixMs wall, std::string_view words);
[[nodiscard]] std::string exchange_entry(const Exchange& exchange);

/// Puts a step together while it happens. Keeps its room from one to the next.
class StepWriter {
  public:
    struct LongList {
        std::size_t begin = 0, length = 0, last = 0;  ///< in the entry: all of it, and where its last element begins
        const void* elements = nullptr;               ///< where they stood in memory
        std::size_t count = 0;
    };

    void takes(const Event& event, SteadyMs at, UnixMs wall);
    /// The entry; lives until the next step.
    [[nodiscard]] std::string_view gives(const std::vector<Action>& actions, const std::vector<std::uint64_t>& drawn);

  private:
    std::string bytes_;
    std::vector<LongList> lists_;  // of bytes_
};

/// Appends the entry in its frame.
void append_frame(std::string& out, std::string_view entry);
/// Every entry of a segment, in order. A frame that is torn at the end is no gap: a crash leaves one.
void read_recording(std::string_view segment, const std::function<void(Entry&&)>& visit);

// ---- as JSON, for the diagnostics file and for people
/// What becomes of a sentence that came from elsewhere (Problem::detail and the like).
using TextFilter = std::function<std::string(std::string_view)>;
/// {"step": {…}}; members at their defaults are left out.
[[nodiscard]] std::string to_json(const Entry& entry, const TextFilter& filter = {});
/// MALFORMED. Unknown members are ignored, absent ones are at their defaults.
[[nodiscard]] Result<Entry> entry_from_json(std::string_view text);
/// One line for people: {"Answered": {"request": 4, "reply": {"PullPage": {…, "rows": "500 of them"}}}}
[[nodiscard]] std::string short_text(const Event& event);
[[nodiscard]] std::string short_text(const Action& action);
[[nodiscard]] std::string short_text(const Engine& engine);

}  // namespace ct::sync
