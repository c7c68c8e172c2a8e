// Uploads: how they begin, grow and end.
#include <algorithm>
#include <optional>
#include <type_traits>

#include "base/log.h"
#include "server/files.h"
#include "server/upload_answers.h"
#include "server/upload_headers.h"
#include "sync/file_name.h"

namespace ct::server {

namespace {

// Written and perhaps not on the disk yet, at most: what a power cut can take of an upload that goes well.
constexpr std::int64_t kUnflushedMax = 8 << 20;
// An older request to the same upload has so long to end by itself (its connection was closed a moment ago, and what it
// sent is still being written), looked at so often. Then it is taken for dead.
constexpr std::int64_t kYieldMs = 300, kLookMs = 20;

/// A client that tries again must not make a second one: its first attempt counts, if it was the same.
bool same_upload(const Attachment& a, const Attachment& b) {
    return a.model == b.model && a.record_id == b.record_id && a.size == b.size && a.sha256 == b.sha256 &&
           a.user_id == b.user_id;
}

tl::unexpected<Refusal> wrong_offset(std::int64_t received) {
    return refuse(409, "WRONG_OFFSET", "there are " + std::to_string(received) + " bytes here",
                  json_member("offset", received));
}

/// What the system could not write it may forget, and call written the next time (Rebello and others: "Can Applications
/// Recover from fsync Failures?", 2020). So it goes, back to what is known to be on the disk, and is sent again.
tl::expected<void, Refusal> flush_or_drop(PartFile& file, std::int64_t durable) {
    auto flushed = file.flush();
    if (flushed) return {};
    if (auto dropped = file.cut_to(durable); !dropped)
        log::warn("bytes of an upload that may be lost: " + dropped.error().message);
    return refuse(flushed.error());
}

http::Pause look_again() {
    return {kLookMs, [](const std::function<void()>&) { return std::shared_ptr<void>(); }};
}

}  // namespace

// ---- turns

std::uint64_t Files::Turns::begin(const std::string& upload) {
    const std::lock_guard lock(mutex_);
    return writers_[upload] = ++last_;
}

bool Files::Turns::has(const std::string& upload, std::uint64_t turn) const {
    const std::lock_guard lock(mutex_);
    const auto at = writers_.find(upload);
    return at != writers_.end() && at->second == turn;
}

void Files::Turns::end(const std::string& upload, std::uint64_t turn) {
    const std::lock_guard lock(mutex_);
    const auto at = writers_.find(upload);
    if (at != writers_.end() && at->second == turn) writers_.erase(at);
}

void Files::Turns::end_all(const std::string& upload) {
    const std::lock_guard lock(mutex_);
    writers_.erase(upload);
}

bool Files::Turns::taken(const std::string& upload) const {
    const std::lock_guard lock(mutex_);
    return writers_.contains(upload);
}

// ---- one PATCH

/// The way of one body into its upload. Every step holds the upload's lock, and its file against other processes that
/// serve from the same folder: between a look and what is done for it, nobody completes the upload. None waits for the
/// client.
class Files::Upload final : public http::BodySink {
  public:
    /// Under the upload's lock.
    Upload(Files& files, const Asked& asked, Attachment attachment, PartFile file,
           std::unique_ptr<UploadChecksum> checksum, std::int64_t offset)
        : files_(files),
          head_(asked.request),
          session_(asked.session),
          asked_{head_, session_, asked.id},
          attachment_(std::move(attachment)),
          file_(std::move(file)),
          checksum_(std::move(checksum)),
          began_at_(offset),
          at_(offset),
          name_(turn_name(asked)),
          turn_(files.turns_.begin(name_)) {}
    ~Upload() override { files_.turns_.end(name_, turn_); }
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    std::optional<http::Response> take(std::string_view bytes) override {
        const std::scoped_lock lock(files_.lock_of(attachment_.id));
        auto written = held([&] { return write(bytes); });
        if (written) return std::nullopt;
        files_.turns_.end(name_, turn_);
        return files_.refused(written.error());
    }
    http::Response end() override {
        const std::scoped_lock lock(files_.lock_of(attachment_.id));
        auto done = held([&] { return complete(); });
        files_.turns_.end(name_, turn_);
        return done ? std::move(*done) : files_.refused(done.error());
    }
    void undo() override {
        const std::scoped_lock lock(files_.lock_of(attachment_.id));
        if (auto undone = held([&] { return take_back(); }); !undone)
            log::warn("an upload could not be taken back: " + undone.error().code);
        files_.turns_.end(name_, turn_);
    }
    void cut() override {
        const std::scoped_lock lock(files_.lock_of(attachment_.id));
        if (auto kept = held([&] { return keep(); }); !kept) log::warn("an upload that was cut: " + kept.error().code);
        files_.turns_.end(name_, turn_);
    }

