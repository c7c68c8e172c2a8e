// The client's sync engine: a state machine. Events go in, actions come out; it knows no sockets, files, threads or
// clocks. Whoever drives it carries the actions out in order and reports back by events.
//
// Level-triggered: it does not count edits, it looks at what the queue holds. Whenever something is unsent, we are
// signed in and not offline by choice, a next attempt is scheduled (`due()` is set) or under way: see `invariant()`.
//
//   idle --due/asked--> probing --ok--> preparing --batch--> pushing --verdicts--> settling --+
//     ^                                  |  ^                                                 |
//     |                                  |  +-------------------------------------------------+
//     +------ finish <---- pulling <-----+ (nothing left to send)
//
// A probe goes first only when the last attempt failed or the link changed: otherwise a round is a push and a pull.
// While a page is applied the next one is already on its way. What was left out and is wanted again is pulled behind
// what everybody gets (engine_parts.cpp).
//
// Between rounds it may listen (long poll, engine_listen.cpp); what it says of itself, and the watchdog over the queue,
// is in engine_reason.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sync/mirror.h"
#include "sync/pace.h"
#include "sync/reply.h"
#include "sync/tuning.h"

namespace ct::sync {

/// What a round counts, for its row of history.
struct RoundCounts {
    std::int64_t pushed = 0, merged = 0, superseded = 0, conflicts = 0, failed = 0, pulled = 0, requests = 0;
};

namespace event {

/// The queue as it stands: after every commit, settle, retry or discard.
struct QueueChanged {
    std::int64_t sendable = 0;                           ///< operations that could go now
    bool edited = false;                                 ///< the user just made an edit
    std::int64_t parked = 0, errors = 0, conflicts = 0;  ///< that wait for others, and that wait for a person
};
struct Account {  ///< at the start and after sign-in, sign-out, a change of server
    bool has_server = false;
    bool signed_in = false;
    bool pull_first = false;  ///< it is another incarnation, and has not told all that it has yet
};
struct LinkChanged {
    bool up = true;
};
struct OfflineChosen {
    bool on = false;
};
/// By the user: at once, whatever was scheduled.
struct SyncAsked {
    bool push = true, pull = true;
    bool verify = false;  ///< compare the whole mirror with the server behind it, every row read
    bool repair = true;   ///< and fetch again what differs
};
struct Nudged {};  ///< window focus: at once, unless a round ended moments ago
struct IntervalChanged {
    std::int64_t interval_ms = 300'000;
};
struct ListenChosen {  ///< others' edits are wanted as they are made
    bool on = false;
};
struct Metered {  ///< the user pays by the byte: no listening, longer intervals, old records only when asked for
    bool on = false;
};
struct TimerFired {};
struct BatchReady {
    std::int64_t sequence = 0;
    std::vector<Operation> operations;
    std::size_t bytes = 0;  ///< in a push body, about; 0: as many as were asked for
};
struct Answered {
    std::uint64_t request = 0;
    Reply reply;
};
struct Settled {
    std::int64_t applied = 0, merged = 0, superseded = 0, conflicts = 0, rejected = 0;
};
struct PageDone {
    std::int64_t rows = 0;
    bool ignored = false;
    bool held = false;           ///< it would take too much away: nothing was done, somebody has to be asked
    bool parts_missing = false;  ///< something was left out and is wanted again (selection.h)
    bool lost = false;           ///< a record was lost here: the pull begins anew, and what was on its way is no use
};
/// Whether a pull may take away as much as it would.
struct RemovalsDecided {
    bool allowed = false;
};
struct Compared {
    bool usable = false;  ///< false: the answer is of another moment than the mirror
    std::int64_t compared = 0, differing = 0;
    std::optional<VerifyRequest> next{};
    IdsByModel fetch{};
};
struct IdentityRenewed {
    std::string device_id;
    std::string epoch;
};  ///< RenewDevice, NumberFrom or RestartPull was carried out
struct LocalFailure {
    std::string message;
};  ///< the store could not carry out an action

}  // namespace event

using Event = std::variant<event::QueueChanged, event::Account, event::LinkChanged, event::OfflineChosen,
                           event::SyncAsked, event::Nudged, event::IntervalChanged, event::ListenChosen, event::Metered,
                           event::TimerFired, event::BatchReady, event::Answered, event::Settled, event::PageDone,
                           event::RemovalsDecided, event::Compared, event::IdentityRenewed, event::LocalFailure>;

namespace action {

struct SendProbe {
    std::uint64_t request = 0;
};
/// The store takes a batch; answer with BatchReady.
struct PrepareBatch {
    std::size_t bytes_max = 0, operations_max = 0;
};
struct SendPush {
    std::uint64_t request = 0;
    std::int64_t sequence = 0;
    std::vector<Operation> operations;
};
/// The verdicts of a whole batch; answer with Settled.
struct Settle {
    PushAnswer answer;
};
/// `cursor` unset: from the one that the store holds, and whatever was on its way before counts no more. `catch_up`:
/// only of what is missing (selection.h), by the cursor of that.
struct SendPull {
    std::uint64_t request = 0;
    std::optional<std::string> cursor;
    std::int64_t limit = 0;
    bool catch_up = false;
};
/// Answer with PageDone.
struct ApplyPage {
    PullPage page;
    bool catch_up = false;
};
/// The replica adds the cursor and the models. `thorough`: read every row first, not the sums alone.
struct SendVerify {
    std::uint64_t request = 0;
    VerifyRequest question;
    bool thorough = false;
};
/// Answer with Compared.
struct CompareMirror {
    VerifyAnswer answer;
};
/// These records as they are now.
struct SendRepair {
    std::uint64_t request = 0;
    IdsByModel records;
};
/// Answer with PageDone.
struct ApplyRepair {
    PullPage page;
};
struct CancelRequests {};
/// A pull that waits at the server, from the store's cursor, over a lane of its own; answer with Answered.
struct Listen {
    std::uint64_t request = 0;
    std::int64_t wait_s = 0;
    std::int64_t limit = 0;
};
struct StopListening {};  ///< its answer does not count any more
/// The queue has not moved for some rounds, though the link is up: for the log.
struct Stalled {
    std::string reason, outcome;
    int rounds = 0;
};
/// Take a new device id, send everything again (DEVICE_FORKED). Answer with IdentityRenewed.
struct RenewDevice {};
/// The server knows of fewer operations than this device has numbered (SEQUENCE_GAP: it was restored, or took some in
/// no size): number on from there and send again what was under way, as the same device. Pull from the start, where
/// nothing is left out for being this device's own: another laptop by the same name may have come first. Answer with
/// IdentityRenewed.
struct NumberFrom {
    std::int64_t sequence = 0;
};
/// The server is another incarnation, or our cursor is too old: pull from the start, keep all unsent work.
/// Answer with IdentityRenewed.
struct RestartPull {
    bool other_epoch = false;  ///< false: the server is the one that it was, and lacks nothing
    std::string epoch;         ///< of the other one; empty: adopted from its next answer
    bool catch_up = false;     ///< only the catch-up: the main pull goes on where it stands
};
/// The token is not taken any more: forget it; the queue stays.
struct DropToken {};
struct RoundFinished {
    RoundCounts counts;
    std::int64_t duration_ms = 0;
    std::string outcome, detail;
    bool asked_for = false;
    std::optional<VerifyCounts> verify;  ///< when the mirror was compared
};

}  // namespace action

using Action =
    std::variant<action::SendProbe, action::PrepareBatch, action::SendPush, action::Settle, action::SendPull,
                 action::ApplyPage, action::SendVerify, action::CompareMirror, action::SendRepair, action::ApplyRepair,
                 action::CancelRequests, action::Listen, action::StopListening, action::Stalled, action::RenewDevice,
                 action::NumberFrom, action::RestartPull, action::DropToken, action::RoundFinished>;

/// Why the last attempt did not go through; what the indicator distinguishes.
enum class Obstacle : std::uint8_t {
    none,
    no_route,
    server_away,
    login_page,
    signed_out,
    upgrade,
    busy,
    local,
    protocol,
    held_back,  ///< the store gives nothing out though something could go
};

/// Outcome of a round whose pull would remove so much that a person is asked first.
inline constexpr std::string_view kMassDelete = "MASS_DELETE";

/// How the engine stands, for the inspector. Times are of the monotonic clock; nothing: does not apply.
struct Standing {
    std::string_view phase = "idle";    ///< idle, probing, preparing, pushing, settling, pulling, verifying, renewing
    std::optional<SteadyMs> due;        ///< idle: when the next round begins by itself
    std::optional<SteadyMs> since;      ///< at work: when the round began
    std::optional<SteadyMs> asked_at;   ///< … when the request under way was sent
    std::optional<SteadyMs> answer_by;  ///< … when an answer that has not come is given up
    std::optional<SteadyMs> edited_at;  ///< the last edit since the last round began
    std::optional<SteadyMs> listening_since, listen_not_before;
    Obstacle obstacle = Obstacle::none;
    int failures = 0;                  ///< in a row
    std::int64_t retry_after_ms = -1;  ///< as the server asked; -1: it did not
    std::int64_t interval_ms = 0;
    std::size_t batch_bytes = 0, page_rows = 0;  ///< of the next push and pull
    int rounds_unverified = 0;                   ///< since the mirror was last compared with the server
    int ear_faults = 0;                          ///< in a row
    bool trusted = false;                        ///< the next round goes without a probe
};

class Engine {
  public:
    Engine(Tuning tuning, Random& random)
        : tuning_(tuning),
          random_(random),
          listen_wait_s_(tuning.listen_wait_s),
          pace_(tuning.exchange_max_ms),
          batch_bytes_(tuning.batch_bytes_first, tuning.batch_bytes_max),
          page_rows_(static_cast<std::size_t>(tuning.pull_first_limit), static_cast<std::size_t>(tuning.pull_limit)) {}

