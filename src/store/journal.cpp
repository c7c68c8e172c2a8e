#include "store/journal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
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
void note_sequence(JournalContent& content, std::string_view state, std::int64_t sequence) {
    if (state != name(sync::QueueState::sent)) return;
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
    const std::string word = is != entry.end() && is->is_string() ? is->get<std::string>() : std::string{};
    const auto state = sync::find_queue_state(word);
    if (!position || !sequence || !state) return no_entry();
    note_sequence(content, word, *sequence);
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
        note_sequence(content, name(queued->state), queued->sequence);
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

/// Walks over JSON as this program writes it, without blanks; anything else is for the real reader.
class Walker {
  public:
    explicit Walker(std::string_view text) : text_(text) {}

    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
    [[nodiscard]] std::size_t at() const { return at_; }
    [[nodiscard]] std::string_view since(std::size_t from) const { return text_.substr(from, at_ - from); }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void need(char c) { good_ = take(c) && good_; }
    /// A string's contents, escapes as they stand.
    std::string_view string() {
        need('"');
        const std::size_t from = at_;
        while (good_) {
            const std::size_t quote = text_.find('"', at_);
            if (quote == std::string_view::npos) break;
            std::size_t slashes = 0;
            while (slashes < quote - from && text_[quote - 1 - slashes] == '\\') ++slashes;
            at_ = quote + 1;
            if (slashes % 2 == 0) return text_.substr(from, quote - from);
        }
        good_ = false;
        return {};
    }
    std::int64_t number() {
        std::int64_t value = 0;
        const char* const end = text_.data() + text_.size();
        const auto [behind, error] = std::from_chars(text_.data() + at_, end, value);
        good_ = good_ && error == std::errc{};
        at_ = static_cast<std::size_t>(behind - text_.data());
        return value;
    }
    void skip() {
        std::size_t depth = 0;
        while (good_ && !at_end()) {
            const char c = text_[at_];
            if (c == '"') {
                (void)string();
            } else if (c == '{' || c == '[') {
                ++depth;
                ++at_;
            } else if (c == '}' || c == ']') {
                if (depth == 0) return;  // of what this value is in
                --depth;
                ++at_;
            } else if (c == ',' && depth == 0) {
                return;
            } else {
                ++at_;
                continue;  // of a number or a word, or between values
            }
            if (depth == 0) return;
        }
        good_ = good_ && depth == 0;
    }
    /// Visit(name) walks over the member's value.
    template <class Visit>
    void members(const Visit& visit) {
        need('{');
        if (take('}')) return;
        while (good_) {
            const std::string_view name = string();
            need(':');
            if (!good_) return;
            visit(name);
            if (!take(',')) return need('}');
        }
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    bool good_ = true;
};

JournalGlance::Row glance_at_row(Walker& walk) {
    JournalGlance::Row row;
    row.sequence = std::numeric_limits<std::int64_t>::min();
    walk.members([&](std::string_view name) {
        if (name == "state") {
            row.state = walk.string();
        } else if (name == "sequence") {
            row.sequence = walk.number();
        } else if (name == "operation") {
            walk.members([&](std::string_view member) {
                if (member == "id")
                    row.id = walk.string();
                else if (member == "stamp")
                    row.stamp = walk.string();
                else
                    walk.skip();
            });
        } else {
            walk.skip();
        }
    });
    return row;
}

bool glance_at_entry(JournalGlance& glance, Walker& walk) {
    const std::size_t from = walk.at();
    std::optional<Position> put, state, gone;
    std::optional<JournalGlance::Row> row;
    JournalGlance::Row stands;
    bool other = false;
    walk.members([&](std::string_view name) {
        if (name == "put") {
            put = walk.number();
        } else if (name == "row") {
            row = glance_at_row(walk);
        } else if (name == "state") {
            state = walk.number();
        } else if (name == "is") {
            stands.state = walk.string();
        } else if (name == "sequence") {
            stands.sequence = walk.number();
        } else if (name == "gone") {
            gone = walk.number();
        } else {
            other = true;
            walk.skip();
        }
    });
    if (!walk.good()) return false;
    if (other) {  // few, and small
        const auto entry = crm::parse_json(walk.since(from));
        return entry && !put && !state && !gone && take(glance.rest, *entry).has_value();
    }
    ++glance.rest.entries;
    if (gone) return glance.queue.erase(*gone), true;
    if (put && row && !row->id.empty() && !row->stamp.empty() && !row->state.empty()) {
        note_sequence(glance.rest, row->state, row->sequence);
        glance.queue.insert_or_assign(*put, *row);
        return true;
    }
    if (!state || stands.state.empty()) return false;
    note_sequence(glance.rest, stands.state, stands.sequence);
    const auto at = glance.queue.find(*state);
    if (at == glance.queue.end()) return false;
    at->second.state = stands.state;
    at->second.sequence = stands.sequence;
    return true;
}

bool glance_at_frame(JournalGlance& glance, std::string_view payload) {
    Walker walk(payload);
    walk.need('[');
    do {
        if (!walk.good() || !glance_at_entry(glance, walk)) return false;
    } while (walk.take(','));
    walk.need(']');
    return walk.good() && walk.at_end();
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

Result<std::optional<JournalGlance>> Journal::glance(std::string& bytes) {
    file_.reset();
    if (path_.empty() || !disk_.exists(path_)) return std::nullopt;
    auto file = disk_.open(path_);
    if (!file) return fail(file.error());
    auto read = (*file)->read();
    if (!read) return fail(read.error());
    bytes = *std::move(read);
    auto glance = glance_at_journal(bytes);
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
