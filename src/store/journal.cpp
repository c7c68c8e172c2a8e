#include "store/journal.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "crm/json_codec.h"
#include "store/queue_codec.h"
#include "store/state_table.h"

namespace ct::store {

namespace {

using nlohmann::json;

constexpr std::string_view kMagic = "CTqj";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHead = 24, kChecksumAt = 16;
/// More history than that, and more than what is alive: the journal is written anew.
constexpr std::int64_t kHistoryMax = 2'000;

template <class T>
void append(std::string& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

template <class T>
T number_at(std::string_view bytes, std::size_t at) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value = static_cast<T>(value | static_cast<T>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i));
    }
    return value;
}

std::uint64_t checksum_of(std::string_view head, std::string_view payload) {
    std::string all(head.substr(0, kChecksumAt));
    return checksum64(all.append(payload));
}

/// The payload of the frame that begins there; nothing when none does.
std::optional<std::string_view> payload_at(std::string_view bytes, std::size_t at) {
    if (bytes.size() - at < kHead || bytes.substr(at, kMagic.size()) != kMagic) return std::nullopt;
    const auto length = number_at<std::uint64_t>(bytes, at + 8);
    if (length > bytes.size() - at - kHead) return std::nullopt;
    const std::string_view payload = bytes.substr(at + kHead, static_cast<std::size_t>(length));
    if (checksum_of(bytes.substr(at, kHead), payload) != number_at<std::uint64_t>(bytes, at + kChecksumAt))
        return std::nullopt;
    return payload;
}

Failure no_entry() { return fail(ErrorKind::corrupt, "MALFORMED", "an entry of the journal cannot be read"); }

std::optional<std::int64_t> integer(const json& entry, const char* member) {
    const auto at = entry.find(member);
    if (at == entry.end() || !at->is_number_integer()) return std::nullopt;
    return at->get<std::int64_t>();
}

void note_sequence(JournalContent& content, std::int64_t sequence) {
    content.next_sequence = std::max(content.next_sequence, sequence + 1);
}

Result<void> take_identity(JournalContent& content, const json& values) {
    if (!values.is_object()) return no_entry();
    content.identity.clear();
    for (const auto& [key, value] : values.items()) {
        if (value.is_string()) content.identity[key] = value.get<std::string>();
    }
    content.next_sequence = state_from(content.identity).state.next_sequence;
    return {};
}

Result<void> take_state(JournalContent& content, const json& entry) {
    const auto position = integer(entry, "state"), sequence = integer(entry, "sequence");
    const auto is = entry.find("is");
    const auto state =
        is != entry.end() && is->is_string() ? sync::find_queue_state(is->get<std::string>()) : std::nullopt;
    if (!position || !sequence || !state) return no_entry();
    note_sequence(content, *sequence);
    const auto at = content.queue.find(*position);
    if (at == content.queue.end()) return {};  // its row was in a frame that could not be read
    at->second.state = *state;
    at->second.sequence = *sequence;
    return {};
}

Result<void> take(JournalContent& content, const json& entry) {
    if (!entry.is_object()) return no_entry();
    ++content.entries;
    if (const auto row = entry.find("row"); row != entry.end()) {
        const auto position = integer(entry, "put");
        auto queued = queued_from(*row);
        if (!position || !queued) return no_entry();
        note_sequence(content, queued->sequence);
        content.queue.insert_or_assign(*position, std::move(*queued));
        return {};
    }
    if (entry.contains("state")) return take_state(content, entry);
    if (const auto position = integer(entry, "gone")) {
        content.queue.erase(*position);
        return {};
    }
    if (const auto values = entry.find("identity"); values != entry.end()) return take_identity(content, *values);
    if (const auto row = entry.find("attachment"); row != entry.end()) {
        auto attachment = attachment_from(*row);
        if (!attachment) return no_entry();
        content.attachments.insert_or_assign(attachment->id, std::move(*attachment));
        return {};
    }
    const auto gone = entry.find("detached");
    const auto id = gone != entry.end() && gone->is_string() ? Uuid::parse(gone->get<std::string>()) : std::nullopt;
    if (!id) return no_entry();
    content.attachments.erase(*id);
    return {};
}

void take_frame(JournalContent& content, std::string_view payload) {
    const auto entries = crm::parse_json(payload);
    if (!entries || !entries->is_array()) {
        ++content.damaged;
        return;
    }
    for (const json& entry : *entries) {
        if (auto taken = take(content, entry); !taken) ++content.damaged;
    }
}

std::string put_entry(Position position, const sync::QueuedOperation& queued) {
    return "{\"put\":" + std::to_string(position) + ",\"row\":" + queued_text(queued) + "}";
}
std::string identity_entry(const std::map<std::string, std::string>& values) {
    json entry;
    entry["identity"] = values;
    return entry.dump(-1, ' ', false, json::error_handler_t::replace);
}
std::string attachment_entry(const Attachment& attachment) {
    return "{\"attachment\":" + attachment_text(attachment) + "}";
}

}  // namespace

std::string journal_frame(std::string_view entries) {
    const std::string payload = "[" + std::string(entries) + "]";
    std::string frame(kMagic);
    append(frame, kVersion);
    append(frame, static_cast<std::uint64_t>(payload.size()));
    append(frame, checksum_of(frame, payload));
    return frame + payload;
}

