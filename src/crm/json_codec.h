// Values, changes and records as JSON, both ways, and the small appending writer that large answers use
// (building a document tree for 100,000 rows costs more than sending them).
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crm/record.h"

namespace ct::crm {

/// JSON from outside as a document tree: never throws. MALFORMED (kind invalid) for what is no JSON (RFC 8259, with
/// valid UTF-8), an object that names a member twice, and nesting deeper than kJsonDepthMax.
[[nodiscard]] Result<nlohmann::json> parse_json(std::string_view text);
inline constexpr std::size_t kJsonDepthMax = 64;
/// For `extra`: far enough below kJsonDepthMax that what was taken in one message can be sent on inside any other.
inline constexpr std::size_t kExtraDepthMax = 16;

/// Appends JSON text. The caller keeps the grammar: this only writes tokens and escapes strings.
class JsonWriter {
  public:
    explicit JsonWriter(std::string& out) : out_(out) {}
    void raw(std::string_view text) { out_.append(text); }
    void string(std::string_view text);  ///< quoted and escaped; a byte that is not UTF-8 becomes U+FFFD
    void number(std::int64_t value);
    void instant(UnixMs at);  ///< quoted RFC 3339

  private:
    std::string& out_;
};

/// The wire form: instants as RFC 3339 strings, labels as an array, money as an integer, absent as null. A value of a
/// type that the field does not have (there should be none) is written as the JSON that it resembles.
void write_value(JsonWriter& out, const FieldDef& field, ValueView value);
/// The inverse; only type is checked here (canonical() does the rest). Error INVALID_FIELD, with `field` set and a
/// message that begins with the field's name.
[[nodiscard]] Result<Value> read_value(const FieldDef& field, const nlohmann::json& json);

/// What becomes of a value that does not fit its field: what a server says is kept aside in `extra` (a newer one may
/// know a wider type), what a client says is refused.
enum class Misfits : std::uint8_t { refuse, keep_aside };

/// `data` of an operation: {"phone": "+91…", "unknownField": …}.
void write_changes(JsonWriter& out, Model model, const Changes& changes);
/// Unknown members go to `extra`; the system members id, createdAt, updatedAt, deleted, version, syncStatus,
/// lastSyncedAt, extra and derived fields are ignored. Errors: MALFORMED when it is no object or nested deeper than
/// kExtraDepthMax, INVALID_FIELD as read_value, with the model's name in front.
[[nodiscard]] Result<Changes> read_changes(Model model, const nlohmann::json& json, Misfits misfits = Misfits::refuse);

/// The record as the CLI prints it: id, all known fields by name (absent ones as null), syncStatus, createdAt,
/// updatedAt, deleted, version, and members of extra.
void write_record(JsonWriter& out, const Record& record);

}  // namespace ct::crm
