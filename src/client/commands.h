// Every user edit is a command that can be undone, used by the window, the CLI and tests alike. UI thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/uuid.h"
#include "client/event.h"
#include "client/state.h"

namespace ct::client {

/// Turns edits into Commit commands: shows them in State at once (sync status PENDING), posts them, takes them back
/// when they could not be saved, and keeps the undo and redo stacks (200 steps).
class Editor {
  public:
    using Post = std::function<void(Command)>;
    Editor(State& state, const Clock& clock, Random& random, Post post);

    /// Validates and applies; the record's id. Errors are those of crm::validate; nothing is changed then.
    [[nodiscard]] Result<Uuid> add(crm::Model model, crm::Changes changes);
    [[nodiscard]] Result<void> set(crm::Model model, const Uuid& id, crm::Changes changes);
    [[nodiscard]] Result<void> remove(crm::Model model, const Uuid& id);
    /// Several edits as one group and one undo step, each of another record. `label` names it for people
    /// ("Delete 12 leads").
    [[nodiscard]] Result<void> apply(std::vector<Edit> edits, std::string label);

    /// The same for as many records as there are, one undo step still, but saved and sent in groups of kAtOnce edits:
    /// no frame waits for a million. Up to that many are done at once.
    struct Many {
        std::vector<Uuid> records;
        std::function<Result<std::optional<Edit>>(const Uuid&)> edit;  ///< nothing: this one needs none
        std::function<std::string(std::size_t edits)> label;
        /// At the end: how many there were, or why it went no further; those before it stand.
        std::function<void(const Result<std::size_t>&)> done;
    };
    static constexpr std::size_t kAtOnce = 2'000;
    void apply_each(Many many);
    /// To be called with every frame: the next part. True: there is more.
    bool go_on();
    /// All that is left, now: before the end of the program, and before another step is taken.
    void finish();

    /// What was done elsewhere (an import, by the worker) becomes an undo step: `turn` takes it back, called again it
    /// does it once more.
    void note(std::string label, std::function<void()> turn);

    /// What the worker did that comes to these edits (a conflict that was decided) becomes an undo step.
    void note(std::string label, std::vector<Edit> forward, std::vector<Edit> backward);

    [[nodiscard]] bool can_undo() const { return !undo_.empty(); }
    [[nodiscard]] bool can_redo() const { return !redo_.empty(); }
    [[nodiscard]] const std::string& undo_label() const;
    [[nodiscard]] const std::string& redo_label() const;
    /// Does nothing when there is no step. NO_SUCH_RECORD when the record went away meanwhile (the step is dropped).
    Result<void> undo();
    Result<void> redo();

    /// To be called with every event before State::apply: where the event tells of records that have edits not yet
    /// saved, it puts those edits on top, so that what a person typed never flickers away. Returns the label of an edit
    /// that failed to save, if one did; it is taken back then.
    std::optional<std::string> observe(Event& event);
    [[nodiscard]] std::size_t saving() const { return in_flight_.size(); }  ///< saves not yet reported done
    [[nodiscard]] std::size_t records_saving() const { return unsaved_.size(); }
    [[nodiscard]] bool saving(const Uuid& record) const { return unsaved_.contains(record); }

  private:
    enum class Carried : std::uint8_t { first, undone, redone };
    struct Part {
        std::uint64_t ticket = 0;  ///< 0: nothing was to be saved
        std::size_t edits = 0;
    };
    struct Step {
        std::string label;
        std::vector<Edit> forward, backward;
        std::vector<Part> parts{};          ///< of a long one: what was carried out last, in the order of its edits
        Carried carried = Carried::first;   ///< what that was
        std::uint64_t id = 0, rest_of = 0;  ///< `rest_of`: the step whose parts could not be saved; 0: of its own
        std::uint64_t first_ticket = 0;     ///< of the save that the user made
        std::uint64_t ticket = 0;           ///< of the save that carried it out last, undo and redo included
        std::function<void()> turn{};       ///< of what was done elsewhere; then there are no edits
    };
    struct InFlight {
        UnixMs at = 0;
        std::vector<Edit> edits;
    };
    struct OnTop {
        std::uint64_t ticket = 0;
        UnixMs at = 0;
        const Edit* edit = nullptr;  ///< in in_flight_
    };
    /// A record with edits in flight: what is shown is `stored` with the edits on top (rule 1 on a small scale).
    struct Unsaved {
        std::optional<crm::Record> stored;  ///< as the store last told; nothing: not there
        std::vector<OnTop> edits;           ///< in the order of their tickets
    };

    std::uint64_t run(std::vector<Edit> edits);  ///< shows and posts them; the ticket
    void end(std::uint64_t ticket, bool saved);
    void put_edits_on_top(store::Visible& visible);
    [[nodiscard]] static std::optional<crm::Record> shown(const Unsaved& unsaved);
    [[nodiscard]] std::optional<std::string> take_back(std::uint64_t ticket);
    [[nodiscard]] std::optional<std::string> take_back_part(std::uint64_t ticket);
    [[nodiscard]] static std::optional<Step> split_off(Step& step, std::uint64_t ticket, bool mirrored);
    static void put_back(std::deque<Step>& stack, Step rest);
    [[nodiscard]] Step* find_step(std::uint64_t id);
    void let_go(Step&& step);
    void run_part();
    void run_new_part();
    void run_old_part();
    [[nodiscard]] Result<void> add_edit_of(const Uuid& record, std::vector<Edit>& part);
    void end_long(const Result<std::size_t>& done);
    void keep(Step step);
    void renew_creations(const std::vector<Edit>& edits, std::vector<Edit>& opposite) const;
    Result<void> step(std::deque<Step>& from, std::deque<Step>& to, std::vector<Edit> Step::*direction);
    [[nodiscard]] Result<Edit> inverse(const Edit& edit) const;

    State& state_;
    const Clock& clock_;
    UuidGenerator ids_;
    Post post_;
    std::uint64_t next_ticket_ = 1, next_step_ = 1;
    std::deque<Step> undo_, redo_;
    struct Long {
        Many many;                                     // of a new step
        std::uint64_t of = 0;                          // else the old one that is carried out once more: its id
        std::vector<Edit> Step::*direction = nullptr;  // and which of its edits
        std::size_t next = 0;                          // of the records, or of the edits
        Step step;  // a new one so far, its edits backward in the order of those forward; an old one, if let go
    };
    std::optional<Long> long_;
    std::unordered_map<std::uint64_t, InFlight> in_flight_;  // by ticket
    std::unordered_map<Uuid, Unsaved> unsaved_;              // exactly the records that in_flight_ names
};

}  // namespace ct::client
