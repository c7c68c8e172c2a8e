// What the inspector asks and is told: questions travel to the worker and answers come back through the channel, like
// any command and event. Nothing is posted that was not asked for, so that a closed inspector costs nothing; and what
// reads more than memory is read on a thread of its own (client/examiner.h), so that looking holds nothing up.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/folder.h"
#include "base/result.h"
#include "client/recorder.h"
#include "client/request_seen.h"
#include "store/reader.h"
#include "sync/engine.h"

namespace ct::client {

struct SyncView;

namespace inspect {

// ---- questions
/// Opened: bodies are kept, and times are taken, until it is closed.
struct Open {
    bool on = false;
};
/// Answered with a Look. `sent_us`: of the monotonic clock, handed back with the answer.
struct LookNow {
    std::int64_t sent_us = 0;
};
struct ListQueue {};
struct ListRounds {};
struct FindRecord {
    crm::Model model = crm::Model::lead;
    Uuid id;
};
/// The record as the server has it now, over a connection of its own.
struct AskServer {
    crm::Model model = crm::Model::lead;
    Uuid id;
};
struct RunQuery {
    std::string sql;
};
/// The log file from there on; -1: its end.
struct ReadLog {
    std::int64_t from = -1;
};
/// All records, as digests of what the database holds, in MirrorParts.
struct ReadMirror {
    std::int64_t ticket = 0;  ///< comes back with each part
};
/// The digests of these alone, as the database has them now.
struct ReadDigests {
    std::vector<std::pair<crm::Model, Uuid>> records;
};
/// What that pull's answer would change here: found out on a copy of the database (client/rehearsal.h).
struct TryPage {
    std::shared_ptr<const RequestSeen> seen;
};
/// These are told again as the database has them (RecordsChanged).
struct ShowAgain {
    std::vector<std::pair<crm::Model, Uuid>> records;
};
/// What is in that folder: for the user who looks for a file, not for the inspector; but a matter for the same thread.
struct ListFolder {
    std::string folder;
};
using Question = std::variant<Open, LookNow, ListQueue, ListRounds, FindRecord, AskServer, RunQuery, ReadLog,
                              ReadMirror, ReadDigests, TryPage, ShowAgain, ListFolder>;

// ---- answers
/// How often something took how long: under 1 ms, under 2, 4, 8 … and the last for all longer ones.
struct Histogram {
    static constexpr std::size_t kBins = 13;
    std::array<std::uint32_t, kBins> bins{};
    std::int64_t longest_us = 0, sum_us = 0;
    std::uint32_t count = 0;

    void add(std::int64_t us);
    /// Upper edge of a bin, in ms; the last has none (0).
    [[nodiscard]] static std::int64_t edge_ms(std::size_t bin);
};

struct Ring {
    std::size_t depth = 0, high_water = 0, waiting = 0;  ///< waiting: what found no room
};
struct LaneLook {
    std::int64_t busy_us = 0;   ///< since the last Look
    std::string under_way;      ///< "pull"; empty: idle
    std::int64_t for_ms = 0;    ///< it has been under way
    std::int64_t requests = 0;  ///< since the program's start
    std::int64_t bytes_sent = 0, bytes_received = 0;
};

/// How everything stands at one moment.
struct Look {
    // the way of this answer
    std::int64_t sent_us = 0;    ///< the question was pushed
    std::int64_t popped_us = 0;  ///< … and taken by the worker
    std::int64_t pushed_us = 0;  ///< the answer was pushed

    UnixMs now = 0;
    SteadyMs steady = 0;
    sync::Standing engine;
    bool link_up = true;             ///< as the engine was told
    bool system_link = true;         ///< as the system says
    bool server_is_here = false;     ///< on this computer: reached whatever the links do
    UnixMs link_heard_at = 0;        ///< when the system last said so; 0: never
    UnixMs answered_at = 0;          ///< the last answer of our server; 0: none since the start
    std::string server_version;      ///< as a probe was told; empty: none was
    std::int64_t next_sequence = 0;  ///< operations ever sent from this device id
    UnixMs stamp_ms = 0;             ///< the hybrid clock
    std::int64_t schema = 0;         ///< version of the database's format
    std::string sqlite_version;

