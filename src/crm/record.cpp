#include "crm/record.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "crm/json_codec.h"
#include "crm/tables.h"
#include "crm/validate.h"

namespace ct::crm {
namespace {

// Tags of packed entries. Short texts, which nearly all are, take two bytes beside their own; the words of the table's
// choices, which every record has some of, take two altogether.
constexpr std::uint8_t kFalse = 0;
constexpr std::uint8_t kTrue = 1;
constexpr std::uint8_t kInteger = 2;   // zigzag varint follows
constexpr std::uint8_t kLongText = 3;  // varint of (length - kLongTextMin), then the text
constexpr std::uint8_t kText = 3;      // tag kText + n: a text of n bytes, 1 <= n < kLongTextMin
constexpr std::uint8_t kWord = 201;    // tag kWord + n: the n-th of kWords
constexpr std::size_t kLongTextMin = kWord - kText;
constexpr std::size_t kWordsMax = 256 - kWord;

struct Words {
    std::array<std::string_view, kWordsMax> sorted{};
    std::size_t count = 0;

    constexpr void add(std::string_view word) {
        std::size_t at = count;
        while (at > 0 && word < sorted[at - 1]) --at;
        if (at > 0 && sorted[at - 1] == word) return;
        for (std::size_t i = count; i > at; --i) sorted[i] = sorted[i - 1];
        sorted[at] = word;
        ++count;
    }
};

constexpr Words kWords = [] {
    Words words;
    for (const ModelDef& model : tables::kModels) {
        for (const FieldDef& field : model.fields) {
            for (const std::string_view choice : field.choices) words.add(choice);
        }
    }
    for (const std::string_view currency : {"INR", "USD", "EUR", "GBP", "AED"}) words.add(currency);
    return words;
}();

/// Its place among kWords, or kWordsMax.
[[nodiscard]] std::size_t word_of(std::string_view text) {
    constexpr std::size_t kLengthMin = 2, kLengthMax = 14;
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (text.size() < kLengthMin || text.size() > kLengthMax) return kWordsMax;
    if (!capital(text.front()) || !capital(text.back())) return kWordsMax;  // spares people's names the search
    const auto end = kWords.sorted.begin() + kWords.count;
    const auto found = std::lower_bound(kWords.sorted.begin(), end, text);
    return found == end || *found != text ? kWordsMax : static_cast<std::size_t>(found - kWords.sorted.begin());
}

constexpr std::size_t kHeadMax = 2 + 10;  // field, tag, varint of 64 bits

[[noreturn]] void broken(const char* what) {
    std::fprintf(stderr, "crm::Fields: %s: a mistake in this program\n", what);
    std::abort();
}

[[nodiscard]] std::uint8_t byte_at(std::string_view packed, std::size_t at) {
    if (at >= packed.size()) broken("an entry ends behind the end");
    return static_cast<std::uint8_t>(packed[at]);
}

[[nodiscard]] std::uint64_t zigzag(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    return bits << 1 ^ (value < 0 ? ~std::uint64_t{0} : 0);
}

[[nodiscard]] std::int64_t unzigzag(std::uint64_t bits) {
    return static_cast<std::int64_t>(bits >> 1 ^ (0 - (bits & 1)));
}

[[nodiscard]] std::size_t write_varint(char* out, std::uint64_t value) {
    std::size_t size = 0;
    while (value >= 0x80) {
        out[size++] = static_cast<char>(value | 0x80);
        value >>= 7;
    }
    out[size++] = static_cast<char>(value);
    return size;
}

struct Varint {
    std::uint64_t value;
    std::size_t end;
};

[[nodiscard]] Varint read_varint(std::string_view packed, std::size_t at) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint8_t byte = byte_at(packed, at++);
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return {value, at};
    }
    broken("a number without an end");
}

[[nodiscard]] bool counts_as_absent(const ValueView& value) {
    if (absent(value)) return true;
    const auto* const text = std::get_if<std::string_view>(&value);
    return text != nullptr && text->empty();
}

/// Head of an entry, and the text that follows it (empty unless it is one).
struct Encoded {
    std::array<char, kHeadMax> head;
    std::size_t head_size;
    std::string_view text;
};

[[nodiscard]] Encoded encode(FieldId field, const ValueView& value) {
    Encoded out{};
    out.head[0] = static_cast<char>(field);
    out.head_size = 2;
    if (const auto* const flag = std::get_if<bool>(&value)) {
        out.head[1] = static_cast<char>(*flag ? kTrue : kFalse);
    } else if (const auto* const number = std::get_if<std::int64_t>(&value)) {
        out.head[1] = static_cast<char>(kInteger);
        out.head_size += write_varint(out.head.data() + 2, zigzag(*number));
    } else {
        out.text = std::get<std::string_view>(value);
        if (const std::size_t word = word_of(out.text); word < kWordsMax) {
            out.head[1] = static_cast<char>(kWord + word);
            out.text = {};
        } else if (out.text.size() < kLongTextMin) {
            out.head[1] = static_cast<char>(kText + out.text.size());
        } else {
            out.head[1] = static_cast<char>(kLongText);
            out.head_size += write_varint(out.head.data() + 2, out.text.size() - kLongTextMin);
        }
    }
    return out;
}

}  // namespace

