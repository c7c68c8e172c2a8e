// Values, changes and records as JSON, both ways, and the small appending writer that large answers use
// (building a document tree for 100,000 rows costs more than sending them).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crm/record.h"

namespace ct::crm {

/// Appends JSON text. The caller keeps the grammar: this only writes tokens and escapes strings.
class JsonWriter {
  public:
    explicit JsonWriter(std::string& out) : out_(out) {}
    void raw(std::string_view text) { out_.append(text); }
    void string(std::string_view text);  ///< quoted and escaped; text is valid UTF-8
    void number(std::int64_t value);

  private:
    std::string& out_;
};

/// The wire form: instants as RFC 3339 strings, labels as an array, money as an integer, absent as null.
void write_value(JsonWriter& out, const FieldDef& field, ValueView value);
/// The inverse; only type is checked here (canonical() does the rest). Error INVALID_FIELD.
[[nodiscard]] Result<Value> read_value(const FieldDef& field, const nlohmann::json& json);

/// `data` of an operation: {"phone": "+91…", "unknownField": …}.
void write_changes(JsonWriter& out, Model model, const Changes& changes);
/// Unknown members go to `extra`; the system members id, createdAt, updatedAt, deleted, version, syncStatus and
/// derived fields are ignored.
[[nodiscard]] Result<Changes> read_changes(Model model, const nlohmann::json& json);

/// The record as the CLI prints it: id, all known fields by name (absent ones as null), syncStatus, createdAt,
/// updatedAt, deleted, version, and members of extra.
void write_record(JsonWriter& out, const Record& record);

}  // namespace ct::crm