    static std::string turn_name(const Asked& asked) { return std::to_string(asked.workspace()) + "/" + asked.id; }

  private:
    [[nodiscard]] static tl::unexpected<Refusal> taken_over() {
        return refuse(409, "TAKEN_OVER", "another request goes on with this upload, or ended it");
    }
    template <class Step>
    [[nodiscard]] std::invoke_result_t<Step> held(Step step) {
        const auto hold = file_.hold();
        if (!hold) return refuse(hold.error());
        return step();
    }
    /// The turn may have ended, and another process of this server may write as well.
    [[nodiscard]] tl::expected<void, Refusal> check_turn() const {
        if (!files_.turns_.has(name_, turn_)) return taken_over();
        const auto size = file_.size();
        if (!size) return refuse(size.error());
        if (*size != at_) return wrong_offset(*size);
        return {};
    }
    /// Once it is complete, the file that is open here is a content, which others may share.
    [[nodiscard]] tl::expected<void, Refusal> check_open() const {
        if (auto checked = check_turn(); !checked) return checked;
        const auto now = files_.rows_.attachment(asked_.workspace(), attachment_.id);
        if (!now) return refuse(now.error());
        if (!*now) return no_such_upload();
        if ((*now)->complete()) return taken_over();
        return {};
    }
    [[nodiscard]] tl::expected<void, Refusal> write(std::string_view bytes) {
        if (auto checked = check_turn(); !checked) return checked;
        if (static_cast<std::int64_t>(bytes.size()) > attachment_.size - at_) {
            if (auto undone = take_back(); !undone) return undone;
            return refuse(413, "TOO_LARGE", "more bytes than Upload-Length announced");
        }
        if (auto written = file_.write(at_, bytes); !written) return refuse(written.error());
        checksum_->add(bytes);
        at_ += static_cast<std::int64_t>(bytes.size());
        if (at_ - flushed_to_ < kUnflushedMax) return {};
        if (auto flushed = flush(); !flushed) return flushed;
        return look_up_session();
    }
    /// The sign-in may end while the body comes, and the user's role change.
    [[nodiscard]] tl::expected<void, Refusal> look_up_session() {
        auto known = files_.who_(head_);
        if (!known) return tl::unexpected(known.error());
        session_ = std::move(*known);
        return {};
    }
    [[nodiscard]] tl::expected<void, Refusal> flush() {
        const std::int64_t durable = std::min(at_, flushed_to_);
        auto flushed = flush_or_drop(file_, durable);
        if (!flushed) at_ = durable;
        flushed_to_ = at_;
        return flushed;
    }
    [[nodiscard]] tl::expected<void, Refusal> take_back() {
        if (auto checked = check_open(); !checked) return checked;
        if (auto ended = file_.cut_to(began_at_); !ended) return refuse(ended.error());
        at_ = began_at_;
        return flush();
    }
    [[nodiscard]] tl::expected<void, Refusal> keep() {
        if (auto checked = check_open(); !checked) return checked;
        if (auto flushed = flush(); !flushed) return flushed;
        return finish_if_whole();  // the end of the body did not come, but all of the file may have
    }
    [[nodiscard]] tl::expected<http::Response, Refusal> complete() {
        if (auto checked = check_open(); !checked) return tl::unexpected(checked.error());
        if (!checksum_->matches()) {
            if (auto undone = take_back(); !undone) return tl::unexpected(undone.error());
            return refuse(kChecksumMismatch, "CHECKSUM_MISMATCH", "the part does not match its Upload-Checksum");
        }
        if (auto flushed = flush(); !flushed) return tl::unexpected(flushed.error());
        if (auto finished = finish_if_whole(); !finished) return tl::unexpected(finished.error());
        auto response = upload_answer(204);
        response.headers.emplace_back("Upload-Offset", std::to_string(at_));
        return response;
    }
    /// Who is signed out, or may no longer see the record, finishes nothing on it. The bytes stay, for whoever goes on.
    [[nodiscard]] tl::expected<void, Refusal> finish_if_whole() {
        if (at_ < attachment_.size) return {};
        if (auto known = look_up_session(); !known) return known;
        auto again = files_.find(asked_);
        if (!again) return tl::unexpected(again.error());
        return files_.finish(asked_, *again);
    }