    /// `now`: the monotonic clock. Actions are to be carried out in order.
    [[nodiscard]] std::vector<Action> handle(Event event, SteadyMs now);

    /// When TimerFired is wanted; nothing: never, until something else happens.
    [[nodiscard]] std::optional<SteadyMs> due() const;
    /// When the next round begins by itself; nothing: one is under way, or none is scheduled.
    [[nodiscard]] std::optional<SteadyMs> next_round() const { return phase_ == Phase::idle ? due_ : std::nullopt; }

    // ---- for the indicator, the inspector and the tests
    [[nodiscard]] bool working() const { return phase_ != Phase::idle; }
    [[nodiscard]] bool transferring() const { return phase_ == Phase::pushing || phase_ == Phase::pulling; }
    [[nodiscard]] Obstacle obstacle() const { return obstacle_; }
    [[nodiscard]] const std::string& last_error() const { return last_error_; }  ///< code of the last failed attempt
    [[nodiscard]] const std::string& last_detail() const { return last_detail_; }
    [[nodiscard]] bool pull_held() const { return pull_held_; }
    [[nodiscard]] bool link_up() const { return link_up_; }
    [[nodiscard]] bool offline_chosen() const { return offline_chosen_; }
    [[nodiscard]] const RoundCounts& counts() const { return counts_; }
    [[nodiscard]] std::int64_t pull_remaining() const { return pull_remaining_; }
    [[nodiscard]] bool listening() const { return listening_ != 0; }
    [[nodiscard]] bool metered() const { return metered_; }
    /// Rows that a metered link leaves at the server until the user asks; 0: none.
    [[nodiscard]] std::int64_t deferred() const { return deferred_; }
    /// Rounds in a row that sent nothing although something waits and the link is up.
    [[nodiscard]] int rounds_in_vain() const { return in_vain_; }
    /// What is unsent goes only after somebody has done something: signed in, switched offline work off, decided,
    /// upgraded …
    [[nodiscard]] bool needs_person() const;
    /// In words: what it waits for, and why; never empty while anything in the queue is not settled.
    [[nodiscard]] std::string reason() const;
    [[nodiscard]] std::string obstacle_in_words() const;  ///< empty: the last attempt went through
    [[nodiscard]] Standing standing() const;
    /// The promise above; false is a bug (checked after every event by tests and the simulator).
    [[nodiscard]] bool invariant() const;

