// The lane of attachments: a state machine beside the engine of record sync, and always behind it. Events go in,
// actions come out; it knows no sockets, files, threads or clocks. Whoever drives it carries the actions out in order.
//
// One file at a time, in parts: a part that fails or, large, takes long is halved, one that goes well doubled. Nothing
// is remembered of a transfer but what the two ends hold: after a cut, a crash or a restart the server says (upload) or
// the disk says (download) how far it came, and it goes on at that byte.
//
//   idle --may run--> picking --item--> creating --offset--> sending … --last byte--> idle     (upload)
//                                  \--> fetching … --last byte--> verifying --intact--> idle   (download)
//                                  \--> removing --> idle                                      (removal)
//
// It runs only while record sync rests and its last round went well; a round that begins cancels the part under way.
// On a metered link, and on one that measured too slow, uploads wait, unless the user asked for them now (what is
// fetched somebody asked for; removals are tiny). A slow link is tried again with one small part every few minutes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/uuid.h"

namespace ct::sync {

struct LaneTuning {
    /// Four parts a second on a good link; half a minute on one that is just not called slow.
    std::size_t part_first = 256 * 1024;
    std::size_t part_min = 16 * 1024;
    /// A part up to this is held in memory, by us and, as it goes compressed, by the server; what is fetched is no
    /// more.
    std::size_t part_max = 1024 * 1024;
    /// Over a link that is neither slow nor metered more is sent at once, straight from the disk: a cut throws nothing
    /// away of it, and how far it came is told with every part.
    std::size_t sent_max = 8 * 1024 * 1024;
    /// A part that took longer is not doubled: the next round of record sync would cut it.
    std::int64_t grow_within_ms = 3'000;
    /// The same from part_max on.
    std::int64_t grow_large_within_ms = 1'000;
    /// Below this many bytes a second uploads wait (64 kbit/s: 1 MB takes two minutes). 0: they never do.
    std::int64_t slow_below = 8'000;
    /// How often a slow link is tried again.
    std::int64_t slow_retry_ms = 300'000;
    /// Exchanges smaller than this measure the delay and not the rate.
    std::int64_t sample_min = 8 * 1024;
    std::int64_t backoff_first_ms = 2'000;
    std::int64_t backoff_max_ms = 300'000;
    /// A file that arrives other than announced is sent or fetched anew so often, then it has failed.
    int restarts_max = 2;
};

enum class LaneTask : std::uint8_t { upload, download, remove };

struct LaneItem {
    Uuid id;
    LaneTask task = LaneTask::upload;
    std::int64_t size = 0;    ///< bytes of the whole file
    std::int64_t offset = 0;  ///< download: bytes that are on the disk
};

// ---- what came back for a request
struct LaneAccepted {
    std::int64_t offset = -1;  ///< bytes that the receiving end holds durably; -1: it did not say
};
struct LaneRefused {
    int status = 0;
    std::string code, detail;
    std::int64_t retry_after_s = -1;
};
struct LaneUnreached {
    std::string detail;
};
using LaneReply = std::variant<LaneAccepted, LaneRefused, LaneUnreached>;

namespace lane_event {

struct Work {};  ///< the list of transfers changed
struct Account {
    bool ready = false;  ///< signed in at a server, and not offline by choice
};
struct RecordSync {
    bool working = false;  ///< a round is under way
    bool reached = false;  ///< the last one went through
};
struct Link {
    bool metered = false;
};
struct Measured {  ///< any exchange with the server
    std::int64_t bytes = 0, ms = 0;
};
struct AskedNow {};  ///< by the user: all that waits, whatever the link
struct TimerFired {};
struct Picked {
    std::optional<LaneItem> item;  ///< nothing: nothing waits
};
struct Answered {
    std::uint64_t request = 0;
    LaneReply reply;
};
struct Verified {
    bool intact = false;  ///< false: what was fetched has been removed
};
struct LocalFailure {  ///< the disk, or a file that is gone: this transfer cannot go on by itself
    std::string code, message;
};

}  // namespace lane_event

using LaneEvent = std::variant<lane_event::Work, lane_event::Account, lane_event::RecordSync, lane_event::Link,
                               lane_event::Measured, lane_event::AskedNow, lane_event::TimerFired, lane_event::Picked,
                               lane_event::Answered, lane_event::Verified, lane_event::LocalFailure>;

namespace lane_action {

struct Pick {             ///< answer with Picked
    bool uploads = true;  ///< false: only removals and fetches, for the link is not one to send files over
};
struct Create {
    std::uint64_t request = 0;
    Uuid id;
};
struct Locate {
    std::uint64_t request = 0;
    Uuid id;
};
struct SendPart {
    std::uint64_t request = 0;
    Uuid id;
    std::int64_t offset = 0;
    std::size_t length = 0;
};
/// The driver writes what came to the disk before it answers with Accepted.
struct FetchPart {
    std::uint64_t request = 0;
    Uuid id;
    std::int64_t offset = 0;
    std::size_t length = 0;
};
struct Remove {
    std::uint64_t request = 0;
    Uuid id;
};
/// Everything was fetched: check it, and put it where files are. Answer with Verified.
struct Verify {
    Uuid id;
};
struct Progress {
    Uuid id;
    std::int64_t offset = 0;
};
struct Done {
    Uuid id;
    LaneTask task = LaneTask::upload;
};
struct Failed {
    Uuid id;
    LaneTask task = LaneTask::upload;
    std::string code, message;
};
struct CancelRequest {};

}  // namespace lane_action

using LaneAction = std::variant<lane_action::Pick, lane_action::Create, lane_action::Locate, lane_action::SendPart,
                                lane_action::FetchPart, lane_action::Remove, lane_action::Verify, lane_action::Progress,
                                lane_action::Done, lane_action::Failed, lane_action::CancelRequest>;

/// Why files wait, for whoever shows them.
enum class LaneWait : std::uint8_t { nothing, account, record_sync, metered, slow, trouble };

class AttachmentLane {
  public:
    AttachmentLane(LaneTuning tuning, Random& random) : tuning_(tuning), random_(random), part_(tuning.part_first) {}

