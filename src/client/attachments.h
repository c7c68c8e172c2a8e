// The client's attachments at work: rows in the store, bytes in a directory of the profile by their hash, and the lane
// that carries them. No threads and no waiting of its own: Client gives it a thread and a connection of their own, so
// that a file never stands in the way of a record; Session drives it in line. One thread at a time.
//
//   <data>/attachments/<sha256>        a content that is here whole
//   <data>/attachments/<sha256>.part   what has arrived of one that is being fetched
//
// What `add` returned survives anything: the copy is on the disk before its row, and the row before `add` returns.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "client/config.h"
#include "client/event.h"
#include "client/network.h"
#include "store/store.h"
#include "sync/attachment_lane.h"

namespace ct::client {

class Replica;

/// What the lane needs of its surroundings; called from within the calls of Attachments.
struct AttachmentPorts {
    std::function<void(NetJob)> send;  ///< over a connection of its own; the answer comes by `on_answer`
    std::function<void()> cancel;      ///< end what is under way; answers of it may still come and are ignored
    std::function<void(Event)> emit;   ///< for the window
};

struct AttachmentOptions {
    std::string directory;
    std::string ca_file;
    sync::LaneTuning tuning;
    bool metered = false;               ///< the user pays by the byte: files wait
    std::int64_t size_max = 100 << 20;  ///< bytes of one file
    /// How long a removal can be taken back: longer than the window offers that, which is 9 s from when it is seen.
    std::int64_t kept_back_ms = 20'000;
};

[[nodiscard]] AttachmentOptions attachment_options(const Profile& profile, const Config& config);

class Attachments {
  public:
    Attachments(store::Store& store, const Clock& clock, Random& random, AttachmentOptions options,
                AttachmentPorts ports);
    ~Attachments();
    Attachments(const Attachments&) = delete;
    Attachments& operator=(const Attachments&) = delete;

    // ---- what the user does
    /// Copies the file into the profile and queues it; durable when it returns. FILE_NOT_FOUND, CANNOT_READ,
    /// FILE_TOO_LARGE, NO_SUCH_RECORD, CANNOT_WRITE, errors of the store.
    [[nodiscard]] Result<store::Attachment> add(crm::Model model, const Uuid& record, const std::string& file);
    /// Takes it off its record, here at once and on the server when it is reached. NO_SUCH_ATTACHMENT.
    [[nodiscard]] Result<void> remove(const Uuid& id);
    /// The same, but for a little while (kept_back_ms) nothing of it is lost and the server does not hear of it. After
    /// a crash, and when this is destroyed, it stays taken away. NO_SUCH_ATTACHMENT.
    [[nodiscard]] Result<void> remove_soon(const Uuid& id);
    /// Takes that back: it is again as it was. TOO_LATE.
    [[nodiscard]] Result<void> keep(const Uuid& id);
    /// Wants the bytes of one that is not here; nothing to do for one that is. NO_SUCH_ATTACHMENT.
    [[nodiscard]] Result<store::Attachment> want(const Uuid& id);
    /// Tries one again that the server refused. NO_SUCH_ATTACHMENT.
    [[nodiscard]] Result<void> retry(const Uuid& id);
    /// A copy of the bytes at `file`, checked while copying. NOT_HERE, FILE_DAMAGED, CANNOT_WRITE.
    [[nodiscard]] Result<void> save_as(const store::Attachment& attachment, const std::string& file);
    /// A copy under its own name to be looked at, checked while copying, that can be read only and not be run; gone
    /// with the next start. NOT_HERE, FILE_DAMAGED, CANNOT_WRITE, IS_A_PROGRAM (what the desktop might run).
    [[nodiscard]] Result<std::string> copy_to_open(const store::Attachment& attachment);
    /// Where the bytes of one that is here lie; to be read only.
    [[nodiscard]] std::string path_of(const store::Attachment& attachment) const;
    /// As known here, without those that were taken away; newest first.
    [[nodiscard]] Result<std::vector<store::Attachment>> list(const Uuid& record) const;
    /// Asks the server for the record's list; the answer is booked and comes as AttachmentsChanged.
    void refresh(crm::Model model, const Uuid& record);
    /// Whatever waits goes now, also over a slow or metered link.
    void ask_now() { tell(sync::lane_event::AskedNow{}); }
    void set_metered(bool metered);

