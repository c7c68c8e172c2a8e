#include "store/journal.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "crm/json_codec.h"
#include "crm/json_numbers.h"
#include "store/queue_codec.h"
#include "store/state_table.h"

namespace ct::store {

namespace {

using nlohmann::json;

constexpr std::string_view kMagic = "CTqj";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHead = 24, kChecksumAt = 16;
/// A journal larger than that, of which most is history, is written anew.
constexpr std::int64_t kHistoryMax = 1 << 20;
/// Writing anew reads every row of the queue: while a long queue is sent, that is to happen twice or three times, not
/// with every batch. An entry takes about twice what its operation takes in a push.
constexpr std::int64_t kHistoryFactor = 6;

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

/// Only what is in flight tells: others keep the number that they had, which may have been another device's.
void note_sequence(JournalContent& content, sync::QueueState state, std::int64_t sequence) {
    if (state != sync::QueueState::sent) return;
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
        sync::find_queue_state(is != entry.end() && is->is_string() ? is->get<std::string>() : std::string{});
    if (!position || !sequence || !state) return no_entry();
    note_sequence(content, *state, *sequence);
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
        note_sequence(content, queued->state, queued->sequence);
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

/// Calls `visit` with the payload of each frame that can be read; tells `content` of those that cannot, and of the end.
/// False: a newer version wrote it.
template <class Visit>
bool each_frame(std::string_view bytes, JournalContent& content, const Visit& visit) {
    bool gap = false;
    for (std::size_t at = 0; at + kHead <= bytes.size();) {
        const auto payload = payload_at(bytes, at);
        if (!payload) {
            gap = true;
            at = std::min(bytes.find(kMagic, at + 1), bytes.size());
            continue;
        }
        if (number_at<std::uint32_t>(bytes, at + kMagic.size()) > kVersion) return false;
        if (std::exchange(gap, false)) ++content.damaged;
        visit(*payload);
        at += kHead + payload->size();
        content.end = static_cast<std::int64_t>(at);
    }
    return true;
}

/// RapidJSON's handler for a frame: of its entries what a glance is about.
class GlanceEvents : public crm::JsonNumbers<GlanceEvents> {
  public:
    struct Entry {
        std::optional<Position> put, state, gone;
        JournalGlance::Row row;  // of `put`; of `state` how it stands
        bool other = false;      // few, and small: to be read as a tree
    };
    std::vector<Entry> entries;

    bool Null() { return in_entry(); }
    bool Bool(bool) { return in_entry(); }
    bool whole(std::int64_t value, bool) {
        if (!in_entry()) return false;
        Entry& entry = entries.back();
        if (at("[.put")) entry.put = value;
        if (at("[.state")) entry.state = value;
        if (at("[.gone")) entry.gone = value;
        if (at("[.sequence") || at("[.row.sequence")) entry.row.sequence = value;
        return true;
    }
    bool number(const json&) { return in_entry(); }
    bool String(const char* text, unsigned size, bool) {
        if (!in_entry()) return false;
        const std::string_view value(text, size);
        JournalGlance::Row& row = entries.back().row;
        if (at("[.is") || at("[.row.state")) row.state = sync::find_queue_state(value);
        if (at("[.row.operation.id")) row.id = Uuid::parse(value).value_or(Uuid{});
        if (at("[.row.operation.stamp")) row.stamp = value;
        return true;
    }
    bool Key(const char* text, unsigned size, bool) {
        path_.resize(open_.back() + 1);
        path_.append(text, size);
        if (open_.size() > 2) return true;
        const std::string_view name(text, size);
        entries.back().other |=
            name != "put" && name != "row" && name != "state" && name != "is" && name != "sequence" && name != "gone";
        return true;
    }
    bool StartObject() {
        if (open_.size() == 1) entries.emplace_back();
        return !open_.empty() && open('.');
    }
    bool EndObject(unsigned) { return close(); }
    bool StartArray() { return open_.size() != 1 && open('['); }
    bool EndArray(unsigned) { return close(); }

  private:
    [[nodiscard]] bool in_entry() const { return open_.size() > 1; }
    /// By their lengths first: nearly always that is enough.
    [[nodiscard]] bool at(std::string_view path) const { return std::string_view(path_) == path; }
    bool open(char mark) {
        open_.push_back(path_.size());
        path_ += mark;
        return true;
    }
    bool close() {
        path_.resize(open_.back());
        open_.pop_back();
        return true;
    }

    std::string path_;               // of the value that comes next: "[.row.operation.id"
    std::vector<std::size_t> open_;  // where in `path_` the containers have their marks
};

bool glance_at_entry(JournalGlance& glance, GlanceEvents::Entry&& entry) {
    ++glance.rest.entries;
    if (entry.gone) {
        glance.queue.erase(*entry.gone);
        return true;
    }
    const JournalGlance::Row& row = entry.row;
    if (!row.state || (!entry.put && !entry.state)) return false;
    note_sequence(glance.rest, *row.state, row.sequence);
    if (entry.put) {
        if (row.id.nil() || row.stamp.empty()) return false;
        glance.queue.insert_or_assign(*entry.put, std::move(entry.row));
        return true;
    }
    const auto at = glance.queue.find(*entry.state);
    if (at == glance.queue.end()) return false;
    at->second.state = row.state;
    at->second.sequence = row.sequence;
    return true;
}

bool glance_at_frame(JournalGlance& glance, std::string_view payload) {
    GlanceEvents events;
    constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::MemoryStream stream(payload.data(), payload.size());
    rapidjson::Reader reader;
    if (reader.Parse<kFlags>(stream, events).IsError() || stream.Tell() != payload.size()) return false;
    json tree;
    for (std::size_t i = 0; i < events.entries.size(); ++i) {
        GlanceEvents::Entry& entry = events.entries[i];
        if (!entry.other) {
            if (!glance_at_entry(glance, std::move(entry))) return false;
            continue;
        }
        if (tree.is_null()) tree = crm::parse_json(payload).value_or(json());
        if (entry.put || entry.state || entry.gone || !tree.is_array() || !take(glance.rest, tree[i])) return false;
    }
    return true;
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
    if (!each_frame(bytes, content, [&](std::string_view payload) { take_frame(content, payload); })) {
        return fail(ErrorKind::newer, "JOURNAL_NEWER", "the journal was written by a newer version of this program");
    }
    return content;
}

std::optional<JournalGlance> glance_at_journal(std::string_view bytes) {
    JournalGlance glance;
    bool good = true;
    const bool known = each_frame(bytes, glance.rest,
                                  [&](std::string_view payload) { good = good && glance_at_frame(glance, payload); });
    if (!known || !good || glance.rest.damaged > 0) return std::nullopt;
    return glance;
}

void Journal::keep_open(std::unique_ptr<DurableFile> file, const JournalContent& content) {
    file_ = std::move(file);
    end_ = content.end;
    attachments_.clear();
    for (const auto& [id, attachment] : content.attachments) attachments_.insert(id);
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
    keep_open(std::move(*file), *content);
    return std::move(*content);
}

Result<std::optional<JournalGlance>> Journal::glance() {
    file_.reset();
    if (path_.empty() || !disk_.exists(path_)) return std::nullopt;
    auto file = disk_.open(path_);
    if (!file) return fail(file.error());
    const auto bytes = (*file)->read();
    if (!bytes) return fail(bytes.error());
    auto glance = glance_at_journal(*bytes);
    if (glance) keep_open(std::move(*file), glance->rest);
    return glance;
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
    noted_.clear();
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

bool Journal::mostly_history(std::int64_t live_bytes) const {
    return file_ != nullptr && end_ > kHistoryMax && end_ > kHistoryFactor * live_bytes;
}

}  // namespace ct::store
