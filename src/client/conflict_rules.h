// What a user wants done when two devices change the same field: per field, per model, or for everything. What is not
// said goes by the table of models (payments ask, the rest is last-write-wins).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crm/record.h"

namespace ct::client {

enum class ConflictRule : std::uint8_t {
    last_write,     ///< "lww": the later edit wins
    ask,            ///< "ask": nothing is applied, a person decides
    prefer_mine,    ///< "mine": this device's edit wins
    prefer_server,  ///< "server": what the server has wins
};
[[nodiscard]] std::string_view name(ConflictRule rule);
[[nodiscard]] std::optional<ConflictRule> find_conflict_rule(std::string_view name);

class ConflictRules {
  public:
    /// `place`: "Payment.amount", "Payment" or "*". INVALID_RULE names what is wrong.
    [[nodiscard]] Result<void> set(std::string_view place, std::string_view rule);
    [[nodiscard]] const std::map<std::string, ConflictRule, std::less<>>& all() const { return rules_; }
    /// The rule of the narrowest place.
    [[nodiscard]] ConflictRule of(crm::Model model, crm::FieldId field) const;

    /// The rule for a record as a whole, when one device deletes what another edits: the model's, or the most careful
    /// of its fields'.
    [[nodiscard]] ConflictRule of(crm::Model model) const;

    /// The policy that an edit of these fields is sent with; for a delete, that has none, see `of(model)`. An operation
    /// has one for all of its fields: where their rules differ the server is to ask, and the rules answer here, field
    /// by field, where they can.
    [[nodiscard]] crm::Policy policy(crm::Model model, const crm::Changes& changes) const;
    [[nodiscard]] crm::Policy policy(crm::Model model) const;

    bool operator==(const ConflictRules&) const = default;

  private:
    std::map<std::string, ConflictRule, std::less<>> rules_;  // by place
};

}  // namespace ct::client