Result<JournalContent> read_journal(std::string_view bytes) {
    JournalContent content;
    bool gap = false;
    for (std::size_t at = 0; at + kHead <= bytes.size();) {
        const auto payload = payload_at(bytes, at);
        if (!payload) {
            gap = true;
            at = std::min(bytes.find(kMagic, at + 1), bytes.size());
            continue;
        }
        if (number_at<std::uint32_t>(bytes, at + kMagic.size()) > kVersion) {
            return fail(ErrorKind::newer, "JOURNAL_NEWER",
                        "the journal was written by a newer version of this program");
        }
        if (std::exchange(gap, false)) ++content.damaged;
        take_frame(content, *payload);
        at += kHead + payload->size();
        content.end = static_cast<std::int64_t>(at);
    }
    return content;
}

Result<std::optional<JournalContent>> Journal::open() {
    file_.reset();
    if (path_.empty() || !disk_.exists(path_)) return std::nullopt;
    auto file = disk_.open(path_);
    if (!file) return fail(file.error());
    const auto bytes = (*file)->read();
    if (!bytes) return fail(bytes.error());
    auto content = read_journal(*bytes);
    if (!content) {
        Error error = content.error();
        error.message = path_ + ": " + error.message;
        return fail(std::move(error));
    }
    file_ = std::move(*file);
    end_ = content->end;
    entries_ = content->entries;
    attachments_.clear();
    for (const auto& [id, attachment] : content->attachments) attachments_.insert(id);
    return std::move(*content);
}

Result<void> Journal::rewrite(const JournalContent& content) {
    if (path_.empty()) return {};
    file_.reset();
    std::string bytes = journal_frame(identity_entry(content.identity));
    for (const auto& [position, queued] : content.queue) bytes += journal_frame(put_entry(position, queued));
    for (const auto& [id, attachment] : content.attachments) bytes += journal_frame(attachment_entry(attachment));
    if (auto replaced = disk_.replace(path_, bytes); !replaced) return replaced;
    auto file = disk_.open(path_);
    if (!file) return fail(file.error());
    file_ = std::move(*file);
    end_ = static_cast<std::int64_t>(bytes.size());
    entries_ = static_cast<std::int64_t>(1 + content.queue.size() + content.attachments.size());
    attachments_.clear();
    for (const auto& [id, attachment] : content.attachments) attachments_.insert(id);
    return {};
}

Result<void> Journal::set_aside(const std::string& to) {
    file_.reset();
    return disk_.move(path_, to);
}

// ---- one transaction

void Journal::add(std::string entry) {
    if (path_.empty() || off_) return;
    if (!noted_.empty()) noted_.push_back(',');
    noted_ += entry;
    ++noted_count_;
}

void Journal::put(Position position, const sync::QueuedOperation& queued) { add(put_entry(position, queued)); }

void Journal::state(Position position, sync::QueueState state, std::int64_t sequence) {
    add("{\"state\":" + std::to_string(position) + ",\"is\":\"" + std::string(name(state)) +
        "\",\"sequence\":" + std::to_string(sequence) + "}");
}

void Journal::gone(Position position) { add("{\"gone\":" + std::to_string(position) + "}"); }

void Journal::identity(const std::map<std::string, std::string>& values) { add(identity_entry(values)); }

void Journal::keep_attachments() {
    if (!attachments_before_) attachments_before_ = attachments_;
}

void Journal::note(const Attachment& attachment) {
    if (!attachment.unsent()) return note_gone(attachment.id);
    // How far an upload came is the server's to say: not worth a flush for every part.
    if (attachments_.contains(attachment.id) && attachment.state == AttachmentState::queued && attachment.offset > 0)
        return;
    keep_attachments();
    attachments_.insert(attachment.id);
    add(attachment_entry(attachment));
}

void Journal::note_gone(const Uuid& attachment) {
    if (!attachments_.contains(attachment)) return;
    keep_attachments();
    attachments_.erase(attachment);
    add("{\"detached\":\"" + attachment.str() + "\"}");
}

Result<void> Journal::write() {
    const bool side_by_side = std::exchange(side_by_side_, false);
    if (noted_.empty()) return {};
    if (file_ == nullptr) return fail(ErrorKind::disk, "DISK_ERROR", path_ + " cannot be written");
    const std::string frame = journal_frame(noted_);
    frame_at_ = end_;
    auto written = file_->write(end_, frame);
    if (written) {
        file_->begin_flush();
        flushing_ = true;
        if (!side_by_side) written = end_flush();
    }
    if (!written) return written;
    end_ += static_cast<std::int64_t>(frame.size());
    entries_ += noted_count_;
    noted_.clear();
    noted_count_ = 0;
    return {};
}

Result<void> Journal::committed() {
    frame_at_.reset();
    attachments_before_.reset();
    return end_flush();
}

Result<void> Journal::end_flush() {
    if (!std::exchange(flushing_, false)) return {};
    auto flushed = file_->end_flush();
    if (!flushed) file_.reset();
    return flushed;
}

void Journal::take_back() {
    noted_.clear();
    noted_count_ = 0;
    side_by_side_ = false;
    if (attachments_before_) attachments_ = std::move(*attachments_before_);
    attachments_before_.reset();
    if (flushing_) (void)end_flush();
    const auto at = std::exchange(frame_at_, std::nullopt);
    if (!at) return;
    // Its frame is written out: without it, the edit would come back with the next start, though it was refused.
    const std::array<char, kHead> nothing{};
    const bool done = file_ != nullptr && file_->write(*at, {nothing.data(), nothing.size()}).has_value() &&
                      file_->flush().has_value();
    if (done) {
        end_ = *at;
    } else {
        file_.reset();
    }
}

bool Journal::mostly_history(std::size_t live) const {
    return file_ != nullptr && entries_ > kHistoryMax && entries_ > 2 * static_cast<std::int64_t>(live);
}

}  // namespace ct::store
