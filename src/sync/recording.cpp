#include "sync/recording.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/digest.h"
#include "sync/recording_bytes.h"

namespace ct::sync {
namespace {

constexpr std::string_view kMagic = "CTre";
constexpr std::size_t kHead = 4 + 4 + 8;
/// A page of 5,000 rows is 150 kB; a frame that says more than this is no frame.
constexpr std::size_t kEntryMax = 32 * 1024 * 1024;

enum class EntryKind : std::uint8_t { begin = 1, step = 2, note = 3, exchange = 4 };

void append_little(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

[[nodiscard]] std::uint64_t little(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
    return value;
}

/// The layout in words.
template <class T>
void describe(std::string& out) {
    if constexpr (kIs<T, std::optional> || kIs<T, std::vector>) {
        out += kIs<T, std::optional> ? '?' : '*';
        describe<typename T::value_type>(out);
    } else if constexpr (kIs<T, std::pair>) {
        describe<typename T::first_type>(out);
        describe<typename T::second_type>(out);
    } else if constexpr (kIs<T, std::variant>) {
        [&]<class... Held>(std::type_identity<std::variant<Held...>>) {
            (describe<Held>(out), ...);
        }(std::type_identity<T>{});
    } else if constexpr (HasMembers<T>) {
        out.append(Members<T>::name).push_back('{');
        each_member<T>([&]<Shape kShape, class M>(const Member<kShape, T, M>& member) {
            out.append(member.name).push_back(static_cast<char>('0' + static_cast<int>(kShape)));
            if constexpr (kShape != Shape::names && kShape != Shape::count) describe<M>(out);
        });
        out.push_back('}');
    } else if constexpr (std::is_enum_v<T>) {
        for (const std::string_view name : kNames<T>) out.append(name).push_back('|');
    } else {
        out += std::is_integral_v<T> ? (std::is_signed_v<T> ? 'i' : 'u') : std::is_same_v<T, double> ? 'd' : 's';
    }
}

[[nodiscard]] std::uint64_t fingerprint() {
    static const std::uint64_t value = [] {
        std::string layout;
        describe<Begin>(layout);
        describe<Engine>(layout);
        describe<Step>(layout);
        describe<Exchange>(layout);
        return checksum64(layout);
    }();
    return value;
}

[[nodiscard]] std::string opened(EntryKind kind) { return std::string(1, static_cast<char>(kind)); }

template <class T>
[[nodiscard]] std::optional<T> whole(std::string_view bytes) {
    BytesIn in(bytes);
    T value;
    in.get(value);
    if (!in.good() || !in.at_end()) return std::nullopt;
    return value;
}

}  // namespace

std::vector<std::string> field_names(crm::Model model, const crm::Changes& changes) {
    std::vector<std::string> names;
    for (const auto& [field, value] : changes.fields) {
        if (field < crm::def(model).fields.size()) names.emplace_back(crm::def(model, field).name);
    }
    if (changes.extra.empty()) return names;
    const auto extra = nlohmann::json::parse(changes.extra, nullptr, false);
    if (extra.is_object()) {
        for (const auto& [name, value] : extra.items()) names.push_back(name);
    }
    return names;
}

crm::Changes changes_of(crm::Model model, const std::vector<std::string>& names) {
    crm::Changes changes;
    nlohmann::json extra = nlohmann::json::object();
    for (const std::string& name : names) {
        if (const auto field = crm::find_field(model, name)) {
            changes.fields.emplace_back(*field, crm::Value{});
        } else {
            extra[name] = nullptr;
        }
    }
    if (!extra.empty()) changes.extra = extra.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return changes;
}

crm::Changes changes_of(std::uint64_t count) {
    crm::Changes changes;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, 255); ++i) {
        changes.fields.emplace_back(static_cast<crm::FieldId>(i), crm::Value{});
    }
    return changes;
}

void NotedRandom::fill(std::span<std::uint8_t> out) {
    source_.fill(out);
    for (std::size_t at = 0; at < out.size(); at += 8) {
        std::uint64_t word = 0;
        for (std::size_t i = std::min<std::size_t>(8, out.size() - at); i-- > 0;) word = word << 8 | out[at + i];
        drawn_.push_back(word);
    }
}

EngineImage image_of(const Engine& engine) {
    EngineImage image;
    BytesOut::Lists lists;
    BytesOut(image.bytes, lists).put(engine);
    return image;
}