  private:
    template <class>
    friend struct Members;  // recording_members.h: a new member of this class has to be listed there
    enum class Phase : std::uint8_t { idle, probing, preparing, pushing, settling, pulling, verifying, renewing };
    using Actions = std::vector<Action>;

    void on(const event::QueueChanged& event);
    void on(const event::Account& event);
    void on(const event::LinkChanged& event);
    void on(const event::OfflineChosen& event);
    void on(const event::SyncAsked& event);
    void on(const event::Nudged& event);
    void on(const event::IntervalChanged& event);
    void on(const event::ListenChosen& event);
    void on(const event::Metered& event);
    void on(const event::TimerFired& event);
    void on(event::BatchReady& event);
    void on(event::Answered& event);
    void on(const event::Settled& event);
    void on(const event::PageDone& event);
    void on(const event::RemovalsDecided& event);
    void on(event::Compared& event);
    void hold_pull();
    void on(const event::IdentityRenewed& event);
    void on(const event::LocalFailure& event);

    void on_health(const Health& health);
    void on_push_answer(PushAnswer&& answer);
    void on_page(PullPage&& page);
    void begin_catch_up();
    void pull_anew();
    void on_part_page(PullPage&& page);
    // ---- verify (engine_verify.cpp)
    void end_of_pull();
    void ask_mirror(VerifyRequest question, bool thorough);
    void on_verify_answer(VerifyAnswer&& answer);
    void on_repair(PullPage&& page);
    void end_verify(bool complete);
    [[nodiscard]] bool verify_refused(const Problem& problem);
    void on_problem(const Problem& problem);
    void give_up_sent(const Problem& problem);
    void send_less(const Problem& problem);
    void on_unreachable(const Unreachable& unreachable);
    [[nodiscard]] bool go_on_after_break();
    void went_through(Portion& portion, std::size_t amount);

