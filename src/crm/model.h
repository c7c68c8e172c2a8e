// What a Lead, a Note, a Payment and a Reminder are: ONE table of models and fields. SQL columns, JSON, forms,
// table columns, CSV, validation and merge policy are all derived from it. Adding a field is one line in tables.h,
// which also has `field_id` for field names in our own source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ct::crm {

enum class Model : std::uint8_t { lead, note, payment, reminder };
inline constexpr std::size_t kModelCount = 4;

enum class FieldType : std::uint8_t {
    text,       ///< one line
    multiline,  ///< several lines
    phone,      ///< as typed; the E.164 form is a derived field
    email,
    choice,     ///< one of `choices`
    money,      ///< integer minor units of the record's `currency`
    currency,   ///< ISO 4217 code, three capitals
    instant,    ///< a point in time
    flag,       ///< true or false
    reference,  ///< the id of a record of `target`, or of a user when `target` is not set
    labels,     ///< a set of short texts
    integer,
};

/// What happens when two devices changed the same field (protocol.md, "policy").
enum class Policy : std::uint8_t {
    lww,     ///< the later stamp wins
    manual,  ///< nothing is applied; a person decides
    force,   ///< only on an operation: the person has decided
};

/// How two changed values are joined before the policy is asked.
enum class Merge : std::uint8_t { replace, lines, set };

/// Index of a field in its model's table; also its position in Fields. Not stable across versions: never stored.
using FieldId = std::uint8_t;

struct FieldDef {
    std::string_view name;   ///< on the wire, in SQL, in JSON and in the CLI: "enquiryDate"
    std::string_view label;  ///< on the screen: "Enquiry date"
    FieldType type = FieldType::text;
    bool required = false;
    Policy policy = Policy::lww;
    Merge merge = Merge::replace;
    std::string_view fallback{};                  ///< value given at creation when none is: "PENDING"
    std::span<const std::string_view> choices{};  ///< for FieldType::choice
    std::optional<Model> target{};                ///< for FieldType::reference to a record
    std::string_view derived_from{};              ///< computed from that field on each side; never on the wire
    std::uint16_t max_length = 500;               ///< code points, for texts
    bool not_negative = false;                    ///< money, integer: below zero is refused

    [[nodiscard]] constexpr bool derived() const { return !derived_from.empty(); }
    /// The value is a user's id: users are no records.
    [[nodiscard]] constexpr bool names_person() const { return type == FieldType::reference && !target; }
};

struct ModelDef {
    Model model;
    std::string_view name;    ///< on the wire: "Lead"
    std::string_view table;   ///< in SQL: "lead"
    std::string_view plural;  ///< on the screen: "Leads"
    std::span<const FieldDef> fields;
    FieldId title;                  ///< the field that names a record on the screen
    std::optional<FieldId> parent;  ///< the reference whose target must exist first (leadId)
    bool append_only = false;       ///< UPDATE is refused (Note)
};

[[nodiscard]] std::span<const ModelDef> models();  ///< parents before children
[[nodiscard]] const ModelDef& def(Model model);
[[nodiscard]] const FieldDef& def(Model model, FieldId field);
[[nodiscard]] std::optional<Model> find_model(std::string_view name);        ///< exact wire name
[[nodiscard]] std::optional<Model> find_model_loose(std::string_view name);  ///< CLI: any case, singular or plural
[[nodiscard]] std::optional<FieldId> find_field(Model model, std::string_view name);  ///< exact wire name

/// Like find_field, for names written in our own source: aborts on a name that is not in the table. Where model and
/// name are constants, prefer `field_id` of tables.h, which fails to compile instead.
[[nodiscard]] FieldId field(Model model, std::string_view name);

/// A name that every record has beside its model's fields ("id", "version", …): never a field, never in `extra`.
[[nodiscard]] bool is_system_name(std::string_view name);

[[nodiscard]] std::string_view name(Model model);
[[nodiscard]] std::string_view name(Policy policy);  ///< "lww"
[[nodiscard]] std::optional<Policy> find_policy(std::string_view name);

}  // namespace ct::crm