    RecorderStatus recorder;
    Ring commands, events;
    std::array<LaneLook, kLaneCount> lanes;
    std::int64_t worker_busy_us = 0;  ///< since the last Look
    std::int64_t since_last_us = 0;   ///< 0: this is the first
    Histogram commits;                ///< saves, each until it was durable
    Histogram answers;                ///< answers of the server, each until it was booked
};

struct Requests {
    std::vector<std::shared_ptr<const RequestSeen>> seen;  ///< in their order; those since the last time
};
struct QueueListed {
    store::QueueLook look;
    std::optional<Error> error;
};
struct RoundsListed {
    std::vector<store::SyncHistoryRow> rows;  ///< newest first
};
struct RecordFound {
    crm::Model model = crm::Model::lead;
    Uuid id;
    store::RecordLook look;
    std::optional<Error> error;
};
struct ServerSaid {
    crm::Model model = crm::Model::lead;
    Uuid id;
    std::optional<crm::Record> record;  ///< nothing: the server has none, or it is out of this user's sight
    std::optional<Error> error;
};
struct QueryDone {
    store::QueryResult result;
    std::optional<Error> error;
};
struct LogRead {
    std::int64_t from = 0, to = 0;
    std::string text;  ///< whole lines
};
/// `digest_of` gives the same number for the same record in memory.
struct MirrorPart {
    std::int64_t ticket = 0;
    crm::Model model = crm::Model::lead;
    std::vector<std::pair<Uuid, std::uint64_t>> records;
    bool last = false;      ///< of its model
    std::vector<Uuid> ids;  ///< with the last: of all of the model's records, rising
    std::optional<Error> error;
};
struct DigestsRead {
    struct One {
        crm::Model model = crm::Model::lead;
        Uuid id;
        std::optional<std::uint64_t> digest;  ///< nothing: no such record, or a deleted one
    };
    std::vector<One> records;
    std::optional<Error> error;
};
/// What a pull's answer came to on a copy of the database, which was thrown away.
struct PageTried {
    enum class Kind : std::uint8_t { pull, catch_up, records };  ///< records: asked for by id, no cursor moves
    enum class Effect : std::uint8_t { added, changed, removed };
    struct Difference {
        crm::Model model = crm::Model::lead;
        Uuid id;
        Effect effect = Effect::changed;
        std::int64_t version_before = 0, version_after = 0;
        std::vector<crm::FieldId> fields;  ///< whose values change
    };
    struct Counts {
        std::int64_t added = 0, changed = 0, removed = 0;
        std::int64_t same = 0;                               ///< rows of the page that change nothing
        std::int64_t orphans_before = 0, orphans_after = 0;  ///< records whose parent is not here
    };

    std::uint64_t request = 0;   ///< its number
    std::optional<Error> error;  ///< it could not be applied, or not tried; the rest is known as far as that went
    Kind kind = Kind::pull;
    std::int64_t rows = 0;  ///< in the page
    bool has_more = false;
    std::optional<std::string> cursor_before, page_from, cursor_after;
    bool fits = true;          ///< it begins where this laptop is; else it is ignored, and was tried as if it did
    store::HeldRemovals held;  ///< any: it would wait for somebody's word; it was tried as if that had come
    std::array<Counts, crm::kModelCount> models{};
    std::vector<Difference> differences;                     ///< the first 500
    std::int64_t unsettled_before = 0, unsettled_after = 0;  ///< operations in the queue
    std::int64_t copied_bytes = 0, copy_us = 0, apply_us = 0;
};
struct FolderListed {
    std::string folder;  ///< as it was asked for
    std::vector<FolderEntry> entries;
    std::optional<Error> error;
};
using Answer = std::variant<std::shared_ptr<const Look>, Requests, std::shared_ptr<const QueueListed>, RoundsListed,
                            std::shared_ptr<const RecordFound>, std::shared_ptr<const ServerSaid>,
                            std::shared_ptr<const QueryDone>, LogRead, MirrorPart, DigestsRead,
                            std::shared_ptr<const PageTried>, FolderListed>;

/// Of all that a window shows of the record.
[[nodiscard]] std::uint64_t digest_of(const crm::Record& record);

/// "Waits": what for, until when, and why, in words.
struct Words {
    std::string doing;  ///< "Waiting for the next round"
    UnixMs until = 0;   ///< 0: for nothing that has a time
    std::string why;    ///< one sentence
    std::string link;   ///< how it stands, and how that is known
};
[[nodiscard]] Words words_of(const Look& look, const SyncView& view);

/// The monotonic clock, finer than Clock's.
[[nodiscard]] std::int64_t steady_us();

}  // namespace inspect
}  // namespace ct::client