    Files& files_;
    const http::Request head_;
    Session session_;
    const Asked asked_;  // refers to those two
    Attachment attachment_;
    PartFile file_;
    std::unique_ptr<UploadChecksum> checksum_;
    const std::int64_t began_at_;
    std::int64_t at_;
    std::int64_t flushed_to_ = at_;
    const std::string name_;
    const std::uint64_t turn_;
};

/// Everything that the head can be refused for, before a byte of the body counts.
Files::Reply Files::append(const Asked& asked) {
    if (asked.header("Content-Type") != kOffsetStream) {
        return refuse(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be " + std::string(kOffsetStream));
    }
    const auto offset = parse_size(asked.header("Upload-Offset"));
    if (!offset) return refuse(400, "MALFORMED", "Upload-Offset must be a whole number of bytes");
    auto checksum = UploadChecksum::parse(asked.header("Upload-Checksum"));
    if (!checksum) return refuse(400, "MALFORMED", "Upload-Checksum must be sha256 or sha1 and a base64 value");
    if (auto found = find(asked); !found) return tl::unexpected(found.error());
    if (turns_.taken(Upload::turn_name(asked)) && asked.request.waited_ms < kYieldMs) return look_again();
    const std::string& body = asked.request.body;
    std::unique_ptr<Upload> upload;
    {
        const std::scoped_lock lock(lock_of(asked.id));
        auto now = find(asked);  // another request may have finished or ended it meanwhile
        if (!now) return tl::unexpected(now.error());
        const auto received = blobs_.received(asked.workspace(), *now);
        if (!received) return refuse(received.error());
        // With an upload that another request writes to, this is the offset of a client that has not looked: it may
        // look, by HEAD, and that ends the other.
        if (*received != *offset || now->complete()) return wrong_offset(*received);
        const auto told = std::max(asked.request.body_follows, static_cast<std::int64_t>(body.size()));
        if (told > now->size - *offset) return refuse(413, "TOO_LARGE", "more bytes than Upload-Length announced");
        auto file = blobs_.open(asked.workspace(), *now);
        if (!file) return refuse(file.error());
        upload =
            std::make_unique<Upload>(*this, asked, std::move(*now), std::move(*file), std::move(checksum), *offset);
    }
    if (asked.request.body_follows != 0) return http::Answered(std::unique_ptr<http::BodySink>(std::move(upload)));
    if (!body.empty()) {
        if (auto refused = upload->take(body)) return std::move(*refused);
    }
    return upload->end();
}

// ---- the others

tl::expected<Attachment, Refusal> Files::announced(const Asked& asked) {
    const auto length = parse_size(asked.header("Upload-Length"));
    if (!length) return refuse(400, "MALFORMED", "Upload-Length must be a whole number of bytes");
    if (*length > options_.size_max) {
        return refuse(413, "FILE_TOO_LARGE", "a file has at most " + std::to_string(options_.size_max) + " bytes");
    }
    if (asked.header("Upload-Metadata").size() > options_.metadata_max) {
        return refuse(400, "METADATA_TOO_LONG",
                      "Upload-Metadata has at most " + std::to_string(options_.metadata_max) + " bytes");
    }
    auto metadata = parse_upload_metadata(asked.header("Upload-Metadata"));
    if (!metadata) return refuse(400, "MALFORMED", "Upload-Metadata must be pairs of a key and a base64 value");
    const auto model = crm::find_model((*metadata)["model"]);
    const auto record = Uuid::parse((*metadata)["recordId"]);
    const auto hash = parse_sha256((*metadata)["sha256"]);
    if (!model || !record || !hash || (*metadata)["filename"].empty()) {
        return refuse(400, "MALFORMED", "Upload-Metadata must hold filename, model, recordId and sha256");
    }
    Attachment attachment;
    if (metadata->contains("id")) {
        const auto id = Uuid::parse((*metadata)["id"]);
        if (!id || id->nil()) return refuse(400, "MALFORMED", "the id in Upload-Metadata must be a UUID");
        attachment.id = id->str();
    } else {
        attachment.id = UuidGenerator(clock_, random_).next().str();
    }
    attachment.model = crm::name(*model);
    attachment.record_id = record->str();
    attachment.name = sync::clean_file_name((*metadata)["filename"]);
    attachment.type = clean_media_type((*metadata)["filetype"]);
    attachment.metadata = asked.header("Upload-Metadata");
    attachment.size = *length;
    attachment.sha256 = *hash;
    attachment.user_id = asked.session.user.id;
    attachment.device_id = asked.session.device;
    attachment.created_at = clock_.now();
    return attachment;
}

/// In the table; one that stands there already is taken for this one where they are the same.
tl::expected<void, Refusal> Files::add(const Asked& asked, Attachment& attachment) {
    const auto added = rows_.add_attachment(asked.workspace(), attachment, options_.open_max);
    if (!added) return refuse(added.error());
    if (*added == Attachments::Added::too_many) {
        auto refusal = refuse(429, "TOO_MANY_UPLOADS", "finish or end the uploads of this device that are under way");
        refusal.value().retry_after_s = 60;
        return refusal;
    }
    if (*added == Attachments::Added::added) return {};
    const auto first = rows_.attachment(asked.workspace(), attachment.id);
    if (!first) return refuse(first.error());
    if (!*first || !same_upload(**first, attachment)) {
        return refuse(409, "ID_REUSED", "this id is taken by another file");
    }
    attachment = **first;
    return {};
}

Files::Reply Files::create(const Asked& asked) {
    if (!asked.request.body.empty()) return refuse(415, "UNSUPPORTED_MEDIA_TYPE", "the bytes follow by PATCH");
    const auto wanted = announced(asked);
    if (!wanted) return tl::unexpected(wanted.error());
    if (auto checked = check_record(asked, *wanted); !checked) return tl::unexpected(checked.error());
    Attachment attachment = *wanted;
    if (auto added = add(asked, attachment); !added) return tl::unexpected(added.error());
    const Asked of_it{asked.request, asked.session, attachment.id};
    auto here = received(of_it, attachment);
    if (!here && here.error().status == kChecksumMismatch) {  // what was there is gone: from the start
        attachment = *wanted;
        if (auto added = add(asked, attachment); !added) return tl::unexpected(added.error());
        here = received(of_it, attachment);
    }
    if (!here) return tl::unexpected(here.error());
    auto response = upload_answer(201);
    response.headers.emplace_back("Location", std::string(kFilesPath) + "/" + attachment.id);
    response.headers.emplace_back("Upload-Offset", std::to_string(*here));  // saves whoever resumes a HEAD
    return response;
}

tl::expected<std::int64_t, Refusal> Files::received(const Asked& asked, Attachment& attachment) {
    const std::scoped_lock lock(lock_of(attachment.id));
    auto now = find(asked);
    if (!now) return tl::unexpected(now.error());
    attachment = std::move(*now);
    if (attachment.complete()) return attachment.size;
    // Of an empty file nothing comes that could make it.
    auto file = attachment.size == 0 ? blobs_.open(asked.workspace(), attachment)
                                     : blobs_.open_existing(asked.workspace(), attachment);
    if (!file && file.error().kind == ErrorKind::not_found) return 0;
    if (!file) return refuse(file.error());
    const auto hold = file->hold();
    if (!hold) return refuse(hold.error());
    now = find(asked);  // another process may have completed it until now
    if (!now) return tl::unexpected(now.error());
    attachment = std::move(*now);
    if (attachment.complete()) return attachment.size;
    if (auto flushed = flush_or_drop(*file, 0); !flushed) return tl::unexpected(flushed.error());
    const auto here = file->size();
    if (!here) return refuse(here.error());
    if (*here < attachment.size) return *here;
    if (auto finished = finish(asked, attachment); !finished) return tl::unexpected(finished.error());
    return attachment.size;
}

/// Whoever asks for an upload goes on with it: an older request to it ends with what it has brought.
Files::Reply Files::tell(const Asked& asked) {
    auto attachment = find(asked);
    if (!attachment) return tl::unexpected(attachment.error());
    const std::string turn = Upload::turn_name(asked);
    if (!attachment->complete() && turns_.taken(turn)) {
        if (asked.request.waited_ms < kYieldMs) return look_again();
        const std::scoped_lock lock(lock_of(asked.id));
        turns_.end_all(turn);
    }
    const auto here = received(asked, *attachment);
    if (!here && here.error().status == kChecksumMismatch) return no_such_upload();  // it is gone
    if (!here) return tl::unexpected(here.error());
    auto response = upload_answer(200);
    response.headers.emplace_back("Upload-Offset", std::to_string(*here));
    response.headers.emplace_back("Upload-Length", std::to_string(attachment->size));
    std::string metadata = attachment->metadata;
    if (metadata.empty()) {  // of a server that did not keep it
        metadata = "filename " + to_base64(attachment->name) + ",filetype " + to_base64(attachment->type);
    }
    response.headers.emplace_back("Upload-Metadata", metadata);
    return response;
}

tl::expected<void, Refusal> Files::finish(const Asked& asked, Attachment& attachment) {
    turns_.end_all(Upload::turn_name(asked));  // whoever still has the file open must leave it as it is now
    const auto same = blobs_.verify(asked.workspace(), attachment);
    if (!same) return refuse(same.error());
    if (!*same) {
        // Of no use to anybody, and it cannot be known which part is wrong.
        if (auto removed = rows_.remove_attachment(asked.workspace(), attachment); !removed) {
            return refuse(removed.error());
        }
        if (auto dropped = blobs_.drop_upload(asked.workspace(), attachment); !dropped) return refuse(dropped.error());
        return refuse(kChecksumMismatch, "CONTENT_MISMATCH", "the file is not the one that was announced");
    }
    // In this order: what is complete and not in its place yet is put there by whoever reads it first.
    const std::scoped_lock lock(content_mutex_);
    const auto hold = blobs_.hold_contents(asked.workspace());
    if (!hold) return refuse(hold.error());
    const auto now = clock_.now();
    if (auto done = rows_.complete_attachment(asked.workspace(), attachment.id, now); !done) {
        return refuse(done.error());
    }
    attachment.completed_at = now;
    if (auto kept = blobs_.keep(asked.workspace(), attachment); !kept) return refuse(kept.error());
    return {};
}

Files::Reply Files::remove(const Asked& asked) {
    const auto attachment = find(asked);
    if (!attachment) return tl::unexpected(attachment.error());
    const std::scoped_lock lock(lock_of(attachment->id));
    const auto file = blobs_.open_existing(asked.workspace(), *attachment);
    const auto hold = file ? std::optional(file->hold()) : std::nullopt;
    if (hold && !*hold) return refuse(hold->error());
    const std::scoped_lock contents(content_mutex_);
    const auto held = blobs_.hold_contents(asked.workspace());
    if (!held) return refuse(held.error());
    turns_.end_all(Upload::turn_name(asked));
    const auto left = rows_.remove_attachment(asked.workspace(), *attachment);
    if (!left) return refuse(left.error());
    // From here on nobody sees it; bytes that could not be removed only take room.
    auto dropped = blobs_.drop_upload(asked.workspace(), *attachment);
    if (dropped && *left == 0) dropped = blobs_.drop_content(asked.workspace(), *attachment);
    if (!dropped) return refuse(dropped.error());
    return upload_answer(204);
}

}  // namespace ct::server