    /// `now`: the monotonic clock.
    [[nodiscard]] std::vector<LaneAction> handle(LaneEvent event, SteadyMs now);

    /// When TimerFired is wanted; nothing: not before something else happens.
    [[nodiscard]] std::optional<SteadyMs> due() const;
    [[nodiscard]] bool working() const { return phase_ != Phase::idle; }
    [[nodiscard]] LaneWait waits_for() const;
    /// Bytes a second; -1: not measured yet.
    [[nodiscard]] std::int64_t rate() const { return rate_; }
    [[nodiscard]] std::size_t part() const { return part_; }
    [[nodiscard]] const std::string& last_error() const { return last_error_; }

  private:
    enum class Phase : std::uint8_t { idle, picking, creating, locating, sending, fetching, verifying, removing };

    void on(const lane_event::Work& event);
    void on(const lane_event::Account& event);
    void on(const lane_event::RecordSync& event);
    void on(const lane_event::Link& event);
    void on(const lane_event::Measured& event);
    void on(const lane_event::AskedNow& event);
    void on(const lane_event::TimerFired& event);
    void on(const lane_event::Picked& event);
    void on(const lane_event::Answered& event);
    void on(const lane_event::Verified& event);
    void on(const lane_event::LocalFailure& event);

    void on_accepted(const LaneAccepted& reply);
    void on_refused(const LaneRefused& reply);
    void look();  ///< picks, if it may
    void proceed(std::int64_t offset);
    void begin_again();
    void finish();
    void give_up(const std::string& code, const std::string& message);
    void stumble(const std::string& detail, std::int64_t retry_after_s);
    void yield_to_sync();
    [[nodiscard]] std::size_t part_now() const;
    void grow();
    void measured(std::int64_t bytes, std::int64_t ms);
    template <class Action>
    void ask(Phase phase, Action action);

    [[nodiscard]] bool slow() const { return tuning_.slow_below > 0 && rate_ >= 0 && rate_ < tuning_.slow_below; }
    [[nodiscard]] bool resting() const { return ready_ && !sync_working_ && sync_reached_; }
    [[nodiscard]] bool uploads() const { return asked_ || trial_ || (!metered_ && !slow()); }

    LaneTuning tuning_;
    Random& random_;

    // What we were told.
    bool ready_ = false, sync_working_ = false, sync_reached_ = false, metered_ = false;
    bool asked_ = false;     // until nothing is left
    bool something_ = true;  // may wait: nobody has looked yet
    std::int64_t rate_ = -1;

    // The transfer under way.
    Phase phase_ = Phase::idle;
    LaneItem item_;
    std::int64_t offset_ = 0;
    std::size_t length_ = 0;  // of the part under way
    std::uint64_t last_request_ = 0, awaited_ = 0;
    SteadyMs part_began_at_ = 0;

    // Across transfers.
    SteadyMs now_ = 0;
    std::size_t part_;
    bool trial_ = false;                  // one small part, to measure a slow link anew
    std::optional<SteadyMs> not_before_;  // after a failure
    std::optional<SteadyMs> trial_at_;    // of a slow link
    int failures_ = 0;                    // in a row
    Uuid restarted_;                      // the file that had to begin anew …
    int restarts_ = 0;                    // … and how often
    std::string last_error_;
    std::vector<LaneAction> out_;
};

}  // namespace ct::sync
