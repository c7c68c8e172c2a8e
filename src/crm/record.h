// A record in memory. A million of them must fit in a field laptop, so the fields are packed into one block.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/small_bytes.h"
#include "base/uuid.h"
#include "crm/model.h"
#include "crm/value.h"

namespace ct::crm {

/// The values of one record's fields, packed: absent fields take no room. Reading walks at most ~20 entries.
/// Equal contents have equal bytes. Views returned by `get` live until the next change of this object (`set` and
/// `append` may be given one). One thread at a time.
class Fields {
  public:
    [[nodiscard]] ValueView get(FieldId field) const;
    [[nodiscard]] std::string_view text(FieldId field) const;  ///< "" unless it is text
    [[nodiscard]] std::int64_t integer(FieldId field, std::int64_t fallback = 0) const;
    [[nodiscard]] bool flag(FieldId field) const;
    [[nodiscard]] bool has(FieldId field) const;

    void set(FieldId field, ValueView value);  ///< absent clears; empty text counts as absent

    /// For bulk loading: fields in rising order, each at most once; faster than `set`. Aborts on another order.
    void append(FieldId field, ValueView value);
    void reserve(std::size_t bytes) { packed_.reserve(bytes); }
    /// Empties it and keeps the room. A loader fills one Fields again and again and copies it into each record: the
    /// copy has exactly the room that it needs.
    void clear() { packed_.clear(); }
    [[nodiscard]] bool empty() const { return packed_.empty(); }

    template <class Visit>  // Visit(FieldId, ValueView)
    void each(Visit&& visit) const;

    [[nodiscard]] std::size_t memory() const { return packed_.capacity(); }
    bool operator==(const Fields&) const = default;

  private:
    struct Entry;
    [[nodiscard]] static Entry decode(std::string_view packed, std::size_t at);
    [[nodiscard]] static std::size_t entry_end(std::string_view packed, std::size_t at);
    [[nodiscard]] std::size_t find(FieldId field) const;  // its offset, or that of the first entry behind it
    [[nodiscard]] bool holds(const char* byte) const;     // it is one of packed_'s
    void splice(std::size_t at, std::size_t end, FieldId field, ValueView value);

    // Empty without fields. Else: the highest field that is there, then entries in rising order. An entry is the
    // field, a tag and a payload; record.cpp has the tags.
    SmallBytes packed_;
};

struct Fields::Entry {
    FieldId field;
    ValueView value;
    std::size_t end;  ///< offset of the next entry
};

template <class Visit>
void Fields::each(Visit&& visit) const {
    for (std::size_t at = 1; at < packed_.size();) {
        const Entry entry = decode(packed_.view(), at);
        visit(entry.field, entry.value);
        at = entry.end;
    }
}

/// A text that nearly no record has, and that takes little room where it is empty.
class RareText {
  public:
    RareText() = default;
    RareText(std::string_view text) : bytes_(text) {}
    RareText(const std::string& text) : bytes_(text) {}
    RareText(const char* text) : bytes_(std::string_view(text)) {}

    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    [[nodiscard]] std::string_view view() const { return bytes_.view(); }
    [[nodiscard]] std::string str() const { return std::string(view()); }
    operator std::string_view() const { return view(); }
    bool operator==(const RareText&) const = default;
    friend bool operator==(const RareText& a, std::string_view b) { return a.view() == b; }
    friend bool operator==(const RareText& a, const std::string& b) { return a.view() == b; }
    friend bool operator==(const RareText& a, const char* b) { return a.view() == b; }

  private:
    SmallBytes bytes_;
};

enum class SyncStatus : std::uint8_t { synced, pending, syncing, conflict, error };
[[nodiscard]] std::string_view name(SyncStatus status);  ///< "SYNCED"

/// Its members are in an order that leaves no gaps.
struct Record {
    Uuid id;
    Model model = Model::lead;
    SyncStatus sync_status = SyncStatus::synced;
    bool deleted = false;
    std::int64_t version = 0;  ///< the server's, as last pulled or receipted; 0: the server has not seen it
    UnixMs created_at = 0;     ///< ms of the creating stamp
    UnixMs updated_at = 0;     ///< ms of the last accepted (or own, unsettled) stamp
    UnixMs last_synced_at = 0;
    Fields fields;
    RareText extra;  ///< JSON object of fields this version does not know, or empty; passed on untouched

    bool operator==(const Record&) const = default;
};

/// What one operation changes: known fields, and the unknown ones as a JSON object text (empty: none).
struct Changes {
    std::vector<std::pair<FieldId, Value>> fields;  ///< each field at most once
    std::string extra;

    [[nodiscard]] bool empty() const { return fields.empty() && extra.empty(); }
    [[nodiscard]] const Value* find(FieldId field) const;
    void set(FieldId field, Value value);  ///< replaces an earlier value of the field
    bool operator==(const Changes&) const = default;
};

/// Applies the changes and recomputes the derived fields; `extra` members are merged over the record's
/// (a null member removes one). Derived fields among the changes are ignored. Text in `changes.extra` that is no JSON
/// object is ignored.
void apply(Record& record, const Changes& changes);

/// What must change in `from` to make its fields and extra those of `to`.
[[nodiscard]] Changes difference(const Record& from, const Record& to);

/// Everything that a record says, as changes that make it anew.
[[nodiscard]] Changes all_of(const Record& record);

/// The record's title for people ("Asha Rao"), or its id when it has none. One line, at most 80 code points.
[[nodiscard]] std::string title(const Record& record);

}  // namespace ct::crm