    [[nodiscard]] bool may_listen() const;
    void tend_ear();
    void on_heard(Reply&& reply);
    void on_heard_page(PullPage&& page, std::int64_t took);
    void on_heard_applied(const event::PageDone& event);
    void on_ear_cut(std::int64_t took);
    void ear_failed();

    [[nodiscard]] std::int64_t unsettled() const { return sendable_ + parked_ + errors_ + conflicts_; }
    [[nodiscard]] std::string why_held_back() const;
    void watch_queue(std::string outcome);

    [[nodiscard]] bool spares() const { return metered_ && !asked_for_; }  ///< the heavy part waits
    [[nodiscard]] bool may_sync() const { return has_server_ && signed_in_ && !offline_chosen_; }
    void start_round();
    void begin_exchange();
    void begin_push();
    void begin_pull();
    void send_pull(std::optional<std::string> cursor);
    void finish(Obstacle obstacle, std::string outcome, std::string detail);
    void schedule(bool succeeded);
    [[nodiscard]] std::int64_t backoff_ms();
    [[nodiscard]] std::uint64_t new_request();

    Tuning tuning_;
    Random& random_;

    // What we were told.
    bool has_server_ = false, signed_in_ = false, link_up_ = true, offline_chosen_ = false;
    bool listen_chosen_ = false, metered_ = false;
    std::int64_t sendable_ = 0, parked_ = 0, errors_ = 0, conflicts_ = 0;
    SteadyMs first_edit_at_ = -1;  // oldest edit since the last round began; -1: none
    SteadyMs last_edit_at_ = -1;

    // The round under way.
    Phase phase_ = Phase::idle;
    SteadyMs now_ = 0;
    SteadyMs heard_of_at_ = 0;  // the last sign of life from whoever carries the actions out
    SteadyMs round_began_at_ = 0;
    std::uint64_t last_request_ = 0;           // ids given so far
    std::uint64_t awaited_ = 0;                // the request whose answer counts; 0: none
    std::int64_t sent_sequence_ = 0;           // of the batch under way
    std::vector<Uuid> sent_ids_;               // its operations, for checking the answer
    std::size_t sent_bytes_ = 0;               // of it, about
    SteadyMs asked_at_ = 0;                    // when the request under way was sent
    std::optional<std::string> asked_cursor_;  // of the pull under way
    int breaks_in_a_row_ = 0;                  // exchanges cut off without one that went through
    std::int64_t held_back_ = 0;               // of sendable_: the store did not give them out
    bool page_being_applied_ = false;
    bool pull_complete_ = false;
    bool catching_up_ = false;  // the pull is one of what was left out
    bool parts_wait_ = false;   // it is put off: one pays by the byte
    bool asked_for_ = false;    // by the user
    bool again_ = false;        // asked for while a round was under way
    bool want_push_ = true, want_pull_ = true;
    bool verify_asked_ = false, repair_ = true;  // by the user
    bool pull_held_ = false;                     // until somebody says whether it may take so much away
    SteadyMs pull_held_until_ = 0;               // not looked at again before, unless the user asks
    bool comparing_ = false;                     // the store is at work for a verify
    int verify_steps_ = 0;                       // questions in this round
    std::optional<VerifyCounts> verify_;
    int pull_first_ = 0;  // exchanges that pull before they push: what the server lost is to be offered back first
    int restarts_ = 0;    // identity changes in this round: more than a few is a fault of the server
    std::int64_t pull_remaining_ = 0;
    std::int64_t deferred_ = 0;
    RoundCounts counts_;

    // The ear.
    std::uint64_t listening_ = 0;  // the request that waits; 0: none
    SteadyMs listen_began_at_ = 0, listen_not_before_ = 0;
    std::int64_t listen_wait_s_;
    int ear_faults_ = 0;      // in a row
    bool caught_up_ = false;  // the last pull came to its end: what is new is a change, not the rest of it
    bool heard_being_applied_ = false, heard_more_ = false;

    // The watchdog.
    int in_vain_ = 0, tell_at_ = 0;
    std::string told_outcome_;

    // Across rounds.
    std::optional<SteadyMs> due_;
    bool trusted_ = false;              // the last exchange succeeded: no probe needed
    int failures_ = 0;                  // in a row
    std::int64_t retry_after_ms_ = -1;  // as the server asked; -1: it did not
    Pace pace_;
    Portion batch_bytes_, page_rows_;
    SteadyMs last_success_at_ = -1;
    int rounds_unverified_ = 0;  // since the mirror was last compared
    Obstacle obstacle_ = Obstacle::none;
    std::string last_error_, last_detail_;
    Actions out_;
};

}  // namespace ct::sync