// ---- Fields

Fields::Entry Fields::decode(std::string_view packed, std::size_t at) {
    const FieldId field = byte_at(packed, at);
    const std::uint8_t tag = byte_at(packed, at + 1);
    at += 2;
    if (tag == kFalse || tag == kTrue) return {field, tag == kTrue, at};
    if (tag == kInteger) {
        const Varint number = read_varint(packed, at);
        return {field, unzigzag(number.value), number.end};
    }
    if (tag >= kWord) return {field, kWords.sorted[static_cast<std::size_t>(tag) - kWord], at};
    std::size_t length = static_cast<std::size_t>(tag) - kText;
    if (tag == kLongText) {
        const Varint rest = read_varint(packed, at);
        length = static_cast<std::size_t>(rest.value) + kLongTextMin;
        at = rest.end;
    }
    if (length > packed.size() - at) broken("a text ends behind the end");
    return {field, packed.substr(at, length), at + length};
}

std::size_t Fields::entry_end(std::string_view packed, std::size_t at) {
    const std::uint8_t tag = byte_at(packed, at + 1);
    if (tag >= kWord) return at + 2;
    if (tag > kLongText) return at + 2 + (static_cast<std::size_t>(tag) - kText);
    if (tag < kInteger) return at + 2;
    const Varint number = read_varint(packed, at + 2);
    return tag == kInteger ? number.end : number.end + static_cast<std::size_t>(number.value) + kLongTextMin;
}

std::size_t Fields::find(FieldId field) const {
    const std::string_view packed = packed_.view();
    if (packed.empty() || field > static_cast<FieldId>(packed[0])) return packed.size();
    // The highest field is at least `field`, so the walk ends inside; entry_end checks what it reads.
    std::size_t at = 1;
    while (byte_at(packed, at) < field) at = entry_end(packed, at);
    return at;
}

ValueView Fields::get(FieldId field) const {
    const std::size_t at = find(field);
    if (at >= packed_.size() || static_cast<FieldId>(packed_[at]) != field) return {};
    return decode(packed_.view(), at).value;
}

bool Fields::has(FieldId field) const {
    const std::size_t at = find(field);
    return at < packed_.size() && static_cast<FieldId>(packed_[at]) == field;
}

std::string_view Fields::text(FieldId field) const {
    const ValueView value = get(field);
    const auto* const found = std::get_if<std::string_view>(&value);
    return found == nullptr ? std::string_view{} : *found;
}

std::int64_t Fields::integer(FieldId field, std::int64_t fallback) const {
    const ValueView value = get(field);
    const auto* const found = std::get_if<std::int64_t>(&value);
    return found == nullptr ? fallback : *found;
}

bool Fields::flag(FieldId field) const {
    const ValueView value = get(field);
    const auto* const found = std::get_if<bool>(&value);
    return found != nullptr && *found;
}

bool Fields::holds(const char* byte) const {
    const std::less_equal<const char*> before;
    return before(packed_.data(), byte) && before(byte, packed_.data() + packed_.size());
}

void Fields::splice(std::size_t at, std::size_t end, FieldId field, ValueView value) {
    // A view into ourselves would not survive the move of bytes below.
    std::string kept;
    if (const auto* const text = std::get_if<std::string_view>(&value)) {
        if (holds(text->data())) {
            kept = *text;
            value = std::string_view(kept);
        }
    }
    const Encoded entry = encode(field, value);
    packed_.open(at, end - at, entry.head_size + entry.text.size());
    std::memcpy(&packed_[at], entry.head.data(), entry.head_size);
    if (!entry.text.empty()) std::memcpy(&packed_[at + entry.head_size], entry.text.data(), entry.text.size());
}

void Fields::set(FieldId field, ValueView value) {
    const std::size_t at = find(field);
    const bool there = at < packed_.size() && static_cast<FieldId>(packed_[at]) == field;
    const std::size_t end = there ? entry_end(packed_.view(), at) : at;

    if (!counts_as_absent(value)) {
        if (at == packed_.size()) {
            append(field, value);
        } else {
            splice(at, end, field, value);
        }
        return;
    }
    if (!there) return;
    const bool highest = end == packed_.size();
    packed_.open(at, end - at, 0);
    if (!highest) return;
    if (packed_.size() == 1) {
        packed_.clear();
        return;
    }
    for (std::size_t walk = 1; walk < packed_.size(); walk = entry_end(packed_.view(), walk))
        packed_[0] = packed_[walk];
}

