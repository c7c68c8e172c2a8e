// The side journal: all unsent work once more, in a file of its own beside the database ("colortouch.queue"), so that a
// database that is damaged or gone takes no edit with it. Append-only; one frame for each transaction, flushed before
// (or, where nothing can be mistaken, together with) the transaction's commit: what was reported as saved is in both.
//
//   frame    "CTqj", format version (u32), length of the payload (u64), checksum of all that (u64), payload
//   payload  a JSON array of entries:
//            {"put": position, "row": {…}}      a row of the queue, new or in place of the one at that position
//            {"state": position, "is": "SENT", "sequence": 41}
//            {"gone": position}                 settled, discarded or joined with another
//            {"identity": {…}}                  what the client knows of itself; the first frame has it
//            {"attachment": {…}}, {"detached": id}
//
// Numbers are little-endian. A frame counts whole or not at all. What cannot be read is skipped up to the next frame
// that can: one bad sector does not take the rest with it. What to do where journal and database differ is decided in
// recovery.cpp. Private to this room.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/disk.h"
#include "base/result.h"
#include "store/attachment.h"
#include "store/queue_index.h"
#include "sync/operation.h"

namespace ct::store {

struct JournalContent {
    std::map<std::string, std::string> identity;  ///< as state_table.h has it; empty: never told
    std::map<Position, sync::QueuedOperation> queue;
    std::map<Uuid, Attachment> attachments;
    std::int64_t next_sequence = 0;  ///< after all that was ever marked as sent
    std::int64_t entries = 0;        ///< read in all: how much of the file is history
    std::int64_t damaged = 0;        ///< places that could not be read, but for a torn end
    std::int64_t end = 0;            ///< offset behind the last frame
};

/// Which operations a journal holds and how they stand, without what they say: a start with unsent work compares that
/// with the database, and reads the journal whole only where the two differ (recovery.cpp).
struct JournalGlance {
    struct Row {
        Uuid id;
        std::string stamp;
        std::optional<sync::QueueState> state;                             ///< there, in what a glance returns
        std::int64_t sequence = std::numeric_limits<std::int64_t>::min();  ///< that: never told
    };
    std::unordered_map<Position, Row> queue;
    JournalContent rest;  ///< everything else; its queue is empty
};
/// Nothing where something is not quite as this program writes it: then it has to be read whole.
[[nodiscard]] std::optional<JournalGlance> glance_at_journal(std::string_view bytes);

/// What the bytes of a journal say. JOURNAL_NEWER (kind newer): a later version of this program wrote it.
[[nodiscard]] Result<JournalContent> read_journal(std::string_view bytes);
[[nodiscard]] std::string journal_frame(std::string_view entries);  ///< entries: comma-separated

class Journal {
  public:
    /// An empty path: no journal (databases in memory).
    Journal(Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Nothing when there is no file. Reads and keeps it open, so that what follows is appended.
    [[nodiscard]] Result<std::optional<JournalContent>> open();
    /// Instead of `open`; nothing also where only `open` can tell.
    [[nodiscard]] Result<std::optional<JournalGlance>> glance();
    /// The journal anew, with this content and no history.
    [[nodiscard]] Result<void> rewrite(const JournalContent& content);
    [[nodiscard]] Result<void> set_aside(const std::string& to);

    // ---- one transaction
    void put(Position position, const sync::QueuedOperation& queued);
    void state(Position position, sync::QueueState state, std::int64_t sequence);
    void gone(Position position);
    void identity(const std::map<std::string, std::string>& values);
    void note(const Attachment& attachment);
    void note_gone(const Uuid& attachment);
    /// Nothing in this transaction would be misunderstood if the database had it and the journal not: the two may be
    /// flushed side by side.
    void only_adds() { side_by_side_ = true; }

    /// Appends what was noted and flushes it, or begins to. The database must not commit after an error.
    [[nodiscard]] Result<void> write();
    /// To be called when the database has committed: all is flushed when this returns well.
    [[nodiscard]] Result<void> committed();
    /// The transaction did not come about: it is as if nothing had been noted.
    void take_back();
    /// What the disk holds is in doubt, or most of it is history: to be written anew.
    [[nodiscard]] bool broken() const { return !path_.empty() && file_ == nullptr; }
    /// `live_bytes`: what is in the queue, as it goes into pushes.
    [[nodiscard]] bool mostly_history(std::int64_t live_bytes) const;
    /// While it is off, nothing is noted: for work that ends with `rewrite`.
    void switch_off(bool off) { off_ = off; }

  private:
    void keep_open(std::unique_ptr<DurableFile> file, const JournalContent& content);
    void add(std::string entry);
    void keep_attachments();
    [[nodiscard]] Result<void> end_flush();

    Disk& disk_;
    const std::string path_;
    std::unique_ptr<DurableFile> file_;  // null: none, or in doubt
    std::int64_t end_ = 0;
    std::set<Uuid> attachments_;  // that it holds
    bool off_ = false;

    std::string noted_;                                 // of this transaction
    std::optional<std::int64_t> frame_at_;              // written in this transaction
    std::optional<std::set<Uuid>> attachments_before_;  // as they were before this transaction
    bool side_by_side_ = false, flushing_ = false;
};

}  // namespace ct::store