bool restore(Engine& engine, const EngineImage& image) {
    BytesIn in(image.bytes);
    in.get(engine);
    return in.good() && in.at_end();
}

std::string begin_entry(const Engine& engine, SteadyMs at, UnixMs wall, std::string_view program, bool goes_on) {
    std::string entry = opened(EntryKind::begin);
    append_little(entry, fingerprint(), 8);
    BytesOut::Lists lists;
    BytesOut(entry, lists).put(Begin{at, wall, std::string(program), goes_on, image_of(engine)});
    return entry;
}

std::string note_entry(UnixMs wall, std::string_view words) {
    std::string entry = opened(EntryKind::note);
    BytesOut::Lists lists;
    BytesOut(entry, lists).put(Note{wall, std::string(words)});
    return entry;
}

std::string exchange_entry(const Exchange& exchange) {
    std::string entry = opened(EntryKind::exchange);
    BytesOut::Lists lists;
    BytesOut(entry, lists).put(exchange);
    return entry;
}

void StepWriter::takes(const Event& event, SteadyMs at, UnixMs wall) {
    bytes_.clear();
    lists_.clear();
    bytes_.push_back(static_cast<char>(EntryKind::step));
    BytesOut out(bytes_, lists_);
    out.put(at);
    out.put(wall);
    out.put(event);
}

std::string_view StepWriter::gives(const std::vector<Action>& actions, const std::vector<std::uint64_t>& drawn) {
    BytesOut out(bytes_, lists_);
    out.put(drawn);
    out.put(actions);
    return bytes_;
}

void append_frame(std::string& out, std::string_view entry) {
    out.append(kMagic);
    append_little(out, entry.size(), 4);
    append_little(out, checksum64(entry), 8);
    out.append(entry);
}

namespace {

/// The payload of the frame at the beginning of these bytes.
[[nodiscard]] std::optional<std::string_view> framed(std::string_view bytes) {
    if (!bytes.starts_with(kMagic) || bytes.size() < kHead) return std::nullopt;
    const std::uint64_t length = little(bytes.substr(4, 4));
    if (length == 0 || length > kEntryMax || length > bytes.size() - kHead) return std::nullopt;
    const std::string_view payload = bytes.substr(kHead, length);
    if (checksum64(payload) != little(bytes.substr(8, 8))) return std::nullopt;
    return payload;
}

class SegmentReader {
  public:
    explicit SegmentReader(const std::function<void(Entry&&)>& visit) : visit_(visit) {}

    void read(std::string_view bytes) {
        std::size_t skipped = 0;
        while (!bytes.empty()) {
            if (const auto payload = framed(bytes)) {
                if (skipped > 0) visit_(Gap{static_cast<std::int64_t>(std::exchange(skipped, 0)), false});
                entry(*payload);
                bytes.remove_prefix(kHead + payload->size());
                continue;
            }
            const std::size_t next = std::min(bytes.find(kMagic, 1), bytes.size());
            skipped += next;
            bytes.remove_prefix(next);
        }
    }

  private:
    void entry(std::string_view payload) {
        const auto kind = static_cast<EntryKind>(payload.front());
        std::string_view rest = payload.substr(1);
        if (kind == EntryKind::begin && rest.size() >= 8) {
            ours_ = little(rest.substr(0, 8)) == fingerprint();
            rest.remove_prefix(8);
        }
        if (!ours_) return visit_(Gap{static_cast<std::int64_t>(payload.size()), true});
        switch (kind) {
            case EntryKind::begin: return hand_over<Begin>(rest);
            case EntryKind::step: return hand_over<Step>(rest);
            case EntryKind::note: return hand_over<Note>(rest);
            case EntryKind::exchange: return hand_over<Exchange>(rest);
        }
        visit_(Gap{static_cast<std::int64_t>(payload.size()), false});
    }
    template <class T>
    void hand_over(std::string_view bytes) {
        auto value = whole<T>(bytes);
        if (value) return visit_(std::move(*value));
        visit_(Gap{static_cast<std::int64_t>(bytes.size()), false});
    }

    const std::function<void(Entry&&)>& visit_;
    bool ours_ = false;  // since the last Begin; a segment begins with one
};

}  // namespace

void read_recording(std::string_view segment, const std::function<void(Entry&&)>& visit) {
    SegmentReader(visit).read(segment);
}

}  // namespace ct::sync
