#include "client/attachments.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/file.h"
#include "base/log.h"
#include "base/part_file.h"
#include "base/utf8.h"
#include "client/replica.h"
#include "sync/file_name.h"

namespace ct::client {

namespace {

using store::Attachment;
using store::AttachmentState;

constexpr const char* kMetered = "the link is metered";
constexpr std::string_view kFiles = "/api/files";

struct TypeByEnd {
    std::string_view end, type;
};
constexpr std::array<TypeByEnd, 16> kTypes{
    {{".pdf", "application/pdf"},
     {".jpg", "image/jpeg"},
     {".jpeg", "image/jpeg"},
     {".png", "image/png"},
     {".gif", "image/gif"},
     {".webp", "image/webp"},
     {".heic", "image/heic"},
     {".txt", "text/plain"},
     {".csv", "text/csv"},
     {".doc", "application/msword"},
     {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
     {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
     {".zip", "application/zip"},
     {".mp3", "audio/mpeg"},
     {".ogg", "audio/ogg"},
     {".mp4", "video/mp4"}}};

std::string media_type(const std::string& name) {
    const std::string folded = fold(name);
    for (const TypeByEnd& known : kTypes) {
        if (folded.ends_with(known.end)) return std::string(known.type);
    }
    return "application/octet-stream";
}

std::int64_t number_in(std::string_view text) {
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? value : -1;
}

Failure no_such_attachment() {
    return fail(ErrorKind::not_found, "NO_SUCH_ATTACHMENT", "there is no such attachment on this laptop");
}

/// What an answer says, but for the bytes of a download.
sync::LaneReply read_reply(const net::HttpOutcome& outcome) {
    if (outcome.failure != net::NetFailure::none) return sync::LaneUnreached{outcome.detail};
    const http::Response& response = outcome.response;
    if (http::find_header(response.headers, sync::kProtocolHeader) != std::to_string(sync::kProtocol)) {
        return sync::LaneUnreached{"something that is not ColorTouch answered " + std::to_string(response.status)};
    }
    if (response.status >= 200 && response.status < 300) {
        return sync::LaneAccepted{number_in(http::find_header(response.headers, "Upload-Offset"))};
    }
    sync::LaneRefused refused;
    refused.status = response.status;
    if (auto problem = sync::read_problem(response)) {
        refused.code = problem->code;
        refused.detail = problem->detail;
        refused.retry_after_s = problem->retry_after_s;
    }
    return refused;
}

}  // namespace

AttachmentOptions attachment_options(const Profile& profile, const Config& config) {
    AttachmentOptions options;
    options.directory = profile.attachments().string();
    options.ca_file = config.ca_file;
    options.metered = config.metered_link;
    options.tuning.slow_below = config.attachments_min_kbit * 1'000 / 8;
    return options;
}

Attachments::Attachments(store::Store& store, const Clock& clock, Random& random, AttachmentOptions options,
                         AttachmentPorts ports)
    : store_(store),
      clock_(clock),
      options_(std::move(options)),
      ports_(std::move(ports)),
      lane_(options_.tuning, random),
      ids_(clock, random) {
    if (options_.metered) tell(sync::lane_event::Link{true});
    sweep();
}

// ---- what the user does

std::string Attachments::path_of(const Attachment& attachment) const {
    return options_.directory + "/" + attachment.sha256;
}

Result<Attachment> Attachments::add(crm::Model model, const Uuid& record, const std::string& file) {
    const auto there = store_.get(model, record);
    if (!there) return fail(there.error());
    if (!*there || (*there)->deleted) {
        return fail(ErrorKind::not_found, "NO_SUCH_RECORD", "there is no such record to attach a file to");
    }
    if (auto made = make_directories(options_.directory); !made) return fail(made.error());
    Attachment attachment;
    attachment.id = ids_.next();
    attachment.model = model;
    attachment.record = record;
    attachment.name = sync::clean_file_name(file);
    attachment.type = media_type(attachment.name);
    attachment.created_at = clock_.now();
    attachment.user = store_.state().user.id;
    const std::string copy = options_.directory + "/" + attachment.id.str() + ".new";
    const auto content = copy_file(file, copy, options_.size_max);
    if (!content) return fail(content.error());
    attachment.size = content->size;
    attachment.sha256 = to_hex(bytes_of(content->hash));
    // Also over one that is there: its bytes are these, or have been damaged.
    if (auto moved = move_file(copy, path_of(attachment)); !moved) return fail(moved.error());
    if (auto saved = store_.save_attachment(attachment); !saved) return fail(saved.error());
    changed(record);
    tell(sync::lane_event::Work{});
    return attachment;
}

Result<Attachment> Attachments::known(const Uuid& id) const {
    auto found = store_.attachment(id);
    if (!found) return fail(found.error());
    if (!*found || (*found)->state == AttachmentState::removing) return no_such_attachment();
    return std::move(**found);
}

Result<Attachment> Attachments::take_away(const Uuid& id) {
    auto was = known(id);
    if (!was) return was;
    Attachment attachment = *was;
    attachment.state = AttachmentState::removing;
    attachment.offset = 0;
    if (auto saved = store_.save_attachment(attachment); !saved) return fail(saved.error());
    return was;
}

Result<void> Attachments::remove(const Uuid& id) {
    const auto was = take_away(id);
    if (!was) return fail(was.error());
    drop_content(was->sha256);
    changed(was->record);
    tell(sync::lane_event::Work{});
    return {};
}

Result<Attachment> Attachments::want(const Uuid& id) {
    auto found = known(id);
    if (!found) return found;
    Attachment attachment = *std::move(found);
    if (attachment.here() && path_exists(path_of(attachment))) return attachment;
    const auto part = file_size(path_of(attachment) + ".part");
    attachment.state = AttachmentState::wanted;
    attachment.offset = part ? std::min(*part, attachment.size) : 0;
    attachment.error.clear();
    attachment.error_message.clear();
    if (auto saved = store_.save_attachment(attachment); !saved) return fail(saved.error());
    changed(attachment.record);
    tell(sync::lane_event::Work{});
    return attachment;
}

Result<void> Attachments::retry(const Uuid& id) {
    auto found = store_.attachment(id);
    if (!found) return fail(found.error());
    if (!*found) return no_such_attachment();
    if ((*found)->state != AttachmentState::failed) return {};
    Attachment attachment = std::move(**found);
    attachment.state = AttachmentState::queued;
    attachment.error.clear();
    attachment.error_message.clear();
    if (auto saved = store_.save_attachment(attachment); !saved) return saved;
    changed(attachment.record);
    tell(sync::lane_event::Work{});
    return {};
}

Result<void> Attachments::save_as(const Attachment& attachment, const std::string& file) {
    if (!attachment.here()) return fail(ErrorKind::not_found, "NOT_HERE", "its bytes are not on this laptop");
    const std::string copy = file + ".part";
    const auto content = copy_file(path_of(attachment), copy, options_.size_max);
    if (!content) return fail(content.error());
    if (to_hex(bytes_of(content->hash)) != attachment.sha256) {
        (void)remove_file(copy);
        return fail(ErrorKind::corrupt, "FILE_DAMAGED", path_of(attachment) + " is not what was attached any more");
    }
    return move_file(copy, file);
}

Result<std::vector<Attachment>> Attachments::list(const Uuid& record) const {
    auto all = store_.attachments(record);
    if (all) std::erase_if(*all, [](const Attachment& a) { return a.state == AttachmentState::removing; });
    return all;
}

void Attachments::refresh(crm::Model model, const Uuid& record) {
    if (!ready_) {
        refresh_error_ = Error{ErrorKind::denied, "NOT_SIGNED_IN", "not signed in", {}};
        return;
    }
    listings_[++last_listing_] = {model, record};
    http::Request asked = request("GET", std::string(kFiles));
    asked.query = "model=" + std::string(crm::name(model)) + "&recordId=" + record.str();
    send(last_listing_, std::move(asked));
}

std::string Attachments::why_waiting() const {
    switch (lane_.waits_for()) {
        case sync::LaneWait::metered: return kMetered;
        case sync::LaneWait::slow: return "the link is slow";
        case sync::LaneWait::trouble: return "the last try failed: " + lane_.last_error();
        case sync::LaneWait::record_sync:
            if (options_.metered) return kMetered;
            return working_ ? "records go first" : "they go with the next sync";
        case sync::LaneWait::account: return options_.metered ? kMetered : "";
        case sync::LaneWait::nothing: break;
    }
    return {};
}

void Attachments::set_metered(bool metered) {
    options_.metered = metered;
    tell(sync::lane_event::Link{metered});
}

// ---- the world

void Attachments::follow(const Replica& replica) {
    base_url_ = store_.state().server_url;
    token_ = replica.token();
    const sync::Engine& engine = replica.engine();
    const bool ready = !base_url_.empty() && !token_.empty() && !engine.offline_chosen();
    const bool working = engine.working();
    const bool reached = round_reached_ && engine.obstacle() == sync::Obstacle::none && engine.link_up();
    if (ready != ready_) tell(sync::lane_event::Account{ready_ = ready});
    if (working == working_ && reached == reached_) return;
    working_ = working;
    reached_ = reached;
    tell(sync::lane_event::RecordSync{working, reached});
    if (!working) tell(sync::lane_event::Work{});  // a record that an upload waited for may be there now
}

void Attachments::measured(const http::Traffic& traffic) {
    const std::int64_t bytes = traffic.bytes_sent + traffic.bytes_received;
    if (traffic.total_ms > 0) tell(sync::lane_event::Measured{bytes, traffic.total_ms});
}

void Attachments::tell(sync::LaneEvent event) {
    told_.push_back(std::move(event));
    if (telling_) return;
    telling_ = true;
    while (!told_.empty()) {
        sync::LaneEvent next = std::move(told_.front());
        told_.pop_front();
        for (const sync::LaneAction& action : lane_.handle(std::move(next), clock_.steady())) {
            std::visit([this](const auto& specific) { on(specific); }, action);
        }
    }
    telling_ = false;
}

void Attachments::local_failure(const Error& error) {
    log::error("attachment: " + error.message);
    told_.push_back(sync::lane_event::LocalFailure{error.code, error.message});
}

http::Request Attachments::request(std::string method, std::string path) const {
    http::Request made;
    made.method = std::move(method);
    made.path = std::move(path);
    made.headers = {{std::string(sync::kProtocolHeader), std::to_string(sync::kProtocol)},
                    {"Tus-Resumable", "1.0.0"},
                    {"Authorization", "Bearer " + token_}};
    return made;
}

void Attachments::send(std::uint64_t id, http::Request made, std::optional<FilePart> body) {
    NetJob job;
    job.kind = NetJob::Kind::file;
    job.id = id;
    job.base_url = base_url_;
    job.ca_file = options_.ca_file;
    job.request = std::move(made);
    job.body = std::move(body);
    ports_.send(std::move(job));
}

// ---- what the lane asks for

/// An upload waits until the server knows its record: the lane is behind record sync.
Result<std::optional<sync::LaneItem>> Attachments::next(bool uploads) const {
    const auto waiting = store_.transfers();
    if (!waiting) return fail(waiting.error());
    for (const Attachment& attachment : *waiting) {
        if (kept_back_.contains(attachment.id)) continue;
        sync::LaneItem item{attachment.id, sync::LaneTask::upload, attachment.size, attachment.offset};
        if (attachment.state == AttachmentState::removing) item.task = sync::LaneTask::remove;
        if (attachment.state == AttachmentState::wanted) {
            item.task = sync::LaneTask::download;
            const auto part = file_size(path_of(attachment) + ".part");
            item.offset = part ? *part : 0;
        }
        if (item.task != sync::LaneTask::upload) return item;
        if (!uploads) return std::nullopt;
        const auto record = store_.get(attachment.model, attachment.record);
        if (!record) return fail(record.error());
        if (*record && !(*record)->deleted && (*record)->version > 0) return item;
    }
    return std::nullopt;
}

std::optional<Attachment> Attachments::row(const Uuid& id) {
    auto found = store_.attachment(id);
    if (found && *found) return std::move(**found);
    local_failure(found ? Error{ErrorKind::not_found, "REMOVED", "it was taken away meanwhile", {}} : found.error());
    return std::nullopt;
}

void Attachments::on(const sync::lane_action::Pick& action) {
    auto item = next(action.uploads);
    if (!item) return local_failure(item.error());
    told_.push_back(sync::lane_event::Picked{std::move(*item)});
}

void Attachments::on(const sync::lane_action::Create& action) {
    const auto attachment = row(action.id);
    if (!attachment) return;
    http::Request made = request("POST", std::string(kFiles));
    const auto pair = [](std::string_view key, std::string_view value) {
        return std::string(key) + " " + to_base64(value);
    };
    made.headers.emplace_back("Upload-Length", std::to_string(attachment->size));
    made.headers.emplace_back(
        "Upload-Metadata", pair("id", attachment->id.str()) + "," + pair("filename", attachment->name) + "," +
                               pair("filetype", attachment->type) + "," + pair("model", crm::name(attachment->model)) +
                               "," + pair("recordId", attachment->record.str()) + "," +
                               pair("sha256", attachment->sha256));
    send(action.request, std::move(made));
}

void Attachments::on(const sync::lane_action::Locate& action) {
    send(action.request, request("HEAD", std::string(kFiles) + "/" + action.id.str()));
}

void Attachments::on(const sync::lane_action::SendPart& action) {
    const auto attachment = row(action.id);
    if (!attachment) return;
    if (attachment->state != AttachmentState::queued) {
        return local_failure({ErrorKind::not_found, "REMOVED", "it was taken away meanwhile", {}});
    }
    const FilePart part{path_of(*attachment), action.offset, static_cast<std::int64_t>(action.length)};
    const auto size = file_size(part.path);
    if (!size) return local_failure(size.error());
    if (*size < part.offset + part.length) {
        return local_failure({ErrorKind::corrupt, "FILE_DAMAGED", part.path + " is too short", {}});
    }
    const auto hash = examine_part(part.path, part.offset, part.length);
    if (!hash) return local_failure(hash.error());
    http::Request made = request("PATCH", std::string(kFiles) + "/" + action.id.str());
    made.headers.emplace_back("Content-Type", "application/offset+octet-stream");
    made.headers.emplace_back("Upload-Offset", std::to_string(action.offset));
    made.headers.emplace_back("Upload-Checksum", "sha256 " + to_base64(bytes_of(*hash)));
    if (action.length > options_.tuning.part_max) return send(action.request, std::move(made), part);
    auto bytes = read_part(part.path, part.offset, action.length);  // small: it may get smaller on the way
    if (!bytes) return local_failure(bytes.error());
    made.body = std::move(*bytes);
    send(action.request, std::move(made));
}

void Attachments::on(const sync::lane_action::FetchPart& action) {
    const auto attachment = row(action.id);
    if (!attachment) return;
    fetch_ = {action.request, path_of(*attachment) + ".part", action.offset, attachment->size};
    http::Request made = request("GET", std::string(kFiles) + "/" + action.id.str());
    const std::int64_t last = action.offset + static_cast<std::int64_t>(action.length) - 1;
    made.headers.emplace_back("Range", "bytes=" + std::to_string(action.offset) + "-" + std::to_string(last));
    send(action.request, std::move(made));
}

void Attachments::on(const sync::lane_action::Remove& action) {
    send(action.request, request("DELETE", std::string(kFiles) + "/" + action.id.str()));
}

void Attachments::on(const sync::lane_action::Verify& action) {
    const auto attachment = row(action.id);
    if (!attachment) return;
    const std::string part = path_of(*attachment) + ".part";
    if (attachment->size == 0) {
        const auto made = make_directories(options_.directory);
        const auto written = made ? write_part(part, 0, {}) : made;
        if (!written) return local_failure(written.error());
    }
    const auto content = examine_file(part);
    if (!content) return local_failure(content.error());
    const bool intact = content->size == attachment->size && to_hex(bytes_of(content->hash)) == attachment->sha256;
    const auto settled = intact ? move_file(part, path_of(*attachment)) : remove_file(part);
    if (!settled) return local_failure(settled.error());
    told_.push_back(sync::lane_event::Verified{intact});
}

void Attachments::on(const sync::lane_action::Progress& action) {
    auto found = store_.attachment(action.id);
    if (!found || !*found || (*found)->state == AttachmentState::removing) return;
    (*found)->offset = action.offset;
    booked(store_.save_attachment(**found));
    changed((*found)->record);
}

void Attachments::on(const sync::lane_action::Done& action) {
    auto found = store_.attachment(action.id);
    if (!found || !*found) return;
    Attachment& attachment = **found;
    if (action.task == sync::LaneTask::remove) {
        booked(store_.drop_attachment(attachment.id));
    } else if (attachment.state != AttachmentState::removing) {
        attachment.state = AttachmentState::done;
        attachment.offset = attachment.size;
        attachment.error.clear();
        attachment.error_message.clear();
        booked(store_.save_attachment(attachment));
    }
    changed(attachment.record);
}

void Attachments::on(const sync::lane_action::Failed& action) {
    log::warn("attachment " + action.id.str() + ": " + action.code + " " + action.message);
    auto found = store_.attachment(action.id);
    if (!found || !*found) return;
    Attachment& attachment = **found;
    const bool taken_away = attachment.state == AttachmentState::removing;
    if (taken_away && action.task != sync::LaneTask::remove) return;
    const bool upload = action.task == sync::LaneTask::upload;
    attachment.state = upload ? AttachmentState::failed : AttachmentState::remote;
    attachment.offset = 0;
    attachment.error = action.code;
    attachment.error_message = action.message;
    booked(store_.save_attachment(attachment));
    changed(attachment.record);
}

void Attachments::on(const sync::lane_action::CancelRequest&) {
    ports_.cancel();
    // The lists that were asked for went with it: they are small, and somebody is looking.
    for (const auto& [id, listing] : std::exchange(listings_, {})) refresh(listing.model, listing.record);
}

// ---- answers

void Attachments::on_answer(NetAnswer answer) {
    auto& outcome = std::get<net::HttpOutcome>(answer.reply);
    if (answer.id >= kListings) {
        const auto listing = listings_.find(answer.id);
        if (listing == listings_.end()) return;
        const Listing asked = listing->second;
        listings_.erase(listing);
        return on_list(asked, read_reply(outcome), outcome.response.body);
    }
    sync::LaneReply reply = read_reply(outcome);
    if (std::holds_alternative<sync::LaneAccepted>(reply) && answer.id == fetch_.request) {
        auto stored = store_part(outcome.response);
        if (!stored) return tell(sync::lane_event::LocalFailure{stored.error().code, stored.error().message});
        reply = std::move(*stored);
    }
    tell(sync::lane_event::Answered{answer.id, std::move(reply)});
}

/// The bytes of a part are on the disk before the lane hears of them.
Result<sync::LaneReply> Attachments::store_part(const http::Response& response) const {
    const auto size = static_cast<std::int64_t>(response.body.size());
    const std::string expected = "bytes " + std::to_string(fetch_.offset) + "-";
    const std::string_view told = http::find_header(response.headers, "Content-Range");
    if (response.status != 206 || !told.starts_with(expected) || size == 0 || fetch_.offset + size > fetch_.size) {
        return sync::LaneReply(sync::LaneUnreached{"the answer holds other bytes than were asked for"});
    }
    if (fetch_.offset == 0) {
        if (auto made = make_directories(options_.directory); !made) return fail(made.error());
    }
    if (auto written = write_part(fetch_.path, fetch_.offset, response.body); !written) return fail(written.error());
    return sync::LaneReply(sync::LaneAccepted{fetch_.offset + size});
}

// ---- afterwards

void Attachments::booked(const Result<void>& written) {
    if (written) return;
    log::error("attachment: " + written.error().message);
    ports_.emit(Trouble{written.error()});
}

void Attachments::changed(const Uuid& record) {
    auto all = list(record);
    if (all) ports_.emit(AttachmentsChanged{record, std::move(*all)});
}

/// Content that no row needs any more goes. What cannot be removed only takes room.
void Attachments::drop_content(const std::string& sha256) {
    const auto users = store_.attachments_with(sha256);
    if (!users) return;
    for (const Attachment& user : *users) {
        if (user.here() || user.state == AttachmentState::wanted) return;
    }
    for (const char* end : {"", ".part"}) {
        if (auto removed = remove_file(options_.directory + "/" + sha256 + end); !removed) {
            log::warn(removed.error().message);
        }
    }
}

}  // namespace ct::client