void Fields::append(FieldId field, ValueView value) {
    if (!packed_.empty() && field <= static_cast<FieldId>(packed_[0])) broken("append out of order");
    if (counts_as_absent(value)) return;
    if (const auto* const text = std::get_if<std::string_view>(&value); text != nullptr && holds(text->data())) {
        return append(field, std::string_view(std::string(*text)));
    }
    if (packed_.empty()) packed_.append(std::string_view("\0", 1));
    const Encoded entry = encode(field, value);
    packed_.append({entry.head.data(), entry.head_size});
    packed_.append(entry.text);
    packed_[0] = static_cast<char>(field);
}

// ---- Changes

const Value* Changes::find(FieldId field) const {
    for (const auto& [id, value] : fields) {
        if (id == field) return &value;
    }
    return nullptr;
}

void Changes::set(FieldId field, Value value) {
    for (auto& [id, old] : fields) {
        if (id == field) {
            old = std::move(value);
            return;
        }
    }
    fields.emplace_back(field, std::move(value));
}

// ---- Record

namespace {

using Json = nlohmann::json;

/// The object that the text is, or an empty one.
[[nodiscard]] Json object_of(std::string_view text) {
    if (text.empty()) return Json::object();
    Result<Json> parsed = parse_json(text);
    return parsed && parsed->is_object() ? *std::move(parsed) : Json::object();
}

[[nodiscard]] std::string text_of(const Json& object) {
    return object.empty() ? std::string() : object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void merge_extra(RareText& into, std::string_view changes) {
    if (changes.empty()) return;
    Json merged = object_of(into);
    Json members = object_of(changes);
    for (auto& [key, value] : members.items()) {
        if (value.is_null()) {
            merged.erase(key);
        } else {
            merged[key] = std::move(value);
        }
    }
    into = text_of(merged);
}

/// Bytes that the changes take in an empty record, about.
[[nodiscard]] std::size_t packed_size(const Changes& changes) {
    constexpr std::size_t kDerived = 1 + 2 + 16;  // head of the block, and an E.164 number
    std::size_t bytes = kDerived;
    for (const auto& [field, value] : changes.fields) {
        const auto* const text = std::get_if<std::string>(&value);
        bytes += 2 + (text != nullptr ? text->size() : 8);
    }
    return bytes;
}

void derive(Record& record, FieldId field) {
    const FieldDef& target = def(record.model, field);
    const FieldDef& source = def(record.model, crm::field(record.model, target.derived_from));
    const std::string_view typed = record.fields.text(crm::field(record.model, target.derived_from));
    if (source.type == FieldType::phone) {
        record.fields.set(field, std::string_view(phone_e164(typed)));
    } else {
        broken("a derived field that nobody knows how to compute");
    }
}

}  // namespace

std::string_view name(SyncStatus status) {
    switch (status) {
        case SyncStatus::synced: return "SYNCED";
        case SyncStatus::pending: return "PENDING";
        case SyncStatus::syncing: return "SYNCING";
        case SyncStatus::conflict: return "CONFLICT";
        case SyncStatus::error: return "ERROR";
    }
    return "ERROR";
}

void apply(Record& record, const Changes& changes) {
    const std::span<const FieldDef> fields = def(record.model).fields;
    // A new record gets room once, and not twice as much as it needs: there are a million of them.
    if (record.fields.empty()) record.fields.reserve(packed_size(changes));
    for (const auto& [field, value] : changes.fields) {
        if (!def(record.model, field).derived()) record.fields.set(field, view(value));
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!fields[i].derived()) continue;
        if (changes.find(crm::field(record.model, fields[i].derived_from)) != nullptr) {
            derive(record, static_cast<FieldId>(i));
        }
    }
    merge_extra(record.extra, changes.extra);
}

Changes difference(const Record& from, const Record& to) {
    Changes changes;
    const std::span<const FieldDef> fields = def(to.model).fields;
    if (from.fields != to.fields) {
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (fields[i].derived()) continue;
            const auto field = static_cast<FieldId>(i);
            const ValueView wanted = to.fields.get(field);
            if (from.fields.get(field) != wanted) changes.fields.emplace_back(field, own(wanted));
        }
    }
    if (from.extra != to.extra) {
        const Json before = object_of(from.extra);
        const Json after = object_of(to.extra);
        Json members = Json::object();
        for (const auto& [key, value] : after.items()) {
            const auto old = before.find(key);
            if (old == before.end() || *old != value) members[key] = value;
        }
        for (const auto& [key, value] : before.items()) {
            if (!after.contains(key)) members[key] = nullptr;
        }
        changes.extra = text_of(members);
    }
    return changes;
}

Changes all_of(const Record& record) {
    Record empty;
    empty.model = record.model;
    return difference(empty, record);
}

std::string title(const Record& record) {
    constexpr std::size_t kPointsMax = 80;
    std::string_view text = record.fields.text(def(record.model).title);
    text = text.substr(0, text.find('\n'));
    std::size_t points = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
        if (begins && ++points > kPointsMax) return std::string(text.substr(0, at)) + "…";
    }
    return text.empty() ? record.id.str() : std::string(text);
}

}  // namespace ct::crm
