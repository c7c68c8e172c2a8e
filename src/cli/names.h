// From what was typed to what is meant: models, fields, values, ids; and a guess when it is nearly right.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "crm/record.h"
#include "store/store.h"

namespace ct::cli {

/// ` (did you mean "phone"?)`, or empty when nothing is near.
[[nodiscard]] std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known);
/// "name, company, phone".
[[nodiscard]] std::string listed(std::span<const std::string_view> names);

/// Any case, singular or plural. UNKNOWN_MODEL lists the models.
[[nodiscard]] Result<crm::Model> known_model(std::string_view typed);
/// UNKNOWN_FIELD lists the model's fields.
[[nodiscard]] Result<crm::FieldId> known_field(crm::Model model, std::string_view typed);

/// What every record has beside its fields, as far as one can filter and sort by it.
enum class SystemColumn : std::uint8_t { id, sync_status, created_at, updated_at, version };
using Column = std::variant<crm::FieldId, SystemColumn>;
/// A field or a system column. UNKNOWN_FIELD lists both.
[[nodiscard]] Result<Column> known_column(crm::Model model, std::string_view typed);

struct Assignment {
    std::string_view name, value;
};
/// Cuts at the first '='. USAGE when there is none or nothing stands before it.
[[nodiscard]] Result<Assignment> split_assignment(std::string_view text);

struct GivenField {
    crm::FieldId field;
    std::string_view typed;
};
/// "field=value" in any order, each field once; views into `texts`. USAGE, UNKNOWN_FIELD.
[[nodiscard]] Result<std::vector<GivenField>> parse_assignments(crm::Model model, std::span<const std::string> texts);

/// A whole id, or the beginning or end (6 characters or more) of one that is listed. NO_SUCH_RECORD, AMBIGUOUS_ID.
[[nodiscard]] Result<Uuid> find_id(const store::Store& store, crm::Model model, std::string_view typed);
/// The same choice among ids that are at hand; `what` names them in messages.
[[nodiscard]] Result<Uuid> choose_id(std::span<const Uuid> ids, std::string_view typed, std::string_view what,
                                     std::string_view code_when_none);

}  // namespace ct::cli