    // ---- the world
    /// Looks how record sync stands; to be called after whatever may have changed that, and with a round's end.
    void follow(const Replica& replica);
    void round_ended(bool reached) { round_reached_ = reached; }  ///< counts from the next `follow` on
    /// An exchange of record sync: it tells how fast the link is.
    void measured(const http::Traffic& traffic);
    void on_answer(NetAnswer answer);
    void on_timer();
    [[nodiscard]] std::optional<SteadyMs> due() const;
    /// Why files wait that are unsent, in words; empty where record sync's own state says it.
    [[nodiscard]] std::string why_waiting() const;
    [[nodiscard]] const sync::AttachmentLane& lane() const { return lane_; }
    /// Why the last `refresh` failed; nothing when it did not.
    [[nodiscard]] const std::optional<Error>& refresh_error() const { return refresh_error_; }

  private:
    static constexpr std::uint64_t kListings = std::uint64_t{1} << 63;  // requests from here on are not the lane's
    struct Listing {
        crm::Model model = crm::Model::lead;
        Uuid record;
    };

    void tell(sync::LaneEvent event);
    void on(const sync::lane_action::Pick& action);
    void on(const sync::lane_action::Create& action);
    void on(const sync::lane_action::Locate& action);
    void on(const sync::lane_action::SendPart& action);
    void on(const sync::lane_action::FetchPart& action);
    void on(const sync::lane_action::Remove& action);
    void on(const sync::lane_action::Verify& action);
    void on(const sync::lane_action::Progress& action);
    void on(const sync::lane_action::Done& action);
    void on(const sync::lane_action::Failed& action);
    void on(const sync::lane_action::CancelRequest& action);

    [[nodiscard]] Result<std::optional<sync::LaneItem>> next(bool uploads) const;
    [[nodiscard]] Result<store::Attachment> known(const Uuid& id) const;  ///< not one that was taken away
    /// In the table alone. As it was.
    [[nodiscard]] Result<store::Attachment> take_away(const Uuid& id);
    /// The row, or an event to the lane that there is none.
    [[nodiscard]] std::optional<store::Attachment> row(const Uuid& id);
    [[nodiscard]] http::Request request(std::string method, std::string path) const;
    /// `body`: in the place of the request's own.
    void send(std::uint64_t id, http::Request request, std::optional<FilePart> body = std::nullopt);
    void booked(const Result<void>& written);
    void changed(const Uuid& record);
    void local_failure(const Error& error);
    [[nodiscard]] Result<sync::LaneReply> store_part(const http::Response& response) const;
    void on_list(const Listing& listing, const sync::LaneReply& reply, const std::string& body);
    [[nodiscard]] Result<void> book_list(crm::Model model, const Uuid& record, const std::string& body);
    void drop_content(const std::string& sha256);
    void forget_kept_back(std::optional<SteadyMs> until);
    void sweep();

    store::Store& store_;
    const Clock& clock_;
    AttachmentOptions options_;
    AttachmentPorts ports_;
    sync::AttachmentLane lane_;
    UuidGenerator ids_;
    std::string base_url_, token_;  // as the replica last had them
    bool ready_ = false, working_ = false, reached_ = false, round_reached_ = false;

    struct KeptBack {
        store::Attachment was;  // before it was taken away
        SteadyMs until = 0;
    };
    std::map<Uuid, KeptBack> kept_back_;  // taken away in the table, but not for good

    std::deque<sync::LaneEvent> told_;
    bool telling_ = false;
    struct Fetch {
        std::uint64_t request = 0;
        std::string path;
        std::int64_t offset = 0, size = 0;
    } fetch_;                                    // the part that is being fetched
    std::map<std::uint64_t, Listing> listings_;  // asked for, by request
    std::uint64_t last_listing_ = kListings;
    std::optional<Error> refresh_error_;
};

}  // namespace ct::client
